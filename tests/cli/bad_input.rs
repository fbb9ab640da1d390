//! Bad input: each with the words a user reads and the exit status a script sees.

use expect_test::{Expect, expect};

use crate::sandbox::Sandbox;

/// Runs lines on an empty machine.
#[track_caller]
fn says(lines: &[&str], expected: &Expect) {
    session(&Sandbox::new(), lines, expected);
}

/// Runs lines and fails when a key shows, which is always called `marker`.
#[track_caller]
fn session(sandbox: &Sandbox, lines: &[&str], expected: &Expect) {
    let seen = sandbox.session(lines);
    let said: Vec<_> = seen.lines().filter(|line| !line.starts_with("$ ")).collect();
    assert!(!said.join("\n").contains("marker"), "{seen}");
    expected.assert_eq(&seen);
}

#[test]
fn unknown_commands_name_what_is_near() {
    says(
        &[
            "carto frobnicate",
            "carto confg get username",
            "carto dmup",
            "carto ../evil",
            "carto Config list",
            "carto \"$(printf 'a\\377')\"",
            "carto -v \"$(printf 'a\\377')\"",
            "carto ''",
            "carto help frobnicate",
            "carto help config frobnicate",
            "carto plugin run frobnicate",
            "carto plugin which frobnicate",
        ],
        &expect![[r#"
            $ carto frobnicate
            ! error: `frobnicate` is no command, and no plugin `carto-frobnicate` is on PATH
            ! help: carto help     # lists commands and plugins
            exit 127
            $ carto confg get username
            ! error: `confg` is no command, and no plugin `carto-confg` is on PATH
            ! help: did you mean `config`?
            ! help: carto help     # lists commands and plugins
            exit 127
            $ carto dmup
            ! error: `dmup` is no command, and no plugin `carto-dmup` is on PATH
            ! help: did you mean `dump`?
            ! help: carto help     # lists commands and plugins
            exit 127
            $ carto ../evil
            ! error: `../evil` is no command
            ! note: a command's name has only lower-case letters, digits, `-` and `_`
            ! help: carto help     # lists commands and plugins
            exit 127
            $ carto Config list
            ! error: `Config` is no command
            ! note: a command's name has only lower-case letters, digits, `-` and `_`
            ! help: did you mean `config`?
            ! help: carto help     # lists commands and plugins
            exit 127
            $ carto "$(printf 'a\377')"
            ! error: `a�` is no command
            ! note: a command's name has only lower-case letters, digits, `-` and `_`
            ! help: carto help     # lists commands and plugins
            exit 127
            $ carto -v "$(printf 'a\377')"
            ! error: `a�` is no command
            ! note: a command's name has only lower-case letters, digits, `-` and `_`
            ! help: carto help     # lists commands and plugins
            exit 127
            $ carto ''
            ! error: `` is no command
            ! note: a command's name has only lower-case letters, digits, `-` and `_`
            ! help: carto help     # lists commands and plugins
            exit 127
            $ carto help frobnicate
            ! error: `frobnicate` is no command, and no plugin `carto-frobnicate` is on PATH
            ! help: carto help     # lists commands and plugins
            exit 127
            $ carto help config frobnicate
            ! error: `config frobnicate` is no built-in command
            ! help: carto help
            exit 127
            $ carto plugin run frobnicate
            ! error: `frobnicate` is no command, and no plugin `carto-frobnicate` is on PATH
            ! help: carto help     # lists commands and plugins
            exit 127
            $ carto plugin which frobnicate
            ! error: `frobnicate` is no command, and no plugin `carto-frobnicate` is on PATH
            ! help: carto help     # lists commands and plugins
            exit 127
        "#]],
    );
}

#[test]
fn what_is_missing_is_said_with_what_there_is() {
    says(
        &[
            "carto",
            "carto config",
            "carto config frobnicate",
            "carto config get",
            "carto config set",
            "carto credentials",
            "carto profile",
            "carto profile use",
            "carto plugin",
            "carto --frobnicate config list",
        ],
        &expect![[r#"
            $ carto
            ! Settings, accounts, keys and plugins for the CARTO location platform
            ! 
            ! Usage: carto [OPTIONS] <COMMAND>
            ! 
            ! Accounts and keys:
            !   login        Store an account and its API key
            !   logout       Forget the key of the account in use
            !   profile      List, add, select, rename and remove named accounts
            !   credentials  Show and list keys, masked; import and export CARTOframes files
            ! 
            ! Settings:
            !   config       Read and change settings, and see where they come from
            !   init         Make this directory a project, whose settings may be committed
            !   trust        Approve this project's settings, exactly as they are now
            ! 
            ! Running programs with the account:
            !   exec         Run any program with the account in use, as a plugin would get it
            !   env          Print the account in use as variables, with its key
            ! 
            ! Plugins and aliases:
            !   plugin       List, describe, install and lock plugins, and run one by its name
            !   alias        List, set and delete aliases: short names for commands
            ! 
            ! Getting help:
            !   doctor       Look for what is wrong: permissions, misplaced keys, typos, PATH
            !   help         Print a guide, or help for carto, a command or a plugin
            !   completions  Print or install a completion script for a shell
            !   version      Print the version
            ! 
            ! Global flags, before the command:
            !   -C <DIR>                       Run as if started in DIR; several add up
            !   -c <SETTING=VALUE>             Set a setting for this run only; the last one of a setting wins
            !   -p, --profile <NAME>           Use this profile's account
            !       --credentials-file <FILE>  Use the account and key in this file (CARTOframes' format) for this
            !                                  run
            !       --no-project               Leave out the project's files
            !       --isolated                 Read no files of carto at all
            !       --color <WHEN>             When to colour what people read [possible values: auto, always,
            !                                  never]
            !   -v, --verbose                  Say more on standard error
            !   -q, --quiet                    Say less on standard error: errors only
            !   -h, --help                     Print help (see more with '--help')
            !   -V, --version                  Print version
            ! 
            ! Examples:
            !   carto login https://johnsmith.carto.com     an account and its key
            !   carto config explain                        which account is used, and why
            !   carto exec -- python notebook.py            any program with that account
            exit 2
            $ carto config
            ! Read and change settings, and see where they come from
            ! 
            ! Usage: carto config <COMMAND>
            ! 
            ! Commands:
            !   get      Print the value of a setting
            !   set      Change a setting; a key (apikey) is asked for or read from standard input
            !   unset    Remove a setting from one layer
            !   list     Print every setting of every layer; `*` marks those in force, keys are masked
            !   explain  Say which account and key are used, where they come from, and what they beat
            !   edit     Open a settings file in your editor; also one that is broken
            !   path     Print where settings and keys are looked for; works when a file is broken
            !   schema   Print the JSON schema of `config.toml`; works when a file is broken
            ! 
            ! Options:
            !   -h, --help  Print help
            ! 
            ! Examples:
            !   carto config set username johnsmith     your own settings
            !   carto config list --show-origin         every value and its place
            exit 2
            $ carto config frobnicate
            ! error: unrecognized subcommand `frobnicate`
            ! note: usage: carto config <COMMAND>
            ! help: carto config --help
            exit 2
            $ carto config get
            ! error: the following required arguments were not provided: <SETTING>
            ! note: usage: carto config get <SETTING>
            ! help: carto config get --help
            exit 2
            $ carto config set
            ! error: the following required arguments were not provided: <SETTING>
            ! note: usage: carto config set <SETTING> [VALUE]
            ! help: carto config set --help
            exit 2
            $ carto credentials
            ! Show and list keys, masked; import and export CARTOframes files
            ! 
            ! Usage: carto credentials <COMMAND>
            ! 
            ! Commands:
            !   show    Print the account in use and its key, masked, with where they come from
            !   list    List the stored keys, masked, with their accounts and places
            !   import  Import accounts and keys from another program's file
            !   export  Write the account in use, with its key, as a file of CARTOframes
            !   delete  Delete a credentials file of another program, after saying what it holds
            ! 
            ! Options:
            !   -h, --help  Print help
            ! 
            ! Examples:
            !   carto credentials show                       the account in use, key masked
            !   carto credentials import cartocreds.json     imports CARTOframes' file
            exit 2
            $ carto profile
            ! List, add, select, rename and remove named accounts
            ! 
            ! Usage: carto profile <COMMAND>
            ! 
            ! Commands:
            !   list    List the accounts: the default one and the profiles; `*` marks the one in use
            !   show    Show a profile: its account and key, where it is defined, and what selects it
            !   add     Add a profile; its key is stored by `carto --profile NAME config set apikey`
            !   use     Use a profile from now on, here or everywhere
            !   rename  Rename a profile, with whatever selects it in the same file and the keys that are marked
            !           for it
            !   remove  Remove a profile, with whatever selects it in the same file
            ! 
            ! Options:
            !   -h, --help  Print help
            ! 
            ! Examples:
            !   carto profile add staging --username acme-staging
            !   carto profile use staging
            exit 2
            $ carto profile use
            ! error: the following required arguments were not provided: <NAME>
            ! note: usage: carto profile use <NAME>
            ! help: carto profile use --help
            exit 2
            $ carto plugin
            ! List, describe, install and lock plugins, and run one by its name
            ! 
            ! Usage: carto plugin <COMMAND>
            ! 
            ! Commands:
            !   list      List the plugins, with their paths and what hides or hinders them
            !   info      Say what a plugin is, whether it can run, and which account and key it would get here
            !   which     Print the file that `carto NAME` runs
            !   run       Run a plugin, also one that a built-in command or an alias hides
            !   register  Keep what a plugin prints about itself, for exactly this build of it
            !   create    Write a new plugin: its program, manifest, test and README
            !   install   Install plugins from a directory, an archive, git, pip or cargo
            !   upgrade   Install the newest versions of plugins
            !   outdated  List the installed plugins whose sources have another version
            !   remove    Remove plugins that were installed
            !   lock      Write the plugins of this project, with their hashes, into a lock
            !   sync      Install exactly the plugins that this project locks, or nothing
            !   verify    Compare each installed file with what was installed, and with the lock
            ! 
            ! Options:
            !   -h, --help  Print help
            ! 
            ! Examples:
            !   carto plugin list             what can be run
            !   carto plugin info whoami      what it is, and which account it gets
            !   carto plugin which whoami     the file that `carto whoami` runs
            exit 2
            $ carto --frobnicate config list
            ! error: unexpected argument `--frobnicate` found
            ! note: usage: carto [OPTIONS] <COMMAND>
            ! help: carto --help
            exit 2
        "#]],
    );
}

#[test]
fn unknown_keys_name_the_nearest() {
    says(
        &[
            "carto config set usrname bob",
            "carto config set frobnicate x",
            "carto config set profiles.prod.usrname bob",
            "carto config get usrname",
            "carto config unset usrname",
            "carto config explain usrname",
            "carto -c usrname=bob config list",
            "carto config set 'a b' x",
            "carto config set '' x",
            "carto config set --force frobnicate x",
            "carto config get frobnicate",
        ],
        &expect![[r#"
            $ carto config set usrname bob
            ! error: unknown setting `usrname`
            ! help: did you mean `username`?
            ! help: --force writes it all the same
            exit 2
            $ carto config set frobnicate x
            ! error: unknown setting `frobnicate`
            ! help: carto config schema     # lists every setting
            ! help: --force writes it all the same
            exit 2
            $ carto config set profiles.prod.usrname bob
            ! error: unknown setting `profiles.prod.usrname`
            ! help: did you mean `profiles.prod.username`?
            ! help: --force writes it all the same
            exit 2
            $ carto config get usrname
            ! error: unknown setting `usrname`
            ! help: did you mean `username`?
            exit 1
            $ carto config unset usrname
            ! error: `usrname` is not set there
            !   --> ~/.config/carto/config.toml
            ! help: did you mean `username`?
            exit 1
            $ carto config explain usrname
            ! error: unknown setting `usrname`
            ! help: did you mean `username`?
            exit 1
            $ carto -c usrname=bob config list
            ! error: unknown setting `usrname`
            !   --> -c
            ! help: did you mean `username`?
            exit 2
            $ carto config set 'a b' x
            ! error: `a b` is not the name of a setting
            exit 2
            $ carto config set '' x
            ! error: the name of a setting cannot be empty
            exit 2
            $ carto config set --force frobnicate x
            ! note: set frobnicate in ~/.config/carto/config.toml
            exit 0
            $ carto config get frobnicate
            x
            ! warning: ~/.config/carto/config.toml:1:1: unknown setting `frobnicate`
            exit 0
        "#]],
    );
}

#[test]
fn bad_urls_say_what_is_bad() {
    says(
        &[
            "carto config set base_url maps.example.com",
            "carto config set base_url ftp://maps.example.com",
            "carto config set base_url https://",
            "carto config set base_url https://ann:marker@maps.example.com",
            "carto config set base_url 'https://maps.example.com/?api_key=marker'",
            "carto config set base_url 'https://maps.example.com/#x'",
            "carto config set base_url https://maps.example.com/../x",
            "carto config set base_url https://maps.example.com/%2e%2e/x",
            "carto config set base_url 'https://maps.example.com\\@evil.example'",
            "carto config set base_url 'https://maps example.com'",
            "carto config set base_url https://maps.example.com:99999",
            "carto config set base_url https://münchen.example",
            "carto config set base_url https://maps.example.com.",
            "carto config set base_url 'https://{user}.example.com'",
            "carto config set base_url ''",
            "carto -c base_url=nonsense config get base_url",
            "CARTO_BASE_URL=nonsense carto config get base_url",
            "carto login nonsense://x --key-stdin",
            "carto profile add a --base-url nonsense",
            "carto profile add a --base-url 'https://maps.example.com/user/{username}'",
        ],
        &expect![[r#"
            $ carto config set base_url maps.example.com
            ! error: `base_url`: a base URL begins with `https://` or `http://`
            ! help: carto config set base_url https://maps.example.com
            exit 2
            $ carto config set base_url ftp://maps.example.com
            ! error: `base_url`: a base URL begins with `https://` or `http://`
            exit 2
            $ carto config set base_url https://
            ! error: `base_url`: the base URL has no host
            exit 2
            $ carto config set base_url https://ann:marker@maps.example.com
            ! error: `base_url`: a base URL cannot contain `@`: no user name or password stands before the host
            exit 2
            $ carto config set base_url 'https://maps.example.com/?api_key=marker'
            ! error: `base_url`: a base URL cannot have a query (`?`)
            exit 2
            $ carto config set base_url 'https://maps.example.com/#x'
            ! error: `base_url`: a base URL cannot have a fragment (`#`)
            exit 2
            $ carto config set base_url https://maps.example.com/../x
            ! error: `base_url`: the path cannot contain `.` or `..` as a part of its own
            exit 2
            $ carto config set base_url https://maps.example.com/%2e%2e/x
            ! error: `base_url`: the path has `%2e`; the character itself belongs there
            exit 2
            $ carto config set base_url 'https://maps.example.com\@evil.example'
            ! error: `base_url`: a base URL cannot contain a backslash
            exit 2
            $ carto config set base_url 'https://maps example.com'
            ! error: `base_url`: a base URL cannot contain ' '
            exit 2
            $ carto config set base_url https://maps.example.com:99999
            ! error: `base_url`: the port is not a number from 1 to 65535 without leading zeros
            exit 2
            $ carto config set base_url https://münchen.example
            ! error: `base_url`: a base URL has only ASCII characters, not 'ü' (U+00FC); an international host is written in its `xn--` form
            exit 2
            $ carto config set base_url https://maps.example.com.
            ! error: `base_url`: the host cannot end with a dot
            exit 2
            $ carto config set base_url 'https://{user}.example.com'
            ! error: `base_url`: braces stand only in the placeholder `{username}`
            exit 2
            $ carto config set base_url ''
            ! error: `base_url`: a base URL cannot be empty
            exit 2
            $ carto -c base_url=nonsense config get base_url
            ! error: `base_url`: a base URL begins with `https://` or `http://`
            !   --> -c
            exit 2
            $ CARTO_BASE_URL=nonsense carto config get base_url
            ! error: `CARTO_BASE_URL`: a base URL begins with `https://` or `http://`
            !   --> CARTO_BASE_URL
            ! help: unset CARTO_BASE_URL, or correct it
            exit 2
            $ carto login nonsense://x --key-stdin
            ! error: not a base URL: a base URL begins with `https://` or `http://`
            ! help: carto login https://NAME.carto.com
            exit 2
            $ carto profile add a --base-url nonsense
            ! error: `base_url`: a base URL begins with `https://` or `http://`
            exit 2
            $ carto profile add a --base-url 'https://maps.example.com/user/{username}'
            ! error: a pattern names no account: the profile needs a user name, too
            !   --> --base-url
            ! help: add --username NAME
            exit 2
        "#]],
    );
}

#[test]
fn http_needs_permission_wherever_it_comes_from() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "work/http.json",
        r#"{"username": "ann", "api_key": "marker", "base_url": "http://maps.example.com"}"#,
    );
    session(
        &sandbox,
        &[
            "carto config set base_url http://maps.example.com/user/ann",
            "carto profile add a --base-url http://maps.example.com/user/ann",
            "CARTO_BASE_URL=http://maps.example.com/user/ann carto account",
            "carto -c base_url=http://maps.example.com/user/ann account",
            "echo marker | carto login http://maps.example.com/user/ann --key-stdin",
            "chmod 600 http.json; carto credentials import http.json",
            "carto --credentials-file http.json account",
            "ls -A ~",
        ],
        &expect![[r#"
            $ carto config set base_url http://maps.example.com/user/ann
            ! error: a key would be sent unencrypted to `http://`
            ! help: use https
            ! help: or permit it first: carto config set allow_non_secure true
            exit 2
            $ carto profile add a --base-url http://maps.example.com/user/ann
            ! error: a key would be sent unencrypted to `http://`
            ! help: use https
            ! help: or permit it with --allow-non-secure
            exit 2
            $ CARTO_BASE_URL=http://maps.example.com/user/ann carto account
            ! error: the key of ann at http://maps.example.com/user/ann would travel unencrypted
            !   --> CARTO_BASE_URL
            ! help: use https, or set CARTO_ALLOW_NON_SECURE=1 beside it
            exit 4
            $ carto -c base_url=http://maps.example.com/user/ann account
            ! error: the key of ann at http://maps.example.com/user/ann would travel unencrypted
            !   --> -c base_url
            ! help: use https, or add -c allow_non_secure=true
            exit 4
            $ echo marker | carto login http://maps.example.com/user/ann --key-stdin
            ! error: ann at http://maps.example.com/user/ann would send the key unencrypted
            ! help: use https
            ! help: or permit it: carto login http://maps.example.com/user/ann --allow-non-secure
            exit 4
            $ chmod 600 http.json; carto credentials import http.json
            ! error: ann at http://maps.example.com would send the key unencrypted
            !   --> http.json
            ! help: the file has to permit it: "allow_non_secure": true
            exit 4
            $ carto --credentials-file http.json account
            ! error: the key of ann at http://maps.example.com would travel unencrypted
            !   --> http.json
            ! help: the file has to permit it: "allow_non_secure": true
            exit 4
            $ ls -A ~
            .config
            exit 0
        "#]],
    );
    sandbox.user("base_url = \"http://maps.example.com/user/ann\"\n");
    session(
        &sandbox,
        &["carto account", "carto config get base_url"],
        &expect![[r#"
            $ carto account
            ! error: the key of ann at http://maps.example.com/user/ann would travel unencrypted
            !   --> ~/.config/carto/config.toml:1:12
            ! help: use https, or set `allow_non_secure = true` beside the base URL
            exit 4
            $ carto config get base_url
            ! error: the key of ann at http://maps.example.com/user/ann would travel unencrypted
            !   --> ~/.config/carto/config.toml:1:12
            ! help: use https, or set `allow_non_secure = true` beside the base URL
            exit 4
        "#]],
    );
}

#[test]
fn http_to_this_machine_needs_no_permission() {
    says(
        &[
            "carto -c base_url=http://127.0.0.1:8080/user/ann account",
            "carto -c base_url=http://localhost/user/ann account",
            "carto -c base_url=http://127.0.0.1.example.com/user/ann account",
            "carto -c base_url=http://maps.example.com/user/ann -c allow_non_secure=true account",
        ],
        &expect![[r#"
            $ carto -c base_url=http://127.0.0.1:8080/user/ann account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=http://127.0.0.1:8080/user/ann
            CARTO_USER=ann
            CARTO_USERNAME=ann
            exit 0
            $ carto -c base_url=http://localhost/user/ann account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=http://localhost/user/ann
            CARTO_USER=ann
            CARTO_USERNAME=ann
            exit 0
            $ carto -c base_url=http://127.0.0.1.example.com/user/ann account
            ! error: the key of ann at http://127.0.0.1.example.com/user/ann would travel unencrypted
            !   --> -c base_url
            ! help: use https, or add -c allow_non_secure=true
            exit 4
            $ carto -c base_url=http://maps.example.com/user/ann -c allow_non_secure=true account
            CARTO_ALLOW_NON_SECURE=1
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=http://maps.example.com/user/ann
            CARTO_USER=ann
            CARTO_USERNAME=ann
            exit 0
        "#]],
    );
}

#[test]
fn bad_names_say_what_is_bad() {
    says(
        &[
            "carto config set username ''",
            "carto config set username -- -bob",
            "carto config set username .bob",
            "carto config set username a..b",
            "carto config set username 'a b'",
            "carto config set username a/b",
            "carto config set username bób",
            "carto config set username bob.example.com",
            "CARTO_USERNAME=a/b carto config get username",
            "carto -c username=a/b config get username",
            "carto --profile '' config get username",
            "carto --profile -x config get username",
            "carto profile add --username a -- -x",
            "carto login a/b --key-stdin",
        ],
        &expect![[r#"
            $ carto config set username ''
            ! error: `username`: a user name cannot be empty
            exit 2
            $ carto config set username -- -bob
            ! error: `username`: a user name cannot begin with `-`
            exit 2
            $ carto config set username .bob
            ! error: `username`: a user name cannot begin with `.`
            exit 2
            $ carto config set username a..b
            ! error: `username`: a user name cannot contain `..`
            exit 2
            $ carto config set username 'a b'
            ! error: `username`: a user name has only ASCII letters, digits, `-`, `_` and `.`, not ' '
            exit 2
            $ carto config set username a/b
            ! error: `username`: a user name has only ASCII letters, digits, `-`, `_` and `.`, not '/'
            exit 2
            $ carto config set username bób
            ! error: `username`: a user name has only ASCII letters, digits, `-`, `_` and `.`, not 'ó'
            exit 2
            $ carto config set username bob.example.com
            ! note: set username in ~/.config/carto/config.toml
            exit 0
            $ CARTO_USERNAME=a/b carto config get username
            ! error: `CARTO_USERNAME`: a user name has only ASCII letters, digits, `-`, `_` and `.`, not '/'
            !   --> CARTO_USERNAME
            ! help: unset CARTO_USERNAME, or correct it
            exit 2
            $ carto -c username=a/b config get username
            ! error: `username`: a user name has only ASCII letters, digits, `-`, `_` and `.`, not '/'
            !   --> -c
            exit 2
            $ carto --profile '' config get username
            ! error: a profile's name cannot be empty
            !   --> --profile
            exit 2
            $ carto --profile -x config get username
            ! error: unexpected argument `-x` found
            ! note: usage: carto [OPTIONS] <COMMAND>
            ! help: carto --help
            exit 2
            $ carto profile add --username a -- -x
            ! error: a profile's name cannot begin with `-`
            exit 2
            $ carto login a/b --key-stdin
            ! error: a user name has only ASCII letters, digits, `-`, `_` and `.`, not '/'
            ! help: carto login https://NAME.carto.com
            exit 2
        "#]],
    );
}

#[test]
fn values_of_the_wrong_kind_are_refused() {
    says(
        &[
            "carto config set allow_non_secure maybe",
            "carto config set ui.color blue",
            "carto config set username",
            "carto config set apikye",
            "carto config set plugins.sql.apikey marker",
            "carto config set plugins.sql.db.Api-Key marker",
            "carto config set alias.q ''",
            "carto config set --project username a",
            "carto config set --user --system username a",
            "carto config get --user --project username",
            "carto init; carto config set --project ui.color never",
            "carto config set username a b",
            "carto config set username=bob",
            "carto config set apikey=marker",
            "carto -c username config list",
            "carto -c =x config list",
            "carto -q -v config list",
            "carto --color blue config list",
        ],
        &expect![[r#"
            $ carto config set allow_non_secure maybe
            ! error: `allow_non_secure`: expected `true` or `false`, not `maybe`
            exit 2
            $ carto config set ui.color blue
            ! error: `ui.color`: expected one of auto, always, never, not `blue`
            exit 2
            $ carto config set username
            ! error: no value for `username`
            ! help: carto config set username VALUE
            exit 2
            $ carto config set apikye
            ! error: unknown setting `apikye`
            ! help: did you mean `apikey`?
            exit 2
            $ carto config set plugins.sql.apikey marker
            ! error: `plugins.sql.apikey` would put a key into a settings file, where it can be read
            ! note: a plugin gets the account's key in CARTO_API_KEY
            ! help: carto config set apikey     # the account's key, in a file of its own
            ! help: carto config set plugins.sql.profile NAME     # another account for this plugin
            ! help: --force writes it all the same
            exit 2
            $ carto config set plugins.sql.db.Api-Key marker
            ! error: `plugins.sql.db.Api-Key` would put a key into a settings file, where it can be read
            ! note: a plugin gets the account's key in CARTO_API_KEY
            ! help: carto config set apikey     # the account's key, in a file of its own
            ! help: carto config set plugins.sql.profile NAME     # another account for this plugin
            ! help: --force writes it all the same
            exit 2
            $ carto config set alias.q ''
            ! error: `alias.q`: an alias needs at least one word
            exit 2
            $ carto config set --project username a
            ! error: there is no project here: no `.carto` directory
            ! help: carto init
            exit 1
            $ carto config set --user --system username a
            ! error: the argument `--user` cannot be used with `--system`
            ! note: usage: carto config set --user <SETTING> <VALUE>
            ! help: carto config set --help
            exit 2
            $ carto config get --user --project username
            ! error: the argument `--user` cannot be used with `--project`
            ! note: usage: carto config get --user <SETTING>
            ! help: carto config get --help
            exit 2
            $ carto init; carto config set --project ui.color never
            ! note: made [work]/.carto
            ! error: `ui.color` cannot be set in project settings
            ! help: it is read from: system, user, command
            exit 2
            $ carto config set username a b
            ! error: unexpected argument `********` found
            ! note: it is not repeated here, as it could be a key; keys are asked for, or read from standard input or the environment
            ! note: usage: carto config set [OPTIONS] <SETTING> [VALUE]
            ! help: carto config set --help
            exit 2
            $ carto config set username=bob
            ! error: `username=...` is not the name of a setting
            ! help: carto config set username bob
            exit 2
            $ carto config set apikey=marker
            ! error: `apikey=...` is not the name of a setting
            ! help: carto config set apikey     # asks, or reads standard input
            exit 2
            $ carto -c username config list
            ! error: `-c username` has no value
            !   --> -c
            ! help: carto -c username=VALUE ...
            exit 2
            $ carto -c =x config list
            ! error: the name of a setting cannot be empty
            !   --> -c
            exit 2
            $ carto -q -v config list
            ! error: the argument `--quiet` cannot be used with `--verbose`
            ! note: usage: carto --quiet <COMMAND>
            ! help: carto --help
            exit 2
            $ carto --color blue config list
            ! error: invalid value `blue` for `--color <WHEN>`
            ! note: possible values: auto, always, never
            exit 2
        "#]],
    );
}

#[test]
fn a_user_name_beside_a_url_of_another_is_refused() {
    let sandbox = Sandbox::new();
    let before = "base_url = \"https://acme.carto.com\"\n";
    sandbox.user(before);
    session(
        &sandbox,
        &["carto config set username bob", "carto config set username acme"],
        &expect![[r#"
            $ carto config set username bob
            ! error: the user name is `bob`, its base URL names `acme`
            !   --> ~/.config/carto/config.toml:2:12
            !   --> ~/.config/carto/config.toml:1:12
            ! note: nothing was written; the two places are those of the new text
            ! help: carto config unset base_url     # then set the user name
            ! help: carto login URL      # adds the other account as a profile
            exit 2
            $ carto config set username acme
            ! note: set username in ~/.config/carto/config.toml
            ! note: there is no key for acme at https://acme.carto.com yet: carto config set apikey
            exit 0
        "#]],
    );
    sandbox.user(before);
    sandbox.session(&["carto config set username bob"]);
    assert_eq!(sandbox.read("home/.config/carto/config.toml"), before);
}

#[test]
fn a_directory_where_a_file_belongs_is_named() {
    for name in ["config.toml", "credentials.toml"] {
        let sandbox = Sandbox::new();
        sandbox.file(&format!("home/.config/carto/{name}/x"), "");
        let lines = [
            "carto config get username",
            "carto config list",
            "carto account",
            "carto config set username a",
            "carto -c username=a config get username",
            "carto config path",
        ];
        let expected = match name {
            "config.toml" => expect![[r#"
                $ carto config get username
                ! error: ~/.config/carto/config.toml is a directory, not a file
                exit 3
                $ carto config list
                ! error: ~/.config/carto/config.toml is a directory, not a file
                exit 3
                $ carto account
                ! error: ~/.config/carto/config.toml is a directory, not a file
                exit 3
                $ carto config set username a
                ! error: ~/.config/carto/config.toml is a directory, not a file
                exit 3
                $ carto -c username=a config get username
                a
                ! warning: ~/.config/carto/config.toml is a directory, not a file
                exit 0
                $ carto config path
                system   [root]/sys/config.toml  (missing)
                system   [root]/sys/credentials.toml  (missing)
                user     ~/.config/carto/config.toml
                user     ~/.config/carto/credentials.toml  (missing)
                exit 0
            "#]],
            _ => expect![[r#"
                $ carto config get username
                ! error: ~/.config/carto/credentials.toml is a directory, not a file
                exit 3
                $ carto config list
                ! error: ~/.config/carto/credentials.toml is a directory, not a file
                exit 3
                $ carto account
                ! error: ~/.config/carto/credentials.toml is a directory, not a file
                exit 3
                $ carto config set username a
                ! error: ~/.config/carto/credentials.toml is a directory, not a file
                exit 3
                $ carto -c username=a config get username
                ! warning: ~/.config/carto/credentials.toml is a directory, not a file
                ! error: a credential file cannot be read, and no other has one for a at https://a.carto.com
                ! note: ~/.config/carto/credentials.toml is a directory, not a file
                ! help: correct the file
                ! help: or ask for public data only: CARTO_API_KEY=default_public
                exit 3
                $ carto config path
                system   [root]/sys/config.toml  (missing)
                system   [root]/sys/credentials.toml  (missing)
                user     ~/.config/carto/config.toml  (missing)
                user     ~/.config/carto/credentials.toml
                exit 0
            "#]],
        };
        session(&sandbox, &lines, &expected);
    }
    let sandbox = Sandbox::new();
    sandbox.file("work/dir/x", "");
    session(
        &sandbox,
        &[
            "carto -c username=a credentials export dir",
            "carto -c username=a credentials export missing/x.json",
            "carto credentials import dir",
            "carto credentials import missing.json",
            "carto credentials delete dir",
            "carto --credentials-file dir account",
            "carto --credentials-file missing.json account",
            "CARTO_CREDENTIALS_FILE=missing.json carto account",
            "CARTO_API_KEY_FILE=$PWD/dir carto -c username=a account",
            "CARTO_API_KEY_FILE=$PWD/missing carto -c username=a account",
            "carto config get --file dir username",
            "carto config set --file dir username a",
        ],
        &expect![[r#"
            $ carto -c username=a credentials export dir
            ! error: dir is a directory, not a file
            exit 3
            $ carto -c username=a credentials export missing/x.json
            ! error: cannot lock missing/.x.json.lock: no such file or directory
            ! note: what was there is unchanged
            ! help: make the directory first: mkdir -p missing
            exit 5
            $ carto credentials import dir
            ! error: dir is a directory, not a file
            exit 3
            $ carto credentials import missing.json
            ! error: there is no such file
            !   --> missing.json
            exit 1
            $ carto credentials delete dir
            ! error: dir is a directory, not a file
            exit 3
            $ carto --credentials-file dir account
            ! error: dir is a directory, not a file
            !   --> --credentials-file
            exit 3
            $ carto --credentials-file missing.json account
            ! error: there is no such file
            !   --> missing.json
            !   --> --credentials-file
            exit 3
            $ CARTO_CREDENTIALS_FILE=missing.json carto account
            ! error: there is no such file
            !   --> missing.json
            !   --> CARTO_CREDENTIALS_FILE
            exit 3
            $ CARTO_API_KEY_FILE=$PWD/dir carto -c username=a account
            ! error: [work]/dir is a directory, not a file
            !   --> CARTO_API_KEY_FILE
            exit 3
            $ CARTO_API_KEY_FILE=$PWD/missing carto -c username=a account
            ! error: there is no such file
            !   --> [work]/missing
            !   --> CARTO_API_KEY_FILE
            exit 3
            $ carto config get --file dir username
            ! error: dir is a directory, not a file
            exit 3
            $ carto config set --file dir username a
            ! error: dir is a directory, not a file
            exit 3
        "#]],
    );
}

#[test]
fn what_is_no_credentials_file_is_not_imported() {
    let sandbox = Sandbox::new();
    sandbox.file_with_mode("work/bad.json", "{\n  \"api_key\": marker\n}", 0o600);
    sandbox.file_with_mode("work/cut.json", "{\"api_key\": \"marker", 0o600);
    sandbox.file_with_mode("work/other.json", r#"{"token_of": "marker"}"#, 0o600);
    sandbox.file_with_mode("work/list.json", r#"["marker"]"#, 0o600);
    sandbox.file_with_mode("work/empty.json", "", 0o600);
    sandbox.file_with_mode("work/latin.json", b"{\"username\": \"b\xf3b\"}", 0o600);
    sandbox.file_with_mode(
        "work/documented.json",
        r#"{"APIKEY": "", "USERNAME": "", "USERURL": "https://{username}.carto.com/"}"#,
        0o600,
    );
    sandbox.file_with_mode("work/keyonly.json", r#"{"key": "marker"}"#, 0o600);
    sandbox.file_with_mode(
        "work/m2m.json",
        r#"{"api_base_url": "https://x", "client_id": "a", "client_secret": "marker"}"#,
        0o600,
    );
    sandbox.file_with_mode(
        "work/conflict.json",
        r#"{"username": "bob", "key": "marker1", "api_key": "marker2"}"#,
        0o600,
    );
    sandbox.file_with_mode(
        "work/names.json",
        r#"{"username": "bob", "api_key": "marker", "base_url": "https://acme.carto.com"}"#,
        0o600,
    );
    sandbox.file_with_mode("work/type.json", r#"{"username": 7, "api_key": "marker"}"#, 0o600);
    sandbox.file_with_mode("work/spaces.json", r#"{"username": "b", "key": "mar ker"}"#, 0o600);
    session(
        &sandbox,
        &[
            "carto credentials import bad.json",
            "carto credentials import cut.json",
            "carto credentials import other.json",
            "carto credentials import list.json",
            "carto credentials import empty.json",
            "carto credentials import latin.json",
            "carto credentials import documented.json",
            "carto credentials import keyonly.json",
            "carto credentials import m2m.json",
            "carto credentials import conflict.json",
            "carto credentials import names.json",
            "carto credentials import type.json",
            "carto credentials import spaces.json",
            "carto credentials import - <bad.json",
            "carto credentials import - </dev/null",
            "carto --credentials-file documented.json account",
            "carto --credentials-file keyonly.json account",
            "carto --credentials-file bad.json account",
            "carto --credentials-file names.json account",
            "carto credentials delete other.json",
            "carto credentials import",
            "ls ~/.config 2>/dev/null",
        ],
        &expect![[r#"
            $ carto credentials import bad.json
            ! error: invalid JSON at line 2, column 14
            !   --> bad.json:2:14
            exit 3
            $ carto credentials import cut.json
            ! error: invalid JSON at line 1, column 19
            !   --> cut.json:1:19
            exit 3
            $ carto credentials import other.json
            ! error: no known format of credentials
            !   --> other.json
            exit 3
            $ carto credentials import list.json
            ! error: no known format of credentials
            !   --> list.json
            exit 3
            $ carto credentials import empty.json
            ! error: no known format of credentials
            !   --> empty.json
            exit 3
            $ carto credentials import latin.json
            ! error: the file is not UTF-8
            !   --> latin.json
            exit 3
            $ carto credentials import documented.json
            ! error: the file names no account; nothing was stored
            !   --> documented.json
            ! help: it needs a user name or a base URL
            exit 4
            $ carto credentials import keyonly.json
            ! error: the file names no account; nothing was stored
            !   --> keyonly.json
            ! help: it needs a user name or a base URL
            exit 4
            $ carto credentials import m2m.json
            ! error: a machine-to-machine file of carto-auth holds no API key, so there is none to import
            !   --> m2m.json
            ! help: carto login URL     # asks for an API key of the account
            exit 4
            $ carto credentials import conflict.json
            ! error: `key` and `api_key` disagree
            !   --> conflict.json
            exit 3
            $ carto credentials import names.json
            ! error: the user name is `bob`, its base URL names `acme`
            !   --> names.json
            ! help: correct one of the two, or remove the user name
            exit 4
            $ carto credentials import type.json
            ! error: `username` must be a string
            !   --> type.json
            exit 3
            $ carto credentials import spaces.json
            ! error: `key` cannot be used: the key has a character that is a space, or not printable ASCII (position 4)
            !   --> spaces.json
            exit 3
            $ carto credentials import - <bad.json
            ! error: invalid JSON at line 2, column 14
            !   --> standard input:2:14
            exit 3
            $ carto credentials import - </dev/null
            ! error: no known format of credentials
            !   --> standard input
            exit 3
            $ carto --credentials-file documented.json account
            ! error: the credentials file names no account
            !   --> documented.json
            ! help: it needs a user name or a base URL
            exit 4
            $ carto --credentials-file keyonly.json account
            ! error: the credentials file names no account
            !   --> keyonly.json
            ! help: it needs a user name or a base URL
            exit 4
            $ carto --credentials-file bad.json account
            ! error: invalid JSON at line 2, column 14
            !   --> bad.json:2:14
            !   --> --credentials-file
            exit 3
            $ carto --credentials-file names.json account
            ! error: the user name is `bob`, its base URL names `acme`
            !   --> names.json
            ! help: correct one of the two, or remove the user name
            exit 4
            $ carto credentials delete other.json
            ! error: no known format of credentials
            !   --> other.json
            exit 3
            $ carto credentials import
            ! error: no credentials file of another program was found
            !   --> ~/.config/cartoframes/creds.json
            !   --> ~/.config/cartoframes/cartocreds.json
            !   --> ~/.carto_credentials.json
            !   --> ~/.cartorc.yaml
            !   --> ~/.cartodbrc
            ! help: carto credentials import FILE
            exit 1
            $ ls ~/.config 2>/dev/null
            exit 2
        "#]],
    );
}

#[test]
fn a_key_is_never_taken_from_the_command_line() {
    says(
        &[
            "carto -c apikey=marker -c username=a account",
            "carto -c api-key=marker account",
            "carto -c KEY=marker account",
            "carto -c 'apikey =marker' account",
            "carto -c apikey=default_public -c username=a account",
            "CARTO_API_KEY=marker CARTO_USERNAME=a carto -c apikey=default_public account",
        ],
        &expect![[r#"
            $ carto -c apikey=marker -c username=a account
            ! error: a key on the command line can be read by every process
            !   --> -c
            ! help: carto config set apikey          # asks, or reads standard input
            ! help: carto login URL --key-stdin < FILE
            ! help: CARTO_API_KEY or CARTO_API_KEY_FILE in the environment
            exit 2
            $ carto -c api-key=marker account
            ! error: a key on the command line can be read by every process
            !   --> -c
            ! help: carto config set apikey          # asks, or reads standard input
            ! help: carto login URL --key-stdin < FILE
            ! help: CARTO_API_KEY or CARTO_API_KEY_FILE in the environment
            exit 2
            $ carto -c KEY=marker account
            ! error: a key on the command line can be read by every process
            !   --> -c
            ! help: carto config set apikey          # asks, or reads standard input
            ! help: carto login URL --key-stdin < FILE
            ! help: CARTO_API_KEY or CARTO_API_KEY_FILE in the environment
            exit 2
            $ carto -c 'apikey =marker' account
            ! error: a key on the command line can be read by every process
            !   --> -c
            ! help: carto config set apikey          # asks, or reads standard input
            ! help: carto login URL --key-stdin < FILE
            ! help: CARTO_API_KEY or CARTO_API_KEY_FILE in the environment
            exit 2
            $ carto -c apikey=default_public -c username=a account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://a.carto.com
            CARTO_USER=a
            CARTO_USERNAME=a
            exit 0
            $ CARTO_API_KEY=marker CARTO_USERNAME=a carto -c apikey=default_public account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://a.carto.com
            CARTO_USER=a
            CARTO_USERNAME=a
            exit 0
        "#]],
    );
}

#[test]
fn without_home_what_needs_no_files_works() {
    says(
        &[
            "env -u HOME carto account",
            "env -u HOME CARTO_USERNAME=a carto account",
            "env -u HOME carto config get username",
            "env -u HOME carto config set username a",
            "env -u HOME carto login a --key-stdin </dev/null",
            "env -u HOME carto config path",
            "HOME=relative carto config set username a",
            "env -u HOME CARTO_CONFIG_DIR=$PWD/conf carto config set username a",
            "env -u HOME CARTO_CONFIG_DIR=$PWD/conf carto config get username",
            "env -u HOME carto -c username=a credentials export --default",
            "env -u HOME carto credentials import",
            "env -u HOME carto init",
            "env -u HOME carto trust --show",
            "env -u HOME carto trust",
        ],
        &expect![[r#"
            $ env -u HOME carto account
            exit 0
            $ env -u HOME CARTO_USERNAME=a carto account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://a.carto.com
            CARTO_USER=a
            CARTO_USERNAME=a
            exit 0
            $ env -u HOME carto config get username
            ! error: `username` is not set
            exit 1
            $ env -u HOME carto config set username a
            ! error: there is no place for your settings: HOME is not set
            ! help: set HOME or CARTO_CONFIG_DIR to an absolute path
            exit 5
            $ env -u HOME carto login a --key-stdin </dev/null
            ! error: there is no place for your settings: HOME is not set
            ! help: set HOME or CARTO_CONFIG_DIR to an absolute path
            exit 5
            $ env -u HOME carto config path
            system   [root]/sys/config.toml  (missing)
            system   [root]/sys/credentials.toml  (missing)
            exit 0
            $ HOME=relative carto config set username a
            ! error: there is no place for your settings: HOME is not set
            ! help: set HOME or CARTO_CONFIG_DIR to an absolute path
            exit 5
            $ env -u HOME CARTO_CONFIG_DIR=$PWD/conf carto config set username a
            ! note: set username in [work]/conf/config.toml
            ! note: there is no key for a at https://a.carto.com yet: carto config set apikey
            exit 0
            $ env -u HOME CARTO_CONFIG_DIR=$PWD/conf carto config get username
            a
            exit 0
            $ env -u HOME carto -c username=a credentials export --default
            ! error: there is no place for CARTOframes' files: HOME is not set
            exit 5
            $ env -u HOME carto credentials import
            ! error: there is no place for your settings: HOME is not set
            ! help: set HOME or CARTO_CONFIG_DIR to an absolute path
            exit 5
            $ env -u HOME carto init
            ! note: made [work]/.carto
            ! note: it is not trusted yet: there is no place for trust records: HOME is not set
            exit 0
            $ env -u HOME carto trust --show
            [work]/.carto/config.toml: not trusted
              #:schema ./config.schema.json
              # Settings of this project; they may be committed. Keys never stand here:
              # `carto config set --project apikey` stores them in credentials.toml beside this file.
            sha256:82668d30bdfd1d7691866df6d2d17fe0c016ad781f9530dc7ba16ec9eff08fd0
            exit 0
            $ env -u HOME carto trust
            [work]/.carto/config.toml: not trusted
              #:schema ./config.schema.json
              # Settings of this project; they may be committed. Keys never stand here:
              # `carto config set --project apikey` stores them in credentials.toml beside this file.
            sha256:82668d30bdfd1d7691866df6d2d17fe0c016ad781f9530dc7ba16ec9eff08fd0
            ! error: nobody can be asked here; nothing was approved
            ! help: carto trust --expect sha256:82668d30bdfd1d7691866df6d2d17fe0c016ad781f9530dc7ba16ec9eff08fd0
            exit 4
        "#]],
    );
}

#[test]
fn variables_that_cannot_be_used_are_named() {
    says(
        &[
            "CARTO_USERNAME=$(printf 'a\\377') carto account",
            "CARTO_BASE_URL=$(printf 'a\\377') carto account",
            "CARTO_API_KEY=$(printf 'marker\\377') carto account",
            "CARTO_ORG=$(printf 'a\\377') carto account",
            "CARTO_ALLOW_NON_SECURE=maybe carto account",
            "CARTO_API_KEY='mar ker' carto account",
            "CARTO_API_KEY=$(printf 'marker1\\nmarker2') carto account",
            "NO_COLOR=x CARTO_USERNAME=a CARTO_USER=b carto account",
            "CARTO_USERNAME=a CARTO_USER=a carto config get username",
            "CARTO_BASE_URL=https://a.carto.com CARTO_API_URL=https://b.carto.com carto account",
            "CARTO_BASE_URL=https://a.carto.com CARTO_API_URL=https://a.carto.com/api/v2/sql \
             carto config get base_url",
            "echo marker1 >key; CARTO_API_KEY=marker2 CARTO_API_KEY_FILE=key carto -c username=a \
             account",
            "CARTO_USERNAME=bob CARTO_BASE_URL=https://acme.carto.com carto account",
            "CARTO_CONFIG_DIR=conf carto config get username",
            "CARTO_SYSTEM_CONFIG_DIR=conf carto config get username",
            "CARTO_PLUGIN_API=2 CARTO_NESTED=x carto help >/dev/null",
        ],
        &expect![[r#"
            $ CARTO_USERNAME=$(printf 'a\377') carto account
            ! error: the value of `CARTO_USERNAME` is not UTF-8
            !   --> CARTO_USERNAME
            ! help: unset CARTO_USERNAME
            exit 2
            $ CARTO_BASE_URL=$(printf 'a\377') carto account
            ! error: the value of `CARTO_BASE_URL` is not UTF-8
            !   --> CARTO_BASE_URL
            ! help: unset CARTO_BASE_URL
            exit 2
            $ CARTO_API_KEY=$(printf 'marker\377') carto account
            ! error: the value of `CARTO_API_KEY` is not UTF-8
            !   --> CARTO_API_KEY
            ! help: unset CARTO_API_KEY
            exit 2
            $ CARTO_ORG=$(printf 'a\377') carto account
            ! error: the value of `CARTO_ORG` is not UTF-8
            !   --> CARTO_ORG
            ! help: unset CARTO_ORG
            exit 2
            $ CARTO_ALLOW_NON_SECURE=maybe carto account
            ! error: `CARTO_ALLOW_NON_SECURE`: expected `true` or `false`, not `maybe`
            !   --> CARTO_ALLOW_NON_SECURE
            ! help: unset CARTO_ALLOW_NON_SECURE, or correct it
            exit 2
            $ CARTO_API_KEY='mar ker' carto account
            ! error: `CARTO_API_KEY`: the key has a character that is a space, or not printable ASCII (position 4)
            !   --> CARTO_API_KEY
            ! help: unset CARTO_API_KEY, or correct it
            exit 2
            $ CARTO_API_KEY=$(printf 'marker1\nmarker2') carto account
            ! error: `CARTO_API_KEY`: the key has more than one line
            !   --> CARTO_API_KEY
            ! help: unset CARTO_API_KEY, or correct it
            exit 2
            $ NO_COLOR=x CARTO_USERNAME=a CARTO_USER=b carto account
            ! error: `CARTO_USERNAME` and `CARTO_USER` set `username` and disagree
            !   --> CARTO_USERNAME
            !   --> CARTO_USER
            ! help: unset CARTO_USER
            exit 2
            $ CARTO_USERNAME=a CARTO_USER=a carto config get username
            a
            exit 0
            $ CARTO_BASE_URL=https://a.carto.com CARTO_API_URL=https://b.carto.com carto account
            ! error: `CARTO_BASE_URL` and `CARTO_API_URL` set `base_url` and disagree
            !   --> CARTO_BASE_URL
            !   --> CARTO_API_URL
            ! help: unset CARTO_API_URL
            exit 2
            $ CARTO_BASE_URL=https://a.carto.com CARTO_API_URL=https://a.carto.com/api/v2/sql carto config get base_url
            https://a.carto.com
            exit 0
            $ echo marker1 >key; CARTO_API_KEY=marker2 CARTO_API_KEY_FILE=key carto -c username=a account
            ! error: `CARTO_API_KEY` and `CARTO_API_KEY_FILE` hold different keys
            !   --> CARTO_API_KEY
            !   --> CARTO_API_KEY_FILE
            ! help: unset CARTO_API_KEY
            exit 2
            $ CARTO_USERNAME=bob CARTO_BASE_URL=https://acme.carto.com carto account
            ! error: the user name is `bob`, its base URL names `acme`
            !   --> CARTO_USERNAME
            !   --> CARTO_BASE_URL
            ! help: correct one of the two, or remove the user name
            exit 4
            $ CARTO_CONFIG_DIR=conf carto config get username
            ! error: `CARTO_CONFIG_DIR` is not an absolute path
            !   --> CARTO_CONFIG_DIR
            ! help: unset CARTO_CONFIG_DIR, or set it to an absolute path
            exit 2
            $ CARTO_SYSTEM_CONFIG_DIR=conf carto config get username
            ! error: `CARTO_SYSTEM_CONFIG_DIR` is not an absolute path
            !   --> CARTO_SYSTEM_CONFIG_DIR
            ! help: unset CARTO_SYSTEM_CONFIG_DIR, or set it to an absolute path
            exit 2
            $ CARTO_PLUGIN_API=2 CARTO_NESTED=x carto help >/dev/null
            ! error: `CARTO_NESTED` is damaged
            !   --> CARTO_NESTED
            ! help: unset CARTO_NESTED: only carto itself sets it
            exit 2
        "#]],
    );
}

#[test]
fn empty_variables_count_as_unset() {
    says(
        &[
            "CARTO_USERNAME= CARTO_USER=b CARTO_BASE_URL= CARTO_API_KEY= CARTO_ORG= \
             CARTO_ALLOW_NON_SECURE= CARTO_PROFILE= CARTO_CREDENTIALS_FILE= CARTO_API_KEY_FILE= \
             CARTO_CONFIG_DIR= carto account",
            "CARTO_USERNAME= carto config get username",
        ],
        &expect![[r#"
            $ CARTO_USERNAME= CARTO_USER=b CARTO_BASE_URL= CARTO_API_KEY= CARTO_ORG= CARTO_ALLOW_NON_SECURE= CARTO_PROFILE= CARTO_CREDENTIALS_FILE= CARTO_API_KEY_FILE= CARTO_CONFIG_DIR= carto account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://b.carto.com
            CARTO_USER=b
            CARTO_USERNAME=b
            exit 0
            $ CARTO_USERNAME= carto config get username
            ! error: `username` is not set
            exit 1
        "#]],
    );
}

#[test]
fn arguments_that_are_not_utf8_are_refused_by_carto_and_passed_to_plugins() {
    says(
        &[
            "carto config get \"$(printf 'a\\377')\"",
            "carto config set username \"$(printf 'a\\377')\"",
            "carto -c \"username=$(printf 'a\\377')\" config list",
            "carto --profile \"$(printf 'a\\377')\" config list",
            "carto -C \"$(printf 'a\\377')\" config list",
            "carto dump \"$(printf 'a\\377')\" | od -An -c | head -1",
        ],
        &expect![[r#"
            $ carto config get "$(printf 'a\377')"
            ! error: invalid UTF-8 was detected in one or more arguments
            ! note: usage: carto config get [OPTIONS] <SETTING>
            ! help: carto config get --help
            exit 2
            $ carto config set username "$(printf 'a\377')"
            ! error: invalid UTF-8 was detected in one or more arguments
            ! note: usage: carto config set [OPTIONS] <SETTING> [VALUE]
            ! help: carto config set --help
            exit 2
            $ carto -c "username=$(printf 'a\377')" config list
            ! error: the value of `-c` is not UTF-8
            !   --> -c
            exit 2
            $ carto --profile "$(printf 'a\377')" config list
            ! error: the profile's name is not UTF-8
            !   --> --profile
            exit 2
            $ carto -C "$(printf 'a\377')" config list
            ! error: cannot change to `a�`: no such file or directory
            !   --> -C
            exit 2
            $ carto dump "$(printf 'a\377')" | od -An -c | head -1
               [   a 377   ]  \n   C   A   R   T   O   _   B   I   N   =   /
            exit 0
        "#]],
    );
}

#[test]
fn keys_on_standard_input_are_one_line() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    session(
        &sandbox,
        &[
            "carto config set apikey </dev/null",
            "echo | carto config set apikey",
            "printf 'marker1\\nmarker2\\n' | carto config set apikey",
            "echo 'mar ker' | carto config set apikey",
            "printf 'marker\\0' | carto config set apikey",
            "printf 'marker\\377' | carto config set apikey",
            "carto config set apikey ''",
            "carto config set apikey 'mar ker'",
            "carto config set --file x.toml apikey marker",
            "carto login https://ann.carto.com --key-stdin </dev/null",
            "carto login --key-stdin </dev/null",
            "carto login https://ann.carto.com --username bob --key-stdin </dev/null",
            "ls -A ~/.config/carto",
        ],
        &expect![[r#"
            $ carto config set apikey </dev/null
            ! error: standard input holds no key
            ! help: pipe the key into the command, or run it in a terminal, where it asks
            exit 2
            $ echo | carto config set apikey
            ! error: not an API key: the key is empty
            exit 2
            $ printf 'marker1\nmarker2\n' | carto config set apikey
            ! error: not an API key: the key has more than one line
            exit 2
            $ echo 'mar ker' | carto config set apikey
            ! error: not an API key: the key has a character that is a space, or not printable ASCII (position 4)
            exit 2
            $ printf 'marker\0' | carto config set apikey
            ! error: not an API key: the key has a character that is a space, or not printable ASCII (position 7)
            exit 2
            $ printf 'marker\377' | carto config set apikey
            ! error: not an API key: it is not UTF-8
            exit 2
            $ carto config set apikey ''
            ! note: a key on the command line stays in the shell's history; without VALUE carto asks
            ! error: not an API key: the key is empty
            exit 2
            $ carto config set apikey 'mar ker'
            ! note: a key on the command line stays in the shell's history; without VALUE carto asks
            ! error: not an API key: the key has a character that is a space, or not printable ASCII (position 4)
            exit 2
            $ carto config set --file x.toml apikey marker
            ! error: a key is never stored in a settings file
            !   --> --file
            ! help: carto config set apikey     # --system and --project store it for others, or here
            exit 2
            $ carto login https://ann.carto.com --key-stdin </dev/null
            ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
            ! error: standard input holds no key
            ! help: pipe the key into the command, or run it in a terminal, where it asks
            exit 2
            $ carto login --key-stdin </dev/null
            ! error: login needs a base URL or a user name
            ! help: carto login https://NAME.carto.com
            exit 2
            $ carto login https://ann.carto.com --username bob --key-stdin </dev/null
            ! error: the base URL names the user `ann`, not `bob`
            exit 2
            $ ls -A ~/.config/carto
            config.toml
            exit 0
        "#]],
    );
}

#[test]
fn a_credentials_file_stands_alone_on_the_command_line() {
    let sandbox = Sandbox::new();
    let text = r#"{"username": "ann", "api_key": "marker", "base_url": "https://ann.carto.com"}"#;
    sandbox.file_with_mode("work/c.json", text, 0o600);
    session(
        &sandbox,
        &[
            "carto --credentials-file c.json -c username=bob account",
            "carto --credentials-file c.json -c base_url=https://bob.carto.com account",
            "carto --credentials-file c.json --profile p account",
            "carto --credentials-file c.json -c org=x account",
            "CARTO_USERNAME=bob carto --credentials-file c.json config get username",
            "CARTO_CREDENTIALS_FILE=c.json carto -c username=bob config get username",
            "CARTO_CREDENTIALS_FILE=c.json CARTO_USERNAME=bob carto config get username",
            "CARTO_CREDENTIALS_FILE=c.json CARTO_USERNAME=ann carto config get username",
        ],
        &expect![[r#"
            $ carto --credentials-file c.json -c username=bob account
            ! error: `username` cannot stand beside `--credentials-file`, which names the whole account
            !   --> --credentials-file
            !   --> -c username
            ! help: remove one of the two
            exit 2
            $ carto --credentials-file c.json -c base_url=https://bob.carto.com account
            ! error: `base_url` cannot stand beside `--credentials-file`, which names the whole account
            !   --> --credentials-file
            !   --> -c base_url
            ! help: remove one of the two
            exit 2
            $ carto --credentials-file c.json --profile p account
            ! error: `profile` cannot stand beside `--credentials-file`, which names the whole account
            !   --> --credentials-file
            !   --> --profile p
            ! help: remove one of the two
            exit 2
            $ carto --credentials-file c.json -c org=x account
            ! error: `organization` cannot stand beside `--credentials-file`, which names the whole account
            !   --> --credentials-file
            !   --> -c organization
            ! help: remove one of the two
            exit 2
            $ CARTO_USERNAME=bob carto --credentials-file c.json config get username
            ann
            exit 0
            $ CARTO_CREDENTIALS_FILE=c.json carto -c username=bob config get username
            bob
            exit 0
            $ CARTO_CREDENTIALS_FILE=c.json CARTO_USERNAME=bob carto config get username
            ! error: the environment names two accounts: ann at https://ann.carto.com and bob at https://bob.carto.com
            !   --> c.json
            !   --> CARTO_USERNAME
            ! help: remove one of the two
            exit 4
            $ CARTO_CREDENTIALS_FILE=c.json CARTO_USERNAME=ann carto config get username
            ann
            exit 0
        "#]],
    );
}

#[test]
fn two_accounts_or_profiles_within_one_scope_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.user(
        "[profiles.one]\nusername = \"a\"\n[profiles.two]\nusername = \"b\"\n\
         [profiles.\"staging\"]\nusername = \"c\"\n",
    );
    session(
        &sandbox,
        &[
            "carto --profile one -c profile=two config get username",
            "CARTO_PROFILE=one CARTO_USERNAME=b carto config get username",
            "CARTO_PROFILE=one CARTO_USERNAME=a carto config get username",
            "carto --profile one -c username=b config get username",
            "CARTO_PROFILE=one carto --profile two config get username",
            "carto --profile stagng config get username",
            "CARTO_PROFILE=nobody carto account",
            "carto profile use stagng",
            "carto profile add one --username x",
            "carto profile add three",
        ],
        &expect![[r#"
            $ carto --profile one -c profile=two config get username
            ! error: two profiles are named on the command line
            !   --> --profile
            !   --> -c profile
            ! help: remove one of the two
            exit 2
            $ CARTO_PROFILE=one CARTO_USERNAME=b carto config get username
            ! error: the environment names two accounts: a at https://a.carto.com and b at https://b.carto.com
            !   --> CARTO_PROFILE
            !   --> CARTO_USERNAME
            ! help: remove one of the two
            exit 4
            $ CARTO_PROFILE=one CARTO_USERNAME=a carto config get username
            a
            exit 0
            $ carto --profile one -c username=b config get username
            ! error: the command line names two accounts: a at https://a.carto.com and b at https://b.carto.com
            !   --> --profile one
            !   --> -c username
            ! help: remove one of the two
            exit 4
            $ CARTO_PROFILE=one carto --profile two config get username
            b
            exit 0
            $ carto --profile stagng config get username
            ! error: no profile is called `stagng`
            !   --> --profile stagng
            ! help: did you mean `staging`?
            ! help: carto profile list
            ! help: carto login URL --profile stagng
            exit 4
            $ CARTO_PROFILE=nobody carto account
            ! error: no profile is called `nobody`
            !   --> CARTO_PROFILE
            ! help: carto profile list
            ! help: carto login URL --profile nobody
            exit 4
            $ carto profile use stagng
            ! error: no profile is called `stagng`
            !   --> profile use
            ! help: did you mean `staging`?
            ! help: carto profile list
            ! help: carto login URL --profile stagng
            exit 4
            $ carto profile add one --username x
            ! error: `profile one` is there already
            !   --> ~/.config/carto/config.toml
            exit 2
            $ carto profile add three
            ! error: a profile needs a user name or a base URL
            ! help: carto profile add three --username NAME
            exit 2
        "#]],
    );
}

#[test]
fn without_an_account_what_needs_one_says_how_to_name_one() {
    says(
        &[
            "carto config get username",
            "carto config get --default none username",
            "carto config get apikey",
            "carto credentials show",
            "carto credentials export",
            "carto logout",
            "carto account",
            "CARTO_API_KEY=marker carto account",
            "CARTO_API_KEY=marker carto credentials show",
        ],
        &expect![[r#"
            $ carto config get username
            ! error: `username` is not set
            exit 1
            $ carto config get --default none username
            none
            exit 0
            $ carto config get apikey
            ! error: `apikey` is not set
            exit 1
            $ carto credentials show
            ! error: no account is named anywhere
            ! help: carto login URL                      # for example https://NAME.carto.com
            ! help: carto credentials import             # imports CARTOframes' file
            exit 4
            $ carto credentials export
            ! error: no account is named anywhere
            ! help: carto login URL                      # for example https://NAME.carto.com
            ! help: carto credentials import             # imports CARTOframes' file
            exit 4
            $ carto logout
            ! error: no account is named anywhere
            ! help: carto login URL                      # for example https://NAME.carto.com
            ! help: carto credentials import             # imports CARTOframes' file
            exit 4
            $ carto account
            exit 0
            $ CARTO_API_KEY=marker carto account
            ! note: CARTO_API_KEY is not used: nothing says whose it is; add CARTO_USERNAME or CARTO_BASE_URL
            exit 0
            $ CARTO_API_KEY=marker carto credentials show
            ! note: CARTO_API_KEY is not used: nothing says whose it is; add CARTO_USERNAME or CARTO_BASE_URL
            ! error: no account is named anywhere
            ! help: carto login URL                      # for example https://NAME.carto.com
            ! help: carto credentials import             # imports CARTOframes' file
            exit 4
        "#]],
    );
}

#[test]
fn places_that_are_not_there_are_named() {
    says(
        &[
            "carto -C nowhere config list",
            "carto -C nowhere -C .. config list",
            "carto -C ../bin/carto-dump config list",
            "mkdir a; carto -C a -C .. config get --default none username",
            "mkdir gone; cd gone; rmdir ../gone; carto config get username",
            "mkdir gone; cd gone; rmdir ../gone; carto --no-project -c username=a account",
            "mkdir gone; cd gone; rmdir ../gone; carto -C / -c username=a account",
            "mkdir gone; cd gone; rmdir ../gone; carto init",
            "mkdir gone; cd gone; rmdir ../gone; carto help >/dev/null",
        ],
        &expect![[r#"
            $ carto -C nowhere config list
            ! error: cannot change to `nowhere`: no such file or directory
            !   --> -C
            exit 2
            $ carto -C nowhere -C .. config list
            ! error: cannot change to `nowhere`: no such file or directory
            !   --> -C
            exit 2
            $ carto -C ../bin/carto-dump config list
            ! error: cannot change to `../bin/carto-dump`: not a directory
            !   --> -C
            exit 2
            $ mkdir a; carto -C a -C .. config get --default none username
            none
            exit 0
            $ mkdir gone; cd gone; rmdir ../gone; carto config get username
            ! error: cannot tell the current directory: no such file or directory
            ! help: change to a directory that exists, or name one with `-C DIR`
            exit 2
            $ mkdir gone; cd gone; rmdir ../gone; carto --no-project -c username=a account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://a.carto.com
            CARTO_USER=a
            CARTO_USERNAME=a
            ! sh: 0: getcwd() failed: No such file or directory
            exit 0
            $ mkdir gone; cd gone; rmdir ../gone; carto -C / -c username=a account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://a.carto.com
            CARTO_USER=a
            CARTO_USERNAME=a
            exit 0
            $ mkdir gone; cd gone; rmdir ../gone; carto init
            ! error: cannot tell the current directory: no such file or directory
            ! help: change to a directory that exists, or name one with `-C DIR`
            exit 2
            $ mkdir gone; cd gone; rmdir ../gone; carto help >/dev/null
            exit 0
        "#]],
    );
}

#[test]
fn output_that_goes_nowhere_is_quiet_when_closed_and_an_error_when_full() {
    says(
        &[
            "carto help | head -1",
            "carto help config set | true",
            "carto help >&-",
            "carto version 2>&-",
            "carto frobnicate 2>&-",
            "carto -c username=a config get username >/dev/full",
            "carto -c username=a config list --json >/dev/full",
            "carto -c username=a credentials export >/dev/full",
            "carto help >/dev/full",
            "carto --version >/dev/full",
        ],
        &expect![[r#"
            $ carto help | head -1
            Settings, accounts, keys and plugins for the CARTO location platform
            exit 0
            $ carto help config set | true
            exit 0
            $ carto help >&-
            exit 0
            $ carto version 2>&-
            carto 0.1.0
            exit 0
            $ carto frobnicate 2>&-
            exit 127
            $ carto -c username=a config get username >/dev/full
            ! error: cannot write to standard output: no space left on device
            exit 5
            $ carto -c username=a config list --json >/dev/full
            ! error: cannot write to standard output: no space left on device
            exit 5
            $ carto -c username=a credentials export >/dev/full
            ! error: cannot write to standard output: no space left on device
            exit 5
            $ carto help >/dev/full
            ! error: cannot write to standard output: no space left on device
            exit 5
            $ carto --version >/dev/full
            ! error: cannot write to standard output: no space left on device
            exit 5
        "#]],
    );
}

/// What `carto` writes, it reads again: nine settings of 120 kB each made a project file that no
/// command took any more.
#[test]
fn no_file_is_written_that_the_next_run_refuses() {
    let sandbox = Sandbox::new();
    _ = sandbox.carto("init").run().ok();
    let long = "x".repeat(120_000);
    let set = |n: u8| {
        sandbox.carto("config set --project").arg(format!("plugins.q.v{n}")).arg(&long).run()
    };
    for n in 0..8 {
        _ = set(n).ok();
    }
    let before = sandbox.read("work/.carto/config.toml");
    let refused = set(8).fails(5);
    assert_eq!(
        refused.stderr,
        "error: the file would be longer than the 1024 KiB that carto reads\n  \
         --> [work]/.carto/config.toml\nnote: this file is as it was\n\
         help: carto config unset SETTING     # one that this layer does not need\n",
    );
    assert_eq!(sandbox.read("work/.carto/config.toml"), before);
    // The project works as before, and what is in it can go.
    _ = sandbox.carto("config unset --project plugins.q.v0").run().ok();
    _ = set(8).ok();
    assert_eq!(sandbox.carto("config get plugins.q.v8").run().ok().stdout.trim_end(), long);
}

/// Keys likewise: the file has room for one more byte, not for another credential.
#[test]
fn no_credential_file_is_written_that_the_next_run_refuses() {
    let sandbox = Sandbox::new();
    sandbox.keys(&["key-1 https://ann.carto.com ann"]);
    sandbox.user("username = \"ann\"\n");
    let file = "home/.config/carto/credentials.toml";
    let text = sandbox.read(file);
    let filled = format!("#{}\n{text}", "x".repeat(16 * 1024 * 1024 - text.len() - 3));
    sandbox.file_with_mode(file, &filled, 0o600);
    let login = "login https://bob.carto.com --profile bob --key-stdin";
    let refused = sandbox.carto(login).stdin("key-2\n").run().fails(5).never_says("key-2");
    assert!(
        refused.stderr.ends_with(
            "error: the file would be longer than the 16384 KiB that carto reads\n  \
             --> ~/.config/carto/credentials.toml\nnote: this file is as it was\n\
             help: carto --profile NAME logout    # an account that you do not need\n"
        ),
        "{refused}"
    );
    assert!(sandbox.read(file) == filled);
    assert_eq!(sandbox.carto("config get apikey").run().ok().stdout, "key-1\n");
}
