//! The built-in commands, one file each. None imports another; what several need stands beside
//! them: the steps of a run ([`context`]), where to write ([`destination`]), accounts that are
//! taken in ([`adopt`]).

pub mod adopt;
pub mod alias;
mod approval;
mod ask_key;
pub mod config;
pub mod context;
pub mod credentials;
pub mod destination;
pub mod doctor;
pub mod env;
pub mod exec;
pub mod external;
pub mod fetching;
pub mod forget_key;
pub mod given_key;
pub mod globals;
pub mod handover;
pub mod hides;
pub mod init;
pub mod judge_entry;
pub mod layers;
pub mod login;
pub mod logout;
pub mod plugin;
pub mod preset_args;
pub mod profile;
pub mod project;
mod remarks;
pub mod scope_args;
pub mod trust;
