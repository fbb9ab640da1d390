//! A place of its own for every test: home, system files, PATH and project, and nothing else.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{PoisonError, RwLock};

/// Writes arguments (each in brackets) and the `CARTO_*` part of the raw environment block.
pub const DUMP: &str = r#"#!/bin/sh
for arg; do printf '[%s]\n' "$arg"; done
tr '\0' '\n' </proc/$$/environ | grep '^CARTO_' | sort
"#;

/// Writes the variables of the account alone, sorted, and leaves a mark that it was started.
pub const ACCOUNT: &str = r#"#!/bin/sh
: >"${0%/*}/../marks/started"
tr '\0' '\n' </proc/$$/environ |
    grep -E '^CARTO_(USERNAME|USER|BASE_URL|API_KEY|ORG|ALLOW_NON_SECURE)=' | sort
"#;

/// Where versions of plugins are installed.
pub const INSTALLED: &str = "home/.local/share/carto/plugins/versions";

/// Finds a program that only tests start. `cargo test` builds all of them, `--test cli` alone none.
pub fn fake(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_carto")).with_file_name("examples").join(name);
    assert!(path.exists(), "the fake `{name}` is not built: cargo build --examples");
    path
}

/// A scratch machine. Nothing of the real user reaches the program under test.
pub struct Sandbox {
    _temp: tempfile::TempDir,
    root: PathBuf,
}

