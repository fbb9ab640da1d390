//! Files that are none: pipes that nobody writes to, sockets, directories, devices. Nothing waits
//! without a word.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::sandbox::{Ran, Sandbox};

/// How long a run may take that refuses at once.
const AT_ONCE: Duration = Duration::from_secs(2);

fn pipe(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    nix::unistd::mkfifo(path, nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
}

/// A machine with an account, and in `work` a thing of each kind.
fn machine() -> (Sandbox, UnixListener) {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&["k1 https://ann.carto.com ann"]);
    pipe(&sandbox.path("work/pipe"));
    fs::create_dir(sandbox.path("work/dir")).unwrap();
    let socket = UnixListener::bind(sandbox.path("work/socket")).unwrap();
    (sandbox, socket)
}

fn timed(run: impl FnOnce() -> Ran) -> (Ran, Duration) {
    let begun = Instant::now();
    let ran = run();
    (ran, begun.elapsed())
}

/// Every place of the command line that takes a file, with a whole line around it; from the
/// definition, so that a new one is looked at, too.
fn places() -> Vec<(String, Vec<String>)> {
    fn walk(command: &clap::Command, words: &[String], all: &mut Vec<(String, Vec<String>)>) {
        for arg in command.get_arguments() {
            let names = arg.get_value_names().unwrap_or_default();
            let takes_file = names.iter().any(|name| name.as_str() == "FILE")
                || arg.get_value_hint() == clap::ValueHint::FilePath
                || arg.get_id() == "file";
            if !takes_file {
                continue;
            }
            let mut line = words.to_vec();
            if let Some(long) = arg.get_long() {
                line.push(format!("--{long}"));
            }
            all.push((format!("{} {}", words.join(" "), arg.get_id()), line));
        }
        for sub in command.get_subcommands() {
            walk(sub, &[words, &[sub.get_name().to_owned()]].concat(), all);
        }
    }
    let mut all = Vec::new();
    walk(&carto::cli::command(), &[], &mut all);
    all
}

/// What stands behind the file in a line that would be whole.
fn rest(line: &[String]) -> &'static [&'static str] {
    match line.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--credentials-file"] => &["account"],
        ["config", "get" | "unset", "--file"] => &["username"],
        ["config", "set", "--file"] => &["username", "bob"],
        ["config", "set", "--from-file"] => &["apikey"],
        ["profile", "add", "--file"] => &["p", "--username", "bob"],
        ["profile", "rename", "--file"] => &["p", "q"],
        ["profile", "remove" | "use", "--file"] => &["p"],
        ["alias", "set", "--file"] => &["q", "sql"],
        ["alias", "delete", "--file"] => &["q"],
        _ => &[],
    }
}

#[test]
fn every_file_of_the_command_line_may_be_none() {
    let all = places();
    assert!(all.len() >= 12, "{all:?}");
    thread::scope(|scope| {
        for (what, line) in &all {
            scope.spawn(move || {
                for file in ["dir", "socket", "/dev/zero", "/dev/full", "/dev/tty"] {
                    let (sandbox, _socket) = machine();
                    let mut call = sandbox.carto("").dir("work");
                    for word in line
                        .iter()
                        .map(String::as_str)
                        .chain([file])
                        .chain(rest(line).iter().copied())
                    {
                        call = call.arg(word);
                    }
                    let (ran, time) = timed(|| call.env("CARTO_EDITOR", "true").run());
                    assert!(time < AT_ONCE, "{what} {file}: {time:?} {ran}");
                    // A source is only noted; it is read when its key is used.
                    let is_noted = line.iter().any(|word| word == "--from-file");
                    assert!(
                        is_noted || ran.code() != 0 && !ran.stderr.is_empty(),
                        "{what} {file}: {ran}"
                    );
                    assert!(ran.code() != 70 && ran.stderr.len() < 4096, "{what} {file}: {ran}");
                }
                // A pipe is waited for where somebody may write to it, and this is said.
                let (sandbox, _socket) = machine();
                let words: Vec<_> = line
                    .iter()
                    .map(String::as_str)
                    .chain(["pipe"])
                    .chain(rest(line).iter().copied())
                    .collect();
                let script = format!("timeout 5 carto {}", words.join(" "));
                let (ran, time) =
                    timed(|| sandbox.shell(&script).dir("work").env("CARTO_EDITOR", "true").run());
                let waited = ran.code() == 124
                    && ran.stderr.contains("waiting for something to be written to pipe");
                let refused = time < AT_ONCE
                    && (ran.code() != 0 && !ran.stderr.is_empty()
                        || line.iter().any(|word| word == "--from-file"));
                assert!(waited || refused, "{what} pipe: {time:?} {ran}");
            });
        }
    });
}

