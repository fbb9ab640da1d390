//! carto: a dispatcher of `carto-*` plugins and a manager of layered settings and keys.

pub mod config;
pub mod error;
pub mod legacy;
pub mod secret;
pub mod username;
