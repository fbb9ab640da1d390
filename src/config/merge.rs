//! From layers to one answer: the highest scope that says something wins.

use std::collections::BTreeMap;

use super::setting_path::SettingPath;
use super::{Entry, Layer, Located, Scope};
use crate::toml::Value;

/// Layers in order of precedence; whoever adds one cannot put it in the wrong place.
#[derive(Debug, Default)]
pub struct Config {
    layers: Vec<Layer>,
}

impl Config {
    /// Adds a layer at its place. At most one layer of a scope is kept: the one added last.
    pub fn insert(&mut self, layer: Layer) {
        let at = self.layers.partition_point(|other| other.scope < layer.scope);
        match self.layers.get_mut(at) {
            Some(other) if other.scope == layer.scope => *other = layer,
            _ => self.layers.insert(at, layer),
        }
    }

    /// Returns the layers, lowest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Returns the layer of a scope.
    pub fn layer(&self, scope: Scope) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.scope == scope)
    }

    /// Returns the value that wins.
    pub fn get(&self, path: &SettingPath) -> Option<Located<Value>> {
        self.all(path).last()
    }

    /// Returns every value of a key, lowest scope first; the last one wins.
    pub fn all(&self, path: &SettingPath) -> impl Iterator<Item = Located<Value>> {
        self.layers.iter().filter_map(move |layer| {
            let entry = layer.get(path)?;
            Some(Located::new(entry.value(), layer.scope, entry.origin()))
        })
    }

    /// Returns every entry with its layer, lowest scope first, in the order of the files.
    pub fn entries(&self) -> impl Iterator<Item = (&Layer, Entry<'_>)> {
        self.layers.iter().flat_map(|layer| layer.entries().map(move |entry| (layer, entry)))
    }

    /// Returns the winning values below a table, keyed by their path below it.
    pub fn below(&self, table: &[&str]) -> Vec<(SettingPath, Located<Value>)> {
        let mut found: Vec<(SettingPath, Located<Value>)> = Vec::new();
        let mut places = BTreeMap::new();
        for (layer, entry) in self.entries() {
            if entry.below(table).is_none() {
                continue;
            }
            let value = Located::new(entry.value(), layer.scope, entry.origin());
            let path = entry.path();
            if let Some((_, earlier)) = places.get(&path).and_then(|at| found.get_mut(*at)) {
                *earlier = value;
            } else {
                places.insert(path.clone(), found.len());
                found.push((path, value));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    #[test]
    fn precedence_is_the_order_of_scopes_whatever_the_order_of_insertion() {
        let path = SettingPath::parse("username").unwrap();
        for low in Scope::ALL {
            for high in Scope::ALL {
                let mut config = Config::default();
                for scope in [high, low] {
                    let mut layer = Layer::given(scope);
                    let text = Value::String(scope.name().to_owned());
                    layer.give(path.clone(), text, Origin::BuiltIn);
                    config.insert(layer);
                }
                let winner = config.get(&path).unwrap();
                assert_eq!(winner.scope, low.max(high));
                assert_eq!(winner.value.as_str(), Some(low.max(high).name()));
            }
        }
    }
}
