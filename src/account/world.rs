//! `World`: everything that the decision on an account depends on.

use std::rc::Rc;

use super::identity::Account;
use super::profiles::Profile;
use super::project_facts::ProjectFacts;
use super::refusal::Refusal;
use super::statement::{Statement, profile_tuple};
use crate::config::{Scope, Standing};

/// Everything that the decision depends on.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// What each scope says, lowest first.
    pub statements: Vec<Statement>,
    /// The accounts of the user's stored credentials, and whether the entry permits `http://`.
    pub stored: Rc<[(Account, bool)]>,
    /// The nearest project, when there is one and it was not left out.
    pub project: Option<ProjectFacts>,
}

impl World {
    /// Returns the world in which one scope neither defines a profile nor selects it.
    #[must_use]
    pub fn without_profile(&self, scope: Scope, name: &str) -> World {
        let mut world = self.clone();
        for statement in world.statements.iter_mut().filter(|s| s.scope == scope) {
            statement.profiles = statement.profiles.filtered(|profile| profile.name != name);
            statement.profile = statement.profile.take().filter(|selected| selected.value != name);
        }
        world
    }

    /// Returns the names of every profile of the own scopes, sorted.
    pub fn profile_names(&self) -> Vec<&str> {
        let own = self.statements.iter().filter(|statement| !statement.untrusted());
        let mut names: Vec<&str> = own
            .flat_map(|statement| statement.profiles.iter().map(|profile| profile.name.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns a profile as the highest own scope defines it.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        let mut own = self.statements.iter().rev().filter(|statement| !statement.untrusted());
        own.find_map(|statement| profile_tuple(statement, name))
    }

    /// Why a foreign project stops the run.
    pub(super) fn foreign(&self) -> Option<Refusal> {
        let project = self.project.as_ref()?;
        let reason = project.foreign.clone()?;
        Some(Refusal::Foreign { root: project.root.clone(), reason })
    }

    /// Returns the world without an untrusted or foreign project.
    pub(super) fn own(&self) -> World {
        let own = self.statements.iter().filter(|s| s.standing == Standing::Own);
        World { statements: own.cloned().collect(), stored: self.stored.clone(), project: None }
    }
}
