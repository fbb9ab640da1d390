//! `carto profile`: named accounts.

use clap::{Args, Subcommand};

use super::{add, list, remove, rename, select, show};
use crate::error::Error;
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
