//! `carto login`: an account and its key, asked for in the order in which people know them.

use std::io::BufRead as _;

use clap::Args;

use super::context::Context;
use super::destination::{Choice, Destination};
use super::given_key::{KeyInput, read_key};
use crate::account::{Account, World};
use crate::base_url::BaseUrl;
use crate::config::keys::check_profile_name;
use crate::config::{Layer, Located, Origin, Scope, edit};
use crate::credential::write::{NewKey, forget, put};
use crate::error::{Error, Kind, io_reason};
use crate::escape;
use crate::invocation::Invocation;
use crate::username::Username;

/// Store an account and its API key
///
/// The first account becomes the default. Another one becomes a profile, named after the account;
/// an account that is there already gets the new key.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto login https://johnsmith.carto.com               asks for the key without echo
  carto login https://maps.example.com/user/ann --key-stdin < key.txt")]
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
}

/// Runs the command.
pub fn run(context: &Context, args: &LoginArgs) -> Result<(), Error> {
    let profile = wanted_profile(context, args)?;
    let destination = Destination::find(context, Some(Choice::Scope(Scope::User)))?;
    let facts = own_facts(context)?;
    let account = account(&facts, args)?;
    if account.base_url().needs_permission() && !args.allow_non_secure {
        return Err(Error::new(Kind::Refused, format!("{account} would send the key unencrypted"))
            .help("use https")
            .help(format!("or permit it: carto login {} --allow-non-secure", account.base_url())));
    }
    if account.base_url().has_punycode() {
        context.output.warning("the host has an `xn--` label: it may look like another one");
    }
    context.output.note(&format!(
        "logging in to {account}; its key is shown at {}/your_apps",
        account.base_url()
    ));
    let prompt = format!("API key of {account}: ");
    let input = if args.key_stdin { KeyInput::Stdin } else { KeyInput::AskOrRead(&prompt) };
    let key = read_key(&input)?;
    let place = place(&facts, &account, profile.as_deref(), args);
    write_settings(context, &destination, &account, &place, args)?;
    let new = NewKey { account: Some(&account), profile: None, key: &key };
    let (path, _) = destination.edit_credentials(context, |path, text| {
        // A key from before any account was named would otherwise wait for the next one.
        let (change, unbound) = forget(path, text, |entry| entry.account.is_none())?;
        let text = match &change {
            edit::Change::Changed(text) => text.as_str(),
            edit::Change::Unchanged => text,
        };
        let (put, what) = put(path, text, &new)?;
        let all = if put == edit::Change::Unchanged { change } else { put };
        Ok((all, (what, unbound)))
    })?;
    context.output.note(&format!("stored the key in {}", path.display()));
    tell(context, &account, &place)
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

/// The user's own word only: neither the project, which could bring the target, nor this shell.
fn own_facts(context: &Context) -> Result<World, Error> {
    let facts = context.without_project().facts(None)?;
    if let Some(error) = facts.broken.first() {
        return Err(error.clone());
    }
    let mut world = facts.world;
    world.statements.retain(|statement| statement.scope <= Scope::User);
    Ok(world)
}

fn account(world: &World, args: &LoginArgs) -> Result<Account, Error> {
    let asked;
    let target = if let Some(target) = &args.target {
        target.as_str()
    } else {
        asked = ask("Base URL or user name (for example https://NAME.carto.com): ")?
            .ok_or_else(|| {
                Error::new(Kind::Usage, "login needs a base URL or a user name")
                    .help("carto login https://NAME.carto.com")
            })?;
        &asked
    };
    if target.contains("://") {
        return of_url(target, args);
    }
    if let Some(name) = &args.username {
        return Err(Error::new(Kind::Usage, format!(
            "`{}` is no base URL, and `--username {}` names the user already",
            escape::line(target),
            escape::line(name)
        ))
        .help(format!("carto login https://{}", escape::line(target))));
    }
    of_name(world, target)
}

fn of_url(text: &str, args: &LoginArgs) -> Result<Account, Error> {
    let usage = |what: String| Error::new(Kind::Usage, what);
    let url = BaseUrl::parse(text).map_err(|error| usage(format!("not a base URL: {error}")))?;
    let name = match &args.username {
        Some(name) => Some(parse_name(name)?),
        None if url.implied_username().is_none() => ask_for_name(&url)?,
        None => None,
    };
    Account::new(url, name).map_err(|error| usage(error.to_string()))
}

fn ask_for_name(url: &BaseUrl) -> Result<Option<Username>, Error> {
    let answer = ask(&format!("User name at {url} (empty if there is none): "))?;
    answer.filter(|name| !name.is_empty()).map(|name| parse_name(&name)).transpose()
}

fn parse_name(text: &str) -> Result<Username, Error> {
    Username::parse(text).map_err(|error| {
        let error = Error::new(Kind::Usage, error.to_string());
        if text.contains('.') { error.help(format!("for a URL: https://{}", escape::line(text))) } else { error }
    })
}

/// A name alone goes into the pattern of the user's own settings.
fn of_name(world: &World, text: &str) -> Result<Account, Error> {
    let name = parse_name(text)?;
    let shown = name.to_string();
    world.account_for_name(Located::new(name, Scope::User, Origin::Flag("login".to_owned()))).map_err(
        |refusal| {
            let error = Error { kind: Kind::Usage, places: Vec::new(), ..Error::from(refusal) };
            if shown.contains('.') {
                Error { help: vec![format!("carto login https://{shown}")], ..error }
            } else {
                error
            }
        },
    )
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

/// Where the account's name goes.
enum Place {
    /// It is there already.
    Known,
    /// Beside nothing else: it becomes the default.
    Default,
    /// As a profile of this name, which becomes the default or not.
    Profile { name: String, selects: bool },
}

fn place(world: &World, account: &Account, profile: Option<&str>, args: &LoginArgs) -> Place {
    let default = world.default_account();
    let known = |name: &str| {
        let selected = Located::new(name.to_owned(), Scope::Command, Origin::BuiltIn);
        world.account_of_profile(&selected).ok()
    };
    if let Some(name) = profile {
        return Place::Profile { name: name.to_owned(), selects: args.default || default.is_none() };
    }
    if default.as_ref() == Some(account) {
        return Place::Known;
    }
    let holder = world.profile_names().into_iter().find(|name| known(name).as_ref() == Some(account));
    if let Some(name) = holder {
        if args.default {
            return Place::Profile { name: name.to_owned(), selects: true };
        }
        return if default.is_some() { Place::Known } else { Place::Default };
    }
    if default.is_none() && world.statements.iter().all(|s| s.profile.is_none()) {
        return Place::Default;
    }
    // The shortest name that no other account has.
    let short = account.short_name();
    let long = format!("{short}@{}", account.base_url().host());
    let numbered = (2..).map(|number| format!("{long}-{number}"));
    let name = [short.to_owned(), long.clone()]
        .into_iter()
        .chain(numbered)
        .find(|name| world.profile(name).is_none())
        .unwrap_or(long);
    Place::Profile { name, selects: args.default }
}

fn write_settings(
    context: &Context,
    destination: &Destination,
    account: &Account,
    place: &Place,
    args: &LoginArgs,
) -> Result<(), Error> {
    let (prefix, selects) = match place {
        Place::Known if args.organization.is_none() => return Ok(()),
        Place::Known | Place::Default => (Vec::new(), None),
        Place::Profile { name, selects } => {
            (vec!["profiles".to_owned(), name.clone()], selects.then_some(name))
        }
    };
    let mut fields: Vec<(&str, edit::Value)> = Vec::new();
    if !matches!(place, Place::Known) {
        if account.base_url().needs_permission() {
            fields.push(("allow_non_secure", edit::Value::Bool(true)));
        }
        if let Some(name) = account.username() {
            fields.push(("username", edit::Value::String(name.to_string())));
        }
        fields.push(("base_url", edit::Value::String(account.base_url().to_string())));
    }
    if let Some(organization) = &args.organization {
        fields.push(("organization", edit::Value::String(organization.clone())));
    }
    let change = |text: &str, layer: &Layer| {
        let mut text = text.to_owned();
        let mut changed = false;
        let mut set = |path: Vec<String>, value: &edit::Value| {
            let path = layer.written(&crate::config::keys::KeyPath(path));
            if let edit::Change::Changed(new) = edit::set(&text, &path.segments(), value)? {
                text = new;
                changed = true;
            }
            Ok::<(), edit::EditError>(())
        };
        for (field, value) in &fields {
            let mut path = prefix.clone();
            path.push((*field).to_owned());
            set(path, value)?;
        }
        if let Some(name) = selects {
            set(vec!["profile".to_owned()], &edit::Value::String(name.clone()))?;
        }
        Ok(if changed { edit::Change::Changed(text) } else { edit::Change::Unchanged })
    };
    destination.edit_config(context, change, |_| Ok(()))?;
    Ok(())
}

/// Says what was stored where, and what still hides it.
fn tell(context: &Context, account: &Account, place: &Place) -> Result<(), Error> {
    match place {
        Place::Known => {}
        Place::Default => context.output.note(&format!("{account} is now your default account")),
        Place::Profile { name, selects: true } => context
            .output
            .note(&format!("{account} is now your default account, as profile {name}")),
        Place::Profile { name, selects: false } => context.output.note(&format!(
            "{account} is profile {name}: carto --profile {name} ..., or carto profile use {name}"
        )),
    }
    let fresh = context.again();
    let world = fresh.facts(None)?.world;
    if world.default_account().as_ref() != Some(account) {
        return Ok(());
    }
    let above = world.candidates().into_iter().find(|candidate| candidate.scope > Scope::User);
    if let Some(other) = above {
        context.output.note(&format!(
            "another account is used here: {} names it ({})",
            other.what, other.origin
        ));
    }
    Ok(())
}
