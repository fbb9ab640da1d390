//! `carto config explain`: the candidates in order, the winner, and the rule that beat each loser.

use clap::Args;
use serde_json::json;

use crate::account::{Candidate, Decision, Outcome};
use crate::commands::context::{Context, Facts};
use crate::config::keys::{self, ACCOUNT_KEYS, KeyPath};
use crate::credential::{KeyCandidate, Verdict, choose};
use crate::error::{Error, Kind};
use crate::escape;

/// Say which account and key are used, where they come from, and what they beat
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto config explain               the account and its key
  carto config explain ui.editor     one setting, layer by layer")]
pub(super) struct ExplainArgs {
    /// A setting; without it the account and its key
    key: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &ExplainArgs) -> Result<(), Error> {
    let path = match &args.key {
        Some(key) => Some(KeyPath::parse(key).map_err(|what| Error::new(Kind::Usage, what))?),
        None => None,
    };
    let broken = match path {
        Some(path) if !ACCOUNT_KEYS.iter().any(|key| path.is(key)) => {
            explain_setting(context, args, &path)?
        }
        _ => explain_account(context, args)?,
    };
    match broken.first() {
        None => Ok(()),
        Some(error) => Err(error.clone()),
    }
}

fn explain_setting(
    context: &Context,
    args: &ExplainArgs,
    path: &KeyPath,
) -> Result<Vec<Error>, Error> {
    let loaded = context.load()?;
    let values: Vec<_> = loaded.config.all(path).collect();
    let shown = path.to_string();
    if values.is_empty() && loaded.broken.is_empty() {
        let error = Error::new(Kind::NotThere, format!("`{}` is not set", escape::line(&shown)));
        return Err(match keys::nearest(path).filter(|_| path.known().is_none()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        });
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

fn explain_account(context: &Context, args: &ExplainArgs) -> Result<Vec<Error>, Error> {
    let facts = context.facts(None)?;
    context.tell_remarks();
    let decision = facts.world.resolve();
    let keys = match &decision {
        Decision::Chosen(chosen) => choose(chosen, &facts.offered, &facts.stored).candidates,
        Decision::Refused(_) | Decision::None => Vec::new(),
    };
    let project =
        context.load()?.project.as_ref().map(|project| {
            (project.place.dir().display().to_string(), project.standing.to_string())
        });
    if args.json {
        print_json(context, &facts, &decision, &keys, project.as_ref());
    } else {
        print_text(context, &facts, &decision, &keys, project.as_ref());
    }
    Ok(facts.broken)
}

type ProjectRow = (String, String);

fn print_json(
    context: &Context,
    facts: &Facts,
    decision: &Decision,
    keys: &[KeyCandidate],
    project: Option<&ProjectRow>,
) {
    let accounts: Vec<_> = facts
        .world
        .candidates()
        .iter()
        .map(|candidate| {
            json!({
                "scope": candidate.scope.name(),
                "origin": candidate.origin.to_string(),
                "says": candidate.what,
                "account": candidate.account.as_ref().ok().map(ToString::to_string),
                "wins": candidate.outcome == Outcome::Wins,
                "rule": candidate.outcome.rule(),
            })
        })
        .collect();
    let keys: Vec<_> = keys
        .iter()
        .map(|key| {
            json!({
                "scope": key.scope.name(),
                "origin": key.origin.to_string(),
                "belongs_to": key.owner.as_ref().map(ToString::to_string),
                "profile": key.profile,
                "wins": key.verdict == Verdict::Wins,
                "rule": key.verdict.rule(),
            })
        })
        .collect();
    let refusal = match decision {
        Decision::Refused(refusal) => Some(Error::from((**refusal).clone())),
        Decision::Chosen(_) | Decision::None => None,
    };
    let account = match decision {
        Decision::Chosen(chosen) => Some(json!({
            "username": chosen.account.username().map(ToString::to_string),
            "base_url": chosen.account.base_url().to_string(),
            "scope": chosen.scope.name(),
            "origin": chosen.origin.to_string(),
        })),
        Decision::Refused(_) | Decision::None => None,
    };
    context.output.json(&json!({
        "account": account,
        "refused": refusal.as_ref().map(|error| &error.what),
        "help": refusal.as_ref().map(|error| &error.help),
        "project": project.map(|(dir, standing)| json!({ "path": dir, "standing": standing })),
        "account_candidates": accounts,
        "key_candidates": keys,
    }));
}

fn print_text(
    context: &Context,
    facts: &Facts,
    decision: &Decision,
    keys: &[KeyCandidate],
    project: Option<&ProjectRow>,
) {
    let say = |text: String| context.output.line(escape::line(&text));
    match decision {
        Decision::None => say("account  none is named anywhere".to_owned()),
        Decision::Chosen(chosen) => say(format!("account  {}", chosen.account)),
        Decision::Refused(refusal) => {
            say(format!("account  refused: {}", Error::from((**refusal).clone()).what));
        }
    }
    for candidate in facts.world.candidates() {
        account_lines(&say, &candidate);
        if let Decision::Chosen(chosen) = decision
            && candidate.outcome == Outcome::Wins
            && let Some(pattern) = &chosen.pattern
        {
            say(format!(
                "           the name goes into the pattern of {} ({})",
                pattern.scope, pattern.origin
            ));
        }
    }
    if let Some((dir, standing)) = project {
        say(format!("project  {dir}: {standing}"));
    }
    if let Decision::Refused(refusal) = decision {
        let error = Error::from((**refusal).clone());
        error.notes.iter().for_each(|note| say(format!("note:    {note}")));
        error.help.iter().for_each(|help| say(format!("help:    {help}")));
    }
    let used = keys.iter().find(|key| key.verdict == Verdict::Wins);
    match (decision, used) {
        (Decision::Chosen(_), Some(key)) if key.scope == crate::config::Scope::Default => {
            say("key      default_public: public data only".to_owned());
        }
        (Decision::Chosen(_), Some(key)) => say(format!("key      from {}", key.origin)),
        (Decision::Chosen(_), None) => say("key      none can be used".to_owned()),
        _ => {}
    }
    for key in keys {
        key_lines(&say, key);
    }
}

fn account_lines(say: &dyn Fn(String), candidate: &Candidate) {
    let mark = if candidate.outcome == Outcome::Wins { '*' } else { ' ' };
    let account = match &candidate.account {
        Ok(account) => account.to_string(),
        Err(refusal) => Error::from(refusal.clone()).what,
    };
    say(format!("{mark} {:<8} {}: {account}", candidate.scope.name(), candidate.what));
    say(format!("           at {}", candidate.origin));
    say(format!("           {}", candidate.outcome.rule()));
}

fn key_lines(say: &dyn Fn(String), key: &KeyCandidate) {
    let mark = if key.verdict == Verdict::Wins { '*' } else { ' ' };
    let owner = match (&key.owner, key.scope) {
        (Some(owner), _) => format!("key of {owner}"),
        (None, crate::config::Scope::Default) => "default_public".to_owned(),
        (None, _) => "key of no account".to_owned(),
    };
    let profile = key.profile.as_ref().map(|name| format!(", marked for profile {name}"));
    say(format!("{mark} {:<8} {owner}{}", key.scope.name(), profile.unwrap_or_default()));
    if key.scope != crate::config::Scope::Default {
        say(format!("           at {}", key.origin));
    }
    say(format!("           {}", key.verdict.rule()));
}
