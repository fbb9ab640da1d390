//! Commands that write several files: all of it is done, or none, and what is said is true.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::sandbox::Sandbox;

const CONFIG: &str = "home/.config/carto/config.toml";
const KEYS: &str = "home/.config/carto/credentials.toml";

/// A machine whose settings are a link into a store that nobody writes to, as NixOS and home-manager
/// have it.
fn managed(text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    into_store(&sandbox, "config.toml", text);
    sandbox
}

fn into_store(sandbox: &Sandbox, name: &str, text: &str) {
    let stored = sandbox.file_with_mode(&format!("store/{name}"), text, 0o444);
    let dir = sandbox.path("home/.config/carto");
    fs::create_dir_all(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
    symlink(stored, dir.join(name)).unwrap();
}

/// Everything below the root that is a file, with its content; locks and temporaries too.
fn files(sandbox: &Sandbox) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut dirs = vec![sandbox.path("home"), sandbox.path("store"), sandbox.path("work")];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            if kind.is_dir() {
                dirs.push(path);
            } else if !path.ends_with(".lock") && !path.ends_with(".gitignore") {
                let content = if kind.is_symlink() { Vec::new() } else { fs::read(&path).unwrap() };
                found.push((path.display().to_string(), content));
            }
        }
    }
    found.sort();
    found
}

/// Runs a line that cannot write its second file: nothing has changed, and nothing else is said.
#[track_caller]
fn leaves_all_as_it_was(sandbox: &Sandbox, line: &str, code: i32) -> String {
    let before = files(sandbox);
    let ran = sandbox.carto(line).stdin("marker\n").run().fails(code).never_says("marker");
    assert!(files(sandbox) == before, "{line}: {:?}\n{ran}", files(sandbox));
    ran.stderr
}

#[test]
fn login_with_managed_settings_stores_nothing_and_says_what_to_put_there() {
    let sandbox = managed("# made by home-manager\n");
    let said = leaves_all_as_it_was(&sandbox, "login https://ann.carto.com --key-stdin", 5);
    assert!(said.contains("note: nothing is stored: neither the key nor the account\n"), "{said}");
    assert!(said.contains("config.toml is a link to "), "{said}");
    assert!(said.ends_with("help:     username = \"ann\"\n"), "{said}");
    assert!(!said.contains("chmod"), "{said}");

    // With that line there, the same command stores the key.
    fs::remove_file(sandbox.path("store/config.toml")).unwrap();
    sandbox.file_with_mode("store/config.toml", "username = \"ann\"\n", 0o444);
    _ = sandbox.carto("login https://ann.carto.com --key-stdin").stdin("marker\n").run().ok();
    assert_eq!(sandbox.carto("config get apikey").run().ok().stdout, "marker\n");
}

#[test]
fn a_second_account_and_a_new_default_are_told_line_by_line() {
    let sandbox = managed("username = \"ann\"\n");
    let said =
        leaves_all_as_it_was(&sandbox, "login https://maps.example.com/user/bob --key-stdin", 5);
    assert!(
        said.contains("help:     profiles.bob.base_url = \"https://maps.example.com/user/bob\"\n"),
        "{said}"
    );
    assert!(said.contains("help:     profiles.bob.username = \"bob\"\n"), "{said}");
    let said = leaves_all_as_it_was(
        &sandbox,
        "login https://cy.carto.com --key-stdin --profile c --default",
        5,
    );
    assert!(said.contains("help:     profiles.c.username = \"cy\"\n"), "{said}");
    assert!(said.contains("help:     profile = \"c\"\n"), "{said}");
    // The account that is named there needs no line.
    _ = sandbox.carto("login https://ann.carto.com --key-stdin").stdin("marker\n").run().ok();
}

#[test]
fn keys_that_cannot_be_written_leave_the_settings_alone() {
    let sandbox = Sandbox::new();
    sandbox.user("ui.color = \"never\"\n");
    into_store(&sandbox, "credentials.toml", "");
    for line in [
        "login https://ann.carto.com --key-stdin",
        "login https://ann.carto.com --key-stdin --profile p --default",
    ] {
        let said = leaves_all_as_it_was(&sandbox, line, 5);
        assert!(said.contains("credentials.toml is a link to "), "{said}");
        assert!(said.contains("what was there is unchanged"), "{said}");
    }
    sandbox.file_with_mode(
        "work/c.json",
        r#"{"username": "ann", "api_key": "marker", "base_url": "https://ann.carto.com"}"#,
        0o600,
    );
    let said = leaves_all_as_it_was(&sandbox, "credentials import c.json", 5);
    assert!(said.contains("credentials.toml is a link to "), "{said}");
}

