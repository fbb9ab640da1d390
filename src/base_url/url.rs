//! `BaseUrl`: the canonical form, and its parts.

use std::fmt;
use std::net::Ipv4Addr;

use super::path::name_in_path;
use crate::username::Username;

/// The API root of an account in its one canonical form: two base URLs are the same exactly when
/// their texts are, and every parser finds the same scheme, host, port and path in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BaseUrl {
    // The others follow from the text, so the text alone decides equality and order.
    pub(super) text: String,
    pub(super) scheme: Scheme,
    pub(super) host_end: usize,
    pub(super) port: Option<u16>,
    pub(super) path_start: usize,
}

impl BaseUrl {
    /// Returns the canonical text, without trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the host in lower case; an IPv6 address keeps its brackets.
    pub fn host(&self) -> &str {
        &self.text[self.scheme.as_str().len() + "://".len()..self.host_end]
    }

    /// Returns the port when it is not the default one of the scheme.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Returns the path: empty, or beginning with a slash and ending without one.
    pub fn path(&self) -> &str {
        &self.text[self.path_start..]
    }

    /// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `[::1]`. Names below
    /// `localhost` do not count, because not every resolver keeps them here.
    pub fn is_loopback(&self) -> bool {
        matches!(self.host(), "localhost" | "[::1]")
            || self.host().parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether a key would cross a network in clear, which `allow_non_secure` must permit.
    pub fn needs_permission(&self) -> bool {
        self.scheme == Scheme::Http && !self.is_loopback()
    }

    /// Whether a label of the host stands for characters outside ASCII (`xn--`).
    pub fn has_punycode(&self) -> bool {
        self.host().split('.').any(|label| label.starts_with("xn--"))
    }

    /// Whether this is an API of CARTO's current platform, whose keys are access tokens and whose
    /// accounts have no user name.
    pub fn is_current_platform(&self) -> bool {
        self.host().ends_with(".api.carto.com")
    }

    /// Returns where a person finds the key of an account, in words that follow "shown".
    pub fn place_of_keys(&self) -> String {
        if self.is_current_platform() {
            return "in CARTO's workspace, under Developers".to_owned();
        }
        format!("at {self}/your_apps")
    }

    /// Returns the user name that the URL holds: that of the last `/user/NAME` in the path, else NAME
    /// of a host `NAME.carto.com`. No other host gives a name, however alike.
    pub fn implied_username(&self) -> Option<ImpliedName> {
        if let Some(name) = self.name_in_path() {
            return Some(ImpliedName { name, from: NameFrom::Path });
        }
        let name = Username::parse(self.cloud_label()?).ok()?;
        Some(ImpliedName { name, from: NameFrom::Host })
    }

    /// Whether this is exactly `https://NAME.carto.com`.
    pub fn is_carto_cloud(&self) -> bool {
        self.scheme == Scheme::Https
            && self.port.is_none()
            && self.path().is_empty()
            && self.cloud_label().is_some()
    }

    /// Returns a user name of this URL as accounts are compared: lower-cased when it stands as a
    /// whole label in the host and the path names nobody, else unchanged.
    #[must_use]
    pub fn canonical_username(&self, name: &Username) -> Username {
        let lower = name.lower_cased();
        let in_host = self.host().split('.').any(|label| label == lower.as_str());
        if in_host && self.name_in_path().is_none() { lower } else { name.clone() }
    }

    /// Returns NAME of a host that is exactly `NAME.carto.com`.
    fn cloud_label(&self) -> Option<&str> {
        self.host().strip_suffix(".carto.com").filter(|label| !label.contains('.'))
    }

    fn name_in_path(&self) -> Option<Username> {
        name_in_path(self.path()).ok().flatten()
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The scheme of a base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Everyone on the way can read the key.
    Http,
    /// Encrypted.
    Https,
}

impl Scheme {
    /// Returns the word before `://`.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    pub(super) fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// A user name that a base URL holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImpliedName {
    /// The name; one from the host is in lower case.
    pub name: Username,
    /// Where in the URL it stands.
    pub from: NameFrom,
}

/// The part of a base URL that holds the user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFrom {
    /// `/user/NAME`.
    Path,
    /// `NAME.carto.com`.
    Host,
}
