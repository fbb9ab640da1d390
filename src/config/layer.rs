//! `Layer`: all values of one scope, each with its exact place.

use std::cell::OnceCell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, TableLike};

use super::keys::{self, KeyPath, ValueType};
use super::suspect::{may_hold_secret, names_secret};
use super::value::Value;
use super::{Located, Origin, Scope};
use crate::error::{Error, Excerpt, Kind, Place, shell_word};
use crate::escape;

/// What is wrong with a key in a settings file; `doctor` tells it from other faults by this.
pub const KEY_IN_SETTINGS: &str = "a settings file never holds an API key";

/// Whose word a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The user's or the administrator's, or a project whose exact bytes were approved.
    Own,
    /// A project's whose bytes nobody approved: it may select an account, nothing else.
    Untrusted,
}

/// All values of one scope.
#[derive(Debug)]
pub struct Layer {
    /// The rank.
    pub scope: Scope,
    /// Whose word it is.
    pub standing: Standing,
    /// The values, in the order of the file.
    pub entries: Vec<Entry>,
    /// What is in the file and has no effect: unknown keys, keys of another scope.
    pub remarks: Vec<Remark>,
    /// Values that cannot be used; the file counts as broken.
    pub problems: Vec<Error>,
    source: Option<Source>,
}

/// One value of a layer.
#[derive(Debug)]
pub struct Entry {
    /// The key, in canonical spelling.
    pub path: KeyPath,
    /// The key as it is written, for whoever edits the file.
    pub written: KeyPath,
    /// The value.
    pub value: Value,
    at: At,
}

#[derive(Debug)]
enum At {
    Span(Range<usize>),
    Origin(Origin),
}

/// A key without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Why it has none.
    pub kind: RemarkKind,
    /// The key as it is written.
    pub key: String,
    /// Where it stands.
    pub origin: Origin,
}

/// Why a key has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemarkKind {
    /// No such key; the nearest known one when one is near.
    Unknown(Option<String>),
    /// The scope may not set it.
    Scope(Scope),
    /// The project is not trusted.
    Untrusted,
}

struct Source {
    path: PathBuf,
    text: String,
    line_starts: OnceCell<Vec<usize>>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({})", self.path.display())
    }
}

impl Layer {
    /// Makes a layer of values that were given outside files.
    pub fn given(scope: Scope) -> Self {
        Layer {
            scope,
            standing: Standing::Own,
            entries: Vec::new(),
            remarks: Vec::new(),
            problems: Vec::new(),
            source: None,
        }
    }

    /// Adds a value that was given outside files; it replaces an earlier one of that key.
    pub fn give(&mut self, path: KeyPath, value: Value, origin: Origin) {
        self.entries.retain(|entry| entry.path != path);
        let written = path.clone();
        self.entries.push(Entry { path, written, value, at: At::Origin(origin) });
    }

