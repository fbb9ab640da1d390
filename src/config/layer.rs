//! `Layer`: all values of one scope, each with its exact place.

use std::collections::HashMap;
use std::path::Path;

use super::entry::Entry;
use super::kept::{InText, Kept, KeptAt, LayerText, Owned};
use super::near_setting::nearest_setting;
use super::rows::{Rows, Spelling, TableRows};
use super::setting::ValueType;
use super::setting_path::SettingPath;
use super::source::{Source, bad_value, secret_in_config, split_bom, syntax_error};
use super::suspect::names_secret;
use super::{Located, Origin, Scope};
use crate::error::{Error, Kind};
use crate::toml::{Document, Item, Span, TableId, TablePaths, Value, decoded};

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
    /// What is in the file and has no effect: unknown keys, keys of another scope.
    pub remarks: Vec<Remark>,
    /// Values that cannot be used; the file counts as broken.
    pub problems: Vec<Error>,
    kept: Vec<Kept>,
    text: LayerText,
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
    /// No such key.
    Unknown,
    /// The scope may not set it.
    Scope(Scope),
    /// The project is not trusted.
    Untrusted,
}

impl Remark {
    /// Returns the known setting that was probably meant by an unknown one. It is looked for when it
    /// is told: a file can have thousands.
    pub fn meant(&self) -> Option<String> {
        let path = SettingPath::parse(&self.key).ok()?;
        nearest_setting(&path).filter(|_| self.kind == RemarkKind::Unknown)
    }
}

impl Layer {
    /// Makes a layer of values that were given outside files.
    pub fn given(scope: Scope) -> Self {
        Layer {
            scope,
            standing: Standing::Own,
            remarks: Vec::new(),
            problems: Vec::new(),
            kept: Vec::new(),
            text: LayerText::default(),
        }
    }

    /// Returns the pattern of base URLs that an untrusted project sets: it selects no account, so it is
    /// not in force, and a name that would go into it is refused.
    pub fn untrusted_pattern(&self) -> Option<Entry<'_>> {
        if self.standing != Standing::Untrusted {
            return None;
        }
        self.entries().find(|entry| {
            let value = (entry.top() == Some("base_url")).then(|| entry.value());
            value.as_ref().and_then(Value::as_str).is_some_and(|text| text.contains('{'))
        })
    }

    /// Adds a value that was given outside files; it replaces an earlier one of that key.
    pub fn give(&mut self, path: SettingPath, value: Value, origin: Origin) {
        let at = self.entries().position(|entry| entry.is(&path));
        let written = path.clone();
        let kept =
            Kept::Owned(Box::new(Owned { path, written, value, at: KeptAt::Origin(origin) }));
        if let Some(at) = at {
            self.kept.remove(at);
        }
        self.kept.push(kept);
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
        let source = Source::new(path, bytes)?;
        let mut layer = Layer { scope, standing, ..Layer::given(scope) };
        let (mark, body) = split_bom(&source.text);
        // One at the start is no part of the document; what to say of another one is ours.
        if body.starts_with('\u{feff}') {
            return Err(syntax_error(&source, mark, "a byte order mark stands only at the start"));
        }
        let document = Document::read(&source.text)
            .map_err(|error| syntax_error(&source, error.at, &error.message))?;
        layer.admit(&source, &document);
        drop(document);
        layer.text.source = Some(source);
        Ok(layer)
    }

    /// Takes the values of a document into the layer.
    fn admit(&mut self, source: &Source, document: &Document<'_>) {
        let mut leaves = document.leaves();
        let mut admission = Admission { layer: self, source, names: None };
        let (mut rows, mut entered) = (TableRows::new(), TableId::default());
        while let Some((table, item)) = leaves.advance() {
            let found = FoundValue { tables: &leaves.tables, text: &source.text, table, item };
            // All that a table holds stands together.
            if table != entered {
                rows.enter(leaves.tables.path(entered, &source.text), found.above());
                entered = table;
            }
            admission.admit(rows.here(), &found);
        }
        self.text.tables = leaves.tables;
    }

    /// Returns the values, in the order of the file.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> + ExactSizeIterator {
        self.kept.iter().map(|kept| Entry { scope: self.scope, text: &self.text, kept })
    }

    /// Whether it is what a file with these bytes says, as one's own word.
    pub fn is_of(&self, scope: Scope, path: &Path, bytes: &[u8]) -> bool {
        let is_text = |source: &Source| *source.path == *path && source.text.as_bytes() == bytes;
        self.scope == scope
            && self.standing == Standing::Own
            && self.text.source.as_ref().is_some_and(is_text)
    }

    /// Returns the file when the layer was read from one.
    pub fn path(&self) -> Option<&Path> {
        self.text.source.as_ref().map(|source| source.path.as_ref())
    }

    /// Returns the value of a key.
    pub fn get(&self, path: &SettingPath) -> Option<Entry<'_>> {
        self.entries().find(|entry| entry.is(path))
    }

    /// Returns a key's path as this layer writes it, or would.
    pub fn written(&self, path: &SettingPath) -> SettingPath {
        self.get(path).map_or_else(|| path.clone(), |entry| entry.written())
    }

    /// Returns the value of a top-level key that the table knows, with its place.
    pub fn top(&self, name: &str) -> Option<Located<Value>> {
        let entry = self.entries().find(|entry| entry.top() == Some(name))?;
        Some(Located::new(entry.value(), self.scope, entry.origin()))
    }
}

impl std::fmt::Debug for Kept {
    // A value in the wrong place may be a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept(..)")
    }
}

/// One value of a file, before the table of keys has judged it.
struct FoundValue<'a> {
    /// The tables so far.
    tables: &'a TablePaths,
    /// The text of the file.
    text: &'a str,
    /// The one in which it stands.
    table: TableId,
    item: Item<'a, 'a>,
}

