//! The rules: from what every scope says to the one account, or the reason why there is none.
//!
//! # Why
//! The whole account comes from one scope. Were fields merged one by one, a project's base URL
//! would meet the user's name, and the key that belongs to that name would follow.

use std::path::Path;

use super::statement::{Profile, Statement, Tuple, profile_tuple};
use super::{Account, Refusal};
use crate::base_url::{BaseUrl, Pattern};
use crate::config::{Located, Origin, Scope, Standing};
use crate::username::Username;

/// What is known of the nearest project besides its settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFacts {
    /// Why the project is not read, and the path that is wrong.
    pub foreign: Option<String>,
    /// Whether an earlier version of its settings was trusted.
    pub changed: bool,
    /// The project's root as it is printed.
    pub root: String,
}

/// Everything that the decision depends on.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// What each scope says, lowest first.
    pub statements: Vec<Statement>,
    /// The accounts of the user's stored credentials, and whether the entry permits `http://`.
    pub stored: Vec<(Account, bool)>,
    /// The nearest project, when there is one and it was not left out.
    pub project: Option<ProjectFacts>,
}

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
    /// Whether an untrusted project selected it among the user's accounts.
    pub by_untrusted: bool,
    /// Whether its URL is `http://` by permission.
    pub non_secure: bool,
    /// Whether the default account of the user and system files is the same.
    pub is_default: bool,
}

impl Chosen {
    /// Gives the selected profile's name.
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

/// An account as one scope names it, before permission and trust have been judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) account: Account,
    pub(super) origin: Origin,
    pub(super) named_by: NamedBy,
    pub(super) pattern: Option<Located<()>>,
    pub(super) organization: Option<Located<String>>,
    pub(super) allow_non_secure: bool,
    pub(super) by_untrusted: bool,
}

pub(super) type NameResult = Result<Named, Refusal>;

impl World {
    /// Decides on the account.
    pub fn resolve(&self) -> Decision {
        let Some((scope, named)) = self.deciding() else {
            return match self.foreign() {
                Some(refusal) => Decision::Refused(Box::new(refusal)),
                None => Decision::None,
            };
        };
        // A project that cannot be judged must not let a lower scope decide in its place.
        if scope < Scope::Project
            && let Some(refusal) = self.foreign()
        {
            return Decision::Refused(Box::new(refusal));
        }
        match named.and_then(|named| self.judge(scope, named)) {
            Ok(chosen) => Decision::Chosen(Box::new(chosen)),
            Err(refusal) => Decision::Refused(Box::new(refusal)),
        }
    }

    /// Gives the account that user and system files name, whatever this run is for.
    pub fn default_account(&self) -> Option<Account> {
        self.account_of(&[Scope::System, Scope::User], &[]).flatten()
    }

