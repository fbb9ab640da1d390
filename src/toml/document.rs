//! The values of a TOML text, one by one, each with its place.

use std::borrow::Cow;
use std::ops::Range;

use super::layout::{Defined, Kind, Layout, Node, NodeId, ROOT, Step};
use super::parse;
use super::plain::{self, Leaf};
use super::scalar::Scalar;
use super::value::Value;

/// Why a text is no TOML, and where.
pub struct Misread {
    /// Where the fault stands.
    pub at: usize,
    /// What is wrong, without any of the text.
    pub message: String,
}

/// The values of a text, and the tables in which they stand.
pub struct Values {
    /// The path of each table, as it is written.
    pub tables: Vec<Vec<String>>,
    /// The values, tables in depth. Each is a bare key with a value that is decoded when it is asked
    /// for, unless it is kept apart.
    pub leaves: Vec<Leaf>,
    /// The values that are kept apart, in order, with their numbers among the leaves.
    pub apart: Vec<(usize, Apart)>,
}

/// A value that is kept apart from the text. It may be a secret, so there is no `Debug`.
pub struct Apart {
    /// The last part of the key, as it is written.
    pub name: String,
    /// The value.
    pub value: Value,
    /// Where the last part of the key begins.
    pub key_at: usize,
    /// Where the value stands.
    pub span: Range<usize>,
}

/// A key of the root, or of one table of an array, with what it holds.
pub struct Field {
    /// Its name.
    pub name: String,
    /// Where the name begins.
    pub name_at: usize,
    /// Where its value begins.
    pub at: usize,
    /// The value.
    pub value: Value,
    /// The tables, where `[[name]]` headers write it.
    pub tables: Option<Vec<FieldTable>>,
}

/// One table of an array of tables.
pub struct FieldTable {
    /// Where its header begins.
    pub start: usize,
    /// Its keys, in the order of the text.
    pub fields: Vec<Field>,
}

/// Lists the values of a text without a byte order mark, tables in depth.
///
/// # Errors
/// The text is not TOML.
pub fn values(text: &str) -> Result<Values, Misread> {
    if let Some(plain) = plain::read(text) {
        return Ok(Values { tables: plain.tables, leaves: plain.leaves, apart: Vec::new() });
    }
    let document = Document::read(text)?;
    let layout = &document.layout;
    let mut listed = Values { tables: vec![Vec::new()], leaves: Vec::new(), apart: Vec::new() };
    // A list in place of recursion: dotted keys nest deeper than the stack should.
    let mut open: Vec<(NodeId, u32)> = Vec::new();
    let push = |open: &mut Vec<_>, node: NodeId, table: u32| {
        open.extend(layout.nodes[node].children.iter().rev().map(|child| (*child, table)));
    };
    push(&mut open, ROOT, 0);
    while let Some((node, table)) = open.pop() {
        let Step::Key(name) = &layout.nodes[node].step else { continue };
        if layout.is_table(node) && !layout.nodes[node].children.is_empty() {
            let above = listed.tables.get(table as usize).into_iter().flatten().cloned();
            let path = above.chain([name.to_string()]).collect();
            let Ok(id) = u32::try_from(listed.tables.len()) else { continue };
            listed.tables.push(path);
            push(&mut open, node, id);
        } else if !matches!(layout.nodes[node].kind, Kind::Table(_)) {
            document.place(node, table, name, &mut listed);
        }
    }
    Ok(listed)
}

/// Lists the keys of the root of a text without a byte order mark.
///
/// # Errors
/// The text is not TOML.
pub fn fields(text: &str) -> Result<Vec<Field>, Misread> {
    Ok(Document::read(text)?.fields(ROOT))
}

/// A text that was read, with the place where each key stands first.
struct Document<'t> {
    layout: Layout<'t>,
    named: Vec<Option<Range<usize>>>,
}

impl<'t> Document<'t> {
    fn read(text: &'t str) -> Result<Self, Misread> {
        let layout = parse::read(text)
            .map_err(|fault| Misread { at: fault.offset(), message: fault.message() })?;
        let mut named = vec![None; layout.nodes.len()];
        for part in layout.parts.iter().rev() {
            named[part.node] = Some(part.span.clone());
        }
        Ok(Document { layout, named })
    }

    fn name_at(&self, node: NodeId) -> usize {
        let named = self.named[node].as_ref();
        named.map_or(self.layout.nodes[node].span.start, |span| span.start)
    }

