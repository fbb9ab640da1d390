//! From a TOML text to its [`Layout`], with every rule of TOML about what may be defined twice.

use std::borrow::Cow;
use std::ops::Range;

use toml_parser::parser::{Event, EventKind};
use toml_parser::{ParseError, Source};

use super::edit::EditError;
use super::events;
use super::fault::Fault;
use super::layout::{
    Defined, Item, Kind, Layout, List, NodeId, Part, ROOT, Section, Statement, StatementKind, Step,
};
use super::scalar::Scalar;

/// How deep arrays and inline tables nest and how many parts a key has, as in `toml_edit`, so that
/// nothing is written which other readers refuse.
const DEPTH: u32 = 80;

/// Reads a TOML text.
pub(super) fn parse(text: &str) -> Result<Layout<'_>, EditError> {
    read(text).map_err(|fault| fault.locate(text))
}

/// Reads a TOML text; a fault is not yet a line and a column.
pub(super) fn read(text: &str) -> Result<Layout<'_>, Fault> {
    let source = Source::new(text);
    let mut builder = Builder::new(text, source);
    let mut fault = None;
    let fed = events::feed(source, DEPTH, |event| {
        if fault.is_none() {
            fault = builder.take(event).err();
        }
    });
    // What is no TOML at all is said before what contradicts itself.
    match (fed, fault) {
        (Err(error), _) => Err(Fault::Decode(error)),
        (Ok(()), Some(fault)) => Err(fault),
        (Ok(()), None) => Ok(builder.finish()),
    }
}

/// What a key and its value stand in.
enum Holder {
    /// A section.
    Lines,
    Array(NodeId, usize),
    Inline(NodeId, usize),
}

/// A place where values are written, and the key that waits for its value there.
struct Frame {
    holder: Holder,
    key: Option<(NodeId, Range<usize>)>,
}

