//! Commands of `git config`'s manual, typed as a git user would: the same result, or an error that
//! names our way.

use expect_test::expect;

use crate::sandbox::Sandbox;

/// What git's manual offers, with the keys that a git user would think of.
const TYPED: [&str; 66] = [
    // The verbs of git 2.46 and later.
    "list",
    "list --global",
    "list --system",
    "list --local",
    "list --file FILE",
    "list -f FILE",
    "list --name-only",
    "list --show-origin --show-scope",
    "list -z",
    "list --includes",
    "get username",
    "get user.name",
    "get --all username",
    "get --global username",
    "get -f FILE ui.editor",
    "get --show-origin ui.editor",
    "get --show-scope ui.editor",
    "get --type=bool allow_non_secure",
    "get --type=path ui.editor",
    "get --type=bool-or-int ui.color",
    "get --bool allow_non_secure",
    "get --default=vi core.editor",
    "get --default=auto ui.color",
    "get --regexp user.*",
    "get --value=vi ui.editor",
    "get --url=https://ann.carto.com apikey",
    "get --show-names username",
    "get --null ui.editor",
    "set username bob",
    "set --global ui.editor vi",
    "set --file FILE ui.color never",
    "set --local username bob",
    "set --append ui.editor vi",
    "set --all ui.editor vi",
    "set --type=bool allow_non_secure yes",
    "set --comment why ui.editor vi",
    "set user.name bob",
    "set --worktree username bob",
    "unset ui.editor",
    "unset --all ui.editor",
    "unset --global ui.editor",
    "rename-section profiles.a profiles.b",
    "remove-section profiles.work",
    // The old ways.
    "user.name",
    "user.name bob",
    "username",
    "--global user.name bob",
    "--global user.name",
    "--system --list",
    "--list",
    "-l",
    "-l --show-origin",
    "--get user.name",
    "--get-all ui.editor",
    "--get-regexp ui\\..*",
    "--get-urlmatch http https://ann.carto.com",
    "--get-color color.ui",
    "--add ui.editor vi",
    "--replace-all ui.editor vi",
    "--unset ui.editor",
    "--unset-all ui.editor",
    "--remove-section profiles.work",
    "--bool allow_non_secure",
    "--type=bool --get allow_non_secure",
    "-z --get ui.editor",
    "--blob HEAD:config --list",
];

fn machine() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user(
        "username = \"ann\"\n[ui]\neditor = \"nano\"\n[profiles.work]\nusername = \"acme\"\n",
    );
    sandbox.file("work/FILE", "[ui]\neditor = \"ed\"\n");
    sandbox
}

