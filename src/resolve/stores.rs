//! The stored keys of a run, read from the credential file of each scope.

use std::path::Path;

use crate::config::Scope;
use crate::config::places::CREDENTIALS_FILE;
use crate::credential::store::{self, Stored};
use crate::error::{Error, Kind};
use crate::read_file::{Exposure, FileBytes, close_command, is_read_only};
use crate::resolve::given_key::tell_administrators;
use crate::resolve::layers::Loaded;
use crate::resolve::run::Run;

impl Run {
    /// Reads the stored keys of every scope; a broken file is added to the others.
    pub(super) fn read_stores(&self, loaded: &Loaded, broken: &mut Vec<Error>) -> Vec<Stored> {
        let mut stored = Vec::new();
        let dirs = [(Scope::System, &loaded.places.system), (Scope::User, &loaded.places.user)];
        for (scope, dir) in dirs {
            let Some(dir) = dir else { continue };
            let path = dir.join(CREDENTIALS_FILE);
            match self.read_own_file(scope, &path) {
                Ok(None) => {}
                Ok(Some(file)) => self.take_store(scope, &path, &file, &mut stored, broken),
                Err(error) => broken.push(error),
            }
        }
        if let Some(project) = &loaded.project {
            match project.credentials(&self.trust()) {
                Ok(Some((path, file))) => {
                    self.take_store(Scope::Project, &path, &file, &mut stored, broken);
                }
                Ok(None) => {}
                Err(error) => broken.push(error),
            }
        }
        stored
    }

    fn take_store(
        &self,
        scope: Scope,
        path: &Path,
        file: &FileBytes,
        stored: &mut Vec<Stored>,
        broken: &mut Vec<Error>,
    ) {
        self.output.verbose(|| format!("read {}", path.display()));
        tell_administrators(path, file, &self.output);
        match parse_store(scope, path, file) {
            // There may be thousands, mostly in one file: they stay where they are.
            Ok(entries) if stored.is_empty() => *stored = entries,
            Ok(entries) => stored.extend(entries),
            Err(error) => broken.push(error),
        }
    }
}

fn parse_store(scope: Scope, path: &Path, file: &FileBytes) -> Result<Vec<Stored>, Error> {
    let stored = store::parse(scope, path, &file.bytes)?;
    // A source is no secret: a file that names nothing else may be read by everyone.
    let holds_key = stored.iter().any(|entry| entry.key.literal().is_some());
    if holds_key && is_loose(scope, path, file) {
        return Err(Error::new(Kind::Invalid, "others can read this credential file")
            .at(path.display())
            .note(format!("what lets them: {}", file.facts.shown_mode()))
            .help(close_command(path)));
    }
    Ok(stored)
}

/// Whether you let others read a file with keys. Root may let a group read those of the system, and a
/// file that was mounted as it is has the modes that the administrator wants.
fn is_loose(scope: Scope, path: &Path, file: &FileBytes) -> bool {
    const EVERYONE: u32 = 0o007;
    let is_for_group = file.facts.mode & EVERYONE == 0 && scope == Scope::System;
    let is_roots = file.facts.uid == 0;
    match file.facts.exposure() {
        Exposure::None | Exposure::Administrator => false,
        Exposure::Yours => !(is_roots && (is_for_group || is_read_only(path))),
        // Whoever reads files with keys refuses those of somebody else.
        Exposure::Another => true,
    }
}
