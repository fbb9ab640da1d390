//! `carto doctor`: what is wrong, or will be, with files, settings, PATH and neighbours: one file per family.
//!
//! Every finding has a fixed identifier, a place and a fix. Nothing is changed and no plugin is
//! run.

mod files;
mod keys;
mod neighbours;
mod path;
mod settings;
mod variables;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::error::Error;
use crate::escape;
use crate::resolve::context::Context;

/// Look for what is wrong: permissions, misplaced keys, typos, PATH
///
/// Changes nothing. Exit status 1 when something is wrong, 0 with hints only.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto doctor            each finding with its place and what to type
  carto doctor --json     the same for programs")]
pub struct DoctorArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command and gives its exit status.
pub fn run(context: &Context, args: &DoctorArgs) -> Result<u8, Error> {
    let findings = examine(context);
    let wrong = findings.iter().any(|finding| finding.severity == Severity::Problem);
    let status = u8::from(wrong);
    if args.json {
        context.output.json(&json!({ "findings": findings, "healthy": !wrong }));
        return Ok(status);
    }
    for finding in &findings {
        let word = match finding.severity {
            Severity::Problem => "problem",
            Severity::Hint => "hint",
        };
        context.output.line(escape::line(&format!("{word} [{}] {}", finding.id, finding.what)));
        context.output.line(escape::line(&format!("  --> {}", finding.place)));
        context.output.line(escape::line(&format!("  fix: {}", finding.fix)));
    }
    if findings.is_empty() {
        context.output.note("nothing is wrong");
    }
    Ok(status)
}

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

/// Looks at everything; the worst first, then by place. What stops other commands is a finding
/// here, and the rest is looked at all the same.
pub fn examine(context: &Context) -> Vec<Finding> {
    let mut findings = settings::examine(context);
    findings.extend(files::examine(context));
    findings.extend(keys::examine(context));
    findings.extend(variables::examine(context));
    findings.extend(path::examine(context));
    findings.extend(neighbours::examine(context));
    // One cause is told once: that others can read a credential file is what stops other commands.
    let loose = findings.iter().filter(|finding| finding.id == "loose-credentials");
    let loose: Vec<_> = loose.map(|finding| finding.place.clone()).collect();
    findings.retain(|finding| finding.id != "broken-file" || !loose.contains(&finding.place));
    findings.sort_by(|a, b| (a.severity, &a.place, a.id).cmp(&(b.severity, &b.place, b.id)));
    findings.dedup();
    findings
}

/// Returns the mode where it lets others in.
#[cfg(unix)]
fn open_to_others(facts: &std::fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let mode = facts.mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Returns the mode where it lets others in.
#[cfg(not(unix))]
fn open_to_others(_facts: &std::fs::Metadata) -> Option<u32> {
    None
}
