//! Directories: made private, and synced so that what happened in them lasts.

use std::fs;
use std::io;
use std::path::Path;

use super::retry::again;
use super::write_error::{Act, Stands, WriteError, WriteReason};

/// Makes a directory and what is missing above it, each 0700 whatever the umask; directories that
/// exist keep their mode. Many processes may do so at once.
pub fn create_private_dir(path: &Path) -> Result<(), WriteError> {
    let mut missing = Vec::new();
    for place in path.ancestors().filter(|p| !p.as_os_str().is_empty()) {
        match fs::metadata(place) {
            Ok(metadata) if metadata.is_dir() => break,
            Ok(_) => return Err(failed(place, WriteReason::NotADirectory)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(place),
            Err(error) => return Err(failed(place, error.into())),
        }
    }
    for place in missing.into_iter().rev() {
        create_one(place).map_err(|reason| failed(place, reason))?;
    }
    Ok(())
}

/// Makes one directory that others may look into, if it is not there: 0755, less what the umask
/// takes. Under a umask of 0 everyone could write it otherwise.
pub fn create_shared_dir(path: &Path) -> Result<(), WriteError> {
    #[cfg_attr(windows, expect(unused_mut))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    finish(path, again(|| builder.create(path))).map_err(|reason| failed(path, reason))
}

fn failed(path: &Path, reason: WriteReason) -> WriteError {
    WriteError { act: Act::MakeDirectory, path: path.into(), reason, stands: Stands::Unchanged }
}

fn create_one(path: &Path) -> Result<(), WriteReason> {
    finish(path, make(path))
}

/// Makes a new directory last.
fn finish(path: &Path, made: io::Result<()>) -> Result<(), WriteReason> {
    match made {
        Ok(()) => {
            let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
            Ok(Directory::open(parent.unwrap_or(Path::new(".")))?.sync()?)
        }
        // Another process was faster; a link that leads nowhere looks the same to the system.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if path.is_dir() {
                Ok(())
            } else {
                Err(WriteReason::NotADirectory)
            }
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(unix)]
fn make(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

    again(|| fs::DirBuilder::new().mode(0o700).create(path))?;
    let mode = fs::symlink_metadata(path)?.permissions().mode();
    if mode & 0o777 != 0o700 {
        // Only a umask that takes rights from the owner leads here.
        let handle = open(path)?;
        again(|| handle.set_permissions(fs::Permissions::from_mode(0o700)))?;
    }
    Ok(())
}

#[cfg(windows)]
fn make(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// An open directory that can be synced after its entries have changed.
pub(super) struct Directory {
    #[cfg(unix)]
    handle: Option<fs::File>,
}

#[cfg(unix)]
impl Directory {
    /// Opens a directory. One that may be written but not read cannot be synced; that is no error.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        match open(path) {
            Ok(handle) => Ok(Directory { handle: Some(handle) }),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Ok(Directory { handle: None })
            }
            Err(error) => Err(error),
        }
    }

    /// Makes renames and removals in the directory last through a power failure.
    pub(super) fn sync(&self) -> io::Result<()> {
        let Some(handle) = &self.handle else {
            return Ok(());
        };
        match handle.sync_all() {
            // Some network and FUSE file systems know no sync of directories.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            result => result,
        }
    }
}

#[cfg(unix)]
pub(super) fn open(path: &Path) -> io::Result<fs::File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};

    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = rustix::io::retry_on_intr(|| openat(CWD, path, flags, Mode::empty()))?;
    Ok(fs::File::from(handle))
}

#[cfg(windows)]
impl Directory {
    #[expect(clippy::unnecessary_wraps, reason = "it can fail on the other systems")]
    pub(super) fn open(_: &Path) -> io::Result<Self> {
        Ok(Directory {})
    }

    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "Windows has no such call")]
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
