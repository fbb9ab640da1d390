//! What is wrong, or will be, with files, settings, PATH and neighbours: one file per family.
//!
//! Every finding has a fixed identifier, a place and a fix. Nothing is changed and no plugin is
//! run.

mod files;
mod neighbours;
mod path;
mod settings;

use serde::Serialize;

use crate::commands::context::Context;
use crate::error::Error;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A key can leak, or a command fails: the exit status says so.
    Problem,
    /// Probably not meant; everything works.
    Hint,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The fixed identifier, for scripts and for searching.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The file, variable or directory.
    pub place: String,
    /// What is wrong, in one sentence.
    pub what: String,
    /// What to type or do.
    pub fix: String,
}

impl Finding {
    fn problem(
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

    fn hint(
        id: &'static str,
        place: impl std::fmt::Display,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Finding { severity: Severity::Hint, ..Finding::problem(id, place, what, fix) }
    }

    /// Makes a finding of an error that another command would stop with.
    fn of_error(id: &'static str, error: &Error) -> Self {
        let place = error.places.first().map_or("", |place| &place.origin);
        let fix = error.help.first().map_or("correct the file: carto config edit", String::as_str);
        Finding::problem(id, place, error.what.clone(), fix)
    }
}

/// Looks at everything; the worst first, then by place.
///
/// # Errors
/// The command line itself cannot be used.
pub fn examine(context: &Context) -> Result<Vec<Finding>, Error> {
    let mut findings = settings::examine(context)?;
    findings.extend(files::examine(context)?);
    findings.extend(path::examine(context));
    findings.extend(neighbours::examine(context));
    findings.sort_by(|a, b| (a.severity, &a.place, a.id).cmp(&(b.severity, &b.place, b.id)));
    findings.dedup();
    Ok(findings)
}
