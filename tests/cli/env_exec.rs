//! `carto env` and `carto exec`: the account for shells, files and any program.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::ExitStatusExt as _;

use expect_test::expect;

use crate::sandbox::{Call, Sandbox};

/// Every variable that could be left from another account.
const STALE: [&str; 16] = [
    "CARTO_API_TOKEN",
    "CARTO_BIN",
    "CARTO_PLUGIN_API",
    "CARTO_PLUGIN_CONFIG",
    "CARTO_PROJECT_DIR",
    "CARTO_USERNAME",
    "CARTO_USER",
    "CARTO_BASE_URL",
    "CARTO_API_URL",
    "CARTO_API_KEY",
    "CARTO_API_KEY_FILE",
    "CARTO_ORG",
    "CARTO_ALLOW_NON_SECURE",
    "CARTO_PROFILE",
    "CARTO_CREDENTIALS_FILE",
    "CARTO_NESTED",
];

/// The first five name no account, so that carto itself runs under them.
const HARMLESS: usize = 5;

/// Values that some reader could take for more than text.
const NASTY: [&str; 17] = [
    "plain",
    "two  words ",
    " lead",
    "it's",
    "''",
    "'",
    "\"quoted\"",
    "$HOME ${HOME} $(echo x) $$",
    "`echo x`",
    "!! !x",
    "back\\slash \\n \\' \\",
    "\u{2018}a\u{2019} \u{201c}b\u{201d} \u{201a}c\u{201b}",
    "-n",
    "# no comment",
    "%d %25 %0A",
    "*?[a]{b,c}~;&|<>()=",
    "é 編 🌍",
];

fn account() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = 'ann'\n");
    sandbox.keys(&["marker-key https://ann.carto.com"]);
    sandbox
}

fn shells() -> Vec<&'static str> {
    ["/bin/sh", "/bin/dash", "/bin/bash"]
        .into_iter()
        .filter(|shell| std::path::Path::new(shell).exists())
        .collect()
}

/// Runs a script of a shell, in which `carto` is the program under test.
fn script<'a>(sandbox: &'a Sandbox, shell: &str, script: &str) -> Call<'a> {
    let link = sandbox.path("bin/carto");
    if !link.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_carto"), link).unwrap();
    }
    sandbox.program(shell).arg("-c").arg(script)
}

/// The `CARTO_*` part of the environment that a child of the shell gets, sorted, NUL-separated.
const CHILDS: &str = "env -0 | LC_ALL=C grep -z '^CARTO_' | LC_ALL=C sort -z";

/// What means something in the process of a plugin alone.
pub const PROCESS: [&str; 5] =
    ["CARTO_BIN", "CARTO_PLUGIN_API", "CARTO_NESTED", "CARTO_PLUGIN_CONFIG", "CARTO_PROJECT_DIR"];

fn set_toml(value: &str) -> String {
    format!("username = 'ann'\norganization = {}\n", serde_json::to_string(value).unwrap())
}

