//! What stands between brackets or braces, with commas: adding to it and taking from it.

use std::ops::Range;

use super::splice::Splice;
use crate::toml::document::Document;
use crate::toml::event::EventKind;
use crate::toml::events::{self};
use crate::toml::lines::Parts;
use crate::toml::node::NodeId;
use crate::toml::span::narrow;

/// One value of an array, or one key and its value in an inline table.
pub(in crate::toml) struct Element {
    pub(in crate::toml) span: Range<usize>,
    /// The parts of its key; none in an array.
    pub(in crate::toml) parts: Parts,
}

/// What stands between two brackets or braces.
pub(in crate::toml) struct List {
    /// Where the opening one stands.
    pub(in crate::toml) open: usize,
    /// Where the closing one stands.
    pub(in crate::toml) close: usize,
    pub(in crate::toml) items: Vec<Element>,
    /// Where the commas stand; the one at an index follows the item at that index.
    pub(in crate::toml) commas: Vec<usize>,
}

impl List {
    /// Finds the items of an array or inline table; nothing where a node is neither.
    ///
    /// # Why
    /// Only an edit within a value asks for them, so they are no part of the document.
    pub(in crate::toml) fn of(document: &Document<'_>, node: NodeId) -> Option<List> {
        let span = document.value_span(node);
        let end = span.end().checked_sub(1)?;
        let mut list =
            List { open: span.start(), close: end, items: Vec::new(), commas: Vec::new() };
        let (mut depth, mut start, mut keys) = (0_u32, None, 0);
        events::feed_value(document.text, span, |event| {
            let at = event.span.start();
            match event.kind {
                EventKind::ArrayOpen | EventKind::InlineOpen => {
                    if depth == 1 {
                        start.get_or_insert(at);
                    }
                    depth += 1;
                    return;
                }
                EventKind::ArrayClose | EventKind::InlineClose => depth -= 1,
                EventKind::Key(_) if depth == 1 => {
                    start.get_or_insert(at);
                    keys += 1;
                    return;
                }
                EventKind::Scalar(_) => {}
                EventKind::Comma if depth == 1 => {
                    list.commas.push(at);
                    return;
                }
                _ => return,
            }
            if depth == 1 {
                let start = start.take().unwrap_or(at);
                let parts = Parts { first: first_part(document, start), count: keys };
                list.items.push(Element { span: start..event.span.end(), parts });
                keys = 0;
            }
        })
        .ok()?;
        Some(list)
    }
}

/// Returns the number of the first part of a key from a place on; they are in the order of the text.
fn first_part(document: &Document<'_>, at: usize) -> u32 {
    narrow(document.lines.parts.partition_point(|part| part.span.start() < at))
}

/// Adds one item at the end, in the style of the last one.
pub(in crate::toml) fn add(text: &str, list: &List, item: &str) -> Vec<Splice> {
    let Some(final_item) = list.items.last() else {
        return vec![add_first(text, list, item)];
    };
    let lead = lead_for_next(text, list, final_item);
    let trailing_comma = list.commas.get(list.items.len() - 1);
    let after = trailing_comma.map_or(final_item.span.end, |comma| comma + 1);
    // A comment beside the last item stays beside it.
    let at = match comment_end(text, after) {
        Some(end) if lead.contains('\n') => end,
        _ => after,
    };
    match trailing_comma {
        Some(_) => vec![Splice::insert(at, format!("{lead}{item},"))],
        None => vec![
            Splice::insert(final_item.span.end, ",".to_owned()),
            Splice::insert(at, format!("{lead}{item}")),
        ],
    }
}

fn add_first(text: &str, list: &List, item: &str) -> Splice {
    let inside = &text[list.open + 1..list.close];
    if let Some(newline) = inside.rfind('\n') {
        let indent = &inside[newline + 1..];
        let ending = if inside[..newline].ends_with('\r') { "\r\n" } else { "\n" };
        let line = format!("{indent}  {item}{ending}");
        return Splice::insert(list.open + 1 + newline + 1, line);
    }
    let is_table = text[list.open..].starts_with('{');
    let item = if is_table && inside.is_empty() { format!(" {item} ") } else { item.to_owned() };
    Splice::insert(list.close, item)
}

/// Returns the white space to put before a new item: a line of its own when the last one has that.
fn lead_for_next(text: &str, list: &List, final_item: &Element) -> String {
    let space = &text[lead(text, final_item.span.start)];
    match space.rfind('\n') {
        Some(newline) => {
            let ending = if space[..newline].ends_with('\r') { "\r\n" } else { "\n" };
            format!("{ending}{}", &space[newline + 1..])
        }
        None if list.items.len() == 1 => " ".to_owned(),
        None => space.to_owned(),
    }
}

