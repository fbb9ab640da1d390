//! `carto profile remove`: a named account, and whatever selects it there.

use std::path::{Path, PathBuf};

use clap::Args;

use super::other_scopes::{elsewhere, scope_flag, tell_other_definition, unknown, word};
use super::rename::sound_facts;
use super::selectors;
use super::table::{self, Written};
use crate::account::{Account, World};
use crate::config::SettingPath;
use crate::config::places::CREDENTIALS_FILE;
use crate::config::{Layer, Located, Origin, Scope, Standing, Value};
use crate::credential::store::Stored;
use crate::credential::write::forget;
use crate::error::{Error, Kind};
use crate::escape;
use crate::invocation::Invocation;
use crate::layer_file::destination::Destination;
use crate::layer_file::edit_file::{edit_error, put_all};
use crate::layer_file::forget_key::{erase_in_git, tell_what_stays};
use crate::layer_file::scope_args::{ScopeArgs, ScopeChoice};
use crate::output::is_confirmed;
use crate::replace_file::Lock;
use crate::resolve::context::Context;
use crate::resolve::facts::Facts;

/// Remove a profile, with whatever selects it in the same file
///
/// What selected it there falls back to the account that stands without a profile. Other places
/// that name it are listed and stay. Its key stays stored, unless `--forget-key` is given.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto profile remove staging                   the key stays stored
  carto profile remove staging --forget-key      its key goes, too")]
pub(super) struct RemoveArgs {
    /// The profile's name
    name: String,
    /// Forget the key that only this profile used
    #[arg(long)]
    forget_key: bool,
    /// Remove a protected profile without asking
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &RemoveArgs) -> Result<(), Error> {
    let name = args.name.as_str();
    let destination = Destination::find(context, args.scope.choice())?;
    let facts = match destination {
        Destination::File(_) => None,
        _ => Some(sound_facts(context)?),
    };
    let keys = facts.as_ref().map(|facts| KeysOfProfile::of(facts, destination.scope(), name));
    let path = destination.config_path();
    let bytes = destination.current(context)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let written = Written::find(&text, name).map_err(|error| edit_error(&path, &error))?;
    if written.tables.is_empty() {
        // What a run that was stopped, or was not asked to, left behind.
        if let Some(keys) = keys.filter(|keys| args.forget_key && !keys.marked.is_empty()) {
            return keys.forget(context, &destination, None);
        }
        return Err(not_there(args, &destination, facts.as_ref()));
    }
    let layer = Layer::parse(destination.scope(), Standing::Own, &path, bytes)?;
    confirm(args, &layer)?;
    if let Some(keys) = keys.as_ref().filter(|_| args.forget_key) {
        keys.forget(context, &destination, Some(name))?;
    } else {
        let change = |text: &str, _: &Layer| table::removed(text, name);
        destination.edit_config(context, change, |_| Ok(()))?;
    }
    context.output.note(&format!(
        "removed the profile {} from {}",
        escape::line(name),
        path.display()
    ));
    if !written.selectors.is_empty() {
        context.output.note(&format!("unset with it there: {}", written.selectors_shown()));
    }
    destination.tell_standing(context);
    let (Some(facts), Some(keys)) = (facts, keys) else { return Ok(()) };
    if !args.forget_key {
        keys.tell(context, name);
    }
    tell_protection(context, &facts.world, &keys)?;
    selectors::tell(context, name, destination.scope(), &facts.stored);
    tell_other_definition(context, name)?;
    tell_default(context, &facts)
}

/// Asks before a protected profile goes.
fn confirm(args: &RemoveArgs, layer: &Layer) -> Result<(), Error> {
    let mark = ["profiles", &args.name, "protected"].map(str::to_owned).to_vec();
    let protected =
        layer.get(&SettingPath(mark)).is_some_and(|mark| mark.value() == Value::Bool(true));
    if args.force || !protected {
        return Ok(());
    }
    let shown = escape::line(&args.name).into_owned();
    if !Invocation::can_ask() {
        return Err(Error::new(Kind::Refused, format!("the profile `{shown}` is protected"))
            .help(format!("carto profile remove --force {}", word(&args.name))));
    }
    if is_confirmed(&format!("The profile {shown} is protected. Remove it? [y/N] "))? {
        return Ok(());
    }
    Err(Error::new(Kind::Refused, "nothing was removed"))
}

