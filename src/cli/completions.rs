//! Completion scripts: the definition, with the names that there are when the script is made.
//!
//! # Why
//! Nothing is run on Tab, so a script knows what was there when it was printed. Shells read it when
//! they start (`source <(carto completions bash)`), so it is seldom old.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command as Clap, ValueHint};
use clap_complete::Shell;

use crate::config::SETTINGS;
use crate::error::Error;
use crate::resolve::context::Context;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  source <(carto completions bash)                        this shell
  carto completions fish > ~/.config/fish/completions/carto.fish")]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script of a shell, made of the whole command line.
#[expect(clippy::unnecessary_wraps, reason = "as every command is run")]
pub(super) fn run(context: &Context, args: &CompletionsArgs, whole: Clap) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut with_names(context, whole), "carto", &mut script);
    context.output.raw(&script);
    Ok(())
}

fn with_names(context: &Context, whole: Clap) -> Clap {
    let keys = SETTINGS.iter().filter(|key| is_plain(key.name));
    let keys: Vec<_> = keys.map(|key| PossibleValue::new(key.name).help(key.doc)).collect();
    let profiles = names_below(context, "profiles");
    let aliases = names_below(context, "alias");
    let found = context.search_path().list();
    let plugins: Vec<_> = found.keys().map(ToString::to_string).map(PossibleValue::new).collect();
    let mut taken: Vec<String> =
        whole.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let mut root = offering(whole, "profile", &profiles);
    for (group, verbs, arg, values) in [
        ("config", &["get", "set", "unset", "explain"][..], "key", &keys),
        ("profile", &["use", "show", "remove"], "name", &profiles),
        ("profile", &["rename"], "old", &profiles),
        ("alias", &["delete"], "name", &aliases),
        ("plugin", &["which"], "name", &plugins),
    ] {
        root = root.mut_subcommand(group, |group| {
            verbs.iter().fold(group, |group, verb| {
                group.mut_subcommand(verb, |verb| offering(verb, arg, values))
            })
        });
    }
    let aliases = aliases.iter().map(|name| (name, "An alias"));
    for (name, about) in aliases.chain(plugins.iter().map(|name| (name, "A plugin"))) {
        let name = name.get_name();
        if !taken.iter().any(|known| known == name) {
            taken.push(name.to_owned());
            root = root.subcommand(external_command(name, about));
        }
    }
    root
}

/// Words that are no built-in command: what follows them is not carto's to know, and mostly files.
fn external_command(name: &str, about: &'static str) -> Clap {
    let rest = Arg::new("args").num_args(0..).trailing_var_arg(true).value_hint(ValueHint::AnyPath);
    Clap::new(name.to_owned()).about(about).disable_help_flag(true).arg(rest)
}

/// Offers values for an argument, where there are any; others can be typed all the same.
fn offering(command: Clap, arg: &str, values: &[PossibleValue]) -> Clap {
    // `mut_arg` would move it behind the others.
    command.mut_args(|known| {
        if values.is_empty() || known.get_id() != arg {
            return known;
        }
        known.value_parser(PossibleValuesParser::new(values.to_vec()))
    })
}

/// Returns the names below a setting that a script can hold; none where a file is broken.
fn names_below(context: &Context, table: &str) -> Vec<PossibleValue> {
    let Ok(loaded) = context.load() else { return Vec::new() };
    let below = loaded.config.below(&[table]).into_iter();
    let mut names: Vec<_> = below.filter_map(|(path, _)| path.0.get(1).cloned()).collect();
    names.retain(|name| is_plain(name));
    names.sort();
    names.dedup();
    names.into_iter().map(PossibleValue::new).collect()
}

/// Whether a name means itself in every shell: whoever reads the script runs it. `NAME` in a setting
/// stands for others.
fn is_plain(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(is_word)
        && !name.contains("NAME")
}
