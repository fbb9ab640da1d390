//! `carto plugin run`: a plugin, also one that a built-in command hides.

use std::ffi::OsString;

use clap::Args;

use crate::dispatch::plugin;
use crate::error::Error;
use crate::resolve::context::Context;

/// Run a plugin, also one that a built-in command or an alias hides
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin run whoami            like carto whoami
  carto plugin run config --help     a plugin called as a built-in is")]
pub(super) struct RunArgs {
    /// The plugin's name, without `carto-`, and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_names = ["NAME", "ARGS"])]
    words: Vec<OsString>,
}

/// Runs the command.
pub(super) fn run(context: &mut Context, args: &RunArgs, builtins: &[String]) -> Result<u8, Error> {
    let (name, rest) = args.words.split_first().unwrap_or((const { &OsString::new() }, &[]));
    plugin::run(context, name, rest, builtins)
}
