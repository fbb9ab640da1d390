//! Panics as the program would if it had a bug, with a key in hand and in the words of the panic.
//! The key is the first argument.

use carto::secret::Secret;

#[expect(clippy::disallowed_methods, clippy::panic, reason = "this program is a tool of the tests")]
fn main() {
    carto::core_dump::forbid();
    carto::bug::guard();
    let key = std::env::args().nth(1).unwrap_or_default();
    let secret = Secret::new(&key);
    panic!("nobody expected {key}, nor {secret:?}");
}