    /// Gives the account that a key in the environment belongs to: the environment's, else that of
    /// user and system files, else the command line's, else a trusted project's. Where the first
    /// of them names one that cannot be made out, the key is nobody's.
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
            })
            .flatten()
    }

    /// Gives the account that a scope and the own scopes below it name; what `set apikey` binds to.
    ///
    /// # Errors
    /// The refusal when an account is named and cannot be used.
    pub fn account_at(&self, scope: Scope) -> Result<Option<Account>, Refusal> {
        let world = self.own_world(|statement| statement.scope <= scope);
        match world.deciding() {
            None => Ok(None),
            Some((at, named)) => Ok(Some(world.judge(at, named?)?.account)),
        }
    }

    /// Gives the account of a profile.
    ///
    /// # Errors
    /// The refusal when nobody defines it or its account cannot be used.
    pub fn account_of_profile(&self, selected: &Located<String>) -> Result<Account, Refusal> {
        let named = self.name_by_profile(selected)?;
        Ok(self.judge(selected.scope, named)?.account)
    }

    /// Gives the names of every profile of the own scopes, sorted.
    pub fn profile_names(&self) -> Vec<&str> {
        let own = self.statements.iter().filter(|statement| !statement.untrusted());
        let mut names: Vec<&str> = own
            .flat_map(|statement| statement.profiles.iter().map(|profile| profile.name.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Gives a profile as the highest own scope defines it.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        let own = self.statements.iter().rev().filter(|statement| !statement.untrusted());
        own.filter_map(|statement| profile_tuple(statement, name)).next()
    }

    /// Why a foreign project stops the run.
    fn foreign(&self) -> Option<Refusal> {
        let project = self.project.as_ref()?;
        let reason = project.foreign.clone()?;
        Some(Refusal::Foreign { root: project.root.clone(), reason })
    }

    /// Finds the highest scope that names an account, and what it names.
    fn deciding(&self) -> Option<(Scope, NameResult)> {
        self.statements
            .iter()
            .rev()
            .find_map(|statement| Some((statement.scope, self.name_at(statement)?)))
    }

    /// Gives the account that some scopes name among themselves; scopes around them may give
    /// patterns. The inner `None` is an account that cannot be made out.
    fn account_of(&self, naming: &[Scope], patterns: &[Scope]) -> Option<Option<Account>> {
        let mut world = self.own_world(|statement| {
            naming.contains(&statement.scope) || patterns.contains(&statement.scope)
        });
        for statement in &mut world.statements {
            if !naming.contains(&statement.scope) {
                // Profiles stay, so that a selected one is found; the account is not named here.
                statement.profile = None;
                statement.file = None;
                statement.bare.username = None;
            }
        }
        let mut naming = world.statements.iter().rev().filter(|s| naming.contains(&s.scope));
        let named = naming.find_map(|statement| world.name_at(statement))?;
        Some(named.ok().map(|named| named.account))
    }

    /// Gives the world without the untrusted project, and without some statements.
    fn own_world(&self, keep: impl Fn(&Statement) -> bool) -> World {
        let own = self.statements.iter().filter(|s| s.standing == Standing::Own && keep(s));
        World { statements: own.cloned().collect(), stored: self.stored.clone(), project: None }
    }

    /// Gives what one scope names, if it names an account at all.
    pub(super) fn name_at(&self, statement: &Statement) -> Option<NameResult> {
        let file = statement.file.as_ref().map(|file| name_by_file(file, self));
        let profile = statement.profile.as_ref().map(|profile| self.name_by_profile(profile));
        let bare = statement.bare.names_account().then(|| self.name_bare(statement));
        if !matches!(statement.scope, Scope::Env | Scope::Command) {
            // In a file the profile beats the bare account, the default that it returns to.
            return profile.or(bare);
        }
        let mut named = [file, profile, bare].into_iter().flatten();
        let first = named.next()?;
        Some(first.and_then(|first| {
            for other in named {
                let other = other?;
                if other.account != first.account {
                    return Err(Refusal::Contradiction {
                        scope: statement.scope,
                        one: Box::new((first.account, first.origin)),
                        other: Box::new((other.account, other.origin)),
                    });
                }
            }
            Ok(first)
        }))
    }

    fn name_by_profile(&self, selected: &Located<String>) -> NameResult {
        let Some(profile) = self.profile(&selected.value) else {
            return Err(Refusal::UnknownProfile {
                name: selected.value.clone(),
                origin: selected.origin.clone(),
                known: self.profile_names().into_iter().map(str::to_owned).collect(),
            });
        };
        if !profile.tuple.names_account() {
            return Err(Refusal::EmptyProfile {
                name: profile.name.clone(),
                origin: profile.at.origin.clone(),
            });
        }
        let (account, pattern) =
            self.put_together(&profile.tuple, profile.at.scope, Upper::Ignored)?;
        let selector = self.statements.iter().find(|s| s.scope == selected.scope);
        Ok(Named {
            account,
            origin: selected.origin.clone(),
            named_by: NamedBy::Profile { name: profile.name.clone(), defined: profile.at.clone() },
            organization: profile.tuple.organization.clone(),
            allow_non_secure: profile.tuple.allows_non_secure()
                || pattern.as_ref().is_some_and(|pattern| pattern.allow_non_secure),
            by_untrusted: selector.is_some_and(Statement::untrusted)
                || pattern.as_ref().is_some_and(|pattern| pattern.by_untrusted),
            pattern: pattern.map(|pattern| pattern.at),
        })
    }

    fn name_bare(&self, statement: &Statement) -> NameResult {
        let tuple = &statement.bare;
        let (account, pattern) = self.put_together(tuple, statement.scope, Upper::Replaces)?;
        let name = tuple.username.as_ref().map(|name| &name.origin);
        let url = tuple.base_url.as_ref().map(|url| &url.origin);
        Ok(Named {
            account,
            origin: name.or(url).cloned().unwrap_or(Origin::BuiltIn),
            named_by: NamedBy::Bare,
            organization: tuple.organization.clone(),
            allow_non_secure: tuple.allows_non_secure()
                || pattern.as_ref().is_some_and(|pattern| pattern.allow_non_secure),
            by_untrusted: statement.untrusted()
                || pattern.as_ref().is_some_and(|pattern| pattern.by_untrusted),
            pattern: pattern.map(|pattern| pattern.at),
        })
    }

    /// Makes the account of an entry; a name alone goes into a pattern.
    fn put_together(
        &self,
        tuple: &Tuple,
        scope: Scope,
        upper: Upper,
    ) -> Result<(Account, Option<UsedPattern>), Refusal> {
        if let Some(literal) = tuple.literal() {
            return with_literal(tuple.username.as_ref(), &literal).map(|account| (account, None));
        }
        let Some(name) = &tuple.username else {
            // Callers ask `names_account` first.
            return Err(Refusal::NoAccount);
        };
        let pattern = self.pattern_for(tuple, scope, upper, name)?;
        let mut name = name.clone();
        if pattern.pattern.names_host() {
            // One host must not become two accounts by the case of a name.
            name.value = name.value.lower_cased();
        }
        let filled = pattern.pattern.fill(&name.value).map_err(|error| Refusal::BadFill {
            name: Box::new(name.clone()),
            pattern: pattern.pattern.as_str().to_owned(),
            pattern_origin: pattern.at.origin.clone(),
            reason: error.to_string(),
        })?;
        let account = with_literal(
            Some(&name),
            &Located::new(&filled, pattern.at.scope, pattern.at.origin.clone()),
        )?;
        Ok((account, Some(pattern)))
    }

    /// Finds the pattern for a name alone: that of its own entry, else the nearest below. One above
    /// the deciding scope replaces it.
    fn pattern_for(
        &self,
        tuple: &Tuple,
        scope: Scope,
        upper: Upper,
        name: &Located<Username>,
    ) -> Result<UsedPattern, Refusal> {
        if upper == Upper::Replaces {
            let above = self.statements.iter().rev().filter(|s| s.scope > scope);
            if let Some(found) = above.filter_map(UsedPattern::of).next() {
                return Ok(found);
            }
        }
        if let Some(own) = tuple.pattern() {
            let at = Located::new((), own.scope, own.origin);
            let by_untrusted = self.statements.iter().any(|s| s.scope == at.scope && s.untrusted());
            let allow_non_secure = tuple.allows_non_secure();
            return Ok(UsedPattern {
                pattern: own.value.clone(),
                at,
                allow_non_secure,
                by_untrusted,
            });
        }
        // A profile's name may use the bare pattern of its own scope.
        let below = self.statements.iter().rev().filter(|s| s.scope <= scope);
        if let Some(found) = below.clone().filter_map(UsedPattern::of).next() {
            return Ok(found);
        }
        let literals = below.filter_map(|statement| statement.bare.literal());
        for literal in literals {
            if !literal.value.is_carto_cloud() {
                return Err(Refusal::NeedsBaseUrl {
                    name: Box::new(name.clone()),
                    literal: Box::new(literal.map(Clone::clone)),
                });
            }
        }
        Ok(UsedPattern::built_in())
    }

    /// Judges trust and permission of what the deciding scope names.
    fn judge(&self, scope: Scope, named: Named) -> Result<Chosen, Refusal> {
        let default = self.default_account();
        let is_default = default.as_ref() == Some(&named.account);
        let mut organization = named.organization.clone();
        let mut permitted = named.allow_non_secure;
        if named.by_untrusted {
            let known = self.known_accounts();
            let Some(mine) = known.iter().find(|known| known.account == named.account) else {
                return Err(self.unknown_account(&named, known));
            };
            if !is_default && self.is_protected(&named.account) {
                return Err(Refusal::Protected {
                    account: Box::new(named.account),
                    origin: named.origin,
                });
            }
            let same = known.iter().filter(|known| known.account == named.account);
            permitted = same.clone().any(|known| known.allow_non_secure);
            organization = same
                .filter_map(|known| known.organization.clone())
                .next()
                .or_else(|| mine.organization.clone());
        }
        let non_secure = named.account.base_url().needs_permission();
        if non_secure && !permitted {
            return Err(Refusal::NonSecure {
                account: Box::new(named.account),
                origin: named.origin,
                scope,
            });
        }
        // Variables and flags stand beside the profile that they select; in a file the bare
        // fields belong to the bare account.
        let given = matches!(scope, Scope::Env | Scope::Command);
        let counts =
            |s: &&Statement| (s.scope > scope || given && s.scope == scope) && !s.untrusted();
        let above = self.statements.iter().rev().filter(counts);
        let higher = above.filter_map(|statement| statement.bare.organization.clone()).next();
        Ok(Chosen {
            account: named.account,
            scope,
            origin: named.origin,
            named_by: named.named_by,
            pattern: named.pattern,
            organization: higher.or(organization),
            by_untrusted: named.by_untrusted,
            non_secure,
            is_default,
        })
    }

    /// Lists the accounts that the user has: named in full by an own scope, or of a stored key.
    pub(super) fn known_accounts(&self) -> Vec<Known> {
        let own = self.own_world(|_| true);
        let mut known = Vec::new();
        for statement in own.statements.iter().rev() {
            let bare = statement.bare.names_account().then(|| own.name_bare(statement));
            let file = statement.file.as_ref().map(|file| name_by_file(file, &own));
            let profiles = statement.profiles.iter().map(|profile| {
                own.name_by_profile(&profile.at.clone().map(|()| profile.name.clone()))
            });
            for named in [bare, file].into_iter().flatten().chain(profiles).flatten() {
                known.push(Known {
                    account: named.account,
                    organization: named.organization,
                    allow_non_secure: named.allow_non_secure,
                });
            }
        }
        known.extend(self.stored.iter().map(|(account, allow)| Known {
            account: account.clone(),
            organization: None,
            allow_non_secure: *allow,
        }));
        known
    }

    fn is_protected(&self, account: &Account) -> bool {
        let own = self.own_world(|_| true);
        own.statements.iter().flat_map(|s| &s.profiles).filter(|profile| profile.protected).any(
            |profile| {
                own.name_by_profile(&profile.at.clone().map(|()| profile.name.clone()))
                    .is_ok_and(|named| named.account == *account)
            },
        )
    }

    fn unknown_account(&self, named: &Named, known: Vec<Known>) -> Refusal {
        let accounts = known.into_iter().map(|known| known.account).collect();
        let project = self.project.clone().unwrap_or_default();
        Refusal::unknown_account(named.account.clone(), named.origin.clone(), accounts, project)
    }
}

/// Whether patterns above the deciding scope count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Upper {
    Replaces,
    Ignored,
}

