//! A YAML document as PyYAML reads it, as far down as any format of credentials goes.
//!
//! # Why
//! Whatever PyYAML refuses or reads otherwise is refused here with its place: tags that make
//! objects, a second document, line ends that only YAML 1.1 knows, anchors that only YAML 1.2 does.
//! Aliases share what they stand for, so that a small text never becomes a large tree. Texts of the
//! parser's errors are dropped: they can quote the file.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, Tag, options};

use super::read_error::ReadError;
use crate::foreign::json::{JsonNode, Object};
use crate::foreign::plain::{Plain, resolve};

/// The most entries that merge keys may bring into maps, together.
const MOST_MERGED: usize = 100_000;

/// The most entries of the root and of the maps in it; aliases could name one map many times.
const MOST_ENTRIES: usize = 200_000;

const DISAGREE: &str = "merged maps that give one name different values";

/// A line and a column, both from 1, in characters.
pub(super) type Place = (usize, usize);

/// Where a value stands, and what it is.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    /// The place of the value.
    pub(super) place: Place,
    /// What YAML reads there, with its article.
    pub(super) what: &'static str,
}

/// The values of the root and of the maps in it, by their path with control characters escaped.
pub(super) type Spots = HashMap<String, Spot>;

/// Parses a text; none when its root is no map.
///
/// # Errors
/// Text that is no YAML, or that PyYAML would refuse; names of the root that are no text.
pub(super) fn parse(text: &str) -> Result<Option<(Object, Spots)>, ReadError> {
    only_characters_of_both(text)?;
    let mut builder = YamlBuilder::default();
    let options = options! { emit_anchor_events: true };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            let mark = error.marker();
            refused("invalid YAML", (mark.line().max(1), mark.col() + 1))
        })?;
        builder.take(event, &span)?;
    }
    let Some(Yaml { kind: YamlKind::Map(entries), .. }) = builder.root.as_deref() else {
        return Ok(None);
    };
    let mut reading = Reading::default();
    let root = reading.object(entries, "", Depth::Root)?;
    Ok(Some((root, reading.spots)))
}

fn refused(what: &'static str, (line, column): Place) -> ReadError {
    ReadError::Yaml { what, line, column }
}

/// YAML 1.1 ends lines at these three, the parser does not: a comment for one is a value for the
/// other. A byte order mark counts for the parser at the start of any document, for PyYAML only at
/// that of the text.
fn only_characters_of_both(text: &str) -> Result<(), ReadError> {
    let differs = |(at, c): &(usize, char)| match c {
        '\u{85}' | '\u{2028}' | '\u{2029}' => true,
        '\u{feff}' => *at > 0,
        _ => false,
    };
    let Some((at, c)) = text.char_indices().find(differs) else { return Ok(()) };
    let what = match c {
        '\u{feff}' => "a byte order mark that does not stand at the start",
        _ => "a line end that only YAML 1.1 knows",
    };
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Err(refused(what, (line, column)))
}

/// PyYAML ends an anchor's name before any other character: `&a:b` names `a` and begins a value for
/// it, where YAML 1.2 has the name `a:b` and no value.
fn is_anchor_of_both(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Inside brackets PyYAML ends plain text before `?`, and takes a `:` at its start for the sign of a
/// value, where YAML 1.2 has text.
fn is_plain_of_both(text: &str) -> bool {
    !text.contains('?') && !text.starts_with(':')
}

/// A node of the text, and where it stands.
struct Yaml {
    kind: YamlKind,
    place: Place,
}

/// A key and its value.
type Entry = (Rc<Yaml>, Rc<Yaml>);

/// What a node is.
enum YamlKind {
    Plain(Plain),
    Text(String),
    Map(Vec<Entry>),
    List(Vec<Rc<Yaml>>),
}

impl Yaml {
    fn text(&self) -> Option<&str> {
        match &self.kind {
            YamlKind::Text(text) => Some(text),
            YamlKind::Plain(_) | YamlKind::Map(_) | YamlKind::List(_) => None,
        }
    }

    /// Whether both are one text, or one and the same value.
    fn is_same(self: &Rc<Self>, other: &Rc<Self>) -> bool {
        Rc::ptr_eq(self, other) || self.text().is_some_and(|text| Some(text) == other.text())
    }

    fn what(&self) -> &'static str {
        match &self.kind {
            YamlKind::Text(_) => "a string",
            YamlKind::Map(_) => "a map",
            YamlKind::List(_) => "a list",
            YamlKind::Plain(Plain::Number) => "a number",
            YamlKind::Plain(Plain::Date) => "a date",
            YamlKind::Plain(Plain::Bool(_)) => "a yes or no",
            YamlKind::Plain(Plain::Null) => "null",
            YamlKind::Plain(_) => "a special word",
        }
    }
}

