//! `Index`: which versions of which packages are installed, and which of them is the current one.
//!
//! # Why
//! One file, so that installing, exchanging and removing are one rename each, however many programs a
//! package has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::receipt::{InstalledProgram, Receipt};
use crate::error::{Error, Kind};
use crate::plugin_name::PluginName;
use crate::project::trust::Hash;
use crate::read_file::{check_own_directory, read_own};

/// The version of the index's form; another one is not read.
const VERSION: u32 = 1;
/// The longest index, in bytes.
const LIMIT: u64 = 4 * 1024 * 1024;
/// How long a version stays that another one took the place of, in seconds: it may be running, and a
/// program of Python reads its modules when it needs them.
const RETIRED: u64 = 24 * 60 * 60;
/// Its name in the directory of plugins.
pub(super) const INDEX: &str = "installed.json";

/// Everything that is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    version: u32,
    /// The packages by name.
    pub packages: BTreeMap<String, InstalledPackage>,
}

/// A package, with its versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledPackage {
    /// The directory of the version that runs where no lock says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// The versions by their directories.
    pub versions: BTreeMap<String, InstalledVersion>,
    /// Directories of versions that others took the place of, and when, in seconds since 1970: they may
    /// be running.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    retired: BTreeMap<String, u64>,
}

impl InstalledPackage {
    /// Makes a version the current one. The one before it goes out of use, unless a lock names it; its
    /// files stay for a while.
    fn choose(&mut self, dir: &str) {
        let before = self.current.replace(dir.to_owned()).unwrap_or_default();
        if before != dir && self.versions.get(&before).is_some_and(|held| !held.locked) {
            self.versions.remove(&before);
            self.retired.insert(before, now());
        }
    }
}

/// A version of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledVersion {
    /// What stands for all that was fetched.
    pub identity: Hash,
    /// The version, the commit, or the beginning of a hash.
    pub release: String,
    /// Whether a project locks it: then an upgrade leaves it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    locked: bool,
    /// Where its programs lie, below its directory; absolute in a package that is linked.
    pub programs: BTreeMap<String, PathBuf>,
}

impl Default for Index {
    fn default() -> Self {
        Index { version: VERSION, packages: BTreeMap::new() }
    }
}

impl Index {
    /// Reads the index of a directory of plugins; empty where there is none.
    ///
    /// # Errors
    /// It is there and cannot be read, or somebody else could have written it.
    pub(super) fn read(dir: &Path) -> Result<Self, Error> {
        let mut path = PathBuf::with_capacity(dir.as_os_str().len() + 1 + INDEX.len());
        path.extend([dir, Path::new(INDEX)]);
        let Some(file) = read_own(&path, LIMIT)? else { return Ok(Index::default()) };
        check_own_directory(dir)?;
        let index = serde_json::from_slice::<Index>(&file.bytes).ok();
        index.filter(|index| index.version == VERSION).ok_or_else(|| {
            Error::new(Kind::Invalid, "the index of installed plugins cannot be read")
                .at(path.display())
                .help("remove the file, then install the plugins again")
        })
    }

    /// Returns the current version of every package, with its directory's name.
    pub fn current(&self) -> impl Iterator<Item = (&str, &str, &InstalledVersion)> {
        self.packages.iter().filter_map(|(name, package)| {
            let (dir, version) = package.versions.get_key_value(package.current.as_ref()?)?;
            Some((name.as_str(), dir.as_str(), version))
        })
    }

    /// Returns the package whose current version has a program.
    pub fn owner(&self, program: &str) -> Option<&str> {
        self.current()
            .find(|(_, _, version)| version.programs.contains_key(program))
            .map(|(package, _, _)| package)
    }

    /// Finds the version that stands for what a lock names.
    pub fn find(&self, package: &str, identity: &Hash) -> Option<(&str, &InstalledVersion)> {
        let package = self.packages.get(package)?;
        let found = package.versions.iter().find(|(_, version)| version.identity == *identity);
        found.map(|(dir, version)| (dir.as_str(), version))
    }

    /// Finds the package that a user means by its name or by that of one of its programs.
    pub fn named(&self, name: &str) -> Option<&str> {
        match self.packages.get_key_value(name) {
            Some((package, _)) => Some(package),
            None => self.packages.iter().find_map(|(package, held)| {
                let has = |version: &InstalledVersion| version.programs.contains_key(name);
                held.versions.values().any(has).then_some(package.as_str())
            }),
        }
    }

    /// Adds a version, in the place of one that stands for the same. It becomes the current one unless a
    /// lock asked for it and there is another; the one before it goes unless a lock asked for that.
    pub(super) fn add(&mut self, receipt: &Receipt, dir: &str, asked: AskedBy) {
        let package = self.packages.entry(receipt.package.clone()).or_default();
        let programs = receipt.programs.iter();
        let path = |program: &InstalledProgram| (program.name.clone(), program.path.clone());
        let mut version = InstalledVersion {
            identity: receipt.fetched.identity(),
            release: receipt.fetched.release.clone(),
            locked: asked == AskedBy::Lock,
            programs: programs.map(path).collect(),
        };
        let is_same = |_: &String, held: &mut InstalledVersion| held.identity == version.identity;
        let same: Vec<_> = package.versions.extract_if(.., is_same).collect();
        version.locked |= same.iter().any(|(_, held)| held.locked);
        package.retired.extend(same.iter().map(|(held, _)| (held.clone(), now())));
        package.versions.insert(dir.to_owned(), version);
        let takes_place = package.current.as_ref().is_none_or(|current| {
            asked == AskedBy::User || same.iter().any(|(held, _)| held == current)
        });
        if takes_place {
            package.choose(dir);
        }
    }

    /// Makes a version that is installed the current one.
    pub fn choose(&mut self, package: &str, dir: &str) {
        if let Some(package) = self.packages.get_mut(package) {
            package.choose(dir);
        }
    }

    /// Marks the version that stands for what a lock names.
    pub fn lock(&mut self, package: &str, identity: &Hash) {
        let versions = self.packages.get_mut(package).map(|held| held.versions.values_mut());
        for version in versions.into_iter().flatten() {
            version.locked |= version.identity == *identity;
        }
    }

    /// Lets go of versions that were retired long ago.
    pub(super) fn forget_retired(&mut self) {
        let now = now();
        for package in self.packages.values_mut() {
            package.retired.retain(|_, since| now.saturating_sub(*since) < RETIRED);
        }
    }

    /// Names every directory that stays.
    pub(super) fn directories(&self) -> impl Iterator<Item = &str> {
        let packages = self.packages.values();
        let names = packages.flat_map(|held| held.versions.keys().chain(held.retired.keys()));
        names.map(String::as_str)
    }

    /// Returns the text of the file.
    pub(super) fn text(&self) -> Result<String, Error> {
        // Every start of an installed plugin reads it.
        let text = serde_json::to_string(self)
            .map_err(|error| Error::new(Kind::Internal, error.to_string()))?;
        Ok(text + "\n")
    }

    /// Returns where each plugin runs from that is installed and current.
    pub(super) fn programs(&self, versions: &Path) -> Vec<(PluginName, PathBuf)> {
        let mut all = Vec::new();
        for (_, dir, version) in self.current() {
            for (name, path) in &version.programs {
                if let Ok(name) = PluginName::parse(name.as_ref()) {
                    // An absolute path, of a package that is linked, stays what it is.
                    all.push((name, versions.join(dir).join(path)));
                }
            }
        }
        all
    }
}

/// Returns the time, in seconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Who asked for a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedBy {
    /// The user, by its name.
    User,
    /// A lock.
    Lock,
}