    /// Reads the text of a `config.toml`.
    ///
    /// # Errors
    /// Bytes that are not UTF-8 and TOML that cannot be parsed, with line and column. A value of
    /// the wrong type is kept in `problems`, so that listing can go on.
    pub fn parse(
        scope: Scope,
        standing: Standing,
        path: &Path,
        bytes: Vec<u8>,
    ) -> Result<Self, Error> {
        let text = utf8(path, bytes)?;
        let mut layer = Layer { scope, standing, ..Layer::given(scope) };
        let source = Source { path: path.to_owned(), text, line_starts: OnceCell::new() };
        // A byte order mark is no part of the document; spans count from behind it.
        let (mark, body) = split_bom(&source.text);
        // The parser would pass over another one, which the editing functions refuse.
        if body.starts_with('\u{feff}') {
            return Err(syntax_error(&source, mark, "a byte order mark stands only at the start"));
        }
        let document = Document::parse(body).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start) + mark;
            syntax_error(&source, at, error.message())
        })?;
        let mut leaves = Vec::new();
        flatten(document.as_table(), &mut Vec::new(), &mut leaves);
        for leaf in &mut leaves {
            leaf.key_at += mark;
            leaf.span = leaf.span.start + mark..leaf.span.end + mark;
        }
        for leaf in leaves {
            layer.admit(&source, leaf);
        }
        layer.source = Some(source);
        Ok(layer)
    }

    /// Takes one value of a file into the layer, as what it is: entry, remark or problem.
    fn admit(&mut self, source: &Source, leaf: Leaf) {
        let path = KeyPath::canonical(&leaf.path);
        let as_written = KeyPath(leaf.path);
        let written = as_written.to_string();
        let remark =
            |kind| Remark { kind, key: written.clone(), origin: source.origin(leaf.key_at) };
        let Some(key) = path.known() else {
            if self.standing == Standing::Untrusted {
                self.remarks.push(remark(RemarkKind::Untrusted));
            } else if names_secret(&path) {
                self.problems.push(secret_in_config(self.scope, source, &path, leaf.key_at));
            } else {
                self.remarks.push(remark(RemarkKind::Unknown(keys::nearest(&path))));
                // Kept, so that plain lookups and `list` show what the file says.
                let at = At::Span(leaf.span);
                self.entries.push(Entry { path, written: as_written, value: leaf.value, at });
            }
            return;
        };
        if self.standing == Standing::Untrusted && !key.read_from_untrusted() {
            self.remarks.push(remark(RemarkKind::Untrusted));
            return;
        }
        if key.value == ValueType::Secret {
            self.problems.push(secret_in_config(self.scope, source, &path, leaf.key_at));
            return;
        }
        if !key.allowed_in(self.scope) {
            self.remarks.push(remark(RemarkKind::Scope(self.scope)));
            return;
        }
        if let Err(reason) = key.check(&leaf.value) {
            self.problems.push(bad_value(source, &written, &leaf.span, &reason));
            return;
        }
        if let Some(earlier) = self.entries.iter().find(|entry| entry.path == path) {
            if earlier.value != leaf.value
                && let At::Span(span) = &earlier.at
            {
                self.problems.push(
                    Error::new(
                        Kind::Invalid,
                        format!("`{path}` is set twice under two of its names"),
                    )
                    .at(source.origin(span.start))
                    .at(source.origin(leaf.span.start)),
                );
            }
            return;
        }
        self.entries.push(Entry {
            path,
            written: as_written,
            value: leaf.value,
            at: At::Span(leaf.span),
        });
    }

    /// Gives the file when the layer was read from one.
    pub fn path(&self) -> Option<&Path> {
        self.source.as_ref().map(|source| source.path.as_path())
    }

    /// Gives the value of a key.
    pub fn get(&self, path: &KeyPath) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.path == *path)
    }

    /// Gives a key's path as this layer writes it, or would.
    pub fn written(&self, path: &KeyPath) -> KeyPath {
        self.get(path).map_or_else(|| path.clone(), |entry| entry.written.clone())
    }

    /// Gives the value of a top-level key that the table knows, with its place.
    pub fn top(&self, name: &str) -> Option<Located<&Value>> {
        let entry = self.entries.iter().find(|entry| entry.path.is(name))?;
        Some(Located::new(&entry.value, self.scope, self.origin(entry)))
    }

    /// Gives the exact place of one of its entries.
    pub fn origin(&self, entry: &Entry) -> Origin {
        match (&entry.at, &self.source) {
            (At::Origin(origin), _) => origin.clone(),
            (At::Span(span), Some(source)) => source.origin(span.start),
            (At::Span(_), None) => Origin::BuiltIn,
        }
    }
}

