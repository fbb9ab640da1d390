//! The program `carto`.

use std::process::ExitCode;

fn main() -> ExitCode {
    carto::core_dump::forbid();
    #[cfg(unix)]
    sigpipe::reset();
    let run = || carto::cli::run(carto::invocation::Invocation::from_process());
    ExitCode::from(carto::bug::guarded(run))
}
