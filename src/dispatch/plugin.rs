//! `carto NAME ...` where NAME is no built-in command: joins the steps for a plugin.

use std::ffi::{OsStr, OsString};

use crate::account::{Account, Refusal};
use crate::config::SettingPath;
use crate::config::{Origin, Scope, Value};
use crate::dispatch::aliases_in_force::in_force;
use crate::dispatch::start::{self, Handed};
use crate::error::{Error, Kind};
use crate::escape;
use crate::manifest::{Manifest, Manifests, NeedOfKey, Obstacle};
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
/// No such plugin (127), one that cannot run (126), a manifest that cannot be used (3), a refused
/// account, or none where the plugin needs a key (4).
pub fn run(
    context: &mut Context,
    name: &OsStr,
    args: &[OsString],
    builtins: &[String],
) -> Result<u8, Error> {
    let name = plugin_name(name, builtins)?;
    let found = found(context, &name, builtins)?;
    let manifest = runnable(context, &name, &found)?;
    let asks_for_help = args.first().is_some_and(|first| first == "--help");
    let use_of_key = if asks_for_help { UseOfKey::Help } else { UseOfKey::Work };
    let need = NeedOfKey::of(manifest.as_ref());
    let granted = match granted(context, &name, use_of_key, need) {
        Ok(granted) => granted,
        // Help must be reachable whatever is wrong with the account.
        Err(_) if asks_for_help => None,
        Err(error) => return Err(error),
    };
    let loaded = context.load().ok();
    let config = loaded.map(|loaded| plugin_config(loaded, &name));
    let plugin_config = Some(config.unwrap_or_else(|| "{}".to_owned()));
    let preset = preset(loaded, &name, manifest.as_ref()).map(|(preset, _)| preset);
    let handed = Handed { what: "plugin", granted, plugin_config, preset };
    // A circle that leads through the plugin is shown with it; a space is in no alias's name.
    if !context.nested.aliases.is_empty() {
        context.aliases_so_far().push(format!("plugin {name}"));
    }
    start::start(context, &found.path, found.path.as_os_str(), args, &handed)
}

/// Returns the manifest of a plugin that can run.
///
/// # Errors
/// What keeps it from running.
fn runnable(
    context: &Context,
    name: &PluginName,
    found: &Found,
) -> Result<Option<Manifest>, Error> {
    if let Some(unfit) = &found.unfit {
        return Err(Obstacle::File(unfit.clone()).into_error(found));
    }
    let known = Manifests::for_one(context)?.look(name, found);
    if let Some(obstacle) = known.obstacle {
        return Err(obstacle.into_error(found));
    }
    if known.is_of_another_build {
        context.output.warning(&of_another_build(name));
    }
    Ok(known.manifest)
}

/// Says that what a plugin printed when it was registered counts no more.
fn of_another_build(name: &PluginName) -> String {
    format!("{name} was registered for another build of its program: carto plugin register {name}")
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
    let path = context.search_path_of(name)?;
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
    let plugins = context.search_path().list();
    // The name itself may be the alias of a plugin that is not there, and an alias that led here is
    // what was typed.
    let led_here = |alias: &String| context.nested.aliases.contains(alias);
    let aliases = in_force(context).into_iter().map(|(alias, _)| alias);
    let aliases: Vec<_> = aliases.filter(|a| a != name.as_str() && !led_here(a)).collect();
    let names = builtins.iter().chain(&aliases).map(String::as_str);
    Err(suggest(error, name.as_str(), names.chain(plugins.keys().map(PluginName::as_str))))
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
///
/// # Errors
/// The account is refused, or the plugin needs a key of one's own and there is none.
fn granted(
    context: &Context,
    name: &PluginName,
    use_of_key: UseOfKey,
    need: NeedOfKey,
) -> Result<Option<Granted>, Error> {
    if need == NeedOfKey::None {
        // What is wrong with the account is nothing to it; its settings still have to be read.
        context.config()?;
        context.tell_remarks();
        return Ok(None);
    }
    let must_have = need == NeedOfKey::Required && use_of_key == UseOfKey::Work;
    let Some(resolved) = context.resolve(Some(name.as_str()))? else {
        return if must_have { Err(needs_account(name)) } else { Ok(None) };
    };
    let unused = use_of_key == UseOfKey::Help && resolved.key.key.source().is_some();
    // What the user withholds is withheld, whatever the plugin says that it needs.
    if unused || withheld_by(context.load()?, name).is_some() {
        return resolved.granted_without_key(context).map(Some);
    }
    let granted = resolved.granted(context)?;
    let has_one = granted.key.as_ref().is_some_and(|key| !key.is_default_public());
    if must_have && !has_one {
        return Err(needs_key(name, &granted.account));
    }
    Ok(Some(granted))
}

/// The error of a plugin that needs a key where nobody names an account.
fn needs_account(name: &PluginName) -> Error {
    let error = Error::from(Refusal::NoAccount);
    Error { what: format!("the plugin {name} needs a key, and {}", error.what), ..error }
}

/// The error of a plugin that needs a key where the account has none.
fn needs_key(name: &PluginName, account: &Account) -> Error {
    let what = format!("the plugin {name} needs a key, and there is none of {account}");
    Error::new(Kind::Refused, what)
        .help(format!("carto login {:<28} # stores its key", account.base_url().as_str()))
        .help("carto config explain                     # says which keys there are, and whose")
}

/// Returns where `credentials = false` stands for a plugin, if it counts: no project can undo what
/// another scope says.
pub fn withheld_by(loaded: &Loaded, name: &PluginName) -> Option<Origin> {
    let path = own_key(name, "credentials");
    let (mut outside, mut project) = (None, None);
    for value in loaded.config.lookup(&path).values() {
        let slot = if value.scope == Scope::Project { &mut project } else { &mut outside };
        *slot = (value.value == Value::Bool(false)).then(|| value.origin.clone());
    }
    outside.or(project)
}

/// Returns the preset that a plugin gets, and where it is named: in its settings, which come first, or
/// in its manifest. A word that is none was reported.
pub fn preset(
    loaded: Option<&Loaded>,
    name: &PluginName,
    manifest: Option<&Manifest>,
) -> Option<(Preset, Origin)> {
    let own = loaded.and_then(|loaded| loaded.config.get(&own_key(name, "as")));
    let own = own.and_then(|own| Some((Preset::named(own.value.as_str()?)?, own.origin)));
    own.or_else(|| {
        let manifest = manifest?;
        Some((manifest.preset?, Origin::WholeFile(manifest.path.clone())))
    })
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
