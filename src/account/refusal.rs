//! Why a named account cannot be used, as fields; and the words for it.

use std::path::Path;

use super::identity::Account;
use super::project_facts::ProjectFacts;
use crate::base_url::BaseUrl;
use crate::config::{Located, Origin, Scope};
use crate::error::{Error, Kind, shell_word};
use crate::escape;
use crate::near;
use crate::toml::dotted;
use crate::username::Username;

/// Why a named account cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An entry without user name and base URL was asked for its account.
    NoAccount,
    /// Two different accounts within environment or command line.
    Contradiction { scope: Scope, one: Box<(Account, Origin)>, other: Box<(Account, Origin)> },
    /// User name and base URL of one entry name different users.
    Mismatch { given: Box<(Username, Origin)>, in_url: Box<(Username, Origin)> },
    /// A name alone, where an installation of one's own is set below.
    NeedsBaseUrl { name: Box<Located<Username>>, literal: Box<Located<BaseUrl>> },
    /// The name does not fit into the pattern.
    BadFill {
        name: Box<Located<Username>>,
        pattern: String,
        pattern_origin: Origin,
        reason: String,
    },
    /// The selected profile is defined nowhere; an untrusted project may have selected it.
    UnknownProfile { name: String, origin: Origin, known: Vec<String>, by_untrusted: bool },
    /// The profile has neither user name nor base URL.
    EmptyProfile { name: String, origin: Origin },
    /// The credentials file names no account.
    EmptyFile { origin: Origin },
    /// `http://` without permission.
    NonSecure { account: Box<Account>, origin: Origin, scope: Scope, pattern: Option<Origin> },
    /// An untrusted project names an account the user does not have.
    Unknown {
        wanted: Box<Account>,
        origin: Origin,
        /// The pattern that the name went into.
        pattern: Option<Origin>,
        nearest: Option<Box<(Account, Difference)>>,
        project: ProjectFacts,
    },
    /// An untrusted project selects an account that is marked `protected`.
    Protected { account: Box<Account>, origin: Origin },
    /// The project cannot be judged: somebody else can change it.
    Foreign { root: String, reason: String },
}

/// The first part in which two accounts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// `https` and `http`.
    Scheme,
    /// The host.
    Host,
    /// The port.
    Port,
    /// The path.
    Path,
    /// The user name.
    Username,
}

impl Difference {
    fn word(self) -> &'static str {
        match self {
            Difference::Scheme => "scheme",
            Difference::Host => "host",
            Difference::Port => "port",
            Difference::Path => "path",
            Difference::Username => "user name",
        }
    }
}

impl Refusal {
    /// Makes the refusal of an account nobody has, with the nearest that somebody does.
    pub(super) fn unknown_account(
        wanted: Account,
        (origin, pattern): (Origin, Option<Origin>),
        known: Vec<Account>,
        project: ProjectFacts,
    ) -> Self {
        let shown = wanted.to_string();
        let nearest = near::closest(&shown, known).map(|account| {
            let difference = difference(&wanted, &account);
            Box::new((account, difference))
        });
        Refusal::Unknown { wanted: Box::new(wanted), origin, pattern, nearest, project }
    }
}

fn difference(one: &Account, other: &Account) -> Difference {
    let (a, b) = (one.base_url(), other.base_url());
    if a.host() != b.host() {
        Difference::Host
    } else if a.scheme() != b.scheme() {
        Difference::Scheme
    } else if a.port() != b.port() {
        Difference::Port
    } else if a.path() != b.path() {
        Difference::Path
    } else {
        Difference::Username
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoAccount => no_account(),
            Refusal::Contradiction { scope, one, other } => contradiction(scope, &one, &other),
            Refusal::Mismatch { given, in_url } => refused(format!(
                "the user name is `{}`, its base URL names `{}`",
                given.0, in_url.0
            ))
            .at(given.1)
            .at(in_url.1)
            .help("correct one of the two, or remove the user name"),
            Refusal::NeedsBaseUrl { name, literal } => needs_base_url(&name, &literal),
            Refusal::BadFill { name, pattern, pattern_origin, reason } => refused(format!(
                "the user name `{}` does not fit into `{pattern}`: {reason}",
                name.value
            ))
            .at(pattern_origin)
            .at(&name.origin)
            .help("set `base_url` beside the user name"),
            Refusal::UnknownProfile { name, origin, known, by_untrusted } => {
                let error = unknown_profile(&name, &origin, &known);
                if by_untrusted { about_project(error) } else { error }
            }
            Refusal::EmptyProfile { name, origin } => empty_profile(&name, &origin),
            Refusal::EmptyFile { origin } => refused("the credentials file names no account")
                .at(origin)
                .help("it needs a user name or a base URL"),
            Refusal::NonSecure { account, origin, scope, pattern } => {
                non_secure(&account, &origin, scope, pattern.as_ref())
            }
            Refusal::Unknown { wanted, origin, pattern, nearest, project } => {
                unknown(&wanted, pattern.iter().chain([&origin]), nearest.as_deref(), &project)
            }
            Refusal::Protected { account, origin } => {
                let what = format!("an untrusted project selects a protected account: {account}");
                about_project(refused(what).at(origin))
                    .help("carto --profile NAME ...    # says which account you mean")
            }
            Refusal::Foreign { root, reason } => {
                let error = refused("the project's settings are not safe to use")
                    .note(reason)
                    .note(format!("project: {}", escape::line(&root)));
                about_project(error)
                    .help("carto --profile NAME ...    # says which account you mean")
            }
        }
    }
}

