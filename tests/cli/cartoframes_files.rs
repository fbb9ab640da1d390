//! CARTOframes' files, both ways: what every release wrote is read, and what is written every
//! release reads.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use expect_test::{Expect, expect};

use crate::sandbox::Sandbox;

/// What `save()` of each release writes, and the documented shape, byte for byte.
const FILES: [(&str, &str); 9] = [
    ("alpha", r#"{"api_key": "k1", "base_url": "https://ann.carto.com"}"#),
    ("0.x", r#"{"key": "k1", "base_url": "https://ann.carto.com", "username": "ann"}"#),
    ("1.0b2", r#"{"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com"}"#),
    (
        "1.x",
        r#"{"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com", "allow_non_secure": false}"#,
    ),
    (
        "1.x on premises, URL alone",
        r#"{"username": null, "api_key": "k1", "base_url": "https://maps.example.com/user/ann", "allow_non_secure": false}"#,
    ),
    (
        "1.x over http",
        r#"{"username": "ann", "api_key": "k1", "base_url": "http://maps.example.com/user/ann", "allow_non_secure": true}"#,
    ),
    (
        "1.x without a key",
        r#"{"username": "ann", "api_key": null, "base_url": "https://ann.carto.com/"}"#,
    ),
    (
        "documented",
        r#"{"APIKEY": "k1", "USERNAME": "ann", "USERURL": "https://{username}.carto.com/"}"#,
    ),
    ("documented, name alone", "{\"APIKEY\": \"k1\",\n \"USERNAME\": \"ann\"}\n"),
];

/// Runs lines and fails when a key shows, which is always called `marker`.
#[track_caller]
fn session(sandbox: &Sandbox, lines: &[&str], expected: &Expect) {
    let seen = sandbox.session(lines);
    let said: Vec<_> = seen.lines().filter(|line| !line.starts_with("$ ")).collect();
    assert!(!said.join("\n").contains("marker"), "{seen}");
    expected.assert_eq(&seen);
}

fn mode(sandbox: &Sandbox, name: &str) -> u32 {
    fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o7777
}

#[test]
fn every_release_is_imported_and_used_for_one_run() {
    let mut seen = String::new();
    for (release, text) in FILES {
        let sandbox = Sandbox::new();
        sandbox.file_with_mode("work/c.json", text, 0o600);
        let facts = || {
            let facts = fs::metadata(sandbox.path("work/c.json")).unwrap();
            (facts.ino(), facts.mtime_nsec(), facts.ctime_nsec(), facts.mode())
        };
        let before = facts();
        let once = sandbox.shell("carto --credentials-file c.json account").run().ok();
        let by_variable = sandbox.shell("CARTO_CREDENTIALS_FILE=c.json carto account").run().ok();
        assert_eq!(once.stdout, by_variable.stdout, "{release}");
        assert!(sandbox.shell("ls -A ~").run().stdout.is_empty(), "one run stores nothing");
        let told = sandbox.shell("carto credentials import c.json").run().ok().never_says("k1");
        assert!(told.stderr.is_empty(), "{release}: {told}");
        let stored = sandbox.shell("carto account").run().ok();
        assert_eq!(once.stdout, stored.stdout, "{release}");
        assert_eq!(sandbox.read("work/c.json"), text, "the source stays");
        assert_eq!(facts(), before, "the source is not touched");
        // A second time nothing changes.
        let again = sandbox.shell("carto credentials import c.json").run().ok();
        seen += &format!(
            "{release}\n{}{}{}\n",
            told.stdout,
            again.stdout,
            stored.stdout.replace("k1", "KEY")
        );
    }
    expect![[r#"
        alpha
        ann at https://ann.carto.com (key ********) from c.json: stored the key, as the default account
        ann at https://ann.carto.com (key ********) from c.json: had the key already, the account was there
        CARTO_API_KEY=KEY
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann

        0.x
        ann at https://ann.carto.com (key ********) from c.json: stored the key, as the default account
        ann at https://ann.carto.com (key ********) from c.json: had the key already, the account was there
        CARTO_API_KEY=KEY
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann

        1.0b2
        ann at https://ann.carto.com (key ********) from c.json: stored the key, as the default account
        ann at https://ann.carto.com (key ********) from c.json: had the key already, the account was there
        CARTO_API_KEY=KEY
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann

        1.x
        ann at https://ann.carto.com (key ********) from c.json: stored the key, as the default account
        ann at https://ann.carto.com (key ********) from c.json: had the key already, the account was there
        CARTO_API_KEY=KEY
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann

        1.x on premises, URL alone
        ann at https://maps.example.com/user/ann (key ********) from c.json: stored the key, as the default account
        ann at https://maps.example.com/user/ann (key ********) from c.json: had the key already, the account was there
        CARTO_API_KEY=KEY
        CARTO_BASE_URL=https://maps.example.com/user/ann
        CARTO_USER=ann
        CARTO_USERNAME=ann

        1.x over http
        ann at http://maps.example.com/user/ann (key ********) from c.json: stored the key, as the default account
        ann at http://maps.example.com/user/ann (key ********) from c.json: had the key already, the account was there
        CARTO_ALLOW_NON_SECURE=1
        CARTO_API_KEY=KEY
        CARTO_BASE_URL=http://maps.example.com/user/ann
        CARTO_USER=ann
        CARTO_USERNAME=ann

        1.x without a key
        ann at https://ann.carto.com (without a key) from c.json: no key, as the default account
        ann at https://ann.carto.com (without a key) from c.json: no key, the account was there
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann

        documented
        ann at https://ann.carto.com (key ********) from c.json: stored the key, as the default account
        ann at https://ann.carto.com (key ********) from c.json: had the key already, the account was there
        CARTO_API_KEY=KEY
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann

        documented, name alone
        ann at https://ann.carto.com (key ********) from c.json: stored the key, as the default account
        ann at https://ann.carto.com (key ********) from c.json: had the key already, the account was there
        CARTO_API_KEY=KEY
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann

    "#]].assert_eq(&seen);
}

/// `--as` gives the bytes of `save()`; the default form is read back to the same account.
#[test]
fn every_release_is_exported() {
    let mut seen = String::new();
    for (release, text) in FILES {
        let sandbox = Sandbox::new();
        sandbox.file_with_mode("work/c.json", text, 0o600);
        _ = sandbox.shell("carto credentials import c.json").run().ok();
        let account = sandbox.shell("carto account").run().ok().stdout;
        seen += &format!("{release}\n");
        for form in ["", "--as 0.x", "--as 1.0", "--as 1.x", "--as documented"] {
            let ran = sandbox.shell(&format!("carto credentials export {form}")).run();
            let dash = sandbox.shell(&format!("carto credentials export - {form}")).run();
            assert_eq!(ran.raw, dash.raw, "{release} {form}");
            if !ran.status.success() {
                assert_eq!(ran.code(), 4, "{release} {form}: {ran}");
                seen += &ran.to_string();
                continue;
            }
            seen += &format!("{form:<16}{}\n", ran.stdout);
            let file =
                sandbox.shell(&format!("carto credentials export out.json {form}")).run().ok();
            assert!(file.stdout.is_empty(), "{file}");
            assert_eq!(fs::read(sandbox.path("work/out.json")).unwrap(), ran.raw);
            assert_eq!(mode(&sandbox, "work/out.json"), 0o600);
            if form != "--as documented" || !account.contains("NON_SECURE") {
                let back = sandbox.shell("carto --credentials-file out.json account").run();
                assert_eq!(back.stdout, account, "{release} {form}: {back}");
            }
            fs::remove_file(sandbox.path("work/out.json")).unwrap();
        }
        seen += "\n";
    }
    expect![[r#"
        alpha
                        {
            "username": "ann",
            "key": "k1",
            "api_key": "k1",
            "base_url": "https://ann.carto.com",
            "allow_non_secure": false
        }

        --as 0.x        {"key": "k1", "base_url": "https://ann.carto.com", "username": "ann"}
        --as 1.0        {"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com"}
        --as 1.x        {"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com", "allow_non_secure": false}
        --as documented {
            "APIKEY": "k1",
            "USERNAME": "ann",
            "USERURL": "https://ann.carto.com/"
        }


        0.x
                        {
            "username": "ann",
            "key": "k1",
            "api_key": "k1",
            "base_url": "https://ann.carto.com",
            "allow_non_secure": false
        }

        --as 0.x        {"key": "k1", "base_url": "https://ann.carto.com", "username": "ann"}
        --as 1.0        {"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com"}
        --as 1.x        {"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com", "allow_non_secure": false}
        --as documented {
            "APIKEY": "k1",
            "USERNAME": "ann",
            "USERURL": "https://ann.carto.com/"
        }


        1.0b2
                        {
            "username": "ann",
            "key": "k1",
            "api_key": "k1",
            "base_url": "https://ann.carto.com",
            "allow_non_secure": false
        }

        --as 0.x        {"key": "k1", "base_url": "https://ann.carto.com", "username": "ann"}
        --as 1.0        {"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com"}
        --as 1.x        {"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com", "allow_non_secure": false}
        --as documented {
            "APIKEY": "k1",
            "USERNAME": "ann",
            "USERURL": "https://ann.carto.com/"
        }


        1.x
                        {
            "username": "ann",
            "key": "k1",
            "api_key": "k1",
            "base_url": "https://ann.carto.com",
            "allow_non_secure": false
        }

        --as 0.x        {"key": "k1", "base_url": "https://ann.carto.com", "username": "ann"}
        --as 1.0        {"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com"}
        --as 1.x        {"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com", "allow_non_secure": false}
        --as documented {
            "APIKEY": "k1",
            "USERNAME": "ann",
            "USERURL": "https://ann.carto.com/"
        }


        1.x on premises, URL alone
                        {
            "username": "ann",
            "key": "k1",
            "api_key": "k1",
            "base_url": "https://maps.example.com/user/ann",
            "allow_non_secure": false
        }

        --as 0.x        {"key": "k1", "base_url": "https://maps.example.com/user/ann", "username": "ann"}
        --as 1.0        {"username": "ann", "api_key": "k1", "base_url": "https://maps.example.com/user/ann"}
        --as 1.x        {"username": "ann", "api_key": "k1", "base_url": "https://maps.example.com/user/ann", "allow_non_secure": false}
        --as documented {
            "APIKEY": "k1",
            "USERNAME": "ann",
            "USERURL": "https://maps.example.com/user/ann/"
        }


        1.x over http
                        {
            "username": "ann",
            "key": "k1",
            "api_key": "k1",
            "base_url": "http://maps.example.com/user/ann",
            "allow_non_secure": true
        }

        ! error: CARTOframes 0.x has no way to permit an `http` base URL
        ! help: carto credentials export --as 1.x
        exit 4
        ! error: CARTOframes 1.0 has no way to permit an `http` base URL
        ! help: carto credentials export --as 1.x
        exit 4
        --as 1.x        {"username": "ann", "api_key": "k1", "base_url": "http://maps.example.com/user/ann", "allow_non_secure": true}
        --as documented {
            "APIKEY": "k1",
            "USERNAME": "ann",
            "USERURL": "http://maps.example.com/user/ann/"
        }


        1.x without a key
                        {
            "username": "ann",
            "key": "default_public",
            "api_key": "default_public",
            "base_url": "https://ann.carto.com",
            "allow_non_secure": false
        }

        --as 0.x        {"key": "default_public", "base_url": "https://ann.carto.com", "username": "ann"}
        --as 1.0        {"username": "ann", "api_key": "default_public", "base_url": "https://ann.carto.com"}
        --as 1.x        {"username": "ann", "api_key": "default_public", "base_url": "https://ann.carto.com", "allow_non_secure": false}
        --as documented {
            "APIKEY": "default_public",
            "USERNAME": "ann",
            "USERURL": "https://ann.carto.com/"
        }


        documented
                        {
            "username": "ann",
            "key": "k1",
            "api_key": "k1",
            "base_url": "https://ann.carto.com",
            "allow_non_secure": false
        }

        --as 0.x        {"key": "k1", "base_url": "https://ann.carto.com", "username": "ann"}
        --as 1.0        {"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com"}
        --as 1.x        {"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com", "allow_non_secure": false}
        --as documented {
            "APIKEY": "k1",
            "USERNAME": "ann",
            "USERURL": "https://ann.carto.com/"
        }


        documented, name alone
                        {
            "username": "ann",
            "key": "k1",
            "api_key": "k1",
            "base_url": "https://ann.carto.com",
            "allow_non_secure": false
        }

        --as 0.x        {"key": "k1", "base_url": "https://ann.carto.com", "username": "ann"}
        --as 1.0        {"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com"}
        --as 1.x        {"username": "ann", "api_key": "k1", "base_url": "https://ann.carto.com", "allow_non_secure": false}
        --as documented {
            "APIKEY": "k1",
            "USERNAME": "ann",
            "USERURL": "https://ann.carto.com/"
        }


    "#]].assert_eq(&seen);
    let same = |at: usize, form: &str| {
        let sandbox = Sandbox::new();
        sandbox.file_with_mode("work/c.json", FILES[at].1, 0o600);
        let line = format!("carto --credentials-file c.json credentials export --as {form}");
        assert_eq!(sandbox.shell(&line).run().ok().stdout, FILES[at].1);
    };
    same(1, "0.x");
    same(2, "1.0");
    same(3, "1.x");
    same(5, "1.x");
}

#[test]
fn an_import_says_what_it_stores_and_where() {
    let sandbox = Sandbox::new();
    sandbox.file_with_mode(
        "work/ann.json",
        r#"{"username": "ann", "api_key": "marker1", "base_url": "https://ann.carto.com"}"#,
        0o644,
    );
    sandbox.file_with_mode(
        "work/bob.json",
        r#"{"key": "marker2", "base_url": "https://bob.carto.com", "username": "bob", "session": 7, "x\u001b": null}"#,
        0o600,
    );
    session(
        &sandbox,
        &[
            "carto credentials import ann.json --dry-run",
            "ls -A ~/.config/carto 2>/dev/null",
            "carto credentials import ann.json",
            "stat -c %a ann.json",
            "carto credentials import bob.json --dry-run",
            "carto credentials import bob.json",
            "carto credentials import bob.json",
            "carto credentials import - --profile lab <bob.json",
            "carto credentials import ann.json --profile ''",
            "carto credentials import ann.json --profile x --all",
            "carto profile list",
            "carto config get username",
            "carto credentials import ann.json --project",
            "carto init",
            "carto credentials import bob.json --project",
            "carto config get username",
            "cat .carto/config.toml .carto/.gitignore",
            "stat -c %a .carto/credentials.toml",
            "cat ~/.config/carto/config.toml",
        ],
        &expect![[r#"
            $ carto credentials import ann.json --dry-run
            would store ann at https://ann.carto.com (key ********) from ann.json, as the default account
            ! warning: others can read ann.json (mode 0644); to change that: chmod 600 ann.json
            exit 0
            $ ls -A ~/.config/carto 2>/dev/null
            exit 2
            $ carto credentials import ann.json
            ann at https://ann.carto.com (key ********) from ann.json: stored the key, as the default account
            ! warning: others can read ann.json (mode 0644); to change that: chmod 600 ann.json
            exit 0
            $ stat -c %a ann.json
            644
            exit 0
            $ carto credentials import bob.json --dry-run
            would store bob at https://bob.carto.com (key ********) from bob.json, as profile bob
            ! note: bob.json: field `session` is unknown and left
            ! note: bob.json: field `x\x1b` is unknown and left
            exit 0
            $ carto credentials import bob.json
            bob at https://bob.carto.com (key ********) from bob.json: stored the key, as profile bob
            ! note: bob.json: field `session` is unknown and left
            ! note: bob.json: field `x\x1b` is unknown and left
            exit 0
            $ carto credentials import bob.json
            bob at https://bob.carto.com (key ********) from bob.json: had the key already, the account was there
            ! note: bob.json: field `session` is unknown and left
            ! note: bob.json: field `x\x1b` is unknown and left
            exit 0
            $ carto credentials import - --profile lab <bob.json
            bob at https://bob.carto.com (key ********) from standard input: had the key already, as profile lab
            ! note: standard input: field `session` is unknown and left
            ! note: standard input: field `x\x1b` is unknown and left
            exit 0
            $ carto credentials import ann.json --profile ''
            ! error: a profile's name cannot be empty
            !   --> --profile
            exit 2
            $ carto credentials import ann.json --profile x --all
            ! error: the argument `[FILE]` cannot be used with `--all`
            ! note: usage: carto credentials import --profile <NAME> <FILE>
            ! help: carto credentials import --help
            exit 2
            $ carto profile list
            * (default)  ann at https://ann.carto.com
              bob        bob at https://bob.carto.com
              lab        bob at https://bob.carto.com
            exit 0
            $ carto config get username
            ann
            exit 0
            $ carto credentials import ann.json --project
            ! error: there is no project here: no `.carto` directory
            ! help: carto init
            exit 1
            $ carto init
            ! note: made [work]/.carto
            exit 0
            $ carto credentials import bob.json --project
            bob at https://bob.carto.com (key ********) from bob.json: stored the key, as profile bob, which is now the default
            ! note: bob.json: field `session` is unknown and left
            ! note: bob.json: field `x\x1b` is unknown and left
            exit 0
            $ carto config get username
            bob
            exit 0
            $ cat .carto/config.toml .carto/.gitignore
            #:schema ./config.schema.json
            # Settings of this project; they may be committed. Keys never stand here:
            # `carto config set --project apikey` stores them in credentials.toml beside this file.

            profile = "bob"

            [profiles.bob]
            base_url = "https://bob.carto.com"
            username = "bob"
            credentials.toml
            .lock
            .*.tmp-*
            exit 0
            $ stat -c %a .carto/credentials.toml
            600
            exit 0
            $ cat ~/.config/carto/config.toml
            username = "ann"

            [profiles.bob]
            base_url = "https://bob.carto.com"
            username = "bob"

            [profiles.lab]
            base_url = "https://bob.carto.com"
            username = "bob"
            exit 0
        "#]],
    );
}

#[test]
fn without_a_file_the_known_places_are_looked_through() {
    let sandbox = Sandbox::new();
    let old = r#"{"key": "marker1", "base_url": "https://ann.carto.com", "username": "ann"}"#;
    let new = r#"{"username": "bob", "api_key": "marker2", "base_url": "https://bob.carto.com", "allow_non_secure": false}"#;
    let npm = r#"{"current_profile": "us", "profiles": {"eu": {"token": "marker3", "tenant_id": "ten", "tenant_domain": "x.app.carto.com", "organization_id": "o", "organization_name": "Geo", "user_email": "a@x.example"}, "us": {"token": "marker4", "tenant_id": "two"}}}"#;
    sandbox.file_with_mode("home/.config/cartoframes/cartocreds.json", old, 0o644);
    session(
        &sandbox,
        &["carto credentials import"],
        &expect![[r#"
            $ carto credentials import
            ann at https://ann.carto.com (key ********) from ~/.config/cartoframes/cartocreds.json: stored the key, as the default account
            ! warning: others can read ~/.config/cartoframes/cartocreds.json (mode 0644); to change that: chmod 600 ~/.config/cartoframes/cartocreds.json
            exit 0
        "#]],
    );
    sandbox.file_with_mode("home/.config/cartoframes/creds.json", new, 0o600);
    sandbox.file_with_mode("home/.carto_credentials.json", npm, 0o600);
    session(
        &sandbox,
        &[
            "carto credentials import",
            "carto credentials import --all",
            "carto profile list",
            "carto config get username",
            "carto -p eu config get organization",
            "XDG_CONFIG_HOME=$PWD carto credentials import --dry-run",
            "XDG_CONFIG_HOME=$PWD carto credentials import --profile x",
            "XDG_CONFIG_HOME=$PWD carto credentials import",
            "XDG_CONFIG_HOME=$PWD carto config get profile",
        ],
        &expect![[r#"
            $ carto credentials import
            ! error: several credentials files were found
            !   --> ~/.config/cartoframes/creds.json
            !   --> ~/.config/cartoframes/cartocreds.json
            !   --> ~/.carto_credentials.json
            ! help: carto credentials import FILE
            ! help: carto credentials import --all     # takes them one after the other
            exit 2
            $ carto credentials import --all
            ~/.config/cartoframes/creds.json       CARTOframes                    bob at https://bob.carto.com  stored as profile bob
            ~/.config/cartoframes/cartocreds.json  CARTOframes                    ann at https://ann.carto.com  already there
            ~/.carto_credentials.json              CARTO's official command line  https://two.api.carto.com     stored as profile us
            ~/.carto_credentials.json              CARTO's official command line  https://ten.api.carto.com     stored as profile eu
            ! warning: others can read ~/.config/cartoframes/cartocreds.json (mode 0644); to change that: chmod 600 ~/.config/cartoframes/cartocreds.json
            exit 0
            $ carto profile list
            * (default)  ann at https://ann.carto.com
              bob        bob at https://bob.carto.com
              eu         https://ten.api.carto.com
              us         https://two.api.carto.com
            exit 0
            $ carto config get username
            ann
            exit 0
            $ carto -p eu config get organization
            Geo
            exit 0
            $ XDG_CONFIG_HOME=$PWD carto credentials import --dry-run
            would store https://two.api.carto.com (key ********) from ~/.carto_credentials.json, as profile us, which is now the default
            would store https://ten.api.carto.com (key ********) from ~/.carto_credentials.json, as profile eu
            exit 0
            $ XDG_CONFIG_HOME=$PWD carto credentials import --profile x
            ! error: the file holds several accounts
            !   --> ~/.carto_credentials.json
            !   --> --profile
            ! help: without `--profile` each becomes the profile that it is there
            exit 2
            $ XDG_CONFIG_HOME=$PWD carto credentials import
            https://two.api.carto.com (key ********) from ~/.carto_credentials.json: stored the key, as profile us, which is now the default
            https://ten.api.carto.com (key ********) from ~/.carto_credentials.json: stored the key, as profile eu
            exit 0
            $ XDG_CONFIG_HOME=$PWD carto config get profile
            us
            exit 0
        "#]],
    );
}

#[test]
fn another_account_is_not_overwritten() {
    let sandbox = Sandbox::new();
    sandbox.keys(&["marker1 https://ann.carto.com ann", "marker2 https://bob.carto.com bob"]);
    sandbox.user("username = \"ann\"\n");
    sandbox.file_with_mode("work/notes.txt", "not mine to write\n", 0o644);
    sandbox.file_with_mode("work/empty.json", "", 0o644);
    session(
        &sandbox,
        &[
            "carto credentials export c.json",
            "carto credentials export c.json",
            "carto -c username=bob credentials export c.json",
            "carto -c username=bob credentials export c.json --force",
            "carto --credentials-file c.json config get username",
            "carto credentials export notes.txt",
            "cat notes.txt",
            "carto credentials export empty.json",
            "carto -c username=bob credentials export --default",
            "carto credentials export --default",
            "carto credentials export --default --force",
            "carto credentials export --default x.json",
            "carto credentials export --as 2.x",
            "ls -A . ~/.config/cartoframes",
            "stat -c '%a %n' *.json ~/.config/cartoframes/*",
        ],
        &expect![[r#"
            $ carto credentials export c.json
            ! note: wrote ann at https://ann.carto.com to c.json
            exit 0
            $ carto credentials export c.json
            ! note: wrote ann at https://ann.carto.com to c.json
            exit 0
            $ carto -c username=bob credentials export c.json
            ! error: the file holds another account
            !   --> c.json
            ! help: carto credentials import c.json     # keeps it
            ! help: --force replaces it
            exit 4
            $ carto -c username=bob credentials export c.json --force
            ! note: wrote bob at https://bob.carto.com to c.json
            exit 0
            $ carto --credentials-file c.json config get username
            bob
            exit 0
            $ carto credentials export notes.txt
            ! error: the file holds something else
            !   --> notes.txt
            ! help: --force replaces it
            exit 4
            $ cat notes.txt
            not mine to write
            exit 0
            $ carto credentials export empty.json
            ! note: wrote ann at https://ann.carto.com to empty.json
            exit 0
            $ carto -c username=bob credentials export --default
            ! note: wrote bob at https://bob.carto.com to ~/.config/cartoframes/creds.json
            ! note: wrote bob at https://bob.carto.com to ~/.config/cartoframes/cartocreds.json
            exit 0
            $ carto credentials export --default
            ! error: the file holds another account
            !   --> ~/.config/cartoframes/creds.json
            ! help: carto credentials import ~/.config/cartoframes/creds.json     # keeps it
            ! help: --force replaces it
            exit 4
            $ carto credentials export --default --force
            ! note: wrote ann at https://ann.carto.com to ~/.config/cartoframes/creds.json
            ! note: wrote ann at https://ann.carto.com to ~/.config/cartoframes/cartocreds.json
            exit 0
            $ carto credentials export --default x.json
            ! error: the argument `--default` cannot be used with `[FILE]`
            ! note: usage: carto credentials export --default [FILE]
            ! help: carto credentials export --help
            exit 2
            $ carto credentials export --as 2.x
            ! error: invalid value `2.x` for `--as <RELEASE>`
            ! note: possible values: 0.x, 1.0, 1.x, documented
            ! help: did you mean `1.x`?
            exit 2
            $ ls -A . ~/.config/cartoframes
            .:
            c.json
            empty.json
            notes.txt

            ~/.config/cartoframes:
            cartocreds.json
            creds.json
            exit 0
            $ stat -c '%a %n' *.json ~/.config/cartoframes/*
            600 c.json
            600 empty.json
            600 ~/.config/cartoframes/cartocreds.json
            600 ~/.config/cartoframes/creds.json
            exit 0
        "#]],
    );
    for name in ["creds.json", "cartocreds.json"] {
        assert!(sandbox.read(&format!("home/.config/cartoframes/{name}")).contains("marker1"));
    }
}

#[test]
fn http_is_kept_with_its_permission() {
    let sandbox = Sandbox::new();
    sandbox.file_with_mode("work/c.json", FILES[5].1.replace("k1", "marker"), 0o600);
    session(
        &sandbox,
        &[
            "carto credentials import c.json",
            "cat ~/.config/carto/config.toml",
            "grep -v apikey ~/.config/carto/credentials.toml",
            "carto config get base_url",
            "carto credentials export --as 0.x",
            "carto credentials export --as 1.0",
            "carto credentials export old.json --as 0.x; ls old.json 2>/dev/null",
            "carto credentials export new.json; carto --credentials-file new.json config get base_url",
        ],
        &expect![[r#"
            $ carto credentials import c.json
            ann at http://maps.example.com/user/ann (key ********) from c.json: stored the key, as the default account
            exit 0
            $ cat ~/.config/carto/config.toml
            allow_non_secure = true
            base_url = "http://maps.example.com/user/ann"
            username = "ann"
            exit 0
            $ grep -v apikey ~/.config/carto/credentials.toml
            [[credential]]
            base_url = "http://maps.example.com/user/ann"
            username = "ann"
            allow_non_secure = true
            exit 0
            $ carto config get base_url
            http://maps.example.com/user/ann
            exit 0
            $ carto credentials export --as 0.x
            ! error: CARTOframes 0.x has no way to permit an `http` base URL
            ! help: carto credentials export --as 1.x
            exit 4
            $ carto credentials export --as 1.0
            ! error: CARTOframes 1.0 has no way to permit an `http` base URL
            ! help: carto credentials export --as 1.x
            exit 4
            $ carto credentials export old.json --as 0.x; ls old.json 2>/dev/null
            ! error: CARTOframes 0.x has no way to permit an `http` base URL
            ! help: carto credentials export --as 1.x
            exit 2
            $ carto credentials export new.json; carto --credentials-file new.json config get base_url
            http://maps.example.com/user/ann
            ! note: wrote ann at http://maps.example.com/user/ann to new.json
            exit 0
        "#]],
    );
}

#[test]
fn a_file_is_deleted_after_saying_what_it_holds() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&["marker https://ann.carto.com ann"]);
    sandbox.file_with_mode("work/c.json", FILES[3].1.replace("k1", "marker"), 0o600);
    sandbox.file_with_mode("work/nokey.json", FILES[6].1, 0o644);
    sandbox.file_with_mode("work/other.json", r#"{"x": 1}"#, 0o644);
    session(
        &sandbox,
        &[
            "carto credentials delete c.json",
            "carto credentials delete nokey.json",
            "carto credentials delete other.json",
            "carto credentials delete c.json",
            "ln -s other.json link.json; carto credentials delete link.json",
            "ls -A",
            "carto credentials delete",
            "carto credentials delete",
        ],
        &expect![[r#"
            $ carto credentials delete c.json
            ! note: c.json holds a key for ann, https://ann.carto.com
            ! note: deleted c.json
            exit 0
            $ carto credentials delete nokey.json
            ! note: nokey.json holds no key for ann, https://ann.carto.com
            ! note: deleted nokey.json
            exit 0
            $ carto credentials delete other.json
            ! error: no known format of credentials
            !   --> other.json
            exit 3
            $ carto credentials delete c.json
            ! error: there is no such file
            !   --> c.json
            exit 1
            $ ln -s other.json link.json; carto credentials delete link.json
            ! error: no known format of credentials
            !   --> link.json
            exit 3
            $ ls -A
            link.json
            other.json
            exit 0
            $ carto credentials delete
            ! note: forgot the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ carto credentials delete
            ! error: no key of ann at https://ann.carto.com is stored
            exit 1
        "#]],
    );
}

#[test]
fn an_export_into_a_work_tree_is_ignored_first_and_never_tracked() {
    let sandbox = Sandbox::new();
    let has_git = sandbox.shell("command -v git").run().status.success();
    assert!(has_git || std::env::var_os("CI").is_none(), "CI has to have git");
    if !has_git {
        return;
    }
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&["marker https://ann.carto.com ann"]);
    sandbox.file("work/.gitignore", "*.pyc\n!*.json");
    sandbox.file("work/sub/tracked.json", FILES[6].1);
    session(
        &sandbox,
        &[
            "git init -q . && git add .gitignore sub",
            "carto credentials export cartocreds.json",
            "carto credentials export $PWD/sub/x.json",
            "carto credentials export sub/tracked.json",
            "cd sub && carto credentials export tracked.json",
            "cat .gitignore sub/.gitignore",
            "git add -A && git ls-files",
            "cat sub/tracked.json",
        ],
        &expect![[r#"
            $ git init -q . && git add .gitignore sub
            exit 0
            $ carto credentials export cartocreds.json
            ! note: wrote ann at https://ann.carto.com to cartocreds.json
            exit 0
            $ carto credentials export $PWD/sub/x.json
            ! note: wrote ann at https://ann.carto.com to [work]/sub/x.json
            exit 0
            $ carto credentials export sub/tracked.json
            ! error: git tracks this file; no key is written into it
            !   --> sub/tracked.json
            ! note: a key that was committed is known to everyone who has the repository: replace it
            ! help: git rm --cached 'sub/tracked.json'
            exit 5
            $ cd sub && carto credentials export tracked.json
            ! error: git tracks this file; no key is written into it
            !   --> tracked.json
            ! note: a key that was committed is known to everyone who has the repository: replace it
            ! help: git rm --cached 'tracked.json'
            exit 5
            $ cat .gitignore sub/.gitignore
            *.pyc
            !*.json
            credentials.toml
            .lock
            .*.tmp-*
            /cartocreds.json
            credentials.toml
            .lock
            .*.tmp-*
            /x.json
            exit 0
            $ git add -A && git ls-files
            .gitignore
            sub/.gitignore
            sub/tracked.json
            exit 0
            $ cat sub/tracked.json
            {"username": "ann", "api_key": null, "base_url": "https://ann.carto.com/"}(no newline)
            exit 0
        "#]],
    );
}

#[test]
fn an_export_takes_no_key_away_that_is_nowhere_else() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    let dir = "home/.config/cartoframes";
    let file = |name: &str, account: &str| {
        let text = format!("{{\"username\": \"{account}\", \"key\": \"marker-{account}\"}}");
        sandbox.file_with_mode(&format!("{dir}/{name}"), text, 0o600);
    };
    file("creds.json", "ann");
    let seen = sandbox.session(&[
        // carto has no key of ann.
        "carto credentials export --default",
        "cp ~/.config/cartoframes/creds.json .; carto credentials export creds.json",
        "grep -c marker-ann ~/.config/cartoframes/creds.json creds.json",
        "carto credentials export creds.json --force",
        "carto credentials import",
        "carto credentials export --default",
    ]);
    expect![[r#"
        $ carto credentials export --default
        ! error: the file holds a key of the account, and carto has none to put in its place
        !   --> ~/.config/cartoframes/creds.json
        ! help: carto credentials import ~/.config/cartoframes/creds.json     # keeps it
        ! help: --force replaces it
        exit 4
        $ cp ~/.config/cartoframes/creds.json .; carto credentials export creds.json
        ! error: the file holds a key of the account, and carto has none to put in its place
        !   --> creds.json
        ! help: carto credentials import creds.json     # keeps it
        ! help: --force replaces it
        exit 4
        $ grep -c marker-ann ~/.config/cartoframes/creds.json creds.json
        ~/.config/cartoframes/creds.json:1
        creds.json:1
        exit 0
        $ carto credentials export creds.json --force
        ! note: wrote ann at https://ann.carto.com to creds.json
        exit 0
        $ carto credentials import
        ann at https://ann.carto.com (key ********) from ~/.config/cartoframes/creds.json: stored the key, the account was there
        exit 0
        $ carto credentials export --default
        ! note: wrote ann at https://ann.carto.com to ~/.config/cartoframes/creds.json
        ! note: wrote ann at https://ann.carto.com to ~/.config/cartoframes/cartocreds.json
        exit 0
    "#]].assert_eq(&seen);
    // Both files, or none.
    std::fs::remove_file(sandbox.path(&format!("{dir}/creds.json"))).unwrap();
    file("cartocreds.json", "bob");
    let seen = sandbox.session(&["carto credentials export --default", "ls ~/.config/cartoframes"]);
    expect![[r#"
        $ carto credentials export --default
        ! error: the file holds another account
        !   --> ~/.config/cartoframes/cartocreds.json
        ! help: carto credentials import ~/.config/cartoframes/cartocreds.json     # keeps it
        ! help: --force replaces it
        exit 4
        $ ls ~/.config/cartoframes
        cartocreds.json
        exit 0
    "#]]
    .assert_eq(&seen);
}
