//! `carto config set`: one setting in one layer.

use std::path::Path;

use clap::Args;

use super::set_apikey::{self, NewValue};
use super::source_args::SourceArgs;
use crate::account::Refusal;
use crate::account::Says;
use crate::account::check_entry::{Writer, judge_entry};
use crate::base_url::BaseUrl;
use crate::config::SettingPath;
use crate::config::setting::{Setting, ValueType};
use crate::config::{Layer, Located, Origin, Scope, Value, given};
use crate::credential::write::bind;
use crate::error::{Error, Kind};
use crate::escape;
use crate::layer_file::destination::Destination;
use crate::layer_file::scope_args::{ScopeArgs, ScopeChoice};
use crate::resolve::context::Context;
use crate::toml::{self, edit};

/// Change a setting; a key (apikey) is asked for or read from standard input
#[derive(Args)]
#[command(after_help = "Examples:
  carto config set username johnsmith            your own settings
  carto config set --project username acme       this project's settings
  carto config set apikey                        asks for that account's key
  carto config set apikey --from-command -- pass show carto/prod")]
pub(super) struct SetArgs {
    /// The setting, for example `username` or `profiles.staging.base_url`
    #[arg(value_name = "SETTING")]
    key: String,
    /// The value; not needed for `apikey`
    value: Option<String>,
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    source: SourceArgs,
    /// Write a setting that carto does not know
    #[arg(long)]
    force: bool,
}

/// The value may be a key.
impl std::fmt::Debug for SetArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetArgs").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &SetArgs) -> Result<(), Error> {
    let path = SettingPath::parse(&args.key).map_err(|what| key_error(what, args))?;
    if path.known().is_some_and(|key| key.value == ValueType::Secret) {
        let new = match args.source.source(context)? {
            Some(source) => NewValue::Source(source),
            None => NewValue::Key(args.value.as_deref()),
        };
        return set_apikey::run(context, args.scope.choice(), new);
    }
    if args.source.source(context)?.is_some() {
        return Err(Error::new(Kind::Usage, "only a key is fetched from somewhere else")
            .help("carto config set apikey --from-..."));
    }
    let Some(text) = &args.value else {
        if path.known().is_none() && !args.force {
            return Err(given::unknown_setting(&path));
        }
        let shown = path.to_string();
        return Err(Error::new(Kind::Usage, format!("no value for `{}`", escape::line(&shown)))
            .help(format!("carto config set {} VALUE", escape::line(&shown))));
    };
    let value = judged(context, &path, text, args)?;
    let destination = Destination::find(context, args.scope.choice())?;
    let scope = destination.scope();
    if let Some(key) = path.known().filter(|key| !key.allowed_in(scope)) {
        return Err(wrong_scope(key, &path, scope));
    }
    if !matches!(destination, Destination::File(_)) {
        nothing_broken(context, &path)?;
    }
    if scope == Scope::Project && path.0.first().is_some_and(|table| table == "alias") {
        refuse_shell(text)?;
    }
    let change =
        |old: &str, layer: &Layer| edit::set(old, &layer.written(&path).segments(), &value);
    let written =
        destination.edit_config(context, change, |layer| judge_entry(layer, &path, Writer::Set))?;
    let file = destination.config_path();
    let shown = file.display();
    context.output.note(&match written {
        Some(_) => format!("set {path} in {shown}"),
        None => format!("{path} is already set to this value in {shown}"),
    });
    destination.tell_standing(context);
    if path.is("username") || path.is("base_url") {
        bind_unbound(context, &destination)?;
    }
    if path.known().is_some_and(|key| key.value == ValueType::ProfileName) {
        tell_unknown_profile(context, text, scope, &file);
    }
    tell_what_hides(context, &path, scope, args.scope.choice().as_ref())
}

