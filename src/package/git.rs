//! Fetches a repository with git.
//!
//! # Why
//! The user's own settings reach the network part, which may need them: credential helpers, ssh,
//! proxies. The files are then laid out without any: no hook, no filter, no template of somebody runs.

use std::ffi::OsStr;
use std::path::Path;

use super::receipt::{Artefact, Fetched};
use super::source::GitSource;
use super::store::Stage;
use super::tools::{ToolRun, Tools};
use super::tree::TreeList;
use super::unpack::copy_directory;
use crate::error::{Error, Kind};
use crate::escape;

/// What git may speak.
const PROTOCOLS: &str = "https:http:ssh:git:file";
/// Gives the login of the URL to git, from variables: arguments can be read by everyone.
const HELPER: &str = "!f() { echo \"username=$CARTO_PLUGIN_GIT_USER\"; echo \"password=$CARTO_PLUGIN_GIT_PASSWORD\"; }; f";

/// Begins a command of git that heeds no hook.
fn git<'a>(source: &GitSource, dir: &'a Path) -> ToolRun<'a> {
    let run = ToolRun::new(OsStr::new("git"), dir)
        .args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"])
        .variable("GIT_ALLOW_PROTOCOL", PROTOCOLS);
    match &source.login {
        None => run,
        Some((user, password)) => run
            .args(["-c", "credential.helper=", "-c"])
            .args([format!("credential.helper={HELPER}")])
            .variable("CARTO_PLUGIN_GIT_USER", user)
            .variable("CARTO_PLUGIN_GIT_PASSWORD", password),
    }
}

/// Fetches a repository and lays out the files of one commit; of that one where it is given.
pub(super) fn fetch(
    source: &GitSource,
    commit: Option<&str>,
    stage: &Stage,
    tools: &Tools<'_>,
) -> Result<Fetched, Error> {
    let dir = stage.dir();
    let clone = ["clone", "--bare", "--quiet", "--template=", "--", &source.url, "repository"];
    tools.run(&git(source, dir).shown("git clone").args(clone))?;
    let wanted = commit.or(source.revision.as_deref()).unwrap_or("HEAD");
    let parse = ["--git-dir=repository", "rev-parse", "--verify", "--quiet", "--end-of-options"];
    let found = tools.run(
        &git(source, dir).shown("git rev-parse").args(parse).args([format!("{wanted}^{{commit}}")]),
    );
    let commit = found.map(|text| text.trim().to_owned()).map_err(|error| {
        let what = format!("the repository has no `{}`", escape::line(wanted));
        Error { what, notes: Vec::new(), ..error }.at(escape::line(&source.url))
    })?;
    let files = stage.directory("checkout")?;
    let checkout =
        ["--git-dir=repository", "--work-tree=checkout", "checkout", "--quiet", "--force"];
    let alone = git(source, dir)
        .shown("git checkout")
        .args(checkout)
        .args(["--detach", &commit])
        .variable("GIT_CONFIG_GLOBAL", "/dev/null")
        .variable("GIT_CONFIG_NOSYSTEM", "1")
        .variable("GIT_CONFIG_COUNT", "0")
        .variable("GIT_CONFIG_PARAMETERS", "")
        .variable("GIT_LFS_SKIP_SMUDGE", "1");
    tools.run(&alone)?;
    let tree = stage.directory(super::receipt::TREE)?;
    copy_directory(&files, &tree)?;
    stage.discard("checkout")?;
    stage.discard("repository")?;
    Ok(Fetched {
        kind: "git".to_owned(),
        release: commit,
        platform: None,
        artefacts: of_tree(&tree)?,
    })
}

/// Asks which commit is the newest.
pub(super) fn newest(source: &GitSource, dir: &Path, tools: &Tools<'_>) -> Result<String, Error> {
    let text = tools.run(&git(source, dir).shown("git ls-remote").args([
        "ls-remote",
        "--quiet",
        "--",
        &source.url,
        "HEAD",
    ]))?;
    let commit = text.split_whitespace().next().unwrap_or_default().to_owned();
    if commit.is_empty() {
        return Err(
            Error::new(Kind::NotThere, "the repository is empty").at(escape::line(&source.url))
        );
    }
    Ok(commit)
}

/// Returns what stands for a tree of files.
pub(super) fn of_tree(tree: &Path) -> Result<Vec<Artefact>, Error> {
    let files = TreeList::read(tree).map_err(|error| super::store::unwritten(tree, &error))?;
    Ok(vec![Artefact { file: super::receipt::TREE.to_owned(), sha256: files.hash() }])
}
