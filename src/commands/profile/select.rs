//! `carto profile use`: the profile that is used when none is named.

use clap::Args;

use crate::config::SettingPath;
use crate::config::{Layer, Located, Origin};
use crate::error::{Error, Kind};
use crate::escape;
use crate::layer_file::destination::Destination;
use crate::layer_file::scope_args::ScopeArgs;
use crate::resolve::context::Context;
use crate::toml::{self, edit};

/// Use a profile from now on, here or everywhere
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto profile use staging               everywhere
  carto profile use --project staging     in this project
  carto profile use --none                back to the default account")]
pub(super) struct UseArgs {
    /// The profile's name
    #[arg(required_unless_present = "none", conflicts_with = "none")]
    name: Option<String>,
    /// Use no profile: the account that stands without one
    #[arg(long)]
    none: bool,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &UseArgs) -> Result<(), Error> {
    let destination = Destination::find(context, args.scope.choice())?;
    let path = SettingPath(vec!["profile".to_owned()]);
    let shown = destination.config_path();
    let Some(name) = &args.name else {
        let change =
            |text: &str, layer: &Layer| edit::unset(text, &layer.written(&path).segments());
        return match destination.edit_config(context, change, |_| Ok(())) {
            Ok(_) => {
                context.output.note(&format!("no profile is selected in {}", shown.display()));
                destination.tell_standing(context);
                Ok(())
            }
            Err(error) if error.kind == Kind::NotThere => {
                context.output.note(&format!("no profile was selected in {}", shown.display()));
                Ok(())
            }
            Err(error) => Err(error),
        };
    };
    let facts = context.facts(None)?;
    // A file that cannot be read may define the profile.
    if let Some(error) = facts.broken.first() {
        return Err(error.clone());
    }
    let wanted =
        Located::new(name.clone(), destination.scope(), Origin::Flag("profile use".into()));
    let account = facts.world.account_of_profile(&wanted)?;
    let value = toml::Value::String(name.clone());
    let change =
        |text: &str, layer: &Layer| edit::set(text, &layer.written(&path).segments(), &value);
    destination.edit_config(context, change, |_| Ok(()))?;
    context.output.note(&format!(
        "profile {} ({account}) is selected in {}",
        escape::line(name),
        shown.display()
    ));
    destination.tell_standing(context);
    let fresh = context.again();
    if let Some(winner) = fresh.load()?.config.get(&path)
        && winner.scope > destination.scope()
    {
        context.output.note(&format!("it is hidden here by {} ({})", winner.scope, winner.origin));
    }
    Ok(())
}
