//! `carto credentials delete`: removes a file of another program, after saying what it holds.

use std::path::PathBuf;

use clap::Args;

use crate::error::{Error, Kind};
use crate::layer_file::forget_key::forget_key;
use crate::read_file::read_regular;
use crate::replace_file::{Links, Lock, remove};
use crate::resolve::context::Context;
use crate::resolve::given_key::{KEY_FILE_LIMIT, recognise};

/// Delete a credentials file of another program, after saying what it holds
///
/// Without FILE, use `carto logout`: it forgets the key of the account in use.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto credentials delete cartocreds.json     a file that was imported
  carto logout                                 the key of the account in use")]
pub(super) struct DeleteArgs {
    /// The file; only one of a known format is deleted
    file: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &DeleteArgs) -> Result<(), Error> {
    let Some(path) = &args.file else {
        return forget_key(context);
    };
    let file = read_regular(path, KEY_FILE_LIMIT)?
        .ok_or_else(|| Error::new(Kind::NotThere, "there is no such file").at(path.display()))?;
    // Whatever is no credentials file is not deleted by a command of this name.
    let imported = recognise(path, &file.bytes)?;
    for account in &imported.accounts {
        let name = account.username.as_deref().unwrap_or("no user name");
        let url = account.base_url.as_deref().unwrap_or("no base URL");
        let key = if account.apikey.is_some() { "a key" } else { "no key" };
        context.output.note(&format!("{} holds {key} for {name}, {url}", path.display()));
    }
    let lock = Lock::file_telling(path, Links::Refuse, &mut |text| context.output.note(text))?;
    let removed = remove(path, Links::Refuse, &lock)?;
    if !removed.was_there {
        return Err(Error::new(Kind::NotThere, "there is no such file").at(path.display()));
    }
    context.output.note(&format!("deleted {}", path.display()));
    Ok(())
}
