//! Reads an answer of the SQL API while it comes, row by row, and believes it only when it is whole.
//!
//! # Why
//! The server begins with the rows. An error that comes later keeps status 200: the rows end, and an
//! `error` follows. A connection that is cut leaves half a document. So the end of the document is what
//! makes an answer good, and the number of rows that the server says it sent.
//!
//! Each value is first found by its ends and then read by `serde_json`, which reads a slice several
//! times as fast as a stream. Rows of texts that are written as the server writes them are read in one
//! pass, twice as fast again.

use std::io::Read;

use serde_json::{Map, Value};

use crate::extent::Extent;
use crate::failure::{Class, Failure, plain};
use crate::patient::Patient;
use crate::refusal::{counted, foreign, server_error};

/// One row, as the server has it.
pub type RawRow = Map<String, Value>;

/// What takes the rows of an answer.
pub trait Take {
    /// Takes the text of one row.
    ///
    /// # Errors
    /// The row cannot be taken: the reading ends.
    fn row(&mut self, text: &[u8]) -> Result<(), Failure>;

    /// Takes a row from the beginning of what has come, if it is there whole and written as expected;
    /// returns how long it is.
    ///
    /// # Errors
    /// As [`Take::row`].
    fn row_ahead(&mut self, _: &[u8]) -> Result<Option<usize>, Failure> {
        Ok(None)
    }

    /// Nothing more has come for now: what was made of the rows may be shown.
    ///
    /// # Errors
    /// As [`Take::row`].
    fn pause(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}

/// Takes each row as a map.
pub struct Maps<F>(pub F);

impl<F: FnMut(RawRow) -> Result<(), Failure>> Take for Maps<F> {
    fn row(&mut self, text: &[u8]) -> Result<(), Failure> {
        (self.0)(serde_json::from_slice(text).map_err(|_| foreign())?)
    }
}

/// What an answer says besides its rows.
#[derive(Clone, Debug, Default)]
pub struct Rest {
    /// The columns with what the server knows of each, in their order.
    pub fields: Map<String, Value>,
    /// The columns, as the current platform lists them.
    pub schema: Vec<Value>,
    /// How many rows there were, or were changed.
    pub total_rows: Option<u64>,
    /// How many rows came.
    pub count: u64,
    /// The error, with what belongs to it.
    error: Map<String, Value>,
}

/// Reads an answer to its end; each row is handed over as it comes.
///
/// # Errors
/// The answer is not whole, says that the query failed, or a row is not taken.
pub fn read(body: Patient, sql: &str, take: &mut dyn Take) -> Result<Rest, Failure> {
    let mut reader = Reader {
        body,
        held: Vec::with_capacity(HELD),
        at: 0,
        take,
        rest: Rest::default(),
    };
    let read = reader.document();
    let rest = reader.rest;
    match read {
        Err(Stop::Failure(failure)) => return Err(failure),
        _ if rest.error.contains_key("error") => {
            return Err(server_error(Some(&Value::Object(rest.error)), sql));
        }
        Err(Stop::Foreign) if rest.count == 0 => return Err(foreign()),
        Err(stop) => {
            let what = format!("the answer is cut after {}", counted(rest.count, "row"));
            let failure = Failure::new(Class::Network, what);
            return Err(match stop {
                Stop::Io(error) => failure.note(plain(&error.to_string())),
                _ => failure,
            });
        }
        Ok(()) => {}
    }
    match rest.total_rows {
        Some(total) if rest.count > 0 && total != rest.count => {
            let sent = counted(rest.count, "row");
            let what = format!("the server has sent {sent} of {}", counted(total, "row"));
            Err(Failure::new(Class::Network, what))
        }
        _ => Ok(rest),
    }
}

/// How much of an answer is held at first; it grows with the longest row.
const HELD: usize = 128 * 1024;

/// Why the reading stopped.
enum Stop {
    /// A row was not taken.
    Failure(Failure),
    /// The connection failed.
    Io(std::io::Error),
    /// The document ends too early.
    Cut,
    /// This is no such document.
    Foreign,
}

struct Reader<'t> {
    body: Patient,
    held: Vec<u8>,
    /// Where the next byte of `held` is that was not read.
    at: usize,
    take: &'t mut dyn Take,
    rest: Rest,
}

