//! `carto config get`: one value. The keys of an account are answered from the resolved account,
//! so a script that asks for three of them never mixes two accounts.

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::config::SettingPath;
use crate::config::named_secret::masked;
use crate::config::setting::ACCOUNT_SETTINGS;
use crate::config::{Layer, Located, Lookup, Origin, Scope, Standing, Value, given, parse_bool};
use crate::error::{Error, Kind};
use crate::escape;
use crate::layer_file::destination::Destination;
use crate::layer_file::scope_args::{ScopeArgs, ScopeChoice};
use crate::read_file::read_named;
use crate::resolve::context::{Context, Resolved};
use crate::resolve::given_key::tell_waiting;
use crate::resolve::run::OWN_LIMIT;

/// Print the value of a setting
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto config get username                    the user name in use
  carto config get --show-origin ui.editor     the value and its place")]
pub(super) struct GetArgs {
    /// The setting, for example `username` or `profiles.staging.base_url`
    #[arg(value_name = "SETTING")]
    key: String,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Print every value, lowest scope first
    #[arg(long)]
    all: bool,
    /// Print V when the setting is set nowhere
    #[arg(long, value_name = "V")]
    default: Option<String>,
    /// Check the value and print it in one spelling
    #[arg(long, value_enum, value_name = "TYPE")]
    r#type: Option<As>,
    /// Print the scope before the value
    #[arg(long)]
    show_scope: bool,
    /// Print file, line and column, or the variable or flag, before the value
    #[arg(long)]
    show_origin: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// End values with a NUL byte and print them as they are
    #[arg(short = 'z', long)]
    null: bool,
}

/// The type whose one spelling is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    Bool,
    Int,
    String,
    Path,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &GetArgs) -> Result<(), Error> {
    let path = SettingPath::parse(&args.key).map_err(|what| Error::new(Kind::Usage, what))?;
    let plain = args.all || args.scope.choice().is_some();
    let account_key = ACCOUNT_SETTINGS.iter().copied().find(|key| path.is(key));
    let lookup = match account_key {
        Some(key) if !plain => Lookup::of(of_account(context, key)?),
        _ => looked_up(context, args, &path)?,
    };
    match lookup.winner() {
        None => missing(context, args, &path),
        Some(_) if args.all => print(context, args, &path, lookup.values()),
        Some(winner) => print(context, args, &path, std::slice::from_ref(winner)),
    }
}

/// Answers a key of the account: from the resolved account as a whole, or with its refusal.
fn of_account(context: &Context, key: &str) -> Result<Option<Located<Value>>, Error> {
    let Some(resolved) = context.resolve(None)? else { return Ok(None) };
    if key == "apikey" {
        let text = Value::String(resolved.secret(context)?.expose().to_owned());
        let key = &resolved.key;
        return Ok(Some(Located::new(text, key.scope, key.origin.clone())));
    }
    Ok(field(&resolved, key))
}

fn field(resolved: &Resolved, key: &str) -> Option<Located<Value>> {
    let chosen = &resolved.chosen;
    let here =
        |text: String| Some(Located::new(Value::String(text), chosen.scope, chosen.origin.clone()));
    match key {
        "username" => here(chosen.account.username()?.to_string()),
        "base_url" => here(chosen.account.base_url().to_string()),
        "organization" => chosen.organization.clone().map(|org| org.map(Value::String)),
        "ca_file" => chosen.ca_file.clone().map(|file| file.map(Value::String)),
        "allow_non_secure" => {
            Some(Located::new(Value::Bool(chosen.non_secure), chosen.scope, chosen.origin.clone()))
        }
        _ => None,
    }
}

/// Looks a key up layer by layer; keys (secrets) in the stores of the layers.
fn looked_up(context: &Context, args: &GetArgs, path: &SettingPath) -> Result<Lookup, Error> {
    let scope = match args.scope.choice() {
        Some(ScopeChoice::File(file)) => {
            let bytes = read_named(&file, OWN_LIMIT, &|| tell_waiting(&file, &context.output))?
                .ok_or_else(|| {
                    Error::new(Kind::NotThere, "there is no such file").at(file.display())
                })?;
            let layer = Layer::parse(Scope::User, Standing::Own, &file, bytes.bytes)?;
            if let Some(problem) = layer.problems.first() {
                return Err(problem.clone());
            }
            return Ok(Lookup::of(in_layer(&layer, path)));
        }
        Some(ScopeChoice::Scope(scope)) => Some(scope),
        None => None,
    };
    if scope == Some(Scope::Project) {
        // Says what to do where there is no project, or one that is not read.
        Destination::find(context, Some(ScopeChoice::Scope(Scope::Project)))?;
    }
    let config = context.config()?;
    context.tell_remarks();
    let wanted = |at: Scope| scope.is_none_or(|scope| scope == at);
    if path.is("apikey") {
        return stored_keys(context, &wanted).map(Lookup::of);
    }
    let layers = config.layers().iter().filter(|layer| wanted(layer.scope));
    Ok(Lookup::of(layers.filter_map(|layer| in_layer(layer, path))))
}

fn in_layer(layer: &Layer, path: &SettingPath) -> Option<Located<Value>> {
    if let Some(entry) = layer.get(path) {
        return Some(Located::new(entry.value(), layer.scope, entry.origin()));
    }
    // A whole table, as JSON would show it.
    let mut below =
        layer.entries().filter_map(|entry| Some((entry, entry.below(&path.0)?))).peekable();
    let origin = below.peek()?.0.origin();
    let mut table = Value::Table(Vec::new());
    for (entry, rest) in below {
        put(&mut table, &rest, entry.value());
    }
    Some(Located::new(table, layer.scope, origin))
}

