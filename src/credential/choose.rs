//! Which key is used for an account, and why.
//!
//! Candidates are put in one order; the first that fits wins. `config explain` prints the same
//! list, so it cannot tell another story.

use std::cmp::Reverse;

use super::source::{SecretSource, StoredKey};
use super::store::Stored;
use super::token_end::TokenEnd;
use crate::account::{Account, Chosen, NamedBy};
use crate::config::{Located, Origin, Scope};
use crate::error::{Error, Kind};
use crate::escape;
use crate::secret::Secret;

/// The keys that this run was given outside the stores.
#[derive(Clone, Debug, Default)]
pub struct Offered {
    /// `-c apikey=default_public`.
    pub public: Option<Origin>,
    /// The key in the credentials file that names the account.
    pub file: Option<Located<Secret>>,
    /// `CARTO_API_KEY` or what `CARTO_API_KEY_FILE` holds.
    pub environment: Option<Located<Secret>>,
    /// The account that the environment's key belongs to.
    pub owner: Option<Account>,
}

/// One key that was looked at.
#[derive(Clone, Debug)]
pub struct KeyCandidate {
    /// The rank of its place; built in for CARTO's public key.
    pub scope: Scope,
    /// Its place.
    pub origin: Origin,
    /// The account it belongs to; none for an unbound or public key.
    pub owner: Option<Account>,
    /// The profile it is marked with.
    pub profile: Option<String>,
    /// What became of it.
    pub verdict: Verdict,
    /// The key, or where it is fetched from.
    key: StoredKey,
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is used.
    Wins,
    /// It fits, and an earlier one is used.
    Beaten,
    /// It fits as well as another one of the same rank.
    Ambiguous,
    /// It belongs to another account.
    OtherAccount,
    /// It was offered to this run and nothing says whose it is.
    Ownerless,
    /// It was stored and belongs to no account yet.
    Unbound,
    /// It is for another profile of the account, and a better one fits.
    OtherProfile,
    /// CARTO's public key stands back where a key was offered that does not fit.
    Downgrade,
}

impl Verdict {
    /// Returns the rule in words.
    pub fn rule(self) -> &'static str {
        match self {
            Verdict::Wins => "is used",
            Verdict::Beaten => "beaten: a key of higher rank fits",
            Verdict::Ambiguous => "not used: several keys of the account fit equally",
            Verdict::OtherAccount => "not used: it belongs to another account",
            Verdict::Ownerless => "not used: nothing says which account it belongs to",
            Verdict::Unbound => "not used: it was stored before any account was named",
            Verdict::OtherProfile => "beaten: it is marked for a profile that is not selected",
            Verdict::Downgrade => "not used: a key was offered that does not fit",
        }
    }
}

/// The key for an account, with its place. It may have to be fetched yet: [`Picked::fetch`] alone
/// gives the key itself, so whatever only tells of a key runs no program for it.
#[derive(Clone, Debug)]
pub struct Picked {
    /// The key, or where it is fetched from.
    pub key: StoredKey,
    /// The account that it is for.
    pub account: Account,
    /// Where it came from.
    pub scope: Scope,
    /// Where exactly.
    pub origin: Origin,
}

/// Why an account has no usable key.
#[derive(Clone, Debug)]
pub enum KeyRefusal {
    /// Several keys fit equally: their places, and the profiles that they are marked for.
    Ambiguous { account: Account, keys: Vec<(Origin, Option<String>)> },
    /// A key was offered for another account, or for none.
    NotOffered { account: Account, offered: Vec<(Origin, Option<Account>)> },
}

/// Every key that was looked at, in order, and what came of it.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The candidates; at most one of them wins.
    pub candidates: Vec<KeyCandidate>,
    account: Account,
}

impl Choice {
    /// Returns the key that is used.
    pub fn picked(&self) -> Result<Picked, KeyRefusal> {
        let with = |verdict| self.candidates.iter().filter(move |c| c.verdict == verdict);
        if let Some(winner) = with(Verdict::Wins).next() {
            return Ok(Picked {
                key: winner.key.clone(),
                account: self.account.clone(),
                scope: winner.scope,
                origin: winner.origin.clone(),
            });
        }
        let account = self.account.clone();
        let ambiguous = with(Verdict::Ambiguous);
        let keys: Vec<_> = ambiguous.map(|c| (c.origin.clone(), c.profile.clone())).collect();
        if !keys.is_empty() {
            return Err(KeyRefusal::Ambiguous { account, keys });
        }
        let offered = self.unfit().map(|c| (c.origin.clone(), c.owner.clone())).collect();
        Err(KeyRefusal::NotOffered { account, offered })
    }

    /// Returns the keys that were offered to this run and do not fit.
    pub fn unfit(&self) -> impl Iterator<Item = &KeyCandidate> {
        self.candidates.iter().filter(|candidate| candidate.is_unfit())
    }
}

