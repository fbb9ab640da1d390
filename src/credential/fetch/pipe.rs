//! Reads the file of a source. It may be a pipe into which another program writes the key when it is
//! asked for, as password managers do; then a wait for that program is told.

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use super::child::PATIENCE;
use crate::read_file::{FileBytes, FileReadError, read_named};

/// Reads a file that was named, and says when a pipe lets it wait.
///
/// # Errors
/// As [`read_named`].
pub(super) fn read_telling(
    path: &Path,
    limit: u64,
    waiting: &dyn Fn(),
) -> Result<Option<FileBytes>, FileReadError> {
    if !is_pipe(path) {
        return read_named(path, limit);
    }
    let (tell, told) = sync_channel(1);
    let named = PathBuf::from(path);
    let reader = std::thread::Builder::new().spawn(move || tell.send(read_named(&named, limit)));
    if reader.is_err() {
        return read_named(path, limit);
    }
    told.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        waiting();
        // The reader always sends before it ends.
        told.recv().unwrap_or(Ok(None))
    })
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    path.metadata().is_ok_and(|facts| facts.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_path: &Path) -> bool {
    false
}
