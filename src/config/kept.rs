//! `Kept`: a value as its layer keeps it, and the text it may stand in.

use super::Origin;
use super::setting_path::SettingPath;
use super::source::Source;
use crate::toml::{Span, TableId, TablePaths, Value};

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
    pub(super) at: KeptAt,
}

/// The place of a value that is kept apart from the text.
pub(super) enum KeptAt {
    Byte(usize),
    Origin(Origin),
}

/// The text of a layer, with its tables; none where the values were given outside files.
#[derive(Debug, Default)]
pub(super) struct LayerText {
    pub(super) source: Option<Source>,
    pub(super) tables: TablePaths,
}

impl LayerText {
    /// Returns the path of a table.
    pub(super) fn table_path(&self, table: TableId) -> impl Iterator<Item = &str> + Clone {
        self.tables.path(table, self.source.as_ref().map_or("", |source| &source.text))
    }

    /// Returns how many parts the path of a table has.
    pub(super) fn table_depth(&self, table: TableId) -> usize {
        self.tables.depth(table)
    }

    /// Returns a part of the text.
    pub(super) fn raw(&self, span: Span) -> &str {
        self.source.as_ref().and_then(|source| source.text.get(span.range())).unwrap_or_default()
    }

    /// Returns the place of a byte.
    pub(super) fn origin_at(&self, at: usize) -> Origin {
        self.source.as_ref().map_or(Origin::BuiltIn, |source| source.origin(at))
    }
}
