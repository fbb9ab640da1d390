//! A server on 127.0.0.1 that answers as CARTO's does, down to the bytes, and the program that asks it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

pub(crate) const KEY: &str = "marker-key-7a8b9c";

/// A server that gives its answers in order, then closes the connection.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn new(answers: Vec<Vec<u8>>) -> Self {
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

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

pub(crate) fn read_request(stream: &mut TcpStream) -> String {
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

pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

pub(crate) fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", "", body)
}

/// Listens on 127.0.0.1, for a server whose answers need a hand of their own.
pub(crate) fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// The program with ann's account at a server, as carto starts it.
pub(crate) fn program(url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carto-sql"));
    command.env_clear();
    for (name, value) in [
        ("CARTO_PLUGIN_API", "1"),
        ("CARTO_BASE_URL", url),
        ("CARTO_USERNAME", "ann"),
        ("CARTO_API_KEY", KEY),
    ] {
        command.env(name, value);
    }
    command
}

pub(crate) fn sql(url: &str, args: &[&str]) -> Output {
    program(url).args(args).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) const COLUMNS: &str = r#"{"rows":[{"carto_columns":"{\"f1\":null,\"f2\":null}","n":null,"s":null}],"fields":{"carto_columns":{"type":"string","pgtype":"text"},"n":{"type":"number","pgtype":"int8"},"s":{"type":"string","pgtype":"text"}},"total_rows":1}"#;
pub(crate) const ROWS: &str = r#"{"rows":[{"c1":"9007199254740993","c2":"a,b"},{"c1":null,"c2":""}],"time":0.01,"total_rows":2}"#;

/// The two answers to a query that can stand in a subquery.
pub(crate) fn rows() -> Vec<Vec<u8>> {
    vec![ok(COLUMNS), ok(ROWS)]
}
