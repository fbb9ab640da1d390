//! API keys in memory: a type that cannot be printed, compared or serialised by accident.

use std::borrow::Cow;
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
    /// Quotes around the key, which a shell or a program of its own would have removed.
    #[error("the key stands in quotes, which are no part of a key")]
    Quoted,
    /// An address.
    #[error("this is an address, not a key")]
    Address,
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
        if let Some(at) = text.chars().position(|c| !c.is_ascii_graphic()) {
            return Err(SecretError::Character(at + 1));
        }
        if unquoted(text).is_some() {
            return Err(SecretError::Quoted);
        }
        if ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(SecretError::Address);
        }
        Ok(Secret(text.to_owned()))
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

/// How many characters a key has at least by whose looks it is known.
const SHORTEST_KEY: usize = 40;

/// Returns what stands between a pair of quotes, where a text is nothing else.
pub fn unquoted(text: &str) -> Option<&str> {
    let pairs = [('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201c}', '\u{201d}')];
    let inner = |(open, close)| text.strip_prefix(open)?.strip_suffix(close);
    pairs.into_iter().find_map(inner).filter(|inner| !inner.is_empty())
}

/// Whether a word is a key by its looks: forty hexadecimal digits, as CARTO makes them, or an access
/// token (a JSON Web Token, RFC 7519). A key where a name is asked for would be stored and shown.
pub fn looks_like_key(word: &str) -> bool {
    let is_hex = word.len() == SHORTEST_KEY && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_token = word.len() >= SHORTEST_KEY && word.starts_with("eyJ") && word.contains('.');
    is_hex || is_token
}

/// Masks every word of a message that is a key by its looks. Parts of a path stay: they are names of
/// files, which are often sums.
pub fn mask_keys(text: &str) -> Cow<'_, str> {
    let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    // Hardly a message has a word that is long enough.
    let mut length = 0;
    let has_long_word = text.bytes().any(|byte| {
        length = if belongs(char::from(byte)) { length + 1 } else { 0 };
        length >= SHORTEST_KEY
    });
    if !has_long_word {
        return Cow::Borrowed(text);
    }
    let words = text.split(|c| !belongs(c));
    let keys = words.map(|word| word.trim_end_matches('.')).filter(|word| looks_like_key(word));
    let keys: Vec<_> = keys.filter(|word| !word.contains('/')).collect();
    keys.into_iter().fold(Cow::Borrowed(text), |text, key| text.replace(key, MASK).into())
}

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
            ("\"k1\"", SecretError::Quoted),
            ("'k1'\n", SecretError::Quoted),
            ("https://ann.carto.com", SecretError::Address),
        ] {
            assert_eq!(Secret::new(text).unwrap_err(), error, "{text:?}");
        }
    }

    #[test]
    fn keys_are_known_by_their_looks() {
        let key = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d";
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl";
        for key in [key, token, &key.to_uppercase()] {
            assert!(looks_like_key(key), "{key}");
            assert_eq!(mask_keys(&format!("no `{key}`.")), "no `********`.");
            assert_eq!(mask_keys(&format!("?api_key={key}&q=1")), "?api_key=********&q=1");
            assert_eq!(
                mask_keys(&format!("/srv/{key}/x and {key}/y")),
                format!("/srv/{key}/x and {key}/y")
            );
        }
        for other in
            ["ann", &key[1..], &format!("{key}0"), "eyJ", &format!("sha256:{key}{}", &key[..24])]
        {
            assert!(!looks_like_key(other), "{other}");
            assert_eq!(mask_keys(other), other);
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
