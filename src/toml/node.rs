//! `Node`: a table, an array or a value of a document, and how it is reached.

use super::event::Form;
use super::span::Span;

/// The number of a node in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeId(pub(super) u32);

/// The node of the document itself. It lies below no other, so where a node is looked for it means none.
pub(super) const ROOT: NodeId = NodeId(0);

/// One step from a table or an array to what it holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'s> {
    Key(&'s str),
    Index(usize),
}

/// Returns the steps of a path of keys.
pub(super) fn keys<'s>(path: &[&'s str]) -> Vec<Step<'s>> {
    path.iter().map(|name| Step::Key(name)).collect()
}

/// What brought a table into being, which decides what may extend it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Defined {
    /// A header of a table below it.
    Implied,
    /// A dotted key.
    Dotted,
    /// A header of its own (or it is the root): the index of its section.
    Section(u32),
}

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeKind {
    /// A value that holds no other, and how it is written.
    Scalar(Form),
    /// `[...]`
    Array,
    /// `{...}`
    Inline,
    /// What `[[...]]` headers fill.
    Tables,
    Table(Defined),
}

/// How a node is reached from its parent.
#[derive(Clone, Copy)]
pub(super) enum Name {
    /// By a key that stands in the text, without the quotes around it.
    Written(Span),
    /// By a key that had to be decoded: its index in the list of those.
    Decoded(u32),
    /// As the element of an array that has this number, from 0.
    Element(u32),
}

/// A table, an array or a value.
pub(super) struct Node {
    pub(super) parent: NodeId,
    pub(super) name: Name,
    pub(super) kind: NodeKind,
    /// Where a value stands; empty for tables that no single value writes.
    pub(super) value: Span,
    /// Its first and its last child, and the next one of its parent; [`ROOT`] where there is none.
    pub(super) first: NodeId,
    pub(super) last: NodeId,
    pub(super) next: NodeId,
    pub(super) children: u32,
}