/// Looks at everything that is asked after the write too, so that no run writes and then fails.
fn nothing_broken(context: &Context, path: &SettingPath) -> Result<(), Error> {
    context.config()?;
    if !path.is("username") && !path.is("base_url") {
        return Ok(());
    }
    match context.facts(None)?.broken.first() {
        Some(error) => Err(error.clone()),
        None => Ok(()),
    }
}

/// `key=value` as one argument is how other programs write it.
fn key_error(what: String, args: &SetArgs) -> Error {
    let error = Error::new(Kind::Usage, what);
    match args.key.split_once('=') {
        Some((key, value)) if args.value.is_none() => {
            let Ok(path) = SettingPath::parse(key.trim()) else { return error };
            let value = match path.known() {
                Some(known) if known.value == ValueType::Secret => {
                    "    # asks, or reads standard input".to_owned()
                }
                Some(_) => shlex::try_quote(value).map_or("VALUE".to_owned(), Into::into),
                None => return error.help("carto config schema     # lists every setting"),
            };
            let command = format!("carto config set {path} {value}");
            error.help(escape::line(command.trim_end()))
        }
        _ => error,
    }
}

/// A settings file is listed, shown and committed: no secret belongs there, and an account's key has a
/// place of its own.
fn refuse_secret(path: &SettingPath) -> Result<(), Error> {
    let plugin = match path.0.as_slice() {
        [table, plugin, ..] if table == "plugins" => Some(plugin),
        _ => None,
    };
    let last = path.0.last().map(|field| SettingPath::canonical(std::slice::from_ref(field)));
    let forced = "--force writes it all the same";
    let would = |what: &str| {
        let what = format!("`{path}` would put {what} into a settings file, where it can be read");
        Error::new(Kind::Usage, escape::line(&what))
    };
    match plugin {
        Some(plugin) if last.is_some_and(|field| field.is("apikey")) => Err(would("a key")
            .note("a plugin gets the account's key in CARTO_API_KEY")
            .help("carto config set apikey     # the account's key, in a file of its own")
            .help(escape::line(&format!(
                "carto config set plugins.{plugin}.profile NAME     # another account for this plugin"
            )))
            .help(forced)),
        _ if path.names_a_secret() => Err(would("a secret")
            .note("a plugin finds it in a variable of its own, or stores it by a command of its own")
            .help(forced)),
        _ => Ok(()),
    }
}

fn judged(
    context: &Context,
    path: &SettingPath,
    text: &str,
    args: &SetArgs,
) -> Result<toml::Value, Error> {
    if !args.force {
        refuse_secret(path)?;
    }
    let Some(key) = path.known() else {
        if args.force {
            return Ok(toml::Value::String(text.to_owned()));
        }
        return Err(given::unknown_setting(path).help("--force writes it all the same"));
    };
    let typed = key.typed(text);
    if let Some(note) = typed.note() {
        context.output.note(&note);
    }
    match key.parse_text(&typed.text) {
        Ok(Value::Bool(value)) => Ok(toml::Value::Bool(value)),
        Ok(Value::Integer(value)) => Ok(toml::Value::Integer(value)),
        Ok(Value::String(text)) => Ok(toml::Value::String(key.canonical(text))),
        Ok(_) => Ok(toml::Value::String(text.to_owned())),
        Err(reason) => {
            let error = Error::new(Kind::Usage, format!("`{path}`: {reason}"));
            // An address without its scheme is a frequent one.
            let url = (key.value == ValueType::BaseUrl).then(|| BaseUrl::without_scheme(text));
            Err(match url.flatten() {
                Some(url) => error.help(format!("carto config set {path} {url}")),
                None => error,
            })
        }
    }
}

/// A project's commands for the shell would be refused when they are run.
fn refuse_shell(text: &str) -> Result<(), Error> {
    if !text.starts_with('!') {
        return Ok(());
    }
    Err(Error::new(Kind::Usage, "a project cannot name a command for the shell")
        .help("carto alias set NAME '!COMMAND'     # with your own settings"))
}

