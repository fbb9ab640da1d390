//! The account's candidates in order, with the rule that beat each loser.

use std::fmt;
use std::path::PathBuf;

use super::decision::Decision;
use super::identity::Account;
use super::named::{NameResult, Upper};
use super::refusal::Refusal;
use super::world::World;
use crate::config::{Origin, Scope};
use crate::username::Username;

/// One place that names an account, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The rank.
    pub scope: Scope,
    /// The exact place.
    pub origin: Origin,
    /// What it says.
    pub says: Says,
    /// The account it names, or why it names none.
    pub account: Result<Account, Refusal>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a scope says, by which it names an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// A project that cannot be judged says nothing that counts.
    Project,
    /// A credentials file.
    File,
    /// The profile of this name.
    Profile(String),
    /// A user name.
    Username(Username),
    /// A base URL.
    BaseUrl,
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Says::Project => f.write_str("project"),
            Says::File => f.write_str("credentials file"),
            Says::Profile(name) => write!(f, "profile `{name}`"),
            Says::Username(name) => write!(f, "user name `{name}`"),
            Says::BaseUrl => f.write_str("base URL"),
        }
    }
}

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It decides.
    Wins,
    /// It decides and is refused.
    Refused,
    /// A higher scope decides.
    HigherScope(Scope),
    /// The profile of the same file decides.
    ProfileInSameFile,
    /// The one that decides stands in the same scope and names the same account.
    SameAccount,
    /// Another one of the same scope is refused, or names another account.
    Disagrees,
}

impl Outcome {
    /// Returns the rule in words.
    pub fn rule(&self) -> String {
        match self {
            Outcome::Wins => "decides: the highest scope that names an account".to_owned(),
            Outcome::Refused => "decides, and is refused".to_owned(),
            Outcome::HigherScope(scope) => {
                format!("beaten: the {scope} scope is higher and decides the whole account")
            }
            Outcome::ProfileInSameFile => {
                "beaten: in one file `profile` beats the bare account".to_owned()
            }
            Outcome::SameAccount => "names the same account in the same scope".to_owned(),
            Outcome::Disagrees => "not used: the same scope says something else too".to_owned(),
        }
    }
}

/// One thing that a scope says about the account.
struct Saying {
    says: Says,
    origin: Origin,
    account: Result<Account, Refusal>,
}

impl World {
    /// Lists every place that names an account, highest first. Exactly one of them decides, unless
    /// there is none.
    pub fn candidates(&self) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = Vec::new();
        for scope in Scope::ALL.into_iter().rev() {
            let sayings = self.sayings(scope);
            let outcomes = match found.first() {
                Some(first) => vec![Outcome::HigherScope(first.scope); sayings.len()],
                None => self.outcomes(scope, &sayings),
            };
            found.extend(sayings.into_iter().zip(outcomes).map(|(saying, outcome)| Candidate {
                scope,
                origin: saying.origin,
                says: saying.says,
                account: saying.account,
                outcome,
            }));
        }
        found
    }

    /// Tells what becomes of the sayings of the deciding scope.
    fn outcomes(&self, scope: Scope, sayings: &[Saying]) -> Vec<Outcome> {
        let refused = matches!(self.resolve(), Decision::Refused(_));
        // Environment and command line are refused for any of their sayings.
        let culprit = sayings.iter().position(|saying| scope.is_given() && saying.account.is_err());
        let deciding = culprit.unwrap_or(0);
        let account = sayings.get(deciding).and_then(|saying| saying.account.as_ref().ok());
        let outcome = |(at, saying): (usize, &Saying)| match &saying.account {
            _ if at == deciding && refused => Outcome::Refused,
            _ if at == deciding => Outcome::Wins,
            _ if !scope.is_given() => Outcome::ProfileInSameFile,
            Ok(same) if account == Some(same) => Outcome::SameAccount,
            _ => Outcome::Disagrees,
        };
        sayings.iter().enumerate().map(outcome).collect()
    }

    /// Returns each thing that one scope says about the account, the strongest first.
    fn sayings(&self, scope: Scope) -> Vec<Saying> {
        let mut said = Vec::new();
        let mut say = |says: Says, origin: &Origin, named: NameResult| {
            let account = named.map(|named| named.account);
            said.push(Saying { says, origin: origin.clone(), account });
        };
        if scope == Scope::Project
            && let Some(refusal) = self.foreign()
        {
            let root = self.project.as_ref().map(|project| PathBuf::from(&project.root));
            let origin = Origin::WholeFile(root.unwrap_or_default());
            say(Says::Project, &origin, Err(refusal));
            return said;
        }
        let Some(statement) = self.statements.iter().find(|s| s.scope == scope) else {
            return said;
        };
        if let Some(file) = &statement.file {
            say(Says::File, &file.origin, self.name_by_file(file));
        }
        if let Some(profile) = &statement.profile {
            say(
                Says::Profile(profile.value.clone()),
                &profile.origin,
                self.name_by_profile(profile),
            );
        }
        let named = || self.name_bare(statement, Upper::Replaces);
        match (&statement.bare.username, statement.bare.literal()) {
            (Some(name), _) => say(Says::Username(name.value.clone()), &name.origin, named()),
            (None, Some(url)) => say(Says::BaseUrl, &url.origin, named()),
            (None, None) => {}
        }
        said
    }
}
