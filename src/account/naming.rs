//! What one scope names: a credentials file, a profile, or a name and a base URL of its own.

use std::path::Path;

use super::identity::Account;
use super::named::{NameResult, Named, NamedBy, Upper};
use super::profiles::Profile;
use super::refusal::Refusal;
use super::statement::Statement;
use super::tuple::Tuple;
use super::world::World;
use crate::base_url::{BaseUrl, Pattern};
use crate::config::{Located, Origin, Scope};
use crate::username::Username;

impl World {
    /// Returns what one scope names, if it names an account at all.
    pub(super) fn name_at(&self, statement: &Statement) -> Option<NameResult> {
        let file = statement.file.as_ref().map(|file| self.name_by_file(file));
        let profile = statement.profile.as_ref().map(|profile| self.name_by_profile(profile));
        let bare =
            statement.bare.names_account().then(|| self.name_bare(statement, Upper::Replaces));
        if statement.scope.is_given() {
            agreed(statement, [file, profile, bare])
        } else {
            // In a file the profile beats the bare account, the default that it returns to.
            profile.or(bare)
        }
    }

    /// Returns the account of a selected profile, which is taken whole from the highest own scope
    /// that defines it.
    pub(super) fn name_by_profile(&self, selected: &Located<String>) -> NameResult {
        let selector = self.statements.iter().find(|s| s.scope == selected.scope);
        let by_untrusted = selector.is_some_and(Statement::untrusted);
        let Some(profile) = self.profile(&selected.value) else {
            return Err(Refusal::UnknownProfile {
                name: selected.value.clone(),
                origin: selected.origin.clone(),
                known: self.profile_names().into_iter().map(str::to_owned).collect(),
                by_untrusted,
            });
        };
        let named = self.name_profile(profile)?;
        Ok(Named {
            origin: selected.origin.clone(),
            by_untrusted: by_untrusted || named.by_untrusted,
            ..named
        })
    }

    /// Returns the account of a profile as this place defines it.
    pub(super) fn name_profile(&self, profile: &Profile) -> NameResult {
        if !profile.tuple.names_account() {
            return Err(Refusal::EmptyProfile {
                name: profile.name.clone(),
                origin: profile.at.origin.clone(),
            });
        }
        let (account, pattern) =
            self.put_together(&profile.tuple, profile.at.scope, Upper::Ignored)?;
        let by = NamedBy::Profile { name: profile.name.clone(), defined: profile.at.clone() };
        Ok(Named::new(account, profile.at.origin.clone(), by, &profile.tuple, pattern))
    }

    /// Returns the account of the fields that stand alone in a scope.
    pub(super) fn name_bare(&self, statement: &Statement, upper: Upper) -> NameResult {
        let tuple = &statement.bare;
        let (account, pattern) = self.put_together(tuple, statement.scope, upper)?;
        let name = tuple.username.as_ref().map(|name| &name.origin);
        let url = tuple.base_url.as_ref().map(|url| &url.origin);
        let origin = name.or(url).cloned().unwrap_or(Origin::BuiltIn);
        let named = Named::new(account, origin, NamedBy::Bare, tuple, pattern);
        Ok(Named { by_untrusted: statement.untrusted() || named.by_untrusted, ..named })
    }

