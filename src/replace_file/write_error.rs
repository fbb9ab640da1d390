//! `WriteError`: what could not be written, why, and what stands there now.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, io_reason, shell_word};

/// A write that failed. Whatever it was, the file at the path is whole, the old or the new one.
#[derive(Debug, thiserror::Error)]
#[error("cannot {act} {}: {reason}; {stands}", .path.display())]
pub struct WriteError {
    /// What was tried.
    pub act: Act,
    /// What it was tried on, behind all symbolic links.
    pub path: PathBuf,
    /// Why it failed.
    pub reason: WriteReason,
    /// What stands at the path now.
    pub stands: Stands,
}

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Put a new file at the path.
    Write,
    /// Remove the file at the path.
    Remove,
    /// Make a directory at the path.
    MakeDirectory,
    /// Lock the file at the path.
    Lock,
}

/// Why a write failed.
#[derive(Debug, thiserror::Error)]
pub enum WriteReason {
    /// The system said no.
    #[error("{}", io_reason(.0))]
    Io(#[from] io::Error),
    /// The mode of the file gives its owner no right to write.
    #[error("the file is read-only")]
    ReadOnly,
    /// The new file could not be given to the owner of the old one.
    #[error("the file belongs to uid {uid}, who would lose it to you")]
    Owner {
        /// The owner of the file.
        uid: u32,
    },
    /// A symbolic link where none is followed.
    #[error("it is a symbolic link")]
    Link,
    /// A symbolic link that somebody else put there.
    #[error("the symbolic link {} belongs to uid {uid}", .link.display())]
    LinkOwner {
        /// The link.
        link: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// Symbolic links that go in a circle, or nearly so.
    #[error("there are too many symbolic links on the way")]
    LinkChain,
    /// A directory where a file belongs.
    #[error("it is a directory")]
    Directory,
    /// Something else where a directory belongs.
    #[error("it is not a directory")]
    NotADirectory,
    /// A device, a pipe or a socket where a file belongs.
    #[error("it is not a regular file")]
    NotRegular,
    /// Another process does not give the lock back.
    #[error("process {pid} holds it and does nothing")]
    Held {
        /// Its number.
        pid: u32,
    },
}

/// What stands at the path after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// What stood there before, be it a file or nothing.
    Unchanged,
    /// The new file; only a power failure could still bring the old one back.
    New,
    /// Nothing; only a power failure could still bring the old file back.
    Gone,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Act::Write => "write",
            Act::Remove => "remove",
            Act::MakeDirectory => "make the directory",
            Act::Lock => "lock",
        })
    }
}

impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stands::Unchanged => "what was there is unchanged",
            Stands::New => "the new file is in place, but a power failure may undo that",
            Stands::Gone => "the file is gone, but a power failure may bring it back",
        })
    }
}

impl WriteError {
    /// Makes an error of something that left everything as it was.
    pub(super) fn unchanged(act: Act, path: &Path, reason: impl Into<WriteReason>) -> Self {
        let reason = reason.into();
        WriteError { act, path: path.to_owned(), reason, stands: Stands::Unchanged }
    }
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        let WriteError { act, path, reason, stands } = error;
        let help = help(&path, &reason);
        let what = format!("cannot {act} {}: {reason}", path.display());
        let error = Error::new(Kind::Write, what).note(stands.to_string());
        match help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}

/// Says what to do about a reason, where something can be done.
fn help(path: &Path, reason: &WriteReason) -> Option<String> {
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let word = shell_word(path);
    match reason {
        WriteReason::Io(error) => match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Some(format!("free some space in {}, then try again", directory.display()))
            }
            io::ErrorKind::ReadOnlyFilesystem => {
                Some(format!("{} is on a read-only file system", directory.display()))
            }
            io::ErrorKind::ResourceBusy => Some(format!(
                "a file that is a mount point cannot be replaced; mount {} instead",
                directory.display()
            )),
            io::ErrorKind::NotFound if !directory.exists() => {
                // Windows' own makes what lies above, too.
                let make = if cfg!(windows) { "mkdir" } else { "mkdir -p" };
                Some(format!("make the directory first: {make} {}", shell_word(directory)))
            }
            io::ErrorKind::PermissionDenied if cfg!(unix) => {
                Some(format!("see who may write there: ls -ld {}", shell_word(directory)))
            }
            _ => None,
        },
        WriteReason::ReadOnly if cfg!(unix) => Some(format!("chmod u+w {word}")),
        WriteReason::ReadOnly => Some(format!("attrib -r \"{}\"", path.display())),
        WriteReason::Owner { uid } => Some(format!("do this as uid {uid}")),
        WriteReason::LinkOwner { link, .. } => {
            Some(format!("see where it leads, then remove it: ls -l {}", shell_word(link)))
        }
        WriteReason::Link => Some(format!("see where it leads: ls -l {word}")),
        WriteReason::Held { pid } if cfg!(unix) => {
            Some(format!("let it go on, or end it: kill -CONT {pid}; kill {pid}"))
        }
        WriteReason::Held { pid } => Some(format!("end it: taskkill /PID {pid}")),
        WriteReason::LinkChain
        | WriteReason::Directory
        | WriteReason::NotADirectory
        | WriteReason::NotRegular => None,
    }
}
