//! `carto config set apikey`: the key of the account that the scope names.

use std::ffi::OsStr;

use crate::account::Account;
use crate::config::places::Files;
use crate::config::{Located, Origin, Scope};
use crate::credential::source::{SecretSource, StoredKey};
use crate::credential::write::{NewKey, Put, put};
use crate::error::{Error, Kind};
use crate::layer_file::destination::Destination;
use crate::layer_file::forget_key::tell_what_was_replaced;
use crate::layer_file::new_account;
use crate::layer_file::scope_args::ScopeChoice;
use crate::resolve::context::Context;
use crate::resolve::facts::Facts;
use crate::resolve::given_key::{KeyInput, read_key};
use crate::secret::Secret;

/// What is to be stored.
pub(super) enum NewValue<'a> {
    /// A key: this one, or one that is asked for.
    Key(Option<&'a str>),
    /// Where the key is fetched from.
    Source(SecretSource),
}

/// Stores a key, or where it comes from. Everything that can be refused is refused before a key is
/// read; a source is not tried, as it may ask for a passphrase.
pub(super) fn run(
    context: &Context,
    choice: Option<ScopeChoice>,
    value: NewValue,
) -> Result<(), Error> {
    let destination = Destination::find(context, choice)?;
    destination.directory()?;
    if matches!(value, NewValue::Source(_)) && destination.scope() == Scope::Project {
        return Err(Error::new(Kind::Usage, "a project cannot name a secret source")
            .note("what runs, or is read, is for you to say; projects come with clones")
            .help("leave --project out: the key is then fetched for this account everywhere"));
    }
    let facts = context.facts(None)?;
    // A file that cannot be read may name the account that the key is for.
    if let Some(error) = facts.broken.first() {
        return Err(error.clone());
    }
    new_account::refuse_untrusted(&destination, &facts)?;
    refuse_unread(context, &destination, &facts)?;
    let selected = selected_profile(context)?;
    let account = match &selected {
        Some(profile) => Some(facts.world.account_of_profile(profile)?),
        None => facts.world.account_at(destination.scope())?,
    };
    let marker = selected.as_ref().and_then(|profile| {
        account.as_ref().and_then(|account| marker(&facts, &destination, account, &profile.value))
    });
    let key = match value {
        NewValue::Key(value) => StoredKey::Literal(read(context, account.as_ref(), value)?),
        NewValue::Source(source) => {
            judge(&source, account.as_ref())?;
            StoredKey::Source(source)
        }
    };
    let new = NewKey { account: account.as_ref(), profile: marker.as_deref(), key: &key };
    let old = facts.stored.iter().find(|entry| {
        entry.scope == destination.scope() && entry.account == account && entry.profile == marker
    });
    let (path, what) = destination.edit_credentials(context, |path, text| put(path, text, &new))?;
    tell(context, account.as_ref(), &path.display().to_string(), what, &key);
    if let Some(old) = old.filter(|_| what == Put::Replaced) {
        tell_what_was_replaced(context, old);
    }
    if let StoredKey::Source(source) = &key {
        tell_what_is_missing(context, source, account.as_ref());
    }
    Ok(())
}

fn read(
    context: &Context,
    account: Option<&Account>,
    value: Option<&str>,
) -> Result<Secret, Error> {
    let prompt = match account {
        Some(account) => {
            format!("API key of {account} ({}): ", account.base_url().place_of_keys())
        }
        None => "API key: ".to_owned(),
    };
    let input = match value {
        Some(text) => {
            context.output.note(
                "a key on the command line stays in the shell's history; without VALUE carto asks",
            );
            KeyInput::Given(text)
        }
        None => KeyInput::AskOrRead(&prompt),
    };
    let key = read_key(&context.output, &input)?;
    if key.is_default_public() {
        context.output.note("default_public is CARTO's public key: it gives public data only");
    }
    Ok(key)
}

/// git's credential helpers are asked by URL and user name.
fn judge(source: &SecretSource, account: Option<&Account>) -> Result<(), Error> {
    if *source != SecretSource::GitCredential || account.is_some_and(|a| a.username().is_some()) {
        return Ok(());
    }
    let what = "git's credential helpers are asked by URL and user name, and no user is named here";
    Err(Error::new(Kind::Refused, what)
        .at("--from-git")
        .help("carto login URL --username NAME --store git"))
}