impl Source {
    fn position(&self, offset: usize) -> (usize, usize) {
        let starts = self.line_starts.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
        });
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        (line, before.trim_start_matches('\u{feff}').chars().count() + 1)
    }

    fn origin(&self, offset: usize) -> Origin {
        let (line, column) = self.position(offset);
        Origin::File { path: self.path.clone(), line, column }
    }

    /// Gives the place with its line, unless the file could hold a secret somewhere.
    fn place(&self, span: &Range<usize>) -> Place {
        let (line, column) = self.position(span.start);
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        let marked = self.text.get(span.clone()).unwrap_or_default();
        let marked = marked.lines().next().unwrap_or_default().chars().count().max(1);
        let excerpt = (!may_hold_secret(&self.text)).then(|| Excerpt {
            line,
            text: text.trim_start_matches('\u{feff}').to_owned(),
            before: column - 1,
            marked,
        });
        Place { origin: self.origin(span.start).to_string(), excerpt }
    }
}

fn utf8(path: &Path, bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let good = String::from_utf8_lossy(good);
        let line = 1 + good.matches('\n').count();
        let before = good.rsplit('\n').next().unwrap_or_default();
        let column = 1 + before.trim_start_matches('\u{feff}').chars().count();
        Error::new(Kind::Invalid, "the file is not UTF-8").at(Origin::File {
            path: path.to_owned(),
            line,
            column,
        })
    })
}

/// Gives the length of a leading byte order mark, and what follows it.
pub(super) fn split_bom(text: &str) -> (usize, &str) {
    text.strip_prefix('\u{feff}').map_or((0, text), |body| (text.len() - body.len(), body))
}

fn syntax_error(source: &Source, at: usize, message: &str) -> Error {
    let place = source.place(&(at..at + 1));
    let what = if may_hold_secret(&source.text) {
        // The parser's own words can quote the file.
        "invalid TOML".to_owned()
    } else {
        let words = message.lines().map(str::trim).collect::<Vec<_>>().join("; ");
        format!("invalid TOML: {}", escape::line(&words))
    };
    Error::new(Kind::Invalid, what).at_place(place)
}

fn bad_value(source: &Source, key: &str, span: &Range<usize>, reason: &str) -> Error {
    Error::new(Kind::Invalid, format!("`{key}`: {reason}")).at_place(source.place(span))
}

fn secret_in_config(scope: Scope, source: &Source, path: &KeyPath, at: usize) -> Error {
    let flag = match scope {
        Scope::Project => " --project",
        Scope::System => " --system",
        _ => "",
    };
    let profile = match path.0.as_slice() {
        [table, name, _] if table == "profiles" => {
            format!("--profile {} ", shell_word(Path::new(name)))
        }
        _ => String::new(),
    };
    Error::new(Kind::Invalid, KEY_IN_SETTINGS)
        .at(source.origin(at))
        .note("`config.toml` may be committed; keys live in `credentials.toml` beside it")
        .help(format!("remove the line, then type: carto {profile}config set{flag} apikey"))
}

/// One value of a document, before the table of keys has judged it.
struct Leaf {
    path: Vec<String>,
    value: Value,
    key_at: usize,
    span: Range<usize>,
}

fn flatten(table: &dyn TableLike, above: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    for (name, item) in table.iter() {
        let key_at = table.get_key_value(name).and_then(|(key, _)| key.span());
        above.push(name.to_owned());
        match item.as_table_like() {
            Some(inner) if !inner.is_empty() => flatten(inner, above, leaves),
            _ => {
                if let Some(value) = value_of(item) {
                    let span = item.span().or_else(|| key_at.clone()).unwrap_or(0..0);
                    let key_at = key_at.map_or(span.start, |key| key.start);
                    leaves.push(Leaf { path: above.clone(), value, key_at, span });
                }
            }
        }
        above.pop();
    }
}

/// Turns a document's item into a value; an empty `[table]` is none.
fn value_of(item: &Item) -> Option<Value> {
    match item {
        Item::None | Item::Table(_) => None,
        Item::Value(value) => Some(scalar(value)),
        Item::ArrayOfTables(tables) => {
            Some(Value::Array(tables.iter().map(|table| Value::Table(fields(table))).collect()))
        }
    }
}

