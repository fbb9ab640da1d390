//! Which key is used for an account, and why.
//!
//! Candidates are put in one order; the first that fits wins. `config explain` prints the same
//! list, so it cannot tell another story.

pub mod store;
pub mod write;

use crate::account::{Account, Chosen, NamedBy};
use crate::config::{Located, Origin, Scope};
use crate::error::{Error, Kind};
use crate::secret::Secret;
use store::Stored;

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
    key: Secret,
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
    /// It belongs to no account yet.
    Unbound,
    /// It is for another profile of the account, and a better one fits.
    OtherProfile,
    /// CARTO's public key stands back where a key was offered that does not fit.
    Downgrade,
}

impl Verdict {
    /// Gives the rule in words.
    pub fn rule(self) -> &'static str {
        match self {
            Verdict::Wins => "is used",
            Verdict::Beaten => "beaten: a key of higher rank fits",
            Verdict::Ambiguous => "not used: several keys of the account fit equally",
            Verdict::OtherAccount => "not used: it belongs to another account",
            Verdict::Unbound => "not used: it was stored before any account was named",
            Verdict::OtherProfile => "beaten: it is marked for a profile that is not selected",
            Verdict::Downgrade => "not used: a key was offered that does not fit",
        }
    }
}

/// The key for an account, with its place.
#[derive(Clone, Debug)]
pub struct Picked {
    /// The key.
    pub key: Secret,
    /// Where it came from.
    pub scope: Scope,
    /// Where exactly.
    pub origin: Origin,
}

/// Why an account has no usable key.
#[derive(Clone, Debug)]
pub enum KeyRefusal {
    /// Several keys fit equally.
    Ambiguous { account: Account, origins: Vec<Origin> },
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
    /// Gives the key that is used.
    pub fn picked(&self) -> Result<Picked, KeyRefusal> {
        let with = |verdict| self.candidates.iter().filter(move |c| c.verdict == verdict);
        if let Some(winner) = with(Verdict::Wins).next() {
            return Ok(Picked {
                key: winner.key.clone(),
                scope: winner.scope,
                origin: winner.origin.clone(),
            });
        }
        let account = self.account.clone();
        let origins: Vec<_> = with(Verdict::Ambiguous).map(|c| c.origin.clone()).collect();
        if !origins.is_empty() {
            return Err(KeyRefusal::Ambiguous { account, origins });
        }
        let offered = self.unfit().map(|c| (c.origin.clone(), c.owner.clone())).collect();
        Err(KeyRefusal::NotOffered { account, offered })
    }

    /// Gives the keys that were offered to this run and do not fit.
    pub fn unfit(&self) -> impl Iterator<Item = &KeyCandidate> {
        self.candidates.iter().filter(|c| {
            c.verdict == Verdict::Unbound
                || c.verdict == Verdict::OtherAccount && c.scope == Scope::Env
        })
    }
}

/// Looks at every key for the chosen account.
pub fn choose(chosen: &Chosen, offered: &Offered, stored: &[Stored]) -> Choice {
    let mut candidates = given(chosen, offered);
    candidates.extend(from_stores(chosen, stored));
    settle(&mut candidates);
    let unfit = candidates.iter().any(|c| {
        matches!(c.verdict, Verdict::OtherAccount) && c.scope == Scope::Env
            || c.verdict == Verdict::Unbound
    });
    let found = candidates.iter().any(|c| matches!(c.verdict, Verdict::Wins | Verdict::Ambiguous));
    candidates.push(KeyCandidate {
        scope: Scope::Default,
        origin: Origin::BuiltIn,
        owner: None,
        profile: None,
        verdict: if found {
            Verdict::Beaten
        } else if unfit {
            Verdict::Downgrade
        } else {
            Verdict::Wins
        },
        key: Secret::default_public(),
    });
    Choice { candidates, account: chosen.account.clone() }
}

/// Lists the keys given outside the stores, the strongest first.
fn given(chosen: &Chosen, offered: &Offered) -> Vec<KeyCandidate> {
    let mut list = Vec::new();
    let account = &chosen.account;
    if let Some(origin) = &offered.public {
        let key = Located::new(Secret::default_public(), Scope::Command, origin.clone());
        list.push(candidate(&key, None, Verdict::Beaten));
    }
    if let Some(file) = offered.file.as_ref().filter(|_| chosen.named_by == NamedBy::File) {
        list.push(candidate(file, Some(account.clone()), Verdict::Beaten));
    }
    if let Some(key) = &offered.environment {
        let fits = key.value.is_default_public() || offered.owner.as_ref() == Some(account);
        let verdict = if fits { Verdict::Beaten } else { Verdict::OtherAccount };
        list.push(candidate(key, offered.owner.clone(), verdict));
    }
    // Two keys of the environment for one account: neither is the better one.
    if let [one, other] = list.as_mut_slice()
        && one.scope == other.scope
        && other.verdict == Verdict::Beaten
        && !one.key.same_as(&other.key)
    {
        one.verdict = Verdict::Ambiguous;
        other.verdict = Verdict::Ambiguous;
    }
    list
}

