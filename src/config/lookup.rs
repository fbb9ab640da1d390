//! `Lookup`: every value of a setting, and the one that wins. Here and in the order of [`Scope`]
//! precedence is decided.

use super::{Located, Scope};
use crate::toml::Value;

/// Every value of a setting, the one of the lowest scope first.
#[derive(Debug, Default)]
pub struct Lookup {
    values: Vec<Located<Value>>,
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precedence {
    /// It is used.
    Wins,
    /// That scope is higher.
    BeatenBy(Scope),
}

impl Precedence {
    /// Returns the rule in words.
    pub fn rule(self) -> String {
        match self {
            Precedence::Wins => "is used".to_owned(),
            Precedence::BeatenBy(scope) => format!("beaten: the {scope} scope is higher"),
        }
    }
}

impl Lookup {
    /// Puts values in order; of each scope there is at most one.
    pub fn of(values: impl IntoIterator<Item = Located<Value>>) -> Self {
        let mut values: Vec<Located<Value>> = values.into_iter().collect();
        values.sort_by_key(|value| value.scope);
        Lookup { values }
    }

    /// Returns every value, the one of the lowest scope first.
    pub fn values(&self) -> &[Located<Value>] {
        &self.values
    }

    /// Returns the value that wins: that of the highest scope.
    pub fn winner(&self) -> Option<&Located<Value>> {
        self.values.last()
    }

    /// Returns the value that wins, and lets the others go.
    pub fn into_winner(mut self) -> Option<Located<Value>> {
        self.values.pop()
    }

    /// Returns every value with what became of it, the highest scope first.
    pub fn candidates(&self) -> impl Iterator<Item = (&Located<Value>, Precedence)> {
        let winner = self.winner().map(|winner| winner.scope);
        self.values.iter().rev().map(move |value| match winner {
            Some(scope) if scope != value.scope => (value, Precedence::BeatenBy(scope)),
            _ => (value, Precedence::Wins),
        })
    }
}
