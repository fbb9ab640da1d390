//! The current platform: a token, a connection, and the requests of CARTO's own client.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::server::{KEY, Server, answer, ok, sql, text};

const ROWS: &str = r#"{"rows":[{"n":1,"s":"x","geom":{"type":"Point","coordinates":[1,2]}},{"n":null,"s":"","geom":null}],"schema":[{"name":"n","type":"number"},{"name":"s","type":"string"},{"name":"geom","type":"geometry"}],"meta":{"cacheHit":false}}"#;

fn asked(answers: Vec<Vec<u8>>, more: &[&str]) -> (Output, Vec<String>) {
    let server = Server::new(answers);
    // An account of the platform has its host's root as base URL.
    let url = server.url.trim_end_matches("/user/ann").to_owned();
    let mut args = vec!["--api", "v3", "--connection", "carto_dw"];
    args.extend(more);
    (sql(&url, &args), server.seen())
}

fn body(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn a_query_is_posted_with_the_token_and_its_parameters() {
    let query = "SELECT * FROM `a.b` WHERE n > @n; ";
    let params = [
        "--param",
        "s=x",
        "--param-json",
        "n=1",
        "--format",
        "ndjson",
        query,
    ];
    let (ran, seen) = asked(vec![ok(ROWS)], &params);
    assert_eq!(
        text(&ran.stdout),
        "{\"n\": 1, \"s\": \"x\", \"geom\": {\"type\":\"Point\",\"coordinates\":[1,2]}}\n\
         {\"n\": null, \"s\": \"\", \"geom\": null}\n",
        "{}",
        text(&ran.stderr)
    );
    let [request] = seen.as_slice() else {
        panic!("{seen:?}")
    };
    assert!(
        request.starts_with("POST /v3/sql/carto_dw/query HTTP/1.1\r\n"),
        "{request}"
    );
    let head = request.to_lowercase();
    assert!(
        head.contains(&format!("authorization: bearer {KEY}\r\n")),
        "{head}"
    );
    assert!(
        head.contains("content-type: application/json\r\n"),
        "{head}"
    );
    assert_eq!(request.matches(KEY).count(), 1);
    assert_eq!(
        body(request),
        json!({"v": "3.4", "client": "carto-sql", "q": query.trim(), "queryParameters": {"s": "x", "n": 1}})
    );
    let (ran, _) = asked(vec![ok(ROWS)], &["--format", "geojson", "SELECT 1"]);
    assert!(
        text(&ran.stdout).contains("\"geometry\": {\"type\":\"Point\""),
        "{ran:?}"
    );
}

/// The server keeps the answers of a GET for long, so only who wants that gets it.
#[test]
fn a_kept_answer_is_one_that_the_user_wants() {
    let (ran, seen) = asked(vec![ok(ROWS)], &["--cache", "SELECT 1"]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    assert!(
        seen[0].starts_with("GET /v3/sql/carto_dw/query?v=3.4&client=carto-sql&q=SELECT%201 "),
        "{}",
        seen[0]
    );
}

#[test]
#[allow(clippy::too_many_lines)]
fn what_is_wrong_is_said() {
    let error = |text: &str| json!({ "error": text }).to_string();
    for (answers, args, code, says) in [
        (
            vec![answer(
                "400 Bad Request",
                "",
                &error("Unrecognized name: nope at [1:8]"),
            )],
            &["SELECT nope"][..],
            1,
            "error: Unrecognized name: nope at [1:8]\n1 | SELECT nope\n  |        ^^^^\n",
        ),
        (
            vec![answer("401 Unauthorized", "", &error("Invalid token"))],
            &["SELECT 1"],
            4,
            "refuses the key (status 401)\nnote: it says: Invalid token\n",
        ),
        (
            vec![],
            &["tables"],
            2,
            "accounts of the current platform have another",
        ),
        (
            vec![],
            &["copy-to", "t"],
            2,
            "`copyto` is PostgreSQL's COPY",
        ),
        (
            vec![],
            &["--format", "gpkg", "-o", "x.gpkg", "SELECT 1"],
            2,
            "makes no such files",
        ),
        (
            vec![],
            &["--connection", "a/b", "SELECT 1"],
            2,
            "cannot be used multiple times",
        ),
    ] {
        let (ran, _) = asked(answers, args);
        let said = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(says), "{args:?}: {said}");
        assert!(!said.contains(KEY), "{said}");
    }
    let ran = sql("http://127.0.0.1:9", &["--api", "v3", "SELECT 1"]);
    assert_eq!(ran.status.code(), Some(2));
    assert!(text(&ran.stderr).contains("help: carto config set plugins.sql.connection NAME\n"));
    let ran = sql(
        "http://127.0.0.1:9",
        &["--api", "v3", "--connection", "../x", "SELECT 1"],
    );
    assert!(text(&ran.stderr).contains("this is no name of a connection"));
    // Without a token of its own, the public key would be sent.
    let mut command = Command::new(env!("CARGO_BIN_EXE_carto-sql"));
    command.args(["--connection", "c", "SELECT 1"]).env_clear();
    command
        .env("CARTO_PLUGIN_API", "1")
        .env("CARTO_API_KEY", "default_public");
    command.env("CARTO_BASE_URL", "https://gcp-us-east1.api.carto.com");
    let ran = command.output().unwrap();
    assert_eq!(ran.status.code(), Some(4));
    assert!(
        text(&ran.stderr).contains("there is no token for https://gcp-us-east1.api.carto.com\n")
    );
}

#[test]
fn the_most_rows_at_once_are_said_to_be_perhaps_not_all() {
    let row = r#"{"n":1}"#;
    let many = format!("{{\"rows\":[{}]}}", vec![row; 200_000].join(","));
    let (ran, _) = asked(vec![ok(&many)], &["SELECT n FROM t"]);
    assert!(ran.status.success());
    let said = text(&ran.stderr);
    assert!(
        said.starts_with("note: 200000 rows came, the most at once: there may be more\n"),
        "{said}"
    );
    let (ran, _) = asked(vec![ok(ROWS)], &["SELECT n FROM t"]);
    assert_eq!(text(&ran.stderr), "");
}

#[test]
fn jobs_and_the_check() {
    let started = ok(r#"{"jobId":"j_1","externalId":"e1","status":"pending"}"#);
    let done = ok(r#"{"jobId":"j_1","status":"success"}"#);
    let (ran, seen) = asked(
        vec![started, done],
        &["job", "CREATE TABLE a AS SELECT 1; SELECT 2", "--wait"],
    );
    assert_eq!(text(&ran.stdout), "j_1  success\n", "{}", text(&ran.stderr));
    assert!(
        seen[0].starts_with("POST /v3/sql/carto_dw/job "),
        "{}",
        seen[0]
    );
    assert_eq!(
        body(&seen[0]),
        json!({"query": "CREATE TABLE a AS SELECT 1;\nSELECT 2"})
    );
    assert!(
        seen[1].starts_with("GET /v3/sql/carto_dw/job/j_1 "),
        "{}",
        seen[1]
    );
    let failed = ok(r#"{"jobId":"j_1","status":"failure","error":"no space"}"#);
    let (ran, _) = asked(vec![failed], &["job", "status", "j_1", "--wait"]);
    assert_eq!(
        text(&ran.stderr),
        "error: the job j_1 is failure\nnote: no space\n"
    );
    let (ran, _) = asked(vec![ok(r#"{"rows":[{"one":1}]}"#)], &["--check"]);
    assert!(
        text(&ran.stdout).ends_with("/v3/sql/carto_dw: the token works\n"),
        "{ran:?}"
    );
    let (ran, _) = asked(vec![ok("<html>")], &["--check"]);
    assert_eq!(ran.status.code(), Some(6));
}
