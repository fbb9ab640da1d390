//! Reads the layers and the stored keys of a run.

use std::path::Path;

use crate::config::places::{self, CONFIG_FILE, CREDENTIALS_FILE, Places};
use crate::config::{Config, Layer, Scope, Standing, given};
use crate::credential::store::{self, Stored};
use crate::error::{Error, Kind};
use crate::project::nearest::{Project, ProjectStanding};
use crate::read_file::{FileBytes, read_own};
use crate::resolve::context::{Context, OWN_LIMIT};
use crate::resolve::options::CommandLine;

/// Every layer, and what could not be read.
#[derive(Debug)]
pub struct Loaded {
    /// The places that were looked at.
    pub places: Places,
    /// The layers.
    pub config: Config,
    /// Files that exist and cannot be used.
    pub broken: Vec<Error>,
    /// The nearest project.
    pub project: Option<Project>,
    /// What the command line adds besides its layer.
    pub command_line: CommandLine,
}

impl Context {
    /// Reads every layer. A broken file is kept as an error, so that the caller decides.
    pub(super) fn read_layers(&self) -> Result<Loaded, Error> {
        let command_line = self.globals.command_line(&self.nested)?;
        let places = places::places(&self.invocation, self.globals.files(&self.nested))?;
        let mut config = Config::default();
        let mut broken = Vec::new();
        for (scope, dir) in [(Scope::System, &places.system), (Scope::User, &places.user)] {
            let Some(dir) = dir else { continue };
            let path = dir.join(CONFIG_FILE);
            match self.read_own_file(scope, &path) {
                Ok(None) => {}
                Ok(Some(file)) => {
                    self.output.verbose(|| format!("read {}", path.display()));
                    add(
                        &mut config,
                        &mut broken,
                        Layer::parse(scope, Standing::Own, &path, file.bytes),
                    );
                }
                Err(error) => broken.push(error),
            }
        }
        let project = self.read_project(&places, &mut config, &mut broken)?;
        config.insert(given::environment(&self.invocation.env)?);
        let mut command_line = command_line;
        let layer = std::mem::replace(&mut command_line.layer, Layer::given(Scope::Command));
        config.insert(layer);
        Ok(Loaded { places, config, broken, project, command_line })
    }

    fn read_project(
        &self,
        places: &Places,
        config: &mut Config,
        broken: &mut Vec<Error>,
    ) -> Result<Option<Project>, Error> {
        let Some(place) = &places.project else { return Ok(None) };
        let project = Project::open(place, &self.trust())?;
        self.output.verbose(|| format!("project {}: {}", place.root.display(), project.standing));
        let standing = match project.standing {
            ProjectStanding::Trusted => Standing::Own,
            ProjectStanding::Untrusted | ProjectStanding::Changed => Standing::Untrusted,
            ProjectStanding::Denied | ProjectStanding::Foreign(_) => return Ok(Some(project)),
        };
        if let Some(bytes) = &project.config {
            let path = place.dir().join(CONFIG_FILE);
            add(config, broken, Layer::parse(Scope::Project, standing, &path, bytes.clone()));
        }
        Ok(Some(project))
    }

    /// Reads a system or user file. Below a home of somebody else, what may not be read counts as
    /// missing; so does a system credentials file.
    fn read_own_file(&self, scope: Scope, path: &Path) -> Result<Option<FileBytes>, Error> {
        match read_own(path, OWN_LIMIT) {
            Ok(file) => Ok(file),
            Err(error) => {
                let secret = path.ends_with(CREDENTIALS_FILE);
                let counts_as_missing = error.is_permission()
                    && (scope == Scope::System && secret
                        || scope == Scope::User && self.home_is_foreign());
                if counts_as_missing { Ok(None) } else { Err(error.into()) }
            }
        }
    }

    /// Refuses to write below a home of somebody else.
    pub fn refuse_home_of_another(&self, dir: &Path) -> Result<(), Error> {
        if !self.is_below_foreign_home(dir) {
            return Ok(());
        }
        Err(Error::new(Kind::Write, "HOME belongs to another user; nothing is written below it")
            .at(dir.display())
            .help("set HOME to your own (sudo -H does), or CARTO_CONFIG_DIR"))
    }

    /// Whether a directory lies below a home of somebody else.
    pub(super) fn is_below_foreign_home(&self, dir: &Path) -> bool {
        self.invocation.home().is_some_and(|home| dir.starts_with(home)) && self.home_is_foreign()
    }

    /// Whether HOME belongs to somebody else (as with `sudo` that keeps it).
    #[cfg(unix)]
    pub fn home_is_foreign(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let me = rustix::process::geteuid().as_raw();
        let home = self.invocation.home().and_then(|home| std::fs::metadata(home).ok());
        home.is_some_and(|home| home.uid() != me)
    }

    /// Whether HOME belongs to somebody else.
    #[cfg(not(unix))]
    pub fn home_is_foreign(&self) -> bool {
        false
    }

    /// Reads the stored keys of every scope; a broken file is added to the others.
    pub(super) fn read_stores(&self, loaded: &Loaded, broken: &mut Vec<Error>) -> Vec<Stored> {
        let mut stored = Vec::new();
        let dirs = [(Scope::System, &loaded.places.system), (Scope::User, &loaded.places.user)];
        for (scope, dir) in dirs {
            let Some(dir) = dir else { continue };
            let path = dir.join(CREDENTIALS_FILE);
            match self.read_own_file(scope, &path) {
                Ok(None) => {}
                Ok(Some(file)) => self.take_store(scope, &path, &file, &mut stored, broken),
                Err(error) => broken.push(error),
            }
        }
        if let Some(project) = &loaded.project {
            match project.credentials(&self.trust()) {
                Ok(Some((path, file))) => {
                    self.take_store(Scope::Project, &path, &file, &mut stored, broken);
                }
                Ok(None) => {}
                Err(error) => broken.push(error),
            }
        }
        stored
    }

    fn take_store(
        &self,
        scope: Scope,
        path: &Path,
        file: &FileBytes,
        stored: &mut Vec<Stored>,
        broken: &mut Vec<Error>,
    ) {
        self.output.verbose(|| format!("read {}", path.display()));
        match parse_store(scope, path, file) {
            Ok(entries) => stored.extend(entries),
            Err(error) => broken.push(error),
        }
    }
}

/// Adds a layer; its problems and a file that cannot be parsed go to the broken ones.
fn add(config: &mut Config, broken: &mut Vec<Error>, layer: Result<Layer, Error>) {
    match layer {
        Ok(layer) => {
            broken.extend(layer.problems.iter().cloned());
            config.insert(layer);
        }
        Err(error) => broken.push(error),
    }
}

fn parse_store(scope: Scope, path: &Path, file: &FileBytes) -> Result<Vec<Stored>, Error> {
    const OTHERS: u32 = 0o077;
    let stored = store::parse(scope, path, &file.bytes)?;
    // A source is no secret: a file that names nothing else may be read by everyone.
    let holds_key = stored.iter().any(|entry| entry.key.literal().is_some());
    if holds_key && file.facts.mode & OTHERS != 0 {
        let shown = path.display();
        return Err(Error::new(Kind::Invalid, "others can read this credential file")
            .at(&shown)
            .note(format!("its mode is {:04o}", file.facts.mode & 0o7777))
            .help(format!("chmod 600 '{shown}'")));
    }
    Ok(stored)
}
