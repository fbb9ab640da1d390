//! CSV as PostgreSQL's `COPY` writes it: a line feed ends a line, NULL is nothing, an empty text is `""`.

use std::io::Write;

use super::{Cell, Column, Sink};
use crate::failure::Failure;
use crate::target::write_failure;

pub(super) struct Csv<'w> {
    out: &'w mut dyn Write,
    null: String,
}

impl<'w> Csv<'w> {
    pub(super) fn new(out: &'w mut dyn Write, null: &str) -> Self {
        Csv {
            out,
            null: null.to_owned(),
        }
    }

    fn line<'t>(
        &mut self,
        fields: impl ExactSizeIterator<Item = Option<&'t str>>,
    ) -> Result<(), Failure> {
        // Alone in a line it would end the rows of a COPY.
        let is_end = |text: &str, alone: bool| alone && text == "\\.";
        let alone = fields.len() == 1;
        let mut line = String::new();
        for (at, field) in fields.enumerate() {
            if at > 0 {
                line.push(',');
            }
            match field {
                None => line += &self.null,
                Some(text) if is_plain(text) && !is_end(text, alone) && text != self.null => {
                    line += text;
                }
                Some(text) => {
                    line.push('"');
                    line += &text.replace('"', "\"\"");
                    line.push('"');
                }
            }
        }
        line.push('\n');
        self.out
            .write_all(line.as_bytes())
            .map_err(|error| write_failure(&error))
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains(['"', ',', '\n', '\r'])
}

impl Sink for Csv<'_> {
    fn begin(&mut self, columns: &[Column]) -> Result<(), Failure> {
        self.line(columns.iter().map(|column| Some(column.name.as_str())))
    }

    fn row(&mut self, _: &[Column], cells: &[Cell]) -> Result<(), Failure> {
        self.line(cells.iter().map(Option::as_deref))
    }

    fn end(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