impl Sandbox {
    /// Makes an empty machine: `home`, `sys`, `bin` and `work`.
    pub fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        fs::set_permissions(&root, Permissions::from_mode(0o755)).unwrap();
        for dir in ["home", "sys", "bin", "work"] {
            fs::create_dir(root.join(dir)).unwrap();
            fs::set_permissions(root.join(dir), Permissions::from_mode(0o755)).unwrap();
        }
        // Whoever runs the plugin may leave the mark.
        fs::create_dir(root.join("marks")).unwrap();
        fs::set_permissions(root.join("marks"), Permissions::from_mode(0o777)).unwrap();
        let sandbox = Sandbox { _temp: temp, root };
        sandbox.plugin("dump", DUMP);
        sandbox.plugin("account", ACCOUNT);
        sandbox
    }

    /// The root of the machine.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the root.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file with mode 0644 and its directories.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        self.file_with_mode(name, text, 0o644)
    }

    /// Writes a file with a mode and its directories.
    pub fn file_with_mode(&self, name: &str, text: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let alone = STARTING.write().unwrap_or_else(PoisonError::into_inner);
        fs::write(&path, text).unwrap();
        drop(alone);
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    /// Writes the administrator's settings.
    pub fn system(&self, text: &str) -> PathBuf {
        self.file("sys/config.toml", text)
    }

    /// Writes the user's settings.
    pub fn user(&self, text: &str) -> PathBuf {
        self.file("home/.config/carto/config.toml", text)
    }

    /// Writes the user's credentials, one line each: `KEY URL [NAME] [profile=P]`.
    pub fn keys(&self, lines: &[&str]) -> PathBuf {
        let mut text = String::new();
        for line in lines {
            let mut words = line.split_whitespace();
            let key = words.next().unwrap();
            text += "[[credential]]\n";
            for word in words {
                match word.split_once('=') {
                    Some(("profile", profile)) => text += &format!("profile = \"{profile}\"\n"),
                    _ if word.contains("://") => {
                        text += &format!("base_url = \"{word}\"\n");
                        if word.starts_with("http://") {
                            text += "allow_non_secure = true\n";
                        }
                    }
                    _ => text += &format!("username = \"{word}\"\n"),
                }
            }
            text += &format!("apikey = \"{key}\"\n\n");
        }
        self.file_with_mode("home/.config/carto/credentials.toml", text, 0o600)
    }

    /// Writes the settings of the project in `work`; it is not trusted.
    pub fn project(&self, text: &str) -> PathBuf {
        self.file("work/.carto/config.toml", text)
    }

    /// Approves the project of a directory, as CI does: by the hash of its settings.
    pub fn trust(&self, dir: &str) {
        let shown = self.carto("trust --show --json").dir(dir).run().ok();
        let shown: serde_json::Value = serde_json::from_slice(&shown.raw).unwrap();
        let hash = shown["hash"].as_str().unwrap();
        _ = self.carto("trust --expect").arg(hash).dir(dir).run().ok();
    }

    /// Lists the files that hold a text, by their paths below the root; a pipe holds nothing, and
    /// what a link leads to is not here or has a name of its own.
    pub fn files_with(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut dirs = vec![self.root.clone()];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                let kind = path.symlink_metadata().unwrap().file_type();
                if kind.is_dir() {
                    dirs.push(path);
                } else if kind.is_file()
                    && let Ok(bytes) = fs::read(&path)
                    && bytes.windows(text.len()).any(|part| part == text.as_bytes())
                {
                    found.push(path.strip_prefix(&self.root).unwrap().display().to_string());
                }
            }
        }
        found.sort();
        found
    }

    /// Writes an executable `carto-NAME` into `bin`.
    pub fn plugin(&self, name: &str, script: &str) -> PathBuf {
        self.file_with_mode(&format!("bin/carto-{name}"), script, 0o755)
    }

    /// Returns the directory of the one installed version of a package.
    pub fn installed(&self, package: &str) -> PathBuf {
        let versions = fs::read_dir(self.path(INSTALLED)).unwrap();
        let is_it = |path: &PathBuf| {
            path.is_dir() && path.file_name().unwrap().to_str().unwrap().starts_with(package)
        };
        let mut found = versions.map(|entry| entry.unwrap().path()).filter(is_it);
        let dir = found.next().unwrap();
        assert!(found.next().is_none(), "several versions of {package}");
        dir
    }

    /// Reads a file as text.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Starts a call of `carto`, in `work`, with words split at white space.
    pub fn carto(&self, words: &str) -> Call<'_> {
        let mut call = self.program(env!("CARGO_BIN_EXE_carto"));
        for word in words.split_whitespace() {
            call = call.arg(word);
        }
        call
    }

    /// Starts a call of any program with the sandbox's environment.
    pub fn program(&self, program: impl AsRef<OsStr>) -> Call<'_> {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", self.search_path())
            .env("LC_ALL", "C.UTF-8")
            .env("CARTO_SYSTEM_CONFIG_DIR", self.path("sys"))
            .env("CARTO_CEILING_DIRECTORIES", &self.root)
            .current_dir(self.path("work"));
        Call { sandbox: self, command, stdin: Vec::new() }
    }

    /// Runs lines of a POSIX shell one after the other, in which `carto` is the program under
    /// test, and gives what a reader of a terminal would see: line, output, exit status.
    pub fn session(&self, lines: &[&str]) -> String {
        let mut seen = String::new();
        for line in lines {
            seen += &format!("$ {line}\n{}", self.shell(line).run());
        }
        seen
    }

    /// Starts a call of one line of a POSIX shell, in which `carto` is the program under test.
    pub fn shell(&self, line: &str) -> Call<'_> {
        self.shell_of(&["sh", "-c"], line)
    }

    /// Starts a call of one line by a shell that other programs start.
    pub fn shell_of(&self, program: &[&str], line: &str) -> Call<'_> {
        let carto = self.path("bin/carto");
        if carto.symlink_metadata().is_err() {
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_carto"), carto).unwrap();
        }
        let (first, rest) = program.split_first().unwrap();
        rest.iter().fold(self.program(first), Call::arg).arg(line)
    }

    /// The PATH of calls: `bin`, then the system's.
    pub fn search_path(&self) -> OsString {
        std::env::join_paths([self.path("bin"), "/usr/bin".into(), "/bin".into()]).unwrap()
    }

    /// Puts names in place of this machine's own paths.
    pub fn shown(&self, text: &str) -> String {
        let binary = env!("CARGO_BIN_EXE_carto");
        let root = self.root.to_str().unwrap();
        text.replace(&format!("{root}/home"), "~")
            .replace(&format!("{root}/work"), "[work]")
            .replace(binary, "[carto]")
            .replace(root, "[root]")
    }
}

/// A call that is being prepared.
#[must_use = "a call does nothing until it runs"]
pub struct Call<'a> {
    sandbox: &'a Sandbox,
    command: Command,
    stdin: Vec<u8>,
}

