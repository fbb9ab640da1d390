//! `BaseUrlError`: why a text cannot be a base URL.

use crate::username::{Username, UsernameError};

/// The most characters of a base URL.
pub(super) const LONGEST: usize = 2048;

/// The most characters of a host name, as DNS has it.
pub(super) const LONGEST_HOST: usize = 253;
/// The most characters between two dots of a host name, as DNS has it.
pub(super) const LONGEST_LABEL: usize = 63;

/// Why a text cannot be a base URL, or a pattern of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Nothing was given.
    #[error("a base URL cannot be empty")]
    Empty,
    /// More than 2048 characters.
    #[error("a base URL has at most {LONGEST} characters")]
    Long,
    /// White space before or after the URL.
    #[error("a base URL cannot begin or end with white space")]
    White,
    /// A space or a control character.
    #[error("a base URL cannot contain {0:?}")]
    Character(char),
    /// A character outside ASCII; it may look like another one.
    #[error(
        "a base URL has only ASCII characters, not {0:?} (U+{code:04X}); \
         an international host is written in its `xn--` form",
        code = u32::from(*.0)
    )]
    NotAscii(char),
    /// A backslash, which some parsers take for a slash.
    #[error("a base URL cannot contain a backslash")]
    Backslash,
    /// An `@`, in front of which a user name or password may stand.
    #[error("a base URL cannot contain `@`: no user name or password stands before the host")]
    Userinfo,
    /// A `?`.
    #[error("a base URL cannot have a query (`?`)")]
    Query,
    /// A `#`.
    #[error("a base URL cannot have a fragment (`#`)")]
    Fragment,
    /// The address of a page in a browser, with the base URL of its account.
    #[error("this is the address of a web page; the base URL is `{0}`")]
    Page(String),
    /// A site of CARTO that belongs to nobody.
    #[error(
        "`{0}` is CARTO's own site and nobody's account; yours is the address that the browser \
         shows when you are logged in: https://NAME.carto.com"
    )]
    Site(String),
    /// The web application of the current platform.
    #[error(
        "`{0}` is CARTO's web application, not an API; the API base URL is shown there under \
         Developers: https://REGION.api.carto.com"
    )]
    Workspace(String),
    /// No scheme, or another one.
    #[error("a base URL begins with `https://` or `http://`")]
    Scheme,
    /// Fewer or more than two slashes behind the scheme.
    #[error("the scheme of a base URL is followed by `:` and exactly two slashes")]
    Slashes,
    /// Nothing where the host belongs.
    #[error("the base URL has no host")]
    NoHost,
    /// A character that no host has.
    #[error("the host has only letters, digits, `-`, `_` and `.`, not {0:?}")]
    HostCharacter(char),
    /// A dot at the end of the host.
    #[error("the host cannot end with a dot")]
    TrailingDot,
    /// A dot at the start of the host, or two in a row.
    #[error("the host has an empty part before a dot")]
    EmptyLabel,
    /// A hyphen at the start or end of a label.
    #[error("the part `{0}` of the host cannot begin or end with `-`")]
    Hyphen(String),
    /// A label of more than 63 characters.
    #[error("a part of the host between dots has at most {LONGEST_LABEL} characters")]
    LongLabel,
    /// A host name of more than 253 characters.
    #[error("the host has at most {LONGEST_HOST} characters")]
    LongHost,
    /// A host that ends in a number without being a plain IPv4 address.
    #[error(
        "the host `{0}` ends in a number but is not an IPv4 address: \
         four decimal numbers up to 255, without leading zeros"
    )]
    Ipv4(String),
    /// Brackets around something else than an IPv6 address, or open ones.
    #[error("the host begins with `[` but is not an IPv6 address in brackets without a zone")]
    Ipv6,
    /// An IPv4 address written as an IPv6 one.
    #[error("the host is an IPv4 address written as an IPv6 one; write the IPv4 address itself")]
    Ipv4InIpv6,
    /// Several colons outside brackets.
    #[error("the host is followed by more than one `:`; an IPv6 address stands in brackets")]
    Colons,
    /// A colon without a port.
    #[error("the `:` behind the host is not followed by a port")]
    EmptyPort,
    /// A port that is no number, is out of range, or has leading zeros.
    #[error("the port is not a number from 1 to 65535 without leading zeros")]
    Port,
    /// A character that no path has.
    #[error("the path has only letters, digits, `-`, `.`, `_`, `~` and percent codes, not {0:?}")]
    PathCharacter(char),
    /// Two slashes in a row inside the path.
    #[error("the path has two slashes in a row")]
    EmptySegment,
    /// A `.` or `..` between slashes.
    #[error("the path cannot contain `.` or `..` as a part of its own")]
    DotSegment,
    /// A `%` without two hexadecimal digits.
    #[error("a `%` in the path is not followed by two hexadecimal digits")]
    Percent,
    /// A percent code for a character that is written as it is.
    #[error("the path has `{0}`; the character itself belongs there")]
    NeedlessCode(String),
    /// A percent code for a slash, backslash or control character, or of a percent code.
    #[error(
        "the path hides a slash, backslash, control character or further percent code in codes"
    )]
    HiddenCharacter,
    /// Percent codes that are not UTF-8.
    #[error("the percent codes in the path are not UTF-8")]
    NotUtf8,
    /// A `/user` at the end of the path.
    #[error("`/user` in the path is not followed by a user name")]
    NoName,
    /// A `/user/NAME` with a name that cannot be one.
    #[error("the name behind `/user/` in the path cannot be used: {0}")]
    Name(UsernameError),
    /// A name with a dot that would become several labels of a host.
    #[error("the user name `{0}` has a dot, so it cannot stand in a host")]
    DotInHost(Username),
    /// A pattern without `{username}`.
    #[error("a pattern contains `{{username}}`")]
    NoPlaceholder,
    /// Braces around something else.
    #[error("braces stand only in the placeholder `{{username}}`")]
    Braces,
    /// `{username}` where the name would choose the domain or an address.
    #[error(
        "`{{username}}` cannot stand in the last part of the host, \
         because the name would choose the domain"
    )]
    PlaceholderLast,
}
