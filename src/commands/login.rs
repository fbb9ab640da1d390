//! `carto login`: an account and its key, asked for in the order in which people know them.

use std::io::BufRead as _;
use std::path::Path;

use clap::{Args, ValueEnum};

use crate::account::{Account, Decision, World};
use crate::base_url::{BaseUrl, BaseUrlError, PastedAddress};
use crate::config::SettingPath;
use crate::config::places::CREDENTIALS_FILE;
use crate::config::setting::check_profile_name;
use crate::config::{Located, Origin, Scope};
use crate::credential::source::{SecretSource, StoredKey};
use crate::credential::store::Stored;
use crate::credential::write::{NewKey, Put, forget, put};
use crate::credential::{Nearness, TokenEnd};
use crate::error::{Error, Kind, io_reason, shell_word};
use crate::escape;
use crate::explain::hidden::tell_what_hides;
use crate::invocation::Invocation;
use crate::layer_file::destination::Destination;
use crate::layer_file::edit_file::put_all;
use crate::layer_file::forget_key::tell_what_was_replaced;
use crate::layer_file::new_account::{self, ProfilePlace, Select, Wanted};
use crate::layer_file::scope_args::ScopeChoice;
use crate::output::Output;
use crate::resolve::context::Context;
use crate::resolve::given_key::{KeyInput, read_key};
use crate::secret::{Secret, looks_like_key};
use crate::toml::edit;
use crate::username::Username;

/// Store an account and its API key
///
/// The first account becomes the default. Another one becomes a profile, named after the account;
/// an account that is there already gets the new key.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto login https://johnsmith.carto.com               asks without echo
  carto login https://maps.example.com/user/ann --key-stdin < key.txt
  carto login https://johnsmith.carto.com --store git   keeps it in a keychain")]
pub struct LoginArgs {
    /// The account's base URL, or its user name
    #[arg(value_name = "URL|NAME")]
    target: Option<String>,
    /// The user name, where the URL does not say it
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Read the key from standard input
    #[arg(long)]
    key_stdin: bool,
    /// Store the account as this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Make the account the default
    #[arg(long)]
    default: bool,
    /// The organization
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// Permit `http://` for this account
    #[arg(long)]
    allow_non_secure: bool,
    /// Where the key is kept; an account that is there already keeps to its place, else `file`
    #[arg(long, value_enum, value_name = "PLACE")]
    store: Option<Store>,
}

/// Where a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Store {
    /// In carto's file `credentials.toml`, readable by you alone
    File,
    /// In git's credential helpers, and so in the platform's keychain
    Git,
}

/// Runs the command.
pub fn run(context: &Context, args: &LoginArgs) -> Result<(), Error> {
    let profile = wanted_profile(context, args)?;
    let destination = Destination::find(context, Some(ScopeChoice::Scope(Scope::User)))?;
    let before = new_account::own_facts(context, Scope::User)?;
    let account = account(context, &before.world, args)?;
    refuse_unencrypted(&account, args)?;
    announce(context, &account);
    let wanted = Wanted {
        profile,
        suggested: None,
        select: if args.default { Select::Always } else { Select::IfNoDefault },
        organization: args.organization.clone(),
    };
    // What is refused is refused before the key is asked for.
    new_account::place(&before.world, Scope::User, &account, &wanted)?;
    let old = before.stored.into_iter().find(|entry| {
        entry.scope == Scope::User
            && entry.account.as_ref() == Some(&account)
            && entry.profile.is_none()
    });
    let store_in = place_of_key(context, args, old.as_ref());
    let key = read(context, args, &account, store_in)?;
    let entry = match store_in {
        Store::File => StoredKey::Literal(key.clone()),
        Store::Git => StoredKey::Source(SecretSource::GitCredential),
    };
    let new = NewKey { account: Some(&account), profile: None, key: &entry };
    // Another login may have taken the place meanwhile.
    let lock = destination.hold(context)?;
    let world = new_account::own_world(context, Scope::User)?;
    let place = new_account::place(&world, Scope::User, &account, &wanted)?;
    // Everything is made ready before the first of it is put: a login is whole or not at all.
    let (credentials, what) =
        destination.ready_credentials(&lock, context, |path, text| store(path, text, &new))?;
    let named = [(&account, &place, &wanted)];
    let settings = new_account::ready_settings(&lock, context, &destination, &world, &named)?;
    if store_in == Store::Git {
        context.git_store(Some(&account), |store| store.keep(&key))?;
    }
    put_all(context, credentials.into_iter().chain(settings))?;
    let path = destination.directory()?.join(CREDENTIALS_FILE);
    let key = entry;
    drop(lock);
    tell_where(context, &path, what, &key);
    tell_end(context, &key);
    if let Some(old) = old.filter(|_| what == Put::Replaced) {
        tell_what_was_replaced(context, &old);
    }
    if place == ProfilePlace::Known {
        tell_known(context, &world, &account, &wanted);
    }
    tell(context, &destination, &account, &place, &wanted)
}

