//! `carto doctor`: what is wrong, where, and what to type.

use clap::Args;
use serde_json::json;

use super::context::Context;
use crate::doctor::{Severity, examine};
use crate::error::Error;
use crate::escape;

/// Look for what is wrong: permissions, keys in the wrong place, typos, PATH, neighbours
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
    let findings = examine(context)?;
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
