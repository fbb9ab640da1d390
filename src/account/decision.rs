//! The rules: from what every scope says to the one account, or the reason why there is none.
//!
//! # Why
//! The whole account comes from one scope. Were fields merged one by one, a project's base URL
//! would meet the user's name, and the key that belongs to that name would follow.

use super::identity::Account;
use super::named::{NameResult, Named, NamedBy};
use super::profiles::Profiles;
use super::refusal::Refusal;
use super::selection::OwnWord;
use super::tuple::Tuple;
use super::world::World;
use crate::config::{Located, Origin, Scope};

/// The account that was chosen, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The account.
    pub account: Account,
    /// The scope that decides.
    pub scope: Scope,
    /// The exact place that decides.
    pub origin: Origin,
    /// How it names the account.
    pub named_by: NamedBy,
    /// The pattern that the name was put into, where there was one.
    pub pattern: Option<Located<()>>,
    /// The organization.
    pub organization: Option<Located<String>>,
    /// The file with the certificates of its server.
    pub ca_file: Option<Located<String>>,
    /// Whether an untrusted project selected it among the user's accounts.
    pub by_untrusted: bool,
    /// Whether its URL is `http://` by permission.
    pub non_secure: bool,
    /// Whether the default account of the user and system files is the same.
    pub is_default: bool,
}

