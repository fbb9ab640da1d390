//! Permissions, owners, copies and places of files that hold keys.

use std::path::{Path, PathBuf};

#[cfg(unix)]
use super::finding::mode_for_others;
use super::finding::{Finding, open_to_others};
use crate::config::Scope;
use crate::config::places::{self, CONFIG_FILE, CREDENTIALS_FILE};
use crate::credential::store;
use crate::error::shell_word;
use crate::foreign::git;
use crate::invocation::Env;
use crate::read_file::read_regular;
use crate::resolve::context::Context;
use crate::resolve::run::OWN_LIMIT;

/// Looks at the directories of carto's files.
pub(super) fn examine(context: &Context) -> Vec<Finding> {
    // Not from what was loaded: that can fail for many reasons, and the files are there.
    let all = places::places(&context.invocation, places::Files::All);
    let Ok(places) = all else { return Vec::new() };
    let project = places.project.as_ref().map(places::ProjectPlace::dir);
    let mut findings = Vec::new();
    for dir in [&places.system, &places.user, &project].into_iter().flatten() {
        findings.extend(of_credentials(&context.invocation.env, &dir.join(CREDENTIALS_FILE)));
        findings.extend(of_links(&dir.join(CONFIG_FILE)));
        findings.extend(copies_in(dir));
    }
    let state = context.invocation.state_dir();
    for dir in [&places.user, &state].into_iter().flatten() {
        findings.extend(of_directory(dir));
    }
    findings
}

fn of_credentials(env: &Env, path: &Path) -> Vec<Finding> {
    let Ok(facts) = path.metadata() else { return Vec::new() };
    if !may_hold_key(path) {
        return of_links(path).into_iter().collect();
    }
    let mut findings = Vec::new();
    let what = "others can read this credential file";
    findings.extend(open_to_others("loose-credentials", path, &facts, what));
    if git::is_tracked(env, path) {
        findings.push(Finding::problem(
            "tracked-credentials",
            path.display(),
            "git tracks this credential file",
            format!(
                "git rm --cached {}; then replace the keys: whoever has the repository has them",
                shell_word(path)
            ),
        ));
    } else if git::work_tree_of(path).is_some() && !git::is_ignored(env, path) {
        findings.push(Finding::problem(
            "committable-credentials",
            path.display(),
            "git would commit this credential file",
            "carto config set apikey, which writes the .gitignore; or add the name to it",
        ));
    }
    findings.extend(of_links(path));
    findings
}

/// Whether a credentials file may hold a key itself. One that only names sources has nothing to hide;
/// of one that cannot be read nobody knows.
fn may_hold_key(path: &Path) -> bool {
    let file = read_regular(path, OWN_LIMIT).ok().flatten();
    let entries = file.and_then(|file| store::parse(Scope::User, path, &file.bytes).ok());
    entries.is_none_or(|entries| {
        entries.is_empty() || entries.iter().any(|entry| entry.key.literal().is_some())
    })
}

#[cfg(unix)]
fn of_links(path: &Path) -> Option<Finding> {
    use std::os::unix::fs::MetadataExt as _;
    let facts = path.metadata().ok()?;
    (facts.nlink() > 1).then(|| {
        Finding::hint(
            "hard-link",
            path.display(),
            "the file has a second name; the next change gives this one a file of its own",
            format!("find the other name: find ~ -samefile {}", shell_word(path)),
        )
    })
}

#[cfg(not(unix))]
fn of_links(_path: &Path) -> Option<Finding> {
    None
}

#[cfg(unix)]
fn of_directory(dir: &Path) -> Option<Finding> {
    use std::os::unix::fs::MetadataExt as _;
    let facts = dir.metadata().ok()?;
    let (owner, me) = (facts.uid(), rustix::process::geteuid().as_raw());
    if owner != me && owner != 0 {
        return Some(Finding::problem(
            "foreign-directory",
            dir.display(),
            format!("the directory belongs to uid {owner}, neither you nor root"),
            format!("if you trust its content: sudo chown -R $USER {}", shell_word(dir)),
        ));
    }
    let mode = mode_for_others(&facts)?;
    (mode & 0o022 != 0).then(|| {
        Finding::problem(
            "writable-directory",
            dir.display(),
            format!("others can write into this directory of yours (mode {mode:04o})"),
            format!("chmod 700 {}", shell_word(dir)),
        )
    })
}

#[cfg(not(unix))]
fn of_directory(_dir: &Path) -> Option<Finding> {
    None
}

/// Finds what editors and backups left of a credential file.
fn copies_in(dir: &Path) -> Vec<Finding> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let is_copy = |name: &str| {
        let rest = name.trim_start_matches(['.', '#']).strip_prefix(CREDENTIALS_FILE);
        rest.is_some_and(|rest| !rest.is_empty())
    };
    let copies = entries.flatten().map(|entry| entry.path()).filter(|path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(is_copy)
    });
    copies
        .map(|path| {
            Finding::problem(
                "copy-of-credentials",
                path.display(),
                "a copy of a credential file",
                format!("rm {}", shell_word(&path)),
            )
        })
        .collect()
}
