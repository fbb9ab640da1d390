//! `carto credentials`: the account in use with its key, and other programs' files.

use clap::{Args, Subcommand};

use super::{delete, export, import, list, show};
use crate::error::Error;
use crate::resolve::context::Context;

/// Show and list keys, masked; import and export CARTOframes files
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto credentials show                       the account in use, key masked
  carto credentials import cartocreds.json     imports CARTOframes' file")]
pub struct CredentialsArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Show(show::ShowArgs),
    List(list::ListArgs),
    Import(import::ImportArgs),
    Export(export::ExportArgs),
    Delete(delete::DeleteArgs),
}

/// Runs the verb.
pub fn run(context: &Context, args: &CredentialsArgs) -> Result<(), Error> {
    match &args.verb {
        Verb::Show(args) => show::run(context, args),
        Verb::List(args) => list::run(context, args),
        Verb::Import(args) => import::run(context, args),
        Verb::Export(args) => export::run(context, args),
        Verb::Delete(args) => delete::run(context, args),
    }
}
