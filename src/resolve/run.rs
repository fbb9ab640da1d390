//! `Run`: what this run was given, and whose files it may read and write.

use std::path::Path;

use crate::config::Scope;
use crate::config::places::CREDENTIALS_FILE;
use crate::error::{Error, Kind};
use crate::invocation::Invocation;
use crate::output::Output;
use crate::project::trust::{Access, Record, Trust};
use crate::read_file::{FileBytes, read_own};
use crate::resolve::options::{Globals, Nested};

/// The longest file of one's own that is read, in bytes.
pub const OWN_LIMIT: u64 = 16 * 1024 * 1024;

/// What this run was given: the first step, from which every other one is made.
#[derive(Clone, Debug)]
pub struct Run {
    /// Arguments, environment and directory.
    pub invocation: Invocation,
    /// Where it prints.
    pub output: Output,
    /// The flags before the command.
    pub globals: Globals,
    /// What a carto above this one told.
    pub nested: Nested,
}

impl Run {
    /// Returns a variable as it is, for functions that ask by name.
    pub fn env(&self, name: &str) -> Option<std::ffi::OsString> {
        self.invocation.env.get(name).map(ToOwned::to_owned)
    }

    /// Returns the records of what was trusted.
    pub fn trust(&self) -> Trust {
        let dir = self.invocation.state_dir();
        let access = match &dir {
            Some(dir) if self.is_below_foreign_home(dir) => Access::HomeOfAnother,
            _ => Access::Mine,
        };
        Trust::at(dir.as_deref(), access)
    }

    /// Changes what is said about a project; a long wait for another writer is told.
    ///
    /// # Errors
    /// The record cannot be read or written.
    pub fn update_trust(&self, root: &Path, change: impl FnOnce(&mut Record)) -> Result<(), Error> {
        self.trust().update(root, &mut |text| self.output.note(text), change)
    }

    /// Reads a system or user file. Below a home of somebody else, what may not be read counts as
    /// missing; so does a system credentials file.
    pub(super) fn read_own_file(
        &self,
        scope: Scope,
        path: &Path,
    ) -> Result<Option<FileBytes>, Error> {
        match read_own(path, OWN_LIMIT) {
            Ok(file) => Ok(file),
            Err(error) => {
                let secret = path.ends_with(CREDENTIALS_FILE);
                let counts_as_missing = error.is_permission()
                    && (scope == Scope::System && secret
                        || scope == Scope::User && self.home_is_foreign());
                if counts_as_missing { Ok(None) } else { Err(error.into()) }
            }
        }
    }

    /// Refuses to write below a home of somebody else.
    pub fn refuse_home_of_another(&self, dir: &Path) -> Result<(), Error> {
        if !self.is_below_foreign_home(dir) {
            return Ok(());
        }
        Err(Error::new(Kind::Write, "HOME belongs to another user; nothing is written below it")
            .at(dir.display())
            .help("set HOME to your own (sudo -H does), or CARTO_CONFIG_DIR"))
    }

    /// Whether a directory lies below a home of somebody else.
    fn is_below_foreign_home(&self, dir: &Path) -> bool {
        self.invocation.home().is_some_and(|home| dir.starts_with(home)) && self.home_is_foreign()
    }

    /// Whether HOME belongs to somebody else (as with `sudo` that keeps it).
    #[cfg(unix)]
    pub fn home_is_foreign(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let me = rustix::process::geteuid().as_raw();
        let home = self.invocation.home().and_then(|home| std::fs::metadata(home).ok());
        home.is_some_and(|home| home.uid() != me)
    }

    /// Whether HOME belongs to somebody else.
    #[cfg(not(unix))]
    pub fn home_is_foreign(&self) -> bool {
        false
    }
}
