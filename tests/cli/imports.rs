//! Other programs' credential files: what each becomes, what is said, and that nothing is lost.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::PathBuf;
use std::time::SystemTime;

use expect_test::{Expect, expect};

use crate::sandbox::Sandbox;

const CREDS: &str = "home/.config/cartoframes/creds.json";
const CARTOCREDS: &str = "home/.config/cartoframes/cartocreds.json";
const OFFICIAL: &str = "home/.carto_credentials.json";
const CARTORC: &str = "home/.cartorc.yaml";
const CARTODBRC: &str = "home/.cartodbrc";

/// Runs lines and fails when a key shows, which is always called `marker`.
#[track_caller]
fn session(sandbox: &Sandbox, lines: &[&str], expected: &Expect) {
    let seen = sandbox.session(lines);
    let said: Vec<_> = seen.lines().filter(|line| !line.starts_with("$ ")).collect();
    assert!(!said.join("\n").contains("marker"), "{seen}");
    expected.assert_eq(&seen);
}

/// Every file below a home with its bytes and the time of its last change.
fn tree(sandbox: &Sandbox) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut files = BTreeMap::new();
    let mut dirs = vec![sandbox.path("home")];
    while let Some(dir) = dirs.pop() {
        let changed = fs::metadata(&dir).unwrap().modified().unwrap();
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                let changed = path.metadata().unwrap().modified().unwrap();
                files.insert(path.clone(), (fs::read(path).unwrap(), changed));
            }
        }
        files.insert(dir, (Vec::new(), changed));
    }
    files
}

/// A user who has worked with everything.
fn everything() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file(
        CREDS,
        r#"{"username": "ann", "api_key": "marker-a1", "base_url": "https://ann.carto.com", "allow_non_secure": false}"#,
    );
    sandbox.file_with_mode(
        CARTOCREDS,
        r#"{"key": "marker-a2", "base_url": "https://ann.carto.com", "username": "ann"}"#,
        0o600,
    );
    sandbox.file_with_mode(
        OFFICIAL,
        r#"{"current_profile": "us", "profiles": {
            "eu": {"token": "marker-eu", "tenant_id": "ac_eu", "organization_name": "Geo"},
            "us": {"token": "marker-us", "tenant_id": "ac_us"}, "gone": {"token": "marker-x"}}}"#,
        0o600,
    );
    sandbox.file(
        CARTORC,
        "base: &base\n  organization: Acme\n\
         acme:\n  <<: *base\n  api_key: marker-acme\n  check_ssl: false\n\
         acme-read:\n  user: acme\n  api_key: marker-acme-read\n\
         eu:\n  user: bob\n  url: https://maps.example.com/user/bob/\n  api_key: 'marker-bob'\n  region: 7\n\
         mine:\n  url: https://ann.carto.com/\n  api_key: marker-a1\n",
    );
    sandbox.file_with_mode(
        CARTODBRC,
        "host: h.example\nusername: u\noauth_key: marker\noauth_secret: marker\n",
        0o640,
    );
    sandbox
}

