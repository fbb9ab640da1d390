//! `TreeList`: every file below a directory, with the hash of its bytes.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::project::trust::{Hash, spelled};

/// What a file is, as far as it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FileKind {
    /// A file that may not run.
    File,
    /// A file that may run.
    Program,
    /// A symbolic link.
    Link,
}

/// One file below a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TreeFile {
    /// The path below the directory, with `/`.
    path: String,
    kind: FileKind,
    /// The hash of the bytes; of a link, the hash of where it leads.
    sha256: Hash,
}

/// Every file below a directory, in the order of their paths. Empty directories do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TreeList(Vec<TreeFile>);

/// How a file differs from what was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeDifference {
    /// It was recorded and is gone.
    Missing(String),
    /// It was not recorded.
    Added(String),
    /// Its bytes, its right to run, or where it leads are others.
    Changed(String),
}

impl fmt::Display for TreeDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TreeDifference::Missing(path) => write!(f, "missing {path}"),
            TreeDifference::Added(path) => write!(f, "added {path}"),
            TreeDifference::Changed(path) => write!(f, "changed {path}"),
        }
    }
}

impl TreeList {
    /// Reads every file below a directory; links are not followed.
    ///
    /// # Errors
    /// What cannot be read, and what is neither file nor directory nor link.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        add(root, "", &mut files)?;
        files.sort_by(|one: &TreeFile, other| one.path.cmp(&other.path));
        Ok(TreeList(files))
    }

    /// Returns the hash over paths, rights to run and bytes.
    pub fn hash(&self) -> Hash {
        let mut text = String::new();
        for file in &self.0 {
            let kind = match file.kind {
                FileKind::File => "file",
                FileKind::Program => "program",
                FileKind::Link => "link",
            };
            // No path has a NUL byte.
            text += &format!("{kind}\0{}\0{}\0", file.sha256, file.path);
        }
        Hash::of(text.as_bytes())
    }

    /// Returns what differs from what was recorded, in the order of the paths.
    pub fn differences(&self, recorded: &TreeList) -> Vec<TreeDifference> {
        let (mut now, mut then) = (self.0.iter().peekable(), recorded.0.iter().peekable());
        let mut all = Vec::new();
        loop {
            match (now.peek(), then.peek()) {
                (None, None) => return all,
                (Some(file), Some(old)) if file.path == old.path => {
                    if file != old {
                        all.push(TreeDifference::Changed(file.path.clone()));
                    }
                    (_, _) = (now.next(), then.next());
                }
                (Some(file), old) if old.is_none_or(|old| file.path < old.path) => {
                    all.push(TreeDifference::Added(file.path.clone()));
                    now.next();
                }
                (_, Some(old)) => {
                    all.push(TreeDifference::Missing(old.path.clone()));
                    then.next();
                }
                (Some(_), None) => _ = now.next(),
            }
        }
    }
}

fn add(dir: &Path, below: &str, files: &mut Vec<TreeFile>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let facts = entry.path().symlink_metadata()?;
        let name = spelled(Path::new(&entry.file_name()));
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        let (kind, sha256) = if facts.is_dir() {
            add(&entry.path(), &path, files)?;
            continue;
        } else if facts.is_symlink() {
            let target = fs::read_link(entry.path())?;
            (FileKind::Link, Hash::of(target.as_os_str().as_encoded_bytes()))
        } else if facts.is_file() {
            let kind = if may_run(&facts) { FileKind::Program } else { FileKind::File };
            (kind, Hash::of_file(&entry.path())?)
        } else {
            let what = format!("{path} is neither file nor directory nor link");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        };
        files.push(TreeFile { path, kind, sha256 });
    }
    Ok(())
}

/// Whether a file may run.
#[cfg(unix)]
pub(super) fn may_run(facts: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&facts.permissions()) & 0o111 != 0
}

/// Whether a file may run: there the name decides.
#[cfg(not(unix))]
pub(super) fn may_run(_: &fs::Metadata) -> bool {
    false
}
