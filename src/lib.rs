//! carto: a dispatcher of `carto-*` plugins and a manager of layered settings and keys.
//!
//! One run, from left to right; each arrow is a function with a value in and a value out:
//!
//! ```text
//! Invocation -> cli -> config::discover -> Layer::parse -> Config -> account -> credential -> plugin
//!  what was     flags    places to look     a file's bytes  merged    World      which key    contract,
//!  given                 for files          as values                 resolves   and why      execve
//!                                    trust: does the project's word count?
//! ```
//!
//! `commands` joins the steps ([`commands::context`]); a command asks only for those it needs. Modules
//! import from lower ranks only, and a test holds the ranks (`tests/cli/structure.rs`).

pub mod account;
pub mod base_url;
pub mod bug;
pub mod cli;
pub mod commands;
pub mod config;
pub mod core_dump;
pub mod credential;
pub mod dispatch;
pub mod error;
pub mod escape;
pub mod explain;
pub mod foreign;
pub mod invocation;
pub mod layer_file;
pub mod line_index;
pub mod output;
pub mod path_search;
pub mod project;
pub mod read_file;
pub mod render;
pub mod replace_file;
pub mod resolve;
pub mod secret;
pub mod standard_streams;
pub mod toml;
pub mod username;
