//! `Lines`: what each line of a text is, for edits, which keep or remove whole lines.

use std::ops::Range;

use super::node::NodeId;
use super::span::Span;

/// One part of a dotted key or of a header, and the node it names.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) span: Span,
    pub(super) node: NodeId,
}

/// A range of parts of keys, by their numbers.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    pub(super) first: u32,
    pub(super) count: u32,
}

impl Parts {
    pub(super) const NONE: Parts = Parts { first: 0, count: 0 };
}

/// What a statement is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StatementKind {
    Blank,
    Comment,
    Header,
    /// A key and its value.
    Pair,
}

/// Whole lines that belong together: a blank line, a comment, a header, or a key and its value.
/// All statements together are the text without its byte order mark.
pub(super) struct TextStatement {
    /// From the first byte of the line through the line ending.
    pub(super) span: Span,
    pub(super) kind: StatementKind,
    /// Whether a comment stands beside it, or is all of it.
    pub(super) has_comment: bool,
    /// Of a header, or of the key.
    pub(super) parts: Parts,
}

/// A header and everything up to the next one. The first section is the root's and has no header.
pub(super) struct Section {
    pub(super) table: NodeId,
    /// From the first bracket of its header through the last one.
    pub(super) header: Span,
    /// The number of its first statement, which is its header.
    pub(super) first: usize,
}

/// The lines of a text, and the keys on them. A document that is only read has the sections alone.
pub(super) struct Lines<'t> {
    pub(super) text: &'t str,
    /// Every part of a key or header, in the order of the text.
    pub(super) parts: Vec<Part>,
    pub(super) statements: Vec<TextStatement>,
    pub(super) sections: Vec<Section>,
}

impl<'t> Lines<'t> {
    /// Returns some of the parts of keys.
    pub(super) fn parts(&self, parts: Parts) -> &[Part] {
        let first = parts.first as usize;
        self.parts.get(first..first + parts.count as usize).unwrap_or_default()
    }

    /// Returns the parts of a header or of a key and its value.
    pub(super) fn parts_of(&self, statement: &TextStatement) -> &[Part] {
        self.parts(statement.parts)
    }

    /// Returns the parts of a key and its value when they go through a node.
    pub(super) fn pair_through(&self, statement: usize, node: NodeId) -> Option<&[Part]> {
        let statement = self.statements.get(statement)?;
        let parts = self.parts_of(statement);
        let goes_through = parts.iter().any(|part| part.node == node);
        (statement.kind == StatementKind::Pair && goes_through).then_some(parts)
    }

    /// Whether a statement is a key and its value.
    pub(super) fn is_pair(&self, statement: usize) -> bool {
        self.is(statement, StatementKind::Pair)
    }

    /// Whether there is such a statement and it is a blank line.
    pub(super) fn is_blank(&self, statement: usize) -> bool {
        self.is(statement, StatementKind::Blank)
    }

    /// Whether there is such a statement and it is a comment line.
    pub(super) fn is_comment(&self, statement: usize) -> bool {
        self.is(statement, StatementKind::Comment)
    }

    fn is(&self, statement: usize, kind: StatementKind) -> bool {
        self.statements.get(statement).is_some_and(|statement| statement.kind == kind)
    }

    /// Returns the statements of a section, its header included.
    pub(super) fn section(&self, section: usize) -> Range<usize> {
        let next = self.sections.get(section + 1);
        self.sections[section].first..next.map_or(self.statements.len(), |next| next.first)
    }

    /// Returns the index of the header of a section; the root's section has none.
    pub(super) fn header(&self, section: usize) -> Option<usize> {
        (section > 0).then(|| self.sections[section].first)
    }

    /// Returns the line ending of a statement, which the last of a text may lack.
    pub(super) fn ending(&self, statement: usize) -> &'t str {
        line_ending(&self.text[self.statements[statement].span.range()])
    }

    /// Returns the line ending for a new line that has no neighbour.
    pub(super) fn first_ending(&self) -> &'t str {
        match self.text.split_inclusive('\n').next().map(line_ending) {
            Some("\r\n") => "\r\n",
            _ => "\n",
        }
    }
}

/// Returns the line ending at the end of a text.
fn line_ending(text: &str) -> &str {
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    &text[line.len()..]
}
