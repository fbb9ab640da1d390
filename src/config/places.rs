//! Where to look: from what this run was given to a list of places. Reads no file.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, io_reason};
use crate::invocation::Invocation;

/// The directory of a project's files.
pub const PROJECT_DIR: &str = ".carto";
/// The file of settings in every directory.
pub const CONFIG_FILE: &str = "config.toml";
/// The file of credentials in every directory.
pub const CREDENTIALS_FILE: &str = "credentials.toml";
/// The name of the lock of plugins in a project.
pub const PLUGIN_LOCK: &str = "plugins.lock";

/// Which files this run may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Files {
    /// Every place.
    #[default]
    All,
    /// Every place but projects (`--no-project`).
    NoProject,
    /// None (`--isolated`).
    None,
}

/// The directories that may hold carto's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The administrator's directory.
    pub system: Option<PathBuf>,
    /// The user's directory; none without a home.
    pub user: Option<PathBuf>,
    /// The nearest project.
    pub project: Option<ProjectPlace>,
}

/// The nearest `.carto/` above the current directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectPlace {
    /// The directory that holds `.carto`.
    pub root: PathBuf,
    /// The root of a further project, which this one hides.
    pub outer: Option<PathBuf>,
}

impl ProjectPlace {
    /// Returns the project's own directory.
    pub fn dir(&self) -> PathBuf {
        self.root.join(PROJECT_DIR)
    }
}

/// Lists the places that this run may read.
///
/// # Errors
/// `CARTO_CONFIG_DIR` or `CARTO_SYSTEM_CONFIG_DIR` with a relative path; no current directory
/// where a project has to be looked for.
pub fn places(invocation: &Invocation, files: Files) -> Result<Places, Error> {
    if files == Files::None {
        return Ok(Places::default());
    }
    let project = match files {
        Files::All => nearest_project(invocation)?,
        Files::NoProject | Files::None => None,
    };
    Ok(Places { system: system_dir(invocation)?, user: user_dir(invocation)?, project })
}

/// Returns the user's directory; none without a home.
pub fn user_dir(invocation: &Invocation) -> Result<Option<PathBuf>, Error> {
    match moved(invocation, "CARTO_CONFIG_DIR")? {
        Some(path) => Ok(Some(path)),
        None => Ok(invocation.config_base().map(|base| base.join("carto"))),
    }
}

/// Returns the administrator's directory.
pub fn system_dir(invocation: &Invocation) -> Result<Option<PathBuf>, Error> {
    if let Some(path) = moved(invocation, "CARTO_SYSTEM_CONFIG_DIR")? {
        return Ok(Some(path));
    }
    if cfg!(windows) {
        return Ok(invocation
            .env
            .path("PROGRAMDATA")
            .map(|base| base.join("carto"))
            .filter(counts));
    }
    Ok(Some(PathBuf::from("/etc/carto")))
}

/// Whether the directory is the administrators' word: everybody can make one in `C:\\ProgramData`.
#[cfg(windows)]
fn counts(dir: &PathBuf) -> bool {
    !dir.exists() || crate::access_list::is_of_administrators(dir)
}

#[cfg(not(windows))]
fn counts(_: &PathBuf) -> bool {
    true
}

fn moved(invocation: &Invocation, name: &'static str) -> Result<Option<PathBuf>, Error> {
    match invocation.env.get(name) {
        None => Ok(None),
        Some(value) if Path::new(value).is_absolute() => Ok(Some(PathBuf::from(value))),
        Some(_) => Err(Error::new(Kind::Usage, format!("`{name}` is not an absolute path"))
            .at(name)
            .help(format!("unset {name}, or set it to an absolute path"))),
    }
}

