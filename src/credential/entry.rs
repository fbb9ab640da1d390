//! One `[[credential]]` as either reader finds it, before it is judged.
//!
//! # Why
//! A document with every part of every line costs more than all the rest of a start of a plugin,
//! and nearly every entry is a few plain lines. So there are two readers, and one judge behind them.

use crate::toml::plain::{PlainTable, Single};
use crate::toml::{self, FieldTable, Value};

/// The fields of one entry. They can be secrets, so there is no `Debug`.
pub(super) struct Entry<'a> {
    /// Where the entry begins.
    pub(super) start: usize,
    /// Its fields, in the order of the text.
    pub(super) fields: Vec<Field<'a>>,
}

/// One field.
pub(super) struct Field<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Where its name begins.
    pub(super) name_at: usize,
    at: usize,
    held: Held<'a>,
}

/// What a field holds.
pub(super) enum Held<'a> {
    /// A text.
    Text(&'a str),
    /// `true` or `false`.
    Flag(bool),
    /// A table.
    Table(&'a [(String, Value)]),
    /// Anything else.
    Else,
}

impl<'a> Entry<'a> {
    pub(super) fn from_plain(table: PlainTable<'a>) -> Self {
        let fields = table.values.into_iter().map(|value| Field {
            name: value.name,
            name_at: value.name_at,
            at: value.at,
            held: match value.value {
                Single::Text(text) => Held::Text(text),
                Single::Flag(flag) => Held::Flag(flag),
            },
        });
        Entry { start: table.start, fields: fields.collect() }
    }

    pub(super) fn from_table(table: &'a FieldTable) -> Self {
        let field = |field: &'a toml::Field| Field {
            name: &field.name,
            name_at: field.name_at,
            at: field.at,
            held: match &field.value {
                Value::String(text) => Held::Text(text),
                Value::Bool(flag) => Held::Flag(*flag),
                Value::Table(members) => Held::Table(members),
                _ => Held::Else,
            },
        };
        Entry { start: table.start, fields: table.fields.iter().map(field).collect() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Held<'a>> {
        self.field(name).map(|field| &field.held)
    }

    /// Returns where the value of a field begins.
    pub(super) fn place_of(&self, name: &str) -> Option<usize> {
        self.field(name).map(|field| field.at)
    }

    fn field(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.name == name)
    }
}
