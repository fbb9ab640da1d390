//! The aliases that the settings name.

use crate::config::{Scope, SettingPath, Value};
use crate::dispatch::alias::{AliasText, Meaning, meaning};
use crate::resolve::context::Context;

/// Returns what an alias stands for; nothing where there is none that can be used, or where a settings
/// file is broken.
pub fn find(context: &Context, name: &str) -> Option<Meaning> {
    let path = SettingPath(vec!["alias".to_owned(), name.to_owned()]);
    let found = context.load().ok()?.config.get(&path)?;
    let meaning = meaning(&written(&found.value)).ok()?;
    let may_be = matches!(found.scope, Scope::System | Scope::User);
    (may_be || !matches!(meaning, Meaning::Shell(_))).then_some(meaning)
}

/// Returns an alias as its layer writes it; loading has seen to the types.
pub fn written(value: &Value) -> AliasText {
    match value {
        Value::Array(items) => AliasText::Words(
            items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        ),
        other => AliasText::Text(other.as_str().unwrap_or_default().to_owned()),
    }
}

/// Returns the aliases in force with their words, by name; none where a settings file is broken.
pub fn in_force(context: &Context) -> Vec<(String, String)> {
    let Ok(loaded) = context.load() else { return Vec::new() };
    let below = loaded.config.below(&["alias"]).into_iter();
    let mut aliases: Vec<_> = below
        .filter_map(|(path, alias)| Some((path.0.get(1)?.clone(), alias.value.to_string())))
        .collect();
    aliases.sort();
    aliases
}
