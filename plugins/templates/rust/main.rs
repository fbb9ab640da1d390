//! A plugin of carto: `carto @NAME@` runs it with the account in its environment.

mod account;

use std::process::ExitCode;

use clap::Parser;

use account::{Account, AccountError};

/// Say which account carto hands over, and the greeting of your settings
#[derive(Parser)]
#[command(name = "carto-@NAME@", bin_name = "carto @NAME@", version)]
#[command(after_help = "Settings: carto config set plugins.@NAME@.greeting TEXT")]
struct Args {
    /// Print JSON
    #[arg(short, long)]
    json: bool,
    /// Print the manifest, for `carto plugin register @NAME@`
    #[arg(long, hide = true)]
    carto_manifest: bool,
}

fn main() -> ExitCode {
    // Help, version and the manifest need no account.
    let args = Args::parse();
    if args.carto_manifest {
        print!("{}", include_str!("../carto-@NAME@.toml"));
        return ExitCode::SUCCESS;
    }
    match Account::from_env("@NAME@") {
        Ok(account) => {
            println!("{}", said(&account, args.json));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

fn fail(error: &AccountError) -> ExitCode {
    eprintln!("error: {error}");
    for help in error.help() {
        eprintln!("help: {help}");
    }
    ExitCode::from(error.exit_code())
}

/// What the plugin does.
fn said(account: &Account, json: bool) -> String {
    let key = match &account.api_key {
        None => "none",
        Some(key) if key.is_public() => "public",
        Some(_) => "yours",
    };
    if json {
        return serde_json::json!({
            "username": account.username,
            "base_url": account.base_url,
            "key": key,
        })
        .to_string();
    }
    let settings: serde_json::Value =
        serde_json::from_str(&account.settings).unwrap_or(serde_json::Value::Null);
    let greeting = settings["greeting"].as_str().unwrap_or("hello");
    let name = account.username.as_deref().unwrap_or("nobody");
    format!("{greeting} {name} at {} (key: {key})", account.base_url)
}
