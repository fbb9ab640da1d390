//! `ProjectDir`: the files of a project's `.carto`, of which nothing is followed or believed.

use std::fs;
use std::path::{Path, PathBuf};

use super::regular::{FileBytes, FileReadError, contents, read_regular};
use crate::error::{Error, Kind};

/// The name of the directory that makes a project.
pub const PROJECT_FOLDER: &str = ".carto";

/// Why something is not the project's configuration, whatever stands in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Foreign {
    /// A symbolic link: it may lead anywhere, and elsewhere tomorrow.
    #[error("{} is a symbolic link", .0.display())]
    Symlink(PathBuf),
    /// Something else where a directory belongs.
    #[error("{} is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// Something else where a file belongs.
    #[error("{} is not a regular file", .0.display())]
    NotRegular(PathBuf),
    /// A file over the limit.
    #[error("{} is larger than {limit} bytes", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How many bytes it may have.
        limit: u64,
    },
    /// A file or directory of somebody else; root's too, unless you are root.
    #[error("{} belongs to another user (uid {uid})", .path.display())]
    OwnedBy {
        /// The file or directory.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// A file or directory that everyone can write.
    #[error("{} can be written by everyone", .0.display())]
    WritableByAll(PathBuf),
}

/// Why a file of a project was not read.
#[derive(Debug, thiserror::Error)]
pub enum ProjectReadError {
    /// It, or a directory above it, is not yours alone.
    #[error(transparent)]
    Foreign(#[from] Foreign),
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] FileReadError),
}

impl From<ProjectReadError> for Error {
    fn from(error: ProjectReadError) -> Self {
        match error {
            ProjectReadError::Foreign(foreign) => Error::new(Kind::Invalid, foreign.to_string()),
            ProjectReadError::Read(error) => error.into(),
        }
    }
}

/// A project's `.carto`, held open, so that all its files come from the same checked directory.
#[derive(Debug)]
pub struct ProjectDir {
    folder: PathBuf,
    state: State,
}

/// What was found at the place of a project.
#[derive(Debug)]
enum State {
    Missing,
    Checked(system::Handle),
    Foreign(Foreign),
}

impl ProjectDir {
    /// Opens `.carto` below a root and checks both. Where there is none, no file is found in it.
    ///
    /// The root itself may be reached by a link, as by `cd`; it is the directory behind it that is
    /// checked. Something foreign is no error here: it is told by [`ProjectDir::foreign`].
    ///
    /// # Errors
    /// What the system refuses, the owner being you.
    pub fn open(root: &Path) -> Result<ProjectDir, FileReadError> {
        let folder = root.join(PROJECT_FOLDER);
        let state = match system::open(root, &folder) {
            Ok(Some(handle)) => State::Checked(handle),
            Ok(None) => State::Missing,
            Err(ProjectReadError::Foreign(foreign)) => State::Foreign(foreign),
            Err(ProjectReadError::Read(error)) => return Err(error),
        };
        Ok(ProjectDir { folder, state })
    }

    /// Returns the path of `.carto`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Says why the directories are foreign, if they are. A file of a good directory can still be;
    /// [`ProjectDir::read`] tells.
    pub fn foreign(&self) -> Option<&Foreign> {
        match &self.state {
            State::Missing | State::Checked(_) => None,
            State::Foreign(foreign) => Some(foreign),
        }
    }

    /// Reads a file of a project that is yours; gives nothing when there is none.
    ///
    /// # Errors
    /// The first reason why the project or this file is foreign, or what the system refuses.
    pub fn read(&self, name: &str, limit: u64) -> Result<Option<FileBytes>, ProjectReadError> {
        match &self.state {
            State::Missing => Ok(None),
            State::Checked(handle) => system::read(handle, name, &self.folder.join(name), limit),
            State::Foreign(foreign) => Err(foreign.clone().into()),
        }
    }

    /// Reads a file whoever owns it, links followed, for the one question whether exactly these
    /// bytes are trusted; gives nothing when there is none.
    ///
    /// # Errors
    /// Anything but a regular file within the limit, and what the system refuses.
    pub fn read_anyway(&self, name: &str, limit: u64) -> Result<Option<FileBytes>, FileReadError> {
        read_regular(&self.folder.join(name), limit)
    }
}

