//! However much there is to tell, a command tells a few of it and how many more there are.

use std::fmt::Write as _;

use crate::sandbox::{Ran, Sandbox};

/// The most bytes on standard error.
const MOST: usize = 4096;

/// Commands of every kind; what they change is changed once.
const COMMANDS: [&str; 25] = [
    "config get username",
    "config list",
    "config explain",
    "config path",
    "config schema",
    "config set ui.color never",
    "config unset ui.color",
    "env",
    "exec -- true",
    "account",
    "nothing-of-this-name",
    "help",
    "version",
    "plugin list",
    "alias list",
    "profile list",
    "profile show x1",
    "profile use x1",
    "profile use --none",
    "credentials show",
    "credentials import",
    "trust --show",
    "doctor",
    "login bob --key-stdin",
    "logout",
];

#[track_caller]
fn is_short(ran: &Ran) {
    let length = ran.stderr.len();
    assert!(length <= MOST, "{length} bytes on standard error:\n{}", &ran.stderr[..2 * MOST]);
}

fn every_command_is_short(sandbox: &Sandbox) {
    for command in COMMANDS {
        is_short(&sandbox.carto(command).dir("work").stdin("k1").run());
    }
}

fn numbered(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        _ = writeln!(text, "{}", line(number));
        text
    })
}

#[test]
fn unknown_settings_are_a_few_and_a_count() {
    let sandbox = Sandbox::new();
    sandbox
        .user(&format!("username = \"ann\"\n{}", numbered(6_000, |n| format!("unknown_{n} = 1"))));
    let ran = sandbox.carto("account").run().ok();
    assert_eq!(ran.stderr.lines().count(), 6, "{ran}");
    assert!(ran.stderr.ends_with("and 5995 more settings without effect: carto doctor\n"), "{ran}");
    let all = sandbox.carto("-v account").run().ok();
    assert!(all.stderr.contains("unknown setting `unknown_5999`"), "-v tells all");
    let doctor = sandbox.carto("doctor").run();
    assert!(doctor.stdout.contains("`unknown_5999`"), "doctor tells all");
    every_command_is_short(&sandbox);
}

#[test]
fn a_name_as_long_as_a_file_is_cut() {
    let sandbox = Sandbox::new();
    let long = "n".repeat(500_000);
    sandbox.user(&format!("username = \"ann\"\n{long} = 1\n[alias]\n{long} = \"{long}\"\n"));
    every_command_is_short(&sandbox);
    sandbox.user(&format!("profile = \"{long}\"\n[profiles.\"{long}x\"]\nusername = \"ann\"\n"));
    every_command_is_short(&sandbox);
    for words in ["config get", "config set", "-c", "", "profile show", "help", "login", "-C", "-p"]
    {
        let word = "n".repeat(100_000);
        is_short(&sandbox.carto(words).arg(&word).stdin("").run());
        is_short(&sandbox.carto(words).arg(format!("{word}=1")).stdin("").run());
        is_short(&sandbox.carto(words).arg("\u{1b}[31mé".repeat(10_000)).stdin("").run());
    }
}

#[test]
fn what_an_untrusted_project_says_in_vain_is_a_few_and_a_count() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.project(&numbered(6_000, |n| format!("alias.a{n} = \"sql\"")));
    let ran = sandbox.carto("account").dir("work").run().ok();
    assert!(
        ran.stderr.ends_with(
            "alias.a0, alias.a1, alias.a2, alias.a3, alias.a4 and 5995 more (see: carto trust)\n"
        ),
        "{ran}"
    );
    let explained = sandbox.carto("config explain").dir("work").run().ok();
    assert!(explained.stdout.len() < MOST, "{}", explained.stdout.len());
    every_command_is_short(&sandbox);
}

#[test]
fn explain_ends_after_a_few_keys_and_a_count() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    let others: Vec<_> =
        (0..500).map(|n| format!("key{n} https://other{n}.carto.com other{n}")).collect();
    let mut lines: Vec<_> = others.iter().map(String::as_str).collect();
    lines.push("mine https://ann.carto.com ann");
    sandbox.keys(&lines);
    let short = sandbox.carto("config explain").run().ok();
    assert!(short.stdout.len() < MOST, "{short}");
    assert!(short.stdout.contains("\n* user     key of ann at https://ann.carto.com\n"), "{short}");
    assert!(short.stdout.contains("\n  ... and 492 more keys, which -v shows\n"), "{short}");
    let whole = sandbox.carto("-v config explain").run().ok();
    assert_eq!(whole.stdout.matches("not used: it belongs to another account").count(), 500);
    let json = sandbox.carto("config explain --json").run().ok();
    assert_eq!(json.stdout.matches("belongs to another account").count(), 500, "programs get all");
    every_command_is_short(&sandbox);
}

#[test]
fn keys_of_one_account_that_fit_equally_are_a_few_and_a_count() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    let marked: Vec<_> =
        (0..500).map(|n| format!("key{n} https://ann.carto.com ann profile=p{n}")).collect();
    sandbox.keys(&marked.iter().map(String::as_str).collect::<Vec<_>>());
    let ran = sandbox.carto("account").run().fails(4).not_started();
    assert!(ran.stderr.contains("\n  --> and 494 more, which `carto -v` shows\n"), "{ran}");
    every_command_is_short(&sandbox);
}

#[test]
fn many_accounts_of_a_file_are_imported_without_a_flood() {
    let sandbox = Sandbox::new();
    let profiles: Vec<_> =
        (0..500).map(|n| format!(r#""p{n}": {{"token": "k{n}", "tenant_id": "t{n}"}}"#)).collect();
    let text = format!(r#"{{"current_profile": "p1", "profiles": {{{}}}}}"#, profiles.join(", "));
    sandbox.file_with_mode("work/many.json", text, 0o600);
    let ran = sandbox.carto("credentials import many.json").dir("work").run().ok();
    is_short(&ran);
    assert_eq!(sandbox.carto("profile list").run().ok().stdout.lines().count(), 500);
    every_command_is_short(&sandbox);
}

#[test]
fn long_paths_do_not_hide_what_is_wrong() {
    let sandbox = Sandbox::new();
    let deep = format!("work/{}", vec!["d".repeat(200); 15].join("/"));
    sandbox.file(&format!("{deep}/.carto/config.toml"), "username = 1\n");
    sandbox.file_with_mode(&format!("{deep}/creds.json"), "{", 0o600);
    for words in [
        "account",
        "config list",
        "trust",
        "--credentials-file creds.json account",
        "credentials import creds.json",
    ] {
        let ran = sandbox.carto(words).dir(&deep).run();
        is_short(&ran);
    }
    let ran = sandbox.carto("credentials import creds.json").dir(&deep).run().fails(3);
    assert!(ran.stderr.contains("creds.json:1:1"), "{ran}");
}
