//! Secrets that are mounted into containers, and files that an administrator shares: modes are judged
//! where a file is yours, root's word counts, and anybody else's is refused.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

use crate::sandbox::{Ran, Sandbox};

const ENTRY: &str = "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"ann\"\napikey = \"marker\"\n";

/// Puts a file into a volume as Kubernetes does: `NAME -> ..data/NAME`, `..data -> ..2026_11_27`.
fn mount(sandbox: &Sandbox, dir: &str, name: &str, text: &str, (mode, group): (u32, u32)) {
    let file = sandbox.file_with_mode(&format!("{dir}/..2026_11_27/{name}"), text, mode);
    chown(&file, Some(0), Some(group)).unwrap();
    let dir = sandbox.path(dir);
    _ = symlink("..2026_11_27", dir.join("..data"));
    symlink(format!("..data/{name}"), dir.join(name)).unwrap();
    fs::set_permissions(&dir, Permissions::from_mode(0o755)).unwrap();
}

/// Runs a line as a number that nobody has, of group 0 and one more.
fn as_nobody(sandbox: &Sandbox, words: &str, variables: &[(&str, String)]) -> Ran {
    let call = sandbox.program("setpriv").words("--reuid=12345 --regid=0 --groups=2000");
    let mut call = call.arg(env!("CARGO_BIN_EXE_carto")).words(words);
    for (name, value) in variables {
        call = call.env(name, value);
    }
    call.run()
}

fn is_root() -> bool {
    // Only root can give a file to somebody else, and be somebody else.
    nix::unistd::geteuid().is_root()
}

/// Docker mounts secrets as root's 0444, Kubernetes as 0644, or 0440 with a group (`fsGroup`).
const MOUNTED: [(u32, u32); 4] = [(0o444, 0), (0o644, 0), (0o440, 2000), (0o640, 0)];

#[test]
fn a_mounted_key_is_used_without_a_word() {
    if !is_root() {
        return;
    }
    for mounted in MOUNTED {
        let sandbox = Sandbox::new();
        mount(&sandbox, "run", "key", "marker\n", mounted);
        let file = sandbox.path("run/key").display().to_string();
        let variables =
            [("CARTO_API_KEY_FILE", file.clone()), ("CARTO_USERNAME", "ann".to_owned())];
        let ran = as_nobody(&sandbox, "account", &variables).ok().started();
        assert!(ran.stdout.contains("CARTO_API_KEY=marker\n"), "{mounted:?}: {ran}");
        assert_eq!(ran.stderr, "", "{mounted:?}");
        // It is said where that is asked for.
        let ran = as_nobody(&sandbox, "-v account", &variables).ok();
        assert!(ran.stderr.contains("as root wants it"), "{mounted:?}: {ran}");
        let ran = as_nobody(&sandbox, "doctor", &variables);
        assert!(ran.stdout.contains("hint [loose-key-file]"), "{mounted:?}: {ran}");
        assert!(!ran.stdout.contains("chmod"), "{mounted:?}: {ran}");

        // So with a source, and with CARTOframes' file.
        let sandbox = Sandbox::new();
        mount(
            &sandbox,
            "run",
            "c.json",
            r#"{"username": "ann", "api_key": "marker", "base_url": "https://ann.carto.com"}"#,
            mounted,
        );
        let file = sandbox.path("run/c.json").display().to_string();
        let ran = as_nobody(&sandbox, &format!("--credentials-file {file} account"), &[]).ok();
        assert!(ran.stdout.contains("CARTO_API_KEY=marker\n") && ran.stderr.is_empty(), "{ran}");
    }
}

