//! Files that were downloaded: put in their place, counted, and told by their hashes.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use super::lock_file::is_word;
use super::receipt::Artefact;
use super::store::unwritten;
use crate::error::{Error, Kind, io_reason};
use crate::escape;
use crate::project::trust::Hash;

/// Writes a new file into a directory that nobody else has.
pub(super) fn lay(path: &Path, content: &[u8]) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let written = options.open(path).and_then(|mut file| file.write_all(content));
    written.map_err(|error| unwritten(path, &error))
}

/// Returns every file of a directory with its hash, by name.
pub(super) fn all_in(dir: &Path) -> Result<Vec<Artefact>, Error> {
    let entries = fs::read_dir(dir).map_err(|error| unwritten(dir, &error))?;
    let mut all = Vec::new();
    for entry in entries.flatten() {
        let sha256 =
            Hash::of_file(&entry.path()).map_err(|error| unwritten(&entry.path(), &error))?;
        all.push(Artefact { file: entry.file_name().to_string_lossy().into_owned(), sha256 });
    }
    all.sort();
    Ok(all)
}

/// Copies a file that has a name and a hash from one directory to another. The copy is judged, not what
/// it was made of, which somebody may exchange meanwhile.
///
/// # Errors
/// It is not there, or is another one.
pub(super) fn take(from: &Path, file: &str, sha256: &Hash, to: &Path) -> Result<(), Error> {
    if !is_word(file) {
        let what = format!("`{}` is no name of a download", escape::line(file));
        return Err(Error::new(Kind::Invalid, what).note("nothing was installed"));
    }
    let (source, copy) = (from.join(file), to.join(file));
    fs::copy(&source, &copy).map_err(|error| {
        Error::new(Kind::NotThere, format!("cannot take it: {}", io_reason(&error)))
            .at(escape::line(&source.display().to_string()))
            .note("nothing was installed")
    })?;
    let found = Hash::of_file(&copy).map_err(|error| unwritten(&copy, &error))?;
    if found == *sha256 {
        return Ok(());
    }
    Err(not_the_locked(&source, sha256, &found))
}

/// The error of a file that is another one than was locked.
pub(super) fn not_the_locked(place: &Path, locked: &Hash, found: &Hash) -> Error {
    Error::new(Kind::Refused, "this is not what was locked")
        .at(escape::line(&place.display().to_string()))
        .note(format!("locked {locked}"))
        .note(format!("found  {found}"))
        .note("nothing was installed")
}
