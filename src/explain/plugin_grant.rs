//! What a plugin would be handed here, and why: gathered without running anything.

use serde_json::{Value, json};

use crate::account::Decision;
use crate::config::{Origin, Scope};
use crate::credential::choose_unlisted;
use crate::dispatch::plugin::withheld_by;
use crate::error::Error;
use crate::manifest::NeedOfKey;
use crate::plugin_name::PluginName;
use crate::resolve::context::Context;

/// What a plugin would be handed here.
#[derive(Clone, Debug)]
pub struct PluginGrant {
    /// The account, as people read it, and where it comes from.
    account: Option<GrantedAccount>,
    /// The key, and where it comes from.
    key: Option<GrantedKey>,
    /// Why it would not start, or start without any.
    without: Option<String>,
    /// Files that cannot be read.
    pub broken: Vec<Error>,
}

/// An account, and where it comes from.
#[derive(Clone, Debug)]
struct GrantedAccount {
    username: Option<String>,
    base_url: String,
    scope: Scope,
    origin: Origin,
}

/// A key as people are shown it, and where it comes from.
#[derive(Clone, Debug)]
struct GrantedKey {
    shown: &'static str,
    scope: Scope,
    origin: Origin,
    source: Option<String>,
}

impl PluginGrant {
    /// Gathers it.
    ///
    /// # Errors
    /// What decides cannot be gathered at all.
    pub fn gather(context: &Context, name: &PluginName, need: NeedOfKey) -> Result<Self, Error> {
        let facts = context.facts(Some(name.as_str()))?;
        let mut grant =
            PluginGrant { account: None, key: None, without: None, broken: facts.broken };
        if !grant.broken.is_empty() {
            grant.without = Some("not known: a file cannot be read".to_owned());
            return Ok(grant);
        }
        if need == NeedOfKey::None {
            grant.without = Some("none: its manifest says that it needs none".to_owned());
            return Ok(grant);
        }
        let chosen = match facts.world.resolve() {
            Decision::Chosen(chosen) => chosen,
            Decision::None => {
                grant.without = Some("none is named anywhere".to_owned());
                return Ok(grant);
            }
            Decision::Refused(refusal) => {
                grant.without = Some(format!("refused: {}", Error::from(*refusal).what));
                return Ok(grant);
            }
        };
        grant.account = Some(GrantedAccount {
            username: chosen.account.username().map(ToString::to_string),
            base_url: chosen.account.base_url().to_string(),
            scope: chosen.scope,
            origin: chosen.origin.clone(),
        });
        if let Some(origin) = withheld_by(context.load()?, name) {
            grant.without = Some(format!("withheld: `credentials = false` at {origin}"));
            return Ok(grant);
        }
        match choose_unlisted(&chosen, &facts.offered, &facts.stored).picked() {
            Err(refusal) => grant.without = Some(format!("refused: {}", Error::from(refusal).what)),
            Ok(key) => {
                if need == NeedOfKey::Required && key.key.is_default_public() {
                    grant.without =
                        Some("none of this account's own, and the plugin needs one".to_owned());
                }
                let source = key.key.source().map(ToString::to_string);
                let shown = if key.key.is_default_public() {
                    crate::secret::DEFAULT_PUBLIC
                } else {
                    crate::secret::MASK
                };
                let (scope, origin) = (key.scope, key.origin);
                grant.key = Some(GrantedKey { shown, scope, origin, source });
            }
        }
        Ok(grant)
    }

    /// Returns the lines for people: what is named, and what is said of it.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let without = || self.without.clone().unwrap_or_default();
        let Some(account) = &self.account else { return vec![("account", without())] };
        let name = account.username.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let mut lines = vec![(
            "account",
            format!("{}{name}, {}: {}", account.base_url, account.scope, account.origin),
        )];
        lines.push(match &self.key {
            _ if self.without.is_some() => ("key", without()),
            Some(key) if key.scope == Scope::Default => {
                ("key", format!("{}: public data only", key.shown))
            }
            Some(key) => {
                let from = key.source.as_ref().map(|source| format!(" from {source}"));
                let from = from.unwrap_or_default();
                ("key", format!("{}{from}, {}: {}", key.shown, key.scope, key.origin))
            }
            None => ("key", without()),
        });
        lines
    }

    /// Returns it for programs: `account`, `key` and `without`.
    pub fn json(&self) -> [(&'static str, Value); 3] {
        let account = self.account.as_ref().map(|account| {
            json!({
                "username": account.username,
                "base_url": account.base_url,
                "scope": account.scope.name(),
                "origin": account.origin.to_string(),
            })
        });
        let key = self.key.as_ref().map(|key| {
            json!({
                "value": key.shown,
                "scope": key.scope.name(),
                "origin": key.origin.to_string(),
                "source": key.source,
            })
        });
        [("account", json!(account)), ("key", json!(key)), ("without", json!(self.without))]
    }
}
