//! Changes one key of a TOML text and keeps every other byte.
//!
//! # Why
//!
//! An editor that builds the document anew turns CRLF into LF and loses the byte order mark. Here
//! the text is read with the span of every part, the few bytes that must change are replaced, and
//! the result is read again: it must hold the old data with exactly the one change, or the edit
//! fails and nothing is written.

pub use super::append::{append_table, append_tables, set_all};
pub use super::outline::{Named, outline};

use std::fmt;

use super::layout::{Kind, Layout, Part, ROOT, Step};
use super::parse::parse;
use super::remove::CommentsAbove;
use super::splice::Splice;
use super::verify::Expected;
use super::{insert, literal, outline, quick, remove, splice, verify};

/// A value to write. It may be a secret, so its `Debug` tells only the kind.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    String(String),
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Values in brackets.
    Array(Vec<Value>),
    /// Keys and values in braces.
    Table(Vec<(String, Value)>),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::String(_) => "Value::String(..)",
            Value::Bool(_) => "Value::Bool(..)",
            Value::Integer(_) => "Value::Integer(..)",
            Value::Array(_) => "Value::Array(..)",
            Value::Table(_) => "Value::Table(..)",
        })
    }
}

/// What an edit comes to. The text may hold a secret, so its `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// The text says so already; nothing is to be written.
    Unchanged,
    /// The whole new text.
    Changed(String),
}

impl Change {
    /// Returns the new text, or the old one where it stays.
    #[must_use]
    pub fn or(self, old: String) -> String {
        match self {
            Change::Unchanged => old,
            Change::Changed(new) => new,
        }
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Change::Unchanged => "Change::Unchanged",
            Change::Changed(_) => "Change::Changed(..)",
        })
    }
}

/// Why a text cannot be edited. It quotes keys that were asked for, and never the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is not TOML.
    #[error("{message}, at line {line}, column {column}")]
    Syntax {
        /// The number of the line, from 1.
        line: usize,
        /// The number of the character in the line, from 1.
        column: usize,
        /// What is wrong, without any of the text.
        message: String,
    },
    /// There is no such key, table or element.
    #[error("there is no such key")]
    NotThere,
    /// The new name of a key is taken.
    #[error("`{path}` is there already")]
    AlreadyThere {
        /// The new name.
        path: String,
    },
    /// A value cannot take the place of a table that has lines of its own.
    #[error("`{path}` is a table")]
    IsTable {
        /// The table; empty for the document itself.
        path: String,
    },
    /// A key cannot stand in something that holds no keys.
    #[error("`{path}` is not a table")]
    NotATable {
        /// The first part of the path that is not a table.
        path: String,
    },
    /// A numbered table was asked for, or is to be added, where no array of tables is.
    #[error("`{path}` is not an array of tables")]
    NotTables {
        /// What is something else.
        path: String,
    },
    /// A key can only be renamed within its table.
    #[error("a key cannot be renamed into another table")]
    OtherTable,
    /// The edited text does not hold the expected data.
    #[error("the edited text does not hold the expected data, which is a bug in carto")]
    Mismatch,
}

/// Sets a key, and makes it and its tables when they are missing.
///
/// An inline table is a value and can be replaced; a table with lines of its own is
/// [`EditError::IsTable`], and a path that goes through anything but tables is
/// [`EditError::NotATable`]. A value that is there already, however it is written, is
/// [`Change::Unchanged`].
pub fn set(text: &str, path: &[&str], value: &Value) -> Result<Change, EditError> {
    if let Some(change) = quick::set(text, path, value) {
        return Ok(change);
    }
    put(&parse(text)?, &keys(path), value)
}

/// Removes a key with its line, or a table with all its keys, headers and tables below it.
///
/// Comments above stay. A table that has no key and no comment left goes too.
pub fn unset(text: &str, path: &[&str]) -> Result<Change, EditError> {
    let layout = parse(text)?;
    take(&layout, &keys(path)).map(Change::Changed)
}

