//! Where a command writes: one scope's directory, and the one way to change a file in it.

use std::path::{Path, PathBuf};

use crate::config::Scope;
use crate::config::places::{self, CONFIG_FILE, Files};
use crate::error::{Error, Kind};
use crate::layer_file::own_dir::create_own_dir;
use crate::layer_file::scope_args::ScopeChoice;
use crate::project::nearest::{PROJECT_LIMIT, Project, ProjectStanding};
use crate::read_file::{read_own, read_regular};
use crate::replace_file::{Links, Lock};
use crate::resolve::context::Context;
use crate::resolve::run::OWN_LIMIT;

/// Where a command writes.
#[derive(Debug)]
pub enum Destination {
    /// System or user files.
    Own {
        /// Which of them.
        scope: Scope,
        /// Their directory.
        dir: PathBuf,
    },
    /// The nearest project.
    Project(Box<Project>),
    /// A settings file by its path.
    File(PathBuf),
}

/// What is written depends on what stands there, which `--isolated` does not read.
fn refuse_isolated(context: &Context) -> Result<(), Error> {
    if context.globals.files(&context.nested) != Files::None {
        return Ok(());
    }
    let error = Error::new(Kind::Usage, "without carto's files nothing is written into them");
    Err(if context.globals.isolated {
        error
            .at("--isolated")
            .help("leave out `--isolated`; to leave out the project: --no-project")
    } else {
        error.note("the carto above this one was started with `--isolated`")
    })
}

impl Destination {
    /// Finds the place of a choice; your own files where none was made.
    ///
    /// # Errors
    /// No project, no home, a home of somebody else, a project that others can change.
    pub fn find(context: &Context, choice: Option<ScopeChoice>) -> Result<Self, Error> {
        let choice = choice.unwrap_or(ScopeChoice::Scope(Scope::User));
        if let ScopeChoice::Scope(_) = choice {
            refuse_isolated(context)?;
        }
        match choice {
            ScopeChoice::File(path) => Ok(Destination::File(path)),
            ScopeChoice::Scope(Scope::System) => {
                let dir = places::system_dir(&context.invocation)?.ok_or_else(|| {
                    Error::new(Kind::Write, "there is no place for system settings")
                })?;
                Ok(Destination::Own { scope: Scope::System, dir })
            }
            ScopeChoice::Scope(Scope::Project) => Destination::project(context),
            ScopeChoice::Scope(_) => Destination::user(context),
        }
    }

    fn user(context: &Context) -> Result<Self, Error> {
        let Some(dir) = places::user_dir(&context.invocation)? else {
            return Err(Error::new(
                Kind::Write,
                "there is no place for your settings: HOME is not set",
            )
            .help("set HOME or CARTO_CONFIG_DIR to an absolute path"));
        };
        context.refuse_home_of_another(&dir)?;
        Ok(Destination::Own { scope: Scope::User, dir })
    }

    fn project(context: &Context) -> Result<Self, Error> {
        let places = places::places(&context.invocation, Files::All)?;
        let Some(place) = places.project else {
            return Err(Error::new(
                Kind::NotThere,
                "there is no project here: no `.carto` directory",
            )
            .help("carto init"));
        };
        let project = Project::open(&place, &context.trust())?;
        match &project.standing {
            ProjectStanding::Foreign(reason) => Err(Error::new(
                Kind::Refused,
                "the project's settings are not safe to use; nothing is written there",
            )
            .at(project.place.dir().display())
            .note(reason.clone())),
            ProjectStanding::Denied => Err(Error::new(
                Kind::Refused,
                "you have denied this project; nothing is written there",
            )
            .at(project.place.dir().display())
            .help("carto trust")),
            _ => Ok(Destination::Project(Box::new(project))),
        }
    }

    /// Returns the rank of the layer; a file by its path has the user's.
    pub fn scope(&self) -> Scope {
        match self {
            Destination::Own { scope, .. } => *scope,
            Destination::Project(_) => Scope::Project,
            Destination::File(_) => Scope::User,
        }
    }

    /// Returns the settings file.
    pub fn config_path(&self) -> PathBuf {
        match self {
            Destination::Own { dir, .. } => dir.join(CONFIG_FILE),
            Destination::Project(project) => project.file(CONFIG_FILE),
            Destination::File(path) => path.clone(),
        }
    }

    /// Returns the directory of settings and credentials.
    ///
    /// # Errors
    /// A file by its path has no credentials beside it.
    pub fn directory(&self) -> Result<PathBuf, Error> {
        match self {
            Destination::Own { dir, .. } => Ok(dir.clone()),
            Destination::Project(project) => Ok(project.place.dir()),
            Destination::File(_) => Err(Error::new(
                Kind::Usage,
                "a key is never stored in a settings file",
            )
            .at("--file")
            .help(
                "carto config set apikey     # --system and --project store it for others, or here",
            )),
        }
    }

    /// Locks what lies there, for changes that have to be one: of two files, or by what stands
    /// there now.
    ///
    /// # Errors
    /// The directory cannot be made, or another process does not give the lock back.
    pub fn hold(&self, context: &Context) -> Result<Lock, Error> {
        self.lock(context, &self.config_path())
    }

    /// The longest file, in bytes, that a run reads here.
    pub(super) fn limit(&self) -> u64 {
        match self {
            Destination::Project(_) => PROJECT_LIMIT,
            Destination::Own { .. } | Destination::File(_) => OWN_LIMIT,
        }
    }

    /// Links are followed in one's own files; those of a project come with clones.
    pub(super) fn links(&self) -> Links {
        match self {
            Destination::Project(_) => Links::Refuse,
            Destination::Own { .. } | Destination::File(_) => Links::Follow,
        }
    }

    pub(super) fn lock(&self, context: &Context, path: &Path) -> Result<Lock, Error> {
        let mut notice = |text: &str| context.output.note(text);
        let lock = match self {
            Destination::File(_) => Lock::file_telling(path, self.links(), &mut notice)?,
            Destination::Own { scope, dir } => {
                create_own_dir(*scope, dir)?;
                Lock::directory_telling(dir, &mut notice)?
            }
            Destination::Project(project) => {
                Lock::directory_telling(&project.place.dir(), &mut notice)?
            }
        };
        Ok(lock)
    }

    /// Reads the file as it is now, under the lock.
    pub(super) fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        let file = match self {
            Destination::Own { .. } => read_own(path, OWN_LIMIT)?,
            Destination::File(_) => read_regular(path, OWN_LIMIT)?,
            // The directory was opened and judged before; the file may be newer than that.
            Destination::Project(project) => project.read_now(path)?,
        };
        Ok(file.map(|file| file.bytes))
    }
}
