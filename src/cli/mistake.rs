//! What people see of a command line that cannot be read.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::{Error, Kind};
use crate::secret::MASK;

/// What is said of an unexpected argument.
const NOTE: &str = "it is not repeated here, as it could be a key; keys are asked for, or read from \
                    standard input or the environment";
/// The words that clap may quote.
const QUOTED: [ContextKind; 3] =
    [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand];

/// Values of options that carto calls otherwise: the option, the value, and the command to type.
const OTHER_VALUES: [(&str, &str, &str); 10] = [
    ("--format", "bash", "carto env --format sh"),
    ("--format", "zsh", "carto env --format sh"),
    ("--format", "ksh", "carto env --format sh"),
    ("--format", "dash", "carto env --format sh"),
    ("--format", "posix", "carto env --format sh"),
    ("--format", "pwsh", "carto env --format powershell"),
    ("--format", "env", "carto env --format dotenv"),
    ("--format", "env-no-export", "carto env --format dotenv"),
    ("--format", "env-file", "carto env --format docker"),
    ("--format", "gitlab", "carto env --format docker"),
];

/// Words the mistake as carto's other errors are worded, with a mask for what may be a key.
///
/// # Why
/// An unexpected argument is often a key, typed where other programs take one (`login URL KEY`), and
/// errors end up in logs.
pub(super) fn error(error: &clap::Error) -> Error {
    let mut text = error.render().to_string();
    let mut surplus = false;
    for kind in QUOTED {
        let Some(ContextValue::String(word)) = error.get(kind) else { continue };
        let too_many = is_too_many(error.kind(), kind, word);
        surplus |= too_many;
        // Quoted, so that a short word does not mask parts of others.
        let shown = if too_many { MASK } else { word };
        text = text.replace(&format!("'{word}'"), &format!("`{shown}`"));
        if looks_like_a_key(word) {
            text = text.replace(word.as_str(), MASK);
        }
    }
    if let Some(ContextValue::String(other)) = error.get(ContextKind::PriorArg) {
        text = text.replace(&format!("'{other}'"), &format!("`{other}`"));
    }
    let mut said = in_our_form(&text);
    if let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue)
        && let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
        && let Some((_, _, ours)) =
            OTHER_VALUES.iter().find(|(of, theirs, _)| option.starts_with(of) && theirs == value)
    {
        said.help.retain(|help| !help.starts_with("did you mean"));
        said.help.insert(0, (*ours).to_owned());
    }
    if surplus {
        said.notes.insert(0, NOTE.to_owned());
    }
    said
}

/// Takes clap's text apart: what is wrong, tips, the usage, and where to read more.
fn in_our_form(text: &str) -> Error {
    let (what, more) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = what.lines();
    let first = lines.next().unwrap_or_default();
    let mut said = Error::new(Kind::Usage, first.strip_prefix("error: ").unwrap_or(first));
    let (values, names): (Vec<_>, Vec<_>) =
        lines.map(str::trim).partition(|line| line.starts_with('['));
    if !names.is_empty() {
        said.what = format!("{} {}", said.what, names.join(", "));
    }
    for values in values {
        said = said.note(values.trim_matches(['[', ']']));
    }
    for line in more.lines().map(str::trim) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            said = said.help(in_our_words(tip));
        } else if let Some(usage) = line.strip_prefix("Usage: ") {
            said = said.note(format!("usage: {usage}"));
            let words = usage.split(' ').take_while(|word| !word.starts_with(['-', '<', '[']));
            said.help.push(format!("{} --help", words.collect::<Vec<_>>().join(" ")));
        }
    }
    said
}

/// Words a tip as carto words its own.
fn in_our_words(tip: &str) -> String {
    let tip = tip.replace('\'', "`");
    match tip.split_once(" exist: ").or_else(|| tip.split_once(" exists: ")) {
        Some((_, near)) => format!("did you mean {}?", near.replace(", ", " or ")),
        None => tip,
    }
}

/// Whether no word was expected in that place. Flags are named: a value does not stand with them.
fn is_too_many(error: ErrorKind, quoted: ContextKind, word: &str) -> bool {
    match error {
        ErrorKind::UnknownArgument => quoted == ContextKind::InvalidArg && !word.starts_with('-'),
        ErrorKind::TooManyValues => quoted == ContextKind::InvalidValue,
        _ => false,
    }
}

/// Whether a word that is repeated for a reason is a key by its looks.
pub(super) fn looks_like_a_key(word: &str) -> bool {
    word.len() >= 12
        && word.contains(|c: char| c.is_ascii_digit())
        && word.contains(|c: char| c.is_ascii_alphabetic())
}
