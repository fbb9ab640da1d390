//! `carto help`: the words of the definition, the guides, and the aliases and plugins there are.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::Command as Clap;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{guides, man, other_words};
use crate::dispatch::aliases_in_force::in_force;
use crate::dispatch::plugin;
use crate::error::{Error, Kind};
use crate::escape;
use crate::manifest::Manifests;
use crate::resolve::context::Context;

/// Print a guide, or help for carto, a command or a plugin
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  carto help config set     a built-in command
  carto help accounts       a guide; `carto help` lists them
  carto help whoami         a plugin: runs `carto-whoami --help`
  carto help --man --all share/man     every manual page, for packages")]
pub(super) struct HelpArgs {
    /// Print a manual page (roff) of carto, of the command or of the guide
    #[arg(long)]
    man: bool,
    /// Write the manual pages of everything into a directory
    #[arg(long, value_name = "DIR", requires = "man", conflicts_with = "command")]
    all: Option<PathBuf>,
    /// The command, plugin or guide
    command: Vec<OsString>,
}

/// Prints help, or a manual page; `command` makes the whole command line.
pub(super) fn run(
    context: &mut Context,
    args: &HelpArgs,
    command: fn() -> Clap,
) -> Result<u8, Error> {
    if let Some(dir) = &args.all {
        man::write_all(context, dir, &command())
    } else if args.man {
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
        return ran.or_else(|error| match error.kind {
            Kind::NotFound => of_other_words(context, words).ok_or(error),
            _ => Err(error),
        });
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
    let guide = match words {
        [one] => one.to_str().and_then(guides::find),
        _ => None,
    };
    let page = match (guide, find(words, command)) {
        (Some(guide), Err(_)) => man::of_guide(guide),
        (_, found) => man::of_command(found?)?,
    };
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
    let width = columns();
    let mut text = String::new();
    let aliases = in_force(context);
    if !aliases.is_empty() {
        text += "\nAliases:\n";
    }
    for (name, words) in aliases {
        let line = format!("  {:<12} {}", escape::line(&name), escape::line(&words));
        text += &format!("{}\n", cut(&line, width));
    }
    let found = context.search_path().list();
    let Ok(manifests) = Manifests::for_many(context) else { return text };
    if !found.is_empty() {
        text += "\nPlugins:\n";
    }
    for (name, program) in &found {
        let known = manifests.look(name, program);
        let mut said = Vec::new();
        if let Some(obstacle) = &known.obstacle {
            said.push(format!("(cannot run: it {})", obstacle.reason()));
        }
        said.extend(known.manifest.and_then(|manifest| manifest.description));
        let line = format!("  {name:<12} {}", escape::line(&said.join(" ")));
        text += &format!("{}\n", cut(line.trim_end(), width));
        if context.output.tells_all() {
            let path = program.path.display().to_string();
            text += &format!("  {:<12} {}\n", "", escape::line(&path));
        }
    }
    text
}

/// Returns how many columns a line may have: those of the terminal, and no end where there is none.
fn columns() -> usize {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(rustix::stdio::stdout())
        && size.ws_col > 0
    {
        return size.ws_col.into();
    }
    usize::MAX
}

/// Cuts a line to a width, which three dots then end.
fn cut(line: &str, width: usize) -> String {
    const MORE: &str = "...";
    if line.width() <= width {
        return line.to_owned();
    }
    let mut kept = String::new();
    let mut columns = MORE.len();
    for c in line.chars() {
        columns += c.width().unwrap_or_default();
        if columns > width {
            break;
        }
        kept.push(c);
    }
    kept + MORE
}
