//! `carto config`: reads and changes settings, and says where they come from.

mod command;
mod edit;
mod explain;
mod get;
pub mod git_words;
mod list;
mod path;
mod schema;
mod set;
mod set_apikey;
mod source_args;
mod unset;

pub use command::{ConfigArgs, run};
