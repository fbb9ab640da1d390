//! `Document`: a TOML text that was read: what it holds, and where every part of it stands.
//!
//! # Why
//! A file may have ten thousand lines, and a start of a plugin reads up to three files. So all that is
//! known of a text lies in a few flat lists, whose entries refer to each other and to the text by
//! numbers of 32 bits; names and values stay in the text until somebody asks for them.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;

use super::lines::{Lines, Section};
use super::node::{Defined, Name, Node, NodeId, NodeKind, ROOT, Step};
use super::scalar::Scalar;
use super::span::{Span, narrow};
use super::value::Value;

/// How many keys a table has at most that are searched one by one, which is faster than hashing.
const FEW: usize = 16;

/// A key that cannot be read off the text.
struct DecodedName {
    text: Box<str>,
    /// Where it begins in the text.
    at: u32,
}

/// The nodes of tables that have more than a [`FEW`] keys, by table and name. An entry is a number: the
/// names stay where they are. The seed is one that nobody can foresee.
#[derive(Default)]
struct Keys {
    nodes: HashTable<NodeId>,
    hasher: RandomState,
}

/// A TOML text that was read. It is made by `read.rs` alone, so the text is valid and every span
/// lies in it. It may hold a secret, so there is no `Debug`.
pub struct Document<'t> {
    pub(super) text: &'t str,
    nodes: Vec<Node>,
    names: Vec<DecodedName>,
    keys: Keys,
    pub(super) lines: Lines<'t>,
}

impl<'t> Document<'t> {
    /// Makes a document with the root alone, and room for what a number of lines hold and for the
    /// lines that are kept.
    pub(super) fn empty(text: &'t str, lines: usize, kept: usize) -> Self {
        let mut document = Document {
            text,
            nodes: Vec::with_capacity(lines + 4),
            names: Vec::new(),
            keys: Keys::default(),
            lines: Lines {
                text,
                parts: Vec::with_capacity(kept),
                statements: Vec::with_capacity(kept),
                sections: Vec::with_capacity(lines.min(4)),
            },
        };
        document.lines.sections.push(Section { table: ROOT, header: Span::default(), first: 0 });
        document.nodes.push(Node {
            parent: ROOT,
            name: Name::Element(0),
            kind: NodeKind::Table(Defined::Section(0)),
            value: Span::default(),
            first: ROOT,
            last: ROOT,
            next: ROOT,
            children: 0,
        });
        document
    }

    fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node.0 as usize]
    }

    fn node_mut(&mut self, node: NodeId) -> &mut Node {
        &mut self.nodes[node.0 as usize]
    }

    /// Returns the table or array that holds a node.
    pub(super) fn parent(&self, node: NodeId) -> NodeId {
        self.node(node).parent
    }

    /// Returns what a node is.
    pub(super) fn kind(&self, node: NodeId) -> NodeKind {
        self.node(node).kind
    }

    /// Makes something else of a node.
    pub(super) fn set_kind(&mut self, node: NodeId, kind: NodeKind) {
        self.node_mut(node).kind = kind;
    }

    /// Returns where the value of a node stands; of a table that headers or dotted keys write, nowhere.
    pub(super) fn value_span(&self, node: NodeId) -> Span {
        self.node(node).value
    }

    /// Says where the value of a node stands.
    pub(super) fn set_value_span(&mut self, node: NodeId, span: Span) {
        self.node_mut(node).value = span;
    }

    /// Returns how many nodes stand directly below one.
    pub(super) fn count(&self, node: NodeId) -> usize {
        self.node(node).children as usize
    }

    /// Returns the nodes directly below one, in the order of the text.
    pub(super) fn children(&self, node: NodeId) -> Children<'_, 't> {
        Children { document: self, next: self.node(node).first, left: self.count(node) }
    }

    /// Returns the last node directly below one.
    pub(super) fn last_child(&self, node: NodeId) -> Option<NodeId> {
        Some(self.node(node).last).filter(|last| *last != ROOT)
    }

    /// Returns the key of a node, decoded; an element of an array has none.
    pub(super) fn name(&self, node: NodeId) -> Option<&str> {
        self.name_text(self.node(node).name)
    }

    fn name_text(&self, name: Name) -> Option<&str> {
        match name {
            Name::Written(span) => self.text.get(span.range()),
            Name::Decoded(at) => self.names.get(at as usize).map(|name| &*name.text),
            Name::Element(_) => None,
        }
    }

    /// Returns the key of a node where it stands in the text as it is, without quotes.
    pub(super) fn written_name(&self, node: NodeId) -> Option<Span> {
        match self.node(node).name {
            Name::Written(span) => Some(span),
            Name::Decoded(_) | Name::Element(_) => None,
        }
    }

    /// Returns where the key of a node stands first; of an element, where its value does.
    pub(super) fn name_at(&self, node: NodeId) -> usize {
        match self.node(node).name {
            Name::Written(span) => {
                // Between two keys stands a dot, so a quote before one is its own.
                let before = self.text.get(..span.start()).unwrap_or_default();
                span.start() - usize::from(before.ends_with(['"', '\'']))
            }
            Name::Decoded(at) => self.names.get(at as usize).map_or(0, |name| name.at as usize),
            Name::Element(_) => self.value_span(node).start(),
        }
    }

    /// Returns the number of an element in its array.
    pub(super) fn number(&self, node: NodeId) -> Option<usize> {
        match self.node(node).name {
            Name::Element(number) => Some(number as usize),
            Name::Written(_) | Name::Decoded(_) => None,
        }
    }

    /// Returns how a node is reached from its parent.
    pub(super) fn step(&self, node: NodeId) -> Step<'_> {
        match self.name(node) {
            Some(name) => Step::Key(name),
            None => Step::Index(self.number(node).unwrap_or_default()),
        }
    }

    /// Keeps a key that cannot be read off the text.
    pub(super) fn keep_name(&mut self, text: String, at: usize) -> Name {
        self.names.push(DecodedName { text: text.into_boxed_str(), at: narrow(at) });
        Name::Decoded(narrow(self.names.len() - 1))
    }

    /// Returns what a table holds under a key.
    pub(super) fn key(&self, table: NodeId, name: &str) -> Option<NodeId> {
        self.key_by_hash(table, name, self.hash(table, name))
    }

    /// Looks a key up in a table; the hash is for [`Document::add_key`], where it is not there.
    pub(super) fn find(&self, table: NodeId, name: Name) -> (Option<NodeId>, Option<u64>) {
        let name = self.name_text(name).unwrap_or_default();
        let hash = self.hash(table, name);
        (self.key_by_hash(table, name, hash), hash)
    }

    /// Returns the hash of a key, where its table has so many that they are found by it.
    fn hash(&self, table: NodeId, name: &str) -> Option<u64> {
        (self.count(table) > FEW).then(|| self.keys.hasher.hash_one((table, name)))
    }

    fn key_by_hash(&self, table: NodeId, name: &str, hash: Option<u64>) -> Option<NodeId> {
        let is_named = |child: &NodeId| self.is_named(*child, name);
        let Some(hash) = hash else { return self.children(table).find(is_named) };
        let is_it = |node: &NodeId| self.parent(*node) == table && is_named(node);
        self.keys.nodes.find(hash, is_it).copied()
    }

    fn is_named(&self, node: NodeId, name: &str) -> bool {
        match self.node(node).name {
            // Most keys differ in length already.
            Name::Written(span) if span.len() != name.len() => false,
            written => self.name_text(written) == Some(name),
        }
    }

    /// Adds a node to a table under a key that it does not hold, with the hash that
    /// [`Document::find`] returned for it.
    pub(super) fn add_key(
        &mut self,
        table: NodeId,
        name: Name,
        kind: NodeKind,
        hash: Option<u64>,
    ) -> NodeId {
        let node = self.add(table, name, kind);
        let mut keys = std::mem::take(&mut self.keys.nodes);
        let again = |node: &NodeId| {
            let name = self.name(*node).unwrap_or_default();
            self.keys.hasher.hash_one((self.parent(*node), name))
        };
        match hash {
            Some(hash) => {
                keys.insert_unique(hash, node, again);
            }
            // The first time that they are too many, all are hashed.
            None if self.count(table) > FEW => {
                keys.reserve(self.nodes.capacity() - self.nodes.len(), again);
                for child in self.children(table) {
                    keys.insert_unique(again(&child), child, again);
                }
            }
            None => {}
        }
        self.keys.nodes = keys;
        node
    }

    /// Adds an element to an array.
    pub(super) fn add_element(&mut self, array: NodeId, kind: NodeKind) -> NodeId {
        self.add(array, Name::Element(self.node(array).children), kind)
    }

    fn add(&mut self, parent: NodeId, name: Name, kind: NodeKind) -> NodeId {
        let node = NodeId(narrow(self.nodes.len()));
        self.nodes.push(Node {
            parent,
            name,
            kind,
            value: Span::default(),
            first: ROOT,
            last: ROOT,
            next: ROOT,
            children: 0,
        });
        let above = self.node_mut(parent);
        above.children += 1;
        let last = std::mem::replace(&mut above.last, node);
        match last {
            ROOT => above.first = node,
            last => self.node_mut(last).next = node,
        }
        node
    }

    /// Returns what a node holds one step further.
    pub(super) fn child(&self, node: NodeId, step: Step<'_>) -> Option<NodeId> {
        match step {
            Step::Key(name) => self.key(node, name),
            Step::Index(at) if self.is_array(node) => self.children(node).nth(at),
            Step::Index(_) => None,
        }
    }

    /// Follows a path as far as it leads: the last node and how many steps led to it.
    pub(super) fn follow(&self, path: &[Step<'_>]) -> (NodeId, usize) {
        let mut node = ROOT;
        for (taken, step) in path.iter().enumerate() {
            match self.child(node, *step) {
                Some(child) => node = child,
                None => return (node, taken),
            }
        }
        (node, path.len())
    }

    /// Whether a node is an array of any form.
    pub(super) fn is_array(&self, node: NodeId) -> bool {
        matches!(self.kind(node), NodeKind::Array | NodeKind::Tables)
    }

    /// Whether a node is a table of any form.
    pub(super) fn is_table(&self, node: NodeId) -> bool {
        matches!(self.kind(node), NodeKind::Inline | NodeKind::Table(_))
    }

    /// Whether a node is another or lies below it.
    pub(super) fn is_within(&self, mut node: NodeId, outer: NodeId) -> bool {
        while node != outer && node != ROOT {
            node = self.parent(node);
        }
        node == outer
    }

    /// Returns the text of a value.
    pub(super) fn raw(&self, node: NodeId) -> &'t str {
        self.text.get(self.value_span(node).range()).unwrap_or_default()
    }

    /// Returns a value that holds no other, decoded.
    pub(super) fn scalar(&self, node: NodeId) -> Option<Scalar<'t>> {
        match self.kind(node) {
            NodeKind::Scalar(form) => Scalar::of(self.raw(node), form),
            _ => None,
        }
    }

    /// Returns what a node holds.
    pub(super) fn value(&self, node: NodeId) -> Value {
        match self.kind(node) {
            NodeKind::Scalar(_) => self.scalar(node).map_or(Value::Bool(false), Value::from),
            NodeKind::Array | NodeKind::Tables => {
                Value::Array(self.children(node).map(|child| self.value(child)).collect())
            }
            NodeKind::Inline | NodeKind::Table(_) => {
                let pair = |child| Some((self.name(child)?.to_owned(), self.value(child)));
                Value::Table(self.children(node).filter_map(pair).collect())
            }
        }
    }

    /// Whether a node holds exactly this data, however it is written.
    pub(super) fn holds(&self, node: NodeId, value: &Value) -> bool {
        match (self.kind(node), value) {
            (NodeKind::Scalar(_), _) => self.scalar(node).is_some_and(|scalar| scalar.is(value)),
            (NodeKind::Array | NodeKind::Tables, Value::Array(wanted)) => {
                let mut pairs = self.children(node).zip(wanted);
                self.count(node) == wanted.len()
                    && pairs.all(|(child, value)| self.holds(child, value))
            }
            (NodeKind::Inline | NodeKind::Table(_), Value::Table(wanted)) => {
                self.count(node) == wanted.len()
                    && wanted.iter().all(|(name, value)| {
                        self.key(node, name).is_some_and(|child| self.holds(child, value))
                    })
            }
            _ => false,
        }
    }

    /// Returns the inline table that a table is, or that wrote it with a dotted key.
    pub(super) fn inline_around(&self, mut node: NodeId) -> Option<NodeId> {
        while self.kind(node) == NodeKind::Table(Defined::Dotted) {
            node = self.parent(node);
        }
        (self.kind(node) == NodeKind::Inline).then_some(node)
    }
}

/// The nodes directly below one.
#[derive(Clone)]
pub(super) struct Children<'d, 't> {
    document: &'d Document<'t>,
    next: NodeId,
    left: usize,
}

impl Iterator for Children<'_, '_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        let node = Some(self.next).filter(|node| *node != ROOT)?;
        self.next = self.document.node(node).next;
        self.left -= 1;
        Some(node)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}
