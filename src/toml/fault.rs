//! `Fault`: what is wrong with a text, before its offset becomes a line and a column.

use toml_parser::{Expected, ParseError};

/// Why events do not become a document.
pub(super) enum Fault {
    /// The parser's own words about a part of the text, and how many bytes are before that.
    Decode(ParseError, usize),
    /// A word about what stands at an offset.
    At(usize, &'static str),
}

impl Fault {
    /// Makes a fault of what the parser says of a part of the text that stands behind some bytes.
    pub(super) fn decode(error: ParseError, before: usize) -> Self {
        Fault::Decode(error, before)
    }

    /// Returns where the fault stands.
    pub(super) fn offset(&self) -> usize {
        match self {
            Fault::Decode(error, before) => {
                error.unexpected().map_or(0, |span| before + span.start())
            }
            Fault::At(offset, _) => *offset,
        }
    }

    /// Says what is wrong. The parser's words are fixed ones and never quote the text.
    pub(super) fn message(&self) -> String {
        match self {
            Fault::Decode(error, _) => words(error),
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
