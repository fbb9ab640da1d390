//! PATH and the plugins on it.

use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::error::shell_word;
use crate::invocation::Invocation;
use crate::path_search::Unfit;
use crate::resolve::context::Context;

/// Looks at PATH's entries and at every plugin.
pub(super) fn examine(context: &Context) -> Vec<Finding> {
    let path = context.invocation.env.get("PATH").unwrap_or_default();
    let mut findings = Vec::new();
    for dir in std::env::split_paths(path) {
        findings.extend(of_entry(&dir));
        findings.extend(other_carto(&dir));
    }
    for (name, plugin) in context.search_path().list() {
        let shown = plugin.path.display().to_string();
        if let Some(unfit) = &plugin.unfit {
            findings.push(Finding::problem(
                id_of(unfit),
                &shown,
                format!("the plugin {name} cannot run: it {}", unfit.reason()),
                unfit.help(&plugin.path),
            ));
        }
        for shadowed in &plugin.shadowed {
            findings.push(Finding::hint(
                "shadowed-plugin",
                shadowed.display(),
                format!("never runs: {shown} comes first"),
                "remove one of the two",
            ));
        }
    }
    findings
}

fn of_entry(dir: &Path) -> Option<Finding> {
    if !dir.is_absolute() {
        let shown = dir.display().to_string();
        let shown = if shown.is_empty() { "(empty)".to_owned() } else { shown };
        return Some(Finding::hint(
            "relative-path-entry",
            format!("PATH: {shown}"),
            "an entry that depends on the current directory; carto skips it, other programs do not",
            "remove it from PATH",
        ));
    }
    writable_by_all(dir).then(|| {
        Finding::problem(
            "writable-path-entry",
            format!("PATH: {}", dir.display()),
            "everyone can put programs there",
            format!("chmod o-w {}", shell_word(dir)),
        )
    })
}

#[cfg(unix)]
fn writable_by_all(dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    dir.metadata().is_ok_and(|facts| facts.mode() & 0o002 != 0)
}

#[cfg(not(unix))]
fn writable_by_all(_dir: &Path) -> bool {
    false
}

/// Returns the identifier of a finding: who owns a plugin is another matter than what is in it.
fn id_of(unfit: &Unfit) -> &'static str {
    match unfit {
        Unfit::ForeignFile(_) | Unfit::ForeignDirectory(_) => "foreign-plugin",
        _ => "broken-plugin",
    }
}

/// Another program called `carto` would run in place of this one, or the other way round.
fn other_carto(dir: &Path) -> Option<Finding> {
    let name = if cfg!(windows) { "carto.exe" } else { "carto" };
    let path: PathBuf = dir.join(name);
    if !dir.is_absolute() || !path.is_file() {
        return None;
    }
    let me = Invocation::program()?.canonicalize().ok()?;
    (path.canonicalize().ok()? != me).then(|| {
        Finding::hint(
            "other-carto",
            path.display(),
            "another program is called `carto`; this one is not it",
            "see which one your shell runs: command -v carto",
        )
    })
}
