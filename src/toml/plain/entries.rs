//! An array of tables, where it is all that a text has and every value in it is plain.

use super::line::{Assigned, assigned, is_end, unspaced};
use super::lines;

/// One table of the array.
pub struct PlainTable<'t> {
    /// Where its header begins.
    pub start: usize,
    /// What it holds, in the order of the text.
    pub values: Vec<PlainValue<'t>>,
}

/// A key with a single value. The value can be a secret, so there is no `Debug`.
pub struct PlainValue<'t> {
    /// The key.
    pub name: &'t str,
    /// Where the key begins.
    pub name_at: usize,
    /// The value.
    pub value: Single<'t>,
    /// Where the value begins.
    pub at: usize,
}

/// A value that is read without decoding.
pub enum Single<'t> {
    /// A text.
    Text(&'t str),
    /// `true` or `false`.
    Flag(bool),
}

/// Reads `[[name]]` tables from a text without a byte order mark; nothing where the text has
/// anything else, or is not sound: that is the whole parser's to judge.
pub fn entries<'t>(text: &'t str, name: &str) -> Option<Vec<PlainTable<'t>>> {
    let mut tables: Vec<PlainTable<'t>> = Vec::new();
    for (start, line) in lines(text) {
        let rest = unspaced(line);
        if is_end(rest) {
            continue;
        }
        if let Some(header) = rest.strip_prefix("[[") {
            let behind = header.strip_prefix(name)?.strip_prefix("]]")?;
            let start = start + line.len() - rest.len();
            is_end(behind).then(|| tables.push(PlainTable { start, values: Vec::new() }))?;
            continue;
        }
        let table = tables.last_mut()?;
        let Assigned { key, value: place } = assigned(line)?;
        let name = line.get(key.clone())?;
        let value = single(line.get(place.clone())?)?;
        if table.values.iter().any(|other| other.name == name) {
            return None;
        }
        let (name_at, at) = (start + key.start, start + place.start);
        table.values.push(PlainValue { name, name_at, value, at });
    }
    Some(tables)
}

fn single(raw: &str) -> Option<Single<'_>> {
    match raw {
        "true" => Some(Single::Flag(true)),
        "false" => Some(Single::Flag(false)),
        _ => raw.starts_with(['"', '\'']).then(|| raw.get(1..raw.len() - 1).map(Single::Text))?,
    }
}
