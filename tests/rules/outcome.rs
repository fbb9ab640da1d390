//! A decision as one line of text, and what must hold of every decision.

use carto::account::{Account, Chosen, Decision, Difference, NamedBy, Outcome, Refusal};
use carto::base_url::NameFrom;
use carto::config::Scope;
use carto::credential::{Choice, KeyRefusal, Picked, Verdict, choose, choose_unlisted};
use carto::error::{Error, Kind};
use carto::secret::Secret;

use crate::dsl::{Case, SHORT, read};

/// Returns what comes of a line: `ACCOUNT by SCOPE, KEY`, or the refusal.
///
/// Behind the scope, where it applies: `?` when an untrusted project has a part in it, `:PROFILE`
/// or `:file`, the scope of the pattern, the organization and its scope, `over http`, `default`.
pub(crate) fn outcome(line: &str) -> String {
    let text = match read(line) {
        Err(error) => format!("error: {}", error.what),
        Ok(case) => {
            check(&case);
            match case.world.resolve() {
                Decision::None => "none".to_owned(),
                Decision::Refused(refusal) => format!("refused: {}", refused(&refusal)),
                Decision::Chosen(chosen) => {
                    let choice = choose(&chosen, &case.offered, &case.stored);
                    format!("{}, {}", account_line(&chosen), key_line(&choice))
                }
            }
        }
    };
    SHORT.iter().fold(text, |text, (short, long)| text.replace(long, short))
}

/// `john` at its own URL of the cloud, `URL` when it names the user, `NAME@URL` else.
pub(crate) fn short(account: &Account) -> String {
    let url = account.base_url();
    let implied = url.implied_username();
    match (account.username(), implied) {
        (Some(name), Some(implied)) if implied.from == NameFrom::Host && url.is_carto_cloud() => {
            assert_eq!(*name, implied.name);
            name.to_string()
        }
        (Some(name), Some(implied)) if *name == implied.name => url.to_string(),
        (Some(name), _) => format!("{name}@{url}"),
        (None, _) => format!("nobody@{url}"),
    }
}

fn account_line(chosen: &Chosen) -> String {
    let mut line = format!("{} by {}", short(&chosen.account), chosen.scope);
    if chosen.by_untrusted {
        line += "?";
    }
    match &chosen.named_by {
        NamedBy::Bare => {}
        NamedBy::Profile { name, .. } => line += &format!(":{name}"),
        NamedBy::File => line += ":file",
    }
    if let Some(pattern) = chosen.pattern.as_ref().filter(|at| at.scope != Scope::Default) {
        line += &format!(" in {} pattern", pattern.scope);
    }
    if let Some(organization) = &chosen.organization {
        line += &format!(" org {} of {}", organization.value, organization.scope);
    }
    if chosen.non_secure {
        line += " over http";
    }
    if chosen.by_untrusted && chosen.is_default {
        line += " default";
    }
    line
}

fn key_line(choice: &Choice) -> String {
    let mut unfit = String::new();
    for key in choice.unfit() {
        let owner = key.owner.as_ref().map_or_else(|| "nobody".to_owned(), short);
        unfit += &format!("; not the {} key of {owner}", key.scope);
    }
    match choice.picked() {
        Ok(Picked { scope: Scope::Default, .. }) => format!("public{unfit}"),
        Ok(key) => format!(
            "{} of {}{unfit}",
            key.key.literal().map_or("a source", Secret::expose),
            key.scope
        ),
        Err(KeyRefusal::Ambiguous { keys, .. }) => {
            let origins: Vec<_> = keys.iter().map(|(origin, _)| origin.to_string()).collect();
            let files: Vec<_> =
                origins.iter().map(|at| at.split(['-', ':']).next().unwrap()).collect();
            format!("no key: several at {}", files.join(" "))
        }
        Err(KeyRefusal::NotOffered { .. }) => format!("no key{unfit}"),
    }
}

fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoAccount => "no account".to_owned(),
        Refusal::Contradiction { scope, one, other } => {
            format!("{scope} names {} and {}", short(&one.0), short(&other.0))
        }
        Refusal::Mismatch { given, in_url } => format!("{} is not {}", given.0, in_url.0),
        Refusal::NeedsBaseUrl { name, literal } => {
            format!("{} of {} needs a URL, {} has one", name.value, name.scope, literal.scope)
        }
        Refusal::BadFill { name, pattern, .. } => format!("{} not in {pattern}", name.value),
        Refusal::UnknownProfile { name, known, .. } => {
            format!("no profile {name} among [{}]", known.join(" "))
        }
        Refusal::EmptyProfile { name, .. } => format!("empty profile {name}"),
        Refusal::EmptyFile { .. } => "empty file".to_owned(),
        Refusal::NonSecure { account, scope, .. } => {
            format!("{} in clear by {scope}", short(account))
        }
        Refusal::Unknown { wanted, nearest, project, .. } => {
            let near = nearest.as_ref().map_or_else(String::new, |near| {
                format!(", near {} but {}", short(&near.0), difference(near.1))
            });
            let changed = if project.changed { ", changed" } else { "" };
            format!("unknown {}{near}{changed}", short(wanted))
        }
        Refusal::Protected { account, .. } => format!("protected {}", short(account)),
        Refusal::Foreign { .. } => "foreign".to_owned(),
    }
}