impl Call<'_> {
    /// Adds one argument as it is.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds words, split at white space.
    pub fn words(mut self, words: &str) -> Self {
        self.command.args(words.split_whitespace());
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes a variable.
    pub fn env_remove(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Changes the directory, below the sandbox's root.
    pub fn dir(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.current_dir(self.sandbox.root.join(name.as_ref()));
        self
    }

    /// Returns standard input; without it there is none.
    pub fn stdin(mut self, text: impl AsRef<[u8]>) -> Self {
        text.as_ref().clone_into(&mut self.stdin);
        self
    }

    /// Returns the call as it is, for a test that connects it itself.
    pub fn command(self) -> Command {
        self.command
    }

    /// Runs to the end.
    pub fn run(mut self) -> Ran {
        let mark = self.sandbox.path("marks/started");
        _ = fs::remove_file(&mark);
        let piped = [Stdio::piped(), Stdio::piped(), Stdio::piped()];
        let [stdin, stdout, stderr] = piped;
        let mut child = start(self.command.stdin(stdin).stdout(stdout).stderr(stderr));
        let mut pipe = child.stdin.take().unwrap();
        // A program that does not read its input may be gone already.
        _ = pipe.write_all(&self.stdin);
        drop(pipe);
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| self.sandbox.shown(&String::from_utf8_lossy(bytes));
        Ran {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            raw: output.stdout,
            status: output.status,
            started: mark.exists(),
        }
    }

    /// Runs on a terminal of its own. Each answer is typed when its question stands there.
    /// Everything that the terminal shows is standard output.
    pub fn run_on_terminal(self, answers: &[(&str, &str)]) -> Ran {
        self.converse(answers, || {})
    }

    /// Runs on a terminal of its own; something happens between the question and its answer.
    pub fn run_on_terminal_doing(self, question: &str, answer: &str, act: impl Fn()) -> Ran {
        self.converse(&[(question, answer)], act)
    }

    fn converse(mut self, answers: &[(&str, &str)], act: impl Fn()) -> Ran {
        let mark = self.sandbox.path("marks/started");
        _ = fs::remove_file(&mark);
        let terminal = nix::pty::openpty(None, None).unwrap();
        let slave = || Stdio::from(terminal.slave.try_clone().unwrap());
        let mut child = start(self.command.stdin(slave()).stdout(slave()).stderr(slave()));
        // The end of the transcript is seen when nobody else holds the terminal.
        drop(self.command);
        drop(terminal.slave);
        let mut screen = fs::File::from(terminal.master);
        let mut answers = answers.iter();
        let mut next = answers.next();
        let mut raw = Vec::new();
        let mut asked_until = 0;
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = screen.read(&mut buffer) {
            raw.extend_from_slice(&buffer[..length]);
            let new = String::from_utf8_lossy(&raw[asked_until..]).into_owned();
            if let Some((_, answer)) = next.filter(|(question, _)| new.contains(question)) {
                act();
                screen.write_all(answer.as_bytes()).unwrap();
                asked_until = raw.len();
                next = answers.next();
            }
        }
        let text = String::from_utf8_lossy(&raw).replace("\r\n", "\n");
        assert!(next.is_none(), "never asked {next:?}:\n{text}");
        Ran {
            stdout: self.sandbox.shown(&text),
            stderr: String::new(),
            raw,
            status: child.wait().unwrap(),
            started: mark.exists(),
        }
    }
}

/// A program that another thread is starting has every open file of this process for a moment; a
/// script that is being written just then is busy, and does not run. So nothing is written while
/// something starts.
static STARTING: RwLock<()> = RwLock::new(());

/// Starts a program; it has only its own files when this returns.
fn start(command: &mut Command) -> Child {
    let _others_too = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    command.spawn().unwrap()
}

/// What a call did. Paths of the sandbox are replaced: `~`, `[work]`, `[root]`, `[carto]`.
#[must_use = "look at what the program did"]
pub struct Ran {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Standard output, byte for byte.
    pub raw: Vec<u8>,
    /// How it ended.
    pub status: ExitStatus,
    started: bool,
}

impl Ran {
    /// The exit status; a death by signal fails the test.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("ended by a signal:\n{self}"))
    }

    /// Fails unless the status is 0 and gives the run back.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.status.success(), "{self}");
        self
    }

    /// Fails unless the status is this and gives the run back.
    #[track_caller]
    pub fn fails(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{self}");
        self
    }

    /// Fails unless the plugin `account` was started.
    #[track_caller]
    pub fn started(self) -> Self {
        assert!(self.started, "not started:\n{self}");
        self
    }

    /// Fails when the plugin `account` was started.
    #[track_caller]
    pub fn not_started(self) -> Self {
        assert!(!self.started, "started:\n{self}");
        self
    }

    /// Compares everything with an inline snapshot; `UPDATE_EXPECT=1` writes it.
    #[track_caller]
    pub fn shows(&self, expected: &expect_test::Expect) {
        expected.assert_eq(&self.to_string());
    }

    /// Fails when a text is anywhere in the output.
    #[track_caller]
    pub fn never_says(self, secret: &str) -> Self {
        assert!(!self.stdout.contains(secret) && !self.stderr.contains(secret), "{self}");
        self
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.stdout)?;
        if !self.stdout.is_empty() && !self.stdout.ends_with('\n') {
            f.write_str("(no newline)\n")?;
        }
        for line in self.stderr.lines() {
            writeln!(f, "! {line}")?;
        }
        match self.status.signal() {
            Some(signal) => writeln!(f, "signal {signal}"),
            None => writeln!(f, "exit {}", self.status.code().unwrap_or(-1)),
        }
    }
}