/// Reads a checked file; one that grew over the limit meanwhile is foreign like one that was.
fn read_checked(
    file: &fs::File,
    metadata: &fs::Metadata,
    path: &Path,
    limit: u64,
) -> Result<Option<FileBytes>, ProjectReadError> {
    match contents(file, metadata, path, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(FileReadError::TooLarge { path, limit }) => {
            Err(Foreign::TooLarge { path, limit }.into())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(unix)]
mod system {
    use std::fs::{File, Metadata};
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd};
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, openat, statat};
    use rustix::io::{Errno, retry_on_intr};

    use super::{
        FileBytes, FileReadError, Foreign, PROJECT_FOLDER, ProjectReadError, read_checked,
    };

    /// A handle that is good for finding what is inside; on Linux that needs no right to list it.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);

    /// The open `.carto`, and who is asking.
    #[derive(Debug)]
    pub(super) struct Handle {
        folder: File,
        euid: u32,
    }

    /// What a handle is expected to be.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum WantedFile {
        Directory,
        File,
    }

    pub(super) fn open(root: &Path, folder: &Path) -> Result<Option<Handle>, ProjectReadError> {
        let euid = rustix::process::geteuid().as_raw();
        let root_handle = match retry_on_intr(|| openat(CWD, root, DIRECTORY, Mode::empty())) {
            Ok(handle) => File::from(handle),
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
            Err(error) => return Err(io_error(root, error.into())),
        };
        if let Err(foreign) = check(&metadata(&root_handle, root)?, root, euid) {
            let there = statat(&root_handle, PROJECT_FOLDER, AtFlags::SYMLINK_NOFOLLOW);
            return if there.err() == Some(Errno::NOENT) { Ok(None) } else { Err(foreign.into()) };
        }
        let Some(folder_handle) =
            open_in(root_handle.as_fd(), PROJECT_FOLDER, folder, euid, WantedFile::Directory)?
        else {
            return Ok(None);
        };
        check(&metadata(&folder_handle, folder)?, folder, euid)?;
        Ok(Some(Handle { folder: folder_handle, euid }))
    }

    pub(super) fn read(
        handle: &Handle,
        name: &str,
        path: &Path,
        limit: u64,
    ) -> Result<Option<FileBytes>, ProjectReadError> {
        let Handle { folder, euid } = handle;
        let Some(file) = open_in(folder.as_fd(), name, path, *euid, WantedFile::File)? else {
            return Ok(None);
        };
        let metadata = metadata(&file, path)?;
        if !metadata.is_file() {
            return Err(Foreign::NotRegular(path.to_owned()).into());
        }
        check(&metadata, path, *euid)?;
        read_checked(&file, &metadata, path, limit)
    }

    fn open_in(
        directory: BorrowedFd<'_>,
        name: &str,
        path: &Path,
        euid: u32,
        wanted: WantedFile,
    ) -> Result<Option<File>, ProjectReadError> {
        let flags = OFlags::NOFOLLOW
            | match wanted {
                WantedFile::Directory => DIRECTORY,
                WantedFile::File => OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY,
            };
        match retry_on_intr(|| openat(directory, name, flags, Mode::empty())) {
            Ok(handle) => Ok(Some(File::from(handle))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(explain(directory, name, path, euid, wanted, error)),
        }
    }

    fn metadata(file: &File, path: &Path) -> Result<Metadata, ProjectReadError> {
        file.metadata().map_err(|error| io_error(path, error))
    }

    fn check(metadata: &Metadata, path: &Path, euid: u32) -> Result<(), Foreign> {
        if metadata.uid() != euid {
            return Err(Foreign::OwnedBy { path: path.to_owned(), uid: metadata.uid() });
        }
        if metadata.mode() & 0o002 != 0 {
            return Err(Foreign::WritableByAll(path.to_owned()));
        }
        Ok(())
    }

    /// Finds the better reason when opening failed; the error numbers for a link differ from system
    /// to system, and somebody else's file that cannot be opened is foreign first of all.
    fn explain(
        directory: BorrowedFd<'_>,
        name: &str,
        path: &Path,
        euid: u32,
        wanted: WantedFile,
        error: Errno,
    ) -> ProjectReadError {
        let Ok(stat) = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) else {
            return io_error(path, error.into());
        };
        let path_buf = path.to_owned();
        let reason = match (FileType::from_raw_mode(stat.st_mode), wanted) {
            (FileType::Symlink, _) => Foreign::Symlink(path_buf),
            (FileType::Directory, WantedFile::Directory)
            | (FileType::RegularFile, WantedFile::File) => {
                if stat.st_uid == euid {
                    return io_error(path, error.into());
                }
                Foreign::OwnedBy { path: path_buf, uid: stat.st_uid }
            }
            (_, WantedFile::Directory) => Foreign::NotADirectory(path_buf),
            (_, WantedFile::File) => Foreign::NotRegular(path_buf),
        };
        reason.into()
    }

    fn io_error(path: &Path, source: io::Error) -> ProjectReadError {
        FileReadError::Io { path: path.to_owned(), source }.into()
    }
}

#[cfg(windows)]
mod system {
    use std::fs::{self, File};
    use std::io;
    use std::path::Path;

    use super::{FileBytes, FileReadError, Foreign, ProjectReadError, read_checked};

    /// That the directory was checked; Windows opens its files by path.
    #[derive(Debug)]
    pub(super) struct Handle;

    pub(super) fn open(_: &Path, folder: &Path) -> Result<Option<Handle>, ProjectReadError> {
        match look(folder)? {
            None => Ok(None),
            Some(kind) if kind.is_symlink() => Err(Foreign::Symlink(folder.to_owned()).into()),
            Some(kind) if kind.is_dir() => Ok(Some(Handle)),
            Some(_) => Err(Foreign::NotADirectory(folder.to_owned()).into()),
        }
    }

    pub(super) fn read(
        _: &Handle,
        _: &str,
        path: &Path,
        limit: u64,
    ) -> Result<Option<FileBytes>, ProjectReadError> {
        match look(path)? {
            None => return Ok(None),
            Some(kind) if kind.is_symlink() => {
                return Err(Foreign::Symlink(path.to_owned()).into());
            }
            Some(kind) if !kind.is_file() => {
                return Err(Foreign::NotRegular(path.to_owned()).into());
            }
            Some(_) => {}
        }
        let opened = File::open(path).and_then(|file| file.metadata().map(|facts| (file, facts)));
        let (file, metadata) = opened.map_err(|error| io_error(path, error))?;
        read_checked(&file, &metadata, path, limit)
    }

    fn look(path: &Path) -> Result<Option<fs::FileType>, ProjectReadError> {
        match fs::symlink_metadata(path) {
            Ok(metadata) => Ok(Some(metadata.file_type())),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(io_error(path, error)),
        }
    }

    fn io_error(path: &Path, source: io::Error) -> ProjectReadError {
        FileReadError::Io { path: path.to_owned(), source }.into()
    }
}