#[test]
fn a_user_with_all_of_them_takes_all_over_at_once() {
    let sandbox = everything();
    let before = tree(&sandbox);
    let dry = sandbox.carto("credentials import --all --dry-run").run().ok();
    assert_eq!(tree(&sandbox), before, "a dry run writes nothing");
    let mut real = sandbox.carto("credentials import --all").run().ok().never_says("marker");
    let gap = |text: &str| {
        text.replace("would be stored", "stored").replace("would be skipped", "skipped")
    };
    assert_eq!(gap(&dry.stdout), real.stdout, "a dry run tells what the run does");
    assert_eq!(dry.stderr, real.stderr);
    real.stdout = real.stdout.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    real.shows(&expect![[r#"
        ~/.config/cartoframes/creds.json       CARTOframes                    ann at https://ann.carto.com              stored as the default account
        ~/.config/cartoframes/cartocreds.json  CARTOframes                    ann at https://ann.carto.com              skipped: ~/.config/cartoframes/creds.json has another key for it; to replace it: carto credentials import ~/.config/cartoframes/cartocreds.json
        ~/.carto_credentials.json              CARTO's official command line  https://ac_us.api.carto.com               stored as profile us
        ~/.carto_credentials.json              CARTO's official command line  https://ac_eu.api.carto.com               stored as profile eu
        ~/.cartorc.yaml                        carto_cli                      acme at https://acme.carto.com            stored as profile acme
        ~/.cartorc.yaml                        carto_cli                      acme at https://acme.carto.com            stored as profile acme-read
        ~/.cartorc.yaml                        carto_cli                      bob at https://maps.example.com/user/bob  stored as profile eu-2 (profile eu is another account's)
        ~/.cartorc.yaml                        carto_cli                      ann at https://ann.carto.com              stored as profile mine; its key was there
        ~/.cartodbrc                           cartodb-tools                  -                                         left: a file of cartodb-tools holds OAuth 1 secrets and no API key, so there is none to import
        ! warning: others can read ~/.config/cartoframes/creds.json (mode 0644); to change that: chmod 600 ~/.config/cartoframes/creds.json
        ! note: ~/.carto_credentials.json: `gone` names no account and is left
        ! warning: others can read ~/.cartorc.yaml (mode 0644); to change that: chmod 600 ~/.cartorc.yaml
        ! note: ~/.cartorc.yaml: field `eu.region` is unknown and left
        ! note: ~/.cartorc.yaml: `base` has no `api_key` and is left
        ! note: ~/.cartorc.yaml: `acme.check_ssl` is left: carto has no such switch, certificates are always checked
        ! warning: others can read ~/.cartodbrc (mode 0640); to change that: chmod 600 ~/.cartodbrc
        exit 0
    "#]]);
    for (path, (bytes, changed)) in &before {
        let now = tree(&sandbox);
        if path.is_file() {
            assert_eq!(now.get(path), Some(&(bytes.clone(), *changed)), "the sources stay");
        }
    }
    session(
        &sandbox,
        &[
            "carto profile list",
            "carto config get base_url",
            "carto -p acme config get organization",
            "carto doctor",
            "cat ~/.config/carto/config.toml",
        ],
        &expect![[r#"
            $ carto profile list
            * (default)  ann at https://ann.carto.com
              acme       acme at https://acme.carto.com
              acme-read  acme at https://acme.carto.com
              eu         https://ac_eu.api.carto.com
              eu-2       bob at https://maps.example.com/user/bob
              mine       ann at https://ann.carto.com
              us         https://ac_us.api.carto.com
            exit 0
            $ carto config get base_url
            https://ann.carto.com
            exit 0
            $ carto -p acme config get organization
            Acme
            exit 0
            $ carto doctor
            problem [loose-legacy-file] others can read the credentials of cartodb-tools (mode 0640)
              --> ~/.cartodbrc
              fix: chmod 600 ~/.cartodbrc
            problem [loose-legacy-file] others can read the credentials of carto_cli (mode 0644)
              --> ~/.cartorc.yaml
              fix: chmod 600 ~/.cartorc.yaml
            problem [loose-legacy-file] others can read the credentials of CARTOframes (mode 0644)
              --> ~/.config/cartoframes/creds.json
              fix: chmod 600 ~/.config/cartoframes/creds.json
            hint [legacy-file] credentials of CARTO's official command line are kept here, too
              --> ~/.carto_credentials.json
              fix: carto credentials import ~/.carto_credentials.json
            hint [legacy-file] OAuth 1 secrets of cartodb-tools are kept here; carto has no use for them
              --> ~/.cartodbrc
              fix: when nothing uses them any more: rm ~/.cartodbrc
            hint [legacy-file] credentials of carto_cli are kept here, too
              --> ~/.cartorc.yaml
              fix: carto credentials import ~/.cartorc.yaml
            hint [legacy-file] credentials of CARTOframes are kept here, too
              --> ~/.config/cartoframes/cartocreds.json
              fix: carto credentials import ~/.config/cartoframes/cartocreds.json
            hint [legacy-file] credentials of CARTOframes are kept here, too
              --> ~/.config/cartoframes/creds.json
              fix: carto credentials import ~/.config/cartoframes/creds.json
            exit 1
            $ cat ~/.config/carto/config.toml
            username = "ann"

            [profiles.us]
            base_url = "https://ac_us.api.carto.com"

            [profiles.eu]
            base_url = "https://ac_eu.api.carto.com"
            organization = "Geo"

            [profiles.acme]
            base_url = "https://acme.carto.com"
            username = "acme"
            organization = "Acme"

            [profiles.acme-read]
            base_url = "https://acme.carto.com"
            username = "acme"

            [profiles.eu-2]
            base_url = "https://maps.example.com/user/bob"
            username = "bob"

            [profiles.mine]
            base_url = "https://ann.carto.com"
            username = "ann"
            exit 0
        "#]],
    );
    for (profile, key) in [
        ("acme", "marker-acme"),
        ("acme-read", "marker-acme-read"),
        ("eu", "marker-eu"),
        ("eu-2", "marker-bob"),
        ("us", "marker-us"),
        ("mine", "marker-a1"),
    ] {
        let ran = sandbox.carto(&format!("-p {profile} config get apikey")).run().ok();
        assert_eq!(ran.stdout, format!("{key}\n"), "{profile}");
    }
    let before = tree(&sandbox);
    sandbox
        .carto("credentials import --all")
        .run()
        .ok()
        .never_says("marker")
        .shows(&expect![[r#"
            ~/.config/cartoframes/creds.json       CARTOframes                    ann at https://ann.carto.com              already there
            ~/.config/cartoframes/cartocreds.json  CARTOframes                    ann at https://ann.carto.com              skipped: ~/.config/cartoframes/creds.json has another key for it; to replace it: carto credentials import ~/.config/cartoframes/cartocreds.json
            ~/.carto_credentials.json              CARTO's official command line  https://ac_us.api.carto.com               already there
            ~/.carto_credentials.json              CARTO's official command line  https://ac_eu.api.carto.com               already there
            ~/.cartorc.yaml                        carto_cli                      acme at https://acme.carto.com            already there
            ~/.cartorc.yaml                        carto_cli                      acme at https://acme.carto.com            already there
            ~/.cartorc.yaml                        carto_cli                      bob at https://maps.example.com/user/bob  already there
            ~/.cartorc.yaml                        carto_cli                      ann at https://ann.carto.com              already there
            ~/.cartodbrc                           cartodb-tools                  -                                         left: a file of cartodb-tools holds OAuth 1 secrets and no API key, so there is none to import
            ! warning: others can read ~/.config/cartoframes/creds.json (mode 0644); to change that: chmod 600 ~/.config/cartoframes/creds.json
            ! note: ~/.carto_credentials.json: `gone` names no account and is left
            ! warning: others can read ~/.cartorc.yaml (mode 0644); to change that: chmod 600 ~/.cartorc.yaml
            ! note: ~/.cartorc.yaml: field `eu.region` is unknown and left
            ! note: ~/.cartorc.yaml: `base` has no `api_key` and is left
            ! note: ~/.cartorc.yaml: `acme.check_ssl` is left: carto has no such switch, certificates are always checked
            ! warning: others can read ~/.cartodbrc (mode 0640); to change that: chmod 600 ~/.cartodbrc
            exit 0
        "#]]);
    assert_eq!(tree(&sandbox), before, "a second run changes no byte and no time");
}

#[test]
fn what_is_there_is_never_replaced_by_all() {
    let sandbox = everything();
    sandbox.keys(&[
        "marker-mine https://ann.carto.com ann",
        "marker-p https://acme.carto.com acme profile=p",
    ]);
    sandbox.user("profile = \"missing\"\n[profiles.us]\nusername = \"zoe\"\n");
    let credentials = sandbox.read("home/.config/carto/credentials.toml");
    session(
        &sandbox,
        &[
            "carto credentials import --all 2>/dev/null | sed 's/^[^ ]* *//'",
            "cat ~/.config/carto/config.toml",
            "carto -p us config get username",
        ],
        &expect![[r#"
            $ carto credentials import --all 2>/dev/null | sed 's/^[^ ]* *//'
            CARTOframes                    ann at https://ann.carto.com              skipped: it has another key already; to replace it: carto credentials import ~/.config/cartoframes/creds.json
            CARTOframes                    ann at https://ann.carto.com              skipped: it has another key already; to replace it: carto credentials import ~/.config/cartoframes/cartocreds.json
            CARTO's official command line  https://ac_us.api.carto.com               stored as profile us-2 (profile us is another account's)
            CARTO's official command line  https://ac_eu.api.carto.com               stored as profile eu
            carto_cli                      acme at https://acme.carto.com            skipped: it has another key already; to replace it: carto credentials import ~/.cartorc.yaml
            carto_cli                      acme at https://acme.carto.com            skipped: it has another key already; to replace it: carto credentials import ~/.cartorc.yaml
            carto_cli                      bob at https://maps.example.com/user/bob  stored as profile eu-2 (profile eu is another account's)
            carto_cli                      ann at https://ann.carto.com              skipped: it has another key already; to replace it: carto credentials import ~/.cartorc.yaml
            cartodb-tools                  -                                         left: a file of cartodb-tools holds OAuth 1 secrets and no API key, so there is none to import
            exit 0
            $ cat ~/.config/carto/config.toml
            profile = "missing"
            [profiles.us]
            username = "zoe"

            [profiles.us-2]
            base_url = "https://ac_us.api.carto.com"

            [profiles.eu]
            base_url = "https://ac_eu.api.carto.com"
            organization = "Geo"

            [profiles.eu-2]
            base_url = "https://maps.example.com/user/bob"
            username = "bob"
            exit 0
            $ carto -p us config get username
            zoe
            exit 0
        "#]],
    );
    let now = sandbox.read("home/.config/carto/credentials.toml");
    assert!(now.starts_with(&credentials), "{now}");
    let before = tree(&sandbox);
    _ = sandbox.carto("credentials import --all").run().ok();
    assert_eq!(tree(&sandbox), before);
    // The command that the table names does replace it, and says so before and after.
    session(
        &sandbox,
        &[
            "carto credentials import ~/.config/cartoframes/creds.json --dry-run",
            "carto credentials import ~/.config/cartoframes/creds.json",
        ],
        &expect![[r#"
            $ carto credentials import ~/.config/cartoframes/creds.json --dry-run
            would replace the key of ann at https://ann.carto.com (key ********) from ~/.config/cartoframes/creds.json, as profile ann
            ! warning: others can read ~/.config/cartoframes/creds.json (mode 0644); to change that: chmod 600 ~/.config/cartoframes/creds.json
            exit 0
            $ carto credentials import ~/.config/cartoframes/creds.json
            ann at https://ann.carto.com (key ********) from ~/.config/cartoframes/creds.json: replaced the key, as profile ann
            ! warning: others can read ~/.config/cartoframes/creds.json (mode 0644); to change that: chmod 600 ~/.config/cartoframes/creds.json
            exit 0
        "#]],
    );
}

/// A key that is fetched from somewhere is another key, and is not fetched to compare it.
#[test]
fn a_source_of_a_key_is_kept_by_all() {
    let sandbox = Sandbox::new();
    let text = "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"ann\"\n\
                apikey = { command = [\"touch\", \"fetched\"] }\n";
    sandbox.file_with_mode("home/.config/carto/credentials.toml", text, 0o600);
    sandbox.file_with_mode(CREDS, r#"{"username": "ann", "api_key": "marker"}"#, 0o600);
    let ran = sandbox.carto("credentials import --all").run().ok().never_says("marker");
    assert!(ran.stdout.contains("  skipped: it has another key already; "), "{ran}");
    assert_eq!(sandbox.read("home/.config/carto/credentials.toml"), text);
    assert!(!sandbox.path("work/fetched").exists());
}

#[test]
fn a_file_that_cannot_be_used_does_not_stop_the_others() {
    for (broken, text, code) in [
        (CREDS, "{\"username\": \"ann\",\n \"api_key\": marker}", 3),
        (CREDS, r#"{"username": "", "api_key": "marker"}"#, 4),
        (CREDS, r#"{"username": "x", "api_key": "marker", "base_url": "http://h.example"}"#, 4),
        (CREDS, r#"{"api_base_url": "x", "client_id": "marker"}"#, 4),
        (CARTOCREDS, "", 3),
        (OFFICIAL, r#"{"profiles": {"a": {"token": "marker", "tenant_id": "a/b"}}}"#, 3),
        (CARTORC, "a:\n  api_key: 0123\n", 3),
    ] {
        let sandbox = everything();
        sandbox.file_with_mode(broken, text, 0o600);
        let ran = sandbox.carto("credentials import --all").run().fails(code).never_says("marker");
        let shown = sandbox.shown(sandbox.path(broken).to_str().unwrap());
        assert!(ran.stderr.contains("error: not imported: 1 of 5 files"), "{ran}");
        assert!(ran.stderr.contains(&format!("--> {shown}")), "{ran}");
        let row = ran.stdout.lines().find(|line| line.starts_with(&shown)).unwrap();
        assert!(row.contains("  refused: "), "{ran}");
        let others = [CREDS, CARTOCREDS, OFFICIAL, CARTORC].into_iter().filter(|p| *p != broken);
        for other in others {
            let shown = sandbox.shown(sandbox.path(other).to_str().unwrap());
            let rows: Vec<_> = ran.stdout.lines().filter(|line| line.starts_with(&shown)).collect();
            assert!(!rows.is_empty() && !rows.iter().any(|row| row.contains("refused")), "{ran}");
        }
        let dry = sandbox.carto("credentials import --all --dry-run").run().fails(code);
        assert_eq!(dry.stderr, ran.stderr);
    }
    let sandbox = everything();
    sandbox.file_with_mode(CREDS, r#"{"username": ""}"#, 0o600);
    sandbox.file_with_mode(CARTORC, "a:\n  api_key: no\n", 0o600);
    session(
        &sandbox,
        &[
            "carto credentials import --all | sed 's/^[^ ]* *//'",
            "carto credentials import --all >/dev/null",
        ],
        &expect![[r#"
            $ carto credentials import --all | sed 's/^[^ ]* *//'
            CARTOframes                    -                             refused: the file names no account; nothing was stored
            CARTOframes                    ann at https://ann.carto.com  stored as the default account
            CARTO's official command line  https://ac_us.api.carto.com   stored as profile us
            CARTO's official command line  https://ac_eu.api.carto.com   stored as profile eu
            carto_cli                      -                             refused: 2:12: `a.api_key` must be a string, and YAML reads a yes or no there
            cartodb-tools                  -                             left: a file of cartodb-tools holds OAuth 1 secrets and no API key, so there is none to import
            ! note: ~/.carto_credentials.json: `gone` names no account and is left
            ! warning: others can read ~/.cartodbrc (mode 0640); to change that: chmod 600 ~/.cartodbrc
            ! error: not imported: 2 of 5 files
            !   --> ~/.config/cartoframes/creds.json
            !   --> ~/.cartorc.yaml:2:12
            ! note: ~/.config/cartoframes/creds.json: the file names no account; nothing was stored
            ! note: ~/.cartorc.yaml:2:12: `a.api_key` must be a string, and YAML reads a yes or no there
            ! help: carto credentials import ~/.config/cartoframes/creds.json     # says what to do
            ! help: carto credentials import ~/.cartorc.yaml     # says what to do
            exit 0
            $ carto credentials import --all >/dev/null
            ! note: ~/.carto_credentials.json: `gone` names no account and is left
            ! warning: others can read ~/.cartodbrc (mode 0640); to change that: chmod 600 ~/.cartodbrc
            ! error: not imported: 2 of 5 files
            !   --> ~/.config/cartoframes/creds.json
            !   --> ~/.cartorc.yaml:2:12
            ! note: ~/.config/cartoframes/creds.json: the file names no account; nothing was stored
            ! note: ~/.cartorc.yaml:2:12: `a.api_key` must be a string, and YAML reads a yes or no there
            ! help: carto credentials import ~/.config/cartoframes/creds.json     # says what to do
            ! help: carto credentials import ~/.cartorc.yaml     # says what to do
            exit 4
        "#]],
    );
}

#[test]
fn a_place_alone_or_none_is_enough_to_tell() {
    let sandbox = Sandbox::new();
    sandbox.file_with_mode(CARTODBRC, "host: h\nusername: u\npassword: marker\n", 0o600);
    sandbox.file_with_mode("work/db.yaml", "ann: {api_key: marker1}\n", 0o600);
    session(
        &sandbox,
        &[
            "carto credentials import",
            "carto credentials import --all",
            "ls -A ~",
            "CARTO_DB=db.yaml carto credentials import",
            "CARTO_DB=$PWD/db.yaml carto credentials import --dry-run",
            "CARTO_DB=$PWD/db.yaml carto credentials import --all",
            "CARTO_DB=$PWD/db.yaml carto doctor --json | grep -c CARTO_DB",
            "rm ~/.cartodbrc; carto credentials import --all",
            "carto credentials import --all --project",
            "carto credentials import --all --profile x",
            "carto credentials import --all x.json",
            "carto credentials import --json",
        ],
        &expect![[r#"
            $ carto credentials import
            ! error: a file of cartodb-tools holds OAuth 1 secrets and no API key, so there is none to import
            !   --> ~/.cartodbrc
            ! help: carto login URL     # asks for an API key of the account
            exit 4
            $ carto credentials import --all
            ~/.cartodbrc  cartodb-tools  -  left: a file of cartodb-tools holds OAuth 1 secrets and no API key, so there is none to import
            exit 0
            $ ls -A ~
            .cartodbrc
            exit 0
            $ CARTO_DB=db.yaml carto credentials import
            ! error: a file of cartodb-tools holds OAuth 1 secrets and no API key, so there is none to import
            !   --> ~/.cartodbrc
            ! help: carto login URL     # asks for an API key of the account
            exit 4
            $ CARTO_DB=$PWD/db.yaml carto credentials import --dry-run
            would store ann at https://ann.carto.com (key ********) from [work]/db.yaml, as profile ann, which is now the default
            exit 0
            $ CARTO_DB=$PWD/db.yaml carto credentials import --all
            [work]/db.yaml     carto_cli      ann at https://ann.carto.com  stored as profile ann, the default
            ~/.cartodbrc  cartodb-tools  -                             left: a file of cartodb-tools holds OAuth 1 secrets and no API key, so there is none to import
            exit 0
            $ CARTO_DB=$PWD/db.yaml carto doctor --json | grep -c CARTO_DB
            0
            exit 1
            $ rm ~/.cartodbrc; carto credentials import --all
            ! error: no credentials file of another program was found
            !   --> ~/.config/cartoframes/creds.json
            !   --> ~/.config/cartoframes/cartocreds.json
            !   --> ~/.carto_credentials.json
            !   --> ~/.cartorc.yaml
            !   --> ~/.cartodbrc
            ! help: carto credentials import FILE
            exit 1
            $ carto credentials import --all --project
            ! error: the argument `--all` cannot be used with `--project`
            ! note: usage: carto credentials import --all [FILE]
            ! help: carto credentials import --help
            exit 2
            $ carto credentials import --all --profile x
            ! error: the argument `--all` cannot be used with `--profile <NAME>`
            ! note: usage: carto credentials import --all [FILE]
            ! help: carto credentials import --help
            exit 2
            $ carto credentials import --all x.json
            ! error: the argument `--all` cannot be used with `[FILE]`
            ! note: usage: carto credentials import --all [FILE]
            ! help: carto credentials import --help
            exit 2
            $ carto credentials import --json
            ! error: the following required arguments were not provided: --all
            ! note: usage: carto credentials import --all --json [FILE]
            ! help: carto credentials import --help
            exit 2
        "#]],
    );
}

#[test]
fn the_json_of_the_table_has_its_schema() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../schema/credentials-import.schema.json")).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let mut results = Vec::new();
    let check = |ran: crate::sandbox::Ran| {
        let rows: serde_json::Value = serde_json::from_slice(&ran.raw).unwrap();
        let wrong: Vec<_> = schema.iter_errors(&rows).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?}\n{ran}");
        let rows = rows.as_array().unwrap();
        rows.iter().map(|row| row["result"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let sandbox = everything();
    let json = "credentials import --all --json";
    let dry = check(sandbox.carto(&format!("{json} --dry-run")).run().ok());
    let real = check(sandbox.carto(json).run().ok());
    assert_eq!(dry, real);
    results.extend(real);
    results.extend(check(sandbox.carto(json).run().ok()));
    sandbox.file_with_mode(CREDS, "{", 0o600);
    results.extend(check(sandbox.carto(json).run().fails(3)));
    results.sort();
    results.dedup();
    assert_eq!(results, ["known", "left", "refused", "skipped", "stored"]);
    assert!(!schema.is_valid(&serde_json::json!([{"place": "x"}])));
}

#[test]
fn a_file_of_carto_cli_is_imported() {
    let sandbox = Sandbox::new();
    let text = "ann:\n  api_key: marker1\nprod:\n  user: acme\n  api_key: \"marker2\"\n  organization: Acme\n  url: https://acme.carto.com/\n";
    sandbox.file_with_mode("work/rc.yaml", text, 0o600);
    sandbox.file_with_mode(
        "work/one.yaml",
        "one: {api_key: marker3, url: 'https://h.example/user/one'}",
        0o600,
    );
    sandbox.file_with_mode(
        "work/http.yaml",
        "a: {api_key: marker, url: 'http://h.example'}",
        0o600,
    );
    session(
        &sandbox,
        &[
            "carto credentials import rc.yaml --dry-run",
            "carto credentials import rc.yaml",
            "carto credentials import - <rc.yaml",
            "carto profile list",
            "carto -p prod config get organization",
            "carto config get base_url",
            "carto --credentials-file one.yaml config get base_url",
            "carto --credentials-file rc.yaml config get base_url",
            "carto credentials import one.yaml --profile mine",
            "carto credentials import rc.yaml --profile mine",
            "carto credentials import http.yaml",
            "carto credentials export rc.yaml",
            "carto credentials export one.yaml",
            "carto credentials delete one.yaml",
        ],
        &expect![[r#"
            $ carto credentials import rc.yaml --dry-run
            would store ann at https://ann.carto.com (key ********) from rc.yaml, as profile ann, which is now the default
            would store acme at https://acme.carto.com (key ********) from rc.yaml, as profile prod
            exit 0
            $ carto credentials import rc.yaml
            ann at https://ann.carto.com (key ********) from rc.yaml: stored the key, as profile ann, which is now the default
            acme at https://acme.carto.com (key ********) from rc.yaml: stored the key, as profile prod
            exit 0
            $ carto credentials import - <rc.yaml
            ann at https://ann.carto.com (key ********) from standard input: had the key already, the account was there
            acme at https://acme.carto.com (key ********) from standard input: had the key already, the account was there
            exit 0
            $ carto profile list
            * ann   ann at https://ann.carto.com
              prod  acme at https://acme.carto.com
            exit 0
            $ carto -p prod config get organization
            Acme
            exit 0
            $ carto config get base_url
            https://ann.carto.com
            exit 0
            $ carto --credentials-file one.yaml config get base_url
            https://h.example/user/one
            exit 0
            $ carto --credentials-file rc.yaml config get base_url
            ! error: the credentials file holds several accounts
            !   --> rc.yaml
            !   --> --credentials-file
            ! help: carto credentials import     # makes a profile of each
            exit 4
            $ carto credentials import one.yaml --profile mine
            one at https://h.example/user/one (key ********) from one.yaml: stored the key, as profile mine
            exit 0
            $ carto credentials import rc.yaml --profile mine
            ! error: the file holds several accounts
            !   --> rc.yaml
            !   --> --profile
            ! help: without `--profile` each becomes the profile that it is there
            exit 2
            $ carto credentials import http.yaml
            ! error: a at http://h.example would send the key unencrypted
            !   --> http.yaml
            ! note: this is `a` of the file
            ! help: to permit it: carto login http://h.example --allow-non-secure
            exit 4
            $ carto credentials export rc.yaml
            ! error: the file holds something else
            !   --> rc.yaml
            ! help: --force replaces it
            exit 4
            $ carto credentials export one.yaml
            ! error: the file holds something else
            !   --> one.yaml
            ! help: --force replaces it
            exit 4
            $ carto credentials delete one.yaml
            ! note: one.yaml holds a key for no user name, https://h.example/user/one
            ! note: deleted one.yaml
            exit 0
        "#]],
    );
    assert_eq!(sandbox.read("work/rc.yaml"), text);
}

/// A text, what is said, and the exit status; each file is called `f`.
const REFUSED: [(&str, &str, i32); 25] = [
    (
        "a:\n  api_key: 0123\n",
        "`a.api_key` must be a string, and YAML reads a number there --> f:2:12",
        3,
    ),
    (
        "a:\n  api_key: marker\n  user: no\n",
        "`a.user` must be a string, and YAML reads a yes or no there --> f:3:9",
        3,
    ),
    (
        "7:\n  api_key: marker\n",
        "a name must be a string, and YAML reads a number there --> f:1:1",
        3,
    ),
    ("a:\n\tapi_key: marker\n", "invalid YAML at line 2, column 2 --> f:2:2", 3),
    (
        "a: {api_key: marker}\n---\nb: {api_key: marker}\n",
        "a second document at line 2, column 1 --> f:2:1",
        3,
    ),
    (
        "a: !!python/object/apply:os.system {api_key: marker}\n",
        "a tag that carto does not read at line 1, column 36 --> f:1:36",
        3,
    ),
    (
        "a: {api_key: marker1, api_key: marker2}\n",
        "`a.api_key` is given twice, with different values --> f:1:32",
        3,
    ),
    (
        "a: {api_key: marker, user: b c}\n",
        "`a.user`: a user name has only ASCII letters, digits, `-`, `_` and `.`, not ' ' --> f:1:28",
        3,
    ),
    (
        "a b: {api_key: marker}\n",
        "`a b`: a user name has only ASCII letters, digits, `-`, `_` and `.`, not ' ' --> f:1:6",
        3,
    ),
    (
        "a: {api_key: marker, url: 'ftp://h.example'}\n",
        "`a.url`: a base URL begins with `https://` or `http://` --> f:1:27",
        3,
    ),
    (
        "a: {api_key: 'mar ker'}\n",
        "`a.api_key` cannot be used: the key has a character that is a space, or not printable ASCII (position 4) --> f:1:14",
        3,
    ),
    (
        "a: {api_key: marker, user: b, url: 'https://c.carto.com'}\n",
        "the user name is `b`, its base URL names `c` --> f:1:28 --> f:1:36",
        4,
    ),
    (
        "a: {api_key: marker, url: 'http://h.example'}\n",
        "a at http://h.example would send the key unencrypted --> f",
        4,
    ),
    ("a: {api_key: ~}\n", "the file names no account; nothing was stored --> f", 4),
    (
        "host: h\nusername: u\noauth_key: marker\n",
        "a file of cartodb-tools holds OAuth 1 secrets and no API key, so there is none to import --> f",
        4,
    ),
    ("- api_key: marker\n", "no known format of credentials --> f", 3),
    ("", "no known format of credentials --> f", 3),
    ("api_key\n", "no known format of credentials --> f", 3),
    ("just words: and [\n", "no known format of credentials --> f", 3),
    (
        r#"{"username": "a b", "key": "marker"}"#,
        "`username`: a user name has only ASCII letters, digits, `-`, `_` and `.`, not ' ' --> f",
        3,
    ),
    (
        r#"{"USERNAME": "a b", "APIKEY": "marker"}"#,
        "`USERNAME`: a user name has only ASCII letters, digits, `-`, `_` and `.`, not ' ' --> f",
        3,
    ),
    (
        r#"{"APIKEY": "marker", "USERURL": "x"}"#,
        "`USERURL`: a base URL begins with `https://` or `http://` --> f",
        3,
    ),
    (
        r#"{"username": "a", "key": "marker1", "APIKEY": "marker2"}"#,
        "`key` and `APIKEY` disagree --> f",
        3,
    ),
    (
        r#"{"username": "a", "key": "marker", "base_url": "https://b.carto.com"}"#,
        "the user name is `a`, its base URL names `b` --> f",
        4,
    ),
    (
        r#"{"profiles": {"x": {"token": "marker", "tenant_id": "a.b"}}}"#,
        "`profiles.x.tenant_id` must have only ASCII letters, digits, `-` and `_` --> f",
        3,
    ),
];

#[test]
fn what_cannot_be_imported_is_named_with_its_place_and_nothing_is_written() {
    for (text, said, code) in REFUSED {
        let sandbox = Sandbox::new();
        sandbox.file_with_mode("work/f", text, 0o600);
        let ran = sandbox.carto("credentials import f").run().fails(code).never_says("marker");
        let error: Vec<_> = ran
            .stderr
            .lines()
            .skip_while(|line| line.starts_with("note: f: "))
            .take_while(|line| !line.starts_with("help:") && !line.starts_with("note:"))
            .collect();
        let error = error.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        assert_eq!(error, format!("error: {said}"), "{text}");
        let piped = sandbox.carto("credentials import -").stdin(text).run().fails(code);
        assert!(piped.stderr.contains("standard input"), "{piped}");
        let what = said.split(" --> ").next().unwrap();
        assert!(piped.stderr.contains(&format!("error: {what}\n")), "{piped}");
        assert!(sandbox.shell("ls -A ~").run().stdout.is_empty(), "{text}");
    }
    let sandbox = Sandbox::new();
    let long = format!("a: {{api_key: marker}}\n{}", "#\n".repeat(600_000));
    let ran = sandbox.carto("credentials import -").stdin(&long).run().fails(3);
    ran.never_says("marker").shows(&expect![[r#"
        ! error: more than 1 MiB is no file of credentials
        !   --> standard input
        exit 3
    "#]]);
    sandbox.file_with_mode("work/long.yaml", &long, 0o600);
    sandbox.carto("credentials import long.yaml").run().fails(3).shows(&expect![[r#"
        ! error: long.yaml is larger than 1048576 bytes
        exit 3
    "#]]);
    sandbox.file_with_mode("work/latin.yaml", b"a: {api_key: marker} # \xe9\n", 0o600);
    sandbox.carto("credentials import latin.yaml").run().fails(3).shows(&expect![[r#"
        ! error: the file is not UTF-8
        !   --> latin.yaml
        exit 3
    "#]]);
}

/// Two keys of one account in one file are two profiles; neither replaces the other.
#[test]
fn two_keys_of_one_account_are_both_kept() {
    let sandbox = Sandbox::new();
    sandbox.file_with_mode(
        "work/rc.yaml",
        "acme: {api_key: marker1}\nread: {api_key: marker2, user: acme}\nagain: {api_key: marker2, user: acme}\n",
        0o600,
    );
    session(
        &sandbox,
        &[
            "carto credentials import rc.yaml --dry-run",
            "carto credentials import rc.yaml",
            "carto credentials import rc.yaml",
            "sed -i s/marker2/marker3/ rc.yaml; carto credentials import rc.yaml",
        ],
        &expect![[r#"
            $ carto credentials import rc.yaml --dry-run
            would store acme at https://acme.carto.com (key ********) from rc.yaml, as profile acme, which is now the default
            would store acme at https://acme.carto.com (key ********) from rc.yaml, as profile read
            would store acme at https://acme.carto.com (key ********) from rc.yaml, as profile again
            exit 0
            $ carto credentials import rc.yaml
            acme at https://acme.carto.com (key ********) from rc.yaml: stored the key, as profile acme, which is now the default
            acme at https://acme.carto.com (key ********) from rc.yaml: stored the key beside the account's other one, as profile read
            acme at https://acme.carto.com (key ********) from rc.yaml: stored the key beside the account's other one, as profile again
            exit 0
            $ carto credentials import rc.yaml
            acme at https://acme.carto.com (key ********) from rc.yaml: had the key already, the account was there
            acme at https://acme.carto.com (key ********) from rc.yaml: had the key already, the account was there
            acme at https://acme.carto.com (key ********) from rc.yaml: had the key already, the account was there
            exit 0
            $ sed -i s/marker2/marker3/ rc.yaml; carto credentials import rc.yaml
            acme at https://acme.carto.com (key ********) from rc.yaml: had the key already, the account was there
            acme at https://acme.carto.com (key ********) from rc.yaml: replaced the key, the account was there
            acme at https://acme.carto.com (key ********) from rc.yaml: replaced the key, the account was there
            exit 0
        "#]],
    );
    for (profile, key) in [("acme", "marker1"), ("read", "marker3"), ("again", "marker3")] {
        let ran = sandbox.carto(&format!("-p {profile} config get apikey")).run().ok();
        assert_eq!(ran.stdout, format!("{key}\n"), "{profile}");
    }
}

/// The one that is there already does not give way to the one that stands beside it in the file.
#[test]
fn of_two_keys_the_one_that_was_there_stays() {
    for words in ["credentials import rc.yaml", "credentials import --all"] {
        let sandbox = Sandbox::new();
        sandbox.user("username = \"acme\"\n");
        sandbox.keys(&["marker1 https://acme.carto.com acme"]);
        let text = "acme: {api_key: marker1}\nread: {api_key: marker2, user: acme}\n";
        sandbox.file_with_mode("work/rc.yaml", text, 0o600);
        sandbox.file_with_mode(CARTORC, text, 0o600);
        _ = sandbox.carto(words).run().ok().never_says("marker");
        let key =
            |flags: &str| sandbox.carto(&format!("{flags} config get apikey")).run().ok().stdout;
        assert_eq!(key(""), "marker1\n", "{words}");
        assert_eq!(key("-p read"), "marker2\n", "{words}");
    }
}

/// A mark by such a name would make the credential file unreadable.
#[test]
fn a_name_that_no_profile_can_have_is_refused_before_anything_is_written() {
    for name in ["we\\u001bird", "a\\nb", "-p", ""] {
        let sandbox = Sandbox::new();
        let text =
            format!("acme: {{api_key: marker1}}\n\"{name}\": {{api_key: marker2, user: acme}}\n");
        sandbox.file_with_mode(CARTORC, text, 0o600);
        for words in ["credentials import --all", "credentials import"] {
            let ran = sandbox.carto(words).run().fails(3).never_says("marker");
            assert!(ran.stderr.contains("a profile's name "), "{name}: {ran}");
            assert!(!sandbox.path("home/.config/carto").exists(), "{name}: {ran}");
        }
    }
}

#[test]
fn a_file_that_is_too_long_is_named_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.file_with_mode(CARTORC, vec![b'#'; 2 << 20], 0o600);
    session(
        &sandbox,
        &["carto credentials import --all"],
        &expect![[r#"
        $ carto credentials import --all
        ~/.cartorc.yaml  carto_cli  -  refused: ~/.cartorc.yaml is larger than 1048576 bytes
        ! error: not imported: 1 of 1 files
        !   --> ~/.cartorc.yaml
        ! note: ~/.cartorc.yaml: ~/.cartorc.yaml is larger than 1048576 bytes
        ! help: carto credentials import ~/.cartorc.yaml     # says what to do
        exit 3
    "#]],
    );
}

#[test]
fn a_profile_of_another_account_keeps_its_name() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.eu]\nusername = \"zoe\"\n[profiles.eu-2]\nusername = \"yan\"\n");
    sandbox.file_with_mode("work/rc.yaml", "eu: {api_key: marker1, user: bob}\n", 0o600);
    session(
        &sandbox,
        &[
            "carto credentials import rc.yaml --dry-run",
            "carto credentials import rc.yaml",
            "carto credentials import rc.yaml",
            "carto profile list",
            "carto credentials import rc.yaml --profile eu",
            "carto -p eu config get username",
        ],
        &expect![[r#"
            $ carto credentials import rc.yaml --dry-run
            would store bob at https://bob.carto.com (key ********) from rc.yaml, as profile eu-3 (profile eu is another account's)
            exit 0
            $ carto credentials import rc.yaml
            bob at https://bob.carto.com (key ********) from rc.yaml: stored the key, as profile eu-3 (profile eu is another account's)
            exit 0
            $ carto credentials import rc.yaml
            bob at https://bob.carto.com (key ********) from rc.yaml: had the key already, the account was there
            exit 0
            $ carto profile list
            * (default)  ann at https://ann.carto.com  no key
              eu         zoe at https://zoe.carto.com  no key
              eu-2       yan at https://yan.carto.com  no key
              eu-3       bob at https://bob.carto.com
            exit 0
            $ carto credentials import rc.yaml --profile eu
            ! error: the profile `eu` is another account: zoe at https://zoe.carto.com
            !   --> ~/.config/carto/config.toml:3:12
            ! help: choose another name
            ! help: or free this one: carto profile rename eu NEW
            exit 2
            $ carto -p eu config get username
            zoe
            exit 0
        "#]],
    );
}

#[test]
fn a_profile_that_carto_cli_has_is_named() {
    let sandbox = Sandbox::new();
    sandbox.file_with_mode(CARTORC, "prod: {api_key: marker-key, user: acme}\n", 0o600);
    sandbox.carto("-p prod account").run().fails(4).not_started().never_says("marker").shows(
        &expect![[r#"
            ! error: no profile is called `prod`
            !   --> --profile prod
            ! note: ~/.cartorc.yaml has a profile of that name
            ! help: carto login URL --profile prod
            ! help: carto credentials import ~/.cartorc.yaml
            exit 4
        "#]],
    );
    _ = sandbox.carto("credentials import").run().ok();
    _ = sandbox.carto("-p prod account").run().ok().started();
}

/// A key that nobody wrote into these tests.
fn random_key() -> String {
    format!("mk{:016x}", RandomState::new().build_hasher().finish())
}

/// Valid files of every format, with a key.
fn samples(key: &str) -> Vec<String> {
    [
        r#"{"api_key": "@@", "base_url": "https://ann.carto.com"}"#,
        r#"{"key": "@@", "base_url": "https://ann.carto.com", "username": "ann"}"#,
        r#"{"username": null, "api_key": "@@", "base_url": "https://h.example/user/ann", "allow_non_secure": false}"#,
        r#"{"APIKEY": "@@", "USERNAME": "ann", "USERURL": "https://{username}.carto.com/"}"#,
        r#"{"current_profile": "a", "profiles": {"a": {"token": "@@", "tenant_id": "x", "user_email": "a@b.c"}}}"#,
        r#"{"token": "@@", "tenant_id": "x", "organization_name": "Geo"}"#,
        r#"{"api_base_url": "https://x", "client_id": "@@", "client_secret": "@@"}"#,
        "host: h\nusername: u\noauth_key: @@\noauth_secret: @@\n",
        "ann:\n  api_key: @@\n  organization: Geo # note\n",
        "b: &b {organization: Geo}\nann: {<<: *b, api_key: '@@', url: https://ann.carto.com}\n",
        "ann: {\"api_key\": \"@@\", user: ann, check_ssl: true}\n",
    ]
    .map(|text| text.replace("@@", key))
    .to_vec()
}

#[test]
fn cut_and_changed_files_never_show_a_key() {
    let sandbox = Sandbox::new();
    let key = random_key();
    let check = |bytes: &[u8]| {
        let ran = sandbox.carto("credentials import - --dry-run").stdin(bytes).run();
        let text = String::from_utf8_lossy(bytes);
        assert!(matches!(ran.code(), 0 | 3 | 4), "{text}\n{ran}");
        // Half of a key is a key to guess, too.
        _ = ran.never_says(&key[2..10]).never_says(&key[10..]);
    };
    for text in samples(&key) {
        for end in 0..text.len() {
            check(&text.as_bytes()[..end]);
        }
        for at in 0..text.len() {
            let byte = b"\n:,}{\"' \t#&*!|>[]?-%@\\\0\xff"[at % 24];
            let mut changed = text.clone().into_bytes();
            changed[at] = byte;
            check(&changed);
        }
    }
    assert!(sandbox.shell("ls -A ~").run().stdout.is_empty());
}

/// It is what an account without a key has anyway, and CARTOframes writes it into its files.
#[test]
fn the_public_key_takes_the_place_of_none() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&["marker https://ann.carto.com"]);
    let public = "\"api_key\": \"default_public\"}";
    let at = "home/.config/cartoframes/creds.json";
    sandbox.file_with_mode(at, format!("{{\"username\": \"ann\", {public}"), 0o600);
    sandbox.file_with_mode("work/bob.json", format!("{{\"username\": \"bob\", {public}"), 0o600);
    session(
        &sandbox,
        &[
            "carto credentials import --all",
            "carto credentials import",
            "carto credentials import bob.json",
            "grep -c 'marker\\|default_public' ~/.config/carto/credentials.toml",
            "carto --profile bob account",
        ],
        &expect![[r#"
            $ carto credentials import --all
            ~/.config/cartoframes/creds.json  CARTOframes  ann at https://ann.carto.com  already there
            exit 0
            $ carto credentials import
            ann at https://ann.carto.com (without a key) from ~/.config/cartoframes/creds.json: no key, the account was there
            exit 0
            $ carto credentials import bob.json
            bob at https://bob.carto.com (without a key) from bob.json: no key, as profile bob
            exit 0
            $ grep -c 'marker\|default_public' ~/.config/carto/credentials.toml
            1
            exit 0
            $ carto --profile bob account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://bob.carto.com
            CARTO_USER=bob
            CARTO_USERNAME=bob
            exit 0
        "#]],
    );
}

/// As `config set --project apikey`: a key beside settings that somebody else wrote is no good idea.
#[test]
fn nothing_is_imported_into_an_untrusted_project_that_names_an_account() {
    let sandbox = Sandbox::new();
    sandbox.project("username = \"eve\"\n");
    session(
        &sandbox,
        &[
            "printf '{\"username\": \"ann\", \"api_key\": \"marker\"}' > creds.json",
            "carto credentials import creds.json --project",
            "ls -A .carto",
        ],
        &expect![[r#"
            $ printf '{"username": "ann", "api_key": "marker"}' > creds.json
            exit 0
            $ carto credentials import creds.json --project
            ! error: this project is not trusted and names an account; no key is stored in it
            !   --> [work]/.carto/config.toml
            ! help: carto trust                 # shows the project's settings and asks
            ! help: carto config set apikey     # stores the key with your own settings
            exit 4
            $ ls -A .carto
            config.toml
            exit 0
        "#]],
    );
}
