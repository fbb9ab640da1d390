//! `carto version`.

use crate::error::Error;
use crate::resolve::context::Context;

/// Print the version
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  carto version       the name and the version
  carto --version     the same")]
pub(super) struct VersionArgs {}

/// Prints the version.
#[expect(clippy::unnecessary_wraps, reason = "as every command is run")]
pub(super) fn run(context: &Context, _args: &VersionArgs) -> Result<(), Error> {
    context.output.line(format!("carto {}", env!("CARGO_PKG_VERSION")));
    Ok(())
}
