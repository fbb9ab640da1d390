//! The command line: global flags, the built-in commands, and everything else as a plugin.
//!
//! # Why
//! The global flags are read first and alone. Only for a built-in command is its own part of the
//! command line built and read: a plugin's start must not pay for commands it does not use, and
//! nothing behind a plugin's name is carto's to read. Plain lines are read by [`scan`] and
//! [`narrow`] at a fraction of the cost; the whole parser answers everything else.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

use clap::error::ErrorKind;
use clap::{
    Args as _, Command as Clap, CommandFactory as _, FromArgMatches as _, Parser, Subcommand as _,
};

use super::table::{Command, Others, TASKS, names};
use super::{mistake, narrow, other_words, scan};
use crate::account::{Account, Refusal};
use crate::commands::alias::{AliasWords, Expanded};
use crate::commands::{alias, config};
use crate::dispatch;
use crate::dispatch::placeholder::{self, Placeholder};
use crate::error::{Error, Kind};
use crate::invocation::Invocation;
use crate::output::{Color, Output, Verbosity};
use crate::resolve::context::Context;
use crate::resolve::options::{Globals, Nested};

/// Settings, accounts, keys and plugins for the CARTO location platform
///
/// carto resolves layered settings, keeps API keys and hands the right one, and only that, to the
/// program that needs it: `carto NAME` runs the plugin `carto-NAME`.
#[derive(Debug, Parser)]
#[command(name = "carto", bin_name = "carto", version, max_term_width = 100)]
#[command(disable_help_subcommand = true, subcommand_required = true)]
#[command(after_help = "Examples:
  carto login https://johnsmith.carto.com     an account and its key
  carto config explain                        which account is used, and why
  carto exec -- python notebook.py            any program with that account")]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// What came of reading the command line.
enum Parsed {
    Builtin(Box<Cli>),
    External(Box<Globals>, OsString, Vec<OsString>),
}

/// Runs what the command line says and gives the exit status.
pub fn run(mut invocation: Invocation) -> u8 {
    let plain = Output::new(Verbosity::Normal, None, automatic(&invocation));
    let mut outer = Globals::default();
    let mut nested = match Nested::take(&mut invocation.env) {
        Ok(nested) => nested,
        Err(error) => return print_error(&plain, &error),
    };
    // Each round takes an alias's words in place of its name; the chain ends the loop.
    loop {
        let (globals, what) = match parse(&invocation) {
            Ok(Parsed::Builtin(cli)) => (cli.globals, Asked::Builtin(cli.command)),
            Ok(Parsed::External(globals, name, args)) => (*globals, Asked::External(name, args)),
            Err(error) => return not_understood(&plain, &invocation, &error),
        };
        let globals = outer.over(globals);
        let mut context = match begin(invocation, globals, nested) {
            Ok(context) => context,
            Err(error) => return print_error(&plain, &error),
        };
        let result = match what {
            Asked::Builtin(asked) => {
                asked.run(&mut context, &Others { command, parser: narrow::parser_of_any })
            }
            Asked::External(name, args) => match alias::expand(&mut context, &name, &args) {
                Ok(Expanded::NotAnAlias) => {
                    let ran = dispatch::plugin::run(&mut context, &name, &args, &names());
                    ran.map_err(|error| with_our_command(error, &context, &name, &args))
                }
                Ok(Expanded::Words(words)) => {
                    let run = context.into_run();
                    (invocation, outer, nested) = (run.invocation, run.globals, run.nested);
                    match with_account(&invocation, &outer, &nested, words) {
                        Ok(words) => invocation.args = words,
                        Err(error) => return print_error(&plain, &error),
                    }
                    continue;
                }
                Ok(Expanded::Ran(code)) => Ok(code),
                Err(error) => Err(error),
            },
        };
        let result = result.and_then(|code| context.output.finish().map(|()| code));
        return result.unwrap_or_else(|error| {
            // What is wrong with the settings has been said, or is this very error.
            if context.output.lacks_setting() {
                _ = context.load();
            }
            print_error(&context.output, &error)
        });
    }
}

/// Says by which command carto does what another program has a word for.
fn with_our_command(error: Error, context: &Context, name: &OsStr, args: &[OsString]) -> Error {
    if error.kind != Kind::NotFound || !context.nested.aliases.is_empty() {
        return error;
    }
    let words: Vec<OsString> =
        std::iter::once(name.to_owned()).chain(args.iter().cloned()).collect();
    match other_words::our_command(&words) {
        // What is only spelled alike is not what was meant.
        Some(ours) => {
            Error { help: vec![ours], ..error }.help("carto help     # lists commands and plugins")
        }
        None => error,
    }
}

