//! Lends a run's surroundings to the fetching of keys: environment, PATH, where to say what is
//! waited for.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::account::Account;
use crate::config::Origin;
use crate::credential::fetch::{Surroundings, fetch};
use crate::credential::git_store::GitStore;
use crate::credential::source::StoredKey;
use crate::credential::{Nearness, TokenEnd};
use crate::error::{Error, Kind};
use crate::escape;
use crate::path_search::{Program, SearchPath, Unfit, is_path, judge};
use crate::read_file::read_own;
use crate::resolve::context::{Context, Resolved};
use crate::resolve::granted::Granted;
use crate::resolve::options::{Nested, NestedFiles};
use crate::secret::Secret;
use crate::variables::{NESTED, is_written};

/// The longest file of certificates, in bytes: those of all public authorities have 250 kB.
const CA_LIMIT: u64 = 4 * 1024 * 1024;

impl Resolved {
    /// Returns the key itself, fetched once.
    ///
    /// # Errors
    /// Its source fails, or gives no key.
    pub fn secret(&self, context: &Context) -> Result<Secret, Error> {
        if let Some(key) = self.fetched.get() {
            return Ok(key.clone());
        }
        let key = context.fetch(&self.key.key, Some(&self.key.account), &self.key.origin)?;
        Ok(self.fetched.get_or_init(|| key).clone())
    }

    /// Returns what a program is handed.
    ///
    /// # Errors
    /// The key has to be fetched, and its source fails.
    pub fn granted(&self, context: &Context) -> Result<Granted, Error> {
        let key = self.secret(context)?;
        self.refuse_ended(&key)?;
        Ok(Granted { key: Some(key), ..self.granted_without_key(context)? })
    }

    /// Refuses a token that the server refuses by its own word.
    fn refuse_ended(&self, key: &Secret) -> Result<(), Error> {
        let Some(end) = TokenEnd::of(key).filter(|end| end.nearness() == Nearness::Passed) else {
            return Ok(());
        };
        let account = &self.chosen.account;
        let url = account.base_url();
        Err(Error::new(Kind::Refused, format!("the token of {account} {end}"))
            .at(&self.key.origin)
            .note(format!("a new one is made {}", url.place_of_keys()))
            .help(format!("carto login {:<28} # takes the new one", url.as_str())))
    }

    /// Returns what a program is handed that has no use for the key.
    ///
    /// # Errors
    /// The file of certificates cannot be used.
    pub fn granted_without_key(&self, context: &Context) -> Result<Granted, Error> {
        Ok(Granted {
            account: self.chosen.account.clone(),
            key: None,
            ca_file: self.ca_file(context)?,
            organization: self.chosen.organization.as_ref().map(|org| org.value.clone()),
            non_secure: self.chosen.non_secure,
        })
    }

    /// Returns the file with the certificates of the account's server. Who can write it decides which
    /// server is believed, so it is held to what a settings file is held to.
    fn ca_file(&self, context: &Context) -> Result<Option<PathBuf>, Error> {
        let Some(named) = &self.chosen.ca_file else { return Ok(None) };
        let at = |error: Error| error.at(&named.origin).note("it is the `ca_file` of the account");
        let path = match (named.value.strip_prefix("~/"), context.invocation.home()) {
            (Some(rest), Some(home)) => home.join(rest),
            (Some(_), None) => {
                let what = "`~/` leads nowhere: HOME is not set";
                return Err(at(
                    Error::new(Kind::Invalid, what).help("set HOME, or name the whole path")
                ));
            }
            (None, _) => PathBuf::from(&named.value),
        };
        match read_own(&path, CA_LIMIT) {
            Ok(Some(_)) => Ok(Some(path)),
            Ok(None) => {
                let what = format!("there is no {}", path.display());
                Err(at(Error::new(Kind::Invalid, what)
                    .help("carto config explain     # says where it is named")))
            }
            Err(error) => Err(at(error.into())),
        }
    }
}

impl Context {
    /// Returns a stored key itself.
    ///
    /// # Errors
    /// Its source fails, gives no key, or asks this very run for the key.
    pub fn fetch(
        &self,
        key: &StoredKey,
        account: Option<&Account>,
        origin: &Origin,
    ) -> Result<Secret, Error> {
        if let StoredKey::Literal(key) = key {
            return Ok(key.clone());
        }
        let place = origin.to_string();
        if self.nested.fetching.contains(&place) {
            return Err(Error::new(
                Kind::Refused,
                "the source of this key asks carto for the same key",
            )
            .at(&place)
            .help("carto config explain apikey"));
        }
        self.with_surroundings(Some(place), |around| fetch(key, account, origin, around))
    }

    /// Asks git's credential helpers about an account.
    ///
    /// # Errors
    /// They cannot be asked about it, or what comes of it.
    pub fn git_store<T>(
        &self,
        account: Option<&Account>,
        act: impl FnOnce(GitStore) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.with_surroundings(None, |around| act(GitStore::open(account, around)?))
    }

    /// Returns the places where programs are looked for that are no plugins.
    pub fn program_path(&self) -> SearchPath {
        SearchPath::new(self.invocation.env.get("PATH"), Vec::new())
    }

    /// Says why a program of a command source would not run.
    ///
    /// # Errors
    /// The reason, in words that follow the command.
    pub fn find_program(&self, name: &OsStr) -> Result<PathBuf, String> {
        let shown = escape::line(&name.to_string_lossy()).into_owned();
        let path = match self.program_path().program(name) {
            Program::Found(path) => path,
            Program::NotFound if is_path(name) => {
                return Err(format!("there is no program `{shown}`"));
            }
            Program::NotFound => {
                return Err(format!("no program `{shown}` that can run is on PATH"));
            }
        };
        match judge(&path) {
            Some(
                unfit @ (Unfit::NotExecutable
                | Unfit::NotAFile
                | Unfit::Directory
                | Unfit::Dangling),
            ) => Err(format!("{} {}", path.display(), unfit.reason())),
            // As with `exec`, the program was named, not looked for.
            _ => Ok(path),
        }
    }

    fn with_surroundings<T>(
        &self,
        fetching: Option<String>,
        act: impl FnOnce(&Surroundings) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let around = Surroundings {
            env: &self.invocation.env,
            child: self.environment_of_helpers(fetching)?,
            find: &|name| self.find_program(name),
            output: &self.output,
        };
        act(&around)
    }

    /// Makes the environment of a program that gives a key: nothing of an account, nothing of git's,
    /// and what stops a circle.
    fn environment_of_helpers(
        &self,
        fetching: Option<String>,
    ) -> Result<Vec<(OsString, OsString)>, Error> {
        let mut block: Vec<(OsString, OsString)> = Vec::new();
        for (name, value) in self.invocation.env.iter() {
            let upper = name.to_string_lossy().to_ascii_uppercase();
            let spelled = if cfg!(windows) { &*upper } else { &*name.to_string_lossy() };
            let removed = is_written(spelled) || spelled.starts_with("GIT_");
            if !removed && !block.iter().any(|(earlier, _)| earlier == name) {
                block.push((name.to_owned(), value.to_owned()));
            }
        }
        let mut all = self.nested.fetching.clone();
        all.extend(fetching);
        let files = NestedFiles::NoProject;
        let nested = Nested { files, fetching: all, ..Nested::default() };
        let text = serde_json::to_string(&nested)
            .map_err(|error| Error::new(Kind::Internal, error.to_string()))?;
        block.push((NESTED.into(), text.into()));
        Ok(block)
    }
}
