//! How a plugin is found and started, and what it is handed.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use carto::variables::{self, Role};
use expect_test::expect;

use crate::sandbox::{Call, Sandbox};

/// Says who it is, in one line.
const WHO: &str = "#!/bin/sh\necho \"${CARTO_USERNAME-nobody} ${CARTO_API_KEY-no key}\"\n";

fn with_account() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.bob]\nusername = \"bob\"\n");
    sandbox.keys(&["ann-key https://ann.carto.com ann", "bob-key https://bob.carto.com bob"]);
    sandbox.plugin("who", WHO);
    sandbox
}

/// Starts `carto` with exactly this environment block, duplicates included.
fn with_block<'a>(sandbox: &'a Sandbox, entries: &[&str], words: &str) -> Call<'a> {
    let mut block = Vec::new();
    for name in ["HOME", "PATH", "CARTO_SYSTEM_CONFIG_DIR", "CARTO_CEILING_DIRECTORIES"] {
        let value = match name {
            "HOME" => sandbox.path("home").into_os_string(),
            "PATH" => sandbox.search_path(),
            "CARTO_SYSTEM_CONFIG_DIR" => sandbox.path("sys").into_os_string(),
            _ => sandbox.root().as_os_str().to_owned(),
        };
        block.extend([name.as_bytes(), b"=", &value.into_vec(), b"\0"].concat());
    }
    for entry in entries {
        block.extend([entry.as_bytes(), b"\0"].concat());
    }
    let file = sandbox.file("block", block);
    let carto = Path::new(env!("CARGO_BIN_EXE_carto"));
    let starter = crate::sandbox::fake("exec-with-environment");
    sandbox.program(starter).arg(file).arg(carto).words(words)
}

#[test]
fn arguments_arrive_byte_for_byte() {
    let sandbox = with_account();
    let all_bytes: Vec<u8> = (1..=255).collect();
    let args: [&[u8]; 8] = [b"a", b"", b"b c", b"--", b"-h", b"\xff", b"--help", &all_bytes];
    let ran = args.iter().fold(sandbox.carto("dump"), |call, arg| call.arg(OsStr::from_bytes(arg)));
    let ran = ran.run().ok();
    let mut expected = Vec::new();
    for arg in args {
        expected.extend([b"[", arg, b"]\n"].concat());
    }
    assert!(ran.raw.starts_with(&expected), "{ran}");
    // And through the command that names the plugin.
    let ran = args
        .iter()
        .fold(sandbox.carto("plugin run dump"), |call, arg| call.arg(OsStr::from_bytes(arg)))
        .run()
        .ok();
    assert!(ran.raw.starts_with(&expected), "{ran}");
}

