//! carto: a dispatcher of `carto-*` plugins and a manager of layered settings and keys.
//!
//! One run of `carto foo`, from `main` to `execve`:
//!
//! 1. [`invocation`] reads arguments, environment and directory, once.
//! 2. [`cli`] reads the global flags. A name that is not built in is dispatched ([`dispatch::alias`]
//!    first, then [`dispatch::plugin`]); a built-in one runs from [`commands`]. What is known so far
//!    is a [`resolve::run::Run`].
//! 3. [`path_search`] finds the plugin `carto-foo`.
//! 4. [`config::places`] lists where to look, [`resolve::layers`] reads each file into a
//!    [`config::Layer`], and [`project`] says how far the project's is trusted.
//! 5. [`config::Lookup`] decides precedence among layers, in the order of [`config::Scope`].
//! 6. [`resolve::facts`] gathers what decides, and [`account::World::resolve`] decides which account.
//! 7. [`credential::choose`] decides which key; [`resolve::fetching`] fetches it from its source.
//! 8. [`dispatch::environment`] makes the plugin's variables from the table in [`variables`], and
//!    [`dispatch::execve`] replaces this process.
//!
//! Around it: [`explain`] says why, [`layer_file`] writes one scope's files, [`foreign`] reads and
//! writes other programs' files, [`toml`] reads and edits TOML, [`output`] alone prints.
//!
//! A file imports from lower ranks only, and no files import each other; `tests/cli/structure.rs`
//! lists the ranks, and `tests/cli/import_graph.rs` holds both.

#[cfg(windows)]
pub mod access_list;
pub mod account;
pub mod base_url;
pub mod bug;
pub mod child_process;
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
pub mod manifest;
pub mod near;
pub mod output;
pub mod package;
pub mod path_search;
pub mod plugin_name;
pub mod project;
pub mod read_file;
pub mod render;
pub mod replace_file;
pub mod resolve;
pub mod secret;
pub mod standard_streams;
pub mod toml;
pub mod username;
pub mod variables;