/// Renames a key or table within its table, in every header and dotted key that mentions it.
pub fn rename_table(text: &str, from: &[&str], to: &[&str]) -> Result<Change, EditError> {
    let layout = parse(text)?;
    let path = keys(from);
    let (node, taken) = layout.follow(&path);
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
    if layout.follow(&keys(to)).1 == to.len() {
        return Err(EditError::AlreadyThere { path: literal::path(&keys(to)) });
    }
    let replace = |part: &Part| Splice { span: part.span.clone(), text: literal::key(name) };
    let splices = layout.parts.iter().filter(|part| part.node == node).map(replace).collect();
    finish(&layout, splices, &path, Expected::Renamed(name)).map(Change::Changed)
}

/// Adds a copy of one table of an array of tables at the end, with one key set to another value.
///
/// [`EditError::NotThere`] when there is no table with this number, or one that holds what a
/// [`Value`] cannot.
pub fn copy_table(
    text: &str,
    name: &str,
    index: usize,
    (key, value): (&str, &Value),
) -> Result<String, EditError> {
    let layout = parse(text)?;
    let path = in_table(name, index, None);
    let (node, taken) = layout.follow(&path);
    let Some(Value::Table(mut fields)) = outline::value(&layout, node) else {
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
    let layout = parse(text)?;
    take(&layout, &in_table(name, index, Some(key))).map(Change::Changed)
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
    let layout = parse(text)?;
    let array = layout.key(ROOT, name).ok_or(EditError::NotThere)?;
    let not_tables = || EditError::NotTables { path: literal::key(name) };
    let count = layout.nodes[array].children.len();
    if layout.is_array(array) && indices.iter().any(|index| *index >= count) {
        return Err(EditError::NotThere);
    }
    let splices = match (&layout.nodes[array].kind, indices) {
        (Kind::Tables, _) => remove::remove_tables(&layout, array, indices),
        (Kind::Array(_), [index]) => {
            remove::remove(&layout, layout.nodes[array].children[*index], CommentsAbove::Go)
        }
        (Kind::Array(_), _) => {
            let one = |text: String, index: &usize| remove_table(&text, name, *index);
            return indices.iter().rev().try_fold(text.to_owned(), one);
        }
        _ => return Err(not_tables()),
    };
    finish(&layout, splices, &keys(&[name]), Expected::Without(indices))
}

pub(super) fn keys<'a>(path: &[&'a str]) -> Vec<Step<'a>> {
    path.iter().map(|name| Step::Key((*name).into())).collect()
}

fn in_table<'a>(name: &'a str, index: usize, key: Option<&'a str>) -> Vec<Step<'a>> {
    let mut path = vec![Step::Key(name.into()), Step::Index(index)];
    path.extend(key.map(|key| Step::Key(key.into())));
    path
}

pub(super) fn put(
    layout: &Layout<'_>,
    path: &[Step<'_>],
    value: &Value,
) -> Result<Change, EditError> {
    let (node, taken) = layout.follow(path);
    let splices = if taken < path.len() {
        insert::add(layout, node, path, taken, value)?
    } else if layout.holds(node, value) {
        return Ok(Change::Unchanged);
    } else if let Kind::Table(_) | Kind::Tables = layout.nodes[node].kind {
        return Err(EditError::IsTable { path: literal::path(path) });
    } else {
        vec![Splice { span: layout.nodes[node].span.clone(), text: literal::value(value) }]
    };
    finish(layout, splices, path, Expected::Put(value)).map(Change::Changed)
}

fn take(layout: &Layout<'_>, path: &[Step<'_>]) -> Result<String, EditError> {
    let (node, taken) = layout.follow(path);
    if taken < path.len() || node == ROOT {
        return Err(EditError::NotThere);
    }
    let splices = remove::remove(layout, node, CommentsAbove::Stay);
    finish(layout, splices, path, Expected::Gone)
}

/// Makes the new text and proves that it holds the old data with the one change.
pub(super) fn finish(
    layout: &Layout<'_>,
    splices: Vec<Splice>,
    path: &[Step<'_>],
    expected: Expected<'_>,
) -> Result<String, EditError> {
    let edited = splice::apply(layout.text, splices).ok_or(EditError::Mismatch)?;
    let again = parse(&edited).map_err(|_| EditError::Mismatch)?;
    if verify::is_expected(layout, &again, path, expected) {
        drop(again);
        Ok(edited)
    } else {
        Err(EditError::Mismatch)
    }
}
