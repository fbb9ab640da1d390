//! `carto config explain`: the values in order, the winner, and the rule that beat each loser.

use clap::Args;
use serde_json::json;

use super::get::not_set;
use crate::config::named_secret::masked;
use crate::config::setting::ACCOUNT_SETTINGS;
use crate::config::{Precedence, SettingPath};
use crate::error::{Error, Kind};
use crate::escape;
use crate::explain::account_report::{self, ReportForm};
use crate::resolve::context::Context;

/// Say which account and key are used, where they come from, and what they beat
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto config explain               the account and its key
  carto config explain ui.editor     one setting, layer by layer")]
pub(super) struct ExplainArgs {
    /// A setting; without it the account and its key
    #[arg(value_name = "SETTING")]
    key: Option<String>,
    /// Explain the account that this plugin gets, which may have a profile of its own
    #[arg(long, value_name = "NAME", conflicts_with = "key")]
    plugin: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl ExplainArgs {
    fn form(&self) -> ReportForm {
        if self.json { ReportForm::Json } else { ReportForm::Text }
    }
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &ExplainArgs) -> Result<(), Error> {
    let path = match &args.key {
        Some(key) => Some(SettingPath::parse(key).map_err(|what| Error::new(Kind::Usage, what))?),
        None => None,
    };
    let broken = match path {
        Some(path) if !ACCOUNT_SETTINGS.iter().any(|key| path.is(key)) => {
            explain_setting(context, args, &path)?
        }
        _ => account_report::run(context, args.plugin.as_deref(), args.form())?,
    };
    match broken.first() {
        None => Ok(()),
        Some(error) => Err(error.clone()),
    }
}

fn explain_setting(
    context: &Context,
    args: &ExplainArgs,
    path: &SettingPath,
) -> Result<Vec<Error>, Error> {
    let loaded = context.load()?;
    let lookup = loaded.config.lookup(path);
    let shown = path.to_string();
    if lookup.winner().is_none() && loaded.broken.is_empty() {
        return Err(not_set(path));
    }
    if args.json {
        let rows: Vec<_> = lookup
            .candidates()
            .map(|(value, precedence)| {
                json!({
                    "value": masked(path, value.value.clone()),
                    "scope": value.scope.name(),
                    "origin": value.origin.to_string(),
                    "wins": precedence == Precedence::Wins,
                    "rule": precedence.rule(),
                })
            })
            .collect();
        context.output.json(&json!({ "key": shown, "candidates": rows }));
        return Ok(loaded.broken.clone());
    }
    for (value, precedence) in lookup.candidates() {
        let mark = if precedence == Precedence::Wins { '*' } else { ' ' };
        let text = masked(path, value.value.clone()).to_string();
        context.output.line(format!("{mark} {:<8} {}", value.scope.name(), escape::line(&text)));
        context.output.line(format!("           at {}", escape::line(&value.origin.to_string())));
        context.output.line(format!("           {}", precedence.rule()));
    }
    Ok(loaded.broken.clone())
}
