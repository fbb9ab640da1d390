//! Keys in the credential helpers that the user has set up for git, and so in the platform's
//! keychain.
//!
//! # Why
//! git is asked from `/` and without `GIT_*`, so that the user's own settings answer: a clone's
//! `.git/config` can name a helper too. Nobody is asked for a password, as git would do where no
//! helper has one. Keys go through pipes, never through arguments. The path of a base URL counts:
//! git leaves it out otherwise, and two accounts of one host would share a key.

use std::ffi::OsStr;

use super::fetch::{Surroundings, gives_none, prepared, until_it_ends, waiting};
use super::source::SecretSource;
use crate::account::Account;
use crate::child_process::{Input, ProgramEnd, fault, run, with_said};
use crate::error::{Error, Kind, io_reason};
use crate::foreign::git;
use crate::secret::Secret;

/// The source that stands for it.
const SOURCE: SecretSource = SecretSource::GitCredential;
/// What git is told besides: the path counts, and helpers do not ask for what they do not have.
const SETTINGS: [&str; 8] = [
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "credential.useHttpPath=true",
    "-c",
    "credential.interactive=false",
];

/// git's credential helpers, asked about one account.
#[derive(Debug)]
pub struct GitStore<'a> {
    account: &'a Account,
    name: &'a str,
    program: std::path::PathBuf,
    around: &'a Surroundings<'a>,
}

/// What git is asked to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GitAction {
    Fill,
    Approve,
    Reject,
}

impl GitAction {
    fn word(self) -> &'static str {
        match self {
            GitAction::Fill => "fill",
            GitAction::Approve => "approve",
            GitAction::Reject => "reject",
        }
    }
}

impl<'a> GitStore<'a> {
    /// Makes ready to ask about an account.
    ///
    /// # Errors
    /// An account without a user name, which helpers cannot tell from others; no git.
    pub fn open(account: Option<&'a Account>, around: &'a Surroundings<'a>) -> Result<Self, Error> {
        let Some((account, name)) =
            account.and_then(|account| Some((account, account.username()?.as_str())))
        else {
            return Err(gives_none(
                &SOURCE,
                "they tell accounts by the user name, and this has none",
            )
            .help("carto login URL --username NAME --store git"));
        };
        let Some(program) = git::program(around.env) else {
            return Err(gives_none(&SOURCE, "there is no git on PATH"));
        };
        Ok(GitStore { account, name, program, around })
    }

    /// Returns the key that the helpers keep.
    ///
    /// # Errors
    /// They keep none, fail, or answer for somebody else.
    pub fn fetch(&self) -> Result<Secret, Error> {
        let ended = self.run(GitAction::Fill, None)?;
        if let Some(why) = fault(&ended) {
            let error = gives_none(&SOURCE, format!("git says that they keep none ({why})"));
            return Err(said(error, &ended, None)
                .help(format!("carto login {} --store git", self.account.base_url())));
        }
        self.password(&ended.stdout).map_err(|why| said(gives_none(&SOURCE, why), &ended, None))
    }

    /// Hands a key over, and looks whether a helper kept it: git is content without any.
    ///
    /// # Errors
    /// No helper kept it.
    pub fn keep(&self, key: &Secret) -> Result<(), Error> {
        let ended = self.run(GitAction::Approve, Some(key))?;
        let failed = |what: &str| Error::new(Kind::Write, what);
        if let Some(why) = fault(&ended) {
            let error = failed("git could not hand the key to its credential helpers").note(why);
            return Err(said(error, &ended, Some(key)));
        }
        match self.fetch() {
            Ok(kept) if kept.same_as(key) => Ok(()),
            Ok(_) => Err(failed("git's credential helpers answer with another key than this one")
                .note("one of them keeps a key of the account and does not take another")
                .help("see which there are: git config --show-origin --get-all credential.helper")),
            Err(error) => {
                let mut failed = said(
                    failed("git has no credential helper that kept the key"),
                    &ended,
                    Some(key),
                );
                failed.notes.extend(error.notes);
                Err(failed
                    .help(format!("git config --global credential.helper {}", usual_helper()))
                    .help("or keep it in carto's own file: --store file"))
            }
        }
    }

