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

#[cfg(unix)]
use super::retry::again;
use super::target::{Links, Target};
use super::write_error::{Act, WriteError, WriteReason};

/// The name of the lock file in a directory of carto's own.
pub const LOCK_NAME: &str = ".lock";
/// How long a wait stays silent, and how long one holder is waited for: writing takes milliseconds,
/// so one who has not done it in a minute was stopped, or waits for a disk that is gone.
const PATIENCE: Patience =
    Patience { silent: Duration::from_secs(2), one_holder: Duration::from_mins(1) };
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

/// What becomes of the file of a lock when it is given back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AtEnd {
    Keep,
    Remove,
}

impl Lock {
    /// Locks a directory of carto's own by its file `.lock` (0600), which stays there. Waits as
    /// long as others come and go, and a minute for one that stays.
    pub fn directory(dir: &Path) -> Result<Lock, WriteError> {
        Lock::directory_telling(dir, &mut |_| {})
    }

    /// Locks a directory like [`Lock::directory`]; after two seconds `notice` is told once who
    /// holds the lock.
    pub fn directory_telling(dir: &Path, notice: &mut dyn FnMut(&str)) -> Result<Lock, WriteError> {
        Lock::take(dir.join(LOCK_NAME), AtEnd::Keep, notice)
    }

    /// Locks one file in a directory that is not carto's by a file `.NAME.lock` beside it (behind
    /// all links), which is removed in the end (except on Windows). Waits like
    /// [`Lock::directory`].
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
        // Beside a device no file is made, not even a lock.
        if is_device(target.path()) {
            let reason = WriteReason::NotRegular;
            return Err(WriteError::unchanged(Act::Write, target.path(), reason));
        }
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
    let mut wait = Wait { patience: PATIENCE, begin: None, holder: None, notice: Some(notice) };
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

#[cfg(unix)]
fn is_device(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;

    fs::symlink_metadata(path).is_ok_and(|facts| {
        facts.file_type().is_char_device() || facts.file_type().is_block_device()
    })
}

#[cfg(windows)]
fn is_device(_: &Path) -> bool {
    false
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

/// How long to wait for a lock.
#[derive(Clone, Copy)]
struct Patience {
    silent: Duration,
    one_holder: Duration,
}

/// One wait for a lock, over as many lock files as it takes.
struct Wait<'a> {
    patience: Patience,
    begin: Option<Instant>,
    /// Who holds the lock, and since when that was seen.
    holder: Option<(u32, Instant)>,
    notice: Option<&'a mut dyn FnMut(&str)>,
}

impl Wait<'_> {
    fn lock(&mut self, file: &File, path: &Path) -> Result<(), WriteReason> {
        let mut pause = Duration::from_millis(1);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {
                    continue;
                }
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            let now = Instant::now();
            if now - *self.begin.get_or_insert(now) >= self.patience.silent {
                self.look(file, path, now)?;
            }
            sleep(pause);
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// Tells once who holds the lock, and gives up on one who holds it too long. One who cannot be
    /// named may be another one every time.
    fn look(&mut self, file: &File, path: &Path, now: Instant) -> Result<(), WriteReason> {
        let holder = holder(file);
        if let Some(notice) = self.notice.take() {
            let who = holder.map_or("another process".to_owned(), |pid| format!("process {pid}"));
            notice(&format!("waiting for {who}, which holds {}", path.display()));
        }
        self.holder = match (self.holder, holder) {
            (Some((known, since)), Some(pid)) if known == pid => Some((pid, since)),
            (_, pid) => pid.map(|pid| (pid, now)),
        };
        match self.holder {
            Some((pid, since)) if now - since >= self.patience.one_holder => {
                Err(WriteReason::Held { pid })
            }
            _ => Ok(()),
        }
    }
}

/// Returns the number of the process that holds the lock, as far as the file tells.
fn holder(mut file: &File) -> Option<u32> {
    let mut text = String::new();
    let read = file.take(HINT_LENGTH).read_to_string(&mut text);
    file.rewind().and(read).ok()?;
    text.trim_end().parse().ok()
}

/// Writes the number of this process into its lock file. It is a hint for the notice of others, so
/// a full disk is no reason to fail here.
fn leave_hint(mut file: &File) {
    // In one piece, as others read it at any time.
    let hint = format!("{:<10}\n", std::process::id());
    let _ = file.write_all(hint.as_bytes());
}

/// Sets the mode to 0600: who can open a lock file can hold it.
#[cfg(unix)]
fn make_private(file: &File, metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    if metadata.permissions().mode() & 0o7777 == 0o600 {
        return Ok(());
    }
    again(|| file.set_permissions(fs::Permissions::from_mode(0o600)))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn waited(path: &Path, patience: Patience) -> (Result<(), WriteReason>, Vec<String>) {
        let mut told = Vec::new();
        let mut notice = |text: &str| told.push(text.to_owned());
        let file = open(path).unwrap();
        let mut wait = Wait { patience, begin: None, holder: None, notice: Some(&mut notice) };
        let result = wait.lock(&file, path);
        (result, told)
    }

    #[test]
    fn one_holder_that_stays_is_named_and_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let held = Lock::directory(dir.path()).unwrap();
        let path = dir.path().join(LOCK_NAME);
        let patience =
            Patience { silent: Duration::from_millis(50), one_holder: Duration::from_millis(100) };
        let begin = Instant::now();
        let (result, told) = waited(&path, patience);
        // Windows does not let a locked file be read, so nobody can be named there.
        if cfg!(unix) {
            let pid = std::process::id();
            assert!(matches!(result, Err(WriteReason::Held { pid: named }) if named == pid));
            assert!(begin.elapsed() >= Duration::from_millis(150));
            assert_eq!(told.len(), 1, "{told:?}");
        }
        drop(held);
        assert!(waited(&path, patience).0.is_ok());
    }

    #[test]
    fn holders_that_come_and_go_are_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(LOCK_NAME);
        let held = Lock::directory(dir.path()).unwrap();
        let patience =
            Patience { silent: Duration::from_millis(20), one_holder: Duration::from_millis(200) };
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| waited(&path, patience).0.is_ok());
            // Together they hold it for longer than one of them may.
            for pid in 1..=6 {
                let hint = format!("{pid:<10}\n");
                let mut file = &held.file;
                file.rewind().unwrap();
                file.write_all(hint.as_bytes()).unwrap();
                sleep(Duration::from_millis(100));
            }
            drop(held);
            assert!(waiting.join().unwrap());
        });
    }
}
