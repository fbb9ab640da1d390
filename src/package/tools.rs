//! `Tools`: the package managers and git, run without an account.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Kind, io_reason};
use crate::escape;
use crate::invocation::Env;
use crate::output::Output;
use crate::path_search::{Program, SearchPath};

/// What begins the name of a variable that no package manager gets: accounts, and what carto tells
/// plugins.
const OWN: &str = "CARTO_";
/// Variables that would send what is installed elsewhere, or run something first.
const UNSET: [&str; 17] = [
    // As `git rev-parse --local-env-vars` has them: a hook that runs carto is about another repository.
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_SHALLOW_FILE",
    "GIT_TEMPLATE_DIR",
    "GIT_WORK_TREE",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PIP_PREFIX",
    "PIP_TARGET",
    "PIP_USER",
    "CARGO_INSTALL_ROOT",
    "CARGO_TARGET_DIR",
];
/// How much of what a manager said is shown when it fails, in lines.
const LINES: usize = 12;

/// Where programs are looked for, and what they may see of the environment.
#[derive(Debug)]
pub struct Tools<'a> {
    /// Where programs are looked for.
    pub path: SearchPath,
    /// The environment of this run.
    pub env: &'a Env,
    /// Where a wait is told.
    pub output: &'a Output,
}

/// A command of a package manager.
pub(super) struct ToolRun<'a> {
    /// The program: a name on PATH, or a path.
    program: &'a OsStr,
    /// What it is called in an error.
    shown: String,
    args: Vec<OsString>,
    /// Variables that it gets besides; none of them is shown.
    variables: Vec<(String, OsString)>,
    /// Where it runs.
    dir: &'a Path,
}

impl<'a> ToolRun<'a> {
    /// Begins a command.
    pub(super) fn new(program: &'a OsStr, dir: &'a Path) -> Self {
        let shown = program.to_string_lossy().into_owned();
        ToolRun { program, shown, args: Vec::new(), variables: Vec::new(), dir }
    }

    /// Names it for an error.
    pub(super) fn shown(mut self, name: &str) -> Self {
        name.clone_into(&mut self.shown);
        self
    }

    /// Adds arguments.
    pub(super) fn args<T: Into<OsString>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds a variable.
    pub(super) fn variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }
}

impl Tools<'_> {
    /// Whether a program is there.
    pub(super) fn has(&self, name: &str) -> bool {
        matches!(self.path.program(OsStr::new(name)), Program::Found(_))
    }

    /// Returns where a package manager keeps its files, by its variable or below the home.
    pub(super) fn home_of(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let home = || self.env.path(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
        self.env.path(variable).or_else(|| Some(home()?.join(below_home)))
    }

    /// Runs a command to its end and returns what it printed. What it says meanwhile is shown with `-v`
    /// alone, and when it fails.
    ///
    /// # Errors
    /// The program is not there, cannot run, or fails: with what it said at the end.
    pub(super) fn run(&self, run: &ToolRun<'_>) -> Result<String, Error> {
        let name = run.program.to_string_lossy().into_owned();
        let Program::Found(program) = self.path.program(run.program) else {
            let what = format!("`{}` is needed for this, and is not on PATH", escape::line(&name));
            return Err(Error::new(Kind::NotThere, what));
        };
        self.output.verbose(|| {
            let words: Vec<_> = run.args.iter().map(|arg| arg.to_string_lossy()).collect();
            format!("run {} {}", program.display(), words.join(" "))
        });
        let mut command = Command::new(&program);
        command.args(&run.args).current_dir(run.dir).stdin(Stdio::null());
        for (name, _) in self.env.iter() {
            let text = name.to_string_lossy();
            if text.starts_with(OWN) || UNSET.iter().any(|unset| *text == **unset) {
                command.env_remove(name);
            }
        }
        command.env("PWD", run.dir).env_remove("OLDPWD");
        command.envs(run.variables.iter().map(|(name, value)| (name, value)));
        let ended = command.output().map_err(|error| cannot_run(&program, &error))?;
        let said = String::from_utf8_lossy(&ended.stderr);
        self.output.verbose(|| said.trim_end().to_owned());
        if ended.status.success() {
            return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
        }
        Err(failed(&run.shown, &said))
    }
}

fn cannot_run(program: &Path, error: &io::Error) -> Error {
    Error::new(Kind::CannotRun, format!("cannot run it: {}", io_reason(error)))
        .at(program.display())
}

/// The error of a command that failed, with the end of what it said.
fn failed(shown: &str, said: &str) -> Error {
    let mut error = Error::new(Kind::NotThere, format!("`{}` failed", escape::line(shown)));
    let lines: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    for line in lines.iter().skip(lines.len().saturating_sub(LINES)) {
        error = error.note(escape::line(&crate::secret::mask_keys(line)).into_owned());
    }
    error.note("nothing was installed")
}
