//! TOML: reading a text with the place of every part, and editing it without touching the rest.

mod append;
mod document;
pub mod edit;
mod events;
mod fault;
mod insert;
mod layout;
mod list;
mod literal;
mod outline;
mod parse;
pub mod plain;
mod quick;
mod remove;
mod scalar;
mod splice;
mod value;
mod verify;

#[cfg(test)]
mod tests;

pub use document::{Apart, Field, FieldTable, Misread, Values, fields, values};
pub use literal::dotted;
pub use value::{Value, parse_bool};
