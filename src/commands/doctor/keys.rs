//! Where keys come from: the files that sources and variables name, and a project's own keys.

use std::path::Path;

use super::finding::{Finding, open_to_others};
use crate::config::Scope;
use crate::config::places::CREDENTIALS_FILE;
use crate::credential::source::SecretSource;
use crate::credential::store::{self, Stored};
use crate::credential::{Nearness, TokenEnd};
use crate::resolve::context::Context;

/// Looks at the files, and runs nothing.
pub(super) fn examine(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for variable in ["CARTO_API_KEY_FILE", "CARTO_CREDENTIALS_FILE"] {
        findings.extend(context.env(variable).and_then(|path| of_file(Path::new(&path))));
    }
    // What cannot be read is told with the settings.
    let Ok(facts) = context.facts(None) else { return findings };
    for entry in &facts.stored {
        findings.extend(of_end(entry));
        if let Some(SecretSource::File(path)) = entry.key.source() {
            findings.extend(of_file(path));
        }
    }
    findings.extend(of_project(context));
    findings
}

/// A token that the server refuses, or will soon.
fn of_end(entry: &Stored) -> Option<Finding> {
    let end = TokenEnd::of(entry.key.literal()?)?;
    let account = entry.account.as_ref()?;
    let fix = format!("with a new one: carto login {}", account.base_url());
    match end.nearness() {
        Nearness::Far => None,
        Nearness::Soon => {
            // `carto profile list` has the moment.
            let what = format!("the token of {account} ends within two weeks");
            Some(Finding::hint("token-ends-soon", &entry.origin, what, fix))
        }
        Nearness::Passed => {
            let what = format!("the token of {account} {end}");
            Some(Finding::problem("ended-token", &entry.origin, what, fix))
        }
    }
}

/// A file that is no file of carto's: others may have to read it, so it is told, not refused.
fn of_file(path: &Path) -> Option<Finding> {
    let facts = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let what = "others can read this file, which a key is taken from";
    open_to_others("loose-key-file", path, &facts, what)
}

/// Keys that nobody approved wait beside the project's settings, and are not used.
fn of_project(context: &Context) -> Option<Finding> {
    let project = context.load().ok()?.project.as_ref().filter(|project| project.counts())?;
    let bytes = project.raw_credentials().ok()??.bytes;
    let record = project.record.as_ref();
    if record.is_some_and(|record| record.trusts_credentials(&bytes)) {
        return None;
    }
    let path = project.file(CREDENTIALS_FILE);
    Some(match store::parse(Scope::Project, &path, &bytes) {
        Err(error) => Finding::of_error("unusable-project-keys", &error),
        Ok(_) => Finding::hint(
            "unapproved-keys",
            path.display(),
            "the project's keys are not used, as you have not approved them",
            "carto trust",
        ),
    })
}
