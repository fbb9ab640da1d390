//! `carto plugin info`: everything about one plugin that is known without running it.

use std::ffi::OsString;
use std::path::Path;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::config::named_secret::masked;
use crate::config::{Origin, SettingPath};
use crate::dispatch::aliases_in_force::in_force;
use crate::dispatch::plugin::{found, plugin_name, preset};
use crate::error::Error;
use crate::escape;
use crate::explain::plugin_grant::PluginGrant;
use crate::manifest::{Completion, KnownPlugin, Manifest, Manifests, NeedOfKey, Obstacle};
use crate::package::{Receipt, short_release};
use crate::path_search::Found;
use crate::plugin_name::PluginName;
use crate::resolve::context::Context;
use crate::resolve::preset::Preset;
use crate::toml;

/// Say what a plugin is, whether it can run, and which account and key it would get here
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin info whoami            the file, its manifest, its account
  carto plugin info whoami --json     the same for programs")]
pub(super) struct InfoArgs {
    /// The plugin's name, without `carto-`
    name: OsString,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &InfoArgs, builtins: &[String]) -> Result<(), Error> {
    let name = plugin_name(&args.name, builtins)?;
    let mut program = found(context, &name, builtins)?;
    program.shadowed = context.search_path().copies_behind(&name, &program.path);
    let known = Manifests::for_one(context)?.look(&name, &program);
    let need = NeedOfKey::of(known.manifest.as_ref());
    let grant = PluginGrant::gather(context, &name, need)?;
    let info = PluginInfo {
        hidden_by: hidden_by(context, &name, builtins),
        leads_to: program.path.canonicalize().ok().filter(|real| *real != program.path),
        preset: preset(context.load().ok(), &name, known.manifest.as_ref()),
        settings: settings(context, &name),
        broken: grant.broken.clone(),
        receipt: context.receipts().remove(&program.path),
        name,
        program,
        known,
        grant,
    };
    if args.json {
        context.output.json(&info.json());
    } else {
        info.print(context);
    }
    info.broken.into_iter().next().map_or(Ok(()), Err)
}

/// Says what comes before a plugin when its name is typed.
fn hidden_by(context: &Context, name: &PluginName, builtins: &[String]) -> Option<&'static str> {
    if builtins.iter().any(|builtin| builtin == name.as_str()) {
        return Some("built-in");
    }
    let aliases = in_force(context);
    let alias = aliases.iter().find(|(alias, _)| alias == name.as_str());
    // One that begins with its own name means the plugin.
    let is_other = |words: &str| words.split_whitespace().next() != Some(name.as_str());
    alias.is_some_and(|(_, words)| is_other(words)).then_some("alias")
}

/// Returns the plugin's own settings: name, value as people are shown it, scope, origin.
fn settings(context: &Context, name: &PluginName) -> Vec<PluginSetting> {
    let Ok(loaded) = context.load() else { return Vec::new() };
    let below = loaded.config.below(&["plugins", name.as_str()]).into_iter();
    below
        .map(|(path, found)| PluginSetting {
            name: SettingPath(path.0.get(2..).unwrap_or_default().to_vec()).to_string(),
            value: masked(&path, found.value),
            scope: found.scope.name(),
            origin: found.origin,
        })
        .collect()
}

/// One setting of the plugin.
struct PluginSetting {
    name: String,
    value: toml::Value,
    scope: &'static str,
    origin: Origin,
}

/// Everything about one plugin.
struct PluginInfo {
    name: PluginName,
    program: Found,
    /// What a symbolic link on the way leads to.
    leads_to: Option<std::path::PathBuf>,
    hidden_by: Option<&'static str>,
    known: KnownPlugin,
    preset: Option<(Preset, Origin)>,
    /// What it was installed as.
    receipt: Option<Receipt>,
    grant: PluginGrant,
    settings: Vec<PluginSetting>,
    broken: Vec<Error>,
}

