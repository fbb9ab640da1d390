//! `carto credentials import`: takes over accounts and keys from another program's file, which
//! stays as it is.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::import_all;
use super::import_plan::{Existing, KeyStep, Plan, PlanStep, checked, remarks, store};
use crate::config::Scope;
use crate::config::setting::check_profile_name;
use crate::error::{Error, Kind, io_reason};
use crate::escape;
use crate::foreign::{self, Holds, Imported};
use crate::layer_file::destination::Destination;
use crate::layer_file::new_account::{self, ProfilePlace};
use crate::layer_file::scope_args::ScopeChoice;
use crate::resolve::context::Context;
use crate::resolve::given_key::{read_existing, recognise, warn_if_loose};

/// The longest text that is read from standard input, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// Import accounts and keys from another program's file
///
/// The format is recognised by its content: CARTOframes' files, `.carto_credentials.json` of CARTO's
/// official command line, `.cartorc.yaml` of carto_cli. Without FILE the known places are looked
/// through. The file stays as it is. The key of an account that is there already is replaced, but
/// not by `--all`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto credentials import                         what another program saved
  carto credentials import cartocreds.json --project     for this project only
  carto credentials import --all --dry-run         what all places would bring")]
pub(super) struct ImportArgs {
    /// The file, or `-` for standard input
    file: Option<PathBuf>,
    /// Store the account as this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Store account and key in this project
    #[arg(long)]
    project: bool,
    /// Import from all known places; replaces nothing
    #[arg(long, conflicts_with_all = ["file", "profile", "project"])]
    all: bool,
    /// Only say what would be stored
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long, requires = "all")]
    json: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &ImportArgs) -> Result<(), Error> {
    if let Some(name) = &args.profile {
        check_profile_name(name)
            .map_err(|reason| Error::new(Kind::Usage, reason).at("--profile"))?;
    }
    let scope = if args.project { Scope::Project } else { Scope::User };
    let destination = Destination::find(context, Some(ScopeChoice::Scope(scope)))?;
    if args.project {
        new_account::refuse_untrusted(&destination, &context.facts(None)?)?;
    }
    if args.all {
        let action =
            if args.dry_run { import_all::Action::Tell } else { import_all::Action::Store };
        let format =
            if args.json { import_all::TableForm::Json } else { import_all::TableForm::Table };
        return import_all::run(context, &destination, action, format);
    }
    let (path, imported) = source(context, args)?;
    for remark in remarks(&imported) {
        context.output.note(&format!("{}: {remark}", path.display()));
    }
    let accounts = checked(&path, &imported)?;
    if args.profile.is_some() && accounts.len() > 1 {
        return Err(Error::new(Kind::Usage, "the file holds several accounts")
            .at(path.display())
            .at("--profile")
            .help("without `--profile` each becomes the profile that it is there"));
    }
    let lock = if args.dry_run { None } else { Some(destination.hold(context)?) };
    let mut plan = Plan::of(context, &destination, Existing::Replaced)?;
    if let (Some(name), [account]) = (&args.profile, accounts.as_slice()) {
        plan.refuse_taken(account, name)?;
    }
    let steps: Vec<_> =
        accounts.into_iter().map(|account| plan.add(account, args.profile.as_deref())).collect();
    let Some(lock) = &lock else {
        for step in &steps {
            context.output.line(escape::line(&would(step)));
        }
        return Ok(());
    };
    store(steps.iter(), lock, context, &destination)?;
    for step in &steps {
        context.output.line(escape::line(&done(step)));
    }
    destination.tell_standing(context);
    Ok(())
}

/// Reads what is to be imported; nothing is stored before all of it is understood.
fn source(context: &Context, args: &ImportArgs) -> Result<(PathBuf, Imported), Error> {
    match &args.file {
        Some(path) if path.as_os_str() == "-" => {
            let path = PathBuf::from("standard input");
            let bytes = standard_input(&path)?;
            let imported = recognise(&path, &bytes)?;
            Ok((path, imported))
        }
        Some(path) => Ok((path.clone(), read(context, path)?)),
        None => {
            let path = the_known_one(context)?;
            let imported = read(context, &path)?;
            Ok((path, imported))
        }
    }
}

/// Reads standard input to its end: what is cut off can still look whole.
fn standard_input(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let invalid = |what: String| Error::new(Kind::Invalid, what);
    std::io::stdin()
        .lock()
        .take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| invalid(format!("cannot read standard input: {}", io_reason(&error))))?;
    if bytes.len() as u64 > LIMIT {
        return Err(
            invalid("more than 1 MiB is no file of credentials".to_owned()).at(path.display())
        );
    }
    Ok(bytes)
}

fn read(context: &Context, path: &Path) -> Result<Imported, Error> {
    let file = read_existing(path, &context.output)?;
    let imported = recognise(path, &file.bytes)?;
    warn_if_loose(path, &file, &context.output);
    Ok(imported)
}

/// Finds the one file of another program that is there.
fn the_known_one(context: &Context) -> Result<PathBuf, Error> {
    let places =
        foreign::known_places(&|name| context.env(name), context.invocation.home().as_deref());
    let there: Vec<_> = places.iter().filter(|place| place.path.is_file()).collect();
    let with_accounts: Vec<_> =
        there.iter().filter(|place| place.holds == Holds::Accounts).collect();
    match (with_accounts.as_slice(), there.as_slice()) {
        ([one], _) => Ok(one.path.clone()),
        // It says itself why there is nothing to import.
        ([], [one, ..]) => Ok(one.path.clone()),
        ([], []) => Err(import_all::nothing_found(&places)),
        (several, _) => {
            let error = Error::new(Kind::Usage, "several credentials files were found");
            Err(several
                .iter()
                .fold(error, |error, place| error.at(place.path.display()))
                .help("carto credentials import FILE")
                .help("carto credentials import --all     # takes them one after the other"))
        }
    }
}

fn key_shown(step: &PlanStep) -> String {
    match step.checked.key() {
        None => "without a key".to_owned(),
        Some(key) => format!("key {}", key.masked()),
    }
}

/// Says where the account's name goes, and why not where the file has it.
fn place_words(step: &PlanStep) -> String {
    let place = step.place.words();
    match step.taken_name() {
        Some(name) => format!("{place} (profile {name} is another account's)"),
        None => place,
    }
}

fn would(step: &PlanStep) -> String {
    let account = &step.checked.account;
    let verb = match step.key {
        KeyStep::Replace => "would replace the key of",
        KeyStep::Same if step.place == ProfilePlace::Known => "would change nothing of",
        _ => "would store",
    };
    let (key, path) = (key_shown(step), step.checked.path.display());
    format!("{verb} {account} ({key}) from {path}{}", place_words(step))
}

fn done(step: &PlanStep) -> String {
    let stored = match (&step.key, &step.mark) {
        (KeyStep::Add, None) => "stored the key",
        (KeyStep::Add, Some(_)) => "stored the key beside the account's other one",
        (KeyStep::Replace, _) => "replaced the key",
        (KeyStep::Same, _) => "had the key already",
        _ => "no key",
    };
    let account = &step.checked.account;
    let (key, path) = (key_shown(step), step.checked.path.display());
    format!("{account} ({key}) from {path}: {stored}{}", place_words(step))
}