/// An account the user has.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) account: Account,
    organization: Option<Located<String>>,
    allow_non_secure: bool,
}

/// The pattern that a name goes into.
#[derive(Clone, Debug)]
struct UsedPattern {
    pattern: Pattern,
    at: Located<()>,
    allow_non_secure: bool,
    by_untrusted: bool,
}

impl UsedPattern {
    fn of(statement: &Statement) -> Option<Self> {
        let pattern = statement.bare.pattern()?;
        Some(UsedPattern {
            pattern: pattern.value.clone(),
            at: Located::new((), pattern.scope, pattern.origin),
            allow_non_secure: statement.bare.allows_non_secure(),
            by_untrusted: statement.untrusted(),
        })
    }

    fn built_in() -> Self {
        UsedPattern {
            pattern: Pattern::built_in(),
            at: Located::new((), Scope::Default, Origin::BuiltIn),
            allow_non_secure: false,
            by_untrusted: false,
        }
    }
}

fn with_literal(
    name: Option<&Located<Username>>,
    url: &Located<&BaseUrl>,
) -> Result<Account, Refusal> {
    Account::new(url.value.clone(), name.map(|name| name.value.clone())).map_err(|mismatch| {
        Refusal::Mismatch {
            given: mismatch.given,
            given_origin: name.map_or(Origin::BuiltIn, |name| name.origin.clone()),
            in_url: mismatch.in_url,
            url_origin: url.origin.clone(),
        }
    })
}

