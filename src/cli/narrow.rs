//! The parser of one built-in command, without those of the others.
//!
//! # Why
//! Building the parsers of all commands costs several times what `config get` does. A line that
//! the narrow parser takes, the whole one takes alike; what it refuses, and every call for help,
//! goes to the whole one, whose words are the ones that people see.
//!
//! Without it `config get` takes 1.26 times as long (two programs run alternately, median of 1,500;
//! `CARTO_BENCH_PROGRAM` names another one to `tests/bench/run`).

use std::ffi::OsStr;

use clap::{Args as _, Command as Clap};

use super::table::COMMANDS;
use crate::resolve::options::Globals;

/// Returns the parser of the global flags, and of one command if the word is one.
pub(super) fn parser_of_any(name: Option<&OsStr>) -> Clap {
    let root = || Globals::augment_args(Clap::new("carto").version(env!("CARGO_PKG_VERSION")));
    name.and_then(parser).unwrap_or_else(root)
}

/// Returns the parser of the global flags and of one command.
pub(super) fn parser(name: &OsStr) -> Option<Clap> {
    let (name, augment) = COMMANDS.iter().find(|(known, _)| name == *known)?;
    let command = augment(Clap::new(*name));
    let root = Globals::augment_args(Clap::new("carto")).disable_help_subcommand(true);
    Some(root.subcommand_required(true).subcommand(command))
}
