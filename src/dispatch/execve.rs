//! Starts a program in place of this one, or beside it where the system cannot replace a process.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

#[cfg(not(unix))]
use crate::path_search::{Program, SearchPath};

/// Why a program that was found did not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// No permission, although the file looked executable.
    #[error("permission denied")]
    Permission,
    /// The interpreter in its first line is missing.
    #[error("its interpreter `{0}` is missing")]
    Interpreter(String),
    /// Neither a program of this machine nor a script with a `#!` line.
    #[error("wrong format: no program for this machine, and no script with a `#!` line")]
    Format,
    /// Arguments and environment are longer than the system takes.
    #[error("the argument list is too long")]
    TooLong,
    /// An argument or variable has a NUL byte.
    #[error("an argument has a NUL byte")]
    Nul,
    /// Anything else the system says.
    #[error("{0}")]
    Other(String),
}

/// What became of a program that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It ended with this status (only where the process cannot be replaced).
    Code(u8),
}

/// Replaces this process by the program; returns only when that failed.
///
/// The system call is used directly: `execvp` would hand a file of an unknown format to a shell,
/// which then reports nonsense.
#[cfg(unix)]
pub fn start(
    program: &Path,
    name: &OsStr,
    args: &[OsString],
    environment: &[(Cow<'_, OsStr>, Cow<'_, OsStr>)],
) -> Result<Ended, StartError> {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt as _;

    use crate::core_dump;

    // Each text is made in one piece, with room for its end: a start has some dozens.
    let text = |parts: &[&[u8]]| {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let mut bytes = Vec::with_capacity(length + 1);
        for part in parts {
            bytes.extend_from_slice(part);
        }
        CString::new(bytes).map_err(|_| StartError::Nul)
    };
    let path = text(&[program.as_os_str().as_bytes()])?;
    let words = std::iter::once(name)
        .chain(args.iter().map(OsString::as_os_str))
        .map(|arg| text(&[arg.as_bytes()]))
        .collect::<Result<Vec<_>, _>>()?;
    let block = environment
        .iter()
        .map(|(name, value)| text(&[name.as_bytes(), b"=", value.as_bytes()]))
        .collect::<Result<Vec<_>, _>>()?;
    match core_dump::with_given_limit(|| nix::unistd::execve(&path, &words, &block)) {
        Err(error) => Err(reason(program, error)),
        Ok(never) => match never {},
    }
}

#[cfg(unix)]
fn reason(program: &Path, error: nix::errno::Errno) -> StartError {
    use nix::errno::Errno;
    match error {
        Errno::EACCES | Errno::EPERM => StartError::Permission,
        Errno::ENOEXEC => StartError::Format,
        Errno::E2BIG => StartError::TooLong,
        // The file itself was found: what is missing is what its first line names.
        Errno::ENOENT => match interpreter(program) {
            Some(interpreter) => StartError::Interpreter(interpreter),
            None => StartError::Other("its loader is missing, or it went away".to_owned()),
        },
        other => StartError::Other(crate::error::io_reason(&io::Error::from(other))),
    }
}

/// Returns the interpreter that a script's first line names.
#[cfg(unix)]
fn interpreter(program: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut head = [0; 256];
    let length = std::fs::File::open(program).ok()?.read(&mut head).ok()?;
    let line = head.get(..length)?.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    // As the system splits: a carriage return at the end of the line is part of the name.
    line.split([' ', '\t']).find(|word| !word.is_empty()).map(str::to_owned)
}

/// Runs the program as a child: here a process cannot be replaced. It ends with carto, also where that is
/// killed; Ctrl-C is the program's to answer; and its status, of 32 bits, becomes carto's own.
#[cfg(not(unix))]
#[expect(clippy::exit, reason = "a process that was replaced does not come back, either")]
pub fn start(
    program: &Path,
    _name: &OsStr,
    args: &[OsString],
    environment: &[(Cow<'_, OsStr>, Cow<'_, OsStr>)],
) -> Result<Ended, StartError> {
    let pairs = environment.iter().map(|(name, value)| (name, value));
    let mut command = starts(program, environment)?;
    command.args(args).env_clear().envs(pairs);
    // The console sends it to the program, too.
    _ = ctrlc::set_handler(|| ());
    match command.spawn() {
        Ok(mut child) => {
            let _job = ends_with_this_process(&child);
            let status = child.wait().ok().and_then(|status| status.code());
            std::process::exit(status.unwrap_or(1))
        }
        Err(error) => Err(match error.kind() {
            io::ErrorKind::PermissionDenied => StartError::Permission,
            io::ErrorKind::InvalidInput => StartError::Other(
                "an argument cannot be handed to a .cmd or .bat file unchanged".to_owned(),
            ),
            _ => StartError::Other(crate::error::io_reason(&error)),
        }),
    }
}

/// Returns what starts a program: the system knows `.exe`, `.cmd` and `.bat`, and a PowerShell script needs
/// PowerShell, the newer one where it is. Whether scripts may run stays the user's own rule.
#[cfg(not(unix))]
fn starts(
    program: &Path,
    environment: &[(Cow<'_, OsStr>, Cow<'_, OsStr>)],
) -> Result<std::process::Command, StartError> {
    use std::process::Command;
    if program.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("ps1")) {
        return Ok(Command::new(program));
    }
    let path = environment.iter().find(|(name, _)| name.eq_ignore_ascii_case("PATH"));
    let path = SearchPath::new(path.map(|(_, value)| &**value), Vec::new());
    let shell =
        ["pwsh", "powershell"].iter().find_map(|name| match path.program(OsStr::new(name)) {
            Program::Found(found) => Some(found),
            Program::NotFound => None,
        });
    let mut command = Command::new(shell.ok_or(StartError::Interpreter("pwsh".to_owned()))?);
    command.args(["-NoProfile", "-File"]).arg(program);
    Ok(command)
}

/// Puts a child, and so what it starts, into a job that ends with this process. Where this process is in
/// one that allows no other, that one decides.
#[cfg(not(unix))]
fn ends_with_this_process(child: &std::process::Child) -> Option<win32job::Job> {
    use std::os::windows::io::AsRawHandle as _;
    let mut limits = win32job::ExtendedLimitInfo::new();
    limits.limit_kill_on_job_close();
    let job = win32job::Job::create_with_limit_info(&limits).ok()?;
    job.assign_process(child.as_raw_handle() as isize).ok()?;
    Some(job)
}
