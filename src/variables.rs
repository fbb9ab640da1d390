//! The variables that carto writes for programs, or removes so that none of another account is left.

/// The version of the contract, in `CARTO_PLUGIN_API`.
pub const VERSION: &str = "1";
/// The private variable by which a nested carto learns what this one was told.
pub const NESTED: &str = "CARTO_NESTED";

/// Every variable that carto writes, or that could name or open an account.
pub const REMOVED: [&str; 16] = [
    "CARTO_USERNAME",
    "CARTO_USER",
    "CARTO_BASE_URL",
    "CARTO_API_URL",
    "CARTO_API_KEY",
    "CARTO_API_KEY_FILE",
    "CARTO_API_TOKEN",
    "CARTO_ORG",
    "CARTO_ALLOW_NON_SECURE",
    "CARTO_PROFILE",
    "CARTO_CREDENTIALS_FILE",
    "CARTO_PROJECT_DIR",
    "CARTO_BIN",
    "CARTO_PLUGIN_API",
    "CARTO_PLUGIN_CONFIG",
    NESTED,
];

/// The variables among them that hold a key: no program gets them that has no use for one.
pub const HOLD_KEYS: [&str; 2] = ["CARTO_API_KEY", "CARTO_API_TOKEN"];