fn wrong_scope(key: &Setting, path: &SettingPath, scope: Scope) -> Error {
    let names: Vec<_> = key.scopes.iter().map(|scope| scope.name()).collect();
    Error::new(Kind::Usage, format!("`{path}` cannot be set in {scope} settings"))
        .help(format!("it is read from: {}", names.join(", ")))
}

/// Binds a key that was stored before any account was named to the account named now.
fn bind_unbound(context: &Context, destination: &Destination) -> Result<(), Error> {
    let scope = destination.scope();
    if matches!(destination, Destination::File(_)) {
        return Ok(());
    }
    let fresh = context.again();
    let mut facts = fresh.facts(None)?;
    // What was set names the bare account, also where a profile of the same file beats it.
    let mut beaten = false;
    for statement in facts.world.statements.iter_mut().filter(|s| s.scope == scope) {
        beaten = statement.profile.take().is_some();
    }
    let unbound = facts.stored.iter().any(|e| e.scope == scope && e.account.is_none());
    // An account that cannot be used is explained when it is used.
    let Ok(Some(account)) = facts.world.account_at(scope) else { return Ok(()) };
    if !unbound {
        let has_key = facts.stored.iter().any(|e| e.account.as_ref() == Some(&account));
        if !has_key && facts.broken.is_empty() {
            // The key would be stored for the profile's account.
            let command = if beaten { String::new() } else { format!(": {}", key_command(scope)) };
            context.output.note(&format!("there is no key for {account} yet{command}"));
        }
        return Ok(());
    }
    if account.username().is_none() {
        context.output.note(&format!(
            "the stored key still belongs to no account: {account} names no user; set username, \
             or store the key again"
        ));
        return Ok(());
    }
    let bound = destination.edit_credentials(context, |path, text| bind(path, text, &account));
    let (path, bound) = bound.map_err(|error| {
        error
            .note("the setting is written; the stored key still belongs to no account")
            .help(key_command(scope))
    })?;
    if bound {
        context.output.note(&format!("the key in {} now belongs to {account}", path.display()));
    }
    Ok(())
}

/// Says when nobody defines a profile that was selected; it may come later.
fn tell_unknown_profile(context: &Context, name: &str, scope: Scope, file: &Path) {
    let Ok(facts) = context.again().facts(None) else { return };
    let origin = Origin::WholeFile(file.to_owned());
    let selected = Located::new(name.to_owned(), scope, origin);
    if let Err(refusal @ Refusal::UnknownProfile { .. }) = facts.world.account_of_profile(&selected)
    {
        let error = Error::from(refusal);
        let help = error.help.first().map_or_else(String::new, |help| format!(": {help}"));
        context.output.note(&format!("{}{help}", error.what));
    }
}

/// Returns the command that stores a key for the account that a scope names.
fn key_command(scope: Scope) -> &'static str {
    match scope {
        Scope::System => "carto config set --system apikey",
        Scope::Project => "carto config set --project apikey",
        _ => "carto config set apikey",
    }
}

/// Says when what was written has no effect here, because a higher scope says something else.
fn tell_what_hides(
    context: &Context,
    path: &SettingPath,
    scope: Scope,
    choice: Option<&ScopeChoice>,
) -> Result<(), Error> {
    if matches!(choice, Some(ScopeChoice::File(_))) {
        return Ok(());
    }
    // What was written is no part of the scopes above it: they are as they were read before.
    let loaded = context.load()?;
    if let Some(winner) = loaded.config.get(path).filter(|winner| winner.scope > scope) {
        context
            .output
            .note(&format!("{path} is hidden here by {} ({})", winner.scope, winner.origin));
    } else if path.is("username") || path.is("base_url") {
        let world = context.again().facts(None)?.world;
        let above = world.candidates().into_iter().find(|candidate| candidate.scope >= scope);
        let own = above.filter(|c| c.scope > scope || matches!(c.says, Says::Profile(_)));
        if let Some(other) = own {
            context.output.note(&format!(
                "another account is used here: {} names it ({})",
                other.says, other.origin
            ));
        }
    }
    Ok(())
}
