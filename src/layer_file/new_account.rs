//! Where a new account's name goes: it becomes the default, a profile, or is there already.
//! `login` and `credentials import` share it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::account::{Account, World};
use crate::config::SettingPath;
use crate::config::places::CONFIG_FILE;
use crate::config::{Layer, Located, Origin, Scope, Standing};
use crate::error::{Error, Kind, shell_word};
use crate::escape;
use crate::layer_file::destination::Destination;
use crate::layer_file::edit_file::ReadyFile;
use crate::replace_file::Lock;
use crate::resolve::context::Context;
use crate::resolve::facts::Facts;
use crate::toml::{self, edit};

/// Whether the account becomes the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Select {
    /// Only where the scope names none that can be used.
    IfNoDefault,
    /// Only where the scope names none at all, not even one that cannot be used.
    IfNoneNamed,
    /// In any case.
    Always,
}

/// What is wanted for the account.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The profile's name; a profile of that name becomes this account.
    pub profile: Option<String>,
    /// The profile's name, unless another account has it.
    pub suggested: Option<String>,
    /// Whether it becomes the default.
    pub select: Select,
    /// Its organization.
    pub organization: Option<String>,
}

/// Where the account's name goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfilePlace {
    /// It is there already.
    Known,
    /// Beside nothing else: it becomes the default.
    Default,
    /// As a profile of this name, which becomes the default or not.
    Profile {
        /// The profile's name.
        name: String,
        /// Whether it becomes the default.
        selects: bool,
    },
}

impl ProfilePlace {
    /// Says where the account's name went, in words that follow a sentence.
    pub fn words(&self) -> String {
        match self {
            ProfilePlace::Known => ", the account was there".to_owned(),
            ProfilePlace::Default => ", as the default account".to_owned(),
            ProfilePlace::Profile { name, selects: true } => {
                format!(", as profile {name}, which is now the default")
            }
            ProfilePlace::Profile { name, selects: false } => format!(", as profile {name}"),
        }
    }
}

/// Which account has which name in a scope. Only the user's own word counts here, neither an
/// untrusted project's nor this shell's.
#[derive(Clone, Debug)]
pub struct Names {
    /// What the scope itself names.
    default: Default,
    /// Every profile up to the scope; no account where it cannot be used.
    profiles: BTreeMap<String, Option<Account>>,
}

/// The default account of a world, if it has one that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Default {
    None,
    Unusable,
    Account(Account),
}

impl Names {
    /// Reads the names of a world that ends at the scope.
    pub fn of(world: &World, scope: Scope) -> Self {
        let statement = world.statements.iter().find(|statement| statement.scope == scope);
        let names_one = statement.is_some_and(|s| s.profile.is_some() || s.bare.names_account());
        let default = match world.account_named_at(scope) {
            Some(account) => Default::Account(account),
            None if names_one => Default::Unusable,
            None => Default::None,
        };
        let profiles = world.profile_names().into_iter().map(|name| {
            let selected = Located::new(name.to_owned(), Scope::Command, Origin::BuiltIn);
            (name.to_owned(), world.account_of_profile(&selected).ok())
        });
        Names { default, profiles: profiles.collect() }
    }

    /// Decides where an account's name goes.
    pub fn place(&self, account: &Account, wanted: &Wanted) -> ProfilePlace {
        let is_open = match wanted.select {
            Select::IfNoneNamed => self.default == Default::None,
            Select::Always | Select::IfNoDefault => !matches!(self.default, Default::Account(_)),
        };
        let selects = is_open || wanted.select == Select::Always;
        let as_profile = |name: &str| {
            if self.has(name, account) && !selects {
                return ProfilePlace::Known;
            }
            ProfilePlace::Profile { name: name.to_owned(), selects }
        };
        if let Some(name) = &wanted.profile {
            return as_profile(name);
        }
        if let Some(name) = &wanted.suggested
            && self.is_free_for(name, account)
        {
            return as_profile(name);
        }
        if self.default == Default::Account(account.clone()) {
            return ProfilePlace::Known;
        }
        match (self.holder(account), &wanted.suggested) {
            (Some(name), _) => as_profile(name),
            (None, Some(name)) => as_profile(&self.numbered(name)),
            (None, None) if is_open => ProfilePlace::Default,
            (None, None) => as_profile(&self.free_name(account)),
        }
    }

