//! `carto plugin`: which programs answer to `carto NAME`.

use clap::{Args, Subcommand};

use super::{
    create, info, install, list, lock, register, remove, run as run_plugin, sync, upgrade, verify,
    which,
};
use crate::error::Error;
use crate::resolve::context::Context;

/// List, describe, install and lock plugins, and run one by its name
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin list             what can be run
  carto plugin info whoami      what it is, and which account it gets
  carto plugin which whoami     the file that `carto whoami` runs")]
pub struct PluginArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::ListArgs),
    Info(info::InfoArgs),
    Which(which::WhichArgs),
    Run(run_plugin::RunArgs),
    Register(register::RegisterArgs),
    Create(create::CreateArgs),
    Install(install::InstallArgs),
    Upgrade(upgrade::UpgradeArgs),
    Outdated(upgrade::OutdatedArgs),
    Remove(remove::RemoveArgs),
    Lock(lock::LockArgs),
    Sync(sync::SyncArgs),
    Verify(verify::VerifyArgs),
}

/// Runs the verb; a plugin's status where it could not take this process's place.
pub fn run(context: &mut Context, args: &PluginArgs, builtins: &[String]) -> Result<u8, Error> {
    match &args.verb {
        Verb::List(args) => list::run(context, args, builtins).map(|()| 0),
        Verb::Info(args) => info::run(context, args, builtins).map(|()| 0),
        Verb::Create(args) => create::run(context, args, builtins).map(|()| 0),
        Verb::Register(args) => register::run(context, args, builtins).map(|()| 0),
        Verb::Which(args) => which::run(context, args, builtins).map(|()| 0),
        Verb::Install(args) => install::run(context, args, builtins).map(|()| 0),
        Verb::Upgrade(args) => upgrade::run(context, args, builtins).map(|()| 0),
        Verb::Outdated(args) => upgrade::outdated(context, args).map(|()| 0),
        Verb::Remove(args) => remove::run(context, args).map(|()| 0),
        Verb::Lock(args) => lock::run(context, args).map(|()| 0),
        Verb::Sync(args) => sync::run(context, args, builtins).map(|()| 0),
        Verb::Verify(args) => verify::run(context, args).map(|()| 0),
        Verb::Run(args) => run_plugin::run(context, args, builtins),
    }
}
