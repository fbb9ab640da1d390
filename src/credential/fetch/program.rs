//! Programs that give keys: made ready and waited for.

use std::path::Path;
use std::process::Command;

use super::surroundings::Surroundings;
use crate::child_process::Watch;
use crate::credential::source::SecretSource;
use crate::error::{Error, Kind};
use crate::secret::Secret;

/// Makes the error of a source that gives no key.
pub(in crate::credential) fn gives_none(
    source: &SecretSource,
    why: impl std::fmt::Display,
) -> Error {
    Error::new(Kind::Refused, format!("no key from {source}: {why}"))
}

/// Makes a program ready that knows nothing of the directory and of the account of this run.
pub(in crate::credential) fn prepared(program: &Path, around: &Surroundings) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command.envs(around.child.iter().map(|(name, value)| (name, value)));
    // Some programs believe the variable rather than the system.
    command.current_dir("/").env("PWD", "/").env_remove("OLDPWD");
    command
}

/// Says what is waited for.
pub(in crate::credential) fn waiting(source: &SecretSource, around: &Surroundings) {
    around.output.note(&format!("waiting for {source}"));
}

/// Waits for a program as long as it takes: keychains and pinentry wait for people.
pub(in crate::credential) fn until_it_ends(waiting: &dyn Fn()) -> Watch<'_> {
    let is_answer =
        |printed: &[u8]| std::str::from_utf8(printed).is_ok_and(|text| Secret::new(text).is_ok());
    Watch { waiting, is_answer, limit: None }
}
