//! Fetches a crate with cargo, and builds it with its own lock file.
//!
//! # Why
//! cargo downloads and verifies; a project that names the crate as its only dependency makes it do so
//! without running anything of the crate. The crate's hash is the registry's. What it is built of stands,
//! with hashes, in the lock file inside it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::receipt::{Artefact, Fetched, TREE};
use super::source::NamedPackage;
use super::store::Stage;
use super::tools::{ToolRun, Tools};
use super::unpack::unpack;
use crate::error::{Error, Kind};
use crate::project::trust::Hash;
use crate::toml::{Document, Item};

/// Where the crate and what it is built of are put.
const CRATES: &str = "crates";
/// Where the crate is unpacked.
const SOURCE: &str = "source";
/// Where what it is built of is unpacked, when nothing may be downloaded.
const VENDORED: &str = "vendored";
/// Where it is built.
const BUILT: &str = "built";

/// A crate in a lock file of cargo.
struct LockedCrate {
    name: String,
    version: String,
    sha256: Hash,
}

impl LockedCrate {
    fn file(&self) -> String {
        format!("{}-{}.crate", self.name, self.version)
    }
}

/// Downloads a crate: the newest version, that one, or exactly what a lock names.
pub(super) fn fetch(
    package: &NamedPackage,
    stage: &Stage,
    tools: &Tools<'_>,
) -> Result<Fetched, Error> {
    let found = resolve(package, stage, tools)?;
    let crates = stage.directory(CRATES)?;
    let (file, sha256) = (found.file(), found.sha256.clone());
    let from = downloaded(&found, tools)?;
    super::downloads::take(&from, &file, &sha256, &crates)?;
    let artefacts = vec![Artefact { file, sha256 }];
    Ok(Fetched { kind: "cargo".to_owned(), release: found.version, platform: None, artefacts })
}

/// Takes a crate that was downloaded before, with all that it is built of.
pub(super) fn take_downloads(locked: &Fetched, stage: &Stage, from: &Path) -> Result<(), Error> {
    let crates = stage.directory(CRATES)?;
    for Artefact { file, sha256 } in &locked.artefacts {
        super::downloads::take(from, file, sha256, &crates)?;
    }
    let vendored = stage.directory(VENDORED)?;
    for needed in needs(&unpacked(locked, stage)?)? {
        super::downloads::take(from, &needed.file(), &needed.sha256, &crates)?;
        unpack(&crates.join(needed.file()), &vendored)?;
        // cargo compares the hash with the crate's own lock file; the files were verified as a whole.
        let hash = needed.sha256.to_string();
        let hex = hash.strip_prefix("sha256:").unwrap_or_default();
        let text = format!("{{\"files\":{{}},\"package\":\"{hex}\"}}");
        let dir = vendored.join(format!("{}-{}", needed.name, needed.version));
        super::downloads::lay(&dir.join(".cargo-checksum.json"), text.as_bytes())?;
    }
    Ok(())
}

/// Copies a crate and all that it is built of to a directory.
pub(super) fn keep_downloads(
    fetched: &Fetched,
    stage: &Stage,
    tools: &Tools<'_>,
    to: &Path,
) -> Result<(), Error> {
    let source = unpacked(fetched, stage)?;
    tools.run(&cargo("fetch", &source).args(["--locked", "--quiet"]))?;
    for Artefact { file, sha256 } in &fetched.artefacts {
        super::downloads::take(&stage.dir().join(CRATES), file, sha256, to)?;
    }
    for needed in needs(&source)? {
        let from = downloaded(&needed, tools)?;
        super::downloads::take(&from, &needed.file(), &needed.sha256, to)?;
    }
    Ok(())
}

/// Builds the crate that was fetched.
pub(super) fn install(fetched: &Fetched, stage: &Stage, tools: &Tools<'_>) -> Result<(), Error> {
    let source = unpacked(fetched, stage)?;
    // cargo heeds settings of the directory where it runs: nothing of the crate's own.
    let mut run = cargo("install", stage.dir())
        .args(["--locked", "--quiet", "--no-track", "--root", TREE, "--path"])
        .args([source])
        .variable("CARGO_TARGET_DIR", stage.dir().join(BUILT));
    let vendored = stage.dir().join(VENDORED);
    if vendored.is_dir() {
        run = run
            .args([
                "--offline",
                "--config",
                "source.crates-io.replace-with=\"vendored\"",
                "--config",
            ])
            .args([format!("source.vendored.directory={:?}", vendored.display().to_string())]);
    }
    tools.run(&run)?;
    for dir in [BUILT, SOURCE, VENDORED, CRATES, "scratch"] {
        stage.discard(dir)?;
    }
    Ok(())
}

/// Asks the registry for the newest version.
pub(super) fn newest(
    package: &NamedPackage,
    stage: &Stage,
    tools: &Tools<'_>,
) -> Result<String, Error> {
    let newest = NamedPackage { name: package.name.clone(), version: None };
    Ok(resolve(&newest, stage, tools)?.version)
}

