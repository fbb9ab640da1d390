//! `carto NAME`: from the name of a command that is not built in to `execve`.
//!
//! [`alias`] says what the name stands for, [`plugin`] finds the program and decides what it may
//! know, [`environment`] is the contract between carto and plugins, [`start`] prepares the
//! environment, and [`execve`] replaces this process.

pub mod alias;
pub mod aliases_in_force;
pub mod ask;
pub mod environment;
pub mod execve;
pub mod placeholder;
pub mod plugin;
pub mod preset_args;
pub mod start;
