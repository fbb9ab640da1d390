//! README.md promises only what works: its commands run. The tables of the guides are the program's.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use carto::config::SETTINGS;
use carto::config::Scope;
use carto::config::setting::{Setting, ValueType};
use expect_test::{expect, expect_file};

use crate::sandbox::Sandbox;

const README: &str = include_str!("../../README.md");
const SETTINGS_GUIDE: &str = include_str!("../../src/cli/guides/settings.md");
const REFERENCE: &str = include_str!("../../src/cli/guides/reference.md");
const GATE: &str = include_str!("../../.ci/run");
const TABLE_BEGINS: &str = "<!-- settings: ";
const TABLE_ENDS: &str = "<!-- end of settings -->\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns what stands in the first block of shell commands below a heading, from the `nth` on.
fn shell(heading: &str, nth: usize) -> &'static str {
    let (_, section) = README.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let block = section.split("```sh\n").nth(nth + 1).unwrap();
    block.split("```").next().unwrap()
}

/// The two commands are those that the gate runs for real, and the first does its work with the
/// program that these tests have built.
#[test]
fn the_two_commands_work() {
    let first = shell("Try it", 0).trim_end();
    let second = shell("Try it", 1).trim_end();
    assert_eq!(second, "cargo test --workspace");
    for command in [first, second] {
        assert!(
            GATE.lines().any(|line| line.ends_with(&format!(" {command}"))
                || line.ends_with(&format!(" '{command}'"))),
            "the gate does not run `{command}`"
        );
    }
    let script = first.strip_prefix("cargo build --release && sh ").unwrap();
    let output = Command::new("sh")
        .args([script, env!("CARGO_BIN_EXE_carto")])
        .current_dir(root())
        .output()
        .unwrap();
    let said = without_scratch(&String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    expect![[r#"
        In the sample user's home:

        $ carto whoami
        username      johnsmith
        base_url      https://johnsmith.carto.com
        organization  acme-inc
        apikey        ********

        In a project that names another account of that user:

        $ carto whoami
        note: this project selects maps at https://maps.acme.example/user/maps ([scratch]/project/.carto/config.toml:2:11)
        username      maps
        base_url      https://maps.acme.example/user/maps
        apikey        ********

        $ carto config explain
        account  maps at https://maps.acme.example/user/maps
        * project  profile `acme`: maps at https://maps.acme.example/user/maps
                   at [scratch]/project/.carto/config.toml:2:11
                   decides: the highest scope that names an account
          user     user name `johnsmith`: johnsmith at https://johnsmith.carto.com
                   at [scratch]/home/.config/carto/config.toml:2:12
                   beaten: the project scope is higher and decides the whole account
        key      from [scratch]/home/.config/carto/credentials.toml:7:1
        * user     key of maps at https://maps.acme.example/user/maps
                   at [scratch]/home/.config/carto/credentials.toml:7:1
                   is used
          user     key of johnsmith at https://johnsmith.carto.com
                   at [scratch]/home/.config/carto/credentials.toml:2:1
                   not used: it belongs to another account
          default  default_public
                   beaten: a key of higher rank fits
        project  [scratch]/project/.carto: not trusted
                   it may select an account that you have, and nothing else
        help:    carto --no-project ...               # then johnsmith at https://johnsmith.carto.com is used
    "#]].assert_eq(&said);
}

/// Puts a word in place of the scratch directory, which the project's line ends with.
fn without_scratch(said: &str) -> String {
    let scratch = said
        .lines()
        .find_map(|line| line.strip_prefix("project  ")?.split_once("/project/"))
        .map(|(scratch, _)| scratch);
    said.replace(scratch.unwrap_or("no project was shown"), "[scratch]")
}

/// The sample works from a read-only checkout: it writes nothing into the repository.
#[test]
fn the_sample_leaves_the_repository_alone() {
    let sample = root().join("tests/sample");
    let before = listing(&sample);
    let status = Command::new("sh")
        .arg(sample.join("run"))
        .arg(env!("CARGO_BIN_EXE_carto"))
        .output()
        .unwrap()
        .status;
    assert!(status.success());
    assert_eq!(listing(&sample), before);
}

fn listing(dir: &Path) -> Vec<(PathBuf, std::time::SystemTime)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let facts = entry.metadata().unwrap();
        if facts.is_dir() {
            all.extend(listing(&entry.path()));
        }
        all.push((entry.path(), facts.modified().unwrap()));
    }
    all.sort();
    all
}

/// Every line of the tour works, in order, and has ten of them.
#[test]
fn the_tour_works() {
    let sandbox = Sandbox::new();
    sandbox.plugin("whoami", include_str!("../../plugins/carto-whoami/carto-whoami"));
    symlink(env!("CARGO_BIN_EXE_carto"), sandbox.path("bin/carto")).unwrap();
    sandbox.file("work/key.txt", "key-of-johnsmith\n");
    sandbox.file("work/acme.txt", "key-of-acme\n");
    // The interoperation tests run the real one against a PostgreSQL.
    sandbox.plugin("sql", "#!/bin/sh\necho \"$CARTO_USERNAME: $1\"\n");
    let tour = shell("A tour", 0);
    assert_eq!(tour.lines().count(), 11);
    let mut shown = String::new();
    for line in tour.lines() {
        let command = line.split(" # ").next().unwrap().trim_end();
        let ran = sandbox.program("sh").arg("-c").arg(command).run().ok();
        let ran = ran.never_says("key-of-");
        shown += &format!("$ {command}\n{ran}");
    }
    expect![[r#"
        $ carto login https://johnsmith.carto.com --key-stdin < key.txt
        ! note: logging in to johnsmith at https://johnsmith.carto.com; its key is shown at https://johnsmith.carto.com/your_apps
        ! note: stored the key in ~/.config/carto/credentials.toml
        ! note: johnsmith at https://johnsmith.carto.com is now your default account, in ~/.config/carto/config.toml
        exit 0
        $ carto whoami
        username      johnsmith
        base_url      https://johnsmith.carto.com
        apikey        ********
        exit 0
        $ carto login https://maps.example.com/user/acme --key-stdin < acme.txt
        ! note: logging in to acme at https://maps.example.com/user/acme; its key is shown at https://maps.example.com/user/acme/your_apps
        ! note: stored the key in ~/.config/carto/credentials.toml
        ! note: acme at https://maps.example.com/user/acme is profile acme in ~/.config/carto/config.toml: carto --profile acme ..., or carto profile use acme
        exit 0
        $ carto --profile acme whoami
        username      acme
        base_url      https://maps.example.com/user/acme
        apikey        ********
        exit 0
        $ carto init
        ! note: made [work]/.carto
        exit 0
        $ carto config set --project profile acme
        ! note: set profile in [work]/.carto/config.toml
        exit 0
        $ carto config explain
        account  acme at https://maps.example.com/user/acme
        * project  profile `acme`: acme at https://maps.example.com/user/acme
                   at [work]/.carto/config.toml:4:11
                   decides: the highest scope that names an account
          user     user name `johnsmith`: johnsmith at https://johnsmith.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the project scope is higher and decides the whole account
        key      from ~/.config/carto/credentials.toml:6:1
        * user     key of acme at https://maps.example.com/user/acme
                   at ~/.config/carto/credentials.toml:6:1
                   is used
          user     key of johnsmith at https://johnsmith.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   not used: it belongs to another account
          default  default_public
                   beaten: a key of higher rank fits
        project  [work]/.carto: trusted
        help:    carto --no-project ...               # then johnsmith at https://johnsmith.carto.com is used
        exit 0
        $ carto config list --show-origin
        * ~/.config/carto/config.toml:1:12	username=johnsmith
        * ~/.config/carto/config.toml:4:12	profiles.acme.base_url=https://maps.example.com/user/acme
        * ~/.config/carto/config.toml:5:12	profiles.acme.username=acme
        * ~/.config/carto/credentials.toml:1:1	apikey=********  (johnsmith at https://johnsmith.carto.com)
        * ~/.config/carto/credentials.toml:6:1	apikey=********  (acme at https://maps.example.com/user/acme)
        * [work]/.carto/config.toml:4:11	profile=acme
        exit 0
        $ carto sql 'SELECT * FROM cities LIMIT 10'
        acme: SELECT * FROM cities LIMIT 10
        exit 0
        $ carto credentials export cartocreds.json
        ! note: wrote acme at https://maps.example.com/user/acme to cartocreds.json
        exit 0
        $ carto credentials import cartocreds.json --profile copy
        acme at https://maps.example.com/user/acme (key ********) from cartocreds.json: had the key already, as profile copy
        exit 0
    "#]].assert_eq(&shown);
}

/// The table of settings is made from the program's; `UPDATE_EXPECT=1` writes it.
#[test]
fn the_table_of_settings_is_the_programs() {
    let (before, rest) = SETTINGS_GUIDE.split_once(TABLE_BEGINS).unwrap();
    let (note, rest) = rest.split_once('\n').unwrap();
    let (_, after) = rest.split_once(TABLE_ENDS).unwrap();
    let whole = format!("{before}{TABLE_BEGINS}{note}\n\n{}\n{TABLE_ENDS}{after}", table());
    expect_file!["../../src/cli/guides/settings.md"].assert_eq(&whole);
}

fn table() -> String {
    let mut text = "| Setting | Value | Variables | May stand in | Meaning |\n".to_owned();
    text += "|---|---|---|---|---|\n";
    for key in SETTINGS {
        text += &format!(
            "| {} | {} | {} | {} | {} |\n",
            names(key),
            value(key.value),
            code(key.variables),
            places(key),
            key.doc
        );
    }
    text
}

/// Returns the key's name and its other names, each with the table that they stand in.
fn names(key: &Setting) -> String {
    let table = key.name.rsplit_once('.').map(|(table, _)| format!("{table}."));
    let table = table.unwrap_or_default();
    let others = key.aliases.iter().map(|alias| format!("{table}{alias}"));
    let all: Vec<_> = std::iter::once(key.name.to_owned()).chain(others).collect();
    code(&all.iter().map(String::as_str).collect::<Vec<_>>())
}

fn code(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn value(value: ValueType) -> String {
    match value {
        ValueType::Username => "user name".to_owned(),
        ValueType::BaseUrl => "URL".to_owned(),
        ValueType::Secret => "key".to_owned(),
        ValueType::Text => "text".to_owned(),
        ValueType::File => "absolute path, or `~/...`".to_owned(),
        ValueType::ProfileName => "name of a profile".to_owned(),
        ValueType::Bool => code(&["true", "false"]),
        ValueType::Choice(words) => code(words),
        ValueType::Alias => "words".to_owned(),
        ValueType::Any => "anything".to_owned(),
    }
}

/// Returns the scopes, with what a project must be to say it.
fn places(key: &Setting) -> String {
    let place = |scope: &Scope| match scope {
        Scope::Project if !key.read_from_untrusted() => "trusted project".to_owned(),
        scope => scope.to_string(),
    };
    if key.scopes.len() == Scope::ALL.len() - 1 && key.read_from_untrusted() {
        return "anywhere".to_owned();
    }
    key.scopes.iter().map(place).collect::<Vec<_>>().join(", ")
}

/// Readers of README and of `--help` have nothing else at hand.
#[test]
fn readme_and_help_stand_alone() {
    let sandbox = Sandbox::new();
    let help = sandbox.carto("--help").run().ok().stdout;
    let guide = include_str!("../../plugins/README.md");
    for (name, text) in [("README.md", README), ("plugins/README.md", guide), ("--help", &help)] {
        for word in ["SPEC", "examples.md", "/root/", "/tmp/"] {
            assert!(!text.contains(word), "{name} speaks of {word}");
        }
    }
    for (text, place) in [(README, root().to_owned()), (guide, root().join("plugins"))] {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let there = link.starts_with("https://") || place.join(link).exists();
            assert!(there, "{link} is not there");
        }
    }
}

/// A newcomer reads it on three screens.
#[test]
fn readme_is_short() {
    assert!(README.lines().count() <= 170);
}

/// The guide for authors has every variable of the contract.
#[test]
fn the_guide_names_every_variable() {
    let guide = include_str!("../../plugins/README.md");
    for name in carto::variables::with(carto::variables::Role::Written) {
        assert!(guide.contains(&format!("`{name}`")), "{name} is not in plugins/README.md");
    }
    assert!(guide.contains(&format!("CARTO_PLUGIN_API={}", carto::variables::VERSION)));
}

/// Every exit status of the program has a row, and no row is made up.
#[test]
fn every_exit_status_is_explained() {
    use carto::error::Kind;
    let kinds = [
        Kind::NotThere,
        Kind::Usage,
        Kind::Invalid,
        Kind::Refused,
        Kind::Write,
        Kind::CannotRun,
        Kind::NotFound,
        Kind::Internal,
    ];
    let mut codes: Vec<_> = kinds.iter().map(|kind| kind.exit_code().to_string()).collect();
    codes.push("0".to_owned());
    codes.sort();
    let (_, section) = REFERENCE.split_once("\n## Exit status\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut rows: Vec<_> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|cell| cell.parse::<u8>().is_ok())
        .map(str::to_owned)
        .collect();
    rows.sort();
    assert_eq!(rows, codes);
}

/// What makes files of the shell's and of `man` is there; `cargo install` is the packager's.
#[test]
fn what_install_says_works() {
    let sandbox = Sandbox::new();
    symlink(env!("CARGO_BIN_EXE_carto"), sandbox.path("bin/carto")).unwrap();
    let commands = shell("Install", 0).lines().map(|line| line.split(" # ").next().unwrap());
    let (installs, others): (Vec<_>, Vec<_>) =
        commands.partition(|command| command.starts_with("cargo install --path "));
    assert_eq!((installs.len(), others.len()), (2, 2));
    for command in others {
        _ = sandbox.shell(command).run().ok();
    }
    let script = sandbox.read("home/.local/share/bash-completion/completions/carto");
    assert!(script.contains("complete "));
    assert!(sandbox.read("work/carto.1").contains(".TH carto"));
}