fn difference(difference: Difference) -> &'static str {
    match difference {
        Difference::Scheme => "scheme",
        Difference::Host => "host",
        Difference::Port => "port",
        Difference::Path => "path",
        Difference::Username => "name",
    }
}

/// Checks what holds in every world: explanation and decision agree, no key meets an account that
/// it does not belong to, every error tells place and help.
pub(crate) fn check(case: &Case) {
    explanation_agrees(case);
    match case.world.resolve() {
        Decision::None => {}
        Decision::Refused(refusal) => speaks(*refusal),
        Decision::Chosen(chosen) => {
            let choice = choose(&chosen, &case.offered, &case.stored);
            key_agrees(&chosen, &choice, case);
            let unlisted = choose_unlisted(&chosen, &case.offered, &case.stored);
            assert_eq!(key_line(&unlisted), key_line(&choice), "{:#?}", case.stored);
            if let Err(refusal) = choice.picked() {
                speaks(refusal);
            }
        }
    }
}

fn explanation_agrees(case: &Case) {
    let decision = case.world.resolve();
    let candidates = case.world.candidates();
    assert!(candidates.windows(2).all(|two| two[0].scope >= two[1].scope), "{candidates:#?}");
    let mut deciding = candidates
        .iter()
        .filter(|candidate| matches!(candidate.outcome, Outcome::Wins | Outcome::Refused));
    let first = deciding.next();
    assert_eq!(deciding.next(), None, "two decide");
    assert!(candidates.iter().all(|candidate| !candidate.outcome.rule().is_empty()));
    let Some(first) = first else {
        assert_eq!(decision, Decision::None);
        assert!(candidates.is_empty());
        return;
    };
    for other in candidates.iter().filter(|other| other.scope != first.scope) {
        assert!(other.scope < first.scope, "only lower scopes lose to a scope");
        assert_eq!(other.outcome, Outcome::HigherScope(first.scope));
    }
    match decision {
        Decision::None => panic!("nobody decides, and {first:?}"),
        Decision::Chosen(chosen) => {
            assert_eq!(first.outcome, Outcome::Wins);
            assert_eq!((first.scope, &first.origin), (chosen.scope, &chosen.origin));
            assert_eq!(first.account.as_ref(), Ok(&chosen.account));
        }
        Decision::Refused(refusal) => {
            assert_eq!(first.outcome, Outcome::Refused);
            if let Err(own) = &first.account {
                assert_eq!(*own, *refusal);
            }
        }
    }
}

fn key_agrees(chosen: &Chosen, choice: &Choice, case: &Case) {
    let winners: Vec<_> =
        choice.candidates.iter().filter(|key| key.verdict == Verdict::Wins).collect();
    assert!(winners.len() <= 1, "two keys win");
    match choice.picked() {
        Err(_) => assert!(winners.is_empty(), "a key wins and none is picked"),
        Ok(picked) => {
            let [winner] = winners[..] else { panic!("a key is picked and none wins") };
            assert_eq!((picked.scope, &picked.origin), (winner.scope, &winner.origin));
            if !picked.key.is_default_public() {
                assert_eq!(winner.owner.as_ref(), Some(&chosen.account));
                assert!(belongs(&picked, chosen, case), "a key of another account");
            }
        }
    }
    let offered = usize::from(case.offered.public.is_some())
        + usize::from(case.offered.file.is_some() && chosen.named_by == NamedBy::File)
        + usize::from(case.offered.environment.is_some());
    assert_eq!(choice.candidates.len(), offered + case.stored.len() + 1, "each key is listed once");
}

/// Whether the place of a key says that it is the account's.
fn belongs(picked: &Picked, chosen: &Chosen, case: &Case) -> bool {
    let stored = case.stored.iter().any(|entry| {
        entry.origin == picked.origin && entry.account.as_ref() == Some(&chosen.account)
    });
    let environment =
        picked.scope == Scope::Env && case.offered.owner.as_ref() == Some(&chosen.account);
    stored || environment || chosen.named_by == NamedBy::File
}

fn speaks(refusal: impl Into<Error>) {
    let error: Error = refusal.into();
    assert_eq!(error.kind, Kind::Refused);
    assert!(!error.help.is_empty(), "{error:?}");
    let first = error.what.chars().next().unwrap();
    assert!(!first.is_uppercase() && !error.what.ends_with('.'), "{error:?}");
}
