//! Finds the events of ordinary statements without a lexer.
//!
//! # Why
//! Nearly all that people write into these files is a header, or a key with a text, a whole number,
//! a boolean, an array or an inline table. Taking such a statement apart byte by byte costs a fifth
//! of what the tokens of `toml_parser` cost (`tests/bench/run` shows both: `one date` is the latter).
//! Whatever else a statement has, and every mistake, is `toml_parser`'s to read: what is found here
//! are the events that it finds, which `events.rs` tests on every document of the corpus.

use super::event::{Event, EventKind, Form};
use super::span::Span;

/// How deep values nest here at most.
const DEPTH: u32 = 8;

/// A byte of a bare key, a number or a boolean.
const BARE: u8 = 1;
/// A byte that may stand in a comment.
const COMMENT: u8 = 2;
/// A byte that stands for itself between double quotes.
const BASIC: u8 = 4;
/// A byte that stands for itself between single quotes.
const LITERAL: u8 = 8;

/// What each byte may be. All bytes of characters beyond ASCII may stand in comments and strings.
static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut code = 0_u8;
    loop {
        let byte = code as usize;
        if code.is_ascii_alphanumeric() || code == b'-' || code == b'_' {
            classes[byte] |= BARE;
        }
        if code == b'\t' || code >= b' ' && code != 0x7f {
            classes[byte] |= COMMENT;
            if code != b'"' && code != b'\\' {
                classes[byte] |= BASIC;
            }
            if code != b'\'' {
                classes[byte] |= LITERAL;
            }
        }
        if code == u8::MAX {
            return classes;
        }
        code += 1;
    }
}

/// Adds the events of the statement that begins at a place, and returns where it ends; nothing where
/// it is not ordinary.
pub(super) fn statement(text: &str, start: usize, events: &mut Vec<Event>) -> Option<usize> {
    let mut scanner = Scanner { text: text.as_bytes(), at: start, events };
    scanner.skip_blanks();
    match scanner.peek() {
        Some(b'[') => scanner.header()?,
        Some(b'#' | b'\n' | b'\r') | None => {}
        Some(_) => scanner.pair(0)?,
    }
    scanner.line_end()?;
    Some(scanner.at)
}

/// Adds the events of a value that fills a span; nothing where it is not ordinary.
pub(super) fn value(text: &str, span: Span, events: &mut Vec<Event>) -> Option<()> {
    let mut scanner = Scanner { text: text.as_bytes(), at: span.start(), events };
    scanner.value(0)?;
    (scanner.at == span.end()).then_some(())
}

/// Returns the form of a text that is an ordinary value which holds no other, and nothing else.
pub(super) fn scalar(text: &str) -> Option<Form> {
    let mut scanner = Scanner { text: text.as_bytes(), at: 0, events: &mut Vec::new() };
    let form = scanner.scalar()?;
    (scanner.at == text.len()).then_some(form)
}

/// A place in a text, and the events so far.
struct Scanner<'t, 'e> {
    text: &'t [u8],
    at: usize,
    events: &'e mut Vec<Event>,
}

