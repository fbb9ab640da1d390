//! The steps of a run: what was given, options, layers, given keys, account, key.

mod account;
mod ask_key;
pub mod context;
pub mod facts;
pub mod fetching;
pub mod given_key;
pub mod granted;
mod installed;
pub mod layers;
pub mod options;
pub mod preset;
pub mod run;
mod stores;
mod tell;
