//! `carto init`: makes this directory a project.

use std::path::Path;

use clap::Args;

use super::context::Context;
use crate::config::discover::{self, CONFIG_FILE, PROJECT_DIR};
use crate::config::schema;
use crate::error::{Error, Kind, io_reason};
use crate::git;
use crate::replace_file::{Links, Lock, Mode, replace};

/// Make this directory a project: `.carto/` with settings that may be committed
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto init && carto config set --project username acme     this project uses another account
  carto -C ~/maps/rivers init                               makes that directory a project")]
pub struct InitArgs {}

/// The file by which editors complete and check the settings, and where it stands: beside them, so
/// that it is found without a network and by everyone who has the project.
const SCHEMA_FILE: &str = "config.schema.json";
const SETTINGS: &str = "\
#:schema ./config.schema.json
# Settings of this project; they may be committed. Keys never stand here:
# `carto config set --project apikey` stores them in credentials.toml beside this file.
";

/// Runs the command.
pub fn run(context: &Context, _args: &InitArgs) -> Result<(), Error> {
    let root = context.invocation.cwd()?.to_owned();
    if discover::passed_over(&context.invocation, &root) {
        return Err(Error::new(
            Kind::Usage,
            "a home directory and a directory shared by all users cannot be a project",
        )
        .at(root.display())
        .help("carto config set KEY VALUE     # your own settings need no project"));
    }
    let dir = root.join(PROJECT_DIR);
    let existed = dir.symlink_metadata().is_ok();
    if existed {
        context.output.note(&format!("{} is there already; nothing was changed", dir.display()));
        tell_outer(context)?;
        return Ok(());
    }
    make(&dir).map_err(|error| {
        Error::new(Kind::Write, format!("cannot make the project: {}", io_reason(&error)))
            .at(dir.display())
    })?;
    let ignored = ["credentials.toml", ".lock", ".*.tmp-*"].map(str::to_owned);
    git::ignore(&dir, &ignored)?;
    let mut notice = |text: &str| context.output.note(text);
    let lock = Lock::directory_telling(&dir, &mut notice)?;
    let schema = schema::config_text();
    replace(&dir.join(SCHEMA_FILE), schema.as_bytes(), Mode::Shared, Links::Refuse, &lock)?;
    let path = dir.join(CONFIG_FILE);
    replace(&path, SETTINGS.as_bytes(), Mode::Shared, Links::Refuse, &lock)?;
    // What carto itself wrote into a project that did not exist is the user's own word.
    context.output.note(&format!("made {}", dir.display()));
    match context.trust().writable() {
        Ok(_) => {
            context.trust().update(&root, |record| record.approve_config(SETTINGS.as_bytes()))?;
        }
        Err(reason) => context.output.note(&format!("it is not trusted yet: {reason}")),
    }
    tell_outer(context)
}

/// Makes the directory. Under a umask of 0 everyone could write it, and it would be foreign.
#[cfg(unix)]
fn make(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().mode(0o755).create(dir)
}

#[cfg(not(unix))]
fn make(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir(dir)
}

fn tell_outer(context: &Context) -> Result<(), Error> {
    let places = discover::places(&context.invocation, discover::Files::All)?;
    if let Some(outer) = places.project.and_then(|place| place.outer) {
        context.output.note(&format!("it hides the project in {}", outer.display()));
    }
    Ok(())
}
