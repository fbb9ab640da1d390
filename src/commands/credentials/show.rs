//! `carto credentials show`: the resolved account and key, masked, with their places.

use clap::Args;
use serde_json::json;

use crate::account::Account;
use crate::error::Error;
use crate::escape;
use crate::resolve::context::Context;
use crate::secret::{MASK, Secret};

/// Print the account in use and its key, masked, with where they come from
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto credentials show                  the account in use here
  carto --profile staging credentials show --json")]
pub(super) struct ShowArgs {
    /// Print the key as it is
    #[arg(long)]
    show_secrets: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &ShowArgs) -> Result<(), Error> {
    let resolved = context.require()?;
    let chosen = &resolved.chosen;
    let key = &resolved.key;
    let shown = if args.show_secrets {
        resolved.secret(context)?.expose().to_owned()
    } else {
        key.key.masked()
    };
    let hidden = key.key.literal().map_or(MASK, Secret::masked);
    let organization = chosen.organization.as_ref();
    if args.json {
        context.output.json(&json!({
            "username": chosen.account.username().map(ToString::to_string),
            "base_url": chosen.account.base_url().to_string(),
            "organization": organization.map(|org| &org.value),
            "allow_non_secure": chosen.non_secure,
            "profile": chosen.profile(),
            "account_scope": chosen.scope.name(),
            "account_origin": chosen.origin.to_string(),
            "apikey": if args.show_secrets { shown.as_str() } else { hidden },
            "key_scope": key.scope.name(),
            "key_origin": key.origin.to_string(),
            "key_source": key.key.source().map(ToString::to_string),
        }));
        return Ok(());
    }
    let row = |name: &str, value: &str, place: &str| {
        let value = escape::line(value);
        context.output.line(format!("{name:<13} {value:<40} {}", escape::line(place)).trim_end());
    };
    let place = format!("{}: {}", chosen.scope, chosen.origin);
    let name = chosen.account.username().map(ToString::to_string);
    row("username", name.as_deref().unwrap_or("(none)"), &place);
    row("base_url", &url(&chosen.account), "");
    if let Some(organization) = organization {
        let place = format!("{}: {}", organization.scope, organization.origin);
        row("organization", &organization.value, &place);
    }
    if let Some(profile) = chosen.profile() {
        row("profile", profile, "");
    }
    if chosen.non_secure {
        row("http", "permitted by allow_non_secure", "");
    }
    row("apikey", &shown, &format!("{}: {}", key.scope, key.origin));
    Ok(())
}

fn url(account: &Account) -> String {
    account.base_url().to_string()
}
