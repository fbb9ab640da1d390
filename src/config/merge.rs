//! `Config`: the layers in order of precedence.

use std::collections::{BTreeMap, HashSet};

use super::lookup::Lookup;
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

    /// Looks a setting up in every layer.
    pub fn lookup(&self, path: &SettingPath) -> Lookup {
        Lookup::of(self.layers.iter().filter_map(|layer| {
            let entry = layer.get(path)?;
            Some(Located::new(entry.value(), layer.scope, entry.origin()))
        }))
    }

    /// Returns the value that wins.
    pub fn get(&self, path: &SettingPath) -> Option<Located<Value>> {
        self.lookup(path).into_winner()
    }

    /// Returns which values of a layer win.
    pub fn winners<'a>(&'a self, layer: &'a Layer) -> Winners<'a> {
        Winners::of(self, layer)
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

/// Which values of one layer win: those whose setting no higher layer has.
pub struct Winners<'a> {
    /// Whether the layer's `base_url` is a pattern that does not count.
    pattern: bool,
    above: Above<'a>,
}

/// The values of higher layers, as they are compared.
enum Above<'a> {
    Few(Vec<Entry<'a>>),
    Many(HashSet<SettingPath>),
}

/// How many entries are compared one by one, which costs less than hashing.
const FEW: usize = 8;

impl<'a> Winners<'a> {
    fn of(config: &'a Config, layer: &'a Layer) -> Self {
        let from = config.layers.partition_point(|other| other.scope <= layer.scope);
        let above = config.layers.get(from..).unwrap_or_default();
        let count: usize = above.iter().map(|layer| layer.entries().len()).sum();
        let counts = |layer: &'a Layer| {
            let pattern = layer.untrusted_pattern();
            layer.entries().filter(move |entry| !pattern.is_some_and(|it| it.is_same_key(*entry)))
        };
        let above = above.iter().flat_map(counts);
        let is_few = count <= FEW || layer.entries().len() <= FEW;
        Winners {
            pattern: layer.untrusted_pattern().is_some(),
            above: if is_few {
                Above::Few(above.collect())
            } else {
                Above::Many(above.map(|entry| entry.path()).collect())
            },
        }
    }

    /// Whether a value of the layer wins.
    pub fn include(&self, entry: Entry<'_>) -> bool {
        if self.pattern && entry.top() == Some("base_url") {
            return false;
        }
        match &self.above {
            Above::Few(above) => !above.iter().any(|other| other.is_same_key(entry)),
            Above::Many(paths) => !paths.contains(&entry.path()),
        }
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

    /// With few settings, which are compared one by one, and with many, which are hashed.
    #[test]
    fn a_value_wins_where_no_higher_layer_has_its_setting() {
        for count in [2, FEW, 4 * FEW] {
            let path = |n: usize| SettingPath(vec!["plugins".into(), "p".into(), format!("x{n}")]);
            let layer = |scope, from: usize| {
                let mut layer = Layer::given(scope);
                (from..from + count)
                    .for_each(|n| layer.give(path(n), Value::Bool(true), Origin::BuiltIn));
                layer
            };
            let mut config = Config::default();
            config.insert(layer(Scope::User, 0));
            config.insert(layer(Scope::Env, count / 2));
            for (scope, first) in [(Scope::User, 0..count / 2), (Scope::Env, 0..2 * count)] {
                let layer = config.layer(scope).unwrap();
                let winners = config.winners(layer);
                let wins = |n| layer.get(&path(n)).map(|entry| winners.include(entry));
                for n in 0..2 * count {
                    let expected = layer.get(&path(n)).map(|_| first.contains(&n));
                    assert_eq!(wins(n), expected, "{scope} {n} of {count}");
                }
            }
        }
    }
}
