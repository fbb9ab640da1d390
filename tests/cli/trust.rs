//! `carto trust`: what is approved, what asks again, and how it is shown.

use std::fs;
use std::path::Path;
use std::process::Command;

use expect_test::expect;

use crate::sandbox::Sandbox;

const SETTINGS: &str = "username = \"acme\"\n[plugins.account]\nlimit = 5\n";

fn with_project(settings: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&["ann-key https://ann.carto.com ann"]);
    sandbox.project(settings);
    sandbox
}

/// The hash that another program gives.
fn hash(sandbox: &Sandbox, path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(sandbox.root().exists());
    format!("sha256:{}", text.split_whitespace().next().unwrap())
}

#[test]
fn trust_is_given_by_hash_and_taken_back() {
    let sandbox = with_project(SETTINGS);
    sandbox.carto("account").run().fails(4).not_started().shows(&expect![[r#"
        ! error: this project names an account that you do not have: acme at https://acme.carto.com
        !   --> [work]/.carto/config.toml:1:12
        ! note: the nearest you have: ann at https://ann.carto.com (another host)
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto login https://acme.carto.com # when the account is yours
        ! help: carto --no-project ...      # leaves the project out
        exit 4
    "#]]);
    sandbox.carto("trust --show").run().ok().shows(&expect![[r#"
        [work]/.carto/config.toml: not trusted
          username = "acme"
          [plugins.account]
          limit = 5
        sha256:9010bf415b152b66c8b64411c9c844cebbb23497c5483c6425049b6cff284655
        exit 0
    "#]]);
    _ = sandbox.carto("account").run().fails(4).not_started();
    let hash = hash(&sandbox, &sandbox.path("work/.carto/config.toml"));
    sandbox.carto("trust --expect").arg(&hash).run().ok().shows(&expect![[r#"
        ! note: [work] is trusted until it changes
        exit 0
    "#]]);
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://acme.carto.com
        CARTO_USER=acme
        CARTO_USERNAME=acme
        exit 0
    "#]]);
    sandbox.carto("trust --list").run().ok().shows(&expect![[r#"
        trusted   [work]
        exit 0
    "#]]);
    sandbox.carto("trust --list --json").run().ok().shows(&expect![[r#"
        [
          {
            "path": "[work]",
            "state": "trusted",
            "config": "sha256:9010bf415b152b66c8b64411c9c844cebbb23497c5483c6425049b6cff284655",
            "credentials": null
          }
        ]
        exit 0
    "#]]);
    sandbox.carto("trust").run().ok().shows(&expect![[r#"
        [work]/.carto/config.toml: trusted
          username = "acme"
          [plugins.account]
          limit = 5
        sha256:9010bf415b152b66c8b64411c9c844cebbb23497c5483c6425049b6cff284655
        ! note: it is trusted already
        exit 0
    "#]]);
    sandbox.carto("trust --revoke").run().ok().shows(&expect![[r#"
        ! note: [work] is no longer trusted
        exit 0
    "#]]);
    _ = sandbox.carto("account").run().fails(4).not_started();
    sandbox.carto("trust --list").run().ok().shows(&expect![[r#"
        exit 0
    "#]]);
    sandbox.carto("trust --revoke").run().fails(1).shows(&expect![[r#"
        ! error: this project was neither approved nor denied
        !   --> [work]
        exit 1
    "#]]);
}

#[test]
fn a_hash_that_is_not_this_one_trusts_nothing() {
    let sandbox = with_project(SETTINGS);
    let good = hash(&sandbox, &sandbox.path("work/.carto/config.toml"));
    let zeros = format!("sha256:{}", "0".repeat(64));
    sandbox.carto("trust --expect").arg(&zeros).run().fails(4).shows(&expect![[r#"
        ! error: the settings are not the expected ones
        !   --> [work]/.carto/config.toml
        ! note: expected sha256:0000000000000000000000000000000000000000000000000000000000000000
        ! note: found    sha256:9010bf415b152b66c8b64411c9c844cebbb23497c5483c6425049b6cff284655
        ! help: carto trust --show
        exit 4
    "#]]);
    for bad in ["", "sha256:", "sha1:00", &good[7..], &good[..70], &format!("{good}0"), " "] {
        let ran = sandbox.carto("trust --expect").arg(bad).run().fails(2);
        assert!(ran.stderr.contains("64 hexadecimal digits"), "{bad:?}\n{ran}");
    }
    _ = sandbox.carto("account").run().fails(4).not_started();
    _ = sandbox.carto("trust --expect").arg(good.to_uppercase().replace("SHA", "sha")).run().ok();
    _ = sandbox.carto("account").run().ok().started();
}

#[test]
fn without_a_terminal_there_is_no_question() {
    let sandbox = with_project(SETTINGS);
    for answer in ["", "y\n", "yes\n"] {
        let ran = sandbox.carto("trust").stdin(answer).env("CI", "true").run().fails(4);
        assert!(ran.stderr.contains("help: carto trust --expect sha256:"), "{ran}");
    }
    sandbox.carto("trust").stdin("y\n").run().fails(4).shows(&expect![[r#"
        [work]/.carto/config.toml: not trusted
          username = "acme"
          [plugins.account]
          limit = 5
        sha256:9010bf415b152b66c8b64411c9c844cebbb23497c5483c6425049b6cff284655
        ! error: nobody can be asked here; nothing was approved
        ! help: carto trust --expect sha256:9010bf415b152b66c8b64411c9c844cebbb23497c5483c6425049b6cff284655
        exit 4
    "#]]);
    _ = sandbox.carto("account").run().fails(4).not_started();
}

#[test]
fn on_a_terminal_a_person_is_asked() {
    let sandbox = with_project(SETTINGS);
    let question = "[y/N] ";
    for no in ["\n", "n\n", "no\n", "maybe\n", "Y es\n", "\u{4}"] {
        let ran = sandbox.carto("trust").run_on_terminal(&[(question, no)]).fails(4);
        assert!(ran.stdout.contains("nothing was approved"), "{no:?}\n{ran}");
        _ = sandbox.carto("account").run().fails(4).not_started();
    }
    sandbox.carto("trust").env("NO_COLOR", "1").run_on_terminal(&[(question, "y\n")]).ok().shows(
        &expect![[r#"
            [work]/.carto/config.toml: not trusted
              username = "acme"
              [plugins.account]
              limit = 5
            sha256:9010bf415b152b66c8b64411c9c844cebbb23497c5483c6425049b6cff284655
            Trust exactly these settings? [y/N] y
            note: [work] is trusted until it changes
            exit 0
        "#]],
    );
    _ = sandbox.carto("account").run().ok().started();
    // Another time there is nothing to ask.
    sandbox.carto("trust").env("NO_COLOR", "1").run_on_terminal(&[]).ok().shows(&expect![[r#"
        [work]/.carto/config.toml: trusted
          username = "acme"
          [plugins.account]
          limit = 5
        sha256:9010bf415b152b66c8b64411c9c844cebbb23497c5483c6425049b6cff284655
        note: it is trusted already
        exit 0
    "#]]);
}

#[test]
fn what_was_shown_is_what_is_trusted() {
    let sandbox = with_project(SETTINGS);
    // While the question stands there, somebody else writes other settings.
    let evil = "base_url = \"https://evil.example\"\n";
    let config = sandbox.path("work/.carto/config.toml");
    let script = "#!/bin/sh\nprintf '%s' \"$1\" >\"$2\"\n";
    let swap = sandbox.file_with_mode("bin/swap", script, 0o755);
    let call = sandbox.carto("trust");
    let ran = call.run_on_terminal_doing("[y/N] ", "y\n", || {
        let status = Command::new(&swap).arg(evil).arg(&config).status().unwrap();
        assert!(status.success());
    });
    _ = ran.ok();
    sandbox.carto("account").run().fails(4).not_started().shows(&expect![[r#"
        ! error: this project names an account that you do not have: https://evil.example
        !   --> [work]/.carto/config.toml:1:12
        ! note: the nearest you have: ann at https://ann.carto.com (another host)
        ! note: the project's settings changed since you trusted them
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto login https://evil.example # when the account is yours
        ! help: carto --no-project ...      # leaves the project out
        exit 4
    "#]]);
}

#[test]
fn any_changed_byte_asks_again_and_is_shown() {
    let sandbox = with_project(SETTINGS);
    for changed in [
        format!("{SETTINGS}\n"),
        SETTINGS.replace('\n', "\r\n"),
        SETTINGS.replace("limit = 5", "limit =  5"),
        SETTINGS.trim_end().to_owned(),
        format!("\u{feff}{SETTINGS}"),
    ] {
        sandbox.project(SETTINGS);
        sandbox.trust("work");
        _ = sandbox.carto("account").run().ok().started();
        sandbox.project(&changed);
        let ran = sandbox.carto("account").run().fails(4).not_started();
        assert!(ran.stderr.contains("changed since you trusted them"), "{changed:?}\n{ran}");
    }
    sandbox.project(&SETTINGS.replace("limit = 5", "limit = 6"));
    sandbox.carto("trust --show").run().ok().shows(&expect![[r#"
        [work]/.carto/config.toml: changed since it was trusted
          username = "acme"
          [plugins.account]
        - limit = 5
        + limit = 6
        sha256:8a27da927aa236394389441e2b1908feec4c87d61732a17b7d4f88701b2332d9
        exit 0
    "#]]);
    sandbox.carto("trust --show --json").run().ok().shows(&expect![[r#"
        {
          "path": "[work]/.carto/config.toml",
          "settings": "username = \"acme\"\n[plugins.account]\nlimit = 6\n",
          "hash": "sha256:8a27da927aa236394389441e2b1908feec4c87d61732a17b7d4f88701b2332d9",
          "standing": "changed since it was trusted",
          "plugins": null,
          "credentials": false
        }
        exit 0
    "#]]);
    // Back to the approved bytes: nothing to ask.
    sandbox.project(SETTINGS);
    _ = sandbox.carto("account").run().ok().started();
}

#[test]
fn settings_cannot_draw_on_the_terminal() {
    let evil = "# \u{1b}[2J\u{1b}[1;1Hharmless\r\u{8}\u{7}\n# \u{202e}txet\u{2066} \u{200f}\n# \u{9b}31m\nusername = \"acme\"\n";
    let sandbox = with_project(evil);
    let ran = sandbox.carto("trust --show").run().ok();
    let control = |c: char| {
        c.is_control() && c != '\n'
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
            || c == '\u{200f}'
    };
    assert!(!ran.stdout.contains(control), "{:?}", ran.stdout);
    ran.shows(&expect![[r#"
        [work]/.carto/config.toml: not trusted
          # \x1b[2J\x1b[1;1Hharmless\r\x08\x07
          # \u{202e}txet\u{2066} \u{200f}
          # \u{9b}31m
          username = "acme"
        sha256:93ec7b53928b8b3af047e297723d2cf5633b864f70c50190be4f3f16fb348652
        exit 0
    "#]]);
    // Bytes that are no text are shown, too, and nothing of carto's frame can be copied.
    sandbox.file("work/.carto/config.toml", b"# \xff\xfe\x00\nusername = \"acme\"\n");
    let ran = sandbox.carto("trust --show").run().ok();
    assert!(!ran.stdout.contains(|c: char| c.is_control() && c != '\n'), "{:?}", ran.stdout);
}

#[test]
fn a_copy_of_the_tree_is_another_project() {
    let sandbox = with_project(SETTINGS);
    sandbox.trust("work");
    for (dir, why) in [("copy", "a copy"), ("work-evil", "a longer name"), ("work/sub", "below it")]
    {
        sandbox.file(&format!("{dir}/.carto/config.toml"), SETTINGS);
        let ran = sandbox.carto("account").dir(dir).run().fails(4).not_started();
        assert!(ran.stderr.contains("an account that you do not have"), "{why}\n{ran}");
    }
    // Through a link it is the same place.
    std::os::unix::fs::symlink("work", sandbox.path("link")).unwrap();
    _ = sandbox.carto("account").dir("link").run().ok().started();
    // Moved away and back.
    fs::rename(sandbox.path("work"), sandbox.path("moved")).unwrap();
    _ = sandbox.carto("account").dir("moved").run().fails(4).not_started();
    fs::rename(sandbox.path("moved"), sandbox.path("work")).unwrap();
    _ = sandbox.carto("account").run().ok().started();
}

#[test]
fn a_denied_project_is_left_out() {
    let sandbox = with_project("base_url = \"https://evil.example\"\n");
    sandbox.carto("trust --deny").run().ok().shows(&expect![[r#"
        ! note: [work] is left out from now on
        exit 0
    "#]]);
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=ann-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    sandbox.carto("trust --list").run().ok().shows(&expect![[r#"
        denied    [work]
        exit 0
    "#]]);
    sandbox.carto("config set --project username x").run().fails(4).shows(&expect![[r#"
        ! error: you have denied this project; nothing is written there
        !   --> [work]/.carto
        ! help: carto trust
        exit 4
    "#]]);
    // Whatever it says next.
    sandbox.project("username = \"other\"\n");
    _ = sandbox.carto("account").run().ok().started();
    sandbox.carto("trust --revoke").run().ok().shows(&expect![[r#"
        ! note: [work] is no longer left out
        exit 0
    "#]]);
    _ = sandbox.carto("account").run().fails(4).not_started();
    _ = sandbox.carto("trust --deny").run().ok();
    sandbox.trust("work");
    _ = sandbox.carto("account").run().ok().started();
}

#[test]
fn init_trusts_what_it_made() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.carto("init").run().ok().shows(&expect![[r#"
        ! note: made [work]/.carto
        exit 0
    "#]]);
    sandbox.carto("config set --project username acme").run().ok().shows(&expect![[r#"
        ! note: set username in [work]/.carto/config.toml
        ! note: there is no key for acme at https://acme.carto.com yet: carto config set --project apikey
        exit 0
    "#]]);
    sandbox.carto("config set --project plugins.account.limit 5").run().ok().shows(&expect![[r#"
        ! note: set plugins.account.limit in [work]/.carto/config.toml
        exit 0
    "#]]);
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://acme.carto.com
        CARTO_USER=acme
        CARTO_USERNAME=acme
        exit 0
    "#]]);
    // Another init changes nothing.
    sandbox.carto("init").run().ok().shows(&expect![[r#"
        ! note: [work]/.carto is there already; nothing was changed
        exit 0
    "#]]);
    _ = sandbox.carto("account").run().ok().started();
    // What somebody else wrote in between is not approved by writing beside it.
    sandbox.project(&(sandbox.read("work/.carto/config.toml") + "# pulled\n"));
    _ = sandbox.carto("account").run().fails(4).not_started();
    sandbox.carto("config set --project plugins.account.limit 6").run().ok().shows(&expect![[r#"
        ! note: set plugins.account.limit in [work]/.carto/config.toml
        ! note: this project has changed since you trusted it: see carto trust
        exit 0
    "#]]);
    _ = sandbox.carto("account").run().fails(4).not_started();
}

#[test]
fn init_does_not_trust_what_was_there() {
    let sandbox = with_project(SETTINGS);
    sandbox.carto("init").run().ok().shows(&expect![[r#"
        ! note: [work]/.carto is there already; nothing was changed
        exit 0
    "#]]);
    _ = sandbox.carto("account").run().fails(4).not_started();
    // An empty directory says nothing: it is what an `init` that was cut short leaves.
    fs::create_dir_all(sandbox.path("other/.carto")).unwrap();
    sandbox.carto("init").dir("other").run().ok().shows(&expect![[r#"
        ! note: made [root]/other/.carto
        exit 0
    "#]]);
    _ = sandbox.carto("config set --project username acme").dir("other").run().ok();
    sandbox.carto("account").dir("other").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://acme.carto.com
        CARTO_USER=acme
        CARTO_USERNAME=acme
        exit 0
    "#]]);
}

#[test]
fn keys_of_a_project_are_approved_apart() {
    let sandbox = with_project("username = \"ann\"\n");
    let entry = "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"ann\"\napikey = \"project-key\"\n";
    sandbox.file_with_mode("work/.carto/credentials.toml", entry, 0o600);
    // The hash covers the settings alone.
    sandbox.trust("work");
    let ran = sandbox.carto("account").run().ok().started().never_says("project-key");
    assert!(ran.stdout.contains("ann-key"), "{ran}");
    sandbox.carto("trust --show").run().ok().never_says("project-key").shows(&expect![[r#"
        [work]/.carto/config.toml: trusted
          username = "ann"
        sha256:0cd628d490ae5b6a8e74ba0e932c41ca2e1248f584471cea4f61e912ff58b4bf
        [work]/.carto/credentials.toml:
          key ******** of ann at https://ann.carto.com
        exit 0
    "#]]);
    let ran = sandbox.carto("trust").run_on_terminal(&[("[y/N] ", "y\n")]).ok();
    _ = ran.never_says("project-key");
    let ran = sandbox.carto("account").run().ok().started();
    assert!(ran.stdout.contains("CARTO_API_KEY=project-key"), "{ran}");
    // Keys that I stored stay mine when the settings change.
    sandbox.project("# pulled\nusername = \"ann\"\n");
    let ran = sandbox.carto("account").run().ok().started();
    assert!(ran.stdout.contains("CARTO_API_KEY=project-key"), "{ran}");
    // Keys that somebody else wrote are not.
    sandbox.file_with_mode("work/.carto/credentials.toml", entry.replace("project", "bait"), 0o600);
    let ran = sandbox.carto("account").run().ok().started().never_says("bait-key");
    assert!(ran.stdout.contains("ann-key"), "{ran}");
}

#[test]
fn a_foreign_project_counts_only_by_its_exact_bytes() {
    let sandbox = with_project(SETTINGS);
    let config = sandbox.path("work/.carto/config.toml");
    let open = |mode| {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&config, fs::Permissions::from_mode(mode)).unwrap();
    };
    open(0o666);
    sandbox.carto("account").run().fails(4).not_started().shows(&expect![[r#"
        ! error: the project's settings are not safe to use
        ! note: [work]/.carto/config.toml can be written by everyone
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4
    "#]]);
    sandbox.carto("-c username=ann account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=ann-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        ! note: the project is left out: [work]/.carto/config.toml can be written by everyone; -c username names the account
        exit 0
    "#]]);
    sandbox.carto("config set --project username x").run().fails(4).shows(&expect![[r#"
        ! error: the project's settings are not safe to use; nothing is written there
        !   --> [work]/.carto
        ! note: [work]/.carto/config.toml can be written by everyone
        exit 4
    "#]]);
    sandbox.trust("work");
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://acme.carto.com
        CARTO_USER=acme
        CARTO_USERNAME=acme
        exit 0
    "#]]);
    fs::write(&config, format!("{SETTINGS}# by everyone\n")).unwrap();
    _ = sandbox.carto("account").run().fails(4).not_started();
}

#[test]
fn there_is_nothing_to_trust_without_a_project() {
    let sandbox = Sandbox::new();
    sandbox.carto("trust").run().fails(1).shows(&expect![[r#"
        ! error: there is no project here: no `.carto` directory
        exit 1
    "#]]);
    for act in ["--show", "--revoke", "--deny"] {
        _ = sandbox.carto("trust").arg(act).run().fails(1);
    }
    sandbox.carto("trust --list").run().ok().shows(&expect![[r#"
        exit 0
    "#]]);
    // Two acts at once are none.
    _ = sandbox.carto("trust --show --deny").run().fails(2);
    // No home, no place for records: nothing is approved, and it says so.
    sandbox.project(SETTINGS);
    let hash = hash(&sandbox, &sandbox.path("work/.carto/config.toml"));
    sandbox.carto("trust --expect").arg(hash).env_remove("HOME").run().fails(5).shows(&expect![[
        r#"
            ! error: there is no place for trust records: HOME is not set
            ! help: set HOME to an absolute path
            exit 5
        "#
    ]]);
}
