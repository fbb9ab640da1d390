//! `carto config path`: the places, whatever is in them.

use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::config::Scope;
use crate::config::places::{self, CONFIG_FILE, CREDENTIALS_FILE};
use crate::error::Error;
use crate::escape;
use crate::resolve::context::Context;

/// Print where settings and keys are looked for; works when a file is broken
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto config path            each place, and whether it is there
  carto config path --json     the same for programs")]
pub(super) struct PathArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &PathArgs) -> Result<(), Error> {
    let places = places::places(&context.invocation, context.globals.files(&context.nested))?;
    let project = places.project.as_ref().map(places::ProjectPlace::dir);
    let mut rows = Vec::new();
    for (scope, dir) in
        [(Scope::System, &places.system), (Scope::User, &places.user), (Scope::Project, &project)]
    {
        for name in [CONFIG_FILE, CREDENTIALS_FILE] {
            if let Some(dir) = dir {
                rows.push((scope, dir.join(name)));
            }
        }
    }
    let there = |path: &Path| path.symlink_metadata().is_ok();
    if args.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(scope, path)| {
                json!({ "scope": scope.name(), "path": path.display().to_string(), "exists": there(path) })
            })
            .collect();
        context.output.json(&rows);
        return Ok(());
    }
    for (scope, path) in rows {
        let missing = if there(&path) { "" } else { "  (missing)" };
        let shown = path.display().to_string();
        context.output.line(format!("{:<8} {}{missing}", scope.name(), escape::line(&shown)));
    }
    Ok(())
}
