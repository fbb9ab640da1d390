//! `carto credentials`: the account in use with its key, and other programs' files.

mod command;
mod delete;
mod export;
mod import;
mod import_all;
mod import_plan;
mod list;
mod show;

pub use command::{CredentialsArgs, run};
