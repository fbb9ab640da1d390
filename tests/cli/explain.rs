//! A stranger got the wrong account: one `carto config explain` must say why. Ten scenarios.

use expect_test::expect;

use crate::sandbox::Sandbox;

/// Ann's machine: a default account, a profile for work, a key for each.
fn machine() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n\n[profiles.work]\nusername = \"acme\"\n");
    sandbox
        .keys(&["key-of-ann https://ann.carto.com ann", "key-of-acme https://acme.carto.com acme"]);
    sandbox
}

/// Trusts the project as it is, with the command that `carto trust` gives where nobody can be asked.
fn trust(sandbox: &Sandbox) {
    let asked = sandbox.carto("trust").run().fails(4);
    let line = asked.stderr.lines().find_map(|line| line.strip_prefix("help: carto "));
    _ = sandbox.carto(line.unwrap()).run().ok();
}

#[test]
fn another_scope_decides() {
    let sandbox = machine();
    sandbox.file("sys/config.toml", "username = \"everyone\"\n");
    sandbox.carto("config explain").run().ok().shows(&expect![[r#"
        account  ann at https://ann.carto.com
        * user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   decides: the highest scope that names an account
          system   user name `everyone`: everyone at https://everyone.carto.com
                   at [root]/sys/config.toml:1:12
                   beaten: the user scope is higher and decides the whole account
        key      from ~/.config/carto/credentials.toml:1:1
        * user     key of ann at https://ann.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   is used
          user     key of acme at https://acme.carto.com
                   at ~/.config/carto/credentials.toml:6:1
                   not used: it belongs to another account
          default  default_public
                   beaten: a key of higher rank fits
        exit 0
    "#]]);
}

#[test]
fn a_profile_decides() {
    let sandbox = machine();
    sandbox
        .user("username = \"ann\"\nprofile = \"work\"\n\n[profiles.work]\nusername = \"acme\"\n");
    sandbox.carto("config explain").run().ok().shows(&expect![[r#"
        account  acme at https://acme.carto.com
        * user     profile `work`: acme at https://acme.carto.com
                   at ~/.config/carto/config.toml:2:11
                   decides: the highest scope that names an account
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: in one file `profile` beats the bare account
        key      from ~/.config/carto/credentials.toml:6:1
        * user     key of acme at https://acme.carto.com
                   at ~/.config/carto/credentials.toml:6:1
                   is used
          user     key of ann at https://ann.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   not used: it belongs to another account
          default  default_public
                   beaten: a key of higher rank fits
        help:    carto profile use --none             # then ann at https://ann.carto.com is used
        exit 0
    "#]]);
}

#[test]
fn a_variable_hides_the_file() {
    let sandbox = machine();
    let explain = sandbox.carto("config explain").env("CARTO_USER", "bob");
    explain.run().ok().shows(&expect![[r#"
        account  bob at https://bob.carto.com
        * env      user name `bob`: bob at https://bob.carto.com
                   at CARTO_USER
                   decides: the highest scope that names an account
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the env scope is higher and decides the whole account
        key      default_public: CARTO's public key, public data only
          user     key of ann at https://ann.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   not used: it belongs to another account
          user     key of acme at https://acme.carto.com
                   at ~/.config/carto/credentials.toml:6:1
                   not used: it belongs to another account
        * default  default_public
                   is used
        note:    no key of bob at https://bob.carto.com is stored or given
        help:    carto login https://bob.carto.com    # stores its key
        help:    unset CARTO_USER                     # then ann at https://ann.carto.com is used
        exit 0
    "#]]);
}

#[test]
fn the_project_is_not_trusted() {
    let sandbox = machine();
    sandbox.project("username = \"mallory\"\n[alias]\nq = \"sql\"\n");
    sandbox.carto("config explain").run().shows(&expect![[r#"
        account  refused: this project names an account that you do not have: mallory at https://mallory.carto.com
          project  user name `mallory`: mallory at https://mallory.carto.com
                   at [work]/.carto/config.toml:1:12
                   decides, and is refused
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the project scope is higher and decides the whole account
        project  [work]/.carto: not trusted
                   it may select an account that you have, and nothing else
                   ignored: alias.q
        note:    the nearest you have: ann at https://ann.carto.com (another host)
        help:    carto trust                 # shows the project's settings and asks
        help:    carto login https://mallory.carto.com # when the account is yours
        help:    carto --no-project ...      # leaves the project out
        exit 0
    "#]]);
    // One that selects an account of hers is no error, and still surprises.
    sandbox.project("username = \"acme\"\norganization = \"acme\"\n");
    sandbox.carto("config explain").run().ok().shows(&expect![[r#"
        account  acme at https://acme.carto.com
        * project  user name `acme`: acme at https://acme.carto.com
                   at [work]/.carto/config.toml:1:12
                   decides: the highest scope that names an account
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the project scope is higher and decides the whole account
        key      from ~/.config/carto/credentials.toml:6:1
        * user     key of acme at https://acme.carto.com
                   at ~/.config/carto/credentials.toml:6:1
                   is used
          user     key of ann at https://ann.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   not used: it belongs to another account
          default  default_public
                   beaten: a key of higher rank fits
        project  [work]/.carto: not trusted
                   it may select an account that you have, and nothing else
                   ignored: organization
        help:    carto --no-project ...               # then ann at https://ann.carto.com is used
        exit 0
    "#]]);
    trust(&sandbox);
    sandbox.project("username = \"mallory\"\n");
    sandbox.carto("config explain").run().shows(&expect![[r#"
        account  refused: this project names an account that you do not have: mallory at https://mallory.carto.com
          project  user name `mallory`: mallory at https://mallory.carto.com
                   at [work]/.carto/config.toml:1:12
                   decides, and is refused
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the project scope is higher and decides the whole account
        project  [work]/.carto: changed since it was trusted
                   it may select an account that you have, and nothing else
        note:    the nearest you have: ann at https://ann.carto.com (another host)
        note:    the project's settings changed since you trusted them
        help:    carto trust                 # shows the project's settings and asks
        help:    carto login https://mallory.carto.com # when the account is yours
        help:    carto --no-project ...      # leaves the project out
        exit 0
    "#]]);
}

#[test]
fn the_key_belongs_to_another_account() {
    let sandbox = machine();
    let explain = sandbox.carto("--profile work config explain").env("CARTO_API_KEY", "stray");
    explain.run().never_says("stray").shows(&expect![[r#"
        account  acme at https://acme.carto.com
        * command  profile `work`: acme at https://acme.carto.com
                   at --profile work
                   decides: the highest scope that names an account
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the command scope is higher and decides the whole account
        key      from ~/.config/carto/credentials.toml:6:1
          env      key of ann at https://ann.carto.com
                   at CARTO_API_KEY
                   not used: it belongs to another account
        * user     key of acme at https://acme.carto.com
                   at ~/.config/carto/credentials.toml:6:1
                   is used
          user     key of ann at https://ann.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   not used: it belongs to another account
          default  default_public
                   beaten: a key of higher rank fits
        exit 0
    "#]]);
    sandbox.keys(&["key-of-ann https://ann.carto.com ann"]);
    let explain = sandbox.carto("--profile work config explain");
    explain.run().shows(&expect![[r#"
        account  acme at https://acme.carto.com
        * command  profile `work`: acme at https://acme.carto.com
                   at --profile work
                   decides: the highest scope that names an account
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the command scope is higher and decides the whole account
        key      default_public: CARTO's public key, public data only
          user     key of ann at https://ann.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   not used: it belongs to another account
        * default  default_public
                   is used
        note:    no key of acme at https://acme.carto.com is stored or given
        help:    carto login https://acme.carto.com   # stores its key
        exit 0
    "#]]);
}

#[test]
fn the_key_belongs_to_nobody() {
    let sandbox = Sandbox::new();
    _ = sandbox.carto("config set apikey").stdin("stored-first\n").run().ok();
    let explain = sandbox.carto("config explain").env("CARTO_USER", "bob");
    explain.run().never_says("stored-first").shows(&expect![[r#"
        account  bob at https://bob.carto.com
        * env      user name `bob`: bob at https://bob.carto.com
                   at CARTO_USER
                   decides: the highest scope that names an account
        key      refused: there is no key for bob at https://bob.carto.com
          user     key of no account
                   at ~/.config/carto/credentials.toml:1:1
                   not used: it was stored before any account was named
          default  default_public
                   not used: a key was offered that does not fit
        note:    ~/.config/carto/credentials.toml:1:1 is not used: nothing says whose key it is
        help:    carto config set username NAME       # gives the stored key to that account
        help:    carto login https://bob.carto.com
        help:    or ask for public data only: CARTO_API_KEY=default_public
        exit 0
    "#]]);
}

#[test]
fn the_account_is_protected() {
    let sandbox = machine();
    sandbox.user("username = \"ann\"\n\n[profiles.work]\nusername = \"acme\"\nprotected = true\n");
    sandbox.project("profile = \"work\"\n");
    sandbox.carto("config explain").run().shows(&expect![[r#"
        account  refused: an untrusted project selects a protected account: acme at https://acme.carto.com
          project  profile `work`: acme at https://acme.carto.com
                   at [work]/.carto/config.toml:1:11
                   decides, and is refused
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the project scope is higher and decides the whole account
        project  [work]/.carto: not trusted
                   it may select an account that you have, and nothing else
        help:    carto trust                 # shows the project's settings and asks
        help:    carto --no-project ...      # leaves the project out
        help:    carto --profile NAME ...    # says which account you mean
        exit 0
    "#]]);
}

#[test]
fn another_project_is_nearer() {
    let sandbox = machine();
    sandbox.project("username = \"acme\"\n");
    sandbox.file("work/inner/.carto/config.toml", "username = \"ann\"\n");
    let explain = sandbox.carto("config explain").dir("work/inner");
    explain.run().ok().shows(&expect![[r#"
        account  ann at https://ann.carto.com
        * project  user name `ann`: ann at https://ann.carto.com
                   at [work]/inner/.carto/config.toml:1:12
                   decides: the highest scope that names an account
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the project scope is higher and decides the whole account
        key      from ~/.config/carto/credentials.toml:1:1
        * user     key of ann at https://ann.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   is used
          user     key of acme at https://acme.carto.com
                   at ~/.config/carto/credentials.toml:6:1
                   not used: it belongs to another account
          default  default_public
                   beaten: a key of higher rank fits
        project  [work]/inner/.carto: not trusted
                   it may select an account that you have, and nothing else
                   the nearest project counts alone; it hides [work]
        exit 0
    "#]]);
}

#[test]
fn the_file_is_foreign() {
    let sandbox = machine();
    sandbox.file_with_mode("work/.carto/config.toml", "username = \"acme\"\n", 0o666);
    sandbox.carto("config explain").run().shows(&expect![[r#"
        account  refused: the project's settings are not safe to use
          project  project: the project's settings are not safe to use
                   at [work]
                   decides, and is refused
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the project scope is higher and decides the whole account
        project  [work]/.carto: not read: [work]/.carto/config.toml can be written by everyone
        note:    [work]/.carto/config.toml can be written by everyone
        note:    project: [work]
        help:    carto trust                 # shows the project's settings and asks
        help:    carto --no-project ...      # leaves the project out
        help:    carto --profile NAME ...    # says which account you mean
        exit 0
    "#]]);
    let explain = sandbox.carto("--profile work config explain");
    explain.run().ok().shows(&expect![[r#"
        account  acme at https://acme.carto.com
        * command  profile `work`: acme at https://acme.carto.com
                   at --profile work
                   decides: the highest scope that names an account
          project  project: the project's settings are not safe to use
                   at [work]
                   beaten: the command scope is higher and decides the whole account
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the command scope is higher and decides the whole account
        key      from ~/.config/carto/credentials.toml:6:1
        * user     key of acme at https://acme.carto.com
                   at ~/.config/carto/credentials.toml:6:1
                   is used
          user     key of ann at https://ann.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   not used: it belongs to another account
          default  default_public
                   beaten: a key of higher rank fits
        project  [work]/.carto: not read: [work]/.carto/config.toml can be written by everyone
        exit 0
    "#]]);
}

#[test]
fn a_carto_above_has_decided() {
    let sandbox = machine();
    sandbox.plugin("outer", "#!/bin/sh\nexec \"$CARTO_BIN\" config explain\n");
    sandbox.carto("--profile work outer").run().ok().shows(&expect![[r#"
        account  acme at https://acme.carto.com
        * env      user name `acme`: acme at https://acme.carto.com
                   at CARTO_USERNAME
                   decides: the highest scope that names an account
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the env scope is higher and decides the whole account
        key      from CARTO_API_KEY
        * env      key of acme at https://acme.carto.com
                   at CARTO_API_KEY
                   is used
          user     key of acme at https://acme.carto.com
                   at ~/.config/carto/credentials.toml:6:1
                   beaten: a key of higher rank fits
          user     key of ann at https://ann.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   not used: it belongs to another account
          default  default_public
                   beaten: a key of higher rank fits
        note:    a carto above this one decided and handed the account down in CARTO_* variables; its own command line and project count, not those seen from here
        exit 0
    "#]]);
    // What the plugin was told not to read, the carto inside does not read either.
    sandbox.project("username = \"acme\"\n");
    sandbox.carto("--no-project outer").run().ok().shows(&expect![[r#"
        account  ann at https://ann.carto.com
        * env      user name `ann`: ann at https://ann.carto.com
                   at CARTO_USERNAME
                   decides: the highest scope that names an account
          user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   beaten: the env scope is higher and decides the whole account
        key      from CARTO_API_KEY
        * env      key of ann at https://ann.carto.com
                   at CARTO_API_KEY
                   is used
          user     key of ann at https://ann.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   beaten: a key of higher rank fits
          user     key of acme at https://acme.carto.com
                   at ~/.config/carto/credentials.toml:6:1
                   not used: it belongs to another account
          default  default_public
                   beaten: a key of higher rank fits
        note:    a carto above this one decided and handed the account down in CARTO_* variables; its own command line and project count, not those seen from here
        exit 0
    "#]]);
}

#[test]
fn nobody_names_an_account() {
    let sandbox = Sandbox::new();
    sandbox.carto("config explain").run().shows(&expect![[r#"
        account  none is named anywhere
        help:    carto login URL                      # for example https://NAME.carto.com
        help:    carto credentials import             # imports CARTOframes' file
        exit 0
    "#]]);
}

#[test]
fn programs_read_the_same() {
    let sandbox = machine();
    let explain = sandbox.carto("config explain --json").env("CARTO_USER", "bob");
    explain.run().ok().shows(&expect![[r#"
        {
          "account": {
            "username": "bob",
            "base_url": "https://bob.carto.com",
            "scope": "env",
            "origin": "CARTO_USER",
            "ca_file": null,
            "pattern": "built in"
          },
          "refused": null,
          "key": {
            "scope": "default",
            "origin": "built in",
            "source": null
          },
          "key_refused": null,
          "project": null,
          "notes": [
            "no key of bob at https://bob.carto.com is stored or given"
          ],
          "help": [
            "carto login https://bob.carto.com    # stores its key",
            "unset CARTO_USER                     # then ann at https://ann.carto.com is used"
          ],
          "account_candidates": [
            {
              "scope": "env",
              "origin": "CARTO_USER",
              "says": "user name `bob`",
              "account": "bob at https://bob.carto.com",
              "wins": true,
              "rule": "decides: the highest scope that names an account"
            },
            {
              "scope": "user",
              "origin": "~/.config/carto/config.toml:1:12",
              "says": "user name `ann`",
              "account": "ann at https://ann.carto.com",
              "wins": false,
              "rule": "beaten: the env scope is higher and decides the whole account"
            }
          ],
          "key_candidates": [
            {
              "scope": "user",
              "origin": "~/.config/carto/credentials.toml:1:1",
              "source": null,
              "belongs_to": "ann at https://ann.carto.com",
              "profile": null,
              "ends": null,
              "wins": false,
              "rule": "not used: it belongs to another account"
            },
            {
              "scope": "user",
              "origin": "~/.config/carto/credentials.toml:6:1",
              "source": null,
              "belongs_to": "acme at https://acme.carto.com",
              "profile": null,
              "ends": null,
              "wins": false,
              "rule": "not used: it belongs to another account"
            },
            {
              "scope": "default",
              "origin": "built in",
              "source": null,
              "belongs_to": null,
              "profile": null,
              "ends": null,
              "wins": true,
              "rule": "is used"
            }
          ]
        }
        exit 0
    "#]]);
    sandbox.project("username = \"mallory\"\n");
    sandbox.carto("config explain --json").run().shows(&expect![[r#"
        {
          "account": null,
          "refused": "this project names an account that you do not have: mallory at https://mallory.carto.com",
          "key": null,
          "key_refused": null,
          "project": {
            "path": "[work]/.carto",
            "standing": "not trusted",
            "ignored": [],
            "hides": null
          },
          "notes": [
            "the nearest you have: ann at https://ann.carto.com (another host)"
          ],
          "help": [
            "carto trust                 # shows the project's settings and asks",
            "carto login https://mallory.carto.com # when the account is yours",
            "carto --no-project ...      # leaves the project out"
          ],
          "account_candidates": [
            {
              "scope": "project",
              "origin": "[work]/.carto/config.toml:1:12",
              "says": "user name `mallory`",
              "account": "mallory at https://mallory.carto.com",
              "wins": false,
              "rule": "decides, and is refused"
            },
            {
              "scope": "user",
              "origin": "~/.config/carto/config.toml:1:12",
              "says": "user name `ann`",
              "account": "ann at https://ann.carto.com",
              "wins": false,
              "rule": "beaten: the project scope is higher and decides the whole account"
            }
          ],
          "key_candidates": []
        }
        exit 0
    "#]]);
}

#[test]
fn one_setting_is_explained_layer_by_layer() {
    let sandbox = machine();
    sandbox.file("sys/config.toml", "ui.color = \"never\"\nui.editor = \"ed\"\n");
    sandbox.user("username = \"ann\"\n[ui]\neditor = \"vi\"\n");
    sandbox.carto("-c ui.editor=nano config explain ui.editor").run().ok().shows(&expect![[r#"
        * command  nano
                   at -c ui.editor
                   is used
          user     vi
                   at ~/.config/carto/config.toml:3:10
                   beaten: the command scope is higher
          system   ed
                   at [root]/sys/config.toml:2:13
                   beaten: the command scope is higher
        exit 0
    "#]]);
    sandbox.carto("config explain --json ui.editor").run().ok().shows(&expect![[r#"
        {
          "key": "ui.editor",
          "candidates": [
            {
              "value": "vi",
              "scope": "user",
              "origin": "~/.config/carto/config.toml:3:10",
              "wins": true,
              "rule": "is used"
            },
            {
              "value": "ed",
              "scope": "system",
              "origin": "[root]/sys/config.toml:2:13",
              "wins": false,
              "rule": "beaten: the user scope is higher"
            }
          ]
        }
        exit 0
    "#]]);
    sandbox.carto("config explain ui.colour").run().fails(1).shows(&expect![[r#"
        ! error: unknown setting `ui.colour`
        ! help: did you mean `ui.color`?
        exit 1
    "#]]);
    sandbox.carto("config explain profile").run().fails(1).shows(&expect![[r#"
        ! error: `profile` is not set
        exit 1
    "#]]);
}

#[test]
fn keys_that_wait_for_an_account_are_named() {
    let sandbox = Sandbox::new();
    let explained = sandbox.carto("config explain").env("CARTO_API_KEY", "marker").run().ok();
    assert!(
        explained.stdout.contains("note:    CARTO_API_KEY waits: nothing says whose key it is\n"),
        "{explained}"
    );
    assert!(explained.stdout.contains("add CARTO_USERNAME or CARTO_BASE_URL"), "{explained}");
    let json = sandbox.carto("config explain --json").env("CARTO_API_KEY", "marker").run().ok();
    assert!(json.stdout.contains("CARTO_API_KEY waits"), "{json}");
    sandbox.file_with_mode("work/key", "marker", 0o600);
    let file = sandbox.path("work/key");
    let explained = sandbox.carto("config explain").env("CARTO_API_KEY_FILE", file).run().ok();
    assert!(explained.stdout.contains("CARTO_API_KEY_FILE waits"), "{explained}");

    _ = sandbox.carto("config set apikey").stdin("marker\n").run().ok();
    let explained = sandbox.carto("config explain").run().ok().never_says("marker");
    assert!(
        explained.stdout.contains("credentials.toml:1:1 waits: it was stored for no account"),
        "{explained}"
    );
    assert!(explained.stdout.contains("help:    carto config set username NAME"), "{explained}");
    // The public key waits for nobody.
    let public = sandbox.carto("config explain").env("CARTO_API_KEY", "default_public").run().ok();
    assert!(!public.stdout.contains("CARTO_API_KEY waits"), "{public}");
}

#[test]
fn a_pattern_of_an_untrusted_project_is_said_to_be_ignored() {
    let pattern = "base_url = \"https://{username}.example\"\n";
    for user in [
        "",
        "base_url = \"https://maps.example.com\"\nusername = \"ann\"\n",
        "profile = \"p\"\nprofiles.p.username = \"ann\"\nprofiles.p.base_url = \"https://m.example.com\"\n",
    ] {
        let sandbox = Sandbox::new();
        sandbox.user(user);
        sandbox.project(pattern);
        let explained = sandbox.carto("config explain").dir("work").run().ok();
        assert!(
            explained
                .stdout
                .contains("ignored: base_url (a pattern: https://{username}.example)\n"),
            "{explained}"
        );
        let listed = sandbox.carto("config list").dir("work").run().ok();
        assert!(
            listed.stdout.contains("\n  base_url=https://{username}.example\n")
                || listed.stdout.starts_with("  base_url=https://{username}.example\n"),
            "{listed}"
        );
        assert!(
            !user.contains("maps")
                || listed.stdout.contains("* base_url=https://maps.example.com\n"),
            "{listed}"
        );
        let ran = sandbox.carto("account").dir("work").run();
        assert!(
            ran.stderr.contains(
                "ignored, as this project is not trusted: base_url (a pattern) (see: carto trust)"
            ) || user.is_empty(),
            "{ran}"
        );
    }
    // A name that would go into it is refused, and the refusal points at the pattern first.
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.project(pattern);
    let ran = sandbox.carto("account").dir("work").run().fails(4).not_started();
    assert!(ran.stderr.contains("ann at https://ann.example\n  --> "), "{ran}");
    let places: Vec<_> = ran.stderr.lines().filter(|line| line.contains("-->")).collect();
    assert!(places[0].ends_with("/.carto/config.toml:1:12"), "{ran}");
    assert!(places[1].ends_with("~/.config/carto/config.toml:1:12"), "{ran}");
    let explained = sandbox.carto("config explain").dir("work").run().ok();
    assert!(explained.stdout.contains("the name goes into the pattern at "), "{explained}");
    assert!(!explained.stdout.contains("ignored"), "{explained}");
    // Trusted, it counts and is in force.
    sandbox.trust("work");
    let listed = sandbox.carto("config list").dir("work").run().ok();
    assert!(listed.stdout.contains("* base_url=https://{username}.example\n"), "{listed}");
}

#[test]
fn a_refusal_for_a_pattern_points_at_the_pattern() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.project("base_url = \"http://{username}.example\"\n");
    sandbox.trust("work");
    let ran = sandbox.carto("account").dir("work").run().fails(4).not_started();
    let first = ran.stderr.lines().find(|line| line.contains("-->")).unwrap();
    assert!(first.ends_with("/.carto/config.toml:1:12"), "{ran}");
    assert!(ran.stderr.contains("use https in the pattern"), "{ran}");
    sandbox.user("username = \"a.b\"\n");
    let ran = sandbox.carto("account").dir("work").run().fails(4).not_started();
    let first = ran.stderr.lines().find(|line| line.contains("-->")).unwrap();
    assert!(first.ends_with("/.carto/config.toml:1:12"), "{ran}");
}

#[test]
fn keys_that_fit_equally_name_their_marks_and_a_command_that_works() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&[
        "k1 https://ann.carto.com ann profile=x",
        "k2 https://ann.carto.com ann profile=y",
    ]);
    for ran in [
        sandbox.carto("account").run().fails(4).not_started().stderr,
        sandbox.carto("config explain").run().ok().stdout,
    ] {
        assert!(ran.contains("they are marked for profiles: x, y\n"), "{ran}");
        assert!(
            ran.contains("carto login https://ann.carto.com     # stores the key that is used\n"),
            "{ran}"
        );
        assert!(!ran.contains("--profile NAME"), "{ran}");
    }
    _ = sandbox.carto("login https://ann.carto.com --key-stdin").stdin("k3").run().ok();
    assert!(sandbox.carto("account").run().ok().stdout.contains("CARTO_API_KEY=k3\n"));
    // Two in the environment: one of them goes.
    sandbox.file_with_mode(
        "work/c.json",
        r#"{"username": "ann", "api_key": "a", "base_url": "https://ann.carto.com"}"#,
        0o600,
    );
    let call = sandbox
        .carto("account")
        .dir("work")
        .env("CARTO_CREDENTIALS_FILE", "c.json")
        .env("CARTO_API_KEY", "b");
    let ran = call.run().fails(4).not_started();
    assert!(ran.stderr.contains("help: unset CARTO_API_KEY"), "{ran}");
}
