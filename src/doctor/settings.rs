//! Broken files, keys without effect, the account that would be refused.

use super::Finding;
use crate::commands::context::Context;
use crate::commands::project::ProjectStanding;
use crate::config::RemarkKind;
use crate::error::Error;

/// Looks at what is in the files and variables.
pub(super) fn examine(context: &Context) -> Result<Vec<Finding>, Error> {
    let loaded = context.load()?;
    let mut findings = Vec::new();
    for remark in loaded.config.layers().iter().flat_map(|layer| &layer.remarks) {
        findings.push(match &remark.kind {
            RemarkKind::Unknown(near) => Finding::problem(
                "unknown-key",
                &remark.origin,
                format!("unknown key `{}`", remark.key),
                near.as_ref().map_or("carto config edit".to_owned(), |near| {
                    format!("rename it to `{near}`")
                }),
            ),
            RemarkKind::Scope(scope) => Finding::problem(
                "wrong-scope",
                &remark.origin,
                format!("`{}` is not read from {scope} settings", remark.key),
                "move it to your own settings",
            ),
            RemarkKind::Untrusted => Finding::hint(
                "untrusted-key",
                &remark.origin,
                format!("`{}` is ignored, as the project is not trusted", remark.key),
                "carto trust",
            ),
        });
    }
    if let Some(project) = &loaded.project {
        findings.extend(of_project(project));
    }
    match context.facts(None) {
        Ok(facts) => {
            findings
                .extend(facts.broken.iter().map(|error| Finding::of_error("broken-file", error)));
            if facts.broken.is_empty()
                && let Err(error) = context.chosen(&facts)
            {
                findings.push(Finding::of_error("refused-account", &error));
            }
            for entry in facts.stored.iter().filter(|entry| entry.account.is_none()) {
                findings.push(Finding::hint(
                    "unbound-key",
                    &entry.origin,
                    "a key belongs to no account and is sent nowhere",
                    "carto config set username NAME",
                ));
            }
        }
        Err(error) => findings.push(Finding::of_error("unusable-settings", &error)),
    }
    Ok(findings)
}

fn of_project(project: &crate::commands::project::Project) -> Option<Finding> {
    let place = project.place.dir();
    match &project.standing {
        ProjectStanding::Foreign(reason) => Some(Finding::problem(
            "foreign-project",
            place.display(),
            format!("the project is not read: {reason}"),
            "carto trust, or make it yours alone",
        )),
        ProjectStanding::Changed => Some(Finding::hint(
            "changed-project",
            place.display(),
            "the project's settings changed since you trusted them",
            "carto trust",
        )),
        ProjectStanding::Trusted | ProjectStanding::Untrusted | ProjectStanding::Denied => None,
    }
}
