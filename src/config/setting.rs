//! Known keys: name, type, variables, scopes, meaning. The rows stand in [`crate::config::settings`].
//!
//! Validation, `--help`, completion, the JSON schema and the table of the guide are made from it.

use std::fmt;

pub use crate::config::near_setting::nearest;

use crate::base_url::{BaseUrlSetting, strip_api_suffix};
use crate::config::Scope;
pub use crate::config::settings::SETTINGS;
use crate::escape;
use crate::toml::{self, Value, parse_bool};
use crate::username::Username;

/// What a key's value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A CARTO user name.
    Username,
    /// A base URL, or a pattern with `{username}`.
    BaseUrl,
    /// An API key; never stands in `config.toml`.
    Secret,
    /// A line of text.
    Text,
    /// The name of a profile.
    ProfileName,
    /// `true` or `false`.
    Bool,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// The words of an alias: a string that is split like a shell would, or an array of strings.
    Alias,
    /// Whatever a plugin wants.
    Any,
}

/// One known key.
#[derive(Debug)]
pub struct Setting {
    /// The dotted name; `NAME` stands for a name the user chooses, a last `*` for anything below.
    pub name: &'static str,
    /// Other names of a top-level key, normalised.
    pub aliases: &'static [&'static str],
    /// What its value may be.
    pub value: ValueType,
    /// The environment variables that set it, the preferred one first.
    pub variables: &'static [&'static str],
    /// The scopes that may set it.
    pub scopes: &'static [Scope],
    /// One sentence for people.
    pub doc: &'static str,
}

/// The keys of an account, which `config get` answers from the resolved account.
pub const ACCOUNT_SETTINGS: [&str; 5] =
    ["username", "base_url", "apikey", "organization", "allow_non_secure"];

/// A key's path: its segments, without quotes. Known segments are in canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SettingPath(pub Vec<String>);

impl SettingPath {
    /// Reads a dotted key as it is typed: bare or quoted segments, as in TOML. Known names are
    /// brought to their canonical spelling; an unknown key is kept as it is.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("a key cannot be empty".to_owned());
        }
        let keys = toml_edit::Key::parse(text).map_err(|_| {
            // What follows a `=` is a value, and it may be a secret.
            match text.split_once('=') {
                Some((name, _)) => format!("`{}=...` is not a key", escape::line(name)),
                None => format!("`{}` is not a key", escape::line(text)),
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

/// Normalises a known segment: case, and `-` for `_`.
pub(super) fn normal(segment: &str) -> String {
    segment.to_ascii_lowercase().replace('-', "_")
}

/// Whether two segments mean the same known one: case does not count, nor `-` for `_`.
fn means(segment: &str, word: &str) -> bool {
    let normal = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() };
    segment.len() == word.len() && segment.bytes().map(normal).eq(word.bytes())
}

/// Finds the row of a path and its canonical spelling.
fn find(path: &[String]) -> Option<(&'static Setting, SettingPath)> {
    let (name, above) = path.split_last()?;
    let (key, spelling) = Rows::below(above).find(name)?;
    Some(match spelling {
        Spelling::Canonical => (key, SettingPath(path.to_vec())),
        Spelling::Other => (key, key.spelled(path)),
    })
}

/// Whether a key is written as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// In canonical spelling.
    Canonical,
    /// Under another name, or in another case.
    Other,
}

/// A row, how the tables above the key are spelled, and the last part of its name if that is fixed.
struct Row {
    key: &'static Setting,
    above: Spelling,
    word: Option<&'static str>,
}

/// The rows of the table that a key below some tables may have.
pub(super) struct Rows {
    rows: Vec<Row>,
}

impl Rows {
    /// Finds them by the tables above the key.
    pub(super) fn below(above: &[String]) -> Self {
        let row = |key: &'static Setting| {
            let spelling = key.leads_through(above)?;
            let word = key.word(above.len()).filter(|word| !matches!(*word, "NAME" | "*"));
            Some(Row { key, above: spelling, word })
        };
        Rows { rows: SETTINGS.iter().filter_map(row).collect() }
    }

    /// Finds the row of a key by its last part.
    pub(super) fn find(&self, name: &str) -> Option<(&'static Setting, Spelling)> {
        self.rows.iter().find_map(|row| match row.word {
            None => Some((row.key, row.above)),
            Some(word) if name == word => Some((row.key, row.above)),
            Some(word) => {
                let mut words = std::iter::once(&word).chain(row.key.aliases);
                words.any(|word| means(name, word)).then_some((row.key, Spelling::Other))
            }
        })
    }
}

