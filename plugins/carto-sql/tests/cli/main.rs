//! The program against a server on 127.0.0.1 that answers as CARTO's does, down to the bytes. What
//! PostgreSQL makes of the queries is tried by the interoperation tests of the workspace.

mod copy;
mod current_platform;
mod failures;
mod job;
mod query;
mod server;
mod stream;

use std::path::Path;

/// It is the model of a plugin in Rust: the account is read by the very file that a new one gets.
#[test]
fn the_account_is_read_as_in_every_new_plugin() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/rust/account.rs");
    let template = std::fs::read_to_string(templates).unwrap();
    assert_eq!(include_str!("../../src/account.rs"), template);
}
