//! The pictures of the README: real runs, drawn. They are compared with what is checked in, and
//! written anew with `UPDATE_EXPECT=1`, so that they cannot go stale.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::sandbox::Sandbox;

/// The size of a character and of a line, and the space around the text, in pixels.
const CHARACTER: f64 = 8.4;
const LINE: f64 = 20.0;
const MARGIN: f64 = 20.0;
const BAR: f64 = 34.0;
/// The width of the terminal, in characters.
const COLUMNS: usize = 106;

/// One command of a session: what is typed, and what the terminal shows for it.
struct Step {
    typed: String,
    shown: String,
}

/// A session at a terminal, in a scratch machine.
struct Session {
    sandbox: Sandbox,
    steps: Vec<Step>,
}

impl Session {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        // Only what the picture is about is on PATH.
        for plugin in ["carto-dump", "carto-account"] {
            fs::remove_file(sandbox.path("bin").join(plugin)).unwrap();
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_carto"), sandbox.path("bin/carto")).unwrap();
        for account in ["ann", "acme"] {
            sandbox.file_with_mode(
                &format!("home/{account}.key"),
                format!("key-of-{account}\n"),
                0o600,
            );
        }
        Session { sandbox, steps: Vec::new() }
    }

    /// Types a line into a shell whose output is a terminal.
    fn types(&mut self, typed: &str) {
        let pty = nix::pty::openpty(None, None).unwrap();
        let same = |fd: &OwnedFd| Stdio::from(fd.try_clone().unwrap());
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", typed])
            .env_clear()
            .env("HOME", self.sandbox.path("home"))
            .env("PATH", self.sandbox.search_path())
            .env("PAGER", "cat")
            .env("CARTO_SYSTEM_CONFIG_DIR", self.sandbox.path("sys"))
            .env("CARTO_CEILING_DIRECTORIES", self.sandbox.root())
            .current_dir(self.sandbox.path("work"))
            .stdin(Stdio::null())
            .stdout(same(&pty.slave))
            .stderr(same(&pty.slave));
        let mut child = command.spawn().unwrap();
        drop((command, pty.slave));
        let mut master = File::from(pty.master);
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        // The last reader of a terminal gets an error instead of an end.
        while let Ok(length) = master.read(&mut buffer) {
            bytes.extend_from_slice(&buffer[..length]);
        }
        child.wait().unwrap();
        let root = self.sandbox.root().to_str().unwrap();
        let shown = String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
        let places = [("home", "~"), ("work", "~/maps"), ("bin", "~/bin")];
        let shown = places.iter().fold(shown, |shown, (directory, name)| {
            shown.replace(&format!("{root}/{directory}"), name)
        });
        assert!(!shown.contains(root), "a path of this machine: {shown}");
        self.steps.push(Step { typed: typed.to_owned(), shown });
    }

    /// Does something before the picture begins.
    fn quietly(&mut self, typed: &str) {
        self.types(typed);
        self.steps.pop();
    }

    /// Compares the drawing with the file that is checked in, or writes it.
    fn compare(&self, name: &str, title: &str) {
        let drawn = self.drawn(title);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/pictures").join(name);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, drawn).unwrap();
            return;
        }
        let known = fs::read_to_string(&path).unwrap_or_default();
        assert!(known == drawn, "{name} is stale; UPDATE_EXPECT=1 draws it anew:\n{drawn}");
    }

    fn drawn(&self, title: &str) -> String {
        let mut lines = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            if index > 0 {
                lines.push(Vec::new());
            }
            lines.push(vec![
                Run { class: "p", text: "$ ".to_owned() },
                Run { class: "t", text: step.typed.clone() },
            ]);
            lines.extend(step.shown.lines().flat_map(|line| wrapped(runs(line))));
        }
        svg(title, &lines)
    }
}

/// Text of one look.
struct Run {
    class: &'static str,
    text: String,
}

