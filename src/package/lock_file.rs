//! `PluginLock`: `.carto/plugins.lock`, which plugins a project uses.

use std::path::Path;

use super::receipt::{Artefact, Fetched};
use super::source::PackageSource;
use crate::config::Origin;
use crate::error::{Error, Kind};
use crate::line_index::LineIndex;
use crate::plugin_name::PluginName;
use crate::project::trust::Hash;
use crate::toml::{Document, Item, Value, literal};

/// The version of the file's form; another one is not read.
const VERSION: i64 = 1;
/// What begins the file.
const HEAD: &str = "\
# The plugins of this project, by the hashes of what was downloaded. `carto plugin lock` writes this
# file, `carto plugin sync` installs exactly these. It may be committed; `carto trust` approves it.
version = 1
";

/// A package that a project uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedPackage {
    /// The name of the package.
    pub package: String,
    /// The source, as it is typed in the project's root.
    pub source: String,
    /// The name that its one program got; its own where this is left out.
    pub as_name: Option<String>,
    /// What was fetched.
    pub fetched: Fetched,
    /// The names of its programs.
    pub programs: Vec<String>,
}

/// Everything that a project locks, in the order of the names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginLock {
    /// The packages; one that has files for several platforms stands once for each.
    pub packages: Vec<LockedPackage>,
}

impl PluginLock {
    /// Reads the bytes of the file.
    ///
    /// # Errors
    /// It is no such file, with line and column.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        PluginLock::parse_only(path, bytes, None)
    }

    /// Reads the bytes of the file, and of the entries those alone that have a program of that name: a start
    /// of a plugin needs no others.
    ///
    /// # Errors
    /// It is no such file, with line and column.
    pub fn parse_only(path: &Path, bytes: &[u8], only: Option<&PluginName>) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(|_| {
            Error::new(Kind::Invalid, "the lock is not UTF-8")
                .at(path.display())
                .help("carto plugin lock     # writes it anew")
        })?;
        let lines = LineIndex::default();
        let wrong = |what: &str, at: usize| {
            let (line, column) = lines.position(text, at);
            Error::new(Kind::Invalid, what)
                .at(Origin::File { path: path.into(), line, column })
                .help("carto plugin lock     # writes it anew")
        };
        let document =
            Document::read(text).map_err(|error| wrong("the lock is not TOML", error.at))?;
        let root = document.root();
        if root.get("version").map(Item::value) != Some(Value::Integer(VERSION)) {
            return Err(wrong("this carto reads a lock with `version = 1`", 0));
        }
        let mut packages = Vec::new();
        for item in root.get("plugin").and_then(Item::tables).into_iter().flatten() {
            if only.is_some_and(|only| !names(item, only.as_str())) {
                continue;
            }
            let package = locked(item)
                .ok_or_else(|| wrong("this entry of the lock is not whole", item.span().start()))?;
            packages.push(package);
        }
        Ok(PluginLock { packages })
    }

    /// Returns the text of the file.
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for package in &self.packages {
            let fetched = &package.fetched;
            let mut put = |name: &str, value: &Value| {
                text += &format!("{name} = {}\n", literal(value));
            };
            let string = |text: &str| Value::String(text.to_owned());
            put("\n[[plugin]]\npackage", &string(&package.package));
            put("source", &string(&package.source));
            if let Some(name) = &package.as_name {
                put("as_name", &string(name));
            }
            put("kind", &string(&fetched.kind));
            put("release", &string(&fetched.release));
            if let Some(platform) = &fetched.platform {
                put("platform", &string(platform));
            }
            put("programs", &Value::Array(package.programs.iter().map(|p| string(p)).collect()));
            text += "files = [\n";
            for Artefact { file, sha256 } in &fetched.artefacts {
                text += &format!("    {},\n", literal(&string(&format!("{sha256} {file}"))));
            }
            text += "]\n";
        }
        text
    }

    /// Puts a package in, in the place of what stands there for the same platform.
    pub fn put(&mut self, package: LockedPackage) {
        let place =
            |locked: &LockedPackage| (locked.package.clone(), locked.fetched.platform.clone());
        // What is the same everywhere, or comes from elsewhere now, replaces all that was.
        self.packages.retain(|known| {
            known.package != package.package
                || known.fetched.platform.is_some()
                    && package.fetched.platform.is_some()
                    && known.source == package.source
                    && known.fetched.release == package.fetched.release
                    && known.fetched.platform != package.fetched.platform
        });
        self.packages.push(package);
        self.packages.sort_by_key(place);
    }

    /// Returns the entries that have a program of that name.
    pub fn with_program<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a LockedPackage> {
        self.packages.iter().filter(move |package| package.programs.iter().any(|p| p == name))
    }
}

impl LockedPackage {
    /// Returns its source.
    ///
    /// # Errors
    /// It is none, or is not there.
    pub fn source(&self, root: &Path) -> Result<PackageSource, Error> {
        PackageSource::parse(&self.source, root)
    }

