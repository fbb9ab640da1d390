//! `ProgramBuild`: what tells one build of a program from another.

use std::fs::Metadata;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::project::trust::Hash;

/// One build of a program. Its length and times tell it without reading it; where one of them differs,
/// its bytes decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramBuild {
    /// The program's length, in bytes.
    pub size: u64,
    /// When the program and what the system knows of it last changed.
    pub changed: String,
    /// The program's bytes.
    pub sha256: Hash,
}

impl ProgramBuild {
    /// Reads a program.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        let facts = path.metadata()?;
        let sha256 = Hash::of_file(path)?;
        Ok(ProgramBuild { size: facts.len(), changed: changed(&facts), sha256 })
    }

    /// Whether a file is this build. It is read only where something about it has changed: a copy that
    /// was put back is still the same. A link is none.
    pub fn is_at(&self, path: &Path) -> bool {
        let Ok(facts) = path.symlink_metadata() else { return false };
        facts.is_file()
            && facts.len() == self.size
            && (changed(&facts) == self.changed
                || Hash::of_file(path).is_ok_and(|hash| hash == self.sha256))
    }
}

/// Says when a file and what the system knows of it last changed: the first can be set at will, the
/// second cannot.
#[cfg(unix)]
pub fn changed(facts: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let (time, nanos) = (facts.mtime(), facts.mtime_nsec());
    format!("{time}.{nanos:09} {}.{:09} {}", facts.ctime(), facts.ctime_nsec(), facts.ino())
}

/// Says when a file last changed.
#[cfg(not(unix))]
pub fn changed(facts: &Metadata) -> String {
    format!("{:?}", facts.modified().ok())
}