#[test]
fn import_with_managed_settings_stores_nothing() {
    let sandbox = managed("");
    sandbox.file_with_mode(
        "work/c.json",
        r#"{"username": "ann", "api_key": "marker", "base_url": "https://ann.carto.com"}"#,
        0o600,
    );
    let said = leaves_all_as_it_was(&sandbox, "credentials import c.json", 5);
    assert!(said.contains("help:     username = \"ann\"\n"), "{said}");
    let npm = r#"{"current_profile": "a", "profiles": {"a": {"token": "marker", "tenant_id": "one"}, "b": {"token": "marker", "tenant_id": "two"}}}"#;
    sandbox.file_with_mode("work/npm.json", npm, 0o600);
    let said = leaves_all_as_it_was(&sandbox, "credentials import npm.json", 5);
    assert!(said.contains("help:     profiles.a.base_url = "), "{said}");
}

#[test]
fn removing_a_profile_with_its_key_is_both_or_neither() {
    let sandbox = managed("[profiles.q]\nusername = \"quinn\"\n");
    sandbox.keys(&["marker https://quinn.carto.com quinn"]);
    let said = leaves_all_as_it_was(&sandbox, "profile remove q --forget-key", 5);
    assert!(!said.contains("forgot"), "{said}");
    // And with keys that cannot be written the profile stays.
    let sandbox = Sandbox::new();
    sandbox.user("[profiles.q]\nusername = \"quinn\"\n");
    into_store(
        &sandbox,
        "credentials.toml",
        "[[credential]]\nbase_url = \"https://quinn.carto.com\"\nusername = \"quinn\"\napikey = { env = \"QUINN\" }\n",
    );
    let said = leaves_all_as_it_was(&sandbox, "profile remove q --forget-key", 5);
    assert!(!said.contains("forgot") && !said.contains("removed"), "{said}");
}

#[test]
fn renaming_a_profile_with_marked_keys_is_both_or_neither() {
    let sandbox = managed("username = \"ann\"\n[profiles.q]\nusername = \"ann\"\n");
    sandbox.keys(&["marker https://ann.carto.com ann profile=q", "k https://ann.carto.com ann"]);
    let said = leaves_all_as_it_was(&sandbox, "profile rename q r", 5);
    assert!(!said.contains("renamed"), "{said}");
}

#[test]
fn git_keeps_no_key_of_a_login_that_fails_and_loses_none() {
    let sandbox = managed("");
    sandbox.file("home/.gitconfig", "[credential]\n\thelper = store\n");
    let said =
        leaves_all_as_it_was(&sandbox, "login https://ann.carto.com --key-stdin --store git", 5);
    assert!(said.contains("nothing is stored"), "{said}");
    assert!(!sandbox.path("home/.git-credentials").exists());

    // The key that git has stays where the entry cannot go.
    let sandbox = managed("profile = \"q\"\n[profiles.q]\nusername = \"quinn\"\n");
    sandbox.file("home/.gitconfig", "[credential]\n\thelper = store\n");
    _ = sandbox
        .carto("login https://quinn.carto.com --key-stdin --store git")
        .stdin("marker\n")
        .run()
        .ok();
    assert!(sandbox.read("home/.git-credentials").contains("marker"));
    _ = leaves_all_as_it_was(&sandbox, "profile remove q --forget-key", 5);
    fs::set_permissions(sandbox.path(KEYS), fs::Permissions::from_mode(0o400)).unwrap();
    _ = leaves_all_as_it_was(&sandbox, "--profile q logout", 5);
    assert!(sandbox.read("home/.git-credentials").contains("marker"));
}

#[test]
fn a_name_that_is_set_and_a_key_that_cannot_be_bound_are_told_apart() {
    let sandbox = Sandbox::new();
    _ = sandbox.carto("config set apikey").stdin("marker\n").run().ok();
    fs::set_permissions(sandbox.path(KEYS), fs::Permissions::from_mode(0o400)).unwrap();
    let ran = sandbox.carto("config set username ann").run().fails(5);
    assert!(
        ran.stderr
            .contains("note: the setting is written; the stored key still belongs to no account\n"),
        "{ran}"
    );
    assert_eq!(sandbox.read(CONFIG), "username = \"ann\"\n");
    fs::set_permissions(sandbox.path(KEYS), fs::Permissions::from_mode(0o600)).unwrap();
    _ = sandbox.carto("config set username ann").run().ok();
    assert_eq!(sandbox.carto("config get apikey").run().ok().stdout, "marker\n");
}

