//! `carto config list`: every layer's values, winners marked, keys masked.

use std::collections::HashMap;
use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use crate::config::{Config, Entry, Layer, Origin, Scope, Standing, Value, named_secret};
use crate::credential::Offered;
use crate::credential::source::StoredKey;
use crate::credential::store::Stored;
use crate::error::{Error, Kind};
use crate::escape;
use crate::layer_file::destination::Destination;
use crate::layer_file::scope_args::{ScopeArgs, ScopeChoice};
use crate::read_file::read_named;
use crate::resolve::context::Context;
use crate::resolve::given_key::tell_waiting;
use crate::resolve::run::OWN_LIMIT;

/// Print every setting of every layer; `*` marks those in force, keys are masked
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto config list --show-origin        each value with file, line and column
  carto config list --project --json     this project's values for programs")]
pub(super) struct ListArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Print the names alone, each once
    #[arg(long)]
    name_only: bool,
    /// Print the scope before each line
    #[arg(long)]
    show_scope: bool,
    /// Print file, line and column, or the variable or flag, before each line
    #[arg(long)]
    show_origin: bool,
    /// Print API keys and other secrets as they are
    #[arg(long)]
    show_secrets: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// End entries with a NUL byte and print them as they are
    #[arg(short = 'z', long)]
    null: bool,
}

/// How much text is printed at once.
const CHUNK: usize = 32 * 1024;

/// One line of the list.
struct ListRow<'a> {
    what: ListedValue<'a>,
    wins: bool,
}

/// What a line shows.
enum ListedValue<'a> {
    Setting(Entry<'a>),
    Key(&'a Stored),
}

impl ListRow<'_> {
    fn scope(&self) -> Scope {
        match self.what {
            ListedValue::Setting(entry) => entry.scope(),
            ListedValue::Key(stored) => stored.scope,
        }
    }

    fn origin(&self) -> Origin {
        match self.what {
            ListedValue::Setting(entry) => entry.origin(),
            ListedValue::Key(stored) => stored.origin.clone(),
        }
    }

    fn name(&self) -> String {
        match self.what {
            ListedValue::Setting(entry) => entry.name(),
            ListedValue::Key(_) => "apikey".to_owned(),
        }
    }

    fn value(&self, args: &ListArgs) -> Value {
        match self.what {
            ListedValue::Setting(entry) if args.show_secrets => entry.value(),
            ListedValue::Setting(entry) => named_secret::shown(entry),
            ListedValue::Key(stored) => Value::String(match &stored.key {
                StoredKey::Literal(key) if args.show_secrets => key.expose().to_owned(),
                // A list runs no program: it names the source.
                key => key.masked(),
            }),
        }
    }

    fn account(&self) -> Option<String> {
        let ListedValue::Key(stored) = self.what else { return None };
        let account =
            stored.account.as_ref().map_or_else(|| "no account".to_owned(), ToString::to_string);
        let profile = stored.profile.as_ref().map(|name| format!(", profile {name}"));
        Some(account + &profile.unwrap_or_default())
    }
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &ListArgs) -> Result<(), Error> {
    let choice = args.scope.choice();
    if choice == Some(ScopeChoice::Scope(Scope::Project)) {
        Destination::find(context, choice.clone())?;
    }
    let broken = match choice {
        Some(ScopeChoice::File(path)) => {
            let file = read_named(&path, OWN_LIMIT, &|| tell_waiting(&path, &context.output))?
                .ok_or_else(|| {
                    Error::new(Kind::NotThere, "there is no such file").at(path.display())
                })?;
            let mut config = Config::default();
            let layer = Layer::parse(Scope::User, Standing::Own, &path, file.bytes)?;
            let broken = layer.problems.first().cloned();
            config.insert(layer);
            print(context, args, rows(&config, &[], None));
            broken
        }
        choice => {
            let loaded = context.load()?;
            let facts = context.facts(None)?;
            context.tell_remarks();
            let wanted = match choice {
                Some(ScopeChoice::Scope(scope)) => Some(scope),
                _ => None,
            };
            let mut keys = facts.stored;
            keys.extend(of_environment(facts.offered));
            print(context, args, rows(&loaded.config, &keys, wanted));
            facts.broken.into_iter().next()
        }
    };
    broken.map_or(Ok(()), Err)
}