/// The stored keys that nothing uses any more once the profile is gone.
struct KeysOfProfile {
    account: Option<Account>,
    /// Whether something else names the account.
    account_stays: bool,
    /// Those of an account that nothing else names.
    orphans: Vec<Stored>,
    /// Those that are marked for the profile alone.
    marked: Vec<Stored>,
    /// Whether any other key of the account is stored.
    others: usize,
}

impl KeysOfProfile {
    fn of(facts: &Facts, scope: Scope, name: &str) -> Self {
        let account = account_at(&facts.world, scope, name);
        let mut after = facts.world.without_profile(scope, name);
        // What is given to this run alone names nothing after it.
        after.statements.retain(|statement| !statement.scope.is_given());
        let account_stays = account.as_ref().is_some_and(|account| after.names(account));
        let name_stays = after.profile(name).is_some();
        let mut keys = KeysOfProfile {
            account_stays,
            orphans: Vec::new(),
            marked: Vec::new(),
            others: 0,
            account,
        };
        for entry in &facts.stored {
            let of_account = keys.account.is_some() && entry.account == keys.account;
            let yours = entry.scope == scope || entry.scope != Scope::System;
            if of_account && !account_stays && yours {
                keys.orphans.push(entry.clone());
            } else if entry.scope == scope && entry.profile.as_deref() == Some(name) && !name_stays
            {
                keys.marked.push(entry.clone());
            } else if of_account {
                keys.others += 1;
            }
        }
        keys
    }

    /// Forgets what nothing else uses, and with it removes a profile from the settings: all is made
    /// ready before the first file is put. The keys go first: a crash between the writes leaves a
    /// profile that is removed once more, and no key that nothing names.
    fn forget(
        &self,
        context: &Context,
        destination: &Destination,
        profile: Option<&str>,
    ) -> Result<(), Error> {
        let going: Vec<&Stored> = self.orphans.iter().chain(&self.marked).collect();
        let holds = |scope: Scope| going.iter().any(|entry| entry.scope == scope);
        let others = [Scope::System, Scope::User, Scope::Project].into_iter();
        let others = others.filter(|scope| *scope != destination.scope() && holds(*scope));
        let others: Vec<Destination> = others
            .map(|scope| Destination::find(context, Some(ScopeChoice::Scope(scope))))
            .collect::<Result<_, _>>()?;
        let mut places: Vec<&Destination> = others.iter().chain([destination]).collect();
        // In one order, so that two runs never wait for each other.
        places.sort_by_key(|place| place.scope());
        let locks: Vec<Lock> =
            places.iter().map(|place| place.hold(context)).collect::<Result<_, _>>()?;
        let mut ready = Vec::new();
        let mut told = Vec::new();
        for (place, lock) in places.iter().zip(&locks).filter(|(place, _)| holds(place.scope())) {
            let goes =
                |entry: &Stored| going.iter().any(|gone| is_same(gone, entry, place.scope()));
            let change = |path: &Path, text: &str| forget(path, text, goes);
            ready.extend(place.ready_credentials(lock, context, change)?.0);
            told.push((place.scope(), place.directory()?.join(CREDENTIALS_FILE)));
        }
        let at = places.iter().position(|place| std::ptr::eq(*place, destination));
        if let (Some(profile), Some(lock)) = (profile, at.and_then(|at| locks.get(at))) {
            let change = |text: &str, _: &Layer| table::removed(text, profile);
            ready.extend(destination.ready_config(lock, context, change, |_| Ok(()))?);
        }
        // git has one key of an account; one that stays may be fetched from there too.
        if self.others == 0 {
            erase_in_git(context, &going)?;
        }
        put_all(context, ready)?;
        self.tell_forgotten(context, &going, &told);
        Ok(())
    }

