//! One line of text to a world: what every scope says, which keys there are.
//!
//! A line is made of segments between ` | `:
//! - `SCOPE.KEY=VALUE` with SCOPE `system`, `user`, `project` (trusted), `project?` (untrusted),
//!   `env` or `command`; the values go through the parsers of files, variables and flags.
//! - `env.file=ACCOUNT=KEY`: a credentials file, read; `env.file=` names no account.
//! - `env.key=KEY`, `command.key=default_public`: keys that are offered.
//! - `key SCOPE ACCOUNT#MARK=KEY`: an entry of that scope's `credentials.toml`; without ACCOUNT it
//!   is unbound, `#MARK` can be left out.
//! - `foreign` and `changed`: what is known of the project. `plugin NAME`: what is run.
//!
//! An ACCOUNT is `NAME` (at `https://NAME.carto.com`), `URL`, or `NAME@URL`. `$corp` stands for
//! `https://maps.corp`, `$http` for `http://maps.corp`, `$U` for `{username}`.

use std::path::PathBuf;

use carto::account::{ProjectFacts, Tuple, World, statements};
use carto::base_url::BaseUrlSetting;
use carto::config::given::{Assignment, environment};
use carto::config::{Config, Layer, Located, Origin, Scope, Standing};
use carto::credential::Offered;
use carto::credential::store::{self, Stored};
use carto::error::Error;
use carto::invocation::Env;
use carto::secret::Secret;
use carto::username::Username;

pub(crate) const SHORT: [(&str, &str); 3] =
    [("$corp", "https://maps.corp"), ("$http", "http://maps.corp"), ("$U", "{username}")];

/// Everything that decides about account and key.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) world: World,
    pub(crate) offered: Offered,
    pub(crate) stored: Vec<Stored>,
}

/// What the segments of a line have said so far.
#[derive(Default)]
struct Draft {
    system: String,
    user: String,
    project: String,
    standing: Option<Standing>,
    variables: Vec<(String, String)>,
    assignments: Vec<String>,
    files: Vec<(Scope, String)>,
    stores: Vec<(Scope, String)>,
    environment: Option<String>,
    public: bool,
    facts: ProjectFacts,
    plugin: Option<String>,
}

/// Reads a line.
///
/// # Errors
/// What the parsers of the program refuse.
pub(crate) fn read(line: &str) -> Result<Case, Error> {
    let long = SHORT.iter().fold(line.to_owned(), |text, (short, long)| text.replace(short, long));
    let mut draft = Draft::default();
    for segment in long.split(" | ").map(str::trim).filter(|segment| !segment.is_empty()) {
        draft.take(segment);
    }
    draft.build()
}

fn scope(word: &str) -> Scope {
    let word = word.trim_end_matches('?');
    *Scope::ALL.iter().find(|scope| scope.name() == word).unwrap_or_else(|| panic!("{word}"))
}

impl Draft {
    fn take(&mut self, segment: &str) {
        match segment.split_once(' ') {
            _ if segment == "foreign" => self.facts.foreign = Some("not yours".to_owned()),
            _ if segment == "changed" => self.facts.changed = true,
            Some(("plugin", name)) => self.plugin = Some(name.to_owned()),
            Some(("key", entry)) => self.take_entry(entry),
            _ => self.take_setting(segment),
        }
    }

    fn take_entry(&mut self, entry: &str) {
        let (place, entry) = entry.split_once(' ').expect("key SCOPE ENTRY");
        let (account, key) = entry.rsplit_once('=').expect("ACCOUNT=KEY");
        let (account, mark) = account.split_once('#').unwrap_or((account, ""));
        let mut text = format!("[[credential]]\napikey = '{key}'\n");
        if !mark.is_empty() {
            text += &format!("profile = '{mark}'\n");
        }
        if let Some((name, url)) = account_parts(account) {
            text +=
                &format!("base_url = '{url}'\nallow_non_secure = {}\n", url.starts_with("http:"));
            if let Some(name) = name {
                text += &format!("username = '{name}'\n");
            }
        }
        self.stores.push((scope(place), text));
    }

    fn take_setting(&mut self, segment: &str) {
        let (place, value) = segment.split_once('=').unwrap_or_else(|| panic!("{segment}"));
        let (place, key) = place.split_once('.').unwrap_or_else(|| panic!("{segment}"));
        match (place, key) {
            ("env" | "command", "file") => self.files.push((scope(place), value.to_owned())),
            ("env", "key") => self.environment = Some(value.to_owned()),
            ("command", "key") => self.assignments.push(format!("apikey={value}")),
            ("env", key) => self.variables.push((variable(key), value.to_owned())),
            ("command", key) => self.assignments.push(format!("{key}={value}")),
            ("system", key) => self.system += &toml_line(key, value),
            ("user", key) => self.user += &toml_line(key, value),
            ("project", key) => {
                self.project += &toml_line(key, value);
                self.standing = Some(Standing::Own);
            }
            ("project?", key) => {
                self.project += &toml_line(key, value);
                self.standing = Some(Standing::Untrusted);
            }
            _ => panic!("{segment}"),
        }
    }

