//! Keys: which one is used for an account ([`choose`]), where they are stored, and how they are fetched.

mod choose;
pub mod fetch;
pub mod git_store;
pub mod mark;
pub mod schema;
pub mod source;
pub mod store;
mod token_end;
pub mod write;

pub use token_end::{Nearness, TokenEnd};

pub use choose::{
    Choice, KeyCandidate, KeyRefusal, Offered, Picked, Verdict, choose, choose_unlisted,
    variables_for,
};
