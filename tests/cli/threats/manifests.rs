//! Hostile manifests: who can lay one beside a program, or says in one what is not so.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::time::Instant;

use super::known_attacks::is_root;
use crate::sandbox::Sandbox;

const KEY: &str = "marker-key-5e6f7a8b";

fn victim() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&[&format!("{KEY} https://ann.carto.com")]);
    sandbox
}

/// Every command that reads manifests; none of them may show what must not be shown.
fn shown(sandbox: &Sandbox) -> String {
    let mut all = String::new();
    for words in [
        "account",
        "account --help",
        "help account",
        "help",
        "-v help",
        "plugin list",
        "plugin list --json",
        "plugin info account",
        "plugin info account --json",
        "doctor",
        "doctor --json",
        "completions bash",
    ] {
        let ran = sandbox.carto(words).run();
        all += &String::from_utf8_lossy(&ran.raw);
        all += &ran.stderr;
    }
    all
}

#[track_caller]
fn refused(sandbox: &Sandbox, says: &str) {
    let ran = sandbox.carto("account").run().fails(3).not_started().never_says(KEY);
    assert!(ran.stderr.contains(says), "{says}: {ran}");
    let listed = sandbox.carto("plugin list").run().ok();
    assert!(listed.stdout.contains(says), "{says}: {listed}");
    assert!(!shown(sandbox).contains(KEY));
}

#[test]
fn a_manifest_that_others_can_write_stops_the_plugin() {
    for place in ["bin/carto-account.toml", "share/carto/plugins/carto-account.toml"] {
        let sandbox = victim();
        let path = sandbox.file_with_mode(place, "manifest = 1\n", 0o666);
        refused(&sandbox, "can be written by everyone");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        _ = sandbox.carto("account").run().ok().started();
        if is_root() {
            chown(&path, Some(1), Some(1)).unwrap();
            refused(&sandbox, "belongs to uid 1, neither you nor root");
            chown(&path, Some(0), Some(0)).unwrap();
        }
        let dir = path.parent().unwrap();
        fs::set_permissions(dir, fs::Permissions::from_mode(0o777)).unwrap();
        let ran = sandbox.carto("account").run().not_started();
        assert!(matches!(ran.code(), 3 | 126), "{ran}");
        assert!(ran.stderr.contains("written by everyone") || ran.stderr.contains("everyone can"));
    }
}

/// A link leads carto to any file that the user can read; nothing of it is repeated.
#[test]
fn a_manifest_that_is_a_link_shows_nothing_of_what_it_leads_to() {
    let sandbox = victim();
    let link = sandbox.path("bin/carto-account.toml");
    sandbox.file_with_mode("home/secret", format!("{KEY}\n"), 0o600);
    sandbox.file_with_mode("home/names.toml", format!("{KEY} = 1\nmanifest = 1\n"), 0o600);
    let value = format!("manifest = 1\ncredentials = \"{KEY}\"\n");
    sandbox.file_with_mode("home/value.toml", value, 0o600);
    let forty = "0123456789abcdef0123456789abcdef01234567";
    sandbox.file_with_mode("home/forty.toml", format!("manifest = 1\n{forty} = 1\n"), 0o600);
    for to in ["home/secret", "home/value.toml", "home/.config/carto/credentials.toml"] {
        symlink(sandbox.path(to), &link).unwrap();
        let ran = sandbox.carto("account").run().fails(3).not_started();
        drop(ran);
        assert!(!shown(&sandbox).contains(KEY), "{to}");
        fs::remove_file(&link).unwrap();
    }
    symlink(sandbox.path("home/forty.toml"), &link).unwrap();
    assert!(!shown(&sandbox).contains(forty));
}

/// A pipe, a device, a directory and a huge file are refused at once.
#[test]
fn a_manifest_that_is_no_small_file_is_refused_at_once() {
    let sandbox = victim();
    let path = sandbox.path("bin/carto-account.toml");
    let begin = Instant::now();
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    refused(&sandbox, "is not a regular file");
    fs::remove_file(&path).unwrap();
    symlink("/dev/zero", &path).unwrap();
    refused(&sandbox, "is not a regular file");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    refused(&sandbox, "is a directory");
    fs::remove_dir(&path).unwrap();
    // Sparse: it costs no disk, and would cost whoever reads it a gigabyte.
    let file = fs::File::create(&path).unwrap();
    file.set_len(1 << 30).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    refused(&sandbox, "is larger than 65536 bytes");
    assert!(begin.elapsed().as_secs() < 60, "{:?}", begin.elapsed());
}

/// Whatever its text is, nothing reaches the terminal that could steer it.
#[test]
fn no_manifest_draws_on_the_terminal() {
    for text in [
        "manifest = 1\ndescription = \"\\u001b]0;owned\\u0007\"\n",
        "manifest = 1\ndescription = \"a\\u009b31mb\"\n",
        "manifest = 1\ndescription = \"a\\u202eb\"\n",
        "manifest = 1\nversion = \"1\\r2\"\n",
        "manifest = 1\n\"\\u001b[31mx\" = 1\n",
        "manifest = 1\n[completion]\nwords = [\"\\u001b[31m\"]\n",
        "manifest = 1\n\u{1b}[31m = 1\n",
        "manifest = 1\ncredentials = \"\\u001b[31m\"\n",
    ] {
        let sandbox = victim();
        sandbox.file("bin/carto-account.toml", text);
        let all = shown(&sandbox);
        let control =
            |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
        assert!(!all.contains(control), "{text:?}: {all:?}");
    }
}

/// The user's own word says that a program is a good plugin; nothing in a project does.
#[test]
fn a_project_brings_no_manifest() {
    let sandbox = victim();
    for place in [
        "work/.carto/plugins/account.toml",
        "work/plugins/account.toml",
        "work/carto-account.toml",
        "work/.carto/carto-account.toml",
        "share/carto/carto-account.toml",
    ] {
        sandbox.file(place, "manifest = 1\ncredentials = \"none\"\n");
    }
    sandbox.project("");
    sandbox.trust("work");
    let ran = sandbox.carto("account").run().ok().started();
    assert!(ran.stdout.contains(KEY), "{ran}");
}

/// A thousand plugins with the longest manifests there are do not make a listing slow.
#[test]
fn many_long_manifests_do_not_stop_a_listing() {
    let sandbox = victim();
    let mut text = "manifest = 1\n".to_owned();
    while text.len() < 65_000 {
        text += &format!("k{} = [1, 2, 3]\n", text.len());
    }
    for at in 0..300 {
        sandbox.plugin(&format!("p{at}"), "#!/bin/sh\n");
        sandbox.file(&format!("bin/carto-p{at}.toml"), &text);
    }
    let begin = Instant::now();
    let ran = sandbox.carto("plugin list").run().ok();
    assert!(ran.stdout.contains("p299 "), "{}", ran.stdout.len());
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}
