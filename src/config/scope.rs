//! `Scope`, in order of precedence.

use std::fmt;

/// The class and rank of a place where settings come from. A later variant beats an earlier one;
/// this order is the only definition of precedence in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Built into the program.
    Default,
    /// The administrator's files.
    System,
    /// The user's files.
    User,
    /// The nearest `.carto/`.
    Project,
    /// `CARTO_*` variables.
    Env,
    /// Flags before the command's name.
    Command,
}

impl Scope {
    /// Every scope, lowest first.
    pub const ALL: [Scope; 6] =
        [Scope::Default, Scope::System, Scope::User, Scope::Project, Scope::Env, Scope::Command];

    /// Returns the word that is printed, and typed after `--`.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Default => "default",
            Scope::System => "system",
            Scope::User => "user",
            Scope::Project => "project",
            Scope::Env => "env",
            Scope::Command => "command",
        }
    }

    /// Whether its values are given to the run itself, not read from a file.
    pub fn is_given(self) -> bool {
        matches!(self, Scope::Env | Scope::Command)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_complete_and_in_order() {
        assert!(Scope::ALL.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
