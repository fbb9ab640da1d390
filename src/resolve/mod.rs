//! The steps of a run: options, layers, given keys, account, key.

mod ask_key;
pub mod context;
pub mod fetching;
pub mod given_key;
pub mod granted;
pub mod layers;
pub mod options;
pub mod preset;
mod remarks;
