//! The steps of a run, joined: places, layers, trust, account, key. A command asks only for those
//! it needs, so `help` and `config path` work when a file is broken.

use std::cell::OnceCell;
use std::path::Path;

use crate::account::{Account, Chosen, Refusal};
use crate::config::{Config, Layer, Scope, SettingPath};
use crate::credential::{Choice, Picked, choose_unlisted};
use crate::error::{Error, Kind};
use crate::invocation::Invocation;
use crate::output::{Color, Output};
use crate::resolve::facts::Facts;
use crate::resolve::layers::Loaded;
use crate::resolve::options::{Globals, Nested};
use crate::resolve::run::Run;
use crate::secret::Secret;

/// One run: what was given, and its layers once they are read.
///
/// Whatever a [`Run`] knows, a context knows.
#[derive(Debug)]
pub struct Context {
    run: Run,
    loaded: OnceCell<Loaded>,
}

impl std::ops::Deref for Context {
    type Target = Run;

    fn deref(&self) -> &Run {
        &self.run
    }
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

impl Context {
    /// Begins a run.
    pub fn new(invocation: Invocation, output: Output, globals: Globals, nested: Nested) -> Self {
        Context::of(Run { invocation, output, globals, nested })
    }

    fn of(run: Run) -> Self {
        Context { run, loaded: OnceCell::new() }
    }

    /// Gives back what the run was given.
    pub fn into_run(self) -> Run {
        self.run
    }

    /// Returns the aliases and plugins that led here, to be continued.
    pub fn aliases_so_far(&mut self) -> &mut Vec<String> {
        &mut self.run.nested.aliases
    }

    /// Begins the same run again: after a file was changed.
    #[must_use]
    pub fn again(&self) -> Self {
        Context::of(self.run.clone())
    }

    /// Begins the same run without the project.
    #[must_use]
    pub fn without_project(&self) -> Self {
        let mut run = self.run.clone();
        run.globals.no_project = true;
        Context::of(run)
    }

    /// Reads every layer. A broken file is kept as an error, so that the caller decides.
    pub fn load(&self) -> Result<&Loaded, Error> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let loaded = self.run.read_layers()?;
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
        self.run.facts(self.load()?, plugin)
    }

    /// Tells of typos, of what a project says in vain, and of a project that another one hides.
    pub fn tell_remarks(&self) {
        if let Some(loaded) = self.loaded.get() {
            self.run.tell_remarks(loaded);
        }
    }

    /// Tells of variables and keys that nobody knows, and of keys that a scope may not set.
    pub fn tell_typos(&self) {
        if let Some(loaded) = self.loaded.get() {
            self.run.tell_typos(loaded);
        }
    }

    /// Returns account and key; `None` where nobody names an account. Tells what the user should
    /// know about the decision, once.
    pub fn resolve(&self, plugin: Option<&str>) -> Result<Option<Resolved>, Error> {
        let facts = self.facts(plugin)?;
        let chosen = self.chosen(&facts)?;
        self.run.tell_about_project(self.load()?, chosen.as_ref());
        let Some(chosen) = chosen else {
            self.tell_about_lone_key(&facts.offered);
            if facts.offered.environment.is_none() {
                self.tell_about_token();
            }
            return Ok(None);
        };
        let choice = choose_unlisted(&chosen, &facts.offered, &facts.stored);
        let key = choice.picked().map_err(Error::from)?;
        self.tell_about_keys(&chosen.account, &choice);
        if key.scope == Scope::Default {
            self.tell_about_token();
        }
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