impl<'a> FoundValue<'a> {
    fn above(&self) -> impl Iterator<Item = &'a str> + Clone {
        self.tables.path(self.table, self.text)
    }

    fn written(&self) -> SettingPath {
        SettingPath(self.above().chain([self.item.name()]).map(str::to_owned).collect())
    }

    /// Returns the places of its key and its value, where both can be read off the text.
    fn in_text(&self) -> Option<InText> {
        let value = Some(self.item.span()).filter(|_| self.item.is_written_whole())?;
        Some(InText { table: self.table, name: self.item.written_name()?, value })
    }
}

/// Takes the values of a file into a layer, each as what it is: entry, remark or problem.
struct Admission<'a> {
    layer: &'a mut Layer,
    source: &'a Source,
    /// The keys so far with their values, once one has two names.
    names: Option<HashMap<SettingPath, usize>>,
}

impl Admission<'_> {
    fn admit(&mut self, rows: &Rows, found: &FoundValue<'_>) {
        let untrusted = self.layer.standing == Standing::Untrusted;
        let Some((key, spelling)) = rows.find(found.item.name()) else {
            return self.admit_unknown(found);
        };
        if untrusted && !key.read_from_untrusted() {
            return self.remark(RemarkKind::Untrusted, found);
        }
        if key.value == ValueType::Secret {
            let path = SettingPath::canonical(&found.written().0);
            return self.secret(&path, found);
        }
        if !key.allowed_in(self.layer.scope) {
            return self.remark(RemarkKind::Scope(self.layer.scope), found);
        }
        if key.value != ValueType::Any
            && let Err(reason) = key.check(&found.item.value())
        {
            let written = found.written().to_string();
            let problem = bad_value(self.source, &written, &found.item.span().range(), &reason);
            return self.layer.problems.push(problem);
        }
        match spelling {
            Spelling::Canonical if self.names.is_none() => self.keep(found, None),
            _ => self.keep_once(found),
        }
    }

    fn admit_unknown(&mut self, found: &FoundValue<'_>) {
        if self.layer.standing == Standing::Untrusted {
            return self.remark(RemarkKind::Untrusted, found);
        }
        let path = found.written();
        if names_secret(&path) {
            return self.secret(&path, found);
        }
        self.remark(RemarkKind::Unknown, found);
        // Kept, so that plain lookups and `list` show what the file says.
        self.keep(found, None);
    }

    fn remark(&mut self, kind: RemarkKind, found: &FoundValue<'_>) {
        let key = found.written().to_string();
        let origin = self.source.origin(found.item.name_at());
        self.layer.remarks.push(Remark { kind, key, origin });
    }

    fn secret(&mut self, path: &SettingPath, found: &FoundValue<'_>) {
        let problem = secret_in_config(self.layer.scope, self.source, path, found.item.name_at());
        self.layer.problems.push(problem);
    }

    /// Keeps a value; with its canonical key where that is not the written one.
    fn keep(&mut self, found: &FoundValue<'_>, canonical: Option<SettingPath>) {
        self.layer.kept.push(match (found.in_text(), canonical) {
            (Some(place), None) => Kept::InText(place),
            (_, canonical) => {
                let written = found.written();
                let path = canonical.unwrap_or_else(|| written.clone());
                let (value, at) = (found.item.value(), KeptAt::Byte(found.item.span().start()));
                Kept::Owned(Box::new(Owned { path, written, value, at }))
            }
        });
    }

    /// Keeps a value whose key may stand in the file under another name, too.
    fn keep_once(&mut self, found: &FoundValue<'_>) {
        let path = SettingPath::canonical(&found.written().0);
        if self.names.is_none() {
            self.names = Some(self.known_names(found.tables));
        }
        let next = self.layer.kept.len();
        let names = self.names.get_or_insert_with(HashMap::new);
        let earlier = names.get(&path).copied();
        if earlier.is_none() {
            names.insert(path.clone(), next);
        }
        let Some(earlier) = earlier else { return self.keep(found, Some(path)) };
        let (value, at) = self.kept_value(earlier);
        if value != found.item.value() {
            let what = format!("`{path}` is set twice under two of its names");
            self.layer.problems.push(
                Error::new(Kind::Invalid, what)
                    .at(self.source.origin(at))
                    .at(self.source.origin(found.item.span().start())),
            );
        }
    }

    fn known_names(&self, tables: &TablePaths) -> HashMap<SettingPath, usize> {
        let path = |kept: &Kept| match kept {
            Kept::Owned(owned) => owned.path.clone(),
            Kept::InText(place) => {
                let above = tables.path(place.table, &self.source.text);
                SettingPath(above.chain([self.raw(place.name)]).map(str::to_owned).collect())
            }
        };
        self.layer.kept.iter().enumerate().map(|(at, kept)| (path(kept), at)).collect()
    }

    fn raw(&self, span: Span) -> &str {
        self.source.text.get(span.range()).unwrap_or_default()
    }

    /// Returns a value that was kept before, and where it stands.
    fn kept_value(&self, at: usize) -> (Value, usize) {
        match self.layer.kept.get(at) {
            Some(Kept::InText(place)) => (decoded(self.raw(place.value)), place.value.start()),
            Some(Kept::Owned(owned)) => match &owned.at {
                KeptAt::Byte(at) => (owned.value.clone(), *at),
                KeptAt::Origin(_) => (owned.value.clone(), 0),
            },
            None => (Value::Bool(false), 0),
        }
    }
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
            .entries()
            .map(|entry| format!("{}={} {}", entry.path(), entry.value(), entry.origin()))
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
        assert_eq!(layer.entries().len(), 1);
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
