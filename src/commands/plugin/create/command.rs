//! Writes a new plugin.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::files::{Language, NewFile};
use crate::error::{Error, Kind, io_reason, shell_word};
use crate::escape;
use crate::plugin_name::PluginName;
use crate::resolve::context::Context;

/// Write a new plugin: its program, manifest, test and README
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin create tiles --lang python     makes carto-tiles/
  carto plugin create tiles --lang sh ~/src   makes ~/src/carto-tiles/")]
pub(in crate::commands::plugin) struct CreateArgs {
    /// The plugin's name, without `carto-`
    name: OsString,
    /// The language
    #[arg(long, value_enum)]
    lang: Language,
    /// Where its directory is made; here when left out
    dir: Option<PathBuf>,
}

/// Runs the command.
pub(in crate::commands::plugin) fn run(
    context: &Context,
    args: &CreateArgs,
    builtins: &[String],
) -> Result<(), Error> {
    let name = new_name(&args.name, builtins)?;
    let parent = args.dir.clone().unwrap_or_default();
    let dir = context.invocation.cwd()?.join(&parent).join(name.executable());
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent).map_err(|error| cannot_write(parent, &error))?;
    }
    make(&dir)?;
    if let Err((path, error)) = write_all(&dir, &args.lang.files(&name)) {
        // All that is there was made just now.
        _ = fs::remove_dir_all(&dir);
        return Err(cannot_write(&path, &error));
    }
    let shown = shell_word(&parent.join(name.executable()));
    context.output.note(&format!("wrote {}", escape::line(&dir.display().to_string())));
    context.output.line(format!("cd {shown} && {}", args.lang.test()));
    context.output.line(format!("cd {shown} && {}", args.lang.run(&name)));
    Ok(())
}

/// Checks the name of a plugin that is not there yet.
fn new_name(name: &OsString, builtins: &[String]) -> Result<PluginName, Error> {
    let shown = name.to_string_lossy();
    let bare = shown.strip_prefix("carto-").filter(|bare| !bare.is_empty());
    let name = PluginName::parse(name).map_err(|reason| {
        let what = format!("`{}` is no name for a plugin", escape::line(&shown));
        Error::new(Kind::Usage, what).note(reason.to_string())
    })?;
    if let Some(bare) = bare {
        let what = format!("`{name}` would be run as `carto {name}`");
        return Err(Error::new(Kind::Usage, what)
            .help(format!("without `carto-`: carto plugin create {bare} --lang sh")));
    }
    if builtins.iter().any(|builtin| builtin == name.as_str()) {
        let what = format!("`{name}` is a built-in command, which comes first");
        return Err(Error::new(Kind::Usage, what).note("a plugin of that name would be hidden"));
    }
    Ok(name)
}

/// Makes the directory, which must not be there.
fn make(dir: &Path) -> Result<(), Error> {
    fs::create_dir(dir).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Error::new(Kind::Write, "it is there already, and nothing is overwritten")
                .at(dir.display())
                .help("take another name, or another directory: carto plugin create --help")
        }
        _ => cannot_write(dir, &error),
    })
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    let what = format!("cannot write {}: {}", path.display(), io_reason(error));
    Error::new(Kind::Write, what).note("nothing is left of the new plugin")
}

fn write_all(dir: &Path, files: &[NewFile]) -> Result<(), (PathBuf, io::Error)> {
    for file in files {
        let path = dir.join(&file.path);
        write(&path, file).map_err(|error| (path, error))?;
    }
    Ok(())
}

fn write(path: &Path, file: &NewFile) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        let mode = if file.is_program { 0o755 } else { 0o644 };
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    }
    options.open(path)?.write_all(file.text.as_bytes())
}
