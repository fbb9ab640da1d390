//! What each scope says about accounts, typed.

use super::profiles::{Profiles, ProfilesBuilder};
use crate::base_url::BaseUrlSetting;
use crate::config::{Config, Entry, Layer, Located, Scope, Standing};
use crate::username::Username;

/// The fields of one entry that names an account, or part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tuple {
    /// The user name.
    pub username: Option<Located<Username>>,
    /// The base URL or pattern.
    pub base_url: Option<Located<BaseUrlSetting>>,
    /// The organization.
    pub organization: Option<Located<String>>,
    /// The permission to use `http://`.
    pub allow_non_secure: Option<Located<bool>>,
}

impl Tuple {
    /// Whether the entry names an account: a user name or a literal base URL.
    pub fn names_account(&self) -> bool {
        self.username.is_some() || self.literal().is_some()
    }

    /// Returns the base URL when it is no pattern.
    pub fn literal(&self) -> Option<Located<&crate::base_url::BaseUrl>> {
        let url = self.base_url.as_ref()?;
        match &url.value {
            BaseUrlSetting::Literal(literal) => {
                Some(Located::new(literal, url.scope, url.origin.clone()))
            }
            BaseUrlSetting::Pattern(_) => None,
        }
    }

    /// Returns the base URL when it is a pattern.
    pub fn pattern(&self) -> Option<Located<&crate::base_url::Pattern>> {
        let url = self.base_url.as_ref()?;
        match &url.value {
            BaseUrlSetting::Pattern(pattern) => {
                Some(Located::new(pattern, url.scope, url.origin.clone()))
            }
            BaseUrlSetting::Literal(_) => None,
        }
    }

    /// Whether the entry permits `http://`.
    pub fn allows_non_secure(&self) -> bool {
        self.allow_non_secure.as_ref().is_some_and(|allow| allow.value)
    }

    /// Takes one field from a configuration entry.
    fn admit(&mut self, field: &str, entry: Entry<'_>) {
        fn put<T>(slot: &mut Option<Located<T>>, entry: Entry<'_>, value: Option<T>) {
            if let Some(value) = value {
                *slot = Some(Located::new(value, entry.scope(), entry.origin()));
            }
        }
        let value = entry.value();
        let text = value.as_str();
        match field {
            "username" => {
                let name = text.and_then(|text| Username::parse(text).ok());
                put(&mut self.username, entry, name);
            }
            "base_url" => {
                let url = text.and_then(|text| BaseUrlSetting::parse(text).ok());
                put(&mut self.base_url, entry, url);
            }
            "organization" => {
                put(&mut self.organization, entry, text.map(str::to_owned));
            }
            "allow_non_secure" => {
                let allow = (value == crate::config::Value::Bool(true)).then_some(true);
                put(&mut self.allow_non_secure, entry, allow.or(Some(false)));
            }
            _ => {}
        }
    }
}

/// A named account as one scope defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name.
    pub name: String,
    /// The account's fields.
    pub tuple: Tuple,
    /// Whether no untrusted project may select the account.
    pub protected: bool,
    /// Where the first of its fields stands.
    pub at: Located<()>,
}

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
