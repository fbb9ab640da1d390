//! Tests of the real binary, each in a sandbox of its own.
#![cfg(unix)]
#![allow(
    unreachable_pub,
    clippy::needless_raw_string_hashes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "tests stop at the first surprise, plant files, and read as tables"
)]

mod aliases;
mod bad_input;
mod broken_files;
mod canary;
mod cartoframes_files;
mod cases;
mod config_verbs;
mod corpus;
mod cost;
mod dispatch;
mod doctor;
mod editor;
mod env_exec;
mod errors_shown;
mod explain;
mod git_hostile;
mod git_store;
mod git_user;
mod guides;
mod help;
mod honest;
mod hostile;
mod import_graph;
mod imports;
mod json;
mod keys_in;
mod lossless;
mod parallel;
mod permissions;
mod pictures;
mod presets;
mod profiles;
mod readme;
mod recipes;
mod sandbox;
mod schemas;
mod secrets;
mod sources;
mod structure;
mod threats;
mod threats_local;
mod threats_urls;
mod trust;
mod typos;
mod whoami;
