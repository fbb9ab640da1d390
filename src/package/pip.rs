//! Fetches a package with pip, into a virtual environment of its own.
//!
//! # Why
//! Wheels are downloaded first and nothing of them runs. A source archive says what it needs by running
//! its own code, so it is only downloaded once the user has agreed. What is installed is what was
//! downloaded, without the index: the hashes of the receipt are those of all that went in, what
//! builds a source archive included.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::receipt::{Artefact, Fetched, TREE};
use super::source::NamedPackage;
use super::store::Stage;
use super::tools::{ToolRun, Tools};
use crate::error::{Error, Kind};
use crate::toml::{Document, Value};

/// Where downloads are put.
const DOWNLOADS: &str = "downloads";
/// What builds a source archive that does not say what it needs.
const BUILDERS: [&str; 2] = ["setuptools", "wheel"];
/// The longest `pyproject.toml` that is read, in bytes.
const PROJECT_LIMIT: u64 = 1024 * 1024;

/// Which kinds of downloads are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    /// Wheels alone, of which nothing runs.
    Wheels,
    /// Source archives too, whose code runs.
    Sources,
}

/// pip, in the environment that it fills.
pub(super) struct Pip<'a> {
    stage: &'a Stage,
    tools: &'a Tools<'a>,
    python: PathBuf,
    downloads: PathBuf,
}

impl<'a> Pip<'a> {
    /// Names the environment of a version.
    pub(super) fn of(stage: &'a Stage, tools: &'a Tools<'a>) -> Self {
        let bin = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
        let (python, downloads) = (stage.tree().join(bin), stage.dir().join(DOWNLOADS));
        Pip { stage, tools, python, downloads }
    }

    /// Makes the environment.
    pub(super) fn make(&self) -> Result<(), Error> {
        let name = python(self.tools);
        let venv = ToolRun::new(OsStr::new(name), self.stage.dir()).args(["-m", "venv", TREE]);
        self.tools
            .run(&venv)
            .map_err(|error| error.help("on Debian and Ubuntu: apt install python3-venv"))?;
        self.stage.directory(DOWNLOADS)?;
        Ok(())
    }

    fn run(&self, args: &[&str], more: &[String]) -> Result<String, Error> {
        let (verb, rest) = args.split_first().unwrap_or((&"", &[]));
        let run = ToolRun::new(self.python.as_os_str(), self.stage.dir())
            .shown(&format!("pip {verb}"))
            .args(["-m", "pip", verb, "--no-input", "--disable-pip-version-check"])
            .args(rest.to_vec())
            .args(more.to_vec());
        self.tools.run(&run)
    }

    /// Downloads a package with all that it needs.
    pub(super) fn download(&self, package: &NamedPackage, take: Take) -> Result<(), Error> {
        let wanted = match &package.version {
            Some(version) => format!("{}=={version}", package.name),
            None => package.name.clone(),
        };
        if take == Take::Wheels {
            let args = ["download", "--dest", DOWNLOADS, "--only-binary=:all:"];
            return self.run(&args, &[wanted]).map(|_| ());
        }
        self.run(&["download", "--dest", DOWNLOADS, "--prefer-binary"], &[wanted])?;
        let builders = self.builders()?;
        if !builders.is_empty() {
            let args = ["download", "--dest", DOWNLOADS, "--only-binary=:all:"];
            self.run(&args, &builders)?;
        }
        Ok(())
    }

    /// Downloads exactly what a lock names; each file is refused by its hash before it is looked into.
    pub(super) fn download_locked(&self, locked: &Fetched) -> Result<(), Error> {
        let mut text = String::new();
        for artefact in &locked.artefacts {
            let Some((name, version)) = named(&artefact.file) else { continue };
            let hash = artefact.sha256.to_string();
            text += &format!("{name}=={version} --hash={hash}\n");
        }
        let file = self.stage.dir().join("locked.txt");
        super::downloads::lay(&file, text.as_bytes())?;
        let args = ["download", "--dest", DOWNLOADS, "--no-deps", "--require-hashes"];
        self.run(&args, &["--requirement".to_owned(), "locked.txt".to_owned()])?;
        Ok(())
    }

    /// Returns what was downloaded.
    pub(super) fn fetched(&self, package: &NamedPackage) -> Result<Fetched, Error> {
        let artefacts = super::downloads::all_in(&self.downloads)?;
        let own = artefacts.iter().filter_map(|artefact| named(&artefact.file));
        let mut release =
            own.filter(|(name, _)| normal(name) == normal(&package.name)).map(|(_, v)| v);
        let Some(release) = release.next_back().map(str::to_owned) else {
            let what = format!("pip downloaded nothing that is called `{}`", package.name);
            return Err(Error::new(Kind::NotThere, what));
        };
        let is_pure = |artefact: &Artefact| artefact.file.ends_with("-none-any.whl");
        let pure = artefacts.iter().all(is_pure);
        let platform = if pure { None } else { Some(platform(self.tools, self.stage.dir())?) };
        Ok(Fetched { kind: "pip".to_owned(), release, platform, artefacts })
    }