/// Returns the environment's key in the form of those that are stored.
fn of_environment(offered: Offered) -> Option<Stored> {
    let key = offered.environment?;
    Some(Stored {
        account: offered.owner,
        key: StoredKey::Literal(key.value),
        profile: None,
        allow_non_secure: false,
        scope: key.scope,
        origin: key.origin,
        index: 0,
    })
}

/// Lists the settings of each scope, then its keys. A key wins among those of its account, whichever
/// account is used here; `explain` shows that.
fn rows<'a>(
    config: &'a Config,
    keys: &'a [Stored],
    wanted: Option<Scope>,
) -> impl Iterator<Item = ListRow<'a>> {
    let scopes = Scope::ALL.into_iter().filter(move |scope| wanted.is_none_or(|it| it == *scope));
    scopes.flat_map(move |scope| {
        let winners = config.layer(scope).map(|layer| config.winners(layer));
        let settings = config.layer(scope).into_iter().flat_map(Layer::entries);
        let settings = settings.map(move |entry| ListRow {
            wins: winners.as_ref().is_some_and(|winners| winners.include(entry)),
            what: ListedValue::Setting(entry),
        });
        let above = keys.get(keys.partition_point(|key| key.scope <= scope)..).unwrap_or_default();
        let here = keys.iter().filter(move |key| key.scope == scope);
        settings.chain(here.map(move |key| ListRow {
            wins: is_usable(key) && !above.iter().any(|other| beats(other, key)),
            what: ListedValue::Key(key),
        }))
    })
}

/// Whether a key has an account, or needs none.
fn is_usable(key: &Stored) -> bool {
    key.account.is_some() || is_public(key)
}

/// Whether a key of a higher scope is used where the other one would be: the environment's whichever
/// profile that one is marked for, and CARTO's public key for every account.
fn beats(key: &Stored, other: &Stored) -> bool {
    let same_mark = key.scope == Scope::Env || key.profile == other.profile;
    is_public(key) || key.account.is_some() && key.account == other.account && same_mark
}

fn is_public(key: &Stored) -> bool {
    key.scope == Scope::Env && key.key.is_default_public()
}

/// Returns one row of each name: that of the highest scope.
fn by_name<'a>(rows: impl Iterator<Item = ListRow<'a>>) -> Vec<ListRow<'a>> {
    let mut kept: Vec<ListRow> = Vec::new();
    let mut places = HashMap::new();
    for row in rows {
        let at = *places.entry(row.name()).or_insert(kept.len());
        match kept.get_mut(at) {
            Some(lower) => *lower = row,
            None => kept.push(row),
        }
    }
    kept
}

fn print<'a>(context: &Context, args: &ListArgs, rows: impl Iterator<Item = ListRow<'a>>) {
    if args.name_only {
        print_rows(context, args, by_name(rows).into_iter());
    } else {
        print_rows(context, args, rows);
    }
}

fn print_rows<'a>(context: &Context, args: &ListArgs, rows: impl Iterator<Item = ListRow<'a>>) {
    if args.json {
        let rows: Vec<_> = rows
            .map(|row| {
                json!({
                    "key": row.name(),
                    "value": (!args.name_only).then(|| row.value(args)),
                    "account": row.account(),
                    "scope": row.scope().name(),
                    "origin": row.origin().to_string(),
                    "wins": row.wins,
                })
            })
            .collect();
        context.output.json(&rows);
        return;
    }
    let mut text = String::new();
    for row in rows {
        add_line(&mut text, &row, args);
        if text.len() >= CHUNK {
            context.output.raw(text.as_bytes());
            text.clear();
        }
    }
    context.output.raw(text.as_bytes());
}

fn add_line(text: &mut String, row: &ListRow<'_>, args: &ListArgs) {
    let mut columns = Vec::new();
    if args.show_scope {
        columns.push(row.scope().name().to_owned());
    }
    if args.show_origin {
        columns.push(row.origin().to_string());
    }
    let mut entry = row.name();
    if !args.name_only {
        // Writing into a `String` cannot fail.
        _ = write!(entry, "={}", row.value(args));
        if let Some(account) = row.account().filter(|_| !args.null) {
            entry += &format!("  ({account})");
        }
    }
    columns.push(entry);
    // A name alone is for a script, which wants nothing else in the line.
    if !args.null && !args.name_only {
        text.push_str(if row.wins { "* " } else { "  " });
    }
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            text.push('\t');
        }
        text.push_str(&if args.null { column.into() } else { escape::line(column) });
    }
    text.push(if args.null { '\0' } else { '\n' });
}
