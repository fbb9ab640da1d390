//! The one search of PATH, and the one answer to what keeps a program from running.

#[cfg(unix)]
mod format;
mod judge;
mod search;
mod unfit;

pub use judge::judge;
pub use search::{Found, InstalledPlugin, Program, SearchPath, each_name, is_path};
pub use unfit::Unfit;
