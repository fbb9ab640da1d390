//! `Failure`: what went wrong, with its exit status, what the server said, and what to type.

use std::fmt;

/// The class of a failure, which decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The SQL is wrong, or what it names is not there.
    Sql = 1,
    /// The command line cannot be used.
    Usage = 2,
    /// The account or its key is refused.
    Refused = 4,
    /// The result cannot be written.
    Write = 5,
    /// The network, or the server.
    Network = 6,
    /// Who reads the result has enough: nothing is said, and the status is that of a program which
    /// the broken pipe has ended.
    Closed = 141,
}

/// What went wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    class: Class,
    what: String,
    lines: Vec<String>,
}

impl Failure {
    /// Makes a failure with its one sentence.
    pub fn new(class: Class, what: impl Into<String>) -> Self {
        Failure {
            class,
            what: what.into(),
            lines: Vec::new(),
        }
    }

    /// Makes a failure of the command line.
    pub fn usage(what: impl Into<String>) -> Self {
        Failure::new(Class::Usage, what)
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl fmt::Display) -> Self {
        self.lines.push(format!("note: {note}"));
        self
    }

    /// Adds what to type or to do.
    #[must_use]
    pub fn help(mut self, help: impl fmt::Display) -> Self {
        self.lines.push(format!("help: {help}"));
        self
    }

    /// Adds lines as they are.
    #[must_use]
    pub fn excerpt(mut self, lines: Vec<String>) -> Self {
        self.lines.extend(lines);
        self
    }

    /// Whether nothing is to be said.
    pub fn is_silent(&self) -> bool {
        self.class == Class::Closed
    }

    /// Returns the exit status.
    pub fn exit_code(&self) -> u8 {
        self.class as u8
    }

    /// Returns the lines behind `error: `, for standard error.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.what.as_str()).chain(self.lines.iter().map(String::as_str))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Writes a text so that it cannot steer the terminal: what the server says is not ours.
pub fn plain(text: &str) -> String {
    let is_safe = |c: char| {
        !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| {
            if is_safe(c) {
                c.to_string()
            } else {
                c.escape_unicode().to_string()
            }
        })
        .collect()
}

/// Returns the line of the query that a message of the server is about, with a caret under the word
/// that it quotes: where that word stands once outside of strings and comments.
pub fn excerpt(message: &str, sql: &str) -> Vec<String> {
    let found = quoted_words(message).find_map(|word| only_place(sql, word));
    let Some(at) = found.or_else(|| told_place(message, sql)) else {
        return Vec::new();
    };
    let start = sql[..at.start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = sql[start..].lines().next().unwrap_or_default();
    let number = 1 + sql[..start].matches('\n').count();
    let width = |text: &str| unicode_width::UnicodeWidthStr::width(text);
    let before = plain(&sql[start..at.start].replace('\t', " "));
    let marks = "^".repeat(width(&sql[at]).max(1));
    let margin = number.to_string();
    vec![
        format!("{margin} | {}", plain(&line.replace('\t', " "))),
        format!(
            "{} | {}{marks}",
            " ".repeat(margin.len()),
            " ".repeat(width(&before))
        ),
    ]
}

/// Returns the place that a data warehouse tells itself: `... at [2:8]`, by line and column.
fn told_place(message: &str, sql: &str) -> Option<std::ops::Range<usize>> {
    let (_, place) = message.trim_end().strip_suffix(']')?.rsplit_once("at [")?;
    let (line, column) = place.split_once(':')?;
    let (line, column): (usize, usize) = (line.parse().ok()?, column.parse().ok()?);
    let mut start = 0;
    for _ in 1..line {
        start += sql.get(start..)?.find('\n')? + 1;
    }
    let before = sql.get(start..)?.chars().take(column.checked_sub(1)?);
    start += before.map(char::len_utf8).sum::<usize>();
    let parts = crate::lexer::parts(sql).into_iter();
    parts
        .map(|(_, range)| range)
        .find(|range| range.contains(&start))
        .map(|range| start..range.end)
}

/// Returns the words in double quotes of a message.
fn quoted_words(message: &str) -> impl Iterator<Item = &str> {
    message
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|word| !word.is_empty())
}

/// Returns where a word stands, if it stands once.
fn only_place(sql: &str, word: &str) -> Option<std::ops::Range<usize>> {
    use crate::lexer::{Part, parts};
    let bare = word.rsplit('.').next().unwrap_or(word);
    let mut found = parts(sql).into_iter().filter(|(part, range)| {
        let text = &sql[range.clone()];
        match part {
            Part::Word => text.eq_ignore_ascii_case(word) || text.eq_ignore_ascii_case(bare),
            Part::Quoted => {
                text.strip_prefix('"').and_then(|it| it.strip_suffix('"')) == Some(bare)
            }
            _ => text == word,
        }
    });
    let (_, range) = found.next()?;
    found.next().is_none().then_some(range)
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn a_caret_stands_under_the_word_that_the_server_quotes() {
        for (message, sql, expected) in [
            (
                "syntax error at or near \"SELEC\"",
                "SELEC 1",
                &["1 | SELEC 1", "  | ^^^^^"][..],
            ),
            (
                "relation \"nope\" does not exist",
                "SELECT a,\n\t'nope' FROM nope -- nope",
                &["2 |  'nope' FROM nope -- nope", "  |              ^^^^"],
            ),
            (
                "column \"é\" does not exist",
                "SELECT 編, é",
                &["1 | SELECT 編, é", "  |            ^"],
            ),
            (
                "column t.\"x\" does not exist",
                "SELECT \"x\"",
                &["1 | SELECT \"x\"", "  |        ^^^"],
            ),
            ("relation \"a\" does not exist", "SELECT a FROM a", &[]),
            ("division by zero", "SELECT 1/0", &[]),
            (
                "Unrecognized name: nope at [2:3]",
                "SELECT\n  nope",
                &["2 |   nope", "  |   ^^^^"],
            ),
            ("Oops at [9:9]", "SELECT 1", &[]),
            ("Oops at [x]", "SELECT 1", &[]),
            (
                "relation \"public.nope\"",
                "SELECT 1 FROM public.nope",
                &[
                    "1 | SELECT 1 FROM public.nope",
                    "  |                      ^^^^",
                ],
            ),
        ] {
            assert_eq!(excerpt(message, sql), expected, "{message}: {sql}");
        }
    }
}
