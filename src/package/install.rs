//! The steps by which a package is installed: look, make, record.
//!
//! # Why
//! Looking runs nothing of the package, so that it can be shown before anybody agrees. Making may run
//! its code. Recording is one rename, for as many packages as there are.

use std::path::Path;

use super::git::of_tree;
use super::index::AskedBy;
use super::pip::{Pip, Take};
use super::programs::{Layout, find};
use super::receipt::{Artefact, Fetched, InstalledProgram, Receipt, TREE};
use super::source::{NamedPackage, PackageSource};
use super::store::{PluginStore, Stage, unwritten};
use super::tools::Tools;
use super::tree::TreeList;
use super::unpack::{copy_directory, unpack};
use super::{cargo, git};
use crate::error::{Error, Kind};
use crate::plugin_name::PluginName;

/// What is to be installed.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where it comes from.
    pub source: PackageSource,
    /// The name that its one program shall get.
    pub as_name: Option<PluginName>,
    /// What a lock asks for, and nothing else.
    pub locked: Option<Fetched>,
}

/// A package that was looked at, and of which nothing has run.
#[derive(Debug)]
pub struct Looked {
    wish: Wish,
    /// The name of the package.
    pub package: String,
    /// What was fetched; nothing yet where only its own code can say what it needs.
    pub fetched: Option<Fetched>,
    /// The version, the commit, or the beginning of a hash.
    pub release: String,
    stage: Stage,
}

/// A package that was made and that nothing names yet.
#[derive(Debug)]
pub struct Made {
    /// What was installed.
    pub receipt: Receipt,
    stage: Stage,
}

impl Wish {
    /// Wishes for what the user named.
    pub fn new(source: PackageSource, as_name: Option<PluginName>) -> Self {
        Wish { source, as_name, locked: None }
    }

    /// Wishes for what a receipt or a lock has.
    ///
    /// # Errors
    /// The name is no plugin's.
    pub fn recorded(source: PackageSource, as_name: Option<&String>) -> Result<Self, Error> {
        let name = as_name.map(|name| PluginName::parse(name.as_ref())).transpose();
        let name = name.map_err(|error| Error::new(Kind::Invalid, error.to_string()))?;
        Ok(Wish::new(source, name))
    }

    /// Returns the name of its package.
    pub fn package(&self) -> String {
        match &self.as_name {
            Some(name) => name.to_string(),
            None => self.source.package(),
        }
    }

    /// Fetches what can be fetched without running anything of it: from the source, or from a directory
    /// into which it was downloaded.
    ///
    /// # Errors
    /// It is not there, is another one than was locked, or cannot be taken.
    pub fn look(
        self,
        store: &PluginStore,
        tools: &Tools<'_>,
        from: Option<&Path>,
    ) -> Result<Looked, Error> {
        let package = self.package();
        let stage = store.stage(&package, &mut |text| tools.output.note(text))?;
        if matches!(
            self.source,
            PackageSource::Pip(_) | PackageSource::Cargo(_) | PackageSource::Git(_)
        ) {
            let from =
                from.map_or_else(|| self.source.to_string(), |dir| dir.display().to_string());
            tools.output.note(&format!("fetching {package} from {from}"));
        }
        let fetched = match (&self.locked, from) {
            (Some(locked), Some(from)) => {
                self.take(locked, &stage, tools, &from.join(&package)).map(Some)
            }
            _ => self.fetch(&stage, tools),
        }?;
        if let (Some(locked), Some(fetched)) = (&self.locked, &fetched) {
            compare(locked, fetched, &self.source)?;
        }
        let release = match &fetched {
            Some(fetched) => fetched.release.clone(),
            None => self.release(&stage, tools)?,
        };
        Ok(Looked { wish: self, package, fetched, release, stage })
    }

    fn fetch(&self, stage: &Stage, tools: &Tools<'_>) -> Result<Option<Fetched>, Error> {
        let exactly = |package: &NamedPackage| {
            let version = self.locked.as_ref().map(|locked| locked.release.clone());
            let version = version.or_else(|| package.version.clone());
            NamedPackage { version, ..package.clone() }
        };
        match &self.source {
            PackageSource::Directory(path) => {
                copy_directory(path, &stage.directory(TREE)?)?;
                self.of_tree(stage).map(Some)
            }
            PackageSource::Archive(path) => {
                unpack(path, &stage.directory(TREE)?)?;
                self.of_tree(stage).map(Some)
            }
            PackageSource::Git(source) => {
                let commit = self.locked.as_ref().map(|locked| locked.release.as_str());
                git::fetch(source, commit, stage, tools).map(Some)
            }
            PackageSource::Cargo(package) => {
                cargo::fetch(&exactly(package), stage, tools).map(Some)
            }
            PackageSource::Pip(package) => {
                let pip = Pip::of(stage, tools);
                pip.make()?;
                if let Some(locked) = &self.locked {
                    pip.download_locked(locked)?;
                } else if let Err(error) = pip.download(package, Take::Wheels) {
                    // There may be no wheel: then only its code says what it needs.
                    pip.newest(package).map_err(|_| error)?;
                    return Ok(None);
                }
                pip.fetched(package).map(Some)
            }
            PackageSource::Link(_) => {
                stage.directory(TREE)?;
                let release = "linked".to_owned();
                let kind = self.source.kind().to_owned();
                Ok(Some(Fetched { kind, release, platform: None, artefacts: Vec::new() }))
            }
        }
    }

