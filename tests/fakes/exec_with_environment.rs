//! Starts a program with an environment block that no shell can make: names that come twice,
//! names without a value, in a fixed order.
//!
//! Arguments: a file of `NAME=VALUE` entries that each end with a NUL byte, the program, its
//! arguments.

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "this program is a tool of the tests")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStringExt as _;

    let mut words = std::env::args_os().skip(1);
    let (Some(file), Some(program)) = (words.next(), words.next()) else {
        return Err("usage: exec_with_environment FILE PROGRAM [ARGS]".into());
    };
    let block = std::fs::read(file)?;
    let entries = block.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
    let environment = entries.map(CString::new).collect::<Result<Vec<_>, _>>()?;
    let program = CString::new(program.into_vec())?;
    let rest = words.map(|word| CString::new(word.into_vec()));
    let argv = std::iter::once(Ok(program.clone())).chain(rest).collect::<Result<Vec<_>, _>>()?;
    match nix::unistd::execve(&program, &argv, &environment) {
        Err(error) => Err(error.into()),
        Ok(never) => match never {},
    }
}

#[cfg(not(unix))]
fn main() {}
