//! `carto profile list`: the default account and every named one, and which is in use.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::json;

use crate::account::{Account, Candidate, Chosen, Decision, Says};
use crate::config::{Located, Origin, Scope};
use crate::credential::TokenEnd;
use crate::error::Error;
use crate::escape;
use crate::resolve::context::Context;
use crate::resolve::facts::Facts;

/// List the accounts: the default one and the profiles; `*` marks the one in use
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto profile list            names, accounts, and whether there is a key
  carto profile list --json     the same for programs")]
pub(super) struct ListArgs {
    /// Print the names of the profiles alone
    #[arg(long, conflicts_with = "json")]
    name_only: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A profile, as the list shows it, or an account that is named without one.
struct ProfileRow {
    /// None where the account stands without a profile.
    name: Option<String>,
    account: Result<Account, Error>,
    scope: Scope,
    origin: Origin,
    in_use: bool,
    has_key: bool,
    /// When its token ends, where the key is one.
    end: Option<TokenEnd>,
    protected: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &ListArgs) -> Result<(), Error> {
    let facts = context.facts(None)?;
    context.tell_remarks();
    let rows = rows(&facts);
    if args.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                let account = row.account.as_ref().ok();
                json!({
                    "name": row.name,
                    "username": account.and_then(Account::username).map(ToString::to_string),
                    "base_url": account.map(|account| account.base_url().to_string()),
                    "scope": row.scope.name(),
                    "origin": row.origin.to_string(),
                    "in_use": row.in_use,
                    "has_key": row.has_key,
                    "ends": row.end.map(TokenEnd::moment),
                    "protected": row.protected,
                    "problem": row.account.as_ref().err().map(|error| &error.what),
                })
            })
            .collect();
        context.output.json(&rows);
    } else if args.name_only {
        for name in rows.iter().filter_map(|row| row.name.as_ref()) {
            context.output.line(escape::line(name));
        }
    } else {
        print(context, &rows);
    }
    match facts.broken.first() {
        None => Ok(()),
        Some(error) => Err(error.clone()),
    }
}

fn rows(facts: &Facts) -> Vec<ProfileRow> {
    let chosen = match facts.world.resolve() {
        Decision::Chosen(chosen) => Some(chosen),
        Decision::Refused(_) | Decision::None => None,
    };
    let selected = chosen.as_ref().and_then(|chosen| chosen.profile());
    let protected = facts.world.protected_accounts();
    let with_key: BTreeSet<&Account> =
        facts.stored.iter().filter_map(|entry| entry.account.as_ref()).collect();
    let end = |account: &Account| {
        let mut own = facts.stored.iter().filter(|entry| entry.account.as_ref() == Some(account));
        own.find_map(|entry| entry.key.literal().and_then(TokenEnd::of))
    };
    let row = |name: Option<&str>, account: Result<Account, Error>, at: (Scope, Origin)| {
        let of_account = |accounts: &dyn Fn(&Account) -> bool| account.as_ref().is_ok_and(accounts);
        ProfileRow {
            name: name.map(str::to_owned),
            end: account.as_ref().ok().and_then(end),
            has_key: of_account(&|account| with_key.contains(account)),
            protected: of_account(&|account| protected.contains(account)),
            in_use: chosen.as_ref().is_some_and(|chosen| match name {
                Some(name) => selected == Some(name),
                None => selected.is_none() && account.as_ref() == Ok(&chosen.account),
            }),
            account,
            scope: at.0,
            origin: at.1,
        }
    };
    let bare = bare(facts, chosen.as_deref());
    let bare = bare.into_iter().map(|candidate| {
        let account = candidate.account.map_err(Error::from);
        row(None, account, (candidate.scope, candidate.origin))
    });
    let named = facts.world.profile_names().into_iter().filter_map(|name| {
        let profile = facts.world.profile(name)?;
        let wanted = Located::new(name.to_owned(), Scope::Command, Origin::BuiltIn);
        let account = facts.world.account_of_profile(&wanted).map_err(Error::from);
        let shown = row(Some(name), account, (profile.at.scope, profile.at.origin.clone()));
        Some(ProfileRow { protected: shown.protected || profile.protected, ..shown })
    });
    bare.chain(named).collect()
}

/// Returns the accounts that stand without a profile: the default one of user and system files, which
/// `profile use --none` returns to, and the one in use, where that is another.
fn bare(facts: &Facts, chosen: Option<&Chosen>) -> Vec<Candidate> {
    let is_bare = |says: &Says| matches!(says, Says::Username(_) | Says::BaseUrl | Says::File);
    let candidates = facts.world.candidates().into_iter().filter(|it| is_bare(&it.says));
    let in_use = |it: &Candidate| chosen.is_some_and(|chosen| chosen.origin == it.origin);
    let mut kept: Vec<Candidate> = Vec::new();
    let mut has_default = false;
    for candidate in candidates {
        let is_default = candidate.scope <= Scope::User && !has_default;
        has_default |= is_default;
        if is_default || in_use(&candidate) {
            kept.push(candidate);
        }
    }
    kept
}

fn print(context: &Context, rows: &[ProfileRow]) {
    if rows.is_empty() {
        context.output.note("there is no account: `carto login URL` adds one");
    }
    let name = |row: &ProfileRow| match (&row.name, row.scope) {
        (Some(name), _) => escape::line(name).into_owned(),
        (None, Scope::System | Scope::User) => "(default)".to_owned(),
        (None, scope) => format!("({scope})"),
    };
    let width = rows.iter().map(|row| name(row).chars().count()).max().unwrap_or(0);
    for row in rows {
        let mark = if row.in_use { '*' } else { ' ' };
        let account = match &row.account {
            Ok(account) => account.to_string(),
            Err(error) => format!("({})", error.what),
        };
        let key = if row.has_key { "" } else { "  no key" };
        let end = row.end.map(|end| format!("  {end}")).unwrap_or_default();
        let protected = if row.protected { "  protected" } else { "" };
        let name = name(row);
        let gap = " ".repeat(width - name.chars().count());
        context
            .output
            .line(format!("{mark} {name}{gap}  {}{key}{end}{protected}", escape::line(&account)));
    }
}
