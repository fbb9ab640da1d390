//! `Fault`: what is wrong with a text, before its offset becomes a line and a column.

use toml_parser::{Expected, ParseError};

use super::edit::EditError;

/// Why events do not become a layout.
pub(super) enum Fault {
    /// The parser's own words.
    Decode(ParseError),
    /// A word about what stands at an offset.
    At(usize, &'static str),
}

impl Fault {
    /// Returns the error with line and column.
    pub(super) fn locate(&self, text: &str) -> EditError {
        located(text, self.offset(), self.message())
    }

    /// Returns where the fault stands.
    pub(super) fn offset(&self) -> usize {
        match self {
            Fault::Decode(error) => error.unexpected().map_or(0, |span| span.start()),
            Fault::At(offset, _) => *offset,
        }
    }

    /// Says what is wrong. The parser's words are fixed ones and never quote the text.
    pub(super) fn message(&self) -> String {
        match self {
            Fault::Decode(error) => words(error),
            Fault::At(_, message) => (*message).to_owned(),
        }
    }
}

fn words(error: &ParseError) -> String {
    let mut message = error.description().to_owned();
    for (n, expected) in error.expected().into_iter().flatten().enumerate() {
        message.push_str(if n == 0 { ", expected " } else { ", " });
        match expected {
            Expected::Literal("\n") => message.push_str("newline"),
            Expected::Literal(literal) => message.extend(["`", literal, "`"]),
            Expected::Description(words) => message.push_str(words),
            _ => message.push_str("something else"),
        }
    }
    message
}

fn located(text: &str, offset: usize, message: String) -> EditError {
    let before = text.get(..offset).unwrap_or(text);
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    EditError::Syntax {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message,
    }
}