fn scalar(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::String(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::Integer(*number.value()),
        toml_edit::Value::Float(number) => Value::Float(*number.value()),
        toml_edit::Value::Boolean(value) => Value::Bool(*value.value()),
        toml_edit::Value::Datetime(time) => Value::Datetime(time.value().to_string()),
        toml_edit::Value::Array(items) => Value::Array(items.iter().map(scalar).collect()),
        toml_edit::Value::InlineTable(table) => Value::Table(fields(table)),
    }
}

fn fields(table: &dyn TableLike) -> Vec<(String, Value)> {
    table
        .iter()
        .filter_map(|(name, item)| {
            let value = match item.as_table_like() {
                Some(inner) => Value::Table(fields(inner)),
                None => value_of(item)?,
            };
            Some((name.to_owned(), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(scope: Scope, standing: Standing, text: &str) -> Result<Layer, Error> {
        Layer::parse(scope, standing, Path::new("c.toml"), text.as_bytes().to_vec())
    }

    #[test]
    fn values_know_their_line_and_column() {
        let text = "\u{feff}user = 'x'\r\n[profiles.\"ü\"]\r\nbase-url = \"https://a.example\"\n";
        let layer = layer(Scope::User, Standing::Own, text).unwrap();
        let shown: Vec<_> = layer
            .entries
            .iter()
            .map(|entry| format!("{}={} {}", entry.path, entry.value, layer.origin(entry)))
            .collect();
        assert_eq!(
            shown,
            ["username=x c.toml:1:8", "profiles.\"ü\".base_url=https://a.example c.toml:3:12"]
        );
    }

    #[test]
    fn broken_files_say_where() {
        for (text, what, origin) in [
            ("a = \n", "invalid TOML", "c.toml:1:5"),
            ("x = 1\nx = 2\n", "invalid TOML: duplicate key", "c.toml:2:1"),
            ("# key\nx = \"abc\n", "invalid TOML", "c.toml:2:9"),
        ] {
            let error = layer(Scope::User, Standing::Own, text).unwrap_err();
            assert!(error.what.starts_with(what), "{}", error.what);
            assert_eq!(error.places[0].origin, origin, "{text:?} {error:?}");
            assert_eq!(error.kind, Kind::Invalid);
        }
        let bytes = b"a = 1\nb = \"\xff\"\n".to_vec();
        let error =
            Layer::parse(Scope::User, Standing::Own, Path::new("c.toml"), bytes).unwrap_err();
        assert_eq!(error.places[0].origin, "c.toml:2:6");
    }

    #[test]
    fn a_line_of_a_file_that_mentions_a_key_is_never_shown() {
        let error = layer(Scope::User, Standing::Own, "apikey = marker\n").unwrap_err();
        assert_eq!(error.what, "invalid TOML");
        assert_eq!(error.places[0].excerpt, None);
    }

    #[test]
    fn an_untrusted_project_only_selects() {
        let text = "username = 'a'\norganization = 'o'\n[alias]\nlogin = '!rm'\n[x]\ny = 1\n";
        let layer = layer(Scope::Project, Standing::Untrusted, text).unwrap();
        assert_eq!(layer.entries.len(), 1);
        let ignored: Vec<_> = layer.remarks.iter().map(|remark| remark.key.as_str()).collect();
        assert_eq!(ignored, ["organization", "alias.login", "x.y"]);
    }

    #[test]
    fn wrong_values_are_problems_with_a_place() {
        for (text, what) in [
            ("username = 3\n", "`username`: expected a string, not an integer"),
            ("user = 'a/b'\n", "`user`: a user name has only"),
            ("allow_non_secure = 'yes'\n", "`allow_non_secure`: expected `true` or `false`"),
            ("[ui]\ncolor = 'blue'\n", "`ui.color`: expected one of auto, always, never"),
            ("apikey = 'marker'\n", "a settings file never holds an API key"),
            ("user = 'a'\nusername = 'b'\n", "`username` is set twice"),
        ] {
            let layer = layer(Scope::User, Standing::Own, text).unwrap();
            assert!(layer.problems[0].what.starts_with(what), "{}", layer.problems[0].what);
            assert!(!format!("{:?}", layer.problems).contains("marker"));
        }
    }
}
