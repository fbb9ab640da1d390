//! `Entry`: one value of a layer, with its key and its exact place.

use std::ops::Range;

use super::layer::Layer;
use super::setting::SettingPath;
use super::{Origin, Scope};
use crate::toml::Value;
use crate::toml::dotted;
use crate::toml::plain::{Leaf, decoded};

/// One value of a layer.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub(super) layer: &'a Layer,
    pub(super) kept: &'a Kept,
}

/// A value as its layer keeps it.
///
/// # Why
/// Of ten thousand values a run wants a few. Those that stand in the file as they are told are
/// decoded when they are asked for.
pub(super) enum Kept {
    /// A bare key in canonical spelling with a single value, in the text of the layer.
    Plain(Leaf),
    /// Anything else.
    Owned(Box<Owned>),
}

/// A value that is kept apart from the text.
pub(super) struct Owned {
    /// The key, in canonical spelling.
    pub(super) path: SettingPath,
    /// The key as it is written.
    pub(super) written: SettingPath,
    /// The value.
    pub(super) value: Value,
    /// Its place.
    pub(super) at: At,
}

/// The place of a value that is kept apart from the text.
pub(super) enum At {
    Span(Range<usize>),
    Origin(Origin),
}

impl<'a> Entry<'a> {
    /// Returns the tables above the key, and its last part, both in canonical spelling.
    pub fn place(&self) -> (&'a [String], &'a str) {
        match self.kept {
            Kept::Plain(leaf) => self.layer.plain_place(leaf),
            Kept::Owned(owned) => match owned.path.0.split_last() {
                Some((name, above)) => (above, name),
                None => (&[], ""),
            },
        }
    }

    /// Returns the key, in canonical spelling.
    pub fn path(&self) -> SettingPath {
        let (above, name) = self.place();
        SettingPath(above.iter().cloned().chain(std::iter::once(name.to_owned())).collect())
    }

    /// Returns the key as people read it.
    pub fn name(&self) -> String {
        let (above, name) = self.place();
        dotted(above.iter().map(String::as_str).chain([name]))
    }

    /// Returns the key as it is written, for whoever edits the file.
    pub fn written(&self) -> SettingPath {
        match self.kept {
            Kept::Plain(_) => self.path(),
            Kept::Owned(owned) => owned.written.clone(),
        }
    }

    /// Whether this is the value of a key.
    pub fn is(&self, path: &SettingPath) -> bool {
        let (above, name) = self.place();
        path.0.split_last().is_some_and(|(last, tables)| last == name && tables == above)
    }

    /// Returns the part of the key below a table; nothing where it stands elsewhere.
    pub fn below<T: AsRef<str>>(&self, table: &[T]) -> Option<Vec<&'a str>> {
        let (above, name) = self.place();
        let rest = above.get(table.len()..)?;
        let inside = above.iter().zip(table).all(|(a, b)| a == b.as_ref());
        inside.then(|| rest.iter().map(String::as_str).chain([name]).collect())
    }

    /// Returns the rank of its layer.
    pub fn scope(&self) -> Scope {
        self.layer.scope
    }

    /// Returns the value.
    pub fn value(&self) -> Value {
        match self.kept {
            Kept::Plain(leaf) => {
                let raw = self.layer.raw(leaf.value());
                // It was decoded before it was taken.
                decoded(raw).unwrap_or_else(|| Value::String(raw.to_owned()))
            }
            Kept::Owned(owned) => owned.value.clone(),
        }
    }

    /// Returns the exact place.
    pub fn origin(&self) -> Origin {
        match self.kept {
            Kept::Plain(leaf) => self.layer.origin_at(leaf.value().start),
            Kept::Owned(owned) => match &owned.at {
                At::Origin(origin) => origin.clone(),
                At::Span(span) => self.layer.origin_at(span.start),
            },
        }
    }
}
