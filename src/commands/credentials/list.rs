//! `carto credentials list`: every stored key by its account, masked.

use clap::Args;
use serde_json::json;

use crate::account::Account;
use crate::credential::store::Stored;
use crate::error::Error;
use crate::escape;
use crate::resolve::context::Context;
use crate::secret::{MASK, Secret};

/// List the stored keys, masked, with their accounts and places
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto credentials list            accounts, and where their keys are kept
  carto credentials list --json     the same for programs")]
pub(super) struct ListArgs {
    /// Print the accounts alone, each once
    #[arg(long, conflicts_with = "json")]
    name_only: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command. No key is fetched for it.
pub(super) fn run(context: &Context, args: &ListArgs) -> Result<(), Error> {
    let facts = context.facts(None)?;
    context.tell_remarks();
    let stored = &facts.stored;
    if args.json {
        context.output.json(&stored.iter().map(as_json).collect::<Vec<_>>());
    } else if args.name_only {
        let mut names: Vec<String> = stored.iter().map(account_of).collect();
        names.sort_unstable();
        names.dedup();
        for name in &names {
            context.output.line(escape::line(name));
        }
    } else {
        print(context, stored);
    }
    facts.broken.into_iter().next().map_or(Ok(()), Err)
}

fn as_json(entry: &Stored) -> serde_json::Value {
    let account = entry.account.as_ref();
    json!({
        "username": account.and_then(Account::username).map(ToString::to_string),
        "base_url": account.map(|account| account.base_url().to_string()),
        "profile": entry.profile,
        "apikey": entry.key.literal().map_or(MASK, Secret::masked),
        "source": entry.key.source().map(ToString::to_string),
        "scope": entry.scope.name(),
        "origin": entry.origin.to_string(),
    })
}

fn account_of(entry: &Stored) -> String {
    entry.account.as_ref().map_or_else(|| "(no account)".to_owned(), ToString::to_string)
}

fn print(context: &Context, stored: &[Stored]) {
    if stored.is_empty() {
        context.output.note("no key is stored: `carto login URL` stores one");
    }
    let accounts: Vec<_> = stored.iter().map(account_of).collect();
    let width = accounts.iter().map(|account| account.chars().count()).max().unwrap_or(0);
    for (entry, account) in stored.iter().zip(&accounts) {
        let mark = entry.profile.as_ref().map(|name| format!("  (profile {name})"));
        let line = format!(
            "{account:<width$}  {}  {}: {}{}",
            entry.key.masked(),
            entry.scope,
            entry.origin,
            mark.unwrap_or_default()
        );
        context.output.line(escape::line(&line));
    }
}
