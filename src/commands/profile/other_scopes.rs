//! What the verbs say of a profile that other scopes define, or none.

use std::path::Path;

use crate::account::{World, no_such_profile};
use crate::config::Scope;
use crate::error::{Error, Kind, shell_word};
use crate::escape;
use crate::layer_file::destination::Destination;
use crate::resolve::context::Context;

/// The error of a command about a profile that nobody defines.
pub(super) fn unknown(name: &str, world: &World) -> Error {
    // It was named to look at it or to change it, not to make it.
    let known: Vec<String> = world.profile_names().into_iter().map(str::to_owned).collect();
    Error { kind: Kind::NotThere, ..no_such_profile(name, &known) }
}

/// The error of a change to a profile that one file does not define; `command` is the one for the
/// scope that does.
pub(super) fn elsewhere(
    name: &str,
    destination: &Destination,
    world: &World,
    command: impl Fn(Scope) -> String,
) -> Error {
    let own = world.statements.iter().rev().filter(|statement| !statement.untrusted());
    let mut defined = own.flat_map(|statement| &statement.profiles);
    let Some(profile) = defined.find(|profile| profile.name == name) else {
        return unknown(name, world);
    };
    let path = destination.config_path();
    let shown = escape::line(name);
    let error = Error::new(Kind::NotThere, format!("the profile `{shown}` is not defined there"))
        .at(path.display())
        .note(format!("it is defined in {}: {}", profile.at.scope, profile.at.origin));
    if profile.at.scope.is_given() { error } else { error.help(command(profile.at.scope)) }
}

/// Says that another scope still defines a profile of the name that is gone from one.
pub(super) fn tell_other_definition(context: &Context, name: &str) -> Result<(), Error> {
    let fresh = context.again();
    let facts = fresh.facts(None)?;
    if let Some(profile) = facts.world.profile(name).filter(|p| !p.at.scope.is_given()) {
        let shown = escape::line(name);
        context.output.note(&format!(
            "a profile {shown} is still defined in {}: {}",
            profile.at.scope, profile.at.origin
        ));
    }
    Ok(())
}

/// Writes a profile's name as one word of a command to type.
pub(super) fn word(name: &str) -> String {
    shell_word(Path::new(name))
}

/// Writes the flag that chooses a scope, with a space behind it; your own needs none.
pub(super) fn scope_flag(scope: Scope) -> String {
    if scope == Scope::User { String::new() } else { format!("--{scope} ") }
}
