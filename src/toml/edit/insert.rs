//! Where a new key goes.

use super::change::EditError;
use super::list::{self, List};
use super::splice::Splice;
use crate::toml::document::Document;
use crate::toml::lines::Part;
use crate::toml::literal;
use crate::toml::node::{Defined, NodeId, NodeKind, ROOT, Step};
use crate::toml::value::Value;

/// Adds a value under a path of which the document holds only the first steps, up to a node.
pub(in crate::toml) fn add(
    document: &Document<'_>,
    node: NodeId,
    path: &[Step<'_>],
    taken: usize,
    value: &Value,
) -> Result<Vec<Splice>, EditError> {
    let rest = missing_keys(document, node, path, taken)?;
    let value = literal::value(value);
    let line = |names: &[&str]| format!("{} = {value}", literal::dotted(names.iter().copied()));
    if let Some(inline) = document.inline_around(node) {
        let names = [keys_between(document, inline, node), rest].concat();
        let list = List::of(document, inline).ok_or(EditError::Mismatch)?;
        return Ok(list::add(document.text, &list, &line(&names)));
    }
    if document.kind(node) == NodeKind::Table(Defined::Dotted)
        && let Some((statement, parts)) = last_pair_through(document, node)
    {
        let raw = raw_through(document.text, parts, node);
        return Ok(vec![after(document, statement, parts, &format!("{raw}.{}", line(&rest)))]);
    }
    if let (NodeKind::Table(Defined::Section(section)), [_]) =
        (document.kind(node), rest.as_slice())
    {
        return Ok(vec![into_section(document, section as usize, &line(&rest))]);
    }
    let names: Vec<&str> = path.iter().filter_map(key_of).collect();
    let (key, table) = names.split_last().ok_or(EditError::Mismatch)?;
    // A header reaches only the last element of an array.
    if names.len() < path.len() {
        return Err(EditError::NotThere);
    }
    let header = format!("[{}]", literal::dotted(table.iter().copied()));
    Ok(vec![at_end(document, &[header, line(&[*key])])])
}

/// Adds lines at the end of the text, with one blank line before them, which may be there already.
pub(in crate::toml) fn at_end(document: &Document<'_>, lines: &[String]) -> Splice {
    let ending = document.lines.first_ending();
    let block = lines.join(ending);
    let text = match document
        .lines
        .statements
        .len()
        .checked_sub(1)
        .map(|last| document.lines.ending(last))
    {
        None => format!("{block}{ending}"),
        Some("") => format!("{ending}{ending}{block}"),
        Some(_) if ends_in_blank_line(document.text) => format!("{block}{ending}"),
        Some(_) => format!("{ending}{block}{ending}"),
    };
    Splice::insert(document.text.len(), text)
}

/// Whether the last line, which has an end, holds nothing but blanks.
fn ends_in_blank_line(text: &str) -> bool {
    let Some(text) = text.strip_suffix('\n') else { return false };
    text.rsplit('\n').next().is_some_and(|line| line.trim().is_empty())
}

fn key_of<'s>(step: &Step<'s>) -> Option<&'s str> {
    match *step {
        Step::Key(name) => Some(name),
        Step::Index(_) => None,
    }
}

/// Returns the keys that are to be made, or says why the last node cannot hold them.
fn missing_keys<'s>(
    document: &Document<'_>,
    node: NodeId,
    path: &'s [Step<'_>],
    taken: usize,
) -> Result<Vec<&'s str>, EditError> {
    let prefix = || literal::path(&path[..taken]);
    match (document.kind(node), path.get(taken)) {
        (NodeKind::Array | NodeKind::Tables, Some(Step::Index(_))) => {
            return Err(EditError::NotThere);
        }
        (_, Some(Step::Index(_))) => return Err(EditError::NotTables { path: prefix() }),
        (NodeKind::Scalar(_) | NodeKind::Array | NodeKind::Tables, _) => {
            return Err(EditError::NotATable { path: prefix() });
        }
        _ => {}
    }
    path[taken..].iter().map(key_of).collect::<Option<Vec<_>>>().ok_or(EditError::NotThere)
}

/// Returns the keys from a table down to another.
fn keys_between<'l>(document: &'l Document<'_>, outer: NodeId, mut node: NodeId) -> Vec<&'l str> {
    let mut names = Vec::new();
    while node != outer && node != ROOT {
        names.extend(document.name(node));
        node = document.parent(node);
    }
    names.reverse();
    names
}

fn last_pair_through<'l>(document: &'l Document<'_>, node: NodeId) -> Option<(usize, &'l [Part])> {
    (0..document.lines.statements.len())
        .rev()
        .find_map(|at| document.lines.pair_through(at, node).map(|parts| (at, parts)))
}

/// Returns a dotted key as it is written, up to the part that names a node.
fn raw_through<'t>(text: &'t str, parts: &[Part], node: NodeId) -> &'t str {
    let start = parts.first().map_or(0, |part| part.span.start());
    let end = parts.iter().find(|part| part.node == node).map_or(start, |part| part.span.end());
    &text[start..end]
}

/// Adds a line after a statement, indented like it.
fn after(document: &Document<'_>, statement: usize, parts: &[Part], line: &str) -> Splice {
    let span = document.lines.statements[statement].span;
    let key = parts.first().map_or(span.start(), |part| part.span.start());
    let indent = &document.text[span.start()..key];
    below(document, statement, &format!("{indent}{line}"))
}

/// Adds a line after a statement; a last line without an ending leaves the new one without.
fn below(document: &Document<'_>, statement: usize, line: &str) -> Splice {
    let end = document.lines.statements[statement].span.end();
    match document.lines.ending(statement) {
        "" => Splice::insert(end, format!("{}{line}", document.lines.first_ending())),
        ending => Splice::insert(end, format!("{line}{ending}")),
    }
}

fn into_section(document: &Document<'_>, section: usize, line: &str) -> Splice {
    let mut statements = document.lines.section(section);
    if let Some(last) = statements.rfind(|at| document.lines.is_pair(*at)) {
        return after(
            document,
            last,
            document.lines.parts_of(&document.lines.statements[last]),
            line,
        );
    }
    match document.lines.header(section) {
        Some(header) => {
            let span = document.lines.statements[header].span.range();
            let text = &document.text[span];
            let indent = &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
            below(document, header, &format!("{indent}{line}"))
        }
        None => first_of_root(document, line),
    }
}

/// Adds the first key of the document: at the top, but behind a comment that is set apart by a
/// blank line, as that is about the file and not about what comes next.
fn first_of_root(document: &Document<'_>, line: &str) -> Splice {
    let all = document.lines.statements.len();
    let comments = (0..all).take_while(|at| document.lines.is_comment(*at)).count();
    let above = match comments {
        0 => 0,
        _ if comments == all => comments,
        _ if document.lines.is_blank(comments) => comments + 1,
        _ => 0,
    };
    let ending = document.lines.first_ending();
    match document.lines.statements.get(above) {
        Some(next) => Splice::insert(next.span.start(), format!("{line}{ending}{ending}")),
        None if above > 0 => below(document, above - 1, line),
        None => Splice::insert(document.text.len(), format!("{line}{ending}")),
    }
}
