//! Forgets the key of the account in use: `logout`, and `credentials delete` without a file.

use std::path::Path;

use crate::account::{Account, Refusal};
use crate::config::Scope;
use crate::config::places::CREDENTIALS_FILE;
use crate::credential::source::{SecretSource, StoredKey};
use crate::credential::store::Stored;
use crate::credential::write::forget;
use crate::error::{Error, Kind};
use crate::layer_file::destination::Destination;
use crate::layer_file::edit_file::put_all;
use crate::layer_file::scope_args::ScopeChoice;
use crate::replace_file::Lock;
use crate::resolve::context::Context;

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
    let own = [Scope::User, Scope::Project];
    let gone: Vec<&Stored> = facts
        .stored
        .iter()
        .filter(|e| own.contains(&e.scope) && e.account.as_ref() == Some(&account))
        .collect();
    let count = forget_in(context, &own.map(|scope| (scope, stored_in(scope))), &account, &gone)?;
    for entry in gone {
        tell_what_stays(context, entry);
    }
    if stored_in(Scope::System) {
        context.output.note("the key in the system's files stays: it is not yours to forget");
    }
    if count == 0 {
        return Err(Error::new(Kind::NotThere, format!("no key of {account} is stored")));
    }
    Ok(())
}

/// Forgets an account's keys in the scopes that have some: all files are made ready before git's helpers
/// and the first file lose theirs. Returns how many there were.
fn forget_in(
    context: &Context,
    scopes: &[(Scope, bool)],
    account: &Account,
    gone: &[&Stored],
) -> Result<usize, Error> {
    let with_keys = scopes.iter().filter(|(_, has_keys)| *has_keys);
    let places: Vec<Destination> = with_keys
        .map(|(scope, _)| Destination::find(context, Some(ScopeChoice::Scope(*scope))))
        .collect::<Result<_, _>>()?;
    let locks: Vec<Lock> =
        places.iter().map(|place| place.hold(context)).collect::<Result<_, _>>()?;
    let mut ready = Vec::new();
    let mut count = 0;
    for (place, lock) in places.iter().zip(&locks) {
        let change = |path: &Path, text: &str| {
            forget(path, text, |entry| entry.account.as_ref() == Some(account))
        };
        let (file, forgotten) = place.ready_credentials(lock, context, change)?;
        ready.extend(file);
        count += forgotten;
    }
    erase_in_git(context, gone)?;
    put_all(context, ready)?;
    for place in &places {
        let path = place.directory()?.join(CREDENTIALS_FILE);
        context.output.note(&format!("forgot the key of {account} in {}", path.display()));
    }
    Ok(count)
}

/// Has git's credential helpers forget the keys of entries that are about to go. They come first: an
/// entry that stays can be tried again, a key that stays is forgotten by nobody.
///
/// # Errors
/// git fails, or a helper still has the key.
pub fn erase_in_git(context: &Context, entries: &[&Stored]) -> Result<(), Error> {
    let mut erased: Vec<&Account> = Vec::new();
    for entry in entries {
        let from_git = matches!(entry.key, StoredKey::Source(SecretSource::GitCredential));
        // Without a user name helpers were never asked.
        let account = entry.account.as_ref().filter(|account| account.username().is_some());
        let Some(account) = account.filter(|account| from_git && !erased.contains(account)) else {
            continue;
        };
        context.git_store(Some(account), |store| store.erase()).map_err(|error| {
            error
                .at(&entry.origin)
                .note("nothing was forgotten in carto's own files")
                .help("if git cannot help any more: take the entry out of the file with an editor")
        })?;
        context.output.note(&format!("git's credential helpers forgot the key of {account}"));
        erased.push(account);
    }
    Ok(())
}

/// Says where the key of an entry that went is still kept.
pub fn tell_what_stays(context: &Context, entry: &Stored) {
    match &entry.key {
        StoredKey::Literal(_) | StoredKey::Source(SecretSource::GitCredential) => {}
        StoredKey::Source(source) => {
            context
                .output
                .note(&format!("the key itself stays where it was fetched from: {source}"));
        }
    }
}

/// Says what an entry said before, where that was a source. git's helpers keep what they have.
pub fn tell_what_was_replaced(context: &Context, entry: &Stored) {
    if let Some(source) = entry.key.source() {
        context.output.note(&format!("until now the key came from {source}, where it stays"));
    }
}