#[test]
fn isolated_writes_into_no_file_that_it_does_not_read() {
    let sandbox = Sandbox::new();
    sandbox.user("profile = \"p\"\n[profiles.p]\nusername = \"ann\"\nbase_url = \"https://maps.example.com\"\n");
    sandbox.keys(&["k1 https://maps.example.com ann"]);
    sandbox.file_with_mode("work/c.json", r#"{"username": "bob", "api_key": "marker"}"#, 0o600);
    for line in [
        "login https://bob.carto.com --key-stdin",
        "login bob --key-stdin --profile p",
        "login bob --key-stdin --default",
        "config set username bob",
        "config set apikey",
        "config unset profile",
        "profile add q --username bob",
        "profile use --none",
        "profile remove p --forget-key",
        "profile rename p q",
        "credentials import c.json",
        "alias set q 'sql'",
    ] {
        let said = leaves_all_as_it_was(&sandbox, &format!("--isolated {line}"), 2);
        assert!(
            said.contains("without carto's files nothing is written into them\n  --> --isolated\n"),
            "{line}: {said}"
        );
    }
    // A file that is named is read for itself.
    _ = sandbox.carto("--isolated config set --file other.toml username bob").run().ok();
}

#[test]
fn of_two_keys_that_fit_equally_one_is_left() {
    for (line, count) in [("login https://ann.carto.com --key-stdin", 1), ("config set apikey", 1)]
    {
        let sandbox = Sandbox::new();
        sandbox.user("username = \"ann\"\n");
        sandbox.keys(&[
            "k1 https://ann.carto.com ann",
            "o https://bob.carto.com bob",
            "k2 https://ann.carto.com ann",
            "k3 https://ann.carto.com ann",
            "m https://ann.carto.com ann profile=x",
        ]);
        _ = sandbox.carto("account").run().fails(4).not_started();
        let ran = sandbox.carto(line).stdin("new\n").run().ok();
        assert!(ran.stderr.contains("replaced the key"), "{ran}");
        let text = sandbox.read(KEYS);
        assert_eq!(text.matches("apikey = \"new\"").count(), count, "{text}");
        assert_eq!(text.matches("[[credential]]").count(), 3, "{text}");
        assert!(text.contains("\"o\"") && text.contains("\"m\""), "{text}");
        let ran = sandbox.carto("account").run().ok();
        assert!(ran.stdout.contains("CARTO_API_KEY=new\n"), "{ran}");
    }
}

#[test]
fn an_export_to_cartoframes_own_places_is_both_files_or_none() {
    let machine = || {
        let sandbox = Sandbox::new();
        sandbox.user("username = \"ann\"\n");
        sandbox.keys(&["marker https://ann.carto.com ann"]);
        sandbox
    };
    let sandbox = machine();
    _ = sandbox.carto("credentials export --default").run().ok();
    let written = sandbox.files_with("marker");
    assert_eq!(written.len(), 3, "{written:?}");
    for blocked in written.iter().filter(|file| !file.ends_with("credentials.toml")) {
        let sandbox = machine();
        let stored = sandbox.file_with_mode("store/file", "", 0o444);
        fs::create_dir_all(sandbox.path(blocked).parent().unwrap()).unwrap();
        symlink(stored, sandbox.path(blocked)).unwrap();
        let ran = sandbox.carto("credentials export --default").run().fails(5);
        assert!(!ran.stderr.contains("wrote "), "{blocked}: {ran}");
        assert_eq!(sandbox.files_with("marker"), [KEYS], "{blocked}: {ran}");
    }
}

#[test]
fn lines_for_a_managed_file_are_counted_where_they_are_many_and_told_whole_by_v() {
    let sandbox = managed("");
    let profiles: Vec<_> =
        (0..20).map(|n| format!(r#""p{n}": {{"token": "marker", "tenant_id": "t{n}"}}"#)).collect();
    let text = format!(r#"{{"current_profile": "p1", "profiles": {{{}}}}}"#, profiles.join(", "));
    sandbox.file_with_mode("work/many.json", text, 0o600);
    let said = leaves_all_as_it_was(&sandbox, "credentials import many.json", 5);
    assert!(said.ends_with("help: and 16 more, which `carto -v` shows\n"), "{said}");
    let said = leaves_all_as_it_was(&sandbox, "-v credentials import many.json", 5);
    assert!(
        said.contains("help:     profiles.p19.base_url = \"https://t19.api.carto.com\"\n"),
        "{said}"
    );
}