impl Reader<'_> {
    /// Reads the object that an answer is.
    fn document(&mut self) -> Result<(), Stop> {
        self.expect(b'{')?;
        if self.peek()? != b'}' {
            loop {
                self.member()?;
                if self.peek()? != b',' {
                    break;
                }
                self.at += 1;
            }
        }
        self.expect(b'}')?;
        // White space may follow, and nothing else.
        match self.peek() {
            Err(Stop::Cut) => Ok(()),
            Ok(_) => Err(Stop::Foreign),
            Err(other) => Err(other),
        }
    }

    fn member(&mut self) -> Result<(), Stop> {
        let name: String = self.parsed()?;
        self.value_of(&name)
    }

    fn value_of(&mut self, name: &str) -> Result<(), Stop> {
        self.expect(b':')?;
        match name {
            "rows" if self.peek()? == b'[' => return self.rows(),
            "fields" => self.rest.fields = self.parsed()?,
            "schema" => self.rest.schema = self.parsed()?,
            "total_rows" => self.rest.total_rows = self.parsed::<Value>()?.as_u64(),
            "error" | "hint" | "detail" | "context" | "message" => {
                let value = self.parsed()?;
                self.rest.error.insert(name.to_owned(), value);
            }
            _ => drop(self.parsed::<serde::de::IgnoredAny>()?),
        }
        Ok(())
    }

    /// Reads the array of the rows.
    fn rows(&mut self) -> Result<(), Stop> {
        self.expect(b'[')?;
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek()? == b'"' {
                // A server that stopped within the rows may not have ended them.
                let name: String = self.parsed()?;
                return self.value_of(&name);
            }
            let ahead = self.held.get(self.at..).unwrap_or_default();
            if let Some(length) = self.take.row_ahead(ahead).map_err(Stop::Failure)? {
                self.at += length;
            } else {
                let end = self.value()?;
                let row = self.held.get(self.at..end).unwrap_or_default();
                self.take.row(row).map_err(Stop::Failure)?;
                self.at = end;
            }
            self.rest.count += 1;
            match self.peek()? {
                b',' => self.at += 1,
                b']' => break,
                _ => return Err(Stop::Foreign),
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a value.
    fn parsed<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Stop> {
        self.peek()?;
        let end = self.value()?;
        let text = self.held.get(self.at..end).unwrap_or_default();
        let value = serde_json::from_slice(text).map_err(|_| Stop::Foreign)?;
        self.at = end;
        Ok(value)
    }

    /// Finds the end of the value that begins here.
    fn value(&mut self) -> Result<usize, Stop> {
        let mut extent = Extent::default();
        let mut looked = 0;
        loop {
            let rest = self.held.get(self.at + looked..).unwrap_or_default();
            if let Some(more) = extent.end(rest) {
                return Ok(self.at + looked + more);
            }
            looked += rest.len();
            self.fill()?;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        if self.peek()? != byte {
            return Err(Stop::Foreign);
        }
        self.at += 1;
        Ok(())
    }

    /// Returns the next byte that is no white space.
    fn peek(&mut self) -> Result<u8, Stop> {
        loop {
            match self.held.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => self.fill()?,
            }
        }
    }

    /// Takes what comes next, behind what was not read.
    fn fill(&mut self) -> Result<(), Stop> {
        if self.body.would_wait() {
            self.take.pause().map_err(Stop::Failure)?;
        }
        self.held.drain(..self.at);
        self.at = 0;
        let read = self.body.append_to(&mut self.held);
        match read {
            Ok(0) => Err(Stop::Cut),
            Ok(_) => Ok(()),
            Err(error) => Err(Stop::Io(error)),
        }
    }
}

/// Reads the answer of a small request whole.
///
/// # Errors
/// It cannot be read, or is no JSON.
pub fn small(body: impl Read) -> Result<Value, Failure> {
    const LONGEST: u64 = 1024 * 1024;
    serde_json::from_reader(body.take(LONGEST)).map_err(|error| {
        Failure::new(Class::Network, "the answer cannot be read").note(plain(&error.to_string()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"rows":[{"a":1,"b":"x\"}]"},{"a":12345678901234567890,"b":null}],"time":0.01,"fields":{"a":{"type":"number","pgtype":"int8"},"b":{"type":"string","pgtype":"text"}},"total_rows":2}"#;

    /// A body that comes in small pieces.
    struct Drops(std::io::Cursor<Vec<u8>>, usize);

    impl Read for Drops {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let most = buffer.len().min(self.1);
            self.0.read(&mut buffer[..most])
        }
    }

    fn read_pieces(text: &str, size: usize) -> (Result<Rest, Failure>, Vec<RawRow>) {
        let mut rows = Vec::new();
        let drops = Drops(std::io::Cursor::new(text.as_bytes().to_vec()), size);
        let body = Patient::new(drops);
        let rest = read(
            body,
            "SELECT",
            &mut Maps(|row| {
                rows.push(row);
                Ok(())
            }),
        );
        (rest, rows)
    }

    fn read_text(text: &str) -> (Result<Rest, Failure>, Vec<RawRow>) {
        read_pieces(text, usize::MAX)
    }

    #[test]
    fn a_whole_answer_is_read_with_its_numbers_as_they_are() {
        for size in [1, 2, 3, 7, 64, 1000] {
            let (rest, rows) = read_pieces(WHOLE, size);
            let rest = rest.unwrap();
            assert_eq!((rest.total_rows, rest.count), (Some(2), 2));
            assert_eq!(rest.fields.keys().collect::<Vec<_>>(), ["a", "b"]);
            assert_eq!(rows[0]["b"], "x\"}]");
            assert_eq!(rows[1]["a"].to_string(), "12345678901234567890");
        }
    }

    /// Wherever an answer ends too early, it is no success.
    #[test]
    fn an_answer_that_is_cut_at_any_byte_fails() {
        for end in 0..WHOLE.len() {
            let (rest, _) = read_text(&WHOLE[..end]);
            let failure = rest.unwrap_err();
            assert_eq!(failure.exit_code(), 6, "{end}: {failure}");
            assert!(
                failure.to_string().starts_with("the answer is cut after "),
                "{failure}"
            );
        }
        assert!(read_text(&format!("{WHOLE} \r\n")).0.is_ok());
        assert!(read_text(&format!("{WHOLE}x")).0.is_err());
    }

    #[test]
    fn what_is_no_such_answer_fails() {
        for text in [
            "<html></html>",
            "[]",
            "1",
            "{]",
            "{\"rows\":[1]}",
            "{\"rows\":[{}{}]}",
            "{\"rows\" []}",
            "{\"rows\":[nonsense]}",
            "{\"rows\":[]",
            "{\"rows\":[]]",
        ] {
            assert_eq!(read_text(text).0.unwrap_err().exit_code(), 6, "{text}");
        }
        assert!(read_text("{}").0.is_ok());
        assert!(read_text("{\"rows\":[],\"x\":{\"rows\":[1]}}").0.is_ok());
    }

    #[test]
    fn an_error_behind_the_rows_fails_though_the_status_was_good() {
        for text in [
            r#"{"rows":[{"a":1}],"error":["division by zero"],"hint":"h"}"#,
            r#"{"rows":[{"a":1},"error":["division by zero"],"hint":"h"}"#,
            // Also where the document ends there.
            r#"{"rows":[{"a":1}],"error":["division by zero"],"hint":"h""#,
        ] {
            let (rest, rows) = read_text(text);
            let failure = rest.unwrap_err();
            assert_eq!((failure.exit_code(), rows.len()), (1, 1), "{text}");
            assert_eq!(
                failure.lines().collect::<Vec<_>>(),
                ["division by zero", "hint: h"]
            );
        }
    }

    #[test]
    fn rows_that_are_missing_are_counted() {
        let (rest, _) = read_text(r#"{"rows":[{"a":1}],"total_rows":3}"#);
        assert_eq!(
            rest.unwrap_err().to_string(),
            "the server has sent 1 row of 3 rows"
        );
        // A statement that changes rows sends none.
        assert!(read_text(r#"{"rows":[],"total_rows":3}"#).0.is_ok());
    }
}