    /// Returns its source, which need not be there.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn source_unseen(&self, root: &Path) -> Result<PackageSource, Error> {
        match self.fetched.kind.as_str() {
            "directory" => Ok(PackageSource::Directory(root.join(&self.source))),
            "archive" => Ok(PackageSource::Archive(root.join(&self.source))),
            _ => self.source(root),
        }
    }
}

/// Whether an entry has a program of that name, or does not say which it has.
fn names(item: Item<'_, '_>, name: &str) -> bool {
    match item.get("programs").map(Item::value) {
        Some(Value::Array(programs)) => {
            programs.iter().any(|program| program.as_str().is_none_or(|program| program == name))
        }
        _ => true,
    }
}

/// Whether a text is one word to every package manager, and names no path: the lock's author chose it.
pub(super) fn is_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+!".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && text.chars().all(plain)
}

/// Reads one entry; nothing where a field is missing, or is not what it should be.
fn locked(item: Item<'_, '_>) -> Option<LockedPackage> {
    let text = |name: &str| Some(item.get(name)?.text()?.into_owned());
    let plain = |name: &str| text(name).filter(|text| is_word(text));
    let list = |name: &str| match item.get(name)?.value() {
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        }
        _ => None,
    };
    let artefacts = list("files")?.into_iter().map(|line| {
        let (sha256, file) = line.split_once(' ')?;
        let file = Some(file.to_owned()).filter(|file| is_word(file))?;
        Some(Artefact { file, sha256: Hash::parse(sha256)? })
    });
    let fetched = Fetched {
        kind: plain("kind")?,
        release: plain("release")?,
        platform: text("platform"),
        artefacts: artefacts.collect::<Option<Vec<_>>>()?,
    };
    if fetched.artefacts.is_empty() {
        return None;
    }
    let (package, source, as_name) = (plain("package")?, text("source")?, text("as_name"));
    Some(LockedPackage { package, source, as_name, fetched, programs: list("programs")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, release: &str, platform: Option<&str>) -> LockedPackage {
        let artefact = Artefact { file: format!("{name}.whl"), sha256: Hash::of(name.as_bytes()) };
        LockedPackage {
            package: name.to_owned(),
            source: format!("pip:carto-{name}"),
            as_name: None,
            fetched: Fetched {
                kind: "pip".to_owned(),
                release: release.to_owned(),
                platform: platform.map(str::to_owned),
                artefacts: vec![artefact],
            },
            programs: vec![name.to_owned()],
        }
    }

    #[test]
    fn a_lock_is_read_as_it_was_written() {
        let mut lock = PluginLock::default();
        lock.put(package("b", "1", Some("linux")));
        lock.put(package("a", "1", None));
        lock.put(LockedPackage { as_name: Some("y\"x".to_owned()), ..package("c", "1", None) });
        let text = lock.text();
        assert_eq!(PluginLock::parse(Path::new("x"), text.as_bytes()).unwrap(), lock);
        let names: Vec<_> = lock.packages.iter().map(|package| package.package.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        let toml: toml_edit::DocumentMut = text.parse().unwrap();
        assert_eq!(toml["plugin"].as_array_of_tables().unwrap().len(), 3);
    }

    #[test]
    fn platforms_of_one_version_stand_side_by_side() {
        let mut lock = PluginLock::default();
        lock.put(package("a", "1", Some("linux")));
        lock.put(package("a", "1", Some("macos")));
        assert_eq!(lock.packages.len(), 2);
        lock.put(package("a", "1", Some("linux")));
        assert_eq!(lock.packages.len(), 2);
        // Another version makes the others' hashes stale.
        lock.put(package("a", "2", Some("linux")));
        assert_eq!(lock.packages, [package("a", "2", Some("linux"))]);
        lock.put(package("a", "2", None));
        assert_eq!(lock.packages, [package("a", "2", None)]);
    }

    #[test]
    fn what_is_not_whole_is_an_error_with_its_line() {
        let mut lock = PluginLock::default();
        lock.put(package("a", "1", None));
        let whole = lock.text();
        for (from, to) in [
            ("version = 1", "version = 2"),
            ("kind = \"pip\"\n", ""),
            ("sha256:", "sha256:zz"),
            ("programs = [\"a\"]", "programs = [1]"),
            ("[[plugin]]", "[[plugin]"),
            // None of these reaches a package manager, or a path.
            ("package = \"a\"", "package = \"../a\""),
            ("release = \"1\"", "release = \"1\\\"\\n[patch.crates-io]\""),
            ("release = \"1\"", "release = \"--index-url=x\""),
            (" a.whl", " a.whl\\n--index-url=x"),
            (" a.whl", " ../a.whl"),
            (" a.whl", " -a.whl"),
        ] {
            let text = whole.replace(from, to);
            assert_ne!(text, whole);
            let error = PluginLock::parse(Path::new("x"), text.as_bytes()).unwrap_err();
            assert!(error.places[0].origin.starts_with("x:"), "{error:?}");
        }
        let error = PluginLock::parse(Path::new("x"), b"\xff").unwrap_err();
        assert_eq!(error.what, "the lock is not UTF-8");
    }
}
