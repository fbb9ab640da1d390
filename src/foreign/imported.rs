//! What a foreign file holds, in one form for all formats.

use std::fmt;

use crate::secret::Secret;

/// What was read from one text. It derives no `Debug`: its texts are unchecked.
pub struct Imported {
    /// The format that was recognised.
    pub format: ForeignFormat,
    /// The accounts in the order of the text; some may name none ([`ImportedAccount::names_account`]).
    pub accounts: Vec<ImportedAccount>,
    /// The profile that the file selects, as written; it may be one that the file does not hold.
    pub current: Option<String>,
    /// The names that carto does not know, as written, once each, with the path to them.
    pub unknown: Vec<String>,
    /// What is understood and not taken over, a sentence each.
    pub left: Vec<String>,
}

impl Imported {
    /// Begins with nothing.
    pub(super) fn of(format: ForeignFormat) -> Self {
        Imported {
            format,
            accounts: Vec::new(),
            current: None,
            unknown: Vec::new(),
            left: Vec::new(),
        }
    }

    /// Whether the file selects this account.
    pub fn is_current(&self, account: &ImportedAccount) -> bool {
        self.current.is_some() && self.current == account.name
    }
}

/// A field as errors name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedField {
    /// The name with the path to it, control characters escaped.
    pub name: String,
    /// The line and the column of its value, from 1, where they are known.
    pub place: Option<(usize, usize)>,
}

/// One account as a foreign file has it; only the key is checked. It derives no `Debug`.
pub struct ImportedAccount {
    /// The name of its profile, where the format has profiles.
    pub name: Option<String>,
    /// The user name.
    pub username: Option<String>,
    /// What the file calls the user name.
    pub username_field: NamedField,
    /// The base URL, without leading and trailing `/`; may be a pattern with `{username}`.
    pub base_url: Option<String>,
    /// What the file calls the base URL.
    pub base_url_field: NamedField,
    /// The key.
    pub apikey: Option<Secret>,
    /// The organization.
    pub organization: Option<String>,
    /// What the file says of `http`, when it says anything.
    pub allow_non_secure: Option<bool>,
}

impl ImportedAccount {
    /// Whether it says which account the key belongs to: a user name, or a base URL that is no pattern.
    pub fn names_account(&self) -> bool {
        self.username.is_some()
            || self.base_url.as_ref().is_some_and(|url| !url.contains("{username}"))
    }
}

/// A foreign format. Its `Display` is what people call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignFormat {
    /// The first alphas: `api_key` and `base_url` only.
    CartoframesAlpha,
    /// 0.2.3 to 0.10.1 and 1.0b1: `key`, `base_url`, `username`.
    Cartoframes0,
    /// From 1.0b2: `username`, `api_key`, `base_url`, later also `allow_non_secure`.
    Cartoframes1,
    /// Has `key` and `api_key`, so every release reads it: what carto exports by default.
    CartoframesUniversal,
    /// The manual's sample: `APIKEY`, `USERNAME`, `USERURL`.
    CartoframesDocumented,
    /// `.carto_credentials.json` of CARTO's official command line.
    OfficialCli,
    /// `.cartorc.yaml` of carto_cli.
    CartoCli,
}

impl ForeignFormat {
    /// Whether CARTOframes reads and writes it.
    pub fn is_of_cartoframes(self) -> bool {
        !matches!(self, ForeignFormat::OfficialCli | ForeignFormat::CartoCli)
    }
}

impl fmt::Display for ForeignFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ForeignFormat::CartoframesAlpha => "CARTOframes (first alphas)",
            ForeignFormat::Cartoframes0 => "CARTOframes 0.x",
            ForeignFormat::Cartoframes1 => "CARTOframes 1.x",
            ForeignFormat::CartoframesUniversal => "CARTOframes (every release)",
            ForeignFormat::CartoframesDocumented => "CARTOframes (as documented)",
            ForeignFormat::OfficialCli => "CARTO's official command line",
            ForeignFormat::CartoCli => "carto_cli",
        })
    }
}