#[test]
fn every_variable_that_names_a_file_may_name_none() {
    for name in ["CARTO_CREDENTIALS_FILE", "CARTO_API_KEY_FILE"] {
        for file in ["dir", "socket", "/dev/zero", "/dev/full"] {
            for words in [
                "account",
                "config list",
                "config explain",
                "doctor",
                "login https://bob.carto.com --key-stdin",
                "logout",
                "credentials list",
                "env",
            ] {
                let (sandbox, _socket) = machine();
                let (ran, time) =
                    timed(|| sandbox.carto(words).dir("work").env(name, file).stdin("k2").run());
                assert!(time < AT_ONCE, "{name}={file} {words}: {time:?}");
                assert!(ran.code() != 70, "{name}={file} {words}: {ran}");
            }
        }
        let (sandbox, _socket) = machine();
        let script = format!("{name}=pipe timeout 5 carto account");
        let ran = sandbox.shell(&script).dir("work").run();
        assert_eq!(ran.code(), 124, "{ran}");
        assert!(ran.stderr.contains("waiting for something to be written to pipe\n"), "{ran}");
    }
    let (sandbox, _socket) = machine();
    for file in ["pipe", "dir", "socket"] {
        let (ran, time) = timed(|| {
            sandbox.carto("env --format github").dir("work").env("GITHUB_ENV", file).run()
        });
        assert!(time < AT_ONCE && ran.code() == 5, "{file}: {time:?} {ran}");
    }
}

#[test]
fn pipes_in_the_place_of_known_files_let_nobody_wait() {
    for file in [
        "home/.config/carto/config.toml",
        "home/.config/carto/credentials.toml",
        "home/.cartocreds.json",
        "home/.config/cartocreds/cartocreds.json",
        "home/.carto_credentials.json",
        "home/.cartorc.yaml",
        "work/.carto/config.toml",
        "sys/config.toml",
    ] {
        for words in [
            "account",
            "doctor",
            "config list",
            "config explain",
            "credentials import",
            "credentials import --all",
            "login https://bob.carto.com --key-stdin",
            "logout",
            "trust",
            "config edit",
            "-p nobody env",
        ] {
            let (sandbox, _socket) = machine();
            let path = sandbox.path(file);
            _ = fs::remove_file(&path);
            pipe(&path);
            let (ran, time) = timed(|| {
                sandbox.carto(words).dir("work").env("CARTO_EDITOR", "true").stdin("k2").run()
            });
            assert!(time < AT_ONCE, "{file} {words}: {time:?}");
            assert!(ran.code() != 70, "{file} {words}: {ran}");
        }
    }
    // What is said of a settings file that is a pipe can be done.
    let (sandbox, _socket) = machine();
    fs::remove_file(sandbox.path("home/.config/carto/config.toml")).unwrap();
    pipe(&sandbox.path("home/.config/carto/config.toml"));
    let ran = sandbox.carto("account").run().fails(3).not_started();
    assert!(ran.stderr.contains("help: see what it is: ls -l "), "{ran}");
    let doctor = sandbox.carto("doctor").run();
    assert!(doctor.stdout.contains("fix: see what it is: ls -l "), "{doctor}");
}

