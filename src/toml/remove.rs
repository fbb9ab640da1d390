//! What goes with a key, a table, or one of an array of tables.

use std::cmp::Reverse;

use super::layout::{Kind, Layout, NodeId, ROOT, Step};
use super::list;
use super::splice::Splice;

/// What becomes of the comment lines that touch a header from above.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CommentsAbove {
    Stay,
    /// They go when a blank line parts them from what is before.
    Go,
}

/// Removes everything that writes a node.
pub(super) fn remove(layout: &Layout<'_>, node: NodeId, above: CommentsAbove) -> Vec<Splice> {
    let node = with_emptied_inline(layout, node);
    let parent = layout.nodes[node].parent;
    let inline = match layout.nodes[parent].kind {
        Kind::Array(_) => Some(parent),
        _ => layout.inline_around(parent),
    };
    match inline.and_then(|inline| layout.list(inline)) {
        Some(list) => {
            let gone: Vec<usize> = (0..list.items.len())
                .filter(|at| {
                    let parts = &layout.parts[list.items[*at].parts.clone()];
                    parts.iter().any(|part| part.node == node)
                        || layout.nodes[node].span == list.items[*at].span
                })
                .collect();
            list::remove(layout.text, list, &gone)
        }
        None => Lines::new(layout).without(node, above),
    }
}

