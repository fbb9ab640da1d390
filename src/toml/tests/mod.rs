//! Edits as a table of before and after, on generated documents, and on the toml-test corpus.

mod corpus;
mod edits;
mod generated;
mod judge;
mod leaves;
mod lines;
mod operation;
mod ordinary;
mod proof;
mod reading;
