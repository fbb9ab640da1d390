//! `Layout`: where everything stands in a TOML text, and the data it means.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;

use hashbrown::HashTable;

use super::edit::Value;
use super::scalar::Scalar;

/// The index of a node in its layout.
pub(super) type NodeId = usize;

/// How many keys a table has at most that are searched one by one, which is faster than hashing.
const FEW: usize = 8;

/// The node of the document itself.
pub(super) const ROOT: NodeId = 0;

/// One step from a table or an array to what it holds.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Step<'t> {
    Key(Cow<'t, str>),
    Index(usize),
}

/// What brought a table into being, which decides what may extend it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Defined {
    /// A header of a table below it.
    Implied,
    /// A dotted key.
    Dotted,
    /// A header of its own (or it is the root): the index of its section.
    Section(usize),
}

/// What a node is.
pub(super) enum Kind<'t> {
    Scalar(Scalar<'t>),
    /// `[...]`, with the index of its list.
    Array(usize),
    /// `{...}`, with the index of its list.
    Inline(usize),
    /// What `[[...]]` headers fill.
    Tables,
    Table(Defined),
}

/// A table, an array or a value, with its place in the data.
pub(super) struct Node<'t> {
    pub(super) parent: NodeId,
    /// How it is reached from its parent.
    pub(super) step: Step<'t>,
    pub(super) kind: Kind<'t>,
    /// The bytes of a value; empty for tables that no single value writes.
    pub(super) span: Range<usize>,
    pub(super) children: Vec<NodeId>,
}

impl<'t> Node<'t> {
    /// Makes a node that has no children yet.
    pub(super) fn new(parent: NodeId, step: Step<'t>, kind: Kind<'t>) -> Self {
        Node { parent, step, kind, span: 0..0, children: Vec::new() }
    }
}

/// One part of a dotted key or of a header, and the node it names.
pub(super) struct Part {
    pub(super) span: Range<usize>,
    pub(super) node: NodeId,
}

/// What a statement is.
pub(super) enum StatementKind {
    Blank,
    Comment,
    /// A header, with its parts.
    Header(Range<usize>),
    /// A key and its value, with its parts.
    Pair(Range<usize>),
}

/// Whole lines that belong together: a blank line, a comment, a header, or a key and its value.
/// All statements together are the text without its byte order mark.
pub(super) struct Statement {
    /// From the first byte of the line through the line ending.
    pub(super) span: Range<usize>,
    pub(super) kind: StatementKind,
    /// Whether a comment stands beside it, or is all of it.
    pub(super) has_comment: bool,
}

/// A header and everything up to the next one. The first section is the root's and has no header.
pub(super) struct Section {
    pub(super) table: NodeId,
    /// Its statements, the header included.
    pub(super) statements: Range<usize>,
}

/// One value of an array, or one key and its value in an inline table.
pub(super) struct Item {
    pub(super) span: Range<usize>,
    pub(super) parts: Range<usize>,
}

/// What stands between two brackets or braces.
pub(super) struct List {
    /// Where the opening one stands.
    pub(super) open: usize,
    /// Where the closing one stands.
    pub(super) close: usize,
    pub(super) items: Vec<Item>,
    /// Where the commas stand; the one at an index follows the item at that index.
    pub(super) commas: Vec<usize>,
}

/// The nodes of tables that have more than a [`FEW`] keys, by table and name. An entry is a number: the
/// names stay where they are. The seed is one that nobody can foresee.
#[derive(Default)]
struct Keys {
    nodes: HashTable<NodeId>,
    hasher: RandomState,
}

/// Where everything stands in a TOML text, and the data it means. It is made by
/// [`super::parse::parse`] alone, so the text is valid and every span lies in it.
pub(super) struct Layout<'t> {
    pub(super) text: &'t str,
    pub(super) nodes: Vec<Node<'t>>,
    keys: Keys,
    pub(super) parts: Vec<Part>,
    pub(super) statements: Vec<Statement>,
    pub(super) sections: Vec<Section>,
    pub(super) lists: Vec<List>,
}

