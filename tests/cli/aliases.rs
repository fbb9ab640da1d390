//! Aliases: words of one's own for commands, with their limits.

use std::time::{Duration, Instant};

use expect_test::expect;

use crate::sandbox::Sandbox;

/// Writes its arguments, one a line in brackets.
const WORDS: &str = "#!/bin/sh\nfor arg; do printf '[%s]\\n' \"$arg\"; done\n";

fn machine(aliases: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user(&format!(
        "username = \"ann\"\n[profiles.work]\nusername = \"acme\"\n[alias]\n{aliases}"
    ));
    sandbox.plugin("words", WORDS);
    sandbox
}

#[test]
fn strings_are_split_like_a_shell_would_and_nothing_is_expanded() {
    let sandbox = machine("q = \"words  'a b' \\\"c d\\\" e\\\\ f $HOME `id` * ~ ''\"\n");
    sandbox.carto("q").arg("last one").run().ok().shows(&expect![[r#"
        [a b]
        [c d]
        [e f]
        [$HOME]
        [`id`]
        [*]
        [~]
        []
        [last one]
        exit 0
    "#]]);
}

#[test]
fn arrays_are_taken_word_by_word() {
    let sandbox = machine("q = [\"words\", \"a b\", \"!x\", \"-c\", \"\"]\n");
    sandbox.carto("q --profile nobody").run().ok().shows(&expect![[r#"
        [a b]
        [!x]
        [-c]
        []
        [--profile]
        [nobody]
        exit 0
    "#]]);
}

#[test]
fn the_shell_gets_the_arguments_and_the_account() {
    let sandbox = machine("s = \"!echo \\\"$CARTO_USERNAME\\\" and\"\nt = \"!exit 7\"\n");
    sandbox.carto("s").arg("a  b").arg("$HOME").run().ok().shows(&expect![[r#"
        ann and a  b $HOME
        exit 0
    "#]]);
    sandbox.carto("-p work s").run().ok().shows(&expect![[r#"
        acme and
        exit 0
    "#]]);
    sandbox.carto("t").run().shows(&expect![[r#"
        exit 7
    "#]]);
    // The system's may name a command for the shell too.
    sandbox.file("sys/config.toml", "alias.u = \"!echo system\"\n");
    sandbox.carto("u").run().ok().shows(&expect![[r#"
        system
        exit 0
    "#]]);
}

#[test]
fn its_own_name_means_the_plugin() {
    let sandbox = machine("words = \"words --first\"\nlonely = \"lonely\"\n");
    sandbox.carto("words second").run().ok().shows(&expect![[r#"
        [--first]
        [second]
        exit 0
    "#]]);
    sandbox.carto("plugin run words second").run().ok().shows(&expect![[r#"
        [second]
        exit 0
    "#]]);
    sandbox.carto("lonely").run().shows(&expect![[r#"
        ! error: `lonely` is no command, and no plugin `carto-lonely` is on PATH
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
}

#[test]
fn global_flags_may_lead_and_the_typed_ones_win() {
    let sandbox = machine(
        "w = \"--profile work account\"\nc = \"-c username=inner -c ui.color=never config get username\"\n\
         d = \"-C sub words\"\nn = \"--no-project config path\"\n",
    );
    sandbox.file("work/sub/x", "");
    sandbox.carto("w").run().ok().shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://acme.carto.com
        CARTO_USER=acme
        CARTO_USERNAME=acme
        exit 0
    "#]]);
    let typed = sandbox.carto("-c profiles.other.username=zoe --profile other w");
    typed.run().ok().shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://zoe.carto.com
        CARTO_USER=zoe
        CARTO_USERNAME=zoe
        exit 0
    "#]]);
    sandbox.carto("c").run().ok().shows(&expect![[r#"
        inner
        exit 0
    "#]]);
    sandbox.carto("-c username=typed c").run().ok().shows(&expect![[r#"
        typed
        exit 0
    "#]]);
    sandbox.carto("d").run().ok().shows(&expect![[r#"
        exit 0
    "#]]);
    sandbox.project("username = \"mallory\"\n");
    sandbox.carto("n").run().ok().shows(&expect![[r#"
        system   [root]/sys/config.toml  (missing)
        system   [root]/sys/credentials.toml  (missing)
        user     ~/.config/carto/config.toml
        user     ~/.config/carto/credentials.toml  (missing)
        exit 0
    "#]]);
}

#[test]
fn loops_end_with_the_chain() {
    let sandbox = machine(
        "a = \"b x\"\nb = \"--profile work c\"\nc = \"a\"\n\
         twice = \"thrice\"\nthrice = [\"twice\", \"x\"]\n",
    );
    sandbox.carto("a").run().shows(&expect![[r#"
        ! error: aliases go in a circle: a -> b -> c -> a
        !   --> ~/.config/carto/config.toml:5:5
        ! help: carto alias delete a
        exit 3
    "#]]);
    sandbox.carto("twice").run().shows(&expect![[r#"
        ! error: aliases go in a circle: twice -> thrice -> twice
        !   --> ~/.config/carto/config.toml:8:9
        ! help: carto alias delete twice
        exit 3
    "#]]);
}

#[test]
fn loops_across_processes_end_within_a_second() {
    let sandbox = machine("go = \"bounce\"\nsh = \"!\\\"$CARTO_BIN\\\" sh\"\n");
    sandbox.plugin("bounce", "#!/bin/sh\nexec \"$CARTO_BIN\" go\n");
    let start = Instant::now();
    sandbox.carto("go").run().shows(&expect![[r#"
        ! error: aliases go in a circle: go -> plugin bounce -> go
        !   --> ~/.config/carto/config.toml:5:6
        ! help: carto alias delete go
        exit 3
    "#]]);
    sandbox.carto("sh").run().shows(&expect![[r#"
        ! error: aliases go in a circle: sh -> sh
        !   --> ~/.config/carto/config.toml:6:6
        ! help: carto alias delete sh
        exit 3
    "#]]);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?} for two", start.elapsed());
}

#[test]
fn a_project_names_aliases_only_when_trusted_and_never_for_the_shell() {
    let sandbox = machine("q = \"words mine\"\n");
    sandbox.project("[alias]\nq = \"words theirs\"\nevil = \"!touch $HOME/owned\"\n");
    sandbox.carto("q").run().ok().shows(&expect![[r#"
        [mine]
        ! note: [work]/.carto/config.toml: ignored, as this project is not trusted: alias.q, alias.evil (see: carto trust)
        exit 0
    "#]]);
    sandbox.carto("evil").run().fails(127).shows(&expect![[r#"
        ! error: `evil` is no command, and no plugin `carto-evil` is on PATH
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
    let asked = sandbox.carto("trust").run().fails(4);
    let line = asked.stderr.lines().find_map(|line| line.strip_prefix("help: carto ")).unwrap();
    _ = sandbox.carto(line).run().ok();
    sandbox.carto("q").run().ok().shows(&expect![[r#"
        [theirs]
        exit 0
    "#]]);
    sandbox.carto("evil").run().fails(3).shows(&expect![[r#"
        ! error: the alias `evil` is a command for the shell, which only system and user settings can name
        !   --> [work]/.carto/config.toml:3:8
        exit 3
    "#]]);
    assert!(!sandbox.path("home/owned").exists());
    let set = sandbox.carto("alias set --project evil").arg("!touch x");
    set.run().fails(2).shows(&expect![[r#"
        ! error: a project cannot name a command for the shell
        ! help: carto alias set NAME '!COMMAND'     # with your own settings
        exit 2
    "#]]);
    // Nor can the command line, which a plugin or another alias may have made.
    let given = sandbox.carto("-c").arg("alias.e3=!touch x").arg("e3");
    given.run().fails(3).shows(&expect![[r#"
        ! error: the alias `e3` is a command for the shell, which only system and user settings can name
        !   --> -c alias.e3
        exit 3
    "#]]);
    let set = sandbox.carto("config set --project alias.e2").arg("!touch x");
    set.run().fails(2).shows(&expect![[r#"
        ! error: a project cannot name a command for the shell
        ! help: carto alias set NAME '!COMMAND'     # with your own settings
        exit 2
    "#]]);
}

#[test]
fn built_in_commands_cannot_be_taken_over() {
    let sandbox = machine("config = \"words taken\"\nversion = \"!echo taken\"\n");
    let ran = sandbox.carto("version").run().ok();
    assert!(ran.stdout.starts_with("carto "), "{ran}");
    let ran = sandbox.carto("config get username").run().ok();
    assert_eq!(ran.stdout, "ann\n");
    sandbox.carto("alias set config").arg("words x").run().fails(2).shows(&expect![[r#"
        ! error: `config` is a built-in command, which comes first
        exit 2
    "#]]);
    sandbox.carto("alias set Config").arg("words x").run().fails(2).shows(&expect![[r#"
        ! error: not a name for an alias: a command's name has only lower-case letters, digits, `-` and `_`
        exit 2
    "#]]);
    sandbox.carto("alias set a/b").arg("words x").run().fails(2).shows(&expect![[r#"
        ! error: not a name for an alias: a command's name has only lower-case letters, digits, `-` and `_`
        exit 2
    "#]]);
}

#[test]
fn set_list_and_delete() {
    let sandbox = Sandbox::new();
    sandbox.user("# mine\n[alias]\nold = \"sql\" # kept\n");
    sandbox.carto("alias set q").arg("words 'a b'").run().ok().shows(&expect![[r#"
        ! note: carto q now stands for: words 'a b'
        exit 0
    "#]]);
    sandbox.carto("alias set many words --flag -x").run().ok().shows(&expect![[r#"
        ! note: carto many now stands for: words --flag -x
        exit 0
    "#]]);
    sandbox.carto("alias set sh").arg("!ls -l").run().ok().shows(&expect![[r#"
        ! note: carto sh now stands for: !ls -l
        exit 0
    "#]]);
    sandbox.carto("alias set bad").arg("words 'a").run().fails(2).shows(&expect![[r#"
        ! error: not an alias: a quote in it is never closed
        exit 2
    "#]]);
    sandbox.carto("alias set bad").arg("!").run().fails(2).shows(&expect![[r#"
        ! error: not an alias: it stands for nothing
        exit 2
    "#]]);
    sandbox.carto("alias list").run().ok().shows(&expect![[r#"
        many         ["words","--flag","-x"]
        old          sql
        q            words 'a b'
        sh           !ls -l
        exit 0
    "#]]);
    sandbox.carto("alias list --json").run().ok().shows(&expect![[r#"
        [
          {
            "name": "many",
            "words": [
              "words",
              "--flag",
              "-x"
            ],
            "scope": "user",
            "origin": "~/.config/carto/config.toml:5:8"
          },
          {
            "name": "old",
            "words": "sql",
            "scope": "user",
            "origin": "~/.config/carto/config.toml:3:7"
          },
          {
            "name": "q",
            "words": "words 'a b'",
            "scope": "user",
            "origin": "~/.config/carto/config.toml:4:5"
          },
          {
            "name": "sh",
            "words": "!ls -l",
            "scope": "user",
            "origin": "~/.config/carto/config.toml:6:6"
          }
        ]
        exit 0
    "#]]);
    let file = sandbox.read("home/.config/carto/config.toml");
    expect![[r##"
        # mine
        [alias]
        old = "sql" # kept
        q = "words 'a b'"
        many = ["words", "--flag", "-x"]
        sh = "!ls -l"
    "##]]
    .assert_eq(&file);
    sandbox.carto("alias delete q").run().ok().shows(&expect![[r#"
        ! note: deleted the alias q in ~/.config/carto/config.toml
        exit 0
    "#]]);
    sandbox.carto("alias delete q").run().fails(1).shows(&expect![[r#"
        ! error: there is no alias `q` there
        !   --> ~/.config/carto/config.toml
        exit 1
    "#]]);
    for name in ["many", "sh"] {
        _ = sandbox.carto("alias delete").arg(name).run().ok();
    }
    let file = sandbox.read("home/.config/carto/config.toml");
    assert_eq!(file, "# mine\n[alias]\nold = \"sql\" # kept\n");
}

#[test]
fn help_shows_them() {
    let sandbox = machine("q = \"words x\"\nmany = [\"words\", \"a b\"]\n");
    let ran = sandbox.carto("help").run().ok();
    let from = ran.stdout.find("Aliases:").unwrap();
    let to = ran.stdout.find("Plugins:").unwrap();
    expect![[r#"
        Aliases:
          many         ["words","a b"]
          q            words x

    "#]]
    .assert_eq(&ran.stdout[from..to]);
}

#[test]
fn an_alias_shadows_a_plugin_that_run_still_reaches() {
    let sandbox = machine("dump = \"words shadow\"\n");
    sandbox.carto("dump x").run().ok().shows(&expect![[r#"
        [shadow]
        [x]
        exit 0
    "#]]);
    let ran = sandbox.carto("plugin run dump x").run().ok();
    assert!(ran.stdout.starts_with("[x]\nCARTO_"), "{ran}");
}

#[test]
fn one_that_cannot_be_used_says_where_it_stands() {
    let sandbox = machine("q = \"words 'a\"\n");
    sandbox.carto("q").run().fails(3).shows(&expect![[r#"
        ! error: the alias `q` cannot be used: a quote in it is never closed
        !   --> ~/.config/carto/config.toml:5:5
        exit 3
    "#]]);
    sandbox.carto("-c alias.z=words z typed").run().ok().shows(&expect![[r#"
        [typed]
        exit 0
    "#]]);
    machine("query = \"sql\"\n").carto("qury").run().fails(127).shows(&expect![[r#"
        ! error: `qury` is no command, and no plugin `carto-qury` is on PATH
        ! help: did you mean `query`?
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
    let gone = machine("q = \"nobody x\"\n");
    gone.carto("q").run().fails(127).shows(&expect![[r#"
        ! error: `nobody` is no command, and no plugin `carto-nobody` is on PATH
        ! note: the alias `q` stands for it
        ! help: carto help     # lists commands and plugins
        exit 127
    "#]]);
}

/// Programs that take the account as arguments become good plugins by an alias.
#[test]
fn the_account_stands_for_words_in_braces() {
    let sandbox = machine(
        "w = \"words {username} --server-url {base_url} -u={username}\"\n\
         words = [\"words\", \"{username}\", \"{{username}}\", \"{apikey}\", \"{x}\", \"a b {base_url}\"]\n\
         other = \"--profile work words {username}\"\n\
         chain = \"w {base_url}\"\ne = \"exec -- echo {username}\"\n\
         plain = \"words {{username}} {a}\"\n",
    );
    sandbox.carto("w {username}").run().ok().shows(&expect![[r#"
        [ann]
        [{username}]
        [{apikey}]
        [{x}]
        [a b https://ann.carto.com]
        [ann]
        [--server-url]
        [https://ann.carto.com]
        [-u=ann]
        [{username}]
        exit 0
    "#]]);
    // What is typed stays as it is, and the plugin of the alias's own name gets it, too.
    sandbox.carto("words {base_url}").run().ok().shows(&expect![[r#"
        [ann]
        [{username}]
        [{apikey}]
        [{x}]
        [a b https://ann.carto.com]
        [{base_url}]
        exit 0
    "#]]);
    sandbox.carto("other").run().ok().shows(&expect![[r#"
        [acme]
        [{username}]
        [{apikey}]
        [{x}]
        [a b https://acme.carto.com]
        [acme]
        exit 0
    "#]]);
    sandbox.carto("-p work w").run().ok().shows(&expect![[r#"
        [acme]
        [{username}]
        [{apikey}]
        [{x}]
        [a b https://acme.carto.com]
        [acme]
        [--server-url]
        [https://acme.carto.com]
        [-u=acme]
        exit 0
    "#]]);
    sandbox.carto("chain").run().ok().shows(&expect![[r#"
        [ann]
        [{username}]
        [{apikey}]
        [{x}]
        [a b https://ann.carto.com]
        [ann]
        [--server-url]
        [https://ann.carto.com]
        [-u=ann]
        [https://ann.carto.com]
        exit 0
    "#]]);
    sandbox.carto("e").run().ok().shows(&expect![[r#"
        ann
        exit 0
    "#]]);
    // Without files there is no alias.
    sandbox.carto("--isolated words").run().ok().shows(&expect![[r#"
        exit 0
    "#]]);
    let none = Sandbox::new();
    none.user("[alias]\nw = \"dump {username}\"\nv = \"dump {{username}}\"\n");
    none.carto("w").run().shows(&expect![[r#"
        ! error: no account is named anywhere
        ! note: the alias `w` has `{username}` or `{base_url}` in it
        ! help: carto login URL                      # for example https://NAME.carto.com
        ! help: carto credentials import             # imports CARTOframes' file
        exit 4
    "#]]);
    assert!(none.carto("v").run().ok().stdout.starts_with("[{username}]\n"));
    none.user("base_url = \"https://maps.example.com\"\n[alias]\nw = \"dump {username}\"\n");
    none.carto("w").run().shows(&expect![[r#"
        ! error: the alias `w` wants a user name, and https://maps.example.com has none
        ! help: carto config set username NAME
        exit 4
    "#]]);
    none.user("username = \"ann\"\n[alias]\nw = \"dump {username}\"\n");
    none.project("base_url = \"https://evil.example\"\n");
    _ = none.carto("w").run().fails(4);
}
