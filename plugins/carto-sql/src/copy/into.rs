//! Rows of a CSV file into a table.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::Compression;
use flate2::read::{GzEncoder, MultiGzDecoder};
use serde_json::Value;

use crate::client::Client;
use crate::failure::{Failure, plain};
use crate::params::text_literal;
use crate::progress::Progress;
use crate::refusal::counted;

/// How much of a file is read to find its header.
const LONGEST_HEADER: usize = 1024 * 1024;
/// How a compressed file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How a text of Windows programs may begin.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is copied into a table.
pub struct Rows<'a> {
    /// The table, with its columns where they are named.
    pub table: &'a str,
    /// The file; `-` is standard input.
    pub file: &'a Path,
    /// Whether the first line is a row.
    pub without_header: bool,
    /// What separates the fields.
    pub delimiter: char,
    /// What stands for NULL.
    pub null: Option<&'a str>,
}

impl Rows<'_> {
    /// Returns the statement, with the columns that the header names.
    fn sql(&self, text: &[u8]) -> Result<String, Failure> {
        let columns = if self.without_header {
            String::new()
        } else {
            header(text, self.delimiter).map_err(|why| {
                let name = self.file.display();
                Failure::usage(format!("the first line of {name} names no columns: {why}"))
                    .help("rows without a header, in the order of the table: --no-header")
            })?
        };
        let mut options = format!("FORMAT csv, HEADER {}", !self.without_header);
        if self.delimiter != ',' {
            let delimiter = text_literal(&self.delimiter.to_string())?;
            options += &format!(", DELIMITER {delimiter}");
        }
        if let Some(null) = self.null {
            options += &format!(", NULL {}", text_literal(null)?);
        }
        Ok(format!(
            "COPY {}{columns} FROM STDIN WITH ({options})",
            self.table
        ))
    }
}

/// Copies the rows of a file into a table, and returns what there is to say.
///
/// # Errors
/// As a query; or the file cannot be read, or is no CSV with a header. Then no row is stored:
/// PostgreSQL stores all rows of a COPY or none.
pub fn into(client: &Client, rows: &Rows<'_>) -> Result<String, Failure> {
    let name = rows.file.display();
    let cannot = |error: &io::Error| Failure::usage(format!("cannot read {name}: {error}"));
    let opened = Opened::open(rows.file).map_err(|error| cannot(&error))?;
    let text = opened.text().map_err(|error| cannot(&error))?;
    if text.is_empty() {
        return Err(Failure::usage(format!("{name} is empty")).note("no row was stored"));
    }
    let sql = rows.sql(&text)?;
    let progress = Arc::new(Progress::new(name.to_string(), opened.size));
    let is_compressed = opened.is_compressed();
    let read = Watched {
        body: opened.whole(),
        progress: Arc::clone(&progress),
    };
    let answer = if is_compressed {
        client.copy_from(&sql, read)
    } else {
        client.copy_from(&sql, GzEncoder::new(read, Compression::fast()))
    }?;
    progress.end();
    let stored = answer.get("total_rows").and_then(Value::as_u64);
    Ok(match stored {
        Some(stored) => format!("{}: {} copied", rows.table, counted(stored, "row")),
        None => format!("{}: copied", rows.table),
    })
}

/// A file whose beginning was read.
struct Opened {
    start: Vec<u8>,
    rest: Box<dyn Read>,
    size: Option<u64>,
}

impl Opened {
    fn open(file: &Path) -> io::Result<Self> {
        let (mut rest, size): (Box<dyn Read>, _) = if file == Path::new("-") {
            (Box::new(io::stdin()), None)
        } else {
            let opened = File::open(file)?;
            let facts = opened.metadata()?;
            (Box::new(opened), facts.is_file().then_some(facts.len()))
        };
        let mut start = Vec::new();
        (&mut rest)
            .take(LONGEST_HEADER as u64)
            .read_to_end(&mut start)?;
        Ok(Opened { start, rest, size })
    }

    fn is_compressed(&self) -> bool {
        self.start.starts_with(&GZIP)
    }

    /// Returns the beginning of the text.
    fn text(&self) -> io::Result<Vec<u8>> {
        if !self.is_compressed() {
            return Ok(self.start.clone());
        }
        let mut text = vec![0; LONGEST_HEADER];
        let mut held = 0;
        let mut packed = MultiGzDecoder::new(self.start.as_slice());
        while let Some(room) = text.get_mut(held..).filter(|room| !room.is_empty()) {
            match packed.read(room) {
                Ok(0) => break,
                Ok(more) => held += more,
                // The beginning of a file ends within what is packed.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && held > 0 => break,
                Err(error) => return Err(error),
            }
        }
        text.truncate(held);
        Ok(text)
    }

    /// Returns all bytes, without the mark of Windows programs, which is no part of a value.
    fn whole(mut self) -> impl Read {
        if self.start.starts_with(BYTE_ORDER_MARK) {
            self.start.drain(..BYTE_ORDER_MARK.len());
        }
        Cursor::new(self.start).chain(self.rest)
    }
}

/// Returns the columns that a header names, as SQL: so each value goes into the column of its name,
/// whatever the order in the table.
fn header(text: &[u8], delimiter: char) -> Result<String, String> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let delimiter = u8::try_from(delimiter).map_err(|_| "its delimiter is no byte".to_owned())?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .from_reader(text);
    let mut record = csv::StringRecord::new();
    let has_record = reader
        .read_record(&mut record)
        .map_err(|_| "it is no text of UTF-8".to_owned())?;
    if !has_record || record.iter().all(str::is_empty) {
        return Err("it is empty".to_owned());
    }
    if let Some(at) = record.iter().position(str::is_empty) {
        return Err(format!("column {} has no name", at + 1));
    }
    let mut seen = std::collections::BTreeSet::new();
    if let Some(twice) = record.iter().find(|name| !seen.insert(*name)) {
        return Err(format!("`{}` is named twice", plain(twice)));
    }
    let quoted = record
        .iter()
        .map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
    Ok(format!(" ({})", quoted.collect::<Vec<_>>().join(", ")))
}

/// A file whose bytes are counted as they are read.
struct Watched<R> {
    body: R,
    progress: Arc<Progress>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.body.read(buffer)?;
        self.progress.add_bytes(length as u64);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::header;

    #[test]
    fn a_header_names_the_columns() {
        for (text, delimiter, expected) in [
            ("a,b\n1,2\n", ',', Ok(" (\"a\", \"b\")")),
            (
                "\u{feff}a;\"b \"\"c\"\"\"\r\n",
                ';',
                Ok(" (\"a\", \"b \"\"c\"\"\")"),
            ),
            ("a", ',', Ok(" (\"a\")")),
            ("a\tb\n", '\t', Ok(" (\"a\", \"b\")")),
            ("a,,b\n", ',', Err("column 2 has no name")),
            ("a,a\n", ',', Err("`a` is named twice")),
            (",\n", ',', Err("it is empty")),
        ] {
            let found = header(text.as_bytes(), delimiter);
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{text}");
        }
        assert!(header(b"\xff,a\n", ',').is_err());
    }
}