/// Begins a command of cargo.
fn cargo<'a>(verb: &str, dir: &'a Path) -> ToolRun<'a> {
    ToolRun::new(OsStr::new("cargo"), dir).shown(&format!("cargo {verb}")).args([verb])
}

/// Lets cargo find a crate, and download it.
fn resolve(package: &NamedPackage, stage: &Stage, tools: &Tools<'_>) -> Result<LockedCrate, Error> {
    let scratch = stage.directory("scratch")?;
    let version = package.version.as_ref().map_or("*".to_owned(), |version| format!("={version}"));
    let manifest = format!(
        "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n\
         [lib]\npath = \"lib.rs\"\n\n[workspace]\n\n\
         [dependencies]\nwanted = {{ package = \"{}\", version = \"{version}\" }}\n",
        package.name
    );
    super::downloads::lay(&scratch.join("Cargo.toml"), manifest.as_bytes())?;
    super::downloads::lay(&scratch.join("lib.rs"), b"")?;
    tools.run(&cargo("fetch", &scratch).args(["--quiet"]))?;
    let found = crates_of(&scratch.join("Cargo.lock"))?;
    found.into_iter().find(|found| found.name == package.name).ok_or_else(|| {
        let what = format!("cargo finds no crate `{}` with a hash", package.name);
        Error::new(Kind::NotThere, what)
    })
}

/// Reads the crates of a registry that a lock file of cargo names.
fn crates_of(path: &Path) -> Result<Vec<LockedCrate>, Error> {
    let unread = || Error::new(Kind::Invalid, "cannot read what it is built of").at(path.display());
    let text = fs::read_to_string(path).map_err(|_| unread())?;
    let document = Document::read(&text).map_err(|_| unread())?;
    let mut all = Vec::new();
    for package in document.root().get("package").and_then(Item::tables).into_iter().flatten() {
        let field = |name| package.get(name).and_then(Item::text).map(std::borrow::Cow::into_owned);
        // Without a checksum it is the crate itself, which has no source.
        let (Some(name), Some(version), Some(sum)) =
            (field("name"), field("version"), field("checksum"))
        else {
            continue;
        };
        let sha256 = Hash::parse(&format!("sha256:{sum}")).ok_or_else(unread)?;
        all.push(LockedCrate { name, version, sha256 });
    }
    Ok(all)
}

/// Reads what a crate is built of.
fn needs(source: &Path) -> Result<Vec<LockedCrate>, Error> {
    crates_of(&source.join("Cargo.lock"))
}

/// Unpacks the crate, once, and returns where.
fn unpacked(fetched: &Fetched, stage: &Stage) -> Result<PathBuf, Error> {
    let file = fetched.artefacts.first().map(|artefact| artefact.file.as_str()).unwrap_or_default();
    let dir = stage.dir().join(SOURCE);
    let source = dir.join(file.trim_end_matches(".crate"));
    if !source.is_dir() {
        unpack(&stage.dir().join(CRATES).join(file), &stage.directory(SOURCE)?)?;
    }
    if !source.join("Cargo.lock").is_file() {
        return Err(Error::new(Kind::Refused, "the crate has no lock file inside")
            .note("what it is built of would differ from day to day")
            .note("nothing was installed"));
    }
    Ok(source)
}

/// Returns the directory where cargo put a crate: its own, or the registry itself where that is a
/// directory.
fn downloaded(wanted: &LockedCrate, tools: &Tools<'_>) -> Result<PathBuf, Error> {
    let lost = || {
        Error::new(Kind::NotThere, format!("cargo's copy of {} is not found", wanted.file()))
            .note("it is looked for in registry/cache below CARGO_HOME")
    };
    let home = tools.home_of("CARGO_HOME", ".cargo").ok_or_else(lost)?;
    let caches = fs::read_dir(home.join("registry/cache")).into_iter().flatten().flatten();
    let mut dirs: Vec<_> = caches.map(|entry| entry.path()).collect();
    dirs.extend(local_registries(&home));
    let holds = |dir: &PathBuf| {
        Hash::of_file(&dir.join(wanted.file())).is_ok_and(|hash| hash == wanted.sha256)
    };
    dirs.into_iter().find(holds).ok_or_else(lost)
}

/// Returns the registries that are directories, by cargo's own settings.
fn local_registries(home: &Path) -> Vec<PathBuf> {
    let text =
        ["config.toml", "config"].iter().find_map(|name| fs::read_to_string(home.join(name)).ok());
    let Some(text) = text else { return Vec::new() };
    let Ok(document) = Document::read(&text) else { return Vec::new() };
    let Some(sources) = document.root().get("source") else { return Vec::new() };
    let dirs = sources.children().filter_map(|source| source.get("local-registry")?.text());
    // A relative path is one beside the directory that holds the settings.
    let base = home.parent().unwrap_or(home);
    dirs.map(|dir| base.join(&*dir)).collect()
}
