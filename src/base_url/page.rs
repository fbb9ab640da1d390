//! Addresses as a browser shows them: pages of an account, and sites that are nobody's account.
//!
//! The pages are those of CARTO's own web application (`config/routes.rb` of `CartoDB/cartodb`),
//! which serves each of them below the host, below `/user/NAME` and below `/u/NAME`.

use std::borrow::Cow;

use super::path::{is_version, strip_api_suffix};
use super::url::BaseUrl;

/// The first words of the paths of pages.
const PAGES: [&str; 24] = [
    "account",
    "builder",
    "dashboard",
    "data-library",
    "dataset",
    "datasets",
    "diagnosis",
    "editor",
    "explore",
    "kuviz",
    "login",
    "logout",
    "maps",
    "me",
    "oauth",
    "organization",
    "password_resets",
    "profile",
    "search",
    "sessions",
    "signup",
    "tables",
    "viz",
    "your_apps",
];
/// The sections of a dashboard.
const SECTIONS: [&str; 6] =
    ["connections", "datasets", "maps", "search", "tables", "visualizations"];
/// The domains of CARTO's cloud: below them every page is one of its web application.
const CLOUD: [&str; 2] = [".carto.com", ".cartodb.com"];
/// The domain of the current platform's APIs.
const API: &str = ".api.carto.com";

/// What stands for an address that a person typed or pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastedAddress<'a> {
    /// The address without blanks around it; of a page the base URL.
    pub text: Cow<'a, str>,
    /// Whether it was the address of a page.
    pub was_page: bool,
}

impl<'a> PastedAddress<'a> {
    /// Takes an address as people have it: copied from a browser, with blanks around it.
    pub fn new(text: &'a str) -> Self {
        let text = text.trim();
        match base_of_page(text).filter(|base| BaseUrl::parse(base).is_ok()) {
            Some(base) => PastedAddress { text: Cow::Owned(base), was_page: true },
            None => PastedAddress { text: Cow::Borrowed(text), was_page: false },
        }
    }

    /// Returns what is said where a page was meant: what is taken instead.
    pub fn note(&self) -> Option<String> {
        let url = BaseUrl::parse(&self.text).ok().filter(|_| self.was_page)?;
        Some(format!("that is the address of a page: its base URL is {url}"))
    }
}

impl BaseUrl {
    /// Returns the base URL of an address that was typed without its scheme. A word without a dot is a
    /// name, and what stands behind its colon may be a password.
    pub fn without_scheme(text: &str) -> Option<BaseUrl> {
        let text = format!("https://{}", text.trim());
        let url = BaseUrl::parse(&PastedAddress::new(&text).text).ok()?;
        Some(url).filter(|url| url.host().contains('.') || url.host() == "localhost")
    }
}

/// Returns the base URL whose page an address is, not yet judged by the grammar; nothing for an
/// address that is no page that CARTO is known to have.
pub(super) fn base_of_page(text: &str) -> Option<String> {
    // Most base URLs are a host alone, and a start reads one for every stored key.
    if !has_more_than_a_host(text) {
        return None;
    }
    // What parsers read differently is for the grammar to refuse, with its reason.
    if !text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'@' | b'\\')) {
        return None;
    }
    let address = text.split(['?', '#']).next()?.trim_end_matches('/');
    let (scheme, rest) = address.split_once("://")?;
    let mut segments = rest.split('/');
    let authority = segments.next()?;
    let segments: Vec<&str> = segments.collect();
    let kept = named(&segments);
    let tail = &segments[kept..];
    let host = host(authority);
    let has_query = text.contains(['?', '#']);
    let is_known = kept > 0 || CLOUD.iter().any(|domain| host.ends_with(domain));
    let is_page = match tail {
        _ if Site::of(&host).is_some() && has_query => true,
        [] => has_query && is_known,
        ["api", version, ..] if is_version(version) => {
            has_query || strip_api_suffix(address) == address
        }
        [version, ..] if host.ends_with(API) => is_version(version),
        [first, ..] if is_known => PAGES.contains(first),
        ["your_apps", ..] | ["me", "your_apps", ..] => true,
        ["builder" | "dataset" | "kuviz" | "tables" | "viz", id, ..] => is_uuid(id),
        ["dashboard", section, ..] => SECTIONS.contains(section),
        _ => false,
    };
    is_page
        .then(|| [&[authority], &segments[..kept]].concat().join("/"))
        .map(|base| format!("{scheme}://{base}"))
}

/// Whether something stands behind the host, or behind the slash after it.
fn has_more_than_a_host(text: &str) -> bool {
    let authority = text.bytes().position(|byte| byte == b':').map_or(0, |at| at + 3);
    let rest = text.as_bytes().get(authority..).unwrap_or_default();
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    end.is_some_and(|end| rest[end] != b'/' || end + 1 < rest.len())
}

/// Returns how many segments lead to a user: `/user/NAME` wherever it stands, `/u/NAME` in front.
fn named(segments: &[&str]) -> usize {
    let last = segments.windows(2).rposition(|pair| pair[0] == "user");
    match (last, segments) {
        (Some(at), _) => at + 2,
        (None, ["u", _, ..]) => 2,
        (None, _) => 0,
    }
}

fn host(authority: &str) -> String {
    authority.split(':').next().unwrap_or(authority).to_ascii_lowercase()
}

/// Whether a text is an identifier as `2b13c956-e7c1-11e2-806b-5404a6a683d5`.
fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// A site of CARTO that is no account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// The company's pages.
    Front,
    /// The web application of the current platform.
    Workspace,
}

impl Site {
    /// Returns the site of a host in lower case, if it is one.
    pub(super) fn of(host: &str) -> Option<Self> {
        match host {
            "carto.com" | "www.carto.com" | "cartodb.com" | "www.cartodb.com" => Some(Site::Front),
            "app.carto.com" => Some(Site::Workspace),
            _ => host.ends_with(".app.carto.com").then_some(Site::Workspace),
        }
    }
}
