//! The program `carto`.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(unix)]
    sigpipe::reset();
    ExitCode::from(carto::cli::run(carto::invocation::Invocation::from_process()))
}
