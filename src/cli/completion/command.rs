//! `carto completions`: the script of a shell, where it is put, and what it asks.

use clap::Args;

use super::answer::answer;
use super::install::install;
use super::offer::Commands;
use super::shell::AskingShell;
use crate::error::Error;
use crate::resolve::context::Context;

/// Print or install a completion script for a shell
///
/// The script asks carto at each Tab, so it is the same for every version and never goes stale.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto completions --install fish         puts it where fish looks
  source <(carto completions bash)         this shell")]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: AskingShell,
    /// Write the script where the shell looks for it
    #[arg(long)]
    install: bool,
    /// What a script asks by: the part of the word that the shell replaces
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "", require_equals = true)]
    ask: Option<String>,
    /// The words of the line up to the cursor, or the line itself
    #[arg(hide = true, last = true)]
    line: Vec<std::ffi::OsString>,
}

/// Prints the script, puts it in its place, or answers.
pub(in crate::cli) fn run(
    context: &Context,
    args: &CompletionsArgs,
    commands: &Commands,
) -> Result<(), Error> {
    if let Some(piece) = &args.ask {
        let given: Vec<_> =
            args.line.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let words = args.shell.words(&given);
        let found = answer(context, commands, &words);
        let typed = words.last().map(String::as_str).unwrap_or_default();
        context.output.raw(args.shell.text(&found, typed, piece).as_bytes());
        return Ok(());
    }
    if args.install {
        return install(context, args.shell);
    }
    context.output.raw(args.shell.script().as_bytes());
    Ok(())
}
