//! The stored keys of a run, read from the credential file of each scope.

use std::path::Path;

use crate::config::Scope;
use crate::config::places::CREDENTIALS_FILE;
use crate::credential::store::{self, Stored};
use crate::error::{Error, Kind};
use crate::read_file::FileBytes;
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
        match parse_store(scope, path, file) {
            // There may be thousands, mostly in one file: they stay where they are.
            Ok(entries) if stored.is_empty() => *stored = entries,
            Ok(entries) => stored.extend(entries),
            Err(error) => broken.push(error),
        }
    }
}

fn parse_store(scope: Scope, path: &Path, file: &FileBytes) -> Result<Vec<Stored>, Error> {
    const OTHERS: u32 = 0o077;
    let stored = store::parse(scope, path, &file.bytes)?;
    // A source is no secret: a file that names nothing else may be read by everyone.
    let holds_key = stored.iter().any(|entry| entry.key.literal().is_some());
    if holds_key && file.facts.mode & OTHERS != 0 {
        let shown = path.display();
        return Err(Error::new(Kind::Invalid, "others can read this credential file")
            .at(&shown)
            .note(format!("its mode is {:04o}", file.facts.mode & 0o7777))
            .help(format!("chmod 600 '{shown}'")));
    }
    Ok(stored)
}
