//! What goes with a key, a table, or one of an array of tables.

use std::cmp::Reverse;

use super::list::{self, List};
use super::splice::Splice;
use crate::toml::document::Document;
use crate::toml::node::{NodeId, NodeKind, ROOT};

/// What becomes of the comment lines that touch a header from above.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::toml) enum CommentsAbove {
    Stay,
    /// They go when a blank line parts them from what is before.
    Go,
}

/// Removes everything that writes a node.
pub(in crate::toml) fn remove(
    document: &Document<'_>,
    node: NodeId,
    above: CommentsAbove,
) -> Vec<Splice> {
    let node = with_emptied_inline(document, node);
    let parent = document.parent(node);
    let inline = match document.kind(parent) {
        NodeKind::Array => Some(parent),
        _ => document.inline_around(parent),
    };
    match inline.and_then(|inline| List::of(document, inline)) {
        Some(list) => {
            let gone: Vec<usize> = (0..list.items.len())
                .filter(|at| {
                    let parts = document.lines.parts(list.items[*at].parts);
                    parts.iter().any(|part| part.node == node)
                        || document.value_span(node).range() == list.items[*at].span
                })
                .collect();
            list::remove(document.text, &list, &gone)
        }
        None => MarkedLines::new(document).without(node, above),
    }
}

/// Removes several tables of an array that `[[...]]` headers write, as they would go one after the
/// other from the last. The numbers are in order.
pub(in crate::toml) fn remove_tables(
    document: &Document<'_>,
    array: NodeId,
    gone: &[usize],
) -> Vec<Splice> {
    let mut lines = MarkedLines::new(document);
    let number =
        |section: &usize| number_in(document, array, document.lines.sections[*section].table);
    let mut sections: Vec<(usize, usize)> = (1..document.lines.sections.len())
        .filter_map(|section| Some((number(&section)?, section)))
        .filter(|(number, _)| gone.binary_search(number).is_ok())
        .collect();
    sections.sort_by_key(|(number, section)| (Reverse(*number), *section));
    for (_, section) in sections {
        lines.mark_section(section, CommentsAbove::Go);
    }
    lines.splices()
}

/// Returns the number of the element of an array that a table is, or lies below.
fn number_in(document: &Document<'_>, array: NodeId, mut node: NodeId) -> Option<usize> {
    while node != ROOT {
        match document.number(node) {
            Some(number) if document.parent(node) == array => return Some(number),
            _ => node = document.parent(node),
        }
    }
    None
}

/// Goes up from the only key of an inline table to the key of that table, which has nothing left.
fn with_emptied_inline(document: &Document<'_>, mut node: NodeId) -> NodeId {
    loop {
        let table = document.parent(node);
        let is_written_by_a_key = !document.is_array(document.parent(table));
        let list = Some(table).filter(|table| document.kind(*table) == NodeKind::Inline);
        let Some(list) = list.and_then(|table| List::of(document, table)) else {
            return node;
        };
        let [only] = list.items.as_slice() else {
            return node;
        };
        let inside = &document.text[list.open..only.span.start];
        let behind = &document.text[only.span.end..list.close];
        let has_comment = inside.contains('#') || behind.contains('#');
        if only.parts.count != 1 || !is_written_by_a_key || has_comment {
            return node;
        }
        let line = (0..document.lines.statements.len()).find(|at| {
            let ends = document.lines.pair_through(*at, table).and_then(<[_]>::last);
            ends.is_some_and(|part| part.node == table)
        });
        let is_commented = |at: usize| {
            document.lines.statements[at].has_comment || at > 0 && document.lines.is_comment(at - 1)
        };
        if line.is_some_and(is_commented) {
            return node;
        }
        node = table;
    }
}

/// The statements of a text, some of them marked to go.
struct MarkedLines<'l, 't> {
    document: &'l Document<'t>,
    gone: Vec<bool>,
}

impl<'l, 't> MarkedLines<'l, 't> {
    fn new(document: &'l Document<'t>) -> Self {
        MarkedLines { document, gone: vec![false; document.lines.statements.len()] }
    }

    fn without(mut self, node: NodeId, above: CommentsAbove) -> Vec<Splice> {
        for section in 0..self.document.lines.sections.len() {
            let table = self.document.lines.sections[section].table;
            if section > 0 && self.document.is_within(table, node) {
                self.mark_section(section, above);
            } else if self.mark_pairs(section, node) == Marked::Last {
                self.mark_emptied(section);
            }
        }
        self.splices()
    }

    /// Marks a header and what it heads, through the last key and comments that hang on it.
    fn mark_section(&mut self, section: usize, above: CommentsAbove) {
        let document = self.document;
        let statements = document.lines.section(section);
        let header = statements.start;
        let last_pair =
            statements.clone().rfind(|at| document.lines.is_pair(*at)).unwrap_or(header);
        let mut behind = self.kept_from(last_pair + 1);
        while document.lines.is_comment(behind) {
            behind = self.kept_from(behind + 1);
        }
        // Comments that touch the next header are about that one.
        let belong = behind == document.lines.statements.len() || document.lines.is_blank(behind);
        let end = if belong { behind } else { last_pair + 1 };
        self.gone[header..end].fill(true);
        let first = match above {
            CommentsAbove::Stay => header,
            CommentsAbove::Go => self.attached_comments(header),
        };
        self.gone[first..header].fill(true);
        self.mark_one_blank(first, end);
    }

