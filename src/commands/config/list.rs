//! `carto config list`: every layer's values, winners marked, keys masked.

use clap::Args;
use serde_json::json;

use crate::commands::context::Context;
use crate::commands::destination::Destination;
use crate::commands::scope_args::{Choice, ScopeArgs};
use crate::config::keys::KeyPath;
use crate::config::{Config, Layer, Origin, Scope, Standing, Value};
use crate::credential::source::StoredKey;
use crate::credential::store::Stored;
use crate::error::{Error, Kind};
use crate::escape;
use crate::read_file::read_named;

/// Print every setting of every layer; `*` marks those in force, keys are masked
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto config list --show-origin        each value with file, line and column
  carto config list --project --json     this project's values for programs")]
pub(super) struct ListArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Print the keys without their values
    #[arg(long)]
    name_only: bool,
    /// Print the scope before each line
    #[arg(long)]
    show_scope: bool,
    /// Print file, line and column, or the variable or flag, before each line
    #[arg(long)]
    show_origin: bool,
    /// Print API keys as they are
    #[arg(long)]
    show_secrets: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// End entries with a NUL byte and print them as they are
    #[arg(short = 'z', long)]
    null: bool,
}

/// One line of the list.
struct Row {
    scope: Scope,
    origin: Origin,
    name: String,
    value: Value,
    account: Option<String>,
    wins: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &ListArgs) -> Result<(), Error> {
    let choice = args.scope.choice();
    if choice == Some(Choice::Scope(Scope::Project)) {
        Destination::find(context, choice.clone())?;
    }
    let mut broken = Vec::new();
    let rows = match choice {
        Some(Choice::File(path)) => {
            let file =
                read_named(&path, crate::commands::context::OWN_LIMIT)?.ok_or_else(|| {
                    Error::new(Kind::NotThere, "there is no such file").at(path.display())
                })?;
            let mut config = Config::default();
            let layer = Layer::parse(Scope::User, Standing::Own, &path, file.bytes)?;
            broken.clone_from(&layer.problems);
            config.insert(layer);
            settings(&config)
        }
        choice => {
            let loaded = context.load()?;
            let facts = context.facts(None)?;
            broken.clone_from(&facts.broken);
            context.tell_remarks();
            let mut rows = settings(&loaded.config);
            rows.extend(facts.stored.iter().map(|entry| key_row(entry, args)));
            rows.sort_by_key(|row| row.scope);
            let wanted = match choice {
                Some(Choice::Scope(scope)) => Some(scope),
                _ => None,
            };
            rows.retain(|row| wanted.is_none_or(|scope| scope == row.scope));
            rows
        }
    };
    print(context, args, &rows);
    match broken.first() {
        None => Ok(()),
        Some(error) => Err(error.clone()),
    }
}

fn settings(config: &Config) -> Vec<Row> {
    let mut winners: std::collections::HashMap<&KeyPath, Scope> = std::collections::HashMap::new();
    for (layer, entry) in config.entries() {
        winners.insert(&entry.path, layer.scope);
    }
    config
        .entries()
        .map(|(layer, entry)| Row {
            scope: layer.scope,
            origin: layer.origin(entry),
            name: entry.path.to_string(),
            value: entry.value.clone(),
            account: None,
            wins: winners.get(&entry.path) == Some(&layer.scope),
        })
        .collect()
}

/// A key is listed with its account; it wins or loses by account, which `explain` shows.
fn key_row(entry: &Stored, args: &ListArgs) -> Row {
    let text = match &entry.key {
        StoredKey::Literal(key) if args.show_secrets => key.expose().to_owned(),
        // A list runs no program: it names the source.
        key => key.masked(),
    };
    let account =
        entry.account.as_ref().map_or_else(|| "no account".to_owned(), ToString::to_string);
    let profile = entry.profile.as_ref().map(|name| format!(", profile {name}"));
    Row {
        scope: entry.scope,
        origin: entry.origin.clone(),
        name: "apikey".to_owned(),
        value: Value::String(text),
        account: Some(account + &profile.unwrap_or_default()),
        wins: entry.account.is_some(),
    }
}

fn print(context: &Context, args: &ListArgs, rows: &[Row]) {
    if args.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({
                    "key": row.name,
                    "value": if args.name_only { None } else { Some(&row.value) },
                    "account": row.account,
                    "scope": row.scope.name(),
                    "origin": row.origin.to_string(),
                    "wins": row.wins,
                })
            })
            .collect();
        context.output.json(&rows);
        return;
    }
    for row in rows {
        let mut columns = Vec::new();
        if args.show_scope {
            columns.push(row.scope.name().to_owned());
        }
        if args.show_origin {
            columns.push(row.origin.to_string());
        }
        let account = row.account.as_ref().filter(|_| !args.null);
        let mut entry = row.name.clone();
        if !args.name_only {
            entry += &format!("={}", row.value);
            entry += &account.map(|account| format!("  ({account})")).unwrap_or_default();
        }
        columns.push(entry);
        if args.null {
            context.output.raw(format!("{}\0", columns.join("\t")).as_bytes());
        } else {
            let mark = if row.wins { '*' } else { ' ' };
            let columns: Vec<_> = columns.iter().map(|column| escape::line(column)).collect();
            context.output.line(format!("{mark} {}", columns.join("\t")));
        }
    }
}
