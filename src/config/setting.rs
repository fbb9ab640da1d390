//! Known keys: name, type, variables, scopes, meaning. The rows stand in [`crate::config::SETTINGS`].
//!
//! Validation, `--help`, completion, the JSON schema and the table of the guide are made from it.

use std::path::Path;

use crate::base_url::{BaseUrlSetting, PastedAddress, strip_api_suffix};
use crate::config::Scope;
use crate::escape;
use crate::secret::looks_like_key;
use crate::toml::{Value, parse_bool};
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
    /// A file by its absolute path, or one below the home directory by `~/`.
    File,
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
pub const ACCOUNT_SETTINGS: [&str; 6] =
    ["username", "base_url", "apikey", "organization", "allow_non_secure", "ca_file"];

/// Normalises a known segment: case, and `-` for `_`.
pub(super) fn normal(segment: &str) -> String {
    segment.to_ascii_lowercase().replace('-', "_")
}

/// Whether two segments mean the same known one: case does not count, nor `-` for `_`.
pub(super) fn means(segment: &str, word: &str) -> bool {
    let normal = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() };
    segment.len() == word.len() && segment.bytes().map(normal).eq(word.bytes())
}

impl Setting {
    /// Whether a layer of that scope may set the key.
    pub fn allowed_in(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whether an untrusted project may say it: what can select an account, nothing else.
    pub fn read_from_untrusted(&self) -> bool {
        matches!(self.name, "username" | "base_url" | "profile")
    }

    /// Returns what a person typed as the value: of an address what stands for it, else the text.
    pub fn typed<'a>(&self, text: &'a str) -> PastedAddress<'a> {
        match self.value {
            ValueType::BaseUrl => PastedAddress::new(text),
            _ => PastedAddress { text: text.into(), was_page: false },
        }
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

    /// Returns a good text as it is stored: a URL in its canonical form.
    pub fn canonical(&self, text: String) -> String {
        match (self.value, BaseUrlSetting::parse(&text)) {
            (ValueType::BaseUrl, Ok(url)) => url.as_str().to_owned(),
            _ => text,
        }
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
            ValueType::Text if looks_like_key(text) => {
                Err("this looks like an API key, which stands in no setting".to_owned())
            }
            ValueType::File if !text.starts_with("~/") && !Path::new(text).is_absolute() => {
                Err("a file is named by its absolute path, or from the home directory by `~/`"
                    .to_owned())
            }
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
    if looks_like_key(name) {
        return Err("this looks like an API key, not the name of a profile".to_owned());
    }
    Ok(())
}