impl KeyCandidate {
    fn new(key: &Located<Secret>, owner: Option<Account>, verdict: Verdict) -> Self {
        KeyCandidate {
            scope: key.scope,
            origin: key.origin.clone(),
            owner,
            profile: None,
            verdict,
            key: StoredKey::Literal(key.value.clone()),
        }
    }

    /// Returns where the key is fetched from, where it is not stored itself.
    pub fn source(&self) -> Option<&SecretSource> {
        self.key.source()
    }

    /// Returns when it ends, where it says so itself.
    pub fn end(&self) -> Option<TokenEnd> {
        self.key.literal().and_then(TokenEnd::of)
    }

    /// Whether it was offered to this run and does not fit. A stored key of another account was
    /// not: it waits for that account.
    fn is_unfit(&self) -> bool {
        match self.verdict {
            Verdict::Ownerless | Verdict::Unbound => true,
            Verdict::OtherAccount => self.scope == Scope::Env,
            Verdict::Wins
            | Verdict::Beaten
            | Verdict::Ambiguous
            | Verdict::OtherProfile
            | Verdict::Downgrade => false,
        }
    }
}

/// Chooses as [`choose`] does, without the stored keys of other accounts among the candidates: they
/// never win, there can be thousands, and only whoever lists the candidates shows them.
pub fn choose_unlisted(chosen: &Chosen, offered: &Offered, stored: &[Stored]) -> Choice {
    let may_count = |entry: &&Stored| entry.account.as_ref().is_none_or(|a| *a == chosen.account);
    choose(chosen, offered, stored.iter().filter(may_count))
}

/// Looks at every key for the chosen account.
pub fn choose<'a>(
    chosen: &Chosen,
    offered: &Offered,
    stored: impl IntoIterator<Item = &'a Stored>,
) -> Choice {
    let mut candidates = given(chosen, offered);
    candidates.extend(from_stores(chosen, stored));
    settle(&mut candidates);
    let found = candidates.iter().any(|c| matches!(c.verdict, Verdict::Wins | Verdict::Ambiguous));
    let public = if found {
        Verdict::Beaten
    } else if candidates.iter().any(KeyCandidate::is_unfit) {
        Verdict::Downgrade
    } else {
        Verdict::Wins
    };
    let key = Located::new(Secret::default_public(), Scope::Default, Origin::BuiltIn);
    candidates.push(KeyCandidate::new(&key, None, public));
    Choice { candidates, account: chosen.account.clone() }
}

/// Lists the keys given outside the stores, the strongest first.
fn given(chosen: &Chosen, offered: &Offered) -> Vec<KeyCandidate> {
    let account = &chosen.account;
    let public = offered.public.as_ref().map(|origin| {
        let key = Located::new(Secret::default_public(), Scope::Command, origin.clone());
        KeyCandidate::new(&key, None, Verdict::Beaten)
    });
    let file = offered.file.as_ref().filter(|_| chosen.named_by == NamedBy::File);
    let file = file.map(|key| KeyCandidate::new(key, Some(account.clone()), Verdict::Beaten));
    let environment = offered.environment.as_ref().map(|key| {
        let verdict = match &offered.owner {
            _ if key.value.is_default_public() => Verdict::Beaten,
            Some(owner) if owner == account => Verdict::Beaten,
            Some(_) => Verdict::OtherAccount,
            None => Verdict::Ownerless,
        };
        KeyCandidate::new(key, offered.owner.clone(), verdict)
    });
    public.into_iter().chain(ordered(file, environment)).collect()
}

/// Puts the key of a credentials file and the environment's in order. Of two in the environment
/// neither is the better one, but CARTO's public key beats any other that it stands beside.
fn ordered(
    file: Option<KeyCandidate>,
    environment: Option<KeyCandidate>,
) -> impl Iterator<Item = KeyCandidate> {
    let pair = match (file, environment) {
        (Some(mut file), Some(mut other))
            if file.scope == other.scope && other.verdict == Verdict::Beaten =>
        {
            if other.key.is_default_public() {
                [Some(other), Some(file)]
            } else {
                if !file.key.same_as(&other.key) {
                    file.verdict = Verdict::Ambiguous;
                    other.verdict = Verdict::Ambiguous;
                }
                [Some(file), Some(other)]
            }
        }
        (file, environment) => [file, environment],
    };
    pair.into_iter().flatten()
}

/// How a stored key of the account fits, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It is marked with the selected profile.
    Selected,
    /// It is not marked.
    Unmarked,
    /// It is marked with another profile.
    Marked,
}

impl Fit {
    fn of(entry: &Stored, selected: Option<&str>) -> Self {
        match entry.profile.as_deref() {
            None => Fit::Unmarked,
            marked if marked == selected => Fit::Selected,
            Some(_) => Fit::Marked,
        }
    }
}

