//! Keys that come from outside the stores: typed, piped, in a variable, in a named file.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::account::Tuple;
use crate::base_url::BaseUrlSetting;
use crate::config::{Located, Origin, Scope};
use crate::error::{Error, Kind, io_reason};
use crate::foreign::{self, ImportedAccount, NamedField, ReadError};
use crate::invocation::{Env, Invocation};
use crate::output::Output;
use crate::read_file::{Exposure, FileBytes, read_named, read_regular, readable_by_others};
use crate::secret::{Secret, unquoted};
use crate::username::Username;

/// The longest file with a key that is read, in bytes.
pub const KEY_FILE_LIMIT: u64 = 1024 * 1024;

/// Where a key is read from.
#[derive(Clone, Copy)]
pub enum KeyInput<'a> {
    /// It stands on the command line.
    Given(&'a str),
    /// Standard input, to its end.
    Stdin,
    /// A person, without echo, behind this text; without a terminal standard input.
    AskOrRead(&'a str),
}

/// Reads a key.
///
/// # Errors
/// Nothing there, not a key, or standard input that cannot be read. Never says what was read.
pub fn read_key(output: &Output, input: &KeyInput) -> Result<Secret, Error> {
    let usage = |reason: String| Error::new(Kind::Usage, format!("not an API key: {reason}"));
    let secret = |text: &str| {
        // Keys are copied from programs and documents, where they stand in quotes.
        let inner = unquoted(text.trim_end_matches(['\n', '\r']));
        if inner.is_some() {
            output.note("the quotes around the key are left out");
        }
        Secret::new(inner.unwrap_or(text)).map_err(|error| usage(error.to_string()))
    };
    match input {
        KeyInput::Given(text) => secret(text),
        KeyInput::AskOrRead(prompt) if Invocation::can_ask() => {
            let text = crate::resolve::ask_key::ask(prompt).map_err(|error| {
                Error::new(Kind::Usage, format!("no key was read: {}", io_reason(&error)))
            })?;
            secret(text.trim())
        }
        KeyInput::Stdin | KeyInput::AskOrRead(_) => {
            let mut text = String::new();
            let limited = std::io::stdin().lock().take(KEY_FILE_LIMIT).read_to_string(&mut text);
            limited.map_err(|error| match error.kind() {
                std::io::ErrorKind::InvalidData => usage("it is not UTF-8".to_owned()),
                _ => usage(io_reason(&error)),
            })?;
            if text.is_empty() {
                return Err(Error::new(Kind::Usage, "standard input holds no key").help(
                    "pipe the key into the command, or run it in a terminal, where it asks",
                ));
            }
            secret(&text)
        }
    }
}

/// The environment's key.
pub struct EnvironmentKey {
    /// The key, with its variable.
    pub key: Located<Secret>,
    /// What is to be said where it is used: others can read the file that holds it.
    pub loose: Option<String>,
}

/// Reads `CARTO_API_KEY`, or the file that `CARTO_API_KEY_FILE` names.
///
/// # Errors
/// A value that is no key; both variables with different keys; a file that cannot be read.
pub fn environment_key(env: &Env, output: &Output) -> Result<Option<EnvironmentKey>, Error> {
    const KEY: &str = "CARTO_API_KEY";
    const FILE: &str = "CARTO_API_KEY_FILE";
    let bad = |name: &'static str, reason: String| {
        Error::new(Kind::Usage, format!("`{name}`: {reason}"))
            .at(name)
            .help(format!("unset {name}, or correct it"))
    };
    let direct = match env.text(KEY)? {
        None => None,
        Some(text) => Some(Secret::new(text).map_err(|error| bad(KEY, error.to_string()))?),
    };
    let from_file = match env.get(FILE) {
        None => None,
        Some(path) => {
            let file = read_existing(Path::new(path), output)
                .map_err(|error| Error { kind: Kind::Invalid, ..error }.at(FILE))?;
            let text = std::str::from_utf8(&file.bytes)
                .map_err(|_| bad(FILE, "the file is not UTF-8".to_owned()))?;
            let key = Secret::new(text).map_err(|error| bad(FILE, error.to_string()))?;
            tell_administrators(Path::new(path), &file, output);
            Some((key, readable_by_others(Path::new(path), &file)))
        }
    };
    let found = |key, name, loose| {
        let key = Located::new(key, Scope::Env, Origin::Variable(name));
        Ok(Some(EnvironmentKey { key, loose }))
    };
    match (direct, from_file) {
        (Some(one), Some((other, _))) if !one.same_as(&other) => {
            Err(Error::new(Kind::Usage, format!("`{KEY}` and `{FILE}` hold different keys"))
                .at(KEY)
                .at(FILE)
                .help(format!("unset {KEY}")))
        }
        (Some(key), _) => found(key, KEY, None),
        (None, Some((key, loose))) => found(key, FILE, loose),
        (None, None) => Ok(None),
    }
}

/// Reads a file that the user named.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn read_existing(path: &Path, output: &Output) -> Result<FileBytes, Error> {
    read_named(path, KEY_FILE_LIMIT, &|| tell_waiting(path, output))?
        .ok_or_else(|| Error::new(Kind::NotThere, "there is no such file").at(path.display()))
}

/// Says that a pipe lets the run wait.
pub fn tell_waiting(path: &Path, output: &Output) {
    output.note(&format!("waiting for something to be written to {}", path.display()));
}

