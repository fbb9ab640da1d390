//! Layered settings: from places to one answer that knows its scope and origin.
//!
//! The steps, in order: [`places`] lists places, [`Layer::parse`] turns a file's bytes into a
//! layer, [`given`] does so for environment and command line, [`Config`] merges. Accounts, keys
//! and plugins are unknown here; so the rules can be tested without a process.

mod entry;
pub mod given;
pub mod places;

mod kept;
mod layer;
mod lookup;
mod merge;
pub mod named_secret;
mod near_setting;
mod origin;
mod rows;
pub mod schema;
mod scope;
pub mod setting;
mod setting_path;
mod settings;
mod source;
pub mod suspect;

pub use crate::toml::{Value, parse_bool};
pub use entry::Entry;
pub use layer::{Layer, Remark, RemarkKind, Standing};
pub use lookup::{Lookup, Precedence};
pub use merge::{Config, Winners};
pub use near_setting::nearest_setting;
pub use origin::{Located, Origin};
pub use scope::Scope;
pub use setting_path::SettingPath;
pub use settings::SETTINGS;
pub use source::KEY_IN_SETTINGS;