/// Builds a layout from events that are in a valid order.
struct Builder<'t> {
    layout: Layout<'t>,
    source: Source<'t>,
    line_start: usize,
    statement: StatementKind,
    has_comment: bool,
    /// The decoded parts of the key that is being read; their spans are the last of the layout's.
    names: Vec<Cow<'t, str>>,
    /// The innermost last; the first is the section.
    frames: Vec<Frame>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, source: Source<'t>) -> Self {
        Builder {
            layout: Layout::empty(text),
            source,
            line_start: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 },
            statement: StatementKind::Blank,
            has_comment: false,
            names: Vec::new(),
            frames: vec![Frame { holder: Holder::Lines, key: None }],
        }
    }

    fn finish(mut self) -> Layout<'t> {
        self.end_statement(self.layout.text.len());
        let all = self.layout.statements.len();
        if let Some(last) = self.layout.sections.last_mut() {
            last.statements.end = all;
        }
        self.layout
    }

    fn take(&mut self, event: Event) -> Result<(), Fault> {
        let span = event.span().start()..event.span().end();
        match event.kind() {
            EventKind::SimpleKey => self.part(event)?,
            EventKind::StdTableClose => self.header(Headed::Table)?,
            EventKind::ArrayTableClose => self.header(Headed::Element)?,
            EventKind::KeyValSep => self.key()?,
            EventKind::Scalar => {
                let scalar = Scalar::decode(self.source, event)?;
                let node = self.value(Kind::Scalar(scalar), span.start)?;
                self.end_value(node, span.end);
            }
            EventKind::ArrayOpen => {
                let list = self.open(span.start);
                let node = self.value(Kind::Array(list), span.start)?;
                self.frames.push(Frame { holder: Holder::Array(node, list), key: None });
            }
            EventKind::InlineTableOpen => {
                let list = self.open(span.start);
                let node = self.value(Kind::Inline(list), span.start)?;
                self.frames.push(Frame { holder: Holder::Inline(node, list), key: None });
            }
            EventKind::ArrayClose | EventKind::InlineTableClose => {
                if let Some(Holder::Array(node, list) | Holder::Inline(node, list)) =
                    self.frames.pop().map(|frame| frame.holder)
                {
                    self.layout.lists[list].close = span.start;
                    self.end_value(node, span.end);
                }
            }
            EventKind::ValueSep => {
                if let Holder::Array(_, list) | Holder::Inline(_, list) = self.frame().holder {
                    self.layout.lists[list].commas.push(span.start);
                }
            }
            EventKind::Comment => self.has_comment |= self.frames.len() == 1,
            EventKind::Newline if self.frames.len() == 1 => self.end_statement(span.end),
            EventKind::Error => return Err(Fault::At(span.start, "invalid syntax")),
            EventKind::Newline
            | EventKind::Whitespace
            | EventKind::KeySep
            | EventKind::StdTableOpen
            | EventKind::ArrayTableOpen => {}
        }
        Ok(())
    }

    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame { holder: Holder::Lines, key: None });
        }
        let innermost = self.frames.len() - 1;
        &mut self.frames[innermost]
    }

    fn end_statement(&mut self, end: usize) {
        let kind = std::mem::replace(&mut self.statement, StatementKind::Blank);
        let kind = match kind {
            StatementKind::Blank if self.has_comment => StatementKind::Comment,
            kind => kind,
        };
        if self.line_start < end {
            self.layout.statements.push(Statement {
                span: self.line_start..end,
                kind,
                has_comment: self.has_comment,
            });
        }
        self.line_start = end;
        self.has_comment = false;
    }

    fn part(&mut self, event: Event) -> Result<(), Fault> {
        let (start, end) = (event.span().start(), event.span().end());
        let Some(raw) = self.source.get(event) else {
            return Err(Fault::At(start, "invalid key"));
        };
        let mut name = Cow::Borrowed("");
        let mut error: Option<ParseError> = None;
        raw.decode_key(&mut name, &mut error);
        if self.names.len() >= DEPTH as usize {
            return Err(Fault::At(start, "recursion limit"));
        }
        self.names.push(name);
        self.layout.parts.push(Part { span: start..end, node: ROOT });
        error.map_or(Ok(()), |error| Err(Fault::Decode(error)))
    }

    /// Returns the parts that were read since the last key or header; their names are the names.
    fn finish_parts(&self) -> Range<usize> {
        let end = self.layout.parts.len();
        end - self.names.len()..end
    }

    /// Ends the part of a statement that stands before `=`.
    fn key(&mut self) -> Result<(), Fault> {
        let parts = self.finish_parts();
        let mut table = match self.frame().holder {
            Holder::Inline(node, _) => node,
            Holder::Lines | Holder::Array(..) => self.section_table(),
        };
        let last = parts.len().saturating_sub(1);
        for (n, at) in parts.clone().enumerate() {
            let name = std::mem::take(&mut self.names[n]);
            let hash = self.layout.hash(table, &name);
            let found = self.layout.key_by_hash(table, &name, hash);
            let add = |kind| self.layout.add_key(table, name, kind, hash);
            table = match found {
                None if n < last => add(Kind::Table(Defined::Dotted)),
                // The value follows and replaces this one.
                None => add(Kind::Scalar(Scalar::Bool(false))),
                Some(node) if n < last => self.extend_dotted(node, at)?,
                Some(_) => return Err(self.duplicate(at)),
            };
            self.layout.parts[at].node = table;
        }
        self.names.clear();
        self.frame().key = Some((table, parts));
        Ok(())
    }

    fn extend_dotted(&mut self, node: NodeId, part: usize) -> Result<NodeId, Fault> {
        match &mut self.layout.nodes[node].kind {
            Kind::Table(defined @ (Defined::Dotted | Defined::Implied)) => {
                *defined = Defined::Dotted;
                Ok(node)
            }
            _ => Err(self.duplicate(part)),
        }
    }

    fn duplicate(&self, part: usize) -> Fault {
        Fault::At(self.layout.parts[part].span.start, "duplicate key")
    }

    fn section_table(&self) -> NodeId {
        self.layout.sections.last().map_or(ROOT, |section| section.table)
    }

    fn add_element(&mut self, array: NodeId, kind: Kind<'t>) -> NodeId {
        let index = self.layout.nodes[array].children.len();
        self.layout.add(array, Step::Index(index), kind)
    }

    fn header(&mut self, headed: Headed) -> Result<(), Fault> {
        let parts = self.finish_parts();
        let last = parts.len().saturating_sub(1);
        let section = self.layout.sections.len();
        let mut table = ROOT;
        for (n, at) in parts.clone().enumerate() {
            let name = std::mem::take(&mut self.names[n]);
            let hash = self.layout.hash(table, &name);
            let found = self.layout.key_by_hash(table, &name, hash);
            let kind = match headed {
                _ if n < last => Kind::Table(Defined::Implied),
                Headed::Table => Kind::Table(Defined::Section(section)),
                Headed::Element => Kind::Tables,
            };
            let node = found.unwrap_or_else(|| self.layout.add_key(table, name, kind, hash));
            self.layout.parts[at].node = node;
            table = match (&mut self.layout.nodes[node].kind, headed) {
                (Kind::Table(_), _) if n < last || found.is_none() => node,
                (Kind::Tables, _) if n < last => {
                    self.layout.nodes[node].children.last().copied().unwrap_or(node)
                }
                (Kind::Tables, Headed::Element) => {
                    self.add_element(node, Kind::Table(Defined::Section(section)))
                }
                (Kind::Table(defined @ Defined::Implied), Headed::Table) => {
                    *defined = Defined::Section(section);
                    node
                }
                _ => return Err(self.duplicate(at)),
            };
        }
        self.names.clear();
        self.start_section(table, parts);
        Ok(())
    }

    fn start_section(&mut self, table: NodeId, parts: Range<usize>) {
        let first = self.layout.statements.len();
        if let Some(before) = self.layout.sections.last_mut() {
            before.statements.end = first;
        }
        self.layout.sections.push(Section { table, statements: first..first });
        self.statement = StatementKind::Header(parts);
    }

    fn open(&mut self, at: usize) -> usize {
        let list = List { open: at, close: at, items: Vec::new(), commas: Vec::new() };
        self.layout.lists.push(list);
        self.layout.lists.len() - 1
    }

    /// Returns the node for a value that begins here.
    fn value(&mut self, kind: Kind<'t>, start: usize) -> Result<NodeId, Fault> {
        let frame = self.frame();
        let node = match (&frame.key, &frame.holder) {
            (Some((node, _)), _) => *node,
            (None, Holder::Array(array, _)) => {
                let array = *array;
                self.add_element(array, Kind::Tables)
            }
            (None, _) => return Err(Fault::At(start, "missing key")),
        };
        self.layout.nodes[node].kind = kind;
        self.layout.nodes[node].span = start..start;
        Ok(node)
    }

    fn end_value(&mut self, node: NodeId, end: usize) {
        self.layout.nodes[node].span.end = end;
        let value_start = self.layout.nodes[node].span.start;
        let frame = self.frame();
        let parts = frame.key.take().map_or(0..0, |(_, parts)| parts);
        match frame.holder {
            Holder::Lines => self.statement = StatementKind::Pair(parts),
            Holder::Array(_, list) | Holder::Inline(_, list) => {
                let first = self.layout.parts.get(parts.start).filter(|_| !parts.is_empty());
                let start = first.map_or(value_start, |part| part.span.start);
                self.layout.lists[list].items.push(Item { span: start..end, parts });
            }
        }
    }
}

/// What a header defines.
#[derive(Clone, Copy)]
enum Headed {
    /// `[...]`
    Table,
    /// `[[...]]`
    Element,
}
