//! From a TOML text to its [`Document`], with every rule of TOML about what may be defined twice.

use std::borrow::Cow;

use super::document::Document;
use super::event::{Event, EventKind, Form};
use super::events::{self, DEPTH};
use super::fault::Fault;
use super::lines::{Part, Parts, Section, StatementKind, TextStatement};
use super::node::{Defined, Name, NodeId, NodeKind, ROOT};
use super::scalar::{self, Scalar};
use super::span::{LONGEST, Span, narrow};

/// What a document keeps of its text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// What it holds, for reading: half of the memory, which is what a long file costs most.
    Values,
    /// Its lines and the parts of its keys too, for edits.
    Lines,
}

/// Reads a TOML text.
pub(super) fn read(text: &str, keep: Keep) -> Result<Document<'_>, Fault> {
    if text.len() > LONGEST {
        return Err(Fault::At(0, "the text is too long"));
    }
    // Making room once costs less than moving everything again, and counting lines costs more.
    let lines = (text.len() / 24).min(64 * 1024) + 2;
    let mut builder = Builder::new(text, lines, keep);
    let mut fault = None;
    let fed = events::feed(text, |event| {
        if fault.is_none() {
            fault = builder.take(event).err();
        }
    });
    // What is no TOML at all is said before what contradicts itself.
    fed?;
    fault.map_or_else(|| Ok(builder.finish()), Err)
}

/// Reads the text of one value; the root is that value.
pub(super) fn read_value(text: &str) -> Result<Document<'_>, Fault> {
    let mut builder = Builder::new(text, 0, Keep::Values);
    builder.frame.key = Some((ROOT, Parts::NONE));
    let mut fault = None;
    events::feed_value(text, Span::new(0, text.len()), |event| {
        if fault.is_none() {
            fault = builder.take(event).err();
        }
    })?;
    fault.map_or(Ok(builder.document), Err)
}

/// What values stand in.
#[derive(Clone, Copy)]
enum Holder {
    /// A section.
    Lines,
    Array(NodeId),
    Inline(NodeId),
}

/// A place where values are written, and the key that waits for its value there.
#[derive(Clone, Copy)]
struct Frame {
    holder: Holder,
    key: Option<(NodeId, Parts)>,
}

/// What a header defines.
#[derive(Clone, Copy)]
enum Headed {
    /// `[...]`
    Table,
    /// `[[...]]`
    Element,
}

