//! Queries: formats, statements, files, and where the key goes.

use std::process::Command;

use crate::server::{KEY, ROWS, Server, answer, ok, rows, sql, text};

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
        (&[" ;"], "the query is empty\nhelp: carto sql 'SELECT 1'"),
        (
            &["copy-to", "t", "--format", "json"],
            "`copy-to` writes CSV alone: without --format\nhelp: carto sql 'SELECT ...' --format json",
        ),
        (
            &["copy-from", "t", "x", "-o", "y"],
            "`copy-from` writes no file: without --output",
        ),
        (
            &["job", "SELECT 1", "--format", "csv"],
            "`job` writes no rows: without --format",
        ),
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
    assert_eq!(
        manifest,
        include_str!("../../carto_sql.data/data/share/carto/plugins/carto-sql.toml")
    );
    assert_eq!(run("SELECT 1").status.code(), Some(2));
}