    /// Takes an account's new place, as if it were written.
    pub fn add(&mut self, account: &Account, place: &ProfilePlace) {
        match place {
            ProfilePlace::Known => {}
            ProfilePlace::Default => self.default = Default::Account(account.clone()),
            ProfilePlace::Profile { name, selects } => {
                self.profiles.insert(name.clone(), Some(account.clone()));
                if *selects {
                    self.default = Default::Account(account.clone());
                }
            }
        }
    }

    fn has(&self, name: &str, account: &Account) -> bool {
        self.profiles.get(name).is_some_and(|holder| holder.as_ref() == Some(account))
    }

    fn is_free_for(&self, name: &str, account: &Account) -> bool {
        !self.profiles.contains_key(name) || self.has(name, account)
    }

    /// Returns the first profile of an account.
    fn holder(&self, account: &Account) -> Option<&str> {
        let mut profiles = self.profiles.iter();
        let (name, _) = profiles.find(|(_, holder)| holder.as_ref() == Some(account))?;
        Some(name)
    }

    /// Returns the shortest name that no profile has.
    fn free_name(&self, account: &Account) -> String {
        let short = account.short_name();
        if !self.profiles.contains_key(short) {
            return short.to_owned();
        }
        let long = format!("{short}@{}", account.base_url().host());
        if self.profiles.contains_key(&long) { self.numbered(&long) } else { long }
    }

    /// Returns a name that no profile has: the wanted one with a number.
    fn numbered(&self, name: &str) -> String {
        let mut names = (2_u64..).map(|number| format!("{name}-{number}"));
        names.find(|name| !self.profiles.contains_key(name)).unwrap_or_else(|| name.to_owned())
    }
}

/// In an untrusted project that names an account no key is stored: it would stand beside settings that
/// somebody else wrote.
///
/// # Errors
/// The project, and what to type instead.
pub fn refuse_untrusted(destination: &Destination, facts: &Facts) -> Result<(), Error> {
    let Destination::Project(project) = destination else { return Ok(()) };
    let statement = facts.world.statements.iter().find(|s| s.scope == Scope::Project);
    let names = statement.is_some_and(|statement| {
        statement.standing == Standing::Untrusted
            && (statement.bare.names_account() || statement.profile.is_some())
    });
    if !names {
        return Ok(());
    }
    Err(Error::new(
        Kind::Refused,
        "this project is not trusted and names an account; no key is stored in it",
    )
    .at(project.file(CONFIG_FILE).display())
    .help("carto trust                 # shows the project's settings and asks")
    .help("carto config set apikey     # stores the key with your own settings"))
}

/// Decides where the account's name goes in a scope, by the user's own word up to it.
///
/// # Errors
/// A wanted profile that is another account.
pub fn place(
    world: &World,
    scope: Scope,
    account: &Account,
    wanted: &Wanted,
) -> Result<ProfilePlace, Error> {
    if let Some(name) = &wanted.profile {
        refuse_taken(world, account, name)?;
    }
    Ok(Names::of(world, scope).place(account, wanted))
}

/// Returns the first profile of an account.
pub fn profile_of<'a>(world: &'a World, account: &Account) -> Option<&'a str> {
    let named = |name: &str| {
        let selected = Located::new(name.to_owned(), Scope::Command, Origin::BuiltIn);
        world.account_of_profile(&selected).ok()
    };
    world.profile_names().into_iter().find(|name| named(name).as_ref() == Some(account))
}

/// Refuses a wanted name that another account has.
///
/// # Errors
/// The account that has it, and where.
pub fn refuse_taken(world: &World, account: &Account, name: &str) -> Result<(), Error> {
    let selected = Located::new(name.to_owned(), Scope::Command, Origin::BuiltIn);
    match world.account_of_profile(&selected) {
        Ok(known) if known != *account => Err(taken(world, name, &known)),
        _ => Ok(()),
    }
}

/// The error of a name that is another account's: its other fields would stay and be mixed in.
fn taken(world: &World, name: &str, account: &Account) -> Error {
    let what = format!("the profile `{}` is another account: {account}", escape::line(name));
    let error = Error::new(Kind::Usage, what);
    let Some(profile) = world.profile(name) else { return error };
    let flag = match profile.at.scope {
        Scope::User => String::new(),
        scope => format!("--{scope} "),
    };
    let old = shell_word(Path::new(name));
    error
        .at(&profile.at.origin)
        .help("choose another name")
        .help(format!("or free this one: carto profile rename {flag}{old} NEW"))
}

