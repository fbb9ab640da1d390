//! Temporary files: made beside the target, private from the first byte, cleared when left over.
//!
//! # Why
//! A temporary is locked by the process that writes it. One that nobody holds belongs to a process
//! that died, so it can be cleared at once, also when two processes reach the same file by ways
//! with different locks (two directories that link to one file).

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempPath;

use super::mode::Mode;
use super::retry::again;
use super::target::Target;
use super::write_error::WriteReason;

/// What stands between the name of the target and the random letters.
const MARK: &str = ".tmp-";
/// How many random letters and digits a name ends with.
const RANDOM: usize = 12;
/// How often a new temporary may be taken for a left-over before that is an error.
const ATTEMPTS: usize = 100;
/// How often a rename is tried again on Windows, where an open reader or a virus scanner can be in
/// its way.
const RENAMES: u32 = 10;

/// A file beside the target, removed again unless it took the target's place.
pub(super) struct Temporary {
    file: File,
    path: TempPath,
}

impl Temporary {
    /// Makes an empty one, 0600.
    pub(super) fn create(target: &Target) -> io::Result<Self> {
        let prefix = target.hidden_name(MARK);
        for _ in 0..ATTEMPTS {
            let (file, path) = tempfile::Builder::new()
                .prefix(&prefix)
                .rand_bytes(RANDOM)
                .make_in(target.directory(), create_new)?
                .into_parts();
            let taken = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
            if !taken && is_in_place(&file)? {
                return Ok(Temporary { file, path });
            }
        }
        Err(io::Error::other("temporary files vanish as soon as they are made"))
    }

    /// Writes the whole content.
    pub(super) fn fill(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Sets the owner and mode of the file it replaces, or the mode of a new one.
    pub(super) fn take_over(&self, old: Option<&Metadata>, mode: Mode) -> Result<(), WriteReason> {
        #[cfg(windows)]
        if matches!(mode, Mode::Keys | Mode::Private) {
            crate::access_list::close_to_others(&self.path)?;
        }
        take_over(&self.file, old, mode)
    }

    /// Brings what was written to the disk: what there is no room for fails here.
    pub(super) fn settle(&self) -> io::Result<()> {
        self.file.sync_all()?;
        close(again(|| self.file.try_clone())?)
    }

    /// Puts it, which is settled, in the target's place.
    pub(super) fn persist(self, target: &Path) -> io::Result<()> {
        let Temporary { file, mut path } = self;
        // Windows renames no open file; elsewhere the lock is kept to the end.
        let held = if cfg!(windows) {
            drop(file);
            None
        } else {
            Some(file)
        };
        rename(&path, target)?;
        path.disable_cleanup(true);
        drop(held);
        Ok(())
    }
}

/// Closes a second handle of the file: network file systems tell only then that there is no room.
/// The first one holds the lock until the file is in its place.
#[cfg(unix)]
fn close(second: File) -> io::Result<()> {
    match nix::unistd::close(second) {
        // The handle is gone, and what was written is synced.
        Err(nix::errno::Errno::EINTR) => Ok(()),
        result => Ok(result?),
    }
}

#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on the other systems")]
fn close(_: File) -> io::Result<()> {
    Ok(())
}

fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whether nobody removed the file between its making and its locking.
#[cfg(unix)]
fn is_in_place(file: &File) -> io::Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) > 0)
}

#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on the other systems")]
fn is_in_place(_: &File) -> io::Result<bool> {
    Ok(true)
}

#[cfg(unix)]
fn take_over(file: &File, old: Option<&Metadata>, mode: Mode) -> Result<(), WriteReason> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    let new = file.metadata()?;
    let mut wanted = mode.bits();
    if let Some(old) = old {
        wanted = old.mode() & 0o7777;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            match again(|| fchown(file, Some(old.uid()), Some(old.gid()))) {
                Ok(()) => {}
                Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
                    return Err(error.into());
                }
                Err(_) if old.uid() == new.uid() => wanted = without_group(wanted),
                Err(_) => return Err(WriteReason::Owner { uid: old.uid() }),
            }
        }
    }
    if mode == Mode::Keys {
        wanted &= 0o700;
    }
    if new.mode() & 0o7777 != wanted {
        again(|| file.set_permissions(fs::Permissions::from_mode(wanted)))?;
    }
    Ok(())
}

