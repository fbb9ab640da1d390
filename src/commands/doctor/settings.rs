//! Broken files, keys without effect, the account that would be refused.

use super::finding::Finding;
use crate::config::SettingPath;
use crate::config::named_secret::holds_secret;
use crate::config::{Entry, KEY_IN_SETTINGS, Layer, Remark, RemarkKind};
use crate::error::Error;
use crate::project::nearest::ProjectStanding;
use crate::resolve::context::Context;

/// Looks at what is in the files and variables.
pub(super) fn examine(context: &Context) -> Vec<Finding> {
    let loaded = match context.load() {
        Ok(loaded) => loaded,
        Err(error) => return vec![Finding::of_error("unusable-settings", &error)],
    };
    let remarks = loaded.config.layers().iter().flat_map(|layer| &layer.remarks);
    let mut findings: Vec<_> = remarks.map(of_remark).collect();
    findings.extend(loaded.config.layers().iter().flat_map(of_secrets));
    if let Some(project) = &loaded.project {
        findings.extend(of_project(project));
    }
    findings.extend(of_account(context));
    findings
}

fn of_remark(remark: &Remark) -> Finding {
    match &remark.kind {
        RemarkKind::Unknown => Finding::problem(
            "unknown-key",
            &remark.origin,
            format!("unknown setting `{}`", remark.key),
            remark
                .meant()
                .map_or("carto config edit".to_owned(), |near| format!("rename it to `{near}`")),
        ),
        RemarkKind::Scope(scope) => Finding::problem(
            "wrong-scope",
            &remark.origin,
            format!("`{}` is not read from {scope} settings", remark.key),
            "move it to your own settings",
        ),
        RemarkKind::Untrusted if is_key(&remark.key) => Finding::problem(
            "key-in-settings",
            &remark.origin,
            KEY_IN_SETTINGS,
            "remove the line, and replace the key: whoever has the file has it",
        ),
        RemarkKind::Untrusted => Finding::hint(
            "untrusted-key",
            &remark.origin,
            format!("`{}` is ignored, as the project is not trusted", remark.key),
            "carto trust",
        ),
    }
}

/// Secrets that stand in a settings file, by their names.
fn of_secrets(layer: &Layer) -> impl Iterator<Item = Finding> {
    let in_file = |entry: &Entry<'_>| entry.origin().path().is_some();
    let secrets = layer.entries().filter(in_file);
    secrets.filter(|entry| holds_secret(&entry.path(), &entry.value())).map(|entry| {
        Finding::problem(
            "secret-in-settings",
            entry.origin(),
            format!("`{}` holds a secret, and settings files are read and committed", entry.name()),
            "keep it in a variable of the plugin's own, and replace it if others had the file",
        )
    })
}

fn is_key(written: &str) -> bool {
    SettingPath::parse(written).is_ok_and(|path| path.is("apikey"))
}

fn of_account(context: &Context) -> Vec<Finding> {
    let facts = match context.facts(None) {
        Ok(facts) => facts,
        Err(error) => return vec![Finding::of_error("unusable-settings", &error)],
    };
    let id = |error: &Error| {
        if error.what == KEY_IN_SETTINGS { "key-in-settings" } else { "broken-file" }
    };
    let mut findings: Vec<_> =
        facts.broken.iter().map(|error| Finding::of_error(id(error), error)).collect();
    // Of a foreign project it was said already.
    let foreign = facts.world.project.as_ref().is_some_and(|project| project.foreign.is_some());
    if facts.broken.is_empty()
        && !foreign
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
    findings
}

fn of_project(project: &crate::project::nearest::Project) -> Option<Finding> {
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
