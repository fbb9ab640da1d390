//! Changes to the text of a `credentials.toml`: put a key in, bind it, forget it.

use std::path::Path;

use super::schema::TABLE;
use super::source::StoredKey;
use super::store::{self, Stored};
use crate::account::Account;
use crate::config::Scope;
use crate::error::{Error, Kind};
use crate::toml::Value;
use crate::toml::edit::{self, Change, EditError};

/// A key that is to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewKey<'a> {
    /// The account it belongs to; none keeps it unbound.
    pub account: Option<&'a Account>,
    /// The profile that a second key of the account is for.
    pub profile: Option<&'a str>,
    /// The key, or where it is fetched from.
    pub key: &'a StoredKey,
}

/// What became of a key that was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is a new entry.
    Added,
    /// It took the place of another key of the account.
    Replaced,
    /// It was there already.
    Same,
}

/// Stores a key in its entry, or adds the entry. Where a file has several entries for the same use, of
/// which none could be chosen, one is left.
pub fn put(path: &Path, text: &str, new: &NewKey) -> Result<(Change, Put), Error> {
    let stored = entries(path, text)?;
    let same = stored.iter().filter(|entry| {
        entry.account.as_ref() == new.account && entry.profile.as_deref() == new.profile
    });
    let same: Vec<&Stored> = same.collect();
    let key = new.key.to_value();
    let Some((entry, surplus)) = same.split_first() else {
        let text = edit::append_table(text, TABLE, &fields_of(new));
        return Ok((Change::Changed(text.map_err(|error| broken(path, &error))?), Put::Added));
    };
    let is_same = surplus.is_empty() && entry.key.same_as(new.key);
    let change = set_key(text, entry.index, &key).map_err(|error| broken(path, &error))?;
    let what = if is_same { Put::Same } else { Put::Replaced };
    if surplus.is_empty() {
        return Ok((change, what));
    }
    let gone: Vec<usize> = surplus.iter().map(|entry| entry.index).collect();
    let text = edit::remove_tables(&change.or(text.to_owned()), TABLE, &gone);
    Ok((Change::Changed(text.map_err(|error| broken(path, &error))?), what))
}

/// Stores several keys, as [`put`] does one after the other; of two for the same use the later one.
pub fn put_all(path: &Path, text: &str, keys: &[NewKey]) -> Result<Change, Error> {
    let stored = entries(path, text)?;
    let is_stored = |new: &NewKey| {
        stored.iter().any(|entry| {
            entry.account.as_ref() == new.account && entry.profile.as_deref() == new.profile
        })
    };
    let mut added: Vec<&NewKey> = Vec::new();
    let mut changed = text.to_owned();
    for new in keys {
        let same =
            |other: &&mut &NewKey| other.account == new.account && other.profile == new.profile;
        if is_stored(new) {
            changed = put(path, &changed, new)?.0.or(changed);
        } else if let Some(earlier) = added.iter_mut().find(same) {
            *earlier = new;
        } else {
            added.push(new);
        }
    }
    if !added.is_empty() {
        let tables: Vec<_> = added.into_iter().map(fields_of).collect();
        changed =
            edit::append_tables(&changed, TABLE, &tables).map_err(|error| broken(path, &error))?;
    }
    Ok(if changed == text { Change::Unchanged } else { Change::Changed(changed) })
}

fn fields_of(new: &NewKey) -> Vec<(&'static str, Value)> {
    let mut fields = new.account.map(account_fields).unwrap_or_default();
    fields.push(("apikey", new.key.to_value()));
    if let Some(profile) = new.profile {
        fields.push(("profile", Value::String(profile.to_owned())));
    }
    fields
}

/// Writes the key of an entry. A source that has lines of its own (`[credential.apikey]`) goes with
/// them first.
fn set_key(text: &str, index: usize, key: &Value) -> Result<Change, EditError> {
    match edit::set_in_table(text, TABLE, index, "apikey", key) {
        Err(EditError::IsTable { .. }) => {
            match edit::unset_in_table(text, TABLE, index, "apikey")? {
                Change::Changed(rest) => edit::set_in_table(&rest, TABLE, index, "apikey", key),
                Change::Unchanged => Err(EditError::Mismatch),
            }
        }
        change => change,
    }
}

/// Binds the unbound key to an account, where there is one. An account that has a key in this file
/// keeps that one, and the unbound key stays as it is.
pub fn bind(path: &Path, text: &str, account: &Account) -> Result<(Change, bool), Error> {
    let stored = entries(path, text)?;
    let taken = stored.iter().any(|entry| entry.account.as_ref() == Some(account));
    let unbound = stored.iter().find(|entry| entry.account.is_none());
    let Some(entry) = unbound.filter(|_| !taken) else { return Ok((Change::Unchanged, false)) };
    let mut text = text.to_owned();
    for (name, value) in account_fields(account) {
        match edit::set_in_table(&text, TABLE, entry.index, name, &value) {
            Ok(Change::Changed(new)) => text = new,
            Ok(Change::Unchanged) => {}
            Err(error) => return Err(broken(path, &error)),
        }
    }
    Ok((Change::Changed(text), true))
}

/// Removes every entry that `which` picks; returns how many there were.
pub fn forget(
    path: &Path,
    text: &str,
    which: impl Fn(&Stored) -> bool,
) -> Result<(Change, usize), Error> {
    let stored = entries(path, text)?;
    let gone: Vec<usize> =
        stored.iter().filter(|entry| which(entry)).map(|entry| entry.index).collect();
    if gone.is_empty() {
        return Ok((Change::Unchanged, 0));
    }
    let text = edit::remove_tables(text, TABLE, &gone).map_err(|error| broken(path, &error))?;
    Ok((Change::Changed(text), gone.len()))
}

fn entries(path: &Path, text: &str) -> Result<Vec<Stored>, Error> {
    // The scope does not matter for the places of entries in one file.
    store::parse(Scope::User, path, text.as_bytes())
}

fn account_fields(account: &Account) -> Vec<(&'static str, Value)> {
    let mut fields = vec![("base_url", Value::String(account.base_url().to_string()))];
    if let Some(name) = account.username() {
        fields.push(("username", Value::String(name.to_string())));
    }
    if account.base_url().needs_permission() {
        fields.push(("allow_non_secure", Value::Bool(true)));
    }
    fields
}

fn broken(path: &Path, error: &EditError) -> Error {
    let kind = if *error == EditError::Mismatch { Kind::Internal } else { Kind::Invalid };
    Error::new(kind, format!("the credentials file cannot be edited: {error}")).at(path.display())
}
