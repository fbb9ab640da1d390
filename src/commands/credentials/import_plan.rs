//! What an import makes of each account, decided before the first is stored: so a dry run tells what
//! the run would do, and of two keys for one account none is lost without a word.

use std::path::{Path, PathBuf};

use crate::account::{Account, World};
use crate::config::Scope;
use crate::config::setting::check_profile_name;
use crate::credential::source::StoredKey;
use crate::credential::write::{NewKey, put_all};
use crate::error::{Error, Kind};
use crate::foreign::{ForeignFormat, Imported, ImportedAccount};
use crate::layer_file::destination::Destination;
use crate::layer_file::edit_file;
use crate::layer_file::new_account::{self, Names, ProfilePlace, Select, Wanted};
use crate::replace_file::Lock;
use crate::resolve::context::Context;
use crate::resolve::given_key::tuple_of;
use crate::secret::Secret;

/// An account of a file that was checked like one that is set.
pub(super) struct Checked<'a> {
    /// The file.
    pub(super) path: &'a Path,
    /// What the file says.
    pub(super) entry: &'a ImportedAccount,
    /// The account it names.
    pub(super) account: Account,
}

impl Checked<'_> {
    /// Returns the key that is taken over. CARTO's public one is none: it is what an account without a
    /// key has anyway, and must not take the place of one.
    pub(super) fn key(&self) -> Option<&Secret> {
        self.entry.apikey.as_ref().filter(|key| !key.is_default_public())
    }
}

/// What happens to a key that is there already and differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existing {
    /// It is replaced.
    Replaced,
    /// It stays.
    Kept,
}

/// What becomes of one account.
pub(super) struct PlanStep<'a> {
    /// The account and where it comes from.
    pub(super) checked: Checked<'a>,
    /// What was wanted for its name.
    wanted: Wanted,
    /// Where its name goes.
    pub(super) place: ProfilePlace,
    /// What becomes of its key.
    pub(super) key: KeyStep,
    /// The profile that the key is for, where the account has another key beside it.
    pub(super) mark: Option<String>,
}

/// What becomes of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeyStep {
    /// The file has none.
    None,
    /// It is new.
    Add,
    /// It is there already.
    Same,
    /// It takes the place of another.
    Replace,
    /// The account has another, which stays.
    OtherIsStored,
    /// The account has another from this file, which came first.
    OtherCameFirst(PathBuf),
}

/// Checks every account of a file; the one that the file selects comes first.
///
/// # Errors
/// No account, or one that cannot be used: then none of the file is taken.
pub(super) fn checked<'a>(
    path: &'a Path,
    imported: &'a Imported,
) -> Result<Vec<Checked<'a>>, Error> {
    let mut entries: Vec<_> =
        imported.accounts.iter().filter(|entry| entry.names_account()).collect();
    if entries.is_empty() {
        return Err(Error::new(Kind::Refused, "the file names no account; nothing was stored")
            .at(path.display())
            .help(match imported.format {
                ForeignFormat::CartoCli => "it needs an alias with an `api_key`",
                _ => "it needs a user name or a base URL",
            }));
    }
    // Where there is no default yet, the first one becomes it: the one in use there.
    entries.sort_by_key(|entry| !imported.is_current(entry));
    entries
        .into_iter()
        .map(|entry| {
            let account = account_of(entry, imported.format, path)?;
            check_name(entry, path)?;
            Ok(Checked { path, entry, account })
        })
        .collect()
}

/// A name that no profile can have would make a credential file that nobody can read.
fn check_name(entry: &ImportedAccount, path: &Path) -> Result<(), Error> {
    let Some(name) = &entry.name else { return Ok(()) };
    check_profile_name(name).map_err(|reason| {
        Error::new(Kind::Invalid, reason)
            .at(path.display())
            .note(format!("this is `{name}` of the file, and would be a profile's name"))
            .help("give it another name in the file")
    })
}

/// Says what is left of a file, a line each.
pub(super) fn remarks(imported: &Imported) -> Vec<String> {
    let unknown = imported.unknown.iter();
    let mut remarks: Vec<_> =
        unknown.map(|field| format!("field `{field}` is unknown and left")).collect();
    remarks.extend(imported.left.iter().cloned());
    // Where none names an account, the whole file is refused.
    if imported.accounts.iter().any(ImportedAccount::names_account) {
        let without = imported.accounts.iter().filter(|entry| !entry.names_account());
        let names = without.filter_map(|entry| entry.name.as_deref());
        remarks.extend(names.map(|name| format!("`{name}` names no account and is left")));
    }
    remarks
}

