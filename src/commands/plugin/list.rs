//! `carto plugin list`: every plugin, with the copies that it hides.

use clap::Args;
use serde_json::json;

use crate::escape;
use crate::path_search::Unfit;
use crate::resolve::context::Context;

/// List the plugins, with their paths and what hides or hinders them
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin list            names and paths
  carto plugin list --json     the same for programs")]
pub(super) struct ListArgs {
    /// Print the names alone
    #[arg(long, conflicts_with = "json")]
    name_only: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &ListArgs, builtins: &[String]) {
    let found = context.search_path().list();
    let hidden = |name: &str| builtins.iter().any(|builtin| builtin == name);
    if args.json {
        let rows: Vec<_> = found
            .iter()
            .map(|(name, plugin)| {
                json!({
                    "name": name.as_str(),
                    "path": plugin.path.display().to_string(),
                    "hidden_by": hidden(name.as_str()).then_some("built-in"),
                    "problem": plugin.unfit.as_ref().map(Unfit::reason),
                    "shadowed": plugin.shadowed.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
                })
            })
            .collect();
        context.output.json(&rows);
        return;
    }
    if args.name_only {
        for name in found.keys() {
            context.output.line(name.as_str());
        }
        return;
    }
    if found.is_empty() {
        context.output.note("no plugin is on PATH: a plugin is an executable called carto-NAME");
    }
    let width = found.keys().map(|name| name.as_str().len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, plugin) in &found {
        let path = plugin.path.to_string_lossy();
        let mut remark = String::new();
        if hidden(name.as_str()) {
            remark += "  (hidden by the built-in command; carto plugin run reaches it)";
        }
        if let Some(unfit) = &plugin.unfit {
            remark += &format!("  ({})", unfit.reason());
        }
        let hides: Vec<_> = plugin.shadowed.iter().map(|path| path.display().to_string()).collect();
        if !hides.is_empty() {
            remark += &format!("  (hides {})", hides.join(", "));
        }
        // One plugin is one line, whatever there is to say of it.
        text += &format!("{name:<width$}  {}{}\n", escape::line(&path), escape::line(&remark));
    }
    context.output.raw(text.as_bytes());
}
