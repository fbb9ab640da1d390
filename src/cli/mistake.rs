//! What people see of a command line that cannot be read.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::escape;
use crate::secret::MASK;

/// What is said of a word too many.
const NOTE: &str = "note: it is not repeated here, as it could be a key; keys are asked for, or read from\n  \
                    standard input or the environment\n";
/// The words that clap may quote.
const QUOTED: [ContextKind; 3] =
    [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand];

/// Words the mistake as clap does, with a mask for what may be a key.
///
/// # Why
/// A word too many is often a key, typed where other programs take one (`login URL KEY`), and
/// errors end up in logs.
pub(super) fn text(error: &clap::Error) -> String {
    let mut text = error.render().to_string();
    let mut surplus = false;
    for kind in QUOTED {
        let Some(ContextValue::String(word)) = error.get(kind) else { continue };
        let too_many = is_too_many(error.kind(), kind, word);
        surplus |= too_many;
        if too_many {
            // Quoted, so that a short word does not mask parts of others.
            text = text.replace(&format!("'{word}'"), &format!("'{MASK}'"));
        }
        if looks_like_a_key(word) {
            text = text.replace(word.as_str(), MASK);
        }
    }
    if let Some(end) = text.find('\n').filter(|_| surplus) {
        text.insert_str(end + 1, NOTE);
    }
    escape::lines(&text).into_owned()
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
fn looks_like_a_key(word: &str) -> bool {
    word.len() >= 12
        && word.contains(|c: char| c.is_ascii_digit())
        && word.contains(|c: char| c.is_ascii_alphabetic())
}
