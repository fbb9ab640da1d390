//! Layered settings: from places to one answer that knows its scope and origin.

mod origin;
mod scope;

pub use origin::{Located, Origin};
pub use scope::Scope;