fn empty_profile(name: &str, origin: &Origin) -> Error {
    let setting = dotted(["profiles", name, "username"]);
    refused(format!("the profile `{}` names no account", escape::line(name)))
        .at(origin)
        .help(format!("carto config set {} NAME", escape::line(&setting)))
}

fn refused(what: impl Into<String>) -> Error {
    Error::new(Kind::Refused, what)
}

/// Adds what can be done about a project that stops the run.
fn about_project(error: Error) -> Error {
    error
        .help("carto trust                 # shows the project's settings and asks")
        .help("carto --no-project ...      # leaves the project out")
}

/// The error of a command that needs an account where nobody names one.
pub(super) fn no_account() -> Error {
    refused("no account is named anywhere")
        .help("carto login URL                      # for example https://NAME.carto.com")
        .help("carto credentials import             # imports CARTOframes' file")
}

fn contradiction(scope: Scope, one: &(Account, Origin), other: &(Account, Origin)) -> Error {
    let place = match scope {
        Scope::Command => "the command line",
        _ => "the environment",
    };
    refused(format!("{place} names two accounts: {} and {}", one.0, other.0))
        .at(&one.1)
        .at(&other.1)
        .help("remove one of the two")
}

fn needs_base_url(name: &Located<Username>, literal: &Located<BaseUrl>) -> Error {
    refused(format!(
        "a user name alone does not say where `{}` is: {} is set below it",
        name.value, literal.value
    ))
    .at(&name.origin)
    .at(&literal.origin)
    .help("set `base_url` beside the user name")
    .help("or set a pattern once: carto config set base_url 'https://HOST/user/{username}'")
}

fn unknown_profile(name: &str, origin: &Origin, known: &[String]) -> Error {
    no_such_profile(name, known)
        .at(origin)
        .help(format!("carto login URL --profile {}", shell_word(Path::new(name))))
}

/// Says that there is no profile of a name, and which one was probably meant.
pub fn no_such_profile(name: &str, known: &[String]) -> Error {
    let shown = escape::line(name).into_owned();
    let mut error = refused(format!("no profile is called `{shown}`"));
    if let Some(near) = near::near(name, known.iter().map(String::as_str)).first() {
        error = error.help(format!("did you mean `{}`?", escape::line(near)));
    }
    if !known.is_empty() {
        error = error.help("carto profile list");
    }
    error
}

fn non_secure(account: &Account, origin: &Origin, scope: Scope, pattern: Option<&Origin>) -> Error {
    let error = refused(format!("the key of {account} would travel unencrypted"));
    if let Some(pattern) = pattern {
        // The name says nothing of `http`: what made the URL of it does.
        return error
            .at(pattern)
            .at(origin)
            .help("use https in the pattern, or set `allow_non_secure = true` beside it");
    }
    let error = error.at(origin);
    if let Origin::WholeFile(_) = origin {
        return error.help("the file has to permit it: \"allow_non_secure\": true");
    }
    match scope {
        Scope::Env => error.help("use https, or set CARTO_ALLOW_NON_SECURE=1 beside it"),
        Scope::Command => error.help("use https, or add -c allow_non_secure=true"),
        Scope::Project => error.help(
            "use https, or permit it where you name this account: \
             `allow_non_secure = true` beside its base URL",
        ),
        _ => error.help("use https, or set `allow_non_secure = true` beside the base URL"),
    }
}

fn unknown<'a>(
    wanted: &Account,
    places: impl Iterator<Item = &'a Origin>,
    nearest: Option<&(Account, Difference)>,
    project: &ProjectFacts,
) -> Error {
    let what = format!("this project names an account that you do not have: {wanted}");
    let mut error = places.fold(refused(what), Error::at);
    match nearest {
        Some((account, difference)) => {
            error = error
                .note(format!("the nearest you have: {account} (another {})", difference.word()));
        }
        None => error = error.note("you have no account yet"),
    }
    if wanted.base_url().has_punycode() {
        error = error.note("the host has an `xn--` label: it may look like another one");
    }
    if project.changed {
        error = error.note("the project's settings changed since you trusted them");
    }
    error
        .help("carto trust                 # shows the project's settings and asks")
        .help(format!("carto login {:<17} # when the account is yours", wanted.base_url()))
        .help("carto --no-project ...      # leaves the project out")
}