#[test]
fn mounted_settings_and_credentials_are_used_without_a_home() {
    if !is_root() {
        return;
    }
    for mounted in MOUNTED {
        for variable in ["CARTO_CONFIG_DIR", "CARTO_SYSTEM_CONFIG_DIR"] {
            let sandbox = Sandbox::new();
            mount(&sandbox, "etc/carto", "credentials.toml", ENTRY, mounted);
            mount(&sandbox, "etc/carto", "config.toml", "username = \"ann\"\n", (0o644, 0));
            let dir = sandbox.path("etc/carto").display().to_string();
            for home in ["", "/nonexistent"] {
                let variables = [(variable, dir.clone()), ("HOME", home.to_owned())];
                let ran = as_nobody(&sandbox, "account", &variables).ok().started();
                assert!(
                    ran.stdout.contains("CARTO_API_KEY=marker\n"),
                    "{variable} {mounted:?}: {ran}"
                );
                assert_eq!(ran.stderr, "", "{variable} {mounted:?}");
            }
        }
    }
}

#[test]
fn what_a_group_shares_below_etc_serves_its_members_and_root() {
    if !is_root() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.system("username = \"ann\"\n");
    let file = sandbox.file_with_mode("sys/credentials.toml", ENTRY, 0o640);
    chown(&file, Some(0), Some(2000)).unwrap();
    // A member, root itself; somebody else finds none, and no error.
    let ran = as_nobody(&sandbox, "account", &[]).ok();
    assert!(ran.stdout.contains("CARTO_API_KEY=marker\n") && ran.stderr.is_empty(), "{ran}");
    let ran = sandbox.carto("account").run().ok();
    assert!(ran.stdout.contains("CARTO_API_KEY=marker\n") && ran.stderr.is_empty(), "{ran}");
    let other = sandbox.program("setpriv").words("--reuid=12345 --regid=4711 --clear-groups");
    let ran = other.arg(env!("CARGO_BIN_EXE_carto")).words("account").run().ok();
    assert!(ran.stdout.contains("CARTO_API_KEY=default_public\n"), "{ran}");
    // Root lets a group read, and not everyone.
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    _ = sandbox.carto("account").run().fails(3).not_started();
}

#[test]
fn what_is_yours_is_judged_and_what_is_another_users_refused() {
    if !is_root() {
        return;
    }
    let give = |sandbox: &Sandbox, uid: u32, mode: u32| {
        let file = sandbox.file_with_mode("etc/credentials.toml", ENTRY, mode);
        fs::set_permissions(sandbox.path("etc"), Permissions::from_mode(0o755)).unwrap();
        chown(&file, Some(uid), Some(0)).unwrap();
        [
            ("CARTO_CONFIG_DIR", sandbox.path("etc").display().to_string()),
            ("CARTO_USERNAME", "ann".to_owned()),
        ]
    };
    let sandbox = Sandbox::new();
    let ran = as_nobody(&sandbox, "account", &give(&sandbox, 12345, 0o600)).ok();
    assert!(ran.stdout.contains("CARTO_API_KEY=marker\n"), "{ran}");
    for mode in [0o640, 0o604, 0o644] {
        let sandbox = Sandbox::new();
        let ran = as_nobody(&sandbox, "account", &give(&sandbox, 12345, mode));
        assert!(ran.stderr.contains("help: chmod 600 "), "{mode:o}: {ran}");
        assert!(!ran.stdout.contains("marker"), "{mode:o}: {ran}");
    }
    for mode in [0o600, 0o640, 0o644] {
        let sandbox = Sandbox::new();
        let ran = as_nobody(&sandbox, "account", &give(&sandbox, 777, mode));
        assert!(!ran.stdout.contains("marker"), "{mode:o}: {ran}");
        assert!(!ran.stderr.contains("chmod"), "{mode:o}: {ran}");
    }
    // A key file of somebody else is used, as it was named, and no mode is asked for that is not yours.
    let sandbox = Sandbox::new();
    let file = sandbox.file_with_mode("work/key", "marker\n", 0o644);
    chown(&file, Some(777), Some(777)).unwrap();
    let variables =
        [("CARTO_API_KEY_FILE", file.display().to_string()), ("CARTO_USERNAME", "ann".to_owned())];
    let ran = as_nobody(&sandbox, "account", &variables).ok();
    assert!(ran.stderr.contains("and it is not yours") && !ran.stderr.contains("chmod"), "{ran}");
}
