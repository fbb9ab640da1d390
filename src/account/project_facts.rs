//! `ProjectFacts`: what an account's decision has to know of the nearest project.

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
