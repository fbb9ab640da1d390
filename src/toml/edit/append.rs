//! Adds tables at the end of a text: one, or many for the price of one.
//!
//! # Why
//! Every edit reads the whole text twice. An import brings an entry for each account, and by an edit
//! for each of them it took time by the square of their number.

use super::change::{EditError, parse};
use super::insert;
use super::list::{self, List};
use super::verify::{Expected, finish};
use crate::toml::document::Document;
use crate::toml::literal;
use crate::toml::node::{NodeKind, ROOT, Step, keys};
use crate::toml::value::Value;

/// The keys of a table with their values.
pub(super) type Fields<'a> = Vec<(&'a str, Value)>;

/// Adds a `[[name]]` table at the end, with one blank line before it when the text is not empty.
///
/// An array that is written in brackets gets one more inline table. [`EditError::NotTables`] when
/// the name stands for something else.
pub fn append_table(text: &str, name: &str, fields: &[(&str, Value)]) -> Result<String, EditError> {
    append_tables(text, name, &[fields.to_vec()])
}

/// Adds several `[[name]]` tables, as [`append_table`] does one after the other.
pub fn append_tables(text: &str, name: &str, tables: &[Fields]) -> Result<String, EditError> {
    let document = parse(text)?;
    if tables.is_empty() {
        return Ok(text.to_owned());
    }
    match document.key(ROOT, name).map(|node| document.kind(node)) {
        None | Some(NodeKind::Tables) => at_end(&document, name, tables),
        Some(_) => {
            tables.iter().try_fold(text.to_owned(), |text, fields| in_brackets(&text, name, fields))
        }
    }
}

fn at_end(document: &Document<'_>, name: &str, tables: &[Fields]) -> Result<String, EditError> {
    let count = document.key(ROOT, name).map_or(0, |node| document.count(node));
    let header = format!("[[{}]]", literal::key(name));
    let lines = blocks(tables.iter().map(|fields| (header.clone(), fields)));
    let added = tables.iter().zip(count..).map(|(fields, at)| (Step::Index(at), table(fields)));
    let expected: Vec<_> = added.collect();
    let splices = vec![insert::at_end(document, &lines)];
    finish(document, splices, &keys(&[name]), Expected::Added(&expected))
}

fn in_brackets(text: &str, name: &str, fields: &Fields) -> Result<String, EditError> {
    let document = parse(text)?;
    let not_tables = || EditError::NotTables { path: literal::key(name) };
    let node = document.key(ROOT, name).filter(|node| document.is_array(*node));
    let node = node.ok_or_else(not_tables)?;
    if !document.children(node).all(|child| document.is_table(child)) {
        return Err(not_tables());
    }
    let list = List::of(&document, node).ok_or_else(not_tables)?;
    let added = [(Step::Index(document.count(node)), table(fields))];
    let splices = list::add(text, &list, &literal::value(&added[0].1));
    finish(&document, splices, &keys(&[name]), Expected::Added(&added))
}

/// Returns the lines of tables with their headers, with a blank line between two.
pub(super) fn blocks<'a>(tables: impl Iterator<Item = (String, &'a Fields<'a>)>) -> Vec<String> {
    let mut lines = Vec::new();
    for (header, fields) in tables {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(header);
        lines.extend(fields.iter().map(|(name, value)| literal::pair(name, value)));
    }
    lines
}

pub(super) fn table(fields: &Fields) -> Value {
    Value::Table(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}
