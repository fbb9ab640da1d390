//! Layered settings: from places to one answer that knows its scope and origin.
//!
//! The steps, in order: [`discover`] lists places, [`Layer::parse`] turns a file's bytes into a
//! layer, [`given`] does so for environment and command line, [`Config`] merges. Accounts, keys
//! and plugins are unknown here; so the rules can be tested without a process.

pub mod discover;
mod document;
pub mod edit;
mod entry;
mod events;
pub mod given;
mod key_table;
pub mod keys;
mod layer;
mod merge;
mod nearest;
mod origin;
pub mod plain;
pub mod schema;
mod scope;
mod source;
pub mod suspect;
mod value;

pub use entry::Entry;
pub use layer::{KEY_IN_SETTINGS, Layer, Remark, RemarkKind, Standing};
pub use merge::Config;
pub use origin::{Located, Origin};
pub use scope::Scope;
pub use value::{Value, parse_bool};
