//! The one place that writes files: whole or not at all.
//!
//! # Why
//! A kill, a crash or a full disk can come between any two system calls. So the new content goes
//! to a temporary file in the same directory, gets owner and mode, is synced, and takes the old
//! file's place by a rename, which the system does as one act; then the directory is synced.
//! Readers need no lock: what they open is a whole file.

mod directory;
mod lock;
mod mode;
mod replace;
mod retry;
mod target;
mod temporary;
mod write_error;

#[cfg(test)]
mod tests;

pub use directory::{create_private_dir, create_shared_dir};
pub use lock::{LOCK_NAME, Lock};
pub use mode::Mode;
pub use replace::{Prepared, Removed, Replaced, clear_left_over, prepare, remove, replace};
pub use target::{Links, Target};
pub use write_error::{Act, Stands, WriteError, WriteReason};
