//! What a plugin finds in its environment: contract 1.
//!
//! The child sees one whole account and no leftover of another: every variable that could name an
//! account is removed first, duplicates included, then the resolved account is written.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::account::Account;
use crate::invocation::{Env, same_name};
use crate::resolve::granted::Granted;
use crate::resolve::preset::Preset;
use crate::variables::{self, NESTED, Role, VERSION};

/// About how many variables are added.
const MOST: usize = 16;

/// Everything that a plugin is handed besides its arguments.
#[derive(Clone, Debug, Default)]
pub struct Contract<'a> {
    /// The account; none where nobody names one.
    pub granted: Option<&'a Granted>,
    /// The root of the trusted project.
    pub project_dir: Option<&'a Path>,
    /// This program, for plugins that call back.
    pub program: Option<&'a Path>,
    /// The plugin's own settings as JSON.
    pub plugin_config: Option<&'a str>,
    /// The names of other programs that are written, too.
    pub preset: Option<Preset>,
    /// What a nested carto has to know.
    pub nested: Option<&'a str>,
}

impl Contract<'_> {
    /// Returns the variables of the account, each once and in a fixed order, those that only the
    /// preset has behind the others; `None` unsets.
    pub fn account_variables(
        granted: Option<&Granted>,
        preset: Option<Preset>,
    ) -> Vec<(&'static str, Option<String>)> {
        let account = granted.map(|granted| &granted.account);
        let name = account.and_then(Account::username).map(ToString::to_string);
        let key = granted.and_then(|granted| granted.key.as_ref());
        let ca_file = granted.and_then(|granted| granted.ca_file.as_ref());
        let ca_file = ca_file.map(|file| file.to_string_lossy().into_owned());
        let mut variables = vec![
            ("CARTO_USERNAME", name.clone()),
            ("CARTO_USER", name),
            ("CARTO_BASE_URL", account.map(|account| account.base_url().to_string())),
            ("CARTO_API_KEY", key.map(|key| key.expose().to_owned())),
            ("CARTO_ORG", granted.and_then(|granted| granted.organization.clone())),
            (
                "CARTO_ALLOW_NON_SECURE",
                granted.filter(|granted| granted.non_secure).map(|_| "1".to_owned()),
            ),
            ("CARTO_CA_FILE", ca_file.clone()),
        ];
        // What the user has set for all servers stays, where the account has no file of its own.
        let ca_names = preset.map_or(&[][..], Preset::ca_variables).iter();
        variables
            .extend(ca_names.filter(|_| ca_file.is_some()).map(|name| (*name, ca_file.clone())));
        for (name, value) in preset.into_iter().flat_map(|preset| preset.values(granted)) {
            if !variables.iter().any(|(known, _)| *known == name) {
                variables.push((name, value));
            }
        }
        variables
    }

    /// Makes the whole environment of the child from that of the parent.
    pub fn environment<'e>(&'e self, parent: &'e Env) -> Vec<(Cow<'e, OsStr>, Cow<'e, OsStr>)> {
        let account = Contract::account_variables(self.granted, self.preset);
        let mut block: Vec<(Cow<'e, OsStr>, Cow<'e, OsStr>)> =
            Vec::with_capacity(parent.iter().count() + MOST);
        // Some dozens of names: ordering them costs less than asking the system for a hash's seed.
        let mut known = BTreeSet::new();
        let written: Vec<&str> =
            variables::with(Role::Written).chain(account.iter().map(|(name, _)| *name)).collect();
        // Another carto may have written its account's file for a preset: it is not this account's.
        let theirs = parent.get("CARTO_CA_FILE");
        let is_theirs = |name: &OsStr, value: &OsStr| {
            Some(value) == theirs && Preset::all_ca_variables().any(|ca| same_name(name, ca))
        };
        for (name, value) in parent.iter() {
            let removed =
                written.iter().any(|written| same_name(name, written)) || is_theirs(name, value);
            // The first of duplicates is the one that counts; later ones must not surface.
            if !removed && known.insert(name) {
                block.push((name.into(), value.into()));
            }
        }
        for (name, value) in account {
            if let Some(value) = value {
                block.push((OsStr::new(name).into(), OsString::from(value).into()));
            }
        }
        let mut put = |name: &'static str, value: &'e OsStr| {
            block.push((OsStr::new(name).into(), value.into()));
        };
        if let Some(dir) = self.project_dir {
            put("CARTO_PROJECT_DIR", dir.as_os_str());
        }
        if let Some(program) = self.program {
            put("CARTO_BIN", program.as_os_str());
        }
        put("CARTO_PLUGIN_API", OsStr::new(VERSION));
        if let Some(config) = self.plugin_config {
            put("CARTO_PLUGIN_CONFIG", OsStr::new(config));
        }
        if let Some(nested) = self.nested {
            put(NESTED, OsStr::new(nested));
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_url::BaseUrl;
    use crate::secret::Secret;

    /// A nested carto must not warn of what this one has written.
    #[test]
    fn every_variable_of_the_contract_is_known() {
        for name in variables::with(Role::Written) {
            let env = Env::new(vec![(name.into(), "x".into())]);
            assert_eq!(crate::config::given::mistyped_variables(&env), [], "{name}");
        }
    }

    #[test]
    fn nothing_of_the_parent_survives_and_nothing_comes_twice() {
        let mut parent: Vec<(OsString, OsString)> = vec![("A".into(), "1".into())];
        for name in variables::with(Role::Written) {
            parent.push((name.into(), "stale".into()));
            parent.push((name.into(), "stale again".into()));
        }
        parent.push(("A".into(), "2".into()));
        let granted = Granted {
            account: Account::new(BaseUrl::parse("https://ann.carto.com").unwrap(), None).unwrap(),
            key: Some(Secret::new("k").unwrap()),
            organization: None,
            ca_file: None,
            non_secure: false,
        };
        let contract = Contract { granted: Some(&granted), ..Contract::default() };
        let parent = Env::new(parent);
        let block = contract.environment(&parent);
        let shown: Vec<_> =
            block.iter().map(|(k, v)| format!("{}={}", k.display(), v.display())).collect();
        assert_eq!(
            shown,
            [
                "A=1",
                "CARTO_USERNAME=ann",
                "CARTO_USER=ann",
                "CARTO_BASE_URL=https://ann.carto.com",
                "CARTO_API_KEY=k",
                "CARTO_PLUGIN_API=1"
            ]
        );
    }
}
