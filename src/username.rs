//! `Username`: the strict grammar of account names.

use std::fmt;

use crate::secret::looks_like_key;

/// The longest name taken: what fits into one path segment and one DNS name.
const LONGEST: usize = 253;

/// Why a text cannot be a user name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    /// Nothing was given.
    #[error("a user name cannot be empty")]
    Empty,
    /// A character outside letters, digits, `-`, `_` and `.`.
    #[error("a user name has only ASCII letters, digits, `-`, `_` and `.`, not {0:?}")]
    Character(char),
    /// A leading `.` or `-`.
    #[error("a user name cannot begin with `{0}`")]
    Start(char),
    /// Two dots in a row.
    #[error("a user name cannot contain `..`")]
    Dots,
    /// A key by its looks.
    #[error("this looks like an API key, not a user name")]
    Key,
    /// More than 253 characters.
    #[error("a user name has at most 253 characters")]
    Long,
}

/// A user name: ASCII letters, digits, `-`, `_`, `.`; no leading `.` or `-`, no `..`, not empty.
/// It cannot change the host or the path that it is put into.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(String);

impl Username {
    /// Checks a text and takes it as a name, as it is written.
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        if text.is_empty() {
            return Err(UsernameError::Empty);
        }
        if let Some(c) =
            text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        {
            return Err(UsernameError::Character(c));
        }
        if let Some(c) = text.chars().next().filter(|c| matches!(c, '.' | '-')) {
            return Err(UsernameError::Start(c));
        }
        if text.as_bytes().windows(2).any(|pair| pair == b"..") {
            return Err(UsernameError::Dots);
        }
        if text.len() > LONGEST {
            return Err(UsernameError::Long);
        }
        if looks_like_key(text) {
            return Err(UsernameError::Key);
        }
        Ok(Username(text.to_owned()))
    }

    /// Returns the name as it is forwarded.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name as it stands in a host.
    #[must_use]
    pub fn lower_cased(&self) -> Self {
        Username(self.0.to_ascii_lowercase())
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_names_are_taken_as_they_are() {
        for name in ["johnsmith", "John.Smith", "a", "7", "a-b_c.d", "_x", "x-", "x."] {
            assert_eq!(Username::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn hostile_names_are_refused() {
        let long = "a".repeat(254);
        for (name, error) in [
            ("", UsernameError::Empty),
            (".", UsernameError::Start('.')),
            ("..", UsernameError::Start('.')),
            ("a..b", UsernameError::Dots),
            ("-rf", UsernameError::Start('-')),
            ("evil.com/x", UsernameError::Character('/')),
            ("a@b", UsernameError::Character('@')),
            ("a b", UsernameError::Character(' ')),
            ("a\n", UsernameError::Character('\n')),
            ("a\\b", UsernameError::Character('\\')),
            ("a%2eb", UsernameError::Character('%')),
            ("a:b", UsernameError::Character(':')),
            ("a?b", UsernameError::Character('?')),
            ("a#b", UsernameError::Character('#')),
            ("{username}", UsernameError::Character('{')),
            ("аdmin", UsernameError::Character('а')),
            ("a\u{202e}b", UsernameError::Character('\u{202e}')),
            (&long, UsernameError::Long),
            ("1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d", UsernameError::Key),
        ] {
            assert_eq!(Username::parse(name).unwrap_err(), error, "{name:?}");
        }
    }
}
