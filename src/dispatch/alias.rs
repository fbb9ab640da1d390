//! Aliases: what `carto NAME` stands for when NAME is neither built in nor meant as a plugin.

use std::ffi::OsString;

/// An alias as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AliasText {
    /// One text, which is split.
    Text(String),
    /// The words themselves.
    Words(Vec<String>),
}

/// What an alias stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Words in place of the alias's name; they may begin with global flags.
    Words(Vec<OsString>),
    /// A command for the shell, which gets the further arguments.
    Shell(String),
}

/// Why an alias cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AliasError {
    /// A quote that is never closed, or a backslash at the end.
    #[error("a quote in it is never closed")]
    Quotes,
    /// Nothing but white space.
    #[error("it stands for nothing")]
    Empty,
}

/// Reads an alias: a string is split like a shell would, without expanding anything; an array is
/// taken word by word; a leading `!` makes the rest a command for the shell.
pub fn meaning(written: &AliasText) -> Result<Meaning, AliasError> {
    let words = match written {
        AliasText::Text(text) => match text.strip_prefix('!') {
            Some(command) if command.trim().is_empty() => return Err(AliasError::Empty),
            Some(command) => return Ok(Meaning::Shell(command.to_owned())),
            None => shlex::split(text).ok_or(AliasError::Quotes)?,
        },
        AliasText::Words(words) => words.clone(),
    };
    if words.is_empty() {
        return Err(AliasError::Empty);
    }
    Ok(Meaning::Words(words.into_iter().map(OsString::from).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Meaning {
        Meaning::Words(words.iter().map(OsString::from).collect())
    }

    #[test]
    fn strings_are_split_and_nothing_is_expanded() {
        for (text, meaning_of) in [
            ("sql", Ok(words(&["sql"]))),
            ("  sql   'a b' \"c d\" e\\ f  ", Ok(words(&["sql", "a b", "c d", "e f"]))),
            ("sql $HOME `id` * ~", Ok(words(&["sql", "$HOME", "`id`", "*", "~"]))),
            ("--profile p sql ''", Ok(words(&["--profile", "p", "sql", ""]))),
            ("!echo hi; ls", Ok(Meaning::Shell("echo hi; ls".to_owned()))),
            ("sql 'a", Err(AliasError::Quotes)),
            ("  ", Err(AliasError::Empty)),
            ("!  ", Err(AliasError::Empty)),
        ] {
            assert_eq!(meaning(&AliasText::Text(text.to_owned())), meaning_of, "{text:?}");
        }
        let array = ["sql", "!x", "a b"].map(str::to_owned).to_vec();
        assert_eq!(meaning(&AliasText::Words(array)), Ok(words(&["sql", "!x", "a b"])));
    }
}
