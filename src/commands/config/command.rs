//! `carto config`: reads and changes settings, and says where they come from.

use clap::{Args, Subcommand};

use super::{edit, explain, get, list, path, schema, set, unset};
use crate::error::Error;
use crate::resolve::context::Context;

/// Read and change settings, and see where they come from
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto config set username johnsmith     your own settings
  carto config list --show-origin         every value and its place")]
pub struct ConfigArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Get(get::GetArgs),
    Set(set::SetArgs),
    Unset(unset::UnsetArgs),
    List(list::ListArgs),
    Explain(explain::ExplainArgs),
    Edit(edit::EditArgs),
    Path(path::PathArgs),
    Schema(schema::SchemaArgs),
}

/// Runs the verb.
pub fn run(context: &Context, args: &ConfigArgs) -> Result<(), Error> {
    match &args.verb {
        Verb::Get(args) => get::run(context, args),
        Verb::Set(args) => set::run(context, args),
        Verb::Unset(args) => unset::run(context, args),
        Verb::List(args) => list::run(context, args),
        Verb::Explain(args) => explain::run(context, args),
        Verb::Edit(args) => edit::run(context, args),
        Verb::Path(args) => path::run(context, args),
        Verb::Schema(args) => {
            schema::run(context, args);
            Ok(())
        }
    }
}