    /// Has the key of the account forgotten, and looks whether it is.
    ///
    /// # Errors
    /// git fails, or a helper still has a key.
    pub fn erase(&self) -> Result<(), Error> {
        // Helpers that compare it leave what belongs to others: a request without a path matches
        // every path.
        let key = self.fetch().ok();
        let ended = self.run(GitAction::Reject, key.as_ref())?;
        let failed = |what: &str| Error::new(Kind::Write, what);
        if let Some(why) = fault(&ended) {
            let error =
                failed("git could not have its credential helpers forget the key").note(why);
            return Err(said(error, &ended, key.as_ref()));
        }
        let again = self.fetch().ok();
        if again.is_some_and(|again| key.is_none_or(|key| key.same_as(&again))) {
            return Err(failed("one of git's credential helpers did not forget the key").help(
                "see which there are: git config --show-origin --get-all credential.helper",
            ));
        }
        Ok(())
    }

    fn run(&self, act: GitAction, key: Option<&Secret>) -> Result<ProgramEnd, Error> {
        let mut git = prepared(&self.program, self.around);
        git.args(SETTINGS).args(["credential", act.word()]);
        // An empty name of a program to ask with is one that is not run, and hides any other.
        git.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "").env("SSH_ASKPASS", "");
        git.env(OsStr::new("GCM_INTERACTIVE"), "never");
        // Its words are looked through: see `said`.
        git.env("LC_ALL", "C").env_remove("LANGUAGE");
        let mut request = self.request();
        if let Some(key) = key {
            request += &format!("password={}\n", key.expose());
        }
        request.push('\n');
        run(git, Input::Text(&request), until_it_ends(&|| waiting(&SOURCE, self.around)))
            .map_err(|error| gives_none(&SOURCE, format!("git cannot run: {}", io_reason(&error))))
    }

    /// Describes the account as git does.
    fn request(&self) -> String {
        let url = self.account.base_url();
        let mut request = format!("protocol={}\nhost={}\n", url.scheme().as_str(), self.host());
        if let Some(path) = self.path() {
            request += &format!("path={path}\n");
        }
        request + &format!("username={}\n", self.name)
    }

    fn host(&self) -> String {
        let url = self.account.base_url();
        match url.port() {
            None => url.host().to_owned(),
            Some(port) => format!("{}:{port}", url.host()),
        }
    }

    fn path(&self) -> Option<&str> {
        self.account.base_url().path().strip_prefix('/')
    }

    /// Takes the key out of an answer, which has to be about this account.
    fn password(&self, answer: &[u8]) -> Result<Secret, String> {
        let text = std::str::from_utf8(answer)
            .map_err(|_| "the answer has a character that is not printable ASCII".to_owned())?;
        let host = self.host();
        let mut password = None;
        let mut fields = std::collections::BTreeSet::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (field, value) = line.split_once('=').ok_or("the answer is no answer of git")?;
            let expected = match field {
                "protocol" => Some(self.account.base_url().scheme().as_str()),
                "host" => Some(host.as_str()),
                "path" => Some(self.path().unwrap_or_default()),
                "username" => Some(self.name),
                "password" => None,
                _ => continue,
            };
            if expected.is_some_and(|expected| expected != value) {
                return Err(format!("they answer for another account (`{field}` differs)"));
            }
            if !fields.insert(field) {
                return Err(format!("they answer twice (`{field}`)"));
            }
            if field == "password" {
                password = Some(Secret::new(value).map_err(|error| error.to_string())?);
            }
        }
        let wanted =
            ["protocol", "host", "username"].into_iter().chain(self.path().map(|_| "path"));
        if let Some(missing) = wanted.into_iter().find(|field| !fields.contains(field)) {
            return Err(format!("they do not say whose key they give (no `{missing}`)"));
        }
        password.ok_or_else(|| "they keep none".to_owned())
    }
}

/// Adds what git said, with a mask for every key that went to it or came from it.
fn said(error: Error, ended: &ProgramEnd, key: Option<&Secret>) -> Error {
    let answer = String::from_utf8_lossy(&ended.stdout).into_owned();
    // git quotes lines of an answer that it does not understand.
    let quoted = |line: &str| match line.split_once("invalid credential line") {
        Some((before, _)) => format!("{before}invalid credential line\n"),
        None => format!("{line}\n"),
    };
    let text = String::from_utf8_lossy(&ended.stderr);
    let text: String = text.lines().map(quoted).collect();
    // Names and hosts may be shown; a helper may have put the key into any other field.
    let shown = ["protocol", "host", "path", "username"];
    let values = answer.lines().filter_map(|line| {
        let (field, value) = line.split_once('=').unwrap_or(("", line));
        (!shown.contains(&field)).then_some(value)
    });
    with_said(error, &text, values.chain(key.map(Secret::expose)))
}

/// Returns the helper that comes with git on this platform.
fn usual_helper() -> &'static str {
    if cfg!(target_os = "macos") {
        "osxkeychain"
    } else if cfg!(windows) {
        "manager"
    } else {
        "libsecret     # or: cache, store"
    }
}
