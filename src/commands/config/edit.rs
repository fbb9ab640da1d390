//! `carto config edit`: a settings file in the user's editor.
//!
//! The editor gets a copy: until the copy is sound and takes the file's place, nothing has
//! changed, whatever the editor or the machine does. Credentials are never opened.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::config::SettingPath;
use crate::config::{Layer, Standing};
use crate::core_dump;
use crate::error::{Error, Kind, io_reason, shell_word};
use crate::invocation::Invocation;
use crate::layer_file::destination::Destination;
use crate::layer_file::scope_args::ScopeArgs;
use crate::resolve::context::Context;
use crate::variables::{self, Role};

/// Open a settings file in your editor; also one that is broken
///
/// The editor is `CARTO_EDITOR`, else the setting `ui.editor`, else `VISUAL` or `EDITOR`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto config edit                your own settings
  carto config edit --project      this project's settings")]
pub(super) struct EditArgs {
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &EditArgs) -> Result<(), Error> {
    let destination = Destination::find(context, args.scope.choice())?;
    let editor = editor(context)?;
    let path = destination.config_path();
    let old = destination.current(context)?;
    let copy = Copy::of(&path, old.as_deref().unwrap_or_default())?;
    loop {
        open(&editor, copy.path())?;
        let new = copy.read()?;
        if new == old.clone().unwrap_or_default() {
            context.output.note("nothing was changed");
            return Ok(());
        }
        match sound(&destination, &path, &new) {
            Ok(layer) => {
                if let Err(error) = destination.replace_config(context, old.as_deref(), &new) {
                    let kept = copy.keep();
                    return Err(error.note(format!("your text is kept in {}", kept.display())));
                }
                context.output.note(&format!("changed {}", path.display()));
                context.tell_unread(&layer.remarks);
                return Ok(());
            }
            Err(error) => match again(context, &error)? {
                EditorAnswer::Edit => {}
                EditorAnswer::Restore => {
                    context.output.note(&format!("{} is as it was", path.display()));
                    return Ok(());
                }
                EditorAnswer::Nobody => {
                    let kept = copy.keep();
                    return Err(error.note(format!(
                        "nothing was changed; your text is kept in {}",
                        kept.display()
                    )));
                }
            },
        }
    }
}

/// Judges the text as it would be judged when it is read.
fn sound(destination: &Destination, path: &Path, new: &[u8]) -> Result<Layer, Error> {
    let layer = Layer::parse(destination.scope(), Standing::Own, path, new.to_vec())?;
    layer.problems.first().cloned().map_or(Ok(layer), Err)
}

/// What is to be done with a file that the editor left broken.
enum EditorAnswer {
    Edit,
    Restore,
    Nobody,
}

fn again(context: &Context, error: &Error) -> Result<EditorAnswer, Error> {
    if !Invocation::can_ask() {
        return Ok(EditorAnswer::Nobody);
    }
    context.output.error(error);
    loop {
        crate::output::prompt("Edit again, or restore what was there? [E/r] ");
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).map_err(|error| {
            Error::new(Kind::Usage, format!("no answer was read: {}", io_reason(&error)))
        })?;
        match line.trim() {
            _ if read == 0 => return Ok(EditorAnswer::Nobody),
            "" | "e" | "E" => return Ok(EditorAnswer::Edit),
            "r" | "R" => return Ok(EditorAnswer::Restore),
            _ => {}
        }
    }
}

/// Finds the editor in the order of git: the program's own variable, the setting, the general ones.
fn editor(context: &Context) -> Result<String, Error> {
    let env = |name| context.invocation.env.text(name);
    if let Some(editor) = env("CARTO_EDITOR")? {
        return Ok(editor.to_owned());
    }
    let path = SettingPath(vec!["ui".to_owned(), "editor".to_owned()]);
    // The file that is to be mended may be the broken one: the others still count.
    let loaded = context.load()?;
    if let Some(setting) = loaded.config.get(&path)
        && let Some(editor) = setting.value.as_str()
    {
        return Ok(editor.to_owned());
    }
    for name in ["VISUAL", "EDITOR"] {
        if let Some(editor) = env(name)? {
            return Ok(editor.to_owned());
        }
    }
    if Invocation::can_ask() {
        return Ok(if cfg!(windows) { "notepad" } else { "vi" }.to_owned());
    }
    Err(Error::new(Kind::Usage, "no editor is named, and nobody is at a terminal")
        .help("set CARTO_EDITOR, VISUAL or EDITOR")
        .help("carto config set ui.editor EDITOR"))
}

/// Runs the editor; its words may bring arguments and are the shell's to split, as for git.
fn open(editor: &str, path: &Path) -> Result<(), Error> {
    let mut command = if cfg!(windows) {
        let mut words = shlex::split(editor).unwrap_or_default().into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).arg(path);
        command
    } else {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(format!("{editor} \"$@\"")).arg(editor).arg(path);
        command
    };
    let failed = |why: String| {
        Error::new(Kind::Write, format!("the editor `{editor}` failed: {why}; nothing was changed"))
            .help("carto config set ui.editor EDITOR")
    };
    // Settings are edited without a key; editors keep histories and send reports.
    for name in variables::with(Role::Key) {
        command.env_remove(name);
    }
    let child = core_dump::with_given_limit(|| command.spawn());
    let status = child.and_then(|mut child| child.wait());
    let status = status.map_err(|error| failed(io_reason(&error)))?;
    if status.success() {
        return Ok(());
    }
    // The shell between speaks of the editor in statuses of its own.
    Err(failed(match status.code() {
        Some(126) => "it cannot be run".to_owned(),
        Some(127) => "it was not found".to_owned(),
        Some(code @ 1..=128) => format!("it ended with status {code}"),
        Some(_) | None => "it was ended by a signal".to_owned(),
    }))
}

/// The copy that the editor gets, beside the file; it goes when nobody needs it.
struct Copy {
    file: Option<tempfile::TempPath>,
    path: PathBuf,
}

impl Copy {
    fn of(path: &Path, text: &[u8]) -> Result<Self, Error> {
        use std::io::Write as _;
        let failed = |error: std::io::Error| {
            Error::new(Kind::Write, format!("cannot make a copy to edit: {}", io_reason(&error)))
                .at(path.display())
        };
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let mut file = tempfile::Builder::new()
            .prefix(".config.tmp-")
            .suffix(".toml")
            .tempfile_in(dir.unwrap_or(Path::new(".")))
            .map_err(failed)?;
        file.write_all(text).map_err(failed)?;
        let file = file.into_temp_path();
        Ok(Copy { path: file.to_path_buf(), file: Some(file) })
    }

    fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the text by its path: editors replace files.
    fn read(&self) -> Result<Vec<u8>, Error> {
        std::fs::read(&self.path).map_err(|error| {
            Error::new(
                Kind::Invalid,
                format!("cannot read what the editor left: {}", io_reason(&error)),
            )
            .at(self.path.display())
            .help(format!(
                "look for it: ls -la {}",
                shell_word(self.path.parent().unwrap_or(Path::new(".")))
            ))
        })
    }

    fn keep(mut self) -> PathBuf {
        if let Some(file) = self.file.take() {
            // Where it cannot be kept it is gone, and the message names a path that is missing.
            _ = file.keep();
        }
        self.path.clone()
    }
}
