//! `SecretSource`: where a key is fetched from when it is used.
//!
//! # Why
//! A source is a program to run or a place to read, named by the user or the administrator. What a
//! project says never gets here: files that come with clones must not name what runs.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::config::given::is_own_variable;
use crate::escape;
use crate::invocation::same_name;
use crate::secret::{MASK, Secret};
use crate::toml::Value;

/// What `--as` writes under names that are anybody's. A shell keeps them for longer than the account
/// that they say, so a key in them may be another account's.
const WRITTEN_BY_PRESETS: [&str; 3] = ["APIKEY", "USERNAME", "USERURL"];

/// How many characters of a command are shown.
const SHOWN: usize = 160;

/// What stands in `apikey`: a key, or where to get it.
#[derive(Clone, Debug)]
pub enum StoredKey {
    /// The key itself.
    Literal(Secret),
    /// Where it is fetched from.
    Source(SecretSource),
}

impl StoredKey {
    /// Whether this is CARTO's public key; of a source nobody knows before it is fetched.
    pub fn is_default_public(&self) -> bool {
        matches!(self, StoredKey::Literal(key) if key.is_default_public())
    }

    /// Whether two entries say the same: the same text, or the same source.
    pub fn same_as(&self, other: &StoredKey) -> bool {
        match (self, other) {
            (StoredKey::Literal(one), StoredKey::Literal(other)) => one.same_as(other),
            (StoredKey::Source(one), StoredKey::Source(other)) => one == other,
            (StoredKey::Literal(_), StoredKey::Source(_))
            | (StoredKey::Source(_), StoredKey::Literal(_)) => false,
        }
    }

    /// Returns the source, where it is one.
    pub fn source(&self) -> Option<&SecretSource> {
        match self {
            StoredKey::Literal(_) => None,
            StoredKey::Source(source) => Some(source),
        }
    }

    /// Returns the key, where it stands there itself.
    pub fn literal(&self) -> Option<&Secret> {
        match self {
            StoredKey::Literal(key) => Some(key),
            StoredKey::Source(_) => None,
        }
    }

    /// Returns what people are shown in its place: a mask, or the name of the source.
    pub fn masked(&self) -> String {
        match self {
            StoredKey::Literal(key) => key.masked().to_owned(),
            StoredKey::Source(source) => format!("{MASK} (from {source})"),
        }
    }

    /// Returns what is written into the file.
    pub(super) fn to_value(&self) -> Value {
        match self {
            StoredKey::Literal(key) => Value::String(key.expose().to_owned()),
            StoredKey::Source(source) => source.to_value(),
        }
    }
}

/// Where a key is fetched from, each time it is used.
///
/// Its `Display` names it as people recognise it, the words of a command included: they can be read
/// by every process anyway, and are no place for a secret.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The standard output of a program: its name on PATH or absolute path, and its arguments.
    Command(Vec<String>),
    /// A file, by its absolute path.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// The credential helpers that the user has set up for git.
    GitCredential,
}

/// Why something is no secret source. Never holds what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// None, several or unknown members.
    #[error("a secret source has exactly one of `command`, `file`, `env` and `git-credential`")]
    Members,
    /// Not a list of texts.
    #[error("`command` is a list of words: the program and its arguments")]
    Command,
    /// The program depends on the directory.
    #[error("the program of `command` is a name on PATH or an absolute path")]
    Program,
    /// Not an absolute path.
    #[error("`file` is an absolute path; `~` stands for nothing in it")]
    File,
    /// Not a name of a variable.
    #[error("`env` is the name of a variable: letters, digits and `_`")]
    Env,
    /// A variable that carto itself reads or writes.
    #[error("`env` cannot be a variable of carto's own: a key in CARTO_API_KEY needs no source")]
    OwnVariable,
    /// A variable that carto writes for other programs.
    #[error(
        "`env` cannot be a variable that `carto env --as` writes: its key may be another account's"
    )]
    PresetVariable,
    /// Anything but `true`.
    #[error("`git-credential` can only be `true`")]
    GitCredential,
}

impl SecretSource {
    /// Takes a program and its arguments.
    pub fn command(words: Vec<String>) -> Result<Self, SourceError> {
        let program = words.first().ok_or(SourceError::Command)?;
        if words.iter().any(|word| word.contains('\0')) {
            return Err(SourceError::Command);
        }
        let is_path = program.contains(std::path::is_separator);
        if program.is_empty() || is_path && !Path::new(program).is_absolute() {
            return Err(SourceError::Program);
        }
        Ok(SecretSource::Command(words))
    }

    /// Takes the path of a file.
    pub fn file(path: &str) -> Result<Self, SourceError> {
        let path = PathBuf::from(path);
        let sound = path.is_absolute() && !path.as_os_str().as_encoded_bytes().contains(&0);
        if sound { Ok(SecretSource::File(path)) } else { Err(SourceError::File) }
    }

