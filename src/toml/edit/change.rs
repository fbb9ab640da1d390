//! `Change` and `EditError`: what an edit comes to.

use std::fmt;

use crate::toml::document::Document;
use crate::toml::fault::Fault;
use crate::toml::read::{Keep, read};

/// What an edit comes to. The text may hold a secret, so its `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// The text says so already; nothing is to be written.
    Unchanged,
    /// The whole new text.
    Changed(String),
}

impl Change {
    /// Returns the new text, or the old one where it stays.
    #[must_use]
    pub fn or(self, old: String) -> String {
        match self {
            Change::Unchanged => old,
            Change::Changed(new) => new,
        }
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Change::Unchanged => "Change::Unchanged",
            Change::Changed(_) => "Change::Changed(..)",
        })
    }
}

/// Why a text cannot be edited. It quotes keys that were asked for, and never the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is not TOML.
    #[error("{message}, at line {line}, column {column}")]
    Syntax {
        /// The number of the line, from 1.
        line: usize,
        /// The number of the character in the line, from 1.
        column: usize,
        /// What is wrong, without any of the text.
        message: String,
    },
    /// There is no such key, table or element.
    #[error("there is no such key")]
    NotThere,
    /// The new name of a key is taken.
    #[error("`{path}` is there already")]
    AlreadyThere {
        /// The new name.
        path: String,
    },
    /// A value cannot take the place of a table that has lines of its own.
    #[error("`{path}` is a table")]
    IsTable {
        /// The table; empty for the document itself.
        path: String,
    },
    /// A key cannot stand in something that holds no keys.
    #[error("`{path}` is not a table")]
    NotATable {
        /// The first part of the path that is not a table.
        path: String,
    },
    /// A numbered table was asked for, or is to be added, where no array of tables is.
    #[error("`{path}` is not an array of tables")]
    NotTables {
        /// What is something else.
        path: String,
    },
    /// A key can only be renamed within its table.
    #[error("a key cannot be renamed into another table")]
    OtherTable,
    /// The edited text does not hold the expected data.
    #[error("the edited text does not hold the expected data, which is a bug in carto")]
    Mismatch,
}

/// Reads a text that is to be edited.
pub(in crate::toml) fn parse(text: &str) -> Result<Document<'_>, EditError> {
    read(text, Keep::Lines).map_err(|fault| located(text, &fault))
}

/// Returns the error with line and column.
fn located(text: &str, fault: &Fault) -> EditError {
    let before = text.get(..fault.offset()).unwrap_or(text);
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    EditError::Syntax {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: fault.message(),
    }
}
