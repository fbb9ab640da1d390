//! What people see of a command line that cannot be read.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::escape;

/// Words the mistake as clap does, except that a word too many is not repeated.
///
/// # Why
/// Such a word is often a key, typed where other programs take one (`login URL KEY`), and errors
/// end up in logs.
pub(super) fn text(error: &clap::Error) -> String {
    without_keys(not_repeated(error), error)
}

fn not_repeated(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let about = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::TooManyValues => ContextKind::InvalidValue,
        _ => return escape::lines(&text).into_owned(),
    };
    let Some(ContextValue::String(word)) = error.get(about) else {
        return escape::lines(&text).into_owned();
    };
    // A flag is named: its value does not stand in clap's text.
    if word.starts_with('-') && about == ContextKind::InvalidArg {
        return escape::lines(&text).into_owned();
    }
    let text = text.replacen(&format!("'{word}' found"), "found", 1);
    let text = text.replacen(&format!("value '{word}' for"), "value for", 1);
    let note = "note: it is not repeated here, as it could be a key; keys are asked for, or read from\n  standard input or the environment\n";
    match text.split_once('\n') {
        Some((first, rest)) if !text.contains(word.as_str()) => {
            escape::lines(&format!("{first}\n{note}{rest}")).into_owned()
        }
        // Nothing of a text that repeats the word in some other way is shown.
        _ => format!("error: unexpected argument found\n{note}"),
    }
}

/// Hides what may be a key in a mistake about the command line: typed where none is taken, it
/// would go into logs.
fn without_keys(text: String, error: &clap::Error) -> String {
    let may_be_key = |word: &str| {
        word.len() >= 12
            && word.contains(|c: char| c.is_ascii_digit())
            && word.contains(|c: char| c.is_ascii_alphabetic())
    };
    let quoted =
        [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand];
    quoted.into_iter().fold(text, |text, kind| match error.get(kind) {
        Some(ContextValue::String(word)) if may_be_key(word) => text.replace(word, "********"),
        _ => text,
    })
}
