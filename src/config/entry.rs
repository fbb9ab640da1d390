//! `Entry`: one value of a layer, with its key and its exact place.

use super::layer::Layer;
use super::setting_path::SettingPath;
use super::{Origin, Scope};
use crate::toml::{Span, TableId, Value, decoded, dotted};

/// One value of a layer.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub(super) layer: &'a Layer,
    pub(super) kept: &'a Kept,
}

/// A value as its layer keeps it.
///
/// # Why
/// Of ten thousand values a run wants a few. Those of a file stay in its text and are decoded when
/// they are asked for.
pub(super) enum Kept {
    /// A key that is written in its canonical spelling and a value, both in the text of the layer.
    InText(InText),
    /// Anything else.
    Owned(Box<Owned>),
}

/// Where a key and its value stand in the text of their layer.
#[derive(Clone, Copy)]
pub(super) struct InText {
    /// The table, one of those of the layer.
    pub(super) table: TableId,
    /// The key, without quotes.
    pub(super) name: Span,
    /// The value.
    pub(super) value: Span,
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
    Byte(usize),
    Origin(Origin),
}

impl<'a> Entry<'a> {
    /// Returns the parts of the key, in canonical spelling.
    pub fn parts(&self) -> impl Iterator<Item = &'a str> + Clone {
        let (table, name, path) = match self.kept {
            Kept::InText(place) => (Some(place.table), Some(self.layer.raw(place.name)), &[][..]),
            Kept::Owned(owned) => (None, None, owned.path.0.as_slice()),
        };
        let layer = self.layer;
        let above = table.into_iter().flat_map(move |table| layer.table_path(table));
        above.chain(name).chain(path.iter().map(String::as_str))
    }

    fn last(&self) -> Option<&'a str> {
        match self.kept {
            Kept::InText(place) => Some(self.layer.raw(place.name)),
            Kept::Owned(owned) => owned.path.0.last().map(String::as_str),
        }
    }

    /// Returns how many parts the key has.
    pub fn depth(&self) -> usize {
        match self.kept {
            Kept::InText(place) => self.layer.table_depth(place.table) + 1,
            Kept::Owned(owned) => owned.path.0.len(),
        }
    }

    /// Returns the name where the key has no table above it.
    pub fn top(&self) -> Option<&'a str> {
        self.last().filter(|_| self.depth() == 1)
    }

    /// Returns the key, in canonical spelling.
    pub fn path(&self) -> SettingPath {
        SettingPath(self.parts().map(str::to_owned).collect())
    }

    /// Returns the key as people read it.
    pub fn name(&self) -> String {
        dotted(self.parts())
    }

    /// Returns the key as it is written, for whoever edits the file.
    pub fn written(&self) -> SettingPath {
        match self.kept {
            Kept::InText(_) => self.path(),
            Kept::Owned(owned) => owned.written.clone(),
        }
    }

    /// Whether this is the value of a key.
    pub fn is(&self, path: &SettingPath) -> bool {
        // The last part tells most keys apart.
        self.last() == path.0.last().map(String::as_str)
            && self.depth() == path.0.len()
            && self.is_below(&path.0)
    }

    /// Whether two are values of one key.
    pub fn is_same_key(&self, other: Entry<'_>) -> bool {
        self.depth() == other.depth() && self.parts().eq(other.parts())
    }

    fn is_below<T: AsRef<str>>(&self, table: &[T]) -> bool {
        let mut parts = self.parts();
        self.depth() >= table.len() && table.iter().all(|name| parts.next() == Some(name.as_ref()))
    }

    /// Returns the part of the key below a table; nothing where it stands elsewhere.
    pub fn below<T: AsRef<str>>(&self, table: &[T]) -> Option<Vec<&'a str>> {
        let is_below = self.depth() > table.len() && self.is_below(table);
        is_below.then(|| self.parts().skip(table.len()).collect())
    }

    /// Returns the rank of its layer.
    pub fn scope(&self) -> Scope {
        self.layer.scope
    }

    /// Returns the value.
    pub fn value(&self) -> Value {
        match self.kept {
            Kept::InText(place) => decoded(self.layer.raw(place.value)),
            Kept::Owned(owned) => owned.value.clone(),
        }
    }

    /// Returns the exact place.
    pub fn origin(&self) -> Origin {
        match self.kept {
            Kept::InText(place) => self.layer.origin_at(place.value.start()),
            Kept::Owned(owned) => match &owned.at {
                At::Origin(origin) => origin.clone(),
                At::Byte(at) => self.layer.origin_at(*at),
            },
        }
    }
}