    /// Lists a value: as it stands in the text where nothing has to be decoded, else apart.
    fn place(&self, node: NodeId, table: u32, name: &str, listed: &mut Values) {
        let text = self.layout.text;
        let span = self.span(node);
        let is_name = |key: &Range<usize>| text.get(key.clone()) == Some(name);
        let key = self.named[node].clone().filter(|key| is_name(key));
        if let Some(key) = key.filter(|_| self.is_plain(node))
            && let Some(leaf) = Leaf::new(table, &key, &span)
        {
            return listed.leaves.push(leaf);
        }
        let (value, key_at) = (value(&self.layout, node), self.name_at(node));
        let apart = Apart { name: name.to_owned(), value, key_at, span };
        listed.apart.push((listed.leaves.len(), apart));
        listed.leaves.push(Leaf::apart(table));
    }

    /// Whether a value is written so that nothing in it has to be decoded.
    fn is_plain(&self, node: NodeId) -> bool {
        let Node { kind, span, .. } = &self.layout.nodes[node];
        match kind {
            // What was decoded is still a part of the text, without one quote on either side.
            Kind::Scalar(Scalar::String(Cow::Borrowed(text))) => text.len() + 2 == span.len(),
            Kind::Scalar(Scalar::Bool(_)) => true,
            Kind::Scalar(Scalar::Integer(_)) => {
                self.layout.text.get(span.clone()).is_some_and(plain::is_number)
            }
            _ => false,
        }
    }

    /// Returns where a value stands; of tables the header, or the first key that writes them.
    fn span(&self, node: NodeId) -> Range<usize> {
        match self.layout.nodes[node].kind {
            Kind::Tables => {
                let tables = &self.layout.nodes[node].children;
                let header = |table: Option<&NodeId>| table.map_or(0..0, |table| self.span(*table));
                header(tables.first()).start..header(tables.last()).end
            }
            Kind::Table(Defined::Section(section)) => self.header(section),
            Kind::Table(_) => self.name_at(node)..self.name_at(node),
            _ => self.layout.nodes[node].span.clone(),
        }
    }

    /// Returns where a header stands, from its first bracket through its last one.
    fn header(&self, section: usize) -> Range<usize> {
        let Some(at) = self.layout.header(section) else { return 0..0 };
        let line = &self.layout.statements[at];
        let name_end = self.layout.parts_of(line).last().map_or(line.span.start, |p| p.span.end);
        let text = &self.layout.text[line.span.start..];
        let start = line.span.start + text.find('[').unwrap_or_default();
        let behind = &self.layout.text[name_end..];
        let brackets = behind.trim_start_matches([' ', '\t', ']']).len();
        let end = name_end + self.layout.text[name_end..].len() - brackets;
        start..self.layout.text[..end].trim_end_matches([' ', '\t']).len()
    }

    fn fields(&self, table: NodeId) -> Vec<Field> {
        let children = self.layout.nodes[table].children.iter();
        children
            .filter_map(|child| {
                let Step::Key(name) = &self.layout.nodes[*child].step else { return None };
                let tables = matches!(self.layout.nodes[*child].kind, Kind::Tables).then(|| {
                    let tables = self.layout.nodes[*child].children.iter();
                    let table = |node: &NodeId| FieldTable {
                        start: self.span(*node).start,
                        fields: self.fields(*node),
                    };
                    tables.map(table).collect()
                });
                Some(Field {
                    name: name.to_string(),
                    name_at: self.name_at(*child),
                    at: self.span(*child).start,
                    value: value(&self.layout, *child),
                    tables,
                })
            })
            .collect()
    }
}

fn value(layout: &Layout<'_>, node: NodeId) -> Value {
    let children = layout.nodes[node].children.iter();
    match &layout.nodes[node].kind {
        Kind::Scalar(Scalar::String(text)) => Value::String(text.to_string()),
        Kind::Scalar(Scalar::Bool(value)) => Value::Bool(*value),
        Kind::Scalar(Scalar::Integer(value)) => Value::Integer(*value),
        Kind::Scalar(Scalar::Float(bits)) => Value::Float(f64::from_bits(*bits)),
        Kind::Scalar(Scalar::Datetime(time)) => Value::Datetime(time.to_string()),
        Kind::Array(_) | Kind::Tables => {
            Value::Array(children.map(|child| value(layout, *child)).collect())
        }
        Kind::Inline(_) | Kind::Table(_) => {
            let pair = |child: &NodeId| match &layout.nodes[*child].step {
                Step::Key(name) => Some((name.to_string(), value(layout, *child))),
                Step::Index(_) => None,
            };
            Value::Table(children.filter_map(pair).collect())
        }
    }
}
