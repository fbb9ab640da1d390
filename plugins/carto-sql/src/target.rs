//! Where the result goes: standard output, or a file that gets its name when it is whole.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::NamedTempFile;

use crate::failure::{Class, Failure};

/// The file that is being written and has no name yet.
static BEGUN: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Sees to it that Ctrl-C, and the wish to end, leave no half of a file; the status is that of a program
/// that the signal has ended.
fn clear_when_stopped() {
    // A second handler is refused, and one is enough.
    _ = ctrlc::set_handler(|| {
        let begun = BEGUN.lock().map(|mut begun| begun.take());
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
    /// A file.
    File(PathBuf, Box<BufWriter<NamedTempFile>>),
}

impl Target {
    /// Opens a file's directory for a new file; nothing has its name yet.
    pub fn file(path: &Path) -> Result<Self, Failure> {
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
        clear_when_stopped();
        if let Ok(mut begun) = BEGUN.lock() {
            *begun = Some(file.path().to_owned());
        }
        Ok(Target::File(
            path.to_owned(),
            Box::new(BufWriter::new(file)),
        ))
    }

    /// Returns what the result is written to.
    pub fn writer(&mut self) -> &mut dyn Write {
        match self {
            Target::Standard(out) => out,
            Target::File(_, file) => file,
        }
    }

    /// Writes what is left; a file gets its name.
    pub fn finish(self) -> Result<(), Failure> {
        match self {
            Target::Standard(mut out) => out.flush().map_err(|error| write_failure(&error)),
            Target::File(path, file) => {
                let file = file
                    .into_inner()
                    .map_err(|error| write_failure(error.error()))?;
                file.as_file()
                    .sync_all()
                    .map_err(|error| write_failure(&error))?;
                file.persist(&path)
                    .map(|_| forget_begun())
                    .map_err(|error| {
                        let what = format!("cannot write {}: {}", path.display(), error.error);
                        Failure::new(Class::Write, what)
                    })
            }
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
    Failure::new(Class::Write, format!("cannot write the result: {error}"))
}
