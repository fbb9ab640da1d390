//! `Event`: a part of a statement, as the grammar finds it.

use super::span::Span;

/// A part of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) kind: EventKind,
    pub(super) span: Span,
}

/// What an event is. Blanks have none, nor have comments and line ends between brackets need one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    /// One part of a key or header.
    Key(Form),
    /// The `=` behind a key.
    KeyEnd,
    /// The end of `[...]`, behind its parts.
    TableHeader,
    /// The end of `[[...]]`, behind its parts.
    ElementHeader,
    /// A value that holds no other.
    Scalar(Form),
    ArrayOpen,
    ArrayClose,
    InlineOpen,
    InlineClose,
    /// The comma between two values of an array or inline table, or behind the last one.
    Comma,
    Comment,
    Newline,
    /// Something that should not be there, where the grammar itself tells no mistake.
    Invalid,
}

/// How a key or a value is written, which decides how it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A bare key, `true` or `false`, or a whole number of at most 18 digits without `+` or `_`.
    Word,
    /// A text between single quote marks that stand for nothing else: what is between them is it.
    Quoted,
    /// Sound, but has to be decoded.
    Coded,
    /// Not looked at yet.
    Unchecked,
}
