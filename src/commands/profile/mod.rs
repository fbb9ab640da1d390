//! `carto profile`: named accounts.

mod add;
mod list;
mod select;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::error::Error;

/// List, add and select named accounts
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
    Add(add::AddArgs),
    Use(select::UseArgs),
}

/// Runs the verb.
pub fn run(context: &Context, args: &ProfileArgs) -> Result<(), Error> {
    match &args.verb {
        Verb::List(args) => list::run(context, args),
        Verb::Add(args) => add::run(context, args),
        Verb::Use(args) => select::run(context, args),
    }
}