/// Returns the words of an alias with the account in place of `{username}` and `{base_url}`: the one
/// that the words themselves select. What was typed behind the alias stays as it is.
///
/// # Errors
/// There is no account, it is refused, or it has no user name.
fn with_account(
    invocation: &Invocation,
    outer: &Globals,
    nested: &Nested,
    mut alias: AliasWords,
) -> Result<Vec<OsString>, Error> {
    let mut known: Option<Account> = None;
    for at in 0..alias.own {
        let Some(word) = alias.words.get(at).and_then(|word| word.to_str()) else { continue };
        let value = |placeholder| {
            let account = match &known {
                Some(account) => account,
                None => known.insert(account_of(invocation, outer, nested, &alias)?),
            };
            match placeholder {
                Placeholder::BaseUrl => Ok(account.base_url().to_string()),
                Placeholder::Username => account
                    .username()
                    .map(ToString::to_string)
                    .ok_or_else(|| no_name(account, &alias)),
            }
        };
        if let Cow::Owned(text) = placeholder::filled(word, value)? {
            alias.words[at] = text.into();
        }
    }
    Ok(alias.words)
}

fn no_name(account: &Account, alias: &AliasWords) -> Error {
    let what = format!("the alias `{}` wants a user name, and {account} has none", alias.name);
    Error::new(Kind::Refused, what).help("carto config set username NAME")
}

/// Returns the account that the words of an alias select, as the command that they name would get it.
fn account_of(
    invocation: &Invocation,
    outer: &Globals,
    nested: &Nested,
    alias: &AliasWords,
) -> Result<Account, Error> {
    let mut invocation = invocation.clone();
    invocation.args.clone_from(&alias.words);
    let matches = first_part().try_get_matches_from(arguments(&invocation)).ok();
    let globals = matches.as_ref().and_then(|matches| Globals::from_arg_matches(matches).ok());
    let mut globals = outer.clone().over(globals.unwrap_or_default());
    // What there is to say is said by the command itself.
    (globals.verbose, globals.quiet) = (false, true);
    let command = matches.as_ref().and_then(|matches| matches.subcommand());
    let plugin = command.map(|(name, _)| name).filter(|name| !Command::has_subcommand(name));
    let context = begin(invocation, globals, nested.clone())?;
    let facts = context.facts(plugin)?;
    let chosen = context.chosen(&facts)?;
    let chosen = chosen.ok_or_else(|| {
        Error::from(Refusal::NoAccount)
            .note(format!("the alias `{}` has `{{username}}` or `{{base_url}}` in it", alias.name))
    })?;
    Ok(chosen.account)
}

/// The command without the flags before it.
enum Asked {
    Builtin(Command),
    External(OsString, Vec<OsString>),
}

fn print_error(output: &Output, error: &Error) -> u8 {
    output.error(error);
    error.kind.exit_code()
}

/// Returns the whole command line: what the arguments derive, with the commands listed by task. Help,
/// completions and manual pages are made from it.
pub fn command() -> Clap {
    let command = Cli::command();
    let mut tasks = String::new();
    for (task, names) in TASKS {
        tasks += &format!("\n{task}:\n");
        for name in *names {
            let about = command.find_subcommand(name).and_then(Clap::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            tasks += &format!("  {name:<12} {about}\n");
        }
    }
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n{tasks}\nGlobal flags, before the command:\n{{options}}{{after-help}}"
    ))
}

/// Lists every built-in command that does something itself by its words: `config`, `set`.
pub fn commands() -> Vec<Vec<String>> {
    fn below(command: &Clap, words: &[String]) -> Vec<Vec<String>> {
        if !command.has_subcommands() {
            return vec![words.to_vec()];
        }
        let subcommands = command.get_subcommands();
        let with = |sub: &Clap| [words, &[sub.get_name().to_owned()]].concat();
        subcommands.flat_map(|sub| below(sub, &with(sub))).collect()
    }
    below(&Cli::command(), &[])
}

/// Returns every argument behind the name of the program that clap wants first.
fn arguments(invocation: &Invocation) -> impl Iterator<Item = OsString> {
    std::iter::once(OsString::from("carto")).chain(invocation.args.iter().cloned())
}

/// Returns the parser of the global flags alone; what follows them is not looked at.
pub(super) fn first_part() -> Clap {
    Globals::augment_args(Clap::new("carto"))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .allow_external_subcommands(true)
        .external_subcommand_value_parser(clap::value_parser!(OsString))
}

/// Reads the global flags; then, for a built-in command, everything.
fn parse(invocation: &Invocation) -> Result<Parsed, clap::Error> {
    if let Some(parsed) = parse_plain(invocation) {
        return Ok(parsed);
    }
    match first_part().try_get_matches_from(arguments(invocation)) {
        Ok(matches) => {
            if let Some((name, rest)) = matches.subcommand()
                && !Command::has_subcommand(name)
            {
                let globals = Globals::from_arg_matches(&matches)?;
                let args = rest.get_many::<OsString>("").unwrap_or_default().cloned().collect();
                return Ok(Parsed::External(Box::new(globals), name.into(), args));
            }
        }
        // Flags take any bytes: what is not UTF-8 here is the command's name, which is none.
        Err(error) if error.kind() == ErrorKind::InvalidUtf8 => {
            if let Some(name) = invocation.args.iter().find(|word| word.to_str().is_none()) {
                return Ok(Parsed::External(Box::default(), name.clone(), Vec::new()));
            }
        }
        // Help, version and every mistake are the whole command line's to answer.
        Err(_) => {}
    }
    let matches = command().try_get_matches_from(arguments(invocation))?;
    Cli::from_arg_matches(&matches).map(|cli| Parsed::Builtin(Box::new(cli)))
}

