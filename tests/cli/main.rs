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
mod cases;
mod config_verbs;
mod corpus;
mod editor;
mod explain;
mod git_user;
mod sandbox;
mod typos;
