//! `carto doctor`: what is wrong, or will be, with files, settings, PATH and neighbours: one file per family.
//!
//! Every finding has a fixed identifier, a place and a fix. Nothing is changed and no plugin is
//! run.

use clap::Args;
use serde_json::json;

use super::finding::{Finding, Severity};
use super::{files, keys, neighbours, path, settings, variables};
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

/// Looks at everything; the worst first, then by place. What stops other commands is a finding
/// here, and the rest is looked at all the same.
fn examine(context: &Context) -> Vec<Finding> {
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