/// Shows the account, and where its key is found, before the key is read.
fn announce(context: &Context, account: &Account) {
    if account.base_url().has_punycode() {
        context.output.warning("the host has an `xn--` label: it may look like another one");
    }
    context.output.note(&format!(
        "logging in to {account}; its key is shown {}",
        account.base_url().place_of_keys()
    ));
}

fn refuse_unencrypted(account: &Account, args: &LoginArgs) -> Result<(), Error> {
    if !account.base_url().needs_permission() || args.allow_non_secure {
        return Ok(());
    }
    Err(Error::new(Kind::Refused, format!("{account} would send the key unencrypted"))
        .help("use https")
        .help(format!("or permit it: carto login {} --allow-non-secure", account.base_url())))
}

/// Asks for the key.
fn read(
    context: &Context,
    args: &LoginArgs,
    account: &Account,
    store_in: Store,
) -> Result<Secret, Error> {
    if store_in == Store::Git {
        // Nobody should type a key that cannot be kept.
        context.git_store(Some(account), |_| Ok(()))?;
    }
    let prompt = format!("API key of {account}: ");
    let input = if args.key_stdin { KeyInput::Stdin } else { KeyInput::AskOrRead(&prompt) };
    read_key(&context.output, &input)
}

/// Decides where the key is kept: where the command line says, else where it was.
fn place_of_key(context: &Context, args: &LoginArgs, old: Option<&Stored>) -> Store {
    if let Some(store) = args.store {
        return store;
    }
    match old.and_then(|old| old.key.source()) {
        Some(SecretSource::GitCredential) => {
            context.output.note("the key goes to git's credential helpers, as the one before it");
            Store::Git
        }
        Some(_) | None => Store::File,
    }
}

fn tell_where(context: &Context, path: &Path, what: Put, key: &StoredKey) {
    let path = path.display();
    context.output.note(&match (key, what) {
        (StoredKey::Source(_), _) => {
            format!("git's credential helpers keep the key; {path} says so")
        }
        (StoredKey::Literal(_), Put::Replaced) => format!("replaced the key in {path}"),
        (StoredKey::Literal(_), Put::Added | Put::Same) => format!("stored the key in {path}"),
    });
}

/// Says when a token ends. One that has ended is stored all the same: it is what was given.
fn tell_end(context: &Context, key: &StoredKey) {
    let Some(end) = key.literal().and_then(TokenEnd::of) else { return };
    let has_ended = end.nearness() == Nearness::Passed;
    let tell = if has_ended { Output::warning } else { Output::note };
    tell(&context.output, &format!("the token {end}"));
}

/// Stores the key. One from before any account was named goes: it would wait for the next name.
fn store(path: &Path, text: &str, new: &NewKey) -> Result<(edit::Change, Put), Error> {
    let (dropped, _) = forget(path, text, |entry| entry.account.is_none())?;
    let text = match &dropped {
        edit::Change::Changed(text) => text.as_str(),
        edit::Change::Unchanged => text,
    };
    let (change, what) = put(path, text, new)?;
    Ok((if change == edit::Change::Unchanged { dropped } else { change }, what))
}

fn wanted_profile(context: &Context, args: &LoginArgs) -> Result<Option<String>, Error> {
    let global = match &context.globals.profile {
        None => None,
        Some(name) => Some(name.to_str().map(str::to_owned).ok_or_else(|| {
            Error::new(Kind::Usage, "the profile's name is not UTF-8").at("--profile")
        })?),
    };
    let profile = args.profile.clone().or(global);
    if let Some(name) = &profile {
        check_profile_name(name)
            .map_err(|reason| Error::new(Kind::Usage, reason).at("--profile"))?;
    }
    Ok(profile)
}

fn account(context: &Context, world: &World, args: &LoginArgs) -> Result<Account, Error> {
    let asked;
    let target = if let Some(target) = &args.target {
        target.as_str()
    } else {
        asked = ask("Base URL or user name (for example https://NAME.carto.com): ")?.ok_or_else(
            || {
                Error::new(Kind::Usage, "login needs a base URL or a user name")
                    .help("carto login https://NAME.carto.com")
            },
        )?;
        &asked
    };
    let target = target.trim();
    if target.contains("://") {
        return of_url(context, target, args);
    }
    if looks_like_key(target) {
        return Err(Error::new(Kind::Usage, "this looks like an API key, not an account")
            .help("carto login https://NAME.carto.com     # asks for the key"));
    }
    if target.contains('@') {
        // A password may stand before it: nothing of it is repeated.
        let what = "an account is named by its base URL or its user name, not by an e-mail address";
        return Err(Error::new(Kind::Usage, what).help("carto login https://NAME.carto.com"));
    }
    if let Some(name) = &args.username {
        let what = format!(
            "the account is no base URL, and `--username {}` names the user already",
            escape::line(name)
        );
        return Err(with_url(Error::new(Kind::Usage, what), target));
    }
    of_name(world, target)
}

/// Adds the command that logs in with a base URL: of the text, where that is one without its scheme.
fn with_url(error: Error, text: &str) -> Error {
    let url = BaseUrl::without_scheme(text);
    let url = url.map_or("https://NAME.carto.com".to_owned(), |url| url.to_string());
    error.help(format!("carto login {url}"))
}

