//! Changes parts of a TOML text and keeps every other byte.
//!
//! # Why
//!
//! An editor that builds the document anew turns CRLF into LF and loses the byte order mark. Here
//! the text is read with the span of every part, the few bytes that must change are replaced, and
//! the result is read again: it must hold the old data with exactly the one change, or the edit
//! fails and nothing is written.

mod append;
mod change;
mod insert;
mod list;
mod outline;
mod remove;
mod set;
mod set_all;
mod splice;
mod verify;

pub use append::{append_table, append_tables};
pub use change::{Change, EditError};
pub use outline::{NamedItem, outline};
pub use set::{
    copy_table, remove_table, remove_tables, rename_table, set, set_in_table, unset, unset_in_table,
};
pub use set_all::set_all;

#[cfg(test)]
pub(super) use change::parse;
#[cfg(test)]
pub(super) use verify::{Expected, is_expected};