/// A map or list that has begun.
struct Open {
    style: StructureStyle,
    anchor: usize,
    place: Place,
    inside: Inside,
}

/// A collection while its events come; a map with the key that waits for its value.
enum Inside {
    Map(Vec<Entry>, Option<Rc<Yaml>>),
    List(Vec<Rc<Yaml>>),
}

/// Builds the nodes from events, and counts what could grow without bound.
#[derive(Default)]
struct YamlBuilder {
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Yaml>>,
    root: Option<Rc<Yaml>>,
    documents: usize,
    merged: usize,
}

impl YamlBuilder {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), ReadError> {
        let place = (span.start.line().max(1), span.start.col() + 1);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(refused("a second document", place));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                if style == ScalarStyle::Plain && self.in_flow() && !is_plain_of_both(&text) {
                    return Err(refused("a `?` or `:` that only YAML 1.2 reads as text", place));
                }
                let kind = scalar(&text, style, tag.as_deref(), place)?;
                self.put(Rc::new(Yaml { kind, place }), anchor)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                only_tag(tag.as_deref(), "seq", place)?;
                self.open.push(Open { style, anchor, place, inside: Inside::List(Vec::new()) });
            }
            Event::MappingStart(style, anchor, tag) => {
                only_tag(tag.as_deref(), "map", place)?;
                let inside = Inside::Map(Vec::new(), None);
                self.open.push(Open { style, anchor, place, inside });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            Event::Anchor(_, name) if !is_anchor_of_both(&name) => {
                return Err(refused("an anchor that only YAML 1.2 knows", place));
            }
            Event::Alias(id) => {
                // Of a map that is still open there is nothing to share yet.
                let Some(target) = self.anchors.get(&id) else {
                    return Err(refused("an alias for what it stands in", place));
                };
                self.put(Rc::clone(target), 0)?;
            }
            // Without the options that ask for them there are no others that hold a value.
            _ => {}
        }
        Ok(())
    }

    /// Whether brackets are open; inside them nothing is written in any other way.
    fn in_flow(&self) -> bool {
        self.open.iter().any(|open| open.style == StructureStyle::Flow)
    }

    fn close(&mut self) -> Result<(), ReadError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let kind = match open.inside {
            Inside::List(items) => YamlKind::List(items),
            Inside::Map(entries, _) => YamlKind::Map(self.flattened(entries)?),
        };
        self.put(Rc::new(Yaml { kind, place: open.place }), open.anchor)
    }

    fn put(&mut self, node: Rc<Yaml>, anchor: usize) -> Result<(), ReadError> {
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map(entries, key)) => match key.take() {
                Some(key) => entries.push((key, node)),
                None if matches!(node.kind, YamlKind::Map(_) | YamlKind::List(_)) => {
                    return Err(refused("a map or list in the place of a name", node.place));
                }
                None => *key = Some(node),
            },
        }
        Ok(())
    }

    /// Takes over what merge keys name; a map's own names win. Where two merged maps give one name
    /// different values, releases of PyYAML differ in which they take (6.0.4 from all before it).
    fn flattened(&mut self, entries: Vec<Entry>) -> Result<Vec<Entry>, ReadError> {
        let is_merge = |entry: &Entry| matches!(entry.0.kind, YamlKind::Plain(Plain::Merge));
        if !entries.iter().any(is_merge) {
            return Ok(entries);
        }
        let (merges, own): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_merge);
        let own_names: HashSet<String> =
            own.iter().filter_map(|(name, _)| name.text().map(str::to_owned)).collect();
        let mut taken: HashMap<String, Rc<Yaml>> = HashMap::new();
        let mut all = Vec::new();
        for (merge, value) in &merges {
            for map in maps(value)? {
                self.merged += map.len();
                if self.merged > MOST_MERGED {
                    return Err(refused("more merged maps than carto reads", value.place));
                }
                for (name, inner) in map {
                    if let Some(text) = name.text() {
                        if own_names.contains(text) {
                            continue;
                        }
                        match taken.insert(text.to_owned(), Rc::clone(inner)) {
                            Some(other) if other.is_same(inner) => continue,
                            Some(_) => return Err(refused(DISAGREE, merge.place)),
                            None => {}
                        }
                    }
                    all.push((Rc::clone(name), Rc::clone(inner)));
                }
            }
        }
        all.extend(own);
        Ok(all)
    }
}

