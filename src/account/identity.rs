//! `Account`: a base URL plus a user name.

use std::fmt;

use crate::base_url::{BaseUrl, NameFrom};
use crate::username::Username;

/// A base URL plus a user name, both canonical; the unit that a key belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    base_url: BaseUrl,
    username: Option<Username>,
}

/// A user name that is not the one its own base URL names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the base URL names the user `{in_url}`, not `{given}`")]
pub struct NameMismatch {
    /// The name that was given.
    pub given: Username,
    /// The name in the URL.
    pub in_url: Username,
}

impl Account {
    /// Puts URL and name together; without a name the URL's own counts, and where the URL names
    /// nobody the account has none.
    pub fn new(base_url: BaseUrl, username: Option<Username>) -> Result<Self, NameMismatch> {
        let username = match (username, base_url.implied_username()) {
            (None, implied) => implied.map(|implied| implied.name),
            (Some(given), None) => Some(base_url.canonical_username(&given)),
            (Some(given), Some(implied)) => {
                let same = match implied.from {
                    // A host stands in small letters.
                    NameFrom::Host => given.as_str().eq_ignore_ascii_case(implied.name.as_str()),
                    NameFrom::Path => given == implied.name,
                };
                if !same {
                    return Err(NameMismatch { given, in_url: implied.name });
                }
                Some(implied.name)
            }
        };
        Ok(Account { base_url, username })
    }

    /// Returns the base URL.
    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// Returns the user name; none for a URL that names nobody.
    pub fn username(&self) -> Option<&Username> {
        self.username.as_ref()
    }

    /// Returns a short name for a profile: the user's, else the host.
    pub fn short_name(&self) -> &str {
        self.username.as_ref().map_or_else(|| self.base_url.host(), Username::as_str)
    }
}

/// `johnsmith at https://johnsmith.carto.com`, as people read it.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.username {
            write!(f, "{name} at {}", self.base_url)
        } else {
            write!(f, "{}", self.base_url)
        }
    }
}
