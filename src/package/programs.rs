//! Finds the programs of a package: executables called `carto-NAME`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::build::ProgramBuild;
use super::receipt::InstalledProgram;
use super::store::unwritten;
use super::tree::may_run;
use crate::error::{Error, Kind};
use crate::escape;
use crate::plugin_name::PluginName;

/// Where a package has its programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// At the top or in `bin/`.
    Directory,
    /// The same, or below the one directory at the top, as archives mostly have it.
    Archive,
    /// Where a virtual environment has them.
    Environment,
    /// In `bin/`, as cargo lays them.
    Bin,
}

/// Finds the programs below a directory; their paths are below `dir`, which is above it.
///
/// # Errors
/// There is none, one has a name that no plugin has, or one cannot be read.
pub(super) fn find(
    dir: &Path,
    tree: &Path,
    layout: Layout,
    builtins: &[String],
) -> Result<Vec<InstalledProgram>, Error> {
    let mut found: Vec<InstalledProgram> = Vec::new();
    for place in places(tree, layout) {
        let Ok(entries) = fs::read_dir(&place) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let Some(name) = named(&path)? else { continue };
            // What runs is the file itself, not a link that could be turned to another one.
            let real = path.canonicalize().map_err(|error| unwritten(&path, &error))?;
            if !real.metadata().is_ok_and(|facts| facts.is_file() && runs(&real, &facts)) {
                continue;
            }
            if found.iter().any(|known| known.name == name.as_str()) {
                continue;
            }
            let build = ProgramBuild::of(&real).map_err(|error| unwritten(&real, &error))?;
            let below = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
            let path = real.strip_prefix(&below).unwrap_or(&real).to_owned();
            found.push(InstalledProgram { name: name.to_string(), path, build: Some(build) });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    if found.is_empty() {
        return Err(Error::new(Kind::Refused, "it brings no executable `carto-NAME`")
            .note("one lies at its top or in `bin`, and may run"));
    }
    if found.iter().all(|program| builtins.contains(&program.name)) {
        let name = found.first().map(|program| program.name.clone()).unwrap_or_default();
        let what =
            format!("it brings `carto-{name}` alone, and `carto {name}` is a built-in command");
        return Err(Error::new(Kind::Refused, what).help("--as-name NAME gives it another name"));
    }
    Ok(found)
}

fn places(tree: &Path, layout: Layout) -> Vec<PathBuf> {
    let own = |dir: &Path| vec![dir.to_owned(), dir.join("bin")];
    match layout {
        Layout::Directory => own(tree),
        Layout::Environment if cfg!(windows) => vec![tree.join("Scripts")],
        Layout::Environment | Layout::Bin => vec![tree.join("bin")],
        Layout::Archive => {
            let mut places = own(tree);
            let mut entries = fs::read_dir(tree).into_iter().flatten().flatten();
            if let (Some(only), None) = (entries.next(), entries.next())
                && only.file_type().is_ok_and(|kind| kind.is_dir())
            {
                places.extend(own(&only.path()));
            }
            places
        }
    }
}

/// Returns the plugin's name of a file that is called like one.
fn named(path: &Path) -> Result<Option<PluginName>, Error> {
    let Some(file) = path.file_name().and_then(OsStr::to_str) else { return Ok(None) };
    let Some(rest) = file.strip_prefix("carto-") else { return Ok(None) };
    let name = match rest.rsplit_once('.') {
        // The manifest beside it.
        Some((_, "toml")) => return Ok(None),
        Some((name, _)) if cfg!(windows) => name,
        _ => rest,
    };
    let facts = path.metadata();
    match PluginName::parse(OsStr::new(name)) {
        Ok(name) => Ok(Some(name)),
        Err(_) if !facts.is_ok_and(|facts| facts.is_file() && runs(path, &facts)) => Ok(None),
        Err(reason) => {
            let what = format!("it brings `{}`, which cannot be a plugin", escape::line(file));
            Err(Error::new(Kind::Refused, what).note(reason.to_string()))
        }
    }
}

/// Whether a file may run: by its mode, and where there is none by its name.
fn runs(path: &Path, facts: &fs::Metadata) -> bool {
    if cfg!(unix) {
        return may_run(facts);
    }
    let known = ["exe", "cmd", "bat", "ps1"];
    path.extension().and_then(OsStr::to_str).is_some_and(|end| known.contains(&end))
}
