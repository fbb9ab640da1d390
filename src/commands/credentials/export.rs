//! `carto credentials export`: the account in use, in the form of another program.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::config::Scope;
use crate::error::{Error, Kind, shell_word};
use crate::foreign::git;
use crate::foreign::{self, ExportAs, ExportedAccount, NonSecure};
use crate::read_file::read_regular;
use crate::replace_file::{Links, Lock, Mode, Target, create_private_dir, prepare};
use crate::resolve::context::{Context, Resolved};
use crate::resolve::given_key::{recognise, tuple_of};
use crate::secret::Secret;

/// Write the account in use, with its key, as a file of CARTOframes
///
/// The default form is read by every release of CARTOframes. Without FILE, and with `-`, it goes
/// to standard output.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto credentials export cartocreds.json     for a notebook
  carto credentials export --default           where CARTOframes itself looks")]
pub(super) struct ExportArgs {
    /// The file, or `-` for standard output
    #[arg(conflicts_with = "default")]
    file: Option<PathBuf>,
    /// Write exactly what this release writes
    #[arg(long = "as", value_enum, value_name = "RELEASE")]
    form: Option<ExportForm>,
    /// Write the files that CARTOframes reads when no file is named
    #[arg(long)]
    default: bool,
    /// Replace a file that holds another account
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportForm {
    /// CARTOframes 0.2.3 to 0.10.1
    #[value(name = "0.x")]
    Zero,
    /// CARTOframes 1.0b2 to 1.0.1
    #[value(name = "1.0")]
    OneZero,
    /// CARTOframes 1.0.2 to 1.2.5
    #[value(name = "1.x")]
    One,
    /// The form in CARTOframes' manual
    Documented,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &ExportArgs) -> Result<(), Error> {
    let resolved = context.require()?;
    let text = text(&resolved, &resolved.secret(context)?, args.form)?;
    if args.default {
        return write_default(context, &text, &resolved, args);
    }
    match &args.file {
        Some(path) if path.as_os_str() != "-" => write(context, &[path], &text, &resolved, args),
        _ => {
            context.output.raw(text.as_bytes());
            Ok(())
        }
    }
}

/// Writes what CARTOframes finds by itself: both files, or none where one of them is another's.
fn write_default(
    context: &Context,
    text: &str,
    resolved: &Resolved,
    args: &ExportArgs,
) -> Result<(), Error> {
    let known =
        foreign::known_places(&|name| context.env(name), context.invocation.home().as_deref());
    let places: Vec<_> =
        known.iter().filter(|place| place.program.starts_with("CARTOframes")).collect();
    if places.is_empty() {
        let what = "there is no place for CARTOframes' files: HOME is not set";
        return Err(Error::new(Kind::Write, what));
    }
    for place in &places {
        if let Some(dir) = place.path.parent() {
            context.refuse_home_of_another(dir)?;
        }
        if !args.force {
            refuse_loss(context, &place.path, resolved)?;
        }
    }
    for place in &places {
        if let Some(dir) = place.path.parent() {
            create_private_dir(dir)?;
        }
    }
    let paths: Vec<&Path> = places.iter().map(|place| place.path.as_path()).collect();
    write(context, &paths, text, resolved, args)
}

fn text(resolved: &Resolved, key: &Secret, form: Option<ExportForm>) -> Result<String, Error> {
    let account = &resolved.chosen.account;
    let form = match form {
        None => ExportAs::Universal,
        Some(ExportForm::Zero) => ExportAs::Cartoframes0,
        Some(ExportForm::OneZero) => ExportAs::Cartoframes1Early,
        Some(ExportForm::One) => ExportAs::Cartoframes1,
        Some(ExportForm::Documented) => ExportAs::Documented,
    };
    let exported = ExportedAccount {
        username: account.username().map(crate::username::Username::as_str),
        base_url: account.base_url().as_str(),
        apikey: key,
        non_secure: if resolved.chosen.non_secure {
            NonSecure::Allowed
        } else {
            NonSecure::Refused
        },
    };
    foreign::write(form, &exported).map_err(|error| {
        Error::new(Kind::Refused, error.to_string()).help("carto credentials export --as 1.x")
    })
}

/// Writes the same to each path; every file is made ready before the first is put.
fn write(
    context: &Context,
    paths: &[&Path],
    text: &str,
    resolved: &Resolved,
    args: &ExportArgs,
) -> Result<(), Error> {
    let mut notice = |text: &str| context.output.note(text);
    let mut ready = Vec::new();
    for path in paths {
        refuse_stream(path)?;
        let target = Target::resolve(path, Links::Follow)?;
        let lock = Lock::file_telling(path, Links::Follow, &mut notice)?;
        if !args.force {
            refuse_loss(context, path, resolved)?;
        }
        git::keep_out(&context.invocation.env, target.path(), &mut notice)?;
        let new = prepare(path, text.as_bytes(), Mode::Keys, Links::Follow, &lock)?;
        ready.push((path, new, lock));
    }
    for (path, new, _lock) in ready {
        new.commit()?;
        context.output.note(&format!("wrote {} to {}", resolved.chosen.account, path.display()));
    }
    Ok(())
}

/// A device, a pipe or a socket takes no file's place: what is written there goes to standard output.
fn refuse_stream(path: &Path) -> Result<(), Error> {
    match path.metadata() {
        Ok(facts) if !facts.is_file() && !facts.is_dir() => {
            let what = format!("{} is not a regular file", path.display());
            let word = shell_word(path);
            Err(Error::new(Kind::Write, what)
                .help("carto credentials export -     # standard output")
                .help(format!("carto credentials export - > {word}")))
        }
        _ => Ok(()),
    }
}

/// A file that is there may be the only place of another account's key, or of any where carto has none.
fn refuse_loss(context: &Context, path: &Path, resolved: &Resolved) -> Result<(), Error> {
    let account = &resolved.chosen.account;
    let has_none = resolved.secret(context)?.is_default_public();
    let Some(file) = read_regular(path, 1024 * 1024)? else { return Ok(()) };
    if file.bytes.is_empty() {
        return Ok(());
    }
    let holds =
        |what: &str| Error::new(Kind::Refused, format!("the file holds {what}")).at(path.display());
    let imported = recognise(path, &file.bytes).ok();
    // Another program could not read what would stand there then.
    let Some(imported) = imported.filter(|imported| imported.format.is_of_cartoframes()) else {
        return Err(holds("something else").help("--force replaces it"));
    };
    for other in &imported.accounts {
        let tuple = tuple_of(other, Scope::Command, path)?;
        let same = crate::account::World::default()
            .account_of_file(&tuple, path)
            .is_ok_and(|other| other == *account);
        let keeps = other.apikey.as_ref().is_some_and(|key| !key.is_default_public());
        let lost = if !same && other.names_account() {
            Some("another account")
        } else if same && keeps && has_none {
            Some("a key of the account, and carto has none to put in its place")
        } else {
            None
        };
        if let Some(what) = lost {
            return Err(holds(what)
                .help(format!("carto credentials import {}     # keeps it", shell_word(path)))
                .help("--force replaces it"));
        }
    }
    Ok(())
}
