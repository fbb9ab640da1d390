//! How a program ended, and what it said, in words for people.

use std::process::ExitStatus;

use super::run::{LIMIT, ProgramEnd};
use crate::error::Error;
use crate::secret::MASK;

/// How many lines of what a program said on standard error are shown, and how long each.
const LINES: usize = 5;
const LINE: usize = 200;

/// Says why a program that ended has not done its work.
pub fn fault(ended: &ProgramEnd) -> Option<String> {
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
pub fn with_stderr(error: Error, ended: &ProgramEnd) -> Error {
    let answer = String::from_utf8_lossy(&ended.stdout).into_owned();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    with_said(error, &said, answer.split(['\n', '\r']))
}

/// Adds what a program said, with a mask for each of some texts.
pub fn with_said<'a>(error: Error, said: &str, hidden: impl Iterator<Item = &'a str>) -> Error {
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
    use crate::error::Kind;

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
