//! Named accounts: shown, renamed, removed, protected, selected by plugins; and what `login` says.

use expect_test::{Expect, expect};

use crate::sandbox::Sandbox;

const SETTINGS: &str = "home/.config/carto/config.toml";
const CREDENTIALS: &str = "home/.config/carto/credentials.toml";

#[track_caller]
fn session(sandbox: &Sandbox, lines: &[&str], expected: &Expect) {
    expected.assert_eq(&sandbox.session(lines));
}

#[test]
fn a_profile_is_shown_with_all_that_defines_and_selects_it() {
    let sandbox = Sandbox::new();
    sandbox.system("[profiles.work]\nusername = \"old\"\nprotected = true\n");
    sandbox.user(
        "username = \"ann\"\nprofile = \"work\"\n\n[profiles.work]\nusername = \"acme\"\norg = \"maps\"\n\
         [profiles.\"no account\"]\norg = \"x\"\n[profiles.http]\nbase_url = \"http://h.example/user/h\"\n\
         allow_non_secure = true\n[plugins.dump]\nprofile = \"work\"\n\
         [alias]\nw = \"--profile work dump\"\nx = \"!carto -p work dump\"\ny = [\"-pwork\", \"dump\"]\nz = \"-p works dump\"\n",
    );
    sandbox
        .keys(&["marker1 https://acme.carto.com", "marker2 https://acme.carto.com profile=work"]);
    sandbox.project("profile = \"work\"\n");
    sandbox.file("other/.carto/config.toml", "plugins.a.profile = \"work\"\n");
    sandbox.trust("other");
    session(
        &sandbox,
        &[
            "carto profile show",
            "CARTO_PROFILE=work carto --no-project profile show work",
            "carto profile show --json",
            "carto profile show 'no account'",
            "carto profile show http",
            "carto profile show wrok",
            "carto --profile wrok profile show",
            "carto -c username=x profile show",
            "carto -c username=x profile show --json http",
            "carto --isolated profile show",
            "carto --isolated profile show work",
        ],
        &expect![[r#"
            $ carto profile show
            profile       work (in use)
            account       acme at https://acme.carto.com
            organization  maps
            key           ******** at ~/.config/carto/credentials.toml:5:1
            protected     no
            defined       user: ~/.config/carto/config.toml:5:12
            hides         system: [root]/sys/config.toml:2:12, old at https://old.carto.com
            selected by   profile (project: [work]/.carto/config.toml:1:11, untrusted)
            selected by   profile (user: ~/.config/carto/config.toml:2:11)
            selected by   plugins.dump.profile (user: ~/.config/carto/config.toml:13:11)
            selected by   alias.w (user: ~/.config/carto/config.toml:15:5)
            selected by   alias.x (user: ~/.config/carto/config.toml:16:5)
            selected by   alias.y (user: ~/.config/carto/config.toml:17:5)
            selected by   plugins.a.profile (project: [root]/other/.carto/config.toml:1:21, elsewhere)
            exit 0
            $ CARTO_PROFILE=work carto --no-project profile show work
            profile       work (in use)
            account       acme at https://acme.carto.com
            organization  maps
            key           ******** at ~/.config/carto/credentials.toml:5:1
            protected     no
            defined       user: ~/.config/carto/config.toml:5:12
            hides         system: [root]/sys/config.toml:2:12, old at https://old.carto.com
            selected by   profile (env: CARTO_PROFILE)
            selected by   profile (user: ~/.config/carto/config.toml:2:11)
            selected by   plugins.dump.profile (user: ~/.config/carto/config.toml:13:11)
            selected by   alias.w (user: ~/.config/carto/config.toml:15:5)
            selected by   alias.x (user: ~/.config/carto/config.toml:16:5)
            selected by   alias.y (user: ~/.config/carto/config.toml:17:5)
            selected by   plugins.a.profile (project: [root]/other/.carto/config.toml:1:21, elsewhere)
            exit 0
            $ carto profile show --json
            {
              "name": "work",
              "in_use": true,
              "username": "acme",
              "base_url": "https://acme.carto.com",
              "organization": "maps",
              "allow_non_secure": false,
              "protected": false,
              "has_key": true,
              "key_scope": "user",
              "key_origin": "~/.config/carto/credentials.toml:5:1",
              "defined": [
                {
                  "scope": "user",
                  "origin": "~/.config/carto/config.toml:5:12",
                  "username": "acme",
                  "base_url": "https://acme.carto.com",
                  "protected": false
                },
                {
                  "scope": "system",
                  "origin": "[root]/sys/config.toml:2:12",
                  "username": "old",
                  "base_url": "https://old.carto.com",
                  "protected": true
                }
              ],
              "selected_by": [
                {
                  "key": "profile",
                  "scope": "project",
                  "origin": "[work]/.carto/config.toml:1:11",
                  "place": "untrusted"
                },
                {
                  "key": "profile",
                  "scope": "user",
                  "origin": "~/.config/carto/config.toml:2:11",
                  "place": "here"
                },
                {
                  "key": "plugins.dump.profile",
                  "scope": "user",
                  "origin": "~/.config/carto/config.toml:13:11",
                  "place": "here"
                },
                {
                  "key": "alias.w",
                  "scope": "user",
                  "origin": "~/.config/carto/config.toml:15:5",
                  "place": "here"
                },
                {
                  "key": "alias.x",
                  "scope": "user",
                  "origin": "~/.config/carto/config.toml:16:5",
                  "place": "here"
                },
                {
                  "key": "alias.y",
                  "scope": "user",
                  "origin": "~/.config/carto/config.toml:17:5",
                  "place": "here"
                },
                {
                  "key": "plugins.a.profile",
                  "scope": "project",
                  "origin": "[root]/other/.carto/config.toml:1:21",
                  "place": "elsewhere"
                }
              ],
              "problem": null
            }
            exit 0
            $ carto profile show 'no account'
            profile       no account
            account       (the profile `no account` names no account)
            key           none
            protected     no
            defined       user: ~/.config/carto/config.toml:8:7
            exit 0
            $ carto profile show http
            profile       http
            account       h at http://h.example/user/h
            http          permitted by allow_non_secure
            key           none
            protected     no
            defined       user: ~/.config/carto/config.toml:10:12
            exit 0
            $ carto profile show wrok
            ! error: no profile is called `wrok`
            ! help: did you mean `work`?
            ! help: carto profile list
            exit 1
            $ carto --profile wrok profile show
            ! error: no profile is called `wrok`
            !   --> --profile wrok
            ! help: did you mean `work`?
            ! help: carto profile list
            ! help: carto login URL --profile wrok
            exit 4
            $ carto -c username=x profile show
            ! error: no profile is in use here
            ! help: carto profile list
            ! help: carto profile use NAME
            exit 1
            $ carto -c username=x profile show --json http
            {
              "name": "http",
              "in_use": false,
              "username": "h",
              "base_url": "http://h.example/user/h",
              "organization": null,
              "allow_non_secure": true,
              "protected": false,
              "has_key": false,
              "key_scope": null,
              "key_origin": null,
              "defined": [
                {
                  "scope": "user",
                  "origin": "~/.config/carto/config.toml:10:12",
                  "username": "h",
                  "base_url": "http://h.example/user/h",
                  "protected": false
                }
              ],
              "selected_by": [],
              "problem": null
            }
            exit 0
            $ carto --isolated profile show
            ! error: no profile is in use here
            ! help: carto profile list
            ! help: carto profile use NAME
            exit 1
            $ carto --isolated profile show work
            ! error: no profile is called `work`
            exit 1
        "#]],
    );
}

#[test]
fn a_profile_is_renamed_with_what_selects_it_in_its_file() {
    let sandbox = Sandbox::new();
    sandbox.user(
        "\u{feff}username = \"ann\" # me\r\nprofile = 'work'\r\n\r\n# the company\r\n[profiles . work] # x\r\n\
         username = \"acme\"\r\n\r\n[plugins.dump]\r\nprofile = \"work\" # y\r\nlevel = 1\r\n\
         [alias]\r\nw = \"-p work dump\"",
    );
    sandbox.system("[plugins.account]\nprofile = \"work\"\n");
    sandbox.keys(&[
        "marker1 https://acme.carto.com",
        "marker2 https://acme.carto.com profile=work",
        "marker3 https://ann.carto.com",
    ]);
    sandbox.project("profile = \"work\"\n");
    sandbox.file("other/.carto/config.toml", "# c\nprofile = \"work\"\n");
    sandbox.trust("other");
    let before = sandbox.read(CREDENTIALS);
    session(
        &sandbox,
        &[
            "carto --no-project config get apikey",
            "CARTO_PROFILE=work carto profile rename work 'my work'",
            "carto --no-project config get apikey",
            "cat -A ~/.config/carto/config.toml",
            "carto profile rename 'my work' work",
            "carto profile list",
        ],
        &expect![[r#"
            $ carto --no-project config get apikey
            marker2
            exit 0
            $ CARTO_PROFILE=work carto profile rename work 'my work'
            ! note: renamed the profile work to my work in ~/.config/carto/config.toml
            ! note: renamed with it there: profile, plugins.dump.profile
            ! note: renamed with it: the mark of its key in ~/.config/carto/credentials.toml
            ! note: `profile` still says `work`: CARTO_PROFILE
            ! note: `profile` still says `work`: [work]/.carto/config.toml:1:11
            ! note: `alias.w` still says `work`: ~/.config/carto/config.toml:12:5
            ! note: `plugins.account.profile` still says `work`: [root]/sys/config.toml:2:11
            ! note: `profile` still says `work`: [root]/other/.carto/config.toml:2:11
            exit 0
            $ carto --no-project config get apikey
            marker2
            exit 0
            $ cat -A ~/.config/carto/config.toml
            M-oM-;M-?username = "ann" # me^M$
            profile = "my work"^M$
            ^M$
            # the company^M$
            [profiles . "my work"] # x^M$
            username = "acme"^M$
            ^M$
            [plugins.dump]^M$
            profile = "my work" # y^M$
            level = 1^M$
            [alias]^M$
            w = "-p work dump"(no newline)
            exit 0
            $ carto profile rename 'my work' work
            ! note: renamed the profile my work to work in ~/.config/carto/config.toml
            ! note: renamed with it there: profile, plugins.dump.profile
            ! note: renamed with it: the mark of its key in ~/.config/carto/credentials.toml
            exit 0
            $ carto profile list
              (default)  ann at https://ann.carto.com
            * work       acme at https://acme.carto.com
            exit 0
        "#]],
    );
    assert_eq!(sandbox.read(CREDENTIALS), before);
}

#[test]
fn a_rename_that_cannot_be_whole_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.user(
        "username = \"ann\"\n[profiles.work]\nusername = \"acme\"\n[profiles.bob]\nusername = \"bob\"\n",
    );
    sandbox.system("[profiles.sys]\nusername = \"sys\"\n");
    sandbox.project("[profiles.proj]\nusername = \"proj\"\n");
    sandbox.trust("work");
    sandbox.keys(&[
        "marker1 https://acme.carto.com profile=work",
        "marker2 https://acme.carto.com profile=taken",
    ]);
    let settings = sandbox.read(SETTINGS);
    let keys = sandbox.read(CREDENTIALS);
    session(
        &sandbox,
        &[
            "carto profile rename work bob",
            "carto profile rename work sys",
            "carto profile rename work proj",
            "carto profile rename work taken",
            "carto profile rename work work",
            "carto profile rename wrok x",
            "carto profile rename nothing x",
            "carto profile rename sys x",
            "carto profile rename proj x",
            "carto -c profiles.c.username=c profile rename c x",
            "carto profile rename --project work x",
            "carto profile rename work ''",
            "carto profile rename work -- -x",
            "carto profile rename work",
            "carto profile rename --file nothing.toml work x",
            "carto -C / profile rename --project work x",
        ],
        &expect![[r#"
            $ carto profile rename work bob
            ! error: `profile bob` is there already
            !   --> ~/.config/carto/config.toml:5:12
            exit 2
            $ carto profile rename work sys
            ! error: `profile sys` is there already
            !   --> [root]/sys/config.toml:2:12
            exit 2
            $ carto profile rename work proj
            ! error: `profile proj` is there already
            !   --> [work]/.carto/config.toml:2:12
            exit 2
            $ carto profile rename work taken
            ! error: another key of the account is marked with the new name already
            !   --> ~/.config/carto/credentials.toml:1:1
            !   --> ~/.config/carto/credentials.toml:6:1
            exit 2
            $ carto profile rename work work
            ! error: the profile is called `work` already
            exit 2
            $ carto profile rename wrok x
            ! error: no profile is called `wrok`
            ! help: did you mean `work`?
            ! help: carto profile list
            exit 1
            $ carto profile rename nothing x
            ! error: no profile is called `nothing`
            ! help: carto profile list
            exit 1
            $ carto profile rename sys x
            ! error: the profile `sys` is not defined there
            !   --> ~/.config/carto/config.toml
            ! note: it is defined in system: [root]/sys/config.toml:2:12
            ! help: carto profile rename --system sys x
            exit 1
            $ carto profile rename proj x
            ! error: the profile `proj` is not defined there
            !   --> ~/.config/carto/config.toml
            ! note: it is defined in project: [work]/.carto/config.toml:2:12
            ! help: carto profile rename --project proj x
            exit 1
            $ carto -c profiles.c.username=c profile rename c x
            ! error: the profile `c` is not defined there
            !   --> ~/.config/carto/config.toml
            ! note: it is defined in command: -c profiles.c.username
            exit 1
            $ carto profile rename --project work x
            ! error: the profile `work` is not defined there
            !   --> [work]/.carto/config.toml
            ! note: it is defined in user: ~/.config/carto/config.toml:3:12
            ! help: carto profile rename work x
            exit 1
            $ carto profile rename work ''
            ! error: a profile's name cannot be empty
            exit 2
            $ carto profile rename work -- -x
            ! error: a profile's name cannot begin with `-`
            exit 2
            $ carto profile rename work
            ! error: the following required arguments were not provided: <NEW>
            ! note: usage: carto profile rename <OLD> <NEW>
            ! help: carto profile rename --help
            exit 2
            $ carto profile rename --file nothing.toml work x
            ! error: no profile is called `work`
            !   --> nothing.toml
            exit 1
            $ carto -C / profile rename --project work x
            ! error: there is no project here: no `.carto` directory
            ! help: carto init
            exit 1
        "#]],
    );
    assert_eq!(sandbox.read(SETTINGS), settings);
    assert_eq!(sandbox.read(CREDENTIALS), keys);
    sandbox.user("[profiles.work]\nusername = \"acme\"\nprofile =\n");
    sandbox.carto("profile rename work x").run().fails(3).shows(&expect![[r#"
        ! error: invalid TOML: string values must be quoted, expected literal string
        !   --> ~/.config/carto/config.toml:3:10
        !   |
        !  3| profile =
        !   |          ^
        exit 3
    "#]]);
    assert_eq!(sandbox.read(CREDENTIALS), keys);
}

#[test]
fn a_profile_of_another_scope_or_file_is_renamed_there() {
    let sandbox = Sandbox::new();
    sandbox.user("profile = \"a\"\n[profiles.a]\nusername = \"ann\"\n");
    sandbox.system("[profiles.a]\nusername = \"sys\"\n");
    sandbox.project("profile = \"p\"\nprofiles = { p = { username = \"acme\" } }\n");
    sandbox.trust("work");
    sandbox.file("f.toml", "profile = 'q'\nprofiles.q.user = 'x'\n");
    session(
        &sandbox,
        &[
            "carto profile rename a b",
            "carto profile rename --system a c",
            "carto profile rename --project p q",
            "cat .carto/config.toml",
            "carto config get username",
            "carto profile rename --file ../f.toml q r",
            "cat ../f.toml",
            "carto profile remove --file ../f.toml r",
            "cat ../f.toml",
            "carto profile use --project --none",
            "carto profile remove --project q",
            "cat .carto/config.toml",
            "carto config get username",
        ],
        &expect![[r#"
            $ carto profile rename a b
            ! note: renamed the profile a to b in ~/.config/carto/config.toml
            ! note: renamed with it there: profile
            ! note: a profile a is still defined in system: [root]/sys/config.toml:2:12
            exit 0
            $ carto profile rename --system a c
            ! note: renamed the profile a to c in [root]/sys/config.toml
            exit 0
            $ carto profile rename --project p q
            ! note: renamed the profile p to q in [work]/.carto/config.toml
            ! note: renamed with it there: profile
            exit 0
            $ cat .carto/config.toml
            profile = "q"
            profiles = { q = { username = "acme" } }
            exit 0
            $ carto config get username
            acme
            exit 0
            $ carto profile rename --file ../f.toml q r
            ! note: renamed the profile q to r in ../f.toml
            ! note: renamed with it there: profile
            exit 0
            $ cat ../f.toml
            profile = "r"
            profiles.r.user = 'x'
            exit 0
            $ carto profile remove --file ../f.toml r
            ! note: removed the profile r from ../f.toml
            ! note: unset with it there: profile
            exit 0
            $ cat ../f.toml
            exit 0
            $ carto profile use --project --none
            ! note: no profile is selected in [work]/.carto/config.toml
            exit 0
            $ carto profile remove --project q
            ! note: removed the profile q from [work]/.carto/config.toml
            exit 0
            $ cat .carto/config.toml
            exit 0
            $ carto config get username
            ann
            exit 0
        "#]],
    );
}

#[test]
fn a_rename_that_was_stopped_between_its_files_loses_no_key() {
    // Each state that a crash can leave, and what the profile's key is in it.
    let sandbox = Sandbox::new();
    let old = "[profiles.old]\nusername = \"acme\"\n";
    let new = "[profiles.new]\nusername = \"acme\"\n";
    let plain = "marker1 https://acme.carto.com";
    let marked = "marker2 https://acme.carto.com profile=old";
    let copied = "marker2 https://acme.carto.com profile=new";
    for (settings, keys, profile) in [
        (old, vec![plain, marked], "old"),
        (old, vec![plain, marked, copied], "old"),
        (new, vec![plain, marked, copied], "new"),
        (new, vec![plain, copied], "new"),
    ] {
        sandbox.user(settings);
        sandbox.keys(&keys);
        let used = sandbox.carto("--profile").arg(profile).words("config get apikey").run().ok();
        assert_eq!(used.stdout, "marker2\n", "{settings}{keys:?}");
    }
    // Begun again where it was stopped, it ends as if it had not been.
    sandbox.user(old);
    sandbox.keys(&[plain, marked, copied]);
    _ = sandbox.carto("profile rename old new").run().ok();
    assert_eq!(sandbox.read(SETTINGS), new);
    assert_eq!(sandbox.read(CREDENTIALS).matches("marker2").count(), 1);
    assert_eq!(sandbox.read(CREDENTIALS).matches("profile = \"new\"").count(), 1);
}

#[test]
fn a_removed_profile_takes_what_selects_it_along_and_tells_of_its_key() {
    let sandbox = Sandbox::new();
    sandbox.user(
        "username = \"ann\"\nprofile = \"work\" # now\n\n# one\n[profiles.work]\nusername = \"acme\"\n\n\
         [profiles.ro]\nusername = \"acme\"\n\n[plugins.dump]\nprofile = \"work\"\nlevel = 1\n",
    );
    sandbox.keys(&[
        "marker1 https://ann.carto.com",
        "marker2 https://acme.carto.com",
        "marker3 https://acme.carto.com profile=ro",
    ]);
    sandbox.project("profile = \"ro\"\n");
    session(
        &sandbox,
        &[
            "carto --no-project config get username",
            "carto profile remove work",
            "cat ~/.config/carto/config.toml",
            "carto profile remove ro",
            "carto profile remove ro",
            "cat ~/.config/carto/config.toml",
            "carto --no-project config get username",
            "carto -c base_url=https://acme.carto.com logout",
            "grep -c marker ~/.config/carto/credentials.toml",
            "carto profile remove ro",
        ],
        &expect![[r#"
            $ carto --no-project config get username
            acme
            exit 0
            $ carto profile remove work
            ! note: removed the profile work from ~/.config/carto/config.toml
            ! note: unset with it there: profile, plugins.dump.profile
            ! note: your default account is now ann at https://ann.carto.com
            exit 0
            $ cat ~/.config/carto/config.toml
            username = "ann"

            # one

            [profiles.ro]
            username = "acme"

            [plugins.dump]
            level = 1
            exit 0
            $ carto profile remove ro
            ! note: removed the profile ro from ~/.config/carto/config.toml
            ! note: the key of acme at https://acme.carto.com stays in ~/.config/carto/credentials.toml:5:1, and nothing here names the account any more; to forget it: carto -c base_url=https://acme.carto.com logout
            ! note: `profile` still says `ro`: [work]/.carto/config.toml:1:11
            exit 0
            $ carto profile remove ro
            ! error: no profile is called `ro`
            exit 1
            $ cat ~/.config/carto/config.toml
            username = "ann"

            # one

            [plugins.dump]
            level = 1
            exit 0
            $ carto --no-project config get username
            ann
            exit 0
            $ carto -c base_url=https://acme.carto.com logout
            ! note: forgot the key of acme at https://acme.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ grep -c marker ~/.config/carto/credentials.toml
            1
            exit 0
            $ carto profile remove ro
            ! error: no profile is called `ro`
            exit 1
        "#]],
    );
}

#[test]
fn keys_of_a_removed_profile_are_forgotten_where_nothing_else_uses_them() {
    let settings = "username = \"ann\"\n[profiles.work]\nusername = \"acme\"\n[profiles.ro]\nusername = \"acme\"\n\
                    [profiles.me]\nusername = \"ann\"\n[profiles.none]\norganization = \"o\"\n[profiles.gis]\n\
                    base_url = \"http://h.example\"\nallow_non_secure = true\nusername = \"g\"\n";
    let keys = [
        "marker1 https://ann.carto.com",
        "marker2 https://acme.carto.com",
        "marker3 https://acme.carto.com profile=ro",
        "marker4 http://h.example g",
        "marker5 https://ann.carto.com profile=me",
    ];
    let mut seen = String::new();
    for lines in [
        &["carto profile remove --forget-key work"][..],
        &["carto profile remove --forget-key ro", "carto profile remove --forget-key work"],
        &["carto profile remove ro", "carto profile remove --forget-key ro"],
        &["carto profile remove --forget-key me"],
        &["carto profile remove me", "carto profile remove me"],
        &["carto profile remove --forget-key gis"],
        &["carto profile remove gis"],
        &["carto profile remove --forget-key none"],
        &["carto profile remove --forget-key nobody"],
    ] {
        let sandbox = Sandbox::new();
        sandbox.user(settings);
        sandbox.keys(&keys);
        seen += &sandbox.session(lines);
        seen += &sandbox
            .session(&["grep -o 'marker.' ~/.config/carto/credentials.toml | tr '\\n' ' '"]);
    }
    expect![[r#"
        $ carto profile remove --forget-key work
        ! note: the key of acme at https://acme.carto.com stays: something else names the account
        ! note: removed the profile work from ~/.config/carto/config.toml
        exit 0
        $ grep -o 'marker.' ~/.config/carto/credentials.toml | tr '\n' ' '
        marker1 marker2 marker3 marker4 marker5 (no newline)
        exit 0
        $ carto profile remove --forget-key ro
        ! note: forgot the key of acme at https://acme.carto.com that was marked for it in ~/.config/carto/credentials.toml
        ! note: another key of acme at https://acme.carto.com stays: something else names the account
        ! note: removed the profile ro from ~/.config/carto/config.toml
        exit 0
        $ carto profile remove --forget-key work
        ! note: forgot the key of acme at https://acme.carto.com in ~/.config/carto/credentials.toml
        ! note: removed the profile work from ~/.config/carto/config.toml
        exit 0
        $ grep -o 'marker.' ~/.config/carto/credentials.toml | tr '\n' ' '
        marker1 marker4 marker5 (no newline)
        exit 0
        $ carto profile remove ro
        ! note: removed the profile ro from ~/.config/carto/config.toml
        ! note: the key that was marked for it stays in ~/.config/carto/credentials.toml:9:1; to forget it: carto profile remove ro --forget-key
        exit 0
        $ carto profile remove --forget-key ro
        ! note: forgot the key of acme at https://acme.carto.com that was marked for it in ~/.config/carto/credentials.toml
        exit 0
        $ grep -o 'marker.' ~/.config/carto/credentials.toml | tr '\n' ' '
        marker1 marker2 marker4 marker5 (no newline)
        exit 0
        $ carto profile remove --forget-key me
        ! note: forgot the key of ann at https://ann.carto.com that was marked for it in ~/.config/carto/credentials.toml
        ! note: another key of ann at https://ann.carto.com stays: something else names the account
        ! note: removed the profile me from ~/.config/carto/config.toml
        exit 0
        $ grep -o 'marker.' ~/.config/carto/credentials.toml | tr '\n' ' '
        marker1 marker2 marker3 marker4 (no newline)
        exit 0
        $ carto profile remove me
        ! note: removed the profile me from ~/.config/carto/config.toml
        ! note: the key that was marked for it stays in ~/.config/carto/credentials.toml:20:1; to forget it: carto profile remove me --forget-key
        exit 0
        $ carto profile remove me
        ! error: no profile is called `me`
        ! help: carto profile list
        exit 1
        $ grep -o 'marker.' ~/.config/carto/credentials.toml | tr '\n' ' '
        marker1 marker2 marker3 marker4 marker5 (no newline)
        exit 0
        $ carto profile remove --forget-key gis
        ! note: forgot the key of g at http://h.example in ~/.config/carto/credentials.toml
        ! note: removed the profile gis from ~/.config/carto/config.toml
        exit 0
        $ grep -o 'marker.' ~/.config/carto/credentials.toml | tr '\n' ' '
        marker1 marker2 marker3 marker5 (no newline)
        exit 0
        $ carto profile remove gis
        ! note: removed the profile gis from ~/.config/carto/config.toml
        ! note: the key of g at http://h.example stays in ~/.config/carto/credentials.toml:14:1, and nothing here names the account any more; to forget it: carto -c base_url=http://h.example -c username=g -c allow_non_secure=true logout
        exit 0
        $ grep -o 'marker.' ~/.config/carto/credentials.toml | tr '\n' ' '
        marker1 marker2 marker3 marker4 marker5 (no newline)
        exit 0
        $ carto profile remove --forget-key none
        ! note: removed the profile none from ~/.config/carto/config.toml
        exit 0
        $ grep -o 'marker.' ~/.config/carto/credentials.toml | tr '\n' ' '
        marker1 marker2 marker3 marker4 marker5 (no newline)
        exit 0
        $ carto profile remove --forget-key nobody
        ! error: no profile is called `nobody`
        ! help: carto profile list
        exit 1
        $ grep -o 'marker.' ~/.config/carto/credentials.toml | tr '\n' ' '
        marker1 marker2 marker3 marker4 marker5 (no newline)
        exit 0
    "#]].assert_eq(&seen);
}

#[test]
fn the_last_account_and_a_hidden_definition_are_told() {
    let sandbox = Sandbox::new();
    sandbox.system("[profiles.work]\nusername = \"sys\"\n");
    sandbox.user("profile = \"work\"\n[profiles.work]\nusername = \"acme\"\n");
    session(
        &sandbox,
        &[
            "CARTO_PROFILE=work carto profile remove work",
            "cat ~/.config/carto/config.toml",
            "carto profile remove work",
            "carto profile remove --system work",
            "carto profile remove work",
        ],
        &expect![[r#"
            $ CARTO_PROFILE=work carto profile remove work
            ! note: removed the profile work from ~/.config/carto/config.toml
            ! note: unset with it there: profile
            ! note: `profile` still says `work`: CARTO_PROFILE
            ! note: a profile work is still defined in system: [root]/sys/config.toml:2:12
            ! note: no account is the default now: carto profile use NAME, or carto login URL
            exit 0
            $ cat ~/.config/carto/config.toml
            exit 0
            $ carto profile remove work
            ! error: the profile `work` is not defined there
            !   --> ~/.config/carto/config.toml
            ! note: it is defined in system: [root]/sys/config.toml:2:12
            ! help: carto profile remove --system work
            exit 1
            $ carto profile remove --system work
            ! note: removed the profile work from [root]/sys/config.toml
            exit 0
            $ carto profile remove work
            ! error: no profile is called `work`
            exit 1
        "#]],
    );
}

#[test]
fn a_protected_profile_is_removed_only_on_purpose() {
    let sandbox = Sandbox::new();
    let settings = "[profiles.work]\nusername = \"acme\"\nprotected = true\n";
    sandbox.user(settings);
    sandbox.keys(&["marker1 https://acme.carto.com"]);
    let keys = sandbox.read(CREDENTIALS);
    sandbox.carto("profile remove work --forget-key").run().fails(4).shows(&expect![[r#"
        ! error: the profile `work` is protected
        ! help: carto profile remove --force work
        exit 4
    "#]]);
    let no = sandbox.carto("profile remove work --forget-key").run_on_terminal(&[("[y/N]", "n\n")]);
    no.fails(4).shows(&expect![[r#"
        The profile work is protected. Remove it? [y/N] n
        [1;31merror:[0m nothing was removed
        exit 4
    "#]]);
    assert_eq!(sandbox.read(SETTINGS), settings);
    assert_eq!(sandbox.read(CREDENTIALS), keys);
    let yes = sandbox.carto("profile remove work").run_on_terminal(&[("[y/N]", "y\n")]);
    yes.ok().shows(&expect![[r#"
        The profile work is protected. Remove it? [y/N] y
        [1mnote:[0m removed the profile work from ~/.config/carto/config.toml
        [1mnote:[0m the key of acme at https://acme.carto.com stays in ~/.config/carto/credentials.toml:1:1, and nothing here names the account any more; to forget it: carto -c base_url=https://acme.carto.com logout
        [1mnote:[0m acme at https://acme.carto.com is not protected any more: a project that is not trusted can select it
        exit 0
    "#]]);
    assert_eq!(sandbox.read(SETTINGS), "");
    sandbox.user(settings);
    sandbox.carto("profile remove --force work").run().ok().shows(&expect![[r#"
        ! note: removed the profile work from ~/.config/carto/config.toml
        ! note: the key of acme at https://acme.carto.com stays in ~/.config/carto/credentials.toml:1:1, and nothing here names the account any more; to forget it: carto -c base_url=https://acme.carto.com logout
        ! note: acme at https://acme.carto.com is not protected any more: a project that is not trusted can select it
        exit 0
    "#]]);
    // Unmarked again, it goes without a question.
    sandbox.user(settings);
    session(
        &sandbox,
        &[
            "carto profile list",
            "carto profile rename work job",
            "carto config set profiles.job.protected false",
            "carto profile remove job",
            "carto profile add x --username x --protected",
            "carto config set profiles.y.username y",
            "carto config set profiles.y.protected yes",
            "carto profile list",
        ],
        &expect![[r#"
            $ carto profile list
              work  acme at https://acme.carto.com  protected
            exit 0
            $ carto profile rename work job
            ! note: renamed the profile work to job in ~/.config/carto/config.toml
            exit 0
            $ carto config set profiles.job.protected false
            ! note: set profiles.job.protected in ~/.config/carto/config.toml
            exit 0
            $ carto profile remove job
            ! note: removed the profile job from ~/.config/carto/config.toml
            ! note: the key of acme at https://acme.carto.com stays in ~/.config/carto/credentials.toml:1:1, and nothing here names the account any more; to forget it: carto -c base_url=https://acme.carto.com logout
            exit 0
            $ carto profile add x --username x --protected
            ! note: added profile x in ~/.config/carto/config.toml
            ! note: its key: carto --profile x config set apikey
            exit 0
            $ carto config set profiles.y.username y
            ! note: set profiles.y.username in ~/.config/carto/config.toml
            exit 0
            $ carto config set profiles.y.protected yes
            ! note: set profiles.y.protected in ~/.config/carto/config.toml
            exit 0
            $ carto profile list
              x  x at https://x.carto.com  no key  protected
              y  y at https://y.carto.com  no key  protected
            exit 0
        "#]],
    );
}

#[test]
fn an_untrusted_project_cannot_select_a_protected_account_in_any_way() {
    let user = "username = \"ann\"\n[profiles.work]\nbase_url = \"https://maps.corp/user/acme\"\nprotected = true\n";
    let mut seen = String::new();
    for (project, default) in [
        ("profile = \"work\"\n", false),
        ("base_url = \"https://MAPS.corp:443/user/acme/\"\n", false),
        ("base_url = \"https://maps.corp/user/acme\"\nusername = \"acme\"\n", false),
        ("base_url = \"https://maps.corp/user/{username}\"\nusername = \"acme\"\n", false),
        ("profile = \"work\"\n", true),
        ("base_url = \"https://maps.corp/user/{username}\"\nusername = \"acme\"\n", true),
    ] {
        for stored in [false, true] {
            let sandbox = Sandbox::new();
            let select = if default { "profile = \"work\"\n" } else { "" };
            sandbox.user(&format!("{select}{user}"));
            sandbox.project(project);
            sandbox.keys(if stored { &["marker1 https://maps.corp/user/acme"] } else { &[] });
            let ran = sandbox.carto("account").run();
            if default {
                _ = ran.ok().started();
                continue;
            }
            let ran = ran.fails(4).not_started().never_says("marker1");
            seen += ran.stderr.lines().next().unwrap();
            seen += "\n";
            // Approved, or said by the user, it is another matter.
            _ = sandbox.carto("--profile work account").run().ok().started();
            sandbox.trust("work");
            _ = sandbox.carto("account").run().ok().started();
        }
    }
    let refused = "error: an untrusted project selects a protected account: acme at https://maps.corp/user/acme\n";
    assert_eq!(seen, refused.repeat(8));
}

#[test]
fn login_says_what_was_stored_where_and_what_hides_it() {
    let sandbox = Sandbox::new();
    sandbox.project("profile = \"bob\"\n[profiles.acme]\nusername = \"other\"\n");
    session(
        &sandbox,
        &[
            "echo marker1 | carto login ann --key-stdin",
            "echo marker2 | carto login bob --key-stdin",
            "echo marker2 | carto login bob --key-stdin --organization maps",
            "echo marker2 | carto login bob --key-stdin --profile bob",
            "carto trust --expect $(carto trust --show | grep -o sha256.*)",
            "echo marker3 | carto login acme --key-stdin",
            "echo marker4 | CARTO_USERNAME=zoe CARTO_API_KEY=marker9 carto -c username=eve -c plugins.dump.profile=bob login ann --key-stdin",
            "echo marker4 | CARTO_API_KEY=marker9 carto --no-project login ann --key-stdin --organization 'a b'",
            "echo marker4 | carto --no-project login bob --key-stdin --default",
            "echo marker4 | CARTO_PROFILE=nobody carto --no-project login bob --key-stdin --default",
        ],
        &expect![[r#"
            $ echo marker1 | carto login ann --key-stdin
            ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: ann at https://ann.carto.com is now your default account, in ~/.config/carto/config.toml
            ! note: another account is used here: profile `bob` names it ([work]/.carto/config.toml:1:11)
            exit 0
            $ echo marker2 | carto login bob --key-stdin
            ! note: logging in to bob at https://bob.carto.com; its key is shown at https://bob.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: bob at https://bob.carto.com is profile bob in ~/.config/carto/config.toml: carto --profile bob ..., or carto profile use bob
            exit 0
            $ echo marker2 | carto login bob --key-stdin --organization maps
            ! note: logging in to bob at https://bob.carto.com; its key is shown at https://bob.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: bob at https://bob.carto.com is profile bob, as before
            ! note: its organization stays as it was: carto config set profiles.bob.organization maps
            exit 0
            $ echo marker2 | carto login bob --key-stdin --profile bob
            ! note: logging in to bob at https://bob.carto.com; its key is shown at https://bob.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: bob at https://bob.carto.com is profile bob, as before
            exit 0
            $ carto trust --expect $(carto trust --show | grep -o sha256.*)
            ! note: [work] is trusted until it changes
            exit 0
            $ echo marker3 | carto login acme --key-stdin
            ! note: logging in to acme at https://acme.carto.com; its key is shown at https://acme.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: acme at https://acme.carto.com is profile acme in ~/.config/carto/config.toml: carto --profile acme ..., or carto profile use acme
            ! note: the profile acme is hidden here by project ([work]/.carto/config.toml:3:12)
            exit 0
            $ echo marker4 | CARTO_USERNAME=zoe CARTO_API_KEY=marker9 carto -c username=eve -c plugins.dump.profile=bob login ann --key-stdin
            ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
            ! note: replaced the key in ~/.config/carto/credentials.toml
            ! note: ann at https://ann.carto.com is your default account, as before
            ! note: another account is used here: user name `eve` names it (-c username)
            ! note: another account is used here: user name `zoe` names it (CARTO_USERNAME)
            ! note: another account is used here: profile `bob` names it ([work]/.carto/config.toml:1:11)
            ! note: the plugin dump uses another account: plugins.dump.profile names the profile bob (-c plugins.dump.profile)
            exit 0
            $ echo marker4 | CARTO_API_KEY=marker9 carto --no-project login ann --key-stdin --organization 'a b'
            ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: ann at https://ann.carto.com is your default account, as before
            ! note: its organization stays as it was: carto config set organization 'a b'
            ! note: another key of the account is used here: CARTO_API_KEY
            exit 0
            $ echo marker4 | carto --no-project login bob --key-stdin --default
            ! note: logging in to bob at https://bob.carto.com; its key is shown at https://bob.carto.com/your_apps
            ! note: replaced the key in ~/.config/carto/credentials.toml
            ! note: bob at https://bob.carto.com is now your default account, as profile bob in ~/.config/carto/config.toml
            exit 0
            $ echo marker4 | CARTO_PROFILE=nobody carto --no-project login bob --key-stdin --default
            ! note: logging in to bob at https://bob.carto.com; its key is shown at https://bob.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: bob at https://bob.carto.com is your default account, as before
            ! note: another account is used here: profile `nobody` names it (CARTO_PROFILE)
            exit 0
        "#]],
    );
}

#[test]
fn a_profile_never_becomes_another_account_by_login_or_import() {
    let sandbox = Sandbox::new();
    sandbox.user(
        "username = \"ann\"\n[profiles.bob]\nusername = \"bob\"\norganization = \"maps\"\n\
         [profiles.empty]\nprotected = true\n",
    );
    sandbox.system("[profiles.sys]\nusername = \"sys\"\n");
    sandbox.file("work/zoe.json", r#"{"username": "zoe", "api_key": "marker9"}"#);
    let settings = sandbox.read(SETTINGS);
    session(
        &sandbox,
        &[
            "echo marker1 | carto login acme --key-stdin --profile bob",
            "echo marker1 | carto --profile sys login acme --key-stdin",
            "carto credentials import zoe.json --profile bob",
        ],
        &expect![[r#"
            $ echo marker1 | carto login acme --key-stdin --profile bob
            ! note: logging in to acme at https://acme.carto.com; its key is shown at https://acme.carto.com/your_apps
            ! error: the profile `bob` is another account: bob at https://bob.carto.com
            !   --> ~/.config/carto/config.toml:3:12
            ! help: choose another name
            ! help: or free this one: carto profile rename bob NEW
            exit 2
            $ echo marker1 | carto --profile sys login acme --key-stdin
            ! note: logging in to acme at https://acme.carto.com; its key is shown at https://acme.carto.com/your_apps
            ! error: the profile `sys` is another account: sys at https://sys.carto.com
            !   --> [root]/sys/config.toml:2:12
            ! help: choose another name
            ! help: or free this one: carto profile rename --system sys NEW
            exit 2
            $ carto credentials import zoe.json --profile bob
            ! warning: others can read zoe.json (mode 0644); to change that: chmod 600 zoe.json
            ! error: the profile `bob` is another account: bob at https://bob.carto.com
            !   --> ~/.config/carto/config.toml:3:12
            ! help: choose another name
            ! help: or free this one: carto profile rename bob NEW
            exit 2
        "#]],
    );
    assert_eq!(sandbox.read(SETTINGS), settings);
    assert!(sandbox.files_with("marker1").is_empty());
    session(
        &sandbox,
        &[
            "echo marker1 | carto login https://maps.example.com/user/bob --key-stdin",
            "echo marker2 | carto login https://maps.example.com/x/user/bob --key-stdin",
            "echo marker3 | carto login acme --key-stdin --profile empty",
            "carto profile list",
        ],
        &expect![[r#"
            $ echo marker1 | carto login https://maps.example.com/user/bob --key-stdin
            ! note: logging in to bob at https://maps.example.com/user/bob; its key is shown at https://maps.example.com/user/bob/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: bob at https://maps.example.com/user/bob is profile bob@maps.example.com in ~/.config/carto/config.toml: carto --profile bob@maps.example.com ..., or carto profile use bob@maps.example.com
            exit 0
            $ echo marker2 | carto login https://maps.example.com/x/user/bob --key-stdin
            ! note: logging in to bob at https://maps.example.com/x/user/bob; its key is shown at https://maps.example.com/x/user/bob/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: bob at https://maps.example.com/x/user/bob is profile bob@maps.example.com-2 in ~/.config/carto/config.toml: carto --profile bob@maps.example.com-2 ..., or carto profile use bob@maps.example.com-2
            exit 0
            $ echo marker3 | carto login acme --key-stdin --profile empty
            ! note: logging in to acme at https://acme.carto.com; its key is shown at https://acme.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: acme at https://acme.carto.com is profile empty in ~/.config/carto/config.toml: carto --profile empty ..., or carto profile use empty
            exit 0
            $ carto profile list
            * (default)               ann at https://ann.carto.com  no key
              bob                     bob at https://bob.carto.com  no key
              bob@maps.example.com    bob at https://maps.example.com/user/bob
              bob@maps.example.com-2  bob at https://maps.example.com/x/user/bob
              empty                   acme at https://acme.carto.com  protected
              sys                     sys at https://sys.carto.com  no key
            exit 0
        "#]],
    );
}

#[test]
fn a_plugin_runs_with_its_own_profile() {
    let both = "[profiles.p]\nusername = \"pat\"\n[profiles.q]\nusername = \"quin\"\n";
    let q = "[plugins.account]\nprofile = \"q\"\n";
    let run = "account";
    // User settings, project settings, whether that is trusted, the words, the account.
    for (user, project, trusted, words, expected) in [
        (q, "", false, run, "quin"),
        (q, "", false, "plugin run account", "quin"),
        (q, "", false, "alias-of-it", "quin"),
        (q, "", false, "hidden", "quin"),
        (q, "", false, "--profile p account", "pat"),
        (q, "", false, "-c profile=p account", "pat"),
        (q, "", false, "-c username=zoe account", "zoe"),
        (q, "", false, "-c plugins.account.profile=p account", "pat"),
        (q, "", false, "with-p", "pat"),
        (q, "profile = \"p\"\n", false, run, "pat"),
        (q, "profile = \"p\"\n", true, run, "pat"),
        ("", q, true, run, "quin"),
        ("", q, false, run, "ann"),
        (q, "[plugins.account]\nprofile = \"p\"\n", true, run, "pat"),
        (q, "[plugins.account]\nprofile = \"p\"\n", false, run, "quin"),
        ("[plugins.dump]\nprofile = \"q\"\n", "", false, run, "ann"),
        ("profile = \"p\"\n", "", false, run, "pat"),
    ] {
        let sandbox = Sandbox::new();
        let (top, tables) = if user.starts_with('[') { ("", user) } else { (user, "") };
        sandbox.user(&format!(
            "{top}username = \"ann\"\n{both}{tables}[alias]\nalias-of-it = \"account\"\n\
             hidden = \"plugin run account\"\nwith-p = \"--profile p account\"\n"
        ));
        if !project.is_empty() {
            sandbox.project(project);
        }
        if trusted {
            sandbox.trust("work");
        }
        let name = format!("CARTO_USERNAME={expected}\n");
        let ran = sandbox.carto(words).run().ok().started();
        assert!(ran.stdout.contains(&name), "{user}{project}{trusted} {words}\n{ran}");
        let env = sandbox.carto(words).env("CARTO_PROFILE", "p").run().ok().started();
        // A variable is above every file, and below every flag.
        let by_flag = words.starts_with('-') || words == "with-p";
        let name = if by_flag { name } else { "CARTO_USERNAME=pat\n".to_owned() };
        assert!(env.stdout.contains(&name), "{user}{project}{trusted} {words} by variable\n{env}");
    }
}

#[test]
fn a_plugins_profile_is_explained_and_refused_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.staging]\nusername = \"acme\"\n[plugins.account]\nprofile = \"stagng\"\n");
    session(
        &sandbox,
        &[
            "carto account",
            "carto account --help",
            "carto -c plugins.account.profile=staging config explain --plugin account",
            "carto config explain --plugin account",
            "carto config explain --plugin dump",
            "carto config explain --plugin dump username",
        ],
        &expect![[r#"
            $ carto account
            ! error: no profile is called `stagng`
            !   --> ~/.config/carto/config.toml:5:11
            ! help: did you mean `staging`?
            ! help: carto profile list
            ! help: carto login URL --profile stagng
            exit 4
            $ carto account --help
            exit 0
            $ carto -c plugins.account.profile=staging config explain --plugin account
            account  acme at https://acme.carto.com
            * command  profile `staging`: acme at https://acme.carto.com
                       at -c plugins.account.profile
                       decides: the highest scope that names an account
              user     profile `stagng`: no profile is called `stagng`
                       at ~/.config/carto/config.toml:5:11
                       beaten: the command scope is higher and decides the whole account
              user     user name `ann`: ann at https://ann.carto.com
                       at ~/.config/carto/config.toml:1:12
                       beaten: the command scope is higher and decides the whole account
            key      default_public: CARTO's public key, public data only
            * default  default_public
                       is used
            note:    no key of acme at https://acme.carto.com is stored or given
            help:    carto login https://acme.carto.com   # stores its key
            exit 0
            $ carto config explain --plugin account
            account  refused: no profile is called `stagng`
              user     profile `stagng`: no profile is called `stagng`
                       at ~/.config/carto/config.toml:5:11
                       decides, and is refused
              user     user name `ann`: ann at https://ann.carto.com
                       at ~/.config/carto/config.toml:1:12
                       beaten: in one file `profile` beats the bare account
            help:    did you mean `staging`?
            help:    carto profile list
            help:    carto login URL --profile stagng
            exit 0
            $ carto config explain --plugin dump
            account  ann at https://ann.carto.com
            * user     user name `ann`: ann at https://ann.carto.com
                       at ~/.config/carto/config.toml:1:12
                       decides: the highest scope that names an account
            key      default_public: CARTO's public key, public data only
            * default  default_public
                       is used
            note:    no key of ann at https://ann.carto.com is stored or given
            help:    carto login https://ann.carto.com    # stores its key
            exit 0
            $ carto config explain --plugin dump username
            ! error: the argument `--plugin <NAME>` cannot be used with `[SETTING]`
            ! note: usage: carto config explain --plugin <NAME> [SETTING]
            ! help: carto config explain --help
            exit 2
        "#]],
    );
}

#[test]
fn an_unknown_profile_is_said_wherever_it_is_named() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.staging]\nusername = \"acme\"\n");
    session(
        &sandbox,
        &[
            "carto --profile stagng account",
            "CARTO_PROFILE=stagng carto account",
            "carto -c profile=stagng config get username",
            "carto profile use stagng",
            "carto profile show stagng",
            "carto profile rename stagng x",
            "carto profile remove stagng",
            "carto --profile stagng config set apikey",
            "carto --profile stagng logout",
            "carto config set plugins.account.profile stagng",
            "carto config set profile staging",
            "carto config set profile nobody",
            "carto account",
        ],
        &expect![[r#"
            $ carto --profile stagng account
            ! error: no profile is called `stagng`
            !   --> --profile stagng
            ! help: did you mean `staging`?
            ! help: carto profile list
            ! help: carto login URL --profile stagng
            exit 4
            $ CARTO_PROFILE=stagng carto account
            ! error: no profile is called `stagng`
            !   --> CARTO_PROFILE
            ! help: did you mean `staging`?
            ! help: carto profile list
            ! help: carto login URL --profile stagng
            exit 4
            $ carto -c profile=stagng config get username
            ! error: no profile is called `stagng`
            !   --> -c profile
            ! help: did you mean `staging`?
            ! help: carto profile list
            ! help: carto login URL --profile stagng
            exit 4
            $ carto profile use stagng
            ! error: no profile is called `stagng`
            !   --> profile use
            ! help: did you mean `staging`?
            ! help: carto profile list
            ! help: carto login URL --profile stagng
            exit 4
            $ carto profile show stagng
            ! error: no profile is called `stagng`
            ! help: did you mean `staging`?
            ! help: carto profile list
            exit 1
            $ carto profile rename stagng x
            ! error: no profile is called `stagng`
            ! help: did you mean `staging`?
            ! help: carto profile list
            exit 1
            $ carto profile remove stagng
            ! error: no profile is called `stagng`
            ! help: did you mean `staging`?
            ! help: carto profile list
            exit 1
            $ carto --profile stagng config set apikey
            ! error: no profile is called `stagng`
            !   --> --profile stagng
            ! help: did you mean `staging`?
            ! help: carto profile list
            ! help: carto login URL --profile stagng
            exit 4
            $ carto --profile stagng logout
            ! error: no profile is called `stagng`
            !   --> --profile stagng
            ! help: did you mean `staging`?
            ! help: carto profile list
            ! help: carto login URL --profile stagng
            exit 4
            $ carto config set plugins.account.profile stagng
            ! note: set plugins.account.profile in ~/.config/carto/config.toml
            ! note: no profile is called `stagng`: did you mean `staging`?
            exit 0
            $ carto config set profile staging
            ! note: set profile in ~/.config/carto/config.toml
            exit 0
            $ carto config set profile nobody
            ! note: set profile in ~/.config/carto/config.toml
            ! note: no profile is called `nobody`: carto profile list
            exit 0
            $ carto account
            ! error: no profile is called `stagng`
            !   --> ~/.config/carto/config.toml:7:11
            ! help: did you mean `staging`?
            ! help: carto profile list
            ! help: carto login URL --profile stagng
            exit 4
        "#]],
    );
}

#[test]
fn a_project_that_is_not_trusted_is_changed_and_stays_so() {
    let sandbox = Sandbox::new();
    sandbox.project("profile = \"p\"\n[profiles.p]\nusername = \"acme\"\n");
    session(
        &sandbox,
        &[
            "carto profile show p",
            "carto profile add --project o --username o",
            "carto config unset --project profiles.o.username",
            "carto profile rename --project p q",
            "carto trust --list",
            "cat .carto/config.toml",
            "carto profile remove --project q",
            "cat .carto/config.toml",
            "carto alias set --project w config explain",
            "carto alias delete --project w",
            "carto trust --expect \"$(carto trust --show | grep ^sha256)\"",
            "carto profile add --project o --username o",
            "carto profile rename --project o p",
            "carto profile use --project p",
            "carto profile remove --project p",
            "carto trust --list",
        ],
        &expect![[r#"
            $ carto profile show p
            ! note: [work]/.carto/config.toml: ignored, as this project is not trusted: profiles.p.username (see: carto trust)
            ! error: no profile is called `p`
            exit 1
            $ carto profile add --project o --username o
            ! note: added profile o in [work]/.carto/config.toml
            ! note: this project is not trusted: see carto trust
            ! note: its key: carto --profile o config set apikey
            exit 0
            $ carto config unset --project profiles.o.username
            ! note: removed profiles.o.username from [work]/.carto/config.toml
            ! note: this project is not trusted: see carto trust
            exit 0
            $ carto profile rename --project p q
            ! note: renamed the profile p to q in [work]/.carto/config.toml
            ! note: renamed with it there: profile
            ! note: this project is not trusted: see carto trust
            exit 0
            $ carto trust --list
            exit 0
            $ cat .carto/config.toml
            profile = "q"
            [profiles.q]
            username = "acme"
            exit 0
            $ carto profile remove --project q
            ! note: removed the profile q from [work]/.carto/config.toml
            ! note: unset with it there: profile
            ! note: this project is not trusted: see carto trust
            exit 0
            $ cat .carto/config.toml
            exit 0
            $ carto alias set --project w config explain
            ! note: carto w now stands for: config explain
            ! note: this project is not trusted: see carto trust
            exit 0
            $ carto alias delete --project w
            ! note: deleted the alias w in [work]/.carto/config.toml
            ! note: this project is not trusted: see carto trust
            exit 0
            $ carto trust --expect "$(carto trust --show | grep ^sha256)"
            ! note: [work] is trusted until it changes
            exit 0
            $ carto profile add --project o --username o
            ! note: added profile o in [work]/.carto/config.toml
            ! note: its key: carto --profile o config set apikey
            exit 0
            $ carto profile rename --project o p
            ! note: renamed the profile o to p in [work]/.carto/config.toml
            exit 0
            $ carto profile use --project p
            ! note: profile p (o at https://o.carto.com) is selected in [work]/.carto/config.toml
            exit 0
            $ carto profile remove --project p
            ! note: removed the profile p from [work]/.carto/config.toml
            ! note: unset with it there: profile
            exit 0
            $ carto trust --list
            trusted   [work]
            exit 0
        "#]],
    );
}

#[test]
fn a_removed_profile_that_was_protected_is_said_to_be_open_now() {
    let settings =
        "[profiles.a]\nusername = \"acme\"\nprotected = true\n[profiles.b]\nusername = \"acme\"\n";
    let mut seen = String::new();
    for (words, keys) in [
        ("a", &["marker1 https://acme.carto.com"][..]),
        ("b", &["marker1 https://acme.carto.com"]),
        ("a --forget-key", &["marker1 https://acme.carto.com"]),
        ("a", &[]),
    ] {
        let sandbox = Sandbox::new();
        sandbox.user(settings);
        sandbox.keys(keys);
        seen += &sandbox.session(&["carto profile list"]);
        seen += &sandbox.session(&[&format!("carto profile remove --force {words}")]);
        let list = sandbox.carto("profile list").run().ok();
        assert_eq!(list.stdout.contains("protected"), words == "b", "{list}");
    }
    expect![[r#"
        $ carto profile list
          a  acme at https://acme.carto.com  protected
          b  acme at https://acme.carto.com  protected
        exit 0
        $ carto profile remove --force a
        ! note: removed the profile a from ~/.config/carto/config.toml
        ! note: acme at https://acme.carto.com is not protected any more: a project that is not trusted can select it
        exit 0
        $ carto profile list
          a  acme at https://acme.carto.com  protected
          b  acme at https://acme.carto.com  protected
        exit 0
        $ carto profile remove --force b
        ! note: removed the profile b from ~/.config/carto/config.toml
        exit 0
        $ carto profile list
          a  acme at https://acme.carto.com  protected
          b  acme at https://acme.carto.com  protected
        exit 0
        $ carto profile remove --force a --forget-key
        ! note: the key of acme at https://acme.carto.com stays: something else names the account
        ! note: removed the profile a from ~/.config/carto/config.toml
        ! note: acme at https://acme.carto.com is not protected any more: a project that is not trusted can select it
        exit 0
        $ carto profile list
          a  acme at https://acme.carto.com  no key  protected
          b  acme at https://acme.carto.com  no key  protected
        exit 0
        $ carto profile remove --force a
        ! note: removed the profile a from ~/.config/carto/config.toml
        ! note: acme at https://acme.carto.com is not protected any more: a project that is not trusted can select it
        exit 0
    "#]].assert_eq(&seen);
}

#[test]
fn a_key_that_is_fetched_is_renamed_and_forgotten_where_it_is_kept() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "home/.gitconfig",
        format!("[credential]\n\thelper = store --file={}\n", sandbox.path("kept").display()),
    );
    sandbox.user("username = \"ann\"\n[profiles.work]\nusername = \"acme\"\n[profiles.ro]\nusername = \"ann\"\n");
    sandbox.file_with_mode(
        CREDENTIALS,
        "[[credential]]\nbase_url = \"https://ann.carto.com\"\napikey = { command = [\"echo\", \"marker1\"] } # x\n\
         profile = \"ro\"\n\n[[credential]]\nbase_url = \"https://ann.carto.com\"\napikey = \"marker2\"\n",
        0o600,
    );
    session(
        &sandbox,
        &[
            "echo marker3 | carto login acme --key-stdin --store git --profile work",
            "cat ../kept",
            "carto profile rename ro reader",
            "carto --profile reader config get apikey",
            "cat ~/.config/carto/credentials.toml",
            "carto profile remove --forget-key reader",
            "carto profile remove --forget-key work",
            "cat ../kept",
            "cat ~/.config/carto/credentials.toml",
        ],
        &expect![[r#"
            $ echo marker3 | carto login acme --key-stdin --store git --profile work
            ! note: logging in to acme at https://acme.carto.com; its key is shown at https://acme.carto.com/your_apps
            ! note: git's credential helpers keep the key; ~/.config/carto/credentials.toml says so
            ! note: acme at https://acme.carto.com is profile work, as before
            exit 0
            $ cat ../kept
            https://acme:marker3@acme.carto.com
            exit 0
            $ carto profile rename ro reader
            ! note: renamed the profile ro to reader in ~/.config/carto/config.toml
            ! note: renamed with it: the mark of its key in ~/.config/carto/credentials.toml
            exit 0
            $ carto --profile reader config get apikey
            marker1
            exit 0
            $ cat ~/.config/carto/credentials.toml
            [[credential]]
            base_url = "https://ann.carto.com"
            apikey = { command = ["echo", "marker1"] } # x
            profile = "reader"

            [[credential]]
            base_url = "https://ann.carto.com"
            apikey = "marker2"

            [[credential]]
            base_url = "https://acme.carto.com"
            username = "acme"
            apikey = { git-credential = true }
            exit 0
            $ carto profile remove --forget-key reader
            ! note: forgot the key of ann at https://ann.carto.com that was marked for it in ~/.config/carto/credentials.toml
            ! note: the key itself stays where it was fetched from: the command `echo marker1`
            ! note: another key of ann at https://ann.carto.com stays: something else names the account
            ! note: removed the profile reader from ~/.config/carto/config.toml
            exit 0
            $ carto profile remove --forget-key work
            ! note: git's credential helpers forgot the key of acme at https://acme.carto.com
            ! note: forgot the key of acme at https://acme.carto.com in ~/.config/carto/credentials.toml
            ! note: removed the profile work from ~/.config/carto/config.toml
            exit 0
            $ cat ../kept
            exit 0
            $ cat ~/.config/carto/credentials.toml
            [[credential]]
            base_url = "https://ann.carto.com"
            apikey = "marker2"
            exit 0
        "#]],
    );
}
