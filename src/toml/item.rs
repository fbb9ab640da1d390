//! What a document holds, for those who read it from the root down.

use std::borrow::Cow;

use super::document::{Children, Document};
use super::node::{Defined, NodeId, NodeKind, ROOT};
use super::ordinary;
use super::read::{self, Keep};
use super::scalar::Scalar;
use super::span::Span;
use super::value::Value;

/// Why a text is no TOML, and where.
#[derive(Debug)]
pub struct Misread {
    /// Where the fault stands.
    pub at: usize,
    /// What is wrong, without any of the text.
    pub message: String,
}

/// A table, an array or a value of a document.
#[derive(Clone, Copy)]
pub struct Item<'d, 't> {
    document: &'d Document<'t>,
    node: NodeId,
}

impl<'t> Document<'t> {
    /// Reads a text.
    ///
    /// # Errors
    /// The text is not TOML.
    pub fn read(text: &'t str) -> Result<Self, Misread> {
        read::read(text, Keep::Values)
            .map_err(|fault| Misread { at: fault.offset(), message: fault.message() })
    }

    /// Returns the table that is the document itself.
    pub fn root(&self) -> Item<'_, 't> {
        Item { document: self, node: ROOT }
    }
}

impl<'d, 't> Item<'d, 't> {
    /// Returns its key in the table that holds it, decoded; an element of an array has none.
    pub fn name(self) -> &'d str {
        self.document.name(self.node).unwrap_or_default()
    }

    /// Returns where its key stands, without the quotes around it; nothing where the key has to be
    /// decoded.
    pub fn written_name(self) -> Option<Span> {
        self.document.written_name(self.node)
    }

    /// Returns where its key stands first; of an element of an array, where its value does.
    pub fn name_at(self) -> usize {
        self.document.name_at(self.node)
    }

    /// Returns where it stands: the value; of tables the header, or the first key that writes them.
    pub fn span(self) -> Span {
        let header_or_name = |item: Item<'_, '_>| {
            let section = match item.document.kind(item.node) {
                NodeKind::Table(Defined::Section(section)) => section as usize,
                _ => return Span::new(item.name_at(), item.name_at()),
            };
            item.document.lines.sections.get(section).map_or(Span::default(), |s| s.header)
        };
        match self.document.kind(self.node) {
            NodeKind::Tables => {
                let tables = self.document.children(self.node);
                let mut spans = tables.map(|node| header_or_name(Item { node, ..self }));
                let first = spans.next().unwrap_or_default();
                Span::new(first.start(), spans.last().unwrap_or(first).end())
            }
            NodeKind::Table(_) => header_or_name(self),
            _ => self.document.value_span(self.node),
        }
    }

    /// Whether one value writes it, so that [`decoded`] finds it in the text of its span.
    pub fn is_written_whole(self) -> bool {
        !matches!(self.document.kind(self.node), NodeKind::Tables | NodeKind::Table(_))
    }

    /// Whether it is a table of any form.
    pub fn is_table(self) -> bool {
        self.document.is_table(self.node)
    }

    /// Whether it is a table that headers or dotted keys write.
    pub fn is_open_table(self) -> bool {
        matches!(self.document.kind(self.node), NodeKind::Table(_))
    }

    /// Returns the text where it is one.
    pub fn text(self) -> Option<Cow<'t, str>> {
        match self.document.scalar(self.node) {
            Some(Scalar::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns what it holds.
    pub fn value(self) -> Value {
        self.document.value(self.node)
    }

    /// Returns what stands directly below it, in the order of the text.
    pub fn children(self) -> Items<'d, 't> {
        Items { document: self.document, children: self.document.children(self.node) }
    }

    /// Returns what it holds under a key.
    pub fn get(self, name: &str) -> Option<Self> {
        self.document.key(self.node, name).map(|node| Item { node, ..self })
    }

    /// Returns its tables where `[[...]]` headers write it.
    pub fn tables(self) -> Option<Items<'d, 't>> {
        (self.document.kind(self.node) == NodeKind::Tables).then(|| self.children())
    }
}

/// Items that stand below one.
pub struct Items<'d, 't> {
    document: &'d Document<'t>,
    children: Children<'d, 't>,
}

impl<'d, 't> Iterator for Items<'d, 't> {
    type Item = Item<'d, 't>;

    fn next(&mut self) -> Option<Self::Item> {
        self.children.next().map(|node| Item { document: self.document, node })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.children.size_hint()
    }
}

impl ExactSizeIterator for Items<'_, '_> {}

/// Returns the value that a span of a document holds which [`Item::is_written_whole`].
pub fn decoded(raw: &str) -> Value {
    if let Some(scalar) = ordinary::scalar(raw).and_then(|form| Scalar::of(raw, form)) {
        return scalar.into();
    }
    match read::read_value(raw) {
        Ok(document) => document.value(ROOT),
        // It was read before it was asked for.
        Err(_) => Value::String(raw.to_owned()),
    }
}
