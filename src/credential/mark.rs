//! The marks of a `credentials.toml`: which profile a second key of an account is for.
//!
//! # Why
//! Settings and keys are two files, and no write changes both. While a profile is renamed its keys
//! stand there twice, marked with either name ([`copy`], then the settings, then [`settle`]): a
//! crash between the writes leaves a file in which the profile finds its key under the name that
//! the settings have. Renamed before or after, the mark would miss, and another key of the account
//! would be used without a word.

use std::path::Path;

use super::schema::TABLE;
use super::store::{self, Stored};
use crate::config::Scope;
use crate::error::{Error, Kind};
use crate::toml::Value;
use crate::toml::edit::{self, Change, EditError};

/// Adds a copy of every key that is marked with a profile, marked with another; gives how many are
/// marked.
///
/// # Errors
/// The account of one has another key that is marked so already; the file cannot be edited.
pub fn copy(path: &Path, text: &str, from: &str, to: &str) -> Result<(Change, usize), Error> {
    let stored = entries(path, text)?;
    let mut new = text.to_owned();
    let mut count = 0;
    for entry in marked(&stored, from) {
        count += 1;
        // A copy may be there from a run that was stopped.
        match twins(&stored, entry, to).next() {
            Some(twin) if twin.key.same_as(&entry.key) => {}
            Some(twin) => {
                let what = "another key of the account is marked with the new name already";
                return Err(Error::new(Kind::Usage, what).at(&entry.origin).at(&twin.origin));
            }
            None => {
                let mark = Value::String(to.to_owned());
                new = edit::copy_table(&new, TABLE, entry.index, ("profile", &mark))
                    .map_err(|error| broken(path, &error))?;
            }
        }
    }
    Ok((if new == text { Change::Unchanged } else { Change::Changed(new) }, count))
}

/// Marks the keys of a profile with another name in their own places, and drops the copies.
///
/// # Errors
/// The file cannot be edited.
pub fn settle(path: &Path, text: &str, from: &str, to: &str) -> Result<Change, Error> {
    let mut stored = entries(path, text)?;
    let mut new = text.to_owned();
    // One at a time and from the last: a table that goes moves those behind it.
    while let Some(entry) = marked(&stored, from).last() {
        let mark = Value::String(to.to_owned());
        let edited = edit::set_in_table(&new, TABLE, entry.index, "profile", &mark);
        let copy = twins(&stored, entry, to).find(|twin| twin.key.same_as(&entry.key));
        let at = copy.map(|copy| copy.index);
        new = edited.map_err(|error| broken(path, &error))?.or(new);
        if let Some(at) = at {
            new = edit::remove_table(&new, TABLE, at).map_err(|error| broken(path, &error))?;
        }
        stored = entries(path, &new)?;
    }
    Ok(if new == text { Change::Unchanged } else { Change::Changed(new) })
}

fn marked<'a>(stored: &'a [Stored], name: &'a str) -> impl Iterator<Item = &'a Stored> {
    stored.iter().filter(move |entry| entry.profile.as_deref() == Some(name))
}

/// Returns the keys of the same account that are marked with another name.
fn twins<'a>(
    stored: &'a [Stored],
    entry: &'a Stored,
    name: &'a str,
) -> impl Iterator<Item = &'a Stored> {
    marked(stored, name).filter(|twin| twin.account == entry.account)
}

fn entries(path: &Path, text: &str) -> Result<Vec<Stored>, Error> {
    // The scope does not matter for the places of entries in one file.
    store::parse(Scope::User, path, text.as_bytes())
}

fn broken(path: &Path, error: &EditError) -> Error {
    let kind = if *error == EditError::Mismatch { Kind::Internal } else { Kind::Invalid };
    Error::new(kind, format!("the credentials file cannot be edited: {error}")).at(path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "credentials.toml";

    fn entry(url: &str, key: &str, mark: &str) -> String {
        format!(
            "[[credential]] # {key}\r\nbase_url = '{url}'\r\napikey = '{key}'\r\nprofile = '{mark}'\r\n\r\n"
        )
    }

    #[test]
    fn a_copy_stands_beside_the_key_until_it_is_settled() {
        let (a, b) = ("https://a.carto.com", "https://b.carto.com");
        let old = [entry(a, "k1", "old"), entry(a, "k2", "x"), entry(b, "k3", "old")].concat();
        let (copied, count) = copy(Path::new(PATH), &old, "old", "new").unwrap();
        let between = copied.or(old.clone());
        assert_eq!(count, 2);
        assert!(between.starts_with(&old), "{between}");
        let marks: Vec<_> = entries(Path::new(PATH), &between)
            .unwrap()
            .into_iter()
            .map(|entry| (entry.key.literal().unwrap().expose().to_owned(), entry.profile.unwrap()))
            .collect();
        let pair = |key: &str, mark: &str| (key.to_owned(), mark.to_owned());
        let expected = [("k1", "old"), ("k2", "x"), ("k3", "old"), ("k1", "new"), ("k3", "new")];
        assert_eq!(marks, expected.map(|(key, mark)| pair(key, mark)));
        // Stopped here and begun again, nothing is copied twice.
        assert!(copy(Path::new(PATH), &between, "old", "new").unwrap().0 == Change::Unchanged);
        let settled = settle(Path::new(PATH), &between, "old", "new").unwrap().or(between);
        let at_once = settle(Path::new(PATH), &old, "old", "new").unwrap().or(old.clone());
        assert_eq!(settled.trim_end(), old.replace("'old'", "\"new\"").trim_end());
        assert_eq!(at_once, old.replace("'old'", "\"new\""));
    }

    #[test]
    fn another_key_of_that_mark_stops_it() {
        let url = "https://a.carto.com";
        let old = [entry(url, "k1", "old"), entry(url, "k2", "new")].concat();
        let error = copy(Path::new(PATH), &old, "old", "new").unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        assert_eq!(error.places.len(), 2);
        assert!(!format!("{error:?}").contains("k1"));
    }
}