    /// Takes the name of a variable.
    pub fn env(name: &str) -> Result<Self, SourceError> {
        let mut chars = name.chars();
        let starts = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !starts || !chars.all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(SourceError::Env);
        }
        if is_own_variable(name) {
            return Err(SourceError::OwnVariable);
        }
        if WRITTEN_BY_PRESETS.iter().any(|written| same_name(OsStr::new(name), written)) {
            return Err(SourceError::PresetVariable);
        }
        Ok(SecretSource::Env(name.to_owned()))
    }

    /// Reads the table that stands in `apikey`.
    pub(super) fn parse(table: &[(String, Value)]) -> Result<Self, SourceError> {
        let [(name, value)] = table else {
            return Err(SourceError::Members);
        };
        match (name.as_str(), value) {
            ("command", _) => SecretSource::command(words(value).ok_or(SourceError::Command)?),
            ("file", _) => SecretSource::file(value.as_str().ok_or(SourceError::File)?),
            ("env", _) => SecretSource::env(value.as_str().ok_or(SourceError::Env)?),
            ("git-credential", Value::Bool(true)) => Ok(SecretSource::GitCredential),
            ("git-credential", _) => Err(SourceError::GitCredential),
            _ => Err(SourceError::Members),
        }
    }

    fn to_value(&self) -> Value {
        let text = |text: &str| Value::String(text.to_owned());
        let (name, value) = match self {
            SecretSource::Command(words) => {
                ("command", Value::Array(words.iter().map(|word| text(word)).collect()))
            }
            SecretSource::File(path) => ("file", text(&path.to_string_lossy())),
            SecretSource::Env(name) => ("env", text(name)),
            SecretSource::GitCredential => ("git-credential", Value::Bool(true)),
        };
        Value::Table(vec![(name.to_owned(), value)])
    }
}

fn words(value: &Value) -> Option<Vec<String>> {
    let Value::Array(words) = value else { return None };
    words.iter().map(|word| word.as_str().map(str::to_owned)).collect()
}

/// Writes a command as it would be typed, without control characters and not longer than a line.
pub(super) fn shown_command(words: &[String]) -> String {
    let quote = |word: &String| match shlex::try_quote(word) {
        Ok(quoted) => quoted.into_owned(),
        Err(_) => word.clone(),
    };
    let all = words.iter().map(quote).collect::<Vec<_>>().join(" ");
    let all = escape::line(&all);
    match all.char_indices().nth(SHOWN) {
        None => all.into_owned(),
        Some((end, _)) => format!("{}...", all.get(..end).unwrap_or_default()),
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSource::Command(words) => write!(f, "the command `{}`", shown_command(words)),
            SecretSource::File(path) => write!(f, "the file `{}`", path.display()),
            SecretSource::Env(name) => write!(f, "the variable `{name}`"),
            SecretSource::GitCredential => f.write_str("git's credential helpers"),
        }
    }
}

/// Somebody may have put a key among the words all the same.
impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SecretSource::Command(_) => "SecretSource::Command(..)",
            SecretSource::File(_) => "SecretSource::File(..)",
            SecretSource::Env(_) => "SecretSource::Env(..)",
            SecretSource::GitCredential => "SecretSource::GitCredential",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SecretSource, SourceError> {
        let text = format!("apikey = {text}\n");
        let document = crate::toml::Document::read(&text).map_err(|error| error.message).unwrap();
        let apikey = document.root().get("apikey").unwrap();
        let Value::Table(members) = apikey.value() else { panic!("{text}") };
        SecretSource::parse(&members)
    }

    #[test]
    #[cfg(unix)]
    fn sources_are_named_as_people_know_them() {
        for (text, shown) in [
            ("{ command = ['pass', 'show', 'carto/prod'] }", "the command `pass show carto/prod`"),
            (
                "{ command = ['/bin/x', 'a b', '', \"\\u001b\"] }",
                "the command `/bin/x 'a b' '' '\\x1b'`",
            ),
            ("{ file = '/run/secrets/carto' }", "the file `/run/secrets/carto`"),
            ("{ env = 'MY_KEY' }", "the variable `MY_KEY`"),
            ("{ git-credential = true }", "git's credential helpers"),
        ] {
            assert_eq!(read(text).unwrap().to_string(), shown, "{text}");
        }
        let long = SecretSource::command(vec!["x".repeat(1000)]).unwrap().to_string();
        assert!(long.len() < 200 && long.ends_with("...`"), "{long}");
    }

    #[test]
    fn whatever_is_no_source_is_refused_without_a_word_of_it() {
        use SourceError::{
            Command, Env, File, GitCredential, Members, OwnVariable, PresetVariable, Program,
        };
        for (text, error) in [
            ("{}", Members),
            ("{ marker = 'x' }", Members),
            ("{ file = '/marker', env = 'MARKER' }", Members),
            ("{ command = [] }", Command),
            ("{ command = 'marker' }", Command),
            ("{ command = ['x', 3] }", Command),
            ("{ command = ['x', \"mark\\u0000er\"] }", Command),
            ("{ command = [''] }", Program),
            ("{ command = ['./marker'] }", Program),
            ("{ command = ['bin/marker'] }", Program),
            ("{ file = 'marker' }", File),
            ("{ file = '~/marker' }", File),
            ("{ file = true }", File),
            ("{ env = '' }", Env),
            ("{ env = '1MARKER' }", Env),
            ("{ env = 'MAR-KER' }", Env),
            ("{ env = ['MARKER'] }", Env),
            ("{ env = 'CARTO_API_KEY' }", OwnVariable),
            ("{ env = 'CARTO_USER' }", OwnVariable),
            ("{ env = 'CARTO_API_TOKEN' }", OwnVariable),
            ("{ env = 'APIKEY' }", PresetVariable),
            ("{ git-credential = false }", GitCredential),
            ("{ git-credential = 'marker' }", GitCredential),
        ] {
            assert_eq!(read(text).unwrap_err(), error, "{text}");
            assert!(!error.to_string().to_lowercase().contains("marker"));
        }
    }

    #[test]
    #[cfg(unix)]
    fn debug_shows_no_word() {
        let source = SecretSource::command(vec!["marker".to_owned()]).unwrap();
        assert!(!format!("{source:?}").contains("marker"));
    }
}
