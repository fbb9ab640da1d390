//! Hands a program the account and starts it: plugins, `exec` and shell aliases share it.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::config::places::Files;
use crate::dispatch::environment::Contract;
use crate::dispatch::execve::{self, Ended};
use crate::error::{Error, Kind};
use crate::invocation::Invocation;
use crate::project::nearest::{Project, ProjectStanding};
use crate::resolve::context::Context;
use crate::resolve::granted::Granted;
use crate::resolve::layers::Loaded;
use crate::resolve::options::{Nested, NestedFiles};
use crate::resolve::preset::Preset;

/// What a program is handed besides its arguments.
#[derive(Debug)]
pub struct Handed {
    /// What the program is, for messages: `plugin` or `program`.
    pub what: &'static str,
    /// The account; none where nobody names one.
    pub granted: Option<Granted>,
    /// A plugin's own settings as JSON.
    pub plugin_config: Option<String>,
    /// The names of other programs that it gets, too.
    pub preset: Option<Preset>,
}

impl Handed {
    /// What a program gets that is no plugin.
    pub fn program(granted: Option<Granted>) -> Self {
        Handed { what: "program", granted, plugin_config: None, preset: None }
    }
}

/// Starts a program. Returns only where it could not start or could not take this process's place.
///
/// # Errors
/// It cannot run (126).
pub fn start(
    context: &Context,
    path: &Path,
    name: &OsStr,
    args: &[OsString],
    handed: &Handed,
) -> Result<u8, Error> {
    // A broken file has stopped the run before, unless the program starts without any account.
    let loaded = context.load().ok();
    // What the carto above wrote for its account is written anew for this one.
    let preset = handed.preset.or_else(|| context.nested.preset());
    let nested = nested(context, loaded, preset)?;
    let project = loaded.and_then(|loaded| loaded.project.as_ref());
    let project = project.filter(|project| project.standing == ProjectStanding::Trusted);
    let program = Invocation::program();
    let contract = Contract {
        granted: handed.granted.as_ref(),
        project_dir: project.map(Project::root),
        program: program.as_deref(),
        plugin_config: handed.plugin_config.as_deref(),
        preset,
        nested: Some(&nested),
    };
    let environment = contract.environment(&context.invocation.env);
    context.output.verbose(|| format!("run {}", path.display()));
    match execve::start(path, name, args, &environment) {
        Ok(Ended::Code(code)) => Ok(code),
        Err(error) => Err(cannot_run(path, format!("the {} cannot run: {error}", handed.what))),
    }
}

/// Says why a file that was found does not run.
pub fn cannot_run(path: &Path, what: impl Into<String>) -> Error {
    Error::new(Kind::CannotRun, what).at(path.display())
}

/// Returns what a nested carto has to know: settings of this command line that are no account's.
fn nested(
    context: &Context,
    loaded: Option<&Loaded>,
    preset: Option<Preset>,
) -> Result<String, Error> {
    let nested = Nested {
        set: loaded.map(|loaded| loaded.command_line.inherited.clone()).unwrap_or_default(),
        files: match context.globals.files(&context.nested) {
            Files::All => NestedFiles::All,
            Files::NoProject => NestedFiles::NoProject,
            Files::None => NestedFiles::Isolated,
        },
        aliases: context.nested.aliases.clone(),
        fetching: context.nested.fetching.clone(),
        preset: preset.map(|preset| preset.name().to_owned()),
    };
    serde_json::to_string(&nested).map_err(|error| Error::new(Kind::Internal, error.to_string()))
}
