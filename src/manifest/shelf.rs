//! `Shelves`: which manifests a directory holds, asked once for each directory.
//!
//! # Why
//! A list of thousands of plugins must not look four times for each, where mostly there is nothing.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The names in each directory that was asked for.
#[derive(Debug, Default)]
pub(super) struct Shelves(RefCell<HashMap<PathBuf, HashSet<OsString>>>);

impl Shelves {
    /// Whether a directory holds a file of this name, or does not say.
    pub(super) fn may_hold(&self, dir: &Path, file: &str) -> bool {
        let mut known = self.0.borrow_mut();
        if !known.contains_key(dir) {
            known.insert(dir.to_owned(), names(dir));
        }
        known.get(dir).is_some_and(|names| names.contains(std::ffi::OsStr::new(file)))
    }
}

/// Returns what could be a manifest or a registration.
fn names(dir: &Path) -> HashSet<OsString> {
    let Ok(entries) = std::fs::read_dir(dir) else { return HashSet::new() };
    let names = entries.flatten().map(|entry| entry.file_name());
    names.filter(|name| is_kept(name.as_encoded_bytes())).collect()
}

fn is_kept(name: &[u8]) -> bool {
    [&b".toml"[..], b".json"].iter().any(|end| name.ends_with(end))
}