/// Builds a document from events that are in a valid order.
struct Builder<'t> {
    document: Document<'t>,
    keep: Keep,
    line_start: usize,
    statement: StatementKind,
    parts: Parts,
    has_comment: bool,
    /// The parts of the key that is being read, with their places.
    names: Vec<(Name, Span)>,
    /// The innermost place.
    frame: Frame,
    /// Those around it; the first is the section.
    around: Vec<Frame>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, lines: usize, keep: Keep) -> Self {
        let kept = if keep == Keep::Lines { lines } else { 0 };
        Builder {
            document: Document::empty(text, lines, kept),
            keep,
            line_start: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 },
            statement: StatementKind::Blank,
            parts: Parts::NONE,
            has_comment: false,
            names: Vec::new(),
            frame: Frame { holder: Holder::Lines, key: None },
            around: Vec::new(),
        }
    }

    fn finish(mut self) -> Document<'t> {
        self.end_statement(self.document.text.len());
        self.document
    }

    fn take(&mut self, event: Event) -> Result<(), Fault> {
        let Event { kind, span } = event;
        match kind {
            EventKind::Key(form) => self.part(span, form)?,
            EventKind::TableHeader => self.header(Headed::Table, span)?,
            EventKind::ElementHeader => self.header(Headed::Element, span)?,
            EventKind::KeyEnd => self.key()?,
            EventKind::Scalar(form) => {
                let form = self.checked(span, form)?;
                let node = self.value(NodeKind::Scalar(form), span)?;
                self.end_value(node, span.end());
            }
            EventKind::ArrayOpen => {
                let node = self.value(NodeKind::Array, span)?;
                self.enter(Holder::Array(node));
            }
            EventKind::InlineOpen => {
                let node = self.value(NodeKind::Inline, span)?;
                self.enter(Holder::Inline(node));
            }
            EventKind::ArrayClose | EventKind::InlineClose => {
                if let (Holder::Array(node) | Holder::Inline(node), Some(outer)) =
                    (self.frame.holder, self.around.pop())
                {
                    self.frame = outer;
                    self.end_value(node, span.end());
                }
            }
            EventKind::Comment => self.has_comment |= self.around.is_empty(),
            EventKind::Newline if self.around.is_empty() => self.end_statement(span.end()),
            EventKind::Invalid => return Err(Fault::At(span.start(), "invalid syntax")),
            EventKind::Newline | EventKind::Comma => {}
        }
        Ok(())
    }

    fn enter(&mut self, holder: Holder) {
        self.around.push(std::mem::replace(&mut self.frame, Frame { holder, key: None }));
    }

    fn text(&self, span: Span) -> &'t str {
        self.document.text.get(span.range()).unwrap_or_default()
    }

    fn end_statement(&mut self, end: usize) {
        let kind = match std::mem::replace(&mut self.statement, StatementKind::Blank) {
            StatementKind::Blank if self.has_comment => StatementKind::Comment,
            kind => kind,
        };
        if self.line_start < end && self.keep == Keep::Lines {
            self.document.lines.statements.push(TextStatement {
                span: Span::new(self.line_start, end),
                kind,
                has_comment: self.has_comment,
                parts: std::mem::replace(&mut self.parts, Parts::NONE),
            });
        }
        self.line_start = end;
        self.has_comment = false;
    }

    fn part(&mut self, span: Span, form: Form) -> Result<(), Fault> {
        let name = match form {
            Form::Word => Name::Written(span),
            Form::Quoted => Name::Written(Span::new(span.start() + 1, span.end() - 1)),
            Form::Coded | Form::Unchecked => match scalar::key(self.text(span), span.start())? {
                Cow::Borrowed(name) if name.len() == span.len() => Name::Written(span),
                Cow::Borrowed(name) if name.len() + 2 == span.len() => {
                    Name::Written(Span::new(span.start() + 1, span.end() - 1))
                }
                name => self.document.keep_name(name.into_owned(), span.start()),
            },
        };
        if self.names.len() >= DEPTH as usize {
            return Err(Fault::At(span.start(), "recursion limit"));
        }
        self.names.push((name, span));
        Ok(())
    }

    /// Keeps a part of a key, if parts are kept.
    fn keep_part(&mut self, span: Span, node: NodeId) {
        if self.keep == Keep::Lines {
            self.document.lines.parts.push(Part { span, node });
        }
    }

    /// Ends a key, and returns its parts if they are kept.
    fn finish_parts(&mut self) -> Parts {
        let count = self.names.len();
        self.names.clear();
        match self.keep {
            Keep::Values => Parts::NONE,
            Keep::Lines => {
                let first = narrow(self.document.lines.parts.len() - count);
                Parts { first, count: narrow(count) }
            }
        }
    }

    /// Ends the part of a statement that stands before `=`.
    fn key(&mut self) -> Result<(), Fault> {
        let mut table = match self.frame.holder {
            Holder::Inline(node) => node,
            Holder::Lines | Holder::Array(_) => self.section_table(),
        };
        let last = self.names.len().saturating_sub(1);
        for n in 0..self.names.len() {
            let (name, span) = self.names[n];
            let (found, hash) = self.document.find(table, name);
            table = match found {
                None => {
                    // The value follows and takes the place of this one.
                    let value = NodeKind::Scalar(Form::Unchecked);
                    let kind = if n < last { NodeKind::Table(Defined::Dotted) } else { value };
                    self.document.add_key(table, name, kind, hash)
                }
                Some(node) if n < last => self.extend_dotted(node, span)?,
                Some(_) => return Err(duplicate(span)),
            };
            self.keep_part(span, table);
        }
        self.frame.key = Some((table, self.finish_parts()));
        Ok(())
    }

    fn extend_dotted(&mut self, node: NodeId, part: Span) -> Result<NodeId, Fault> {
        match self.document.kind(node) {
            NodeKind::Table(Defined::Dotted | Defined::Implied) => {
                self.document.set_kind(node, NodeKind::Table(Defined::Dotted));
                Ok(node)
            }
            _ => Err(duplicate(part)),
        }
    }

    fn section_table(&self) -> NodeId {
        self.document.lines.sections.last().map_or(ROOT, |section| section.table)
    }

    /// Ends a header with its last bracket.
    fn header(&mut self, headed: Headed, end: Span) -> Result<(), Fault> {
        let last = self.names.len().saturating_sub(1);
        let section = NodeKind::Table(Defined::Section(narrow(self.document.lines.sections.len())));
        let mut table = ROOT;
        for n in 0..self.names.len() {
            let (name, span) = self.names[n];
            let (found, hash) = self.document.find(table, name);
            let kind = match headed {
                _ if n < last => NodeKind::Table(Defined::Implied),
                Headed::Table => section,
                Headed::Element => NodeKind::Tables,
            };
            let node = found.unwrap_or_else(|| self.document.add_key(table, name, kind, hash));
            self.keep_part(span, node);
            table = match (self.document.kind(node), headed) {
                (NodeKind::Table(_), _) if n < last || found.is_none() => node,
                (NodeKind::Tables, _) if n < last => self.document.last_child(node).unwrap_or(node),
                (NodeKind::Tables, Headed::Element) => self.document.add_element(node, section),
                (NodeKind::Table(Defined::Implied), Headed::Table) => {
                    self.document.set_kind(node, section);
                    node
                }
                _ => return Err(duplicate(span)),
            };
        }
        let line = self.document.text.get(self.line_start..end.start()).unwrap_or_default();
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        let whole = Span::new(self.line_start + blanks, end.end());
        let first = self.document.lines.statements.len();
        self.document.lines.sections.push(Section { table, header: whole, first });
        (self.statement, self.parts) = (StatementKind::Header, self.finish_parts());
        Ok(())
    }

    /// Returns the form of a value that is sound.
    fn checked(&self, span: Span, form: Form) -> Result<Form, Fault> {
        if form != Form::Unchecked {
            return Ok(form);
        }
        Ok(match Scalar::decode(self.text(span), span.start())? {
            Scalar::String(Cow::Borrowed(text)) if text.len() + 2 == span.len() => Form::Quoted,
            _ => Form::Coded,
        })
    }

    /// Returns the node for a value that begins here.
    fn value(&mut self, kind: NodeKind, span: Span) -> Result<NodeId, Fault> {
        let node = match (self.frame.key, self.frame.holder) {
            (Some((node, _)), _) => {
                self.document.set_kind(node, kind);
                node
            }
            (None, Holder::Array(array)) => self.document.add_element(array, kind),
            (None, _) => return Err(Fault::At(span.start(), "missing key")),
        };
        self.document.set_value_span(node, span);
        Ok(node)
    }

    fn end_value(&mut self, node: NodeId, end: usize) {
        let start = self.document.value_span(node).start();
        self.document.set_value_span(node, Span::new(start, end));
        let key = self.frame.key.take();
        if let (Holder::Lines, Some((_, parts))) = (self.frame.holder, key) {
            (self.statement, self.parts) = (StatementKind::Pair, parts);
        }
    }
}

fn duplicate(part: Span) -> Fault {
    Fault::At(part.start(), "duplicate key")
}