/// Removes several tables of an array that `[[...]]` headers write, as they would go one after the
/// other from the last. The numbers are in order.
pub(super) fn remove_tables(layout: &Layout<'_>, array: NodeId, gone: &[usize]) -> Vec<Splice> {
    let mut lines = Lines::new(layout);
    let number = |section: &usize| number_in(layout, array, layout.sections[*section].table);
    let mut sections: Vec<(usize, usize)> = (1..layout.sections.len())
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
fn number_in(layout: &Layout<'_>, array: NodeId, mut node: NodeId) -> Option<usize> {
    while node != ROOT {
        match &layout.nodes[node].step {
            Step::Index(number) if layout.nodes[node].parent == array => return Some(*number),
            _ => node = layout.nodes[node].parent,
        }
    }
    None
}

/// Goes up from the only key of an inline table to the key of that table, which has nothing left.
fn with_emptied_inline(layout: &Layout<'_>, mut node: NodeId) -> NodeId {
    loop {
        let table = layout.nodes[node].parent;
        let is_written_by_a_key = !layout.is_array(layout.nodes[table].parent);
        let Kind::Inline(list) = layout.nodes[table].kind else {
            return node;
        };
        let [only] = layout.lists[list].items.as_slice() else {
            return node;
        };
        let inside = &layout.text[layout.lists[list].open..only.span.start];
        let behind = &layout.text[only.span.end..layout.lists[list].close];
        let has_comment = inside.contains('#') || behind.contains('#');
        if only.parts.len() != 1 || !is_written_by_a_key || has_comment {
            return node;
        }
        let line = (0..layout.statements.len()).find(|at| {
            let ends = layout.pair_through(*at, table).and_then(<[_]>::last);
            ends.is_some_and(|part| part.node == table)
        });
        let is_commented =
            |at: usize| layout.statements[at].has_comment || at > 0 && layout.is_comment(at - 1);
        if line.is_some_and(is_commented) {
            return node;
        }
        node = table;
    }
}

/// The statements of a text, some of them marked to go.
struct Lines<'l, 't> {
    layout: &'l Layout<'t>,
    gone: Vec<bool>,
}

impl<'l, 't> Lines<'l, 't> {
    fn new(layout: &'l Layout<'t>) -> Self {
        Lines { layout, gone: vec![false; layout.statements.len()] }
    }

    fn without(mut self, node: NodeId, above: CommentsAbove) -> Vec<Splice> {
        for section in 0..self.layout.sections.len() {
            let table = self.layout.sections[section].table;
            if section > 0 && self.layout.is_within(table, node) {
                self.mark_section(section, above);
            } else if self.mark_pairs(section, node) == Marked::Last {
                self.mark_emptied(section);
            }
        }
        self.splices()
    }

    /// Marks a header and what it heads, through the last key and comments that hang on it.
    fn mark_section(&mut self, section: usize, above: CommentsAbove) {
        let layout = self.layout;
        let statements = layout.sections[section].statements.clone();
        let header = statements.start;
        let last_pair = statements.clone().rfind(|at| layout.is_pair(*at)).unwrap_or(header);
        let mut behind = self.kept_from(last_pair + 1);
        while layout.is_comment(behind) {
            behind = self.kept_from(behind + 1);
        }
        // Comments that touch the next header are about that one.
        let belong = behind == layout.statements.len() || layout.is_blank(behind);
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
        let count = (0..header).rev().take_while(|at| self.layout.is_comment(*at)).count();
        let first = header - count;
        if first > 0 && self.layout.is_blank(first - 1) { first } else { header }
    }

    /// Marks the blank line that set a block apart: the one before it, or behind it at the top.
    fn mark_one_blank(&mut self, first: usize, end: usize) {
        let before = first.checked_sub(1).filter(|at| !self.gone[*at]);
        if let Some(before) = before.filter(|at| self.layout.is_blank(*at)) {
            self.gone[before] = true;
        } else if self.kept_from(0) >= first {
            let behind = self.kept_from(end);
            if self.layout.is_blank(behind) {
                self.gone[behind] = true;
            }
        }
    }

    /// Marks the keys of a section that go through a node.
    fn mark_pairs(&mut self, section: usize, node: NodeId) -> Marked {
        let mut marked = Marked::None;
        let mut kept = 0;
        for at in self.layout.sections[section].statements.clone() {
            if self.layout.pair_through(at, node).is_some() {
                self.gone[at] = true;
                marked = Marked::Some;
            } else if self.layout.is_pair(at) {
                kept += 1;
            }
        }
        if marked == Marked::Some && kept == 0 { Marked::Last } else { marked }
    }

    /// Marks what a section without keys does not need: its header when no comment tells of it,
    /// or the blank line behind the keys of the root.
    fn mark_emptied(&mut self, section: usize) {
        let layout = self.layout;
        let statements = layout.sections[section].statements.clone();
        if layout.sections[section].table == ROOT {
            let Some(last) = statements.rev().find(|at| self.gone[*at]) else {
                return;
            };
            let kept_before = (0..last).rev().find(|at| !self.gone[*at]);
            if kept_before.is_none_or(|at| layout.is_blank(at)) && layout.is_blank(last + 1) {
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
        let table = self.layout.sections[section].table;
        self.layout.is_array(self.layout.nodes[table].parent)
    }

    /// Whether tables below it follow, for which it is the heading that a reader expects.
    fn heads_later_sections(&self, section: usize) -> bool {
        let table = self.layout.sections[section].table;
        self.layout.sections[section + 1..]
            .iter()
            .any(|later| self.layout.is_within(later.table, table))
    }

    /// Whether a comment stands above, beside or under the header of a section.
    fn tells_something(&self, section: usize) -> bool {
        let layout = self.layout;
        let statements = layout.sections[section].statements.clone();
        let header = statements.start;
        let mut end = statements.end;
        if end < layout.statements.len() {
            // A last block of comments that is set apart is about the next header.
            let trailing = statements.rev().take_while(|at| layout.is_comment(*at)).count();
            if layout.is_blank(end - trailing - 1) {
                end -= trailing;
            }
        }
        layout.statements[header].has_comment
            || header > 0 && layout.is_comment(header - 1)
            || (header + 1..end).any(|at| layout.is_comment(at))
    }

    /// Removes what is marked; a text without a final line ending keeps none.
    fn splices(self) -> Vec<Splice> {
        let statements = &self.layout.statements;
        let mut splices: Vec<Splice> = statements
            .iter()
            .zip(&self.gone)
            .filter(|(_, gone)| **gone)
            .map(|(statement, _)| Splice::remove(statement.span.clone()))
            .collect();
        let last = statements.len().saturating_sub(1);
        let ends_bare = self.gone.last() == Some(&true) && self.layout.ending(last).is_empty();
        if let Some(kept) = self.gone.iter().rposition(|gone| !gone).filter(|_| ends_bare) {
            let end = statements[kept].span.end;
            splices.push(Splice::remove(end - self.layout.ending(kept).len()..end));
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
