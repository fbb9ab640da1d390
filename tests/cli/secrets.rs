//! What holds a key cannot show it: its types, what a bug leaves behind, and the memory of a run.

use std::fs;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::{Ran, Sandbox};

const KEY: &str = "marker-key-1a2b3c";

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files.extend(rust_files(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push(entry);
        }
    }
    files
}

/// Returns each field that by its name and type is the raw text of a key, in a type that derives a
/// way to show it.
fn shown_secrets(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut derives = String::new();
    let mut inside = false;
    for line in code.lines().map(str::trim) {
        if line.starts_with("#[derive(") {
            line.clone_into(&mut derives);
        } else if line.contains("struct ") || line.contains("enum ") {
            inside = derives.contains("Debug") || derives.contains("Serialize");
            if let Some((_, tuple)) = line.split_once("Secret(")
                && inside
                && tuple.starts_with("String")
            {
                found.push(line.to_owned());
            }
        } else if line.is_empty() {
            (inside, derives) = (false, String::new());
        }
        if !inside || line.starts_with("//") {
            continue;
        }
        // Fields stand in a line of their own, those of an enum's variants in one line with it.
        for field in line.split(['{', ',', '(']) {
            let Some((name, kind)) = field.split_once(": ") else { continue };
            let name = name.trim().trim_start_matches("pub(super) ");
            let name = name.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            if NAMES_OF_KEYS.contains(&name) && kind.contains("String") {
                found.push(line.to_owned());
            }
        }
    }
    found
}

const NAMES_OF_KEYS: [&str; 7] =
    ["key", "apikey", "api_key", "secret", "token", "password", "master_key"];

/// Fields called `key` that are the name of a setting.
const NAMES_OF_SETTINGS: [(&str, &str); 4] = [
    ("config/layer.rs", "pub key: String,"),
    ("commands/config/explain.rs", "key: Option<String>,"),
    ("commands/config/get.rs", "key: String,"),
    ("commands/config/unset.rs", "key: String,"),
];

#[test]
fn raw_keys_are_in_no_type_that_can_be_shown() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&root);
    assert!(files.len() > 50, "the sources are looked for in the right place");
    let mut found = Vec::new();
    for path in files {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        for line in shown_secrets(&fs::read_to_string(&path).unwrap()) {
            if !NAMES_OF_SETTINGS.contains(&(name.as_str(), line.as_str())) {
                found.push(format!("{name}: {line}"));
            }
        }
    }
    assert!(found.is_empty(), "these could show a key:\n  {}", found.join("\n  "));
}

#[test]
fn the_search_for_raw_keys_finds_them() {
    for (code, hits) in [
        ("#[derive(Debug)]\nstruct A {\n    apikey: String,\n}", 1),
        ("#[derive(Clone, Serialize)]\npub struct A {\n    pub token: Option<String>,\n}", 1),
        ("#[derive(Debug)]\nenum A {\n    B { key: String, at: u8 },\n}", 1),
        ("#[derive(Debug)]\npub struct Secret(String);", 1),
        ("#[derive(Clone)]\nstruct A {\n    apikey: String,\n}", 0),
        ("#[derive(Debug)]\nstruct A {\n    key: Secret,\n}", 0),
        ("#[derive(Debug)]\nstruct A {\n    keys: String,\n}", 0),
        ("#[derive(Debug)]\nstruct A {\n    a: u8,\n}\n\nfn b(key: String) {}", 0),
    ] {
        assert_eq!(shown_secrets(code).len(), hits, "{code}");
    }
}

/// Returns the program that panics with a key in hand; `cargo test` has built it.
fn panic_with_key() -> PathBuf {
    crate::sandbox::fake("panic-with-key")
}

#[test]
fn a_panic_shows_where_it_was_and_not_what_it_held() {
    let sandbox = Sandbox::new();
    for backtrace in ["0", "1", "full"] {
        let call = sandbox.program(panic_with_key()).arg(KEY).env("RUST_BACKTRACE", backtrace);
        let ran: Ran = call.run().fails(70).never_says(KEY).never_says("nobody expected");
        assert!(ran.stderr.starts_with("error: BUG in carto"), "{ran}");
        assert!(ran.stderr.contains("--> tests/fakes/panic_with_key.rs:"), "{ran}");
    }
}

