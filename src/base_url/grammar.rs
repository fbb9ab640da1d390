//! The grammar of base URLs: text in, canonical text or the reason against it out.
//!
//! # Why
//! Parsers disagree about odd URLs: one sees the host before the `@`, another the one behind it;
//! one reads `0x7f.1` as an address, another as a name. Everything that two parsers could read
//! differently is refused here, so a plugin sees the host that carto saw. No message repeats more
//! of the text than a checked part, because a URL may carry a key in its query or before an `@`.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::page::{Site, base_of_page};
use super::path::{name_in_path, strip_api_suffix};
use super::refused::{BaseUrlError, LONGEST, LONGEST_HOST, LONGEST_LABEL};
use super::url::{BaseUrl, Scheme};

impl BaseUrl {
    /// Checks a text by the strict grammar and takes its canonical form. The end of an API's address
    /// is no part of it, wherever it was written: a program that finds the URL in its environment
    /// reads it without, and it must be the same account.
    ///
    /// # Errors
    /// What the grammar refuses; the address of a page, with the base URL that it belongs to; a site
    /// that is nobody's account.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        refuse_page(text)?;
        let mut url = parse(text)?;
        refuse_site(&url)?;
        // The grammar has judged the whole text; what is left of it is as good, but for being a page.
        while strip_api_suffix(&url.text).len() < url.text.len() {
            url = parse(strip_api_suffix(&url.text))?;
            refuse_page(&url.text)?;
        }
        Ok(url)
    }
}

/// The address of a page is told with the base URL that it belongs to.
fn refuse_page(text: &str) -> Result<(), BaseUrlError> {
    let Some(url) = base_of_page(text).and_then(|base| parse(&base).ok()) else {
        return Ok(());
    };
    refuse_site(&url)?;
    Err(BaseUrlError::Page(url.text))
}

/// Nobody's account is at the address of a site of CARTO itself: every request would fail.
fn refuse_site(url: &BaseUrl) -> Result<(), BaseUrlError> {
    match Site::of(url.host()) {
        None => Ok(()),
        Some(Site::Front) => Err(BaseUrlError::Site(url.host().to_owned())),
        Some(Site::Workspace) => Err(BaseUrlError::Workspace(url.host().to_owned())),
    }
}

/// Checks a text by the whole grammar and gives its canonical form.
fn parse(text: &str) -> Result<BaseUrl, BaseUrlError> {
    check_characters(text)?;
    let (scheme, rest) = split_scheme(text)?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = split_port(authority)?;
    let port = port.map(parse_port).transpose()?.filter(|port| *port != scheme.default_port());

    let mut out = String::with_capacity(text.len());
    out.push_str(scheme.as_str());
    out.push_str("://");
    push_host(host, &mut out)?;
    let host_end = out.len();
    if let Some(port) = port {
        // Writing to a `String` cannot fail.
        let _ = write!(out, ":{port}");
    }
    let path_start = out.len();
    push_path(path, &mut out)?;
    name_in_path(&out[path_start..])?;
    // An IPv6 address can become longer, and the canonical form has to be a base URL too.
    if out.len() > LONGEST {
        return Err(BaseUrlError::Long);
    }
    Ok(BaseUrl { text: out, scheme, host_end, port, path_start })
}

fn check_characters(text: &str) -> Result<(), BaseUrlError> {
    if text.is_empty() {
        return Err(BaseUrlError::Empty);
    }
    if text.len() > LONGEST {
        return Err(BaseUrlError::Long);
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(BaseUrlError::White);
    }
    for c in text.chars() {
        match c {
            '\\' => return Err(BaseUrlError::Backslash),
            '@' => return Err(BaseUrlError::Userinfo),
            '?' => return Err(BaseUrlError::Query),
            '#' => return Err(BaseUrlError::Fragment),
            '\u{21}'..='\u{7e}' => {}
            '\0'..='\u{7f}' => return Err(BaseUrlError::Character(c)),
            _ => return Err(BaseUrlError::NotAscii(c)),
        }
    }
    Ok(())
}

fn split_scheme(text: &str) -> Result<(Scheme, &str), BaseUrlError> {
    let (name, rest) = text.split_once(':').ok_or(BaseUrlError::Scheme)?;
    let scheme = [Scheme::Https, Scheme::Http]
        .into_iter()
        .find(|scheme| name.eq_ignore_ascii_case(scheme.as_str()))
        .ok_or(BaseUrlError::Scheme)?;
    match rest.strip_prefix("//") {
        Some(rest) if !rest.starts_with('/') => Ok((scheme, rest)),
        _ => Err(BaseUrlError::Slashes),
    }
}

/// Parts `host:port`; the host keeps its brackets.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), BaseUrlError> {
    if !authority.starts_with('[') {
        return match authority.split_once(':') {
            Some((_, port)) if port.contains(':') => Err(BaseUrlError::Colons),
            Some((host, port)) => Ok((host, Some(port))),
            None => Ok((authority, None)),
        };
    }
    let end = authority.find(']').ok_or(BaseUrlError::Ipv6)?;
    let (host, rest) = authority.split_at(end + 1);
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if rest.is_empty() => Ok((host, None)),
        None => Err(BaseUrlError::Ipv6),
    }
}

