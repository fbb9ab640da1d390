//! Registrations: the manifest that a program printed, kept for exactly that build of it.
//!
//! # Why
//! `cargo install` lays no file beside a program, so the program is asked, once. What it printed says
//! nothing of another build, which may want a key that this one did not.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::read::LIMIT;
use crate::error::{Error, Kind};
use crate::invocation::Invocation;
use crate::package::changed;
use crate::plugin_name::PluginName;
use crate::project::trust::{Hash, spelled};
use crate::read_file::{check_own_directory, read_own};
use crate::replace_file::{Links, Lock, Mode, create_private_dir, remove, replace};

/// The version of the record's form; another one is not read.
const VERSION: u32 = 1;
/// The largest record, in bytes: a manifest whose every byte is escaped, and the rest.
const RECORD_LIMIT: u64 = 7 * LIMIT;

/// Returns the directory of what was registered; none without a home.
pub fn dir(invocation: &Invocation) -> Option<PathBuf> {
    invocation.data_dir().map(|dir| dir.join("registered"))
}

/// Returns the name of a plugin's record.
pub(super) fn file_name(name: &PluginName) -> String {
    format!("{name}.json")
}

/// A manifest that a program printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    version: u32,
    /// The program; escaped where its path is not UTF-8.
    pub path: String,
    /// The program's length, in bytes.
    pub size: u64,
    /// When the program and what the system knows of it last changed.
    pub changed: String,
    /// The program's bytes.
    pub sha256: Hash,
    /// What it printed.
    pub manifest: String,
}

/// One build of a program: what tells it from another without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    path: PathBuf,
    size: u64,
    changed: String,
}

impl Build {
    /// Asks what a program is; nothing where it is gone.
    pub fn of(path: &Path) -> Option<Self> {
        let facts = path.metadata().ok()?;
        Some(Build { path: path.to_owned(), size: facts.len(), changed: changed(&facts) })
    }

    /// Reads the program.
    fn hash(&self) -> Option<Hash> {
        Hash::of_file(&self.path).ok()
    }
}

impl Registration {
    /// Makes the record of what a program printed; nothing where it cannot be read.
    pub fn new(build: &Build, manifest: String) -> Option<Self> {
        Some(Registration {
            version: VERSION,
            path: spelled(&build.path),
            size: build.size,
            changed: build.changed.clone(),
            sha256: build.hash()?,
            manifest,
        })
    }

    /// Whether the record is of this build. The program is read only where something about it has
    /// changed: a copy that was put back is still the same.
    pub(super) fn is_of(&self, build: &Build) -> bool {
        self.path == spelled(&build.path)
            && self.size == build.size
            && (self.changed == build.changed || build.hash().as_ref() == Some(&self.sha256))
    }

    /// Reads the record of a plugin.
    ///
    /// # Errors
    /// A record that is there and cannot be read, or that somebody else could have written.
    pub fn read(dir: &Path, name: &PluginName) -> Result<Option<Self>, Error> {
        let path = dir.join(file_name(name));
        let Some(file) = read_own(&path, RECORD_LIMIT)? else { return Ok(None) };
        check_own_directory(dir)?;
        let record = serde_json::from_slice::<Registration>(&file.bytes);
        match record.ok().filter(|record| record.version == VERSION) {
            Some(record) => Ok(Some(record)),
            None => {
                Err(Error::new(Kind::Invalid, "the record of a registered plugin cannot be read")
                    .at(path.display())
                    .help(format!("carto plugin register {name}"))
                    .help(format!("carto plugin register --forget {name}")))
            }
        }
    }

    /// Stores the record of a plugin.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn store(
        &self,
        dir: &Path,
        name: &PluginName,
        notice: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        create_private_dir(dir)?;
        let lock = Lock::directory_telling(dir, notice)?;
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::new(Kind::Internal, error.to_string()))?;
        text.push('\n');
        let path = dir.join(file_name(name));
        replace(&path, text.as_bytes(), Mode::Private, Links::Refuse, &lock)?;
        Ok(())
    }
}

/// Forgets what a plugin said; returns whether there was anything.
///
/// # Errors
/// The record cannot be removed.
pub fn forget(dir: &Path, name: &PluginName, notice: &mut dyn FnMut(&str)) -> Result<bool, Error> {
    let path = dir.join(file_name(name));
    if path.symlink_metadata().is_err() {
        return Ok(false);
    }
    let lock = Lock::directory_telling(dir, notice)?;
    Ok(remove(&path, Links::Refuse, &lock)?.was_there)
}