/// Puts a value into nested tables.
fn put(table: &mut Value, path: &[&str], value: Value) {
    let (Value::Table(fields), Some((first, rest))) = (table, path.split_first()) else { return };
    if rest.is_empty() {
        fields.push(((*first).to_owned(), value));
        return;
    }
    let at = fields.iter().position(|(name, _)| name == first).unwrap_or_else(|| {
        fields.push(((*first).to_owned(), Value::Table(Vec::new())));
        fields.len() - 1
    });
    if let Some((_, inner)) = fields.get_mut(at) {
        put(inner, rest, value);
    }
}

/// Returns the keys of the account that each scope names with those below it.
fn stored_keys(
    context: &Context,
    wanted: &dyn Fn(Scope) -> bool,
) -> Result<Vec<Located<Value>>, Error> {
    let facts = context.facts(None)?;
    if let Some(error) = facts.broken.first() {
        return Err(error.clone());
    }
    let mut found = Vec::new();
    for scope in [Scope::System, Scope::User, Scope::Project] {
        if !wanted(scope) {
            continue;
        }
        let account = facts.world.account_at(scope)?;
        let entry = facts.stored.iter().find(|entry| {
            entry.scope == scope && entry.account == account && entry.profile.is_none()
        });
        if let Some(entry) = entry {
            let key = context.fetch(&entry.key, entry.account.as_ref(), &entry.origin)?;
            let text = Value::String(key.expose().to_owned());
            found.push(Located::new(text, scope, entry.origin.clone()));
        }
    }
    if let Some(key) = facts.offered.environment.filter(|_| wanted(Scope::Env)) {
        found.push(key.map(|key| Value::String(key.expose().to_owned())));
    }
    Ok(found)
}

fn missing(context: &Context, args: &GetArgs, path: &SettingPath) -> Result<(), Error> {
    if let Some(default) = &args.default {
        let value = Located::new(
            Value::String(default.clone()),
            Scope::Command,
            Origin::Flag("--default".to_owned()),
        );
        return print(context, args, path, &[value]);
    }
    Err(not_set(path))
}

/// Says that a key has no value, or that there is no such key.
pub(super) fn not_set(path: &SettingPath) -> Error {
    if path.known().is_none() && !is_table(&path.0) {
        return Error { kind: Kind::NotThere, ..given::unknown_setting(path) };
    }
    let shown = path.to_string();
    Error::new(Kind::NotThere, format!("`{}` is not set", escape::line(&shown)))
}

/// Whether keys may stand below this path.
fn is_table(path: &[String]) -> bool {
    match path {
        [table] => matches!(table.as_str(), "profiles" | "alias" | "plugins" | "ui"),
        [table, _] => matches!(table.as_str(), "profiles" | "plugins"),
        _ => false,
    }
}

fn print(
    context: &Context,
    args: &GetArgs,
    path: &SettingPath,
    values: &[Located<Value>],
) -> Result<(), Error> {
    let mut rows = Vec::new();
    for value in values {
        rows.push((value, typed(context, value, args.r#type, path)?));
    }
    if args.json {
        let row = |(at, value): &(&Located<Value>, Value)| {
            json!({
                "key": path.to_string(),
                "value": value,
                "scope": at.scope.name(),
                "origin": at.origin.to_string(),
            })
        };
        let all: Vec<_> = rows.iter().map(row).collect();
        match all.as_slice() {
            [one] if !args.all => context.output.json(one),
            _ => context.output.json(&all),
        }
        return Ok(());
    }
    for (at, value) in &rows {
        let mut columns = Vec::new();
        if args.show_scope {
            columns.push(at.scope.name().to_owned());
        }
        if args.show_origin {
            columns.push(at.origin.to_string());
        }
        columns.push(value.to_string());
        let text = columns.join("\t");
        if args.null {
            context.output.raw(format!("{text}\0").as_bytes());
        } else {
            let columns: Vec<_> = columns.iter().map(|column| escape::line(column)).collect();
            context.output.line(columns.join("\t"));
        }
    }
    Ok(())
}

/// Brings a value to one spelling of the type that was asked for.
fn typed(
    context: &Context,
    at: &Located<Value>,
    wanted: Option<As>,
    path: &SettingPath,
) -> Result<Value, Error> {
    let Located { value, origin, .. } = at;
    let wrong = |what: &str| {
        Error::new(Kind::Invalid, format!("the value of `{path}` is not {what}")).at(origin)
    };
    match wanted {
        // A secret is printed to whoever asks for it by its name, not with the table around it.
        None | Some(As::String) if !path.names_a_secret() => Ok(masked(path, value.clone())),
        None | Some(As::String) => Ok(value.clone()),
        Some(As::Bool) => match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::String(text) => {
                parse_bool(text).map(Value::Bool).ok_or_else(|| wrong("a boolean"))
            }
            _ => Err(wrong("a boolean")),
        },
        Some(As::Int) => match value {
            Value::Integer(_) => Ok(value.clone()),
            Value::String(text) => {
                text.parse().map(Value::Integer).map_err(|_| wrong("an integer"))
            }
            _ => Err(wrong("an integer")),
        },
        Some(As::Path) => {
            Ok(Value::String(expanded(context, value.as_str().ok_or_else(|| wrong("a path"))?)))
        }
    }
}

/// Puts the home directory in place of a leading `~`.
fn expanded(context: &Context, text: &str) -> String {
    let rest = text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match (rest, context.invocation.home()) {
        (Some(rest), Some(home)) => format!("{}{rest}", home.display()),
        _ => text.to_owned(),
    }
}