    /// Asks the index for the newest version. Runs nothing of the package.
    pub(super) fn newest(&self, package: &NamedPackage) -> Result<String, Error> {
        let text = self.run(&["index", "versions"], std::slice::from_ref(&package.name))?;
        // `name (1.2.0)`, then the other versions.
        let version = text.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
        version.map(|(version, _)| version.to_owned()).ok_or_else(|| {
            Error::new(Kind::NotThere, format!("pip names no version of `{}`", package.name))
        })
    }

    /// Installs what was downloaded, without the index.
    pub(super) fn install(&self, package: &NamedPackage, release: &str) -> Result<(), Error> {
        let args = ["install", "--no-index", "--find-links", DOWNLOADS, "--no-cache-dir"];
        self.run(&args, &[format!("{}=={release}", package.name)])?;
        // What runs needs no pip; without it the environment is a quarter as large.
        self.run(&["uninstall", "--yes", "pip"], &[])?;
        self.stage.discard(DOWNLOADS)
    }

    /// Puts what was downloaded before into the place of downloads.
    pub(super) fn take_downloads(&self, locked: &Fetched, from: &Path) -> Result<(), Error> {
        for Artefact { file, sha256 } in &locked.artefacts {
            super::downloads::take(from, file, sha256, &self.downloads)?;
        }
        Ok(())
    }

    /// Copies what was downloaded to a directory.
    pub(super) fn keep_downloads(&self, fetched: &Fetched, to: &Path) -> Result<(), Error> {
        for Artefact { file, sha256 } in &fetched.artefacts {
            super::downloads::take(&self.downloads, file, sha256, to)?;
        }
        Ok(())
    }

    /// Returns what the source archives need to be built.
    fn builders(&self) -> Result<Vec<String>, Error> {
        let mut all: Vec<String> = Vec::new();
        for artefact in super::downloads::all_in(&self.downloads)? {
            if artefact.file.ends_with(".tar.gz") {
                for builder in builders_of(&self.downloads.join(&artefact.file)) {
                    if !all.contains(&builder) {
                        all.push(builder);
                    }
                }
            }
        }
        Ok(all)
    }
}

/// Returns what a source archive needs to be built, by its `pyproject.toml` (PEP 518).
fn builders_of(archive: &Path) -> Vec<String> {
    let usual = || BUILDERS.map(str::to_owned).to_vec();
    let Some(text) = project_of(archive) else { return usual() };
    let Ok(document) = Document::read(&text) else { return usual() };
    let requires = document.root().get("build-system").and_then(|table| table.get("requires"));
    let Some(Value::Array(items)) = requires.map(crate::toml::Item::value) else { return usual() };
    let plain = |word: &&str| word.starts_with(|c: char| c.is_ascii_alphanumeric());
    items.iter().filter_map(Value::as_str).filter(plain).map(str::to_owned).collect()
}

/// Returns the text of the `pyproject.toml` at the top of a source archive.
fn project_of(archive: &Path) -> Option<String> {
    let file = File::open(archive).ok()?;
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(file));
    for entry in tar.entries().ok()? {
        let entry = entry.ok()?;
        let path = entry.path().ok()?.into_owned();
        if path.components().count() == 2 && path.ends_with("pyproject.toml") {
            let mut text = String::new();
            entry.take(PROJECT_LIMIT).read_to_string(&mut text).ok()?;
            return Some(text);
        }
    }
    None
}

/// Returns name and version of a file by its name (PEP 427, PEP 625).
fn named(file: &str) -> Option<(&str, &str)> {
    if let Some(wheel) = file.strip_suffix(".whl") {
        let mut parts = wheel.split('-');
        return Some((parts.next()?, parts.next()?));
    }
    let name = file.strip_suffix(".tar.gz").or_else(|| file.strip_suffix(".zip"))?;
    name.rsplit_once('-')
}

/// Writes a name as the index compares it (PEP 503).
fn normal(name: &str) -> String {
    let parts: Vec<_> = name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_ascii_lowercase()
}

/// Names the machine and the Python that wheels are for.
pub(super) fn platform(tools: &Tools<'_>, dir: &Path) -> Result<String, Error> {
    const ASK: &str = "import sys, sysconfig; \
                       print(sysconfig.get_platform(), sys.implementation.cache_tag)";
    let run = ToolRun::new(OsStr::new(python(tools)), dir).args(["-I", "-c", ASK]);
    Ok(tools.run(&run)?.trim().to_owned())
}

fn python(tools: &Tools<'_>) -> &'static str {
    if tools.has("python3") { "python3" } else { "python" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_tell_package_and_version() {
        for (file, expected) in [
            ("carto_print-0.0.8-py3-none-any.whl", Some(("carto_print", "0.0.8"))),
            ("pillow-11.0.0-cp311-cp311-manylinux_2_28_x86_64.whl", Some(("pillow", "11.0.0"))),
            ("carto-print-0.0.8.tar.gz", Some(("carto-print", "0.0.8"))),
            ("x-1.0.zip", Some(("x", "1.0"))),
            ("x.txt", None),
        ] {
            assert_eq!(named(file), expected);
        }
        assert_eq!(normal("Carto__Print.x"), "carto-print-x");
    }
}