/// Returns the maps that a merge key names: one, or a list of some.
fn maps(value: &Rc<Yaml>) -> Result<Vec<&[Entry]>, ReadError> {
    let nodes = match &value.kind {
        YamlKind::List(items) => items.as_slice(),
        YamlKind::Plain(_) | YamlKind::Text(_) | YamlKind::Map(_) => std::slice::from_ref(value),
    };
    nodes
        .iter()
        .map(|node| match &node.kind {
            YamlKind::Map(entries) => Ok(entries.as_slice()),
            _ => Err(refused("a merge key without a map", node.place)),
        })
        .collect()
}

fn scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    place: Place,
) -> Result<YamlKind, ReadError> {
    only_tag(tag, "str", place)?;
    // A tag says that it is text, however it looks.
    if style == ScalarStyle::Plain && tag.is_none() {
        let plain = resolve(text);
        if plain != Plain::Text {
            return Ok(YamlKind::Plain(plain));
        }
    }
    Ok(YamlKind::Text(text.to_owned()))
}

/// Lets the one tag of the core schema pass that changes nothing; what PyYAML makes of a lone `!`
/// depends on its release. The tag itself is never shown: a key that begins with `!` is one.
fn only_tag(tag: Option<&Tag>, core: &str, place: Place) -> Result<(), ReadError> {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema_tag(core) => {
            Err(refused("a tag that carto does not read", place))
        }
        _ => Ok(()),
    }
}

/// Whether a map is the whole text, whose names are known.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Root,
    Below,
}

/// The walk through what was parsed.
#[derive(Default)]
struct Reading {
    spots: Spots,
    entries: usize,
}

impl Reading {
    /// Makes the object that the formats read. What stands deeper than they look becomes
    /// [`JsonNode::Other`].
    fn object(&mut self, entries: &[Entry], path: &str, depth: Depth) -> Result<Object, ReadError> {
        let mut named = Vec::new();
        for (name, value) in entries {
            let Some(text) = name.text() else {
                let (line, column) = name.place;
                return Err(ReadError::Name { what: name.what(), line, column });
            };
            self.entries += 1;
            if self.entries > MOST_ENTRIES {
                return Err(refused("more entries than carto reads", value.place));
            }
            let shown = format!("{path}{}", text.escape_debug());
            self.spots.insert(shown.clone(), Spot { place: value.place, what: value.what() });
            let node = match &value.kind {
                YamlKind::Text(text) => JsonNode::Text(text.clone()),
                YamlKind::Plain(Plain::Null) => JsonNode::Null,
                YamlKind::Plain(Plain::Bool(value)) => JsonNode::Bool(*value),
                YamlKind::Map(entries) if depth == Depth::Root => {
                    JsonNode::Object(self.object(entries, &format!("{shown}."), Depth::Below)?)
                }
                YamlKind::Plain(_) | YamlKind::Map(_) | YamlKind::List(_) => JsonNode::Other,
            };
            named.push((text.to_owned(), node));
        }
        Ok(Object(named))
    }
}