/// Splits a line at its codes for colours; any other code is a mistake of this test.
fn runs(line: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut class = "";
    for (index, part) in line.split("\u{1b}[").enumerate() {
        let text = if index == 0 {
            part
        } else {
            let (code, text) = part.split_once('m').expect("a code for colours");
            class = match code {
                "0" | "" => "",
                "1" => "b",
                "1;31" => "r",
                "1;33" => "y",
                "1;36" => "c",
                other => panic!("no look for the code {other:?}"),
            };
            text
        };
        if !text.is_empty() {
            runs.push(Run { class, text: text.to_owned() });
        }
    }
    runs
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Draws lines as a window of a terminal.
fn svg(title: &str, lines: &[Vec<Run>]) -> String {
    let columns = |line: &Vec<Run>| line.iter().map(|run| run.text.chars().count()).sum();
    let widest: usize = lines.iter().map(columns).max().unwrap_or(0);
    let width = f64::from(u32::try_from(widest.max(60)).unwrap()) * CHARACTER + 2.0 * MARGIN;
    let rows = f64::from(u32::try_from(lines.len()).unwrap());
    let height = BAR + rows * LINE + MARGIN;
    let mut out = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" role="img">
<title>{title}</title>
<style>
text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d5dbe3; white-space: pre }}
.p {{ fill: #7ee0a1 }} .t {{ fill: #ffffff; font-weight: 600 }} .b {{ font-weight: 600; fill: #ffffff }}
.r {{ fill: #ff7b72; font-weight: 600 }} .y {{ fill: #f2cc60; font-weight: 600 }} .c {{ fill: #79c0ff; font-weight: 600 }}
</style>
<rect width="100%" height="100%" rx="8" fill="#161b22"/>
<circle cx="20" cy="17" r="5.5" fill="#ff5f57"/><circle cx="38" cy="17" r="5.5" fill="#febc2e"/><circle cx="56" cy="17" r="5.5" fill="#28c840"/>
"##,
        title = escaped(title),
    );
    for (index, line) in lines.iter().enumerate() {
        let y = BAR + (f64::from(u32::try_from(index).unwrap()) + 0.75) * LINE;
        let mut column = 0;
        for run in line {
            let length = u32::try_from(run.text.chars().count()).unwrap();
            // Leading spaces are skipped by some viewers, so each run has its own place; its
            // length keeps the columns where the font is another one.
            let lead = run.text.chars().take_while(|c| *c == ' ').count();
            let text = run.text.trim();
            let x =
                MARGIN + (f64::from(column) + f64::from(u32::try_from(lead).unwrap())) * CHARACTER;
            column += length;
            if text.is_empty() {
                continue;
            }
            let class = if run.class.is_empty() {
                String::new()
            } else {
                format!(" class=\"{}\"", run.class)
            };
            let wide = f64::from(u32::try_from(text.chars().count()).unwrap()) * CHARACTER;
            _ = writeln!(
                out,
                r#"<text x="{x:.1}" y="{y:.1}" textLength="{wide:.1}" xml:space="preserve"{class}>{}</text>"#,
                escaped(text)
            );
        }
    }
    out + "</svg>\n"
}

/// Breaks a line where a terminal of this width breaks it.
fn wrapped(line: Vec<Run>) -> Vec<Vec<Run>> {
    let mut lines = vec![Vec::new()];
    let mut column = 0;
    for run in line {
        let mut rest: Vec<char> = run.text.chars().collect();
        while column + rest.len() > COLUMNS {
            let behind = rest.split_off(COLUMNS - column);
            lines.last_mut().unwrap().push(Run { text: rest.into_iter().collect(), ..run });
            lines.push(Vec::new());
            (rest, column) = (behind, 0);
        }
        column += rest.len();
        lines.last_mut().unwrap().push(Run { text: rest.into_iter().collect(), ..run });
    }
    lines
}

#[test]
fn two_accounts() {
    let mut session = Session::new();
    session.types("carto login https://ann.carto.com --key-stdin < ~/ann.key");
    session.types("carto login https://acme.carto.com --key-stdin < ~/acme.key");
    session.types("carto init && carto config set --project profile acme");
    session.types("carto exec -- printenv CARTO_USERNAME CARTO_BASE_URL");
    session.types("carto --no-project exec -- printenv CARTO_USERNAME CARTO_BASE_URL");
    session.compare("accounts.svg", "Two accounts, and a project that uses the second one");
}

#[test]
fn the_reason() {
    let mut session = Session::new();
    session.quietly("carto login https://ann.carto.com --key-stdin < ~/ann.key");
    session.quietly("carto login https://maps.example.com/user/acme --key-stdin < ~/acme.key");
    session.quietly("carto init && carto config set --project profile acme");
    session.types("carto config explain");
    session.compare("explain.svg", "Which account and key are used, and what they beat");
}

#[test]
fn mistakes() {
    let mut session = Session::new();
    session.sandbox.user("[ui]\ncolor = \"blue\"     # my favourite\n");
    session.types("carto config get username");
    session
        .sandbox
        .user("[ui]\ncolor = \"auto\"\n[profiles.staging]\nusername = \"ann-staging\"\n");
    session.types("carto config set usrname ann");
    session.types("carto --profile stagign env");
    session.compare("mistakes.svg", "Mistakes are shown with their place and what to type");
}

#[test]
fn the_help() {
    let mut session = Session::new();
    session.sandbox.user("[alias]\nwho = 'config explain'\n");
    session.sandbox.plugin("sql", "#!/bin/sh\n");
    session.types("carto help");
    session.compare("help.svg", "The commands by what they are for");
}

/// Answers like CARTO's SQL API: in the order of the answers, one for each connection.
fn serve(answers: Vec<(&'static str, &'static str)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/user/ann", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let length = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..length]);
            }
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}");
            stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        }
    });
    url
}