fn account_of(
    entry: &ImportedAccount,
    format: ForeignFormat,
    path: &Path,
) -> Result<Account, Error> {
    let named = |error: Error| match &entry.name {
        Some(name) => error.note(format!("this is `{name}` of the file")),
        None => error,
    };
    let tuple = tuple_of(entry, Scope::User, path)?;
    let account = World::default()
        .account_of_file(&tuple, path)
        .map_err(|refusal| named(Error::from(refusal)))?;
    if account.base_url().needs_permission() && !tuple.allows_non_secure() {
        let help = if format.is_of_cartoframes() {
            "the file has to permit it: \"allow_non_secure\": true".to_owned()
        } else {
            format!("to permit it: carto login {} --allow-non-secure", account.base_url())
        };
        return Err(named(
            Error::new(Kind::Refused, format!("{account} would send the key unencrypted"))
                .at(path.display())
                .help(help),
        ));
    }
    Ok(account)
}

/// What is there, and what was planned on top of it.
pub(super) struct Plan {
    world: World,
    names: Names,
    keys: Vec<HeldKey>,
    existing: Existing,
}

/// A key that is stored or planned.
struct HeldKey {
    account: Account,
    key: StoredKey,
    /// The profile that it is for, where it is not for all of the account's.
    mark: Option<String>,
    /// The file it comes from in this run.
    from: Option<PathBuf>,
}

impl HeldKey {
    fn is(&self, key: &Secret) -> bool {
        self.key.literal().is_some_and(|held| held.same_as(key))
    }
}

impl Plan {
    /// Begins with what a scope has.
    ///
    /// # Errors
    /// A broken file.
    pub(super) fn of(
        context: &Context,
        destination: &Destination,
        existing: Existing,
    ) -> Result<Self, Error> {
        let scope = destination.scope();
        let facts = new_account::own_facts(context, scope)?;
        let stored = facts.stored.into_iter().filter(|entry| entry.scope == scope);
        let keys = stored.filter_map(|entry| {
            Some(HeldKey {
                account: entry.account?,
                key: entry.key,
                mark: entry.profile,
                from: None,
            })
        });
        let (names, keys) = (Names::of(&facts.world, scope), keys.collect());
        Ok(Plan { world: facts.world, names, keys, existing })
    }

    /// Refuses a profile's name that another account has.
    ///
    /// # Errors
    /// The account that has it, and where.
    pub(super) fn refuse_taken(&self, checked: &Checked, profile: &str) -> Result<(), Error> {
        new_account::refuse_taken(&self.world, &checked.account, profile)
    }

