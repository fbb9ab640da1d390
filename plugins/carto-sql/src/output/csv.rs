//! CSV as PostgreSQL's `COPY` writes it: a line feed ends a line, NULL is nothing, an empty text is `""`.

use std::io::Write;

use super::{Cells, Column, Sink, flush, write};
use crate::failure::Failure;

pub(super) struct Csv<'w> {
    out: &'w mut dyn Write,
    null: String,
    /// The line that is being made.
    line: Vec<u8>,
}

impl<'w> Csv<'w> {
    pub(super) fn new(out: &'w mut dyn Write, null: &str) -> Self {
        Csv {
            out,
            null: null.to_owned(),
            line: Vec::new(),
        }
    }

    fn line<'t>(
        &mut self,
        fields: impl ExactSizeIterator<Item = Option<&'t str>>,
    ) -> Result<(), Failure> {
        let alone = fields.len() == 1;
        self.line.clear();
        for (at, field) in fields.enumerate() {
            if at > 0 {
                self.line.push(b',');
            }
            match field {
                None => self.line.extend_from_slice(self.null.as_bytes()),
                // `\.` alone in a line would end the rows of a COPY.
                Some(text) if is_plain(text) && text != self.null && !(alone && text == "\\.") => {
                    self.line.extend_from_slice(text.as_bytes());
                }
                Some(text) => {
                    self.line.push(b'"');
                    self.line
                        .extend_from_slice(text.replace('"', "\"\"").as_bytes());
                    self.line.push(b'"');
                }
            }
        }
        self.line.push(b'\n');
        write(self.out, &self.line)
    }
}

fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    !bytes.is_empty()
        && memchr::memchr3(b'"', b',', b'\n', bytes).is_none()
        && memchr::memchr(b'\r', bytes).is_none()
}

impl Sink for Csv<'_> {
    fn begin(&mut self, columns: &[Column]) -> Result<(), Failure> {
        self.line(columns.iter().map(|column| Some(column.name.as_str())))
    }

    fn row(&mut self, _: &[Column], cells: &Cells) -> Result<(), Failure> {
        self.line(cells.iter())
    }

    fn end(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        flush(self.out)
    }
}
