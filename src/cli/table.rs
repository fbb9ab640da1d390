//! The one table of built-in commands: name, arguments, what runs them, and the task they serve.
//!
//! The command line, its help, the parser of one command and the dispatch to it are made from it: a new
//! command is its file and one row.

use std::ffi::OsStr;

use clap::{Args as _, Command as Clap, Subcommand};

use super::completion::{self, Commands, CompletionsArgs};
use super::help::{self, HelpArgs};
use super::version::{self, VersionArgs};
use crate::commands::{
    alias, config, credentials, doctor, env, exec, init, login, logout, plugin, profile, trust,
};
use crate::error::Error;
use crate::resolve::context::Context;

/// What adds a command's own arguments to its parser.
pub(super) type Augment = fn(Clap) -> Clap;

/// What a command needs to know of the others.
pub(super) struct Others {
    /// Makes the whole command line.
    pub(super) command: fn() -> Clap,
    /// Makes the parser of the global flags, and of one command if the word is one.
    pub(super) parser: fn(Option<&OsStr>) -> Clap,
}

/// The exit status of a command, or that it did what was asked.
trait Status {
    fn code(self) -> u8;
}

impl Status for u8 {
    fn code(self) -> u8 {
        self
    }
}

impl Status for () {
    fn code(self) -> u8 {
        0
    }
}

macro_rules! table {
    ($([$task:literal] $($name:literal $variant:ident($args:ty) $about:literal $run:expr;)+)+) => {
        /// A built-in command with its arguments.
        #[derive(Debug, Subcommand)]
        pub(super) enum Command {
            $($($variant($args),)+)+
        }

        /// The commands by what people want to do; help lists them in this order.
        pub(super) const TASKS: &[(&str, &[&str])] = &[$(($task, &[$($name),+])),+];

        /// Every command with the arguments it takes.
        pub(super) const COMMANDS: &[(&str, Augment)] =
            &[$($(($name, <$args>::augment_args)),+),+];

        /// What each command does, as its help says it: a Tab offers them without building the
        /// parsers of all.
        pub(super) const ABOUT: &[(&str, &str)] = &[$($(($name, $about)),+),+];

        impl Command {
            /// Runs the command and returns its exit status.
            pub(super) fn run(self, context: &mut Context, others: &Others) -> Result<u8, Error> {
                match self {
                    $($(Command::$variant(args) => {
                        #[allow(clippy::redundant_closure_call, reason = "each row is one expression")]
                        $run(context, &args, others).map(Status::code)
                    })+)+
                }
            }
        }
    };
}

/// Leaves out what most commands do not ask for.
fn alone<A, S>(
    run: impl FnOnce(&Context, &A) -> Result<S, Error>,
) -> impl FnOnce(&mut Context, &A, &Others) -> Result<S, Error> {
    |context, args, _| run(context, args)
}

table! {
    ["Accounts and keys"]
        "login" Login(login::LoginArgs) "Store an account and its API key" alone(login::run);
        "logout" Logout(logout::LogoutArgs) "Forget the key of the account in use" alone(logout::run);
        "profile" Profile(profile::ProfileArgs) "List, add, select, rename and remove named accounts" alone(profile::run);
        "credentials" Credentials(credentials::CredentialsArgs) "Show and list keys, masked; import and export CARTOframes files" alone(credentials::run);
    ["Settings"]
        "config" Config(config::ConfigArgs) "Read and change settings, and see where they come from" alone(config::run);
        "init" Init(init::InitArgs) "Make this directory a project, whose settings may be committed" alone(init::run);
        "trust" Trust(trust::TrustArgs) "Approve this project's settings, exactly as they are now" alone(trust::run);
    ["Running programs with the account"]
        "exec" Exec(exec::ExecArgs) "Run any program with the account in use, as a plugin would get it" alone(exec::run);
        "env" Env(env::EnvArgs) "Print the account in use as variables, with its key" alone(env::run);
    ["Plugins and aliases"]
        "plugin" Plugin(plugin::PluginArgs) "List, describe, install and lock plugins, and run one by its name"
            |context: &mut Context, args: &_, _: &_| plugin::run(context, args, &names());
        "alias" Alias(alias::AliasArgs) "List, set and delete aliases: short names for commands"
            |context: &mut Context, args: &_, _: &_| alias::run(context, args, &names());
    ["Getting help"]
        "doctor" Doctor(doctor::DoctorArgs) "Look for what is wrong: permissions, misplaced keys, typos, PATH" alone(doctor::run);
        "help" Help(HelpArgs) "Print a guide, or help for carto, a command or a plugin"
            |context: &mut Context, args: &_, others: &Others| help::run(context, args, others.command);
        "completions" Completions(CompletionsArgs) "Print or install a completion script for a shell"
            |context: &mut Context, args: &_, others: &Others| {
                completion::run(context, args, &Commands { about: ABOUT, parser: others.parser })
            };
        "version" Version(VersionArgs) "Print the version" alone(version::run);
}

/// Returns the names of the commands, without building the command line for it.
pub(super) fn names() -> Vec<String> {
    COMMANDS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_help_says() {
        for ((name, augment), (_, about)) in COMMANDS.iter().zip(ABOUT) {
            let command = augment(Clap::new(*name));
            assert_eq!(command.get_about().unwrap().to_string(), *about, "{name}");
        }
    }
}