    /// Returns the account of a credentials file.
    pub(super) fn name_by_file(&self, file: &Located<Tuple>) -> NameResult {
        let tuple = &file.value;
        if !tuple.names_account() {
            return Err(Refusal::EmptyFile { origin: file.origin.clone() });
        }
        // The file means what it means to its own program: no pattern of carto's scopes counts.
        let (account, pattern) = self.put_together(tuple, Scope::Default, Upper::Ignored)?;
        Ok(Named::new(account, file.origin.clone(), NamedBy::File, tuple, pattern))
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
    /// the naming scope replaces it.
    fn pattern_for(
        &self,
        tuple: &Tuple,
        scope: Scope,
        upper: Upper,
        name: &Located<Username>,
    ) -> Result<UsedPattern, Refusal> {
        if upper == Upper::Replaces {
            let mut above = self.statements.iter().rev().filter(|s| s.scope > scope);
            if let Some(found) = above.find_map(UsedPattern::of) {
                return Ok(found);
            }
        }
        if let Some(own) = UsedPattern::of_tuple(tuple) {
            return Ok(own);
        }
        // A profile's name may use the bare pattern of its own scope.
        let below = self.statements.iter().rev().filter(|s| s.scope <= scope);
        if let Some(found) = below.clone().find_map(UsedPattern::of) {
            return Ok(found);
        }
        let mut literals = below.filter_map(|statement| statement.bare.literal());
        match literals.find(|literal| !literal.value.is_carto_cloud()) {
            None => Ok(UsedPattern::built_in()),
            Some(literal) => Err(Refusal::NeedsBaseUrl {
                name: Box::new(name.clone()),
                literal: Box::new(literal.map(Clone::clone)),
            }),
        }
    }
}

/// Questions of commands that store an account.
impl World {
    /// Returns the account of a user name alone, by the patterns of these statements.
    ///
    /// # Errors
    /// The name does not fit into the pattern, or there is none for it.
    pub fn account_for_name(&self, name: Located<Username>) -> Result<Account, Refusal> {
        let scope = name.scope;
        let tuple = Tuple { username: Some(name), ..Tuple::default() };
        self.put_together(&tuple, scope, Upper::Ignored).map(|(account, _)| account)
    }

    /// Returns the account in a credentials file of another program.
    ///
    /// # Errors
    /// It names none, or two users.
    pub fn account_of_file(&self, tuple: &Tuple, path: &Path) -> Result<Account, Refusal> {
        let origin = Origin::WholeFile(path.to_owned());
        let file = Located::new(tuple.clone(), Scope::Command, origin);
        self.name_by_file(&file).map(|named| named.account)
    }
}

impl Named {
    fn new(
        account: Account,
        origin: Origin,
        by: NamedBy,
        tuple: &Tuple,
        pattern: Option<UsedPattern>,
    ) -> Self {
        let pattern_allows = pattern.as_ref().is_some_and(|pattern| pattern.allow_non_secure);
        let explicit = tuple.allow_non_secure.as_ref().map(|allow| allow.value);
        Named {
            account,
            origin,
            by,
            organization: tuple.organization.clone(),
            ca_file: tuple.ca_file.clone(),
            allow_non_secure: explicit.unwrap_or(pattern_allows),
            by_untrusted: pattern.as_ref().is_some_and(|pattern| pattern.by_untrusted),
            pattern: pattern.map(|pattern| pattern.at),
        }
    }
}

/// Takes the first of what environment or command line name, when all name the same account.
fn agreed(statement: &Statement, named: [Option<NameResult>; 3]) -> Option<NameResult> {
    let named: Result<Vec<Named>, Refusal> = named.into_iter().flatten().collect();
    let named = match named {
        Ok(named) => named,
        Err(refusal) => return Some(Err(refusal)),
    };
    let permitted = named.iter().any(|named| named.allow_non_secure);
    // They may agree by an untrusted project's pattern alone.
    let by_untrusted = named.iter().any(|named| named.by_untrusted);
    let mut named = named.into_iter();
    let first = named.next()?;
    if let Some(other) = named.find(|other| other.account != first.account) {
        return Some(Err(Refusal::Contradiction {
            scope: statement.scope,
            one: Box::new((first.account, first.origin)),
            other: Box::new((other.account, other.origin)),
        }));
    }
    // A variable or flag stands beside the profile or file of its scope.
    let explicit = statement.bare.allow_non_secure.as_ref().map(|allow| allow.value);
    let allow_non_secure = explicit.unwrap_or(permitted);
    Some(Ok(Named { allow_non_secure, by_untrusted, ..first }))
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
        let pattern = UsedPattern::of_tuple(&statement.bare)?;
        Some(UsedPattern { by_untrusted: statement.untrusted(), ..pattern })
    }

    /// Takes the pattern of the entry that has the name; whose word the name is, counts for both.
    fn of_tuple(tuple: &Tuple) -> Option<Self> {
        let pattern = tuple.pattern()?;
        Some(UsedPattern {
            pattern: pattern.value.clone(),
            at: Located::new((), pattern.scope, pattern.origin),
            allow_non_secure: tuple.allows_non_secure(),
            by_untrusted: false,
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
            given: Box::new((
                mismatch.given,
                name.map_or(Origin::BuiltIn, |name| name.origin.clone()),
            )),
            in_url: Box::new((mismatch.in_url, url.origin.clone())),
        }
    })
}