#[test]
fn a_source_that_is_a_pipe_is_waited_for_with_a_word() {
    let (sandbox, _socket) = machine();
    let entry = format!(
        "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"ann\"\napikey = {{ file = \"{}\" }}\n",
        sandbox.path("work/pipe").display()
    );
    sandbox.file_with_mode("home/.config/carto/credentials.toml", entry, 0o600);
    let ran = sandbox.shell("timeout 5 carto account").run();
    assert_eq!(ran.code(), 124, "{ran}");
    assert!(ran.stderr.contains("waiting for "), "{ran}");
    // Nothing else fetches it.
    for words in ["config list", "config explain", "doctor", "credentials list", "profile list"] {
        let (_, time) = timed(|| sandbox.carto(words).run());
        assert!(time < AT_ONCE, "{words}: {time:?}");
    }
}

#[test]
fn a_pipe_without_a_writer_is_an_error_after_a_minute() {
    let (sandbox, _socket) = machine();
    let (ran, time) =
        timed(|| sandbox.carto("account").dir("work").env("CARTO_API_KEY_FILE", "pipe").run());
    let ran = ran.fails(3).not_started();
    assert!((Duration::from_secs(58)..Duration::from_secs(75)).contains(&time), "{time:?}");
    assert!(
        ran.stderr.contains("error: pipe is a pipe, and nobody has written to it for a minute\n"),
        "{ran}"
    );
    assert!(
        ran.stderr.contains("help: start what writes to it, or name a regular file\n"),
        "{ran}"
    );
}

#[test]
fn a_pipe_with_a_writer_works_as_ever() {
    let (sandbox, _socket) = machine();
    let creds = r#"{"username": "ann", "api_key": "k2", "base_url": "https://ann.carto.com"}"#;
    sandbox.file_with_mode("work/c.json", creds, 0o600);
    for line in [
        "carto --credentials-file <(cat c.json) account",
        "carto --credentials-file <(sleep 1; cat c.json) account",
        "(sleep 1; cat c.json >pipe) & carto --credentials-file pipe account",
        "(exec 3>pipe; sleep 4; cat c.json >&3) & carto --credentials-file pipe account",
        "CARTO_API_KEY_FILE=<(echo k2) carto -c username=ann account",
        "CARTO_USERNAME=ann CARTO_API_KEY_FILE=<(echo k2) carto account",
        "cat c.json | carto --credentials-file /dev/stdin account",
        "carto credentials import <(cat c.json) >/dev/null && carto account",
    ] {
        let ran = sandbox.shell_of(&["bash", "-c"], line).dir("work").run().ok();
        assert!(ran.stdout.contains("CARTO_API_KEY=k2\n"), "{line}: {ran}");
        let slow = line.contains("sleep 4");
        assert_eq!(
            ran.stderr.contains("waiting for something to be written to pipe"),
            slow,
            "{line}: {ran}"
        );
    }
    // One that closes without a word gives an empty file, at once.
    for line in [
        "carto --credentials-file <(true) account",
        "(sleep 0.3; : >pipe) & carto --credentials-file pipe account",
    ] {
        let (ran, time) = timed(|| sandbox.shell_of(&["bash", "-c"], line).dir("work").run());
        assert!(time < AT_ONCE && ran.code() == 3, "{line}: {time:?} {ran}");
    }
}

#[test]
fn an_export_to_a_stream_names_standard_output() {
    let (sandbox, _socket) = machine();
    for file in ["/dev/stdout", "/dev/fd/1", "/dev/full", "pipe", "socket"] {
        let (ran, time) =
            timed(|| sandbox.carto("credentials export --force").arg(file).dir("work").run());
        let ran = ran.fails(5);
        assert!(time < AT_ONCE, "{file}: {time:?}");
        assert!(
            ran.stderr.contains("help: carto credentials export -     # standard output\n"),
            "{file}: {ran}"
        );
    }
    assert!(sandbox.carto("credentials export -").run().ok().stdout.contains("k1"));
}

#[test]
fn a_file_that_calls_itself_regular_and_lets_its_reader_wait_is_refused() {
    if !nix::unistd::geteuid().is_root() || !Path::new("/proc/kmsg").exists() {
        return;
    }
    let (sandbox, _socket) = machine();
    let (ran, time) =
        timed(|| sandbox.carto("account").env("CARTO_API_KEY_FILE", "/proc/kmsg").run());
    assert!(time < AT_ONCE && ran.code() != 0, "{time:?} {ran}");
}