impl<'t> Layout<'t> {
    /// Makes a layout with the root alone.
    pub(super) fn empty(text: &'t str) -> Self {
        let root = Node::new(ROOT, Step::Index(0), Kind::Table(Defined::Section(0)));
        Layout {
            text,
            nodes: vec![root],
            keys: Keys::default(),
            parts: Vec::new(),
            statements: Vec::new(),
            sections: vec![Section { table: ROOT, statements: 0..0 }],
            lists: Vec::new(),
        }
    }

    /// Returns what a table holds under a key.
    pub(super) fn key(&self, table: NodeId, name: &str) -> Option<NodeId> {
        self.key_by_hash(table, name, self.hash(table, name))
    }

    /// Returns the hash of a key, where its table has so many that they are found by it.
    pub(super) fn hash(&self, table: NodeId, name: &str) -> Option<u64> {
        let is_long = self.nodes[table].children.len() > FEW;
        is_long.then(|| self.keys.hasher.hash_one((table, name)))
    }

    /// Returns what a table holds under a key of which [`Layout::hash`] gave the hash.
    pub(super) fn key_by_hash(
        &self,
        table: NodeId,
        name: &str,
        hash: Option<u64>,
    ) -> Option<NodeId> {
        let is_named =
            |child: &NodeId| matches!(&self.nodes[*child].step, Step::Key(other) if other == name);
        let Some(hash) = hash else {
            return self.nodes[table].children.iter().copied().find(is_named);
        };
        let is_it = |node: &NodeId| self.nodes[*node].parent == table && is_named(node);
        self.keys.nodes.find(hash, is_it).copied()
    }

    /// Adds a node to a table under a key that it does not hold, of which [`Layout::hash`] gave the
    /// hash before.
    pub(super) fn add_key(
        &mut self,
        table: NodeId,
        name: Cow<'t, str>,
        kind: Kind<'t>,
        hash: Option<u64>,
    ) -> NodeId {
        let node = self.add(table, Step::Key(name), kind);
        let Layout { nodes, keys: Keys { nodes: hashed, hasher }, .. } = self;
        let again = |node: &NodeId| match &nodes[*node].step {
            Step::Key(name) => hasher.hash_one((nodes[*node].parent, name.as_ref())),
            Step::Index(_) => 0,
        };
        let children = &nodes[table].children;
        match hash {
            Some(hash) => {
                hashed.insert_unique(hash, node, again);
            }
            // The first time that they are too many, all are hashed.
            None if children.len() > FEW => {
                for child in children {
                    hashed.insert_unique(again(child), *child, again);
                }
            }
            None => {}
        }
        node
    }

    /// Adds a node below another.
    pub(super) fn add(&mut self, parent: NodeId, step: Step<'t>, kind: Kind<'t>) -> NodeId {
        let node = self.nodes.len();
        self.nodes.push(Node::new(parent, step, kind));
        self.nodes[parent].children.push(node);
        node
    }

    /// Returns what a node holds one step further.
    pub(super) fn child(&self, node: NodeId, step: &Step<'_>) -> Option<NodeId> {
        match step {
            Step::Key(name) => self.key(node, name),
            Step::Index(at) if self.is_array(node) => self.nodes[node].children.get(*at).copied(),
            Step::Index(_) => None,
        }
    }

