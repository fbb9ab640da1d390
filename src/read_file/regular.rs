//! Reads a regular file, and says whose it is.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, io_reason, shell_word};

/// The content of a file and what its open handle told.
///
/// It may hold keys, so it has no `Debug`.
pub struct FileBytes {
    /// The whole content.
    pub bytes: Vec<u8>,
    /// What the open handle told.
    pub facts: FileFacts,
}

/// What an open handle tells of its file. On Windows an access list is told as
/// a mode (`access_list`), and the owner as 0 for administrators, 1 for you, 2 for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// The permission bits, with set-user-id, set-group-id and sticky.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// How many names the file has.
    pub nlink: u64,
}

/// Why a file cannot be read. Never holds content.
#[derive(Debug, thiserror::Error)]
pub enum FileReadError {
    /// The system said no.
    #[error("cannot read {}: {}", .path.display(), io_reason(.source))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A directory where a file belongs.
    #[error("{} is a directory, not a file", .0.display())]
    Directory(PathBuf),
    /// A device, a socket or (where not allowed) a pipe.
    #[error("{} is not a regular file", .0.display())]
    NotRegular(PathBuf),
    /// A pipe that nobody writes to.
    #[error("{} is a pipe, and nobody has written to it for a minute", .0.display())]
    NoWriter(PathBuf),
    /// More bytes than a configuration file may have.
    #[error("{} is larger than {limit} bytes", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How many bytes it may have.
        limit: u64,
    },
    /// A file that everyone can write.
    #[error("{} can be written by everyone", .0.display())]
    WritableByAll(PathBuf),
    /// A file that belongs to neither you nor root.
    #[error("{} belongs to {}", .path.display(), foreign_owner(*.uid))]
    ForeignOwner {
        /// The file.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
}

impl FileReadError {
    /// Whether the only reason is that you have no permission.
    pub fn is_permission(&self) -> bool {
        let FileReadError::Io { source, .. } = self else {
            return false;
        };
        source.kind() == io::ErrorKind::PermissionDenied
    }
}

impl From<FileReadError> for Error {
    fn from(error: FileReadError) -> Self {
        let help = match &error {
            FileReadError::WritableByAll(path) if cfg!(windows) => Some(close_command(path)),
            FileReadError::WritableByAll(path) => Some(format!("chmod o-w {}", shell_word(path))),
            FileReadError::ForeignOwner { path, .. } => {
                let own = if cfg!(windows) { "takeown /f" } else { "sudo chown $USER" };
                Some(format!("if you trust its content: {own} {}", shell_word(path)))
            }
            FileReadError::Io { path, .. } if cfg!(unix) && error.is_permission() => {
                Some(format!("see who may read it: ls -ld {}", shell_word(path)))
            }
            FileReadError::NotRegular(path) => {
                Some(format!("see what it is: ls -l {}", shell_word(path)))
            }
            FileReadError::NoWriter(_) => {
                Some("start what writes to it, or name a regular file".to_owned())
            }
            FileReadError::Io { .. }
            | FileReadError::Directory(_)
            | FileReadError::TooLarge { .. } => None,
        };
        let error = Error::new(Kind::Invalid, error.to_string());
        match help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}

/// Reads a user or system file, links followed; gives nothing when there is none.
///
/// # Errors
/// Anything but a regular file, one that everyone can write, one owned by neither you nor root,
/// one over the limit, and what the system refuses. Whether a file with keys may be readable by
/// others is the caller's to judge, by [`Facts::mode`].
pub fn read_own(path: &Path, limit: u64) -> Result<Option<FileBytes>, FileReadError> {
    let Some((file, metadata)) = open_regular(path)? else {
        return Ok(None);
    };
    let facts = facts_of(&metadata, path);
    if facts.mode & 0o002 != 0 {
        return Err(FileReadError::WritableByAll(path.to_owned()));
    }
    if !is_mine_or_roots(facts.uid) {
        return Err(FileReadError::ForeignOwner { path: path.to_owned(), uid: facts.uid });
    }
    Ok(Some(contents(&file, &metadata, path, limit)?))
}

/// Checks a directory, links followed, by the rules of [`read_own`].
///
/// # Errors
/// One that everyone can write or that is owned by neither you nor root; what the system refuses.
pub fn check_own_directory(path: &Path) -> Result<(), FileReadError> {
    let metadata = std::fs::metadata(path).map_err(|error| explain(path, error))?;
    let facts = facts_of(&metadata, path);
    if facts.mode & 0o002 != 0 {
        return Err(FileReadError::WritableByAll(path.to_owned()));
    }
    if !is_mine_or_roots(facts.uid) {
        return Err(FileReadError::ForeignOwner { path: path.to_owned(), uid: facts.uid });
    }
    Ok(())
}

/// Reads a regular file, links followed, whoever owns it, and never waits; gives nothing when there
/// is none. For what is neither settings nor keys.
///
/// # Errors
/// Anything but a regular file within the limit, and what the system refuses.
pub fn read_regular(path: &Path, limit: u64) -> Result<Option<FileBytes>, FileReadError> {
    let Some((file, metadata)) = open_regular(path)? else {
        return Ok(None);
    };
    Ok(Some(contents(&file, &metadata, path, limit)?))
}

/// Who lets others read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Nobody: it is its owner's alone.
    None,
    /// You, who can change that.
    Yours,
    /// Root: the administrator's word, as `sshd` takes it.
    Administrator,
    /// Somebody else.
    Another,
}