#[test]
fn a_shell_that_evals_has_exactly_the_contract() {
    let sandbox = account();
    for shell in shells() {
        let mut call =
            script(&sandbox, shell, &format!("set -eu; eval \"$(carto env)\"; {CHILDS}"));
        for name in &STALE[..HARMLESS] {
            call = call.env(name, "stale");
        }
        let ran = call.run().ok();
        let shown = ran.stdout.replace('\0', "\n");
        expect![[r#"
            CARTO_API_KEY=marker-key
            CARTO_BASE_URL=https://ann.carto.com
            CARTO_BIN=[carto]
            CARTO_CEILING_DIRECTORIES=[root]
            CARTO_PLUGIN_API=1
            CARTO_SYSTEM_CONFIG_DIR=[root]/sys
            CARTO_USER=ann
            CARTO_USERNAME=ann
        "#]]
        .assert_eq(&shown);
        assert_eq!(ran.stderr, "", "{shell}");
    }
}

/// The text alone clears whatever a shell has, also what carto would have stopped at.
#[test]
fn everything_that_could_name_an_account_is_set_or_unset() {
    let sandbox = account();
    let text = sandbox.carto("env").run().ok().stdout;
    for shell in shells() {
        let mut call = sandbox.program(shell).arg("-c").arg("eval \"$1\"; env | grep -c stale");
        call = call.arg("sh").arg(&text);
        for name in STALE {
            call = call.env(name, "stale");
        }
        let ran = call.run();
        assert_eq!(ran.stdout, "0\n", "{shell}: {ran}");
    }
    for format in ["fish", "powershell", "dotenv", "json"] {
        let text = sandbox.carto(&format!("env --format {format}")).run().ok().stdout;
        let process = |name: &&str| PROCESS.contains(name);
        for name in STALE.iter().filter(|name| format != "dotenv" || !process(name)) {
            assert_eq!(
                text.lines().filter(|line| mentions(line, name)).count(),
                1,
                "{format} {name}"
            );
        }
    }
}

fn mentions(line: &str, name: &str) -> bool {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name)
}

#[test]
fn values_reach_the_shell_as_they_are() {
    let sandbox = account();
    for value in NASTY {
        sandbox.user(&set_toml(value));
        for shell in shells() {
            let text = "eval \"$(carto env)\"; printf '[%s]' \"$CARTO_ORG\"";
            let ran = script(&sandbox, shell, text).run().ok();
            assert_eq!(ran.raw, format!("[{value}]").as_bytes(), "{shell}: {ran}");
        }
        let ran = script(&sandbox, "/bin/sh", "carto exec -- printenv CARTO_ORG").run().ok();
        assert_eq!(ran.raw, format!("{value}\n").as_bytes());
        let json = sandbox.carto("env --format json").run().ok();
        let json: serde_json::Value = serde_json::from_slice(&json.raw).unwrap();
        assert_eq!(json["CARTO_ORG"], value);
        assert_eq!(json["CARTO_PROFILE"], serde_json::Value::Null);
    }
}

/// Where a form has no way to write a value that all its readers agree on, nothing is written.
#[test]
fn what_a_form_cannot_express_is_refused() {
    let sandbox = account();
    sandbox.user(&set_toml("a${HOME}b"));
    sandbox.carto("env --format dotenv").run().fails(2).shows(&expect![[r#"
        ! error: the value of `CARTO_ORG` cannot be written in this form: it has `${`, which some readers of such files expand
        exit 2
    "#]]);
    sandbox.user(&set_toml("a\\"));
    sandbox.carto("env --format dotenv").run().fails(2).shows(&expect![[r#"
        ! error: the value of `CARTO_ORG` cannot be written in this form: it ends with a backslash, which some readers take for part of the quote
        exit 2
    "#]]);
    for bad in ["a\nb", "a\u{1b}b", "a\u{202e}b", "a\u{0}b"] {
        sandbox.user(&set_toml(bad));
        for format in ["sh", "fish", "powershell", "dotenv", "json"] {
            let ran = sandbox.carto(&format!("env --format {format}")).run().fails(3);
            assert_eq!(ran.stdout, "", "{format}");
        }
    }
}

/// `docker run --env-file` and GitLab take the text behind `=` as it is.
#[test]
fn lines_for_docker_are_raw_and_refused_where_they_cannot_hold_a_value() {
    let sandbox = account();
    for value in ["plain", "it's", "a \"b\"", "$HOME ${x} `y`", "a#b = c", "back\\slash\\"] {
        sandbox.user(&set_toml(value));
        let ran = sandbox.carto("env --format docker").run().ok();
        assert!(ran.stdout.contains(&format!("\nCARTO_ORG={value}\n")), "{ran}");
        assert!(ran.stdout.contains("\nCARTO_API_KEY=marker-key\n"), "{ran}");
        for line in ran.stdout.lines() {
            let (name, value) = line.split_once('=').unwrap();
            assert!(name.starts_with("CARTO_"), "{line}");
            assert!(!value.starts_with(['\'', '"']), "{line}");
        }
    }
    for value in [" a", "a ", "\u{a0}a"] {
        sandbox.user(&set_toml(value));
        let ran = sandbox.carto("env --format docker").run().fails(2);
        assert!(ran.stderr.contains("`CARTO_ORG` cannot be written in this form"), "{ran}");
        assert_eq!(ran.stdout, "");
    }
}

/// Files are read later and elsewhere: what a plugin's process alone understands is no part of them.
#[test]
fn files_carry_the_account_and_empty_what_would_name_another_one() {
    let sandbox = account();
    _ = sandbox.carto("init").run().ok();
    for format in ["dotenv", "docker"] {
        let text = sandbox.carto("env --format").arg(format).run().ok().stdout;
        for name in PROCESS {
            assert!(!mentions(&text, name), "{format} {name}: {text}");
        }
        for name in [
            "CARTO_API_URL",
            "CARTO_API_KEY_FILE",
            "CARTO_API_TOKEN",
            "CARTO_PROFILE",
            "CARTO_CREDENTIALS_FILE",
            "CARTO_ORG",
            "CARTO_ALLOW_NON_SECURE",
        ] {
            assert!(text.contains(&format!("{name}=\n")), "{format} {name}: {text}");
        }
        assert!(mentions(&text, "CARTO_USERNAME") && mentions(&text, "CARTO_BASE_URL"), "{text}");
    }
}

#[test]
fn the_example_of_exec_puts_no_key_into_arguments() {
    let help = Sandbox::new().carto("exec --help").run().ok().stdout;
    assert!(!help.contains("curl -d api_key"), "{help}");
    assert!(!help.contains("API_KEY"), "{help}");
}

/// A project's directory is whatever the user called it.
#[test]
fn directories_of_projects_keep_every_byte() {
    for name in ["with space", "it's", "$HOME", "a\"b`c`", "new\nline", "ends\n", "-n", "é"] {
        let sandbox = account();
        std::fs::create_dir_all(sandbox.path("work").join(name)).unwrap();
        let dir = format!("work/{name}");
        _ = sandbox.carto("init").dir(&dir).run().ok();
        let wanted = sandbox.path(&dir);
        for shell in shells() {
            let text = "eval \"$(carto env)\"; printf '%s.' \"$CARTO_PROJECT_DIR\"";
            let ran = script(&sandbox, shell, text).dir(&dir).run().ok();
            assert_eq!(ran.raw, [wanted.as_os_str().as_bytes(), b"."].concat(), "{shell}: {ran}");
        }
        let ran = sandbox.carto("exec -- printenv CARTO_PROJECT_DIR").dir(&dir).run().ok();
        assert_eq!(ran.raw, [wanted.as_os_str().as_bytes(), b"\n"].concat());
        let ran = sandbox.carto("env --format dotenv").dir(&dir).run();
        assert_eq!(ran.code(), 0, "a file has no directory of this machine: {ran}");
    }
}

/// Bytes that are no text pass through `exec`, and are refused where text is written.
#[test]
fn a_directory_that_is_no_text_is_refused_by_env_alone() {
    let sandbox = account();
    let name = OsStr::from_bytes(b"raw\xff");
    std::fs::create_dir(sandbox.path("work").join(name)).unwrap();
    let there = || sandbox.carto("-C").arg(name);
    let ran = there().arg("init").run().ok();
    assert_eq!(ran.stdout, "");
    let ran = there().arg("exec").arg("printenv").arg("CARTO_PROJECT_DIR").run().ok();
    assert!(ran.raw.ends_with(b"work/raw\xff\n"), "{ran}");
    there().arg("env").run().fails(2).shows(&expect![[r#"
        ! error: the value of `CARTO_PROJECT_DIR` cannot be written in this form: it is not UTF-8
        exit 2
    "#]]);
}

#[test]
fn without_an_account_nothing_is_printed_and_nothing_runs() {
    let none = Sandbox::new();
    let refused = account();
    refused.project("username = 'stranger'\n");
    for (sandbox, what) in [(&none, "nobody"), (&refused, "refused")] {
        for words in ["env", "env --format github", "exec -- touch ran"] {
            let env = sandbox.path("github");
            let ran = sandbox.carto(words).env("GITHUB_ENV", &env).run().fails(4);
            assert_eq!(ran.stdout, "", "{what} {words}");
            assert!(ran.stderr.contains("help: "), "{ran}");
            assert!(!env.exists() && !sandbox.path("work/ran").exists(), "{what} {words}");
        }
    }
}

#[test]
fn github_masks_the_key_first_and_appends() {
    let sandbox = account();
    let env = sandbox.file("github/env", "OLD=1\n");
    let ran = sandbox.carto("env --format github").env("GITHUB_ENV", &env).run().ok();
    ran.shows(&expect![[r#"
        ::add-mask::marker-key
        exit 0
    "#]]);
    let text = sandbox.read("github/env");
    let read = github_env(&text);
    assert_eq!(read[0], ("OLD".to_owned(), "1".to_owned()));
    let get = |name: &str| read.iter().find(|(known, _)| known == name).unwrap().1.clone();
    assert_eq!(get("CARTO_API_KEY"), "marker-key");
    assert_eq!(get("CARTO_PROFILE"), "");
    // Every delimiter is another one each time, and long enough that no value foresees it.
    _ = sandbox.carto("env --format github").env("GITHUB_ENV", &env).run().ok();
    let text = sandbox.read("github/env");
    let mut delimiters: Vec<_> =
        text.lines().filter_map(|line| Some(line.split_once("<<")?.1)).collect();
    let all = delimiters.len();
    delimiters.sort_unstable();
    delimiters.dedup();
    assert_eq!(delimiters.len(), all);
    assert!(delimiters.iter().all(|delimiter| delimiter.len() >= 32), "{delimiters:?}");
}

/// Reads the file as GitHub documents it: `NAME=VALUE`, or `NAME<<DELIMITER` up to that line.
fn github_env(text: &str) -> Vec<(String, String)> {
    let mut read = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        match (line.split_once('='), line.split_once("<<")) {
            (Some((name, value)), None) => read.push((name.to_owned(), value.to_owned())),
            (Some((name, value)), Some((before, _))) if name.len() < before.len() => {
                read.push((name.to_owned(), value.to_owned()));
            }
            (_, Some((name, delimiter))) => {
                let value = lines.by_ref().take_while(|line| *line != delimiter);
                read.push((name.to_owned(), value.collect::<Vec<_>>().join("\n")));
            }
            (None, None) => panic!("neither form: {line}"),
        }
    }
    read
}

#[test]
fn github_gets_every_value_whatever_was_there() {
    let sandbox = account();
    for value in NASTY {
        sandbox.user(&set_toml(value));
        for before in ["", "OLD=1\n", "OLD=1", "OLD<<E\n1\nE\n", "OLD<<E\n1\nE"] {
            let env = sandbox.file("github/env", before);
            _ = sandbox.carto("env --format github").env("GITHUB_ENV", &env).run().ok();
            let text = sandbox.read("github/env");
            assert!(text.starts_with(before), "what was there stays");
            let read = github_env(&text);
            let old = (!before.is_empty()).then_some("1");
            let get = |name: &str| Some(read.iter().find(|(known, _)| known == name)?.1.as_str());
            assert_eq!(get("OLD"), old, "{text}");
            assert_eq!(get("CARTO_USERNAME"), Some("ann"), "{text}");
            assert_eq!(get("CARTO_ORG"), Some(value), "{text}");
        }
    }
}

#[test]
fn github_does_not_mask_what_is_no_secret() {
    let sandbox = Sandbox::new();
    sandbox.user("username = 'ann'\n");
    let env = sandbox.path("github-env");
    let ran = sandbox.carto("env --format github").env("GITHUB_ENV", &env).run().ok();
    assert_eq!(ran.stdout, "");
    assert!(sandbox.read("github-env").contains("\ndefault_public\n"));
}

#[test]
fn github_says_what_is_missing() {
    let sandbox = account();
    for value in [None, Some("")] {
        let mut call = sandbox.carto("env --format github");
        if let Some(value) = value {
            call = call.env("GITHUB_ENV", value);
        }
        call.run().fails(2).never_says("marker-key").shows(&expect![[r#"
            ! error: GITHUB_ENV names no file: this is no step of GitHub Actions
            !   --> GITHUB_ENV
            ! help: carto env --format sh     # for a shell
            exit 2
        "#]]);
    }
    // A directory cannot be appended to, not even by root.
    let call = sandbox.carto("env --format github").env("GITHUB_ENV", sandbox.path("home"));
    call.run().fails(5).shows(&expect![[r#"
        ::add-mask::marker-key
        ! error: cannot append to the file: is a directory
        !   --> ~
        exit 5
    "#]]);
}

/// The key must not lie in the file when the log could not be told to hide it.
#[cfg(target_os = "linux")]
#[test]
fn github_writes_nothing_when_the_mask_is_lost() {
    let sandbox = account();
    let text = "carto env --format github >/dev/full";
    let env = sandbox.path("github-env");
    _ = script(&sandbox, "/bin/sh", text).env("GITHUB_ENV", &env).run().fails(5);
    assert!(!env.exists());
}

#[test]
fn exec_hands_over_arguments_byte_for_byte() {
    let sandbox = account();
    let args: [&[u8]; 10] = [
        b"",
        b" ",
        b"--",
        b"-h",
        b"--help",
        b"--color=never",
        b"a\nb",
        b"\xff\xfe",
        b"$HOME *",
        b"-C",
    ];
    let mut call = sandbox.carto("exec --").arg("printf").arg("[%s]");
    for arg in args {
        call = call.arg(OsStr::from_bytes(arg));
    }
    let wanted: Vec<u8> = args.iter().flat_map(|arg| [b"[", *arg, b"]"].concat()).collect();
    assert_eq!(call.run().ok().raw, wanted);
    // Without `--` the first word that is no flag of exec ends the flags.
    let ran = sandbox.carto("exec printf [%s] -v --help -- -c").run().ok();
    assert_eq!(ran.stdout, "[-v][--help][--][-c]");
    _ = sandbox.carto("exec").run().fails(2);
    _ = sandbox.carto("exec --").run().fails(2);
}

#[test]
fn exec_gives_the_whole_account_and_nothing_else() {
    let sandbox = account();
    sandbox.user(
        "username = 'ann'\nplugins.dump.credentials = false\nplugins.env.credentials = false\n",
    );
    let mut call = sandbox.carto("--profile other -c profiles.other.username=bob -c ui.editor=vi");
    for name in &STALE[..HARMLESS] {
        call = call.env(name, "stale");
    }
    call.arg("exec").arg("--").arg("carto-dump").arg("x").run().ok().shows(&expect![[r#"
        [x]
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://bob.carto.com
        CARTO_BIN=[carto]
        CARTO_CEILING_DIRECTORIES=[root]
        CARTO_NESTED={"set":["profiles.other.username=bob","ui.editor=vi"],"files":"all","aliases":[]}
        CARTO_PLUGIN_API=1
        CARTO_SYSTEM_CONFIG_DIR=[root]/sys
        CARTO_USER=bob
        CARTO_USERNAME=bob
        ! note: CARTO_API_TOKEN is not read: carto takes a key from CARTO_API_KEY, or from carto config set apikey
        exit 0
    "#]]);
    // What withholds the key from plugins says nothing of programs, whatever they are called.
    let ran = sandbox.carto("exec carto-account").run().ok();
    assert!(ran.stdout.contains("CARTO_API_KEY=marker-key\n"), "{ran}");
    let ran = sandbox.carto("exec env").run().ok();
    assert!(ran.stdout.contains("CARTO_API_KEY=marker-key\n"), "{ran}");
    // Other variables and duplicates of theirs arrive as they were.
    let ran = sandbox.carto("exec -- printenv MINE LC_ALL").env("MINE", "x y").run().ok();
    assert_eq!(ran.stdout, "x y\nC.UTF-8\n");
}

#[test]
fn exec_ends_as_the_program_ends() {
    let sandbox = account();
    for code in [0, 1, 2, 42, 126, 127, 255] {
        let ran = sandbox.carto("exec -- sh -c").arg(format!("exit {code}")).run();
        assert_eq!(ran.code(), code);
        assert_eq!(ran.stderr, "");
    }
    // Not those that a runner in the background ignores for all its children (HUP, INT, QUIT).
    for signal in [9, 10, 13, 15] {
        let ran = sandbox.carto("exec -- sh -c").arg(format!("kill -{signal} $$")).run();
        assert_eq!(ran.status.signal(), Some(signal), "{ran}");
    }
    // The process is replaced: no carto stays in between.
    let ran = script(&sandbox, "/bin/sh", "echo $$; exec carto exec -- sh -c 'echo $$'").run().ok();
    let ids: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(ids[0], ids[1]);
    // Standard input is the program's.
    assert_eq!(sandbox.carto("exec cat").stdin("through").run().ok().stdout, "through");
}

#[test]
fn exec_says_why_a_program_does_not_run() {
    let sandbox = account();
    sandbox.file_with_mode("work/plain", "#!/bin/sh\n", 0o644);
    sandbox.file_with_mode("work/no-shebang", "echo hello\n", 0o755);
    sandbox.file_with_mode("work/bad-shebang", "#!/no/such/sh\necho hello\n", 0o755);
    sandbox.file_with_mode("work/runs", "#!/bin/sh\necho \"$0\" ran\n", 0o755);
    sandbox.file_with_mode("work/open", "#!/bin/sh\necho open\n", 0o777);
    let mut all = String::new();
    for program in [
        "nowhere",
        "./nowhere",
        "nowhere/",
        "plain",
        "./plain",
        "./no-shebang",
        "./bad-shebang",
        ".",
        "./",
        "..",
        "/",
        "./runs",
        "./open",
        "../work/runs",
        "runs",
    ] {
        all += &format!("$ carto exec -- {program}\n");
        all += &sandbox.carto("exec --").arg(program).run().to_string();
    }
    expect![[r#"
        $ carto exec -- nowhere
        ! error: there is no program `nowhere` on PATH
        exit 127
        $ carto exec -- ./nowhere
        ! error: there is no program `./nowhere`
        exit 127
        $ carto exec -- nowhere/
        ! error: there is no program `nowhere/`
        exit 127
        $ carto exec -- plain
        ! error: there is no program `plain` on PATH
        exit 127
        $ carto exec -- ./plain
        ! error: the program is not executable
        !   --> ./plain
        ! help: chmod +x ./plain
        exit 126
        $ carto exec -- ./no-shebang
        ! error: the program cannot run: wrong format: no program for this machine, and no script with a `#!` line
        !   --> ./no-shebang
        exit 126
        $ carto exec -- ./bad-shebang
        ! error: the program cannot run: its interpreter `/no/such/sh` is missing
        !   --> ./bad-shebang
        exit 126
        $ carto exec -- .
        ! error: there is no program `.` on PATH
        exit 127
        $ carto exec -- ./
        ! error: the program cannot run: permission denied
        !   --> ./
        exit 126
        $ carto exec -- ..
        ! error: there is no program `..` on PATH
        exit 127
        $ carto exec -- /
        ! error: the program cannot run: permission denied
        !   --> /
        exit 126
        $ carto exec -- ./runs
        ./runs ran
        exit 0
        $ carto exec -- ./open
        open
        exit 0
        $ carto exec -- ../work/runs
        ../work/runs ran
        exit 0
        $ carto exec -- runs
        ! error: there is no program `runs` on PATH
        exit 127
    "#]].assert_eq(&all);
    // An empty name is no program.
    assert_eq!(sandbox.carto("exec --").arg("").run().code(), 127);
    // Relative entries of PATH would let the directory choose the program.
    let ran = sandbox.carto("exec runs").env("PATH", ".:/usr/bin:/bin").run();
    assert_eq!(ran.code(), 127, "{ran}");
}

/// `-C` counts before the program is looked for.
#[test]
fn exec_runs_where_the_flag_says() {
    let sandbox = account();
    sandbox.file_with_mode("home/tool", "#!/bin/sh\npwd\n", 0o755);
    let ran = sandbox.carto("-C ../home exec ./tool").run().ok();
    assert_eq!(ran.stdout, "~\n");
}
