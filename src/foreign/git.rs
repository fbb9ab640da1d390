//! Keeps keys out of git: the `.gitignore` beside a credential file, and the question whether git
//! tracks it.
//!
//! # Why
//! git obeys the `.git/config` of the work tree it is asked about, and that may come from somebody
//! else: hooks and the file system monitor are switched off, missing objects are not fetched (a
//! remote may be a command), nothing of the caller's `GIT_*` is inherited, and git gets a limited
//! time.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::{Error, Kind};
use crate::invocation::Env;
use crate::read_file::read_regular;
use crate::replace_file::{Links, Lock, Mode, replace};

/// How long git may take for one question.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest `.gitignore` that is read, in bytes.
const IGNORE_LIMIT: u64 = 1024 * 1024;
/// What lies beside a credential file and must not be committed either.
const IGNORED: [&str; 3] = ["credentials.toml", ".lock", ".*.tmp-*"];

/// Makes sure that git will not take a credential file: writes `.gitignore` beside it where the file
/// lies in a work tree.
///
/// # Errors
/// git tracks the file already, or does not say in time; `.gitignore` cannot be written, or another
/// process holds it, which `notice` is told.
pub fn keep_out(env: &Env, file: &Path, notice: &mut dyn FnMut(&str)) -> Result<(), Error> {
    let Some(dir) = file.parent() else { return Ok(()) };
    // A name alone lies in the current directory.
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    if work_tree(dir).is_none() {
        return Ok(());
    }
    match tracking(env, file) {
        Tracking::No => {}
        Tracking::Yes => return Err(tracked(file)),
        Tracking::Unknown => return Err(no_answer(file)),
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
    ignore(dir, &wanted, notice)
}

fn tracked(file: &Path) -> Error {
    Error::new(Kind::Write, "git tracks this file; no key is written into it")
        .at(file.display())
        .help(format!("git rm --cached '{}'", file.display()))
        .note("a key that was committed is known to everyone who has the repository: replace it")
}

fn no_answer(file: &Path) -> Error {
    let what = "git does not say whether it tracks this file; no key is written into it";
    Error::new(Kind::Write, what)
        .at(file.display())
        .note(format!("it was given {} seconds", PATIENCE.as_secs()))
        .help("see what it waits for: git status")
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
pub fn ignore(dir: &Path, wanted: &[String], notice: &mut dyn FnMut(&str)) -> Result<(), Error> {
    let path = dir.join(".gitignore");
    let lock = Lock::file_telling(&path, Links::Refuse, notice)?;
    // A pipe of that name would be waited for without end.
    let old = match read_regular(&path, IGNORE_LIMIT) {
        Ok(file) => file.map(|file| file.bytes).unwrap_or_default(),
        Err(error) => {
            return Err(Error::new(Kind::Write, "cannot add to .gitignore")
                .at(path.display())
                .note(error.to_string())
                .help("git keeps no key out without it: see what it is, and remove it"));
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

/// Returns the root of the work tree that a directory lies in.
pub fn work_tree(dir: &Path) -> Option<PathBuf> {
    let dir = std::fs::canonicalize(dir).ok()?;
    dir.ancestors().find(|dir| is_root(dir)).map(Path::to_owned)
}

/// Whether a directory is the root of a work tree. Where that cannot be seen it may be one.
fn is_root(dir: &Path) -> bool {
    dir.join(".git").try_exists().unwrap_or(true)
}

/// What git says about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tracking {
    /// No repository has it, or there is no git.
    No,
    /// A repository has it.
    Yes,
    /// git did not answer in time.
    Unknown,
}

/// Whether git tracks a file. Without git, or when it does not answer in time, the answer is no.
pub fn is_tracked(env: &Env, file: &Path) -> bool {
    tracking(env, file) == Tracking::Yes
}

/// Asks every repository above a file: an outer one goes on tracking what it had before an inner
/// one was made.
fn tracking(env: &Env, file: &Path) -> Tracking {
    let Some(file) = resolved(file) else { return Tracking::No };
    for root in file.ancestors().skip(1).filter(|dir| is_root(dir)) {
        match ask(env, root, &file, &["ls-files", "--error-unmatch"]) {
            Answer::Status(0) => return Tracking::Yes,
            Answer::Late => return Tracking::Unknown,
            Answer::Status(_) | Answer::None => {}
        }
    }
    Tracking::No
}

/// Whether git leaves a file out. Without an answer it does not.
pub fn is_ignored(env: &Env, file: &Path) -> bool {
    let Some(file) = resolved(file) else { return false };
    let Some(root) = file.parent().and_then(work_tree) else { return false };
    ask(env, &root, &file, &["check-ignore", "-q"]) == Answer::Status(0)
}

/// Returns the path with the links of its directory resolved; the file need not be there.
fn resolved(file: &Path) -> Option<PathBuf> {
    let dir = file.parent()?;
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    Some(std::fs::canonicalize(dir).ok()?.join(file.file_name()?))
}

/// Returns the root of the work tree that a file lies in, links resolved.
pub fn work_tree_of(file: &Path) -> Option<PathBuf> {
    let file = std::fs::canonicalize(file).ok()?;
    work_tree(file.parent()?)
}

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// git ended with this status.
    Status(i32),
    /// It was ended, as it took too long.
    Late,
    /// There is no git, or it died.
    None,
}

/// Asks git one question about a file below the root of a work tree.
fn ask(env: &Env, root: &Path, file: &Path, question: &[&str]) -> Answer {
    let (Some(program), Ok(name)) = (program(env), file.strip_prefix(root)) else {
        return Answer::None;
    };
    let mut git = Command::new(program);
    git.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C"]).arg(root);
    // A repository could say that its work tree is elsewhere, and so know nothing of this file.
    git.arg("--work-tree=.").args(question).arg("--").arg(Path::new(".").join(name));
    for (name, _) in env.iter() {
        // Whether a file is tracked is no question that needs a key.
        let name_bytes = name.as_encoded_bytes();
        if name_bytes.starts_with(b"GIT_") || name_bytes.starts_with(b"CARTO_") {
            git.env_remove(name);
        }
    }
    git.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    // A missing object would be fetched from a remote, and `ext::` remotes are commands.
    git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "");
    // A name is a name, whatever pathspecs make of it; `check-ignore` takes names only, and refuses
    // to be told.
    if question.first() == Some(&"ls-files") {
        git.env("GIT_LITERAL_PATHSPECS", "1");
    }
    git.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match git.spawn() {
        Ok(child) => wait(child),
        Err(_) => Answer::None,
    }
}

fn wait(mut child: Child) -> Answer {
    let begin = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.code().map_or(Answer::None, Answer::Status),
            Ok(None) if begin.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(2)),
            Ok(None) | Err(_) => {
                _ = child.kill();
                _ = child.wait();
                return Answer::Late;
            }
        }
    }
}

/// Finds git in the absolute entries of PATH: a clone must not bring its own.
pub fn program(env: &Env) -> Option<PathBuf> {
    let dirs: Vec<_> =
        std::env::split_paths(env.get("PATH")?).filter(|dir| dir.is_absolute()).collect();
    which::which_in("git", std::env::join_paths(dirs).ok(), "/").ok()
}
