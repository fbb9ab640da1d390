//! `carto config schema`: the JSON schema of settings files.

use clap::Args;

use crate::commands::context::Context;
use crate::config::schema;

/// Print the JSON schema of `config.toml`; works when a file is broken
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto config schema > config.schema.json     for an editor
  carto config schema | jq '.properties | keys'")]
pub(super) struct SchemaArgs {}

/// Runs the command.
pub(super) fn run(context: &Context, _args: &SchemaArgs) {
    context.output.json(&schema::config());
}
