//! `Manifest`: what a plugin says of itself.

use std::fmt;
use std::path::PathBuf;

use crate::resolve::preset::Preset;

/// The version of the manifest's form.
pub(super) const VERSION: i64 = 1;

/// What a plugin says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Where it was found.
    pub place: ManifestPlace,
    /// The file.
    pub path: PathBuf,
    /// What the plugin does, in one line.
    pub description: Option<String>,
    /// The plugin's own version, in its own form.
    pub version: Option<String>,
    /// The version of the environment contract that it needs.
    pub contract: u32,
    /// Whether it needs a key.
    pub credentials: NeedOfKey,
    /// The names of another program that it wants to be set, too.
    pub preset: Option<Preset>,
    /// How its arguments are completed.
    pub completion: Option<Completion>,
    /// Names that this carto does not know, with their lines.
    pub unknown: Vec<(String, usize)>,
}

/// Where a manifest was found, in the order in which the places are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestPlace {
    /// In the user's own directory: the user's word about a plugin.
    User,
    /// Beside the program.
    Beside,
    /// In `../share/carto/plugins` from the program's directory.
    Share,
    /// Printed by the program when it was registered.
    Registered,
}

impl ManifestPlace {
    /// Returns the word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            ManifestPlace::User => "user",
            ManifestPlace::Beside => "beside",
            ManifestPlace::Share => "share",
            ManifestPlace::Registered => "registered",
        }
    }
}

impl fmt::Display for ManifestPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ManifestPlace::User => "your own",
            ManifestPlace::Beside => "beside the program",
            ManifestPlace::Share => "in share/carto/plugins",
            ManifestPlace::Registered => "printed by the program when it was registered",
        })
    }
}

/// Whether a plugin needs a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NeedOfKey {
    /// It does not start without a key of one's own.
    Required,
    /// It gets the account and the key that there are.
    #[default]
    Optional,
    /// It gets no account at all.
    None,
}

impl NeedOfKey {
    /// Every word, in the order in which they are listed.
    pub const ALL: [NeedOfKey; 3] = [NeedOfKey::Required, NeedOfKey::Optional, NeedOfKey::None];

    /// Returns what a plugin needs by its manifest; without one, what most do.
    pub fn of(manifest: Option<&Manifest>) -> Self {
        manifest.map_or(NeedOfKey::default(), |manifest| manifest.credentials)
    }

    /// Returns the word of the file.
    pub fn name(self) -> &'static str {
        match self {
            NeedOfKey::Required => "required",
            NeedOfKey::Optional => "optional",
            NeedOfKey::None => "none",
        }
    }
}

/// How a plugin's arguments are completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// The program itself is asked.
    Asked(Protocol),
    /// Nothing is run.
    Listed {
        /// What is offered.
        words: Vec<String>,
        /// Whether files are offered, too.
        files: bool,
    },
}

/// How a program answers the Tab key: the protocol of the library that reads its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Rust's `clap_complete` (its `CompleteEnv`).
    Clap,
    /// Go's `cobra`.
    Cobra,
    /// Python's `click`.
    Click,
    /// Python's `argcomplete`, for `argparse`.
    Argcomplete,
}

impl Protocol {
    /// Every protocol, in the order in which they are listed.
    pub const ALL: [Protocol; 4] =
        [Protocol::Clap, Protocol::Cobra, Protocol::Click, Protocol::Argcomplete];

    /// Returns the word of the file.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Clap => "clap",
            Protocol::Cobra => "cobra",
            Protocol::Click => "click",
            Protocol::Argcomplete => "argcomplete",
        }
    }
}
