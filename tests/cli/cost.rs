//! What a start of a plugin costs at most, in what does not depend on the machine: system calls.
//!
//! `tests/bench/count` counts the same, and instructions, on the optimised program beside git;
//! `tests/bench/run` measures times.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::sandbox::Sandbox;

/// Some 75, and 30 more where the program is linked with shared libraries; git makes 155.
const MOST: usize = 108;

/// Finds strace, where it can trace. The plain tests need no other program; the gate has it, and its
/// own count fails without.
#[expect(clippy::print_stderr, reason = "a bound that is not held has to be seen")]
fn strace() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|dir| dir.join("strace")).find(|p| p.is_file());
    let works = |strace: &PathBuf| {
        let mut trial = Command::new(strace);
        trial.args(["-o", "/dev/null", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
        trial.status().is_ok_and(|status| status.success())
    };
    let strace = found.filter(works);
    if strace.is_none() {
        eprintln!("NOT COUNTED: strace is missing, or may not trace");
    }
    strace
}

/// Returns the system calls of a start, one a line, through the one that starts the plugin.
fn calls_of_a_start(sandbox: &Sandbox, strace: &Path) -> Vec<String> {
    let log = sandbox.path("calls");
    let program = env!("CARGO_BIN_EXE_carto");
    let call = sandbox.program(strace).arg("-f").arg("-o").arg(&log).arg(program).arg("account");
    _ = call.dir("work/a/b").run().ok().started();
    let text = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let plugin = sandbox.path("bin/carto-account").display().to_string();
    let started = |line: &String| line.contains("execve(") && line.contains(&plugin);
    let end = lines.iter().position(started).unwrap();
    lines[..=end].to_vec()
}

#[test]
fn a_start_makes_few_system_calls_and_touches_nobody_else() {
    let Some(strace) = strace() else { return };
    let sandbox = Sandbox::new();
    sandbox.user("username = \"johnsmith\"\n[plugins.account]\nlimit = 10\n");
    sandbox.keys(&["k1 https://johnsmith.carto.com johnsmith"]);
    sandbox.project("organization = \"acme\"\n");
    sandbox.trust("work");
    std::fs::create_dir_all(sandbox.path("work/a/b")).unwrap();
    let calls = calls_of_a_start(&sandbox, &strace);
    assert!(calls.len() <= MOST, "{} system calls:\n{}", calls.len(), calls.join("\n"));
    let waits = ["nanosleep(", "flock(", "futex("];
    let others = ["fork(", "clone(", "clone3(", "socket(", "connect(", "fsync(", "write("];
    for forbidden in waits.into_iter().chain(others) {
        let found: Vec<_> = calls.iter().filter(|call| call.contains(forbidden)).collect();
        assert!(found.is_empty(), "{found:?}");
    }
    let read = |name: &str| {
        calls.iter().filter(|call| call.contains("openat") && call.contains(name)).count()
    };
    for name in ["home/.config/carto/config.toml", "home/.config/carto/credentials.toml"] {
        assert_eq!(read(name), 1, "{name} is read once:\n{}", calls.join("\n"));
    }
}
