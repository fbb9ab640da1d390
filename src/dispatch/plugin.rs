//! `carto NAME ...` where NAME is no built-in command: joins the steps for a plugin.

use std::ffi::{OsStr, OsString};

use crate::config::SettingPath;
use crate::config::{Scope, Value};
use crate::dispatch::start::{self, Handed};
use crate::error::{Error, Kind};
use crate::escape;
use crate::near::near;
use crate::path_search::Found;
use crate::plugin_name::PluginName;
use crate::resolve::context::Context;
use crate::resolve::granted::Granted;
use crate::resolve::layers::Loaded;
use crate::resolve::preset::Preset;

/// Runs a plugin. Returns only where it could not start or could not take this process's place.
///
/// # Errors
/// No such plugin (127), one that cannot run (126), a refused account (4).
pub fn run(
    context: &mut Context,
    name: &OsStr,
    args: &[OsString],
    builtins: &[String],
) -> Result<u8, Error> {
    let name = plugin_name(name, builtins)?;
    let found = found(context, &name, builtins)?;
    if let Some(unfit) = &found.unfit {
        return Err(start::refused(&found.path, "plugin", unfit));
    }
    let asks_for_help = args.first().is_some_and(|first| first == "--help");
    let use_of_key = if asks_for_help { UseOfKey::Help } else { UseOfKey::Work };
    let granted = match granted(context, &name, use_of_key) {
        Ok(granted) => granted,
        // Help must be reachable whatever is wrong with the account.
        Err(_) if asks_for_help => None,
        Err(error) => return Err(error),
    };
    let loaded = context.load().ok();
    let config = loaded.map(|loaded| plugin_config(loaded, &name));
    let plugin_config = Some(config.unwrap_or_else(|| "{}".to_owned()));
    let preset = loaded.and_then(|loaded| preset(loaded, &name));
    let handed = Handed { what: "plugin", granted, plugin_config, preset };
    // A circle that leads through the plugin is shown with it; a space is in no alias's name.
    if !context.nested.aliases.is_empty() {
        context.aliases_so_far().push(format!("plugin {name}"));
    }
    start::start(context, &found.path, found.path.as_os_str(), args, &handed)
}

/// Checks the name of a command that is not built in.
///
/// # Errors
/// The name can be no plugin's.
pub fn plugin_name(name: &OsStr, builtins: &[String]) -> Result<PluginName, Error> {
    PluginName::parse(name).map_err(|reason| {
        let shown = name.to_string_lossy();
        let error = Error::new(Kind::NotFound, format!("`{}` is no command", escape::line(&shown)))
            .note(reason.to_string());
        suggest(error, &shown, builtins.iter().map(String::as_str))
    })
}

/// Finds a plugin.
///
/// # Errors
/// There is none: the nearest built-in commands and plugins, and where a copy was passed over.
pub fn found(context: &Context, name: &PluginName, builtins: &[String]) -> Result<Found, Error> {
    let path = context.search_path();
    if let Some(found) = path.find(name) {
        return Ok(found);
    }
    let mut error = Error::new(
        Kind::NotFound,
        format!("`{name}` is no command, and no plugin `{}` is on PATH", name.executable()),
    );
    if let Some(skipped) = path.find_skipped(name) {
        error = error.note(format!(
            "there is one in `{}`, but a PATH entry that is not absolute is never used",
            skipped.display()
        ));
    }
    if let Some(alias) = context.nested.aliases.last().filter(|alias| !alias.contains(' ')) {
        error = error.note(format!("the alias `{}` stands for it", escape::line(alias)));
    }
    let plugins = path.list();
    // The name itself may be the alias of a plugin that is not there, and an alias that led here is
    // what was typed.
    let led_here = |alias: &String| context.nested.aliases.contains(alias);
    let aliases = alias_names(context).into_iter();
    let aliases: Vec<_> = aliases.filter(|a| a != name.as_str() && !led_here(a)).collect();
    let names = builtins.iter().chain(&aliases).map(String::as_str);
    Err(suggest(error, name.as_str(), names.chain(plugins.keys().map(PluginName::as_str))))
}

