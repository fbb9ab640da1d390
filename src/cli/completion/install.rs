//! Puts a shell's script where the shell looks for it.

use std::path::PathBuf;

use super::shell::AskingShell;
use crate::error::{Error, Kind, shell_word};
use crate::replace_file::{Links, Lock, Mode, create_shared_dir, replace};
use crate::resolve::context::Context;

/// Writes the script and says what is left to do.
///
/// # Errors
/// There is no home, or the file cannot be written.
pub(super) fn install(context: &Context, shell: AskingShell) -> Result<(), Error> {
    let path = place(context, shell).ok_or_else(|| {
        Error::new(Kind::Write, "there is no place for it: HOME is not set")
            .help("set HOME to an absolute path")
    })?;
    context.refuse_home_of_another(&path)?;
    let dirs = path.ancestors().skip(1).take_while(|dir| dir.symlink_metadata().is_err());
    for dir in dirs.collect::<Vec<_>>().into_iter().rev() {
        create_shared_dir(dir)?;
    }
    let lock = Lock::file(&path, Links::Follow)?;
    replace(&path, shell.script().as_bytes(), Mode::Shared, Links::Follow, &lock)?;
    context.output.note(&format!("wrote {}", shell_word(&path)));
    context.output.note(&what_is_left(shell, &path));
    Ok(())
}

/// Returns the file in which a shell finds completions for `carto`.
fn place(context: &Context, shell: AskingShell) -> Option<PathBuf> {
    let env = &context.invocation.env;
    let home = context.invocation.home()?;
    let config = || env.path("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
    let data = || env.path("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share"));
    Some(match shell {
        AskingShell::Bash => {
            let own = env.path("BASH_COMPLETION_USER_DIR");
            own.unwrap_or_else(|| data().join("bash-completion")).join("completions/carto")
        }
        AskingShell::Elvish => config().join("elvish/lib/carto-completions.elv"),
        AskingShell::Fish => config().join("fish/completions/carto.fish"),
        AskingShell::PowerShell => config().join("powershell/carto-completions.ps1"),
        AskingShell::Zsh => env.path("ZDOTDIR").unwrap_or(home).join(".zfunc/_carto"),
    })
}

/// Says what the shell needs besides the file.
fn what_is_left(shell: AskingShell, path: &std::path::Path) -> String {
    match shell {
        AskingShell::Bash => {
            "bash-completion loads it in new shells; without that package, put into ~/.bashrc: \
             source <(carto completions bash)"
                .to_owned()
        }
        AskingShell::Elvish => "put into rc.elv: use carto-completions".to_owned(),
        AskingShell::Fish => "fish loads it by itself".to_owned(),
        AskingShell::PowerShell => format!("put into $PROFILE: . {}", shell_word(path)),
        AskingShell::Zsh => {
            let dir = shell_word(path.parent().unwrap_or(path));
            format!("put into ~/.zshrc, before compinit: fpath=({dir} $fpath)")
        }
    }
}
