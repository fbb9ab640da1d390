//! Unknown names at every level, mistyped variables, wrong types and bad values: where it stands
//! and what was probably meant.

use expect_test::expect;

use crate::sandbox::Sandbox;

#[test]
fn unknown_keys_and_tables_are_found_at_every_level() {
    let sandbox = Sandbox::new();
    sandbox.file("sys/config.toml", "usrname = \"all\"\n");
    sandbox.user(
        r#"username = "ann"
base_ulr = "https://ann.carto.com"
ui.colour = "auto"
frobnicate = 1

[profiles.work]
usrname = "acme"
deep.er = true

[profile]
staging = "x"

[plugin.sql]
limit = 3

[aliases]
q = "sql"

[alias.nested]
q = "sql"

[plugins.sql]
anything = { goes = [1, 2] }
"#,
    );
    sandbox.carto("config list").run().shows(&expect![[r#"
        * usrname=all
        * username=ann
        * base_ulr=https://ann.carto.com
        * ui.colour=auto
        * frobnicate=1
        * profiles.work.usrname=acme
        * profiles.work.deep.er=true
        * profile.staging=x
        * plugin.sql.limit=3
        * aliases.q=sql
        * alias.nested.q=sql
        * plugins.sql.anything.goes=[1,2]
        ! warning: [root]/sys/config.toml:1:1: unknown setting `usrname`; did you mean `username`?
        ! warning: ~/.config/carto/config.toml:2:1: unknown setting `base_ulr`; did you mean `base_url`?
        ! warning: ~/.config/carto/config.toml:3:4: unknown setting `ui.colour`; did you mean `ui.color`?
        ! warning: ~/.config/carto/config.toml:4:1: unknown setting `frobnicate`
        ! warning: ~/.config/carto/config.toml:7:1: unknown setting `profiles.work.usrname`; did you mean `profiles.work.username`?
        ! warning: and 5 more settings without effect: carto doctor
        exit 0
    "#]]);
    // Whoever asks is told of every one.
    let told = sandbox.carto("-v config get username").run().ok().stderr;
    let doctor = sandbox.carto("doctor").run().stdout;
    for (written, meant) in [
        ("frobnicate", None),
        ("profiles.work.usrname", Some("profiles.work.username")),
        ("profiles.work.deep.er", None),
        ("profile.staging", None),
        ("plugin.sql.limit", Some("plugins.sql.limit")),
        ("aliases.q", Some("alias.q")),
        ("alias.nested.q", Some("alias.nested")),
    ] {
        let meant = |words: &str| meant.map_or(String::new(), |meant| format!("{words}`{meant}`"));
        let line = format!("unknown setting `{written}`{}", meant("; did you mean "));
        assert!(told.contains(&line), "{line}: {told}");
        assert!(doctor.contains(&format!("unknown setting `{written}`")), "{written}: {doctor}");
        assert!(doctor.contains(&meant("rename it to ")), "{written}: {doctor}");
    }
    // The tables that are read as a key of the wrong type break the file; the rest is a warning.
    sandbox.user(
        "username = \"ann\"\nbase_ulr = \"x\"\n[profiles.work]\nusrname = \"acme\"\n\
         deep.er = true\n[plugin.sql]\nlimit = 3\n[aliases]\nq = \"sql\"\n",
    );
    sandbox.carto("config get username").run().ok().shows(&expect![[r#"
        ann
        ! warning: [root]/sys/config.toml:1:1: unknown setting `usrname`; did you mean `username`?
        ! warning: ~/.config/carto/config.toml:2:1: unknown setting `base_ulr`; did you mean `base_url`?
        ! warning: ~/.config/carto/config.toml:4:1: unknown setting `profiles.work.usrname`; did you mean `profiles.work.username`?
        ! warning: ~/.config/carto/config.toml:5:6: unknown setting `profiles.work.deep.er`
        ! warning: ~/.config/carto/config.toml:7:1: unknown setting `plugin.sql.limit`; did you mean `plugins.sql.limit`?
        ! warning: and 1 more setting without effect: carto doctor
        exit 0
    "#]]);
    sandbox.carto("-q config get username").run().ok().shows(&expect![[r#"
        ann
        exit 0
    "#]]);
    sandbox.carto("account").run().ok().shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        ! warning: [root]/sys/config.toml:1:1: unknown setting `usrname`; did you mean `username`?
        ! warning: ~/.config/carto/config.toml:2:1: unknown setting `base_ulr`; did you mean `base_url`?
        ! warning: ~/.config/carto/config.toml:4:1: unknown setting `profiles.work.usrname`; did you mean `profiles.work.username`?
        ! warning: ~/.config/carto/config.toml:5:6: unknown setting `profiles.work.deep.er`
        ! warning: ~/.config/carto/config.toml:7:1: unknown setting `plugin.sql.limit`; did you mean `plugins.sql.limit`?
        ! warning: and 1 more setting without effect: carto doctor
        exit 0
    "#]]);
}

#[test]
fn the_command_line_names_the_nearest_too() {
    let sandbox = Sandbox::new();
    for (words, near, code) in [
        ("config set usrname x", "username", 2),
        ("config set profiles.work.usrname x", "profiles.work.username", 2),
        ("config set ui.colour never", "ui.color", 2),
        ("config set color never", "ui.color", 2),
        ("config set plugin.sql.limit 3", "plugins.sql.limit", 2),
        ("config get apikye", "apikey", 1),
        ("config unset usrname", "username", 1),
        ("-c usrname=x config list", "username", 2),
        ("config explain base_ulr", "base_url", 1),
    ] {
        let ran = sandbox.carto(words).run().fails(code);
        assert!(ran.stderr.contains(&format!("help: did you mean `{near}`?")), "{words}: {ran}");
    }
    sandbox.carto("config set profiles.work.usrname x").run().shows(&expect![[r#"
        ! error: unknown setting `profiles.work.usrname`
        ! help: did you mean `profiles.work.username`?
        ! help: --force writes it all the same
        exit 2
    "#]]);
    sandbox.carto("-c usrname=x config list").run().shows(&expect![[r#"
        ! error: unknown setting `usrname`
        !   --> -c
        ! help: did you mean `username`?
        exit 2
    "#]]);
    sandbox.carto("config unset usrname").run().shows(&expect![[r#"
        ! error: `usrname` is not set there
        !   --> ~/.config/carto/config.toml
        ! help: did you mean `username`?
        exit 1
    "#]]);
    sandbox.carto("config set --force usrname x").run().ok().shows(&expect![[r#"
        ! note: set usrname in ~/.config/carto/config.toml
        exit 0
    "#]]);
    sandbox.carto("config get username").run().shows(&expect![[r#"
        ! warning: ~/.config/carto/config.toml:1:1: unknown setting `usrname`; did you mean `username`?
        ! error: `username` is not set
        exit 1
    "#]]);
    sandbox.carto("config unset usrname").run().ok().shows(&expect![[r#"
        ! note: removed usrname from ~/.config/carto/config.toml
        exit 0
    "#]]);
}

#[test]
fn mistyped_variables_are_named_and_their_values_are_not() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    let ran = sandbox
        .carto("config get username")
        .env("CARTO_APIKEY", "s3cret-marker")
        .env("CARTO_USERNAM", "bob")
        .env("CARTO_ORGANIZATION", "acme")
        // Somebody else's.
        .env("CARTO_API_TOKEN", "t")
        .env("CARTO_DB", "d")
        .env("CARTO_CHECK_SSL", "0")
        .env("CARTO_SQL_LIMIT", "5")
        // Empty counts as unset.
        .env("CARTO_PROFIL", "")
        .run();
    ran.ok().never_says("s3cret-marker").shows(&expect![[r#"
        ann
        ! warning: CARTO_APIKEY: unknown variable; did you mean `CARTO_API_KEY`?
        ! warning: CARTO_ORGANIZATION: unknown variable; did you mean `CARTO_ORG`?
        ! warning: CARTO_USERNAM: unknown variable; did you mean `CARTO_USERNAME`?
        ! note: CARTO_API_TOKEN is not read: carto takes a key from CARTO_API_KEY, or from carto config set apikey
        exit 0
    "#]]);
    let ran = sandbox.carto("-q account").env("CARTO_USERNAM", "bob").run().ok();
    assert_eq!(ran.stderr, "");
    // What carto hands to a plugin is known to the carto inside.
    sandbox.plugin("inside", "#!/bin/sh\nexec \"$CARTO_BIN\" config get username\n");
    let ran = sandbox.carto("inside").run().ok();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("ann\n", ""));
}

#[test]
fn bad_values_are_refused_at_set() {
    let sandbox = Sandbox::new();
    for key_and_value in [
        "allow_non_secure maybe",
        "ui.color sometimes",
        "username two..dots",
        "username .x",
        "base_url ftp://ann.carto.com",
        "base_url https://maps.example.com/?q",
        "base_url http://ann.example.com",
        "profile -x",
        "profiles.work.protected 2",
        "profiles.work.base_url ann",
        "plugins.sql.credentials no-thanks",
    ] {
        let ran = sandbox.carto(&format!("config set -- {key_and_value}")).run();
        _ = ran.fails(2);
    }
    assert!(!sandbox.path("home/.config/carto/config.toml").exists());
    sandbox.carto("config set allow_non_secure maybe").run().shows(&expect![[r#"
        ! error: `allow_non_secure`: expected `true` or `false`, not `maybe`
        exit 2
    "#]]);
    sandbox.carto("config set ui.color sometimes").run().shows(&expect![[r#"
        ! error: `ui.color`: expected one of auto, always, never, not `sometimes`
        exit 2
    "#]]);
    sandbox.carto("config set base_url ftp://ann.carto.com").run().shows(&expect![[r#"
        ! error: `base_url`: a base URL begins with `https://` or `http://`
        exit 2
    "#]]);
    sandbox.carto("config set organization").arg("").run().shows(&expect![[r#"
        ! error: `organization`: the value is empty; unset the key instead
        exit 2
    "#]]);
    sandbox.carto("config set alias.q").arg(" ").run().shows(&expect![[r#"
        ! error: `alias.q`: an alias needs at least one word
        exit 2
    "#]]);
    sandbox.carto("config set ui.editor").arg("a\u{202e}b").run().shows(&expect![[r#"
        ! error: `ui.editor`: control characters and bidi marks are not allowed
        exit 2
    "#]]);
}

#[test]
fn bad_values_are_explained_at_load() {
    for (text, expected) in [
        (
            "username = 3\n",
            expect![[r#"
            ! error: `username`: expected a string, not an integer
            !   --> ~/.config/carto/config.toml:1:12
            !   |
            !  1| username = 3
            !   |            ^
            exit 3
        "#]],
        ),
        (
            "[ui]\ncolor = \"sometimes\"\n",
            expect![[r#"
            ! error: `ui.color`: expected one of auto, always, never, not `sometimes`
            !   --> ~/.config/carto/config.toml:2:9
            !   |
            !  2| color = "sometimes"
            !   |         ^^^^^^^^^^^
            exit 3
        "#]],
        ),
        (
            "allow_non_secure = \"yes\"\n",
            expect![[r#"
            ! error: `allow_non_secure`: expected `true` or `false`, not a string
            !   --> ~/.config/carto/config.toml:1:20
            !   |
            !  1| allow_non_secure = "yes"
            !   |                    ^^^^^
            exit 3
        "#]],
        ),
        (
            "base_url = \"ftp://x\"\n",
            expect![[r#"
            ! error: `base_url`: a base URL begins with `https://` or `http://`
            !   --> ~/.config/carto/config.toml:1:12
            !   |
            !  1| base_url = "ftp://x"
            !   |            ^^^^^^^^^
            exit 3
        "#]],
        ),
        (
            "alias.q = [\"sql\", 1]\n",
            expect![[r#"
            ! error: `alias.q`: an alias is made of strings, not of an integer
            !   --> ~/.config/carto/config.toml:1:11
            !   |
            !  1| alias.q = ["sql", 1]
            !   |           ^^^^^^^^^^
            exit 3
        "#]],
        ),
        (
            "profile = \"\"\n",
            expect![[r#"
            ! error: `profile`: a profile's name cannot be empty
            !   --> ~/.config/carto/config.toml:1:11
            !   |
            !  1| profile = ""
            !   |           ^^
            exit 3
        "#]],
        ),
        (
            "[username]\nx = 1\n",
            expect![[r#"
                ! warning: ~/.config/carto/config.toml:2:1: unknown setting `username.x`; did you mean `username`?
                ! error: `ui.editor` is not set
                exit 1
            "#]],
        ),
        (
            "username = \"a\"\nuser = \"b\"\n",
            expect![[r#"
            ! error: `username` is set twice under two of its names
            !   --> ~/.config/carto/config.toml:1:12
            !   --> ~/.config/carto/config.toml:2:8
            exit 3
        "#]],
        ),
        (
            "profiles = 3\n",
            expect![[r#"
                ! warning: ~/.config/carto/config.toml:1:1: unknown setting `profiles`; did you mean `profile`?
                ! error: `ui.editor` is not set
                exit 1
            "#]],
        ),
        // A line that may hold a secret is never shown.
        (
            "username = 3 # my token\n",
            expect![[r#"
            ! error: `username`: expected a string, not an integer
            !   --> ~/.config/carto/config.toml:1:12
            exit 3
        "#]],
        ),
        (
            "apikey = \"s3cret-marker\"\n",
            expect![[r#"
            ! error: a settings file never holds an API key
            !   --> ~/.config/carto/config.toml:1:1
            ! note: `config.toml` may be committed; keys live in `credentials.toml` beside it
            ! help: remove the line, then type: carto config set apikey
            exit 3
        "#]],
        ),
        (
            "username = \"a\n",
            expect![[r#"
            ! error: invalid TOML: invalid basic string, expected `"`
            !   --> ~/.config/carto/config.toml:1:14
            !   |
            !  1| username = "a
            !   |              ^
            exit 3
        "#]],
        ),
    ] {
        let sandbox = Sandbox::new();
        sandbox.user(text);
        let ran = sandbox.carto("config get ui.editor").run().never_says("s3cret-marker");
        ran.shows(&expected);
    }
}

#[test]
fn key_and_value_in_one_word_get_the_split_form() {
    let sandbox = Sandbox::new();
    sandbox.carto("config set username=bob").run().shows(&expect![[r#"
        ! error: `username=...` is not the name of a setting
        ! help: carto config set username bob
        exit 2
    "#]]);
    let ran = sandbox.carto("config set apikey=s3cret-marker").run();
    ran.never_says("s3cret-marker").shows(&expect![[r#"
        ! error: `apikey=...` is not the name of a setting
        ! help: carto config set apikey     # asks, or reads standard input
        exit 2
    "#]]);
    sandbox.carto("config set ui.editor=code").arg("--wait").run().shows(&expect![[r#"
        ! error: unexpected argument `--wait` found
        ! note: usage: carto config set <SETTING> [VALUE]
        ! help: to pass `--wait` as a value, use `-- --wait`
        ! help: carto config set --help
        exit 2
    "#]]);
    let ran = sandbox.carto("config set").arg("ui.editor=code -w").run();
    ran.shows(&expect![[r#"
        ! error: `ui.editor=...` is not the name of a setting
        ! help: carto config set ui.editor 'code -w'
        exit 2
    "#]]);
    sandbox.carto("config set frob=1").run().shows(&expect![[r#"
        ! error: `frob=...` is not the name of a setting
        ! help: carto config schema     # lists every setting
        exit 2
    "#]]);
}