impl FileFacts {
    /// Says who lets others read the file: modes are judged where the file is yours.
    pub fn exposure(&self) -> Exposure {
        const OTHERS: u32 = 0o077;
        // Most files are their owner's alone, and a start need not ask who that is.
        if self.mode & OTHERS == 0 {
            return Exposure::None;
        }
        match self.uid {
            uid if uid == my_uid() => Exposure::Yours,
            0 => Exposure::Administrator,
            _ => Exposure::Another,
        }
    }

    /// Returns the words for what decides who may read the file.
    pub fn shown_mode(&self) -> String {
        if cfg!(windows) {
            return "its access list".to_owned();
        }
        format!("mode {:04o}", self.mode & 0o7777)
    }

    /// Returns the facts of a file that is not read.
    pub fn of(metadata: &Metadata, path: &Path) -> Self {
        facts_of(metadata, path)
    }
}

/// Returns the words for an owner who is neither you nor the administrator.
pub fn foreign_owner(uid: u32) -> String {
    if cfg!(windows) {
        return "neither you nor the administrators".to_owned();
    }
    format!("uid {uid}, neither you nor root")
}

/// Returns the command that leaves a file to its owner alone.
pub fn close_command(path: &Path) -> String {
    let path = shell_word(path);
    if cfg!(windows) {
        // `*S-1-3-4` is whoever owns the file; a name would be another one in each language and shell.
        return format!("icacls {path} /inheritance:r /grant:r *S-1-3-4:F");
    }
    format!("chmod 600 {path}")
}

/// Says that others can read a file with a key, and how to change that; for files that are not
/// carto's to refuse. What root lets others read is nothing to say.
pub fn readable_by_others(path: &Path, file: &FileBytes) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    let shown = path.display();
    let what = format!("others can read {shown} ({})", file.facts.shown_mode());
    match file.facts.exposure() {
        Exposure::None | Exposure::Administrator => None,
        Exposure::Yours if is_read_only(path) => None,
        Exposure::Yours => Some(format!("{what}; to change that: {}", close_command(path))),
        Exposure::Another => Some(format!("{what}, and it is not yours")),
    }
}

/// Whether nobody can change modes there: the file was mounted as it is.
#[cfg(unix)]
pub fn is_read_only(path: &Path) -> bool {
    use rustix::fs::{StatVfsMountFlags, statvfs};

    statvfs(path).is_ok_and(|facts| facts.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// Whether nobody can change modes there.
#[cfg(not(unix))]
pub fn is_read_only(_: &Path) -> bool {
    false
}

/// Opens a regular file, links followed, and asks the handle what it is.
fn open_regular(path: &Path) -> Result<Option<(File, Metadata)>, FileReadError> {
    match open(path)? {
        Some((_, metadata)) if !metadata.is_file() => Err(not_a_file(&metadata, path)),
        opened => Ok(opened),
    }
}

/// Opens a file without waiting, and asks the handle what it is.
pub(super) fn open(path: &Path) -> Result<Option<(File, Metadata)>, FileReadError> {
    match open_any(path).and_then(|file| file.metadata().map(|facts| (file, facts))) {
        Ok(opened) => Ok(Some(opened)),
        Err(source) => match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
            _ => Err(explain(path, source)),
        },
    }
}

#[cfg(unix)]
fn open_any(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};

    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let handle = rustix::io::retry_on_intr(|| openat(CWD, path, flags, Mode::empty()))?;
    Ok(File::from(handle))
}

