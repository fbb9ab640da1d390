//! `Pattern`: a base URL with `{username}`, and `BaseUrlSetting`: either of both.

use std::fmt;

use super::refused::{BaseUrlError, LONGEST};
use super::url::BaseUrl;
use crate::username::Username;

/// The placeholder of patterns.
const PLACEHOLDER: &str = "{username}";

/// A base URL with `{username}` in the host, the path or both. Filled with a name it is a base URL
/// whose host differs from that of another name only inside the labels that hold `{username}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    needs_permission: bool,
}

impl Pattern {
    /// Returns the pattern of CARTO's cloud.
    pub fn built_in() -> Self {
        Pattern { text: "https://{username}.carto.com".to_owned(), needs_permission: false }
    }

    /// Checks a text by the grammar of base URLs, with a name in place of `{username}`, and takes
    /// its canonical form. The placeholder cannot stand in the last label of the host.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        if text.len() > LONGEST {
            return Err(BaseUrlError::Long);
        }
        let literal = text.replace(PLACEHOLDER, " ");
        if literal.contains(['{', '}']) {
            return Err(BaseUrlError::Braces);
        }
        if !text.contains(PLACEHOLDER) {
            return Err(BaseUrlError::NoPlaceholder);
        }
        let probe = probe_for(&literal);
        let url = BaseUrl::parse(&text.replace(PLACEHOLDER, &probe))?;
        if url.host().rsplit('.').next().is_some_and(|label| label.contains(&probe)) {
            return Err(BaseUrlError::PlaceholderLast);
        }
        let text = url.as_str().replace(&probe, PLACEHOLDER);
        if text.len() > LONGEST {
            return Err(BaseUrlError::Long);
        }
        Ok(Pattern { text, needs_permission: url.needs_permission() })
    }

    /// Returns the canonical text with `{username}`, without trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the base URLs it makes are `http` and not on this machine.
    pub fn needs_permission(&self) -> bool {
        self.needs_permission
    }

    /// Whether the name stands in the host, where case does not count.
    pub fn names_host(&self) -> bool {
        self.text[..path_start(&self.text)].contains(PLACEHOLDER)
    }

    /// Puts a name in: lower-cased into the host, as it is into the path.
    ///
    /// # Errors
    /// The name has a dot and would stand in the host, or the result is no base URL.
    pub fn fill(&self, name: &Username) -> Result<BaseUrl, BaseUrlError> {
        // The placeholder is never in the scheme, so what is not the path is the host.
        if self.names_host() && name.as_str().contains('.') {
            return Err(BaseUrlError::DotInHost(name.clone()));
        }
        BaseUrl::parse(&self.text.replace(PLACEHOLDER, name.as_str()))
    }
}

/// Finds a name that occurs nowhere else, so that the placeholder can be put back. It begins with a
/// letter that it has only once and that is no hexadecimal digit: occurrences cannot overlap, and
/// it never completes a percent code.
fn probe_for(literal: &str) -> String {
    let literal = literal.to_ascii_lowercase();
    let mut probe = "username".to_owned();
    while literal.contains(&probe) {
        probe.push('e');
    }
    probe
}

/// Finds where the path of a canonical text begins.
fn path_start(text: &str) -> usize {
    let host = text.find("://").map_or(0, |at| at + 3);
    text[host..].find('/').map_or(text.len(), |at| host + at)
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The value of the setting `base_url`: a base URL, or a pattern of base URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseUrlSetting {
    /// Names an account, alone or with a user name.
    Literal(BaseUrl),
    /// Names no account by itself.
    Pattern(Pattern),
}

impl BaseUrlSetting {
    /// Checks a text and takes it as a pattern when it has a brace, else as a base URL.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        if text.contains(['{', '}']) {
            return Pattern::parse(text).map(BaseUrlSetting::Pattern);
        }
        BaseUrl::parse(text).map(BaseUrlSetting::Literal)
    }

    /// Returns the canonical text.
    pub fn as_str(&self) -> &str {
        match self {
            BaseUrlSetting::Literal(url) => url.as_str(),
            BaseUrlSetting::Pattern(pattern) => pattern.as_str(),
        }
    }
}

impl fmt::Display for BaseUrlSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
