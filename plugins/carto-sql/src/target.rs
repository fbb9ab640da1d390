//! Where the result goes: standard output, a pager, or a file that gets its name when it is whole.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex};

use tempfile::NamedTempFile;

use crate::failure::{Class, Failure};
use crate::progress::{self, Progress};

/// How much is written at once.
const PIECE: usize = 256 * 1024;

/// The file that is being written and has no name yet.
static BEGUN: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Sees to it that Ctrl-C, and the wish to end, leave no half of a file; the status is that of a program
/// that the signal has ended.
pub fn clear_when_stopped() {
    // A second handler is refused, and one is enough.
    _ = ctrlc::set_handler(|| {
        let begun = BEGUN.lock().map(|mut begun| begun.take());
        progress::clear();
        if let Ok(Some(path)) = begun {
            let size = std::fs::metadata(&path).map_or(0, |facts| facts.len());
            _ = std::fs::remove_file(&path);
            eprintln!("note: stopped after {size} bytes; no file was written");
        }
        std::process::exit(130);
    });
}

/// Where the result goes.
pub enum Target {
    /// Standard output.
    Standard(BufWriter<io::Stdout>),
    /// A program that shows it page by page.
    Pager(Child, BufWriter<std::process::ChildStdin>),
    /// A device or a pipe that the user names: it is written to, and never replaced.
    Device(BufWriter<std::fs::File>),
    /// A file.
    File(PathBuf, Box<BufWriter<Counted>>),
}

/// A file without a name, whose bytes are counted.
pub struct Counted {
    file: NamedTempFile,
    progress: Arc<Progress>,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.progress.add_bytes(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Target {
    /// Writes to standard output, through the user's pager where that is a terminal.
    pub fn standard(with_pager: bool) -> Self {
        if let Some(mut child) = with_pager.then(crate::pager::start).flatten()
            && let Some(input) = child.stdin.take()
        {
            return Target::Pager(child, BufWriter::new(input));
        }
        Target::Standard(BufWriter::with_capacity(PIECE, io::stdout()))
    }

    /// Opens a file's directory for a new file; nothing has its name yet.
    ///
    /// # Errors
    /// Nothing can be written there.
    pub fn file(path: &Path, progress: Arc<Progress>) -> Result<Self, Failure> {
        let cannot = |error: io::Error| {
            Failure::new(
                Class::Write,
                format!("cannot write {}: {error}", path.display()),
            )
        };
        // What is there already stays what it is: a link leads on, a file keeps its mode.
        let there = std::fs::metadata(path).ok();
        if there.as_ref().is_some_and(|facts| !facts.is_file()) {
            let device = std::fs::OpenOptions::new().write(true).open(path);
            return Ok(Target::Device(BufWriter::with_capacity(
                PIECE,
                device.map_err(cannot)?,
            )));
        }
        let path = &match there {
            Some(_) => path.canonicalize().map_err(cannot)?,
            None => path.to_owned(),
        };
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let dir = dir.unwrap_or(Path::new("."));
        let mut made = tempfile::Builder::new();
        made.prefix(".carto-sql-");
        #[cfg(unix)]
        made.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        let file = made.tempfile_in(dir).map_err(|error| {
            Failure::new(
                Class::Write,
                format!("cannot write into {}: {error}", dir.display()),
            )
        })?;
        if let Some(there) = there {
            _ = file.as_file().set_permissions(there.permissions());
        }
        clear_when_stopped();
        if let Ok(mut begun) = BEGUN.lock() {
            *begun = Some(file.path().to_owned());
        }
        Ok(Target::File(
            path.to_owned(),
            Box::new(BufWriter::with_capacity(PIECE, Counted { file, progress })),
        ))
    }

    /// Returns what the result is written to.
    pub fn writer(&mut self) -> &mut dyn Write {
        match self {
            Target::Standard(out) => out,
            Target::Device(out) => out,
            Target::Pager(_, input) => input,
            Target::File(_, file) => file,
        }
    }

    /// Writes what is left; a file gets its name.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> Result<(), Failure> {
        match self {
            Target::Standard(mut out) => out.flush().map_err(|error| write_failure(&error)),
            Target::Device(mut out) => out.flush().map_err(|error| write_failure(&error)),
            Target::Pager(mut child, mut input) => {
                let written = input.flush();
                drop(input);
                _ = child.wait();
                written.map_err(|error| write_failure(&error))
            }
            Target::File(path, file) => {
                let file = file
                    .into_inner()
                    .map_err(|error| write_failure(error.error()))?
                    .file;
                file.persist(&path)
                    .map(|_| forget_begun())
                    .map_err(|error| {
                        let what = format!("cannot write {}: {}", path.display(), error.error);
                        Failure::new(Class::Write, what)
                    })
            }
        }
    }

    /// Ends after a failure: a pager shows what came, and the failure is told behind it.
    pub fn give_up(self) {
        if let Target::Pager(mut child, mut input) = self {
            _ = input.flush();
            drop(input);
            _ = child.wait();
        }
    }
}

/// The file has its name.
fn forget_begun() {
    if let Ok(mut begun) = BEGUN.lock() {
        *begun = None;
    }
}

/// Makes the failure of a result that cannot be written.
pub fn write_failure(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        // Who reads has enough: `carto sql ... | head`.
        return Failure::new(Class::Closed, "nobody reads the result");
    }
    Failure::new(Class::Write, format!("cannot write the result: {error}"))
}
