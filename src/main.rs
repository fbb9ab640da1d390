//! The program `carto`.
//!
//! # Why
//! With glibc the C library calls this `main` itself. What Rust's own does before costs a start a
//! twentieth of its time and a sixth of its instructions: it reads the map of the process to word a
//! stack overflow, and changes how signals are answered, which a plugin would inherit. Of all that
//! carto needs one thing, and does it by itself: that the standard streams are open.
#![cfg_attr(all(target_os = "linux", target_env = "gnu", not(test)), no_main)]

use carto::invocation::Invocation;
use carto::{bug, cli, core_dump};

fn run() -> u8 {
    core_dump::forbid();
    bug::guard();
    cli::run(Invocation::from_process())
}

#[cfg(all(target_os = "linux", target_env = "gnu", not(test)))]
#[unsafe(no_mangle)]
#[expect(unsafe_code, reason = "no other `main` is linked, so the name is free")]
extern "C" fn main() -> std::ffi::c_int {
    carto::standard_streams::fill();
    // As Rust's own ends, so that what is buffered is written out.
    std::process::exit(run().into())
}

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(test))))]
fn main() -> std::process::ExitCode {
    #[cfg(all(unix, not(all(target_os = "linux", target_env = "gnu"))))]
    sigpipe::reset();
    std::process::ExitCode::from(run())
}
