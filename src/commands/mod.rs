//! The built-in commands, one file or folder each. None imports another.

pub mod alias;
pub mod config;
pub mod credentials;
pub mod doctor;
pub mod env;
pub mod exec;
pub mod init;
pub mod login;
pub mod logout;
pub mod plugin;
pub mod profile;
pub mod trust;
