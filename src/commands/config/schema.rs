//! `carto config schema`: the JSON schemas of the files that people edit.

use clap::Args;

use crate::config::schema;
use crate::credential::schema as of_credentials;
use crate::manifest::schema as of_manifest;
use crate::resolve::context::Context;

/// Print the JSON schema of `config.toml`; works when a file is broken
///
/// Editors that know TOML find it by the first line of the file: `#:schema ./config.schema.json`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto config schema > .carto/config.schema.json     renews that of `init`
  carto config schema --credentials                   the other file's
  carto config schema | jq '.properties | keys'")]
pub(super) struct SchemaArgs {
    /// Print that of `credentials.toml`
    #[arg(long, conflicts_with = "manifest")]
    credentials: bool,
    /// Print that of a plugin's manifest, `carto-NAME.toml`
    #[arg(long)]
    manifest: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &SchemaArgs) {
    let schema = if args.credentials {
        of_credentials::credentials()
    } else if args.manifest {
        of_manifest::manifest()
    } else {
        schema::config()
    };
    context.output.json(&schema);
}
