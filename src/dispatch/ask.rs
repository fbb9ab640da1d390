//! Asks a plugin about itself: its manifest, or what completes its arguments.
//!
//! # Why
//! What asks is no command of the user's: the plugin gets no account, nothing to read, little time, and
//! what it prints is only looked at.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::child_process::{self, Input, ProgramEnd, Watch};
use crate::dispatch::environment::Contract;
use crate::invocation::Invocation;
use crate::resolve::run::Run;

/// One question to a plugin.
#[derive(Debug)]
pub struct Question<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub args: &'a [OsString],
    /// Variables in which it is asked.
    pub variables: &'a [(&'a str, OsString)],
    /// Where it runs; where this run was started when left out.
    pub dir: Option<&'a Path>,
    /// How long it may take.
    pub limit: Duration,
}

/// Runs the program and returns what it did.
///
/// # Errors
/// It does not start, or takes too long (`TimedOut`).
pub fn ask(run: &Run, question: &Question<'_>) -> io::Result<ProgramEnd> {
    let carto = Invocation::program();
    let contract =
        Contract { plugin_config: Some("{}"), program: carto.as_deref(), ..Contract::default() };
    let mut command = Command::new(question.program);
    command.args(question.args).env_clear().envs(contract.environment(&run.invocation.env));
    command.envs(question.variables.iter().map(|(name, value)| (OsStr::new(name), value)));
    if let Some(dir) = question.dir {
        // Some programs believe the variable rather than the system.
        command.current_dir(dir).env("PWD", dir).env_remove("OLDPWD");
    } else if let Ok(dir) = run.invocation.cwd() {
        command.current_dir(dir);
    }
    let watch = Watch { waiting: &|| {}, is_answer: |_| true, limit: Some(question.limit) };
    child_process::run(command, Input::Nothing, watch)
}
