//! `carto plugin which`: the file that runs.

use clap::Args;
use serde_json::json;

use crate::dispatch::plugin::{found, plugin_name};
use crate::error::Error;
use crate::escape;
use crate::resolve::context::Context;

/// Print the file that `carto NAME` runs
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin which whoami            the path
  carto plugin which whoami --json     the same for programs")]
pub(super) struct WhichArgs {
    /// The plugin's name, without `carto-`
    name: std::ffi::OsString,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &WhichArgs, builtins: &[String]) -> Result<(), Error> {
    let name = plugin_name(&args.name, builtins)?;
    let plugin = found(context, &name, builtins)?;
    let path = plugin.path.display().to_string();
    if args.json {
        context.output.json(&json!({ "name": name.as_str(), "path": path }));
    } else {
        context.output.line(escape::line(&path));
    }
    if builtins.iter().any(|builtin| builtin == name.as_str()) {
        context.output.note(&format!(
            "carto {name} is the built-in command; carto plugin run {name} runs this file"
        ));
    }
    Ok(())
}
