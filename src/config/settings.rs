//! The one table of known keys. [`crate::config::setting`] says what a row means.

use crate::config::Scope;
use crate::config::setting::{Setting, ValueType};

const ALL: &[Scope] = &[Scope::System, Scope::User, Scope::Project, Scope::Env, Scope::Command];
const FILES_AND_COMMAND: &[Scope] = &[Scope::System, Scope::User, Scope::Project, Scope::Command];
const OUTSIDE_PROJECTS: &[Scope] = &[Scope::System, Scope::User, Scope::Command];
const KEY_SCOPES: &[Scope] = &[Scope::System, Scope::User, Scope::Project, Scope::Env];

/// Every key that carto knows, in the order in which people meet them.
pub static SETTINGS: &[Setting] = &[
    Setting {
        name: "username",
        aliases: &["user"],
        value: ValueType::Username,
        variables: &["CARTO_USERNAME", "CARTO_USER"],
        scopes: ALL,
        doc: "The account's user name.",
    },
    Setting {
        name: "base_url",
        aliases: &["userurl"],
        value: ValueType::BaseUrl,
        variables: &["CARTO_BASE_URL", "CARTO_API_URL"],
        scopes: ALL,
        doc: "The account's base URL, or a pattern with `{username}`; \
              built in: `https://{username}.carto.com`.",
    },
    Setting {
        name: "apikey",
        aliases: &["api_key", "key"],
        value: ValueType::Secret,
        variables: &["CARTO_API_KEY", "CARTO_API_KEY_FILE"],
        scopes: KEY_SCOPES,
        doc: "The account's API key; kept in `credentials.toml`, never in `config.toml`.",
    },
    Setting {
        name: "organization",
        aliases: &["org"],
        value: ValueType::Text,
        variables: &["CARTO_ORG"],
        scopes: ALL,
        doc: "The organization of the account.",
    },
    Setting {
        name: "allow_non_secure",
        aliases: &[],
        value: ValueType::Bool,
        variables: &["CARTO_ALLOW_NON_SECURE"],
        scopes: ALL,
        doc: "Permits `http://` for the account that it stands with.",
    },
    Setting {
        name: "ca_file",
        aliases: &[],
        value: ValueType::File,
        variables: &["CARTO_CA_FILE"],
        scopes: ALL,
        doc: "The PEM file with the certificates of the account's server, where these are your own.",
    },
    Setting {
        name: "profile",
        aliases: &[],
        value: ValueType::ProfileName,
        variables: &["CARTO_PROFILE"],
        scopes: ALL,
        doc: "The profile that is used when none is named.",
    },
    Setting {
        name: "profiles.NAME.username",
        aliases: &["user"],
        value: ValueType::Username,
        variables: &[],
        scopes: FILES_AND_COMMAND,
        doc: "The user name of the profile's account.",
    },
    Setting {
        name: "profiles.NAME.base_url",
        aliases: &["userurl"],
        value: ValueType::BaseUrl,
        variables: &[],
        scopes: FILES_AND_COMMAND,
        doc: "The base URL, or pattern, of the profile's account.",
    },
    Setting {
        name: "profiles.NAME.organization",
        aliases: &["org"],
        value: ValueType::Text,
        variables: &[],
        scopes: FILES_AND_COMMAND,
        doc: "The organization of the profile's account.",
    },
    Setting {
        name: "profiles.NAME.allow_non_secure",
        aliases: &[],
        value: ValueType::Bool,
        variables: &[],
        scopes: FILES_AND_COMMAND,
        doc: "Permits `http://` for the profile's account.",
    },
    Setting {
        name: "profiles.NAME.ca_file",
        aliases: &[],
        value: ValueType::File,
        variables: &[],
        scopes: FILES_AND_COMMAND,
        doc: "The PEM file with the certificates of the profile's server.",
    },
    Setting {
        name: "profiles.NAME.protected",
        aliases: &[],
        value: ValueType::Bool,
        variables: &[],
        scopes: FILES_AND_COMMAND,
        doc: "An untrusted project can never select the profile's account.",
    },
    Setting {
        name: "alias.NAME",
        aliases: &[],
        value: ValueType::Alias,
        variables: &[],
        scopes: FILES_AND_COMMAND,
        doc: "The words that `carto NAME` stands for.",
    },
    Setting {
        name: "plugins.NAME.profile",
        aliases: &[],
        value: ValueType::ProfileName,
        variables: &[],
        scopes: FILES_AND_COMMAND,
        doc: "The profile that the plugin runs with.",
    },
    Setting {
        name: "plugins.NAME.as",
        aliases: &[],
        value: ValueType::Choice(&["gdal", "carto-python", "cartoframes-tests", "carto-cli"]),
        variables: &[],
        scopes: FILES_AND_COMMAND,
        doc: "The program whose names for the account the plugin gets, too; as `carto exec --as`.",
    },
    Setting {
        name: "plugins.NAME.credentials",
        aliases: &[],
        value: ValueType::Bool,
        variables: &[],
        scopes: FILES_AND_COMMAND,
        doc: "`false` withholds the API key from the plugin.",
    },
    Setting {
        name: "plugins.NAME.*",
        aliases: &[],
        value: ValueType::Any,
        variables: &[],
        scopes: FILES_AND_COMMAND,
        doc: "The plugin's own settings, handed to it in `CARTO_PLUGIN_CONFIG`.",
    },
    Setting {
        name: "ui.color",
        aliases: &[],
        value: ValueType::Choice(&["auto", "always", "never"]),
        variables: &[],
        scopes: OUTSIDE_PROJECTS,
        doc: "When to colour: `auto`, `always` or `never`. `NO_COLOR` turns `auto` off.",
    },
    Setting {
        name: "ui.editor",
        aliases: &[],
        value: ValueType::Text,
        variables: &[],
        scopes: OUTSIDE_PROJECTS,
        doc: "The editor of `carto config edit`; else `CARTO_EDITOR`, `VISUAL`, `EDITOR`.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        for key in SETTINGS {
            assert!(key.doc.ends_with('.'), "{} has a sentence", key.name);
            assert!(!key.scopes.is_empty(), "{} can be set somewhere", key.name);
            assert_eq!(key.variables.is_empty(), !key.allowed_in(Scope::Env), "{}", key.name);
        }
        let mut names: Vec<_> = SETTINGS.iter().map(|key| key.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SETTINGS.len());
    }
}
