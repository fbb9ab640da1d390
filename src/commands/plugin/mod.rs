//! `carto plugin`: which programs answer to `carto NAME`.

mod command;
mod create;
mod info;
mod list;
mod register;
mod run;
mod which;

pub use command::{PluginArgs, run};