/// Lists the stored keys: those of the account in order of rank, then the others.
fn from_stores<'a>(
    chosen: &Chosen,
    stored: impl IntoIterator<Item = &'a Stored>,
) -> Vec<KeyCandidate> {
    let selected = chosen.profile();
    // A higher scope does not make one of several marked keys the right one.
    let rank = |entry: &Stored| match Fit::of(entry, selected) {
        Fit::Marked => (Fit::Marked, Reverse(Scope::Default)),
        fit => (fit, Reverse(entry.scope)),
    };
    let (mut fitting, others): (Vec<&Stored>, Vec<&Stored>) =
        stored.into_iter().partition(|entry| entry.account.as_ref() == Some(&chosen.account));
    fitting.sort_by_key(|entry| (rank(entry), Reverse(entry.scope), entry.index));
    let best = fitting.first().map(|entry| rank(entry));
    let several = fitting.iter().filter(|entry| Some(rank(entry)) == best).count() > 1;
    let verdict = |entry: &Stored| {
        if Some(rank(entry)) != best {
            match Fit::of(entry, selected) {
                Fit::Marked => Verdict::OtherProfile,
                Fit::Selected | Fit::Unmarked => Verdict::Beaten,
            }
        } else if several {
            Verdict::Ambiguous
        } else {
            Verdict::Beaten
        }
    };
    let fitting = fitting.into_iter().map(|entry| stored_candidate(entry, verdict(entry)));
    let others = others.into_iter().map(|entry| {
        let bound = entry.account.is_some();
        stored_candidate(entry, if bound { Verdict::OtherAccount } else { Verdict::Unbound })
    });
    fitting.chain(others).collect()
}

fn stored_candidate(entry: &Stored, verdict: Verdict) -> KeyCandidate {
    KeyCandidate {
        scope: entry.scope,
        origin: entry.origin.clone(),
        owner: entry.account.clone(),
        profile: entry.profile.clone(),
        verdict,
        key: entry.key.clone(),
    }
}

/// Lets the first key that fits win, and lays aside a tie among weaker ones.
fn settle(candidates: &mut [KeyCandidate]) {
    let fits = |c: &&mut KeyCandidate| matches!(c.verdict, Verdict::Beaten | Verdict::Ambiguous);
    let mut fitting = candidates.iter_mut().filter(fits);
    let Some(first) = fitting.next() else { return };
    if first.verdict == Verdict::Ambiguous {
        return;
    }
    first.verdict = Verdict::Wins;
    for weaker in fitting {
        weaker.verdict = Verdict::Beaten;
    }
}

impl From<KeyRefusal> for Error {
    fn from(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::Ambiguous { account, keys } => ambiguous(&account, &keys),
            KeyRefusal::NotOffered { account, offered } => not_offered(&account, &offered),
        }
    }
}

/// Says which keys fit equally, what they are marked for, and how to choose one.
fn ambiguous(account: &Account, keys: &[(Origin, Option<String>)]) -> Error {
    let mut error = Error::new(Kind::Refused, format!("several keys of {account} fit equally"));
    let marks = keys.iter().filter_map(|(_, mark)| mark.as_deref());
    error = keys.iter().map(|(origin, _)| origin).fold(error, Error::at);
    let marks: Vec<&str> = marks.collect();
    if !marks.is_empty() {
        error = error.note(format!("they are marked for profiles: {}", escape::few(marks)));
    }
    if let Some((origin, _)) = keys.iter().find(|(origin, _)| matches!(origin, Origin::Variable(_)))
    {
        return error.help(format!("unset {origin}     # or the other variable"));
    }
    error.help(format!("carto login {}     # stores the key that is used", account.base_url()))
}

fn not_offered(account: &Account, offered: &[(Origin, Option<Account>)]) -> Error {
    let mut error = Error::new(Kind::Refused, format!("there is no key for {account}"));
    for (origin, owner) in offered {
        error = match owner {
            Some(owner) => error.note(format!("{origin} belongs to {owner} and is not used")),
            None => error.note(format!("{origin} is not used: nothing says whose key it is")),
        };
    }
    error = error.help(format!("carto login {}", account.base_url()));
    if offered.iter().any(|(origin, _)| matches!(origin, Origin::Variable(_))) {
        let variables = variables_for(account);
        error = error.help(format!("or say that the key in the environment is its: {variables}"));
    }
    error.help("or ask for public data only: CARTO_API_KEY=default_public")
}

/// Returns the variables that name an account beside `CARTO_API_KEY`.
pub fn variables_for(account: &Account) -> String {
    let url = format!("CARTO_BASE_URL={}", account.base_url());
    match account.username() {
        Some(name) if account.base_url().is_carto_cloud() => format!("CARTO_USERNAME={name}"),
        Some(name) => format!("CARTO_USERNAME={name} {url}"),
        None => url,
    }
}
