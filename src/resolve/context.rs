//! The steps of a run, joined: places, layers, trust, account, key. A command asks only for those
//! it needs, so `help` and `config path` work when a file is broken.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::account::{Account, Chosen, Decision, Refusal, World, statements};
use crate::config::SettingPath;
use crate::config::{Config, Layer, Scope};
use crate::credential::store::Stored;
use crate::credential::{Choice, Offered, Picked, choose_unlisted, variables_for};
use crate::error::{Error, Kind, shell_word};
use crate::invocation::Invocation;
use crate::output::{Color, Output};
use crate::project::nearest::{Project, ProjectStanding};
use crate::project::trust::{Access, Record, Trust};
use crate::resolve::layers::Loaded;
use crate::resolve::options::{Globals, Nested};
use crate::secret::Secret;

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

/// The account of this run, with its key.
#[derive(Debug)]
pub struct Resolved {
    /// The account and the reason.
    pub chosen: Chosen,
    /// Every key that was looked at.
    pub choice: Choice,
    /// The key that is used; it may have to be fetched yet.
    pub key: Picked,
    pub(super) fetched: OnceCell<Secret>,
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
    /// What is to be said where the environment's key is used.
    loose_key: Option<String>,
    /// Files that exist and cannot be used.
    pub broken: Vec<Error>,
    /// The first of these that may hold keys.
    pub broken_store: Option<Error>,
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

    /// Returns a variable as it is, for functions that ask by name.
    pub fn env(&self, name: &str) -> Option<std::ffi::OsString> {
        self.invocation.env.get(name).map(ToOwned::to_owned)
    }

    /// Returns the records of what was trusted.
    pub fn trust(&self) -> Trust {
        let dir = self.invocation.state_dir();
        let access = match &dir {
            Some(dir) if self.is_below_foreign_home(dir) => Access::HomeOfAnother,
            _ => Access::Mine,
        };
        Trust::at(dir.as_deref(), access)
    }

    /// Changes what is said about a project; a long wait for another writer is told.
    ///
    /// # Errors
    /// The record cannot be read or written.
    pub fn update_trust(&self, root: &Path, change: impl FnOnce(&mut Record)) -> Result<(), Error> {
        self.trust().update(root, &mut |text| self.output.note(text), change)
    }

