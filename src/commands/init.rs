//! `carto init`: makes this directory a project.

use std::path::Path;

use clap::Args;

use crate::config::places::{self, CONFIG_FILE, PROJECT_DIR, PassedOver};
use crate::config::schema;
use crate::config::suspect::PROJECT_HEADER;
use crate::error::{Error, Kind};
use crate::foreign::git;
use crate::read_file::ProjectDir;
use crate::replace_file::{LOCK_NAME, Links, Lock, Mode, create_shared_dir, replace};
use crate::resolve::context::Context;

/// Make this directory a project, whose settings may be committed
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto init                                       here
  carto -C ~/maps/rivers init                      in that directory
  carto init && carto config set --project username acme")]
pub struct InitArgs {}

/// The file by which editors complete and check the settings, and where it stands: beside them, so
/// that it is found without a network and by everyone who has the project.
const SCHEMA_FILE: &str = "config.schema.json";

/// Runs the command.
pub fn run(context: &Context, _args: &InitArgs) -> Result<(), Error> {
    let root = context.invocation.cwd()?.to_owned();
    if let Some(reason) = places::passed_over(&context.invocation, &root) {
        let what = match reason {
            PassedOver::Home => "your home directory cannot be a project",
            PassedOver::Shared => "a directory that all users share cannot be a project",
        };
        return Err(Error::new(Kind::Usage, what)
            .at(root.display())
            .help("carto config set SETTING VALUE     # your own settings need no project"));
    }
    let dir = root.join(PROJECT_DIR);
    if dir.symlink_metadata().is_ok() && !is_unfinished(&root, &dir) {
        context.output.note(&format!("{} is there already; nothing was changed", dir.display()));
        tell_outer(context)?;
        return Ok(());
    }
    create_shared_dir(&dir)?;
    let ignored = ["credentials.toml", ".lock", ".*.tmp-*"].map(str::to_owned);
    let mut notice = |text: &str| context.output.note(text);
    git::ignore(&dir, &ignored, &mut notice)?;
    let lock = Lock::directory_telling(&dir, &mut notice)?;
    let schema = schema::config_text();
    replace(&dir.join(SCHEMA_FILE), schema.as_bytes(), Mode::Shared, Links::Refuse, &lock)?;
    let path = dir.join(CONFIG_FILE);
    // What carto itself writes into a project that did not exist is the user's own word. It comes
    // first: the settings are the last thing that is missing after a crash.
    let distrust = match context.trust().writable() {
        Ok(_) => {
            context
                .update_trust(&root, |record| record.approve_config(PROJECT_HEADER.as_bytes()))?;
            None
        }
        Err(reason) => Some(reason),
    };
    replace(&path, PROJECT_HEADER.as_bytes(), Mode::Shared, Links::Refuse, &lock)?;
    context.output.note(&format!("made {}", dir.display()));
    if let Some(reason) = distrust {
        context.output.note(&format!("it is not trusted yet: {reason}"));
    }
    tell_outer(context)
}

/// Whether the directory holds nothing but what an `init` that was cut short leaves there.
fn is_unfinished(root: &Path, dir: &Path) -> bool {
    let is_mine = ProjectDir::open(root).is_ok_and(|project| project.foreign().is_none());
    let Ok(entries) = std::fs::read_dir(dir) else { return false };
    // The settings come last: with them it is finished.
    let ours = |name: &str| {
        let hidden = |file: &str| name.strip_prefix('.').and_then(|rest| rest.strip_prefix(file));
        let beside =
            |file| hidden(file).is_some_and(|end| end == LOCK_NAME || end.starts_with(".tmp-"));
        [LOCK_NAME, ".gitignore", SCHEMA_FILE].contains(&name)
            || [".gitignore", SCHEMA_FILE, CONFIG_FILE].into_iter().any(beside)
    };
    is_mine
        && entries
            .map(|entry| entry.ok()?.file_name().into_string().ok())
            .all(|name| name.is_some_and(|name| ours(&name)))
}

fn tell_outer(context: &Context) -> Result<(), Error> {
    let places = places::places(&context.invocation, places::Files::All)?;
    if let Some(outer) = places.project.and_then(|place| place.outer) {
        context.output.note(&format!("it hides the project in {}", outer.display()));
    }
    Ok(())
}