    fn tell_forgotten(&self, context: &Context, going: &[&Stored], files: &[(Scope, PathBuf)]) {
        for (scope, path) in files {
            let first = going.iter().find(|entry| entry.scope == *scope);
            let account = first.and_then(|entry| entry.account.as_ref());
            let whose = account.map_or_else(String::new, |a| format!(" of {a}"));
            // Where the orphans are none, the account has other keys, which stay.
            let which = if self.orphans.is_empty() { " that was marked for it" } else { "" };
            context.output.note(&format!("forgot the key{whose}{which} in {}", path.display()));
        }
        for entry in going {
            tell_what_stays(context, entry);
        }
        if self.others > 0
            && let Some(account) = &self.account
        {
            let why = if self.account_stays {
                "something else names the account"
            } else {
                "it is not in files of yours"
            };
            let which = if self.marked.is_empty() { "the" } else { "another" };
            context.output.note(&format!("{which} key of {account} stays: {why}"));
        }
    }

    /// Says which keys nothing uses any more, and what forgets them.
    fn tell(&self, context: &Context, name: &str) {
        if let (Some(account), Some(entry)) = (&self.account, self.orphans.first()) {
            let forget = match entry.scope {
                // `logout` leaves the system's files alone.
                Scope::System => String::new(),
                _ => format!("; to forget it: {}", logout(account)),
            };
            context.output.note(&format!(
                "the key of {account} stays in {}, and nothing here names the account any more{forget}",
                entry.origin,
            ));
        }
        if let Some(entry) = self.marked.first() {
            let flag = scope_flag(entry.scope);
            context.output.note(&format!(
                "the key that was marked for it stays in {}; to forget it: \
                 carto profile remove {flag}{} --forget-key",
                entry.origin,
                word(name)
            ));
        }
    }
}

/// Whether an entry of a scope's file is one that was found before.
fn is_same(found: &Stored, entry: &Stored, scope: Scope) -> bool {
    found.scope == scope && found.account == entry.account && found.profile == entry.profile
}

/// Returns the account of a profile as one scope defines it.
fn account_at(world: &World, scope: Scope, name: &str) -> Option<Account> {
    let others = Scope::ALL.into_iter().filter(|other| *other != scope);
    let only = others.fold(world.clone(), |world, other| world.without_profile(other, name));
    let selected = Located::new(name.to_owned(), Scope::Command, Origin::BuiltIn);
    only.account_of_profile(&selected).ok()
}

/// Returns the command that forgets the key of an account that nothing names.
fn logout(account: &Account) -> String {
    let url = account.base_url();
    let name = match account.username() {
        Some(name) if url.implied_username().is_none() => format!(" -c username={name}"),
        _ => String::new(),
    };
    let http = if url.needs_permission() { " -c allow_non_secure=true" } else { "" };
    format!("carto -c base_url={url}{name}{http} logout")
}

fn not_there(args: &RemoveArgs, destination: &Destination, facts: Option<&Facts>) -> Error {
    let Some(facts) = facts else {
        return unknown(&args.name, &World::default()).at(destination.config_path().display());
    };
    elsewhere(&args.name, destination, &facts.world, |scope| {
        format!("carto profile remove {}{}", scope_flag(scope), word(&args.name))
    })
}

/// Says when a project can select the account from now on that could not before.
fn tell_protection(context: &Context, before: &World, keys: &KeysOfProfile) -> Result<(), Error> {
    let Some(account) = keys.account.as_ref().filter(|account| before.protects(account)) else {
        return Ok(());
    };
    let fresh = context.again();
    let facts = fresh.facts(None)?;
    let stored = facts.stored.iter().any(|entry| entry.account.as_ref() == Some(account));
    if !facts.world.protects(account) && (stored || keys.account_stays) {
        context.output.note(&format!(
            "{account} is not protected any more: a project that is not trusted can select it"
        ));
    }
    Ok(())
}

/// Says which account is the default, where that was the profile's.
fn tell_default(context: &Context, before: &Facts) -> Result<(), Error> {
    let fresh = context.again();
    let world = fresh.facts(None)?.world;
    let (old, new) = (before.world.default_account(), world.default_account());
    if old == new {
        return Ok(());
    }
    match new {
        Some(account) => context.output.note(&format!("your default account is now {account}")),
        None => context
            .output
            .note("no account is the default now: carto profile use NAME, or carto login URL"),
    }
    Ok(())
}
