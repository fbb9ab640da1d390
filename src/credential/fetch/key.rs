//! From an entry to its key.

use std::ffi::OsStr;
use std::path::Path;

use super::program::{gives_none, prepared, until_it_ends, waiting};
use super::surroundings::Surroundings;
use crate::account::Account;
use crate::child_process::{Input, LIMIT, fault, run, with_stderr};
use crate::config::Origin;
use crate::credential::Picked;
use crate::credential::git_store::GitStore;
use crate::credential::source::{SecretSource, StoredKey, shown_command};
use crate::error::{Error, io_reason, shell_word};
use crate::read_file::{read_named, readable_by_others};
use crate::secret::Secret;

impl Picked {
    /// Returns the key itself: from where it is stored, or from its source.
    ///
    /// # Errors
    /// The source fails, or what it gives is no key.
    pub fn fetch(&self, around: &Surroundings) -> Result<Secret, Error> {
        fetch(&self.key, Some(&self.account), &self.origin, around)
    }
}

/// Returns the key of an entry: from where it is stored, or from its source.
///
/// # Errors
/// The source fails, or what it gives is no key; names the source and the entry.
pub fn fetch(
    key: &StoredKey,
    account: Option<&Account>,
    origin: &Origin,
    around: &Surroundings,
) -> Result<Secret, Error> {
    let source = match key {
        StoredKey::Literal(key) => return Ok(key.clone()),
        StoredKey::Source(source) => source,
    };
    around.output.verbose(|| format!("fetch the key from {source}"));
    let fetched = match source {
        SecretSource::Command(words) => of_command(source, words, around),
        SecretSource::File(path) => of_file(source, path, around),
        SecretSource::Env(name) => of_variable(source, name, around),
        SecretSource::GitCredential => {
            GitStore::open(account, around).and_then(|store| store.fetch())
        }
    };
    fetched.map_err(|error| error.at(origin))
}

fn of_command(
    source: &SecretSource,
    words: &[String],
    around: &Surroundings,
) -> Result<Secret, Error> {
    let Some((name, arguments)) = words.split_first() else {
        return Err(gives_none(source, "it is empty"));
    };
    let program = (around.find)(OsStr::new(name)).map_err(|why| gives_none(source, why))?;
    let mut command = prepared(&program, around);
    command.args(arguments);
    let ended = run(command, Input::Terminal, until_it_ends(&|| waiting(source, around)))
        .map_err(|error| gives_none(source, format!("it cannot run: {}", io_reason(&error))))?;
    let help = format!("see what it says: cd / && {}", shown_command(words));
    if let Some(why) = fault(&ended) {
        return Err(with_stderr(gives_none(source, why), &ended).help(help));
    }
    of_bytes(&ended.stdout).map_err(|why| with_stderr(gives_none(source, why), &ended).help(help))
}

/// Takes what a source gave as a key, or says why it is none; never with a word of it.
fn of_bytes(bytes: &[u8]) -> Result<Secret, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        "the key has a character that is a space, or not printable ASCII".to_owned()
    })?;
    Secret::new(text).map_err(|error| error.to_string())
}

fn of_file(source: &SecretSource, path: &Path, around: &Surroundings) -> Result<Secret, Error> {
    let file = read_named(path, LIMIT as u64, &|| waiting(source, around))
        .map_err(|error| gives_none(source, error))?
        .ok_or_else(|| gives_none(source, "there is no such file"))?;
    if let Some(words) = readable_by_others(path, &file) {
        around.output.warning(&words);
    }
    of_bytes(&file.bytes).map_err(|why| {
        gives_none(source, why).help(format!("see what it holds: ls -l {}", shell_word(path)))
    })
}

fn of_variable(source: &SecretSource, name: &str, around: &Surroundings) -> Result<Secret, Error> {
    let value = around.env.get(name).ok_or_else(|| {
        gives_none(source, "it is not set, or empty").help(format!("export {name}=..."))
    })?;
    of_bytes(value.as_encoded_bytes()).map_err(|why| gives_none(source, why))
}
