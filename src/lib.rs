//! carto: a dispatcher of `carto-*` plugins and a manager of layered settings and keys.
//!
//! One run of `carto foo`, from `main` to `execve`:
//!
//! 1. [`invocation`] reads arguments, environment and directory, once.
//! 2. [`cli`] reads the global flags. A name that is not built in is dispatched ([`dispatch::alias`]
//!    first, then [`dispatch::plugin`]); a built-in one runs from [`commands`].
//! 3. [`path_search`] finds the plugin `carto-foo`.
//! 4. [`config::places`] lists where to look, [`resolve::layers`] reads each file into a
//!    [`config::Layer`], and [`project`] says how far the project's is trusted.
//! 5. [`config::Config`] holds the layers in order of [`config::Scope`]: there is precedence decided.
//! 6. [`account::World::resolve`] decides which account, from what each scope says.
//! 7. [`credential::choose`] decides which key; [`resolve::fetching`] fetches it from its source.
//! 8. [`dispatch::environment`] makes the plugin's variables, and [`dispatch::execve`] replaces this
//!    process.
//!
//! Around it: [`explain`] says why, [`layer_file`] writes one scope's files, [`foreign`] reads and
//! writes other programs' files, [`toml`] reads and edits TOML, [`output`] alone prints.
//!
//! A module imports from lower ranks only; `tests/cli/structure.rs` holds the ranks.

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
pub mod near;
pub mod output;
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
