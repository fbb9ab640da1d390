//! carto: a dispatcher of `carto-*` plugins and a manager of layered settings and keys.

pub mod account;
pub mod base_url;
pub mod bug;
pub mod cli;
pub mod commands;
pub mod config;
pub mod core_dump;
pub mod credential;
pub mod error;
pub mod escape;
pub mod git;
pub mod invocation;
pub mod legacy;
pub mod output;
pub mod plugin;
pub mod read_file;
pub mod render;
pub mod replace_file;
pub mod secret;
pub mod trust;
pub mod username;
