//! Reads a TOML text as a stream of events, one statement at a time.
//!
//! # Why
//! A file of ten thousand lines has sixty thousand tokens and as many events: held all at once they
//! take megabytes, and getting that memory from the system costs more than the reading. The grammar of
//! a statement does not depend on another one, so they are read one by one.

use toml_parser::lexer::{Token, TokenKind};
use toml_parser::parser::{self, RecursionGuard, ValidateWhitespace, parse_document, parse_value};
use toml_parser::{ParseError, Source};

use super::event::{Event, EventKind, Form};
use super::fault::Fault;
use super::ordinary;
use super::span::Span;

/// How deep arrays and inline tables nest and how many parts a key has, as in `toml_edit`, so that
/// nothing is written which other readers refuse.
pub(super) const DEPTH: u32 = 80;

const MARK: char = '\u{feff}';

/// Hands every event of a text to a receiver, in order. The grammar is checked; what [`Form::Unchecked`]
/// keys and values mean is not.
///
/// # Errors
/// The first place where the text is not TOML.
pub(super) fn feed(text: &str, mut receive: impl FnMut(Event)) -> Result<(), Fault> {
    let mut at = if text.starts_with(MARK) { MARK.len_utf8() } else { 0 };
    let (mut events, mut tokens) = (Vec::with_capacity(8), Vec::new());
    while at < text.len() {
        at = if let Some(end) = ordinary::statement(text, at, &mut events) {
            end
        } else {
            events.clear();
            any_statement(text, at, &mut tokens, &mut events)?
        };
        events.drain(..).for_each(&mut receive);
    }
    Ok(())
}

/// Hands every event of a value that fills a span to a receiver.
///
/// # Errors
/// The span is not that of a value.
pub(super) fn feed_value(text: &str, span: Span, receive: impl FnMut(Event)) -> Result<(), Fault> {
    let mut events = Vec::with_capacity(8);
    if ordinary::value(text, span, &mut events).is_none() {
        events.clear();
        let value = text.get(span.range()).unwrap_or_default();
        let tokens = Source::new(value).lex().into_vec();
        parse(value, span.start(), &mut events, |receiver, error| {
            parse_value(&tokens, receiver, error);
        })?;
    }
    events.into_iter().for_each(receive);
    Ok(())
}

/// Adds the events of whatever statement begins at a place, and returns where it ends.
fn any_statement(
    text: &str,
    at: usize,
    tokens: &mut Vec<Token>,
    events: &mut Vec<Event>,
) -> Result<usize, Fault> {
    // The lexer passes over a byte order mark where it begins, but only the one of the text is none
    // of its characters. So where another one stands, it begins with what is before.
    let behind = text.get(at..).unwrap_or_default();
    let start = match at.checked_sub(1) {
        Some(_) if at == MARK.len_utf8() && text.starts_with(MARK) => 0,
        Some(before) if behind.starts_with(MARK) => before,
        _ => at,
    };
    let rest = text.get(start..).unwrap_or_default();
    tokens.clear();
    let mut open: usize = 0;
    let mut end = text.len();
    for token in Source::new(rest).lex() {
        if start + token.span().end() <= at && token.kind() != TokenKind::Eof {
            continue;
        }
        tokens.push(token);
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => open += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                open = open.saturating_sub(1);
            }
            TokenKind::Newline if open == 0 => {
                end = start + token.span().end();
                break;
            }
            _ => {}
        }
    }
    parse(rest, start, events, |receiver, error| parse_document(tokens, receiver, error))?;
    Ok(end)
}

/// Runs one of the parsers of `toml_parser` and adds what it finds, moved by what is before its text.
fn parse(
    text: &str,
    before: usize,
    events: &mut Vec<Event>,
    run: impl FnOnce(&mut RecursionGuard<'_>, &mut Option<ParseError>),
) -> Result<(), Fault> {
    let mut error = None;
    let mut receive = |event: parser::Event| {
        let span = Span::new(before + event.span().start(), before + event.span().end());
        events.extend(kind(event.kind()).map(|kind| Event { kind, span }));
    };
    let mut checked = ValidateWhitespace::new(&mut receive, Source::new(text));
    run(&mut RecursionGuard::new(&mut checked, DEPTH), &mut error);
    error.map_or(Ok(()), |error| Err(Fault::decode(error, before)))
}

fn kind(found: parser::EventKind) -> Option<EventKind> {
    Some(match found {
        parser::EventKind::SimpleKey => EventKind::Key(Form::Unchecked),
        parser::EventKind::KeyValSep => EventKind::KeyEnd,
        parser::EventKind::StdTableClose => EventKind::TableHeader,
        parser::EventKind::ArrayTableClose => EventKind::ElementHeader,
        parser::EventKind::Scalar => EventKind::Scalar(Form::Unchecked),
        parser::EventKind::ArrayOpen => EventKind::ArrayOpen,
        parser::EventKind::ArrayClose => EventKind::ArrayClose,
        parser::EventKind::InlineTableOpen => EventKind::InlineOpen,
        parser::EventKind::InlineTableClose => EventKind::InlineClose,
        parser::EventKind::ValueSep => EventKind::Comma,
        parser::EventKind::Comment => EventKind::Comment,
        parser::EventKind::Newline => EventKind::Newline,
        parser::EventKind::Error => EventKind::Invalid,
        parser::EventKind::StdTableOpen
        | parser::EventKind::ArrayTableOpen
        | parser::EventKind::KeySep
        | parser::EventKind::Whitespace => return None,
    })
}
