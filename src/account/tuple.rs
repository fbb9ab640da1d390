//! `Tuple`: the fields that name an account, or part of one.

use crate::base_url::BaseUrlSetting;
use crate::config::{Entry, Located};
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
    /// The file with the certificates of its server.
    pub ca_file: Option<Located<String>>,
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
    pub(super) fn admit(&mut self, field: &str, entry: Entry<'_>) {
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
            "ca_file" => put(&mut self.ca_file, entry, text.map(str::to_owned)),
            "allow_non_secure" => {
                let allow = (value == crate::config::Value::Bool(true)).then_some(true);
                put(&mut self.allow_non_secure, entry, allow.or(Some(false)));
            }
            _ => {}
        }
    }
}