/// Walks up from the current directory to the nearest `.carto` and on to the end of the walk, to
/// know whether it hides another one.
///
/// The walk ends with the repository root (`.git`), before another file system and before a
/// ceiling. The home directory and sticky directories are passed over: what lies there is shared
/// by everything below.
fn nearest_project(invocation: &Invocation) -> Result<Option<ProjectPlace>, Error> {
    let start = invocation.cwd()?;
    let ceilings = Ceilings::new(invocation.env.get("CARTO_CEILING_DIRECTORIES"));
    let mut nearest: Option<PathBuf> = None;
    let mut outer = None;
    let mut device = None;
    // One buffer for every name that is asked for, long enough for the first.
    let mut asked = PathBuf::with_capacity(start.as_os_str().len() + PROJECT_DIR.len() + 2);
    let mut holds = |dir: &Path, name: &str| {
        asked.clear();
        asked.extend([dir, Path::new(name)]);
        is_there(&asked)
    };
    for dir in start.ancestors() {
        if dir != start && ceilings.end_at(dir) {
            break;
        }
        let here = device_of(dir);
        if device.is_some() && here != device {
            break;
        }
        device = here;
        if holds(dir, PROJECT_DIR)? && passed_over(invocation, dir).is_none() {
            if nearest.is_none() {
                nearest = Some(dir.to_owned());
            } else {
                outer = Some(dir.to_owned());
                break;
            }
        }
        if holds(dir, ".git")? {
            break;
        }
    }
    Ok(nearest.map(|root| ProjectPlace { root, outer }))
}

/// Whether something stands there. Where the disk does not say, a project is not passed over: the
/// scopes below it may name another account.
fn is_there(path: &Path) -> Result<bool, Error> {
    use std::io::ErrorKind as Io;
    match std::fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) => match error.kind() {
            Io::NotFound | Io::NotADirectory | Io::PermissionDenied | Io::InvalidFilename => {
                Ok(false)
            }
            _ => Err(Error::new(
                Kind::Invalid,
                format!("cannot look for a project: {}", io_reason(&error)),
            )
            .at(path.display())
            .help("--no-project leaves projects out")),
        },
    }
}

/// Why a directory can never be a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassedOver {
    /// It is the home directory: every directory below would be in the project.
    Home,
    /// Everyone may put files there (its sticky bit is set).
    Shared,
}

/// Says why a directory can never be a project, if so.
pub fn passed_over(invocation: &Invocation, dir: &Path) -> Option<PassedOver> {
    let facts = std::fs::metadata(dir).ok()?;
    let home = invocation.home();
    if home.as_deref().is_some_and(|home| same_directory(&facts, dir, home)) {
        return Some(PassedOver::Home);
    }
    is_sticky(&facts).then_some(PassedOver::Shared)
}

#[cfg(unix)]
fn same_directory(facts: &std::fs::Metadata, _dir: &Path, home: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(home).is_ok_and(|home| home.dev() == facts.dev() && home.ino() == facts.ino())
}

#[cfg(not(unix))]
fn same_directory(_facts: &std::fs::Metadata, dir: &Path, home: &Path) -> bool {
    dir == home
}

#[cfg(unix)]
fn is_sticky(facts: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    facts.permissions().mode() & 0o1000 != 0
}

#[cfg(not(unix))]
fn is_sticky(_facts: &std::fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
fn device_of(dir: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(dir).ok().map(|facts| facts.dev())
}

#[cfg(not(unix))]
fn device_of(_dir: &Path) -> Option<u64> {
    None
}

/// The directories that the walk does not enter from below, as `GIT_CEILING_DIRECTORIES`.
struct Ceilings(Vec<PathBuf>);

impl Ceilings {
    fn new(variable: Option<&OsStr>) -> Self {
        let mut all = Vec::new();
        for path in variable.iter().flat_map(std::env::split_paths) {
            if path.is_absolute() {
                // The current directory has no links in it; a ceiling may.
                all.extend(std::fs::canonicalize(&path).ok());
                all.push(path);
            }
        }
        Ceilings(all)
    }

    fn end_at(&self, dir: &Path) -> bool {
        self.0.iter().any(|ceiling| ceiling == dir)
    }
}