/// Reads what is written plainly and without a mistake; the whole parser would read the same.
fn parse_plain(invocation: &Invocation) -> Option<Parsed> {
    let scan::Scanned { globals, name_at } = scan::scan(&invocation.args)?;
    let name = invocation.args.get(name_at)?;
    if let Some(parser) = narrow::parser(name) {
        let matches = parser.try_get_matches_from(arguments(invocation)).ok()?;
        return Some(Parsed::Builtin(Box::new(Cli::from_arg_matches(&matches).ok()?)));
    }
    let rest = invocation.args.get(name_at + 1..).unwrap_or_default().to_vec();
    Some(Parsed::External(Box::new(globals), name.clone(), rest))
}

/// Prints what clap says, or, where git's words were typed for `config`, ours for them.
fn not_understood(output: &Output, invocation: &Invocation, error: &clap::Error) -> u8 {
    if error.use_stderr()
        && let Ok(matches) = first_part().try_get_matches_from(arguments(invocation))
        && let Some((name, rest)) = matches.subcommand()
    {
        let words = rest.get_many::<OsString>("").unwrap_or_default().cloned().collect::<Vec<_>>();
        let of_git = || config::git_words::our_way(&words).filter(|_| name == "config");
        if let Some(ours) = other_words::of_subcommand(&command(), name, &words).or_else(of_git) {
            return print_error(output, &ours);
        }
    }
    print_clap(output, error)
}

fn print_clap(output: &Output, error: &clap::Error) -> u8 {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        crate::output::prompt(&error.render().to_string());
        Kind::Usage.exit_code()
    } else if error.use_stderr() {
        print_error(output, &mistake::error(error))
    } else {
        output.raw(error.render().to_string().as_bytes());
        output.finish().map_or_else(|error| print_error(output, &error), |()| 0)
    }
}

/// Enters the directory and makes the context of the run.
fn begin(mut invocation: Invocation, globals: Globals, nested: Nested) -> Result<Context, Error> {
    for dir in &globals.directory {
        invocation.enter(dir)?;
    }
    let verbosity = match (globals.quiet, globals.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let asked = globals.color.map(Color::from);
    let output = Output::new(verbosity, asked, automatic(&invocation));
    Ok(Context::new(invocation, output, globals, nested))
}

/// What `auto` means here: no colours where `NO_COLOR` is set, or the terminal has none.
fn automatic(invocation: &Invocation) -> Color {
    let dumb = invocation.env.get("TERM").is_some_and(|term| term == "dumb");
    if dumb || invocation.env.get("NO_COLOR").is_some() { Color::Never } else { Color::Auto }
}

/// What a line says: the flags, the command's name, and the rest.
pub type Reading = (String, OsString, Vec<OsString>);

/// Returns what both readers make of a line, for the tests that hold the quick one to clap.
pub fn both_readings(args: &[OsString]) -> (Option<Reading>, Option<Reading>) {
    let by_scan = || {
        let scan::Scanned { globals, name_at } = scan::scan(args)?;
        let name = args.get(name_at)?.clone();
        Some((format!("{globals:?}"), name, args.get(name_at + 1..)?.to_vec()))
    };
    let by_clap = || {
        let line = std::iter::once(OsString::from("carto")).chain(args.iter().cloned());
        let matches = first_part().try_get_matches_from(line).ok()?;
        let (name, rest) = matches.subcommand()?;
        let globals = Globals::from_arg_matches(&matches).ok()?;
        let rest = rest.get_many::<OsString>("").unwrap_or_default().cloned().collect();
        Some((format!("{globals:?}"), name.into(), rest))
    };
    (by_scan(), by_clap())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::table::COMMANDS;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    /// A command alone has the arguments that it has in the whole command line.
    #[test]
    fn every_command_has_its_narrow_parser() {
        let whole = Cli::command();
        for (name, _) in COMMANDS {
            let narrow = narrow::parser(OsStr::new(name)).unwrap();
            let [narrow, whole] = [&narrow, &whole].map(|root| {
                // Only the whole parser numbers the commands.
                format!("{:?}", root.find_subcommand(name).unwrap().clone().display_order(0))
            });
            assert!(narrow == whole, "{name}");
        }
        assert_eq!(COMMANDS.len(), whole.get_subcommands().count());
    }

    #[test]
    fn every_command_has_help() {
        fn check(command: &Clap) {
            assert!(command.get_about().is_some(), "{} has no help", command.get_name());
            for sub in command.get_subcommands() {
                check(sub);
            }
        }
        check(&command());
    }
}
