//! `Shelves`: which manifests a directory holds, asked once for each directory.
//!
//! # Why
//! A list of thousands of plugins must not look four times for each, where mostly there is nothing.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::path_search::each_name;

/// The names in each directory that was asked for.
#[derive(Debug, Default)]
pub(super) struct Shelves(RefCell<HashMap<OsString, HashSet<OsString>>>);

impl Shelves {
    /// Whether a directory holds a file of this name, or does not say.
    pub(super) fn may_hold(&self, dir: &Path, file: &str) -> bool {
        let mut known = self.0.borrow_mut();
        if let Some(names) = known.get(dir.as_os_str()) {
            return names.contains(OsStr::new(file));
        }
        let names = names(dir);
        let holds = names.contains(OsStr::new(file));
        known.insert(dir.as_os_str().to_owned(), names);
        holds
    }
}

/// Returns what could be a manifest or a registration.
fn names(dir: &Path) -> HashSet<OsString> {
    let mut names = HashSet::new();
    each_name(dir, &mut |name| {
        if is_kept(name.as_encoded_bytes()) {
            names.insert(name.to_owned());
        }
    });
    names
}

fn is_kept(name: &[u8]) -> bool {
    [&b".toml"[..], b".json"].iter().any(|end| name.ends_with(end))
}
