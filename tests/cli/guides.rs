//! The guides: `carto help GUIDE` prints them as they stand, and what they show works.

use std::os::unix::fs::symlink;

use carto::cli::guides::{GUIDES, Guide};

use crate::sandbox::Sandbox;

/// The guide whose commands need a server: `tests/interop/sql_readers.py` runs each of them.
const NEEDS_A_SERVER: &str = "sql";

/// Commands that no test here runs, each with the reason.
const NOT_RUN: [(&str, &str); 1] = [(
    "carto login https://johnsmith.carto.com --store git --key-stdin < key.txt",
    "needs git and its credential helpers: tests/cli/git_store.rs",
)];

/// Returns the commands of a guide's shell blocks, without their comments.
fn commands(guide: &Guide) -> Vec<&'static str> {
    let blocks = guide.text.split("\n```sh\n").skip(1);
    let lines = blocks.flat_map(|rest| rest.split("\n```").next().unwrap().lines());
    let command = |line: &'static str| line.split("  #").next().unwrap().trim_end();
    lines.map(command).filter(|line| !line.is_empty()).collect()
}

#[test]
fn every_name_prints_the_file() {
    let sandbox = Sandbox::new();
    for guide in GUIDES {
        for name in std::iter::once(&guide.name).chain(guide.aliases) {
            let ran = sandbox.carto("help").arg(name).run().ok();
            assert!(ran.raw == guide.text.as_bytes() && ran.stderr.is_empty(), "{name}: {ran}");
        }
    }
    // A guide needs no settings, so it helps where they are broken.
    sandbox.user("broken = [\n");
    assert!(sandbox.carto("help security").run().ok().stdout.starts_with("# Security\n"));
}

#[test]
fn help_names_every_guide() {
    let sandbox = Sandbox::new();
    let help = sandbox.carto("help").run().ok().stdout;
    let (_, list) = help.split_once("\nGuides (carto help GUIDE):\n").unwrap();
    for guide in GUIDES {
        let line = format!("  {:<12} {}", guide.name, guide.about);
        assert!(list.lines().any(|listed| listed == line), "{line}: {list}");
    }
}

#[test]
fn a_mistyped_guide_is_suggested() {
    let sandbox = Sandbox::new();
    let ran = sandbox.carto("help acounts").run();
    assert_eq!(ran.code(), 127, "{ran}");
    assert!(ran.stderr.contains("help: did you mean `accounts`"), "{ran}");
}

#[test]
fn guides_are_plain_text_in_lines_that_fit() {
    for guide in GUIDES {
        assert!(guide.text.starts_with("# ") && guide.text.ends_with('\n'), "{}", guide.name);
        for word in ["SPEC", "house.md", "examples.md", "/root/", "/tmp/"] {
            assert!(!guide.text.contains(word), "{} speaks of {word}", guide.name);
        }
        for line in guide.text.lines() {
            assert!(!line.chars().any(char::is_control), "{}: {line}", guide.name);
            let fits = line.starts_with('|') || line.chars().count() <= 100;
            assert!(fits, "{}: {line}", guide.name);
        }
    }
}

/// A guide speaks of nothing that is not there.
#[test]
fn files_that_guides_name_are_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for guide in GUIDES {
        for word in guide.text.split('`').skip(1).step_by(2) {
            let name = word.split(' ').next().unwrap();
            if ["tests/", "schema/", "plugins/", ".github/"].iter().any(|dir| name.starts_with(dir))
            {
                assert!(root.join(name).exists(), "{}: {name}", guide.name);
            }
        }
    }
}

#[test]
fn the_names_of_guides_are_nobody_elses() {
    let mut names: Vec<_> = GUIDES.iter().flat_map(|g| [&[g.name], g.aliases].concat()).collect();
    names.extend(carto::cli::command().get_subcommands().map(|command| {
        let name: &'static str = Box::leak(command.get_name().to_owned().into_boxed_str());
        name
    }));
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "{names:?}");
}

/// A machine with all that the guides take for granted.
fn machine() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.plugin("whoami", include_str!("../../plugins/carto-whoami/carto-whoami"));
    // The interoperation tests run the real one.
    sandbox.plugin("frames", "#!/bin/sh\n[ \"${CARTO_API_KEY:-}\" ] && [ \"$#\" -gt 0 ]\n");
    symlink(env!("CARGO_BIN_EXE_carto"), sandbox.path("bin/carto")).unwrap();
    for (name, key) in [("key", "key-1"), ("bob", "key-2")] {
        sandbox.file(&format!("work/{name}.txt"), format!("{key}\n"));
    }
    sandbox.file("work/notebook.py", "import os\nos.environ['CARTO_API_KEY']\n");
    for name in ["pass", "op", "ogrinfo", "carto_sql"] {
        sandbox.file_with_mode(&format!("bin/{name}"), "#!/bin/sh\necho key-of-source\n", 0o755);
    }
    let old = r#"{"username": "zoe", "key": "key-5", "base_url": "https://zoe.carto.com"}"#;
    sandbox.file_with_mode("home/.config/cartoframes/creds.json", old, 0o600);
    sandbox.file_with_mode("run/secrets/carto", "key-3\n", 0o400);
    sandbox
}

/// Every command that a guide shows runs, in the order of the guide; what a guide needs before its
/// first command is an account.
#[test]
fn every_command_of_a_guide_works() {
    for guide in GUIDES.iter().filter(|guide| guide.name != NEEDS_A_SERVER) {
        let sandbox = machine();
        let login = "carto login https://johnsmith.carto.com --key-stdin < key.txt";
        _ = sandbox.shell(login).run().ok();
        let mut exported = String::new();
        for command in commands(guide) {
            if NOT_RUN.iter().any(|(known, _)| *known == command) {
                continue;
            }
            let secrets = sandbox.path("run/secrets/carto");
            let command = command.replace("/run/secrets/carto", secrets.to_str().unwrap());
            if command.starts_with("export ") {
                exported = format!("{command}; ");
                continue;
            }
            let call = sandbox.shell(&format!("{exported}{command}"));
            let ran = call.env("ANOTHER_VARIABLE", "key-4").run();
            assert_eq!(ran.code(), 0, "{}: {command}\n{ran}", guide.name);
        }
    }
    // The list of exceptions has no entry that no guide shows.
    for (command, _) in NOT_RUN {
        assert!(GUIDES.iter().any(|guide| commands(guide).contains(&command)), "{command}");
    }
}
