//! `carto plugin create`: a plugin to begin with, whose test passes at once.

mod command;
mod files;

pub(super) use command::{CreateArgs, run};
