//! PostgreSQL's COPY, out of a table and into one.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Instant;

use crate::server::{KEY, Server, answer, sql, text};

#[test]
fn a_copy_is_whole_or_none() {
    let plain = |body: &str| answer("200 OK", "", body);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out.csv");
    let path = file.to_str().unwrap();
    let server = Server::new(vec![plain("a\n1{\"error\":[\"division by zero\"]}")]);
    let ran = sql(&server.url, &["copy-to", "(SELECT 1/a FROM t)", "-o", path]);
    assert_eq!(ran.status.code(), Some(1));
    assert_eq!(
        text(&ran.stderr),
        "error: division by zero\nnote: no file was written; 33 bytes had come\n"
    );
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

/// How a server treats an upload.
#[derive(Clone, Copy)]
enum Treats {
    /// It takes all of it.
    Takes,
    /// It answers before the first byte.
    Refuses(&'static str, &'static str),
    /// It answers after so many bytes and closes the connection, whatever still comes.
    Breaks(usize, &'static str),
    /// It closes the connection after so many bytes and says nothing.
    Vanishes(usize),
    /// It answers after so many bytes, and takes no more without closing.
    Stops(usize),
}

const BAD_ROW: &str = r#"{"error":["invalid input syntax for type integer: \"x\""],"context":"COPY t, line 3, column n: \"x\""}"#;

/// Runs `copy-from` with a file against such a server; returns what it said, and the request: its head,
/// and its body, unpacked.
fn copy_from(treats: Treats, rows: &[u8], more: &[&str]) -> (Output, String, Vec<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/user/ann", listener.local_addr().unwrap());
    let (ended, has_ended) = channel();
    let served: JoinHandle<(String, Vec<u8>)> = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let taken = take(&mut stream, treats);
        if let Treats::Stops(_) = treats {
            has_ended.recv().unwrap();
        }
        taken
    });
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rows.csv");
    std::fs::write(&file, rows).unwrap();
    let mut args = vec!["copy-from", "cities", file.to_str().unwrap()];
    args.extend(more);
    let began = Instant::now();
    let ran = sql(&url, &args);
    assert!(
        began.elapsed().as_secs() < 10,
        "it has waited for a server that takes no more"
    );
    // Most servers do not wait for it.
    _ = ended.send(());
    let (head, body) = served.join().unwrap();
    (ran, head, body)
}

/// Takes a request, as the server treats it.
#[allow(clippy::too_many_lines)]
fn take(stream: &mut TcpStream, treats: Treats) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|at| at == b"\r\n\r\n") {
            break end + 4;
        }
        let length = stream.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..length]);
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut body = bytes[end..].to_vec();
    if let Treats::Refuses(status, said) = treats {
        stream
            .write_all(&answer(status, "Retry-After: 600\r\n", said))
            .unwrap();
        return (head, body);
    }
    stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    loop {
        let enough = match treats {
            Treats::Takes | Treats::Refuses(..) => body.ends_with(b"0\r\n\r\n"),
            Treats::Breaks(size, _) | Treats::Vanishes(size) | Treats::Stops(size) => {
                body.len() >= size
            }
        };
        if enough {
            break;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(length) => body.extend_from_slice(&buffer[..length]),
        }
    }
    match treats {
        Treats::Takes => {
            let said = r#"{"time":0.1,"total_rows":2}"#;
            stream.write_all(&answer("200 OK", "", said)).unwrap();
        }
        Treats::Breaks(_, said) => {
            // What has come and is not read makes the system reset the connection, as it happens.
            stream
                .write_all(&answer("400 Bad Request", "", said))
                .unwrap();
        }
        Treats::Stops(_) => {
            stream
                .write_all(&answer("400 Bad Request", "", BAD_ROW))
                .unwrap();
        }
        Treats::Vanishes(_) | Treats::Refuses(..) => {}
    }
    (head, unchunked(&body))
}

/// Takes the pieces of a body out of their frames, and unpacks it.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    while let Some(end) = body.windows(2).position(|at| at == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        let Some(piece) = body.get(end + 2..end + 2 + size) else {
            break;
        };
        packed.extend_from_slice(piece);
        body = body.get(end + 4 + size..).unwrap_or_default();
    }
    let mut text = Vec::new();
    _ = flate2::read::MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut text);
    text
}

/// Rows that do not pack well: an upload of some size.
fn many_rows() -> Vec<u8> {
    let mut rows = b"id,name\n".to_vec();
    let mut state = 1_u64;
    for id in 0..400_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        rows.extend_from_slice(format!("{id},{state:x}\n").as_bytes());
    }
    rows
}

#[test]
fn rows_go_into_the_columns_that_the_header_names() {
    for (rows, more, columns, options) in [
        (
            "b,a\n1,2\n",
            &[][..],
            " (\"b\", \"a\")",
            "FORMAT csv, HEADER true",
        ),
        (
            "\u{feff}Odd \"\"Name,x\n1,2\n",
            &[],
            " (\"Odd \"\"\"\"Name\", \"x\")",
            "FORMAT csv, HEADER true",
        ),
        ("1,2\n", &["--no-header"], "", "FORMAT csv, HEADER false"),
        (
            "a;b\n1;-\n",
            &["--delimiter", ";", "--null", "-"],
            " (\"a\", \"b\")",
            "FORMAT csv, HEADER true, DELIMITER ';', NULL '-'",
        ),
        (
            "a\tb\n",
            &["--delimiter", "\\t"],
            " (\"a\", \"b\")",
            "FORMAT csv, HEADER true, DELIMITER '\t'",
        ),
    ] {
        let (ran, head, body) = copy_from(Treats::Takes, rows.as_bytes(), more);
        assert_eq!(
            (ran.status.code(), text(&ran.stderr).as_str()),
            (Some(0), "note: cities: 2 rows copied\n"),
            "{rows}"
        );
        let line = head.lines().next().unwrap();
        let query = line.split_once("?q=").unwrap().1.split_once(' ').unwrap().0;
        let asked = decoded(query);
        assert_eq!(
            asked,
            format!("COPY cities{columns} FROM STDIN WITH ({options})")
        );
        assert!(
            line.starts_with("POST /user/ann/api/v2/sql/copyfrom?q=COPY"),
            "{line}"
        );
        let head = head.to_lowercase();
        assert!(head.contains("content-encoding: gzip\r\n"), "{head}");
        assert!(!head.contains(KEY), "{head}");
        assert_eq!(text(&body), rows.trim_start_matches('\u{feff}'));
    }
}

