//! What completes the arguments of a plugin: words of its manifest, or its own answer.
//!
//! # Why
//! Only a plugin whose manifest says so is run, and only where its own arguments are typed. It gets no
//! account and half a second, and what it prints is text: whatever goes wrong, files are offered.
//!
//! Sources: `clap_complete`'s `env` module; cobra's `__complete`; click's `shell_completion` module;
//! argcomplete's `finders` module.

use std::ffi::OsString;
use std::time::Duration;

use super::offer::{ByShell, Offer, TabAnswer};
use crate::child_process::fault;
use crate::dispatch::ask::{Question, ask};
use crate::escape;
use crate::manifest::{Completion, Manifests, Protocol};
use crate::path_search::Found;
use crate::plugin_name::PluginName;
use crate::resolve::context::Context;

/// How long a plugin may take.
const PATIENCE: Duration = Duration::from_millis(500);
/// What separates argcomplete's words.
const SEPARATOR: char = '\u{b}';

/// Returns what can stand at the end of a plugin's arguments.
pub(super) fn arguments(context: &Context, name: &str, args: &[String]) -> TabAnswer {
    by_manifest(context, name, args).unwrap_or_else(|| TabAnswer::by(ByShell::Files))
}

fn by_manifest(context: &Context, name: &str, args: &[String]) -> Option<TabAnswer> {
    let name = PluginName::parse(std::ffi::OsStr::new(name)).ok()?;
    // Where what is locked or installed cannot be read, another program would be asked.
    let program = context.search_path_of(&name).ok()?.find(&name)?;
    let known = Manifests::for_one(context).ok()?.look(&name, &program);
    if known.obstacle.is_some() {
        return None;
    }
    match known.manifest?.completion? {
        Completion::Listed { words, files } => {
            let offers = words.into_iter().map(|word| Offer::new(word, "")).collect();
            let by_shell = if files { ByShell::Files } else { ByShell::Nothing };
            Some(TabAnswer { offers, by_shell, before: 0 })
        }
        Completion::Asked(protocol) => asked(context, &name, &program, protocol, args),
    }
}

/// Asks the program; nothing where it does not answer.
fn asked(
    context: &Context,
    name: &PluginName,
    program: &Found,
    protocol: Protocol,
    args: &[String],
) -> Option<TabAnswer> {
    let (args, variables) = question(protocol, &name.executable(), args);
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let question = Question {
        program: &program.path,
        args: &args,
        variables: &variables,
        dir: None,
        limit: PATIENCE,
    };
    let ended = ask(context, &question).ok()?;
    if fault(&ended).is_some() {
        return None;
    }
    let text = String::from_utf8(ended.stdout).ok()?;
    let mut answer = match protocol {
        Protocol::Clap => TabAnswer::of(tabbed(text.lines())),
        Protocol::Argcomplete => TabAnswer::of(tabbed(text.split(SEPARATOR))),
        Protocol::Cobra => of_cobra(&text)?,
        Protocol::Click => of_click(&text),
    };
    // An answer is a word that is typed; what cannot be typed is none.
    answer.offers.retain(|offer| !offer.word.is_empty() && !escape::has_control(&offer.word));
    for offer in &mut answer.offers {
        offer.about = escape::line(&offer.about).into_owned();
    }
    let is_silent = answer.offers.is_empty() && answer.by_shell == ByShell::Nothing;
    (!is_silent || protocol == Protocol::Cobra).then_some(answer)
}

