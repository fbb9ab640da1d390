//! People who do nothing wrong: what protects them must not be in their way.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};

use expect_test::expect;

use crate::sandbox::Sandbox;

const KEY: &str = "marker-key-1a2b3c";

#[test]
fn a_clone_of_a_project_of_my_account_asks_nothing() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.work]\nusername = \"acme\"\n");
    sandbox.keys(&[&format!("{KEY} https://acme.carto.com acme")]);
    sandbox.project("username = \"acme\"\n");
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=marker-key-1a2b3c
        CARTO_BASE_URL=https://acme.carto.com
        CARTO_USER=acme
        CARTO_USERNAME=acme
        ! note: this project selects acme at https://acme.carto.com ([work]/.carto/config.toml:1:12)
        exit 0
    "#]]);
    // My default is not even worth the line; nor is a project that says nothing of accounts.
    sandbox.user("username = \"acme\"\n");
    for settings in ["username = \"acme\"\n", "base_url = \"https://acme.carto.com/\"\n", ""] {
        sandbox.project(settings);
        let ran = sandbox.carto("account").run().ok().started();
        assert_eq!(ran.stderr, "", "{settings}");
    }
}

#[test]
fn in_ci_two_variables_are_enough() {
    for project in [None, Some("username = \"acme\"\n"), Some("profile = \"nobody\"\n")] {
        let sandbox = Sandbox::new();
        if let Some(settings) = project {
            sandbox.project(settings);
        }
        let call = sandbox.carto("account").env("CI", "true");
        call.env("CARTO_USERNAME", "acme").env("CARTO_API_KEY", KEY).run().ok().started().shows(
            &expect![[r#"
                CARTO_API_KEY=marker-key-1a2b3c
                CARTO_BASE_URL=https://acme.carto.com
                CARTO_USER=acme
                CARTO_USERNAME=acme
                exit 0
            "#]],
        );
        assert!(!sandbox.path("home/.config").exists() && !sandbox.path("home/.local").exists());
    }
}

#[test]
fn behind_the_administrators_pattern_a_name_is_enough() {
    let sandbox = Sandbox::new();
    sandbox.system("base_url = \"https://maps.example.com/user/{username}\"\n");
    sandbox.carto("login ann --key-stdin").stdin(KEY).run().ok().shows(&expect![[r#"
        ! note: logging in to ann at https://maps.example.com/user/ann; its key is shown at https://maps.example.com/user/ann/your_apps
        ! note: stored the key in ~/.config/carto/credentials.toml
        ! note: ann at https://maps.example.com/user/ann is now your default account, in ~/.config/carto/config.toml
        exit 0
    "#]]);
    let ran = sandbox.carto("account").run().ok().started();
    assert!(ran.stdout.contains(KEY) && ran.stderr.is_empty(), "{ran}");
    let sandbox = Sandbox::new();
    sandbox.system("base_url = \"https://maps.example.com/user/{username}\"\n");
    _ = sandbox.carto("config set username bob").run().ok();
    _ = sandbox.carto("config set apikey").stdin(KEY).run().ok();
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=marker-key-1a2b3c
        CARTO_BASE_URL=https://maps.example.com/user/bob
        CARTO_USER=bob
        CARTO_USERNAME=bob
        exit 0
    "#]]);
}

/// A container that runs under a number that nobody has, with the home of the image.
#[test]
fn a_container_runs_as_another_user() {
    if !nix::unistd::geteuid().is_root() {
        return; // Only root can be somebody else.
    }
    for home_mode in [0o555, 0o700, 0o755] {
        let sandbox = Sandbox::new();
        sandbox.user("username = \"image\"\n");
        sandbox.keys(&["image-key https://image.carto.com image"]);
        sandbox.project("username = \"ann\"\n");
        let home = sandbox.path("home");
        chown(&home, Some(1), Some(1)).unwrap();
        fs::set_permissions(&home, Permissions::from_mode(home_mode)).unwrap();
        let before = sandbox.session(&["find ~ . | sort"]);
        let run = |words: &str| {
            let call = sandbox.program("setpriv");
            let call = call.words("--reuid=4711 --regid=4711 --clear-groups");
            let call = call.arg(env!("CARGO_BIN_EXE_carto")).words(words);
            call.env("CARTO_USERNAME", "ann").env("CARTO_API_KEY", KEY).run()
        };
        let ran = run("account").ok().started();
        assert!(ran.stdout.contains(KEY) && ran.stdout.contains("=ann\n"), "{ran}");
        assert_eq!(run("config get base_url").ok().stdout, "https://ann.carto.com\n");
        assert!(run("env").ok().stdout.contains(KEY));
        assert_eq!(sandbox.session(&["find ~ . | sort"]), before, "nothing was written");
    }
}

#[test]
fn a_umask_that_lets_the_group_write_is_no_fault() {
    let sandbox = Sandbox::new();
    let carto = env!("CARGO_BIN_EXE_carto");
    for line in [
        format!("{carto} config set username ann && echo {KEY} | {carto} config set apikey"),
        format!("{carto} init && {carto} config set --project plugins.account.limit 5"),
        format!("{carto} config set --project username ann"),
        "mkdir -p clone/.carto && echo 'username = \"ann\"' >clone/.carto/config.toml".to_owned(),
        "chmod g+w . .carto .carto/config.toml".to_owned(),
    ] {
        _ = sandbox.shell(&format!("umask 002; {line}")).run().ok();
    }
    for dir in ["work", "work/clone"] {
        let ran = sandbox.carto("account").dir(dir).run().ok().started();
        assert!(ran.stdout.contains(KEY), "{ran}");
        assert!(!ran.stderr.contains("writ"), "{ran}");
    }
}

/// Windows Subsystem for Linux shows every file of Windows with mode 0777.
#[test]
fn a_mount_where_everyone_may_write_needs_one_approval() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&[&format!("{KEY} https://ann.carto.com ann")]);
    sandbox.project("username = \"ann\"\n");
    for name in ["work", "work/.carto", "work/.carto/config.toml"] {
        fs::set_permissions(sandbox.path(name), Permissions::from_mode(0o777)).unwrap();
    }
    let ran = sandbox.carto("account").run().fails(4).not_started().never_says(KEY);
    assert!(ran.stderr.contains("can be written by everyone"), "{ran}");
    assert!(ran.stderr.contains("help: carto trust"), "{ran}");
    sandbox.trust("work");
    let ran = sandbox.carto("account").run().ok().started();
    assert!(ran.stdout.contains(KEY) && ran.stderr.is_empty(), "{ran}");
    // Exactly these bytes.
    fs::write(sandbox.path("work/.carto/config.toml"), "username = \"ann\" \n").unwrap();
    _ = sandbox.carto("account").run().fails(4).not_started().never_says(KEY);
}
