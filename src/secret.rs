//! API keys in memory: a type that cannot be printed, compared or serialised by accident.

use std::fmt;

/// CARTO's public key: no secret, fits every account, gives read access to public data only.
pub const DEFAULT_PUBLIC: &str = "default_public";

/// Why a text cannot be an API key. Never holds the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing was given.
    #[error("the key is empty")]
    Empty,
    /// More than one line was given.
    #[error("the key has more than one line")]
    Lines,
    /// A byte outside printable ASCII, a space included.
    #[error("the key has a character that is a space, or not printable ASCII (position {0})")]
    Character(usize),
}

/// An API key: printable ASCII without spaces, not empty.
///
/// It has no `Display`, `Serialize` or `PartialEq`, and its `Debug` is a fixed word;
/// [`Secret::expose`] is the one way to its text. What would show one by accident does not compile:
///
/// ```compile_fail,E0277
/// let key = carto::secret::Secret::default_public();
/// println!("{key}");
/// ```
/// ```compile_fail,E0369
/// let key = carto::secret::Secret::default_public();
/// assert!(key == carto::secret::Secret::default_public());
/// ```
/// ```compile_fail,E0277
/// let key = carto::secret::Secret::default_public();
/// serde_json::to_string(&key);
/// ```
/// ```compile_fail,E0616
/// let key = carto::secret::Secret::default_public();
/// key.0.len();
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Checks a text and takes it as a key; one trailing newline (`\n` or `\r\n`) is removed.
    pub fn new(text: &str) -> Result<Self, SecretError> {
        let text = text.strip_suffix('\n').map_or(text, |t| t.strip_suffix('\r').unwrap_or(t));
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.contains(['\n', '\r']) {
            return Err(SecretError::Lines);
        }
        match text.chars().position(|c| !c.is_ascii_graphic()) {
            Some(at) => Err(SecretError::Character(at + 1)),
            None => Ok(Secret(text.to_owned())),
        }
    }

    /// Returns CARTO's public key.
    pub fn default_public() -> Self {
        Secret(DEFAULT_PUBLIC.to_owned())
    }

    /// Returns the text of the key, for the one place that hands it over.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this is CARTO's public key, which may be shown.
    pub fn is_default_public(&self) -> bool {
        self.0 == DEFAULT_PUBLIC
    }

    /// Whether two keys are the same text.
    pub fn same_as(&self, other: &Secret) -> bool {
        self.0 == other.0
    }

    /// Returns what people are shown in its place: a fixed width, so that not even the length shows.
    pub fn masked(&self) -> &'static str {
        if self.is_default_public() { DEFAULT_PUBLIC } else { MASK }
    }
}

/// What stands for a key in everything that people read.
pub const MASK: &str = "********";

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_printable_ascii_only() {
        assert_eq!(Secret::new("k1").unwrap().expose(), "k1");
        assert_eq!(Secret::new("k1\n").unwrap().expose(), "k1");
        assert_eq!(Secret::new("k1\r\n").unwrap().expose(), "k1");
        for (text, error) in [
            ("", SecretError::Empty),
            ("\n", SecretError::Empty),
            ("a\nb", SecretError::Lines),
            ("a\n\n", SecretError::Lines),
            ("a b", SecretError::Character(2)),
            ("a\u{7f}", SecretError::Character(2)),
            ("é", SecretError::Character(1)),
            ("a\0", SecretError::Character(2)),
        ] {
            assert_eq!(Secret::new(text).unwrap_err(), error, "{text:?}");
        }
    }

    #[test]
    fn debug_and_mask_tell_nothing() {
        let key = Secret::new("marker-key").unwrap();
        assert_eq!(format!("{key:?}"), "Secret(********)");
        assert_eq!(key.masked(), MASK);
        assert_eq!(Secret::new("x").unwrap().masked().len(), key.masked().len());
    }
}
