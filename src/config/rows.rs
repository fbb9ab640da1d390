//! `Rows`: which rows of the table of settings a key may be, table by table.

use super::setting::{Setting, means};
use super::settings::SETTINGS;

/// Whether a key is written as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// In canonical spelling.
    Canonical,
    /// Under another name, or in another case.
    Other,
}

/// A row that a key below some tables may still be.
#[derive(Clone, Copy)]
struct SettingRow {
    setting: &'static Setting,
    /// How the tables are spelled.
    above: Spelling,
    /// What follows them in the setting's name.
    rest: &'static str,
}

/// The rows that a key below some tables may be.
pub(super) struct Rows {
    rows: Vec<SettingRow>,
}

impl Rows {
    /// Returns those of the top level: all.
    pub(super) fn top() -> Self {
        let row = |setting: &'static Setting| SettingRow {
            setting,
            above: Spelling::Canonical,
            rest: setting.name,
        };
        Rows { rows: SETTINGS.iter().map(row).collect() }
    }

    /// Returns those that are left in a table.
    pub(super) fn within(&self, table: &str) -> Self {
        let mut rows = Rows { rows: Vec::new() };
        rows.enter(self, table);
        rows
    }

    /// Becomes those that are left in a table, of the rows around it.
    fn enter(&mut self, above: &Rows, table: &str) {
        let enter = |row: &SettingRow| {
            // A last `*` stands for any number of parts.
            if row.rest == "*" {
                return Some(*row);
            }
            let (word, rest) = first_word(row.rest);
            let above = match word {
                "NAME" | "*" => row.above,
                word if table == word => row.above,
                word if means(table, word) => Spelling::Other,
                _ => return None,
            };
            Some(SettingRow { above, rest: rest?, ..*row })
        };
        self.rows.clear();
        self.rows.extend(above.rows.iter().filter_map(enter));
    }

    /// Finds the row of a key by its last part.
    pub(super) fn find(&self, name: &str) -> Option<(&'static Setting, Spelling)> {
        self.rows.iter().find_map(|row| {
            let (word, None) = first_word(row.rest) else { return None };
            if matches!(word, "NAME" | "*") || name == word {
                return Some((row.setting, row.above));
            }
            let mut words = std::iter::once(&word).chain(row.setting.aliases);
            words.any(|word| means(name, word)).then_some((row.setting, Spelling::Other))
        })
    }
}

/// Cuts the first part off a setting's name; nothing is left of its last one. `split_once` is made for
/// long texts: it would cost a start more than all else that is done with the names.
fn first_word(name: &'static str) -> (&'static str, Option<&'static str>) {
    match name.bytes().position(|byte| byte == b'.') {
        Some(dot) => (name.get(..dot).unwrap_or_default(), name.get(dot + 1..)),
        None => (name, None),
    }
}

/// The rows of a table and of those around it, which are mostly around the next one, too.
pub(super) struct TableRows {
    /// Of the top level, and of each table on the way; what lies deeper is there to be filled again.
    levels: Vec<Rows>,
    depth: usize,
}

impl TableRows {
    /// Begins at the top level.
    pub(super) fn new() -> Self {
        TableRows { levels: vec![Rows::top()], depth: 0 }
    }

    /// Goes from one table to another.
    pub(super) fn enter<'a>(
        &mut self,
        from: impl Iterator<Item = &'a str>,
        to: impl Iterator<Item = &'a str> + Clone,
    ) {
        self.depth = from.zip(to.clone()).take_while(|(one, other)| one == other).count();
        for table in to.skip(self.depth) {
            self.depth += 1;
            if self.levels.len() == self.depth {
                self.levels.push(Rows { rows: Vec::new() });
            }
            let (above, below) = self.levels.split_at_mut(self.depth);
            if let (Some(above), Some(rows)) = (above.last(), below.first_mut()) {
                rows.enter(above, table);
            }
        }
    }

    /// Returns the rows of the table that was entered last.
    pub(super) fn here(&self) -> &Rows {
        &self.levels[self.depth]
    }
}
