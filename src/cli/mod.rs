//! The command line: global flags, the built-in commands, and everything else as a plugin.

mod completion;
mod definition;
pub mod guides;
mod help;
mod man;
mod mistake;
mod narrow;
mod other_words;
mod scan;
mod table;
mod version;

pub use definition::{Reading, both_readings, command, commands, run};
