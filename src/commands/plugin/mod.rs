//! `carto plugin`: which programs answer to `carto NAME`.

mod command;
mod list;
mod run;
mod which;

pub use command::{PluginArgs, run};
