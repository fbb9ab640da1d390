//! `carto config unset`: removes one setting, table or key from one layer.

use clap::Args;

use crate::account::Account;
use crate::config::Layer;
use crate::config::SettingPath;
use crate::config::nearest_setting;
use crate::config::setting::ValueType;
use crate::credential::store::Stored;
use crate::credential::write::forget;
use crate::error::{Error, Kind};
use crate::escape;
use crate::layer_file::destination::Destination;
use crate::layer_file::forget_key::{erase_in_git, tell_what_stays};
use crate::layer_file::scope_args::ScopeArgs;
use crate::resolve::context::Context;
use crate::toml::edit;

/// Remove a setting from one layer
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto config unset ui.editor                 from your own settings
  carto config unset --project username        from this project's settings")]
pub(super) struct UnsetArgs {
    /// The setting, or a whole table such as `profiles.staging`
    #[arg(value_name = "SETTING")]
    key: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &UnsetArgs) -> Result<(), Error> {
    let path = SettingPath::parse(&args.key).map_err(|what| Error::new(Kind::Usage, what))?;
    let destination = Destination::find(context, args.scope.choice())?;
    if path.known().is_some_and(|key| key.value == ValueType::Secret) {
        return unset_apikey(context, &destination);
    }
    if !matches!(destination, Destination::File(_)) {
        context.config()?;
    }
    let change = |text: &str, layer: &Layer| edit::unset(text, &layer.written(&path).segments());
    let written = destination
        .edit_config(context, change, |_| Ok(()))
        .map_err(|error| not_there(error, &path))?;
    if let Some(file) = written {
        context.output.note(&format!("removed {path} from {}", file.display()));
    }
    destination.tell_standing(context);
    Ok(())
}

fn not_there(error: Error, path: &SettingPath) -> Error {
    if error.kind != Kind::NotThere || error.places.is_empty() {
        return error;
    }
    let shown = path.to_string();
    let near = path.known().is_none().then(|| nearest_setting(path)).flatten();
    let error = match near {
        Some(near) => error.help(format!("did you mean `{}`?", escape::line(&near))),
        None => error,
    };
    Error { what: format!("`{}` is not set there", escape::line(&shown)), ..error }
}

/// Forgets the key of the account that the scope and the own scopes below it name.
fn unset_apikey(context: &Context, destination: &Destination) -> Result<(), Error> {
    let facts = context.facts(None)?;
    if let Some(error) = facts.broken.first() {
        return Err(error.clone());
    }
    let account = facts.world.account_at(destination.scope())?;
    let of_account = |entry: &Stored| entry.account == account && entry.profile.is_none();
    // git has one key of an account, which an entry for a profile may name too.
    let (gone, stay): (Vec<&Stored>, Vec<&Stored>) = facts
        .stored
        .iter()
        .filter(|entry| entry.scope == destination.scope() && entry.account == account)
        .partition(|entry| of_account(entry));
    if stay.is_empty() {
        erase_in_git(context, &gone)?;
    }
    let (path, count) =
        destination.edit_credentials(context, |path, text| forget(path, text, of_account))?;
    let whose = account.as_ref().map_or_else(|| "no account".to_owned(), Account::to_string);
    if count == 0 {
        return Err(Error::new(Kind::NotThere, format!("no key of {whose} is stored there"))
            .at(path.display()));
    }
    context.output.note(&format!("removed the key of {whose} from {}", path.display()));
    for entry in gone {
        tell_what_stays(context, entry);
    }
    Ok(())
}
