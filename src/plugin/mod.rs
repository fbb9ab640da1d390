//! Plugins: programs called `carto-NAME` that run with one whole account in their environment.

pub mod alias;
pub mod contract;
pub mod dispatch;
pub mod find;
mod name;
pub mod preset;

pub use name::{NameError, PluginName};
