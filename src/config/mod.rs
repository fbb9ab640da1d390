//! Layered settings: from places to one answer that knows its scope and origin.

pub mod edit;
mod origin;
mod scope;

pub use origin::{Located, Origin};
pub use scope::Scope;