    /// Follows a path as far as it leads: the last node and how many steps led to it.
    pub(super) fn follow(&self, path: &[Step<'_>]) -> (NodeId, usize) {
        let mut node = ROOT;
        for (taken, step) in path.iter().enumerate() {
            match self.child(node, step) {
                Some(child) => node = child,
                None => return (node, taken),
            }
        }
        (node, path.len())
    }

    /// Whether a node is an array of any form.
    pub(super) fn is_array(&self, node: NodeId) -> bool {
        matches!(self.nodes[node].kind, Kind::Array(_) | Kind::Tables)
    }

    /// Whether a node is a table of any form.
    pub(super) fn is_table(&self, node: NodeId) -> bool {
        matches!(self.nodes[node].kind, Kind::Inline(_) | Kind::Table(_))
    }

    /// Whether a node is another or lies below it.
    pub(super) fn is_within(&self, mut node: NodeId, outer: NodeId) -> bool {
        while node != outer && node != ROOT {
            node = self.nodes[node].parent;
        }
        node == outer
    }

    /// Whether a node holds exactly this data, however it is written.
    pub(super) fn holds(&self, node: NodeId, value: &Value) -> bool {
        let children = &self.nodes[node].children;
        match (&self.nodes[node].kind, value) {
            (Kind::Scalar(Scalar::String(found)), Value::String(wanted)) => found == wanted,
            (Kind::Scalar(Scalar::Bool(found)), Value::Bool(wanted)) => found == wanted,
            (Kind::Scalar(Scalar::Integer(found)), Value::Integer(wanted)) => found == wanted,
            (Kind::Array(_) | Kind::Tables, Value::Array(wanted)) => {
                children.len() == wanted.len()
                    && children.iter().zip(wanted).all(|(child, value)| self.holds(*child, value))
            }
            (Kind::Inline(_) | Kind::Table(_), Value::Table(wanted)) => {
                children.len() == wanted.len()
                    && wanted.iter().all(|(name, value)| {
                        self.key(node, name).is_some_and(|child| self.holds(child, value))
                    })
            }
            _ => false,
        }
    }

    /// Returns the parts of a header or of a key and its value.
    pub(super) fn parts_of(&self, statement: &Statement) -> &[Part] {
        match &statement.kind {
            StatementKind::Header(parts) | StatementKind::Pair(parts) => &self.parts[parts.clone()],
            StatementKind::Blank | StatementKind::Comment => &[],
        }
    }

    /// Returns the parts of a key and its value when they go through a node.
    pub(super) fn pair_through(&self, statement: usize, node: NodeId) -> Option<&[Part]> {
        match &self.statements[statement].kind {
            StatementKind::Pair(parts) => Some(&self.parts[parts.clone()])
                .filter(|parts| parts.iter().any(|part| part.node == node)),
            _ => None,
        }
    }

    /// Whether a statement is a key and its value.
    pub(super) fn is_pair(&self, statement: usize) -> bool {
        matches!(self.statements[statement].kind, StatementKind::Pair(_))
    }

    /// Whether there is such a statement and it is a blank line.
    pub(super) fn is_blank(&self, statement: usize) -> bool {
        self.statements.get(statement).is_some_and(|s| matches!(s.kind, StatementKind::Blank))
    }

    /// Whether there is such a statement and it is a comment line.
    pub(super) fn is_comment(&self, statement: usize) -> bool {
        self.statements.get(statement).is_some_and(|s| matches!(s.kind, StatementKind::Comment))
    }

    /// Returns the index of the header of a section; the root's section has none.
    pub(super) fn header(&self, section: usize) -> Option<usize> {
        (section > 0).then(|| self.sections[section].statements.start)
    }

    /// Returns the list of an array or inline table.
    pub(super) fn list(&self, node: NodeId) -> Option<&List> {
        match self.nodes[node].kind {
            Kind::Array(list) | Kind::Inline(list) => self.lists.get(list),
            _ => None,
        }
    }

    /// Returns the inline table that a table is, or that wrote it with a dotted key.
    pub(super) fn inline_around(&self, mut node: NodeId) -> Option<NodeId> {
        while matches!(self.nodes[node].kind, Kind::Table(Defined::Dotted)) {
            node = self.nodes[node].parent;
        }
        matches!(self.nodes[node].kind, Kind::Inline(_)).then_some(node)
    }

    /// Returns the line ending of a statement, which the last of a text may lack.
    pub(super) fn ending(&self, statement: usize) -> &'t str {
        line_ending(&self.text[self.statements[statement].span.clone()])
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
