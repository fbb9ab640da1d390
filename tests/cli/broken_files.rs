//! Files that cannot be parsed or used: which line it is, and never a word of a secret.

use expect_test::{Expect, expect};

use crate::sandbox::Sandbox;

const CONFIG: &str = "home/.config/carto/config.toml";
const CREDENTIALS: &str = "home/.config/carto/credentials.toml";

/// Runs lines and fails when a secret shows, which is always called `marker`.
#[track_caller]
fn session(sandbox: &Sandbox, lines: &[&str], expected: &Expect) {
    let seen = sandbox.session(lines);
    let said: Vec<_> = seen.lines().filter(|line| !line.starts_with("$ ")).collect();
    assert!(!said.join("\n").contains("marker"), "{seen}");
    expected.assert_eq(&seen);
}

/// Runs one command over texts of a file, and fails when a secret shows.
#[track_caller]
fn each(file: &str, texts: &[&str], line: &str, expected: &Expect) {
    let mut seen = String::new();
    for text in texts {
        let sandbox = Sandbox::new();
        sandbox.file_with_mode(file, text, 0o600);
        seen += &format!("{}\n", text.escape_debug().to_string().replace("\\\"", "\""));
        let ran = sandbox.shell(line).run().never_says("marker");
        assert_eq!(sandbox.read(file), *text, "the file was changed");
        seen += &format!("{ran}\n");
    }
    expected.assert_eq(&seen);
}