impl Scanner<'_, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn push(&mut self, kind: EventKind, start: usize) {
        self.events.push(Event { kind, span: Span::new(start, self.at) });
    }

    /// Goes behind a byte if it is the next one.
    fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Goes behind all bytes of a class.
    fn skip(&mut self, class: u8) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_other = |byte: &u8| CLASSES[usize::from(*byte)] & class == 0;
        self.at += rest.iter().position(is_other).unwrap_or(rest.len());
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Goes behind the blanks, line ends and comments that may stand in arrays and inline tables.
    fn skip_lines(&mut self) -> Option<()> {
        loop {
            self.skip_blanks();
            match self.peek()? {
                b'#' => self.skip(COMMENT),
                b'\n' => self.at += 1,
                b'\r' if self.text.get(self.at + 1) == Some(&b'\n') => self.at += 2,
                _ => return Some(()),
            }
        }
    }

    /// Reads what may stand behind a statement on its line.
    fn line_end(&mut self) -> Option<()> {
        self.skip_blanks();
        let start = self.at;
        if self.peek() == Some(b'#') {
            self.skip(COMMENT);
            self.push(EventKind::Comment, start);
        }
        if self.at == self.text.len() {
            return Some(());
        }
        let start = self.at;
        self.eat(b'\r');
        self.eat(b'\n').then(|| self.push(EventKind::Newline, start))
    }

    fn header(&mut self) -> Option<()> {
        self.at += 1;
        let is_element = self.eat(b'[');
        self.key()?;
        let start = self.at;
        let is_closed = self.eat(b']') && (!is_element || self.eat(b']'));
        let kind = if is_element { EventKind::ElementHeader } else { EventKind::TableHeader };
        is_closed.then(|| self.push(kind, start))
    }

    /// Reads a key and the value behind `=`.
    fn pair(&mut self, depth: u32) -> Option<()> {
        self.key()?;
        let start = self.at;
        self.eat(b'=').then(|| self.push(EventKind::KeyEnd, start))?;
        self.skip_blanks();
        self.value(depth)
    }

    /// Reads the parts of a key, and the blanks around them.
    fn key(&mut self) -> Option<()> {
        loop {
            self.skip_blanks();
            let start = self.at;
            let form = if let quote @ (b'"' | b'\'') = self.peek()? {
                self.quoted(quote)?
            } else {
                self.skip(BARE);
                (self.at > start).then_some(Form::Word)?
            };
            self.push(EventKind::Key(form), start);
            self.skip_blanks();
            if !self.eat(b'.') {
                return Some(());
            }
        }
    }

    fn value(&mut self, depth: u32) -> Option<()> {
        let start = self.at;
        match self.peek()? {
            b'[' if depth < DEPTH => self.list(b']', depth),
            b'{' if depth < DEPTH => self.list(b'}', depth),
            _ => {
                let form = self.scalar()?;
                self.push(EventKind::Scalar(form), start);
                Some(())
            }
        }
    }

    /// Reads a value that holds no other.
    fn scalar(&mut self) -> Option<Form> {
        if let Some(quote @ (b'"' | b'\'')) = self.peek() {
            return self.quoted(quote);
        }
        let start = self.at;
        self.skip(BARE);
        let word = self.text.get(start..self.at)?;
        let goes_on = matches!(self.peek(), Some(b'.' | b'+' | b':'));
        (!goes_on && is_word(word)).then_some(Form::Word)
    }

    /// Reads a string on one line, from one quote to the other.
    fn quoted(&mut self, quote: u8) -> Option<Form> {
        let start = self.at;
        let (class, mut form) = (if quote == b'"' { BASIC } else { LITERAL }, Form::Quoted);
        self.at += 1;
        loop {
            self.skip(class);
            if self.eat(quote) {
                break;
            }
            // The escapes of one letter; `\u` and the like name a character that has to be checked.
            let is_escape = self.eat(b'\\') && quote == b'"';
            let letter = self.peek().filter(|_| is_escape)?;
            matches!(letter, b'b' | b't' | b'n' | b'f' | b'r' | b'"' | b'\\').then_some(())?;
            self.at += 1;
            form = Form::Coded;
        }
        // Three quotes begin a string of several lines.
        let is_long = self.at == start + 2 && self.peek() == Some(quote);
        (!is_long).then_some(form)
    }

    /// Reads an array or an inline table, from its opening bracket or brace to the closing one.
    fn list(&mut self, close: u8, depth: u32) -> Option<()> {
        let is_array = close == b']';
        let (opened, closed) = if is_array {
            (EventKind::ArrayOpen, EventKind::ArrayClose)
        } else {
            (EventKind::InlineOpen, EventKind::InlineClose)
        };
        let start = self.at;
        self.at += 1;
        self.push(opened, start);
        loop {
            self.skip_lines()?;
            if self.peek()? == close {
                break;
            }
            if is_array {
                self.value(depth + 1)?;
            } else {
                self.pair(depth + 1)?;
            }
            self.skip_lines()?;
            let start = self.at;
            if !self.eat(b',') {
                break;
            }
            self.push(EventKind::Comma, start);
        }
        let start = self.at;
        self.eat(close).then(|| self.push(closed, start))
    }
}

/// Whether a word is a boolean, or a whole number of so few digits that it is in range.
fn is_word(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    let is_number = digits.iter().all(u8::is_ascii_digit)
        && (1..=18).contains(&digits.len())
        && (digits == b"0" || !digits.starts_with(b"0"));
    is_number || matches!(word, b"true" | b"false")
}
