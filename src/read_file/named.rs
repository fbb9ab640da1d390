//! Reads what a user named: a regular file, or a pipe into which somebody writes, as in `<(command)`.
//!
//! # Why
//! A pipe lets its reader wait, and one that nobody opens for writing lets it wait for ever. So what is
//! waited for is said after three seconds, and without a writer it is an error after a minute. Somebody
//! who has the pipe open and takes their time, as a program that asks for a passphrase, is waited for.

use std::path::Path;

use super::regular::{FileBytes, FileReadError, contents, not_a_file, open};

/// Reads a file that the user named, links followed, whoever owns it; gives nothing when there is
/// none. `waits` is called once when a pipe has let the reader wait for three seconds.
///
/// # Errors
/// A directory, a device or a socket, a file over the limit, a pipe that nobody writes to, and what
/// the system refuses.
pub fn read_named(
    path: &Path,
    limit: u64,
    waits: &dyn Fn(),
) -> Result<Option<FileBytes>, FileReadError> {
    let Some((file, metadata)) = open(path)? else { return Ok(None) };
    if metadata.is_file() {
        return contents(&file, &metadata, path, limit).map(Some);
    }
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type()) {
        let bytes = pipe::read(&file, path, limit, waits)?;
        return Ok(Some(FileBytes { bytes, facts: super::regular::facts_of(&metadata, path) }));
    }
    _ = waits;
    Err(not_a_file(&metadata, path))
}

#[cfg(unix)]
mod pipe {
    use std::fs::File;
    use std::io::{self, Read as _};
    use std::path::Path;
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::FileReadError;

    /// How long nothing is said.
    const SILENCE: Duration = Duration::from_secs(3);
    /// How long a pipe may have no writer.
    const PATIENCE: Duration = Duration::from_mins(1);
    /// How much is read at once.
    const CHUNK: usize = 8 * 1024;

    /// Reads a pipe, which was opened without waiting, to its end.
    pub(super) fn read(
        mut file: &File,
        path: &Path,
        limit: u64,
        waits: &dyn Fn(),
    ) -> Result<Vec<u8>, FileReadError> {
        let failed = |source| FileReadError::Io { path: path.to_owned(), source };
        let begun = Instant::now();
        let mut bytes = Vec::new();
        let mut told = false;
        // A pipe without a name has had its writer since it was made.
        let mut has_writer = has_no_name(file);
        loop {
            let mut chunk = [0; CHUNK];
            match file.read(&mut chunk) {
                Ok(0) if has_writer => return Ok(bytes),
                Ok(0) => {}
                Ok(count) => {
                    has_writer = true;
                    bytes.extend_from_slice(&chunk[..count]);
                    if bytes.len() as u64 > limit {
                        return Err(FileReadError::TooLarge { path: path.to_owned(), limit });
                    }
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => has_writer = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(failed(error)),
            }
            let until = match (told, has_writer) {
                (false, _) => Some(SILENCE),
                (true, false) => Some(PATIENCE),
                (true, true) => None,
            };
            let left = until.map(|until| until.saturating_sub(begun.elapsed()));
            if left.is_some_and(|left| left.is_zero()) {
                if told {
                    return Err(FileReadError::NoWriter(path.to_owned()));
                }
                told = true;
                waits();
                continue;
            }
            has_writer |= is_written_to(file, left).map_err(failed)?;
        }
    }

    /// Waits until somebody has written or gone, or the time is over; returns whether somebody was there.
    fn is_written_to(file: &File, time: Option<Duration>) -> io::Result<bool> {
        let time = time.and_then(|time| Timespec::try_from(time).ok());
        let mut ready = [PollFd::new(file, PollFlags::IN)];
        match poll(&mut ready, time.as_ref()) {
            Err(rustix::io::Errno::INTR) | Ok(0) => Ok(false),
            Ok(_) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(target_os = "linux")]
    fn has_no_name(file: &File) -> bool {
        /// The file system of pipes without a name (`linux/magic.h`).
        const PIPEFS: u64 = 0x5049_5045;
        rustix::fs::fstatfs(file).is_ok_and(|facts| u64::try_from(facts.f_type) == Ok(PIPEFS))
    }

    #[cfg(not(target_os = "linux"))]
    fn has_no_name(_: &File) -> bool {
        false
    }
}
