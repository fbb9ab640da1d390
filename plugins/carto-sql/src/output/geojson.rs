//! GeoJSON: one feature a row, with the first geometry of a row in longitude and latitude (RFC 7946).

use std::io::Write;

use super::{Cells, Column, Kind, Sink, flush, json, write};
use crate::failure::Failure;

pub(super) struct GeoJson<'w> {
    out: &'w mut dyn Write,
    rows: u64,
}

impl<'w> GeoJson<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        GeoJson { out, rows: 0 }
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        write(self.out, text.as_bytes())
    }
}

impl Sink for GeoJson<'_> {
    fn begin(&mut self, columns: &[Column]) -> Result<(), Failure> {
        let has_geometry = columns.iter().any(Column::is_geometry);
        if !has_geometry {
            return Err(
                Failure::usage("GeoJSON wants a geometry, and no column is one")
                    .help("add one to the query, for example: the_geom")
                    .help("or take another format: --format json"),
            );
        }
        self.write("{\"type\": \"FeatureCollection\", \"features\": [")
    }

    fn row(&mut self, columns: &[Column], cells: &Cells) -> Result<(), Failure> {
        let shape = columns.iter().position(Column::is_geometry);
        let geometry = shape.and_then(|at| cells.get(at));
        let geometry = geometry.unwrap_or("null");
        let lead = if self.rows == 0 { "\n" } else { ",\n" };
        self.rows += 1;
        let mut text = format!("{lead}{{\"type\": \"Feature\", \"geometry\": {geometry}, ");
        text += "\"properties\": {";
        let others = columns.iter().zip(cells.iter()).enumerate();
        let others = others.filter(|(at, _)| Some(*at) != shape);
        for (at, (_, (column, cell))) in others.enumerate() {
            if at > 0 {
                text += ", ";
            }
            text += &json::pair(column, cell);
        }
        self.write(&(text + "}}"))
    }

    fn end(&mut self) -> Result<(), Failure> {
        self.write(if self.rows == 0 { "]}\n" } else { "\n]}\n" })
    }

    fn flush(&mut self) -> Result<(), Failure> {
        flush(self.out)
    }
}

/// Whether a column holds shapes.
impl Column {
    fn is_geometry(&self) -> bool {
        matches!(self.kind, Kind::Geometry | Kind::Geography)
    }
}
