//! What keeps a plugin from running, as far as it is seen without running it: its file, its manifest,
//! and the contract that it needs. Lists, help, `doctor` and the start itself ask the same function.

use super::entry::Manifest;
use super::find::{FoundManifest, Manifests};
use crate::error::{Error, Kind};
use crate::path_search::{Found, Unfit};
use crate::plugin_name::PluginName;

/// What is known of a plugin without running it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownPlugin {
    /// The manifest that counts.
    pub manifest: Option<Manifest>,
    /// Whether one was registered for another build of the program.
    pub is_of_another_build: bool,
    /// What keeps it from running.
    pub obstacle: Option<Obstacle>,
}

/// What keeps a plugin from running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The file is none that can run, or none that may.
    File(Unfit),
    /// Its manifest cannot be used: it may have said that the plugin gets no key.
    Manifest(Error),
    /// It needs another contract.
    Contract(String),
}

impl Obstacle {
    /// Returns the reason in words that follow the plugin's path, as one line.
    pub fn reason(&self) -> String {
        match self {
            Obstacle::File(unfit) => unfit.reason(),
            Obstacle::Manifest(error) => {
                let place = error.places.first().map(|place| format!(" ({})", place.origin));
                format!(
                    "has a manifest that cannot be used: {}{}",
                    error.what,
                    place.unwrap_or_default()
                )
            }
            Obstacle::Contract(reason) => reason.clone(),
        }
    }

    /// Returns what to type or to do.
    pub fn help(&self, program: &Found) -> String {
        match self {
            Obstacle::File(unfit) => unfit.help(&program.path),
            Obstacle::Manifest(error) => error.help.first().cloned().unwrap_or_default(),
            Obstacle::Contract(_) => "install a newer carto, or an older plugin".to_owned(),
        }
    }

    /// Makes the error that a start ends with.
    pub fn into_error(self, program: &Found) -> Error {
        let help = self.help(program);
        match self {
            Obstacle::Manifest(error) => error,
            Obstacle::File(unfit) => unfit.into_error("plugin", &program.path),
            other @ Obstacle::Contract(_) => {
                Error::new(Kind::CannotRun, format!("the plugin {}", other.reason()))
                    .at(program.path.display())
                    .help(help)
            }
        }
    }
}

impl Manifests<'_> {
    /// Says what is known of a plugin without running it.
    pub fn look(&self, name: &PluginName, program: &Found) -> KnownPlugin {
        let (found, broken) = match self.find(name, program) {
            Ok(found) => (found, None),
            Err(error) => (FoundManifest::default(), Some(Obstacle::Manifest(error))),
        };
        let file = program.unfit.clone().map(Obstacle::File);
        let newer = found.manifest.as_ref().and_then(Manifest::newer_contract);
        KnownPlugin {
            obstacle: file.or(broken).or(newer.map(Obstacle::Contract)),
            manifest: found.manifest,
            is_of_another_build: found.is_of_another_build,
        }
    }
}
