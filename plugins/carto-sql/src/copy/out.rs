//! Rows out of a table: the answer is handed on as it is, and looked at for an error at its end.

use std::io::{self, Read, Write};

use serde_json::Value;

use crate::client::Client;
use crate::failure::{Class, Failure, plain};
use crate::progress::Progress;
use crate::refusal::server_error;
use crate::target::write_failure;

/// Copies a table or the rows of a query.
///
/// # Errors
/// As a query. An error that the server sends behind the rows is one, too.
pub fn out(
    client: &Client,
    source: &str,
    out: &mut dyn Write,
    progress: Option<&Progress>,
) -> Result<(), Failure> {
    let sql = format!("COPY {source} TO STDOUT WITH (FORMAT csv, HEADER true)");
    pass_on(client.copy_to(&sql)?, source, out, progress)
}

/// Hands on the bytes of an answer.
///
/// # Errors
/// The answer is cut, ends with an error of the server, or cannot be written.
pub fn pass_on(
    mut body: impl Read,
    shown: &str,
    out: &mut dyn Write,
    progress: Option<&Progress>,
) -> Result<(), Failure> {
    let mut last = LastPiece::default();
    let mut lines = Lines::default();
    let mut buffer = vec![0; 256 * 1024];
    let mut count = 0;
    loop {
        let length = match body.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let what = format!("the answer is cut after {count} bytes");
                return Err(Failure::new(Class::Network, what).note(plain(&error.to_string())));
            }
            Ok(0) => break,
            Ok(length) => length,
        };
        let piece = buffer.get(..length).unwrap_or_default();
        last.take(piece);
        if let Some(progress) = progress.filter(|progress| progress.is_shown()) {
            progress.add_rows(lines.count(piece));
        }
        out.write_all(piece)
            .map_err(|error| write_failure(&error))?;
        count += length as u64;
    }
    match last.error() {
        Some(answer) => Err(server_error(Some(&answer), shown)),
        None => Ok(()),
    }
}

/// Counts the rows of CSV: a line end within quotes is none.
#[derive(Default)]
struct Lines {
    is_quoted: bool,
    has_header: bool,
}

impl Lines {
    fn count(&mut self, piece: &[u8]) -> u64 {
        let mut rows = 0;
        for at in memchr::memchr2_iter(b'"', b'\n', piece) {
            match piece.get(at) {
                Some(b'"') => self.is_quoted = !self.is_quoted,
                _ if self.is_quoted => {}
                _ if self.has_header => rows += 1,
                _ => self.has_header = true,
            }
        }
        rows
    }
}

/// The last piece of what came, where the server writes an error that came too late for the status. No
/// row looks like it: CSV doubles each quote within a field.
#[derive(Default)]
struct LastPiece(Vec<u8>);

impl LastPiece {
    /// The longest error that is looked for.
    const LONGEST: usize = 64 * 1024;

    fn take(&mut self, piece: &[u8]) {
        let piece = piece
            .get(piece.len().saturating_sub(Self::LONGEST)..)
            .unwrap_or_default();
        if self.0.len() + piece.len() > 2 * Self::LONGEST {
            let surplus = (self.0.len() + piece.len()).saturating_sub(Self::LONGEST);
            self.0.drain(..surplus.min(self.0.len()));
        }
        self.0.extend_from_slice(piece);
    }

    fn error(&self) -> Option<Value> {
        let text = String::from_utf8_lossy(&self.0);
        let at = text.rfind("{\"error\":")?;
        serde_json::from_str(&text[at..]).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_behind_the_rows_is_found_and_a_row_is_none() {
        for (text, is_error) in [
            ("a\n1\n", false),
            ("", false),
            ("a\n\"{\"\"error\"\":[\"\"x\"\"]}\"\n", false),
            ("a\n1\n{\"error\":[\"division by zero\"]}", true),
            ("a\n1{\"error\":[\"division by zero\"]}", true),
            ("a\n{\"error\":[\"cut", false),
        ] {
            for size in [1, 3, 1000] {
                let mut last = LastPiece::default();
                last.take(&vec![b'x'; 200_000]);
                for piece in text.as_bytes().chunks(size) {
                    last.take(piece);
                }
                assert_eq!(last.error().is_some(), is_error, "{text}");
            }
        }
    }

    #[test]
    fn a_line_end_within_quotes_ends_no_row() {
        let text = b"a,b\n1,\"x\ny\"\n2,\"\"\"\n\"\n";
        for size in [1, 2, 100] {
            let mut lines = Lines::default();
            let rows: u64 = text.chunks(size).map(|piece| lines.count(piece)).sum();
            assert_eq!(rows, 2);
        }
    }
}
