//! The canary: a marker key stands wherever a key may stand, every command of the command line is
//! run, and the marker is looked for wherever it must not be.

use std::collections::BTreeSet;
use std::fs;

use sha2::{Digest as _, Sha256};

use crate::sandbox::{Ran, Sandbox};

/// What every key of these tests begins with.
const MARK: &str = "marker-key";
/// The directory of what the spies saw.
const SEEN: &str = "marks/seen";

/// Takes the words, arguments and environment of a program that carto starts, and what git does.
const GIT: &str = r#"#!/bin/sh
tr '\0' '\n' </proc/$$/cmdline >>"${0%/*}/../marks/seen"
tr '\0' '\n' </proc/$$/environ >>"${0%/*}/../marks/seen"
exec /usr/bin/git "$@"
"#;
/// The editor sees neither arguments nor variables with a key, and appends a comment.
const EDITOR: &str = r#"#!/bin/sh
tr '\0' '\n' </proc/$$/cmdline >>"${0%/*}/../marks/seen"
tr '\0' '\n' </proc/$$/environ >>"${0%/*}/../marks/seen"
echo '# edited' >>"$1"
"#;
/// A plugin gets the key by its environment, and by nothing else.
const PLUGIN: &str = r#"#!/bin/sh
tr '\0' '\n' </proc/$$/cmdline >>"${0%/*}/../marks/seen"
echo "$CARTO_API_KEY"
"#;

