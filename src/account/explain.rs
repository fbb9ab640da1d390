//! The account's candidates in order, with the rule that beat each loser.

use super::statement::Statement;
use super::world::{Decision, NameResult, World};
use super::{Account, Refusal};
use crate::config::{Origin, Scope};

/// One place that names an account, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The rank.
    pub scope: Scope,
    /// The exact place.
    pub origin: Origin,
    /// What it says: `profile NAME`, `user name`, `base URL`, `credentials file`.
    pub what: String,
    /// The account it names, or why it names none.
    pub account: Result<Account, Refusal>,
    /// What became of it.
    pub outcome: Outcome,
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
}

impl Outcome {
    /// Gives the rule in words.
    pub fn rule(&self) -> String {
        match self {
            Outcome::Wins => "decides the account".to_owned(),
            Outcome::Refused => "decides the account and is refused".to_owned(),
            Outcome::HigherScope(scope) => {
                format!("beaten: the {scope} scope is higher and decides the whole account")
            }
            Outcome::ProfileInSameFile => {
                "beaten: in one file `profile` beats the bare account".to_owned()
            }
        }
    }
}

impl World {
    /// Lists every place that names an account, highest first.
    pub fn candidates(&self) -> Vec<Candidate> {
        let refused = matches!(self.resolve(), Decision::Refused(_));
        let mut found = Vec::new();
        let mut decided: Option<Scope> = None;
        for statement in self.statements.iter().rev() {
            let before = found.len();
            for (what, origin, named) in self.sayings(statement) {
                let in_file = !matches!(statement.scope, Scope::Env | Scope::Command);
                let outcome = match decided {
                    Some(scope) => Outcome::HigherScope(scope),
                    None if in_file && found.len() > before => Outcome::ProfileInSameFile,
                    None if refused => Outcome::Refused,
                    None => Outcome::Wins,
                };
                found.push(Candidate {
                    scope: statement.scope,
                    origin,
                    what,
                    account: named.map(|named| named.account),
                    outcome,
                });
            }
            if found.len() > before {
                decided = decided.or(Some(statement.scope));
            }
        }
        found
    }

    /// Gives each thing that one scope says about the account, the strongest first.
    fn sayings(&self, statement: &Statement) -> Vec<(String, Origin, NameResult)> {
        let mut said = Vec::new();
        let alone = |keep: &dyn Fn(&mut Statement)| {
            let mut alone = statement.clone();
            keep(&mut alone);
            self.name_at(&alone)
        };
        if let Some(file) = &statement.file
            && let Some(named) = alone(&|s| {
                s.profile = None;
                s.bare = super::Tuple::default();
            })
        {
            said.push(("credentials file".to_owned(), file.origin.clone(), named));
        }
        if let Some(profile) = &statement.profile
            && let Some(named) = alone(&|s| {
                s.file = None;
                s.bare = super::Tuple::default();
            })
        {
            said.push((format!("profile `{}`", profile.value), profile.origin.clone(), named));
        }
        if let Some(named) = alone(&|s| {
            s.file = None;
            s.profile = None;
        }) {
            let bare = &statement.bare;
            let (what, origin) = match (&bare.username, &bare.base_url) {
                (Some(name), _) => (format!("user name `{}`", name.value), name.origin.clone()),
                (None, Some(url)) => ("base URL".to_owned(), url.origin.clone()),
                (None, None) => return said,
            };
            said.push((what, origin, named));
        }
        said
    }
}
