//! `carto profile`: named accounts.

mod add;
mod command;
mod list;
mod other_scopes;
mod remove;
mod rename;
mod select;
mod selectors;
mod show;
mod table;

pub use command::{ProfileArgs, run};
