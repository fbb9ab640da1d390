//! The one place that reads configuration files: every check is made on the open handle.
//!
//! # Why
//! What is checked by path can be exchanged before it is opened. So a file is opened first, in a
//! way that neither blocks (pipes) nor acts (terminals), and then the handle is asked what it is.
//! Reading takes one call for a file whose size is known, as this is done at every start.

mod named;
mod project;
mod regular;
#[cfg(test)]
mod tests;

pub use named::read_named;
pub use project::{Foreign, PROJECT_FOLDER, ProjectDir, ProjectReadError};
pub use regular::{
    Exposure, FileBytes, FileFacts, FileReadError, check_own_directory, close_command,
    foreign_owner, is_read_only, read_own, read_regular, readable_by_others,
};
