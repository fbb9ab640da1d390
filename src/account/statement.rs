//! What each scope says about accounts, typed.

use super::profiles::{Profile, Profiles, ProfilesBuilder};
use super::tuple::Tuple;
use crate::config::{Config, Entry, Layer, Located, Scope, Standing};

/// All that one scope says about accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The rank.
    pub scope: Scope,
    /// Whose word it is.
    pub standing: Standing,
    /// The account fields that stand alone.
    pub bare: Tuple,
    /// The selected profile.
    pub profile: Option<Located<String>>,
    /// The profiles that the scope defines.
    pub profiles: Profiles,
    /// A credentials file that the scope names, read.
    pub file: Option<Located<Tuple>>,
}

impl Statement {
    /// Makes a statement that says nothing.
    pub fn silent(scope: Scope, standing: Standing) -> Self {
        Statement {
            scope,
            standing,
            bare: Tuple::default(),
            profile: None,
            profiles: Profiles::default(),
            file: None,
        }
    }

    /// Whether an untrusted project says it.
    pub fn untrusted(&self) -> bool {
        self.standing == Standing::Untrusted
    }

    /// Reads what one layer says. With the name of a plugin its `plugins.NAME.profile` stands for
    /// the layer's `profile`.
    pub fn of(layer: &Layer, plugin: Option<&str>) -> Self {
        let mut statement = Statement::silent(layer.scope, layer.standing);
        let mut profiles = ProfilesBuilder::default();
        for entry in layer.entries() {
            let mut parts = entry.parts();
            let [one, two, three] = std::array::from_fn(|_| parts.next());
            match (entry.depth(), one, two, three) {
                (1, Some("profile"), ..) if statement.profile.is_none() => {
                    statement.profile = selected(entry);
                }
                (1, Some(field), ..) => statement.bare.admit(field, entry),
                (3, Some("plugins"), name, Some("profile")) if name == plugin => {
                    statement.profile = selected(entry);
                }
                (3, Some("profiles"), Some(name), Some(field)) => {
                    profile_field(&mut profiles, name, field, entry);
                }
                _ => {}
            }
        }
        statement.profiles = profiles.finish();
        statement
    }
}

/// Takes one field of a profile.
fn profile_field(profiles: &mut ProfilesBuilder, name: &str, field: &str, entry: Entry<'_>) {
    let new = || Profile {
        name: name.to_owned(),
        tuple: Tuple::default(),
        protected: false,
        at: Located::new((), entry.scope(), entry.origin()),
    };
    let Some(profile) = profiles.entry(name, new) else { return };
    if field == "protected" {
        profile.protected = entry.value() == crate::config::Value::Bool(true);
    } else {
        profile.tuple.admit(field, entry);
    }
}

fn selected(entry: Entry<'_>) -> Option<Located<String>> {
    let name = entry.value().as_str()?.to_owned();
    Some(Located::new(name, entry.scope(), entry.origin()))
}

/// Reads what every layer says about accounts, lowest scope first. With the name of a plugin its
/// `plugins.NAME.profile` stands for the `profile` of its scope.
pub fn statements(config: &Config, plugin: Option<&str>) -> Vec<Statement> {
    config.layers().iter().map(|layer| Statement::of(layer, plugin)).collect()
}

/// Returns a profile's fields as one layer defines them.
pub fn profile_tuple<'a>(statement: &'a Statement, name: &str) -> Option<&'a Profile> {
    statement.profiles.find(name)
}
