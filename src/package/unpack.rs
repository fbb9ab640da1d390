//! Fills a directory from another one, or from an archive.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::fill::{Fill, Right};
use super::tree::may_run;
use crate::error::{Error, Kind, io_reason};
use crate::escape;

/// What is no part of a package: git's own files.
const LEFT_OUT: &str = ".git";
/// How much may stand behind the end of an archive, in bytes: tar fills its last block.
const LONGEST_END: u64 = 16 * 1024 * 1024;

/// Copies a directory as it is.
///
/// # Errors
/// What cannot be read or written, a device, and a link that leads out.
pub(super) fn copy_directory(from: &Path, to: &Path) -> Result<(), Error> {
    let mut sink = Fill::new(to, from);
    copy_below(&mut sink, from, "")?;
    sink.finish()
}

fn copy_below(sink: &mut Fill<'_>, dir: &Path, below: &str) -> Result<(), Error> {
    let entries = fs::read_dir(dir).map_err(|error| unread(dir, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| unread(dir, &error))?;
        let path = entry.path();
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            let shown = name.to_string_lossy();
            return Err(sink.refused(format!("the name `{}` is not UTF-8", escape::line(&shown))));
        };
        if below.is_empty() && name == LEFT_OUT {
            continue;
        }
        let name = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
        let facts = path.symlink_metadata().map_err(|error| unread(&path, &error))?;
        if facts.is_symlink() {
            let target = fs::read_link(&path).map_err(|error| unread(&path, &error))?;
            sink.link(&name, &target)?;
        } else if facts.is_dir() {
            sink.directory(&name)?;
            copy_below(sink, &path, &name)?;
        } else if facts.is_file() {
            let mut file = File::open(&path).map_err(|error| unread(&path, &error))?;
            let right = if may_run(&facts) { Right::Run } else { Right::Read };
            sink.file(&name, right, &mut file)?;
        } else {
            return Err(device(sink, &name));
        }
    }
    Ok(())
}

/// Unpacks an archive, whose form its name tells.
///
/// # Errors
/// What is no such archive, what it may not hold, and what cannot be written.
pub(super) fn unpack(archive: &Path, to: &Path) -> Result<(), Error> {
    let file = File::open(archive).map_err(|error| unread(archive, &error))?;
    let mut sink = Fill::new(to, archive);
    if archive.extension().is_some_and(|end| end == "zip") {
        unzip(&mut sink, file, archive)?;
    } else {
        untar(&mut sink, file, archive)?;
    }
    sink.finish()
}

fn untar(sink: &mut Fill<'_>, file: File, archive: &Path) -> Result<(), Error> {
    let broken = |error: io::Error| broken(archive, &error.to_string());
    // What stands behind the last file is read, too: there is the sum over all of it.
    let mut tar = tar::Archive::new(MultiGzDecoder::new(BufReader::new(file)));
    for entry in tar.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let name = entry.path_bytes().into_owned();
        let Ok(name) = String::from_utf8(name) else {
            return Err(sink.refused("it has a name that is not UTF-8"));
        };
        let kind = entry.header().entry_type();
        let target = entry.link_name().map_err(broken)?.map(std::borrow::Cow::into_owned);
        if kind.is_dir() {
            if !name.trim_matches(['.', '/']).is_empty() {
                sink.directory(&name)?;
            }
        } else if kind.is_symlink() {
            sink.link(&name, &target.unwrap_or_default())?;
        } else if kind.is_hard_link() {
            sink.copy(&name, &target.unwrap_or_default().to_string_lossy())?;
        } else if kind.is_file() || kind.is_contiguous() {
            let right = Right::of_mode(entry.header().mode().map_err(broken)?);
            sink.file(&name, right, &mut entry)?;
        } else if !kind.is_pax_global_extensions() {
            return Err(device(sink, &name));
        }
    }
    let rest = io::copy(&mut io::Read::take(tar.into_inner(), LONGEST_END), &mut io::sink());
    if rest.map_err(broken)? == LONGEST_END {
        return Err(sink.refused("it goes on behind its end"));
    }
    Ok(())
}

fn unzip(sink: &mut Fill<'_>, file: File, archive: &Path) -> Result<(), Error> {
    let broken = |error: zip::result::ZipError| broken(archive, &error.to_string());
    let mut zip = zip::ZipArchive::new(BufReader::new(file)).map_err(broken)?;
    for at in 0..zip.len() {
        let mut entry = zip.by_index(at).map_err(broken)?;
        let name = entry.name().map_err(broken)?.into_owned();
        let mode = entry.unix_mode().unwrap_or(0o644);
        if entry.is_dir() {
            sink.directory(&name)?;
        } else if entry.is_symlink() {
            let target = io::read_to_string(io::Read::take(&mut entry, 4097));
            sink.link(&name, Path::new(&target.unwrap_or_default()))?;
        } else if entry.is_file() && matches!(mode & 0o170_000, 0 | 0o100_000) {
            sink.file(&name, Right::of_mode(mode), &mut entry)?;
        } else {
            return Err(device(sink, &name));
        }
    }
    Ok(())
}

fn device(sink: &Fill<'_>, name: &str) -> Error {
    let name = escape::line(name);
    sink.refused(format!("`{name}` in it is neither file nor directory nor link"))
}

fn unread(path: &Path, error: &io::Error) -> Error {
    Error::new(Kind::Invalid, format!("cannot be read: {}", io_reason(error)))
        .at(escape::line(&path.display().to_string()))
}

fn broken(archive: &Path, reason: &str) -> Error {
    Error::new(Kind::Invalid, format!("the archive cannot be read: {}", escape::line(reason)))
        .at(escape::line(&archive.display().to_string()))
        .note("nothing was installed")
}