/// Takes a query out of its URL.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
            }
            b'+' => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_file_that_is_compressed_is_sent_as_it_is() {
    let mut packed = Vec::new();
    let mut encoder = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::best());
    encoder.write_all(b"a,b\n1,2\n").unwrap();
    encoder.finish().unwrap();
    let (ran, head, body) = copy_from(Treats::Takes, &packed, &[]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    assert!(head.contains("%22a%22"), "{head}");
    assert_eq!(text(&body), "a,b\n1,2\n");
    packed.truncate(12);
    assert!(
        !sql("http://127.0.0.1:9", &["copy-from", "t", "/nowhere"])
            .status
            .success()
    );
}

/// The server's own words are shown, however it ends the connection.
#[test]
fn what_the_server_says_while_rows_are_sent_is_not_lost() {
    let many = many_rows();
    let bad = "error: invalid input syntax for type integer: \"x\"\ncontext: COPY t, line 3, column n: \"x\"\n";
    let slow = r#"{"error":["input data too slow"]}"#;
    for (treats, code, says) in [
        (Treats::Breaks(20_000, BAD_ROW), 1, bad),
        (Treats::Breaks(500_000, BAD_ROW), 1, bad),
        (
            Treats::Breaks(300_000, slow),
            1,
            "error: input data too slow\n",
        ),
        (Treats::Stops(100_000), 1, bad),
        (
            Treats::Refuses("401 Unauthorized", r#"{"error":["Unauthorized"]}"#),
            4,
            "refuses the key (status 401)\nnote: it says: Unauthorized\n",
        ),
        (
            Treats::Refuses("429 Too Many Requests", r#"{"error":["rate limited"]}"#),
            6,
            "(status 429)\nnote: it says: rate limited\nhelp: it will again in 600 s\n",
        ),
        (
            Treats::Vanishes(100_000),
            6,
            "error: the server has closed the connection before it had all rows\nnote: it said nothing\n",
        ),
    ] {
        let (ran, head, _) = copy_from(treats, &many, &["--timeout", "20"]);
        let said = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{said}");
        assert!(said.contains(says), "{said}");
        assert!(
            head.to_lowercase().contains("expect: 100-continue\r\n"),
            "{head}"
        );
    }
    let (ran, _, body) = copy_from(Treats::Takes, &many, &[]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    assert!(body == many);
}

#[test]
fn rows_that_cannot_be_sent_are_said() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, rows: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, rows).unwrap();
        path.to_str().unwrap().to_owned()
    };
    for (rows, says) in [
        (
            file("empty", b""),
            "empty is empty\nnote: no row was stored\n",
        ),
        (
            file("twice", b"a,a\n"),
            "twice names no columns: `a` is named twice\nhelp: rows without",
        ),
        (file("hole", b"a,,b\n"), "column 2 has no name"),
        (file("latin", b"\xe9,b\n1,2\n"), "it is no text of UTF-8"),
        (file("packed", b"\x1f\x8bnonsense"), "cannot read "),
        (dir.path().to_str().unwrap().to_owned(), "cannot read "),
        ("/nowhere.csv".to_owned(), "cannot read /nowhere.csv: "),
    ] {
        let ran = sql("http://127.0.0.1:9", &["copy-from", "t", &rows]);
        let said = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{said}");
    }
    for delimiter in ["", "ab", "é", "\""] {
        let ran = sql(
            "http://127.0.0.1:9",
            &["copy-from", "t", "x", "--delimiter", delimiter],
        );
        assert_eq!(ran.status.code(), Some(2));
        assert!(text(&ran.stderr).contains("one character, for example ;"));
    }
}

/// Wherever a copy is cut, with a length or in chunks, it is no success and leaves no file.
#[test]
fn a_copy_that_is_cut_at_any_byte_is_no_success() {
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\na,b\n1,2\n\r\n4\r\n3,4\n\r\n0\r\n\r\n";
    // Behind the last chunk's size nothing of the rows is missing.
    let complete = chunks.len() - "\r\n".len();
    let with_length = answer("200 OK", "", "a,b\n1,2\n3,4\n");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out.csv");
    let path = file.to_str().unwrap();
    for (whole, end_of_rows) in [
        (with_length.clone(), with_length.len()),
        (chunks.as_bytes().to_vec(), complete),
    ] {
        for end in 0..end_of_rows {
            let server = Server::new(vec![whole[..end].to_vec()]);
            let ran = sql(&server.url, &["--retries", "0", "copy-to", "t", "-o", path]);
            assert_eq!(ran.status.code(), Some(6), "{end}: {}", text(&ran.stderr));
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "{end}");
        }
        let server = Server::new(vec![whole]);
        assert!(
            sql(&server.url, &["copy-to", "t", "-o", path])
                .status
                .success()
        );
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "a,b\n1,2\n3,4\n");
        std::fs::remove_file(&file).unwrap();
    }
}
