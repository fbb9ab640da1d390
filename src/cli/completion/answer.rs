//! Finds what stands at the cursor, and what can stand there.

use std::ffi::{OsStr, OsString};

use clap::Command as Clap;
use clap_complete::engine;

use super::mark::{Mark, marked};
use super::offer::{ByShell, Commands, Offer, TabAnswer};
use super::{of_plugin, values};
use crate::cli::{guides, scan};
use crate::dispatch::alias::Meaning;
use crate::dispatch::aliases_in_force;
use crate::output::{Color, Output, Verbosity};
use crate::resolve::context::Context;

/// How many aliases may stand for each other.
const MOST_ALIASES: usize = 16;

/// Returns what can stand at the end of a line, whose first word is the program and whose last one is
/// being typed. Whatever is wrong, nothing is said.
pub(super) fn answer(context: &Context, commands: &Commands, words: &[String]) -> TabAnswer {
    let Some((typed, before)) = words.split_last() else { return TabAnswer::default() };
    let words = before.iter().chain([typed]).cloned().collect();
    let mut line = TypedLine { commands, words };
    for _ in 0..MOST_ALIASES {
        let context = within(context, &line.words);
        match line.offers(&context) {
            LineOffers::Answer(answer) => return answer.beginning_with(typed),
            LineOffers::Instead(words) => line.words = words,
        }
    }
    TabAnswer::default()
}

/// Makes the run that the line would make: its global flags count, as far as they can be read.
fn within(context: &Context, words: &[String]) -> Context {
    let mut run = context.again().into_run();
    run.output = Output::new(Verbosity::Quiet, None, Color::Never);
    let args: Vec<OsString> = words.iter().skip(1).map(OsString::from).collect();
    let at = scan::command_at(&args).unwrap_or(args.len().saturating_sub(1));
    // At the end may stand a flag without its value.
    let read = |end: usize| {
        let mut leading = args.get(..end).unwrap_or_default().to_vec();
        leading.push("version".into());
        scan::scan(&leading).filter(|scanned| scanned.name_at == end)
    };
    if let Some(scanned) = (0..=at).rev().find_map(read) {
        for dir in &scanned.globals.directory {
            // A directory that is not there yet is no reason to say nothing.
            _ = run.invocation.enter(dir);
        }
        run.globals = scanned.globals;
    }
    // A pipe that is read for a Tab is read for nothing else, and may keep it waiting.
    run.globals.credentials_file = None;
    run.invocation.env.forget("CARTO_CREDENTIALS_FILE");
    run.invocation.env.forget("CARTO_API_KEY_FILE");
    let nested = run.nested.clone();
    Context::new(run.invocation, run.output, run.globals, nested)
}

/// A line as it stands, up to the cursor.
struct TypedLine<'a> {
    commands: &'a Commands,
    words: Vec<String>,
}

/// What came of looking at a line.
enum LineOffers {
    /// This can stand there.
    Answer(TabAnswer),
    /// The line begins with an alias, and these words are what it stands for.
    Instead(Vec<String>),
}

