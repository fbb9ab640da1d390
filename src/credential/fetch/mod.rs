//! Fetches a key from its source, when it is used.
//!
//! # Why
//! A program that gives a key belongs to the user, and so must all that decides what it answers: it
//! runs in `/`, where no clone has a word, and sees neither an account of this environment nor
//! `GIT_*`. What it prints may be the key, also when it is not one, so no error has a word of it.
//! There is no time limit, as keychains and pinentry wait for people.

mod child;
mod pipe;
#[cfg(unix)]
mod termination;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use super::Picked;
use super::git_store::GitStore;
use super::source::{SecretSource, StoredKey, shown_command};
use crate::account::Account;
use crate::config::Origin;
use crate::error::{Error, Kind, io_reason, shell_word};
use crate::invocation::Env;
use crate::output::Output;
use crate::read_file::readable_by_others;
use crate::secret::{MASK, Secret};

pub(super) use child::{Ended, Input, LIMIT, run};

/// How many lines of what a program said on standard error are shown, and how long each.
const LINES: usize = 5;
const LINE: usize = 200;

/// What a run lends to the fetching of a key.
pub struct Surroundings<'a> {
    /// The environment of this run.
    pub env: &'a Env,
    /// The environment of programs that are started.
    pub child: Vec<(OsString, OsString)>,
    /// Finds a program by its name, or says in words why there is none that runs.
    pub find: &'a dyn Fn(&OsStr) -> Result<PathBuf, String>,
    /// Where the user is told what is waited for.
    pub output: &'a Output,
}

/// Its environment may hold keys.
impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Surroundings")
    }
}

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

/// Makes the error of a source that gives no key.
pub(super) fn gives_none(source: &SecretSource, why: impl std::fmt::Display) -> Error {
    Error::new(Kind::Refused, format!("no key from {source}: {why}"))
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
    let ended = run(command, Input::Terminal, &|| waiting(source, around))
        .map_err(|error| gives_none(source, format!("it cannot run: {}", io_reason(&error))))?;
    let help = format!("see what it says: cd / && {}", shown_command(words));
    if let Some(why) = fault(&ended) {
        return Err(with_stderr(gives_none(source, why), &ended).help(help));
    }
    of_bytes(&ended.stdout).map_err(|why| with_stderr(gives_none(source, why), &ended).help(help))
}

/// Makes a program ready that knows nothing of the directory and of the account of this run.
pub(super) fn prepared(program: &Path, around: &Surroundings) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command.envs(around.child.iter().map(|(name, value)| (name, value)));
    // Some programs believe the variable rather than the system.
    command.current_dir("/").env("PWD", "/").env_remove("OLDPWD");
    command
}

/// Says what is waited for.
pub(super) fn waiting(source: &SecretSource, around: &Surroundings) {
    around.output.note(&format!("waiting for {source}"));
}

/// Says why a program that ended has not done its work.
pub(super) fn fault(ended: &Ended) -> Option<String> {
    if ended.stdout.len() > LIMIT {
        return Some(format!("it prints more than {LIMIT} bytes"));
    }
    (!ended.status.success()).then(|| how_it_ended(ended.status))
}

#[cfg(unix)]
fn how_it_ended(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("it ended with status {code}"),
        (None, Some(signal)) => format!("it was ended by signal {signal}"),
        (None, None) => "it did not end well".to_owned(),
    }
}

#[cfg(not(unix))]
fn how_it_ended(status: ExitStatus) -> String {
    status
        .code()
        .map_or("it did not end well".to_owned(), |code| format!("it ended with status {code}"))
}

/// Adds what a program said on standard error, with a mask for all that it printed as its answer.
pub(super) fn with_stderr(error: Error, ended: &Ended) -> Error {
    let answer = String::from_utf8_lossy(&ended.stdout).into_owned();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    with_said(error, &said, answer.split(['\n', '\r']))
}

/// Adds what a program said, with a mask for each of some texts.
pub(super) fn with_said<'a>(
    error: Error,
    said: &str,
    hidden: impl Iterator<Item = &'a str>,
) -> Error {
    let mut hidden: Vec<&str> = hidden.map(str::trim).filter(|text| !text.is_empty()).collect();
    // The longer first, so that no part of one is left.
    hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
    hidden.dedup();
    let masked = mask(said, &hidden);
    let mut lines = masked.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let mut error = error;
    for line in lines.by_ref().take(LINES) {
        let short: String = line.chars().take(LINE).collect();
        let cut = if short.len() < line.len() { "..." } else { "" };
        error = error.note(format!("it says: {short}{cut}"));
    }
    match lines.next() {
        None => error,
        Some(_) => error.note("and more"),
    }
}

/// Puts a mask in the place of every hidden text; none is looked for within a mask.
fn mask(said: &str, hidden: &[&str]) -> String {
    let mut out = String::with_capacity(said.len());
    let mut rest = said;
    while let Some(first) = rest.chars().next() {
        let length = if let Some(text) = hidden.iter().find(|text| rest.starts_with(**text)) {
            out.push_str(MASK);
            text.len()
        } else {
            out.push(first);
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// Takes what a source gave as a key, or says why it is none; never with a word of it.
fn of_bytes(bytes: &[u8]) -> Result<Secret, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        "the key has a character that is a space, or not printable ASCII".to_owned()
    })?;
    Secret::new(text).map_err(|error| error.to_string())
}

fn of_file(source: &SecretSource, path: &Path, around: &Surroundings) -> Result<Secret, Error> {
    let file = pipe::read_telling(path, LIMIT as u64, &|| waiting(source, around))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_answer_had_is_masked_in_what_was_said() {
        for (said, answer, shown) in [
            ("no", "", "no"),
            ("+ echo k1\nk1!", "k1\n", "+ echo ********\n********!"),
            ("ab abc", "ab\nabc\n", "******** ********"),
            ("***", "*\n", "************************"),
            ("é k", "é", "******** k"),
        ] {
            let hidden: Vec<_> = answer.split('\n').collect();
            let error = with_said(Error::new(Kind::Refused, "x"), said, hidden.into_iter());
            let lines: Vec<_> =
                error.notes.iter().map(|note| note.trim_start_matches("it says: ")).collect();
            assert_eq!(lines.join("\n"), shown);
        }
    }

    #[test]
    fn long_speeches_are_cut() {
        let said = format!("{}\n1\n2\n3\n4\n5\n6\n", "x".repeat(5000));
        let error = with_said(Error::new(Kind::Refused, "x"), &said, std::iter::empty());
        assert_eq!(error.notes.len(), LINES + 1);
        assert!(error.notes.iter().all(|note| note.len() < LINE + 20));
        assert_eq!(error.notes[LINES], "and more");
    }
}
