//! Many writers at once, and readers beside them. `tests/crash/run parallel` does so with hundreds.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::sandbox::Sandbox;

/// What is started before any of it is waited for.
const SETTINGS: usize = 40;
const LOGINS: usize = 20;
const RULES: &str = "home/.config/carto/config.toml";

fn start(sandbox: &Sandbox, words: &str, stdin: &str) -> Child {
    // A pipe would have to be filled while others are started.
    let key = sandbox.file(&format!("stdin/{stdin}"), stdin);
    let mut command = sandbox.carto(words).command();
    let stdin = std::fs::File::open(key).unwrap();
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(writer: Child) {
    let output = writer.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Reads until the writers have ended; gives how often.
fn read(sandbox: &Sandbox, words: &str, whole: &str, done: &AtomicBool) -> usize {
    let mut count = 0;
    while !done.load(Ordering::Relaxed) || count == 0 {
        let output = sandbox.carto(words).command().output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains(whole),
            "{words}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        count += 1;
    }
    count
}

/// Says that it is over also where a writer failed: the readers would go on without end.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn parallel_writers_lose_nothing_and_no_reader_sees_half_a_file() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"first\"\n");
    sandbox.keys(&["key-of-first https://first.carto.com first"]);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reads = [
            ("config list --json", "\"username\""),
            ("config get username", "first\n"),
            ("account", "CARTO_API_KEY=key-of-first\n"),
        ];
        for (words, whole) in reads {
            let (sandbox, done) = (&sandbox, &done);
            scope.spawn(move || assert!(read(sandbox, words, whole, done) > 0));
        }
        let _over = Over(&done);
        let settings = (0..SETTINGS)
            .map(|n| start(&sandbox, &format!("config set --force plugins.load.k{n} {n}"), "none"));
        let mut writers: Vec<_> = settings.collect();
        // One short name at many hosts: every login needs a profile of its own.
        writers.extend((0..LOGINS).map(|n| {
            let words = format!("login https://host{n}.example.com/user/ann --key-stdin");
            start(&sandbox, &words, &format!("key-of-{n}-"))
        }));
        writers.into_iter().for_each(end);
    });
    let (config, keys) = (sandbox.read(RULES), sandbox.read("home/.config/carto/credentials.toml"));
    for n in 0..SETTINGS {
        assert!(config.contains(&format!("\nk{n} = ")), "k{n} is lost:\n{config}");
    }
    for n in 0..LOGINS {
        let url = format!("\"https://host{n}.example.com/user/ann\"");
        assert!(config.contains(&url), "{url} is lost:\n{config}");
        assert!(keys.contains(&url) && keys.contains(&format!("\"key-of-{n}-\"")), "{keys}");
    }
    assert_eq!(config.matches("[profiles.").count(), LOGINS, "{config}");
}

#[test]
fn parallel_changes_of_a_trusted_project_never_show_it_untrusted() {
    let sandbox = Sandbox::new();
    _ = sandbox.carto("init").run().ok();
    _ = sandbox.carto("config set --project username ann").run().ok();
    _ = sandbox.carto("config set --project apikey").stdin("key-0\n").run().ok();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for (words, whole) in [("account", "CARTO_API_KEY=key-"), ("config get username", "ann\n")]
        {
            let (sandbox, done) = (&sandbox, &done);
            scope.spawn(move || assert!(read(sandbox, words, whole, done) > 0));
        }
        let _over = Over(&done);
        for n in 1..=15 {
            let words = format!("config set --project organization org-{n}");
            let settings = start(&sandbox, &words, "none");
            let key = start(&sandbox, "config set --project apikey", &format!("key-{n}"));
            end(settings);
            end(key);
        }
    });
}

#[test]
fn an_init_that_was_cut_short_is_finished() {
    let sandbox = Sandbox::new();
    for left in
        [&[][..], &["work/.carto/.gitignore"], &["work/.carto/.config.toml.tmp-0123456789ab"]]
    {
        std::fs::create_dir_all(sandbox.path("work/.carto")).unwrap();
        for name in left {
            sandbox.file_with_mode(name, "", 0o600);
        }
        _ = sandbox.carto("init").run().ok();
        let shown = sandbox.carto("config explain").run();
        assert!(shown.stdout.contains(": trusted"), "{left:?}: {shown}");
        assert!(sandbox.read("work/.carto/.gitignore").contains("credentials.toml\n"));
        std::fs::remove_dir_all(sandbox.path("work/.carto")).unwrap();
    }
    // What holds anything else came with a clone or is in use: it is left.
    sandbox.file("work/.carto/notes", "");
    let ran = sandbox.carto("init").run().ok();
    assert!(ran.stderr.contains("is there already; nothing was changed"), "{ran}");
    assert!(!sandbox.path("work/.carto/config.toml").exists());
}
