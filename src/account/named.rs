//! What a scope names, before permission and trust have been judged.

use super::identity::Account;
use super::refusal::Refusal;
use crate::config::{Located, Origin};

/// How the deciding scope names its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// User name or base URL of its own.
    Bare,
    /// A profile, defined at that place.
    Profile { name: String, defined: Located<()> },
    /// A credentials file.
    File,
}

/// An account as one scope names it, before permission and trust have been judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) account: Account,
    pub(super) origin: Origin,
    pub(super) by: NamedBy,
    pub(super) pattern: Option<Located<()>>,
    pub(super) organization: Option<Located<String>>,
    pub(super) ca_file: Option<Located<String>>,
    pub(super) allow_non_secure: bool,
    pub(super) by_untrusted: bool,
}

impl Named {
    /// Returns the place of the pattern that the name went into; that of the built-in one surprises
    /// nobody.
    pub(super) fn pattern_origin(&self) -> Option<Origin> {
        let pattern = self.pattern.as_ref().filter(|pattern| pattern.origin != Origin::BuiltIn);
        pattern.map(|pattern| pattern.origin.clone())
    }
}

pub(super) type NameResult = Result<Named, Refusal>;

/// Whether patterns above the naming scope count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Upper {
    Replaces,
    Ignored,
}