    /// Reads every layer. A broken file is kept as an error, so that the caller decides.
    pub fn load(&self) -> Result<&Loaded, Error> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let loaded = self.read_layers()?;
        self.output.take_setting(color_setting(&loaded.config));
        Ok(self.loaded.get_or_init(|| loaded))
    }

    /// Returns a layer that was read already, if its file had these bytes then.
    pub fn layer_of(&self, scope: Scope, path: &Path, bytes: &[u8]) -> Option<&Layer> {
        let layers = self.loaded.get()?.config.layers();
        layers.iter().find(|layer| layer.is_of(scope, path, bytes))
    }

    /// Reads every layer and stops at a broken file.
    pub fn config(&self) -> Result<&Config, Error> {
        let loaded = self.load()?;
        match loaded.broken.first() {
            Some(error) => Err(error.clone()),
            None => Ok(&loaded.config),
        }
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
        let settings = broken.len();
        let stored = self.read_stores(loaded, &mut broken);
        let broken_store = broken.get(settings).cloned();
        let accounts = stored
            .iter()
            .filter_map(|entry| Some((entry.account.clone()?, entry.allow_non_secure)))
            .collect();
        let project = loaded.project.as_ref().and_then(Project::facts);
        let world = World { statements, stored: accounts, project };
        let mut loose_key = None;
        if let Some(given) = crate::resolve::given_key::environment_key(&self.invocation.env)? {
            (offered.environment, loose_key) = (Some(given.key), given.loose);
            offered.owner = world.owner_of_environment_key();
        }
        Ok(Facts { world, stored, offered, loose_key, broken, broken_store })
    }

    /// Reads the credentials file that command line or environment name; the command line's hides
    /// the environment's.
    fn named_credentials_file(
        &self,
    ) -> Result<Option<crate::resolve::given_key::FileAccount>, Error> {
        let env = self.invocation.env.get("CARTO_CREDENTIALS_FILE").map(PathBuf::from);
        if let Some(path) = &self.globals.credentials_file {
            return crate::resolve::given_key::read_file(path, Scope::Command, &self.output)
                .map(Some)
                .map_err(|error| error.at("--credentials-file"));
        }
        match env {
            Some(path) => crate::resolve::given_key::read_file(&path, Scope::Env, &self.output)
                .map(Some)
                .map_err(|error| error.at("CARTO_CREDENTIALS_FILE")),
            None => Ok(None),
        }
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
            Decision::Refused(refusal) => Err(refused(&self.invocation, *refusal, facts)),
        }
    }

    /// Returns account and key; `None` where nobody names an account. Tells what the user should
    /// know about the decision, once.
    pub fn resolve(&self, plugin: Option<&str>) -> Result<Option<Resolved>, Error> {
        let facts = self.facts(plugin)?;
        let chosen = self.chosen(&facts)?;
        self.tell_about_project(chosen.as_ref());
        let Some(chosen) = chosen else {
            self.tell_about_lone_key(&facts.offered);
            return Ok(None);
        };
        let choice = choose_unlisted(&chosen, &facts.offered, &facts.stored);
        let key = choice.picked().map_err(Error::from)?;
        self.tell_about_keys(&chosen.account, &choice);
        if let Some(broken) = facts.broken_store.filter(|_| key.scope == Scope::Default) {
            return Err(nobody_knows(&chosen.account, broken));
        }
        if let Some(words) = facts.loose_key.filter(|_| key.scope == Scope::Env) {
            self.output.warning(&words);
        }
        Ok(Some(Resolved { chosen, choice, key, fetched: OnceCell::new() }))
    }

    /// Returns account and key for a command that cannot do without them.
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

    /// A key without an account is most often half of what was meant to be given.
    fn tell_about_lone_key(&self, offered: &Offered) {
        let key = offered.environment.as_ref().filter(|key| !key.value.is_default_public());
        if let Some(key) = key {
            self.output.note(&format!(
                "{} is not used: nothing says whose it is; add CARTO_USERNAME or CARTO_BASE_URL",
                key.origin
            ));
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

/// No key was found, and the file that cannot be read may hold one: the public key in its place would
/// be a silent downgrade.
fn nobody_knows(account: &Account, broken: Error) -> Error {
    let what = format!("a credential file cannot be read, and no other has one for {account}");
    let error = Error::new(Kind::Invalid, what);
    let error = if broken.places.is_empty() {
        // The words of such an error name the file.
        error.note(broken.what)
    } else {
        broken.places.into_iter().fold(error, Error::at_place)
    };
    error.help("correct the file").help("or ask for public data only: CARTO_API_KEY=default_public")
}

/// Returns `ui.color`; what is wrong with it is said by whoever needs the settings.
fn color_setting(config: &Config) -> Color {
    let path = SettingPath(vec!["ui".to_owned(), "color".to_owned()]);
    let setting = config.get(&path);
    match setting.as_ref().and_then(|setting| setting.value.as_str()) {
        Some("always") => Color::Always,
        Some("never") => Color::Never,
        _ => Color::Auto,
    }
}

/// Adds what only the whole run knows to a refusal.
fn refused(invocation: &Invocation, refusal: Refusal, facts: &Facts) -> Error {
    if let Refusal::UnknownProfile { name, .. } = &refusal {
        let holder = crate::resolve::given_key::known_file_with_profile(invocation, name);
        let error = Error::from(refusal);
        return match holder {
            None => error,
            Some(path) => error
                .note(format!("{} has a profile of that name", path.display()))
                .help(format!("carto credentials import {}", shell_word(&path))),
        };
    }
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
