//! Where a new account's name goes: it becomes the default, a profile, or is there already.
//! `login` and `credentials import` share it.

use std::path::Path;

use super::context::Context;
use super::destination::Destination;
use crate::account::{Account, World};
use crate::config::keys::KeyPath;
use crate::config::{Layer, Located, Origin, Scope, edit};
use crate::error::{Error, Kind, shell_word};
use crate::escape;
use crate::replace_file::Lock;

/// Whether the account becomes the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Select {
    /// Only where the scope names none.
    IfNoDefault,
    /// In any case.
    Always,
}

/// What is wanted for the account.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The profile's name.
    pub profile: Option<String>,
    /// Whether it becomes the default.
    pub select: Select,
    /// Its organization.
    pub organization: Option<String>,
}

/// Where the account's name goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
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

impl Place {
    /// Gives the place beside an account that was stored before it and may be the default.
    #[must_use]
    pub fn without_selecting(self, account: &Account) -> Self {
        match self {
            Place::Known => Place::Known,
            Place::Default => {
                Place::Profile { name: account.short_name().to_owned(), selects: false }
            }
            Place::Profile { name, .. } => Place::Profile { name, selects: false },
        }
    }

    /// Says where the account's name went, in words that follow a sentence.
    pub fn words(&self) -> String {
        match self {
            Place::Known => ", the account was there".to_owned(),
            Place::Default => ", as the default account".to_owned(),
            Place::Profile { name, selects: true } => {
                format!(", as profile {name}, which is now the default")
            }
            Place::Profile { name, selects: false } => format!(", as profile {name}"),
        }
    }
}

/// Decides where the account's name goes in a scope. Only the user's own word counts here, neither
/// an untrusted project's nor this shell's.
///
/// # Errors
/// A broken file; an untrusted project that names an account.
pub fn place(
    context: &Context,
    destination: &Destination,
    account: &Account,
    wanted: &Wanted,
) -> Result<Place, Error> {
    let scope = destination.scope();
    let world = own_world(context, scope)?;
    let default = world.account_named_at(scope);
    let selects = wanted.select == Select::Always;
    let named = |name: &str| {
        let selected = Located::new(name.to_owned(), Scope::Command, Origin::BuiltIn);
        world.account_of_profile(&selected).ok()
    };
    if let Some(name) = &wanted.profile {
        let selects = selects || default.is_none();
        match named(name) {
            Some(known) if known == *account && !selects => return Ok(Place::Known),
            Some(known) if known != *account => return Err(taken(&world, name, &known)),
            _ => {}
        }
        return Ok(Place::Profile { name: name.clone(), selects });
    }
    if default.as_ref() == Some(account) {
        return Ok(Place::Known);
    }
    let holder = profile_of(&world, account);
    let Some(_) = default else {
        return Ok(match holder {
            Some(name) => Place::Profile { name: name.to_owned(), selects: true },
            None => Place::Default,
        });
    };
    if let Some(name) = holder {
        let name = name.to_owned();
        return Ok(if selects { Place::Profile { name, selects } } else { Place::Known });
    }
    Ok(Place::Profile { name: free_name(&world, account), selects })
}

/// Gives the first profile of an account.
pub fn profile_of<'a>(world: &'a World, account: &Account) -> Option<&'a str> {
    let named = |name: &str| {
        let selected = Located::new(name.to_owned(), Scope::Command, Origin::BuiltIn);
        world.account_of_profile(&selected).ok()
    };
    world.profile_names().into_iter().find(|name| named(name).as_ref() == Some(account))
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

/// Gives the user's own word up to a scope.
///
/// # Errors
/// A file that cannot be read.
pub fn own_world(context: &Context, scope: Scope) -> Result<World, Error> {
    let facts = if scope == Scope::Project {
        context.again().facts(None)?
    } else {
        context.without_project().facts(None)?
    };
    if let Some(error) = facts.broken.first() {
        return Err(error.clone());
    }
    let mut world = facts.world;
    world.statements.retain(|statement| statement.scope <= scope && !statement.untrusted());
    Ok(world)
}

/// Gives the shortest name that no profile has.
fn free_name(world: &World, account: &Account) -> String {
    let short = account.short_name();
    let long = format!("{short}@{}", account.base_url().host());
    let numbered = (2..).map(|number| format!("{long}-{number}"));
    let mut names = [short.to_owned(), long.clone()].into_iter().chain(numbered);
    names.find(|name| world.profile(name).is_none()).unwrap_or(long)
}

/// Writes the account's name to its place, under the lock that was held when the place was found.
///
/// # Errors
/// The settings file cannot be read, edited or written.
pub fn write_settings(
    lock: &Lock,
    context: &Context,
    destination: &Destination,
    account: &Account,
    place: &Place,
    wanted: &Wanted,
) -> Result<(), Error> {
    let mut values: Vec<(Vec<&str>, edit::Value)> = Vec::new();
    let text = |text: &str| edit::Value::String(text.to_owned());
    let prefix: Vec<&str> = match place {
        Place::Known => return Ok(()),
        Place::Default => Vec::new(),
        Place::Profile { name, .. } => vec!["profiles", name],
    };
    let mut put = |field, value| values.push(([prefix.as_slice(), &[field]].concat(), value));
    if account.base_url().needs_permission() {
        put("allow_non_secure", edit::Value::Bool(true));
    }
    let name_is_enough =
        *place == Place::Default && name_is_enough(context, destination.scope(), account)?;
    if !name_is_enough {
        put("base_url", text(account.base_url().as_str()));
    }
    if let Some(name) = account.username() {
        put("username", text(name.as_str()));
    }
    if let Some(organization) = &wanted.organization {
        put("organization", text(organization));
    }
    if let Place::Profile { name, selects: true } = place {
        values.push((vec!["profile"], text(name)));
    }
    let change = |old: &str, layer: &Layer| set_all(old, layer, &values);
    destination.edit_config_under(lock, context, change, |_| Ok(()))?;
    Ok(())
}

/// Whether the name alone gives the account, so that a later `config set username` stays simple.
fn name_is_enough(context: &Context, scope: Scope, account: &Account) -> Result<bool, Error> {
    let Some(name) = account.username() else { return Ok(false) };
    let world = own_world(context, scope)?;
    let name = Located::new(name.clone(), scope, Origin::BuiltIn);
    Ok(world.account_for_name(name).is_ok_and(|alone| alone == *account))
}

fn set_all(
    old: &str,
    layer: &Layer,
    values: &[(Vec<&str>, edit::Value)],
) -> Result<edit::Change, edit::EditError> {
    let mut text = old.to_owned();
    for (path, value) in values {
        let path = KeyPath(path.iter().map(|segment| (*segment).to_owned()).collect());
        if let edit::Change::Changed(new) =
            edit::set(&text, &layer.written(&path).segments(), value)?
        {
            text = new;
        }
    }
    Ok(if text == old { edit::Change::Unchanged } else { edit::Change::Changed(text) })
}
