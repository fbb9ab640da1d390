//! Projects that came with a clone and want a key that is not theirs.

use std::fs;

use expect_test::expect;

use crate::sandbox::{Ran, Sandbox};

/// The key that must stay at home.
const KEY: &str = "marker-key-1a2b3c";
/// The one file that may hold it.
const STORE: &str = "home/.config/carto/credentials.toml";

/// My account is `ann`; the project wants to be somebody else.
fn with_project(settings: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&[&format!("{KEY} https://ann.carto.com ann")]);
    sandbox.project(settings);
    sandbox
}

/// Every command that would use, show or write an account and its key.
const COMMANDS: &[&str] = &[
    "config get username",
    "config get base_url",
    "config get apikey",
    "config get organization",
    "config get allow_non_secure",
    "config get user",
    "config get --default x apikey",
    "config get --json --show-origin apikey",
    "config get -z base_url",
    "account",
    "account a b",
    "plugin run account",
    "whoami",
    "credentials show",
    "credentials show --show-secrets",
    "credentials show --show-secrets --json",
    "credentials export",
    "credentials export -",
    "credentials export --as 0.x",
    "credentials export --as 1.0",
    "credentials export --as 1.x",
    "credentials export --as documented",
    "credentials export taken.json",
    "credentials export --force taken.json",
    "credentials export --default",
    "logout",
    "credentials delete",
];

/// Fails when any command starts a plugin, says the key or leaves it in a file.
#[track_caller]
fn stops_every_command(sandbox: &Sandbox, env: &[(&str, &str)], held_by: &[&str]) {
    sandbox.plugin("whoami", crate::sandbox::ACCOUNT);
    for command in COMMANDS {
        let mut call = sandbox.carto(command);
        for (name, value) in env {
            call = call.env(name, value);
        }
        let ran = call.run().fails(4).not_started().never_says(KEY);
        assert_eq!(ran.stdout, "", "{command}\n{ran}");
        // Not even in part: a masked key must not end in its last characters.
        let ran = ran.never_says(&KEY[..10]).never_says(&KEY[KEY.len() - 5..]);
        assert!(ran.stderr.contains("error: this project names an account"), "{command}\n{ran}");
        assert_eq!(sandbox.files_with(KEY), held_by, "{command}");
        assert!(!sandbox.path("work/taken.json").exists(), "{command}");
    }
}

