//! What keeps an account or a key that was stored just now from being used here.

use crate::account::{Account, Chosen, Decision};
use crate::config::SettingPath;
use crate::config::{Located, Origin, Scope};
use crate::credential::choose_unlisted;
use crate::error::Error;
use crate::resolve::context::Context;
use crate::resolve::facts::Facts;
use crate::resolve::layers::Loaded;

/// Says on standard error what hides an account of the user's files here, and its key: variables,
/// flags, the project, a plugin's own profile, another definition of its profile.
///
/// # Errors
/// A file that cannot be read.
pub fn tell_what_hides(
    context: &Context,
    account: &Account,
    profile: Option<&str>,
) -> Result<(), Error> {
    let fresh = context.again();
    let facts = fresh.facts(None)?;
    let note = |text: String| context.output.note(&text);
    let selected = |name: &str| {
        Located::new(name.to_owned(), Scope::Command, Origin::Flag("--profile".into()))
    };
    if let Some(name) = profile
        && let Some(profile) = facts.world.profile(name).filter(|p| p.at.scope > Scope::User)
    {
        let Located { scope, origin, .. } = &profile.at;
        note(format!("the profile {name} is hidden here by {scope} ({origin})"));
    }
    let is_default = facts.world.default_account().as_ref() == Some(account);
    if is_default {
        for other in facts.world.candidates() {
            if other.scope > Scope::User && other.account.as_ref() != Ok(account) {
                note(format!(
                    "another account is used here: {} names it ({})",
                    other.says, other.origin
                ));
            }
        }
        tell_plugins(context, fresh.load()?, &facts, account);
    }
    let chosen = match facts.world.resolve() {
        Decision::Chosen(chosen) if chosen.account == *account => Some(*chosen),
        _ => profile.and_then(|name| facts.world.choose_profile(&selected(name)).ok()),
    };
    if let Some(chosen) = chosen.filter(|chosen| chosen.account == *account) {
        tell_key(context, &facts, &chosen);
    }
    Ok(())
}

/// Says which plugins run with a profile of their own.
fn tell_plugins(context: &Context, loaded: &Loaded, facts: &Facts, account: &Account) {
    for (path, value) in loaded.config.below(&["plugins"]) {
        let [_, plugin, field] = path.0.as_slice() else { continue };
        let Some(name) = value.value.as_str().filter(|_| field == "profile") else { continue };
        let selected = Located::new(name.to_owned(), Scope::Command, value.origin.clone());
        if facts.world.account_of_profile(&selected).as_ref() != Ok(account) {
            let path = SettingPath(path.0.clone());
            let origin = &value.origin;
            context.output.note(&format!(
                "the plugin {plugin} uses another account: {path} names the profile {name} ({origin})"
            ));
        }
    }
}

/// Says when another key of the account is used than the one in the user's file.
fn tell_key(context: &Context, facts: &Facts, chosen: &Chosen) {
    match choose_unlisted(chosen, &facts.offered, &facts.stored).picked() {
        Ok(picked) if picked.scope == Scope::User => {
            let unmarked = facts.stored.iter().find(|key| {
                key.scope == Scope::User
                    && key.profile.is_none()
                    && key.account.as_ref() == Some(&chosen.account)
            });
            if unmarked.is_some_and(|key| key.origin != picked.origin) {
                tell_other_key(context, &picked.origin);
            }
        }
        Ok(picked) => tell_other_key(context, &picked.origin),
        Err(refusal) => {
            context.output.note(&format!("no key is used: {}", Error::from(refusal).what));
        }
    }
}

fn tell_other_key(context: &Context, origin: &Origin) {
    context.output.note(&format!("another key of the account is used here: {origin}"));
}
