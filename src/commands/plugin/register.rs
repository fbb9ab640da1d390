//! `carto plugin register`: a program's own manifest, asked for once.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::child_process::{fault, with_said};
use crate::dispatch::ask::{Question, ask};
use crate::dispatch::plugin::{found, plugin_name};
use crate::error::{Error, Kind, io_reason};
use crate::escape;
use crate::manifest::registration::{self, Build, Registration};
use crate::manifest::{LIMIT, ManifestPlace, Manifests, Obstacle, parse};
use crate::path_search::Found;
use crate::plugin_name::PluginName;
use crate::resolve::context::Context;

/// How long a program may take to print its manifest.
const PATIENCE: Duration = Duration::from_secs(5);
/// The argument by which it is asked.
const ASKED: &str = "--carto-manifest";

/// Keep what a plugin prints about itself, for exactly this build of it
///
/// Runs `carto-NAME --carto-manifest` once, without an account. It is for programs that can lay no
/// manifest beside themselves, as those that `cargo install` installs.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin register sql              asks carto-sql for its manifest
  carto plugin register --forget sql     removes what was kept")]
pub(super) struct RegisterArgs {
    /// The plugin's name, without `carto-`
    name: OsString,
    /// Remove what was kept
    #[arg(long)]
    forget: bool,
}

/// Runs the command.
pub(super) fn run(
    context: &Context,
    args: &RegisterArgs,
    builtins: &[String],
) -> Result<(), Error> {
    let name = plugin_name(&args.name, builtins)?;
    let dir = writable_dir(context)?;
    if args.forget {
        return forget(context, &dir, &name);
    }
    let program = found(context, &name, builtins)?;
    if let Some(unfit) = &program.unfit {
        return Err(Obstacle::File(unfit.clone()).into_error(&program));
    }
    // It is looked at before it is run, so that what runs and what is kept are one build.
    let build = Build::of(&program.path).ok_or_else(|| gone(&program))?;
    let text = manifest_of(context, &program, &name)?;
    let registration = Registration::new(&build, text).ok_or_else(|| gone(&program))?;
    if Build::of(&program.path).as_ref() != Some(&build) {
        return Err(gone(&program));
    }
    registration.store(&dir, &name, &mut |text| context.output.note(text))?;
    context.output.note(&format!(
        "registered {name}: {} ({})",
        escape::line(&registration.path),
        registration.sha256
    ));
    tell_what_comes_first(context, &name, &program);
    Ok(())
}

fn forget(context: &Context, dir: &Path, name: &PluginName) -> Result<(), Error> {
    if registration::forget(dir, name, &mut |text| context.output.note(text))? {
        context.output.note(&format!("forgot what {name} printed about itself"));
        return Ok(());
    }
    Err(Error::new(Kind::NotThere, format!("no plugin `{name}` is registered")).help(format!(
        "carto plugin info {name}     # says where its manifest comes from, if it has one"
    )))
}

/// Returns the directory of what is registered, if it may be written.
fn writable_dir(context: &Context) -> Result<PathBuf, Error> {
    if context.globals.isolated {
        return Err(Error::new(Kind::Usage, "`--isolated` leaves out every file of carto"));
    }
    let dir = registration::dir(&context.invocation).ok_or_else(|| {
        Error::new(Kind::Write, "there is no place for it: HOME is not set")
            .help("set HOME to an absolute path")
    })?;
    context.refuse_home_of_another(&dir)?;
    Ok(dir)
}

fn gone(program: &Found) -> Error {
    Error::new(Kind::CannotRun, "the plugin changed while it was asked")
        .at(program.path.display())
        .help("try again")
}

/// Asks the program for its manifest and returns the text, which is one.
fn manifest_of(context: &Context, program: &Found, name: &PluginName) -> Result<String, Error> {
    let question = Question {
        program: &program.path,
        args: &[ASKED.into()],
        variables: &[],
        dir: Some(Path::new("/")),
        limit: PATIENCE,
    };
    let asked = format!("{} {ASKED}", name.executable());
    let no_manifest = |why: String| {
        let own = format!("plugins/{name}.toml");
        Error::new(Kind::Invalid, format!("`{asked}` prints no manifest: {why}"))
            .at(program.path.display())
            .help(format!("say yourself what it is, in {own} beside your config.toml"))
    };
    let ended = ask(context, &question).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => {
            no_manifest(format!("it has not ended after {} seconds", PATIENCE.as_secs()))
        }
        _ => Error::new(Kind::CannotRun, format!("the plugin cannot run: {}", io_reason(&error)))
            .at(program.path.display()),
    })?;
    if let Some(why) = fault(&ended) {
        let said = String::from_utf8_lossy(&ended.stderr);
        return Err(with_said(no_manifest(why), &said, std::iter::empty()));
    }
    if ended.stdout.len() as u64 > LIMIT {
        return Err(no_manifest(format!("it prints more than {LIMIT} bytes")));
    }
    parse(ManifestPlace::Registered, Path::new(&asked), &ended.stdout)
        .map_err(|error| Error { help: no_manifest(String::new()).help, ..error })?;
    String::from_utf8(ended.stdout).map_err(|_| no_manifest("it is not UTF-8".to_owned()))
}

/// Says that another manifest comes before the one that was kept.
fn tell_what_comes_first(context: &Context, name: &PluginName, program: &Found) {
    let Ok(manifests) = Manifests::for_one(context) else { return };
    let known = manifests.look(name, program);
    match (known.manifest, known.obstacle) {
        (Some(manifest), _) if manifest.place != ManifestPlace::Registered => {
            context.output.note(&format!(
                "another manifest comes first, {}: {}",
                manifest.place,
                escape::line(&manifest.path.display().to_string())
            ));
        }
        (_, Some(obstacle)) => {
            context.output.warning(&format!("the plugin {name} {}", obstacle.reason()));
        }
        _ => {}
    }
}
