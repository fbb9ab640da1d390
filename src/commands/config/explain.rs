//! `carto config explain`: the values in order, the winner, and the rule that beat each loser.

use clap::Args;
use serde_json::json;

use super::get::not_set;
use crate::config::SettingPath;
use crate::config::setting::ACCOUNT_SETTINGS;
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
    let values: Vec<_> = loaded.config.all(path).collect();
    let shown = path.to_string();
    if values.is_empty() && loaded.broken.is_empty() {
        return Err(not_set(path));
    }
    let winner = values.last().map(|value| value.scope);
    let rule = |scope| match winner {
        Some(winner) if winner == scope => "is used".to_owned(),
        Some(winner) => format!("beaten: the {winner} scope is higher"),
        None => String::new(),
    };
    if args.json {
        let rows: Vec<_> = values
            .iter()
            .rev()
            .map(|value| {
                json!({
                    "value": value.value,
                    "scope": value.scope.name(),
                    "origin": value.origin.to_string(),
                    "wins": Some(value.scope) == winner,
                    "rule": rule(value.scope),
                })
            })
            .collect();
        context.output.json(&json!({ "key": shown, "candidates": rows }));
        return Ok(loaded.broken.clone());
    }
    for value in values.iter().rev() {
        let mark = if Some(value.scope) == winner { '*' } else { ' ' };
        let text = value.value.to_string();
        context.output.line(format!("{mark} {:<8} {}", value.scope.name(), escape::line(&text)));
        context.output.line(format!("           at {}", escape::line(&value.origin.to_string())));
        context.output.line(format!("           {}", rule(value.scope)));
    }
    Ok(loaded.broken.clone())
}
