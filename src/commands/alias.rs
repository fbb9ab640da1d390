//! `carto alias`: words of one's own for commands, and what happens when one is typed.

use std::ffi::{OsStr, OsString};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::config::SettingPath;
use crate::config::{Layer, Located, Scope, Value};
use crate::dispatch::alias::{AliasText, Meaning, meaning};
use crate::dispatch::aliases_in_force::written;
use crate::dispatch::{plugin, start};
use crate::error::{Error, Kind};
use crate::escape;
use crate::layer_file::destination::Destination;
use crate::layer_file::scope_args::ScopeArgs;
use crate::plugin_name::PluginName;
use crate::resolve::context::Context;
use crate::toml::{self, edit};

/// List, set and delete aliases: short names for commands
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto alias set who 'config explain'     carto who
  carto alias list                         names and what they stand for")]
pub struct AliasArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(ListArgs),
    Set(SetArgs),
    Delete(DeleteArgs),
}

/// List the aliases
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto alias list            names and what they stand for
  carto alias list --json     the same for programs")]
struct ListArgs {
    /// Print the names alone
    #[arg(long, conflicts_with = "json")]
    name_only: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Make `carto NAME` stand for words
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto alias set who 'config explain'
  carto alias set q '--profile staging sql'
  carto alias set print 'print {username} --server-url {base_url}'")]
struct SetArgs {
    /// The name
    name: OsString,
    /// The words; one that begins with `!` is a command for the shell, and `{username}` and
    /// `{base_url}` stand for the account
    #[arg(required = true, allow_hyphen_values = true, trailing_var_arg = true)]
    words: Vec<String>,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Delete an alias
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto alias delete q
  carto alias delete --project q")]
struct DeleteArgs {
    /// The name
    name: OsString,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Runs the verb.
pub fn run(context: &Context, args: &AliasArgs, builtins: &[String]) -> Result<(), Error> {
    match &args.verb {
        Verb::List(args) => list(context, args),
        Verb::Set(args) => set(context, args, builtins),
        Verb::Delete(args) => delete(context, args, builtins),
    }
}

fn list(context: &Context, args: &ListArgs) -> Result<(), Error> {
    let config = context.config()?;
    context.tell_remarks();
    let mut aliases = config.below(&["alias"]);
    aliases.sort_by(|(a, _), (b, _)| a.cmp(b));
    let name = |path: &SettingPath| path.0.get(1).cloned().unwrap_or_default();
    if args.json {
        let rows: Vec<_> = aliases
            .iter()
            .map(|(path, alias)| {
                json!({
                    "name": name(path),
                    "words": alias.value,
                    "scope": alias.scope.name(),
                    "origin": alias.origin.to_string(),
                })
            })
            .collect();
        context.output.json(&rows);
        return Ok(());
    }
    if args.name_only {
        for (path, _) in &aliases {
            context.output.line(escape::line(&name(path)));
        }
        return Ok(());
    }
    for (path, alias) in &aliases {
        let text = alias.value.to_string();
        context.output.line(format!("{:<12} {}", escape::line(&name(path)), escape::line(&text)));
    }
    Ok(())
}

fn key(name: &PluginName) -> SettingPath {
    SettingPath(vec!["alias".to_owned(), name.as_str().to_owned()])
}

fn set(context: &Context, args: &SetArgs, builtins: &[String]) -> Result<(), Error> {
    let name = PluginName::parse(&args.name)
        .map_err(|error| Error::new(Kind::Usage, format!("not a name for an alias: {error}")))?;
    if builtins.iter().any(|builtin| builtin == name.as_str()) {
        return Err(Error::new(
            Kind::Usage,
            format!("`{name}` is a built-in command, which comes first"),
        ));
    }
    let (value, written) = match args.words.as_slice() {
        [one] => (toml::Value::String(one.clone()), AliasText::Text(one.clone())),
        many => (
            toml::Value::Array(many.iter().cloned().map(toml::Value::String).collect()),
            AliasText::Words(many.to_vec()),
        ),
    };
    let judged = meaning(&written)
        .map_err(|error| Error::new(Kind::Usage, format!("not an alias: {error}")))?;
    let destination = Destination::find(context, args.scope.choice())?;
    if matches!(judged, Meaning::Shell(_)) && destination.scope() == Scope::Project {
        return Err(Error::new(Kind::Usage, "a project cannot name a command for the shell")
            .help("carto alias set NAME '!COMMAND'     # with your own settings"));
    }
    let path = key(&name);
    let change =
        |text: &str, layer: &Layer| edit::set(text, &layer.written(&path).segments(), &value);
    destination.edit_config(context, change, |_| Ok(()))?;
    context.output.note(&format!("carto {name} now stands for: {}", args.words.join(" ")));
    destination.tell_standing(context);
    Ok(())
}

fn delete(context: &Context, args: &DeleteArgs, builtins: &[String]) -> Result<(), Error> {
    let name = plugin::plugin_name(&args.name, builtins)?;
    let destination = Destination::find(context, args.scope.choice())?;
    let path = key(&name);
    let change = |text: &str, layer: &Layer| edit::unset(text, &layer.written(&path).segments());
    let shown = destination.config_path().display().to_string();
    destination.edit_config(context, change, |_| Ok(())).map_err(|error| {
        if error.kind == Kind::NotThere {
            Error { what: format!("there is no alias `{name}` there"), ..error }
        } else {
            error
        }
    })?;
    context.output.note(&format!("deleted the alias {name} in {shown}"));
    destination.tell_standing(context);
    Ok(())
}

/// What stands in place of an alias and its arguments.
pub struct AliasWords {
    /// The alias.
    pub name: PluginName,
    /// The words.
    pub words: Vec<OsString>,
    /// How many of them, at the beginning, are the alias's own; the others were typed.
    pub own: usize,
}

/// What became of a name that may be an alias.
pub enum Expanded {
    /// It is none, or means the plugin of its own name.
    NotAnAlias,
    /// These words stand in its place.
    Words(AliasWords),
    /// The shell ran it; the status where it could not take this process's place.
    Ran(u8),
}

impl AliasWords {
    fn new(name: PluginName, mut words: Vec<OsString>, typed: &[OsString]) -> Self {
        let own = words.len();
        words.extend(typed.iter().cloned());
        AliasWords { name, words, own }
    }
}

/// Looks a name up and expands it by one step. `Context::nested` remembers the chain, also across
/// processes.
///
/// # Errors
/// A loop, with the chain; an alias that cannot be read; a project's command for the shell.
pub fn expand(context: &mut Context, name: &OsStr, args: &[OsString]) -> Result<Expanded, Error> {
    let Ok(name) = PluginName::parse(name) else { return Ok(Expanded::NotAnAlias) };
    // A broken file is said by what needs the account; a plugin's help must stay reachable.
    let Ok(loaded) = context.load() else { return Ok(Expanded::NotAnAlias) };
    let Some(found) = loaded.config.get(&key(&name)) else { return Ok(Expanded::NotAnAlias) };
    let meaning = meaning(&written(&found.value)).map_err(|error| {
        Error::new(Kind::Invalid, format!("the alias `{name}` cannot be used: {error}"))
            .at(&found.origin)
    })?;
    let own_name = |words: &[OsString]| words.first().is_some_and(|word| word == name.as_str());
    match meaning {
        Meaning::Words(mut words) => {
            if own_name(&words) {
                // The plugin is meant; its words still come first.
                words.remove(0);
                if words.is_empty() {
                    return Ok(Expanded::NotAnAlias);
                }
                let mut all = vec!["plugin".into(), "run".into(), name.as_str().into()];
                all.append(&mut words);
                return Ok(Expanded::Words(AliasWords::new(name, all, args)));
            }
            remember(context, &name, &found)?;
            Ok(Expanded::Words(AliasWords::new(name, words, args)))
        }
        Meaning::Shell(command) => {
            if !matches!(found.scope, Scope::System | Scope::User) {
                return Err(Error::new(
                    Kind::Invalid,
                    format!(
                        "the alias `{name}` is a command for the shell, which only system and \
                         user settings can name"
                    ),
                )
                .at(&found.origin));
            }
            remember(context, &name, &found)?;
            shell(context, &command, &name, args).map(Expanded::Ran)
        }
    }
}

/// Notes the step; one that was made before is a loop.
fn remember(context: &mut Context, name: &PluginName, found: &Located<Value>) -> Result<(), Error> {
    let chain = context.aliases_so_far();
    let known = chain.iter().any(|earlier| earlier == name.as_str());
    chain.push(name.as_str().to_owned());
    if known {
        return Err(Error::new(
            Kind::Invalid,
            format!("aliases go in a circle: {}", escape::line(&chain.join(" -> "))),
        )
        .at(&found.origin)
        .help(format!("carto alias delete {name}")));
    }
    Ok(())
}

/// Runs a command with the shell, with the account in its environment as a plugin would get it.
fn shell(
    context: &Context,
    command: &str,
    name: &PluginName,
    args: &[OsString],
) -> Result<u8, Error> {
    let resolved = context.resolve(None)?;
    let granted = resolved.map(|resolved| resolved.granted(context)).transpose()?;
    // The arguments reach the command as a shell's own would: behind its last word.
    let script = if args.is_empty() { command.to_owned() } else { format!("{command} \"$@\"") };
    let mut words: Vec<OsString> = vec!["-c".into(), script.into(), name.as_str().into()];
    words.extend(args.iter().cloned());
    let shell = std::path::Path::new("/bin/sh");
    start::start(context, shell, OsStr::new("sh"), &words, &start::Handed::program(granted))
}
