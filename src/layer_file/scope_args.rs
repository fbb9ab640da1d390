//! The flags by which a command is told which layer to read or write.

use std::path::PathBuf;

use clap::Args;

use crate::config::Scope;

/// The flags that choose one layer.
#[derive(Args, Clone, Debug, Default)]
#[group(id = "scope", multiple = false)]
pub struct ScopeArgs {
    /// The administrator's settings
    #[arg(long)]
    pub system: bool,
    /// Your settings
    #[arg(long, visible_alias = "global")]
    pub user: bool,
    /// The project's settings
    #[arg(long, visible_alias = "local")]
    pub project: bool,
    /// The settings in this file
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// One layer, as it was chosen by a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeChoice {
    /// The file of a scope.
    Scope(Scope),
    /// A file by its path.
    File(PathBuf),
}

impl ScopeArgs {
    /// Returns the chosen layer; clap has seen to it that there is at most one.
    pub fn choice(&self) -> Option<ScopeChoice> {
        let ScopeArgs { system, user, project, file } = self;
        match (system, user, project, file) {
            (true, ..) => Some(ScopeChoice::Scope(Scope::System)),
            (_, true, ..) => Some(ScopeChoice::Scope(Scope::User)),
            (_, _, true, _) => Some(ScopeChoice::Scope(Scope::Project)),
            (.., Some(file)) => Some(ScopeChoice::File(file.clone())),
            _ => None,
        }
    }
}
