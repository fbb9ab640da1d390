//! `Entry`: one value of a layer, with its key and its exact place.

use super::kept::{Kept, KeptAt, LayerText};
use super::setting_path::SettingPath;
use super::{Origin, Scope};
use crate::toml::{Value, decoded, dotted};

/// One value of a layer.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub(super) scope: Scope,
    pub(super) text: &'a LayerText,
    pub(super) kept: &'a Kept,
}

impl<'a> Entry<'a> {
    /// Returns the parts of the key, in canonical spelling.
    pub fn parts(&self) -> impl Iterator<Item = &'a str> + Clone {
        let (table, name, path) = match self.kept {
            Kept::InText(place) => (Some(place.table), Some(self.text.raw(place.name)), &[][..]),
            Kept::Owned(owned) => (None, None, owned.path.0.as_slice()),
        };
        let text = self.text;
        let above = table.into_iter().flat_map(move |table| text.table_path(table));
        above.chain(name).chain(path.iter().map(String::as_str))
    }

    fn last(&self) -> Option<&'a str> {
        match self.kept {
            Kept::InText(place) => Some(self.text.raw(place.name)),
            Kept::Owned(owned) => owned.path.0.last().map(String::as_str),
        }
    }

    /// Returns how many parts the key has.
    pub fn depth(&self) -> usize {
        match self.kept {
            Kept::InText(place) => self.text.table_depth(place.table) + 1,
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
        self.scope
    }

    /// Returns the value.
    pub fn value(&self) -> Value {
        match self.kept {
            Kept::InText(place) => decoded(self.text.raw(place.value)),
            Kept::Owned(owned) => owned.value.clone(),
        }
    }

    /// Returns the exact place.
    pub fn origin(&self) -> Origin {
        match self.kept {
            Kept::InText(place) => self.text.origin_at(place.value.start()),
            Kept::Owned(owned) => match &owned.at {
                KeptAt::Origin(origin) => origin.clone(),
                KeptAt::Byte(at) => self.text.origin_at(*at),
            },
        }
    }
}
