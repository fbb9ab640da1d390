//! `Lock`: one writer at a time, and no lock that outlives its process.
//!
//! # Why
//! The lock is the system's lock on an open file (`flock`), so it ends with the process, however
//! that ends; the file itself means nothing. It is a file of its own because the locked file must
//! not be the one that a rename replaces. Who needs two locks takes them in the order of their
//! paths, or two processes may wait for each other.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::target::{Links, Target};
use super::temporary::again;
use super::write_error::{Act, WriteError, WriteReason};

/// The name of the lock file in a directory of carto's own.
pub const LOCK_NAME: &str = ".lock";
/// How long a wait stays silent.
const SILENT: Duration = Duration::from_secs(2);
/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);
/// What a lock file holds: ten places for the process number and a newline.
const HINT_LENGTH: u64 = 11;

/// The right to write the files of a directory, or one file; dropping it gives it up.
pub struct Lock {
    // Closing it releases the lock.
    file: File,
    path: PathBuf,
    at_end: AtEnd,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AtEnd {
    Keep,
    Remove,
}

impl Lock {
    /// Locks a directory of carto's own by its file `.lock` (0600), which stays there. Waits for
    /// as long as it takes.
    pub fn directory(dir: &Path) -> Result<Lock, WriteError> {
        Lock::directory_telling(dir, &mut |_| {})
    }

    /// Locks a directory like [`Lock::directory`]; after two seconds `notice` is told once who
    /// holds the lock.
    pub fn directory_telling(dir: &Path, notice: &mut dyn FnMut(&str)) -> Result<Lock, WriteError> {
        Lock::take(dir.join(LOCK_NAME), AtEnd::Keep, notice)
    }

    /// Locks one file in a directory that is not carto's by a file `.NAME.lock` beside it (behind
    /// all links), which is removed in the end (except on Windows). Waits for as long as it takes.
    pub fn file(path: &Path, links: Links) -> Result<Lock, WriteError> {
        Lock::file_telling(path, links, &mut |_| {})
    }

    /// Locks a file like [`Lock::file`]; after two seconds `notice` is told once who holds the
    /// lock.
    pub fn file_telling(
        path: &Path,
        links: Links,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Lock, WriteError> {
        let target = Target::resolve(path, links)?;
        let path = target.directory().join(target.hidden_name(LOCK_NAME));
        Lock::take(path, AtEnd::Remove, notice)
    }

    fn take(
        path: PathBuf,
        at_end: AtEnd,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Lock, WriteError> {
        match acquire(&path, at_end, notice) {
            Ok(file) => Ok(Lock { file, path, at_end }),
            Err(reason) => Err(WriteError::unchanged(Act::Lock, &path, reason)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While the lock is held nobody else removes the file, unless by hand. On Windows an open
        // file cannot be removed safely; it is left.
        if self.at_end == AtEnd::Remove && cfg!(unix) && is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn acquire(path: &Path, at_end: AtEnd, notice: &mut dyn FnMut(&str)) -> Result<File, WriteReason> {
    let mut wait = Wait { until: None, notice: Some(notice) };
    loop {
        let file = open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(WriteReason::NotRegular);
        }
        wait.lock(&file, path)?;
        // The one who held it may have removed it: then this is a lock on nothing.
        if at_end == AtEnd::Keep || is_at(&file, path) {
            if is_own(&metadata) {
                make_private(&file, &metadata)?;
                leave_hint(&file);
            }
            return Ok(file);
        }
    }
}

#[cfg(unix)]
fn open(path: &Path) -> Result<File, WriteReason> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    use rustix::io::Errno;

    let flags = OFlags::RDWR
        | OFlags::CREATE
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK
        | OFlags::NOCTTY
        | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    match rustix::io::retry_on_intr(|| openat(CWD, path, flags, mode)) {
        Ok(handle) => Ok(File::from(handle)),
        Err(Errno::LOOP | Errno::MLINK) => Err(WriteReason::Link),
        Err(Errno::ISDIR) => Err(WriteReason::Directory),
        Err(Errno::NXIO) => Err(WriteReason::NotRegular),
        Err(error) => Err(io::Error::from(error).into()),
    }
}

#[cfg(windows)]
fn open(path: &Path) -> Result<File, WriteReason> {
    let mut options = fs::OpenOptions::new();
    Ok(options.read(true).write(true).create(true).truncate(false).open(path)?)
}

/// Whether the open file is still the one that stands at the path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let (Ok(here), Ok(there)) = (file.metadata(), fs::symlink_metadata(path)) else {
        return false;
    };
    (here.dev(), here.ino()) == (there.dev(), there.ino())
}

#[cfg(windows)]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// One wait for a lock, over as many lock files as it takes.
struct Wait<'a> {
    until: Option<Instant>,
    notice: Option<&'a mut dyn FnMut(&str)>,
}

impl Wait<'_> {
    fn lock(&mut self, file: &File, path: &Path) -> io::Result<()> {
        let mut pause = Duration::from_millis(1);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {
                    continue;
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            let until = *self.until.get_or_insert_with(|| Instant::now() + SILENT);
            if Instant::now() >= until {
                if let Some(notice) = self.notice.take() {
                    notice(&format!(
                        "waiting for {}, which holds {}",
                        holder(file),
                        path.display()
                    ));
                }
                return again(|| file.lock());
            }
            sleep(pause);
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }
}

/// Names the process that holds the lock, as far as the file tells.
fn holder(mut file: &File) -> String {
    let mut text = String::new();
    let read = file.take(HINT_LENGTH).read_to_string(&mut text);
    let rewound = file.rewind();
    match text.trim_end().parse::<u32>() {
        Ok(pid) if read.is_ok() && rewound.is_ok() => format!("process {pid}"),
        _ => "another process".to_owned(),
    }
}

/// Writes the number of this process into its lock file. It is a hint for the notice of others, so
/// a full disk is no reason to fail here.
fn leave_hint(mut file: &File) {
    let _ = writeln!(file, "{:<10}", std::process::id());
}

/// Sets the mode to 0600: who can open a lock file can hold it.
#[cfg(unix)]
fn make_private(file: &File, metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    if metadata.permissions().mode() & 0o7777 == 0o600 {
        return Ok(());
    }
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on the other systems")]
fn make_private(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Whether nothing is lost when a hint is written: no name of another file, no content of its own.
#[cfg(unix)]
fn is_own(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    metadata.nlink() == 1
        && metadata.len() <= HINT_LENGTH
        && metadata.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(windows)]
fn is_own(metadata: &fs::Metadata) -> bool {
    metadata.len() <= HINT_LENGTH
}