#[test]
fn a_project_that_brings_a_url_stops_every_command() {
    let sandbox = with_project("base_url = \"https://evil.example\"\n");
    stops_every_command(&sandbox, &[], &[STORE]);
    sandbox.carto("config get apikey").run().fails(4).shows(&expect![[r#"
        ! error: this project names an account that you do not have: https://evil.example
        !   --> [work]/.carto/config.toml:1:12
        ! note: the nearest you have: ann at https://ann.carto.com (another host)
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto login https://evil.example # when the account is yours
        ! help: carto --no-project ...      # leaves the project out
        exit 4
    "#]]);
    sandbox.carto("account").run().fails(4).not_started().shows(&expect![[r#"
        ! error: this project names an account that you do not have: https://evil.example
        !   --> [work]/.carto/config.toml:1:12
        ! note: the nearest you have: ann at https://ann.carto.com (another host)
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto login https://evil.example # when the account is yours
        ! help: carto --no-project ...      # leaves the project out
        exit 4
    "#]]);
}

#[test]
fn a_key_that_is_only_in_the_environment_does_not_go_to_a_project() {
    let settings = "base_url = \"https://evil.example\"\n";
    let env = [("CARTO_API_KEY", KEY), ("CI", "true")];
    // My settings say whose it is.
    let sandbox = with_project(settings);
    fs::remove_file(sandbox.path(STORE)).unwrap();
    stops_every_command(&sandbox, &env, &[]);
    // Nobody says whose it is.
    fs::remove_file(sandbox.path("home/.config/carto/config.toml")).unwrap();
    stops_every_command(&sandbox, &env, &[]);
    sandbox.carto("account").env("CARTO_API_KEY", KEY).run().fails(4).shows(&expect![[r#"
        ! error: this project names an account that you do not have: https://evil.example
        !   --> [work]/.carto/config.toml:1:12
        ! note: you have no account yet
        ! note: CARTO_API_KEY is set, and nothing says whose key it is
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto login https://evil.example # when the account is yours
        ! help: carto --no-project ...      # leaves the project out
        ! help: if it is this account's, say so: CARTO_BASE_URL=https://evil.example
        exit 4
    "#]]);
    // From a file it is the same key.
    let file = sandbox.file_with_mode("home/key", KEY, 0o600);
    let env = [("CARTO_API_KEY_FILE", file.to_str().unwrap())];
    stops_every_command(&sandbox, &env, &["home/key"]);
}

#[test]
fn no_spelling_of_a_foreign_account_gets_through() {
    for settings in [
        "base_url = \"https://evil.example/user/{username}\"\n",
        "base_url = \"https://evil.example/user/ann\"\n",
        "base_url = \"https://ann.carto.com.evil.example\"\nusername = \"ann\"\n",
        "base_url = \"https://ann.carto.com:8443\"\n",
        "base_url = \"https://ann.carto.com/user/mallory\"\n",
        "base_url = \"http://localhost:8080/user/ann\"\n",
        "base_url = \"http://ann.carto.com\"\nallow_non_secure = true\n",
        "username = \"anne\"\n",
        "base_url = \"https://{username}.evil.example\"\nusername = \"ann\"\n",
        "[profiles.ann]\nusername = \"ann\"\n\n[profiles.evil]\nusername = \"evil\"\n",
    ] {
        let sandbox = with_project(settings);
        if settings.starts_with("[profiles") {
            // Profiles of a project that nobody approved are not read at all.
            let ran = sandbox.carto("-p evil account").run().fails(4).not_started();
            assert!(ran.stderr.contains("no profile is called `evil`"), "{ran}");
            continue;
        }
        stops_every_command(&sandbox, &[], &[STORE]);
    }
}

#[test]
fn a_url_that_two_parsers_could_read_differently_is_no_url() {
    for url in [
        "https://ann.carto.com@evil.example",
        "https://ann.carto.com\\\\@evil.example",
        "https://ann.carto.com#@evil.example",
        "https://ann.carto.com?x=.evil.example",
        "https://ann.carto.com%2eevil.example",
        "https://ann.carto.com\\u0009.evil.example",
        "https://ann。carto。com",
        "//ann.carto.com",
    ] {
        let sandbox = with_project(&format!("base_url = \"{url}\"\n"));
        let ran = sandbox.carto("account").run().fails(3).not_started().never_says(KEY);
        assert!(ran.stderr.contains("[work]/.carto/config.toml:1:12"), "{url}\n{ran}");
    }
}

#[test]
fn another_user_of_the_same_installation_is_another_account() {
    let sandbox = Sandbox::new();
    sandbox.user("base_url = \"https://maps.example.com/user/{username}\"\nusername = \"ann\"\n");
    sandbox.keys(&[&format!("{KEY} https://maps.example.com/user/ann ann")]);
    for settings in [
        "username = \"mallory\"\n",
        "base_url = \"https://maps.example.com/user/mallory\"\n",
        "base_url = \"https://maps.example.com/user/Ann\"\n",
        "base_url = \"https://maps.example.com/user/ann/user/mallory\"\n",
        "base_url = \"https://maps.example.com\"\n",
        "base_url = \"https://maps.example.com\"\nusername = \"ann\"\n",
        "base_url = \"https://maps.example.com:444/user/ann\"\n",
    ] {
        sandbox.project(settings);
        stops_every_command(&sandbox, &[], &[STORE]);
    }
    sandbox.project("username = \"mallory\"\n");
    sandbox.carto("account").run().fails(4).not_started().shows(&expect![[r#"
        ! error: this project names an account that you do not have: mallory at https://maps.example.com/user/mallory
        !   --> ~/.config/carto/config.toml:1:12
        !   --> [work]/.carto/config.toml:1:12
        ! note: the nearest you have: ann at https://maps.example.com/user/ann (another path)
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto login https://maps.example.com/user/mallory # when the account is yours
        ! help: carto --no-project ...      # leaves the project out
        exit 4
    "#]]);
}

#[test]
fn a_profile_that_the_project_redefines_stays_mine() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.acme]\nusername = \"acme\"\n");
    sandbox.keys(&[&format!("{KEY} https://acme.carto.com acme")]);
    sandbox.project("profile = \"acme\"\n[profiles.acme]\nbase_url = \"https://evil.example\"\n");
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=marker-key-1a2b3c
        CARTO_BASE_URL=https://acme.carto.com
        CARTO_USER=acme
        CARTO_USERNAME=acme
        ! note: [work]/.carto/config.toml: ignored, as this project is not trusted: profiles.acme.base_url (see: carto trust)
        ! note: this project selects acme at https://acme.carto.com ([work]/.carto/config.toml:1:11)
        exit 0
    "#]]);
    // The same when I select it myself.
    sandbox.project("[profiles.acme]\nbase_url = \"https://evil.example\"\n");
    sandbox.carto("-p acme account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=marker-key-1a2b3c
        CARTO_BASE_URL=https://acme.carto.com
        CARTO_USER=acme
        CARTO_USERNAME=acme
        ! note: [work]/.carto/config.toml: ignored, as this project is not trusted: profiles.acme.base_url (see: carto trust)
        exit 0
    "#]]);
    // One that is marked can be selected by me, not by the project.
    sandbox.user("username = \"ann\"\n[profiles.acme]\nusername = \"acme\"\nprotected = true\n");
    for settings in ["profile = \"acme\"\n", "username = \"acme\"\n"] {
        sandbox.project(settings);
        _ = sandbox.carto("account").run().fails(4).not_started().never_says(KEY);
    }
    sandbox.carto("account").run().fails(4).not_started().shows(&expect![[r#"
        ! error: an untrusted project selects a protected account: acme at https://acme.carto.com
        !   --> [work]/.carto/config.toml:1:12
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4
    "#]]);
    _ = sandbox.carto("-p acme account").run().ok().started();
}

#[test]
fn keys_that_came_with_the_clone_are_not_mine() {
    let sandbox = with_project("base_url = \"https://evil.example/user/ann\"\n");
    // It would make the account one that "I have a key of".
    let entry = "[[credential]]\nbase_url = \"https://evil.example/user/ann\"\nusername = \"ann\"\napikey = \"bait\"\n";
    sandbox.file_with_mode("work/.carto/credentials.toml", entry, 0o600);
    stops_every_command(&sandbox, &[], &[STORE]);
    // It would make me work with somebody else's key: what I upload would be theirs.
    let entry = "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"ann\"\napikey = \"bait\"\n";
    sandbox.file_with_mode("work/.carto/credentials.toml", entry, 0o600);
    sandbox.project("username = \"ann\"\n");
    sandbox.carto("account").run().ok().started().never_says("bait").shows(&expect![[r#"
        CARTO_API_KEY=marker-key-1a2b3c
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    // Nor do they become approved by storing my own beside them.
    sandbox.carto("config set --project apikey").stdin("another-key").run().fails(4).shows(
        &expect![[r#"
            ! error: this project is not trusted and names an account; no key is stored in it
            !   --> [work]/.carto/config.toml
            ! help: carto trust                 # shows the project's settings and asks
            ! help: carto config set apikey     # stores the key with your own settings
            exit 4
        "#]],
    );
    assert_eq!(sandbox.files_with("another-key"), [""; 0]);
}

#[test]
fn what_an_untrusted_project_must_not_say_is_ignored_with_one_line() {
    let settings = r#"
username = "ann"
organization = "evil-org"
allow_non_secure = true
[alias]
account = "!touch owned"
sql = "config get apikey"
[plugins.account]
url = "https://evil.example"
profile = "evil"
credentials = true
[ui]
editor = "touch owned"
color = "always"
"#;
    let sandbox = with_project(settings);
    sandbox.plugin(
        "settings",
        "#!/bin/sh\nprintf '%s|%s\\n' \"$CARTO_PLUGIN_CONFIG\" \"$CARTO_PROJECT_DIR\"\n",
    );
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=marker-key-1a2b3c
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        ! note: [work]/.carto/config.toml: ignored, as this project is not trusted: organization, allow_non_secure, alias.account, alias.sql, plugins.account.url and 4 more (see: carto trust)
        exit 0
    "#]]);
    sandbox.carto("settings").run().ok().shows(&expect![[r#"
        {}|
        ! note: [work]/.carto/config.toml: ignored, as this project is not trusted: organization, allow_non_secure, alias.account, alias.sql, plugins.account.url and 4 more (see: carto trust)
        exit 0
    "#]]);
    _ = sandbox.carto("sql").run().fails(127).never_says(KEY);
    assert!(!sandbox.path("work/owned").exists());
    // `--quiet` leaves the errors only.
    sandbox.carto("--quiet account").run().ok().shows(&expect![[r#"
        CARTO_API_KEY=marker-key-1a2b3c
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
}

#[test]
fn a_withheld_key_stays_withheld() {
    let sandbox = with_project("[plugins.account]\ncredentials = true\n");
    sandbox.user("username = \"ann\"\n[plugins.account]\ncredentials = false\n");
    _ = sandbox.carto("account").run().ok().started().never_says(KEY);
    sandbox.trust("work");
    sandbox.carto("account").run().ok().started().never_says(KEY).shows(&expect![[r#"
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
}

#[test]
fn login_takes_its_target_from_me_alone() {
    let sandbox = Sandbox::new();
    sandbox.project("base_url = \"https://evil.example/user/{username}\"\nusername = \"ann\"\n");
    // No target: the project's is not taken, and there is nobody to ask.
    let ran = sandbox.carto("login --key-stdin").stdin(KEY).run();
    ran.never_says(KEY).fails(2).shows(&expect![[r#"
        ! error: login needs a base URL or a user name
        ! help: carto login https://NAME.carto.com
        exit 2
    "#]]);
    assert_eq!(sandbox.files_with(KEY), [""; 0]);
    // A name alone goes into my own pattern, not into the project's.
    sandbox.carto("login ann --key-stdin").stdin(KEY).run().ok().never_says(KEY).shows(&expect![[r#"
        ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
        ! note: stored the key in ~/.config/carto/credentials.toml
        ! note: ann at https://ann.carto.com is now your default account, in ~/.config/carto/config.toml
        ! note: another account is used here: user name `ann` names it ([work]/.carto/config.toml:2:12)
        exit 0
    "#]]);
    assert_eq!(sandbox.files_with(KEY), [STORE]);
    assert_eq!(sandbox.files_with("evil.example"), ["work/.carto/config.toml"]);
    stops_every_command(&sandbox, &[], &[STORE]);
}

#[test]
fn no_key_is_read_for_a_project_that_names_its_own_account() {
    let sandbox = with_project("base_url = \"https://evil.example\"\n");
    fs::remove_file(sandbox.path(STORE)).unwrap();
    sandbox.carto("config set --project apikey").stdin(KEY).run().fails(4).never_says(KEY).shows(
        &expect![[r#"
            ! error: this project is not trusted and names an account; no key is stored in it
            !   --> [work]/.carto/config.toml
            ! help: carto trust                 # shows the project's settings and asks
            ! help: carto config set apikey     # stores the key with your own settings
            exit 4
        "#]],
    );
    _ = sandbox.carto("config set --project apikey").arg(KEY).run().fails(4).never_says(KEY);
    assert_eq!(sandbox.files_with(KEY), [""; 0]);
    // My own key goes to my own account, here as everywhere.
    sandbox.carto("config set apikey").stdin(KEY).run().ok().never_says(KEY).shows(&expect![[r#"
        ! note: stored the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
        exit 0
    "#]]);
    assert_eq!(sandbox.files_with(KEY), [STORE]);
    let stored = sandbox.read(STORE);
    assert!(stored.contains("https://ann.carto.com") && !stored.contains("evil"), "{stored}");
}

#[test]
fn looking_is_allowed_and_shows_no_key() {
    let sandbox = with_project("base_url = \"https://evil.example\"\n");
    sandbox.carto("config explain").run().ok().never_says(KEY).shows(&expect![[r#"
        account  refused: this project names an account that you do not have: https://evil.example
          project  base URL: https://evil.example
                   at [work]/.carto/config.toml:1:12
                   decides, and is refused
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the project scope is higher and decides the whole account
        project  [work]/.carto: not trusted
                   it may select an account that you have, and nothing else
        note:    the nearest you have: ann at https://ann.carto.com (another host)
        help:    carto trust                 # shows the project's settings and asks
        help:    carto login https://evil.example # when the account is yours
        help:    carto --no-project ...      # leaves the project out
        exit 0
    "#]]);
    _ = sandbox.carto("config explain --json").run().ok().never_says(KEY);
    _ = sandbox.carto("config list --show-origin").run().ok().never_says(KEY);
    _ = sandbox.carto("config path").run().ok().never_says(KEY);
    _ = sandbox.carto("profile list").run().ok().never_says(KEY);
    // Leaving the project out, I am myself.
    let ran: Ran = sandbox.carto("--no-project account").run().ok().started();
    assert!(ran.stdout.contains(KEY), "{ran}");
}
