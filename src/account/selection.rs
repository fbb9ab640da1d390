//! What an untrusted project may select: an account that the user has.

use std::collections::BTreeSet;

use super::identity::Account;
use super::named::{Named, NamedBy, Upper};
use super::profiles::Profile;
use super::refusal::Refusal;
use super::statement::profile_tuple;
use super::world::World;
use crate::config::Located;

/// An account the user has.
#[derive(Clone, Debug)]
struct Known {
    account: Account,
    organization: Option<Located<String>>,
    ca_file: Option<Located<String>>,
    allow_non_secure: bool,
}

/// What stands with an account in the user's own entries.
pub(super) struct OwnWord {
    pub(super) organization: Option<Located<String>>,
    pub(super) ca_file: Option<Located<String>>,
    /// Whether `http://` is permitted.
    pub(super) permitted: bool,
}

impl World {
    /// Judges an account that an untrusted project has a part in. Gives what stands with the account in
    /// the user's own entries: the project's word counts for none of it.
    ///
    /// # Errors
    /// The user does not have the account, or has marked it `protected`.
    pub(super) fn admit_selection(
        &self,
        named: &Named,
        default: Option<&Account>,
    ) -> Result<OwnWord, Refusal> {
        let known = self.known_accounts();
        let mut same = known.iter().filter(|known| known.account == named.account).peekable();
        let Some(first) = same.peek() else {
            let accounts = known.into_iter().map(|known| known.account).collect();
            let project = self.project.clone().unwrap_or_default();
            let places = (named.origin.clone(), named.pattern_origin());
            let account = named.account.clone();
            return Err(Refusal::unknown_account(account, places, accounts, project));
        };
        if default != Some(&named.account) && self.protects(&named.account) {
            return Err(Refusal::Protected {
                account: Box::new(named.account.clone()),
                origin: named.origin.clone(),
            });
        }
        let (organization, ca_file) = match named.by {
            // The profile is the user's own entry, and taken whole.
            NamedBy::Profile { .. } => (named.organization.clone(), named.ca_file.clone()),
            NamedBy::Bare | NamedBy::File => (first.organization.clone(), first.ca_file.clone()),
        };
        let permitted = same.any(|known| known.allow_non_secure);
        Ok(OwnWord { organization, ca_file, permitted })
    }

    /// Whether an own scope names the account in full, selected or not.
    pub fn names(&self, account: &Account) -> bool {
        self.named_accounts().iter().any(|named| named.account == *account)
    }

    /// Lists the accounts that the user has, the one that decides without the project first: named
    /// in full by an own scope, or of a stored key.
    fn known_accounts(&self) -> Vec<Known> {
        let named = self.named_accounts().into_iter().map(|named| Known {
            account: named.account,
            organization: named.organization,
            ca_file: named.ca_file,
            allow_non_secure: named.allow_non_secure,
        });
        let stored = self.stored.iter().map(|(account, allow_non_secure)| Known {
            account: account.clone(),
            organization: None,
            ca_file: None,
            allow_non_secure: *allow_non_secure,
        });
        named.chain(stored).collect()
    }

    /// Lists what own scopes name in full, the account that decides without the project first.
    fn named_accounts(&self) -> Vec<Named> {
        let own = self.own();
        let mut named: Vec<Named> = Vec::new();
        named.extend(own.deciding().and_then(|(_, deciding)| deciding.ok()));
        for statement in own.statements.iter().rev() {
            let bare = statement.bare.names_account();
            let bare = bare.then(|| own.name_bare(statement, Upper::Ignored));
            let file = statement.file.as_ref().map(|file| own.name_by_file(file));
            let profiles = statement.profiles.iter().map(|profile| own.name_profile(profile));
            named.extend([bare, file].into_iter().flatten().chain(profiles).flatten());
        }
        named
    }

    /// Whether an own profile of the account is marked.
    pub fn protects(&self, account: &Account) -> bool {
        self.protected_accounts().contains(account)
    }

    /// Returns the accounts that an own profile marks as protected. A mark without an account
    /// belongs to the next definition of that profile below it.
    pub fn protected_accounts(&self) -> BTreeSet<Account> {
        let own = self.own();
        let marks = own.statements.iter().enumerate().flat_map(|(at, statement)| {
            statement
                .profiles
                .iter()
                .filter(|profile| profile.protected)
                .map(move |mark| (at, mark))
        });
        let account = |(at, mark): (usize, &Profile)| {
            let below = own.statements.iter().take(at + 1).rev();
            let mut definitions = below.filter_map(|other| profile_tuple(other, &mark.name));
            let profile = definitions.find(|profile| profile.tuple.names_account())?;
            Some(own.name_profile(profile).ok()?.account)
        };
        marks.filter_map(account).collect()
    }
}