fn of_url(context: &Context, text: &str, args: &LoginArgs) -> Result<Account, Error> {
    let usage = |what: String| Error::new(Kind::Usage, what);
    let typed = PastedAddress::new(text);
    let url = BaseUrl::parse(&typed.text).map_err(|error| not_a_base_url(&error))?;
    if let Some(note) = typed.note() {
        context.output.note(&note);
    }
    let name = match &args.username {
        Some(name) => Some(parse_name(name)?),
        None if url.implied_username().is_none() && !url.is_current_platform() => {
            ask_for_name(&url)?
        }
        None => None,
    };
    Account::new(url, name).map_err(|error| usage(error.to_string()))
}

fn not_a_base_url(error: &BaseUrlError) -> Error {
    let right = match error {
        BaseUrlError::Workspace(_) => "https://REGION.api.carto.com",
        _ => "https://NAME.carto.com",
    };
    Error::new(Kind::Usage, format!("not a base URL: {error}")).help(format!("carto login {right}"))
}

fn ask_for_name(url: &BaseUrl) -> Result<Option<Username>, Error> {
    let answer = ask(&format!("User name at {url} (empty if there is none): "))?;
    let name = answer.filter(|name| !name.is_empty()).map(|name| parse_name(&name)).transpose();
    name.map_err(|error| {
        let shown = "what was typed stands on this terminal: make a new key if it was one";
        error.note(shown).help(format!("carto login {url} --username NAME"))
    })
}

fn parse_name(text: &str) -> Result<Username, Error> {
    Username::parse(text).map_err(|error| Error::new(Kind::Usage, error.to_string()))
}

/// A name alone goes into the pattern of the user's own settings.
fn of_name(world: &World, text: &str) -> Result<Account, Error> {
    if let Err(error @ (BaseUrlError::Site(_) | BaseUrlError::Workspace(_))) =
        BaseUrl::parse(&format!("https://{text}"))
    {
        return Err(not_a_base_url(&error));
    }
    let name = parse_name(text).map_err(|error| with_url(error, text))?;
    let shown = name.to_string();
    world
        .account_for_name(Located::new(name, Scope::User, Origin::Flag("login".to_owned())))
        .map_err(|refusal| {
            let error = Error { kind: Kind::Usage, places: Vec::new(), ..Error::from(refusal) };
            if shown.contains('.') {
                with_url(Error { help: Vec::new(), ..error }, &shown)
            } else {
                error
            }
        })
}

/// Asks a person for a line; nothing where there is no terminal.
fn ask(prompt: &str) -> Result<Option<String>, Error> {
    if !Invocation::can_ask() {
        return Ok(None);
    }
    crate::output::prompt(prompt);
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| {
        Error::new(Kind::Usage, format!("no answer was read: {}", io_reason(&error)))
    })?;
    let line = line.trim();
    Ok((!line.is_empty()).then(|| line.to_owned()))
}

/// Says where the account is named, and what still hides it.
fn tell(
    context: &Context,
    destination: &Destination,
    account: &Account,
    place: &ProfilePlace,
    wanted: &Wanted,
) -> Result<(), Error> {
    let file = destination.config_path();
    let file = file.display();
    let note = |text: String| context.output.note(&text);
    match place {
        ProfilePlace::Known => {}
        ProfilePlace::Default => note(format!("{account} is now your default account, in {file}")),
        ProfilePlace::Profile { name, selects: true } => {
            note(format!("{account} is now your default account, as profile {name} in {file}"));
        }
        ProfilePlace::Profile { name, selects: false } => note(format!(
            "{account} is profile {name} in {file}: carto --profile {word} ..., or carto profile use {word}",
            word = shell_word(Path::new(name))
        )),
    }
    let profile = match place {
        ProfilePlace::Profile { name, .. } => Some(name.as_str()),
        ProfilePlace::Known | ProfilePlace::Default => wanted.profile.as_deref(),
    };
    tell_what_hides(context, account, profile)
}

/// Says where an account is named that was there already; its settings stay as they are.
fn tell_known(context: &Context, world: &World, account: &Account, wanted: &Wanted) {
    let default = match world.resolve() {
        Decision::Chosen(chosen) if chosen.account == *account => Some(chosen),
        _ => None,
    };
    let profile = match (&wanted.profile, &default) {
        (Some(name), _) => Some(name.as_str()),
        (None, Some(default)) => default.profile(),
        (None, None) => new_account::profile_of(world, account),
    };
    let what = match profile {
        Some(name) if wanted.profile.is_some() || default.is_none() => format!("profile {name}"),
        _ => "your default account".to_owned(),
    };
    context.output.note(&format!("{account} is {what}, as before"));
    if let Some(organization) = &wanted.organization {
        let table = profile.map(|name| vec!["profiles".to_owned(), name.to_owned()]);
        let key =
            SettingPath([table.unwrap_or_default(), vec!["organization".to_owned()]].concat());
        context.output.note(&format!(
            "its organization stays as it was: carto config set {} {}",
            shell_word(Path::new(&key.to_string())),
            shell_word(Path::new(organization))
        ));
    }
}
