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
    /// Gives the error with line and column.
    pub(super) fn locate(&self, text: &str) -> EditError {
        match self {
            Fault::Decode(error) => syntax(text, error),
            Fault::At(offset, message) => located(text, *offset, (*message).to_owned()),
        }
    }
}

/// Says what the parser did not like. Its words are fixed ones and never quote the text.
fn syntax(text: &str, error: &ParseError) -> EditError {
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
    let offset = error.unexpected().map_or(0, |span| span.start());
    located(text, offset, message)
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
