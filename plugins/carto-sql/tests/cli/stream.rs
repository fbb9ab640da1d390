//! Answers while they come: cut, silent, endless, or stopped by who reads them.

use std::io::Write as _;
use std::process::Command;

use crate::server::{COLUMNS, ROWS, Server, listen, ok, program, read_request, rows, sql, text};

/// Wherever the connection breaks, it is no success, and no file is left.
#[test]
fn an_answer_that_is_cut_at_any_byte_is_no_success() {
    let whole = ok(ROWS);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out.csv");
    for end in 0..whole.len() {
        let server = Server::new(vec![ok(COLUMNS), whole[..end].to_vec()]);
        let path = file.to_str().unwrap();
        let ran = sql(&server.url, &["--retries", "0", "-o", path, "SELECT 1"]);
        assert_eq!(ran.status.code(), Some(6), "{end}: {}", text(&ran.stderr));
        assert!(!file.exists(), "{end}");
    }
    let server = Server::new(rows());
    assert!(
        sql(&server.url, &["-o", file.to_str().unwrap(), "SELECT 1"])
            .status
            .success()
    );
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "n,s\n9007199254740993,\"a,b\"\n,\"\"\n"
    );
}

/// A server that falls silent is noticed, however much it has sent.
#[test]
fn silence_within_an_answer_is_an_error() {
    let (listener, url) = listen();
    std::thread::spawn(move || {
        let (mut first, _) = listener.accept().unwrap();
        read_request(&mut first);
        first.write_all(&ok(COLUMNS)).unwrap();
        drop(first);
        let (mut second, _) = listener.accept().unwrap();
        read_request(&mut second);
        second.write_all(&ok(ROWS)[..150]).unwrap();
        std::thread::sleep(std::time::Duration::from_secs(30));
    });
    let begin = std::time::Instant::now();
    let ran = sql(&url, &["--timeout", "1", "SELECT 1"]);
    assert_eq!(ran.status.code(), Some(6));
    let said = text(&ran.stderr);
    assert!(said.contains("note: nothing came for 1 s"), "{said}");
    assert!(begin.elapsed().as_secs() < 10);
}

/// Ctrl-C leaves nothing behind, and says how far it came.
#[cfg(unix)]
#[test]
fn what_is_stopped_leaves_no_file() {
    use std::os::unix::process::ExitStatusExt as _;
    let (listener, url) = listen();
    let (sent, waits) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (mut first, _) = listener.accept().unwrap();
        read_request(&mut first);
        first
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            .unwrap();
        first.write_all(&vec![b'x'; 300_000]).unwrap();
        sent.send(()).unwrap();
        std::thread::sleep(std::time::Duration::from_secs(30));
    });
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out.csv");
    let mut command = program(&url);
    command.args(["copy-to", "t", "-o"]).arg(&file);
    command.stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    waits.recv().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let ran = child.wait_with_output().unwrap();
    assert_eq!((ran.status.code(), ran.status.signal()), (Some(130), None));
    let said = text(&ran.stderr);
    assert!(
        said.starts_with("note: stopped after ") && !said.contains(" 0 bytes"),
        "{said}"
    );
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// Who reads has enough: nothing is said, as with every program of a pipe.
#[cfg(unix)]
#[test]
fn a_reader_that_has_enough_is_no_error() {
    let many = format!(
        "{{\"rows\":[{}],\"total_rows\":200000}}",
        vec![r#"{"c1":"1","c2":"a text of some length"}"#; 200_000].join(",")
    );
    let server = Server::new(vec![ok(COLUMNS), ok(&many)]);
    let mut command = program(&server.url);
    command.args(["--format", "csv", "SELECT n, s FROM t"]);
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let ran = child.wait_with_output().unwrap();
    assert_eq!(
        (ran.status.code(), text(&ran.stderr).as_str()),
        (Some(141), "")
    );
}

/// Without an end, an answer of bytes could be cut anywhere.
#[test]
fn an_answer_without_an_end_is_no_success() {
    let endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\na\n1\n".to_vec();
    let server = Server::new(vec![endless.clone()]);
    let ran = sql(&server.url, &["copy-to", "t"]);
    assert_eq!(ran.status.code(), Some(6));
    assert!(
        text(&ran.stderr).contains("does not say where its answer ends"),
        "{}",
        text(&ran.stderr)
    );
    // The document of rows ends by itself.
    let close =
        |body: &str| format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}").into_bytes();
    let server = Server::new(vec![close(COLUMNS), close(ROWS)]);
    assert!(sql(&server.url, &["SELECT 1"]).status.success());
}

/// Rows are written as they come, not when the last one has.
#[test]
fn rows_appear_as_they_come() {
    use std::io::{BufRead as _, BufReader};
    let (listener, url) = listen();
    let (seen, waits) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (mut first, _) = listener.accept().unwrap();
        read_request(&mut first);
        first.write_all(&ok(COLUMNS)).unwrap();
        drop(first);
        let (mut second, _) = listener.accept().unwrap();
        read_request(&mut second);
        let whole = ok(ROWS);
        let comma = whole.windows(2).position(|pair| pair == b",{").unwrap();
        second.write_all(&whole[..comma]).unwrap();
        waits.recv().unwrap();
        second.write_all(&whole[comma..]).unwrap();
    });
    let mut command = program(&url);
    command.args(["--format", "csv", "SELECT n, s FROM t"]);
    command.stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "n,s");
    assert_eq!(lines.next().unwrap().unwrap(), "9007199254740993,\"a,b\"");
    seen.send(()).unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), ",\"\"");
    assert!(child.wait().unwrap().success());
}

/// What `-o` names and is there already stays what it is: a device is no file to be replaced, a link
/// leads on, and a file keeps its mode.
#[cfg(unix)]
#[test]
fn what_is_there_is_not_made_another_thing() {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("old.csv"), "old\n").unwrap();
    std::fs::set_permissions(at("old.csv"), std::fs::Permissions::from_mode(0o600)).unwrap();
    symlink("old.csv", at("link.csv")).unwrap();
    let written = "n,s\n9007199254740993,\"a,b\"\n,\"\"\n";
    let run = |file: &std::path::Path| {
        let server = Server::new(rows());
        sql(&server.url, &["-o", file.to_str().unwrap(), "SELECT 1"])
    };
    assert!(run(&at("link.csv")).status.success());
    assert!(at("link.csv").is_symlink());
    assert_eq!(std::fs::read_to_string(at("old.csv")).unwrap(), written);
    let mode = std::fs::metadata(at("old.csv"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    // A pipe stands for all devices: who replaces `/dev/null` breaks the machine.
    let pipe = at("pipe");
    let pipes = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(pipes.success());
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || std::fs::read_to_string(pipe).unwrap())
    };
    assert!(run(&pipe).status.success());
    assert!(
        std::fs::symlink_metadata(&pipe)
            .unwrap()
            .file_type()
            .is_fifo()
    );
    assert_eq!(reader.join().unwrap(), written);
    let ran = run(dir.path());
    assert_eq!(ran.status.code(), Some(5), "{}", text(&ran.stderr));
}
