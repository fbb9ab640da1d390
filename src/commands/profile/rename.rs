//! `carto profile rename`: another name for a profile, and for whatever selects it there.

use std::path::{Path, PathBuf};

use clap::Args;

use super::other_scopes::{elsewhere, scope_flag, tell_other_definition, unknown, word};
use super::selectors;
use super::table::{self, Written};
use crate::config::Layer;
use crate::config::setting::check_profile_name;
use crate::credential::mark;
use crate::credential::store::Stored;
use crate::error::{Error, Kind};
use crate::escape;
use crate::layer_file::destination::Destination;
use crate::layer_file::edit_file::{edit_error, put_all};
use crate::layer_file::scope_args::ScopeArgs;
use crate::resolve::context::Context;
use crate::resolve::facts::Facts;
use crate::toml::edit::Change;

/// Rename a profile, with whatever selects it in the same file and the keys that are marked for it
///
/// Other places that say the old name are listed and stay as they are.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto profile rename acme acme-eu            in your own settings
  carto profile rename --project old new       in this project's settings")]
pub(super) struct RenameArgs {
    /// The profile's name
    old: String,
    /// Its new name
    new: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Runs the command.
///
/// # Why
/// The keys that are marked with the name stand in another file. They are copied with the new mark
/// first, and the old mark goes last: [`mark`] says why.
pub(super) fn run(context: &Context, args: &RenameArgs) -> Result<(), Error> {
    let RenameArgs { old, new, .. } = args;
    check_profile_name(new).map_err(|reason| Error::new(Kind::Usage, reason))?;
    if old == new {
        let what = format!("the profile is called `{}` already", escape::line(new));
        return Err(Error::new(Kind::Usage, what));
    }
    let destination = Destination::find(context, args.scope.choice())?;
    let facts = match destination {
        Destination::File(_) => None,
        _ => Some(sound_facts(context)?),
    };
    let path = destination.config_path();
    let text = destination.current(context)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let written = Written::find(&text, old).map_err(|error| edit_error(&path, &error))?;
    if written.tables.is_empty() {
        return Err(not_there(args, &destination, facts.as_ref()));
    }
    if let Some(facts) = &facts {
        is_free(facts, new)?;
    }
    // What would be refused below is refused before a key is touched.
    table::renamed(&text, old, new).map_err(|error| edit_error(&path, &error))?;
    let stored = facts.map(|facts| facts.stored).unwrap_or_default();
    let scope = destination.scope();
    let is_marked =
        |key: &Stored| key.scope == scope && key.profile.as_deref() == Some(old.as_str());
    let copied = if stored.iter().any(is_marked) {
        Some(write_both(context, &destination, args)?)
    } else {
        write_settings(context, &destination, args)?;
        None
    };
    let (from, to) = (escape::line(old), escape::line(new));
    let note = |text: String| context.output.note(&text);
    note(format!("renamed the profile {from} to {to} in {}", path.display()));
    if !written.selectors.is_empty() {
        note(format!("renamed with it there: {}", written.selectors_shown()));
    }
    if let Some((path, count)) = copied {
        let marks = if count == 1 { "the mark of its key" } else { "the marks of its keys" };
        note(format!("renamed with it: {marks} in {}", path.display()));
    }
    destination.tell_standing(context);
    if !matches!(destination, Destination::File(_)) {
        selectors::tell(context, old, scope, &stored);
        tell_other_definition(context, old)?;
    }
    Ok(())
}

fn write_settings(
    context: &Context,
    destination: &Destination,
    args: &RenameArgs,
) -> Result<(), Error> {
    let change = |text: &str, _: &Layer| table::renamed(text, &args.old, &args.new);
    destination.edit_config(context, change, |_| Ok(())).map(drop)
}

/// Renames in the settings and in the credentials beside them, of which both are made ready before the
/// first is put; gives the credentials, and how many keys were marked.
fn write_both(
    context: &Context,
    destination: &Destination,
    args: &RenameArgs,
) -> Result<(PathBuf, usize), Error> {
    let RenameArgs { old, new, .. } = args;
    let lock = destination.hold(context)?;
    let copied = |path: &Path, text: &str| {
        let (change, count) = mark::copy(path, text, old, new)?;
        let marked = change.clone().or(text.to_owned());
        Ok((change, (text.to_owned(), marked, count)))
    };
    let (keys, (before, marked, count)) = destination.ready_credentials(&lock, context, copied)?;
    let change = |text: &str, _: &Layer| table::renamed(text, old, new);
    let settings = destination.ready_config(&lock, context, change, |_| Ok(()))?;
    put_all(context, keys.into_iter().chain(settings))?;
    let settled = |path: &Path, text: &str| {
        // Without the copies every byte but the marks is as it was.
        let from = if text == marked { before.as_str() } else { text };
        let settled = mark::settle(path, from, old, new)?.or(from.to_owned());
        Ok((if settled == text { Change::Unchanged } else { Change::Changed(settled) }, ()))
    };
    let (path, ()) = destination.edit_credentials_under(&lock, context, settled)?;
    Ok((path, count))
}

/// Returns the facts where every file can be read.
pub(super) fn sound_facts(context: &Context) -> Result<Facts, Error> {
    let facts = context.facts(None)?;
    match facts.broken.first() {
        Some(error) => Err(error.clone()),
        None => Ok(facts),
    }
}

/// Refuses a name that any scope has given away: what selects it would mean another account.
fn is_free(facts: &Facts, name: &str) -> Result<(), Error> {
    match facts.world.profile(name) {
        None => Ok(()),
        Some(profile) => {
            let what = format!("`profile {}` is there already", escape::line(name));
            Err(Error::new(Kind::Usage, what).at(&profile.at.origin))
        }
    }
}

fn not_there(args: &RenameArgs, destination: &Destination, facts: Option<&Facts>) -> Error {
    let Some(facts) = facts else {
        return unknown(&args.old, &crate::account::World::default())
            .at(destination.config_path().display());
    };
    elsewhere(&args.old, destination, &facts.world, |scope| {
        let (flag, old, new) = (scope_flag(scope), word(&args.old), word(&args.new));
        format!("carto profile rename {flag}{old} {new}")
    })
}