/// The real plugin, as `cargo test --workspace` builds it beside carto.
#[test]
fn rows_of_a_query() {
    const COLUMNS: &str = r#"{"rows":[{"carto_columns":"{\"f1\":1,\"f2\":2,\"f3\":3}","name":null,"population":null,"the_geom":null}],"fields":{"carto_columns":{"pgtype":"text"},"name":{"pgtype":"text"},"population":{"pgtype":"int8"},"the_geom":{"pgtype":"geometry"}},"total_rows":1}"#;
    const ROWS: &str = r#"{"rows":[{"c1":"Madrid","c2":"3223334","c3":"POINT(-3.7 40.42)"},{"c1":"Paris","c2":"2165423","c3":"POINT(2.35 48.86)"},{"c1":"東京","c2":"14094034","c3":"POINT(139.7 35.69)"},{"c1":"","c2":null,"c3":null}],"total_rows":4}"#;
    const WRONG: &str = r#"{"error":["column \"populaton\" does not exist"],"hint":"Perhaps you meant to reference the column \"cities.population\"."}"#;
    let plugin = Path::new(env!("CARGO_BIN_EXE_carto")).with_file_name("carto-sql");
    assert!(plugin.exists(), "the plugin is not built yet: cargo build --workspace");
    let bad = "400 Bad Request";
    let url = serve(vec![("200 OK", COLUMNS), ("200 OK", ROWS), (bad, WRONG), (bad, WRONG)]);
    let mut session = Session::new();
    std::os::unix::fs::symlink(plugin, session.sandbox.path("bin/carto-sql")).unwrap();
    session.quietly(&format!("carto login {url} --key-stdin < ~/ann.key"));
    session.types("carto sql 'SELECT name, population, the_geom FROM cities'");
    session.types("carto sql 'SELECT name FROM cities WHERE populaton > 1000000'");
    // How long it took is another number each time.
    for step in &mut session.steps {
        if let Some((rows, _)) = step.shown.split_once(" rows, ") {
            step.shown = format!("{rows} rows, 4 ms)\n");
        }
    }
    session.compare("sql.svg", "A query of the plugin carto sql, and a slip in one");
}
