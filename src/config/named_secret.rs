//! Settings whose names say that their values are secrets: `plugins.sql.token`. None belongs into a
//! settings file; where one is, it is masked.

use super::entry::Entry;
use super::setting::ValueType;
use super::setting_path::SettingPath;
use crate::secret::MASK;
use crate::toml::Value;

/// Last words of names whose values are secrets.
const SECRETS: [&str; 12] = [
    "apikey",
    "apikeys",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "pwd",
    "secret",
    "secrets",
    "token",
    "tokens",
];
/// The words before `key` in names whose values are secrets; a `sort_key` is none.
const SECRET_KEYS: [&str; 8] =
    ["access", "api", "auth", "encryption", "master", "private", "secret", "signing"];

impl SettingPath {
    /// Whether the name says that the value is a secret: `plugins.sql.token`, `client_secret`. The
    /// settings that carto itself knows have places of their own for secrets.
    pub fn names_a_secret(&self) -> bool {
        if self.known().is_some_and(|setting| setting.value != ValueType::Any) {
            return false;
        }
        is_named(self.0.iter().map(String::as_str))
    }
}

/// Whether a part of a name says that the value is a secret; the name of a plugin does not.
fn is_named<'a>(mut names: impl Iterator<Item = &'a str>) -> bool {
    match names.next() {
        Some("plugins") => names.skip(1).any(is_secret),
        Some(first) => is_secret(first) || names.any(is_secret),
        None => false,
    }
}

/// Returns the value of a setting as people are shown it: secrets masked, also those inside of it.
pub fn masked(path: &SettingPath, value: Value) -> Value {
    if path.names_a_secret() { hidden(value) } else { masked_within(value) }
}

/// Returns the value of an entry as people are shown it. A list has thousands of entries, and hardly one
/// of them is a secret: the names are looked at as they stand in the text.
pub fn shown(entry: Entry<'_>) -> Value {
    let value = entry.value();
    if !is_named(entry.parts()) && !has_secret_within(&value) {
        return value;
    }
    masked(&entry.path(), value)
}

/// Whether something in a table, or in tables of a list, has a name that says so.
fn has_secret_within(value: &Value) -> bool {
    match value {
        Value::Table(fields) => {
            fields.iter().any(|(name, value)| is_secret(name) || has_secret_within(value))
        }
        Value::Array(items) => items.iter().any(has_secret_within),
        _ => false,
    }
}

/// Masks what has a name that says so, in a table or in tables of a list.
fn masked_within(value: Value) -> Value {
    match value {
        Value::Table(fields) => {
            let masked = fields.into_iter().map(|(name, value)| {
                let value = if is_secret(&name) { hidden(value) } else { masked_within(value) };
                (name, value)
            });
            Value::Table(masked.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(masked_within).collect()),
        other => other,
    }
}

/// Masks every text in a value; how many tokens are allowed, and whether, is no secret.
fn hidden(value: Value) -> Value {
    match value {
        Value::String(_) => Value::String(MASK.to_owned()),
        Value::Table(fields) => {
            Value::Table(fields.into_iter().map(|(name, value)| (name, hidden(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(hidden).collect()),
        other => other,
    }
}

/// Whether a value holds something that is masked.
pub fn holds_secret(path: &SettingPath, value: &Value) -> bool {
    masked(path, value.clone()) != *value
}

/// Whether a name's last word, or its last two, say that the value is a secret.
fn is_secret(name: &str) -> bool {
    // With one of these letters every such word ends; most names do not.
    let end = name.as_bytes().last().map(u8::to_ascii_lowercase);
    if !end.is_some_and(|end| b"destny_-. ".contains(&end)) {
        return false;
    }
    let (rest, last) = last_word(name);
    if is_one_of(last, &["key", "keys"]) {
        return is_one_of(last_word(rest).1, &SECRET_KEYS);
    }
    is_one_of(last, &SECRETS)
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Cuts the last word off a name. A word begins behind `_`, `-`, `.` or a blank, and with a capital
/// behind a small letter.
fn last_word(name: &str) -> (&str, &str) {
    let parts = |byte: u8| matches!(byte, b'_' | b'-' | b'.' | b' ');
    let name = name.trim_end_matches(['_', '-', '.', ' ']);
    let bytes = name.as_bytes();
    let begins = |at: &usize| {
        let (before, here) = (bytes[at - 1], bytes[*at]);
        parts(before) || before.is_ascii_lowercase() && here.is_ascii_uppercase()
    };
    let at = (1..bytes.len()).rev().find(begins).unwrap_or(0);
    // A word begins at an ASCII letter or behind one, so never within a character.
    (name.get(..at).unwrap_or_default(), name.get(at..).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_whether_a_value_is_a_secret() {
        for name in [
            "plugins.sql.token",
            "plugins.sql.password",
            "plugins.sql.secret_key",
            "plugins.sql.client_secret",
            "plugins.sql.clientSecret",
            "plugins.sql.Client-Secret",
            "plugins.sql.api-key",
            "plugins.sql.apiKey",
            "plugins.sql.aws_secret_access_key",
            "plugins.sql.auth.token",
            "plugins.sql.secrets.db",
            "plugins.sql.DB_PASSWD",
            "db.password",
        ] {
            assert!(SettingPath::parse(name).unwrap().names_a_secret(), "{name}");
        }
        for name in [
            "plugins.sql.max_rows",
            "plugins.token.url",
            "plugins.sql.credentials",
            "plugins.sql.profile",
            "plugins.sql.sort_key",
            "plugins.sql.primary_key",
            "plugins.sql.token_url",
            "plugins.sql.password_file",
            "plugins.sql.secretary",
            "plugins.sql.key",
            "alias.token",
            "profiles.secret.username",
            "username",
        ] {
            assert!(!SettingPath::parse(name).unwrap().names_a_secret(), "{name}");
        }
    }
}
