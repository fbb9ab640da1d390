//! carto: a dispatcher of `carto-*` plugins and a manager of layered settings and keys.

pub mod base_url;
pub mod config;
pub mod error;
pub mod secret;
pub mod username;
