//! The one table of environment variables that carto reads, writes or removes.

/// The version of the contract, in `CARTO_PLUGIN_API`.
pub const VERSION: &str = "1";
/// The private variable by which a nested carto learns what this one was told.
pub const NESTED: &str = "CARTO_NESTED";

/// What carto does with a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is read.
    Read,
    /// It is written for a program that carto starts, or removed so that none of another account is
    /// left.
    Written,
    /// What is written into it is a key: no program gets it that has no use for one.
    Key,
    /// It means something in the process of a plugin alone, not in a file that others read later.
    Process,
    /// CARTO's own programs and libraries read it; carto leaves it alone.
    Theirs,
}

use Role::{Key, Process, Read, Theirs, Written};

/// Every such variable. Those that set a setting are named again in its row of the table of settings.
pub const VARIABLES: &[(&str, &[Role])] = &[
    ("CARTO_USERNAME", &[Read, Written]),
    ("CARTO_USER", &[Read, Written]),
    ("CARTO_BASE_URL", &[Read, Written]),
    ("CARTO_API_URL", &[Read, Written]),
    ("CARTO_API_KEY", &[Read, Written, Key]),
    ("CARTO_API_KEY_FILE", &[Read, Written]),
    // carto-python reads it.
    ("CARTO_API_TOKEN", &[Written, Key]),
    ("CARTO_ORG", &[Read, Written]),
    ("CARTO_ALLOW_NON_SECURE", &[Read, Written]),
    ("CARTO_CA_FILE", &[Read, Written]),
    ("CARTO_PROFILE", &[Read, Written]),
    ("CARTO_CREDENTIALS_FILE", &[Read, Written]),
    ("CARTO_PROJECT_DIR", &[Written, Process]),
    ("CARTO_BIN", &[Written, Process]),
    ("CARTO_PLUGIN_API", &[Written, Process]),
    ("CARTO_PLUGIN_CONFIG", &[Written, Process]),
    (NESTED, &[Read, Written, Process]),
    ("CARTO_CONFIG_DIR", &[Read]),
    ("CARTO_SYSTEM_CONFIG_DIR", &[Read]),
    ("CARTO_CEILING_DIRECTORIES", &[Read]),
    ("CARTO_EDITOR", &[Read]),
    // It names a place that `credentials import` knows.
    ("CARTO_DB", &[Theirs]),
    ("CARTO_CHECK_SSL", &[Theirs]),
];

/// Returns the variables with a role.
pub fn with(role: Role) -> impl Iterator<Item = &'static str> + Clone {
    VARIABLES.iter().filter(move |(_, roles)| roles.contains(&role)).map(|(name, _)| *name)
}

/// Whether carto writes or removes a variable for programs.
pub fn is_written(name: &str) -> bool {
    with(Role::Written).any(|written| written == name)
}