    /// Decides on one account, and counts with it from then on.
    pub(super) fn add<'a>(&mut self, checked: Checked<'a>, profile: Option<&str>) -> PlanStep<'a> {
        let wanted = Wanted {
            profile: profile.map(str::to_owned),
            suggested: checked.entry.name.clone(),
            select: Select::IfNoneNamed,
            organization: checked.entry.organization.clone(),
        };
        let place = self.names.place(&checked.account, &wanted);
        let (key, mark) = self.key(&checked, &wanted, &place);
        let step = PlanStep { checked, wanted, place, key, mark };
        if !step.is_skipped() {
            self.names.add(&step.checked.account, &step.place);
            self.hold(&step);
        }
        step
    }

    fn key(
        &self,
        checked: &Checked,
        wanted: &Wanted,
        place: &ProfilePlace,
    ) -> (KeyStep, Option<String>) {
        let Some(key) = checked.key() else { return (KeyStep::None, None) };
        let of_account = || self.keys.iter().filter(|held| held.account == checked.account);
        let common = of_account().find(|held| held.mark.is_none());
        // The name by which this key is used, where it is not the account's only one.
        let name = match place {
            ProfilePlace::Profile { name, .. } => Some(name),
            ProfilePlace::Known => wanted.profile.as_ref().or(wanted.suggested.as_ref()),
            ProfilePlace::Default => None,
        };
        let marked = of_account().find(|held| held.mark.is_some() && held.mark.as_ref() == name);
        let same = |held: &&HeldKey| held.is(key);
        if let Some(held) = marked.into_iter().chain(common).find(same) {
            return (KeyStep::Same, held.mark.clone());
        }
        if self.existing == Existing::Kept && of_account().any(|held| same(&held)) {
            return (KeyStep::Same, None);
        }
        if let Some(first) = common.and_then(|held| held.from.as_ref()) {
            return match (name, marked) {
                _ if first != checked.path => (KeyStep::OtherCameFirst(first.clone()), None),
                (Some(name), None) => (KeyStep::Add, Some(name.clone())),
                _ => (self.on_other(), name.cloned()),
            };
        }
        match (marked, common) {
            (Some(held), _) => (self.on_other(), held.mark.clone()),
            (None, Some(_)) => (self.on_other(), None),
            (None, None) if of_account().next().is_some() => match self.existing {
                Existing::Kept => (KeyStep::OtherIsStored, None),
                Existing::Replaced => (KeyStep::Add, None),
            },
            (None, None) => (KeyStep::Add, None),
        }
    }

    fn on_other(&self) -> KeyStep {
        match self.existing {
            Existing::Replaced => KeyStep::Replace,
            Existing::Kept => KeyStep::OtherIsStored,
        }
    }

    fn hold(&mut self, step: &PlanStep) {
        let Some(key) = step.checked.key().cloned() else { return };
        let from = Some(step.checked.path.to_owned());
        if step.key == KeyStep::Same {
            // Another key of the file stands beside it, as it would had both been new.
            let same = |held: &&mut HeldKey| {
                held.account == step.checked.account && held.mark == step.mark && held.is(&key)
            };
            if let Some(held) = self.keys.iter_mut().find(same) {
                held.from = from;
            }
        } else if matches!(step.key, KeyStep::Add | KeyStep::Replace) {
            let account = step.checked.account.clone();
            let key = StoredKey::Literal(key);
            self.keys.retain(|held| held.account != account || held.mark != step.mark);
            self.keys.push(HeldKey { account, key, mark: step.mark.clone(), from });
        }
    }
}

impl PlanStep<'_> {
    /// Whether the account is left as it is, since it has another key.
    pub(super) fn is_skipped(&self) -> bool {
        matches!(self.key, KeyStep::OtherIsStored | KeyStep::OtherCameFirst(_))
    }

    /// Whether key or name are stored.
    pub(super) fn changes(&self) -> bool {
        let key =
            self.checked.key().is_some() && matches!(self.key, KeyStep::Add | KeyStep::Replace);
        !self.is_skipped() && (key || self.place != ProfilePlace::Known)
    }

    /// Returns the profile that the file means where another account has its name.
    pub(super) fn taken_name(&self) -> Option<&str> {
        let suggested = self.wanted.suggested.as_deref()?;
        match &self.place {
            ProfilePlace::Profile { name, .. } if self.wanted.profile.is_none() => {
                (name != suggested).then_some(suggested)
            }
            _ => None,
        }
    }

    /// Returns the key that is to be written.
    fn new_key(&self) -> Option<StoredKey> {
        let key = self.checked.key()?;
        let writes = matches!(self.key, KeyStep::Add | KeyStep::Replace);
        writes.then(|| StoredKey::Literal(key.clone()))
    }
}

/// Stores the keys and then the names of all steps, under the lock under which was planned: each file is
/// written once, so whatever stops it leaves none of them half done.
///
/// # Errors
/// A file that cannot be read or written.
pub(super) fn store<'a>(
    steps: impl Iterator<Item = &'a PlanStep<'a>> + Clone,
    lock: &Lock,
    context: &Context,
    destination: &Destination,
) -> Result<(), Error> {
    let keys: Vec<_> = steps.clone().filter_map(|step| Some((step, step.new_key()?))).collect();
    let put_all = |path: &Path, old: &str| {
        let keys = keys.iter().map(|(step, key)| {
            let account = Some(&step.checked.account);
            NewKey { account, profile: step.mark.as_deref(), key }
        });
        let keys: Vec<_> = keys.collect();
        Ok((put_all(path, old, &keys)?, ()))
    };
    let mut ready = Vec::new();
    if !keys.is_empty() {
        ready.extend(destination.ready_credentials(lock, context, put_all)?.0);
    }
    let named: Vec<_> =
        steps.map(|step| (&step.checked.account, &step.place, &step.wanted)).collect();
    let world = new_account::own_world(context, destination.scope())?;
    ready.extend(new_account::ready_settings(lock, context, destination, &world, &named)?);
    edit_file::put_all(context, ready)
}
