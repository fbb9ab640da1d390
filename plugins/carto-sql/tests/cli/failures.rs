//! What the server answers when something is wrong, the exit status, and what is said.

use std::net::TcpListener;
use std::process::Command;

use crate::server::{COLUMNS, KEY, ROWS, Server, answer, ok, program, sql, text};

const TOO_LONG: &str =
    r#"{"error":["You are over platform's limits"],"context":"limit","detail":"datasource"}"#;

/// What the server answers, the exit status, and what is said.
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
            "refuses the key (status 401)\nnote: it says: Unauthorized\nhelp: with a new key: carto config set apikey\nhelp: carto config explain",
        ),
        (
            "SELECT 1",
            vec![answer("403 Forbidden", "", &error("permission denied"))],
            4,
            "refuses the key (status 403)\nnote: it says: permission denied",
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

/// The guide lists what the check says, in the words in which it does.
#[test]
#[allow(clippy::too_many_lines)]
fn the_guide_has_the_words_of_the_check() {
    const GUIDE: &str = include_str!("../../../../src/cli/guides/sql.md");
    // Said about a certificate: tests/interop/sql.py has one.
    const ELSEWHERE: &str = "its certificate is not accepted";
    let who = |user: &str| ok(&format!("{{\"rows\":[{{\"carto_user\":\"{user}\"}}]}}"));
    let mut said = String::from(ELSEWHERE);
    for answer in [
        who("carto_user_ann"),
        who("cartodb_publicuser_ann"),
        answer("401 Unauthorized", "", "{}"),
        answer("403 Forbidden", "", "{}"),
        answer("404 Not Found", "", "{}"),
        ok("<html></html>"),
    ] {
        let server = Server::new(vec![answer]);
        let ran = sql(&server.url, &["--check"]);
        said += &(text(&ran.stdout) + &text(&ran.stderr));
    }
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Server::new(vec![answer("403 Forbidden", "", "")]);
    for (url, variable, value) in [
        ("http://no-such-host.invalid".to_owned(), "X", String::new()),
        (
            format!("http://{}", silent.local_addr().unwrap()),
            "X",
            String::new(),
        ),
        (
            "https://maps.example.com".to_owned(),
            "HTTPS_PROXY",
            proxy.url.replace("/user/ann", ""),
        ),
        (
            Server::new(vec![who("cartodb_publicuser_ann")]).url,
            "CARTO_API_KEY",
            "default_public".to_owned(),
        ),
    ] {
        let mut command = program(&url);
        command.args(["--check", "--timeout", "1", "--retries", "0"]);
        let ran = command.env(variable, value).output().unwrap();
        said += &(text(&ran.stdout) + &text(&ran.stderr));
    }
    let (_, table) = GUIDE
        .split_once("| It says | It means |\n|---|---|\n")
        .unwrap();
    let rows: Vec<_> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(rows.len(), 11);
    for row in rows {
        let words = row.split('|').nth(1).unwrap().trim();
        for part in words
            .split("...")
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            assert!(said.contains(part), "{words}: {said}");
        }
    }
}
