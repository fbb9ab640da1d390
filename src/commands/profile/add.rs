//! `carto profile add`: a named account.

use std::path::Path;

use clap::Args;

use crate::account::check_entry::{Writer, judge_entry};
use crate::base_url::{BaseUrl, BaseUrlSetting};
use crate::config::SettingPath;
use crate::config::setting::check_profile_name;
use crate::config::{Layer, Value};
use crate::error::{Error, Kind, shell_word};
use crate::escape;
use crate::layer_file::destination::Destination;
use crate::layer_file::scope_args::ScopeArgs;
use crate::resolve::context::Context;
use crate::toml::{self, edit};

/// Add a profile; its key is stored by `carto --profile NAME config set apikey`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto profile add acme --username acme
  carto profile add maps --base-url https://example.com/user/ann --protected")]
pub(super) struct AddArgs {
    /// The profile's name
    name: String,
    /// The account's user name
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// The account's base URL, or a pattern with `{username}`
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// The organization
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// Permit `http://` for this account
    #[arg(long)]
    allow_non_secure: bool,
    /// Never let an untrusted project select the account
    #[arg(long)]
    protected: bool,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &AddArgs) -> Result<(), Error> {
    check_profile_name(&args.name).map_err(|reason| Error::new(Kind::Usage, reason))?;
    let fields = fields(context, args)?;
    let destination = Destination::find(context, args.scope.choice())?;
    let table = ["profiles".to_owned(), args.name.clone()];
    let change = |text: &str, layer: &Layer| {
        if layer.entries().any(|entry| entry.below(&table).is_some()) {
            return Err(edit::EditError::AlreadyThere { path: format!("profile {}", args.name) });
        }
        let mut text = text.to_owned();
        for (field, value) in &fields {
            let path = [table[0].as_str(), table[1].as_str(), field];
            if let edit::Change::Changed(new) = edit::set(&text, &path, value)? {
                text = new;
            }
        }
        Ok(edit::Change::Changed(text))
    };
    let any_field = SettingPath([&table[..], &["username".to_owned()]].concat());
    destination
        .edit_config(context, change, |layer| judge_entry(layer, &any_field, Writer::Add))?;
    let name = escape::line(&args.name);
    context
        .output
        .note(&format!("added profile {name} in {}", destination.config_path().display()));
    destination.tell_standing(context);
    let word = shell_word(Path::new(&args.name));
    context.output.note(&format!("its key: carto --profile {word} config set apikey"));
    Ok(())
}

fn is_pattern(url: &str) -> bool {
    matches!(BaseUrlSetting::parse(url), Ok(BaseUrlSetting::Pattern(_)))
}

fn fields(context: &Context, args: &AddArgs) -> Result<Vec<(&'static str, toml::Value)>, Error> {
    if args.username.is_none() && args.base_url.is_none() {
        return Err(Error::new(Kind::Usage, "a profile needs a user name or a base URL")
            .help(format!("carto profile add {} --username NAME", escape::line(&args.name))));
    }
    if args.username.is_none() && args.base_url.as_ref().is_some_and(|url| is_pattern(url)) {
        let what = "a pattern names no account: the profile needs a user name, too";
        return Err(Error::new(Kind::Usage, what).at("--base-url").help("add --username NAME"));
    }
    let mut fields = Vec::new();
    if args.allow_non_secure {
        fields.push(("allow_non_secure", toml::Value::Bool(true)));
    }
    for (field, text) in [
        ("username", &args.username),
        ("base_url", &args.base_url),
        ("organization", &args.organization),
    ] {
        let Some(text) = text else { continue };
        let path = SettingPath(vec![field.to_owned()]);
        let Some(key) = path.known() else { continue };
        let typed = key.typed(text);
        if let Some(note) = typed.note() {
            context.output.note(&note);
        }
        let value = key.parse_text(&typed.text).map_err(|reason| {
            let error = Error::new(Kind::Usage, format!("`{field}`: {reason}"));
            let url = (field == "base_url").then(|| BaseUrl::without_scheme(text)).flatten();
            match url {
                Some(url) => {
                    let name = shell_word(Path::new(&args.name));
                    error.help(format!("carto profile add {name} --base-url {url}"))
                }
                None => error,
            }
        })?;
        if let Value::String(text) = value {
            fields.push((field, toml::Value::String(key.canonical(text))));
        }
    }
    if args.protected {
        fields.push(("protected", toml::Value::Bool(true)));
    }
    Ok(fields)
}
