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
        let names = match self.0.as_slice() {
            // The second word is the plugin's name.
            [table, _, rest @ ..] if table == "plugins" => rest,
            names => names,
        };
        names.iter().any(|name| is_secret(name))
    }
}

/// Returns the value of a setting as people are shown it: secrets masked, also those inside of it.
pub fn masked(path: &SettingPath, value: Value) -> Value {
    if path.names_a_secret() { hidden(value) } else { masked_within(value) }
}

/// Returns the value of an entry as people are shown it.
///
/// # Why
/// A list has thousands of entries, and hardly one of them is a secret: a look at the letters tells
/// most of them apart before a name is taken into words.
pub fn shown(entry: Entry<'_>) -> Value {
    let value = entry.value();
    let is_plain = !matches!(value, Value::Table(_) | Value::Array(_));
    if is_plain && !entry.parts().any(may_be_secret) {
        return value;
    }
    masked(&entry.path(), value)
}

/// Whether a name has the letters of a word in [`SECRETS`], or of `key`.
fn may_be_secret(name: &str) -> bool {
    let begins = |part: &[u8]| {
        let is = |word: &str| part.eq_ignore_ascii_case(word.as_bytes());
        matches!(part[0] | 0x20, b'k' | b'p' | b's' | b't')
            && ["key", "pas", "pwd", "sec", "tok"].into_iter().any(is)
    };
    name.as_bytes().windows(3).any(begins)
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

fn is_secret(name: &str) -> bool {
    let words = words(name);
    match words.as_slice() {
        [.., kind, key] if key == "key" || key == "keys" => SECRET_KEYS.contains(&kind.as_str()),
        [.., last] => SECRETS.contains(&last.as_str()),
        [] => false,
    }
}

/// Splits a name into its words, in lower case: at `_`, `-`, `.`, and where a capital follows a small
/// letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = '_';
    for c in name.chars() {
        let begins = c.is_uppercase() && before.is_lowercase();
        let parts = matches!(c, '_' | '-' | '.' | ' ');
        if begins || parts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| !parts) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
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
            assert!(name.split('.').any(may_be_secret), "{name}");
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
