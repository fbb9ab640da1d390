//! Forgets the key of the account in use: `logout`, and `credentials delete` without a file.

use super::context::Context;
use super::destination::Destination;
use super::scope_args::Choice;
use crate::account::{Account, Refusal};
use crate::config::Scope;
use crate::credential::write::forget;
use crate::error::{Error, Kind};

/// Forgets the keys of the account in use, in the user's and the project's store.
///
/// # Errors
/// No account, a refused one, or one of which no key is stored.
pub fn forget_key(context: &Context) -> Result<(), Error> {
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
