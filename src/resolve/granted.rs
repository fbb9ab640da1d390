//! `Granted`: the account that a program is handed.

use std::path::PathBuf;

use crate::account::Account;
use crate::secret::Secret;

/// The account that a program is handed.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The account.
    pub account: Account,
    /// Its key; none where the user withholds it.
    pub key: Option<Secret>,
    /// Its organization.
    pub organization: Option<String>,
    /// The file with the certificates of its server, by its absolute path.
    pub ca_file: Option<PathBuf>,
    /// Whether its URL is `http://` by permission.
    pub non_secure: bool,
}
