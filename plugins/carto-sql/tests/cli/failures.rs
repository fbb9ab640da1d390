//! What the server answers when something is wrong, the exit status, and what is said.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::Command;

use crate::server::{COLUMNS, KEY, ROWS, Server, answer, ok, read_request, rows, sql, text};

/// What the server answers, the exit status, and what is said.
const TOO_LONG: &str =
    r#"{"error":["You are over platform's limits"],"context":"limit","detail":"datasource"}"#;

#[test]
#[allow(clippy::too_many_lines)]
fn each_behaviour_of_the_server_has_its_exit_status_and_words() {
    let error = |text: &str| format!("{{\"error\":[\"{}\"]}}", text.replace('"', "\\\""));
    let bad = |text: &str| answer("400 Bad Request", "", &error(text));
    let cases: Vec<(&str, Vec<Vec<u8>>, i32, &str)> = vec![
        (
            "SELECT 1 FROM nope",
            vec![
                bad("relation \"nope\" does not exist"),
                bad("relation \"nope\" does not exist"),
            ],
            1,
            "error: relation \"nope\" does not exist\n1 | SELECT 1 FROM nope\n  |               ^^^^\n",
        ),
        (
            "SELEC 1",
            vec![bad("syntax error at or near \"SELEC\"")],
            1,
            "error: syntax error at or near \"SELEC\"\n1 | SELEC 1\n  | ^^^^^\n",
        ),
        (
            "SELECT 1/0",
            vec![
                ok(COLUMNS),
                ok(r#"{"rows":[],"error":["division by zero"]}"#),
            ],
            1,
            "error: division by zero\n",
        ),
        (
            "SELECT 1",
            vec![answer("401 Unauthorized", "", &error("Unauthorized"))],
            4,
            "refuses the key\nnote: it says: Unauthorized\nhelp: with a new key: carto config set apikey\nhelp: carto config explain",
        ),
        (
            "SELECT 1",
            vec![answer("403 Forbidden", "", &error("permission denied"))],
            4,
            "refuses the key\nnote: it says: permission denied",
        ),
        (
            "SELECT 1",
            vec![answer("404 Not Found", "", "<html>")],
            4,
            "there is no SQL API of CARTO at http://127.0.0.1:",
        ),
        // Another user's key, an account that is not there.
        (
            "SELECT 1",
            vec![answer("404 Not Found", "", &error("user not found"))],
            4,
            "note: it says: user not found\n",
        ),
        // A query that takes longer than the server allows, before the rows and behind them.
        (
            "SELECT 1",
            vec![answer("429 Too Many Requests", "", TOO_LONG)],
            6,
            "error: the query takes longer than the server allows\nnote: it says: You are over platform's limits\nhelp: in the background it may take longer: carto sql job 'SQL' --wait\n",
        ),
        (
            "SELECT 1",
            vec![ok(COLUMNS), ok(&TOO_LONG.replace('{', "{\"rows\":[],"))],
            6,
            "error: the query takes longer than the server allows\n",
        ),
        // Asked too often.
        (
            "DELETE FROM t",
            vec![answer(
                "429 Too Many Requests",
                "Retry-After: 30\r\n",
                &error("too fast"),
            )],
            6,
            "error: the server answers no more requests for now (status 429)\nnote: it says: too fast\nhelp: it will again in 30 s\n",
        ),
        // A late error of each kind.
        (
            "SELECT 1",
            vec![
                ok(COLUMNS),
                ok(
                    r#"{"rows":[{"c1":"1","c2":"2"}],"time":0.1,"fields":{},"total_rows":1,"error":["division by zero"],"hint":"h"}"#,
                ),
            ],
            1,
            "error: division by zero\nhint: h\n",
        ),
        (
            "SELECT 1",
            vec![answer("500 Oops", "", &error("oops"))],
            6,
            "error: the server answers with status 500\nnote: it says: oops\n",
        ),
        (
            "SELECT 1",
            vec![ok("<html></html>")],
            6,
            "error: the server's answer is none of CARTO's SQL API\n",
        ),
        (
            "SELECT 1",
            vec![ok(COLUMNS), ok(&ROWS[..60])],
            6,
            "error: the answer is cut after 1 row\n",
        ),
        (
            "SELECT 1",
            vec![
                ok(COLUMNS),
                ok(r#"{"rows":[{"c1":"1","c2":"2"}],"total_rows":9}"#),
            ],
            6,
            "error: the server has sent 1 row of 9 rows\n",
        ),
        (
            "SELECT 1",
            vec![answer(
                "302 Found",
                "Location: https://evil.example/x\r\n",
                "",
            )],
            6,
            "error: the server sends the query to another place\nnote: http://127.0.0.1:",
        ),
        (
            "SELECT 1",
            vec![bad("a\\u001b[31mb\\nc"), bad("a\\u001b[31mb\\nc")],
            1,
            "error: a\\u{1b}[31mb\\u{a}c\n",
        ),
    ];
    for (query, answers, code, says) in cases {
        let server = Server::new(answers);
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("out.csv");
        let ran = sql(&server.url, &["-o", file.to_str().unwrap(), query]);
        let said = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{query}: {said}");
        assert!(said.contains(says), "{query}: {said:?}\n{says:?}");
        assert!(!said.contains(KEY), "{said}");
        // A result that is not whole leaves nothing behind, under no name.
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "{query}");
    }
}

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

#[test]
fn only_what_cannot_have_happened_is_tried_again() {
    let limited = || {
        answer(
            "429 Too Many Requests",
            "Retry-After: 0\r\n",
            r#"{"error":["slow"]}"#,
        )
    };
    let server = Server::new(vec![limited(), ok(COLUMNS), limited(), ok(ROWS)]);
    let ran = sql(&server.url, &["SELECT 1"]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let said = text(&ran.stderr);
    assert_eq!(
        said.matches("; trying again in 0 s (1 of 3)\n").count(),
        2,
        "{said}"
    );
    // With a bound.
    let server = Server::new(vec![limited(), limited()]);
    let ran = sql(&server.url, &["--retries", "1", "SELECT 1"]);
    assert_eq!(ran.status.code(), Some(6));
    assert_eq!(server.seen().len(), 2);
    // A write never.
    let server = Server::new(vec![limited(), ok(ROWS)]);
    let ran = sql(&server.url, &["DELETE FROM t"]);
    assert_eq!(ran.status.code(), Some(6), "{}", text(&ran.stderr));
    assert_eq!(server.seen().len(), 1);
    assert!(
        server.seen()[0].starts_with("POST "),
        "{}",
        server.seen()[0]
    );
    // Nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let ran = sql(&format!("http://{free}"), &["--retries", "0", "SELECT 1"]);
    assert_eq!(ran.status.code(), Some(6));
    assert!(text(&ran.stderr).starts_with("error: cannot reach http://127.0.0.1:"));
}

/// A server that falls silent is noticed, however much it has sent.
#[test]
fn silence_within_an_answer_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
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
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
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
    let mut command = Command::new(env!("CARGO_BIN_EXE_carto-sql"));
    command.args(["copy-to", "t", "-o"]).arg(&file).env_clear();
    command
        .env("CARTO_PLUGIN_API", "1")
        .env("CARTO_BASE_URL", &url);
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

/// What the server answers to the check, the exit status, and what is said.
#[test]
fn the_check_tells_what_is_wrong_with_a_key() {
    let who = |user: &str| {
        ok(&format!(
            "{{\"rows\":[{{\"carto_user\":\"{user}\"}}],\"total_rows\":1}}"
        ))
    };
    for (answer, code, says) in [
        (who("carto_user_ann"), 0, "ann at http://127.0.0.1:"),
        (
            who("cartodb_publicuser_ann"),
            4,
            "takes you for the public user, although a key was sent",
        ),
        (
            answer("401 Unauthorized", "", "{}"),
            4,
            "help: with a new key: carto config set apikey",
        ),
        (
            answer("403 Forbidden", "", "{}"),
            4,
            "it is the key of another account",
        ),
        (
            answer("404 Not Found", "", "{}"),
            4,
            "there is no SQL API of CARTO at",
        ),
        (ok("<html></html>"), 6, "is no SQL API of CARTO"),
        (
            ok("{\"rows\":[],\"total_rows\":0}"),
            6,
            "is no SQL API of CARTO",
        ),
    ] {
        let server = Server::new(vec![answer]);
        let ran = sql(&server.url, &["--check"]);
        let said = text(&ran.stdout) + &text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{said}");
        assert!(said.contains(says), "{said}");
        assert!(!said.contains(KEY), "{said}");
    }
    let ran = sql("http://127.0.0.1:9", &["--check", "SELECT 1"]);
    assert_eq!(ran.status.code(), Some(2));
}

#[test]
fn authorities_of_ones_own_are_read_from_a_file() {
    let run = |file: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carto-sql"));
        command
            .arg("--check")
            .env_clear()
            .env("CARTO_PLUGIN_API", "1");
        command
            .env("CARTO_BASE_URL", "https://127.0.0.1:9")
            .env("CARTO_CA_FILE", file);
        let ran = command.output().unwrap();
        (ran.status.code(), text(&ran.stderr))
    };
    let (code, said) = run("/nowhere.pem");
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("cannot read the certificates in /nowhere.pem: "),
        "{said}"
    );
    let (code, said) = run("/dev/null");
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("there is no certificate in /dev/null\nnote: CARTO_CA_FILE\n"),
        "{said}"
    );
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
    let mut command = Command::new(env!("CARGO_BIN_EXE_carto-sql"));
    command
        .args(["--format", "csv", "SELECT n, s FROM t"])
        .env_clear();
    command
        .env("CARTO_PLUGIN_API", "1")
        .env("CARTO_BASE_URL", &server.url);
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
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
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
    let mut command = Command::new(env!("CARGO_BIN_EXE_carto-sql"));
    command
        .args(["--format", "csv", "SELECT n, s FROM t"])
        .env_clear();
    command
        .env("CARTO_PLUGIN_API", "1")
        .env("CARTO_BASE_URL", &url);
    command.stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "n,s");
    assert_eq!(lines.next().unwrap().unwrap(), "9007199254740993,\"a,b\"");
    seen.send(()).unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), ",\"\"");
    assert!(child.wait().unwrap().success());
}
