//! `carto help`: the words of the definition, the guides, and the aliases and plugins there are.

use std::ffi::{OsStr, OsString};

use clap::Command as Clap;

use super::{guides, other_words};
use crate::commands::alias;
use crate::dispatch::plugin;
use crate::error::{Error, Kind};
use crate::escape;
use crate::resolve::context::Context;

/// Print a guide, or help for carto, a command or a plugin
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  carto help config set     a built-in command
  carto help accounts       a guide; `carto help` lists them
  carto help whoami         a plugin: runs `carto-whoami --help`")]
pub(super) struct HelpArgs {
    /// Print a manual page (roff) of carto or of the command
    #[arg(long)]
    man: bool,
    /// The command, plugin or guide
    command: Vec<OsString>,
}

/// Prints help, or a manual page; `command` makes the whole command line.
pub(super) fn run(
    context: &mut Context,
    args: &HelpArgs,
    command: fn() -> Clap,
) -> Result<u8, Error> {
    if args.man {
        print_man(context, &args.command, command)
    } else {
        print(context, &args.command, command)
    }
}

/// Prints help: carto's own, a built-in command's, or the plugin's own words.
fn print(context: &mut Context, words: &[OsString], command: fn() -> Clap) -> Result<u8, Error> {
    let Some((first, rest)) = words.split_first() else {
        let text = command().render_help().to_string();
        context.output.raw(text.as_bytes());
        context.output.raw(list_of_guides().as_bytes());
        context.output.raw(own_words_for_help(context).as_bytes());
        return Ok(0);
    };
    let whole = command();
    if rest.is_empty() && whole.find_subcommand(first).is_none() {
        if let Some(guide) = first.to_str().and_then(guides::find) {
            context.output.raw(guide.text.as_bytes());
            return Ok(0);
        }
        let guides = guides::GUIDES.iter().map(|guide| guide.name.to_owned());
        let names = whole.get_subcommands().map(|command| command.get_name().to_owned());
        let known: Vec<String> = names.chain(guides).collect();
        let ran = plugin::run(context, first, &["--help".into()], &known);
        return ran.or_else(|error| of_other_words(context, words).ok_or(error));
    }
    if let Err(error) = find(words, command) {
        return of_other_words(context, words).ok_or(error);
    }
    let asked = std::iter::once(OsStr::new("carto")).chain(words.iter().map(OsString::as_os_str));
    // `--help` itself answers, so that the two never differ.
    if let Err(shown) = whole.try_get_matches_from(asked.chain([OsStr::new("--help")])) {
        context.output.raw(shown.render().to_string().as_bytes());
    }
    Ok(0)
}

/// Prints which command does what another program has these words for; nothing where none does.
fn of_other_words(context: &Context, words: &[OsString]) -> Option<u8> {
    let ours = other_words::our_command(words)?;
    let typed: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let line = format!("there is no `carto {}` here; this does it:\n  {ours}", typed.join(" "));
    context.output.line(escape::lines(&line));
    Some(0)
}

/// Finds a built-in command by its words.
fn find(words: &[OsString], command: fn() -> Clap) -> Result<Clap, Error> {
    let mut found = command();
    found.build();
    for word in words {
        let Some(next) = found.find_subcommand(word) else {
            let shown: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            let what = format!("`{}` is no built-in command", escape::line(&shown.join(" ")));
            return Err(Error::new(Kind::NotFound, what).help("carto help"));
        };
        found = next.clone();
    }
    Ok(found)
}

/// Prints a manual page, made from the same source as the help.
fn print_man(context: &Context, words: &[OsString], command: fn() -> Clap) -> Result<u8, Error> {
    let mut page = Vec::new();
    clap_mangen::Man::new(find(words, command)?)
        .render(&mut page)
        .map_err(|error| Error::new(Kind::Internal, error.to_string()))?;
    context.output.raw(&page);
    Ok(0)
}

/// Lists the guides below carto's own help.
fn list_of_guides() -> String {
    let mut text = "\nGuides (carto help GUIDE):\n".to_owned();
    for guide in guides::GUIDES {
        text += &format!("  {:<12} {}\n", guide.name, guide.about);
    }
    text
}

/// Lists aliases and plugins below carto's own help. Nothing is run for it.
fn own_words_for_help(context: &Context) -> String {
    let mut text = String::new();
    let aliases = alias::list_for_help(context);
    if !aliases.is_empty() {
        text += "\nAliases:\n";
    }
    for (name, words) in aliases {
        text += &format!("  {:<12} {}\n", escape::line(&name), escape::line(&words));
    }
    let found = context.search_path().list();
    if !found.is_empty() {
        text += "\nPlugins:\n";
    }
    for (name, plugin) in &found {
        let path = plugin.path.display().to_string();
        let unfit =
            plugin.unfit.as_ref().map(|unfit| format!("  (cannot run: it {})", unfit.reason()));
        text += &format!("  {name:<12} {}{}\n", escape::line(&path), unfit.unwrap_or_default());
    }
    text
}
