//! `Operation`: an edit written as one line, for tables.

use toml_edit::Key;

use super::super::edit::{
    Change, EditError, append_table, remove_table, rename_table, set, set_in_table, unset,
    unset_in_table,
};
use super::super::value::Value;

/// Does what a line says and gives the new text, `=` when nothing is to be written, or `!` and
/// the error:
///
/// ```text
/// set PATH = VALUE        set NAME[INDEX] KEY = VALUE      append NAME { FIELDS }
/// unset PATH              unset NAME[INDEX] KEY            remove NAME[INDEX]
/// rename PATH -> PATH
/// ```
pub(super) fn run(text: &str, operation: &str) -> String {
    let (verb, rest) = operation.split_once(' ').unwrap();
    let outcome = match (verb, element(rest)) {
        ("set", Some((name, index, rest))) => {
            let (key, value) = assignment(rest);
            set_in_table(text, &name, index, &key[0], &value)
        }
        ("set", None) => {
            let (path, value) = assignment(rest);
            set(text, &borrowed(&path), &value)
        }
        ("unset", Some((name, index, key))) => unset_in_table(text, &name, index, &path(key)[0]),
        ("unset", None) => unset(text, &borrowed(&path(rest))),
        ("remove", Some((name, index, _))) => remove_table(text, &name, index).map(Change::Changed),
        ("append", _) => {
            let (name, fields) = rest.split_at(rest.find('{').unwrap());
            let Value::Table(fields) = value(fields) else { panic!("{operation}") };
            let fields: Vec<(&str, Value)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            append_table(text, &path(name)[0], &fields).map(Change::Changed)
        }
        ("rename", _) => {
            let (from, to) = rest.split_once(" -> ").unwrap();
            rename_table(text, &borrowed(&path(from)), &borrowed(&path(to)))
        }
        _ => panic!("{operation}"),
    };
    shown(outcome)
}

fn shown(outcome: Result<Change, EditError>) -> String {
    match outcome {
        Ok(Change::Changed(text)) => text,
        Ok(Change::Unchanged) => "=".to_owned(),
        Err(error) => format!("!{error}"),
    }
}

/// Takes `NAME[INDEX] REST` apart.
fn element(rest: &str) -> Option<(String, usize, &str)> {
    let target = rest.split(' ').next()?;
    let (name, index) = target.strip_suffix(']')?.split_once('[')?;
    let rest = rest[target.len()..].trim_start();
    Some((path(name).remove(0), index.parse().ok()?, rest))
}

fn assignment(text: &str) -> (Vec<String>, Value) {
    let (key, literal) = text.split_once(" = ").unwrap();
    (path(key), value(literal))
}

fn path(text: &str) -> Vec<String> {
    Key::parse(text).unwrap().iter().map(|key| key.get().to_owned()).collect()
}

fn borrowed(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

/// Reads a value as TOML writes it.
fn value(text: &str) -> Value {
    converted(&text.parse().unwrap())
}

fn converted(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::String(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::Integer(*number.value()),
        toml_edit::Value::Boolean(value) => Value::Bool(*value.value()),
        toml_edit::Value::Array(values) => Value::Array(values.iter().map(converted).collect()),
        toml_edit::Value::InlineTable(table) => Value::Table(
            table.iter().map(|(name, value)| (name.to_owned(), converted(value))).collect(),
        ),
        toml_edit::Value::Float(number) => Value::Float(*number.value()),
        toml_edit::Value::Datetime(time) => Value::Datetime(time.value().to_string()),
    }
}