/// Takes from another group what everyone else does not have: the old group's rights were not
/// meant for it.
#[cfg(unix)]
fn without_group(mode: u32) -> u32 {
    let both = (mode >> 3) & mode & 0o7;
    (mode & 0o1707) | (both << 3)
}

#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on the other systems")]
fn take_over(_: &File, _: Option<&Metadata>, _: Mode) -> Result<(), WriteReason> {
    Ok(())
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let mut denied = 0;
    loop {
        let result = again(|| fs::rename(from, to));
        let Err(error) = &result else { return result };
        let passes = cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied;
        if !passes || denied == RENAMES {
            return result;
        }
        denied += 1;
        sleep(Duration::from_millis(20));
    }
}

/// Removes the temporaries that dead processes left beside the target, and gives those that could
/// not be removed.
pub(super) fn remove_left_over(target: &Target) -> Vec<PathBuf> {
    let prefix = target.hidden_name(MARK);
    // A directory that may be written but not listed keeps what it has.
    names_in(target.directory())
        .unwrap_or_default()
        .into_iter()
        .filter(|name| is_temporary(name, &prefix))
        .map(|name| target.directory().join(name))
        .filter(|path| fs::symlink_metadata(path).is_ok_and(|facts| facts.is_file()))
        .filter(|path| remove_one(path).is_err())
        .collect()
}

/// Lists a directory. The standard library panics when a directory cannot be closed.
#[cfg(unix)]
fn names_in(directory: &Path) -> io::Result<Vec<OsString>> {
    use std::os::unix::ffi::OsStrExt;

    let handle = super::directory::open(directory)?;
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::new(handle)? {
        names.push(OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned());
    }
    Ok(names)
}

#[cfg(windows)]
fn names_in(directory: &Path) -> io::Result<Vec<OsString>> {
    fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
}

/// Whether a name is the prefix with random letters and digits, and not that of another target.
fn is_temporary(name: &OsStr, prefix: &OsStr) -> bool {
    name.as_encoded_bytes()
        .strip_prefix(prefix.as_encoded_bytes())
        .is_some_and(|rest| rest.len() == RANDOM && rest.iter().all(u8::is_ascii_alphanumeric))
}

fn remove_one(path: &Path) -> io::Result<()> {
    let file = match open_existing(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        // Somebody is writing it right now; it is not left over.
        Err(TryLockError::WouldBlock) => return Ok(()),
        Err(TryLockError::Error(error)) => return Err(error),
        Ok(()) => {}
    }
    let held = if cfg!(windows) {
        drop(file);
        None
    } else {
        Some(file)
    };
    let result = match again(|| fs::remove_file(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    };
    drop(held);
    result
}

#[cfg(unix)]
fn open_existing(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};

    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let handle = rustix::io::retry_on_intr(|| openat(CWD, path, flags, Mode::empty()))?;
    Ok(File::from(handle))
}

#[cfg(windows)]
fn open_existing(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_temporaries_are_told_from_all_others() {
        let target = Target::resolve(Path::new("x/a"), super::super::Links::Refuse).unwrap();
        let prefix = target.hidden_name(MARK);
        assert_eq!(prefix, ".a.tmp-");
        for (name, expected) in [
            (".a.tmp-0123456789ab", true),
            (".a.tmp-ABCDEFabcdef", true),
            (".a.tmp-", false),
            (".a.tmp-0123456789a", false),
            (".a.tmp-0123456789abc", false),
            (".a.tmp-0123456789a.", false),
            (".a.tmp-b.tmp-012345", false),
            (".b.tmp-0123456789ab", false),
            ("a.tmp-0123456789ab", false),
            (".a.lock", false),
        ] {
            assert_eq!(is_temporary(OsStr::new(name), &prefix), expected, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn another_group_gets_no_more_than_everyone() {
        for (mode, expected) in [
            (0o600, 0o600),
            (0o640, 0o600),
            (0o660, 0o600),
            (0o644, 0o644),
            (0o664, 0o644),
            (0o604, 0o604),
            (0o2755, 0o755),
        ] {
            assert_eq!(without_group(mode), expected, "{mode:o}");
        }
    }
}
