//! `Finding`: one thing that is wrong, or will be.

use serde::Serialize;

use crate::error::Error;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// A key can leak, or a command fails: the exit status says so.
    Problem,
    /// Probably not meant; everything works.
    Hint,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// The fixed identifier, for scripts and for searching.
    pub(super) id: &'static str,
    /// How much it matters.
    pub(super) severity: Severity,
    /// The file, variable or directory.
    pub(super) place: String,
    /// What is wrong, in one sentence.
    pub(super) what: String,
    /// What to type or do.
    pub(super) fix: String,
}

impl Finding {
    pub(super) fn problem(
        id: &'static str,
        place: impl std::fmt::Display,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Finding {
            id,
            severity: Severity::Problem,
            place: place.to_string(),
            what: what.into(),
            fix: fix.into(),
        }
    }

    pub(super) fn hint(
        id: &'static str,
        place: impl std::fmt::Display,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Finding { severity: Severity::Hint, ..Finding::problem(id, place, what, fix) }
    }

    /// Makes a finding of an error that another command would stop with.
    pub(super) fn of_error(id: &'static str, error: &Error) -> Self {
        let place = error.places.first().map_or("", |place| &place.origin);
        let fix = error.help.first().map_or("correct the file: carto config edit", String::as_str);
        Finding::problem(id, place, error.what.clone(), fix)
    }
}

/// Returns the mode where it lets others in.
#[cfg(unix)]
pub(super) fn open_to_others(facts: &std::fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let mode = facts.mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Returns the mode where it lets others in.
#[cfg(not(unix))]
pub(super) fn open_to_others(_facts: &std::fs::Metadata) -> Option<u32> {
    None
}
