//! `Finding`: one thing that is wrong, or will be.

use std::path::Path;

use serde::Serialize;

use crate::error::Error;
use crate::read_file::{Exposure, FileFacts, close_command, is_read_only};

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

/// Returns the finding of a file with keys that others can read: a problem where it is yours to change.
pub(super) fn open_to_others(
    id: &'static str,
    path: &Path,
    facts: &std::fs::Metadata,
    what: &str,
) -> Option<Finding> {
    let facts = FileFacts::of(facts, path);
    let what = format!("{what} ({})", facts.shown_mode());
    match facts.exposure() {
        Exposure::None => None,
        Exposure::Yours if !(facts.uid == 0 && is_read_only(path)) => {
            let fix = close_command(path);
            Some(Finding::problem(id, path.display(), what, fix))
        }
        Exposure::Yours | Exposure::Administrator => {
            let fix = "nothing, if root means it so: its mode is the administrator's word";
            Some(Finding::hint(id, path.display(), what, fix))
        }
        Exposure::Another => {
            let owner =
                if cfg!(windows) { "its owner".to_owned() } else { format!("uid {}", facts.uid) };
            let fix = format!("if it is a key of yours: ask {owner} to close it to others");
            Some(Finding::problem(id, path.display(), what, fix))
        }
    }
}

/// Returns the mode where it lets others in.
#[cfg(unix)]
pub(super) fn mode_for_others(facts: &std::fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let mode = facts.mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}