#[test]
fn git_users_get_the_result_or_our_way() {
    let mut shown = String::new();
    for words in TYPED {
        let sandbox = machine();
        let ran = sandbox.carto(&format!("config {words}")).run();
        let code = ran.code();
        assert!(matches!(code, 0..=2), "{words}: {ran}");
        // Nothing is refused without a word on what to type instead.
        assert!(code == 0 || ran.stderr.contains("help: "), "{words}: {ran}");
        if code != 0 {
            assert_eq!(sandbox.read("home/.config/carto/config.toml"), before(), "{words}");
        }
        shown += &format!("$ carto config {words}\n{ran}\n").replace('\0', "[NUL]");
    }
    expect![[r#"
        $ carto config list
        * username=ann
        * ui.editor=nano
        * profiles.work.username=acme
        exit 0

        $ carto config list --global
        * username=ann
        * ui.editor=nano
        * profiles.work.username=acme
        exit 0

        $ carto config list --system
        exit 0

        $ carto config list --local
        ! error: there is no project here: no `.carto` directory
        ! help: carto init
        exit 1

        $ carto config list --file FILE
        * ui.editor=ed
        exit 0

        $ carto config list -f FILE
        * ui.editor=ed
        exit 0

        $ carto config list --name-only
        username
        ui.editor
        profiles.work.username
        exit 0

        $ carto config list --show-origin --show-scope
        * user	~/.config/carto/config.toml:1:12	username=ann
        * user	~/.config/carto/config.toml:3:10	ui.editor=nano
        * user	~/.config/carto/config.toml:5:12	profiles.work.username=acme
        exit 0

        $ carto config list -z
        username=ann[NUL]ui.editor=nano[NUL]profiles.work.username=acme[NUL](no newline)
        exit 0

        $ carto config list --includes
        ! error: `carto config` has no `--includes`, which is git's
        ! help: carto config list
        exit 2

        $ carto config get username
        ann
        exit 0

        $ carto config get user.name
        ! error: unknown setting `user.name`
        ! help: did you mean `username`?
        exit 1

        $ carto config get --all username
        ann
        exit 0

        $ carto config get --global username
        ann
        exit 0

        $ carto config get -f FILE ui.editor
        ed
        exit 0

        $ carto config get --show-origin ui.editor
        ~/.config/carto/config.toml:3:10	nano
        exit 0

        $ carto config get --show-scope ui.editor
        user	nano
        exit 0

        $ carto config get --type=bool allow_non_secure
        false
        exit 0

        $ carto config get --type=path ui.editor
        nano
        exit 0

        $ carto config get --type=bool-or-int ui.color
        ! error: `--type` takes bool, int, string or path
        ! help: carto config get ui.color
        exit 2

        $ carto config get --bool allow_non_secure
        ! error: `carto config` has no `--bool`, which is git's
        ! help: carto config get --type bool allow_non_secure
        exit 2

        $ carto config get --default=vi core.editor
        vi
        exit 0

        $ carto config get --default=auto ui.color
        auto
        exit 0

        $ carto config get --regexp user.*
        ! error: `carto config` has no `--regexp`, which is git's
        ! note: settings are looked up by name, not by a pattern
        ! help: carto config list | grep -e 'user.*'
        exit 2

        $ carto config get --value=vi ui.editor
        ! error: `carto config` has no `--value`, which is git's
        ! help: carto config get ui.editor
        exit 2

        $ carto config get --url=https://ann.carto.com apikey
        ! error: `carto config` has no `--url`, which is git's
        ! note: settings are not chosen by a URL, but a key (apikey) by its account
        ! help: carto config explain
        exit 2

        $ carto config get --show-names username
        ! error: `carto config` has no `--show-names`, which is git's
        ! help: carto config get username
        exit 2

        $ carto config get --null ui.editor
        nano[NUL](no newline)
        exit 0

        $ carto config set username bob
        ! note: set username in ~/.config/carto/config.toml
        ! note: there is no key for bob at https://bob.carto.com yet: carto config set apikey
        exit 0

        $ carto config set --global ui.editor vi
        ! note: set ui.editor in ~/.config/carto/config.toml
        exit 0

        $ carto config set --file FILE ui.color never
        ! note: set ui.color in FILE
        exit 0

        $ carto config set --local username bob
        ! error: there is no project here: no `.carto` directory
        ! help: carto init
        exit 1

        $ carto config set --append ui.editor vi
        ! error: `carto config` has no `--append`, which is git's
        ! note: a setting has one value in a layer; `set` replaces it
        ! help: carto config set ui.editor vi
        exit 2

        $ carto config set --all ui.editor vi
        ! error: `carto config set` has no `--all`
        ! help: carto config set ui.editor vi
        exit 2

        $ carto config set --type=bool allow_non_secure yes
        ! error: `carto config set` has no `--type`
        ! help: carto config set allow_non_secure yes
        exit 2

        $ carto config set --comment why ui.editor vi
        ! error: `carto config` has no `--comment`, which is git's
        ! help: carto config set ui.editor vi
        exit 2

        $ carto config set user.name bob
        ! error: unknown setting `user.name`
        ! help: did you mean `username`?
        ! help: --force writes it all the same
        exit 2

        $ carto config set --worktree username bob
        ! error: `carto config` has no `--worktree`, which is git's
        ! help: carto config set --project username bob
        exit 2

        $ carto config unset ui.editor
        ! note: removed ui.editor from ~/.config/carto/config.toml
        exit 0

        $ carto config unset --all ui.editor
        ! error: `carto config unset` has no `--all`
        ! help: carto config unset ui.editor
        exit 2

        $ carto config unset --global ui.editor
        ! note: removed ui.editor from ~/.config/carto/config.toml
        exit 0

        $ carto config rename-section profiles.a profiles.b
        ! error: `carto config` has no `rename-section`, which is git's
        ! note: no command renames a table
        ! help: carto config edit
        exit 2

        $ carto config remove-section profiles.work
        ! error: `carto config` has no `remove-section`, which is git's
        ! help: carto config unset profiles.work
        exit 2

        $ carto config user.name
        ! error: `carto config` needs a verb: get, set, unset, list, edit
        ! help: carto config get username
        exit 2

        $ carto config user.name bob
        ! error: `carto config` needs a verb: get, set, unset, list, edit
        ! help: carto config set username bob
        exit 2

        $ carto config username
        ! error: `carto config` needs a verb: get, set, unset, list, edit
        ! help: carto config get username
        exit 2

        $ carto config --global user.name bob
        ! error: `carto config` needs a verb: get, set, unset, list, edit
        ! help: carto config set --global username bob
        exit 2

        $ carto config --global user.name
        ! error: `carto config` needs a verb: get, set, unset, list, edit
        ! help: carto config get --global username
        exit 2

        $ carto config --system --list
        ! error: `carto config` has no `--list`, which is git's
        ! help: carto config list --system
        exit 2

        $ carto config --list
        ! error: `carto config` has no `--list`, which is git's
        ! help: carto config list
        exit 2

        $ carto config -l
        ! error: `carto config` has no `-l`, which is git's
        ! help: carto config list
        exit 2

        $ carto config -l --show-origin
        ! error: `carto config` has no `-l`, which is git's
        ! help: carto config list --show-origin
        exit 2

        $ carto config --get user.name
        ! error: `carto config` has no `--get`, which is git's
        ! help: carto config get username
        exit 2

        $ carto config --get-all ui.editor
        ! error: `carto config` has no `--get-all`, which is git's
        ! help: carto config get --all ui.editor
        exit 2

        $ carto config --get-regexp ui\..*
        ! error: `carto config` has no `--get-regexp`, which is git's
        ! note: settings are looked up by name, not by a pattern
        ! help: carto config list | grep -e "ui\\..*"
        exit 2

        $ carto config --get-urlmatch http https://ann.carto.com
        ! error: `carto config` has no `--get-urlmatch`, which is git's
        ! note: settings are not chosen by a URL, but a key (apikey) by its account
        ! help: carto config explain
        exit 2

        $ carto config --get-color color.ui
        ! error: `carto config` has no `--get-color`, which is git's
        ! note: no setting holds a colour
        ! help: carto config get ui.color
        exit 2

        $ carto config --add ui.editor vi
        ! error: `carto config` has no `--add`, which is git's
        ! note: a setting has one value in a layer; `set` replaces it
        ! help: carto config set ui.editor vi
        exit 2

        $ carto config --replace-all ui.editor vi
        ! error: `carto config` has no `--replace-all`, which is git's
        ! note: a setting has one value in a layer; `set` replaces it
        ! help: carto config set ui.editor vi
        exit 2

        $ carto config --unset ui.editor
        ! error: `carto config` has no `--unset`, which is git's
        ! help: carto config unset ui.editor
        exit 2

        $ carto config --unset-all ui.editor
        ! error: `carto config` has no `--unset-all`, which is git's
        ! help: carto config unset ui.editor
        exit 2

        $ carto config --remove-section profiles.work
        ! error: `carto config` has no `--remove-section`, which is git's
        ! help: carto config unset profiles.work
        exit 2

        $ carto config --bool allow_non_secure
        ! error: `carto config` has no `--bool`, which is git's
        ! help: carto config get --type bool allow_non_secure
        exit 2

        $ carto config --type=bool --get allow_non_secure
        ! error: `carto config` has no `--get`, which is git's
        ! help: carto config get --type bool allow_non_secure
        exit 2

        $ carto config -z --get ui.editor
        ! error: `carto config` has no `--get`, which is git's
        ! help: carto config get -z ui.editor
        exit 2

        $ carto config --blob HEAD:config --list
        ! error: `carto config` has no `--blob`, which is git's
        ! note: settings are read from files only
        ! help: carto config list --file FILE
        exit 2

    "#]]
    .assert_eq(&shown);
}

fn before() -> String {
    machine().read("home/.config/carto/config.toml")
}

/// Each command that the help names works as it is named.
#[test]
fn our_way_works() {
    for words in TYPED {
        let sandbox = machine();
        let ran = sandbox.carto(&format!("config {words}")).run();
        for line in ran.stderr.lines().filter_map(|line| line.strip_prefix("help: carto config ")) {
            let line = line.split(" | ").next().unwrap().split("  ").next().unwrap();
            if line.contains("KEY") || line.contains("VALUE") || line == "edit" {
                continue;
            }
            let again = sandbox.carto(&format!("config {line}")).run();
            // Where the project is meant there has to be one first.
            let fine = again.code() == 0 || line.contains("--project") || line.contains("--local");
            assert!(fine || again.stderr.contains("is not set"), "{words} -> {line}: {again}");
        }
    }
}

#[test]
fn editors_open_in_the_old_way_too() {
    for words in ["-e", "--edit", "--global --edit", "--file FILE -e"] {
        let ran = machine().carto(&format!("config {words}")).run().fails(2);
        assert!(ran.stderr.contains("help: carto config edit"), "{ran}");
    }
}

/// What is typed where a key goes is never shown again.
#[test]
fn secrets_are_not_repeated() {
    for words in [
        "apikey s3cret-marker",
        "--global apikey s3cret-marker",
        "--add api_key s3cret-marker",
        "--replace-all apikye s3cret-marker",
        "--global carto.token s3cret-marker",
        "set --append apikey s3cret-marker",
        "set --worktree key s3cret-marker",
    ] {
        let ran = machine().carto(&format!("config {words}")).run().fails(2);
        let ran = ran.never_says("s3cret-marker");
        assert!(ran.stderr.contains("help: carto config set"), "{words}: {ran}");
    }
}

/// What is no word of git's is the parser's to answer, also where a verb is only mistyped.
#[test]
fn other_mistakes_stay_what_they_are() {
    machine().carto("config gte username").run().fails(2).shows(&expect![[r#"
        ! error: `carto config` has no command `gte`
        ! help: carto config get username
        ! help: carto config --help
        exit 2
    "#]]);
    machine().carto("config get --frob username").run().fails(2).shows(&expect![[r#"
        ! error: unexpected argument `--frob` found
        ! note: usage: carto config get [OPTIONS] <SETTING>
        ! help: to pass `--frob` as a value, use `-- --frob`
        ! help: carto config get --help
        exit 2
    "#]]);
    machine().carto("config frobnicate").run().fails(2).shows(&expect![[r#"
        ! error: unrecognized subcommand `frobnicate`
        ! note: usage: carto config <COMMAND>
        ! help: carto config --help
        exit 2
    "#]]);
    machine().carto("config --global get username").run().fails(2).shows(&expect![[r#"
        ! error: flags stand behind the verb `get`
        ! help: carto config get --global username
        exit 2
    "#]]);
    machine().carto("config get").run().fails(2).shows(&expect![[r#"
        ! error: the following required arguments were not provided: <SETTING>
        ! note: usage: carto config get <SETTING>
        ! help: carto config get --help
        exit 2
    "#]]);
    machine().carto("config").run().fails(2).shows(&expect![[r#"
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
    "#]]);
}
