//! `carto credentials import`: takes over accounts and keys from another program's file, which
//! stays as it is.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::account::{Account, World};
use crate::commands::adopt::{self, Place, Wanted};
use crate::commands::context::Context;
use crate::commands::destination::Destination;
use crate::commands::given_key::{read_existing, recognise, tuple_of, warn_if_loose};
use crate::commands::scope_args::Choice;
use crate::config::Scope;
use crate::config::keys::check_profile_name;
use crate::credential::write::{NewKey, Put, put};
use crate::error::{Error, Kind, io_reason};
use crate::escape;
use crate::legacy::{self, Imported, ImportedAccount};

/// Take over accounts and keys from another program's file
///
/// The format is recognised by its content. Without FILE the known places are looked through. The
/// file stays as it is.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto credentials import                          what CARTOframes has saved
  carto credentials import cartocreds.json --project     for this project only")]
pub(super) struct ImportArgs {
    /// The file, or `-` for standard input
    file: Option<PathBuf>,
    /// Store the account as this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Store account and key in this project
    #[arg(long)]
    project: bool,
    /// Take every known place that is there
    #[arg(long, conflicts_with_all = ["file", "profile"])]
    all: bool,
    /// Only say what would be stored
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &ImportArgs) -> Result<(), Error> {
    if let Some(name) = &args.profile {
        check_profile_name(name)
            .map_err(|reason| Error::new(Kind::Usage, reason).at("--profile"))?;
    }
    let scope = if args.project { Scope::Project } else { Scope::User };
    let destination = Destination::find(context, Some(Choice::Scope(scope)))?;
    let sources = sources(context, args)?;
    let judged = judged(context, &sources, args)?;
    let mut earlier: Option<Place> = None;
    for (path, entry, account) in &judged {
        earlier = Some(store(context, &destination, path, entry, account, args, earlier.as_ref())?);
    }
    Ok(())
}

type Judged<'a> = (&'a Path, &'a ImportedAccount, Account);

/// Judges every account of every file before the first is stored.
fn judged<'a>(
    context: &Context,
    sources: &'a [(PathBuf, Imported)],
    args: &ImportArgs,
) -> Result<Vec<Judged<'a>>, Error> {
    let mut judged = Vec::new();
    for (path, imported) in sources {
        for field in &imported.unknown {
            context
                .output
                .note(&format!("{}: field `{field}` is unknown and left", path.display()));
        }
        let mut entries: Vec<_> =
            imported.accounts.iter().filter(|entry| entry.names_account()).collect();
        if entries.is_empty() {
            return Err(Error::new(Kind::Refused, "the file names no account; nothing was stored")
                .at(path.display())
                .help("it needs a user name or a base URL"));
        }
        if args.profile.is_some() && entries.len() > 1 {
            return Err(Error::new(Kind::Usage, "the file holds several accounts")
                .at(path.display())
                .at("--profile")
                .help("without `--profile` each becomes the profile that it is there"));
        }
        // Where there is no default yet, the first one becomes it: the one in use there.
        entries.sort_by_key(|entry| !imported.is_current(entry));
        for entry in entries {
            judged.push((path.as_path(), entry, account_of(entry, path)?));
        }
    }
    Ok(judged)
}

/// Reads what is to be imported; nothing is stored before all of it is understood.
fn sources(context: &Context, args: &ImportArgs) -> Result<Vec<(PathBuf, Imported)>, Error> {
    match &args.file {
        Some(path) if path.as_os_str() == "-" => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().take(1024 * 1024).read_to_end(&mut bytes).map_err(|error| {
                Error::new(
                    Kind::Invalid,
                    format!("cannot read standard input: {}", io_reason(&error)),
                )
            })?;
            let path = PathBuf::from("standard input");
            let imported = recognise(&path, &bytes)?;
            Ok(vec![(path, imported)])
        }
        Some(path) => Ok(vec![(path.clone(), read(context, path)?)]),
        None => known(context, args),
    }
}

fn read(context: &Context, path: &Path) -> Result<Imported, Error> {
    let file = read_existing(path)?;
    let imported = recognise(path, &file.bytes)?;
    warn_if_loose(path, &file, &context.output);
    Ok(imported)
}

fn known(context: &Context, args: &ImportArgs) -> Result<Vec<(PathBuf, Imported)>, Error> {
    let places =
        legacy::known_places(&|name| context.env(name), context.invocation.home().as_deref());
    let there: Vec<_> = places.iter().filter(|place| place.path.is_file()).collect();
    if there.is_empty() {
        let looked: Vec<_> = places.iter().map(|p| p.path.display().to_string()).collect();
        let error = Error::new(Kind::NotThere, "no credentials file of another program was found");
        return Err(looked
            .into_iter()
            .fold(error, Error::at)
            .help("carto credentials import FILE"));
    }
    if there.len() > 1 && !args.all {
        let error = Error::new(Kind::Usage, "several credentials files were found");
        return Err(there
            .iter()
            .fold(error, |error, place| error.at(place.path.display()))
            .help("carto credentials import FILE")
            .help("carto credentials import --all     # takes them one after the other"));
    }
    there.iter().map(|place| Ok((place.path.clone(), read(context, &place.path)?))).collect()
}

fn account_of(entry: &ImportedAccount, path: &Path) -> Result<Account, Error> {
    let tuple = tuple_of(entry, Scope::User, path)?;
    let account = World::default().account_of_file(&tuple, path)?;
    if account.base_url().needs_permission() && !tuple.allows_non_secure() {
        return Err(Error::new(Kind::Refused, format!("{account} would send the key unencrypted"))
            .at(path.display())
            .help("the file has to permit it: \"allow_non_secure\": true"));
    }
    Ok(account)
}

/// Stores one account, or says what would be stored; `earlier` is the place of the one before it,
/// which a dry run has not written.
fn store(
    context: &Context,
    destination: &Destination,
    path: &Path,
    entry: &ImportedAccount,
    account: &Account,
    args: &ImportArgs,
    earlier: Option<&Place>,
) -> Result<Place, Error> {
    let wanted = Wanted {
        profile: args.profile.clone().or_else(|| entry.name.clone()),
        select: adopt::Select::IfNoDefault,
        organization: entry.organization.clone(),
    };
    let lock = if args.dry_run { None } else { Some(destination.hold(context)?) };
    let mut place = adopt::place(context, destination, account, &wanted)?;
    if lock.is_none() && earlier.is_some() {
        place = place.without_selecting(account);
    }
    let key = match &entry.apikey {
        None => "without a key".to_owned(),
        Some(key) => format!("key {}", key.masked()),
    };
    let shown = path.display();
    let Some(lock) = lock else {
        context.output.line(escape::line(&format!(
            "would store {account} ({key}) from {shown}{}",
            place.words()
        )));
        return Ok(place);
    };
    let mut stored = "no key";
    if let Some(key) = &entry.apikey {
        let new = NewKey { account: Some(account), profile: None, key };
        let (_, what) = destination
            .edit_credentials_under(&lock, context, |path, text| put(path, text, &new))?;
        stored = match what {
            Put::Added => "stored the key",
            Put::Replaced => "replaced the key",
            Put::Same => "had the key already",
        };
    }
    adopt::write_settings(&lock, context, destination, account, &place, &wanted)?;
    context
        .output
        .line(escape::line(&format!("{account} ({key}) from {shown}: {stored}{}", place.words())));
    Ok(place)
}
