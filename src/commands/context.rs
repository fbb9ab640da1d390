//! The steps of a run, joined: places, layers, trust, account, key. A command asks only for those
//! it needs, so `help` and `config path` work when a file is broken.

use std::cell::OnceCell;
use std::path::PathBuf;

use super::globals::{CommandLine, Globals, Nested};
use super::project::{Project, ProjectStanding};
use crate::account::{Account, Chosen, Decision, Refusal, World, statements};
use crate::config::discover::{self, CONFIG_FILE, CREDENTIALS_FILE, Places};
use crate::config::given;
use crate::config::{Config, Layer, Scope, Standing};
use crate::credential::store::{self, Stored};
use crate::credential::{Choice, Offered, Picked, choose, variables_for};
use crate::error::{Error, Kind};
use crate::invocation::Invocation;
use crate::output::Output;
use crate::plugin::contract::Granted;
use crate::read_file::{FileBytes, read_own};
use crate::trust::Trust;

/// The longest file of one's own that is read, in bytes.
pub const OWN_LIMIT: u64 = 16 * 1024 * 1024;

/// One run: what was given, and the steps taken so far.
#[derive(Debug)]
pub struct Context {
    /// What this run was given.
    pub invocation: Invocation,
    /// Where it prints.
    pub output: Output,
    /// The flags before the command.
    pub globals: Globals,
    /// What a carto above this one told.
    pub nested: Nested,
    pub(super) loaded: OnceCell<Loaded>,
}

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

/// The account of this run, with its key.
#[derive(Debug)]
pub struct Resolved {
    /// The account and the reason.
    pub chosen: Chosen,
    /// Every key that was looked at.
    pub choice: Choice,
    /// The key that is used.
    pub key: Picked,
}

impl Resolved {
    /// Gives what a program is handed.
    pub fn granted(&self) -> Granted {
        Granted {
            account: self.chosen.account.clone(),
            key: Some(self.key.key.clone()),
            organization: self.chosen.organization.as_ref().map(|org| org.value.clone()),
            non_secure: self.chosen.non_secure,
        }
    }
}

/// Everything that decides about account and key, before the decision.
#[derive(Debug)]
pub struct Facts {
    /// What each scope says.
    pub world: World,
    /// The stored keys.
    pub stored: Vec<Stored>,
    /// The keys that were given otherwise.
    pub offered: Offered,
    /// Files that exist and cannot be used.
    pub broken: Vec<Error>,
}

impl Facts {
    /// Whether user and system files select this profile.
    pub fn default_is_profile(&self, name: &str) -> bool {
        let files = self.world.statements.iter().rev().filter(|s| s.scope <= Scope::User);
        let mut selected = files.filter_map(|statement| statement.profile.as_ref());
        selected.next().is_some_and(|profile| profile.value == name)
    }
}

impl Context {
    /// Begins a run.
    pub fn new(invocation: Invocation, output: Output, globals: Globals, nested: Nested) -> Self {
        Context { invocation, output, globals, nested, loaded: OnceCell::new() }
    }

    /// Begins the same run again: after a file was changed.
    #[must_use]
    pub fn again(&self) -> Self {
        Context::new(
            self.invocation.clone(),
            self.output.clone(),
            self.globals.clone(),
            self.nested.clone(),
        )
    }

    /// Begins the same run without the project.
    #[must_use]
    pub fn without_project(&self) -> Self {
        let mut context = self.again();
        context.globals.no_project = true;
        context
    }

    /// Gives a variable as it is, for functions that ask by name.
    pub fn env(&self, name: &str) -> Option<std::ffi::OsString> {
        self.invocation.env.get(name).map(ToOwned::to_owned)
    }

    /// Gives the records of what was trusted.
    pub fn trust(&self) -> Trust {
        Trust::at(self.invocation.state_dir().as_deref())
    }