/// Where the marker may show.
#[derive(Clone, Copy, PartialEq)]
enum May {
    /// Nowhere: neither on standard output nor in a new file.
    Nowhere,
    /// On standard output: that is what the command is for.
    Show,
    /// In this file.
    Write(&'static str),
    /// On standard output as a mask line for a log, and in this file.
    ShowAndWrite(&'static str),
}

use May::{Nowhere, Show, ShowAndWrite, Write};

const PROJECT: &str = "[plugins.spy]\nlevel = 1\n";
const STORE: &str = "home/.config/carto/credentials.toml";
const PROJECT_STORE: &str = "work/.carto/credentials.toml";

/// A command's words, then for each way to run it the arguments and where the marker may show.
type Row = (&'static str, &'static [(&'static str, May)]);

/// One row for each command. Every key that a command is given on standard input is a marker too.
const ROWS: &[Row] = &[
    ("alias delete", &[("short", Nowhere), ("missing", Nowhere)]),
    ("alias list", &[("", Nowhere)]),
    ("alias set", &[("other spy", Nowhere), ("config spy", Nowhere)]),
    ("completions", &[("bash", Nowhere), ("fish", Nowhere), ("zsh", Nowhere)]),
    ("config edit", &[("", Nowhere), ("--project", Nowhere), ("--file work/new.toml", Nowhere)]),
    ("config explain", &[("", Nowhere), ("username", Nowhere), ("apikey", Nowhere)]),
    (
        "config get",
        &[("apikey", Show), ("api_key", Show), ("username", Nowhere), ("missing", Nowhere)],
    ),
    ("config list", &[("", Nowhere), ("--show-origin", Nowhere), ("--show-secrets", Show)]),
    ("config path", &[("", Nowhere)]),
    ("config schema", &[("", Nowhere)]),
    (
        "config set",
        &[
            ("username bob", Nowhere),
            ("apikey", Nowhere),
            ("--project apikey", Nowhere),
            ("apikey marker-key-typed", Nowhere),
            ("apikey=marker-key-typed", Nowhere),
            ("apikey marker-key-typed too-many", Nowhere),
            ("--file work/new.toml apikey marker-key-typed", Nowhere),
        ],
    ),
    ("config unset", &[("apikey", Nowhere), ("username", Nowhere), ("missing", Nowhere)]),
    ("credentials delete", &[("", Nowhere), ("cartocreds.json", Nowhere)]),
    (
        "credentials export",
        &[
            ("", Show),
            ("-", Show),
            ("--as documented", Show),
            ("out.json", Write("work/out.json")),
            ("cartocreds.json", Nowhere),
            ("missing/out.json", Nowhere),
        ],
    ),
    (
        "credentials import",
        &[
            ("cartocreds.json", Nowhere),
            ("cartocreds.json --project", Nowhere),
            ("cartocreds.json --dry-run", Nowhere),
            ("broken.json", Nowhere),
            ("wrong.json", Nowhere),
            ("cartorc.yaml", Nowhere),
            ("broken.yaml", Nowhere),
            ("--all", Nowhere),
            ("-", Nowhere),
            ("", Nowhere),
        ],
    ),
    ("credentials show", &[("", Nowhere), ("--show-secrets", Show)]),
    ("credentials list", &[("", Nowhere), ("--name-only", Nowhere), ("--json", Nowhere)]),
    ("doctor", &[("", Nowhere)]),
    (
        "env",
        &[
            ("", Show),
            ("--format fish", Show),
            ("--format powershell", Show),
            ("--format dotenv", Show),
            ("--format json", Show),
            ("--format github", ShowAndWrite("work/github.env")),
        ],
    ),
    ("exec", &[("spy-by-exec", Show), ("missing", Nowhere)]),
    ("help", &[("", Nowhere), ("config set", Nowhere), ("--man login", Nowhere)]),
    ("init", &[("", Nowhere)]),
    (
        "login",
        &[
            ("https://ann.carto.com --key-stdin", Nowhere),
            ("https://new.carto.com --key-stdin", Nowhere),
            ("https://new.carto.com marker-key-typed", Nowhere),
            ("https://new.carto.com --apikey=marker-key-typed", Nowhere),
            ("--key-stdin=marker-key-typed", Nowhere),
            ("https://ann:marker-key-typed@new.carto.com", Nowhere),
        ],
    ),
    ("logout", &[("", Nowhere)]),
    ("plugin create", &[("new --lang sh", Nowhere), ("new --lang sh", Nowhere)]),
    ("plugin info", &[("spy", Nowhere), ("missing", Nowhere)]),
    (
        "plugin install",
        &[("plugin-dir --yes", Nowhere), ("plugin-dir", Nowhere), ("missing", Nowhere)],
    ),
    ("plugin list", &[("", Nowhere)]),
    ("plugin lock", &[("", Nowhere), ("missing", Nowhere)]),
    ("plugin outdated", &[("", Nowhere)]),
    ("plugin register", &[("spy", Nowhere), ("--forget spy", Nowhere)]),
    ("plugin remove", &[("missing", Nowhere)]),
    ("plugin run", &[("spy", Show), ("missing", Nowhere)]),
    ("plugin sync", &[("", Nowhere), ("--download downloads", Nowhere)]),
    ("plugin upgrade", &[("", Nowhere), ("missing", Nowhere)]),
    ("plugin verify", &[("", Nowhere)]),
    ("plugin which", &[("spy", Nowhere), ("missing", Nowhere)]),
    (
        "profile add",
        &[("third --username cid", Nowhere), ("third --apikey=marker-key-typed", Nowhere)],
    ),
    ("profile list", &[("", Nowhere)]),
    (
        "profile remove",
        &[
            ("second", Nowhere),
            ("second --forget-key", Nowhere),
            ("missing --forget-key", Nowhere),
            ("second --key=marker-key-typed", Nowhere),
        ],
    ),
    (
        "profile rename",
        &[
            ("second third", Nowhere),
            ("missing third", Nowhere),
            ("second third --key=marker-key-typed", Nowhere),
        ],
    ),
    ("profile show", &[("second", Nowhere), ("second --json", Nowhere), ("missing", Nowhere)]),
    ("profile use", &[("second", Nowhere), ("missing", Nowhere)]),
    (
        "trust",
        &[
            ("", Nowhere),
            ("--show", Nowhere),
            ("--list", Nowhere),
            ("--deny", Nowhere),
            ("--revoke", Nowhere),
            ("--expect sha256:00", Nowhere),
        ],
    ),
    ("version", &[("", Nowhere)]),
];

#[test]
fn every_command_has_a_row() {
    let known: BTreeSet<_> = carto::cli::commands().iter().map(|words| words.join(" ")).collect();
    let rows: BTreeSet<_> = ROWS.iter().map(|(words, _)| (*words).to_owned()).collect();
    assert_eq!(rows.len(), ROWS.len(), "a command has two rows");
    let without: Vec<_> = known.symmetric_difference(&rows).collect();
    assert!(without.is_empty(), "commands without a row, or rows without a command: {without:?}");
}

/// Makes a machine with a marker in each place where a key may stand.
fn machine() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file_with_mode("bin/git", GIT, 0o755);
    sandbox.file_with_mode("bin/editor", EDITOR, 0o755);
    sandbox.file_with_mode("bin/spy-by-exec", PLUGIN, 0o755);
    sandbox.plugin("spy", PLUGIN);
    sandbox.file_with_mode("work/plugin-dir/carto-dir", PLUGIN, 0o755);
    sandbox.file_with_mode(SEEN, "", 0o666);
    sandbox.user(
        "username = \"ann\"\n[profiles.second]\nusername = \"bea\"\n[alias]\nshort = \"spy\"\n",
    );
    sandbox.keys(&[
        "marker-key-of-user https://ann.carto.com ann",
        "marker-key-of-second https://bea.carto.com bea",
    ]);
    sandbox.project(PROJECT);
    let entry = "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"ann\"\napikey = \"marker-key-of-project\"\n";
    sandbox.file_with_mode(PROJECT_STORE, entry, 0o600);
    let legacy = r#"{"username": "leo", "api_key": "marker-key-of-legacy", "base_url": "https://leo.carto.com"}"#;
    sandbox.file_with_mode("work/cartocreds.json", legacy, 0o600);
    let broken = "{\"username\": \"leo\",\n \"api_key\": \"marker-key-broken\" \"base_url\"}";
    sandbox.file_with_mode("work/broken.json", broken, 0o600);
    let wrong = r#"{"username": "marker key of wrong", "api_key": "marker-key with a space"}"#;
    sandbox.file_with_mode("work/wrong.json", wrong, 0o600);
    let yaml = "leo: {api_key: marker-key-of-yaml}\n";
    sandbox.file_with_mode("work/cartorc.yaml", yaml, 0o600);
    sandbox.file_with_mode("home/.cartorc.yaml", yaml, 0o600);
    let broken = "leo: {api_key:marker-key-broken}\nzoe: {api_key, marker-key: marker-key}\n";
    sandbox.file_with_mode("work/broken.yaml", broken, 0o600);
    sandbox.file_with_mode("work/key.txt", "marker-key-2", 0o600);
    // Questions are put to git only in a work tree.
    fs::create_dir(sandbox.path("work/.git")).unwrap();
    sandbox
}

/// What is wrong on the machine.
struct World<'a> {
    name: &'static str,
    /// A file and what is written over it.
    file: Option<(&'static str, &'static str, u32)>,
    /// Further variables.
    variables: &'a [(&'a str, &'a str)],
    trusted: Trusted,
    /// Global flags.
    flags: &'a str,
}

#[derive(Clone, Copy, PartialEq)]
enum Trusted {
    Yes,
    No,
}

impl World<'_> {
    const SOUND: World<'static> =
        World { name: "sound", file: None, variables: &[], trusted: Trusted::Yes, flags: "" };

    fn make(&self) -> Sandbox {
        let sandbox = machine();
        if self.trusted == Trusted::Yes {
            let hash: Vec<_> =
                Sha256::digest(PROJECT).iter().map(|byte| format!("{byte:02x}")).collect();
            let trust = format!("trust --expect sha256:{}", hash.concat());
            _ = sandbox.carto(&trust).run().ok();
        }
        if let Some((file, text, mode)) = self.file {
            sandbox.file_with_mode(file, text, mode);
        }
        sandbox
    }

    fn call(&self, sandbox: &Sandbox, words: &str) -> Ran {
        let mut call = sandbox
            .carto(&format!("{} {words}", self.flags))
            .env("EDITOR", sandbox.path("bin/editor"))
            .env("GITHUB_ENV", sandbox.path("work/github.env"))
            .env("GITHUB_ACTIONS", "true");
        for (name, value) in self.variables {
            call = call.env(name, value);
        }
        call.stdin("marker-key-of-stdin\n").run()
    }
}

/// Runs every command in each of its ways and each of its variants; gives how often the marker was
/// shown where it may be.
fn run_all(world: &World) -> usize {
    let mut shown = 0;
    for (command, ways) in ROWS {
        for (arguments, may) in *ways {
            for words in variants(command, arguments) {
                shown += usize::from(check(world, &words, *may));
            }
        }
    }
    shown
}

/// Returns a command line plain, with `-v`, with JSON, and with words that are wrong.
fn variants(command: &str, arguments: &str) -> Vec<String> {
    let plain = format!("{command} {arguments}");
    let mut all = vec![
        plain.clone(),
        format!("-v {plain}"),
        format!("-c apikey=marker-key-typed {plain}"),
        format!("--credentials-file cartocreds.json {plain}"),
    ];
    // What stands behind these belongs to the program that they start.
    if !matches!(command, "exec" | "plugin run") {
        all.push(format!("{command} --json {arguments}"));
        all.push(format!("{command} --no-such-flag=marker-key-typed {arguments}"));
    }
    // An alias stands for as many words as one likes.
    if !matches!(command, "exec" | "plugin run" | "alias set" | "help") {
        all.push(format!("{plain} too many marker-key-typed"));
    }
    all
}

/// Runs one command line on a new machine. Gives whether it showed a marker where it may.
fn check(world: &World, words: &str, may: May) -> bool {
    let sandbox = world.make();
    let before: BTreeSet<_> = sandbox.files_with(MARK).into_iter().collect();
    fs::write(sandbox.path(SEEN), "").unwrap();
    let ran = world.call(&sandbox, words);
    let place = format!("{}: carto {} {words}\n{ran}", world.name, world.flags);
    assert!(ran.status.code().is_some_and(|code| code != 70 && code != 101), "a bug: {place}");
    assert!(!ran.stderr.contains(MARK), "standard error: {place}");
    let on_stdout = ran.stdout.contains(MARK);
    if on_stdout {
        assert!(matches!(may, Show | ShowAndWrite(_)), "standard output: {place}");
    }
    assert!(!sandbox.read(SEEN).contains(MARK), "a program saw it: {place}");
    let mut written = false;
    for file in sandbox.files_with(MARK) {
        let expected = match may {
            Write(name) | ShowAndWrite(name) if name == file => {
                written = true;
                true
            }
            // A text that was not sound is kept for its author beside the file that it came from.
            _ if file.contains("/.config.tmp-") => world.file.is_some(),
            _ => before.contains(&file) || file == STORE || file == PROJECT_STORE,
        };
        assert!(expected, "in {file}: {place}");
    }
    on_stdout || written
}

#[test]
fn nothing_shows_on_a_sound_machine() {
    assert!(run_all(&World::SOUND) > 30, "the marker is where it may be");
}

#[test]
fn nothing_shows_when_the_environment_has_the_key() {
    let variables: &[(&str, &str)] = &[
        ("CARTO_API_KEY", "marker-key-of-environment"),
        ("CARTO_API_TOKEN", "marker-key-of-another-program"),
        ("CARTO_USERNAME", "ann"),
    ];
    let world = World { name: "key in the environment", variables, ..World::SOUND };
    let mut shown = 0;
    for (command, ways) in ROWS {
        for (arguments, may) in *ways {
            let words = format!("{command} {arguments}");
            shown += usize::from(check(&world, &words, *may));
        }
        check(&world, &format!("-v {command} {}", ways[0].0), ways[0].1);
    }
    assert!(shown > 10, "the marker is where it may be");
}

#[test]
fn nothing_shows_when_the_environments_key_cannot_be_used() {
    let world = |variables| World {
        name: "bad key in the environment",
        variables,
        trusted: Trusted::No,
        ..World::SOUND
    };
    run_first_ways(&world(&[("CARTO_API_KEY", "marker-key with a space")]));
    run_first_ways(&world(&[("CARTO_API_KEY", "marker-key\nmarker-key")]));
    run_first_ways(&world(&[("CARTO_API_KEY", "marker-key-\u{e9}")]));
    run_first_ways(&world(&[("CARTO_API_KEY_FILE", "wrong.json")]));
    let two = [("CARTO_API_KEY", "marker-key-1"), ("CARTO_API_KEY_FILE", "key.txt")];
    run_first_ways(&world(&two));
}

#[test]
fn nothing_shows_when_a_settings_file_is_broken() {
    for file in ["home/.config/carto/config.toml", "sys/config.toml", "work/.carto/config.toml"] {
        for text in [
            "username = \"ann\"\napikey = \"marker-key-in-settings\n",
            "apikey = marker-key-in-settings\n",
            "apikey = \"marker-key-in-settings\"\napikey = \"marker-key-in-settings\"\n",
            "[profiles.second]\napikey = \"marker-key-in-settings\"\n",
            "username = \"ann\"\nuser_name = \"marker-key-in-settings\"\n[marker\n",
        ] {
            let world =
                World { name: "broken settings", file: Some((file, text, 0o644)), ..World::SOUND };
            run_first_ways(&world);
        }
    }
}

#[test]
fn nothing_shows_when_a_file_of_keys_is_broken() {
    for file in [STORE, PROJECT_STORE] {
        for text in [
            "[[credential]]\nbase_url = \"https://ann.carto.com\"\napikey = \"marker-key-broken\n",
            "[[credential]]\nbase_url = \"https://ann.carto.com\"\napikey = marker-key-broken\n",
            "[[credential]]\nbase_url = \"https://ann.carto.com\"\napikey = \"marker-key broken\"\n",
            "[[credential]]\nbase_url = \"marker-key-broken\"\napikey = \"marker-key-broken\"\n",
            "[[credential]]\napikey = [\"marker-key-broken\"]\n",
            "[[credential]]\napikey = { command = \"marker-key-broken\" }\n",
            "[[credential]]\napikey = { command = [\"marker-key-broken\", 1] }\n",
            "[[credential]]\napikey = { command = [\"./marker-key-broken\"] }\n",
            "[[credential]]\napikey = { file = \"marker-key-broken\" }\n",
            "[[credential]]\napikey = { env = \"marker-key-broken\" }\n",
            "[[credential]]\napikey = { git-credential = \"marker-key-broken\" }\n",
            "[[credential]]\napikey = { marker-key-broken = true }\n",
            "[[credential]]\n[credential.apikey]\nmarker-key-broken = [\"marker-key-broken\"]\n",
            "apikey = \"marker-key-broken\"\n",
            "marker-key-broken\n",
        ] {
            let file = Some((file, text, 0o600));
            run_first_ways(&World { name: "broken keys", file, ..World::SOUND });
        }
    }
}

/// Runs every command in its first way, and with each way to name a file that is broken.
fn run_first_ways(world: &World) {
    for (command, ways) in ROWS {
        let (arguments, may) = ways[0];
        check(world, &format!("{command} {arguments}"), may);
    }
}

#[test]
fn nothing_shows_when_a_named_file_is_broken() {
    for file in ["broken.json", "wrong.json", "missing.json"] {
        let flags = format!("--credentials-file {file}");
        run_first_ways(&World { name: "broken file", flags: &flags, ..World::SOUND });
    }
}
