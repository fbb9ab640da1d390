//! Adds tables at the end of a text: one, or many for the price of one.
//!
//! # Why
//! Every edit reads the whole text twice. An import brings an entry for each account, and by an edit
//! for each of them it took time by the square of their number.

use std::collections::HashSet;

use super::edit::{Change, EditError, Value, finish, keys, set};
use super::layout::{Defined, Kind, Layout, NodeId, ROOT, Step};
use super::parse::parse;
use super::verify::Expected;
use super::{insert, list, literal};

/// The keys of a table with their values.
type Fields<'a> = Vec<(&'a str, Value)>;

/// Adds a `[[name]]` table at the end, with one blank line before it when the text is not empty.
///
/// An array that is written in brackets gets one more inline table. [`EditError::NotTables`] when
/// the name stands for something else.
pub fn append_table(text: &str, name: &str, fields: &[(&str, Value)]) -> Result<String, EditError> {
    append_tables(text, name, &[fields.to_vec()])
}

/// Adds several `[[name]]` tables, as [`append_table`] does one after the other.
pub fn append_tables(text: &str, name: &str, tables: &[Fields]) -> Result<String, EditError> {
    let layout = parse(text)?;
    if tables.is_empty() {
        return Ok(text.to_owned());
    }
    match layout.key(ROOT, name).map(|node| (node, &layout.nodes[node].kind)) {
        None | Some((_, Kind::Tables)) => at_end(&layout, name, tables),
        Some(_) => {
            tables.iter().try_fold(text.to_owned(), |text, fields| in_brackets(&text, name, fields))
        }
    }
}

fn at_end(layout: &Layout<'_>, name: &str, tables: &[Fields]) -> Result<String, EditError> {
    let count = layout.key(ROOT, name).map_or(0, |node| layout.nodes[node].children.len());
    let header = format!("[[{}]]", literal::key(name));
    let lines = blocks(tables.iter().map(|fields| (header.clone(), fields)));
    let added = tables.iter().zip(count..).map(|(fields, at)| (Step::Index(at), table(fields)));
    let expected: Vec<_> = added.collect();
    let splices = vec![insert::at_end(layout, &lines)];
    finish(layout, splices, &keys(&[name]), Expected::Added(&expected))
}

fn in_brackets(text: &str, name: &str, fields: &Fields) -> Result<String, EditError> {
    let layout = parse(text)?;
    let not_tables = || EditError::NotTables { path: literal::key(name) };
    let node = layout.key(ROOT, name).filter(|node| layout.is_array(*node));
    let node = node.ok_or_else(not_tables)?;
    let children = &layout.nodes[node].children;
    if !children.iter().all(|child| layout.is_table(*child)) {
        return Err(not_tables());
    }
    let list = layout.list(node).ok_or_else(not_tables)?;
    let added = [(Step::Index(children.len()), table(fields))];
    let splices = list::add(text, list, &literal::value(&added[0].1));
    finish(&layout, splices, &keys(&[name]), Expected::Added(&added))
}

/// Sets several keys, as [`set`] does one after the other.
pub fn set_all(text: &str, values: &[(Vec<&str>, Value)]) -> Result<Change, EditError> {
    let mut new = text.to_owned();
    let mut rest = values;
    while let Some((path, value)) = rest.first() {
        let sections = new_sections(&parse(&new)?, rest);
        let taken = sections.iter().map(|section| section.fields.len()).sum::<usize>();
        if taken > 1 {
            new = add_sections(&new, &sections)?;
        } else {
            new = set(&new, path, value)?.or(new);
        }
        rest = &rest[taken.max(1)..];
    }
    Ok(if new == text { Change::Unchanged } else { Change::Changed(new) })
}

/// A table that is not there yet and gets a header of its own.
struct Section<'a> {
    above: &'a [&'a str],
    name: &'a str,
    fields: Fields<'a>,
}

/// Returns the tables of one parent that the first values make, one after the other, at the end.
fn new_sections<'a>(layout: &Layout<'_>, values: &'a [(Vec<&'a str>, Value)]) -> Vec<Section<'a>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut names = HashSet::new();
    for (path, value) in values {
        let [above @ .., name, key] = path.as_slice() else { break };
        if sections.last().is_some_and(|last| last.above != above) {
            break;
        }
        match sections.last_mut().filter(|last| last.name == *name) {
            Some(last) if last.fields.iter().any(|(known, _)| known == key) => break,
            Some(last) => last.fields.push((key, value.clone())),
            None if names.insert(*name) && gets_header(layout, above, name) => {
                sections.push(Section { above, name, fields: vec![(key, value.clone())] });
            }
            None => break,
        }
    }
    sections
}

/// Whether a table is missing, and a key of it would be written below a header at the end.
fn gets_header(layout: &Layout<'_>, above: &[&str], name: &str) -> bool {
    let path = keys(&[above, &[name]].concat());
    let (node, taken) = layout.follow(&path);
    let is_open = |node: NodeId| match layout.nodes[node].kind {
        Kind::Table(Defined::Dotted) => false,
        Kind::Table(_) => layout.inline_around(node).is_none(),
        _ => false,
    };
    taken < path.len() && is_open(node)
}

fn add_sections(text: &str, sections: &[Section]) -> Result<String, EditError> {
    let layout = parse(text)?;
    let above = sections.first().map_or(&[][..], |section| section.above);
    let lines = blocks(sections.iter().map(|section| {
        let names = section.above.iter().chain([&section.name]).copied();
        (format!("[{}]", literal::dotted(names)), &section.fields)
    }));
    let added = sections.iter().map(|s| (Step::Key(s.name.into()), table(&s.fields)));
    let expected: Vec<_> = added.collect();
    let splices = vec![insert::at_end(&layout, &lines)];
    finish(&layout, splices, &keys(above), Expected::Added(&expected))
}

/// Returns the lines of tables with their headers, with a blank line between two.
fn blocks<'a>(tables: impl Iterator<Item = (String, &'a Fields<'a>)>) -> Vec<String> {
    let mut lines = Vec::new();
    for (header, fields) in tables {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(header);
        lines.extend(fields.iter().map(|(name, value)| literal::pair(name, value)));
    }
    lines
}

fn table(fields: &Fields) -> Value {
    Value::Table(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}