impl Setting {
    /// Returns the parts of the key's name. `split` is made for long texts: the search for each dot in
    /// these would cost a start more than all else that is done with them.
    fn words(&self) -> impl Iterator<Item = &'static str> {
        let mut rest = Some(self.name);
        std::iter::from_fn(move || {
            let name = rest?;
            let dot = name.bytes().position(|byte| byte == b'.').unwrap_or(name.len());
            rest = name.get(dot + 1..);
            name.get(..dot)
        })
    }

    /// Returns a part of the key's name.
    fn word(&self, at: usize) -> Option<&'static str> {
        self.words().nth(at)
    }

    /// Whether the key can stand below these tables, and how they are spelled if so.
    fn leads_through(&self, above: &[String]) -> Option<Spelling> {
        let mut spelling = Spelling::Canonical;
        let mut words = self.words();
        let mut last = None;
        for segment in above {
            // A last `*` stands for any number of parts.
            last = words.next().or(last.filter(|word| *word == "*"));
            match last? {
                "NAME" | "*" => {}
                word if segment == word => {}
                word if means(segment, word) => spelling = Spelling::Other,
                _ => return None,
            }
        }
        match (words.next(), last) {
            (Some(_), _) => words.next().is_none().then_some(spelling),
            (None, Some("*")) => Some(spelling),
            (None, _) => None,
        }
    }

    /// Returns the canonical path of one that means this key.
    fn spelled(&self, path: &[String]) -> SettingPath {
        let canonical = path.iter().enumerate().map(|(at, segment)| match self.word(at) {
            None | Some("NAME" | "*") => segment.clone(),
            Some(word) => word.to_owned(),
        });
        SettingPath(canonical.collect())
    }

    /// Whether a layer of that scope may set the key.
    pub fn allowed_in(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whether an untrusted project may say it: what can select an account, nothing else.
    pub fn read_from_untrusted(&self) -> bool {
        matches!(self.name, "username" | "base_url" | "profile")
    }

    /// Reads a value as it is typed on the command line or stands in a variable.
    pub fn parse_text(&self, text: &str) -> Result<Value, String> {
        let value = match self.value {
            ValueType::Bool => match parse_bool(text) {
                Some(value) => Value::Bool(value),
                None => {
                    return Err(format!(
                        "expected `true` or `false`, not `{}`",
                        escape::line(text)
                    ));
                }
            },
            ValueType::BaseUrl => Value::String(strip_api_suffix(text).to_owned()),
            // A plugin's own setting has the type that its text looks like.
            ValueType::Any => guessed(text),
            _ => Value::String(text.to_owned()),
        };
        self.check(&value)?;
        Ok(value)
    }

    /// Whether two good values mean the same.
    pub fn same(&self, one: &Value, other: &Value) -> bool {
        match (self.value, one.as_str(), other.as_str()) {
            (ValueType::BaseUrl, Some(one), Some(other)) => {
                BaseUrlSetting::parse(one).ok() == BaseUrlSetting::parse(other).ok()
            }
            _ => one == other,
        }
    }

    /// Says what is wrong with a value, in words that follow the key's name.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        match (self.value, value) {
            (ValueType::Any, _) | (ValueType::Bool, Value::Bool(_)) => Ok(()),
            (ValueType::Alias, Value::Array(words)) => check_alias(words),
            (ValueType::Bool, other) => {
                Err(format!("expected `true` or `false`, not {}", other.type_name()))
            }
            (ValueType::Alias, Value::String(text)) if text.trim().is_empty() => {
                Err("an alias needs at least one word".to_owned())
            }
            (_, Value::String(text)) => self.check_text(text),
            (_, other) => Err(format!("expected a string, not {}", other.type_name())),
        }
    }

    fn check_text(&self, text: &str) -> Result<(), String> {
        match self.value {
            ValueType::Username => {
                Username::parse(text).map(drop).map_err(|error| error.to_string())
            }
            ValueType::BaseUrl => {
                BaseUrlSetting::parse(text).map(drop).map_err(|error| error.to_string())
            }
            ValueType::Choice(words) if !words.contains(&text) => {
                Err(format!("expected one of {}, not `{}`", words.join(", "), escape::line(text)))
            }
            ValueType::ProfileName => check_profile_name(text),
            _ if text.is_empty() => Err("the value is empty; unset the key instead".to_owned()),
            _ if escape::has_control(text) => {
                Err("control characters and bidi marks are not allowed".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Reads `true`, `false` and whole numbers; what would be spelled differently, as `007`, is a text.
fn guessed(text: &str) -> Value {
    match (text, text.parse::<i64>()) {
        ("true", _) => Value::Bool(true),
        ("false", _) => Value::Bool(false),
        (_, Ok(number)) if number.to_string() == text => Value::Integer(number),
        _ => Value::String(text.to_owned()),
    }
}

fn check_alias(words: &[Value]) -> Result<(), String> {
    if words.is_empty() {
        return Err("an alias needs at least one word".to_owned());
    }
    match words.iter().find(|word| word.as_str().is_none()) {
        Some(word) => Err(format!("an alias is made of strings, not of {}", word.type_name())),
        None => Ok(()),
    }
}

/// Says what is wrong with the name of a profile.
pub fn check_profile_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a profile's name cannot be empty".to_owned());
    }
    if name.starts_with('-') {
        return Err("a profile's name cannot begin with `-`".to_owned());
    }
    if escape::has_control(name) {
        return Err("a profile's name has no control characters".to_owned());
    }
    Ok(())
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

    #[test]
    fn the_table_is_sound() {
        for key in SETTINGS {
            assert!(key.doc.ends_with('.'), "{} has a sentence", key.name);
            assert!(!key.scopes.is_empty(), "{} can be set somewhere", key.name);
            assert_eq!(key.variables.is_empty(), !key.allowed_in(Scope::Env), "{}", key.name);
        }
        let mut names: Vec<_> = SETTINGS.iter().map(|key| key.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SETTINGS.len());
    }
}
