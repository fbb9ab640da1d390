//! `carto config set apikey`: the key of the account that the scope names.

use crate::account::Account;
use crate::commands::context::{Context, Facts};
use crate::commands::destination::Destination;
use crate::commands::given_key::{KeyInput, read_key};
use crate::commands::scope_args::Choice;
use crate::config::discover::Files;
use crate::config::{Located, Origin, Scope, Standing};
use crate::credential::write::{NewKey, Put, put};
use crate::error::{Error, Kind};

/// Stores a key. Everything that can be refused is refused before the key is read.
pub(super) fn run(
    context: &Context,
    choice: Option<Choice>,
    value: Option<&str>,
) -> Result<(), Error> {
    let destination = Destination::find(context, choice)?;
    destination.directory()?;
    let facts = context.facts(None)?;
    // A file that cannot be read may name the account that the key is for.
    if let Some(error) = facts.broken.first() {
        return Err(error.clone());
    }
    refuse_untrusted(&destination, &facts)?;
    refuse_unread(context, &destination, &facts)?;
    let selected = selected_profile(context)?;
    let account = match &selected {
        Some(profile) => Some(facts.world.account_of_profile(profile)?),
        None => facts.world.account_at(destination.scope())?,
    };
    let marker = selected.as_ref().and_then(|profile| {
        account.as_ref().and_then(|account| marker(&facts, &destination, account, &profile.value))
    });
    let prompt = match &account {
        Some(account) => format!("API key of {account} ({}/your_apps): ", account.base_url()),
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
    let key = read_key(&input)?;
    if key.is_default_public() {
        context.output.note("default_public is CARTO's public key: it gives public data only");
    }
    let new = NewKey { account: account.as_ref(), profile: marker.as_deref(), key: &key };
    let (path, what) = destination.edit_credentials(context, |path, text| put(path, text, &new))?;
    tell(context, account.as_ref(), &path.display().to_string(), what);
    Ok(())
}

fn tell(context: &Context, account: Option<&Account>, path: &str, what: Put) {
    let done = match what {
        Put::Added => "stored",
        Put::Replaced => "replaced",
        Put::Same => "already had",
    };
    match account {
        Some(account) => context.output.note(&format!("{done} the key of {account} in {path}")),
        None => context.output.note(&format!(
            "{done} a key in {path} that belongs to no account yet and is sent nowhere; \
             next: carto config set username NAME"
        )),
    }
}

/// In an untrusted project that names an account nobody should type a key: it would be stored
/// beside settings that somebody else wrote.
fn refuse_untrusted(destination: &Destination, facts: &Facts) -> Result<(), Error> {
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
    .at(project.file(crate::config::discover::CONFIG_FILE).display())
    .help("carto trust                 # shows the project's settings and asks")
    .help("carto config set apikey     # stores the key with your own settings"))
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
