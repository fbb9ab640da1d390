//! Edits of one key or one table.

use super::append::append_table;
use super::change::{Change, EditError, parse};
use super::remove::CommentsAbove;
use super::splice::Splice;
use super::verify::{Expected, finish};
use super::{insert, remove};
use crate::toml::document::Document;
use crate::toml::lines::Part;
use crate::toml::literal;
use crate::toml::node::{NodeKind, ROOT, Step, keys};
use crate::toml::value::Value;

/// Sets a key, and makes it and its tables when they are missing.
///
/// An inline table is a value and can be replaced; a table with lines of its own is
/// [`EditError::IsTable`], and a path that goes through anything but tables is
/// [`EditError::NotATable`]. A value that is there already, however it is written, is
/// [`Change::Unchanged`].
pub fn set(text: &str, path: &[&str], value: &Value) -> Result<Change, EditError> {
    put(&parse(text)?, &keys(path), value)
}

/// Removes a key with its line, or a table with all its keys, headers and tables below it.
///
/// Comments above stay. A table that has no key and no comment left goes too.
pub fn unset(text: &str, path: &[&str]) -> Result<Change, EditError> {
    let document = parse(text)?;
    take(&document, &keys(path)).map(Change::Changed)
}

/// Renames a key or table within its table, in every header and dotted key that mentions it.
pub fn rename_table(text: &str, from: &[&str], to: &[&str]) -> Result<Change, EditError> {
    let document = parse(text)?;
    let path = keys(from);
    let (node, taken) = document.follow(&path);
    let (Some((_, old_table)), Some((name, new_table))) = (from.split_last(), to.split_last())
    else {
        return Err(EditError::NotThere);
    };
    if taken < path.len() {
        return Err(EditError::NotThere);
    }
    if old_table != new_table {
        return Err(EditError::OtherTable);
    }
    if from == to {
        return Ok(Change::Unchanged);
    }
    if document.follow(&keys(to)).1 == to.len() {
        return Err(EditError::AlreadyThere { path: literal::path(&keys(to)) });
    }
    let replace = |part: &Part| Splice { span: part.span.range(), text: literal::key(name) };
    let splices =
        document.lines.parts.iter().filter(|part| part.node == node).map(replace).collect();
    finish(&document, splices, &path, Expected::Renamed(name)).map(Change::Changed)
}

/// Adds a copy of one table of an array of tables at the end, with one key set to another value.
///
/// [`EditError::NotThere`] when there is no table with this number.
pub fn copy_table(
    text: &str,
    name: &str,
    index: usize,
    (key, value): (&str, &Value),
) -> Result<String, EditError> {
    let document = parse(text)?;
    let path = in_table(name, index, None);
    let (node, taken) = document.follow(&path);
    let Value::Table(mut fields) = document.value(node) else {
        return Err(EditError::NotThere);
    };
    if taken < path.len() {
        return Err(EditError::NotThere);
    }
    fields.retain(|(name, _)| name != key);
    fields.push((key.to_owned(), value.clone()));
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    append_table(text, name, &fields)
}

/// Sets a key of one table of an array of tables, counted from 0.
///
/// [`EditError::NotThere`] when there is no table with this number.
pub fn set_in_table(
    text: &str,
    name: &str,
    index: usize,
    key: &str,
    value: &Value,
) -> Result<Change, EditError> {
    put(&parse(text)?, &in_table(name, index, Some(key)), value)
}

/// Removes a key of one table of an array of tables; the table itself stays.
pub fn unset_in_table(
    text: &str,
    name: &str,
    index: usize,
    key: &str,
) -> Result<Change, EditError> {
    let document = parse(text)?;
    take(&document, &in_table(name, index, Some(key))).map(Change::Changed)
}

/// Removes one table of an array of tables, through its last key, and the blank line before it.
///
/// Comments inside it go, and comments that touch its header when a blank line is before them.
pub fn remove_table(text: &str, name: &str, index: usize) -> Result<String, EditError> {
    remove_tables(text, name, &[index])
}

/// Removes several tables of an array of tables, as [`remove_table`] does one after the other from
/// the last, for the price of one. The numbers count from 0 and are in order.
///
/// [`EditError::NotThere`] when there is no table with one of the numbers.
pub fn remove_tables(text: &str, name: &str, indices: &[usize]) -> Result<String, EditError> {
    let document = parse(text)?;
    let array = document.key(ROOT, name).ok_or(EditError::NotThere)?;
    let not_tables = || EditError::NotTables { path: literal::key(name) };
    let count = document.count(array);
    if document.is_array(array) && indices.iter().any(|index| *index >= count) {
        return Err(EditError::NotThere);
    }
    let splices = match (document.kind(array), indices) {
        (NodeKind::Tables, _) => remove::remove_tables(&document, array, indices),
        (NodeKind::Array, [index]) => {
            let element = document.child(array, Step::Index(*index)).ok_or(EditError::NotThere)?;
            remove::remove(&document, element, CommentsAbove::Go)
        }
        (NodeKind::Array, _) => {
            let one = |text: String, index: &usize| remove_table(&text, name, *index);
            return indices.iter().rev().try_fold(text.to_owned(), one);
        }
        _ => return Err(not_tables()),
    };
    finish(&document, splices, &keys(&[name]), Expected::Without(indices))
}

fn in_table<'a>(name: &'a str, index: usize, key: Option<&'a str>) -> Vec<Step<'a>> {
    let mut path = vec![Step::Key(name), Step::Index(index)];
    path.extend(key.map(Step::Key));
    path
}

pub(in crate::toml) fn put(
    document: &Document<'_>,
    path: &[Step<'_>],
    value: &Value,
) -> Result<Change, EditError> {
    let (node, taken) = document.follow(path);
    let splices = if taken < path.len() {
        insert::add(document, node, path, taken, value)?
    } else if document.holds(node, value) {
        return Ok(Change::Unchanged);
    } else if let NodeKind::Table(_) | NodeKind::Tables = document.kind(node) {
        return Err(EditError::IsTable { path: literal::path(path) });
    } else {
        vec![Splice { span: document.value_span(node).range(), text: literal::value(value) }]
    };
    finish(document, splices, path, Expected::Put(value)).map(Change::Changed)
}

fn take(document: &Document<'_>, path: &[Step<'_>]) -> Result<String, EditError> {
    let (node, taken) = document.follow(path);
    if taken < path.len() || node == ROOT {
        return Err(EditError::NotThere);
    }
    let splices = remove::remove(document, node, CommentsAbove::Stay);
    finish(document, splices, path, Expected::Gone)
}
