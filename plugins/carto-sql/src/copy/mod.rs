//! PostgreSQL's COPY: rows out of a table and into one, as they are.

mod into;
mod out;

pub use into::{Rows, into};
pub use out::{out, pass_on};