    fn build(mut self) -> Result<Case, Error> {
        let config = self.config()?;
        let stored = self.stored()?;
        let mut statements = statements(&config, self.plugin.as_deref());
        let mut offered = Offered {
            public: self.public.then(|| Origin::Flag("-c apikey".to_owned())),
            ..Offered::default()
        };
        for (scope, text) in &self.files {
            let (file, key) = credentials_file(*scope, text);
            let statement = statements.iter_mut().find(|s| s.scope == *scope).expect("is there");
            statement.file = Some(file);
            offered.file = key;
        }
        let known = |entry: &Stored| Some((entry.account.clone()?, entry.allow_non_secure));
        let accounts = stored.iter().filter_map(known).collect();
        let there = self.standing.is_some() || self.facts.foreign.is_some();
        let world = World { statements, stored: accounts, project: there.then_some(self.facts) };
        if let Some(key) = &self.environment {
            let origin = Origin::Variable("CARTO_API_KEY");
            offered.environment = Some(Located::new(secret(key), Scope::Env, origin));
            offered.owner = world.owner_of_environment_key();
        }
        Ok(Case { world, offered, stored })
    }

    fn config(&mut self) -> Result<Config, Error> {
        let mut config = Config::default();
        let mut files = vec![
            (Scope::System, Standing::Own, &self.system),
            (Scope::User, Standing::Own, &self.user),
        ];
        files.extend(self.standing.map(|standing| (Scope::Project, standing, &self.project)));
        for (scope, standing, text) in files {
            let path = PathBuf::from(format!("{scope}.toml"));
            let layer = Layer::parse(scope, standing, &path, text.clone().into_bytes())?;
            if let Some(problem) = layer.problems.first() {
                return Err(problem.clone());
            }
            config.insert(layer);
        }
        let variables = self.variables.iter().map(|(name, value)| (name.into(), value.into()));
        config.insert(environment(&Env::new(variables.collect()))?);
        let mut command = Layer::given(Scope::Command);
        for text in &self.assignments {
            let assignment = Assignment::parse(text)?;
            self.public |= assignment.explicit_public();
            assignment.give_to(&mut command);
        }
        config.insert(command);
        Ok(config)
    }

    fn stored(&self) -> Result<Vec<Stored>, Error> {
        let mut stored = Vec::new();
        for scope in Scope::ALL {
            let entries = self.stores.iter().filter(|(at, _)| *at == scope);
            let text: String = entries.map(|(_, text)| text.as_str()).collect();
            let path = PathBuf::from(format!("{scope}-credentials.toml"));
            stored.extend(store::parse(scope, &path, text.as_bytes())?);
        }
        Ok(stored)
    }
}

/// Returns name and URL of an account as it is written in a line.
fn account_parts(text: &str) -> Option<(Option<&str>, String)> {
    match text.split_once('@') {
        _ if text.is_empty() => None,
        Some((name, url)) => Some((Some(name), url.to_owned())),
        None if text.contains("://") => Some((None, text.to_owned())),
        None => Some((Some(text), format!("https://{text}.carto.com"))),
    }
}

fn variable(key: &str) -> String {
    match key {
        "username" => "CARTO_USERNAME",
        "user" => "CARTO_USER",
        "base_url" => "CARTO_BASE_URL",
        "api_url" => "CARTO_API_URL",
        "organization" => "CARTO_ORG",
        "allow_non_secure" => "CARTO_ALLOW_NON_SECURE",
        "profile" => "CARTO_PROFILE",
        other => panic!("{other}"),
    }
    .to_owned()
}

fn toml_line(key: &str, value: &str) -> String {
    match value {
        "true" | "false" => format!("{key} = {value}\n"),
        _ => format!("{key} = '{value}'\n"),
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(text).expect("a key")
}

/// Makes what the reader of foreign files gives: `NAME` alone stays a name without a URL.
fn credentials_file(scope: Scope, text: &str) -> (Located<Tuple>, Option<Located<Secret>>) {
    let (account, key) = text.split_once('=').map_or((text, None), |(a, key)| (a, Some(key)));
    let (name, url) = match account.split_once('@') {
        Some((name, url)) => (Some(name), Some(url)),
        None if account.contains("://") => (None, Some(account)),
        None => (Some(account).filter(|name| !name.is_empty()), None),
    };
    let origin = Origin::WholeFile(PathBuf::from("creds.json"));
    let tuple = Tuple {
        username: name.map(|name| {
            Located::new(Username::parse(name).expect("a name"), scope, origin.clone())
        }),
        base_url: url.map(|url| {
            Located::new(BaseUrlSetting::parse(url).expect("a URL"), scope, origin.clone())
        }),
        ..Tuple::default()
    };
    let key = key.map(|key| Located::new(secret(key), scope, origin.clone()));
    (Located::new(tuple, scope, origin), key)
}
