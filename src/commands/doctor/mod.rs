//! `carto doctor`: what is wrong, or will be, with files, settings, PATH and neighbours: one file per family.
//!
//! Every finding has a fixed identifier, a place and a fix. Nothing is changed and no plugin is
//! run.

mod command;
mod files;
mod finding;
mod keys;
mod neighbours;
mod path;
mod settings;
mod variables;

pub use command::{DoctorArgs, run};
