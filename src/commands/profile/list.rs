//! `carto profile list`: every named account, and which one is in use.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::json;

use crate::account::{Account, Decision};
use crate::config::{Located, Origin, Scope};
use crate::error::Error;
use crate::escape;
use crate::resolve::context::Context;
use crate::resolve::facts::Facts;

/// List the profiles; `*` marks the one in use
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto profile list            names, accounts, and whether there is a key
  carto profile list --json     the same for programs")]
pub(super) struct ListArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A profile, as the list shows it.
struct ProfileRow {
    name: String,
    account: Result<Account, Error>,
    scope: Scope,
    origin: Origin,
    in_use: bool,
    has_key: bool,
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
                    "protected": row.protected,
                    "problem": row.account.as_ref().err().map(|error| &error.what),
                })
            })
            .collect();
        context.output.json(&rows);
    } else {
        print(context, &rows);
        tell_account_without_profile(context, &facts);
    }
    match facts.broken.first() {
        None => Ok(()),
        Some(error) => Err(error.clone()),
    }
}

/// An account that stands without a profile is in no row, and yet it is the one in use.
fn tell_account_without_profile(context: &Context, facts: &Facts) {
    if let Decision::Chosen(chosen) = facts.world.resolve()
        && chosen.profile().is_none()
    {
        context.output.note(&format!("using {}, without a profile", chosen.account));
    }
}

fn rows(facts: &Facts) -> Vec<ProfileRow> {
    let selected = match facts.world.resolve() {
        Decision::Chosen(chosen) => chosen.profile().map(str::to_owned),
        Decision::Refused(_) | Decision::None => None,
    };
    let names = facts.world.profile_names().into_iter();
    let protected = facts.world.protected_accounts();
    let with_key: BTreeSet<&Account> =
        facts.stored.iter().filter_map(|entry| entry.account.as_ref()).collect();
    let row = |name: &str| {
        let profile = facts.world.profile(name)?;
        let wanted = Located::new(name.to_owned(), Scope::Command, Origin::BuiltIn);
        let account = facts.world.account_of_profile(&wanted).map_err(Error::from);
        let has_key = account.as_ref().is_ok_and(|account| with_key.contains(account));
        let marked = account.as_ref().is_ok_and(|account| protected.contains(account));
        Some(ProfileRow {
            name: name.to_owned(),
            account,
            scope: profile.at.scope,
            origin: profile.at.origin.clone(),
            in_use: selected.as_deref() == Some(name),
            has_key,
            protected: marked || profile.protected,
        })
    };
    names.filter_map(row).collect()
}

fn print(context: &Context, rows: &[ProfileRow]) {
    if rows.is_empty() {
        context
            .output
            .note("there are no profiles; `carto login URL` adds one for a second account");
    }
    let width = rows.iter().map(|row| escape::line(&row.name).chars().count()).max().unwrap_or(0);
    for row in rows {
        let mark = if row.in_use { '*' } else { ' ' };
        let account = match &row.account {
            Ok(account) => account.to_string(),
            Err(error) => format!("({})", error.what),
        };
        let key = if row.has_key { "" } else { "  no key" };
        let protected = if row.protected { "  protected" } else { "" };
        let name = escape::line(&row.name);
        let gap = " ".repeat(width - name.chars().count());
        context
            .output
            .line(format!("{mark} {name}{gap}  {}{key}{protected}", escape::line(&account)));
    }
}