impl Chosen {
    /// Returns the selected profile's name.
    pub fn profile(&self) -> Option<&str> {
        match &self.named_by {
            NamedBy::Profile { name, .. } => Some(name),
            NamedBy::Bare | NamedBy::File => None,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nobody names an account.
    None,
    /// This one.
    Chosen(Box<Chosen>),
    /// An account is named and cannot be used.
    Refused(Box<Refusal>),
}

impl World {
    /// Decides on the account.
    pub fn resolve(&self) -> Decision {
        let Some((scope, named)) = self.deciding() else { return Decision::None };
        match named.and_then(|named| self.judge(scope, named)) {
            Ok(chosen) => Decision::Chosen(Box::new(chosen)),
            Err(refusal) => Decision::Refused(Box::new(refusal)),
        }
    }

    /// Returns the account that user and system files name, whatever this run is for.
    pub fn default_account(&self) -> Option<Account> {
        self.account_of(&[Scope::System, Scope::User], &[])?.ok()
    }

    /// Returns the account that one scope names by itself.
    pub fn account_named_at(&self, scope: Scope) -> Option<Account> {
        self.account_of(&[scope], &[Scope::System, Scope::User])?.ok()
    }

    /// Returns the account that a key in the environment belongs to: the environment's, else that of
    /// user and system files, else the command line's, else a trusted project's. Where the first
    /// of them names one that cannot be made out, the key is nobody's.
    ///
    /// A scope further down this list never gives the pattern for a name of one further up: the
    /// key would follow to another host.
    pub fn owner_of_environment_key(&self) -> Option<Account> {
        let files = [Scope::System, Scope::User];
        self.account_of(&[Scope::Env], &files)
            // A pattern in the same environment goes with the key.
            .or_else(|| self.account_of(&files, &[Scope::Env]))
            .or_else(|| {
                let below = [Scope::System, Scope::User, Scope::Env];
                self.account_of(&[Scope::Command], &below)
            })
            .or_else(|| {
                let around = [Scope::System, Scope::User, Scope::Env, Scope::Command];
                self.account_of(&[Scope::Project], &around)
            })?
            .ok()
    }

    /// Returns the account that a scope and the own scopes below it name; what `set apikey` binds to.
    ///
    /// # Errors
    /// The refusal when an account is named and cannot be used.
    pub fn account_at(&self, scope: Scope) -> Result<Option<Account>, Refusal> {
        let mut world = self.own();
        world.statements.retain(|statement| statement.scope <= scope);
        match world.deciding() {
            None => Ok(None),
            Some((at, named)) => Ok(Some(world.judge(at, named?)?.account)),
        }
    }

    /// Returns the account of a profile.
    ///
    /// # Errors
    /// The refusal when nobody defines it or its account cannot be used.
    pub fn account_of_profile(&self, selected: &Located<String>) -> Result<Account, Refusal> {
        self.choose_profile(selected).map(|chosen| chosen.account)
    }

    /// Returns what would be chosen if a profile were selected there, and nothing above it.
    ///
    /// # Errors
    /// The refusal when nobody defines it or its account cannot be used.
    pub fn choose_profile(&self, selected: &Located<String>) -> Result<Chosen, Refusal> {
        self.judge(selected.scope, self.name_by_profile(selected)?)
    }

    /// Finds the highest scope that names an account, and what it names.
    pub(super) fn deciding(&self) -> Option<(Scope, NameResult)> {
        Scope::ALL.into_iter().rev().find_map(|scope| Some((scope, self.named_in(scope)?)))
    }

    fn named_in(&self, scope: Scope) -> Option<NameResult> {
        // A project that cannot be judged must not let a lower scope decide in its place.
        if scope == Scope::Project
            && let Some(refusal) = self.foreign()
        {
            return Some(Err(refusal));
        }
        let statement = self.statements.iter().find(|statement| statement.scope == scope)?;
        self.name_at(statement)
    }

    /// Returns the account that some scopes name among themselves; scopes around them may give
    /// patterns.
    fn account_of(&self, naming: &[Scope], around: &[Scope]) -> Option<Result<Account, Refusal>> {
        let mut world = self.own();
        let heard = |scope: &Scope| naming.contains(scope) || around.contains(scope);
        let all = world.statements.iter().filter(|statement| heard(&statement.scope));
        let heard_profiles: Vec<Profiles> = all.map(|s| s.profiles.clone()).collect();
        let is_heard = |name: &str| heard_profiles.iter().any(|all| all.find(name).is_some());
        for statement in &mut world.statements {
            if !naming.contains(&statement.scope) {
                // The account is not named here; a pattern or a literal stays as it is.
                statement.profile = None;
                statement.file = None;
                statement.bare.username = None;
            }
            if !heard(&statement.scope) {
                // A profile that is defined here alone is still the one that was selected.
                statement.bare = Tuple::default();
                statement.profiles = statement.profiles.filtered(|p| !is_heard(&p.name));
            }
        }
        let mut naming = world.statements.iter().rev().filter(|s| naming.contains(&s.scope));
        let named = naming.find_map(|statement| world.name_at(statement))?;
        Some(named.map(|named| named.account))
    }

    /// Judges trust and permission of what the deciding scope names.
    fn judge(&self, scope: Scope, named: Named) -> Result<Chosen, Refusal> {
        let default = self.default_account();
        let pattern = named.pattern_origin();
        let OwnWord { organization, ca_file, permitted } = if named.by_untrusted {
            self.admit_selection(&named, default.as_ref())?
        } else {
            OwnWord {
                organization: named.organization,
                ca_file: named.ca_file,
                permitted: named.allow_non_secure,
            }
        };
        let non_secure = named.account.base_url().needs_permission();
        if non_secure && !permitted {
            return Err(Refusal::NonSecure {
                pattern,
                account: Box::new(named.account),
                origin: named.origin,
                scope,
            });
        }
        Ok(Chosen {
            is_default: default.as_ref() == Some(&named.account),
            account: named.account,
            scope,
            origin: named.origin,
            named_by: named.by,
            pattern: named.pattern,
            organization: self.above(scope, |bare| bare.organization.clone()).or(organization),
            ca_file: self.above(scope, |bare| bare.ca_file.clone()).or(ca_file),
            by_untrusted: named.by_untrusted,
            non_secure,
        })
    }

    /// Returns a field that own scopes set above the deciding one.
    fn above(
        &self,
        scope: Scope,
        field: impl Fn(&Tuple) -> Option<Located<String>>,
    ) -> Option<Located<String>> {
        // Variables and flags stand beside the profile that they select; in a file the bare
        // fields belong to the bare account.
        let from = |other: Scope| other > scope || other == scope && scope.is_given();
        let mut above = self.statements.iter().rev().filter(|s| from(s.scope) && !s.untrusted());
        above.find_map(|statement| field(&statement.bare))
    }
}