fn parse_port(text: &str) -> Result<u16, BaseUrlError> {
    if text.is_empty() {
        return Err(BaseUrlError::EmptyPort);
    }
    // `u16::from_str` takes a leading `+`.
    if text.starts_with('0') || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BaseUrlError::Port);
    }
    text.parse().map_err(|_| BaseUrlError::Port)
}

fn push_host(host: &str, out: &mut String) -> Result<(), BaseUrlError> {
    if host.is_empty() {
        return Err(BaseUrlError::NoHost);
    }
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = inner.parse().map_err(|_| BaseUrlError::Ipv6)?;
        if holds_ipv4(address) {
            return Err(BaseUrlError::Ipv4InIpv6);
        }
        let _ = write!(out, "[{address}]");
        return Ok(());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some(c) = host.chars().find(|c| !allowed(*c)) {
        return Err(BaseUrlError::HostCharacter(c));
    }
    if host.ends_with('.') {
        return Err(BaseUrlError::TrailingDot);
    }
    if host.len() > LONGEST_HOST {
        return Err(BaseUrlError::LongHost);
    }
    host.split('.').try_for_each(check_label)?;
    if ends_in_number(host) && host.parse::<Ipv4Addr>().is_err() {
        return Err(BaseUrlError::Ipv4(host.to_owned()));
    }
    let start = out.len();
    out.push_str(host);
    out[start..].make_ascii_lowercase();
    Ok(())
}

/// Whether programs may write the address with dots: `::ffff:1.2.3.4` and `::1.2.3.4`.
fn holds_ipv4(address: Ipv6Addr) -> bool {
    let compatible = matches!(address.segments(), [0, 0, 0, 0, 0, 0, high, _] if high != 0);
    compatible || address.to_ipv4_mapped().is_some()
}

fn check_label(label: &str) -> Result<(), BaseUrlError> {
    if label.is_empty() {
        return Err(BaseUrlError::EmptyLabel);
    }
    if label.len() > LONGEST_LABEL {
        return Err(BaseUrlError::LongLabel);
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(BaseUrlError::Hyphen(label.to_owned()));
    }
    Ok(())
}

/// Whether some parser takes the host for an IPv4 address: `127.1`, `0x7f.1`, `2130706433`.
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    last.bytes().all(|b| b.is_ascii_digit())
        || hex.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn push_path(path: &str, out: &mut String) -> Result<(), BaseUrlError> {
    let path = path.trim_end_matches('/');
    let Some(segments) = path.strip_prefix('/') else {
        return Ok(());
    };
    // The web application calls a user `/u/NAME` where the APIs say `/user/NAME`.
    let segments = match segments.strip_prefix("u/") {
        Some(rest) => {
            out.push_str("/user");
            rest
        }
        None => segments,
    };
    for segment in segments.split('/') {
        out.push('/');
        push_segment(segment, out)?;
    }
    Ok(())
}

fn push_segment(segment: &str, out: &mut String) -> Result<(), BaseUrlError> {
    match segment {
        "" => return Err(BaseUrlError::EmptySegment),
        "." | ".." => return Err(BaseUrlError::DotSegment),
        _ => {}
    }
    if let Some(c) = segment.chars().find(|c| *c != '%' && !is_unreserved(*c)) {
        return Err(BaseUrlError::PathCharacter(c));
    }
    let mut pieces = segment.split('%');
    let plain = pieces.next().unwrap_or_default();
    out.push_str(plain);
    let mut decoded = plain.as_bytes().to_vec();
    for piece in pieces {
        let code = piece.get(..2).ok_or(BaseUrlError::Percent)?;
        decoded.push(decode(code)?);
        decoded.extend_from_slice(&piece.as_bytes()[2..]);
        out.push('%');
        out.extend(code.chars().map(|c| c.to_ascii_uppercase()));
        out.push_str(&piece[2..]);
    }
    let decoded = std::str::from_utf8(&decoded).map_err(|_| BaseUrlError::NotUtf8)?;
    if decoded.contains(|c: char| c.is_control()) || hides_a_code(decoded) {
        return Err(BaseUrlError::HiddenCharacter);
    }
    Ok(())
}

fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')
}

fn decode(code: &str) -> Result<u8, BaseUrlError> {
    if !code.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(BaseUrlError::Percent);
    }
    let byte = u8::from_str_radix(code, 16).map_err(|_| BaseUrlError::Percent)?;
    match char::from(byte) {
        c if is_unreserved(c) => Err(BaseUrlError::NeedlessCode(format!("%{code}"))),
        '/' | '\\' => Err(BaseUrlError::HiddenCharacter),
        _ => Ok(byte),
    }
}

/// Whether decoding a second time would change the text, as in `%252e`.
fn hides_a_code(decoded: &str) -> bool {
    decoded.split('%').skip(1).any(|piece| {
        piece.as_bytes().get(..2).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit))
    })
}