fn tell(context: &Context, account: Option<&Account>, path: &str, what: Put, key: &StoredKey) {
    let done = match what {
        Put::Added => "stored",
        Put::Replaced => "replaced",
        Put::Same => "already had",
    };
    let unbound =
        "belongs to no account yet and is sent nowhere; next: carto config set username NAME";
    context.output.note(&match (account, key.source()) {
        (Some(account), None) => format!("{done} the key of {account} in {path}"),
        (None, None) => format!("{done} a key in {path} that {unbound}"),
        (Some(account), Some(source)) if what == Put::Same => {
            format!("{path} said so already: the key of {account} comes from {source}")
        }
        (Some(account), Some(source)) => {
            format!("the key of {account} now comes from {source}, as {path} says")
        }
        (None, Some(source)) => format!("the key from {source}, named in {path}, {unbound}"),
    });
}

/// Says what looks as if the key could not be fetched, without running anything of the user's.
fn tell_what_is_missing(context: &Context, source: &SecretSource, account: Option<&Account>) {
    let missing = match source {
        SecretSource::Command(words) => {
            words.first().and_then(|name| context.find_program(OsStr::new(name)).err())
        }
        SecretSource::File(path) => {
            (!path.exists()).then(|| "there is no such file yet".to_owned())
        }
        SecretSource::Env(name) => {
            let unset = context.invocation.env.get(name).is_none();
            unset.then(|| "it is not set here".to_owned())
        }
        SecretSource::GitCredential => {
            context.git_store(account, |store| store.fetch()).err().map(|error| error.what)
        }
    };
    match (missing, source) {
        (Some(what), SecretSource::GitCredential) => context.output.warning(&what),
        (Some(what), _) => context.output.warning(&format!("{source}: {what}")),
        (None, SecretSource::GitCredential) => {}
        (None, _) => {
            context.output.note("it was not tried; to see the key: carto config get apikey");
        }
    }
}

/// A project that could not be read before may name another account than the scopes below it.
fn refuse_unread(context: &Context, destination: &Destination, facts: &Facts) -> Result<(), Error> {
    let Destination::Project(project) = destination else { return Ok(()) };
    let reason = match facts.world.project.as_ref().map(|seen| seen.foreign.as_deref()) {
        Some(None) => return Ok(()),
        Some(Some(reason)) => reason,
        None if context.globals.files(&context.nested) != Files::All => return Ok(()),
        None => "it could not be seen",
    };
    Err(Error::new(Kind::Refused, "the project's settings cannot be read; no key is stored in it")
        .at(project.place.dir().display())
        .note(reason.to_owned()))
}

fn selected_profile(context: &Context) -> Result<Option<Located<String>>, Error> {
    let Some(name) = &context.globals.profile else { return Ok(None) };
    let name = name.to_str().ok_or_else(|| {
        Error::new(Kind::Usage, "the profile's name is not UTF-8").at("--profile")
    })?;
    let origin = Origin::Flag(format!("--profile {name}"));
    Ok(Some(Located::new(name.to_owned(), Scope::Command, origin)))
}

/// A second key of an account that another name reaches too is marked with the profile; the first
/// one serves every name.
fn marker(
    facts: &Facts,
    destination: &Destination,
    account: &Account,
    profile: &str,
) -> Option<String> {
    let here = |entry: &&crate::credential::store::Stored| {
        entry.scope == destination.scope() && entry.account.as_ref() == Some(account)
    };
    let marked =
        facts.stored.iter().filter(here).any(|entry| entry.profile.as_deref() == Some(profile));
    let unmarked = facts.stored.iter().filter(here).any(|entry| entry.profile.is_none());
    let shared = facts.world.default_account().as_ref() == Some(account)
        && !facts.default_is_profile(profile)
        || facts.world.profile_names().iter().any(|other| {
            *other != profile
                && facts
                    .world
                    .account_of_profile(&Located::new(
                        (*other).to_owned(),
                        Scope::Command,
                        Origin::BuiltIn,
                    ))
                    .is_ok_and(|other| other == *account)
        });
    (marked || unmarked && shared).then(|| profile.to_owned())
}