fn candidate(key: &Located<Secret>, owner: Option<Account>, verdict: Verdict) -> KeyCandidate {
    KeyCandidate {
        scope: key.scope,
        origin: key.origin.clone(),
        owner,
        profile: None,
        verdict,
        key: key.value.clone(),
    }
}

/// Lists the stored keys: those of the account in order of rank, then the others.
fn from_stores(chosen: &Chosen, stored: &[Stored]) -> Vec<KeyCandidate> {
    let selected = chosen.profile();
    let rank = |entry: &Stored| match (&entry.profile, selected) {
        _ if entry.account.as_ref() != Some(&chosen.account) => 3,
        (Some(marked), Some(selected)) if marked == selected => 0,
        (None, _) => 1,
        (Some(_), _) => 2,
    };
    let mut ordered: Vec<&Stored> = stored.iter().collect();
    ordered.sort_by_key(|entry| (rank(entry), std::cmp::Reverse(entry.scope), entry.index));
    let marked = ordered.iter().filter(|entry| rank(entry) == 2).count();
    let better = ordered.iter().any(|entry| rank(entry) < 2);
    let mut list = Vec::new();
    for (at, entry) in ordered.iter().enumerate() {
        // Two entries of one rank in one file, or several marked ones where none is selected.
        let twin = |other: &&Stored| rank(other) == rank(entry) && other.scope == entry.scope;
        let twins = ordered.iter().filter(|other| twin(other)).count() > 1;
        let topmost = ordered
            .iter()
            .take(at)
            .all(|other| rank(other) == rank(entry) && other.scope == entry.scope);
        list.push(KeyCandidate {
            scope: entry.scope,
            origin: entry.origin.clone(),
            owner: entry.account.clone(),
            profile: entry.profile.clone(),
            verdict: match rank(entry) {
                3 if entry.account.is_none() => Verdict::Unbound,
                3 => Verdict::OtherAccount,
                2 if better => Verdict::OtherProfile,
                2 if marked > 1 => Verdict::Ambiguous,
                0 | 1 if twins && topmost => Verdict::Ambiguous,
                _ => Verdict::Beaten,
            },
            key: entry.key.clone(),
        });
    }
    list
}

/// Gives the first key that fits the win; an undecided tie before it stays one.
fn settle(candidates: &mut [KeyCandidate]) {
    let first =
        candidates.iter().position(|c| matches!(c.verdict, Verdict::Beaten | Verdict::Ambiguous));
    let Some(first) = first else { return };
    let decided = candidates.get(first).is_some_and(|c| c.verdict == Verdict::Beaten);
    for (at, candidate) in candidates.iter_mut().enumerate() {
        match candidate.verdict {
            Verdict::Beaten if at == first => candidate.verdict = Verdict::Wins,
            Verdict::Ambiguous if decided => candidate.verdict = Verdict::Beaten,
            _ => {}
        }
    }
}

impl From<KeyRefusal> for Error {
    fn from(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::Ambiguous { account, origins } => {
                let what = format!("several keys of {account} fit equally");
                let error = Error::new(Kind::Refused, what);
                origins
                    .iter()
                    .fold(error, |error, origin| error.at(origin))
                    .help("select the profile that one of them is marked with: --profile NAME")
                    .help("or remove the others")
            }
            KeyRefusal::NotOffered { account, offered } => not_offered(&account, &offered),
        }
    }
}

fn not_offered(account: &Account, offered: &[(Origin, Option<Account>)]) -> Error {
    let mut error = Error::new(Kind::Refused, format!("there is no key for {account}"));
    for (origin, owner) in offered {
        error = match owner {
            Some(owner) => error.note(format!("{origin} belongs to {owner} and is not used")),
            None => error.note(format!("the key at {origin} belongs to no account yet")),
        };
    }
    error
        .help(format!("carto login {}", account.base_url()))
        .help(format!("or say that the key in the environment is its: {}", variables_for(account)))
        .help("or ask for public data only: CARTO_API_KEY=default_public")
}

/// Gives the variables that name an account beside `CARTO_API_KEY`.
pub fn variables_for(account: &Account) -> String {
    let url = format!("CARTO_BASE_URL={}", account.base_url());
    match account.username() {
        Some(name) if account.base_url().is_carto_cloud() => format!("CARTO_USERNAME={name}"),
        Some(name) => format!("CARTO_USERNAME={name} {url}"),
        None => url,
    }
}
