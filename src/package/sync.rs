//! Installs what a project locks: exactly that, or nothing.

use std::fs;
use std::path::Path;

use super::index::AskedBy;
use super::install::{Looked, Made, Wish, record};
use super::lock_file::{LockedPackage, PluginLock};
use super::pip;
use super::receipt::Receipt;
use super::store::{PluginStore, unwritten};
use super::tools::Tools;
use super::verify::is_whole;
use crate::error::{Error, Kind};

/// What a project locks for this machine.
#[derive(Debug)]
pub struct Sync<'a> {
    /// The root of the project, from which sources are named.
    pub root: &'a Path,
    /// Where plugins are installed.
    pub store: &'a PluginStore,
    /// The package managers.
    pub tools: &'a Tools<'a>,
    /// The names of built-in commands.
    pub builtins: &'a [String],
}

impl Sync<'_> {
    /// Installs every package of a lock that is not there, from its source or from a directory.
    ///
    /// # Errors
    /// One of them is not to be had as it was locked: nothing has changed then.
    pub fn install(&self, lock: &PluginLock, from: Option<&Path>) -> Result<Vec<Receipt>, Error> {
        let index = self.store.index()?;
        let mut made: Vec<Made> = Vec::new();
        let packages = self.for_this_machine(lock)?;
        for locked in &packages {
            let identity = locked.fetched.identity();
            if let Some((dir, _)) = index.find(&locked.package, &identity)
                && is_whole(&self.store.version(dir))
            {
                continue;
            }
            let looked = self.look(locked, from)?;
            made.push(looked.make(self.tools, self.builtins)?);
        }
        let receipts = record(made, AskedBy::Lock, self.store, self.tools)?;
        // What the user had installed before is the project's, too, from now on.
        self.store.commit(Vec::new(), &mut |_| {}, |index| {
            for locked in &packages {
                index.lock(&locked.package, &locked.fetched.identity());
            }
            Ok(())
        })?;
        Ok(receipts)
    }

    /// Downloads every package of a lock to a directory.
    ///
    /// # Errors
    /// One of them is not to be had as it was locked, or cannot be written.
    pub fn download(&self, lock: &PluginLock, to: &Path) -> Result<usize, Error> {
        let packages = self.for_this_machine(lock)?;
        for package in &packages {
            let looked = self.look(package, None)?;
            let dir = to.join(&package.package);
            fs::create_dir_all(&dir).map_err(|error| unwritten(&dir, &error))?;
            looked.keep(self.tools, &dir)?;
        }
        Ok(packages.len())
    }

    fn look(&self, locked: &LockedPackage, from: Option<&Path>) -> Result<Looked, Error> {
        let source = match from {
            // What lies in the directory decides; the source itself need not be there.
            Some(_) => locked.source_unseen(self.root)?,
            None => locked.source(self.root)?,
        };
        let mut wish = Wish::recorded(source, locked.as_name.as_ref())?;
        if wish.package() != locked.package || wish.source.kind() != locked.fetched.kind {
            let what = format!("the lock's package `{}` is none of its source", locked.package);
            return Err(Error::new(Kind::Invalid, what).help("carto plugin lock"));
        }
        wish.locked = Some(locked.fetched.clone());
        wish.look(self.store, self.tools, from)
    }

    /// Returns one entry for each package: the one for this machine.
    fn for_this_machine<'l>(&self, lock: &'l PluginLock) -> Result<Vec<&'l LockedPackage>, Error> {
        let mut platform = None;
        let mut all: Vec<&LockedPackage> = Vec::new();
        for package in &lock.packages {
            if all.iter().any(|known| known.package == package.package) {
                continue;
            }
            let entries = || lock.packages.iter().filter(|other| other.package == package.package);
            if let Some(same) = entries().find(|entry| entry.fetched.platform.is_none()) {
                all.push(same);
                continue;
            }
            let here = match &platform {
                Some(here) => here,
                None => platform.insert(pip::platform(self.tools, self.root)?),
            };
            let fits = entries().find(|entry| entry.fetched.platform.as_ref() == Some(here));
            all.push(fits.ok_or_else(|| {
                let locked = entries().filter_map(|entry| entry.fetched.platform.as_deref());
                let what = format!("{} is not locked for {here}", package.package);
                Error::new(Kind::Refused, what)
                    .note(format!("it is for {}", locked.collect::<Vec<_>>().join(", ")))
                    .note("nothing was installed")
                    .help(format!("carto plugin lock {}     # on this machine", package.package))
            })?);
        }
        Ok(all)
    }
}
