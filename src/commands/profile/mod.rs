//! `carto profile`: named accounts.

mod add;
mod list;
mod remove;
mod rename;
mod select;
mod selectors;
mod show;
mod table;

use std::path::Path;

use clap::{Args, Subcommand};

use crate::account::{Refusal, World};
use crate::config::{Origin, Scope};
use crate::error::{Error, Kind, shell_word};
use crate::escape;
use crate::layer_file::destination::Destination;
use crate::resolve::context::Context;

/// List, add, select, rename and remove named accounts
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto profile add staging --username acme-staging
  carto profile use staging")]
pub struct ProfileArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Add(add::AddArgs),
    Use(select::UseArgs),
    Rename(rename::RenameArgs),
    Remove(remove::RemoveArgs),
}

/// Runs the verb.
pub fn run(context: &Context, args: &ProfileArgs) -> Result<(), Error> {
    match &args.verb {
        Verb::List(args) => list::run(context, args),
        Verb::Show(args) => show::run(context, args),
        Verb::Add(args) => add::run(context, args),
        Verb::Use(args) => select::run(context, args),
        Verb::Rename(args) => rename::run(context, args),
        Verb::Remove(args) => remove::run(context, args),
    }
}

/// The error of a command about a profile that nobody defines.
fn unknown(name: &str, world: &World) -> Error {
    let refusal = Refusal::UnknownProfile {
        name: name.to_owned(),
        origin: Origin::BuiltIn,
        known: world.profile_names().into_iter().map(str::to_owned).collect(),
        by_untrusted: false,
    };
    let mut error = Error { kind: Kind::NotThere, places: Vec::new(), ..Error::from(refusal) };
    // It was named to look at it or to change it, not to make it.
    error.help.retain(|help| !help.starts_with("carto login"));
    error
}

/// The error of a change to a profile that one file does not define; `command` is the one for the
/// scope that does.
fn elsewhere(
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
fn tell_other_definition(context: &Context, name: &str) -> Result<(), Error> {
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
fn word(name: &str) -> String {
    shell_word(Path::new(name))
}

/// Writes the flag that chooses a scope, with a space behind it; your own needs none.
fn scope_flag(scope: Scope) -> String {
    if scope == Scope::User { String::new() } else { format!("--{scope} ") }
}
