//! Programs that are run for what they print: those that give keys, and plugins that are asked about
//! themselves.

mod end;
mod run;
#[cfg(unix)]
mod termination;

pub use end::{fault, with_said, with_stderr};
pub use run::{Input, LIMIT, ProgramEnd, Watch, run};
