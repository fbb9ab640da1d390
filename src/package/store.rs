//! `PluginStore`: the directory of installed plugins.
//!
//! # Why
//! A version is made in a directory of its own, which counts for nothing until the index names it: a
//! kill at any point leaves the old index or the new one. While it is made, a lock file beside it is
//! held; a directory that no index names and nobody holds was left over, and the next change of the
//! index removes it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::index::{INDEX, Index};
use super::receipt::{FILES, RECEIPT, Receipt, TREE};
use super::tree::TreeList;
use crate::error::{Error, Kind, io_reason};
use crate::plugin_name::PluginName;
use crate::replace_file::{Links, Lock, Mode, create_private_dir, replace};

/// How many characters of chance end a directory's name.
const CHANCE: usize = 6;

/// The directory of installed plugins.
#[derive(Clone, Debug)]
pub struct PluginStore {
    dir: PathBuf,
}

/// A version that is made. Nothing of it counts before [`PluginStore::commit`] names it.
#[derive(Debug)]
pub struct Stage {
    dir: PathBuf,
    /// Held while the version is made.
    _held: File,
}

impl Stage {
    /// Returns the directory of the version.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the directory of its files.
    pub fn tree(&self) -> PathBuf {
        self.dir.join(TREE)
    }

    /// Returns the directory's name.
    pub(super) fn name(&self) -> String {
        self.dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Makes a directory in it and returns its path.
    pub(super) fn directory(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.dir.join(name);
        fs::create_dir(&path).map_err(|error| unwritten(&path, &error))?;
        Ok(path)
    }

    /// Removes what the version does not need, once it is made.
    pub(super) fn discard(&self, name: &str) -> Result<(), Error> {
        let path = self.dir.join(name);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritten(&path, &error)),
            _ => Ok(()),
        }
    }

    /// Writes receipt and list, and brings everything to the disk.
    pub(super) fn seal(&self, receipt: &Receipt, files: &TreeList) -> Result<(), Error> {
        let internal = |error: serde_json::Error| Error::new(Kind::Internal, error.to_string());
        let lock = Lock::directory(&self.dir)?;
        let list = serde_json::to_vec(files).map_err(internal)?;
        replace(&self.dir.join(FILES), &list, Mode::Private, Links::Refuse, &lock)?;
        let mut text = serde_json::to_string_pretty(receipt).map_err(internal)?;
        text.push('\n');
        replace(&self.dir.join(RECEIPT), text.as_bytes(), Mode::Private, Links::Refuse, &lock)?;
        sync_all(&self.dir).map_err(|error| unwritten(&self.dir, &error))
    }
}

impl PluginStore {
    /// Names the directory of plugins below that of carto's data.
    pub fn below(data: &Path) -> Self {
        // Every start of a plugin looks here: the path is made in one piece.
        let mut dir = PathBuf::with_capacity(data.as_os_str().len() + "/plugins".len());
        dir.extend([data, Path::new("plugins")]);
        PluginStore { dir }
    }

    /// Returns the directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn versions(&self) -> PathBuf {
        self.dir.join("versions")
    }

    /// Returns the directory of an installed version.
    pub fn version(&self, dir: &str) -> PathBuf {
        self.versions().join(dir)
    }

    /// Reads which plugins are installed.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn index(&self) -> Result<Index, Error> {
        Index::read(&self.dir)
    }

    /// Returns where each installed plugin runs from.
    pub fn programs(&self, index: &Index) -> Vec<(PluginName, PathBuf)> {
        index.programs(&self.versions())
    }

    /// Makes an empty directory for a version of a package.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn stage(&self, package: &str, notice: &mut dyn FnMut(&str)) -> Result<Stage, Error> {
        create_private_dir(&self.versions())?;
        let _lock = Lock::directory_telling(&self.dir, notice)?;
        let prefix = format!("{package}-");
        let unwritten = |error: io::Error| unwritten(&self.versions(), &error);
        let made = tempfile::Builder::new()
            .prefix(&prefix)
            .rand_bytes(CHANCE)
            .suffix(".lock")
            .make_in(self.versions(), |path| {
                OpenOptions::new().write(true).create_new(true).open(path)
            })
            .map_err(unwritten)?;
        let (held, path) = made.keep().map_err(|error| unwritten(error.error))?;
        held.lock().map_err(unwritten)?;
        let dir = path.with_extension("");
        create_private_dir(&dir)?;
        Ok(Stage { dir, _held: held })
    }

    /// Changes what is installed, in one step, and removes what nothing names any more: of the versions
    /// that were made, those which the change does not take.
    ///
    /// # Errors
    /// The change says so, or nothing can be written; then everything is as it was.
    pub fn commit<T>(
        &self,
        made: Vec<Stage>,
        notice: &mut dyn FnMut(&str),
        change: impl FnOnce(&mut Index) -> Result<T, Error>,
    ) -> Result<T, Error> {
        create_private_dir(&self.versions())?;
        let lock = Lock::directory_telling(&self.dir, notice)?;
        let before = self.index()?;
        let mut index = before.clone();
        index.forget_retired();
        let done = change(&mut index).and_then(|done| {
            if index != before {
                let text = index.text()?;
                let path = self.dir.join(INDEX);
                replace(&path, text.as_bytes(), Mode::Private, Links::Refuse, &lock)?;
            }
            Ok(done)
        });
        drop(made);
        // Where the directory could not be synced the new index stands all the same.
        if let Ok(index) = self.index() {
            self.clear(&index);
        }
        done
    }

    /// Removes directories that the index does not name and that nobody is making. What cannot be
    /// removed now is tried again by the next change.
    fn clear(&self, index: &Index) {
        let Ok(entries) = fs::read_dir(self.versions()) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let dir = name.strip_suffix(".lock").unwrap_or(&name);
            let is_named = index.directories().any(|known| known == dir);
            let lock = self.versions().join(format!("{dir}.lock"));
            let held = File::open(&lock);
            if held.as_ref().is_ok_and(|held| held.try_lock().is_err()) {
                continue;
            }
            if !is_named
                && fs::remove_dir_all(self.versions().join(dir))
                    .is_err_and(|error| is_there(&error))
            {
                continue;
            }
            drop(held);
            _ = fs::remove_file(lock);
        }
    }
}

fn is_there(error: &io::Error) -> bool {
    error.kind() != io::ErrorKind::NotFound
}

/// The error of something that could not be written while a plugin was installed.
pub(super) fn unwritten(path: &Path, error: &io::Error) -> Error {
    Error::new(Kind::Write, format!("cannot write {}: {}", path.display(), io_reason(error)))
        .note("what was installed before is unchanged")
}

/// Brings a file system to the disk: a package has thousands of files.
#[cfg(target_os = "linux")]
fn sync_all(dir: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(dir)?)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_all(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let facts = path.symlink_metadata()?;
        if facts.is_dir() {
            sync_all(&path)?;
        } else if facts.is_file() {
            // Windows syncs only what may be written.
            OpenOptions::new().read(true).write(cfg!(windows)).open(&path)?.sync_all()?;
        }
    }
    Ok(())
}
