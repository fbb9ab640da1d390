//! Replaces one plain value in a plain text at a fraction of the cost.
//!
//! # Why
//! The layout of ten thousand lines costs more than everything else that `config set` does. Where
//! a key of a plain text has a plain value, the bytes of the value are all that changes, and the
//! same proof is made: the result is read again and must hold the old data with the one change.

use super::edit::{Change, Value};
use super::literal;
use super::plain::{self, Leaf, Plain};
use super::value::Value as Read;

/// Sets a key that is there; nothing where more than its value would change, or it is not plain.
pub(super) fn set(text: &str, path: &[&str], value: &Value) -> Option<Change> {
    if text.starts_with('\u{feff}') {
        return None;
    }
    let old = plain::read(text)?;
    let (name, above) = path.split_last()?;
    let in_table = |leaf: &Leaf| old.tables.get(leaf.table as usize).is_some_and(|t| t == above);
    let is_it = |leaf: &Leaf| text.get(leaf.key()) == Some(*name) && in_table(leaf);
    let at = old.leaves.iter().position(is_it)?;
    let span = old.leaves.get(at)?.value();
    if holds(text.get(span.clone())?, value)? {
        return Some(Change::Unchanged);
    }
    let edited = [text.get(..span.start)?, &literal::value(value), text.get(span.end..)?].concat();
    is_expected(text, &old, &edited, at, value)?.then_some(Change::Changed(edited))
}

/// Whether a plain value is this one.
fn holds(raw: &str, value: &Value) -> Option<bool> {
    Some(match (plain::decoded(raw)?, value) {
        (Read::String(found), Value::String(wanted)) => found == *wanted,
        (Read::Bool(found), Value::Bool(wanted)) => found == *wanted,
        (Read::Integer(found), Value::Integer(wanted)) => found == *wanted,
        (_, Value::Array(_) | Value::Table(_)) => return None,
        _ => false,
    })
}

/// Whether the edited text holds the old data with the one change.
fn is_expected(text: &str, old: &Plain, edited: &str, at: usize, value: &Value) -> Option<bool> {
    let new = plain::read(edited)?;
    let same = |(index, (one, other)): (usize, (&Leaf, &Leaf))| {
        let same_key = one.table == other.table && text.get(one.key()) == edited.get(other.key());
        let good = if index == at {
            edited.get(other.value()).and_then(|raw| holds(raw, value)) == Some(true)
        } else {
            text.get(one.value()) == edited.get(other.value())
        };
        same_key && good
    };
    let all = old.tables == new.tables && old.leaves.len() == new.leaves.len();
    Some(all && old.leaves.iter().zip(&new.leaves).enumerate().all(same))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toml::edit::{keys, put};
    use crate::toml::parse::parse;

    #[test]
    fn what_is_replaced_here_is_replaced_alike() {
        let text = "a = 1 # one\r\nb='x'\n[t]\na = \"y\"  \n\n[t.u]\nc = true";
        let values = [
            Value::String("z".to_owned()),
            Value::String("\"\\\n\u{7f}'".to_owned()),
            Value::String("y".to_owned()),
            Value::Integer(1),
            Value::Integer(i64::MIN),
            Value::Bool(true),
            Value::Array(Vec::new()),
        ];
        let mut quick = 0;
        for path in [&["a"][..], &["b"], &["t", "a"], &["t", "u", "c"], &["t"], &["d"], &[]] {
            for value in &values {
                let Some(change) = set(text, path, value) else { continue };
                assert_eq!(Ok(change), put(&parse(text).unwrap(), &keys(path), value));
                quick += 1;
            }
        }
        // An array, a text with escapes and a number of many digits are the layout's to write.
        assert_eq!(quick, 4 * 4);
    }
}