    /// Reads every layer. A broken file is kept as an error, so that the caller decides.
    pub fn load(&self) -> Result<&Loaded, Error> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let loaded = self.read_layers()?;
        Ok(self.loaded.get_or_init(|| loaded))
    }

    /// Reads every layer and stops at a broken file.
    pub fn config(&self) -> Result<&Config, Error> {
        let loaded = self.load()?;
        match loaded.broken.first() {
            Some(error) => Err(error.clone()),
            None => Ok(&loaded.config),
        }
    }

    fn read_layers(&self) -> Result<Loaded, Error> {
        let command_line = self.globals.command_line(&self.nested)?;
        let places = discover::places(&self.invocation, self.globals.files(&self.nested))?;
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
    fn read_own_file(
        &self,
        scope: Scope,
        path: &std::path::Path,
    ) -> Result<Option<FileBytes>, Error> {
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

    /// Gathers what decides about account and key. With a plugin's name its own profile counts.
    pub fn facts(&self, plugin: Option<&str>) -> Result<Facts, Error> {
        let loaded = self.load()?;
        let mut broken = loaded.broken.clone();
        let mut statements = statements(&loaded.config, plugin);
        let mut offered =
            Offered { public: loaded.command_line.public.clone(), ..Offered::default() };
        if let Some((scope, file, key)) = self.named_credentials_file()? {
            offered.file = key;
            if let Some(statement) = statements.iter_mut().find(|s| s.scope == scope) {
                statement.file = Some(file);
            }
        }
        let stored = self.read_stores(loaded, &mut broken);
        let accounts = stored
            .iter()
            .filter_map(|entry| Some((entry.account.clone()?, entry.allow_non_secure)))
            .collect();
        let project = loaded.project.as_ref().and_then(Project::facts);
        let world = World { statements, stored: accounts, project };
        offered.environment = super::given_key::environment_key(&self.invocation.env)?;
        if offered.environment.is_some() {
            offered.owner = world.owner_of_environment_key();
        }
        Ok(Facts { world, stored, offered, broken })
    }

    /// Reads the credentials file that command line or environment name; the command line's hides
    /// the environment's.
    fn named_credentials_file(&self) -> Result<Option<super::given_key::FileAccount>, Error> {
        let env = self.invocation.env.get("CARTO_CREDENTIALS_FILE").map(PathBuf::from);
        if let Some(path) = &self.globals.credentials_file {
            return super::given_key::read_file(path, Scope::Command, &self.output).map(Some);
        }
        match env {
            Some(path) => super::given_key::read_file(&path, Scope::Env, &self.output).map(Some),
            None => Ok(None),
        }
    }

    fn read_stores(&self, loaded: &Loaded, broken: &mut Vec<Error>) -> Vec<Stored> {
        let mut stored = Vec::new();
        let dirs = [(Scope::System, &loaded.places.system), (Scope::User, &loaded.places.user)];
        for (scope, dir) in dirs {
            let Some(dir) = dir else { continue };
            let path = dir.join(CREDENTIALS_FILE);
            match self.read_own_file(scope, &path) {
                Ok(None) => {}
                Ok(Some(file)) => match parse_store(scope, &path, &file) {
                    Ok(entries) => stored.extend(entries),
                    Err(error) => broken.push(error),
                },
                Err(error) => broken.push(error),
            }
        }
        if let Some(project) = &loaded.project {
            match project.credentials() {
                Ok(Some((path, file))) => match parse_store(Scope::Project, &path, &file) {
                    Ok(entries) => stored.extend(entries),
                    Err(error) => broken.push(error),
                },
                Ok(None) => {}
                Err(error) => broken.push(error),
            }
        }
        stored
    }

    /// Decides on the account; `None` where nobody names one.
    ///
    /// # Errors
    /// The refusal; a broken file, unless environment or command line alone decide.
    pub fn chosen(&self, facts: &Facts) -> Result<Option<Chosen>, Error> {
        let decision = facts.world.resolve();
        let given = match &decision {
            Decision::Chosen(chosen) => chosen.scope >= Scope::Env,
            Decision::Refused(_) | Decision::None => false,
        };
        for error in &facts.broken {
            if !given {
                return Err(error.clone());
            }
            self.output.error_as_warning(error);
        }
        match decision {
            Decision::None => Ok(None),
            Decision::Chosen(chosen) => Ok(Some(*chosen)),
            Decision::Refused(refusal) => Err(refused(*refusal, facts)),
        }
    }

    /// Gives account and key; `None` where nobody names an account. Tells what the user should
    /// know about the decision, once.
    pub fn resolve(&self, plugin: Option<&str>) -> Result<Option<Resolved>, Error> {
        let facts = self.facts(plugin)?;
        let chosen = self.chosen(&facts)?;
        self.tell_about_project(chosen.as_ref());
        let Some(chosen) = chosen else { return Ok(None) };
        let choice = choose(&chosen, &facts.offered, &facts.stored);
        let key = choice.picked().map_err(Error::from)?;
        self.tell_about_keys(&chosen.account, &choice);
        Ok(Some(Resolved { chosen, choice, key }))
    }

    /// Gives account and key to a command that cannot do without.
    pub fn require(&self) -> Result<Resolved, Error> {
        self.resolve(None)?.ok_or_else(|| Refusal::NoAccount.into())
    }

    fn tell_about_project(&self, chosen: Option<&Chosen>) {
        self.tell_remarks();
        let Some(loaded) = self.loaded.get() else { return };
        let Some(project) = &loaded.project else { return };
        if let (ProjectStanding::Foreign(reason), Some(chosen)) = (&project.standing, chosen) {
            self.output.note(&format!(
                "the project is left out: {reason}; {} names the account",
                chosen.origin
            ));
        }
        if let Some(chosen) = chosen.filter(|chosen| chosen.by_untrusted && !chosen.is_default) {
            self.output
                .note(&format!("this project selects {} ({})", chosen.account, chosen.origin));
        }
    }

    fn tell_about_keys(&self, account: &Account, choice: &Choice) {
        for key in choice.unfit().filter(|key| key.scope == Scope::Env) {
            let whose = match &key.owner {
                Some(owner) => format!("it belongs to {owner}"),
                None => "nothing says whose it is".to_owned(),
            };
            self.output.note(&format!(
                "{} is not used: {whose}; for {account} add {}",
                key.origin,
                variables_for(account)
            ));
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

fn parse_store(
    scope: Scope,
    path: &std::path::Path,
    file: &FileBytes,
) -> Result<Vec<Stored>, Error> {
    const OTHERS: u32 = 0o077;
    let stored = store::parse(scope, path, &file.bytes)?;
    if !stored.is_empty() && file.facts.mode & OTHERS != 0 {
        let shown = path.display();
        return Err(Error::new(Kind::Invalid, "others can read this file of keys")
            .at(&shown)
            .note(format!("its mode is {:04o}", file.facts.mode & 0o7777))
            .help(format!("chmod 600 '{shown}'")));
    }
    Ok(stored)
}

/// Adds what only the whole run knows to a refusal.
fn refused(refusal: Refusal, facts: &Facts) -> Error {
    let wanted = match &refusal {
        Refusal::Unknown { wanted, .. } => Some(wanted.clone()),
        _ => None,
    };
    let mut error = Error::from(refusal);
    if let Some(wanted) = wanted
        && let Some(key) = &facts.offered.environment
        && facts.offered.owner.is_none()
    {
        error = error
            .note(format!("{} is set, and nothing says whose key it is", key.origin))
            .help(format!("if it is this account's, say so: {}", variables_for(&wanted)));
    }
    error
}
