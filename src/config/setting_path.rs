//! `SettingPath`: the path of a setting, and the row of the table that it means.

use std::fmt;

use super::rows::{Rows, Spelling};
use super::setting::Setting;
use crate::{escape, toml};

/// A key's path: its segments, without quotes. Known segments are in canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SettingPath(pub Vec<String>);

impl SettingPath {
    /// Reads a dotted key as it is typed: bare or quoted segments, as in TOML. Known names are
    /// brought to their canonical spelling; an unknown key is kept as it is.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("the name of a setting cannot be empty".to_owned());
        }
        let keys = toml_edit::Key::parse(text).map_err(|_| {
            // What follows a `=` is a value, and it may be a secret.
            match text.split_once('=') {
                Some((name, _)) => {
                    format!("`{}=...` is not the name of a setting", escape::line(name))
                }
                None => format!("`{}` is not the name of a setting", escape::line(text)),
            }
        })?;
        let path: Vec<String> = keys.iter().map(|key| key.get().to_owned()).collect();
        Ok(SettingPath::canonical(&path))
    }

    /// Brings a path to canonical spelling where it is known.
    pub fn canonical(path: &[String]) -> Self {
        match find(path) {
            Some((_, path)) => path,
            None => SettingPath(path.to_vec()),
        }
    }

    /// Returns the key's row in the table.
    pub fn known(&self) -> Option<&'static Setting> {
        find(&self.0).map(|(key, _)| key)
    }

    /// Returns the segments as the editing functions want them.
    pub fn segments(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }

    /// Whether this is the top-level key of that name.
    pub fn is(&self, name: &str) -> bool {
        self.0.len() == 1 && self.0.first().is_some_and(|segment| segment == name)
    }
}

impl fmt::Display for SettingPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&toml::dotted(self.0.iter().map(String::as_str)))
    }
}

/// Finds the row of a path and its canonical spelling.
fn find(path: &[String]) -> Option<(&'static Setting, SettingPath)> {
    let (name, above) = path.split_last()?;
    let rows = above.iter().fold(Rows::top(), |rows, table| rows.within(table));
    let (setting, spelling) = rows.find(name)?;
    Some(match spelling {
        Spelling::Canonical => (setting, SettingPath(path.to_vec())),
        Spelling::Other => (setting, spelled(setting, path)),
    })
}

/// Returns the canonical path of one that means this setting.
fn spelled(setting: &Setting, path: &[String]) -> SettingPath {
    let mut words = setting.name.split('.');
    let canonical = path.iter().map(|segment| match words.next() {
        None | Some("NAME" | "*") => segment.clone(),
        Some(word) => word.to_owned(),
    });
    SettingPath(canonical.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_meet_in_one_path() {
        for (typed, canonical, known) in [
            ("username", "username", true),
            ("user", "username", true),
            ("User", "username", true),
            ("base-url", "base_url", true),
            ("USERURL", "base_url", true),
            ("api-key", "apikey", true),
            ("key", "apikey", true),
            ("org", "organization", true),
            ("allow-non-secure", "allow_non_secure", true),
            ("profiles.Prod-1.user", "profiles.Prod-1.username", true),
            ("profiles.\"a.b\".org", "profiles.\"a.b\".organization", true),
            ("plugins.sql.Limit-Max.x", "plugins.sql.Limit-Max.x", true),
            ("plugins.sql.profile", "plugins.sql.profile", true),
            ("alias.q", "alias.q", true),
            ("ui.COLOR", "ui.color", true),
            ("usrname", "usrname", false),
            ("profiles", "profiles", false),
            ("profiles.a", "profiles.a", false),
            ("plugins.sql", "plugins.sql", false),
            ("username.x", "username.x", false),
        ] {
            let path = SettingPath::parse(typed).unwrap();
            assert_eq!(path.to_string(), canonical, "{typed}");
            assert_eq!(path.known().is_some(), known, "{typed}");
        }
        for typed in ["", "a b", "a..b", ".a", "a=b", "\"a"] {
            assert!(SettingPath::parse(typed).is_err(), "{typed:?}");
        }
    }
}
