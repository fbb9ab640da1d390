//! `carto plugin list`: every plugin, with the copies that it hides.

use clap::Args;
use serde_json::json;

use crate::error::Error;
use crate::escape;
use crate::manifest::{KnownPlugin, Manifests, Obstacle};
use crate::package::{Receipt, short_release};
use crate::path_search::Found;
use crate::plugin_name::PluginName;
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
pub(super) fn run(context: &Context, args: &ListArgs, builtins: &[String]) -> Result<(), Error> {
    let found = context.search_path().list();
    if args.name_only {
        for name in found.keys() {
            context.output.line(name.as_str());
        }
        return Ok(());
    }
    let manifests = Manifests::for_many(context)?;
    let mut receipts = context.receipts();
    let known = found.into_iter().map(|(name, program)| {
        let known = manifests.look(&name, &program);
        let is_hidden = builtins.iter().any(|builtin| builtin == name.as_str());
        let receipt = receipts.remove(&program.path);
        Row { name, program, known, is_hidden, receipt }
    });
    let rows: Vec<_> = known.collect();
    if args.json {
        context.output.json(&rows.iter().map(Row::json).collect::<Vec<_>>());
        return Ok(());
    }
    if rows.is_empty() {
        context.output.note("no plugin is on PATH: a plugin is an executable called carto-NAME");
    }
    let width = rows.iter().map(|row| row.name.as_str().len()).max().unwrap_or(0);
    let mut text = String::new();
    for row in &rows {
        // One plugin is one line, whatever there is to say of it.
        let path = row.program.path.to_string_lossy();
        let remarks = row.remarks();
        text +=
            &format!("{:<width$}  {}{}\n", row.name, escape::line(&path), escape::line(&remarks));
    }
    context.output.raw(text.as_bytes());
    Ok(())
}

/// One plugin.
struct Row {
    name: PluginName,
    program: Found,
    known: KnownPlugin,
    /// Whether a built-in command comes first.
    is_hidden: bool,
    /// What it was installed as.
    receipt: Option<Receipt>,
}

impl Row {
    fn json(&self) -> serde_json::Value {
        let manifest = self.known.manifest.as_ref();
        let shadowed = self.program.shadowed.iter().map(|path| path.display().to_string());
        json!({
            "name": self.name.as_str(),
            "path": self.program.path.display().to_string(),
            "source": self.receipt.as_ref().map(|receipt| &receipt.source),
            "version": self.version(),
            "description": manifest.and_then(|manifest| manifest.description.as_ref()),
            "hidden_by": self.is_hidden.then_some("built-in"),
            "problem": self.known.obstacle.as_ref().map(Obstacle::reason),
            "registered_for_another_build": self.known.is_of_another_build,
            "shadowed": shadowed.collect::<Vec<_>>(),
        })
    }

    /// Returns the version that its manifest names, or that was installed.
    fn version(&self) -> Option<String> {
        let manifest = self.known.manifest.as_ref();
        let named = manifest.and_then(|manifest| manifest.version.clone());
        let installed = self.receipt.as_ref();
        named.or_else(|| installed.map(|receipt| short_release(&receipt.fetched.release)))
    }

    fn remarks(&self) -> String {
        let mut text = String::new();
        if let Some(version) = self.version() {
            text += &format!("  {version}");
        }
        if let Some(receipt) = &self.receipt {
            text += &format!("  (from {})", receipt.source);
        }
        if self.is_hidden {
            text += "  (hidden by the built-in command; carto plugin run reaches it)";
        }
        if let Some(obstacle) = &self.known.obstacle {
            text += &format!("  ({})", obstacle.reason());
        }
        if self.known.is_of_another_build {
            text +=
                &format!("  (registered for another build: carto plugin register {})", self.name);
        }
        let hides: Vec<_> =
            self.program.shadowed.iter().map(|path| path.display().to_string()).collect();
        if !hides.is_empty() {
            text += &format!("  (hides {})", hides.join(", "));
        }
        text
    }
}
