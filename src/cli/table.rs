//! The one table of built-in commands: name, arguments, what runs them, and the task they serve.
//!
//! The command line, its help, the parser of one command and the dispatch to it are made from it: a new
//! command is its file and one row.

use clap::{Args as _, Command as Clap, Subcommand};

use super::completions::{self, CompletionsArgs};
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
    ($([$task:literal] $($name:literal $variant:ident($args:ty) $run:expr;)+)+) => {
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
        "login" Login(login::LoginArgs) alone(login::run);
        "logout" Logout(logout::LogoutArgs) alone(logout::run);
        "profile" Profile(profile::ProfileArgs) alone(profile::run);
        "credentials" Credentials(credentials::CredentialsArgs) alone(credentials::run);
    ["Settings"]
        "config" Config(config::ConfigArgs) alone(config::run);
        "init" Init(init::InitArgs) alone(init::run);
        "trust" Trust(trust::TrustArgs) alone(trust::run);
    ["Running programs with the account"]
        "exec" Exec(exec::ExecArgs) alone(exec::run);
        "env" Env(env::EnvArgs) alone(env::run);
    ["Plugins and aliases"]
        "plugin" Plugin(plugin::PluginArgs)
            |context: &mut Context, args: &_, _: &_| plugin::run(context, args, &names());
        "alias" Alias(alias::AliasArgs)
            |context: &mut Context, args: &_, _: &_| alias::run(context, args, &names());
    ["Getting help"]
        "doctor" Doctor(doctor::DoctorArgs) alone(doctor::run);
        "help" Help(HelpArgs)
            |context: &mut Context, args: &_, others: &Others| help::run(context, args, others.command);
        "completions" Completions(CompletionsArgs)
            |context: &mut Context, args: &_, others: &Others| {
                completions::run(context, args, (others.command)())
            };
        "version" Version(VersionArgs) alone(version::run);
}

/// Returns the names of the commands, without building the command line for it.
pub(super) fn names() -> Vec<String> {
    COMMANDS.iter().map(|(name, _)| (*name).to_owned()).collect()
}
