//! The variables of the plugin contract as text: one file per form.
//!
//! Every form quotes for its own reader, so that a value is a value whatever stands in it.

mod docker;
mod dotenv;
mod fish;
mod format;
mod github;
mod powershell;
mod sh;
mod text;

pub use format::{Format, Inexpressible, Variable};
pub use github::masks;
pub use text::{render, text};
