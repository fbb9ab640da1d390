//! Fetches a key from its source, when it is used.
//!
//! # Why
//! A program that gives a key belongs to the user, and so must all that decides what it answers: it
//! runs in `/`, where no clone has a word, and sees neither an account of this environment nor
//! `GIT_*`. What it prints may be the key, also when it is not one, so no error has a word of it.
//! There is no time limit, as keychains and pinentry wait for people.

mod key;
mod program;
mod surroundings;

pub use key::fetch;
pub(super) use program::{gives_none, prepared, until_it_ends, waiting};
pub use surroundings::Surroundings;
