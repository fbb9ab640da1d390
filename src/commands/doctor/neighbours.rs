//! Other programs' files and variables that hold keys.

use super::finding::{Finding, open_to_others};
use crate::error::shell_word;
use crate::foreign::{self, Holds};
use crate::resolve::context::Context;

/// Looks at the known places of other programs.
pub(super) fn examine(context: &Context) -> Vec<Finding> {
    let home = context.invocation.home();
    let places = foreign::known_places(&|name| context.env(name), home.as_deref());
    let mut findings = Vec::new();
    for place in places.iter().filter(|place| place.path.is_file()) {
        let word = shell_word(&place.path);
        if let Ok(facts) = place.path.metadata() {
            let what = format!("others can read the credentials of {}", place.program);
            findings.extend(open_to_others("loose-legacy-file", &place.path, &facts, &what));
        }
        let (what, fix) = match place.holds {
            Holds::Accounts => (
                format!("credentials of {} are kept here, too", place.program),
                format!("carto credentials import {word}"),
            ),
            Holds::OAuth => (
                format!(
                    "OAuth 1 secrets of {} are kept here; carto has no use for them",
                    place.program
                ),
                format!("when nothing uses them any more: rm {word}"),
            ),
        };
        findings.push(Finding::hint("legacy-file", place.path.display(), what, fix));
    }
    findings
}
