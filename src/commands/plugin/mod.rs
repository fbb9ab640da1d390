//! `carto plugin`: which programs answer to `carto NAME`, and how they get there.

mod command;
mod create;
mod info;
mod install;
mod list;
mod lock;
mod register;
mod remove;
mod run;
mod sync;
mod upgrade;
mod verify;
mod which;

pub use command::{PluginArgs, run};
