//! `ReadError`: why a text gives no credentials.

use crate::secret::SecretError;

/// Why a text gives no credentials. Never holds a value of the text, which may be a secret; names
/// from the text stand with control characters escaped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The text begins like a JSON object and is none.
    #[error("invalid JSON at line {line}, column {column}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
    },
    /// The text is no YAML, or has what PyYAML would refuse or read otherwise.
    #[error("{what} at line {line}, column {column}")]
    Yaml {
        /// What stands there.
        what: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
    },
    /// A name that YAML reads as something else than text; never shown.
    #[error("a name must be a string, and YAML reads {what} there")]
    Name {
        /// What YAML reads, with its article.
        what: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
    },
    /// What is wrong with a value whose place is known.
    #[error("{error}")]
    At {
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
        /// What is wrong.
        error: Box<ReadError>,
    },
    /// Neither the shape nor the names of any format that carto reads.
    #[error("no known format of credentials")]
    NoKnownFormat,
    /// A machine-to-machine file of carto-auth, which holds no key.
    #[error("a machine-to-machine file of carto-auth holds no API key, so there is none to import")]
    MachineToMachine,
    /// A file of cartodb-tools, which holds secrets of OAuth 1.
    #[error(
        "a file of cartodb-tools holds OAuth 1 secrets and no API key, so there is none to import"
    )]
    OAuth,
    /// One thing with two values, under several names or under one name given twice.
    #[error("{}", conflict(names))]
    Conflict {
        /// The names, in the order of the text; a single one was given twice.
        names: Vec<String>,
    },
    /// A known name with a value of the wrong kind.
    #[error("`{name}` must be {expected}")]
    WrongType {
        /// The name, with the path to it.
        name: String,
        /// What it must be, with its article.
        expected: &'static str,
    },
    /// A known name with a text that YAML does not read as text.
    #[error("`{name}` must be a string, and YAML reads {what} there")]
    NotText {
        /// The name, with the path to it.
        name: String,
        /// What YAML reads, with its article.
        what: &'static str,
    },
    /// A text that cannot be a key.
    #[error("`{name}` cannot be used: {reason}")]
    Key {
        /// The name, with the path to it.
        name: String,
        /// What is wrong with the text.
        reason: SecretError,
    },
    /// A tenant that would change the host it is put into.
    #[error("`{name}` must have only ASCII letters, digits, `-` and `_`")]
    Tenant {
        /// The name, with the path to it.
        name: String,
    },
}

impl ReadError {
    /// Returns the line and the column, both from 1, where they are known.
    pub fn place(&self) -> Option<(usize, usize)> {
        match self {
            ReadError::Json { line, column }
            | ReadError::Yaml { line, column, .. }
            | ReadError::Name { line, column, .. }
            | ReadError::At { line, column, .. } => Some((*line, *column)),
            _ => None,
        }
    }

    /// Returns the error itself, without its place.
    pub fn inner(&self) -> &ReadError {
        match self {
            ReadError::At { error, .. } => error,
            _ => self,
        }
    }

    /// Returns the name of the value that is wrong, as it is shown.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            ReadError::Conflict { names } => names.last().map(String::as_str),
            ReadError::WrongType { name, .. }
            | ReadError::NotText { name, .. }
            | ReadError::Key { name, .. }
            | ReadError::Tenant { name } => Some(name),
            _ => None,
        }
    }
}

fn conflict(names: &[String]) -> String {
    match names {
        [name] => format!("`{name}` is given twice, with different values"),
        _ => format!("`{}` disagree", names.join("` and `")),
    }
}
