//! A table for people: aligned by what a terminal shows, numbers to the right, wide columns cut.

use std::io::Write;
use std::time::Instant;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Cells, Column, Kind, Sink, flush, write};
use crate::failure::{Failure, plain};

/// How many rows are looked at for the widths of the columns; later ones are cut to them.
const LOOKED_AT: usize = 1000;
/// The widest column where there is no terminal whose width would say more.
const WIDEST: usize = 60;
/// The narrowest width that a column is cut to.
const NARROWEST: usize = 8;
const MORE: &str = "...";

pub(super) struct Table<'w> {
    out: &'w mut dyn Write,
    null: String,
    /// How wide a line of the terminal is.
    line: Option<usize>,
    columns: Vec<Column>,
    /// The rows that wait for the widths.
    waiting: Vec<Vec<String>>,
    widths: Option<Vec<usize>>,
    rows: u64,
    began: Instant,
}

impl<'w> Table<'w> {
    pub(super) fn new(out: &'w mut dyn Write, null: &str, line: Option<usize>) -> Self {
        Table {
            out,
            null: null.to_owned(),
            line,
            columns: Vec::new(),
            waiting: Vec::new(),
            widths: None,
            rows: 0,
            began: Instant::now(),
        }
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        write(self.out, text.as_bytes())
    }

    /// Decides the widths and writes what waited for them.
    fn decide(&mut self) -> Result<(), Failure> {
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|column| plain(&column.name))
            .collect();
        let mut widths: Vec<usize> = names.iter().map(|name| name.width()).collect();
        for row in &self.waiting {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        self.narrow(&mut widths);
        let rule: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let header = self.line_of(&names, &widths);
        self.widths = Some(widths);
        self.write(&format!("{header}{}\n", rule.join("  ")))?;
        for row in std::mem::take(&mut self.waiting) {
            self.write_row(&row)?;
        }
        Ok(())
    }

    /// Makes the widest columns narrower until a line fits.
    fn narrow(&self, widths: &mut [usize]) {
        match self.line {
            None => widths
                .iter_mut()
                .for_each(|width| *width = (*width).min(WIDEST)),
            Some(line) => {
                let room = line.saturating_sub(2 * widths.len().saturating_sub(1));
                while widths.iter().sum::<usize>() > room {
                    let Some(widest) = widths.iter_mut().max() else {
                        return;
                    };
                    if *widest <= NARROWEST {
                        return;
                    }
                    *widest -= 1;
                }
            }
        }
    }

    fn line_of(&self, cells: &[String], widths: &[usize]) -> String {
        let mut text = String::new();
        for ((cell, width), column) in cells.iter().zip(widths).zip(&self.columns) {
            let cell = cut(cell, *width);
            let blank = " ".repeat(width.saturating_sub(cell.width()));
            if column.kind == Kind::Number {
                text += &format!("{blank}{cell}  ");
            } else {
                text += &format!("{cell}{blank}  ");
            }
        }
        format!("{}\n", text.trim_end())
    }

    fn write_row(&mut self, row: &[String]) -> Result<(), Failure> {
        let widths = self.widths.clone().unwrap_or_default();
        let line = self.line_of(row, &widths);
        self.write(&line)
    }
}

/// Cuts a text to a width.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut columns = MORE.len();
    for c in text.chars() {
        columns += c.width().unwrap_or_default();
        if columns > width {
            break;
        }
        kept.push(c);
    }
    kept + MORE
}

impl Sink for Table<'_> {
    fn begin(&mut self, columns: &[Column]) -> Result<(), Failure> {
        self.columns = columns.to_vec();
        Ok(())
    }

    fn row(&mut self, _: &[Column], cells: &Cells) -> Result<(), Failure> {
        self.rows += 1;
        let shown = cells
            .iter()
            .map(|cell| cell.map_or_else(|| self.null.clone(), plain));
        let row: Vec<String> = shown.collect();
        if self.widths.is_some() {
            return self.write_row(&row);
        }
        self.waiting.push(row);
        if self.waiting.len() == LOOKED_AT {
            self.decide()
        } else {
            Ok(())
        }
    }

    fn end(&mut self) -> Result<(), Failure> {
        if self.widths.is_none() {
            self.decide()?;
        }
        let rows = if self.rows == 1 { "row" } else { "rows" };
        let time = self.began.elapsed();
        let time = if time.as_secs() > 0 {
            format!("{:.1} s", time.as_secs_f64())
        } else {
            format!("{} ms", time.as_millis())
        };
        self.write(&format!("({} {rows}, {time})\n", self.rows))
    }
    fn flush(&mut self) -> Result<(), Failure> {
        flush(self.out)
    }
}
