//! Every place that names a profile: settings of any layer, aliases, and projects that were
//! approved.

use std::path::Path;

use super::table::is_selector;
use crate::config::SettingPath;
use crate::config::places::{CONFIG_FILE, PROJECT_DIR};
use crate::config::{Config, Entry, Layer, Origin, Scope, Standing, Value};
use crate::credential::store::Stored;
use crate::project::nearest::PROJECT_LIMIT;
use crate::read_file::read_regular;
use crate::resolve::context::Context;

/// A place that names a profile.
pub(super) struct Selector {
    /// The setting that names it.
    pub(super) key: SettingPath,
    /// Its rank.
    pub(super) scope: Scope,
    /// The exact place.
    pub(super) origin: Origin,
    /// Whether the place counts here, or in a project elsewhere.
    pub(super) place: SelectorPlace,
}

/// Where a place counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SelectorPlace {
    /// Here.
    Here,
    /// Here, in a project that is not trusted.
    Untrusted,
    /// In another project, which is trusted.
    Elsewhere,
}

impl SelectorPlace {
    /// Returns the word for programs and people.
    pub(super) fn word(self) -> &'static str {
        match self {
            SelectorPlace::Here => "here",
            SelectorPlace::Untrusted => "untrusted",
            SelectorPlace::Elsewhere => "elsewhere",
        }
    }
}

/// Lists the places that name a profile, the highest layer first, other projects last.
pub(super) fn selectors(context: &Context, config: &Config, name: &str) -> Vec<Selector> {
    let mut found = Vec::new();
    for layer in config.layers().iter().rev() {
        let place = match layer.standing {
            Standing::Own => SelectorPlace::Here,
            Standing::Untrusted => SelectorPlace::Untrusted,
        };
        found.extend(of_layer(layer, name, place));
    }
    let here = config.layers().iter().filter_map(Layer::path);
    let here: Vec<&Path> = here.collect();
    for layer in trusted_elsewhere(context) {
        if layer.path().is_some_and(|path| !here.contains(&path)) {
            found.extend(of_layer(&layer, name, SelectorPlace::Elsewhere));
        }
    }
    found
}

/// Says on standard error where a profile's old name still stands.
pub(super) fn tell(context: &Context, name: &str, scope: Scope, stored: &[Stored]) {
    let fresh = context.again();
    let Ok(loaded) = fresh.load() else { return };
    let say = |what: &str, origin: &Origin| {
        context.output.note(&format!("{what} still says `{name}`: {origin}"));
    };
    for selector in selectors(context, &loaded.config, name) {
        // What was typed for this run is gone after it.
        if selector.scope != Scope::Command {
            say(&format!("`{}`", selector.key), &selector.origin);
        }
    }
    for entry in stored.iter().filter(|entry| entry.profile.as_deref() == Some(name)) {
        if entry.scope != scope {
            say("the mark of a key", &entry.origin);
        }
    }
}

fn of_layer(layer: &Layer, name: &str, place: SelectorPlace) -> Vec<Selector> {
    let names = |entry: &Entry| match entry.path().0.as_slice() {
        [table, _] if table == "alias" => alias_names(&entry.value(), name),
        path => is_selector(path) && entry.value().as_str() == Some(name),
    };
    let entries = layer.entries().filter(names);
    entries
        .map(|entry| Selector {
            key: entry.path(),
            scope: layer.scope,
            origin: entry.origin(),
            place,
        })
        .collect()
}

/// Whether an alias names the profile in one of the ways in which a command line does.
fn alias_names(value: &Value, name: &str) -> bool {
    let words = match value {
        Value::String(text) => shlex::split(text.trim_start_matches('!')).unwrap_or_default(),
        Value::Array(words) => {
            words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()
        }
        _ => return false,
    };
    let joined = ["--profile=", "-p", "CARTO_PROFILE=", "profile="];
    words.iter().any(|word| joined.iter().any(|flag| word.strip_prefix(flag) == Some(name)))
        || words
            .windows(2)
            .any(|pair| matches!(pair, [flag, word] if matches!(flag.as_str(), "--profile" | "-p") && word == name))
}

/// Reads the settings of every project that is trusted as it is now.
fn trusted_elsewhere(context: &Context) -> Vec<Layer> {
    let records = match context.trust().all() {
        Ok(records) => records,
        Err(error) => {
            context.output.error_as_warning(&error);
            return Vec::new();
        }
    };
    let trusted = records.into_iter().filter_map(|record| {
        let path = Path::new(&record.path).join(PROJECT_DIR).join(CONFIG_FILE);
        // A project that is gone, or is another by now, says nothing.
        let file = read_regular(&path, PROJECT_LIMIT).ok()??;
        let trusts = !record.denied && record.trusts_config(&file.bytes);
        trusts.then(|| Layer::parse(Scope::Project, Standing::Own, &path, file.bytes).ok())?
    });
    trusted.collect()
}