impl PluginInfo {
    fn json(&self) -> Value {
        let path = |path: &Path| path.display().to_string();
        let manifest = self.known.manifest.as_ref();
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| _ = object.insert(name.to_owned(), value);
        put("name", json!(self.name.as_str()));
        put("path", json!(path(&self.program.path)));
        put("source", json!(self.receipt.as_ref().map(|receipt| &receipt.source)));
        put("leads_to", json!(self.leads_to.as_deref().map(path)));
        put("hidden_by", json!(self.hidden_by));
        put("shadowed", json!(self.program.shadowed.iter().map(|p| path(p)).collect::<Vec<_>>()));
        put("problem", json!(self.known.obstacle.as_ref().map(Obstacle::reason)));
        put("version", json!(self.version()));
        put("description", json!(manifest.and_then(|manifest| manifest.description.as_ref())));
        put("manifest", json!(manifest.map(manifest_json)));
        put("registered_for_another_build", json!(self.known.is_of_another_build));
        put("contract", json!(manifest.map_or(1, |manifest| manifest.contract)));
        let need = NeedOfKey::of(manifest);
        put("credentials", json!(need.name()));
        let preset = self.preset.as_ref();
        let preset = preset
            .map(|(preset, origin)| json!({ "name": preset.name(), "origin": origin.to_string() }));
        put("as", json!(preset));
        let completion = manifest.and_then(|manifest| manifest.completion.as_ref());
        put("completion", json!(completion.map(completion_json)));
        for (name, value) in self.grant.json() {
            put(name, value);
        }
        let settings = self.settings.iter().map(|setting| {
            json!({
                "name": setting.name,
                "value": setting.value,
                "scope": setting.scope,
                "origin": setting.origin.to_string(),
            })
        });
        put("settings", json!(settings.collect::<Vec<_>>()));
        Value::Object(object)
    }

    /// Returns the version that its manifest names, or that was installed.
    fn version(&self) -> Option<String> {
        let manifest = self.known.manifest.as_ref();
        let named = manifest.and_then(|manifest| manifest.version.clone());
        named.or_else(|| {
            self.receipt.as_ref().map(|receipt| short_release(&receipt.fetched.release))
        })
    }

    fn print(&self, context: &Context) {
        let say = |what: &str, text: &str| {
            context.output.line(format!("{what:<13} {}", escape::line(text)));
        };
        say("program", &self.program.path.display().to_string());
        if let Some(receipt) = &self.receipt {
            say("installed", &format!("from {}", receipt.source));
            say("", &format!("{} {}", receipt.package, receipt.fetched.release));
        }
        if let Some(real) = &self.leads_to {
            say("leads to", &real.display().to_string());
        }
        for copy in &self.program.shadowed {
            say("never runs", &copy.display().to_string());
        }
        if let Some(other) = self.hidden_by {
            let run = format!("the {other} comes first; carto plugin run {} reaches it", self.name);
            say("hidden", &run);
        }
        if let Some(obstacle) = &self.known.obstacle {
            say("cannot run", &format!("it {}", obstacle.reason()));
            say("", &obstacle.help(&self.program));
        }
        self.print_manifest(&say);
        if let Some((preset, origin)) = &self.preset {
            say("as", &format!("{}, named at {origin}", preset.name()));
        }
        for (what, text) in self.grant.lines() {
            say(what, &text);
        }
        for PluginSetting { name, value, scope, origin } in &self.settings {
            say("setting", &format!("{name} = {value}, {scope}: {origin}"));
        }
    }

    fn print_manifest(&self, say: &dyn Fn(&str, &str)) {
        if self.known.is_of_another_build {
            let command = format!("carto plugin register {}", self.name);
            say("manifest", &format!("registered for another build of the program: {command}"));
        }
        let Some(manifest) = &self.known.manifest else {
            if !self.known.is_of_another_build && self.known.obstacle.is_none() {
                say("manifest", "none");
            }
            return;
        };
        if let Some(version) = &manifest.version {
            say("version", version);
        }
        if let Some(description) = &manifest.description {
            say("description", description);
        }
        say("manifest", &format!("{}: {}", manifest.place, manifest.path.display()));
        for (name, line) in &manifest.unknown {
            say("", &format!("line {line}: carto does not know `{name}`"));
        }
        say("contract", &manifest.contract.to_string());
        say("credentials", manifest.credentials.name());
        if let Some(completion) = &manifest.completion {
            say("completion", &completion_text(completion));
        }
    }
}

fn manifest_json(manifest: &Manifest) -> Value {
    let unknown: Vec<_> = manifest.unknown.iter().map(|(name, _)| name).collect();
    json!({
        "place": manifest.place.name(),
        "path": manifest.path.display().to_string(),
        "unknown": unknown,
    })
}

fn completion_json(completion: &Completion) -> Value {
    let (protocol, words, files) = match completion {
        Completion::Asked(protocol) => (Some(protocol.name()), &[][..], false),
        Completion::Listed { words, files } => (None, words.as_slice(), *files),
    };
    json!({ "protocol": protocol, "words": words, "files": files })
}

fn completion_text(completion: &Completion) -> String {
    match completion {
        Completion::Asked(protocol) => {
            format!("the program is asked, by the protocol of {}", protocol.name())
        }
        Completion::Listed { words, files } => {
            let count = match words.len() {
                1 => "1 word".to_owned(),
                count => format!("{count} words"),
            };
            if *files { format!("{count}, and files") } else { count }
        }
    }
}