#[cfg(windows)]
fn open_any(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Finds the better reason when opening failed: sockets and, on some systems, directories cannot
/// even be opened.
fn explain(path: &Path, source: io::Error) -> FileReadError {
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() && !is_pipe(&metadata) => not_a_file(&metadata, path),
        _ => FileReadError::Io { path: path.to_owned(), source },
    }
}

pub(super) fn not_a_file(metadata: &Metadata, path: &Path) -> FileReadError {
    if metadata.is_dir() {
        FileReadError::Directory(path.to_owned())
    } else {
        FileReadError::NotRegular(path.to_owned())
    }
}

#[cfg(unix)]
fn is_pipe(metadata: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(windows)]
fn is_pipe(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
pub(super) fn facts_of(metadata: &Metadata, _path: &Path) -> FileFacts {
    use std::os::unix::fs::MetadataExt;

    FileFacts { mode: metadata.mode() & 0o7777, uid: metadata.uid(), nlink: metadata.nlink() }
}

/// Asks for the access list. One that cannot be read lets everyone in, as far as anybody knows.
#[cfg(windows)]
pub(super) fn facts_of(_: &Metadata, path: &Path) -> FileFacts {
    use crate::access_list::{FileAccess, FileOwner, access};

    let open = FileAccess { owner: FileOwner::You, mode: 0o777 };
    let FileAccess { owner, mode } = access(path).unwrap_or(open);
    let uid = match owner {
        FileOwner::Administrators => 0,
        FileOwner::You => YOU,
        FileOwner::Another => ANOTHER,
    };
    FileFacts { mode, uid, nlink: 1 }
}

/// The number of the user who runs carto. Windows knows its users by texts, and what counts is only
/// who is who.
#[cfg(windows)]
const YOU: u32 = 1;
/// The number of everybody else.
#[cfg(windows)]
const ANOTHER: u32 = 2;

#[cfg(unix)]
fn my_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(windows)]
fn my_uid() -> u32 {
    YOU
}

fn is_mine_or_roots(uid: u32) -> bool {
    uid == 0 || uid == my_uid()
}

/// How much is read at once when the size is not known.
const CHUNK: usize = 8 * 1024;

/// Reads all there is, as long as it stays within the limit.
pub(super) fn contents(
    mut file: &File,
    metadata: &Metadata,
    path: &Path,
    limit: u64,
) -> Result<FileBytes, FileReadError> {
    let too_large = || FileReadError::TooLarge { path: path.to_owned(), limit };
    let size = if metadata.is_file() { metadata.len() } else { CHUNK as u64 };
    if metadata.is_file() && size > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // One more than there should be, so that the first read can tell that this was all.
    let mut room = usize::try_from(size + 1).unwrap_or(usize::MAX);
    loop {
        let start = bytes.len();
        bytes.resize(start + room, 0);
        let got = match file.read(&mut bytes[start..]) {
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                bytes.truncate(start);
                continue;
            }
            // What waits for more is no file with an end, whatever it calls itself: `/proc/kmsg`.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(FileReadError::NotRegular(path.to_owned()));
            }
            Err(source) => {
                return Err(FileReadError::Io { path: path.to_owned(), source });
            }
        };
        bytes.truncate(start + got);
        if bytes.len() as u64 > limit {
            return Err(too_large());
        }
        let all = metadata.is_file() && bytes.len() as u64 == size && got < room;
        if got == 0 || all {
            return Ok(FileBytes { bytes, facts: facts_of(metadata, path) });
        }
        room = CHUNK;
    }
}
