//! `Origin`: the exact place a value came from, kept with it until it is printed or handed over.

use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::Scope;

/// The exact place of a value. Its `Display` is the text of errors and of `--show-origin`,
/// except that control characters are escaped where it is printed for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Built into the program.
    BuiltIn,
    /// A file, with the line and column (from 1, in characters) of the value or key.
    File { path: Rc<Path>, line: usize, column: usize },
    /// A file as a whole.
    WholeFile(PathBuf),
    /// An environment variable.
    Variable(&'static str),
    /// A flag as it is typed, without its value when that could be long.
    Flag(String),
}

impl Origin {
    /// Returns the file when there is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Origin::File { path, .. } => Some(path),
            Origin::WholeFile(path) => Some(path),
            Origin::BuiltIn | Origin::Variable(_) | Origin::Flag(_) => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::BuiltIn => f.write_str("built in"),
            Origin::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Origin::WholeFile(path) => write!(f, "{}", path.display()),
            Origin::Variable(name) => f.write_str(name),
            Origin::Flag(flag) => f.write_str(flag),
        }
    }
}

/// A value that knows where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// The rank of the place.
    pub scope: Scope,
    /// The exact place.
    pub origin: Origin,
}

impl<T> Located<T> {
    /// Puts a value and its place together.
    pub fn new(value: T, scope: Scope, origin: Origin) -> Self {
        Located { value, scope, origin }
    }

    /// Keeps the place and changes the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: f(self.value), scope: self.scope, origin: self.origin }
    }

    /// Keeps the place and borrows the value.
    pub fn as_ref(&self) -> Located<&T> {
        Located { value: &self.value, scope: self.scope, origin: self.origin.clone() }
    }
}
