//! The one search of PATH, and the one answer to what keeps a program from running.

#[cfg(unix)]
mod format;
mod search;
mod unfit;

pub use search::{Found, Program, SearchPath, is_path, judge};
pub use unfit::Unfit;
