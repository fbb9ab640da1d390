//! `Target`: the file behind a path, found once, before anything is written.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::write_error::{Act, WriteError, WriteReason};

/// How many links are followed; the limit of Linux.
const LONGEST_CHAIN: usize = 40;

/// How much of a name goes into the names made from it. With what is added they stay below the
/// shortest limit in use (143 bytes, on encrypted file systems).
const LONGEST_PART: usize = 100;

/// How to treat a symbolic link at the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// The link stays and the file behind it is replaced: user and system files.
    Follow,
    /// A link is an error: project files, which come with clones.
    Refuse,
}

/// A file to be written, or the place where it will be: never a symbolic link when it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    path: PathBuf,
}

impl Target {
    /// Finds the file behind a path. With [`Links::Follow`] a chain of links is followed, each
    /// relative to its own place; one that leads nowhere ends at the missing file.
    ///
    /// # Errors
    /// A link where none is followed, a link that belongs to neither you nor root (the kernel
    /// refuses to follow those in `/tmp`, and a planted one would choose the file that is
    /// overwritten), more than 40 links, or a path without a file name.
    pub fn resolve(path: &Path, links: Links) -> Result<Target, WriteError> {
        let mut path = path.to_owned();
        for _ in 0..=LONGEST_CHAIN {
            match one_step(&path, links) {
                Ok(Some(next)) => path = next,
                Ok(None) => return Ok(Target { path }),
                Err(reason) => return Err(WriteError::unchanged(Act::Write, &path, reason)),
            }
        }
        Err(WriteError::unchanged(Act::Write, &path, WriteReason::LinkChain))
    }

    /// Returns the path of the file itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the directory that holds the file.
    pub fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    /// Returns the hidden name that stands beside the file for it, without the end.
    pub(super) fn hidden_name(&self, end: &str) -> OsString {
        let mut name = OsString::from(".");
        name.push(part_of(self.path.file_name().unwrap_or_default()));
        name.push(end);
        name
    }

    /// Looks at the file that stands there now.
    ///
    /// # Errors
    /// Anything that is there and not a regular file.
    pub(super) fn existing(&self) -> Result<Option<Metadata>, WriteReason> {
        let metadata = match fs::symlink_metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let kind = metadata.file_type();
        if kind.is_symlink() {
            Err(WriteReason::Link)
        } else if kind.is_dir() {
            Err(WriteReason::Directory)
        } else if kind.is_file() {
            Ok(Some(metadata))
        } else {
            Err(WriteReason::NotRegular)
        }
    }
}

/// Follows one link; gives nothing when there is none to follow.
fn one_step(path: &Path, links: Links) -> Result<Option<PathBuf>, WriteReason> {
    if path.file_name().is_none() {
        return Err(WriteReason::Directory);
    }
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => metadata,
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if links == Links::Refuse {
        return Err(WriteReason::Link);
    }
    check_owner(path, &metadata)?;
    let next = fs::read_link(path)?;
    Ok(Some(match path.parent() {
        Some(parent) => parent.join(next),
        None => next,
    }))
}

#[cfg(unix)]
fn check_owner(link: &Path, metadata: &Metadata) -> Result<(), WriteReason> {
    use std::os::unix::fs::MetadataExt;

    let uid = metadata.uid();
    if uid == 0 || uid == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(WriteReason::LinkOwner { link: link.to_owned(), uid })
}

#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "the other systems know owners")]
fn check_owner(_: &Path, _: &Metadata) -> Result<(), WriteReason> {
    Ok(())
}

#[cfg(unix)]
fn part_of(name: &OsStr) -> OsString {
    use std::os::unix::ffi::OsStrExt;

    let bytes = name.as_bytes();
    OsStr::from_bytes(&bytes[..bytes.len().min(LONGEST_PART)]).to_owned()
}

#[cfg(windows)]
fn part_of(name: &OsStr) -> OsString {
    name.to_string_lossy().chars().take(LONGEST_PART).collect::<String>().into()
}
