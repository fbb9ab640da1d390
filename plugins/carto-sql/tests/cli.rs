//! The program against a server on 127.0.0.1 that answers as CARTO's does, down to the bytes. What
//! PostgreSQL makes of the queries is tried by the interoperation tests of the workspace.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

const KEY: &str = "marker-key-7a8b9c";

/// A server that gives its answers in order, then closes the connection.
struct Server {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/user/ann", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let request = read_request(&mut stream);
                noted.lock().unwrap().push(request);
                _ = stream.write_all(&answer);
                _ = stream.shutdown(std::net::Shutdown::Write);
                _ = stream.read(&mut [0; 1024]);
            }
        });
        Server { url, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-length: ")?
                    .trim()
                    .parse()
                    .ok()
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => bytes.extend_from_slice(&buffer[..count]),
            _ => return text,
        }
    }
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", "", body)
}

fn sql(url: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carto-sql"));
    command.args(args).env_clear();
    command
        .env("CARTO_PLUGIN_API", "1")
        .env("CARTO_BASE_URL", url);
    command
        .env("CARTO_USERNAME", "ann")
        .env("CARTO_API_KEY", KEY);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const COLUMNS: &str = r#"{"rows":[{"carto_columns":"{\"f1\":null,\"f2\":null}","n":null,"s":null}],"fields":{"carto_columns":{"type":"string","pgtype":"text"},"n":{"type":"number","pgtype":"int8"},"s":{"type":"string","pgtype":"text"}},"total_rows":1}"#;
const ROWS: &str = r#"{"rows":[{"r":"[\"9007199254740993\",\"a,b\"]"},{"r":"[null,\"\"]"}],"time":0.01,"total_rows":2}"#;

/// The two answers to a query that can stand in a subquery.
fn rows() -> Vec<Vec<u8>> {
    vec![ok(COLUMNS), ok(ROWS)]
}

#[test]
fn every_format_has_the_same_values() {
    for (format, expected) in [
        ("csv", "n,s\n9007199254740993,\"a,b\"\n,\"\"\n"),
        (
            "json",
            "[\n{\"n\": 9007199254740993, \"s\": \"a,b\"},\n{\"n\": null, \"s\": \"\"}\n]\n",
        ),
        (
            "ndjson",
            "{\"n\": 9007199254740993, \"s\": \"a,b\"}\n{\"n\": null, \"s\": \"\"}\n",
        ),
    ] {
        let server = Server::new(rows());
        let ran = sql(
            &server.url,
            &["--format", format, "SELECT n, s FROM t -- all"],
        );
        assert_eq!(text(&ran.stdout), expected, "{}", text(&ran.stderr));
        assert_eq!(
            (ran.status.code(), text(&ran.stderr).as_str()),
            (Some(0), "")
        );
    }
    let server = Server::new(rows());
    let ran = sql(&server.url, &["--format", "table", "SELECT n, s FROM t"]);
    let table = text(&ran.stdout);
    let head = "               n  s\n----------------  ---\n9007199254740993  a,b\n          (null)\n(2 rows, ";
    assert!(table.starts_with(head), "{table}");
    // In a pipe CSV is the format when none is named.
    let server = Server::new(rows());
    assert!(text(&sql(&server.url, &["SELECT n, s FROM t"]).stdout).starts_with("n,s\n"));
}

/// The key is in one header of each request, and nowhere else.
#[test]
fn the_key_is_in_the_header_alone() {
    let server = Server::new(rows());
    let ran = sql(&server.url, &["SELECT n, s FROM t"]);
    assert!(ran.status.success());
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    for request in &seen {
        let (line, headers) = request.split_once("\r\n").unwrap();
        assert!(
            line.starts_with("GET /user/ann/api/v2/sql?q=SELECT"),
            "{line}"
        );
        // `ann:marker-key-7a8b9c`, as Basic has it.
        let basic = "Basic YW5uOm1hcmtlci1rZXktN2E4Yjlj";
        assert_eq!(
            headers
                .to_lowercase()
                .matches(&basic.to_lowercase())
                .count(),
            1,
            "{headers}"
        );
        assert!(!request.contains(KEY), "{request}");
    }
    assert!(!(text(&ran.stdout) + &text(&ran.stderr)).contains(KEY));
}

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
            "error: the answer is cut after 0 rows\n",
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
                ok(r#"{"rows":[{"r":"[\"1\",\"2\"]"}],"total_rows":9}"#),
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
    for end in (0..whole.len()).step_by(7) {
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

#[test]
fn statements_run_in_order_and_stop_at_the_first_error() {
    let changed = r#"{"rows":[],"time":0.1,"fields":{},"total_rows":3}"#;
    let bad = answer("400 Bad Request", "", r#"{"error":["no"]}"#);
    let server = Server::new(vec![ok(changed), bad, ok(ROWS)]);
    let ran = sql(
        &server.url,
        &["DELETE FROM a; UPDATE b SET c = ';'; SELECT 1"],
    );
    assert_eq!(ran.status.code(), Some(1));
    assert_eq!(text(&ran.stderr), "note: DELETE: 3 rows\nerror: no\n");
    assert_eq!(server.seen().len(), 2);
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
fn a_copy_is_whole_or_none() {
    let plain = |body: &str| answer("200 OK", "", body);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out.csv");
    let path = file.to_str().unwrap();
    let server = Server::new(vec![plain("a\n1{\"error\":[\"division by zero\"]}")]);
    let ran = sql(&server.url, &["copy-to", "(SELECT 1/a FROM t)", "-o", path]);
    assert_eq!(ran.status.code(), Some(1));
    assert_eq!(text(&ran.stderr), "error: division by zero\n");
    assert!(!file.exists());
    let whole = plain("a,b\n1,\"{\"\"error\"\":[1]}\"\n");
    let server = Server::new(vec![whole[..whole.len() - 3].to_vec()]);
    let ran = sql(&server.url, &["copy-to", "t", "-o", path]);
    assert_eq!(ran.status.code(), Some(6), "{}", text(&ran.stderr));
    assert!(!file.exists());
    let server = Server::new(vec![whole]);
    let ran = sql(&server.url, &["copy-to", "t", "-o", path]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "a,b\n1,\"{\"\"error\"\":[1]}\"\n"
    );
    let seen = server.seen();
    assert!(
        seen[0].starts_with("GET /user/ann/api/v2/sql/copyto?q=COPY"),
        "{}",
        seen[0]
    );
    assert!(!seen[0].contains(KEY));
}

#[test]
fn what_the_server_makes_is_passed_on_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out.gpkg");
    let path = file.to_str().unwrap();
    let server = Server::new(vec![answer("200 OK", "", "SQLite format 3\u{0}\u{1}")]);
    let ran = sql(
        &server.url,
        &["--format", "gpkg", "-o", path, "SELECT * FROM t"],
    );
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    assert_eq!(std::fs::read(&file).unwrap(), b"SQLite format 3\0\x01");
    let line = server.seen()[0].lines().next().unwrap().to_owned();
    assert!(
        line.contains("format=gpkg") && line.contains("q=SELECT"),
        "{line}"
    );
    let bad = answer("400 Bad Request", "", "{\"error\":[\"no geometry\"]}");
    let server = Server::new(vec![bad]);
    let other = dir.path().join("out.shp");
    let ran = sql(
        &server.url,
        &["--format", "shp", "-o", other.to_str().unwrap(), "SELECT 1"],
    );
    assert_eq!((ran.status.code(), other.exists()), (Some(1), false));
    for args in [
        &["--format", "kml", "SELECT 1"][..],
        &["--format", "kml", "-o", path, "SELECT 1; SELECT 2"],
    ] {
        let ran = sql("http://127.0.0.1:9", args);
        assert_eq!(
            ran.status.code(),
            Some(2),
            "{args:?}: {}",
            text(&ran.stderr)
        );
    }
}

#[test]
#[allow(clippy::too_many_lines)]
fn a_job_is_started_followed_and_cancelled() {
    let job = |status: &str, more: &str| {
        format!("{{\"job_id\":\"a1-b2\",\"status\":\"{status}\"{more}}}")
    };
    let server = Server::new(vec![
        answer("201 Created", "", &job("pending", "")),
        ok(&job("running", "")),
        ok(&job("done", ",\"updated_at\":\"2024-01-01\"")),
    ]);
    let ran = sql(
        &server.url,
        &["job", "run", "CREATE TABLE x AS SELECT 1", "--wait"],
    );
    assert_eq!(
        text(&ran.stdout),
        "a1-b2  done  2024-01-01\n",
        "{}",
        text(&ran.stderr)
    );
    let seen = server.seen();
    assert!(
        seen[0].starts_with("POST /user/ann/api/v2/sql/job "),
        "{}",
        seen[0]
    );
    assert!(
        seen[0].ends_with("{\"query\":\"CREATE TABLE x AS SELECT 1\"}"),
        "{}",
        seen[0]
    );
    assert!(
        seen[2].starts_with("GET /user/ann/api/v2/sql/job/a1-b2 "),
        "{}",
        seen[2]
    );
    let failed = ok(&job("failed", ",\"failed_reason\":\"no space\""));
    let server = Server::new(vec![failed]);
    let ran = sql(&server.url, &["job", "status", "a1-b2", "--wait"]);
    assert_eq!(ran.status.code(), Some(1));
    assert_eq!(
        text(&ran.stderr),
        "error: the job a1-b2 is failed\nnote: no space\n"
    );
    let server = Server::new(vec![ok(&job("cancelled", ""))]);
    let ran = sql(&server.url, &["job", "cancel", "a1-b2"]);
    assert_eq!(text(&ran.stdout), "a1-b2  cancelled\n");
    assert!(
        server.seen()[0].starts_with("DELETE "),
        "{}",
        server.seen()[0]
    );
    let unknown = answer(
        "400 Bad Request",
        "",
        "{\"error\":[\"Job with id a1 not found\"]}",
    );
    let server = Server::new(vec![unknown]);
    let ran = sql(&server.url, &["job", "status", "a1"]);
    assert_eq!(ran.status.code(), Some(1));
    assert_eq!(text(&ran.stderr), "error: Job with id a1 not found\n");
    // A number is a part of a path, and no path.
    let ran = sql("http://127.0.0.1:9", &["job", "cancel", "../../x"]);
    assert_eq!(ran.status.code(), Some(2), "{}", text(&ran.stderr));
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

#[test]
fn the_query_is_an_argument_a_file_or_standard_input() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("q.sql");
    std::fs::write(&file, "SELECT :a;\n").unwrap();
    let server = Server::new(rows());
    let ran = sql(
        &server.url,
        &["-f", file.to_str().unwrap(), "--param", "a=it's"],
    );
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    assert!(
        server.seen()[0].contains("%27it%27%27s%27"),
        "{}",
        server.seen()[0]
    );
    for (args, says) in [
        (&["SELECT :a"][..], "the parameter `a` is not given"),
        (&[" ;"], "the query is empty"),
        (&["-f", "/nowhere.sql"], "cannot read /nowhere.sql: "),
        (
            &["--format", "nope", "SELECT 1"],
            "[possible values: table, csv, json, ndjson, geojson, gpkg, shp, kml, svg, spatialite]",
        ),
        (&["-f", "x", "SELECT 1"], "cannot be used with"),
    ] {
        let ran = sql("http://127.0.0.1:9", args);
        assert_eq!(ran.status.code(), Some(2), "{args:?}");
        assert!(
            text(&ran.stderr).contains(says),
            "{args:?}: {}",
            text(&ran.stderr)
        );
    }
    let ran = sql("http://127.0.0.1:9", &["-o", "/nowhere/x.csv", "SELECT 1"]);
    assert_eq!(ran.status.code(), Some(5), "{}", text(&ran.stderr));
}

#[test]
fn help_version_and_manifest_need_no_account() {
    let run = |arg: &str| {
        Command::new(env!("CARGO_BIN_EXE_carto-sql"))
            .arg(arg)
            .env_clear()
            .output()
            .unwrap()
    };
    assert!(text(&run("--help").stdout).contains("Usage: carto sql"));
    assert_eq!(text(&run("--version").stdout), "carto-sql 0.1.0\n");
    let manifest = text(&run("--carto-manifest").stdout);
    assert_eq!(manifest, include_str!("../carto-sql.toml"));
    assert_eq!(run("SELECT 1").status.code(), Some(2));
}

/// It is the model of a plugin in Rust: the account is read by the very file that a new one gets.
#[test]
fn the_account_is_read_as_in_every_new_plugin() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/rust/account.rs");
    let template = std::fs::read_to_string(templates).unwrap();
    assert_eq!(include_str!("../src/account.rs"), template);
}
