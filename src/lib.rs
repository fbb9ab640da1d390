//! carto: a dispatcher of `carto-*` plugins and a manager of layered settings and keys.

pub mod config;
pub mod error;
pub mod read_file;
pub mod replace_file;
pub mod secret;
pub mod username;