/// Returns the white space directly before an offset.
fn lead(text: &str, end: usize) -> Range<usize> {
    text[..end].trim_end_matches([' ', '\t', '\r', '\n']).len()..end
}

/// Returns the end of the comment that stands on the same line behind an offset.
fn comment_end(text: &str, after: usize) -> Option<usize> {
    let rest = &text[after..];
    let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let line = rest.split('\n').next().unwrap_or(rest);
    rest[blank..].starts_with('#').then(|| after + line.trim_end_matches('\r').len())
}

/// Takes items out, each with one comma, and with its whole lines when it has them for itself.
pub(in crate::toml) fn remove(text: &str, list: &List, gone: &[usize]) -> Vec<Splice> {
    let last_kept = (0..list.items.len()).rev().find(|at| !gone.contains(at));
    let Some(last_kept) = last_kept else {
        return remove_all(text, list);
    };
    let mut splices = Vec::new();
    for at in gone {
        let item = &list.items[*at];
        match list.commas.get(*at) {
            Some(_)
                if *at == 0 && !gone.contains(&1) && first_and_second_share_a_line(text, list) =>
            {
                let second = list.items[1].span.start;
                splices.push(Splice::remove(item.span.start..second));
            }
            Some(comma) => splices.push(Splice::remove(around(text, item, comma + 1))),
            None => splices.push(Splice::remove(around(text, item, item.span.end))),
        }
    }
    // Without the last item, the comma before it has nothing to part.
    let comma_stays = list.commas.len() == list.items.len() || last_kept + 1 == list.items.len();
    if let Some(comma) = list.commas.get(last_kept).filter(|_| !comma_stays) {
        splices.push(Splice::remove(*comma..comma + 1));
    }
    splices
}

fn first_and_second_share_a_line(text: &str, list: &List) -> bool {
    match list.items.as_slice() {
        [first, second, ..] => !text[first.span.end..second.span.start].contains(['\n', '#']),
        _ => false,
    }
}

fn remove_all(text: &str, list: &List) -> Vec<Splice> {
    let (Some(first), Some(final_item)) = (list.items.first(), list.items.last()) else {
        return Vec::new();
    };
    let before = &text[list.open + 1..first.span.start];
    let end = list.commas.get(list.items.len() - 1).map_or(final_item.span.end, |comma| comma + 1);
    let behind = &text[end..list.close];
    let on_one_line = !text[list.open..list.close].contains('\n');
    if on_one_line && list.items.len() == 1 {
        // The reverse of adding to an empty list, with or without white space in it.
        let from = if behind.is_empty() { first.span.start } else { list.open + 1 };
        return vec![Splice::remove(from..list.close)];
    }
    if on_one_line && before.trim().is_empty() {
        return vec![Splice::remove(list.open + 1..list.close)];
    }
    let ends =
        |at: usize, item: &Element| list.commas.get(at).map_or(item.span.end, |comma| comma + 1);
    list.items
        .iter()
        .enumerate()
        .map(|(at, item)| Splice::remove(around(text, item, ends(at, item))))
        .collect()
}

/// Returns the span of an item with the white space that goes with it.
fn around(text: &str, item: &Element, end: usize) -> Range<usize> {
    let line_start = text[..item.span.start].trim_end_matches([' ', '\t']).len();
    let line_end = comment_end(text, end).unwrap_or_else(|| {
        let rest = &text[end..];
        end + rest.len() - rest.trim_start_matches([' ', '\t']).len()
    });
    let ending = ["\r\n", "\n"].into_iter().find(|ending| text[line_end..].starts_with(ending));
    if let Some(ending) = ending.filter(|_| text[..line_start].ends_with('\n')) {
        return line_start..line_end + ending.len();
    }
    let space = lead(text, item.span.start);
    // What ends a comment must stay.
    match text[space.clone()].find('\n') {
        Some(newline) if ends_in_comment(&text[..space.start]) => space.start + newline + 1..end,
        _ => space.start..end,
    }
}

/// Whether the last line before an item could be a comment; a `#` in a string only keeps a line
/// break that could have gone.
fn ends_in_comment(text: &str) -> bool {
    text.rsplit('\n').next().is_some_and(|line| line.contains('#'))
}
