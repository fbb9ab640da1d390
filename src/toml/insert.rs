//! Where a new key goes.

use super::edit::{EditError, Value};
use super::layout::{Defined, Kind, Layout, NodeId, Part, ROOT, Step};
use super::splice::Splice;
use super::{list, literal};

/// Adds a value under a path of which the layout holds only the first steps, up to a node.
pub(super) fn add(
    layout: &Layout<'_>,
    node: NodeId,
    path: &[Step<'_>],
    taken: usize,
    value: &Value,
) -> Result<Vec<Splice>, EditError> {
    let rest = missing_keys(layout, node, path, taken)?;
    let value = literal::value(value);
    let line = |names: &[&str]| format!("{} = {value}", literal::dotted(names.iter().copied()));
    if let Some(inline) = layout.inline_around(node) {
        let names = [keys_between(layout, inline, node), rest].concat();
        let list = layout.list(inline).ok_or(EditError::Mismatch)?;
        return Ok(list::add(layout.text, list, &line(&names)));
    }
    if let Kind::Table(Defined::Dotted) = layout.nodes[node].kind
        && let Some((statement, parts)) = last_pair_through(layout, node)
    {
        let raw = raw_through(layout.text, parts, node);
        return Ok(vec![after(layout, statement, parts, &format!("{raw}.{}", line(&rest)))]);
    }
    if let (Kind::Table(Defined::Section(section)), [_]) =
        (&layout.nodes[node].kind, rest.as_slice())
    {
        return Ok(vec![into_section(layout, *section, &line(&rest))]);
    }
    let names: Vec<&str> = path.iter().filter_map(key_of).collect();
    let (key, table) = names.split_last().ok_or(EditError::Mismatch)?;
    // A header reaches only the last element of an array.
    if names.len() < path.len() {
        return Err(EditError::NotThere);
    }
    let header = format!("[{}]", literal::dotted(table.iter().copied()));
    Ok(vec![at_end(layout, &[header, line(&[*key])])])
}

/// Adds lines at the end of the text, with one blank line before them.
pub(super) fn at_end(layout: &Layout<'_>, lines: &[String]) -> Splice {
    let ending = layout.first_ending();
    let block = lines.join(ending);
    let text = match layout.statements.len().checked_sub(1).map(|last| layout.ending(last)) {
        None => format!("{block}{ending}"),
        Some("") => format!("{ending}{ending}{block}"),
        Some(_) => format!("{ending}{block}{ending}"),
    };
    Splice::insert(layout.text.len(), text)
}

fn key_of<'s>(step: &'s Step<'_>) -> Option<&'s str> {
    match step {
        Step::Key(name) => Some(name),
        Step::Index(_) => None,
    }
}

/// Returns the keys that are to be made, or says why the last node cannot hold them.
fn missing_keys<'s>(
    layout: &Layout<'_>,
    node: NodeId,
    path: &'s [Step<'_>],
    taken: usize,
) -> Result<Vec<&'s str>, EditError> {
    let prefix = || literal::path(&path[..taken]);
    match (&layout.nodes[node].kind, path.get(taken)) {
        (Kind::Array(_) | Kind::Tables, Some(Step::Index(_))) => return Err(EditError::NotThere),
        (_, Some(Step::Index(_))) => return Err(EditError::NotTables { path: prefix() }),
        (Kind::Scalar(_) | Kind::Array(_) | Kind::Tables, _) => {
            return Err(EditError::NotATable { path: prefix() });
        }
        _ => {}
    }
    path[taken..].iter().map(key_of).collect::<Option<Vec<_>>>().ok_or(EditError::NotThere)
}

/// Returns the keys from a table down to another.
fn keys_between<'l>(layout: &'l Layout<'_>, outer: NodeId, mut node: NodeId) -> Vec<&'l str> {
    let mut names = Vec::new();
    while node != outer && node != ROOT {
        names.extend(key_of(&layout.nodes[node].step));
        node = layout.nodes[node].parent;
    }
    names.reverse();
    names
}

fn last_pair_through<'l>(layout: &'l Layout<'_>, node: NodeId) -> Option<(usize, &'l [Part])> {
    (0..layout.statements.len())
        .rev()
        .find_map(|at| layout.pair_through(at, node).map(|parts| (at, parts)))
}

/// Returns a dotted key as it is written, up to the part that names a node.
fn raw_through<'t>(text: &'t str, parts: &[Part], node: NodeId) -> &'t str {
    let start = parts.first().map_or(0, |part| part.span.start);
    let end = parts.iter().find(|part| part.node == node).map_or(start, |part| part.span.end);
    &text[start..end]
}

/// Adds a line after a statement, indented like it.
fn after(layout: &Layout<'_>, statement: usize, parts: &[Part], line: &str) -> Splice {
    let span = &layout.statements[statement].span;
    let key = parts.first().map_or(span.start, |part| part.span.start);
    let indent = &layout.text[span.start..key];
    below(layout, statement, &format!("{indent}{line}"))
}

/// Adds a line after a statement; a last line without an ending leaves the new one without.
fn below(layout: &Layout<'_>, statement: usize, line: &str) -> Splice {
    let end = layout.statements[statement].span.end;
    match layout.ending(statement) {
        "" => Splice::insert(end, format!("{}{line}", layout.first_ending())),
        ending => Splice::insert(end, format!("{line}{ending}")),
    }
}

fn into_section(layout: &Layout<'_>, section: usize, line: &str) -> Splice {
    let mut statements = layout.sections[section].statements.clone();
    if let Some(last) = statements.rfind(|at| layout.is_pair(*at)) {
        return after(layout, last, layout.parts_of(&layout.statements[last]), line);
    }
    match layout.header(section) {
        Some(header) => {
            let span = layout.statements[header].span.clone();
            let text = &layout.text[span];
            let indent = &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
            below(layout, header, &format!("{indent}{line}"))
        }
        None => first_of_root(layout, line),
    }
}

/// Adds the first key of the document: at the top, but behind a comment that is set apart by a
/// blank line, as that is about the file and not about what comes next.
fn first_of_root(layout: &Layout<'_>, line: &str) -> Splice {
    let all = layout.statements.len();
    let comments = (0..all).take_while(|at| layout.is_comment(*at)).count();
    let above = match comments {
        0 => 0,
        _ if comments == all => comments,
        _ if layout.is_blank(comments) => comments + 1,
        _ => 0,
    };
    let ending = layout.first_ending();
    match layout.statements.get(above) {
        Some(next) => Splice::insert(next.span.start, format!("{line}{ending}{ending}")),
        None if above > 0 => below(layout, above - 1, line),
        None => Splice::insert(layout.text.len(), format!("{line}{ending}")),
    }
}
