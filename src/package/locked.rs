//! Whether an installed plugin is the one that a project locks.

use std::path::{Path, PathBuf};

use super::index::Index;
use super::lock_file::{LockedPackage, PluginLock};
use super::receipt::Receipt;
use super::store::PluginStore;
use crate::error::Error;
use crate::plugin_name::PluginName;

/// A program that a lock names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedProgram {
    /// The plugin's name.
    pub name: PluginName,
    /// What runs, or where it would be.
    pub path: PathBuf,
    /// Why it does not run: it is not what was locked.
    pub fault: Option<String>,
}

impl PluginLock {
    /// Returns the programs that it names; that one alone where a name is given.
    pub fn programs(
        &self,
        path: &Path,
        store: &PluginStore,
        index: &Result<Index, Error>,
        only: Option<&PluginName>,
    ) -> Vec<LockedProgram> {
        let mut all: Vec<LockedProgram> = Vec::new();
        for program in self.packages.iter().flat_map(|package| &package.programs) {
            let Ok(name) = PluginName::parse(program.as_ref()) else { continue };
            if only.is_some_and(|only| *only != name) || all.iter().any(|known| known.name == name)
            {
                continue;
            }
            let found = match index {
                Ok(index) => find(self, &name, store, index),
                Err(error) => Err(error.what.clone()),
            };
            let (path, fault) = match found {
                Ok((found, fault)) => (found, fault),
                Err(fault) => (path.to_owned(), Some(fault)),
            };
            all.push(LockedProgram { name, path, fault });
        }
        all
    }
}

/// Finds the program of a lock, and says what is wrong with its file.
fn find(
    lock: &PluginLock,
    name: &PluginName,
    store: &PluginStore,
    index: &Index,
) -> Result<(PathBuf, Option<String>), String> {
    let mut locked = None;
    for package in lock.with_program(name.as_str()) {
        let identity = package.fetched.identity();
        if let Some((dir, _)) = index.find(&package.package, &identity) {
            return as_installed(package, name, &store.version(dir));
        }
        locked = Some(package);
    }
    let locked = locked.map_or(String::new(), |package| short_release(&package.fetched.release));
    let there = lock.with_program(name.as_str()).find_map(|package| {
        let versions = &index.packages.get(&package.package)?.versions;
        let releases: Vec<_> =
            versions.values().map(|version| short_release(&version.release)).collect();
        Some(releases.join(", "))
    });
    Err(match there {
        // The same version with other bytes is no other version.
        Some(there) if there == locked => {
            format!("is locked at {locked}, and what is installed has other bytes")
        }
        Some(there) => format!("is locked at {locked}, and {there} is installed"),
        None => format!("is locked at {locked}, and not installed"),
    })
}

/// Looks at a program's file: what it was when it was installed.
fn as_installed(
    package: &LockedPackage,
    name: &PluginName,
    dir: &Path,
) -> Result<(PathBuf, Option<String>), String> {
    let receipt = Receipt::read(dir).map_err(|error: Error| error.what)?;
    if receipt.fetched.identity() != package.fetched.identity() {
        return Err("has the receipt of another one than was locked".to_owned());
    }
    let program = receipt.program(name);
    let program = program.ok_or_else(|| "is not in the locked version".to_owned())?;
    let path = dir.join(&program.path);
    let is_it = program.build.as_ref().is_some_and(|build| build.is_at(&path));
    Ok((path, (!is_it).then(|| "has changed since it was installed".to_owned())))
}

/// Shortens a commit for people.
pub fn short_release(release: &str) -> String {
    let is_hash = release.len() == 40 && release.bytes().all(|byte| byte.is_ascii_hexdigit());
    release.get(..if is_hash { 12 } else { release.len() }).unwrap_or(release).to_owned()
}