/// Returns the names of the aliases in force; none where the settings cannot be read.
fn alias_names(context: &Context) -> Vec<String> {
    let Ok(loaded) = context.load() else { return Vec::new() };
    let aliases = loaded.config.below(&["alias"]).into_iter();
    aliases.filter_map(|(path, _)| path.0.get(1).cloned()).collect()
}

fn suggest<'a>(error: Error, typed: &str, names: impl Iterator<Item = &'a str>) -> Error {
    let error = match near(&typed.to_lowercase(), names).as_slice() {
        [] => error,
        near => {
            let names: Vec<_> = near.iter().take(3).map(|name| format!("`{name}`")).collect();
            error.help(format!("did you mean {}?", names.join(" or ")))
        }
    };
    error.help("carto help     # lists commands and plugins")
}

/// What a plugin is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UseOfKey {
    /// Its help, for which nobody should be asked for a passphrase.
    Help,
    /// Its work.
    Work,
}

/// Returns the account for a plugin; its key only where the user does not withhold it, and one that
/// has to be fetched only where it is used.
fn granted(
    context: &Context,
    name: &PluginName,
    use_of_key: UseOfKey,
) -> Result<Option<Granted>, Error> {
    let Some(resolved) = context.resolve(Some(name.as_str()))? else { return Ok(None) };
    let unused = use_of_key == UseOfKey::Help && resolved.key.key.source().is_some();
    if unused || withholds_key(context, name)? {
        return Ok(Some(resolved.granted_without_key()));
    }
    resolved.granted(context).map(Some)
}

/// Whether a scope outside projects says `credentials = false`; no project can undo it.
fn withholds_key(context: &Context, name: &PluginName) -> Result<bool, Error> {
    let path = own_key(name, "credentials");
    let loaded = context.load()?;
    let mut outside = None;
    let mut project = None;
    for value in loaded.config.lookup(&path).values() {
        let slot = if value.scope == Scope::Project { &mut project } else { &mut outside };
        *slot = Some(value.value == Value::Bool(false));
    }
    Ok(outside == Some(true) || project == Some(true))
}

/// Returns the preset that the plugin's settings ask for; a word that is none was reported.
fn preset(loaded: &Loaded, name: &PluginName) -> Option<Preset> {
    Preset::named(loaded.config.get(&own_key(name, "as"))?.value.as_str()?)
}

/// Returns the path of one of the plugin's settings.
fn own_key(name: &PluginName, key: &str) -> SettingPath {
    SettingPath(["plugins", name.as_str(), key].map(str::to_owned).to_vec())
}

/// Returns the plugin's own settings as JSON, merged key by key.
fn plugin_config(loaded: &Loaded, name: &PluginName) -> String {
    let settings = loaded.config.below(&["plugins", name.as_str()]);
    if settings.is_empty() {
        // Most plugins have none, and a map that keeps its order begins with a seed from the system.
        return "{}".to_owned();
    }
    let mut root = serde_json::Map::new();
    for (path, value) in settings {
        let segments = path.0.get(2..).unwrap_or_default();
        put(&mut root, segments, serde_json::to_value(value.value).unwrap_or_default());
    }
    serde_json::Value::Object(root).to_string()
}

/// Puts a value into nested objects; a higher layer's table takes the place of a lower one's value.
fn put(
    object: &mut serde_json::Map<String, serde_json::Value>,
    path: &[String],
    value: serde_json::Value,
) {
    match path {
        [] => {}
        [last] => _ = object.insert(last.clone(), value),
        [first, rest @ ..] => {
            let slot = object.entry(first.clone()).or_insert(serde_json::Value::Null);
            if !slot.is_object() {
                *slot = serde_json::Value::Object(serde_json::Map::new());
            }
            if let Some(inner) = slot.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}