    /// Returns the first statement from one on that stays, or how many there are.
    fn kept_from(&self, first: usize) -> usize {
        let all = self.gone.len();
        (first..all).find(|at| !self.gone[*at]).unwrap_or(all)
    }

    /// Returns the first of the comment lines that touch a header and nothing else.
    fn attached_comments(&self, header: usize) -> usize {
        let count = (0..header).rev().take_while(|at| self.document.lines.is_comment(*at)).count();
        let first = header - count;
        if first > 0 && self.document.lines.is_blank(first - 1) { first } else { header }
    }

    /// Marks the blank line that set a block apart: the one before it, or behind it at the top.
    fn mark_one_blank(&mut self, first: usize, end: usize) {
        let before = first.checked_sub(1).filter(|at| !self.gone[*at]);
        if let Some(before) = before.filter(|at| self.document.lines.is_blank(*at)) {
            self.gone[before] = true;
        } else if self.kept_from(0) >= first {
            let behind = self.kept_from(end);
            if self.document.lines.is_blank(behind) {
                self.gone[behind] = true;
            }
        }
    }

    /// Marks the keys of a section that go through a node.
    fn mark_pairs(&mut self, section: usize, node: NodeId) -> Marked {
        let mut marked = Marked::None;
        let mut kept = 0;
        for at in self.document.lines.section(section) {
            if self.document.lines.pair_through(at, node).is_some() {
                self.gone[at] = true;
                marked = Marked::Some;
            } else if self.document.lines.is_pair(at) {
                kept += 1;
            }
        }
        if marked == Marked::Some && kept == 0 { Marked::Last } else { marked }
    }

    /// Marks what a section without keys does not need: its header when no comment tells of it,
    /// or the blank line behind the keys of the root.
    fn mark_emptied(&mut self, section: usize) {
        let document = self.document;
        let statements = document.lines.section(section);
        if document.lines.sections[section].table == ROOT {
            let Some(last) = statements.rev().find(|at| self.gone[*at]) else {
                return;
            };
            let kept_before = (0..last).rev().find(|at| !self.gone[*at]);
            if kept_before.is_none_or(|at| document.lines.is_blank(at))
                && document.lines.is_blank(last + 1)
            {
                self.gone[last + 1] = true;
            }
            return;
        }
        let header = statements.start;
        if self.heads_an_element(section)
            || self.heads_later_sections(section)
            || self.tells_something(section)
        {
            return;
        }
        self.gone[header] = true;
        let end = statements.rev().find(|at| self.gone[*at]).map_or(header + 1, |last| last + 1);
        self.mark_one_blank(header, end);
    }

    fn heads_an_element(&self, section: usize) -> bool {
        let table = self.document.lines.sections[section].table;
        self.document.is_array(self.document.parent(table))
    }

    /// Whether tables below it follow, for which it is the heading that a reader expects.
    fn heads_later_sections(&self, section: usize) -> bool {
        let table = self.document.lines.sections[section].table;
        self.document.lines.sections[section + 1..]
            .iter()
            .any(|later| self.document.is_within(later.table, table))
    }

    /// Whether a comment stands above, beside or under the header of a section.
    fn tells_something(&self, section: usize) -> bool {
        let document = self.document;
        let statements = document.lines.section(section);
        let header = statements.start;
        let mut end = statements.end;
        if end < document.lines.statements.len() {
            // A last block of comments that is set apart is about the next header.
            let trailing = statements.rev().take_while(|at| document.lines.is_comment(*at)).count();
            if document.lines.is_blank(end - trailing - 1) {
                end -= trailing;
            }
        }
        document.lines.statements[header].has_comment
            || header > 0 && document.lines.is_comment(header - 1)
            || (header + 1..end).any(|at| document.lines.is_comment(at))
    }

    /// Removes what is marked; a text without a final line ending keeps none.
    fn splices(self) -> Vec<Splice> {
        let statements = &self.document.lines.statements;
        let mut splices: Vec<Splice> = statements
            .iter()
            .zip(&self.gone)
            .filter(|(_, gone)| **gone)
            .map(|(statement, _)| Splice::remove(statement.span.range()))
            .collect();
        let last = statements.len().saturating_sub(1);
        let ends_bare =
            self.gone.last() == Some(&true) && self.document.lines.ending(last).is_empty();
        if let Some(kept) = self.gone.iter().rposition(|gone| !gone).filter(|_| ends_bare) {
            let end = statements[kept].span.end();
            splices.push(Splice::remove(end - self.document.lines.ending(kept).len()..end));
        }
        splices
    }
}

/// How many keys of a section were marked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marked {
    None,
    Some,
    /// All that it has.
    Last,
}
