//! `--as` and `plugins.NAME.as`: the names by which other programs know the account.

use expect_test::expect;

use crate::env_exec::PROCESS;
use crate::sandbox::{Call, Sandbox};

const PRESETS: [&str; 4] = ["gdal", "carto-python", "cartoframes-tests", "carto-cli"];

/// Prints what a program gets that has to do with accounts.
const SHOW: &str = "env | LC_ALL=C sort | grep -E '^(CARTO_(API|USER|ORG|BASE|ALLOW|PROF|CRED)|APIKEY|USER(NAME|URL)=)'";

fn ann() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = 'ann'\norganization = 'acme'\n");
    sandbox.keys(&["ann-key https://ann.carto.com"]);
    sandbox
}

fn exec<'a>(sandbox: &'a Sandbox, preset: &str, line: &str) -> Call<'a> {
    sandbox.shell("carto exec --as \"$1\" -- sh -c \"$2\"").arg("sh").arg(preset).arg(line)
}

#[test]
fn each_program_finds_its_names_and_those_of_the_contract() {
    let sandbox = ann();
    let mut seen = String::new();
    for preset in PRESETS {
        seen += &format!("{preset}\n{}", exec(&sandbox, preset, SHOW).run().ok());
    }
    expect![[r#"
        gdal
        CARTO_API_KEY=ann-key
        CARTO_API_URL=https://ann.carto.com/api/v2/sql
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_ORG=acme
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
        carto-python
        CARTO_API_KEY=ann-key
        CARTO_API_URL=https://ann.carto.com/
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_ORG=acme
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
        cartoframes-tests
        APIKEY=ann-key
        CARTO_API_KEY=ann-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_ORG=acme
        CARTO_USER=ann
        CARTO_USERNAME=ann
        USERNAME=ann
        USERURL=https://ann.carto.com/
        exit 0
        carto-cli
        CARTO_API_KEY=ann-key
        CARTO_API_TOKEN=ann-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_ORG=acme
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]
    .assert_eq(&seen);
}

/// Accounts of every shape: settings, keys, words before the command.
const ACCOUNTS: [(&str, &str, &[&str], &str); 10] = [
    ("cloud", "username = 'ann'\norganization = 'acme'\n", &["k1 https://ann.carto.com"], ""),
    (
        "on premises",
        "base_url = 'https://maps.example.com/user/ann'\n",
        &["k2 https://maps.example.com/user/ann"],
        "",
    ),
    (
        "no name",
        "base_url = 'https://maps.example.com'\n",
        &["k3 https://maps.example.com", "k1 https://ann.carto.com"],
        "",
    ),
    (
        "name beside the URL",
        "base_url = 'https://maps.example.com'\nusername = 'Ann.B'\n",
        &["k4 https://maps.example.com Ann.B"],
        "",
    ),
    (
        "http",
        "base_url = 'http://maps.example.com/user/ann'\nallow_non_secure = true\n",
        &["k5 http://maps.example.com/user/ann"],
        "",
    ),
    ("loopback", "base_url = 'http://127.0.0.1:8080/user/ann'\n", &[], ""),
    ("a path like the end", "base_url = 'https://maps.example.com/user/sql'\n", &[], ""),
    (
        "the end of an API in a file",
        "base_url = 'https://maps.example.com/user/ann/api/v2/sql'\n",
        &["k7 https://maps.example.com/user/ann"],
        "",
    ),
    ("public", "username = 'ann'\n", &[], ""),
    (
        "a profile",
        "username = 'ann'\n[profiles.s]\nusername = 'sue'\norganization = 'x'\n",
        &["k1 https://ann.carto.com", "k6 https://sue.carto.com"],
        "--profile s",
    ),
];

/// What a carto below such a program says of the account is what the one above says.
#[test]
fn a_nested_carto_has_the_same_account_with_every_preset() {
    const ASK: &str = "for key in username base_url apikey organization allow_non_secure; do
        echo \"$key $(carto config get \"$key\" --default none)\"; done";
    for (what, settings, keys, flags) in ACCOUNTS {
        let sandbox = Sandbox::new();
        sandbox.user(settings);
        sandbox.keys(keys);
        let plain = ASK.replace("carto config", &format!("carto {flags} config"));
        let expected = sandbox.shell(&plain).run().ok();
        assert!(!expected.stdout.contains("base_url none"), "{what}: {expected}");
        for preset in PRESETS {
            let line = format!("carto {flags} exec --as {preset} -- sh -c '{ASK}'");
            let mut call = sandbox.shell(&line);
            for name in ["APIKEY", "USERNAME", "USERURL", "CARTO_API_TOKEN"] {
                call = call.env(name, "stale");
            }
            let seen = call.run().ok();
            assert_eq!(seen.stdout, expected.stdout, "{what}, {preset}: {seen}");
            // What is said of the variable of the current platform is no matter of the preset.
            let said = seen.stderr.lines().filter(|line| !line.contains("CARTO_API_TOKEN is not"));
            assert_eq!(said.count(), 0, "{what}, {preset}: {seen}");

            let line = format!("eval \"$(carto {flags} env --as {preset})\"; {ASK}");
            let seen = sandbox.shell(&line).env("CARTO_API_TOKEN", "stale").run().ok();
            assert_eq!(seen.stdout, expected.stdout, "{what}, env {preset}: {seen}");
        }
    }
}

/// The account may come from the environment alone, and be named by what a preset wrote.
#[test]
fn presets_follow_one_another_and_leave_nothing_behind() {
    let sandbox = Sandbox::new();
    sandbox.user("username = 'ann'\n[profiles.s]\nusername = 'sue'\n");
    sandbox.keys(&["ann-key https://ann.carto.com", "sue-key https://sue.carto.com"]);
    for first in PRESETS {
        for second in PRESETS {
            let line = format!(
                "eval \"$(carto --profile s env --as {first})\"
                 carto -c username=ann exec --as {second} -- sh -c 'env | grep -E \"^CARTO_|$1\"' x \"$1\""
            );
            // Names that are not carto's own stay as they are where the second does not know them.
            let own = if second == "cartoframes-tests" { "^(APIKEY|USER)" } else { "^CARTO_" };
            let seen = sandbox.shell(&line).arg("x").arg(own).run().ok();
            assert!(seen.stdout.contains("ann-key"), "{first}, {second}: {seen}");
            assert!(!seen.stdout.contains("sue"), "{first}, {second}: {seen}");
        }
        let line = format!(
            "eval \"$(carto --profile s env --as {first})\"; eval \"$(carto -c username=ann env)\"
             env | grep ^CARTO_"
        );
        let seen = sandbox.shell(&line).run().ok();
        assert!(seen.stdout.contains("ann-key") && !seen.stdout.contains("sue"), "{first}: {seen}");
    }
}

/// Names that are anybody's still say the account of the contract beside them.
#[test]
fn a_carto_below_a_preset_writes_its_names_anew() {
    let sandbox = Sandbox::new();
    sandbox.user("username = 'ann'\n[profiles.s]\nusername = 'sue'\n");
    sandbox.keys(&["ann-key https://ann.carto.com", "sue-key https://sue.carto.com"]);
    sandbox.plugin("geo", &format!("#!/bin/sh\n{SHOW}\n"));
    for first in PRESETS {
        // Through a second carto that asks for nothing, or for other names.
        for below in ["", "carto exec -- ", "carto exec --as gdal -- "] {
            let line =
                format!("carto --profile s exec --as {first} -- {below}carto -c username=ann geo");
            let seen = sandbox.shell(&line).run().ok().never_says("sue-key");
            assert!(!seen.stdout.contains("sue"), "{line}: {seen}");
            let again = first == "cartoframes-tests" && !below.contains("--as");
            assert_eq!(seen.stdout.contains("APIKEY=ann-key\nCARTO"), again, "{line}: {seen}");
            assert_eq!(seen.stdout.contains("USERURL=https://ann.carto.com/"), again, "{seen}");

            let line = format!("{line} -c plugins.geo.credentials=false").replace(" geo -c", " -c");
            let seen = sandbox.shell(&format!("{line} geo")).run().ok();
            _ = seen.never_says("ann-key").never_says("sue-key");
        }
    }
}

/// A shell keeps what `env --as` wrote for longer than the account that it says.
#[test]
fn what_a_preset_left_in_a_shell_is_no_key_of_another_account() {
    let sandbox = Sandbox::new();
    sandbox.user("username = 'sue'\n[profiles.x]\nusername = 'xi'\n");
    let source = "[[credential]]\nbase_url = 'https://xi.carto.com'\nusername = 'xi'\n\
                  apikey = { env = 'APIKEY' }\n";
    sandbox.file_with_mode("home/.config/carto/credentials.toml", source, 0o600);
    let line =
        "eval \"$(CARTO_USERNAME=sue CARTO_API_KEY=sue-key carto env --as cartoframes-tests)\"
                unset CARTO_USERNAME CARTO_USER CARTO_BASE_URL CARTO_API_KEY
                carto --profile x exec -- sh -c 'echo $CARTO_USERNAME $CARTO_API_KEY'";
    sandbox.shell(line).run().never_says("sue-key").shows(&expect![[r#"
        ! warning: `apikey`: `env` cannot be a variable that `carto env --as` writes: its key may be another account's
        !   --> ~/.config/carto/credentials.toml:4:10
        ! warning: `apikey`: `env` cannot be a variable that `carto env --as` writes: its key may be another account's
        !   --> ~/.config/carto/credentials.toml:4:10
        ! error: a credential file cannot be read, and no other has one for xi at https://xi.carto.com
        !   --> ~/.config/carto/credentials.toml:4:10
        ! help: correct the file
        ! help: or ask for public data only: CARTO_API_KEY=default_public
        exit 3
    "#]]);
    let line = "carto --profile x config set apikey --from-env APIKEY";
    sandbox.shell(line).run().shows(&expect![[r#"
        ! error: `env` cannot be a variable that `carto env --as` writes: its key may be another account's
        !   --> --from-env
        exit 2
    "#]]);
}

#[test]
fn names_of_another_preset_are_somebody_elses() {
    let sandbox = ann();
    for preset in PRESETS {
        let line = "echo \"$APIKEY $USERNAME $USERURL\"";
        let mut call = exec(&sandbox, preset, line);
        for name in ["APIKEY", "USERNAME", "USERURL"] {
            call = call.env(name, "mine");
        }
        let expected = match preset {
            "cartoframes-tests" => "ann-key ann https://ann.carto.com/\n",
            _ => "mine mine mine\n",
        };
        assert_eq!(call.run().ok().stdout, expected, "{preset}");
    }
}

/// An account without a user name or organization: a stale one would be another account's.
#[test]
fn what_the_account_does_not_have_is_unset() {
    let sandbox = Sandbox::new();
    sandbox.user("base_url = 'https://maps.example.com'\n");
    sandbox.keys(&["maps-key https://maps.example.com"]);
    let mut seen = String::new();
    for preset in PRESETS {
        let mut call = exec(&sandbox, preset, SHOW);
        for name in ["CARTO_API_TOKEN", "APIKEY", "USERNAME", "USERURL"] {
            call = call.env(name, "stale");
        }
        seen += &format!("{preset}\n{}", call.run().ok());
    }
    seen += &sandbox.carto("env --as cartoframes-tests").run().ok().to_string();
    expect![[r#"
        gdal
        APIKEY=stale
        CARTO_API_KEY=maps-key
        CARTO_API_URL=https://maps.example.com/api/v2/sql
        CARTO_BASE_URL=https://maps.example.com
        USERNAME=stale
        USERURL=stale
        exit 0
        carto-python
        APIKEY=stale
        CARTO_API_KEY=maps-key
        CARTO_API_URL=https://maps.example.com/
        CARTO_BASE_URL=https://maps.example.com
        USERNAME=stale
        USERURL=stale
        exit 0
        cartoframes-tests
        APIKEY=maps-key
        CARTO_API_KEY=maps-key
        CARTO_BASE_URL=https://maps.example.com
        USERURL=https://maps.example.com/
        exit 0
        carto-cli
        APIKEY=stale
        CARTO_API_KEY=maps-key
        CARTO_API_TOKEN=maps-key
        CARTO_BASE_URL=https://maps.example.com
        USERNAME=stale
        USERURL=stale
        exit 0
        unset CARTO_USERNAME
        unset CARTO_USER
        export CARTO_BASE_URL='https://maps.example.com'
        export CARTO_API_KEY='maps-key'
        unset CARTO_ORG
        unset CARTO_ALLOW_NON_SECURE
        unset CARTO_CA_FILE
        export APIKEY='maps-key'
        unset USERNAME
        export USERURL='https://maps.example.com/'
        unset CARTO_PROJECT_DIR
        export CARTO_BIN='[carto]'
        export CARTO_PLUGIN_API='1'
        unset CARTO_API_URL
        unset CARTO_API_KEY_FILE
        unset CARTO_API_TOKEN
        unset CARTO_PROFILE
        unset CARTO_CREDENTIALS_FILE
        unset CARTO_PLUGIN_CONFIG
        unset CARTO_NESTED
        exit 0
    "#]]
    .assert_eq(&seen);
}

#[test]
fn the_public_key_and_a_url_of_ones_own_are_handed_on() {
    let sandbox = Sandbox::new();
    sandbox.user("base_url = 'https://maps.example.com/user/ann'\n");
    let mut seen = String::new();
    for preset in PRESETS {
        let show = format!("{SHOW} | grep -E 'KEY|TOKEN|URL'");
        seen += &format!("{preset}\n{}", exec(&sandbox, preset, &show).run().ok());
    }
    expect![[r#"
        gdal
        CARTO_API_KEY=default_public
        CARTO_API_URL=https://maps.example.com/user/ann/api/v2/sql
        CARTO_BASE_URL=https://maps.example.com/user/ann
        exit 0
        carto-python
        CARTO_API_KEY=default_public
        CARTO_API_URL=https://maps.example.com/user/ann/
        CARTO_BASE_URL=https://maps.example.com/user/ann
        exit 0
        cartoframes-tests
        APIKEY=default_public
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://maps.example.com/user/ann
        USERURL=https://maps.example.com/user/ann/
        exit 0
        carto-cli
        CARTO_API_KEY=default_public
        CARTO_API_TOKEN=default_public
        CARTO_BASE_URL=https://maps.example.com/user/ann
        exit 0
    "#]]
    .assert_eq(&seen);
}

/// Each form sets what `exec` hands on, each name once.
#[test]
fn every_form_has_every_name_once() {
    let sandbox = ann();
    for preset in PRESETS {
        let json = sandbox.carto("env --format json --as").arg(preset).run().ok();
        let json: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&json.stdout).unwrap();
        for format in ["sh", "fish", "powershell", "dotenv", "docker"] {
            let mut json = json.clone();
            if matches!(format, "dotenv" | "docker") {
                // Of the contract a file has the account alone.
                json.retain(|name, _| !PROCESS.contains(&name.as_str()));
            }
            let ran = sandbox.carto("env --as").arg(preset).words("--format").arg(format).run();
            let text = ran.ok().stdout;
            assert_eq!(text.lines().count(), json.len(), "{format} {preset}:\n{text}");
            for (name, value) in &json {
                let mentions = |line: &&str| {
                    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                        .any(|word| word == name)
                };
                let lines: Vec<&str> = text.lines().filter(mentions).collect();
                assert_eq!(lines.len(), 1, "{format} {preset} {name}:\n{text}");
                let value = value.as_str().unwrap_or_default();
                assert!(lines[0].contains(value), "{format} {preset} {name}: {}", lines[0]);
            }
        }
    }
}

#[test]
fn a_step_of_github_masks_the_key_under_every_name() {
    let sandbox = ann();
    for preset in PRESETS {
        let file = sandbox.file("github-env", "");
        let call = sandbox.carto("env --format github --as").arg(preset);
        let ran = call.env("GITHUB_ENV", &file).run().ok();
        assert_eq!(ran.stdout, "::add-mask::ann-key\n", "{preset}");
        let text = sandbox.read("github-env");
        // Every assignment stands between its delimiters: name, value, end.
        let lines: Vec<&str> = text.lines().collect();
        let holding = lines.chunks(3).filter(|chunk| chunk[1] == "ann-key");
        let names: Vec<_> = holding.map(|chunk| chunk[0].split("<<").next().unwrap()).collect();
        let expected: &[&str] = match preset {
            "cartoframes-tests" => &["CARTO_API_KEY", "APIKEY"],
            "carto-cli" => &["CARTO_API_KEY", "CARTO_API_TOKEN"],
            _ => &["CARTO_API_KEY"],
        };
        assert_eq!(names, expected, "{preset}:\n{text}");
    }
}

#[test]
fn mistakes_are_told_with_the_known_names() {
    let sandbox = ann();
    expect![[r#"
        $ carto env --as gdall
        ! error: invalid value `gdall` for `--as <PROGRAM>`
        ! note: possible values: gdal, carto-python, cartoframes-tests, carto-cli
        ! help: did you mean `gdal`?
        exit 2
        $ carto exec --as GDAL -- true
        ! error: invalid value `GDAL` for `--as <PROGRAM>`
        ! note: possible values: gdal, carto-python, cartoframes-tests, carto-cli
        exit 2
        $ carto env --as gdal --as carto-cli
        ! error: the argument `--as <PROGRAM>` cannot be used multiple times
        ! note: usage: carto env [OPTIONS]
        ! help: carto env --help
        exit 2
        $ carto --isolated env --as gdal
        ! error: no account is named anywhere
        ! help: carto login URL                      # for example https://NAME.carto.com
        ! help: carto credentials import             # imports CARTOframes' file
        exit 4
        $ carto config set plugins.x.as gdla
        ! error: `plugins.x.as`: expected one of gdal, carto-python, cartoframes-tests, carto-cli, not `gdla`
        exit 2
        $ carto -c plugins.x.as=gdla env
        ! error: `plugins.x.as`: expected one of gdal, carto-python, cartoframes-tests, carto-cli, not `gdla`
        !   --> -c
        exit 2
    "#]].assert_eq(&sandbox.session(&[
        "carto env --as gdall",
        "carto exec --as GDAL -- true",
        "carto env --as gdal --as carto-cli",
        "carto --isolated env --as gdal",
        "carto config set plugins.x.as gdla",
        "carto -c plugins.x.as=gdla env",
    ]));
}

/// Without `--` the words behind the program are the program's, `--as` too.
#[test]
fn what_stands_behind_the_program_is_the_programs() {
    let sandbox = ann();
    let seen = sandbox.session(&[
        "carto exec --as gdal printf '%s\\n' --as carto-cli",
        "carto exec -- printf '%s\\n' --as carto-cli",
        "carto exec --as=gdal sh -c 'echo $CARTO_API_URL'",
    ]);
    expect![[r#"
        $ carto exec --as gdal printf '%s\n' --as carto-cli
        --as
        carto-cli
        exit 0
        $ carto exec -- printf '%s\n' --as carto-cli
        --as
        carto-cli
        exit 0
        $ carto exec --as=gdal sh -c 'echo $CARTO_API_URL'
        https://ann.carto.com/api/v2/sql
        exit 0
    "#]]
    .assert_eq(&seen);
}

/// The `as` of a plugin's settings, in every place that may hold it.
#[test]
fn a_plugins_settings_name_the_preset() {
    let show = format!("#!/bin/sh\n{SHOW} | grep -E 'URL|TOKEN|^[AU]'\n:\n");
    let sandbox = ann();
    sandbox.plugin("geo", &show);
    sandbox.plugin("other", &show);
    let url = "CARTO_API_URL=https://ann.carto.com/api/v2/sql\n";
    let base = "CARTO_BASE_URL=https://ann.carto.com\n";
    let token = "CARTO_API_TOKEN=ann-key\n";
    let user = |text: &str| {
        sandbox.user(&format!("username = 'ann'\norganization = 'acme'\n{text}"));
    };
    let with = [url, base].concat();
    let seen = |words: &str| sandbox.carto(words).run().ok().stdout;

    user("plugins.geo.as = 'gdal'\n");
    assert_eq!(seen("geo"), with);
    assert_eq!(seen("other"), base, "another plugin's setting");
    assert_eq!(seen("-c plugins.geo.as=carto-cli geo"), [token, base].concat());

    user("");
    sandbox.project("plugins.geo.as = 'gdal'\n");
    assert_eq!(seen("geo"), base, "a project that nobody approved");
    sandbox.trust("work");
    assert_eq!(seen("geo"), with, "a trusted project");

    // A user's own word is beaten by the trusted project's, as every setting is.
    user("plugins.geo.as = 'carto-cli'\n");
    assert_eq!(seen("geo"), with);
    assert_eq!(seen("--no-project geo"), [token, base].concat());
}

#[test]
fn a_key_that_is_withheld_is_withheld_under_every_name() {
    let sandbox = ann();
    sandbox.plugin("geo", &format!("#!/bin/sh\n{SHOW}\n:\n"));
    for preset in PRESETS {
        sandbox.user(&format!(
            "username = 'ann'\n[plugins.geo]\ncredentials = false\nas = '{preset}'\n"
        ));
        let mut call = sandbox.carto("geo");
        for name in ["CARTO_API_TOKEN", "APIKEY", "USERNAME", "USERURL"] {
            call = call.env(name, "stale");
        }
        let ran = call.run().ok();
        let ran = if preset == "cartoframes-tests" { ran.never_says("stale") } else { ran };
        assert!(!ran.stdout.contains("TOKEN"), "{preset}: {ran}");
        _ = ran.never_says("ann-key");
    }
}

/// Without an account there is none under any name; a broken word is told with its place.
#[test]
fn a_plugin_without_an_account_and_one_with_a_bad_word() {
    let sandbox = Sandbox::new();
    sandbox.plugin("geo", &format!("#!/bin/sh\n{SHOW}\n:\n"));
    sandbox.user("plugins.geo.as = 'cartoframes-tests'\n");
    let stale = |mut call: Call<'_>| {
        for name in ["CARTO_API_TOKEN", "APIKEY", "USERNAME", "USERURL"] {
            call = Call::env(call, name, "stale");
        }
        call.run()
    };
    assert_eq!(stale(sandbox.carto("geo")).ok().stdout, "");
    sandbox.user("plugins.geo.as = 'gdla'\nusername = 'ann'\n");
    let mut seen = stale(sandbox.carto("geo")).to_string();
    sandbox.user("plugins.geo.as = ['gdal']\nusername = 'ann'\n");
    seen += &sandbox.carto("geo").run().to_string();
    seen += &sandbox.carto("geo").env("CARTO_USERNAME", "bob").run().to_string();
    expect![[r#"
        ! error: `plugins.geo.as`: expected one of gdal, carto-python, cartoframes-tests, carto-cli, not `gdla`
        !   --> ~/.config/carto/config.toml:1:18
        !   |
        !  1| plugins.geo.as = 'gdla'
        !   |                  ^^^^^^
        exit 3
        ! error: `plugins.geo.as`: expected a string, not an array
        !   --> ~/.config/carto/config.toml:1:18
        !   |
        !  1| plugins.geo.as = ['gdal']
        !   |                  ^^^^^^^^
        exit 3
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://bob.carto.com
        CARTO_USER=bob
        CARTO_USERNAME=bob
        ! warning: `plugins.geo.as`: expected a string, not an array
        !   --> ~/.config/carto/config.toml:1:18
        !   |
        !  1| plugins.geo.as = ['gdal']
        !   |                  ^^^^^^^^
        exit 0
    "#]].assert_eq(&seen);
}
