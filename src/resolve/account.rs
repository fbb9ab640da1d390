//! The decision on the account of a run, and what only the whole run can say of a refusal.

use crate::account::{Chosen, Decision, Refusal};
use crate::config::Scope;
use crate::credential::variables_for;
use crate::error::{Error, shell_word};
use crate::invocation::Invocation;
use crate::resolve::facts::Facts;
use crate::resolve::given_key::known_file_with_profile;
use crate::resolve::run::Run;

impl Run {
    /// Decides on the account; `None` where nobody names one.
    ///
    /// # Errors
    /// The refusal; a broken file, unless environment or command line alone decide.
    pub fn chosen(&self, facts: &Facts) -> Result<Option<Chosen>, Error> {
        let decision = facts.world.resolve();
        let given = match &decision {
            Decision::Chosen(chosen) => chosen.scope >= Scope::Env,
            Decision::Refused(_) | Decision::None => false,
        };
        for error in &facts.broken {
            if !given {
                return Err(error.clone());
            }
            self.output.error_as_warning(error);
        }
        match decision {
            Decision::None => Ok(None),
            Decision::Chosen(chosen) => Ok(Some(*chosen)),
            Decision::Refused(refusal) => Err(refused(&self.invocation, *refusal, facts)),
        }
    }
}

/// Adds what only the whole run knows to a refusal.
fn refused(invocation: &Invocation, refusal: Refusal, facts: &Facts) -> Error {
    if let Refusal::UnknownProfile { name, .. } = &refusal {
        let holder = known_file_with_profile(invocation, name);
        let error = Error::from(refusal);
        return match holder {
            None => error,
            Some(path) => error
                .note(format!("{} has a profile of that name", path.display()))
                .help(format!("carto credentials import {}", shell_word(&path))),
        };
    }
    let wanted = match &refusal {
        Refusal::Unknown { wanted, .. } => Some(wanted.clone()),
        _ => None,
    };
    let mut error = Error::from(refusal);
    if let Some(wanted) = wanted
        && let Some(key) = &facts.offered.environment
        && facts.offered.owner.is_none()
    {
        error = error
            .note(format!("{} is set, and nothing says whose key it is", key.origin))
            .help(format!("if it is this account's, say so: {}", variables_for(&wanted)));
    }
    error
}
