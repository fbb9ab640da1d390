//! `Facts`: everything that decides about account and key, before the decision.

use std::path::PathBuf;

use crate::account::{Statement, World, statements};
use crate::config::Scope;
use crate::credential::Offered;
use crate::credential::store::Stored;
use crate::error::Error;
use crate::project::nearest::Project;
use crate::resolve::given_key::{self, FileAccount};
use crate::resolve::layers::Loaded;
use crate::resolve::run::Run;

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
    pub(super) loose_key: Option<String>,
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

impl Run {
    /// Gathers what decides about account and key. With a plugin's name its own profile counts.
    pub(super) fn facts(&self, loaded: &Loaded, plugin: Option<&str>) -> Result<Facts, Error> {
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
        // An untrusted project alone can only select among the accounts that there are.
        let selects = statements.iter().any(Statement::untrusted);
        let account = |entry: &Stored| Some((entry.account.clone()?, entry.allow_non_secure));
        let accounts = stored.iter().filter(|_| selects).filter_map(account).collect();
        let project = loaded.project.as_ref().and_then(Project::facts);
        let world = World { statements, stored: accounts, project };
        let mut loose_key = None;
        if let Some(given) = given_key::environment_key(&self.invocation.env, &self.output)? {
            (offered.environment, loose_key) = (Some(given.key), given.loose);
            offered.owner = world.owner_of_environment_key();
        }
        Ok(Facts { world, stored, offered, loose_key, broken, broken_store })
    }

    /// Reads the credentials file that command line or environment name; the command line's hides
    /// the environment's.
    fn named_credentials_file(&self) -> Result<Option<FileAccount>, Error> {
        let env = self.invocation.env.get("CARTO_CREDENTIALS_FILE").map(PathBuf::from);
        if let Some(path) = &self.globals.credentials_file {
            return given_key::read_file(path, Scope::Command, &self.output)
                .map(Some)
                .map_err(|error| error.at("--credentials-file"));
        }
        match env {
            Some(path) => given_key::read_file(&path, Scope::Env, &self.output)
                .map(Some)
                .map_err(|error| error.at("CARTO_CREDENTIALS_FILE")),
            None => Ok(None),
        }
    }
}