    /// Takes what was downloaded before.
    fn take(
        &self,
        locked: &Fetched,
        stage: &Stage,
        tools: &Tools<'_>,
        from: &Path,
    ) -> Result<Fetched, Error> {
        match &self.source {
            PackageSource::Pip(package) => {
                let pip = Pip::of(stage, tools);
                pip.make()?;
                pip.take_downloads(locked, from)?;
                pip.fetched(package)
            }
            PackageSource::Cargo(_) => {
                cargo::take_downloads(locked, stage, from)?;
                Ok(locked.clone())
            }
            _ => {
                let archive = from.join(super::pack::ARCHIVE);
                if !archive.is_file() {
                    return Err(Error::new(Kind::NotThere, "it was not downloaded to there")
                        .at(archive.display())
                        .help("carto plugin sync --download DIR     # where there is a network"));
                }
                unpack(&archive, &stage.directory(TREE)?)?;
                // What it is called is the lock's word; the files are compared.
                Ok(Fetched { artefacts: of_tree(&stage.tree())?, ..locked.clone() })
            }
        }
    }

    /// Returns what stands for a tree that has no version of its own.
    fn of_tree(&self, stage: &Stage) -> Result<Fetched, Error> {
        let artefacts = of_tree(&stage.tree())?;
        let hash = artefacts.first().map(|tree| tree.sha256.to_string()).unwrap_or_default();
        let release = hash.trim_start_matches("sha256:").get(..12).unwrap_or_default().to_owned();
        Ok(Fetched { kind: self.source.kind().to_owned(), release, platform: None, artefacts })
    }

    fn release(&self, stage: &Stage, tools: &Tools<'_>) -> Result<String, Error> {
        let PackageSource::Pip(package) = &self.source else { return Ok(String::new()) };
        match &package.version {
            Some(version) => Ok(version.clone()),
            None => Pip::of(stage, tools).newest(package),
        }
    }
}

/// Compares what was fetched with what a lock names.
fn compare(locked: &Fetched, fetched: &Fetched, source: &PackageSource) -> Result<(), Error> {
    if locked.identity() == fetched.identity() {
        return Ok(());
    }
    let other = fetched.artefacts.iter().find_map(|found| {
        let same = locked.artefacts.iter().find(|known| known.file == found.file)?;
        (same.sha256 != found.sha256).then(|| (same.sha256.clone(), found.sha256.clone()))
    });
    let place = source.to_string();
    if let Some((locked, found)) = other {
        return Err(super::downloads::not_the_locked(Path::new(&place), &locked, &found));
    }
    Err(Error::new(Kind::Refused, "this is not what was locked")
        .at(place)
        .note(format!("locked {}", locked.release))
        .note(format!("found  {}", fetched.release))
        .note("nothing was installed"))
}

impl Looked {
    /// Returns the source.
    pub fn source(&self) -> &PackageSource {
        &self.wish.source
    }

