//! Keeps keys out of git: the `.gitignore` beside a file of keys, and the question whether git
//! tracks it.
//!
//! # Why
//! git obeys the `.git/config` of the work tree it is asked about, and that may come from a clone:
//! hooks and the file system monitor are switched off, nothing of the caller's `GIT_*` is
//! inherited, and git gets a limited time.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::{Error, Kind};
use crate::invocation::Env;
use crate::replace_file::{Links, Lock, Mode, replace};

/// How long git may take for one question.
const PATIENCE: Duration = Duration::from_secs(5);
/// What lies beside a file of keys and must not be committed either.
const IGNORED: [&str; 3] = ["credentials.toml", ".lock", ".*.tmp-*"];

/// Sees to it that git will not take a file of keys: writes `.gitignore` beside it where the file
/// lies in a work tree.
///
/// # Errors
/// git tracks the file already; `.gitignore` cannot be written.
pub fn keep_out(env: &Env, file: &Path) -> Result<(), Error> {
    let Some(dir) = file.parent() else { return Ok(()) };
    // A name alone lies in the current directory.
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    if work_tree(dir).is_none() {
        return Ok(());
    }
    if is_tracked(env, file) {
        return Err(Error::new(Kind::Write, "git tracks this file; no key is written into it")
            .at(file.display())
            .help(format!("git rm --cached '{}'", file.display()))
            .note(
                "a key that was committed is known to everyone who has the repository: replace it",
            ));
    }
    let name = file.file_name().and_then(|name| name.to_str());
    let Some(name) = name.filter(|name| !name.contains(['\n', '\r'])) else {
        return Err(Error::new(Kind::Write, "this file's name cannot be written into .gitignore")
            .at(file.display())
            .help("choose a plain name"));
    };
    let mut wanted: Vec<String> = IGNORED.iter().map(|line| (*line).to_owned()).collect();
    if !IGNORED.contains(&name) {
        wanted.push(pattern(name));
    }
    ignore(dir, &wanted)
}

/// Writes a name as the pattern that matches it alone, in this directory alone.
fn pattern(name: &str) -> String {
    let mut pattern = "/".to_owned();
    for c in name.chars() {
        if "*?[\\ ".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// Adds lines to the `.gitignore` of a directory, unless they are there.
pub fn ignore(dir: &Path, wanted: &[String]) -> Result<(), Error> {
    let path = dir.join(".gitignore");
    let lock = Lock::file(&path, Links::Refuse)?;
    let old = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            let reason = crate::error::io_reason(&error);
            return Err(Error::new(Kind::Write, format!("cannot read .gitignore: {reason}"))
                .at(path.display()));
        }
    };
    let text = String::from_utf8_lossy(&old);
    // A later pattern can take back an earlier one: ours have to be the last that match.
    let last_negation = text.lines().rposition_of(|line| line.trim_start().starts_with('!'));
    let missing: Vec<_> = wanted
        .iter()
        .filter(|wanted| {
            let at = text.lines().rposition_of(|line| line.trim_end() == wanted.as_str());
            at.is_none() || at < last_negation
        })
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut new = old.clone();
    if new.last().is_some_and(|byte| *byte != b'\n') {
        new.push(b'\n');
    }
    for line in missing {
        new.extend_from_slice(line.as_bytes());
        new.push(b'\n');
    }
    replace(&path, &new, Mode::Shared, Links::Refuse, &lock)?;
    Ok(())
}

/// Finds the last of the items that match.
trait RPositionOf: Iterator + Sized {
    fn rposition_of(self, matches: impl Fn(&Self::Item) -> bool) -> Option<usize> {
        self.enumerate().filter(|(_, item)| matches(item)).map(|(at, _)| at).last()
    }
}

impl<'a, I: Iterator<Item = &'a str>> RPositionOf for I {}

/// Gives the root of the work tree that a directory lies in.
pub fn work_tree(dir: &Path) -> Option<PathBuf> {
    let dir = std::fs::canonicalize(dir).ok()?;
    dir.ancestors().find(|dir| dir.join(".git").exists()).map(Path::to_owned)
}

/// Whether git tracks a file. Without git, or when it does not answer in time, nothing is known
/// and the answer is no: the `.gitignore` is written all the same.
pub fn is_tracked(env: &Env, file: &Path) -> bool {
    ask(env, file, &["ls-files", "--error-unmatch"]) == Some(0)
}

/// Whether git leaves a file out. Without an answer it does not.
pub fn is_ignored(env: &Env, file: &Path) -> bool {
    ask(env, file, &["check-ignore", "-q"]) == Some(0)
}

/// Gives the root of the work tree that a file lies in, links resolved.
pub fn work_tree_of(file: &Path) -> Option<PathBuf> {
    let file = std::fs::canonicalize(file).ok()?;
    work_tree(file.parent()?)
}

/// Asks git one question about a file and gives its status.
fn ask(env: &Env, file: &Path, question: &[&str]) -> Option<i32> {
    let (dir, name) = (file.parent()?, file.file_name()?);
    let mut git = Command::new(program(env)?);
    git.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C"]).arg(dir);
    // A name is a name, whatever pathspecs make of it.
    git.arg("--literal-pathspecs").args(question).arg("--").arg(name);
    for (name, _) in env.iter() {
        // Whether a file is tracked is no question that needs a key.
        let name_bytes = name.as_encoded_bytes();
        if name_bytes.starts_with(b"GIT_") || name_bytes.starts_with(b"CARTO_") {
            git.env_remove(name);
        }
    }
    git.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    git.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = git.spawn().ok()?;
    let begin = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.code(),
            Ok(None) if begin.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(2)),
            Ok(None) | Err(_) => {
                _ = child.kill();
                _ = child.wait();
                return None;
            }
        }
    }
}

/// Finds git in the absolute entries of PATH: a clone must not bring its own.
fn program(env: &Env) -> Option<PathBuf> {
    let dirs: Vec<_> =
        std::env::split_paths(env.get("PATH")?).filter(|dir| dir.is_absolute()).collect();
    which::which_in("git", std::env::join_paths(dirs).ok(), "/").ok()
}
