//! The account that carto hands to a plugin: contract 1. It needs the standard library alone.

use std::fmt;

/// The version of the contract.
const CONTRACT: &str = "1";

/// The account that carto hands over.
#[derive(Clone, Debug)]
pub struct Account {
    /// The base URL, without a final slash.
    pub base_url: String,
    /// The user name; none where the account has none.
    pub username: Option<String>,
    /// The key of exactly this account; none where the user withholds it.
    pub api_key: Option<ApiKey>,
    /// The settings below `plugins.NAME`, as a JSON object.
    pub settings: String,
}

/// An API key. It goes to the account's server alone, and its `Debug` does not show it.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// Returns the key, to be sent to the account's server: not as an argument of a program, where
    /// every process can read it.
    #[allow(dead_code)]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is CARTO's public key, which reads public data only.
    pub fn is_public(&self) -> bool {
        self.0 == "default_public"
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// Why there is no account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountError {
    /// The plugin was started by itself: its variables may be anybody's.
    WithoutCarto(String),
    /// carto has another contract.
    Contract(String),
    /// No account is named.
    None,
}

impl Account {
    /// Reads the account from the environment of this process; `name` is the plugin's.
    ///
    /// # Errors
    /// The plugin was not started by carto, or no account is named.
    pub fn from_env(name: &str) -> Result<Self, AccountError> {
        Account::read(name, |variable| std::env::var(variable).ok())
    }

    /// Reads the account from variables.
    ///
    /// # Errors
    /// As [`Account::from_env`].
    pub fn read(
        name: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, AccountError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        match set("CARTO_PLUGIN_API") {
            None => return Err(AccountError::WithoutCarto(name.to_owned())),
            Some(version) if version != CONTRACT => {
                return Err(AccountError::Contract(name.to_owned()));
            }
            Some(_) => {}
        }
        Ok(Account {
            base_url: set("CARTO_BASE_URL").ok_or(AccountError::None)?,
            username: set("CARTO_USERNAME"),
            api_key: set("CARTO_API_KEY").map(ApiKey),
            settings: set("CARTO_PLUGIN_CONFIG").unwrap_or_else(|| "{}".to_owned()),
        })
    }
}

impl AccountError {
    /// Returns the exit status, as carto has it.
    pub fn exit_code(&self) -> u8 {
        match self {
            AccountError::WithoutCarto(_) | AccountError::Contract(_) => 2,
            AccountError::None => 4,
        }
    }

    /// Returns what to type.
    pub fn help(&self) -> Vec<String> {
        match self {
            AccountError::WithoutCarto(name) => vec![format!("carto {name}")],
            AccountError::Contract(_) => Vec::new(),
            AccountError::None => ["carto login URL", "carto config explain"]
                .map(str::to_owned)
                .to_vec(),
        }
    }
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccountError::WithoutCarto(name) => write!(f, "carto-{name} is a plugin of carto"),
            AccountError::Contract(name) => {
                write!(f, "this carto-{name} knows contract {CONTRACT} alone")
            }
            AccountError::None => f.write_str("no account is named"),
        }
    }
}

impl std::error::Error for AccountError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Account, AccountError> {
        Account::read("x", |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_account_is_read_whole_and_its_key_is_not_shown() {
        let whole = [
            ("CARTO_PLUGIN_API", "1"),
            ("CARTO_BASE_URL", "https://ann.carto.com"),
            ("CARTO_USERNAME", "ann"),
            ("CARTO_API_KEY", "secret"),
        ];
        let account = read(&whole).unwrap();
        assert_eq!(account.base_url, "https://ann.carto.com");
        assert_eq!(account.username.as_deref(), Some("ann"));
        assert_eq!(account.api_key.as_ref().map(ApiKey::expose), Some("secret"));
        assert_eq!(account.settings, "{}");
        assert!(!format!("{account:?}").contains("secret"));
    }

    #[test]
    fn what_is_missing_is_said_with_its_status() {
        for (variables, status) in [
            (&[("CARTO_BASE_URL", "https://ann.carto.com")][..], 2),
            (
                &[
                    ("CARTO_PLUGIN_API", "2"),
                    ("CARTO_BASE_URL", "https://ann.carto.com"),
                ],
                2,
            ),
            (&[("CARTO_PLUGIN_API", "1")], 4),
            (&[("CARTO_PLUGIN_API", "1"), ("CARTO_BASE_URL", "")], 4),
        ] {
            assert_eq!(
                read(variables).unwrap_err().exit_code(),
                status,
                "{variables:?}"
            );
        }
    }
}
