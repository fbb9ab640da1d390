//! TOML: reading a text with the place of every part, and editing it without touching the rest.

mod document;
pub mod edit;
mod event;
mod events;
mod fault;
mod item;
mod leaves;
mod lines;
mod literal;
mod node;
mod ordinary;
mod read;
mod scalar;
mod span;
mod value;

#[cfg(test)]
mod tests;

pub use document::Document;
pub use item::{Item, Items, Misread, decoded};
pub use leaves::{Leaves, TableId, TablePaths};
pub use literal::{dotted, value as literal};
pub use span::Span;
pub use value::{Value, parse_bool};
