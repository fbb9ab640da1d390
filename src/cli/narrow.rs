//! The parser of one built-in command, without those of the others.
//!
//! # Why
//! Building the parsers of all commands costs several times what `config get` does. A line that
//! the narrow parser takes, the whole one takes alike; what it refuses, and every call for help,
//! goes to the whole one, whose words are the ones that people see.

use std::ffi::OsStr;

use clap::{Args as _, Command as Clap};

use super::definition::{CompletionsArgs, HelpArgs, VersionArgs};
use crate::commands::{
    alias, config, credentials, doctor, env, exec, init, login, logout, plugin, profile, trust,
};
use crate::resolve::options::Globals;

/// What adds a command's own arguments to its parser.
type Augment = fn(Clap) -> Clap;

/// Every built-in command; a test holds the list to the definition.
pub(super) const COMMANDS: [(&str, Augment); 15] = [
    ("init", init::InitArgs::augment_args),
    ("config", config::ConfigArgs::augment_args),
    ("login", login::LoginArgs::augment_args),
    ("logout", logout::LogoutArgs::augment_args),
    ("profile", profile::ProfileArgs::augment_args),
    ("credentials", credentials::CredentialsArgs::augment_args),
    ("trust", trust::TrustArgs::augment_args),
    ("env", env::EnvArgs::augment_args),
    ("exec", exec::ExecArgs::augment_args),
    ("plugin", plugin::PluginArgs::augment_args),
    ("alias", alias::AliasArgs::augment_args),
    ("doctor", doctor::DoctorArgs::augment_args),
    ("completions", CompletionsArgs::augment_args),
    ("help", HelpArgs::augment_args),
    ("version", VersionArgs::augment_args),
];

/// Returns the parser of the global flags and of one command.
pub(super) fn parser(name: &OsStr) -> Option<Clap> {
    let (name, augment) = COMMANDS.iter().find(|(known, _)| name == *known)?;
    let command = augment(Clap::new(*name));
    let root = Globals::augment_args(Clap::new("carto")).disable_help_subcommand(true);
    Some(root.subcommand_required(true).subcommand(command))
}