#[test]
fn a_broken_settings_file_is_named_with_line_and_column() {
    each(
        CONFIG,
        &[
            "username = \"ann\"\nbase_url = \n",
            "username = ann\n",
            "username = \"ann\n",
            "[profiles.a\nusername = \"b\"\n",
            "username = \"a\"\nusername = \"b\"\n",
            "\u{feff}username = \"ann\"\r\n\r\nbase_url = \r\n",
            "username = 7\n",
            "username = [\"ann\"]\n",
            "base_url = \"https://u:p@x.example\"\n",
            "base_url = \"ftp://x.example\"\n",
            "allow_non_secure = \"yes\"\n",
            "profiles.a = 3\n",
            "[alias]\nq = [1]\n",
            "[ui]\ncolor = \"blue\"\n",
            "user = \"a\"\nusername = \"b\"\n",
            "\tprofile = true\n",
        ],
        "carto account",
        &expect![[r#"
            username = "ann"\nbase_url = \n
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3

            username = ann\n
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:1:12
            !   |
            !  1| username = ann
            !   |            ^
            exit 3

            username = "ann\n
            ! error: invalid TOML: invalid basic string, expected `"`
            !   --> ~/.config/carto/config.toml:1:16
            !   |
            !  1| username = "ann
            !   |                ^
            exit 3

            [profiles.a\nusername = "b"\n
            ! error: invalid TOML: unclosed table, expected `]`
            !   --> ~/.config/carto/config.toml:1:12
            !   |
            !  1| [profiles.a
            !   |            ^
            exit 3

            username = "a"\nusername = "b"\n
            ! error: invalid TOML: duplicate key
            !   --> ~/.config/carto/config.toml:2:1
            !   |
            !  2| username = "b"
            !   | ^
            exit 3

            \u{feff}username = "ann"\r\n\r\nbase_url = \r\n
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:3:12
            !   |
            !  3| base_url = 
            !   |            ^
            exit 3

            username = 7\n
            ! error: `username`: expected a string, not an integer
            !   --> ~/.config/carto/config.toml:1:12
            !   |
            !  1| username = 7
            !   |            ^
            exit 3

            username = ["ann"]\n
            ! error: `username`: expected a string, not an array
            !   --> ~/.config/carto/config.toml:1:12
            !   |
            !  1| username = ["ann"]
            !   |            ^^^^^^^
            exit 3

            base_url = "https://u:p@x.example"\n
            ! error: `base_url`: a base URL cannot contain `@`: no user name or password stands before the host
            !   --> ~/.config/carto/config.toml:1:12
            exit 3

            base_url = "ftp://x.example"\n
            ! error: `base_url`: a base URL begins with `https://` or `http://`
            !   --> ~/.config/carto/config.toml:1:12
            !   |
            !  1| base_url = "ftp://x.example"
            !   |            ^^^^^^^^^^^^^^^^^
            exit 3

            allow_non_secure = "yes"\n
            ! error: `allow_non_secure`: expected `true` or `false`, not a string
            !   --> ~/.config/carto/config.toml:1:20
            !   |
            !  1| allow_non_secure = "yes"
            !   |                    ^^^^^
            exit 3

            profiles.a = 3\n
            ! warning: ~/.config/carto/config.toml:1:10: unknown setting `profiles.a`; did you mean `profile`?
            exit 0

            [alias]\nq = [1]\n
            ! error: `alias.q`: an alias is made of strings, not of an integer
            !   --> ~/.config/carto/config.toml:2:5
            !   |
            !  2| q = [1]
            !   |     ^^^
            exit 3

            [ui]\ncolor = "blue"\n
            ! error: `ui.color`: expected one of auto, always, never, not `blue`
            !   --> ~/.config/carto/config.toml:2:9
            !   |
            !  2| color = "blue"
            !   |         ^^^^^^
            exit 3

            user = "a"\nusername = "b"\n
            ! error: `username` is set twice under two of its names
            !   --> ~/.config/carto/config.toml:1:8
            !   --> ~/.config/carto/config.toml:2:12
            exit 3

            \tprofile = true\n
            ! error: `profile`: expected a string, not a boolean
            !   --> ~/.config/carto/config.toml:1:12
            !   |
            !  1| \tprofile = true
            !   |             ^^^^
            exit 3

        "#]],
    );
}

#[test]
fn a_broken_settings_file_shows_no_secret() {
    each(
        CONFIG,
        &[
            // before, in, and after the broken line
            "apikey = \"marker\"\nusername = \n",
            "username = \napikey = \"marker\"\n",
            "apikey = \"marker\n",
            "apikey = marker\n",
            "apikey = \"\"\"\nmarker\n",
            "x = \"\"\"\nmarker\n\"\"\" y # my key\n",
            "TOKEN = 'marker' 'x'\n",
            "my_password = \"marker\" x\n",
            "{\"apikey\": \"marker\"}\n",
            // sound, but in the wrong file
            "username = \"ann\"\napikey = \"marker\"\n",
            "[profiles.a]\napi-key = \"marker\"\n",
            "[[credential]]\napikey = \"marker\"\n",
            "key = \"marker\"\nbase_url = 3\n",
            // without a word that says so
            "base_url = \"https://ann:marker@x.example\"\n",
            "username = \"0123456789abcdefmarker\" x\n",
            "x = 0123456789abcdefmarker\n",
        ],
        "carto account",
        &expect![[r#"
            apikey = "marker"\nusername = \n
            ! error: invalid TOML
            !   --> ~/.config/carto/config.toml:2:12
            exit 3

            username = \napikey = "marker"\n
            ! error: invalid TOML
            !   --> ~/.config/carto/config.toml:1:12
            exit 3

            apikey = "marker\n
            ! error: invalid TOML
            !   --> ~/.config/carto/config.toml:1:17
            exit 3

            apikey = marker\n
            ! error: invalid TOML
            !   --> ~/.config/carto/config.toml:1:10
            exit 3

            apikey = """\nmarker\n
            ! error: invalid TOML
            !   --> ~/.config/carto/config.toml:3:1
            exit 3

            x = """\nmarker\n""" y # my key\n
            ! error: invalid TOML
            !   --> ~/.config/carto/config.toml:3:5
            exit 3

            TOKEN = \'marker\' \'x\'\n
            ! error: invalid TOML
            !   --> ~/.config/carto/config.toml:1:18
            exit 3

            my_password = "marker" x\n
            ! error: invalid TOML
            !   --> ~/.config/carto/config.toml:1:24
            exit 3

            {"apikey": "marker"}\n
            ! error: invalid TOML
            !   --> ~/.config/carto/config.toml:1:1
            exit 3

            username = "ann"\napikey = "marker"\n
            ! error: a settings file never holds an API key
            !   --> ~/.config/carto/config.toml:2:1
            ! note: `config.toml` may be committed; keys live in `credentials.toml` beside it
            ! help: remove the line, then type: carto config set apikey
            exit 3

            [profiles.a]\napi-key = "marker"\n
            ! error: a settings file never holds an API key
            !   --> ~/.config/carto/config.toml:2:1
            ! note: `config.toml` may be committed; keys live in `credentials.toml` beside it
            ! help: remove the line, then type: carto --profile a config set apikey
            exit 3

            [[credential]]\napikey = "marker"\n
            ! error: a settings file never holds an API key
            !   --> ~/.config/carto/config.toml:1:3
            ! note: `config.toml` may be committed; keys live in `credentials.toml` beside it
            ! help: remove the line, then type: carto config set apikey
            exit 3

            key = "marker"\nbase_url = 3\n
            ! error: a settings file never holds an API key
            !   --> ~/.config/carto/config.toml:1:1
            ! note: `config.toml` may be committed; keys live in `credentials.toml` beside it
            ! help: remove the line, then type: carto config set apikey
            exit 3

            base_url = "https://ann:marker@x.example"\n
            ! error: `base_url`: a base URL cannot contain `@`: no user name or password stands before the host
            !   --> ~/.config/carto/config.toml:1:12
            exit 3

            username = "0123456789abcdefmarker" x\n
            ! error: invalid TOML
            !   --> ~/.config/carto/config.toml:1:37
            exit 3

            x = 0123456789abcdefmarker\n
            ! error: invalid TOML
            !   --> ~/.config/carto/config.toml:1:5
            exit 3

        "#]],
    );
}

#[test]
fn a_broken_credentials_file_shows_no_secret() {
    each(
        CREDENTIALS,
        &[
            "[[credential]]\napikey = \"marker\n",
            "[[credential]]\napikey = marker\n",
            "[[credential]]\nbase_url = \napikey = \"marker\"\n",
            "[[credential]]\napikey = \"marker\"\nbase_url = \n",
            "[[credential]]\napikey = \"\"\"\nmarker\n",
            "[[credential]]\napikey = \"\"\"\nmarker\n\"\"\" x\n",
            "\u{feff}[[credential]]\r\napikey = \"marker\r\n",
            "apikey = \"marker\"\n",
            "marker = 1\n",
            "[[credential]]\nmarker = 1\n",
            "[credential]\napikey = \"marker\"\n",
            "credential = \"marker\"\n",
            "[[credential]]\napikey = 7\n",
            "[[credential]]\napikey = \"mar ker\"\n",
            "[[credential]]\napikey = \"mar\\nker\"\n",
            "[[credential]]\nusername = \"ann\"\napikey = \"marker\"\n",
            "[[credential]]\nbase_url = \"https://ann:marker@x.example\"\napikey = \"marker\"\n",
            "[[credential]]\nbase_url = \"http://x.example\"\napikey = \"marker\"\n",
            "[[credential]]\nbase_url = \"https://{username}.carto.com\"\napikey = \"marker\"\n",
            "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"bob\"\napikey = \"marker\"\n",
            "[[credential]]\nbase_url = \"https://ann.carto.com\"\n",
            "[[credential]]\napikey = { command = \"marker\" }\n",
            "[[credential]]\napikey = { marker = \"marker\" }\n",
            "[[credential]]\napikey = { file = \"marker\", env = \"marker\" }\n",
            "[[credential]]\napikey = [\"marker\"]\n",
            "[[credential]]\nprofile = \"p\"\n[credential.apikey]\nenv = \"mar ker\"\n",
        ],
        "carto config list",
        &expect![[r#"
            [[credential]]\napikey = "marker\n
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:17
            exit 3

            [[credential]]\napikey = marker\n
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:10
            exit 3

            [[credential]]\nbase_url = \napikey = "marker"\n
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3

            [[credential]]\napikey = "marker"\nbase_url = \n
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:3:12
            exit 3

            [[credential]]\napikey = """\nmarker\n
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:4:1
            exit 3

            [[credential]]\napikey = """\nmarker\n""" x\n
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:4:5
            exit 3

            \u{feff}[[credential]]\r\napikey = "marker\r\n
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:18
            exit 3

            apikey = "marker"\n
            ! error: a credentials file has only `[[credential]]` entries
            !   --> ~/.config/carto/credentials.toml:1:1
            exit 3

            marker = 1\n
            ! error: a credentials file has only `[[credential]]` entries
            !   --> ~/.config/carto/credentials.toml:1:1
            exit 3

            [[credential]]\nmarker = 1\n
            ! error: an unknown field in a credential
            !   --> ~/.config/carto/credentials.toml:2:1
            ! help: known are base_url, username, apikey, allow_non_secure, profile
            exit 3

            [credential]\napikey = "marker"\n
            ! error: `credential` is not written as `[[credential]]`
            !   --> ~/.config/carto/credentials.toml:1:1
            exit 3

            credential = "marker"\n
            ! error: `credential` is not written as `[[credential]]`
            !   --> ~/.config/carto/credentials.toml:1:14
            exit 3

            [[credential]]\napikey = 7\n
            ! error: `apikey` is neither a text nor a secret source
            !   --> ~/.config/carto/credentials.toml:2:10
            exit 3

            [[credential]]\napikey = "mar ker"\n
            ! error: `apikey`: the key has a character that is a space, or not printable ASCII (position 4)
            !   --> ~/.config/carto/credentials.toml:2:10
            exit 3

            [[credential]]\napikey = "mar\\nker"\n
            ! error: `apikey`: the key has more than one line
            !   --> ~/.config/carto/credentials.toml:2:10
            exit 3

            [[credential]]\nusername = "ann"\napikey = "marker"\n
            ! error: a credential with a `username` needs its `base_url` too
            !   --> ~/.config/carto/credentials.toml:1:1
            exit 3

            [[credential]]\nbase_url = "https://ann:marker@x.example"\napikey = "marker"\n
            ! error: `base_url`: a base URL cannot contain `@`: no user name or password stands before the host
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3

            [[credential]]\nbase_url = "http://x.example"\napikey = "marker"\n
            ! error: a credential for `http://` needs `allow_non_secure = true` beside it
            !   --> ~/.config/carto/credentials.toml:1:1
            exit 3

            [[credential]]\nbase_url = "https://{username}.carto.com"\napikey = "marker"\n
            ! error: `base_url`: the host has only letters, digits, `-`, `_` and `.`, not '{'
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3

            [[credential]]\nbase_url = "https://ann.carto.com"\nusername = "bob"\napikey = "marker"\n
            ! error: the base URL names the user `ann`, not `bob`
            !   --> ~/.config/carto/credentials.toml:1:1
            exit 3

            [[credential]]\nbase_url = "https://ann.carto.com"\n
            ! error: a credential has no `apikey`
            !   --> ~/.config/carto/credentials.toml:1:1
            exit 3

            [[credential]]\napikey = { command = "marker" }\n
            ! error: `apikey`: `command` is a list of words: the program and its arguments
            !   --> ~/.config/carto/credentials.toml:2:10
            exit 3

            [[credential]]\napikey = { marker = "marker" }\n
            ! error: `apikey`: a secret source has exactly one of `command`, `file`, `env` and `git-credential`
            !   --> ~/.config/carto/credentials.toml:2:10
            exit 3

            [[credential]]\napikey = { file = "marker", env = "marker" }\n
            ! error: `apikey`: a secret source has exactly one of `command`, `file`, `env` and `git-credential`
            !   --> ~/.config/carto/credentials.toml:2:10
            exit 3

            [[credential]]\napikey = ["marker"]\n
            ! error: `apikey` is neither a text nor a secret source
            !   --> ~/.config/carto/credentials.toml:2:10
            exit 3

            [[credential]]\nprofile = "p"\n[credential.apikey]\nenv = "mar ker"\n
            ! error: `apikey`: `env` is the name of a variable: letters, digits and `_`
            !   --> ~/.config/carto/credentials.toml:3:1
            exit 3

        "#]],
    );
}

/// Which commands go on, and that none writes.
#[test]
fn in_a_broken_settings_file_what_parses_is_shown_and_nothing_is_changed() {
    let sandbox = Sandbox::new();
    sandbox.file("sys/config.toml", "organization = \"maps\"\n");
    let broken = "username = \"ann\"\nbase_url = \n";
    sandbox.user(broken);
    session(
        &sandbox,
        &[
            "carto config path",
            "carto help >/dev/null",
            "carto help config set >/dev/null",
            "carto version",
            "carto --version",
            "carto config list",
            "carto config list --json",
            "carto config explain",
            "carto config explain organization",
            "carto config explain ui.color",
            "carto config get username",
            "carto config get ui.color",
            "carto config get --default x ui.color",
            "carto config set username bob",
            "carto config set ui.color never",
            "carto config unset username",
            "echo marker | carto config set apikey",
            "echo marker | carto login bob --key-stdin",
            "carto profile add p --username q",
            "carto profile list",
            "carto profile use p",
            "carto logout",
            "carto account",
            "carto dump --help",
            "carto credentials show",
            "carto plugin list >/dev/null",
            "carto trust --list",
            "ls -A ~/.config/carto",
        ],
        &expect![[r#"
            $ carto config path
            system   [root]/sys/config.toml
            system   [root]/sys/credentials.toml  (missing)
            user     ~/.config/carto/config.toml
            user     ~/.config/carto/credentials.toml  (missing)
            exit 0
            $ carto help >/dev/null
            exit 0
            $ carto help config set >/dev/null
            exit 0
            $ carto version
            carto 0.1.0
            exit 0
            $ carto --version
            carto 0.1.0
            exit 0
            $ carto config list
            * organization=maps
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto config list --json
            [
              {
                "key": "organization",
                "value": "maps",
                "account": null,
                "scope": "system",
                "origin": "[root]/sys/config.toml:1:16",
                "wins": true
              }
            ]
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto config explain
            account  none is named anywhere
            help:    carto login URL                      # for example https://NAME.carto.com
            help:    carto credentials import             # imports CARTOframes' file
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto config explain organization
            account  none is named anywhere
            help:    carto login URL                      # for example https://NAME.carto.com
            help:    carto credentials import             # imports CARTOframes' file
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto config explain ui.color
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto config get username
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto config get ui.color
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto config get --default x ui.color
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto config set username bob
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto config set ui.color never
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto config unset username
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ echo marker | carto config set apikey
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ echo marker | carto login bob --key-stdin
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto profile add p --username q
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto profile list
            ! note: there is no account: `carto login URL` adds one
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto profile use p
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto logout
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto account
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto dump --help
            [--help]
            CARTO_BIN=[carto]
            CARTO_CEILING_DIRECTORIES=[root]
            CARTO_NESTED={"set":[],"files":"all","aliases":[]}
            CARTO_PLUGIN_API=1
            CARTO_PLUGIN_CONFIG={}
            CARTO_SYSTEM_CONFIG_DIR=[root]/sys
            exit 0
            $ carto credentials show
            ! error: invalid TOML: string values must be quoted, expected literal string
            !   --> ~/.config/carto/config.toml:2:12
            !   |
            !  2| base_url = 
            !   |            ^
            exit 3
            $ carto plugin list >/dev/null
            exit 0
            $ carto trust --list
            exit 0
            $ ls -A ~/.config/carto
            .lock
            config.toml
            exit 0
        "#]],
    );
    assert_eq!(sandbox.read(CONFIG), broken);
}

#[test]
fn beside_a_broken_credentials_file_settings_are_shown_and_no_key_is_written() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    let broken = "[[credential]]\nbase_url = \napikey = \"marker\"\n";
    sandbox.file_with_mode(CREDENTIALS, broken, 0o600);
    session(
        &sandbox,
        &[
            "carto config path",
            "carto config list",
            "carto config explain",
            "carto config get username",
            "carto config get apikey",
            "carto config get ui.color",
            "echo marker2 | carto config set apikey",
            "carto config unset apikey",
            "echo marker2 | carto login bob --key-stdin",
            "carto logout",
            "carto account",
            "carto credentials export",
        ],
        &expect![[r#"
            $ carto config path
            system   [root]/sys/config.toml  (missing)
            system   [root]/sys/credentials.toml  (missing)
            user     ~/.config/carto/config.toml
            user     ~/.config/carto/credentials.toml
            exit 0
            $ carto config list
            * username=ann
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3
            $ carto config explain
            account  ann at https://ann.carto.com
            * user     user name `ann`: ann at https://ann.carto.com
                       at ~/.config/carto/config.toml:1:12
                       decides: the highest scope that names an account
            key      default_public: CARTO's public key, public data only
            * default  default_public
                       is used
            note:    no key of ann at https://ann.carto.com is stored or given
            help:    carto login https://ann.carto.com    # stores its key
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3
            $ carto config get username
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3
            $ carto config get apikey
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3
            $ carto config get ui.color
            ! error: `ui.color` is not set
            exit 1
            $ echo marker2 | carto config set apikey
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3
            $ carto config unset apikey
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3
            $ echo marker2 | carto login bob --key-stdin
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3
            $ carto logout
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3
            $ carto account
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3
            $ carto credentials export
            ! error: invalid TOML in a credentials file
            !   --> ~/.config/carto/credentials.toml:2:12
            exit 3
        "#]],
    );
    assert_eq!(sandbox.read(CREDENTIALS), broken);
    assert_eq!(sandbox.read(CONFIG), "username = \"ann\"\n");
}

/// Where environment or command line alone decide, files have nothing to say.
#[test]
fn a_broken_file_is_a_warning_when_the_account_is_given() {
    for (file, text) in [
        ("sys/config.toml", "base_url = \n"),
        ("sys/credentials.toml", "[[credential]]\napikey = \"marker\n"),
        (CONFIG, "apikey = \"marker\"\nbase_url = \n"),
        (CREDENTIALS, "[[credential]]\napikey = \"marker\n"),
        ("work/.carto/config.toml", "base_url = \n"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.file_with_mode(file, text, 0o600);
        let expected = match file {
            "sys/config.toml" => expect![[r#"
                $ carto account
                ! error: invalid TOML: string values must be quoted, expected literal string
                !   --> [root]/sys/config.toml:1:12
                !   |
                !  1| base_url = 
                !   |            ^
                exit 3
                $ CARTO_USERNAME=ann carto account
                CARTO_API_KEY=default_public
                CARTO_BASE_URL=https://ann.carto.com
                CARTO_USER=ann
                CARTO_USERNAME=ann
                ! warning: invalid TOML: string values must be quoted, expected literal string
                !   --> [root]/sys/config.toml:1:12
                !   |
                !  1| base_url = 
                !   |            ^
                exit 0
                $ carto -c username=ann config get username
                ann
                ! warning: invalid TOML: string values must be quoted, expected literal string
                !   --> [root]/sys/config.toml:1:12
                !   |
                !  1| base_url = 
                !   |            ^
                exit 0
                $ carto -q -c username=ann account
                CARTO_API_KEY=default_public
                CARTO_BASE_URL=https://ann.carto.com
                CARTO_USER=ann
                CARTO_USERNAME=ann
                exit 0
                $ carto --isolated account
                exit 0
                $ carto config set ui.color auto
                ! error: invalid TOML: string values must be quoted, expected literal string
                !   --> [root]/sys/config.toml:1:12
                !   |
                !  1| base_url = 
                !   |            ^
                exit 3
            "#]],
            "sys/credentials.toml" => expect![[r#"
                $ carto account
                ! error: invalid TOML in a credentials file
                !   --> [root]/sys/credentials.toml:2:17
                exit 3
                $ CARTO_USERNAME=ann carto account
                ! warning: invalid TOML in a credentials file
                !   --> [root]/sys/credentials.toml:2:17
                ! error: a credential file cannot be read, and no other has one for ann at https://ann.carto.com
                !   --> [root]/sys/credentials.toml:2:17
                ! help: correct the file
                ! help: or ask for public data only: CARTO_API_KEY=default_public
                exit 3
                $ carto -c username=ann config get username
                ! warning: invalid TOML in a credentials file
                !   --> [root]/sys/credentials.toml:2:17
                ! error: a credential file cannot be read, and no other has one for ann at https://ann.carto.com
                !   --> [root]/sys/credentials.toml:2:17
                ! help: correct the file
                ! help: or ask for public data only: CARTO_API_KEY=default_public
                exit 3
                $ carto -q -c username=ann account
                ! error: a credential file cannot be read, and no other has one for ann at https://ann.carto.com
                !   --> [root]/sys/credentials.toml:2:17
                ! help: correct the file
                ! help: or ask for public data only: CARTO_API_KEY=default_public
                exit 3
                $ carto --isolated account
                exit 0
                $ carto config set ui.color auto
                ! note: set ui.color in ~/.config/carto/config.toml
                exit 0
            "#]],
            CONFIG => expect![[r#"
                $ carto account
                ! error: invalid TOML
                !   --> ~/.config/carto/config.toml:2:12
                exit 3
                $ CARTO_USERNAME=ann carto account
                CARTO_API_KEY=default_public
                CARTO_BASE_URL=https://ann.carto.com
                CARTO_USER=ann
                CARTO_USERNAME=ann
                ! warning: invalid TOML
                !   --> ~/.config/carto/config.toml:2:12
                exit 0
                $ carto -c username=ann config get username
                ann
                ! warning: invalid TOML
                !   --> ~/.config/carto/config.toml:2:12
                exit 0
                $ carto -q -c username=ann account
                CARTO_API_KEY=default_public
                CARTO_BASE_URL=https://ann.carto.com
                CARTO_USER=ann
                CARTO_USERNAME=ann
                exit 0
                $ carto --isolated account
                exit 0
                $ carto config set ui.color auto
                ! error: invalid TOML
                !   --> ~/.config/carto/config.toml:2:12
                exit 3
            "#]],
            CREDENTIALS => expect![[r#"
                $ carto account
                ! error: invalid TOML in a credentials file
                !   --> ~/.config/carto/credentials.toml:2:17
                exit 3
                $ CARTO_USERNAME=ann carto account
                ! warning: invalid TOML in a credentials file
                !   --> ~/.config/carto/credentials.toml:2:17
                ! error: a credential file cannot be read, and no other has one for ann at https://ann.carto.com
                !   --> ~/.config/carto/credentials.toml:2:17
                ! help: correct the file
                ! help: or ask for public data only: CARTO_API_KEY=default_public
                exit 3
                $ carto -c username=ann config get username
                ! warning: invalid TOML in a credentials file
                !   --> ~/.config/carto/credentials.toml:2:17
                ! error: a credential file cannot be read, and no other has one for ann at https://ann.carto.com
                !   --> ~/.config/carto/credentials.toml:2:17
                ! help: correct the file
                ! help: or ask for public data only: CARTO_API_KEY=default_public
                exit 3
                $ carto -q -c username=ann account
                ! error: a credential file cannot be read, and no other has one for ann at https://ann.carto.com
                !   --> ~/.config/carto/credentials.toml:2:17
                ! help: correct the file
                ! help: or ask for public data only: CARTO_API_KEY=default_public
                exit 3
                $ carto --isolated account
                exit 0
                $ carto config set ui.color auto
                ! note: set ui.color in ~/.config/carto/config.toml
                exit 0
            "#]],
            _ => expect![[r#"
                $ carto account
                ! error: invalid TOML: string values must be quoted, expected literal string
                !   --> [work]/.carto/config.toml:1:12
                !   |
                !  1| base_url = 
                !   |            ^
                exit 3
                $ CARTO_USERNAME=ann carto account
                CARTO_API_KEY=default_public
                CARTO_BASE_URL=https://ann.carto.com
                CARTO_USER=ann
                CARTO_USERNAME=ann
                ! warning: invalid TOML: string values must be quoted, expected literal string
                !   --> [work]/.carto/config.toml:1:12
                !   |
                !  1| base_url = 
                !   |            ^
                exit 0
                $ carto -c username=ann config get username
                ann
                ! warning: invalid TOML: string values must be quoted, expected literal string
                !   --> [work]/.carto/config.toml:1:12
                !   |
                !  1| base_url = 
                !   |            ^
                exit 0
                $ carto -q -c username=ann account
                CARTO_API_KEY=default_public
                CARTO_BASE_URL=https://ann.carto.com
                CARTO_USER=ann
                CARTO_USERNAME=ann
                exit 0
                $ carto --isolated account
                exit 0
                $ carto config set ui.color auto
                ! error: invalid TOML: string values must be quoted, expected literal string
                !   --> [work]/.carto/config.toml:1:12
                !   |
                !  1| base_url = 
                !   |            ^
                exit 3
            "#]],
        };
        session(
            &sandbox,
            &[
                "carto account",
                "CARTO_USERNAME=ann carto account",
                "carto -c username=ann config get username",
                "carto -q -c username=ann account",
                "carto --isolated account",
                "carto config set ui.color auto",
            ],
            &expected,
        );
        assert_eq!(sandbox.read(file), text);
    }
}

#[test]
fn a_broken_project_stops_what_needs_an_account() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    let broken = "username = \"acme\"\nkey = \"marker\nbase_url = \n";
    sandbox.project(broken);
    session(
        &sandbox,
        &[
            "carto account",
            "carto config get username",
            "carto config list",
            "carto config set --project username x",
            "carto trust --show >/dev/null",
            "carto --no-project config get username",
        ],
        &expect![[r#"
            $ carto account
            ! error: invalid TOML
            !   --> [work]/.carto/config.toml:2:14
            exit 3
            $ carto config get username
            ! error: invalid TOML
            !   --> [work]/.carto/config.toml:2:14
            exit 3
            $ carto config list
            * username=ann
            ! error: invalid TOML
            !   --> [work]/.carto/config.toml:2:14
            exit 3
            $ carto config set --project username x
            ! error: invalid TOML
            !   --> [work]/.carto/config.toml:2:14
            exit 3
            $ carto trust --show >/dev/null
            exit 0
            $ carto --no-project config get username
            ann
            exit 0
        "#]],
    );
    assert_eq!(sandbox.read("work/.carto/config.toml"), broken);
}

#[test]
fn what_is_not_utf8_is_named() {
    for file in ["sys/config.toml", CONFIG, CREDENTIALS, "work/.carto/config.toml"] {
        let sandbox = Sandbox::new();
        let bytes = b"[[credential]]\napikey = \"marker\xff\"\n";
        let text: &[u8] =
            if file == CREDENTIALS { bytes } else { b"x = 1\nusername = \"b\xf3b\"\n" };
        sandbox.file_with_mode(file, text, 0o600);
        let expected = match file {
            "sys/config.toml" => expect![[r#"
                $ carto account
                ! error: the file is not UTF-8
                !   --> [root]/sys/config.toml:2:14
                exit 3
                $ echo marker | carto config set apikey
                ! error: the file is not UTF-8
                !   --> [root]/sys/config.toml:2:14
                exit 3
            "#]],
            CONFIG => expect![[r#"
                $ carto account
                ! error: the file is not UTF-8
                !   --> ~/.config/carto/config.toml:2:14
                exit 3
                $ echo marker | carto config set apikey
                ! error: the file is not UTF-8
                !   --> ~/.config/carto/config.toml:2:14
                exit 3
            "#]],
            CREDENTIALS => expect![[r#"
                $ carto account
                ! error: the credentials file is not UTF-8
                !   --> ~/.config/carto/credentials.toml:2:17
                exit 3
                $ echo marker | carto config set apikey
                ! error: the credentials file is not UTF-8
                !   --> ~/.config/carto/credentials.toml:2:17
                exit 3
            "#]],
            _ => expect![[r#"
                $ carto account
                ! error: the file is not UTF-8
                !   --> [work]/.carto/config.toml:2:14
                exit 3
                $ echo marker | carto config set apikey
                ! error: the file is not UTF-8
                !   --> [work]/.carto/config.toml:2:14
                exit 3
            "#]],
        };
        session(&sandbox, &["carto account", "echo marker | carto config set apikey"], &expected);
        assert_eq!(std::fs::read(sandbox.path(file)).unwrap(), text);
    }
}

/// Sound files in the spellings that editors and people give them.
#[test]
fn marks_line_ends_and_other_names_are_read() {
    let sandbox = Sandbox::new();
    sandbox.user("\u{feff}User = \"ann\"\r\nORG = \"maps\"\r\n\r\n[profiles.p]\r\nbase-url = \"https://p.carto.com\"\r\n");
    sandbox.file_with_mode(
        CREDENTIALS,
        "\u{feff}[[credential]]\r\nbase_url = \"https://ann.carto.com\"\r\napikey = \"k1\"\r\n",
        0o600,
    );
    session(
        &sandbox,
        &["carto account", "carto -p p account", "carto config list --show-origin"],
        &expect![[r#"
            $ carto account
            CARTO_API_KEY=k1
            CARTO_BASE_URL=https://ann.carto.com
            CARTO_ORG=maps
            CARTO_USER=ann
            CARTO_USERNAME=ann
            exit 0
            $ carto -p p account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://p.carto.com
            CARTO_USER=p
            CARTO_USERNAME=p
            exit 0
            $ carto config list --show-origin
            * ~/.config/carto/config.toml:1:8	username=ann
            * ~/.config/carto/config.toml:2:7	organization=maps
            * ~/.config/carto/config.toml:5:12	profiles.p.base_url=https://p.carto.com
            * ~/.config/carto/credentials.toml:1:1	apikey=********  (ann at https://ann.carto.com)
            exit 0
        "#]],
    );
}

#[test]
fn unknown_keys_and_keys_of_another_scope_are_told_once() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\nusrname = \"x\"\n[ui]\ncolour = \"never\"\nfrob = 1\n");
    sandbox.file("sys/config.toml", "[profiles.p]\nusrname = \"b\"\nusername = \"b\"\n");
    session(
        &sandbox,
        &[
            "carto account",
            "carto config get username",
            "carto config list",
            "carto config explain",
            "carto -q config get username",
            "carto config path",
        ],
        &expect![[r#"
            $ carto account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://ann.carto.com
            CARTO_USER=ann
            CARTO_USERNAME=ann
            ! warning: [root]/sys/config.toml:2:1: unknown setting `profiles.p.usrname`; did you mean `profiles.p.username`?
            ! warning: ~/.config/carto/config.toml:2:1: unknown setting `usrname`; did you mean `username`?
            ! warning: ~/.config/carto/config.toml:4:1: unknown setting `ui.colour`; did you mean `ui.color`?
            ! warning: ~/.config/carto/config.toml:5:1: unknown setting `ui.frob`
            exit 0
            $ carto config get username
            ann
            ! warning: [root]/sys/config.toml:2:1: unknown setting `profiles.p.usrname`; did you mean `profiles.p.username`?
            ! warning: ~/.config/carto/config.toml:2:1: unknown setting `usrname`; did you mean `username`?
            ! warning: ~/.config/carto/config.toml:4:1: unknown setting `ui.colour`; did you mean `ui.color`?
            ! warning: ~/.config/carto/config.toml:5:1: unknown setting `ui.frob`
            exit 0
            $ carto config list
            * profiles.p.usrname=b
            * profiles.p.username=b
            * username=ann
            * usrname=x
            * ui.colour=never
            * ui.frob=1
            ! warning: [root]/sys/config.toml:2:1: unknown setting `profiles.p.usrname`; did you mean `profiles.p.username`?
            ! warning: ~/.config/carto/config.toml:2:1: unknown setting `usrname`; did you mean `username`?
            ! warning: ~/.config/carto/config.toml:4:1: unknown setting `ui.colour`; did you mean `ui.color`?
            ! warning: ~/.config/carto/config.toml:5:1: unknown setting `ui.frob`
            exit 0
            $ carto config explain
            account  ann at https://ann.carto.com
            * user     user name `ann`: ann at https://ann.carto.com
                       at ~/.config/carto/config.toml:1:12
                       decides: the highest scope that names an account
            key      default_public: CARTO's public key, public data only
            * default  default_public
                       is used
            note:    no key of ann at https://ann.carto.com is stored or given
            help:    carto login https://ann.carto.com    # stores its key
            ! warning: [root]/sys/config.toml:2:1: unknown setting `profiles.p.usrname`; did you mean `profiles.p.username`?
            ! warning: ~/.config/carto/config.toml:2:1: unknown setting `usrname`; did you mean `username`?
            ! warning: ~/.config/carto/config.toml:4:1: unknown setting `ui.colour`; did you mean `ui.color`?
            ! warning: ~/.config/carto/config.toml:5:1: unknown setting `ui.frob`
            exit 0
            $ carto -q config get username
            ann
            exit 0
            $ carto config path
            system   [root]/sys/config.toml
            system   [root]/sys/credentials.toml  (missing)
            user     ~/.config/carto/config.toml
            user     ~/.config/carto/credentials.toml  (missing)
            exit 0
        "#]],
    );
    // A trusted project's word counts, but not for everything.
    sandbox.user("username = \"ann\"\n");
    sandbox.session(&["carto init"]);
    sandbox.project("[ui]\ncolor = \"never\"\neditor = \"evil\"\n");
    session(
        &sandbox,
        &["carto trust --expect $(carto trust --show | grep ^sha256)", "carto account"],
        &expect![[r#"
            $ carto trust --expect $(carto trust --show | grep ^sha256)
            ! note: [work] is trusted until it changes
            exit 0
            $ carto account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://ann.carto.com
            CARTO_USER=ann
            CARTO_USERNAME=ann
            ! warning: [root]/sys/config.toml:2:1: unknown setting `profiles.p.usrname`; did you mean `profiles.p.username`?
            ! warning: [work]/.carto/config.toml:2:1: `ui.color` is not read from project settings
            ! warning: [work]/.carto/config.toml:3:1: `ui.editor` is not read from project settings
            exit 0
        "#]],
    );
}