impl TypedLine<'_> {
    /// The word that is being typed.
    fn typed(&self) -> &str {
        self.words.last().map(String::as_str).unwrap_or_default()
    }

    fn offers(&self, context: &Context) -> LineOffers {
        let args: Vec<OsString> = self.words.iter().skip(1).map(OsString::from).collect();
        let last = args.len().saturating_sub(1);
        let at = match scan::command_at(&args) {
            // The command itself is being typed.
            Some(at) if at == last => return LineOffers::Answer(self.commands(context)),
            Some(at) => at + 1,
            // A global flag, or its value.
            None => return LineOffers::Answer(self.of_engine(context)),
        };
        let name = self.words.get(at).map(String::as_str).unwrap_or_default();
        let rest = self.words.get(at + 1..).unwrap_or_default();
        if self.commands.about.iter().any(|(known, _)| *known == name) {
            return LineOffers::Answer(self.of_builtin(context, name, rest));
        }
        match aliases_in_force::find(context, name) {
            Some(Meaning::Shell(_)) => LineOffers::Answer(TabAnswer::by(ByShell::Files)),
            Some(Meaning::Words(words)) if words.first().is_none_or(|word| word != name) => {
                let words = words.into_iter().filter_map(|word| word.into_string().ok());
                let lead = self.words.get(..at).unwrap_or_default().iter().cloned();
                LineOffers::Instead(lead.chain(words).chain(rest.iter().cloned()).collect())
            }
            // The plugin of its own name: its words come first.
            Some(Meaning::Words(words)) => {
                let words = words.into_iter().skip(1).filter_map(|word| word.into_string().ok());
                let all: Vec<_> = words.chain(rest.iter().cloned()).collect();
                LineOffers::Answer(of_plugin::arguments(context, name, &all))
            }
            None => LineOffers::Answer(of_plugin::arguments(context, name, rest)),
        }
    }

    /// Returns the commands, aliases and plugins, and the global flags once a hyphen is typed.
    fn commands(&self, context: &Context) -> TabAnswer {
        if self.typed().starts_with('-') {
            return self.of_engine(context);
        }
        let mut answer = TabAnswer::of(self.commands.offers());
        answer.offers.extend(values::aliases(context));
        answer.offers.extend(values::plugins(context));
        answer
    }

    fn of_builtin(&self, context: &Context, name: &str, rest: &[String]) -> TabAnswer {
        // Behind a flag or its value, and for the name alone, the definition knows more.
        let is_plain = rest.first().is_some_and(|word| !word.starts_with('-'));
        match (name, rest) {
            ("help", _) => self.help(context, rest),
            ("plugin", [verb, name]) if verb == "run" && !name.starts_with('-') => {
                TabAnswer::of(values::plugins(context))
            }
            ("plugin", [verb, name, more @ ..]) if verb == "run" && !name.starts_with('-') => {
                of_plugin::arguments(context, name, more)
            }
            ("alias", [verb, _, _, ..]) if verb == "set" => self.words_of_alias(context, rest),
            ("exec", [_]) if is_plain => TabAnswer::by(ByShell::Programs),
            ("exec", _) => self.program_and_arguments(context, rest),
            _ => self.of_engine(context),
        }
    }

    /// Behind `exec` stand flags, a program, and what the program takes.
    fn program_and_arguments(&self, context: &Context, rest: &[String]) -> TabAnswer {
        let last = rest.len().saturating_sub(1);
        let mut at = 0;
        while let Some(word) = rest.get(at) {
            at += match word.as_str() {
                _ if at == last => break,
                "--" => {
                    at += 1;
                    break;
                }
                "--as" => 2,
                word if word.starts_with('-') => 1,
                _ => break,
            };
        }
        match at.cmp(&last) {
            std::cmp::Ordering::Equal if self.typed().starts_with('-') => self.of_engine(context),
            std::cmp::Ordering::Equal => TabAnswer::by(ByShell::Programs),
            std::cmp::Ordering::Less => TabAnswer::by(ByShell::Files),
            std::cmp::Ordering::Greater => self.of_engine(context),
        }
    }

    /// What an alias stands for is a line of its own; one in quotes is the shell's word.
    fn words_of_alias(&self, context: &Context, rest: &[String]) -> TabAnswer {
        let words = rest.iter().skip(1).filter(|word| !word.starts_with('-'));
        let mut line: Vec<String> = vec!["carto".to_owned()];
        line.extend(words.skip(1).cloned());
        if self.typed().starts_with('-') {
            return self.of_engine(context);
        }
        let inner = TypedLine { commands: self.commands, words: line };
        match inner.offers(context) {
            LineOffers::Answer(answer) => answer,
            LineOffers::Instead(_) => TabAnswer::default(),
        }
    }

    /// Returns what help can be asked about.
    fn help(&self, context: &Context, rest: &[String]) -> TabAnswer {
        let (typed, before) = rest.split_last().unwrap_or((const { &String::new() }, &[]));
        if typed.starts_with('-') {
            return self.of_engine(context);
        }
        let mut names = before.iter().filter(|word| !word.starts_with('-'));
        let Some(first) = names.next() else {
            let mut offers = self.commands.offers();
            let guides = guides::GUIDES.iter();
            offers.extend(guides.map(|guide| Offer::new(guide.name, guide.about)));
            offers.extend(values::plugins(context));
            return TabAnswer::of(offers);
        };
        let root = (self.commands.parser)(Some(OsStr::new(first)));
        let mut command = root.find_subcommand(first);
        for name in names {
            command = command.and_then(|command| command.find_subcommand(name));
        }
        command.map_or_else(TabAnswer::default, |command| TabAnswer::of(below(command)))
    }

    /// Asks clap's engine, which knows the definition, and puts what there is in place of its marks.
    fn of_engine(&self, context: &Context) -> TabAnswer {
        // Without the other commands, whose parsers nobody asks.
        let args: Vec<OsString> = self.words.iter().skip(1).map(OsString::from).collect();
        let name = scan::command_at(&args).and_then(|at| args.get(at));
        let mut command = marked((self.commands.parser)(name.map(OsString::as_os_str)), "");
        let words: Vec<OsString> = self.words.iter().map(OsString::from).collect();
        let last = words.len().saturating_sub(1);
        let Ok(candidates) = engine::complete(&mut command, words, last, None) else {
            return TabAnswer::default();
        };
        let typed = self.typed();
        let mut answer = TabAnswer::default();
        for candidate in candidates {
            let word = candidate.get_value().to_string_lossy();
            if let Some((before, mark)) = Mark::within(&word) {
                answer.add(self.at_mark(context, before, mark));
            } else if typed.starts_with('-') || !word.starts_with('-') {
                let about = candidate.get_help().map(ToString::to_string).unwrap_or_default();
                answer.offers.push(Offer::new(word, about));
            }
        }
        answer
    }

    /// Returns what can stand at a mark, each word whole: with what stands before it.
    fn at_mark(&self, context: &Context, before: &str, mark: Mark) -> TabAnswer {
        let typed = self.typed().strip_prefix(before).unwrap_or_default();
        let line = self.words.split_last().map(|(_, line)| line).unwrap_or_default();
        let mut answer = values::of_mark(context, mark, line, typed);
        for offer in &mut answer.offers {
            offer.word.insert_str(0, before);
        }
        if answer.by_shell != ByShell::Nothing {
            answer.before += before.chars().count();
        }
        answer
    }
}

/// Returns the commands directly below one, with what they do.
fn below(command: &Clap) -> Vec<Offer> {
    let about = |sub: &Clap| sub.get_about().map(ToString::to_string).unwrap_or_default();
    command.get_subcommands().map(|sub| Offer::new(sub.get_name(), about(sub))).collect()
}