    /// Says what runs of the package when it is made; nothing where none of it does.
    pub fn runs(&self) -> Option<&'static str> {
        match (&self.wish.source, &self.fetched) {
            (PackageSource::Pip(_), None) => Some(
                "it comes as source alone: pip runs its code to see what it needs, and to build it",
            ),
            (PackageSource::Pip(_), Some(fetched))
                if fetched.artefacts.iter().all(Artefact::is_wheel) =>
            {
                None
            }
            (PackageSource::Pip(_), Some(_)) => Some("pip runs its code to build it"),
            (PackageSource::Cargo(_), _) => Some("cargo runs code of the crate to build it"),
            _ => None,
        }
    }

    /// Returns the programs that it brings, where that is known before it is built.
    pub fn programs(&self, builtins: &[String]) -> Option<Result<Vec<InstalledProgram>, Error>> {
        match &self.wish.source {
            PackageSource::Pip(_) | PackageSource::Cargo(_) => None,
            source => Some(self.found(source, builtins)),
        }
    }

    fn found(
        &self,
        source: &PackageSource,
        builtins: &[String],
    ) -> Result<Vec<InstalledProgram>, Error> {
        let (tree, layout) = match source {
            PackageSource::Link(path) => (path.clone(), Layout::Directory),
            PackageSource::Archive(_) => (self.stage.tree(), Layout::Archive),
            PackageSource::Pip(_) => (self.stage.tree(), Layout::Environment),
            PackageSource::Cargo(_) => (self.stage.tree(), Layout::Bin),
            PackageSource::Directory(_) | PackageSource::Git(_) => {
                (self.stage.tree(), Layout::Directory)
            }
        };
        let hidden = if self.wish.as_name.is_some() { &[] } else { builtins };
        let mut programs = find(self.stage.dir(), &tree, layout, hidden)
            .map_err(|error| error.at(source.to_string()))?;
        if let Some(name) = &self.wish.as_name {
            let [program] = programs.as_mut_slice() else {
                let names: Vec<_> = programs.iter().map(|program| program.name.clone()).collect();
                let what = format!("it brings {} plugins: {}", names.len(), names.join(", "));
                return Err(Error::new(Kind::Usage, what)
                    .note("`--as-name` is for a package that brings one"));
            };
            program.name = name.to_string();
        }
        if matches!(source, PackageSource::Link(_)) {
            // It is the user's own, and changes.
            for program in &mut programs {
                program.build = None;
            }
        }
        Ok(programs)
    }

    /// Copies what was fetched to a directory.
    pub(super) fn keep(&self, tools: &Tools<'_>, to: &Path) -> Result<(), Error> {
        let Some(fetched) = &self.fetched else { return Ok(()) };
        match &self.wish.source {
            PackageSource::Pip(_) => Pip::of(&self.stage, tools).keep_downloads(fetched, to),
            PackageSource::Cargo(_) => cargo::keep_downloads(fetched, &self.stage, tools, to),
            _ => {
                let archive = to.join(super::pack::ARCHIVE);
                super::pack::pack(&self.stage.tree(), &archive)
                    .map_err(|error| unwritten(&archive, &error))
            }
        }
    }

    /// Makes what runs. The package's code may run now.
    ///
    /// # Errors
    /// It cannot be built, or brings no plugin.
    pub fn make(self, tools: &Tools<'_>, builtins: &[String]) -> Result<Made, Error> {
        let fetched = match (&self.fetched, &self.wish.source) {
            (Some(fetched), _) => fetched.clone(),
            (None, PackageSource::Pip(package)) => {
                let pip = Pip::of(&self.stage, tools);
                let exactly =
                    NamedPackage { version: Some(self.release.clone()), ..package.clone() };
                pip.download(&exactly, Take::Sources)?;
                pip.fetched(&exactly)?
            }
            (None, _) => return Err(Error::new(Kind::Internal, "nothing was fetched")),
        };
        if matches!(self.wish.source, PackageSource::Pip(_) | PackageSource::Cargo(_)) {
            tools.output.note(&format!("installing {} {}", self.package, fetched.release));
        }
        match &self.wish.source {
            PackageSource::Pip(package) => {
                Pip::of(&self.stage, tools).install(package, &fetched.release)?;
            }
            PackageSource::Cargo(_) => cargo::install(&fetched, &self.stage, tools)?,
            _ => {}
        }
        let programs = self.found(&self.wish.source, builtins)?;
        let tree = self.stage.tree();
        let files = TreeList::read(&tree).map_err(|error| unwritten(&tree, &error))?;
        let source = &self.wish.source;
        let as_name = self.wish.as_name.as_ref().map(ToString::to_string);
        let receipt = Receipt::new(&self.package, source, as_name, fetched, &files, programs);
        self.stage.seal(&receipt, &files)?;
        Ok(Made { receipt, stage: self.stage })
    }
}

/// Names what was made, all of it in one step.
///
/// # Errors
/// Another package has a program of that name, or nothing can be written: then everything is as it was.
pub fn record(
    made: Vec<Made>,
    asked: AskedBy,
    store: &PluginStore,
    tools: &Tools<'_>,
) -> Result<Vec<Receipt>, Error> {
    let (receipts, stages): (Vec<_>, Vec<_>) =
        made.into_iter().map(|made| (made.receipt, made.stage)).unzip();
    let names: Vec<_> = stages.iter().map(Stage::name).collect();
    let added = receipts.clone();
    store.commit(stages, &mut |text| tools.output.note(text), |index| {
        for (receipt, name) in added.iter().zip(&names) {
            for program in &receipt.programs {
                if let Some(other) = index.owner(&program.name)
                    && other != receipt.package
                {
                    let what = format!("the package {other} brings `{}` already", program.name);
                    return Err(Error::new(Kind::Refused, what)
                        .note("nothing was installed")
                        .help(format!("carto plugin remove {other}"))
                        .help("--as-name NAME gives this one another name"));
                }
            }
            index.add(receipt, name, asked);
        }
        Ok(())
    })?;
    Ok(receipts)
}
