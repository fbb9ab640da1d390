//! Batch jobs.

use crate::server::{Server, answer, ok, sql, text};

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
        &["job", "CREATE TABLE x AS SELECT 1", "--wait"],
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
    // The public key starts none.
    let denied = answer("403 Forbidden", "", "{\"error\":[\"permission denied\"]}");
    let server = Server::new(vec![denied]);
    let ran = sql(&server.url, &["job", "SELECT 1"]);
    assert_eq!(ran.status.code(), Some(4));
    let said = text(&ran.stderr);
    assert!(
        said.contains("(status 403)\nnote: it says: permission denied\n"),
        "{said}"
    );
    // A number is a part of a path, and no path.
    let ran = sql("http://127.0.0.1:9", &["job", "cancel", "../../x"]);
    assert_eq!(ran.status.code(), Some(2), "{}", text(&ran.stderr));
}
