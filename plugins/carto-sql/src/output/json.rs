//! JSON: numbers as PostgreSQL writes them, so that none is rounded; NaN and the infinities are texts.

use std::io::Write;

use super::{Cells, Column, Kind, Sink, flush, write};
use crate::failure::Failure;

pub(super) struct Json<'w> {
    out: &'w mut dyn Write,
    /// Whether the rows are one array.
    is_array: bool,
    rows: u64,
}

impl<'w> Json<'w> {
    pub(super) fn array(out: &'w mut dyn Write) -> Self {
        Json {
            out,
            is_array: true,
            rows: 0,
        }
    }

    pub(super) fn lines(out: &'w mut dyn Write) -> Self {
        Json {
            out,
            is_array: false,
            rows: 0,
        }
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        write(self.out, text.as_bytes())
    }
}

impl Sink for Json<'_> {
    fn begin(&mut self, _: &[Column]) -> Result<(), Failure> {
        if self.is_array {
            self.write("[")
        } else {
            Ok(())
        }
    }

    fn row(&mut self, columns: &[Column], cells: &Cells) -> Result<(), Failure> {
        let mut text = match (self.is_array, self.rows) {
            (true, 0) => "\n{".to_owned(),
            (true, _) => ",\n{".to_owned(),
            (false, _) => "{".to_owned(),
        };
        self.rows += 1;
        for (at, (column, cell)) in columns.iter().zip(cells.iter()).enumerate() {
            if at > 0 {
                text += ", ";
            }
            text += &pair(column, cell);
        }
        text.push('}');
        if !self.is_array {
            text.push('\n');
        }
        self.write(&text)
    }

    fn end(&mut self) -> Result<(), Failure> {
        match (self.is_array, self.rows) {
            (true, 0) => self.write("]\n"),
            (true, _) => self.write("\n]\n"),
            (false, _) => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        flush(self.out)
    }
}

/// Writes a name and its value.
pub(super) fn pair(column: &Column, cell: Option<&str>) -> String {
    format!("{}: {}", quoted(&column.name), value(column.kind, cell))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn value(kind: Kind, cell: Option<&str>) -> String {
    let Some(text) = cell else {
        return "null".to_owned();
    };
    let as_it_is = match kind {
        Kind::Number => is_number(text).then(|| text.to_owned()),
        Kind::Bool => match text {
            "t" => Some("true".to_owned()),
            "f" => Some("false".to_owned()),
            _ => None,
        },
        // White space may stand between its parts, and no line break anywhere else.
        Kind::Json => Some(text.replace(['\n', '\r'], " ")),
        // GeoJSON is JSON; the other forms are text.
        Kind::Geometry | Kind::Geography => text.starts_with('{').then(|| text.to_owned()),
        Kind::Padded | Kind::Text => None,
    };
    as_it_is.unwrap_or_else(|| quoted(text))
}

fn is_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok()
}
