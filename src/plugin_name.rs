//! `PluginName`: what may be looked for on PATH.

use std::ffi::OsStr;
use std::fmt;

/// A plugin's name without `carto-`: a lower-case letter or digit, then those, `-` and `_`.
/// It can name no path and no option.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PluginName(String);

/// The text is no plugin's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a command's name has only lower-case letters, digits, `-` and `_`")]
pub struct NameError;

impl PluginName {
    /// Checks a text.
    pub fn parse(text: &OsStr) -> Result<Self, NameError> {
        let text = text.to_str().ok_or(NameError)?;
        let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let mut bytes = text.as_bytes().iter();
        if !bytes.next().is_some_and(plain) {
            return Err(NameError);
        }
        if bytes.all(|byte| plain(byte) || matches!(byte, b'-' | b'_')) {
            Ok(PluginName(text.to_owned()))
        } else {
            Err(NameError)
        }
    }

    /// Returns the name as it is typed behind `carto`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the executable.
    pub fn executable(&self) -> String {
        format!("carto-{}", self.0)
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Lists pad names to a column.
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_and_no_option() {
        for good in ["a", "7z", "sql", "my-plugin_2"] {
            assert_eq!(PluginName::parse(OsStr::new(good)).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "_a", "A", "a/b", "../a", "a.b", "a b", "a\n", "é", "a\\b", "a:b"] {
            assert!(PluginName::parse(OsStr::new(bad)).is_err(), "{bad:?}");
        }
    }
}
