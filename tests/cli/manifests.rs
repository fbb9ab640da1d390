//! Manifests: where they are looked for, what they say, and what each word in them does.

use std::fs;
use std::os::unix::fs::symlink;

use expect_test::{expect, expect_file};

use crate::sandbox::{ACCOUNT, Sandbox};

/// A sandbox with the account ann and her key.
fn with_account() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&["k1 https://ann.carto.com"]);
    sandbox
}

fn described(text: &str) -> String {
    format!("manifest = 1\ndescription = \"{text}\"\n")
}

/// The description of the plugin `account`, and the place of its manifest.
fn told(sandbox: &Sandbox) -> (String, String) {
    let json = sandbox.carto("plugin info account --json").run().ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    (text(&json["description"]), text(&json["manifest"]["place"]))
}

const REGISTERED: &str = "#!/bin/sh\n\
    if [ \"$1\" = --carto-manifest ]; then\n\
    printf 'manifest = 1\\ndescription = \"registered\"\\n'; exit; fi\n\
    : >\"${0%/*}/../marks/started\"\n";

/// Each place comes before the ones that are filled here before it.
#[test]
fn the_first_place_that_has_one_counts() {
    let sandbox = with_account();
    fs::remove_file(sandbox.path("bin/carto-account")).unwrap();
    sandbox.file_with_mode("tool/bin/carto-account", REGISTERED, 0o755);
    symlink("../tool/bin/carto-account", sandbox.path("bin/carto-account")).unwrap();
    assert_eq!(told(&sandbox), (String::new(), String::new()));
    let ran = sandbox.carto("plugin register account").run().ok().not_started();
    assert!(ran.stderr.starts_with("note: registered account: [root]/bin/carto-account (sha256:"));
    assert_eq!(told(&sandbox), ("registered".into(), "registered".into()));
    for (file, place) in [
        ("tool/share/carto/plugins/carto-account.toml", "share"),
        ("share/carto/plugins/carto-account.toml", "share"),
        ("tool/bin/carto-account.toml", "beside"),
        ("bin/carto-account.toml", "beside"),
        ("home/.config/carto/plugins/account.toml", "user"),
    ] {
        sandbox.file(file, described(file));
        assert_eq!(told(&sandbox), (file.to_owned(), place.to_owned()));
        let list = sandbox.carto("plugin list --json").run().ok().stdout;
        assert!(list.contains(&format!("\"description\": \"{file}\"")), "{file}: {list}");
    }
    // What is kept for the program itself comes last, and says so when it is asked for again.
    sandbox.carto("plugin register account").run().ok().shows(&expect![[r#"
        ! note: registered account: [root]/bin/carto-account (sha256:bd38d50b294a60ec43973bb8c90208279a2dcb722ed77f319c01bcb0da0bbede)
        ! note: another manifest comes first, your own: ~/.config/carto/plugins/account.toml
        exit 0
    "#]]);
    // `--isolated` reads no file of carto's own.
    let isolated = sandbox.carto("--isolated plugin info account").run().ok();
    assert!(isolated.stdout.contains("bin/carto-account.toml"), "{isolated}");
}

#[test]
fn a_word_of_ones_own_needs_no_form_and_one_of_others_does() {
    let sandbox = with_account();
    sandbox.file("home/.config/carto/plugins/account.toml", "credentials = \"none\"\n");
    let ran = sandbox.carto("account").run().ok().started();
    assert_eq!(ran.stdout, "");
    fs::remove_file(sandbox.path("home/.config/carto/plugins/account.toml")).unwrap();
    sandbox.file("bin/carto-account.toml", "credentials = \"none\"\n");
    sandbox.carto("account").run().not_started().shows(&expect![[r#"
        ! error: this is no manifest of a plugin: it has no `manifest = 1`
        !   --> [root]/bin/carto-account.toml:1:1
        ! note: it is the manifest of the plugin account
        ! help: carto help plugins     # says what one holds
        ! help: correct the file, or write one of your own, which comes first: ~/.config/carto/plugins/account.toml
        exit 3
    "#]]);
}

#[test]
fn a_plugin_that_needs_no_key_gets_no_account() {
    let sandbox = with_account();
    sandbox.file("bin/carto-account.toml", "manifest = 1\ncredentials = \"none\"\n");
    assert_eq!(sandbox.carto("account").run().ok().started().stdout, "");
    // An account that is refused is nothing to it.
    sandbox.project("base_url = \"https://evil.example\"\n");
    assert_eq!(sandbox.carto("account").run().ok().started().stdout, "");
    let refused = sandbox.carto("dump").run().fails(4);
    assert!(refused.stderr.contains("evil.example"), "{refused}");
    // A settings file that cannot be read stops it, as its settings stand there.
    sandbox.user("broken\n");
    let ran = sandbox.carto("account").run().fails(3).not_started();
    assert!(ran.stderr.contains("~/.config/carto/config.toml:1:"), "{ran}");
}

#[test]
fn a_plugin_that_needs_a_key_does_not_start_without_one() {
    let sandbox = with_account();
    sandbox.file("bin/carto-account.toml", "manifest = 1\ncredentials = \"required\"\n");
    let ran = sandbox.carto("account").run().ok().started();
    assert!(ran.stdout.contains("CARTO_API_KEY=k1"), "{ran}");
    let ran = sandbox.carto("account").env("CARTO_USERNAME", "bob").run().fails(4);
    ran.not_started().shows(&expect![[r#"
        ! error: the plugin account needs a key, and there is none of bob at https://bob.carto.com
        ! help: carto login https://bob.carto.com        # stores its key
        ! help: carto config explain                     # says which keys there are, and whose
        exit 4
    "#]]);
    // CARTO's public key is none of one's own.
    for call in [
        sandbox.carto("account").env("CARTO_API_KEY", "default_public"),
        sandbox.carto("-c apikey=default_public account"),
    ] {
        let ran = call.run().fails(4).not_started();
        assert!(ran.stderr.contains("needs a key"), "{ran}");
    }
    let ran = sandbox.carto("--isolated account").run().fails(4);
    ran.not_started().shows(&expect![[r#"
        ! error: the plugin account needs a key, and no account is named anywhere
        ! help: carto login URL                      # for example https://NAME.carto.com
        ! help: carto credentials import             # imports CARTOframes' file
        exit 4
    "#]]);
    // Its help is there all the same.
    _ = sandbox.carto("--isolated account --help").run().ok().started();
    _ = sandbox.carto("--isolated help account").run().ok().started();
    // What the user withholds is withheld, whatever the plugin says that it needs.
    sandbox.user("username = \"ann\"\nplugins.account.credentials = false\n");
    let ran = sandbox.carto("account").run().ok().started().never_says("k1");
    assert!(ran.stdout.contains("CARTO_USERNAME=ann"), "{ran}");
}

#[test]
fn a_preset_that_a_plugin_wants_gives_way_to_the_users() {
    let sandbox = with_account();
    sandbox.file("bin/carto-dump.toml", "manifest = 1\nas = \"gdal\"\n");
    let ran = sandbox.carto("dump").run().ok();
    assert!(ran.stdout.contains("CARTO_API_URL=https://ann.carto.com/api/v2/sql\n"), "{ran}");
    sandbox.user("username = \"ann\"\nplugins.dump.as = \"carto-python\"\n");
    let ran = sandbox.carto("dump").run().ok();
    assert!(ran.stdout.contains("CARTO_API_URL=https://ann.carto.com/\n"), "{ran}");
}

#[test]
fn a_contract_of_the_future_is_refused_by_all_who_ask() {
    let sandbox = with_account();
    sandbox.file("bin/carto-account.toml", "manifest = 1\ncontract = 2\n");
    sandbox.carto("account").run().not_started().shows(&expect![[r#"
        ! error: the plugin needs contract 2; this carto has contract 1
        !   --> [root]/bin/carto-account
        ! help: install a newer carto, or an older plugin
        exit 126
    "#]]);
    let reason = "needs contract 2; this carto has contract 1";
    told_alike(&sandbox, reason, 126);
}

/// The list, help, `doctor` and `plugin info` say what stops the start.
#[track_caller]
fn told_alike(sandbox: &Sandbox, reason: &str, code: i32) {
    for words in ["account", "help account", "plugin run account", "account --help"] {
        let ran = sandbox.carto(words).run().fails(code).not_started();
        assert_eq!(ran.stdout, "", "{words}");
    }
    for (words, code) in [
        ("plugin list", 0),
        ("plugin list --json", 0),
        ("plugin info account", 0),
        ("plugin info account --json", 0),
        ("help", 0),
        ("doctor", 1),
    ] {
        let ran = sandbox.carto(words).run().fails(code).not_started();
        let shown = ran.stdout.replace("\\\"", "\"");
        assert!(shown.contains(reason), "{words}: {reason}\n{ran}");
    }
}

/// What is wrong with a manifest, and what is said of it.
const BROKEN: &[(&str, &str)] = &[
    ("manifest = 1\ndescription = 3\n", ":2:15"),
    ("manifest = 1\ndescription = \"\"\n", ":2:15"),
    ("manifest = 1\ndescription = \"a\\nb\"\n", ":2:15"),
    ("manifest = 1\ndescription = \"a\\u001b[31mb\"\n", ":2:15"),
    ("manifest = 1\nversion = 1.2\n", ":2:11"),
    ("manifest = 1\ncontract = \"1\"\n", ":2:12"),
    ("manifest = 1\ncontract = 0\n", ":2:12"),
    ("manifest = 1\ncredentials = true\n", ":2:15"),
    ("manifest = 1\ncredentials = \"requird\"\n", ":2:15"),
    ("manifest = 1\nas = \"GDAL\"\n", ":2:6"),
    ("manifest = 1\ncompletion = 3\n", ":2:14"),
    ("manifest = 1\n[completion]\nprotocol = \"bash\"\n", ":3:12"),
    ("manifest = 1\n[completion]\nwords = \"a\"\n", ":3:9"),
    ("manifest = 1\n[completion]\nwords = [\"a\\tb\"]\n", ":3:9"),
    ("manifest = 1\n[completion]\nfiles = 1\n", ":3:9"),
    ("manifest = 1\n[completion]\nprotocol = \"clap\"\nfiles = true\n", ":2:1"),
    ("manifest = 2\n", ":1:12"),
    ("manifest = true\n", ":1:12"),
    ("description = \"a\"\n", ":1:1"),
    ("", ":1:1"),
    ("manifest = 1\n=\n", ":2:1"),
    ("manifest = 1\nmanifest = 1\n", ":2:1"),
];

#[test]
fn a_broken_manifest_stops_the_plugin_before_it_starts() {
    for (text, place) in BROKEN {
        let sandbox = with_account();
        sandbox.file("bin/carto-account.toml", text);
        let place = format!("[root]/bin/carto-account.toml{place}");
        let ran = sandbox.carto("account").run().fails(3).not_started();
        assert!(ran.stderr.contains(&format!("\n  --> {place}\n")), "{text}: {ran}");
        told_alike(&sandbox, &place, 3);
        // One's own word comes first.
        sandbox.file("home/.config/carto/plugins/account.toml", "description = \"mine\"\n");
        _ = sandbox.carto("account").run().ok().started();
    }
}

#[test]
fn the_errors_of_manifests_read_well() {
    let sandbox = with_account();
    sandbox.file("bin/carto-account.toml", "manifest = 1\ncredentials = \"requird\"\n");
    sandbox.carto("account").run().shows(&expect![[r#"
        ! error: `credentials` in a manifest must be one of "required", "optional", "none"
        !   --> [root]/bin/carto-account.toml:2:15
        ! note: it is the manifest of the plugin account
        ! help: correct the file, or write one of your own, which comes first: ~/.config/carto/plugins/account.toml
        exit 3
    "#]]);
    sandbox.file("home/.config/carto/plugins/account.toml", "version = 3\n");
    sandbox.carto("account").run().shows(&expect![[r#"
        ! error: `version` in a manifest must be one line of at most 80 columns, without control characters
        !   --> ~/.config/carto/plugins/account.toml:1:11
        ! note: it is the manifest of the plugin account
        ! help: correct the file, or remove it
        exit 3
    "#]]);
}

#[test]
fn unknown_names_are_told_by_doctor_and_ignored() {
    let sandbox = with_account();
    sandbox.file(
        "bin/carto-account.toml",
        "manifest = 1\nlicence = \"MIT\"\n[completion]\nfile = true\n[other]\na = 1\n",
    );
    let ran = sandbox.carto("account").run().ok().started();
    assert_eq!(ran.stderr, "");
    sandbox.carto("doctor").run().ok().shows(&expect![[r#"
        hint [unknown-manifest-key] a manifest has no `licence`; carto ignores it
          --> [root]/bin/carto-account.toml:2
          fix: correct the name, or remove the line: carto help plugins
        hint [unknown-manifest-key] a manifest has no `file`; carto ignores it
          --> [root]/bin/carto-account.toml:4
          fix: correct the name, or remove the line: carto help plugins
        hint [unknown-manifest-key] a manifest has no `other`; carto ignores it
          --> [root]/bin/carto-account.toml:5
          fix: correct the name, or remove the line: carto help plugins
        exit 0
    "#]]);
}

/// What a program prints about itself counts for exactly the build that was asked.
#[test]
fn what_was_registered_is_for_one_build() {
    let sandbox = with_account();
    let program = sandbox.file_with_mode("bin/carto-account", REGISTERED, 0o755);
    _ = sandbox.carto("plugin register account").run().ok().not_started();
    assert_eq!(told(&sandbox).0, "registered");
    // The same file again, put back by a backup: read, and found to be the same.
    let times = fs::metadata(&program).unwrap().modified().unwrap();
    sandbox.file_with_mode("bin/carto-account", REGISTERED, 0o755);
    assert_eq!(told(&sandbox).0, "registered");
    // Another one of the same length and time is another one.
    let other = REGISTERED.replace("\"registered\"", "\"rEgistered\"");
    sandbox.file_with_mode("bin/carto-account", other, 0o755);
    fs::File::options().write(true).open(&program).unwrap().set_modified(times).unwrap();
    assert_eq!(told(&sandbox), (String::new(), String::new()));
    for (words, code) in
        [("plugin list", 0), ("plugin info account", 0), ("doctor", 0), ("account", 0)]
    {
        let ran = sandbox.carto(words).run().fails(code);
        let all = ran.stdout.clone() + &ran.stderr;
        assert!(all.contains("registered for another build"), "{words}: {ran}");
        assert!(all.contains("carto plugin register account"), "{words}: {ran}");
    }
    _ = sandbox.carto("plugin register account").run().ok();
    assert_eq!(told(&sandbox).0, "rEgistered");
    sandbox.carto("plugin register --forget account").run().ok().shows(&expect![[r#"
        ! note: forgot what account printed about itself
        exit 0
    "#]]);
    assert_eq!(told(&sandbox).0, "");
    sandbox.carto("plugin register --forget account").run().shows(&expect![[r#"
        ! error: no plugin `account` is registered
        ! help: carto plugin info account     # says where its manifest comes from, if it has one
        exit 1
    "#]]);
}

/// Asking runs the program once, in `/`, without an account, and looks at what it prints.
#[test]
fn a_program_is_asked_without_an_account() {
    let sandbox = with_account();
    sandbox.plugin(
        "nosy",
        "#!/bin/sh\nd=${0%/*}\n{ echo \"$*\"; pwd; tr '\\0' '\\n' </proc/$$/environ; \
         cat; } >\"$d/../marks/seen\"\nprintf 'manifest = 1\\n'\n",
    );
    let call = sandbox.carto("plugin register nosy").env("CARTO_API_KEY", "k2");
    _ = call.env("CARTO_USERNAME", "bob").stdin("for carto").run().ok();
    let seen = sandbox.read("marks/seen");
    assert!(seen.starts_with("--carto-manifest\n/\n"), "{seen}");
    for name in ["CARTO_API_KEY", "CARTO_USERNAME", "CARTO_BASE_URL", "for carto", "CARTO_PROFILE"]
    {
        assert!(!seen.contains(name), "{name}: {seen}");
    }
    assert!(seen.contains("CARTO_PLUGIN_API=1"), "{seen}");
}

/// What a program does when it is asked, and what is said of it.
const ASKED: &[(&str, i32, &str)] = &[
    ("exit 7", 3, "it ended with status 7"),
    ("echo no >&2; exit 1", 3, "it says: no"),
    ("true", 3, "it has no `manifest = 1`"),
    ("echo 'usage: x'", 3, "the manifest is not TOML"),
    ("head -c 70000 /dev/zero", 3, "it prints more than 65536 bytes"),
    ("printf 'manifest = 1\\ncredentials = 3\\n'", 3, "carto-x --carto-manifest:2:15"),
    ("printf '\\377'", 3, "the manifest is not UTF-8"),
    ("kill -9 $$", 3, "it was ended by signal 9"),
    ("sleep 60", 3, "it has not ended after 5 seconds"),
    ("(sleep 60 & ) ; sleep 60", 3, "it has not ended after 5 seconds"),
];

#[test]
fn what_is_no_manifest_is_not_kept() {
    std::thread::scope(|scope| {
        for (script, code, says) in ASKED {
            scope.spawn(move || {
                let sandbox = with_account();
                sandbox.plugin("x", &format!("#!/bin/sh\n{script}\n"));
                let ran = sandbox.carto("plugin register x").run().fails(*code);
                assert!(ran.stderr.contains(says), "{script}: {ran}");
                assert!(ran.stderr.contains("plugins/x.toml"), "{script}: {ran}");
                assert!(!sandbox.path("home/.local/share/carto/registered/x.json").exists());
            });
        }
    });
}

#[test]
fn registering_says_what_stops_it() {
    let sandbox = with_account();
    sandbox.carto("plugin register nothing").run().shows(&expect![[r#"
        ! error: `nothing` is no command, and no plugin `carto-nothing` is on PATH
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
    sandbox.plugin("bad", "");
    sandbox.carto("plugin register bad").run().shows(&expect![[r#"
        ! error: the plugin is an empty file
        !   --> [root]/bin/carto-bad
        ! help: install the plugin again; see what it is: file [root]/bin/carto-bad
        exit 126
    "#]]);
    sandbox.plugin("fine", REGISTERED);
    sandbox.carto("plugin register fine").env_remove("HOME").run().shows(&expect![[r#"
        ! error: there is no place for it: HOME is not set
        ! help: set HOME to an absolute path
        exit 5
    "#]]);
    sandbox.carto("--isolated plugin register fine").run().shows(&expect![[r#"
        ! error: `--isolated` leaves out every file of carto
        exit 2
    "#]]);
    sandbox.file("home/.local/share/carto/registered/fine.json", "{}");
    sandbox.carto("fine").run().shows(&expect![[r#"
        ! error: the record of a registered plugin cannot be read
        !   --> ~/.local/share/carto/registered/fine.json
        ! help: carto plugin register fine
        ! help: carto plugin register --forget fine
        exit 3
    "#]]);
    let path = sandbox.path("home/.local/share/carto/registered");
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    // Whoever can write the directory can say what a plugin needs.
    _ = sandbox.carto("plugin register fine").run().ok();
    let ran = sandbox.carto("fine").run().fails(3).not_started();
    assert!(ran.stderr.contains("~/.local/share/carto/registered can be written by everyone"));
}

#[test]
fn info_tells_everything_without_running_anything() {
    let sandbox = with_account();
    sandbox.user(
        "username = \"ann\"\n[plugins.account]\nas = \"gdal\"\nlimit = 3\nlist = [\"a\", 1]\n\
         [alias]\naccount = \"config explain\"\n",
    );
    sandbox.file_with_mode("usr/bin/carto-account", ACCOUNT, 0o755);
    sandbox.file(
        "bin/carto-account.toml",
        "manifest = 1\ndescription = \"Shows the account\"\nversion = \"1.2.0\"\n\
         credentials = \"required\"\nsurplus = 1\n[completion]\nwords = [\"--all\", \"--none\"]\n\
         files = true\n",
    );
    let path = format!(
        "{}:{}",
        sandbox.search_path().into_string().unwrap(),
        sandbox.path("usr/bin").display()
    );
    let call = |words| sandbox.carto(words).env("PATH", &path).run().ok().not_started();
    call("plugin info account").never_says("k1").shows(&expect![[r#"
        program       [root]/bin/carto-account
        never runs    [root]/usr/bin/carto-account
        hidden        the alias comes first; carto plugin run account reaches it
        version       1.2.0
        description   Shows the account
        manifest      beside the program: [root]/bin/carto-account.toml
                      line 5: carto does not know `surplus`
        contract      1
        credentials   required
        completion    2 words, and files
        as            gdal, named at ~/.config/carto/config.toml:3:6
        account       https://ann.carto.com (ann), user: ~/.config/carto/config.toml:1:12
        key           ********, user: ~/.config/carto/credentials.toml:1:1
        setting       as = gdal, user: ~/.config/carto/config.toml:3:6
        setting       limit = 3, user: ~/.config/carto/config.toml:4:9
        setting       list = ["a",1], user: ~/.config/carto/config.toml:5:8
        exit 0
    "#]]);
    call("plugin info account --json").never_says("k1").shows(&expect![[r#"
        {
          "name": "account",
          "path": "[root]/bin/carto-account",
          "source": null,
          "leads_to": null,
          "hidden_by": "alias",
          "shadowed": [
            "[root]/usr/bin/carto-account"
          ],
          "problem": null,
          "version": "1.2.0",
          "description": "Shows the account",
          "manifest": {
            "place": "beside",
            "path": "[root]/bin/carto-account.toml",
            "unknown": [
              "surplus"
            ]
          },
          "registered_for_another_build": false,
          "contract": 1,
          "credentials": "required",
          "as": {
            "name": "gdal",
            "origin": "~/.config/carto/config.toml:3:6"
          },
          "completion": {
            "protocol": null,
            "words": [
              "--all",
              "--none"
            ],
            "files": true
          },
          "account": {
            "username": "ann",
            "base_url": "https://ann.carto.com",
            "scope": "user",
            "origin": "~/.config/carto/config.toml:1:12"
          },
          "key": {
            "value": "********",
            "scope": "user",
            "origin": "~/.config/carto/credentials.toml:1:1",
            "source": null
          },
          "without": null,
          "settings": [
            {
              "name": "as",
              "value": "gdal",
              "scope": "user",
              "origin": "~/.config/carto/config.toml:3:6"
            },
            {
              "name": "limit",
              "value": 3,
              "scope": "user",
              "origin": "~/.config/carto/config.toml:4:9"
            },
            {
              "name": "list",
              "value": [
                "a",
                1
              ],
              "scope": "user",
              "origin": "~/.config/carto/config.toml:5:8"
            }
          ]
        }
        exit 0
    "#]]);
}

#[test]
fn info_says_why_there_is_no_key() {
    let sandbox = with_account();
    let info = |sandbox: &Sandbox, words: &str| {
        sandbox.carto(words).run().not_started().never_says("k1").to_string()
    };
    let mut seen = String::new();
    for (settings, manifest) in [
        ("", ""),
        ("username = \"bob\"\n", ""),
        ("username = \"bob\"\n", "credentials = \"required\"\n"),
        ("username = \"ann\"\n", "credentials = \"none\"\n"),
        ("username = \"ann\"\nplugins.account.credentials = false\n", ""),
        ("username = \"ann\"\nbase_url = \"https://x.example/user/bob\"\n", ""),
        ("username = \"ann\"\nprofile = \"missing\"\n", ""),
        ("broken\n", ""),
    ] {
        sandbox.user(settings);
        sandbox.file("bin/carto-account.toml", format!("manifest = 1\n{manifest}"));
        seen += &format!("{settings}{manifest}{}\n", info(&sandbox, "plugin info account"));
    }
    expect_file!["snapshots/plugin_info.txt"].assert_eq(&seen);
}

#[test]
fn help_lists_plugins_by_what_they_say_of_themselves() {
    let sandbox = with_account();
    sandbox.file("bin/carto-account.toml", described("Shows the account that a plugin gets"));
    sandbox.plugin("broken", "");
    let plugins = |words: &str| {
        let help = sandbox.carto(words).run().ok().stdout;
        help[help.find("\nPlugins:\n").unwrap()..].to_owned()
    };
    expect![[r#"

        Plugins:
          account      Shows the account that a plugin gets
          broken       (cannot run: it is an empty file)
          dump
    "#]]
    .assert_eq(&plugins("help"));
    expect![[r#"

        Plugins:
          account      Shows the account that a plugin gets
                       [root]/bin/carto-account
          broken       (cannot run: it is an empty file)
                       [root]/bin/carto-broken
          dump
                       [root]/bin/carto-dump
    "#]]
    .assert_eq(&plugins("-v help"));
}

/// On a terminal each plugin is one line, whatever its author says of it.
#[test]
fn help_is_cut_to_the_width_of_the_terminal() {
    let sandbox = with_account();
    sandbox.file("bin/carto-account.toml", described(&"wide 編集 ".repeat(8)));
    let ran = sandbox.shell("stty cols 40; carto help | cat; carto help").run_on_terminal(&[]);
    let mut parts = ran.stdout.split("\nPlugins:\n").skip(1);
    let line = |part: &str| part.lines().next().unwrap().trim_end_matches('\r').to_owned();
    // A program that reads it gets it whole.
    assert!(line(parts.next().unwrap()).ends_with("wide 編集"), "{ran}");
    assert_eq!(line(parts.next().unwrap()), "  account      wide 編集 wide 編集 wi...");
}

/// The printed schema is the one in `schema/`; `UPDATE_EXPECT=1` writes it. It takes what carto takes.
#[test]
fn the_schema_of_manifests_is_the_one_that_is_published() {
    let sandbox = with_account();
    let printed = sandbox.carto("config schema --manifest").run().ok().stdout;
    expect_file!["../../schema/plugin.schema.json"].assert_eq(&printed);
    let schema: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let takes = |text: &str| {
        let table: toml_edit::DocumentMut = text.parse().ok()?;
        Some(validator.is_valid(&json_of(table.as_table())))
    };
    for (text, _) in BROKEN {
        assert_ne!(takes(text), Some(true), "{text}");
    }
    let all = "manifest = 1\ndescription = \"Does it\"\nversion = \"1.2.0-rc.1\"\ncontract = 1\n\
               credentials = \"optional\"\nas = \"gdal\"\n[completion]\n";
    for text in [
        "manifest = 1\n",
        &format!("{all}protocol = \"click\"\n"),
        &format!("{all}words = [\"--a\", \"b c\"]\nfiles = false\n"),
        all,
    ] {
        assert_eq!(takes(text), Some(true), "{text}");
        sandbox.file("bin/carto-account.toml", text);
        _ = sandbox.carto("account").run().ok().started();
    }
}

fn json_of(item: &dyn toml_edit::TableLike) -> serde_json::Value {
    let value = |item: &toml_edit::Item| -> serde_json::Value {
        if let Some(table) = item.as_table_like() {
            return json_of(table);
        }
        match item.as_value().unwrap() {
            toml_edit::Value::String(text) => text.value().as_str().into(),
            toml_edit::Value::Integer(number) => (*number.value()).into(),
            toml_edit::Value::Float(number) => (*number.value()).into(),
            toml_edit::Value::Boolean(value) => (*value.value()).into(),
            toml_edit::Value::Array(items) => {
                items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
            }
            other => other.to_string().into(),
        }
    };
    let pairs = item.iter().map(|(key, item)| (key.to_owned(), value(item)));
    serde_json::Value::Object(pairs.collect())
}