/// Starts the program where it waits with a key in hand: for more of it on standard input.
#[expect(
    clippy::zombie_processes,
    reason = "a test that fails here ends the program with its pipe"
)]
fn waiting_with_key(sandbox: &Sandbox, limit: &str) -> Child {
    let carto = env!("CARGO_BIN_EXE_carto");
    let line =
        format!("ulimit -S -c {limit}; exec '{carto}' login https://ann.carto.com --key-stdin");
    let mut command: Command =
        sandbox.program("/bin/sh").env("CARTO_API_KEY", KEY).arg("-c").arg(line).command();
    let mut child = command
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), KEY.as_bytes()).unwrap();
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    let begin = Instant::now();
    loop {
        let line = fs::read(process.join("cmdline")).unwrap();
        let is_carto = line.starts_with(carto.as_bytes());
        let status = fs::read_to_string(process.join("status")).unwrap();
        if is_carto && status.contains("State:\tS") {
            return child;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "it never waits:\n{status}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn soft_limit(process: u32) -> String {
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    line.split_whitespace().nth(4).unwrap().to_owned()
}

#[test]
fn a_run_that_is_aborted_with_a_key_leaves_no_dump() {
    let sandbox = Sandbox::new();
    // Where the limit cannot be raised, there are no dumps that could show anything.
    let raised = sandbox.program("/bin/sh").arg("-c").arg("ulimit -S -c unlimited").run();
    let limit = if raised.status.success() { "unlimited" } else { "0" };
    let mut child = waiting_with_key(&sandbox, limit);
    assert_eq!(soft_limit(child.id()), "0");
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGABRT).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(Signal::SIGABRT as i32));
    assert!(!status.core_dumped());
    assert_eq!(sandbox.files_with(KEY), [""; 0]);
}

/// The owner of what lies in `/proc` says who may read it; root may read everything.
#[cfg(target_os = "linux")]
#[test]
fn other_programs_of_the_user_do_not_see_the_environment() {
    use std::os::unix::fs::MetadataExt as _;
    let sandbox = Sandbox::new();
    let mut child = waiting_with_key(&sandbox, "0");
    let environ = PathBuf::from(format!("/proc/{}/environ", child.id()));
    assert_eq!(fs::metadata(&environ).unwrap().uid(), 0);
    if !nix::unistd::geteuid().is_root() {
        assert!(fs::read(&environ).is_err(), "its environment can be read");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn programs_get_the_limit_that_carto_was_given() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[alias]\nlimit = \"!ulimit -S -c\"\n");
    sandbox.keys(&[&format!("{KEY} https://ann.carto.com ann")]);
    sandbox.plugin("limit-of-plugin", "#!/bin/sh\nulimit -S -c\n");
    let editor = sandbox.file_with_mode("bin/limit-of-editor", "#!/bin/sh\nulimit -S -c\n", 0o755);
    let hard = sandbox.program("/bin/sh").arg("-c").arg("ulimit -H -c").run().ok().stdout;
    // A limit that is neither of the usual ones, where the machine permits one.
    let limits = if hard.trim() == "0" { ["0", "0"] } else { ["0", "1"] };
    for limit in limits {
        for command in ["limit-of-plugin", "limit", "exec -- sh -c 'ulimit -S -c'", "config edit"] {
            let line = format!("ulimit -S -c {limit}; carto {command}");
            let ran = sandbox.shell(&line).env("EDITOR", &editor).run().ok();
            assert_eq!(ran.stdout.trim(), limit, "{command}\n{ran}");
        }
        // A program that cannot start leaves carto itself without dumps, and says why.
        let line = format!("ulimit -S -c {limit}; carto exec -- ./missing");
        _ = sandbox.shell(&line).run().fails(127);
    }
}
