//! The values of a document one by one, tables in depth.

use super::document::Document;
use super::item::{Item, Items};
use super::span::{Span, narrow};

/// The number of a table among those of a document that hold values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableId(u32);

/// The paths of tables, from the top level down. Their names stay in the text where they can.
#[derive(Debug, Default)]
pub struct TablePaths {
    /// The parts of all paths, one path after the other.
    parts: Vec<PathPart>,
    /// Which of them each table has; the first is the top level.
    tables: Vec<(u32, u32)>,
    decoded: Vec<String>,
}

/// One part of the path of a table.
#[derive(Clone, Copy, Debug)]
enum PathPart {
    Written(Span),
    /// It had to be decoded: its number among those.
    Decoded(u32),
}

impl TablePaths {
    /// Returns how many parts the path of a table has.
    pub fn depth(&self, table: TableId) -> usize {
        self.parts(table).len()
    }

    /// Returns the parts of a path; the text is that of the document.
    pub fn path<'a>(
        &'a self,
        table: TableId,
        text: &'a str,
    ) -> impl ExactSizeIterator<Item = &'a str> + Clone {
        self.parts(table).iter().map(move |part| match part {
            PathPart::Written(span) => text.get(span.range()).unwrap_or_default(),
            PathPart::Decoded(at) => self.decoded.get(*at as usize).map_or("", String::as_str),
        })
    }

    fn parts(&self, table: TableId) -> &[PathPart] {
        let (from, to) = self.tables.get(table.0 as usize).copied().unwrap_or_default();
        self.parts.get(from as usize..to as usize).unwrap_or_default()
    }

    /// Adds a table that lies in another.
    fn add(&mut self, above: TableId, table: Item<'_, '_>) -> TableId {
        let from = self.parts.len();
        let (first, end) = self.tables.get(above.0 as usize).copied().unwrap_or_default();
        self.parts.extend_from_within(first as usize..end as usize);
        self.parts.push(if let Some(span) = table.written_name() {
            PathPart::Written(span)
        } else {
            self.decoded.push(table.name().to_owned());
            PathPart::Decoded(narrow(self.decoded.len() - 1))
        });
        self.tables.push((narrow(from), narrow(self.parts.len())));
        TableId(narrow(self.tables.len() - 1))
    }
}

/// Goes through the values of a document, and lists the tables in which they stand.
///
/// A value is whatever is no table with something in it. So an empty inline table is one, and an array
/// of tables; a table that has a header and nothing else is none.
pub struct Leaves<'d, 't> {
    /// The tables so far.
    pub tables: TablePaths,
    /// The tables whose rest is still to come: dotted keys nest deeper than the stack should.
    open: Vec<(TableId, Items<'d, 't>)>,
}

impl<'t> Document<'t> {
    /// Returns the values, tables in depth.
    pub fn leaves(&self) -> Leaves<'_, 't> {
        Leaves {
            tables: TablePaths { tables: vec![(0, 0)], ..TablePaths::default() },
            open: vec![(TableId::default(), self.root().children())],
        }
    }
}

impl<'d, 't> Leaves<'d, 't> {
    /// Returns the next value, and the table in which it stands.
    pub fn advance(&mut self) -> Option<(TableId, Item<'d, 't>)> {
        loop {
            let (table, items) = self.open.last_mut()?;
            let table = *table;
            let Some(item) = items.next() else {
                self.open.pop();
                continue;
            };
            if item.is_table() && item.children().len() > 0 {
                self.open.push((self.tables.add(table, item), item.children()));
            } else if !item.is_open_table() {
                return Some((table, item));
            }
        }
    }
}