/// Returns the arguments and variables by which a program is asked.
fn question(
    protocol: Protocol,
    executable: &str,
    args: &[String],
) -> (Vec<OsString>, Vec<(String, OsString)>) {
    let words = || args.iter().map(OsString::from);
    match protocol {
        Protocol::Clap => {
            // As its own script for fish asks, which takes descriptions.
            let lead = [OsString::from("--"), executable.into()];
            (lead.into_iter().chain(words()).collect(), vec![("COMPLETE".into(), "fish".into())])
        }
        Protocol::Cobra => {
            (std::iter::once("__complete".into()).chain(words()).collect(), Vec::new())
        }
        Protocol::Click => {
            let variable = executable.replace(['-', '.'], "_").to_uppercase();
            let line = line_of(executable, args);
            let variables = vec![
                (format!("_{variable}_COMPLETE"), "zsh_complete".into()),
                ("COMP_WORDS".into(), line.into()),
                ("COMP_CWORD".into(), args.len().to_string().into()),
            ];
            (Vec::new(), variables)
        }
        Protocol::Argcomplete => {
            let line = line_of(executable, args);
            let variables = vec![
                ("_ARGCOMPLETE".into(), "1".into()),
                ("_ARGCOMPLETE_SHELL".into(), "fish".into()),
                ("_ARGCOMPLETE_IFS".into(), SEPARATOR.to_string().into()),
                ("_ARGCOMPLETE_SUPPRESS_SPACE".into(), "1".into()),
                ("_ARGCOMPLETE_STDOUT_FILENAME".into(), "/dev/stdout".into()),
                ("COMP_POINT".into(), line.chars().count().to_string().into()),
                ("COMP_LINE".into(), line.into()),
            ];
            (Vec::new(), variables)
        }
    }
}

/// Writes the words as a shell would read them; the last one may be empty.
fn line_of(executable: &str, args: &[String]) -> String {
    let mut line = executable.to_owned();
    for (at, arg) in args.iter().enumerate() {
        line.push(' ');
        if !arg.is_empty() || at + 1 < args.len() {
            line += &shlex::try_quote(arg).unwrap_or_default();
        }
    }
    line
}

/// Reads words, each with what it means behind a tab.
fn tabbed<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Offer> {
    let offer = |line: &'a str| {
        let (word, about) = line.split_once('\t').unwrap_or((line, ""));
        Offer::new(word.trim_end_matches(['\n', '\r']), about)
    };
    lines.filter(|line| !line.is_empty()).map(offer).collect()
}

/// Reads cobra's answer, which ends with a number that says what else there is.
fn of_cobra(text: &str) -> Option<TabAnswer> {
    /// Bits of the number: something went wrong, no files, files of some kinds alone, directories alone.
    const ERROR: u32 = 1;
    const NO_FILES: u32 = 4;
    const FILTER: u32 = 8;
    const DIRECTORIES: u32 = 16;
    let (lines, number) = text.trim_end().rsplit_once('\n').unwrap_or(("", text.trim_end()));
    let number: u32 = number.strip_prefix(':')?.parse().ok()?;
    if number & ERROR != 0 {
        return None;
    }
    let by_shell = match number {
        _ if number & DIRECTORIES != 0 => ByShell::Directories,
        _ if number & FILTER != 0 => ByShell::Files,
        _ if number & NO_FILES != 0 => ByShell::Nothing,
        _ => ByShell::Files,
    };
    // Then the words are the kinds of files.
    let are_words = number & (FILTER | DIRECTORIES) == 0;
    let offers = if are_words { tabbed(lines.lines()) } else { Vec::new() };
    // Files are offered where no word is.
    let by_shell = if offers.is_empty() { by_shell } else { ByShell::Nothing };
    Some(TabAnswer { offers, by_shell, before: 0 })
}

/// Reads click's answer: three lines for each word, of which the first is its kind.
fn of_click(text: &str) -> TabAnswer {
    let mut answer = TabAnswer::default();
    let lines: Vec<&str> = text.lines().collect();
    for item in lines.chunks_exact(3) {
        let (kind, word, about) = (item[0], item[1], item[2]);
        match kind {
            "file" => answer.by_shell = ByShell::Files,
            "dir" => answer.by_shell = ByShell::Directories,
            _ => {
                let about = if about == "_" { "" } else { about };
                answer.offers.push(Offer::new(word.replace("\\:", ":"), about));
            }
        }
    }
    answer
}
