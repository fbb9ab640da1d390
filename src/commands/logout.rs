//! `carto logout`: forgets the key of the account in use; the account's name stays.

use clap::Args;

use super::context::Context;
use super::destination::{Choice, Destination};
use crate::account::{Account, Refusal};
use crate::config::Scope;
use crate::credential::write::forget;
use crate::error::{Error, Kind};

/// Forget the key of the account in use
///
/// The account itself stays: a profile goes with `carto config unset profiles.NAME`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto logout                       the account in use here
  carto --profile staging logout     the account of a profile")]
pub struct LogoutArgs {}

/// Runs the command.
pub fn run(context: &Context, _args: &LogoutArgs) -> Result<(), Error> {
    let facts = context.facts(None)?;
    let chosen = context.chosen(&facts)?.ok_or_else(|| Error::from(Refusal::NoAccount))?;
    let account = chosen.account;
    let stored_in = |scope| {
        facts.stored.iter().any(|e| e.scope == scope && e.account.as_ref() == Some(&account))
    };
    let mut count = 0;
    for scope in [Scope::User, Scope::Project] {
        if stored_in(scope) {
            count += forget_in(context, scope, &account)?;
        }
    }
    if stored_in(Scope::System) {
        context.output.note("the key in the system's files stays: it is not yours to forget");
    }
    if count == 0 {
        return Err(Error::new(Kind::NotThere, format!("no key of {account} is stored")));
    }
    Ok(())
}

fn forget_in(context: &Context, scope: Scope, account: &Account) -> Result<usize, Error> {
    let destination = Destination::find(context, Some(Choice::Scope(scope)))?;
    let (path, count) = destination.edit_credentials(context, |path, text| {
        forget(path, text, |entry| entry.account.as_ref() == Some(account))
    })?;
    context.output.note(&format!("forgot the key of {account} in {}", path.display()));
    Ok(count)
}