/// The account in a credentials file, with the scope that named the file, and its key.
pub type FileAccount = (Scope, Located<Tuple>, Option<Located<Secret>>);

/// Reads the account in a credentials file of another program, for one run.
///
/// # Errors
/// The file cannot be read or recognised, or holds several accounts.
pub fn read_file(path: &Path, scope: Scope, output: &Output) -> Result<FileAccount, Error> {
    let file =
        read_existing(path, output).map_err(|error| Error { kind: Kind::Invalid, ..error })?;
    warn_if_loose(path, &file, output);
    let imported = recognise(path, &file.bytes)?;
    let account = match imported.accounts.as_slice() {
        [one] => one,
        [] => {
            return Err(Error::new(Kind::Refused, "the credentials file names no account")
                .at(path.display()));
        }
        many => many.iter().find(|one| imported.is_current(one)).ok_or_else(|| {
            Error::new(Kind::Refused, "the credentials file holds several accounts")
                .at(path.display())
                .help("carto credentials import     # makes a profile of each")
        })?,
    };
    let origin = Origin::WholeFile(path.to_owned());
    let tuple = tuple_of(account, scope, path)?;
    let key = account.apikey.clone().map(|key| Located::new(key, scope, origin.clone()));
    Ok((scope, Located::new(tuple, scope, origin), key))
}

/// Finds the file of another program that has a profile of that name. One that cannot be read or
/// recognised has none.
pub fn known_file_with_profile(invocation: &Invocation, name: &str) -> Option<PathBuf> {
    let variable = |name: &str| invocation.env.get(name).map(ToOwned::to_owned);
    let places = foreign::known_places(&variable, invocation.home().as_deref());
    places.into_iter().map(|place| place.path).find(|path| {
        let file = read_regular(path, KEY_FILE_LIMIT).ok().flatten();
        let imported = file.and_then(|file| recognise(path, &file.bytes).ok());
        imported.is_some_and(|imported| {
            imported.accounts.iter().any(|account| account.name.as_deref() == Some(name))
        })
    })
}

/// Says that others can read a file with a key; it is not ours to refuse.
pub fn warn_if_loose(path: &Path, file: &FileBytes, output: &Output) {
    if let Some(words) = readable_by_others(path, file) {
        output.warning(&words);
    }
    tell_administrators(path, file, output);
}

/// Says, where that was asked for, that root lets others read a file.
pub fn tell_administrators(path: &Path, file: &FileBytes, output: &Output) {
    if file.facts.exposure() == Exposure::Administrator {
        output.verbose(|| format!("others can read {}, as root wants it", path.display()));
    }
}

/// Recognises the bytes of a foreign credentials file.
///
/// # Errors
/// No known format, or a field that cannot be used; never quotes the file.
pub fn recognise(path: &Path, bytes: &[u8]) -> Result<foreign::Imported, Error> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Error::new(Kind::Invalid, "the file is not UTF-8").at(path.display()))?;
    foreign::read(text).map_err(|error| unreadable(path, &error))
}

/// Puts into words why a foreign file gives no credentials, with what to do.
fn unreadable(path: &Path, error: &ReadError) -> Error {
    let kind = match error {
        ReadError::MachineToMachine | ReadError::OAuth => Kind::Refused,
        _ => Kind::Invalid,
    };
    let shown = path.display();
    let place = match error.place() {
        Some((line, column)) => format!("{shown}:{line}:{column}"),
        None => shown.to_string(),
    };
    let said = Error::new(kind, error.to_string()).at(place);
    match error.inner() {
        ReadError::MachineToMachine | ReadError::OAuth => {
            said.help("carto login URL     # asks for an API key of the account")
        }
        ReadError::NotText { .. } => said.help("put the value in quotes, then it is text"),
        ReadError::Name { .. } => said.help("put the name in quotes, then it is text"),
        _ => said,
    }
}

/// Checks the raw fields of a foreign file by carto's own grammar.
///
/// # Errors
/// Names the field and the file.
pub fn tuple_of(account: &ImportedAccount, scope: Scope, path: &Path) -> Result<Tuple, Error> {
    let whole = || Origin::WholeFile(PathBuf::from(path));
    let origin = |field: &NamedField| match field.place {
        Some((line, column)) => Origin::File { path: Rc::from(path), line, column },
        None => whole(),
    };
    let bad = |field: &NamedField, reason: String| {
        Error::new(Kind::Invalid, format!("`{}`: {reason}", field.name)).at(origin(field))
    };
    let (name, url) = (&account.username_field, &account.base_url_field);
    let username = match &account.username {
        None => None,
        Some(text) => Some(Username::parse(text).map_err(|e| bad(name, e.to_string()))?),
    };
    let base_url = match &account.base_url {
        None => None,
        Some(text) => Some(BaseUrlSetting::parse(text).map_err(|e| bad(url, e.to_string()))?),
    };
    Ok(Tuple {
        username: username.map(|value| Located::new(value, scope, origin(name))),
        base_url: base_url.map(|value| Located::new(value, scope, origin(url))),
        organization: account.organization.clone().map(|org| Located::new(org, scope, whole())),
        ca_file: None,
        allow_non_secure: account.allow_non_secure.map(|a| Located::new(a, scope, whole())),
    })
}
