//! Edits as a table of before and after, on generated documents, and on the toml-test corpus.

mod cases;
mod corpus;
mod generated;
mod judge;
mod leaves;
mod lines;
mod operation;
mod ordinary;
mod proof;
mod reading;
