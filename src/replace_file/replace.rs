//! Puts a file in its place, or removes it, whole or not at all.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::directory::Directory;
use super::lock::Lock;
use super::mode::Mode;
use super::retry::again;
use super::target::{Links, Target};
use super::temporary::{self, Temporary};
use super::write_error::{Act, Stands, WriteError, WriteReason};

/// What a successful replacement met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Whether the old file had other names, which still lead to its old content.
    pub broke_hard_link: bool,
    /// Temporaries of earlier, killed runs that could not be removed.
    pub left_over: Vec<PathBuf>,
}

/// What a successful removal met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Whether there was a file.
    pub was_there: bool,
    /// Temporaries of earlier, killed runs that could not be removed.
    pub left_over: Vec<PathBuf>,
}

/// Puts a file with this content at the path: afterwards it is there, or nothing has changed.
///
/// An existing file keeps mode and owner; where its group cannot be kept, the new group gets no
/// more rights than everyone has. The lock is asked for so that no caller forgets it: it must be
/// the one that all writers of this file take, and be held since the old content was read.
///
/// # Errors
/// A path that [`Target::resolve`] refuses, or that leads to no regular file; a file whose mode
/// forbids its owner to write (for root too); a file of another owner who could not keep it; and
/// all that the system refuses.
pub fn replace(
    path: &Path,
    new: &[u8],
    mode: Mode,
    links: Links,
    lock: &Lock,
) -> Result<Replaced, WriteError> {
    prepare(path, new, mode, links, lock)?.commit()
}

/// A new file that stands ready beside the old one. Dropped, it leaves everything as it was.
pub struct Prepared {
    target: Target,
    directory: Directory,
    temporary: Temporary,
    broke_hard_link: bool,
    left_over: Vec<PathBuf>,
}

/// Does all that can fail without a trace: afterwards only a rename is left. Who changes two files
/// prepares both first, so that neither is written where the other cannot be.
///
/// # Errors
/// Those of [`replace`]; nothing has changed.
pub fn prepare(
    path: &Path,
    new: &[u8],
    mode: Mode,
    links: Links,
    _lock: &Lock,
) -> Result<Prepared, WriteError> {
    let target = Target::resolve(path, links)?;
    let failed = |reason| WriteError::unchanged(Act::Write, target.path(), reason);
    let old = target.existing().map_err(failed)?;
    if old.as_ref().is_some_and(is_read_only) {
        return Err(failed(WriteReason::ReadOnly));
    }
    if old.is_some() && is_mount_point(target.path()) {
        return Err(failed(io::Error::from(io::ErrorKind::ResourceBusy).into()));
    }
    let left_over = temporary::remove_left_over(&target);
    let (directory, temporary) = put(&target, new, old.as_ref(), mode).map_err(failed)?;
    let broke_hard_link = old.is_some_and(|old| names(&old) > 1);
    Ok(Prepared { target, directory, temporary, broke_hard_link, left_over })
}

impl Prepared {
    /// Puts the file in its place.
    ///
    /// # Errors
    /// The rename fails, and nothing has changed; the directory cannot be synced.
    pub fn commit(self) -> Result<Replaced, WriteError> {
        let Prepared { target, directory, temporary, broke_hard_link, left_over } = self;
        let path = target.path();
        temporary.persist(path).map_err(|error| WriteError::unchanged(Act::Write, path, error))?;
        directory.sync().map_err(|error| WriteError {
            act: Act::Write,
            path: path.to_owned(),
            reason: error.into(),
            stands: Stands::New,
        })?;
        Ok(Replaced { broke_hard_link, left_over })
    }
}

/// Whether something is mounted on the file itself, as Docker and Kubernetes do with a single file:
/// no other file can take its place then.
#[cfg(target_os = "linux")]
fn is_mount_point(path: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

    // A kernel that cannot tell lets the rename fail.
    let facts = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty());
    facts.is_ok_and(|facts| facts.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

#[cfg(not(target_os = "linux"))]
fn is_mount_point(_: &Path) -> bool {
    false
}

#[cfg(unix)]
fn is_read_only(metadata: &Metadata) -> bool {
    // The mode decides, not a try: root may write everything and shall meet the same answer.
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o200 == 0
}

#[cfg(windows)]
fn is_read_only(metadata: &Metadata) -> bool {
    metadata.permissions().readonly()
}

fn put(
    target: &Target,
    new: &[u8],
    old: Option<&Metadata>,
    mode: Mode,
) -> Result<(Directory, Temporary), WriteReason> {
    let directory = Directory::open(target.directory())?;
    let mut temporary = Temporary::create(target)?;
    temporary.fill(new)?;
    temporary.take_over(old, mode)?;
    temporary.settle()?;
    Ok((directory, temporary))
}

#[cfg(unix)]
fn names(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(windows)]
fn names(_: &Metadata) -> u64 {
    1
}

/// Removes the temporaries of earlier, killed runs, where there is nothing to write after all.
/// Returns those that could not be removed.
///
/// # Errors
/// The path leads to no file that could be written.
pub fn clear_left_over(
    path: &Path,
    links: Links,
    _lock: &Lock,
) -> Result<Vec<PathBuf>, WriteError> {
    let target = Target::resolve(path, links)?;
    Ok(temporary::remove_left_over(&target))
}

/// Removes the file at the path, read-only or not, and the temporaries beside it, which may hold
/// what it held. With [`Links::Follow`] a link stays and the file behind it goes.
///
/// # Errors
/// A path that [`Target::resolve`] refuses, or that leads to no regular file, and all that the
/// system refuses.
pub fn remove(path: &Path, links: Links, _lock: &Lock) -> Result<Removed, WriteError> {
    let target = Target::resolve(path, links)?;
    let failed = |reason| WriteError::unchanged(Act::Remove, target.path(), reason);
    let was_there = target.existing().map_err(failed)?.is_some();
    let left_over = temporary::remove_left_over(&target);
    if !was_there {
        return Ok(Removed { was_there, left_over });
    }
    let directory = Directory::open(target.directory()).map_err(|error| failed(error.into()))?;
    again(|| fs::remove_file(target.path())).map_err(|error| failed(error.into()))?;
    directory.sync().map_err(|error| WriteError {
        act: Act::Remove,
        path: target.path().to_owned(),
        reason: error.into(),
        stands: Stands::Gone,
    })?;
    Ok(Removed { was_there, left_over })
}
