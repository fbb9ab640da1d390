//! Where plugins are looked for: what the project locks, what is installed, then PATH.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::config::places::PLUGIN_LOCK;
use crate::error::Error;
use crate::package::{PluginLock, PluginStore, Receipt};
use crate::path_search::{InstalledPlugin, SearchPath};
use crate::plugin_name::PluginName;
use crate::project::nearest::{Project, ProjectStanding};
use crate::resolve::context::Context;

impl Context {
    /// Returns the directory of installed plugins; none without a home.
    pub fn plugin_store(&self) -> Option<PluginStore> {
        self.invocation.data_dir().map(|data| PluginStore::below(&data))
    }

    /// Returns the trusted project and its lock of plugins, if it has one.
    ///
    /// # Errors
    /// The lock cannot be read.
    pub fn plugin_lock(&self) -> Result<Option<(&Project, PluginLock)>, Error> {
        self.plugin_lock_of(None)
    }

    fn plugin_lock_of(
        &self,
        only: Option<&PluginName>,
    ) -> Result<Option<(&Project, PluginLock)>, Error> {
        let Ok(loaded) = self.load() else { return Ok(None) };
        let trusted = |project: &&Project| project.standing == ProjectStanding::Trusted;
        let Some(project) = loaded.project.as_ref().filter(trusted) else { return Ok(None) };
        let Some(bytes) = &project.plugins else { return Ok(None) };
        Ok(Some((project, PluginLock::parse_only(&project.file(PLUGIN_LOCK), bytes, only)?)))
    }

    /// Returns the receipt of each program that is installed, by its path.
    pub fn receipts(&self) -> HashMap<PathBuf, Receipt> {
        let mut all = HashMap::new();
        let Some(store) = self.plugin_store() else { return all };
        let Ok(index) = store.index() else { return all };
        for dir in index.packages.values().flat_map(|package| package.versions.keys()) {
            let dir = store.version(dir);
            let Ok(receipt) = Receipt::read(&dir) else { continue };
            for program in &receipt.programs {
                all.insert(dir.join(&program.path), receipt.clone());
            }
        }
        all
    }

    /// Says what of the lock or of what is installed cannot be read.
    ///
    /// # Errors
    /// The reason.
    pub fn check_installed(&self) -> Result<(), Error> {
        self.installed(None).map(|_| ())
    }

    /// Returns the places where every plugin is looked for. What cannot be read counts as missing:
    /// `carto doctor` reports it, and no plugin starts.
    pub fn search_path(&self) -> SearchPath {
        let installed = self.installed(None).unwrap_or_default();
        SearchPath::new(self.invocation.env.get("PATH"), installed)
    }

    /// Returns the places where one plugin is looked for.
    ///
    /// # Errors
    /// The lock or the index of installed plugins cannot be read: another plugin would run then.
    pub fn search_path_of(&self, name: &PluginName) -> Result<SearchPath, Error> {
        let installed = self.installed(Some(name))?;
        Ok(SearchPath::new(self.invocation.env.get("PATH"), installed))
    }

    fn installed(&self, only: Option<&PluginName>) -> Result<Vec<InstalledPlugin>, Error> {
        let Some(store) = self.plugin_store() else { return Ok(Vec::new()) };
        let mut all: Vec<InstalledPlugin> = Vec::new();
        let index = store.index();
        if let Some((project, lock)) = self.plugin_lock_of(only)? {
            for locked in lock.programs(&project.file(PLUGIN_LOCK), &store, &index, only) {
                let (name, path, fault) = (locked.name, locked.path, locked.fault);
                all.push(InstalledPlugin { name, path, fault });
            }
            if only.is_some() && !all.is_empty() {
                return Ok(all);
            }
        }
        let index = match index {
            // Below a home of somebody else, what may not be read counts as missing.
            Err(_) if self.home_is_foreign() => return Ok(all),
            index => index?,
        };
        for (name, path) in store.programs(&index) {
            if all.iter().all(|known| known.name != name) {
                all.push(InstalledPlugin { name, path, fault: None });
            }
        }
        Ok(all)
    }
}
