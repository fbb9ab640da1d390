//! Looks for the manifest of a plugin, in four places; the first that is there counts.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::entry::{Manifest, ManifestPlace};
use super::read::{LIMIT, parse};
use super::registration::{self, Build, Registration};
use super::shelf::Shelves;
use crate::config::places::{Files, user_dir};
use crate::error::Error;
use crate::path_search::Found;
use crate::plugin_name::PluginName;
use crate::read_file::{check_own_directory, read_own};
use crate::resolve::run::Run;
use crate::variables::VERSION;

/// What came of looking for a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FoundManifest {
    /// The manifest that counts.
    pub(super) manifest: Option<Manifest>,
    /// Whether one was registered for another build of the program, and so counts no more.
    pub(super) is_of_another_build: bool,
}

impl Manifest {
    /// Says why this carto cannot run a plugin of that contract.
    pub fn newer_contract(&self) -> Option<String> {
        let ours = VERSION.parse().unwrap_or(1);
        let theirs = self.contract;
        (theirs > ours).then(|| format!("needs contract {theirs}; this carto has contract {ours}"))
    }
}

/// The places of manifests.
#[derive(Debug)]
pub struct Manifests<'r> {
    /// The directory of the user's own.
    user: Option<PathBuf>,
    /// The directory of what was registered.
    registered: Option<PathBuf>,
    /// Whose files those two may be.
    run: &'r Run,
    /// Where there are many plugins, each directory is asked once for what it holds.
    shelves: Option<Shelves>,
}

impl<'r> Manifests<'r> {
    /// Names the places for the one plugin that is started; `--isolated` leaves out carto's own.
    ///
    /// # Errors
    /// A variable that moves the user's directory to a relative path.
    pub fn for_one(run: &'r Run) -> Result<Self, Error> {
        let none = run.globals.files(&run.nested) == Files::None;
        let (user, registered) = if none {
            (None, None)
        } else {
            (
                user_dir(&run.invocation)?.map(|dir| dir.join("plugins")),
                registration::dir(&run.invocation),
            )
        };
        Ok(Manifests { user, registered, run, shelves: None })
    }

    /// Names the places for a list of plugins.
    ///
    /// # Errors
    /// As [`Manifests::for_one`].
    pub fn for_many(run: &'r Run) -> Result<Self, Error> {
        Ok(Manifests { shelves: Some(Shelves::default()), ..Manifests::for_one(run)? })
    }

    /// Looks for the manifest of a plugin.
    ///
    /// # Errors
    /// A manifest that is there and cannot be read, or that somebody else could have written: it may
    /// have said that the plugin gets no key.
    pub(super) fn find(&self, name: &PluginName, program: &Found) -> Result<FoundManifest, Error> {
        let counts = |manifest| FoundManifest { manifest: Some(manifest), ..Default::default() };
        if let Some(dir) = &self.user
            && let Some(manifest) =
                self.read(ManifestPlace::User, dir, &format!("{name}.toml"), name)?
        {
            return Ok(counts(manifest));
        }
        let file = manifest_file(name, program);
        let dirs = directories(program);
        for dir in &dirs {
            if let Some(manifest) = self.read(ManifestPlace::Beside, dir, &file, name)? {
                return Ok(counts(manifest));
            }
        }
        for dir in dirs.iter().filter_map(|dir| dir.parent()) {
            let dir = path_of(dir, &["share/carto/plugins"]);
            if let Some(manifest) = self.read(ManifestPlace::Share, &dir, &file, name)? {
                return Ok(counts(manifest));
            }
        }
        self.registered(name, program)
    }

    /// Whether a directory can hold a file; where one plugin is started, only the file says.
    fn may_hold(&self, dir: &Path, file: &str) -> bool {
        self.shelves.as_ref().is_none_or(|shelves| shelves.may_hold(dir, file))
    }

    /// Reads a manifest; nothing where there is none.
    fn read(
        &self,
        place: ManifestPlace,
        dir: &Path,
        file: &str,
        name: &PluginName,
    ) -> Result<Option<Manifest>, Error> {
        if !self.may_hold(dir, file) {
            return Ok(None);
        }
        let path = path_of(dir, &[file]);
        let bytes = match read_own(&path, LIMIT) {
            Ok(None) => return Ok(None),
            Ok(Some(file)) => file.bytes,
            // Below a home of somebody else, what may not be read counts as missing.
            Err(error)
                if error.is_permission()
                    && place == ManifestPlace::User
                    && self.run.home_is_foreign() =>
            {
                return Ok(None);
            }
            Err(error) => return Err(self.broken(error.into(), place, name)),
        };
        // Whoever can write the directory can exchange the file.
        check_own_directory(dir).map_err(|error| self.broken(error.into(), place, name))?;
        parse(place, &path, &bytes).map(Some).map_err(|error| self.broken(error, place, name))
    }

    /// Says what to do about a manifest that cannot be used: one's own word comes first.
    fn broken(&self, error: Error, place: ManifestPlace, name: &PluginName) -> Error {
        let error = error.note(format!("it is the manifest of the plugin {name}"));
        match (place, &self.user) {
            (ManifestPlace::User, _) | (_, None) => error.help("correct the file, or remove it"),
            (_, Some(dir)) => {
                let own = dir.join(format!("{name}.toml"));
                error.help(format!(
                    "correct the file, or write one of your own, which comes first: {}",
                    own.display()
                ))
            }
        }
    }

    /// Returns what the program printed when it was registered.
    fn registered(&self, name: &PluginName, program: &Found) -> Result<FoundManifest, Error> {
        let Some(dir) = &self.registered else { return Ok(FoundManifest::default()) };
        if !self.may_hold(dir, &registration::file_name(name)) {
            return Ok(FoundManifest::default());
        }
        let stored = match Registration::read(dir, name) {
            Err(_) if self.run.home_is_foreign() => None,
            other => other?,
        };
        let Some(stored) = stored else { return Ok(FoundManifest::default()) };
        if Build::of(&program.path).is_none_or(|build| !stored.is_of(&build)) {
            return Ok(FoundManifest { manifest: None, is_of_another_build: true });
        }
        let path = dir.join(registration::file_name(name));
        let manifest = parse(ManifestPlace::Registered, &path, stored.manifest.as_bytes())?;
        Ok(FoundManifest { manifest: Some(manifest), is_of_another_build: false })
    }
}

/// Returns the name of the manifest beside a program: the program's own, which is another one where an
/// installed plugin was given a name.
fn manifest_file(name: &PluginName, program: &Found) -> String {
    let own = program.path.file_stem().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    if own.starts_with("carto-") {
        format!("{own}.toml")
    } else {
        format!("{}.toml", name.executable())
    }
}

/// Joins a path in one piece: this is done four times at each start.
fn path_of(dir: &Path, parts: &[&str]) -> PathBuf {
    let more: usize = parts.iter().map(|part| part.len() + 1).sum();
    let mut path = PathBuf::with_capacity(dir.as_os_str().len() + more);
    path.push(dir);
    path.extend(parts);
    path
}

/// Returns the directory of a program, then that of what it leads to.
fn directories(program: &Found) -> Vec<Cow<'_, Path>> {
    let mut dirs: Vec<Cow<'_, Path>> =
        program.path.parent().map(Cow::Borrowed).into_iter().collect();
    if program.is_link
        && let Ok(real) = program.path.canonicalize()
        && let Some(dir) = real.parent()
        && dirs.iter().all(|known| known != dir)
    {
        dirs.push(Cow::Owned(dir.to_owned()));
    }
    dirs
}
