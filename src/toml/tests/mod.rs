//! Edits as a table of before and after, on generated documents, and on the toml-test corpus.

mod cases;
mod corpus;
mod generated;
pub(super) mod judge;
mod operation;
mod proof;
mod reading;
