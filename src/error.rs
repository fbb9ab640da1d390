//! The one error that reaches the user: what went wrong, where, and what to type.
//!
//! Modules have typed errors of their own where a caller decides by them; at the edge they become
//! an [`Error`], which holds the kind (and with it the exit status), the place and the help lines.

use std::fmt;
use std::path::Path;

/// The class of an error; it alone decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The thing asked for is not there.
    NotThere,
    /// The command line (or a variable that stands for it) cannot be used.
    Usage,
    /// A file is invalid or cannot be read.
    Invalid,
    /// The account or its key is missing or refused.
    Refused,
    /// Something could not be written.
    Write,
    /// A plugin was found and cannot run.
    CannotRun,
    /// No command, alias or plugin has this name.
    NotFound,
    /// A bug in carto itself.
    Internal,
}

impl Kind {
    /// Returns the exit status that scripts see.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::NotThere => 1,
            Kind::Usage => 2,
            Kind::Invalid => 3,
            Kind::Refused => 4,
            Kind::Write => 5,
            Kind::Internal => 70,
            Kind::CannotRun => 126,
            Kind::NotFound => 127,
        }
    }
}

/// Where an error stands: a printed origin and, where no secret can show, the line itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `file:line:column`, a variable's name, or a flag.
    pub origin: String,
    /// The source line with what is marked in it.
    pub excerpt: Option<Excerpt>,
}

/// One source line and the part of it that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The number of the line, from 1.
    pub line: usize,
    /// The text of the line without its end.
    pub text: String,
    /// How many characters stand before the marked part.
    pub before: usize,
    /// How many characters are marked, at least 1.
    pub marked: usize,
}

/// An error as the user reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The class, which decides the exit status.
    pub kind: Kind,
    /// One sentence without a final stop.
    pub what: String,
    /// Where it stands, the first place first.
    pub places: Vec<Place>,
    /// Further facts, a line each.
    pub notes: Vec<String>,
    /// Commands to type or things to do, a line each.
    pub help: Vec<String>,
}

impl Error {
    /// Makes an error of a kind with its one sentence.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Error { kind, what: what.into(), places: Vec::new(), notes: Vec::new(), help: Vec::new() }
    }

    /// Adds a place by its printed origin.
    #[must_use]
    pub fn at(mut self, origin: impl fmt::Display) -> Self {
        let origin = origin.to_string();
        // Two values of one file without lines, for example, have one place.
        if self.places.iter().all(|place| place.origin != origin) {
            self.places.push(Place { origin, excerpt: None });
        }
        self
    }

    /// Adds a place that may carry an excerpt.
    #[must_use]
    pub fn at_place(mut self, place: Place) -> Self {
        self.places.push(place);
        self
    }

    /// Adds a fact that helps to understand the error.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds what to type or to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}

/// Says why a file operation failed, in words without an error number.
pub fn io_reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    };
    // Windows ends its sentences with a stop; here they stand inside one.
    let text = text.trim_end().trim_end_matches('.').to_owned();
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        // Only an ordinary sentence is lowered, not an acronym.
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().collect::<String>() + &text[first.len_utf8()..]
        }
        _ => text,
    }
}

/// Writes a path as one word of a POSIX shell, or of Windows' shells, for help lines that are typed or
/// pasted.
pub fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c) || cfg!(windows) && "\\~".contains(c)
    };
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text;
    }
    // A word that begins with a hyphen would be taken for an option, quoted or not.
    let lead = if text.starts_with('-') { "./" } else { "" };
    if cfg!(windows) {
        // No name there has a quotation mark.
        return format!("\"{lead}{text}\"");
    }
    format!("'{lead}{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(windows)]
    #[test]
    fn paths_become_one_word_of_a_shell() {
        for (path, word) in [
            (r"C:\Users\me\carto.toml", r"C:\Users\me\carto.toml"),
            (r"C:\Users\a b\it's", "\"C:\\Users\\a b\\it's\""),
            ("-rf", "\"./-rf\""),
        ] {
            assert_eq!(shell_word(Path::new(path)), word, "{path:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn paths_become_one_word_of_a_shell() {
        for (path, word) in [
            ("/home/me/.config/carto/credentials.toml", "/home/me/.config/carto/credentials.toml"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("$(x)", "'$(x)'"),
            ("-rf", "'./-rf'"),
            ("~me", "'~me'"),
            ("é", "'é'"),
        ] {
            assert_eq!(shell_word(Path::new(path)), word, "{path:?}");
        }
    }
}
