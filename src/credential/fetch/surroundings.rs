//! `Surroundings`: what a run lends to the fetching of a key.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::invocation::Env;
use crate::output::Output;

/// What a run lends to the fetching of a key.
pub struct Surroundings<'a> {
    /// The environment of this run.
    pub env: &'a Env,
    /// The environment of programs that are started.
    pub child: Vec<(OsString, OsString)>,
    /// Finds a program by its name, or says in words why there is none that runs.
    pub find: &'a dyn Fn(&OsStr) -> Result<PathBuf, String>,
    /// Where the user is told what is waited for.
    pub output: &'a Output,
}

/// Its environment may hold keys.
impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Surroundings")
    }
}