fn name_by_file(file: &Located<Tuple>, world: &World) -> NameResult {
    let tuple = &file.value;
    if !tuple.names_account() {
        return Err(Refusal::EmptyFile { origin: file.origin.clone() });
    }
    let (account, pattern) = world.put_together(tuple, Scope::Default, Upper::Ignored)?;
    Ok(Named {
        account,
        origin: file.origin.clone(),
        named_by: NamedBy::File,
        pattern: pattern.map(|pattern| pattern.at),
        organization: tuple.organization.clone(),
        allow_non_secure: tuple.allows_non_secure(),
        by_untrusted: false,
    })
}

/// Questions of commands that store an account.
impl World {
    /// Gives the account of a user name alone, by the patterns of these statements.
    pub fn account_for_name(&self, name: Located<Username>) -> Result<Account, Refusal> {
        let scope = name.scope;
        let tuple = Tuple { username: Some(name), ..Tuple::default() };
        self.put_together(&tuple, scope, Upper::Ignored).map(|(account, _)| account)
    }

    /// Gives the account in a credentials file of another program.
    pub fn account_of_file(&self, tuple: &Tuple, path: &Path) -> Result<Account, Refusal> {
        let origin = Origin::WholeFile(path.to_owned());
        let file = Located::new(tuple.clone(), Scope::Command, origin);
        name_by_file(&file, self).map(|named| named.account)
    }

    /// Gives the account that one scope names by itself.
    pub fn account_named_at(&self, scope: Scope) -> Option<Account> {
        self.account_of(&[scope], &[Scope::System, Scope::User]).flatten()
    }
}
