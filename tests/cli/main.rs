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

mod accounts_and_keys;
mod aliases;
mod bad_input;
mod broken_files;
mod cartoframes_files;
mod certificates;
mod completion;
mod config_verbs;
mod containers;
mod corpus;
mod cost;
mod create;
mod dispatch;
mod doctor;
mod editor;
mod env_exec;
mod errors_shown;
mod explain;
mod false_alarms;
mod first_words;
mod floods;
mod git_store;
mod git_user;
mod guides;
mod half_done;
mod help;
mod help_lines;
mod import_graph;
mod imports;
mod json;
mod listings;
mod lossless;
mod manifests;
mod other_secrets;
mod packages;
mod parallel;
mod pasted;
mod permissions;
mod pictures;
mod pipes;
mod presets;
mod profiles;
mod readme;
mod recipes;
mod sandbox;
mod schemas;
mod secrets;
mod sources;
mod storing_keys;
mod structure;
mod threats;
mod tokens;
mod trust;
mod typos;
mod unfit_plugins;
mod whoami;
