//! `Receipt`: what was installed, from where, and with which hashes.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::build::ProgramBuild;
use super::source::PackageSource;
use super::tree::TreeList;
use crate::error::{Error, Kind};
use crate::plugin_name::PluginName;
use crate::project::trust::Hash;
use crate::read_file::{check_own_directory, read_own};

/// The version of the receipt's form; another one is not read.
const VERSION: u32 = 1;
/// The name of a receipt in the directory of an installed version.
pub(super) const RECEIPT: &str = "receipt.json";
/// The name of the list of installed files, beside it.
pub(super) const FILES: &str = "files.json";
/// The directory of the installed files, beside both.
pub(super) const TREE: &str = "tree";
/// The longest receipt and the longest list, in bytes.
const LIMIT: u64 = 1024 * 1024;
const LIST_LIMIT: u64 = 64 * 1024 * 1024;

/// A file that was downloaded or unpacked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Artefact {
    /// Its name; that of a directory or repository is `tree`.
    pub file: String,
    /// The hash of its bytes; of a tree, that over its files.
    pub sha256: Hash,
}

impl Artefact {
    /// Whether it is a wheel, of which nothing has to be built.
    pub(super) fn is_wheel(&self) -> bool {
        Path::new(&self.file).extension().is_some_and(|end| end == "whl")
    }
}

/// What was fetched, which is the same on every machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// How it came: `directory`, `archive`, `git`, `pip` or `cargo`.
    pub kind: String,
    /// The version, the commit, or the beginning of the tree's hash.
    pub release: String,
    /// For which machines; nothing where it is the same for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The files, by name.
    pub artefacts: Vec<Artefact>,
}

impl Fetched {
    /// Returns the hash that stands for all of it.
    pub fn identity(&self) -> Hash {
        let mut text = format!("{}\0{}\0", self.kind, self.release);
        for artefact in &self.artefacts {
            text += &format!("{}\0{}\0", artefact.file, artefact.sha256);
        }
        Hash::of(text.as_bytes())
    }
}

/// A program of a package, which answers to `carto NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledProgram {
    /// The plugin's name.
    pub name: String,
    /// Where it lies, below the directory of the version; absolute in a package that is linked.
    pub path: PathBuf,
    /// The build of it that was installed; nothing in a package that is linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<ProgramBuild>,
}

/// What was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    version: u32,
    /// The name of the package.
    pub package: String,
    /// The source as it was named, without a secret.
    pub source: String,
    /// Whether the source names one version.
    pub pinned: bool,
    /// The name that its one program was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_name: Option<String>,
    /// What was fetched.
    pub fetched: Fetched,
    /// The hash of the installed files, which are listed beside the receipt.
    pub installed: Hash,
    /// Its programs.
    pub programs: Vec<InstalledProgram>,
}

impl Receipt {
    /// Makes the receipt of files that were installed.
    pub(super) fn new(
        package: &str,
        source: &PackageSource,
        as_name: Option<String>,
        fetched: Fetched,
        files: &TreeList,
        programs: Vec<InstalledProgram>,
    ) -> Self {
        Receipt {
            version: VERSION,
            package: package.to_owned(),
            source: source.to_string(),
            pinned: source.is_pinned(),
            as_name,
            fetched,
            installed: files.hash(),
            programs,
        }
    }

    /// Reads the receipt of an installed version.
    ///
    /// # Errors
    /// There is none, it cannot be read, or somebody else could have written it.
    pub fn read(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(RECEIPT);
        let file = read_own(&path, LIMIT)?.ok_or_else(|| unusable(&path, "is not there"))?;
        check_own_directory(dir)?;
        let receipt = serde_json::from_slice::<Receipt>(&file.bytes).ok();
        receipt
            .filter(|receipt| receipt.version == VERSION)
            .ok_or_else(|| unusable(&path, "cannot be read"))
    }

    /// Reads the list of the files that were installed, which has to be the one of the receipt.
    ///
    /// # Errors
    /// There is none, or it is another one.
    pub fn files(&self, dir: &Path) -> Result<TreeList, Error> {
        let path = dir.join(FILES);
        let file = read_own(&path, LIST_LIMIT)?.ok_or_else(|| unusable(&path, "is not there"))?;
        let list = serde_json::from_slice::<TreeList>(&file.bytes).ok();
        list.filter(|list| list.hash() == self.installed)
            .ok_or_else(|| unusable(&path, "is not the one of its receipt"))
    }

    /// Returns a program of it.
    pub fn program(&self, name: &PluginName) -> Option<&InstalledProgram> {
        self.programs.iter().find(|program| program.name == name.as_str())
    }
}

/// The error of a record of an installed plugin.
fn unusable(path: &Path, why: &str) -> Error {
    Error::new(Kind::Invalid, format!("the record of an installed plugin {why}"))
        .at(path.display())
        .help("install it again: carto plugin install")
}
