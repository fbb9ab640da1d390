//! The values of a text as `toml_edit` finds them, for the tests that compare.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike};

use super::super::value::Value;

/// One value of a document.
pub(super) struct Leaf {
    /// The key as it is written.
    pub(super) path: Vec<String>,
    /// The value.
    pub(super) value: Value,
    /// Where the last part of the key stands.
    pub(super) key_at: usize,
    /// Where the value stands.
    pub(super) span: Range<usize>,
}

/// Lists the values of a text without a byte order mark, tables in depth.
///
/// # Errors
/// What the parser says.
pub(super) fn leaves(text: &str) -> Result<Vec<Leaf>, toml_edit::TomlError> {
    let document = Document::parse(text)?;
    let mut leaves = Vec::new();
    flatten(document.as_table(), &mut Vec::new(), &mut leaves);
    Ok(leaves)
}

fn flatten(table: &dyn TableLike, above: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    for (name, item) in table.iter() {
        let key_at = table.get_key_value(name).and_then(|(key, _)| key.span());
        above.push(name.to_owned());
        match item.as_table_like() {
            Some(inner) if !inner.is_empty() => flatten(inner, above, leaves),
            _ => {
                if let Some(value) = value_of(item) {
                    let span = item.span().or_else(|| key_at.clone()).unwrap_or(0..0);
                    let key_at = key_at.map_or(span.start, |key| key.start);
                    leaves.push(Leaf { path: above.clone(), value, key_at, span });
                }
            }
        }
        above.pop();
    }
}

/// Turns a document's item into a value; an empty `[table]` is none.
fn value_of(item: &Item) -> Option<Value> {
    match item {
        Item::None | Item::Table(_) => None,
        Item::Value(value) => Some(scalar(value)),
        Item::ArrayOfTables(tables) => {
            Some(Value::Array(tables.iter().map(|table| Value::Table(fields(table))).collect()))
        }
    }
}

fn scalar(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::String(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::Integer(*number.value()),
        toml_edit::Value::Float(number) => Value::Float(*number.value()),
        toml_edit::Value::Boolean(value) => Value::Bool(*value.value()),
        toml_edit::Value::Datetime(time) => Value::Datetime(time.value().to_string()),
        toml_edit::Value::Array(items) => Value::Array(items.iter().map(scalar).collect()),
        toml_edit::Value::InlineTable(table) => Value::Table(fields(table)),
    }
}

fn fields(table: &dyn TableLike) -> Vec<(String, Value)> {
    table
        .iter()
        .filter_map(|(name, item)| {
            let value = match item.as_table_like() {
                Some(inner) => Value::Table(fields(inner)),
                None => value_of(item)?,
            };
            Some((name.to_owned(), value))
        })
        .collect()
}

/// What is left of a text when a table that was added at its end goes again: a blank line that ended it
/// is the one before the table, and goes with it.
pub(super) fn restored(text: &str) -> &str {
    let Some(rest) = text.strip_suffix('\n') else { return text };
    let last = rest.rfind('\n').map_or(0, |at| at + 1);
    if rest[last..].trim().is_empty() { &text[..last] } else { text }
}
