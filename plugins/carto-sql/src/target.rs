//! Where the result goes: standard output, or a file that gets its name when it is whole.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failure::{Class, Failure};

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
                file.persist(&path).map(drop).map_err(|error| {
                    let what = format!("cannot write {}: {}", path.display(), error.error);
                    Failure::new(Class::Write, what)
                })
            }
        }
    }
}

/// Makes the failure of a result that cannot be written.
pub fn write_failure(error: &io::Error) -> Failure {
    Failure::new(Class::Write, format!("cannot write the result: {error}"))
}
