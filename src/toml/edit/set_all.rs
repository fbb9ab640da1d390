//! Sets several keys, for the price of one where they make new tables.

use std::collections::HashSet;

use super::append::{Fields, blocks, table};
use super::change::{Change, EditError, parse};
use super::insert;
use super::set::set;
use super::verify::{Expected, finish};
use crate::toml::document::Document;
use crate::toml::literal;
use crate::toml::node::{Defined, NodeId, NodeKind, Step, keys};
use crate::toml::value::Value;

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
struct NewSection<'a> {
    above: &'a [&'a str],
    name: &'a str,
    fields: Fields<'a>,
}

/// Returns the tables of one parent that the first values make, one after the other, at the end.
fn new_sections<'a>(
    document: &Document<'_>,
    values: &'a [(Vec<&'a str>, Value)],
) -> Vec<NewSection<'a>> {
    let mut sections: Vec<NewSection> = Vec::new();
    let mut names = HashSet::new();
    for (path, value) in values {
        let [above @ .., name, key] = path.as_slice() else { break };
        if sections.last().is_some_and(|last| last.above != above) {
            break;
        }
        match sections.last_mut().filter(|last| last.name == *name) {
            Some(last) if last.fields.iter().any(|(known, _)| known == key) => break,
            Some(last) => last.fields.push((key, value.clone())),
            None if names.insert(*name) && gets_header(document, above, name) => {
                sections.push(NewSection { above, name, fields: vec![(key, value.clone())] });
            }
            None => break,
        }
    }
    sections
}

/// Whether a table is missing, and a key of it would be written below a header at the end.
fn gets_header(document: &Document<'_>, above: &[&str], name: &str) -> bool {
    let path = keys(&[above, &[name]].concat());
    let (node, taken) = document.follow(&path);
    let is_open = |node: NodeId| match document.kind(node) {
        NodeKind::Table(Defined::Dotted) => false,
        NodeKind::Table(_) => document.inline_around(node).is_none(),
        _ => false,
    };
    taken < path.len() && is_open(node)
}

fn add_sections(text: &str, sections: &[NewSection]) -> Result<String, EditError> {
    let document = parse(text)?;
    let above = sections.first().map_or(&[][..], |section| section.above);
    let lines = blocks(sections.iter().map(|section| {
        let names = section.above.iter().chain([&section.name]).copied();
        (format!("[{}]", literal::dotted(names)), &section.fields)
    }));
    let added = sections.iter().map(|s| (Step::Key(s.name), table(&s.fields)));
    let expected: Vec<_> = added.collect();
    let splices = vec![insert::at_end(&document, &lines)];
    finish(&document, splices, &keys(above), Expected::Added(&expected))
}