#[test]
fn nothing_behind_the_name_is_read() {
    let sandbox = with_account();
    sandbox
        .carto(
            "dump --profile bob -c username=x -C / --no-project --version --color never -p nobody",
        )
        .run()
        .ok()
        .shows(&expect![[r#"
            [--profile]
            [bob]
            [-c]
            [username=x]
            [-C]
            [/]
            [--no-project]
            [--version]
            [--color]
            [never]
            [-p]
            [nobody]
            CARTO_API_KEY=ann-key
            CARTO_BASE_URL=https://ann.carto.com
            CARTO_BIN=[carto]
            CARTO_CEILING_DIRECTORIES=[root]
            CARTO_NESTED={"set":[],"files":"all","aliases":[]}
            CARTO_PLUGIN_API=1
            CARTO_PLUGIN_CONFIG={}
            CARTO_SYSTEM_CONFIG_DIR=[root]/sys
            CARTO_USER=ann
            CARTO_USERNAME=ann
            exit 0
        "#]]);
    sandbox.carto("plugin run dump --profile bob -h").run().ok().shows(&expect![[r#"
        [--profile]
        [bob]
        [-h]
        CARTO_API_KEY=ann-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_BIN=[carto]
        CARTO_CEILING_DIRECTORIES=[root]
        CARTO_NESTED={"set":[],"files":"all","aliases":[]}
        CARTO_PLUGIN_API=1
        CARTO_PLUGIN_CONFIG={}
        CARTO_SYSTEM_CONFIG_DIR=[root]/sys
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
}

#[test]
fn everything_before_the_name_is_folded_in() {
    let sandbox = with_account();
    sandbox.plugin("where", "#!/bin/sh\npwd\necho \"$CARTO_USERNAME $CARTO_API_KEY\"\n");
    fs::create_dir_all(sandbox.path("work/a/b")).unwrap();
    sandbox.carto("-C a -C b --profile bob where").run().ok().shows(&expect![[r#"
        [work]/a/b
        bob bob-key
        exit 0
    "#]]);
    sandbox.carto("-c profile=bob where").run().ok().shows(&expect![[r#"
        [work]
        bob bob-key
        exit 0
    "#]]);
    sandbox.carto("-c username=x -c username=bob who").run().ok().shows(&expect![[r#"
        bob bob-key
        exit 0
    "#]]);
    // The project is looked for where `-C` leads.
    sandbox.file("work/a/.carto/config.toml", "username = \"bob\"\n");
    sandbox.carto("-C a who").run().ok().shows(&expect![[r#"
        bob bob-key
        ! note: this project selects bob at https://bob.carto.com ([work]/a/.carto/config.toml:1:12)
        exit 0
    "#]]);
    sandbox.carto("-C a --no-project who").run().ok().shows(&expect![[r#"
        ann ann-key
        exit 0
    "#]]);
    sandbox.carto("-C a --isolated who").run().ok().shows(&expect![[r#"
        nobody no key
        exit 0
    "#]]);
    sandbox.carto("-C nowhere who").run().fails(2).shows(&expect![[r#"
        ! error: cannot change to `nowhere`: no such file or directory
        !   --> -C
        exit 2
    "#]]);
}

#[test]
fn exit_codes_pass_through() {
    let sandbox = with_account();
    sandbox.plugin("exit", "#!/bin/sh\nexit \"$1\"\n");
    for code in [0, 1, 2, 3, 4, 5, 70, 126, 127, 128, 255] {
        let ran = sandbox.carto(&format!("exit {code}")).run();
        assert_eq!((ran.code(), ran.stderr.as_str()), (code, ""));
        let ran = sandbox.carto(&format!("plugin run exit {code}")).run();
        assert_eq!((ran.code(), ran.stderr.as_str()), (code, ""));
    }
}

#[test]
fn deaths_by_signal_pass_through() {
    let sandbox = with_account();
    sandbox.plugin("die", "#!/bin/sh\nkill -s \"$1\" $$\n");
    for (name, number) in [("TERM", 15), ("KILL", 9), ("INT", 2), ("PIPE", 13)] {
        let ran = sandbox.carto(&format!("die {name}")).run();
        assert_eq!(ran.status.signal(), Some(number), "{ran}");
    }
}

/// The names that the contract promises to remove, written down a second time: one that the
/// program forgets must not be forgotten by its test.
const PROMISED: [&str; 15] = [
    "CARTO_USERNAME",
    "CARTO_USER",
    "CARTO_BASE_URL",
    "CARTO_API_KEY",
    "CARTO_ORG",
    "CARTO_PROJECT_DIR",
    "CARTO_BIN",
    "CARTO_PLUGIN_API",
    "CARTO_PLUGIN_CONFIG",
    "CARTO_ALLOW_NON_SECURE",
    "CARTO_API_URL",
    "CARTO_API_TOKEN",
    "CARTO_PROFILE",
    "CARTO_CREDENTIALS_FILE",
    "CARTO_API_KEY_FILE",
];

#[test]
fn every_promised_name_is_removed() {
    for name in PROMISED {
        assert!(variables::is_written(name), "{name}");
    }
}

/// The parent's variables: every one of the contract, twice, each with a mark.
fn polluted() -> Vec<String> {
    let mut entries = Vec::new();
    for copy in ["1", "2"] {
        for name in variables::with(Role::Written) {
            let value = match name {
                // What carto itself reads must be sound to get as far as the plugin.
                "CARTO_USERNAME" | "CARTO_USER" => "env".to_owned(),
                "CARTO_BASE_URL" => "https://env.carto.com".to_owned(),
                "CARTO_API_URL" => "https://env.carto.com/api/v2/sql".to_owned(),
                "CARTO_ALLOW_NON_SECURE" => "true".to_owned(),
                "CARTO_CA_FILE"
                | "CARTO_PROFILE"
                | "CARTO_CREDENTIALS_FILE"
                | "CARTO_API_KEY_FILE" => String::new(),
                "CARTO_NESTED" => "{}".to_owned(),
                _ => format!("stale-{copy}-{name}"),
            };
            // The second copies are what a careless reader would take.
            let value = if copy == "2" { format!("stale-2-{name}") } else { value };
            entries.push(format!("{name}={value}"));
        }
    }
    entries
}

#[test]
fn nothing_of_a_polluted_environment_reaches_the_plugin() {
    let sandbox = with_account();
    let entries = polluted();
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    let ran = with_block(&sandbox, &entries, "dump").run().ok();
    let ran = ran.never_says("stale-2");
    ran.shows(&expect![[r#"
        CARTO_API_KEY=stale-1-CARTO_API_KEY
        CARTO_BASE_URL=https://env.carto.com
        CARTO_BIN=[carto]
        CARTO_CEILING_DIRECTORIES=[root]
        CARTO_NESTED={"set":[],"files":"all","aliases":[]}
        CARTO_ORG=stale-1-CARTO_ORG
        CARTO_PLUGIN_API=1
        CARTO_PLUGIN_CONFIG={}
        CARTO_SYSTEM_CONFIG_DIR=[root]/sys
        CARTO_USER=env
        CARTO_USERNAME=env
        exit 0
    "#]]);
}

#[test]
fn without_an_account_the_plugin_has_none_of_the_variables() {
    let sandbox = Sandbox::new();
    // Nothing names an account; a key without one is sent nowhere.
    let entries: Vec<String> = variables::with(Role::Written)
        .filter(|name| {
            !["CARTO_USERNAME", "CARTO_USER", "CARTO_BASE_URL", "CARTO_API_URL", "CARTO_PROFILE"]
                .contains(name)
        })
        .filter(|name| !name.ends_with("_FILE"))
        .map(|name| match name {
            "CARTO_ALLOW_NON_SECURE" => format!("{name}=true"),
            "CARTO_NESTED" => format!("{name}={{}}"),
            name => format!("{name}=stale"),
        })
        .collect();
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    let ran = with_block(&sandbox, &entries, "dump").run().ok().never_says("stale");
    assert_eq!(
        ran.stdout.lines().map(|line| line.split('=').next().unwrap()).collect::<Vec<_>>(),
        [
            "CARTO_BIN",
            "CARTO_CEILING_DIRECTORIES",
            "CARTO_NESTED",
            "CARTO_PLUGIN_API",
            "CARTO_PLUGIN_CONFIG",
            "CARTO_SYSTEM_CONFIG_DIR"
        ],
        "{ran}"
    );
}

#[test]
fn the_whole_contract_is_there_once() {
    let sandbox = Sandbox::new();
    sandbox.user("base_url = \"http://maps.example.com/user/ann\"\nallow_non_secure = true\norganization = \"acme\"\n[plugins.dump]\nlimit = 5\n");
    sandbox.keys(&["ann-key http://maps.example.com/user/ann ann"]);
    sandbox.project("# nothing\n");
    sandbox.trust("work");
    sandbox.carto("dump").run().ok().shows(&expect![[r#"
        CARTO_ALLOW_NON_SECURE=1
        CARTO_API_KEY=ann-key
        CARTO_BASE_URL=http://maps.example.com/user/ann
        CARTO_BIN=[carto]
        CARTO_CEILING_DIRECTORIES=[root]
        CARTO_NESTED={"set":[],"files":"all","aliases":[]}
        CARTO_ORG=acme
        CARTO_PLUGIN_API=1
        CARTO_PLUGIN_CONFIG={"limit":5}
        CARTO_PROJECT_DIR=[work]
        CARTO_SYSTEM_CONFIG_DIR=[root]/sys
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
}

#[test]
fn a_plugin_that_cannot_run_says_precisely_why() {
    let sandbox = with_account();
    sandbox.file_with_mode("bin/carto-plain", "#!/bin/sh\n", 0o644);
    sandbox.plugin("lost", "#!/no/such/interpreter -x\n");
    sandbox.plugin("text", "echo this is no script\n");
    sandbox.plugin("empty", "");
    sandbox.plugin("windows", "#!/bin/sh\r\necho hello\r\n");
    sandbox.file_with_mode("bin/carto-open", "#!/bin/sh\necho run\n", 0o777);
    fs::create_dir(sandbox.path("bin/carto-folder")).unwrap();
    std::os::unix::fs::symlink("gone", sandbox.path("bin/carto-dangling")).unwrap();
    sandbox.carto("plain").run().fails(126).shows(&expect![[r#"
        ! error: the plugin is not executable
        !   --> [root]/bin/carto-plain
        ! help: chmod +x [root]/bin/carto-plain
        exit 126
    "#]]);
    sandbox.carto("lost").run().fails(126).shows(&expect![[r#"
        ! error: the plugin wants the interpreter /no/such/interpreter, which is not there
        !   --> [root]/bin/carto-lost
        ! help: install the interpreter, or change the first line: head -n 1 [root]/bin/carto-lost
        exit 126
    "#]]);
    sandbox.carto("text").run().fails(126).shows(&expect![[r#"
        ! error: the plugin is text without a first line `#!INTERPRETER`
        !   --> [root]/bin/carto-text
        ! help: put a first line there, for example: #!/bin/sh
        exit 126
    "#]]);
    sandbox.carto("windows").run().fails(126).shows(&expect![[r#"
        ! error: the plugin has a first line that ends with a carriage return, as on Windows
        !   --> [root]/bin/carto-windows
        ! help: sed -i 's/\r$//' [root]/bin/carto-windows
        exit 126
    "#]]);
    sandbox.carto("empty").run().fails(126).shows(&expect![[r#"
        ! error: the plugin is an empty file
        !   --> [root]/bin/carto-empty
        ! help: install the plugin again; see what it is: file [root]/bin/carto-empty
        exit 126
    "#]]);
    sandbox.carto("open").run().fails(126).shows(&expect![[r#"
        ! error: the plugin can be written by everyone
        !   --> [root]/bin/carto-open
        ! help: chmod o-w [root]/bin/carto-open
        exit 126
    "#]]);
    sandbox.carto("folder").run().fails(126).shows(&expect![[r#"
        ! error: the plugin is a directory
        !   --> [root]/bin/carto-folder
        ! help: see what it is: ls -ld [root]/bin/carto-folder
        exit 126
    "#]]);
    sandbox.carto("dangling").run().fails(126).shows(&expect![[r#"
        ! error: the plugin is a link to a file that is not there
        !   --> [root]/bin/carto-dangling
        ! help: see what it is: ls -ld [root]/bin/carto-dangling
        exit 126
    "#]]);
    // Whatever is wrong with the plugin is said before anything about the account.
    sandbox.carto("-p nobody plain").run().fails(126).shows(&expect![[r#"
        ! error: the plugin is not executable
        !   --> [root]/bin/carto-plain
        ! help: chmod +x [root]/bin/carto-plain
        exit 126
    "#]]);
    fs::set_permissions(sandbox.path("bin"), Permissions::from_mode(0o1777)).unwrap();
    sandbox.carto("who").run().fails(126).shows(&expect![[r#"
        ! error: the plugin lies in a directory that everyone can write
        !   --> [root]/bin/carto-who
        ! help: chmod o-w [root]/bin
        exit 126
    "#]]);
    sandbox.carto("plugin list").run().ok().shows(&expect![[r#"
        account   [root]/bin/carto-account  (lies in a directory that everyone can write)
        dangling  [root]/bin/carto-dangling  (is a link to a file that is not there)
        dump      [root]/bin/carto-dump  (lies in a directory that everyone can write)
        empty     [root]/bin/carto-empty  (lies in a directory that everyone can write)
        folder    [root]/bin/carto-folder  (is a directory)
        lost      [root]/bin/carto-lost  (lies in a directory that everyone can write)
        open      [root]/bin/carto-open  (can be written by everyone)
        plain     [root]/bin/carto-plain  (lies in a directory that everyone can write)
        text      [root]/bin/carto-text  (lies in a directory that everyone can write)
        who       [root]/bin/carto-who  (lies in a directory that everyone can write)
        windows   [root]/bin/carto-windows  (lies in a directory that everyone can write)
        exit 0
    "#]]);
}

#[test]
fn an_unknown_name_gets_suggestions() {
    let sandbox = with_account();
    sandbox.carto("wo").run().fails(127).shows(&expect![[r#"
        ! error: `wo` is no command, and no plugin `carto-wo` is on PATH
        ! help: did you mean `who`?
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
    sandbox.carto("confg").run().fails(127).shows(&expect![[r#"
        ! error: `confg` is no command, and no plugin `carto-confg` is on PATH
        ! help: did you mean `config`?
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
    sandbox.carto("frobnicate").run().fails(127).shows(&expect![[r#"
        ! error: `frobnicate` is no command, and no plugin `carto-frobnicate` is on PATH
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
    sandbox.carto("plugin run wo").run().fails(127).shows(&expect![[r#"
        ! error: `wo` is no command, and no plugin `carto-wo` is on PATH
        ! help: did you mean `who`?
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
    sandbox.carto("plugin which wo").run().fails(127).shows(&expect![[r#"
        ! error: `wo` is no command, and no plugin `carto-wo` is on PATH
        ! help: did you mean `who`?
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
    sandbox.carto("help wo").run().fails(127).shows(&expect![[r#"
        ! error: `wo` is no command, and no plugin `carto-wo` is on PATH
        ! help: did you mean `who`?
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
}

#[test]
fn names_that_are_paths_options_or_capitals_are_no_commands() {
    let sandbox = with_account();
    sandbox.plugin("Foo", WHO);
    sandbox.file_with_mode("carto-x", WHO, 0o755);
    sandbox.carto("Foo").run().fails(127).shows(&expect![[r#"
        ! error: `Foo` is no command
        ! note: a command's name has only lower-case letters, digits, `-` and `_`
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
    sandbox.carto("../x").run().fails(127).shows(&expect![[r#"
        ! error: `../x` is no command
        ! note: a command's name has only lower-case letters, digits, `-` and `_`
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
    for name in ["Who", "who/", "./who", "/bin/sh", "who.sh", "wh o", "who\n", "é", "_who", " who"]
    {
        let ran = sandbox.carto("").arg(name).run().fails(127);
        assert!(ran.stderr.contains("is no command"), "{name:?}\n{ran}");
        assert_eq!(ran.stdout, "", "{name:?}");
        _ = sandbox.carto("plugin run").arg(name).run().fails(127);
        _ = sandbox.carto("plugin which").arg(name).run().fails(127);
    }
    _ = sandbox.carto("").arg(OsStr::from_bytes(b"wh\xffo")).run().fails(127);
    // An empty word is no name either; nothing is looked for.
    _ = sandbox.carto("").arg("").run().fails(127);
}

#[test]
fn only_absolute_entries_of_path_are_searched() {
    let sandbox = with_account();
    sandbox.file_with_mode("work/tools/carto-here", WHO, 0o755);
    sandbox.file_with_mode("work/carto-here", WHO, 0o755);
    let path = |first: &str| format!("{first}:{}:/usr/bin:/bin", sandbox.path("bin").display());
    let call = |first: &str| sandbox.carto("here").env("PATH", path(first));
    call("tools").run().fails(127).shows(&expect![[r#"
        ! error: `here` is no command, and no plugin `carto-here` is on PATH
        ! note: there is one in `tools/carto-here`, but a PATH entry that is not absolute is never used
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
    for first in [".", "", "tools:", "./tools", "../work/tools"] {
        let ran = call(first).run().fails(127);
        assert!(ran.stderr.contains("not absolute"), "{first:?}\n{ran}");
    }
    let absolute = sandbox.path("work/tools").display().to_string();
    call(&absolute).run().ok().shows(&expect![[r#"
        ann ann-key
        exit 0
    "#]]);
    // No PATH at all, and an empty one.
    _ = sandbox.carto("who").env_remove("PATH").run().fails(127);
    _ = sandbox.carto("who").env("PATH", "").run().fails(127);
}

#[test]
fn the_first_hit_decides() {
    let sandbox = with_account();
    let second = sandbox.file_with_mode("second/carto-who", "#!/bin/sh\necho second\n", 0o755);
    let first = sandbox.path("bin/carto-who");
    let path = |dirs: &[&str]| {
        std::env::join_paths(dirs.iter().map(|dir| sandbox.path(dir)).chain(["/bin".into()]))
            .unwrap()
    };
    let both = path(&["second", "bin"]);
    sandbox.carto("who").env("PATH", &both).run().ok().shows(&expect![[r#"
        second
        exit 0
    "#]]);
    sandbox.carto("plugin which who").env("PATH", &both).run().ok().shows(&expect![[r#"
        [root]/second/carto-who
        exit 0
    "#]]);
    sandbox.carto("plugin list").env("PATH", &both).run().ok().shows(&expect![[r#"
        account  [root]/bin/carto-account
        dump     [root]/bin/carto-dump
        who      [root]/second/carto-who  (hides [root]/bin/carto-who)
        exit 0
    "#]]);
    // A copy that everyone can write is refused, not passed over for the safe one behind it.
    fs::set_permissions(&second, Permissions::from_mode(0o757)).unwrap();
    sandbox.carto("who").env("PATH", &both).run().fails(126).shows(&expect![[r#"
        ! error: the plugin can be written by everyone
        !   --> [root]/second/carto-who
        ! help: chmod o-w [root]/second/carto-who
        exit 126
    "#]]);
    // A file that cannot run is passed over, as every shell does.
    fs::set_permissions(&second, Permissions::from_mode(0o644)).unwrap();
    sandbox.carto("who").env("PATH", &both).run().ok().shows(&expect![[r#"
        ann ann-key
        exit 0
    "#]]);
    sandbox.carto("plugin which who").env("PATH", &both).run().ok().shows(&expect![[r#"
        [root]/bin/carto-who
        exit 0
    "#]]);
    // What was installed comes before PATH.
    sandbox.file_with_mode("work/made/carto-who", "#!/bin/sh\necho installed\n", 0o755);
    _ = sandbox.carto("plugin install made --yes").run().ok();
    sandbox.carto("who").env("PATH", path(&["bin"])).run().ok().shows(&expect![[r#"
        installed
        exit 0
    "#]]);
    assert!(first.exists());
}

#[test]
fn plugins_are_listed_plainly_and_as_json() {
    let sandbox = with_account();
    sandbox.plugin("config", "#!/bin/sh\necho \"the plugin: $*\"\n");
    sandbox.file("bin/carto-who.toml", "description = \"x\"\n");
    sandbox.carto("plugin list").run().ok().shows(&expect![[r#"
        account  [root]/bin/carto-account
        config   [root]/bin/carto-config  (hidden by the built-in command; carto plugin run reaches it)
        dump     [root]/bin/carto-dump
        who      [root]/bin/carto-who  (has a manifest that cannot be used: this is no manifest of a plugin: it has no `manifest = 1` ([root]/bin/carto-who.toml:1:1))
        exit 0
    "#]]);
    sandbox.carto("plugin list --json").run().ok().shows(&expect![[r#"
        [
          {
            "name": "account",
            "path": "[root]/bin/carto-account",
            "source": null,
            "version": null,
            "description": null,
            "hidden_by": null,
            "problem": null,
            "registered_for_another_build": false,
            "shadowed": []
          },
          {
            "name": "config",
            "path": "[root]/bin/carto-config",
            "source": null,
            "version": null,
            "description": null,
            "hidden_by": "built-in",
            "problem": null,
            "registered_for_another_build": false,
            "shadowed": []
          },
          {
            "name": "dump",
            "path": "[root]/bin/carto-dump",
            "source": null,
            "version": null,
            "description": null,
            "hidden_by": null,
            "problem": null,
            "registered_for_another_build": false,
            "shadowed": []
          },
          {
            "name": "who",
            "path": "[root]/bin/carto-who",
            "source": null,
            "version": null,
            "description": null,
            "hidden_by": null,
            "problem": "has a manifest that cannot be used: this is no manifest of a plugin: it has no `manifest = 1` ([root]/bin/carto-who.toml:1:1)",
            "registered_for_another_build": false,
            "shadowed": []
          }
        ]
        exit 0
    "#]]);
    sandbox.carto("plugin which config").run().ok().shows(&expect![[r#"
        [root]/bin/carto-config
        ! note: carto config is the built-in command; carto plugin run config runs this file
        exit 0
    "#]]);
    sandbox.carto("plugin which config --json").run().ok().shows(&expect![[r#"
        {
          "name": "config",
          "path": "[root]/bin/carto-config"
        }
        ! note: carto config is the built-in command; carto plugin run config runs this file
        exit 0
    "#]]);
    sandbox.carto("plugin run config get x").run().ok().shows(&expect![[r#"
        the plugin: get x
        exit 0
    "#]]);
    // The built-in command stays what `carto config` means.
    sandbox.carto("config get username").run().ok().shows(&expect![[r#"
        ann
        exit 0
    "#]]);
    let json: serde_json::Value =
        serde_json::from_slice(&sandbox.carto("plugin list --json").run().ok().raw).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 4);
}

#[test]
fn help_of_a_plugin_is_its_own() {
    let sandbox = with_account();
    sandbox.plugin("foo", "#!/bin/sh\necho \"args: $*\"\n");
    sandbox.carto("help foo").run().ok().shows(&expect![[r#"
        args: --help
        exit 0
    "#]]);
    let direct = sandbox.carto("foo --help").run().ok().to_string();
    assert_eq!(sandbox.carto("help foo").run().ok().to_string(), direct);
    // carto's own help lists it and does not run it.
    let ran = sandbox.carto("help").run().ok();
    assert!(ran.stdout.contains("  foo\n"), "{ran}");
    let ran = sandbox.carto("-v help").run().ok();
    assert!(ran.stdout.contains("  foo\n               [root]/bin/carto-foo\n"), "{ran}");
    assert!(!ran.stdout.contains("args:"), "{ran}");
}

#[test]
fn help_is_reachable_whatever_is_wrong_with_the_account() {
    let sandbox = with_account();
    sandbox.project("base_url = \"https://evil.example\"\n");
    let none = "CARTO_(USERNAME|USER|BASE_URL|API_KEY|ORG)";
    sandbox.plugin(
        "foo",
        &format!("#!/bin/sh\necho \"args: $*\"\ntr '\\0' '\\n' </proc/$$/environ | grep -E '{none}='\nexit 0\n"),
    );
    _ = sandbox.carto("foo").run().fails(4);
    _ = sandbox.carto("foo x --help").run().fails(4);
    _ = sandbox.carto("foo -h").run().fails(4);
    sandbox.carto("foo --help").run().ok().shows(&expect![[r#"
        args: --help
        exit 0
    "#]]);
    sandbox.carto("help foo").run().ok().shows(&expect![[r#"
        args: --help
        exit 0
    "#]]);
    sandbox.carto("plugin run foo --help").run().ok().shows(&expect![[r#"
        args: --help
        exit 0
    "#]]);
    sandbox.carto("-p nobody foo --help more").run().ok().shows(&expect![[r#"
        args: --help more
        exit 0
    "#]]);
    // Also with settings that cannot be read.
    sandbox.user("username = \n");
    sandbox.carto("foo --help").run().ok().shows(&expect![[r#"
        args: --help
        exit 0
    "#]]);
}

#[test]
fn settings_of_a_plugin_are_merged_over_user_and_trusted_project() {
    let sandbox = with_account();
    sandbox.plugin(
        "my-tool",
        "#!/bin/sh\nprintf '%s\\n' \"$CARTO_PLUGIN_CONFIG\" \"${CARTO_PROJECT_DIR-no project}\"\n",
    );
    sandbox.system("[plugins.my-tool]\nlimit = 1\nname = \"system\"\n");
    sandbox.user("username = \"ann\"\n[plugins.my-tool]\nlimit = 10\nlist = [1, \"two\"]\n[plugins.my-tool.deep]\na = 1\nb = true\n[plugins.other]\nx = 1\n");
    sandbox.project(
        "[plugins.my-tool]\nlimit = 20\n[plugins.my-tool.deep]\na = 2\nwhen = 2020-01-02\n",
    );
    sandbox.carto("my-tool").run().ok().shows(&expect![[r#"
        {"limit":10,"name":"system","list":[1,"two"],"deep":{"a":1,"b":true}}
        no project
        ! note: [work]/.carto/config.toml: ignored, as this project is not trusted: plugins.my-tool.limit, plugins.my-tool.deep.a, plugins.my-tool.deep.when (see: carto trust)
        exit 0
    "#]]);
    sandbox.trust("work");
    sandbox.carto("my-tool").run().ok().shows(&expect![[r#"
        {"limit":20,"name":"system","list":[1,"two"],"deep":{"a":2,"b":true,"when":"2020-01-02"}}
        [work]
        exit 0
    "#]]);
    for (typed, read) in [
        ("30", "30"),
        ("-3", "-3"),
        ("true", "true"),
        ("yes", "\"yes\""),
        ("007", "\"007\""),
        ("+1", "\"+1\""),
        ("1.5", "\"1.5\""),
        ("a=b", "\"a=b\""),
    ] {
        let ran =
            sandbox.carto("-c").arg(format!("plugins.my-tool.limit={typed}")).words("my-tool");
        let ran = ran.run().ok();
        assert!(ran.stdout.starts_with(&format!("{{\"limit\":{read},")), "{typed}\n{ran}");
        // The same text means the same in a file.
        let set = sandbox.carto("config set --user plugins.typed.x").arg("--").arg(typed);
        _ = set.run().ok();
        let got = sandbox.carto("config get --json plugins.typed.x").run().ok();
        assert!(got.stdout.contains(read), "{typed}\n{got}");
    }
    sandbox.carto("-c plugins.my-tool.limit=30 my-tool").run().ok().shows(&expect![[r#"
        {"limit":30,"name":"system","list":[1,"two"],"deep":{"a":2,"b":true,"when":"2020-01-02"}}
        [work]
        exit 0
    "#]]);
    sandbox.carto("--no-project my-tool").run().ok().shows(&expect![[r#"
        {"limit":10,"name":"system","list":[1,"two"],"deep":{"a":1,"b":true}}
        no project
        exit 0
    "#]]);
    sandbox.carto("--isolated my-tool").run().ok().shows(&expect![[r#"
        {}
        no project
        exit 0
    "#]]);
    // Found from below, the project is its root.
    fs::create_dir_all(sandbox.path("work/a/b")).unwrap();
    sandbox.carto("-C a/b my-tool").run().ok().shows(&expect![[r#"
        {"limit":20,"name":"system","list":[1,"two"],"deep":{"a":2,"b":true,"when":"2020-01-02"}}
        [work]
        exit 0
    "#]]);
}

#[test]
fn a_plugin_from_which_the_key_is_withheld_gets_the_account_alone() {
    let sandbox = with_account();
    sandbox.user("username = \"ann\"\n[plugins.who]\ncredentials = false\n");
    sandbox.carto("who").run().ok().never_says("ann-key").shows(&expect![[r#"
        ann no key
        exit 0
    "#]]);
    sandbox
        .carto("who")
        .env("CARTO_API_KEY", "env-key")
        .env("CARTO_USERNAME", "ann")
        .run()
        .ok()
        .shows(&expect![[r#"
            ann no key
            exit 0
        "#]]);
    let ran = sandbox.carto("account").run().ok().started();
    assert!(ran.stdout.contains("ann-key"), "other plugins are not touched\n{ran}");
}

#[test]
fn a_profile_of_its_own_selects_the_plugins_account() {
    let sandbox = with_account();
    sandbox.user("username = \"ann\"\n[profiles.bob]\nusername = \"bob\"\n[plugins.who]\nprofile = \"bob\"\n");
    sandbox.carto("who").run().ok().shows(&expect![[r#"
        bob bob-key
        exit 0
    "#]]);
    sandbox.carto("-c username=ann who").run().ok().shows(&expect![[r#"
        ann ann-key
        exit 0
    "#]]);
    let ran = sandbox.carto("account").run().ok();
    assert!(ran.stdout.contains("CARTO_USERNAME=ann"), "{ran}");
}

#[test]
fn a_nested_carto_inherits_settings_and_places_but_no_account_flags() {
    let sandbox = with_account();
    sandbox.project("username = \"bob\"\n[plugins.dump]\nfrom = \"project\"\n");
    sandbox.trust("work");
    sandbox.plugin("inner", "#!/bin/sh\nexec \"$CARTO_BIN\" \"$@\"\n");
    sandbox.carto("-c ui.color=never inner config get ui.color").run().ok().shows(&expect![[r#"
        never
        exit 0
    "#]]);
    sandbox.carto("-c plugins.dump.x=1 inner inner dump").run().ok().shows(&expect![[r#"
        CARTO_API_KEY=bob-key
        CARTO_BASE_URL=https://bob.carto.com
        CARTO_BIN=[carto]
        CARTO_CEILING_DIRECTORIES=[root]
        CARTO_NESTED={"set":["plugins.dump.x=1"],"files":"all","aliases":[]}
        CARTO_PLUGIN_API=1
        CARTO_PLUGIN_CONFIG={"from":"project","x":1}
        CARTO_PROJECT_DIR=[work]
        CARTO_SYSTEM_CONFIG_DIR=[root]/sys
        CARTO_USER=bob
        CARTO_USERNAME=bob
        exit 0
    "#]]);
    // A nearer word wins.
    sandbox
        .carto("-c ui.color=never inner -c ui.color=always config get ui.color")
        .run()
        .ok()
        .shows(&expect![[r#"
            always
            exit 0
        "#]]);
    // The project stays out for everyone below.
    sandbox.carto("--no-project inner dump").run().ok().shows(&expect![[r#"
        CARTO_API_KEY=ann-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_BIN=[carto]
        CARTO_CEILING_DIRECTORIES=[root]
        CARTO_NESTED={"set":[],"files":"no-project","aliases":[]}
        CARTO_PLUGIN_API=1
        CARTO_PLUGIN_CONFIG={}
        CARTO_SYSTEM_CONFIG_DIR=[root]/sys
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]);
    sandbox.carto("--no-project inner config get --project username").run().shows(&expect![[r#"
        ! error: `username` is not set
        exit 1
    "#]]);
    sandbox.carto("--isolated -c username=x inner config get --all username").run().shows(
        &expect![[r#"
            x
            exit 0
        "#]],
    );
    // The account travels in the tuple: what the plugin itself says is nearer.
    sandbox.carto("-c username=x inner config get --show-origin username").run().ok().shows(
        &expect![[r#"
            CARTO_USERNAME	x
            exit 0
        "#]],
    );
    sandbox.carto("-p bob inner -c username=ann who").run().ok().shows(&expect![[r#"
        ann ann-key
        ! note: CARTO_API_KEY is not used: it belongs to bob at https://bob.carto.com; for ann at https://ann.carto.com add CARTO_USERNAME=ann
        exit 0
    "#]]);
}

#[test]
fn a_plugin_has_my_terminal_directory_and_signals() {
    let sandbox = with_account();
    sandbox.plugin("cat", "#!/bin/sh\nread -r line; echo \"got $line\"; echo oops >&2\n");
    sandbox.carto("cat").stdin("input\n").run().ok().shows(&expect![[r#"
        got input
        ! oops
        exit 0
    "#]]);
    // The dispositions of signals are those of the caller: a closed pipe ends the plugin.
    let ignored = "#!/bin/sh\ngrep '^SigIgn' /proc/$$/status\n";
    sandbox.plugin("ignored", ignored);
    let direct = sandbox.program(sandbox.path("bin/carto-ignored")).run().ok().stdout;
    assert_eq!(sandbox.carto("ignored").run().ok().stdout, direct);
}

/// A name that is not UTF-8 is no command, whatever flags stand before it.
#[test]
fn a_name_that_is_not_utf8_is_no_command() {
    let sandbox = Sandbox::new();
    let name = OsStr::from_bytes(b"fo\xff");
    for flags in ["", "--no-project", "-c ui.color=never"] {
        let ran = sandbox.carto(flags).arg(name).arg("x").run().fails(127);
        assert!(ran.stderr.starts_with("error: `fo\u{fffd}` is no command\n"), "{ran}");
    }
}

/// A shell whose parent ignores a signal hands that on; so does what stands between it and a plugin.
#[test]
fn a_signal_that_the_caller_ignores_the_plugin_ignores() {
    let sandbox = with_account();
    sandbox.plugin("ignores", "#!/bin/sh\nkill -PIPE $$\nkill -USR1 $$\necho still here\n");
    let ran = sandbox.shell("trap '' PIPE USR1; exec carto ignores").run().ok();
    assert_eq!(ran.stdout, "still here\n");
    // carto's own writing into a closed pipe is quiet then, too.
    let ran = sandbox.shell("trap '' PIPE; { carto config schema; echo $? >&2; } | true").run();
    assert_eq!(ran.stderr, "0\n", "{ran}");
}

/// With a standard stream closed, the next file that is opened must not become that stream.
#[test]
fn words_never_land_in_a_file_when_a_stream_is_closed() {
    let sandbox = with_account();
    sandbox.plugin(
        "streams",
        "#!/bin/sh\necho out && echo err >&2 || exit 9\nread -r line; echo $?\n",
    );
    for closed in ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        sandbox.file("home/.config/carto/config.toml", "username = \"ann\"\n");
        _ = sandbox.shell(&format!("carto config set plugins.x.y 1 {closed}")).run().ok();
        let text = sandbox.read("home/.config/carto/config.toml");
        assert_eq!(text, "username = \"ann\"\n\n[plugins.x]\ny = 1\n", "{closed}");
        assert_eq!(sandbox.files_with("set "), Vec::<String>::new(), "{closed}");
        _ = sandbox.shell(&format!("carto streams {closed}")).run().ok();
    }
    let ran = sandbox.shell("carto streams <&-").run().ok();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("out\n1\n", "err\n"));
}
