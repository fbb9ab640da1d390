//! The named cases of accounts and keys: what the plugin got, and what was said.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use expect_test::expect;

use crate::sandbox::Sandbox;

/// a. A key that was stored before any account becomes that of the first one named, for good.
#[test]
fn a_key_stored_first_belongs_to_the_first_name_for_good() {
    let sandbox = Sandbox::new();
    sandbox.carto("config set apikey").stdin("marker-key\n").run().ok().shows(&expect![[r#"
        ! note: stored a key in ~/.config/carto/credentials.toml that belongs to no account yet and is sent nowhere; next: carto config set username NAME
        exit 0
    "#]]);
    // Nobody is named: the plugin runs, without any account.
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        exit 0
    "#]]);
    sandbox.carto("config set username x").run().ok().shows(&expect![[r#"
        ! note: set username in ~/.config/carto/config.toml
        ! note: the key in ~/.config/carto/credentials.toml now belongs to x at https://x.carto.com
        exit 0
    "#]]);
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=marker-key
        CARTO_BASE_URL=https://x.carto.com
        CARTO_USER=x
        CARTO_USERNAME=x
        exit 0
    "#]]);
    sandbox.carto("config set username y").run().ok().shows(&expect![[r#"
        ! note: set username in ~/.config/carto/config.toml
        ! note: there is no key for y at https://y.carto.com yet: carto config set apikey
        exit 0
    "#]]);
    sandbox.carto("account").run().ok().never_says("marker-key").shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://y.carto.com
        CARTO_USER=y
        CARTO_USERNAME=y
        exit 0
    "#]]);
    // Back to x: the key was never lost.
    _ = sandbox.carto("config set username x").run().ok();
    sandbox.carto("config get apikey").run().ok().shows(&expect![[r#"
        marker-key
        exit 0
    "#]]);
}

/// b. The project's key was stored for the account that the user had at that time.
#[test]
fn a_project_key_does_not_move_to_the_users_next_account() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    _ = sandbox.carto("init").run().ok();
    sandbox.carto("config set --project apikey").stdin("marker-key").run().ok().shows(&expect![[
        r#"
        ! note: stored the key of ann at https://ann.carto.com in [work]/.carto/credentials.toml
        exit 0
    "#
    ]]);
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=marker-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    sandbox.carto("config set username bob").run().ok().shows(&expect![[r#"
        ! note: set username in ~/.config/carto/config.toml
        ! note: there is no key for bob at https://bob.carto.com yet: carto config set apikey
        exit 0
    "#]]);
    sandbox.carto("account").run().ok().never_says("marker-key").shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://bob.carto.com
        CARTO_USER=bob
        CARTO_USERNAME=bob
        exit 0
    "#]]);
    sandbox.carto("config get apikey").run().ok().never_says("marker-key").shows(&expect![[r#"
        default_public
        exit 0
    "#]]);
}

/// c. The key in the environment is that of the default account, not of the project's.
#[test]
fn a_key_of_my_default_is_not_used_for_the_account_the_project_selects() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.acme]\nusername = \"acme\"\n");
    sandbox.keys(&["stored-key https://acme.carto.com acme"]);
    sandbox.project("username = \"acme\"\n");
    sandbox
        .carto("account")
        .env("CARTO_API_KEY", "marker-key")
        .run()
        .ok()
        .started()
        .never_says("marker-key")
        .shows(&expect![[r#"
            CARTO_API_KEY=stored-key
            CARTO_BASE_URL=https://acme.carto.com
            CARTO_USER=acme
            CARTO_USERNAME=acme
            ! note: this project selects acme at https://acme.carto.com ([work]/.carto/config.toml:1:12)
            ! note: CARTO_API_KEY is not used: it belongs to ann at https://ann.carto.com; for acme at https://acme.carto.com add CARTO_USERNAME=acme
            exit 0
        "#]]);
    // Without a stored key there is no silent downgrade to public data.
    sandbox.keys(&[]);
    sandbox
        .carto("account")
        .env("CARTO_API_KEY", "marker-key")
        .run()
        .fails(4)
        .not_started()
        .never_says("marker-key")
        .shows(&expect![[r#"
            ! note: this project selects acme at https://acme.carto.com ([work]/.carto/config.toml:1:12)
            ! error: there is no key for acme at https://acme.carto.com
            ! note: CARTO_API_KEY belongs to ann at https://ann.carto.com and is not used
            ! help: carto login https://acme.carto.com
            ! help: or say that the key in the environment is its: CARTO_USERNAME=acme
            ! help: or ask for public data only: CARTO_API_KEY=default_public
            exit 4
        "#]]);
}

/// d. CI with one secret: a project alone never says whose key the environment holds.
#[test]
fn a_key_in_ci_needs_a_name_or_a_trusted_project() {
    let sandbox = Sandbox::new();
    let path = sandbox.project("username = \"acme\"\n");
    let call = || sandbox.carto("account").env("CARTO_API_KEY", "marker-key").env("CI", "true");
    call().run().fails(4).not_started().never_says("marker-key").shows(&expect![[r#"
        ! error: this project names an account that you do not have: acme at https://acme.carto.com
        !   --> [work]/.carto/config.toml:1:12
        ! note: you have no account yet
        ! note: CARTO_API_KEY is set, and nothing says whose key it is
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto login https://acme.carto.com # when the account is yours
        ! help: carto --no-project ...      # leaves the project out
        ! help: if it is this account's, say so: CARTO_USERNAME=acme
        exit 4
    "#]]);
    call().env("CARTO_USERNAME", "acme").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=marker-key
        CARTO_BASE_URL=https://acme.carto.com
        CARTO_USER=acme
        CARTO_USERNAME=acme
        exit 0
    "#]]);
    sandbox.carto("trust --show").run().ok().shows(&expect![[r#"
        [work]/.carto/config.toml: not trusted
          username = "acme"
        sha256:8851c29ba89c563e127adcbd6e82c1f381a399295c1f0d315388db755e8eed85
        exit 0
    "#]]);
    sandbox
        .carto("trust --expect sha256:0a7fa7ebad6e4e2d9dc6ae4f1ff9ce2f0f62c1d3cbce19a9a9a2eb1fdd2dd3e6")
        .run()
        .fails(4)
        .shows(&expect![[r#"
            ! error: the settings are not the expected ones
            !   --> [work]/.carto/config.toml
            ! note: expected sha256:0a7fa7ebad6e4e2d9dc6ae4f1ff9ce2f0f62c1d3cbce19a9a9a2eb1fdd2dd3e6
            ! note: found    sha256:8851c29ba89c563e127adcbd6e82c1f381a399295c1f0d315388db755e8eed85
            ! help: carto trust --show
            exit 4
        "#]]);
    call().run().fails(4).not_started().shows(&expect![[r#"
        ! error: this project names an account that you do not have: acme at https://acme.carto.com
        !   --> [work]/.carto/config.toml:1:12
        ! note: you have no account yet
        ! note: CARTO_API_KEY is set, and nothing says whose key it is
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto login https://acme.carto.com # when the account is yours
        ! help: carto --no-project ...      # leaves the project out
        ! help: if it is this account's, say so: CARTO_USERNAME=acme
        exit 4
    "#]]);
    sandbox.trust("work");
    call().run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=marker-key
        CARTO_BASE_URL=https://acme.carto.com
        CARTO_USER=acme
        CARTO_USERNAME=acme
        exit 0
    "#]]);
    assert!(path.exists());
}

/// e. The administrator says where the installation is; everyone else says a name.
#[test]
fn names_go_into_the_administrators_pattern() {
    let sandbox = Sandbox::new();
    sandbox.system("base_url = \"https://maps.example.com/user/{username}\"\n");
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&[
        "ann-key https://maps.example.com/user/ann ann",
        "bob-key https://maps.example.com/user/bob bob",
    ]);
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=ann-key
        CARTO_BASE_URL=https://maps.example.com/user/ann
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    sandbox.project("username = \"bob\"\n");
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=bob-key
        CARTO_BASE_URL=https://maps.example.com/user/bob
        CARTO_USER=bob
        CARTO_USERNAME=bob
        ! note: this project selects bob at https://maps.example.com/user/bob ([work]/.carto/config.toml:1:12)
        exit 0
    "#]]);
    // Set by the project's owner and trusted, for somebody of whom there is no key.
    sandbox.project("username = \"cleo\"\n");
    sandbox.carto("account").run().fails(4).not_started().shows(&expect![[r#"
        ! error: this project names an account that you do not have: cleo at https://maps.example.com/user/cleo
        !   --> [root]/sys/config.toml:1:12
        !   --> [work]/.carto/config.toml:1:12
        ! note: the nearest you have: ann at https://maps.example.com/user/ann (another path)
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto login https://maps.example.com/user/cleo # when the account is yours
        ! help: carto --no-project ...      # leaves the project out
        exit 4
    "#]]);
    sandbox.trust("work");
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://maps.example.com/user/cleo
        CARTO_USER=cleo
        CARTO_USERNAME=cleo
        exit 0
    "#]]);
}

/// e. A literal URL of an installation says nothing about where another name lives.
#[test]
fn a_name_alone_above_an_installation_asks_for_its_base_url() {
    let sandbox = Sandbox::new();
    sandbox.user("base_url = \"https://maps.example.com/user/ann\"\n");
    sandbox.keys(&["marker-key https://maps.example.com/user/ann ann"]);
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=marker-key
        CARTO_BASE_URL=https://maps.example.com/user/ann
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    sandbox.project("username = \"bob\"\n");
    sandbox.trust("work");
    sandbox.carto("account").run().fails(4).not_started().never_says("marker-key").shows(&expect![[r#"
        ! error: a user name alone does not say where `bob` is: https://maps.example.com/user/ann is set below it
        !   --> [work]/.carto/config.toml:1:12
        !   --> ~/.config/carto/config.toml:1:12
        ! help: set `base_url` beside the user name
        ! help: or set a pattern once: carto config set base_url 'https://HOST/user/{username}'
        exit 4
    "#]]);
    sandbox.carto("-c username=bob --no-project account").run().fails(4).not_started().shows(
        &expect![[r#"
            ! error: a user name alone does not say where `bob` is: https://maps.example.com/user/ann is set below it
            !   --> -c username
            !   --> ~/.config/carto/config.toml:1:12
            ! help: set `base_url` beside the user name
            ! help: or set a pattern once: carto config set base_url 'https://HOST/user/{username}'
            exit 4
        "#]],
    );
}

/// f. The shell's profile is higher than the project's account, and `--profile` than the shell.
#[test]
fn profiles_of_shell_and_command_line_beat_the_project() {
    let sandbox = Sandbox::new();
    sandbox.user(
        "username = \"ann\"\n[profiles.prod]\nusername = \"prod\"\n[profiles.dev]\nusername = \"dev\"\n",
    );
    sandbox.keys(&[
        "ann-key https://ann.carto.com ann",
        "prod-key https://prod.carto.com prod",
        "dev-key https://dev.carto.com dev",
    ]);
    sandbox.project("username = \"dev\"\n");
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=dev-key
        CARTO_BASE_URL=https://dev.carto.com
        CARTO_USER=dev
        CARTO_USERNAME=dev
        ! note: this project selects dev at https://dev.carto.com ([work]/.carto/config.toml:1:12)
        exit 0
    "#]]);
    sandbox.carto("account").env("CARTO_PROFILE", "prod").run().ok().started().shows(&expect![[
        r#"
        CARTO_API_KEY=prod-key
        CARTO_BASE_URL=https://prod.carto.com
        CARTO_USER=prod
        CARTO_USERNAME=prod
        exit 0
    "#
    ]]);
    sandbox.carto("--profile ann account").run().fails(4).not_started().shows(&expect![[r#"
        ! error: no profile is called `ann`
        !   --> --profile ann
        ! help: carto profile list
        ! help: carto login URL --profile ann
        exit 4
    "#]]);
    sandbox.carto("--profile dev account").env("CARTO_PROFILE", "prod").run().ok().started().shows(
        &expect![[r#"
            CARTO_API_KEY=dev-key
            CARTO_BASE_URL=https://dev.carto.com
            CARTO_USER=dev
            CARTO_USERNAME=dev
            exit 0
        "#]],
    );
    // The environment's key belongs to the account that the environment names: not to `prod`.
    sandbox
        .carto("--profile prod account")
        .env("CARTO_USERNAME", "ann")
        .env("CARTO_API_KEY", "marker-key")
        .run()
        .ok()
        .started()
        .never_says("marker-key")
        .shows(&expect![[r#"
            CARTO_API_KEY=prod-key
            CARTO_BASE_URL=https://prod.carto.com
            CARTO_USER=prod
            CARTO_USERNAME=prod
            ! note: CARTO_API_KEY is not used: it belongs to ann at https://ann.carto.com; for prod at https://prod.carto.com add CARTO_USERNAME=prod
            exit 0
        "#]]);
    // Without a name beside it, it is the default account's.
    sandbox
        .carto("--profile prod account")
        .env("CARTO_API_KEY", "marker-key")
        .run()
        .ok()
        .started()
        .never_says("marker-key")
        .shows(&expect![[r#"
            CARTO_API_KEY=prod-key
            CARTO_BASE_URL=https://prod.carto.com
            CARTO_USER=prod
            CARTO_USERNAME=prod
            ! note: CARTO_API_KEY is not used: it belongs to ann at https://ann.carto.com; for prod at https://prod.carto.com add CARTO_USERNAME=prod
            exit 0
        "#]]);
}

/// g. `-c username=other` names another whole account: nothing of mine goes there.
#[test]
fn a_name_on_the_command_line_is_another_account() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\norganization = \"ann-org\"\n");
    sandbox.keys(&["marker-key https://ann.carto.com ann"]);
    sandbox.carto("-c username=other account").run().ok().never_says("marker-key").started().shows(
        &expect![[r#"
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://other.carto.com
            CARTO_USER=other
            CARTO_USERNAME=other
            exit 0
        "#]],
    );
    sandbox.carto("-c username=other config get apikey").run().ok().shows(&expect![[r#"
        default_public
        exit 0
    "#]]);
    sandbox
        .carto("-c username=other account")
        .env("CARTO_API_KEY", "env-key")
        .run()
        .fails(4)
        .not_started()
        .never_says("env-key")
        .shows(&expect![[r#"
            ! error: there is no key for other at https://other.carto.com
            ! note: CARTO_API_KEY belongs to ann at https://ann.carto.com and is not used
            ! help: carto login https://other.carto.com
            ! help: or say that the key in the environment is its: CARTO_USERNAME=other
            ! help: or ask for public data only: CARTO_API_KEY=default_public
            exit 4
        "#]]);
    sandbox
        .carto("-c username=other account")
        .env("CARTO_API_KEY", "env-key")
        .env("CARTO_USERNAME", "other")
        .run()
        .ok()
        .started()
        .shows(&expect![[r#"
            CARTO_API_KEY=env-key
            CARTO_BASE_URL=https://other.carto.com
            CARTO_USER=other
            CARTO_USERNAME=other
            exit 0
        "#]]);
    sandbox
        .carto("-c username=ann -c base_url=https://bob.carto.com account")
        .run()
        .fails(4)
        .not_started()
        .shows(&expect![[r#"
            ! error: the user name is `ann`, its base URL names `bob`
            !   --> -c username
            !   --> -c base_url
            ! help: correct one of the two, or remove the user name
            exit 4
        "#]]);
}

/// h. The account travels with the plugin, whatever project it walks into.
#[test]
fn a_plugin_that_walks_into_another_project_keeps_its_account() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.bob]\nusername = \"bob\"\n");
    sandbox.keys(&["ann-key https://ann.carto.com ann", "bob-key https://bob.carto.com bob"]);
    sandbox.file("other/.carto/config.toml", "username = \"bob\"\n");
    sandbox.plugin("walk", "#!/bin/sh\ncd ../other && exec \"$CARTO_BIN\" account\n");
    sandbox.carto("walk").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=ann-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    sandbox.carto("account").dir("other").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=bob-key
        CARTO_BASE_URL=https://bob.carto.com
        CARTO_USER=bob
        CARTO_USERNAME=bob
        ! note: this project selects bob at https://bob.carto.com ([root]/other/.carto/config.toml:1:12)
        exit 0
    "#]]);
}

/// i. A credentials file is a whole account; other fields beside it contradict it.
#[test]
fn a_credentials_file_stands_alone() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    let text = r#"{"key": "file-key", "base_url": "https://filo.carto.com/", "username": "filo"}"#;
    let file = sandbox.file_with_mode("work/creds.json", text, 0o600);
    sandbox.carto("--credentials-file creds.json account").run().ok().started().shows(&expect![[
        r#"
        CARTO_API_KEY=file-key
        CARTO_BASE_URL=https://filo.carto.com
        CARTO_USER=filo
        CARTO_USERNAME=filo
        exit 0
    "#
    ]]);
    for flags in ["-c username=filo", "-c base_url=https://filo.carto.com", "-p x"] {
        _ = sandbox
            .carto("--credentials-file creds.json")
            .words(flags)
            .words("account")
            .run()
            .fails(2)
            .not_started()
            .never_says("file-key");
    }
    sandbox
        .carto("--credentials-file creds.json -c username=other account")
        .run()
        .fails(2)
        .not_started()
        .shows(&expect![[r#"
            ! error: `username` cannot stand beside `--credentials-file`, which names the whole account
            !   --> --credentials-file
            !   --> -c username
            ! help: remove one of the two
            exit 2
        "#]]);
    // The environment's file against the environment's name, and against the command line.
    sandbox
        .carto("account")
        .env("CARTO_CREDENTIALS_FILE", &file)
        .env("CARTO_USERNAME", "other")
        .run()
        .fails(4)
        .not_started()
        .never_says("file-key")
        .shows(&expect![[r#"
            ! error: the environment names two accounts: filo at https://filo.carto.com and other at https://other.carto.com
            !   --> [work]/creds.json
            !   --> CARTO_USERNAME
            ! help: remove one of the two
            exit 4
        "#]]);
    sandbox
        .carto("-c username=other account")
        .env("CARTO_CREDENTIALS_FILE", &file)
        .run()
        .ok()
        .started()
        .never_says("file-key")
        .shows(&expect![[r#"
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://other.carto.com
            CARTO_USER=other
            CARTO_USERNAME=other
            exit 0
        "#]]);
    // Another key in the environment is for the account that the environment names, not the file's.
    sandbox
        .carto("--credentials-file creds.json account")
        .env("CARTO_API_KEY", "marker-key")
        .run()
        .ok()
        .started()
        .never_says("marker-key")
        .shows(&expect![[r#"
            CARTO_API_KEY=file-key
            CARTO_BASE_URL=https://filo.carto.com
            CARTO_USER=filo
            CARTO_USERNAME=filo
            ! note: CARTO_API_KEY is not used: it belongs to ann at https://ann.carto.com; for filo at https://filo.carto.com add CARTO_USERNAME=filo
            exit 0
        "#]]);
}

/// j. Public data was asked for, so the stored key stays at home.
#[test]
fn default_public_in_the_environment_beats_a_stored_key() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&["marker-key https://ann.carto.com ann"]);
    sandbox
        .carto("account")
        .env("CARTO_API_KEY", "default_public")
        .run()
        .ok()
        .started()
        .never_says("marker-key")
        .shows(&expect![[r#"
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://ann.carto.com
            CARTO_USER=ann
            CARTO_USERNAME=ann
            exit 0
        "#]]);
    sandbox.carto("-c apikey=default_public account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
}

/// k. A profile that is selected and missing never falls back to another account.
#[test]
fn a_selected_profile_that_is_missing_stops() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.staging]\nusername = \"stage\"\n");
    sandbox.keys(&["marker-key https://ann.carto.com ann"]);
    sandbox.carto("-p stagin account").run().fails(4).not_started().shows(&expect![[r#"
        ! error: no profile is called `stagin`
        !   --> --profile stagin
        ! help: did you mean `staging`?
        ! help: carto profile list
        ! help: carto login URL --profile stagin
        exit 4
    "#]]);
    sandbox.carto("account").env("CARTO_PROFILE", "prod").run().fails(4).not_started().shows(
        &expect![[r#"
            ! error: no profile is called `prod`
            !   --> CARTO_PROFILE
            ! help: carto profile list
            ! help: carto login URL --profile prod
            exit 4
        "#]],
    );
    sandbox.user("username = \"ann\"\nprofile = \"prod\"\n");
    sandbox.carto("account").run().fails(4).not_started().shows(&expect![[r#"
        ! error: no profile is called `prod`
        !   --> ~/.config/carto/config.toml:2:11
        ! help: carto login URL --profile prod
        exit 4
    "#]]);
    sandbox.user("username = \"ann\"\n");
    sandbox.project("profile = \"prod\"\n");
    sandbox.carto("account").run().fails(4).not_started().never_says("marker-key").shows(&expect![
        [r#"
        ! error: no profile is called `prod`
        !   --> [work]/.carto/config.toml:1:11
        ! help: carto login URL --profile prod
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        exit 4
    "#]
    ]);
    // Another program's file has it.
    let text = r#"{"current_profile": "dev", "profiles": {"prod": {"token": "prod-key", "tenant_id": "t"}}}"#;
    sandbox.file_with_mode("home/.carto_credentials.json", text, 0o600);
    sandbox.carto("account").run().fails(4).not_started().never_says("prod-key").shows(&expect![[
        r#"
        ! error: no profile is called `prod`
        !   --> [work]/.carto/config.toml:1:11
        ! note: ~/.carto_credentials.json has a profile of that name
        ! help: carto login URL --profile prod
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto credentials import ~/.carto_credentials.json
        exit 4
    "#
    ]]);
}

/// l. Two keys of one account: rank and marks decide, never the order of lines.
#[test]
fn two_keys_of_one_account_are_told_apart_or_refused() {
    let sandbox = Sandbox::new();
    sandbox.user(
        "username = \"ann\"\n[profiles.ro]\nusername = \"ann\"\n[profiles.rw]\nusername = \"ann\"\n",
    );
    let url = "https://ann.carto.com ann";
    sandbox.keys(&[&format!("one-key {url}"), &format!("two-key {url}")]);
    sandbox
        .carto("account")
        .run()
        .fails(4)
        .not_started()
        .never_says("one-key")
        .never_says("two-key")
        .shows(&expect![[r#"
            ! error: several keys of ann at https://ann.carto.com fit equally
            !   --> ~/.config/carto/credentials.toml:1:1
            !   --> ~/.config/carto/credentials.toml:6:1
            ! help: carto login https://ann.carto.com     # stores the key that is used
            exit 4
        "#]]);
    sandbox.keys(&[&format!("ro-key {url} profile=ro"), &format!("main-key {url}")]);
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=main-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    sandbox.carto("-p ro account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=ro-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    sandbox.carto("-p rw account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=main-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    sandbox.keys(&[&format!("ro-key {url} profile=ro"), &format!("rw-key {url} profile=rw")]);
    sandbox.carto("account").run().fails(4).not_started().shows(&expect![[r#"
        ! error: several keys of ann at https://ann.carto.com fit equally
        !   --> ~/.config/carto/credentials.toml:1:1
        !   --> ~/.config/carto/credentials.toml:7:1
        ! note: they are marked for profiles: ro, rw
        ! help: carto login https://ann.carto.com     # stores the key that is used
        exit 4
    "#]]);
    sandbox.carto("-p rw account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=rw-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    sandbox.keys(&[&format!("ro-key {url} profile=ro")]);
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=ro-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
}

/// m. A comment is a change: the bytes were approved, not the meaning.
#[test]
fn a_changed_comment_in_trusted_settings_asks_again() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&["ann-key https://ann.carto.com ann"]);
    sandbox.project("# one\nusername = \"acme\"\n");
    sandbox.trust("work");
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://acme.carto.com
        CARTO_USER=acme
        CARTO_USERNAME=acme
        exit 0
    "#]]);
    sandbox.project("# two\nusername = \"acme\"\n");
    sandbox.carto("account").run().fails(4).not_started().never_says("ann-key").shows(&expect![[
        r#"
        ! error: this project names an account that you do not have: acme at https://acme.carto.com
        !   --> [work]/.carto/config.toml:2:12
        ! note: the nearest you have: ann at https://ann.carto.com (another host)
        ! note: the project's settings changed since you trusted them
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto login https://acme.carto.com # when the account is yours
        ! help: carto --no-project ...      # leaves the project out
        exit 4
    "#
    ]]);
    sandbox.carto("trust --show").run().ok().shows(&expect![[r#"
        [work]/.carto/config.toml: changed since it was trusted
        - # one
        + # two
          username = "acme"
        sha256:d92dc836964bee74e2c7fd6d3f84c1ab703598a5add0a829182d2cdcae70f0b6
        exit 0
    "#]]);
}

/// n. Dotfiles are often links into a repository: the link stays, its target changes.
#[test]
fn a_symlinked_settings_file_stays_a_symlink() {
    let sandbox = Sandbox::new();
    let target =
        sandbox.file_with_mode("home/dots/carto.toml", "# mine\r\nuser = \"x\"\r\n", 0o640);
    fs::create_dir_all(sandbox.path("home/.config/carto")).unwrap();
    let link = sandbox.path("home/.config/carto/config.toml");
    symlink("../../dots/carto.toml", &link).unwrap();
    sandbox.carto("config set username ann").run().ok().shows(&expect![[r#"
        ! note: set username in ~/.config/carto/config.toml
        ! note: there is no key for ann at https://ann.carto.com yet: carto config set apikey
        exit 0
    "#]]);
    assert!(link.is_symlink());
    assert_eq!(sandbox.read("home/dots/carto.toml"), "# mine\r\nuser = \"ann\"\r\n");
    assert_eq!(target.metadata().unwrap().permissions().mode() & 0o7777, 0o640);
    sandbox.carto("config set apikey").stdin("marker-key").run().ok().shows(&expect![[r#"
        ! note: stored the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
        exit 0
    "#]]);
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=marker-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    let names: Vec<_> = fs::read_dir(sandbox.path("home/dots"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ["carto.toml"], "no temporary or lock is left beside the target");
}

/// o. A home that is a git work tree is no project, and its keys are kept out of git.
#[test]
fn a_home_in_git_is_no_project_and_commits_no_key() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    let git = |words: &str| {
        let output = Command::new("git")
            .args(words.split_whitespace())
            .current_dir(&home)
            .env_clear()
            .env("HOME", &home)
            .env("PATH", sandbox.search_path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    _ = git("init -q");
    sandbox.file("home/.carto/config.toml", "username = \"mallory\"\n");
    fs::create_dir_all(home.join("maps")).unwrap();
    sandbox.carto("config set username ann").dir("home").run().ok().shows(&expect![[r#"
        ! note: set username in ~/.config/carto/config.toml
        ! note: there is no key for ann at https://ann.carto.com yet: carto config set apikey
        exit 0
    "#]]);
    sandbox.carto("config set apikey").stdin("marker-key").dir("home").run().ok().shows(&expect![
        [r#"
        ! note: stored the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
        exit 0
    "#]
    ]);
    sandbox.carto("account").dir("home/maps").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=marker-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    sandbox.carto("config set --project username x").dir("home/maps").run().fails(1).shows(
        &expect![[r#"
            ! error: there is no project here: no `.carto` directory
            ! help: carto init
            exit 1
        "#]],
    );
    sandbox.carto("init").dir("home").run().fails(2).shows(&expect![[r#"
        ! error: your home directory cannot be a project
        !   --> ~
        ! help: carto config set SETTING VALUE     # your own settings need no project
        exit 2
    "#]]);
    _ = git("add -A");
    let staged = git("ls-files");
    assert!(staged.contains(".config/carto/config.toml"), "{staged}");
    assert!(!staged.contains("credentials.toml"), "{staged}");
}

/// p. Only the nearest project counts, and the hidden one is named.
#[test]
fn a_nested_project_hides_the_outer_one_and_says_so() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.in]\nusername = \"inner\"\n");
    sandbox.keys(&["in-key https://inner.carto.com inner", "ann-key https://ann.carto.com ann"]);
    sandbox.project("username = \"outer\"\n");
    sandbox.trust("work");
    fs::create_dir_all(sandbox.path("work/sub/deep")).unwrap();
    sandbox.carto("init").dir("work/sub").run().ok().shows(&expect![[r#"
        ! note: made [work]/sub/.carto
        ! note: it hides the project in [work]
        exit 0
    "#]]);
    sandbox.carto("account").dir("work/sub/deep").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=ann-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        ! note: the project [work]/sub hides another one in [work]
        exit 0
    "#]]);
    _ = sandbox.carto("config set --project username inner").dir("work/sub").run().ok();
    sandbox.carto("account").dir("work/sub/deep").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=in-key
        CARTO_BASE_URL=https://inner.carto.com
        CARTO_USER=inner
        CARTO_USERNAME=inner
        ! note: the project [work]/sub hides another one in [work]
        exit 0
    "#]]);
    sandbox.carto("config explain").dir("work/sub").run().ok().shows(&expect![[r#"
        account  inner at https://inner.carto.com
        * project  user name `inner`: inner at https://inner.carto.com
                   at [work]/sub/.carto/config.toml:4:12
                   decides: the highest scope that names an account
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the project scope is higher and decides the whole account
        key      from ~/.config/carto/credentials.toml:1:1
        * user     key of inner at https://inner.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   is used
          user     key of ann at https://ann.carto.com
                   at ~/.config/carto/credentials.toml:6:1
                   not used: it belongs to another account
          default  default_public
                   beaten: a key of higher rank fits
        project  [work]/sub/.carto: trusted
                   the nearest project counts alone; it hides [work]
        help:    carto --no-project ...               # then ann at https://ann.carto.com is used
        exit 0
    "#]]);
    sandbox.carto("account").run().ok().started().shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://outer.carto.com
        CARTO_USER=outer
        CARTO_USERNAME=outer
        exit 0
    "#]]);
}

#[test]
fn the_token_of_the_current_platform_is_said_to_be_not_read() {
    let sandbox = Sandbox::new();
    let note = "CARTO_API_TOKEN is not read: carto takes a key from CARTO_API_KEY";
    let with = |words: &str| sandbox.carto(words).env("CARTO_API_TOKEN", "marker");
    let ran = with("env").run().fails(4).never_says("marker");
    assert!(ran.stderr.contains(note), "{ran}");
    sandbox.user("username = \"ann\"\n");
    for words in ["account", "env", "config get apikey", "exec -- true"] {
        let ran = with(words).run().ok().never_says("marker");
        assert_eq!(ran.stderr.matches(note).count(), 1, "{words}: {ran}");
    }
    // Where a key is used, or the public one was asked for, it is no news.
    let ran = with("account").env("CARTO_API_KEY", "k1").run().ok();
    assert!(!ran.stderr.contains(note), "{ran}");
    let ran = with("-c apikey=default_public account").run().ok();
    assert!(!ran.stderr.contains(note), "{ran}");
    sandbox.keys(&["k1 https://ann.carto.com ann"]);
    assert!(!with("account").run().ok().stderr.contains(note));
    // What a preset wrote is carto's own.
    let ran = sandbox
        .carto("exec --as carto-cli -- carto env")
        .env("CARTO_API_KEY", "default_public")
        .run();
    assert!(!ran.stderr.contains(note), "{ran}");
}