/// Returns the user's own word up to a scope.
///
/// # Errors
/// A file that cannot be read.
pub fn own_world(context: &Context, scope: Scope) -> Result<World, Error> {
    Ok(own_facts(context, scope)?.world)
}

/// Returns the user's own word up to a scope, and the stored keys.
///
/// # Errors
/// A file that cannot be read.
pub fn own_facts(context: &Context, scope: Scope) -> Result<Facts, Error> {
    let mut facts = if scope == Scope::Project {
        context.again().facts(None)?
    } else {
        context.without_project().facts(None)?
    };
    if let Some(error) = facts.broken.first() {
        return Err(error.clone());
    }
    facts.world.statements.retain(|statement| statement.scope <= scope && !statement.untrusted());
    Ok(facts)
}

/// Makes the names of several accounts ready to be written to their places, under the lock that was held
/// when the places were found in this world; nothing where there is none to write.
///
/// # Errors
/// The settings file cannot be read, edited or written; then none is written.
pub fn ready_settings<'a>(
    lock: &Lock,
    context: &Context,
    destination: &'a Destination,
    world: &World,
    accounts: &[(&Account, &ProfilePlace, &Wanted)],
) -> Result<Option<ReadyFile<'a>>, Error> {
    let mut values = Vec::new();
    for (account, place, wanted) in accounts {
        values.extend(values_of(world, destination.scope(), account, place, wanted));
    }
    if values.is_empty() {
        return Ok(None);
    }
    let change = |old: &str, layer: &Layer| set_all(old, layer, &values);
    let ready = destination.ready_config(lock, context, change, |_| Ok(()));
    ready.map_err(|error| if error.kind == Kind::Write { by_hand(error, &values) } else { error })
}

/// Says what to write into a settings file that carto cannot write, as one that is made from another by
/// NixOS, home-manager or a `ConfigMap`.
fn by_hand(error: Error, values: &Values) -> Error {
    let lines = values.iter().map(|(path, value)| {
        format!("    {} = {}", toml::dotted(path.iter().copied()), toml::literal(value))
    });
    let error = error
        .note("nothing is stored: neither the key nor the account")
        .help("if the file is made from another one, put these lines there and run this again:");
    lines.fold(error, Error::help)
}

/// What is written: keys by their parts, with their values.
type Values<'a> = Vec<(Vec<&'a str>, toml::Value)>;

fn values_of<'a>(
    world: &World,
    scope: Scope,
    account: &Account,
    place: &'a ProfilePlace,
    wanted: &Wanted,
) -> Values<'a> {
    let mut values: Values = Vec::new();
    let text = |text: &str| toml::Value::String(text.to_owned());
    let prefix: Vec<&str> = match place {
        ProfilePlace::Known => return values,
        ProfilePlace::Default => Vec::new(),
        ProfilePlace::Profile { name, .. } => vec!["profiles", name],
    };
    let mut put = |field, value| values.push(([prefix.as_slice(), &[field]].concat(), value));
    if account.base_url().needs_permission() {
        put("allow_non_secure", toml::Value::Bool(true));
    }
    let name_is_enough = *place == ProfilePlace::Default && name_is_enough(world, scope, account);
    if !name_is_enough {
        put("base_url", text(account.base_url().as_str()));
    }
    if let Some(name) = account.username() {
        put("username", text(name.as_str()));
    }
    if let Some(organization) = &wanted.organization {
        put("organization", text(organization));
    }
    if let ProfilePlace::Profile { name, selects: true } = place {
        values.push((vec!["profile"], text(name)));
    }
    values
}

/// Whether the name alone gives the account, so that a later `config set username` stays simple.
fn name_is_enough(world: &World, scope: Scope, account: &Account) -> bool {
    let Some(name) = account.username() else { return false };
    let name = Located::new(name.clone(), scope, Origin::BuiltIn);
    world.account_for_name(name).is_ok_and(|alone| alone == *account)
}

fn set_all(
    old: &str,
    layer: &Layer,
    values: &[(Vec<&str>, toml::Value)],
) -> Result<edit::Change, edit::EditError> {
    let written = |path: &[&str]| {
        layer.written(&SettingPath(path.iter().map(|segment| (*segment).to_owned()).collect()))
    };
    let written: Vec<_> = values.iter().map(|(path, value)| (written(path), value)).collect();
    let values: Vec<_> =
        written.iter().map(|(path, value)| (path.segments(), (*value).clone())).collect();
    edit::set_all(old, &values)
}
