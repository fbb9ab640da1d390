//! Programs that give keys: made ready, waited for, and what they say.

use std::path::Path;
use std::process::{Command, ExitStatus};

use super::child::{LIMIT, ProgramEnd};
use super::surroundings::Surroundings;
use crate::credential::source::SecretSource;
use crate::error::{Error, Kind};
use crate::secret::MASK;

/// How many lines of what a program said on standard error are shown, and how long each.
const LINES: usize = 5;
const LINE: usize = 200;

/// Makes the error of a source that gives no key.
pub(in crate::credential) fn gives_none(
    source: &SecretSource,
    why: impl std::fmt::Display,
) -> Error {
    Error::new(Kind::Refused, format!("no key from {source}: {why}"))
}

/// Makes a program ready that knows nothing of the directory and of the account of this run.
pub(in crate::credential) fn prepared(program: &Path, around: &Surroundings) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command.envs(around.child.iter().map(|(name, value)| (name, value)));
    // Some programs believe the variable rather than the system.
    command.current_dir("/").env("PWD", "/").env_remove("OLDPWD");
    command
}

/// Says what is waited for.
pub(in crate::credential) fn waiting(source: &SecretSource, around: &Surroundings) {
    around.output.note(&format!("waiting for {source}"));
}

/// Says why a program that ended has not done its work.
pub(in crate::credential) fn fault(ended: &ProgramEnd) -> Option<String> {
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
pub(in crate::credential) fn with_stderr(error: Error, ended: &ProgramEnd) -> Error {
    let answer = String::from_utf8_lossy(&ended.stdout).into_owned();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    with_said(error, &said, answer.split(['\n', '\r']))
}

/// Adds what a program said, with a mask for each of some texts.
pub(in crate::credential) fn with_said<'a>(
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
