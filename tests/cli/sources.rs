//! Secret sources: a key that is fetched when it is used, and by whom it cannot be named.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use expect_test::expect;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::sandbox::{Ran, Sandbox};

const STORE: &str = "home/.config/carto/credentials.toml";
const ACCOUNT: &str =
    "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"ann\"\napikey = ";

/// Makes a machine whose default account fetches its key from a source.
fn machine(source: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.file_with_mode(STORE, format!("{ACCOUNT}{source}\n"), 0o600);
    sandbox
}

/// Makes a machine whose key comes from a script `helper` on PATH, which leaves a mark.
fn with_helper(script: &str) -> Sandbox {
    let sandbox = machine("{ command = [\"helper\", \"show\", \"carto/prod\"] }");
    helper(&sandbox, script);
    sandbox
}

fn helper(sandbox: &Sandbox, script: &str) {
    let mark = sandbox.path("marks/ran");
    let script = format!("#!/bin/sh\necho ran >>'{}'\n{script}\n", mark.display());
    sandbox.file_with_mode("bin/helper", script, 0o755);
}

/// How often the helper ran.
fn runs(sandbox: &Sandbox) -> usize {
    fs::read_to_string(sandbox.path("marks/ran")).unwrap_or_default().lines().count()
}

#[test]
fn only_what_hands_the_key_on_fetches_it_and_fetches_it_once() {
    for (words, expected) in [
        ("config get apikey", 1),
        ("config get --user apikey", 1),
        ("env", 1),
        ("env --format github", 1),
        ("exec true", 1),
        ("account", 1),
        ("plugin run account", 1),
        ("shell", 1),
        ("credentials export", 1),
        ("credentials show --show-secrets", 1),
        ("account --help", 0),
        ("help account", 0),
        ("without-key", 0),
        ("config explain", 0),
        ("config explain --json", 0),
        ("config explain apikey", 0),
        ("config get username", 0),
        ("config get base_url", 0),
        ("config list", 0),
        ("config list --show-secrets", 0),
        ("config list --json", 0),
        ("config path", 0),
        ("config schema", 0),
        ("config set ui.color never", 0),
        ("config set username bob", 0),
        ("config set base_url https://maps.example.com", 0),
        ("config unset apikey", 0),
        ("credentials show", 0),
        ("credentials show --json", 0),
        ("credentials import cartocreds.json", 0),
        ("profile list", 0),
        ("profile add p --username bob", 0),
        ("profile use other", 0),
        ("plugin list", 0),
        ("plugin which account", 0),
        ("alias list", 0),
        ("doctor", 0),
        ("init", 0),
        ("trust --list", 0),
        ("completions bash", 0),
        ("help", 0),
        ("version", 0),
        ("logout", 0),
        ("credentials delete", 0),
        ("config set apikey --from-command -- helper", 0),
        ("login https://ann.carto.com --key-stdin", 0),
        ("--profile other account", 0),
        ("-c apikey=default_public account", 0),
    ] {
        let sandbox = with_helper("echo k-fetched");
        sandbox.plugin("without-key", "#!/bin/sh\n");
        sandbox.user(
            "username = \"ann\"\n[profiles.other]\nusername = \"bob\"\n[alias]\nshell = \"!true\"\n\
             [plugins.without-key]\ncredentials = false\n",
        );
        let legacy = r#"{"username": "leo", "api_key": "k", "base_url": "https://leo.carto.com"}"#;
        sandbox.file_with_mode("work/cartocreds.json", legacy, 0o600);
        let github = sandbox.path("work/github");
        let ran = sandbox.carto(words).env("GITHUB_ENV", github).stdin("k-typed\n").run();
        assert!(matches!(ran.code(), 0 | 1), "{words}\n{ran}");
        assert_eq!(runs(&sandbox), expected, "{words}\n{ran}");
        assert_eq!(
            ran.stdout.contains("k-fetched"),
            expected == 1 && !ran.stdout.is_empty(),
            "{words}\n{ran}"
        );
    }
}

#[test]
fn a_key_that_does_not_win_is_not_fetched() {
    let sandbox = with_helper("echo k-fetched");
    let ran = sandbox.carto("account").env("CARTO_API_KEY", "k-env").run().ok().started();
    assert!(ran.stdout.contains("CARTO_API_KEY=k-env"), "{ran}");
    assert_eq!(runs(&sandbox), 0);
}

#[test]
fn whoever_only_tells_of_the_key_names_its_source() {
    let sandbox = with_helper("echo k-fetched");
    let seen = sandbox.session(&[
        "carto config explain",
        "carto config list",
        "carto credentials show",
        "carto credentials show --json | grep key",
        "carto doctor",
    ]);
    expect![[r#"
        $ carto config explain
        account  ann at https://ann.carto.com
        * user     user name `ann`: ann at https://ann.carto.com
                   at ~/.config/carto/config.toml:1:12
                   decides: the highest scope that names an account
        key      from the command `helper show carto/prod`, named at ~/.config/carto/credentials.toml:1:1
        * user     key of ann at https://ann.carto.com
                   at ~/.config/carto/credentials.toml:1:1
                   fetched from the command `helper show carto/prod` when it is used
                   is used
          default  default_public
                   beaten: a key of higher rank fits
        exit 0
        $ carto config list
        * username=ann
        * apikey=******** (from the command `helper show carto/prod`)  (ann at https://ann.carto.com)
        exit 0
        $ carto credentials show
        username      ann                                      user: ~/.config/carto/config.toml:1:12
        base_url      https://ann.carto.com
        apikey        ******** (from the command `helper show carto/prod`) user: ~/.config/carto/credentials.toml:1:1
        exit 0
        $ carto credentials show --json | grep key
          "apikey": "********",
          "key_scope": "user",
          "key_origin": "~/.config/carto/credentials.toml:1:1",
          "key_source": "the command `helper show carto/prod`"
        exit 0
        $ carto doctor
        ! note: nothing is wrong
        exit 0
    "#]].assert_eq(&seen);
}

#[test]
fn every_kind_of_source_gives_the_key() {
    let sandbox = Sandbox::new();
    let script =
        sandbox.file_with_mode("bin/helper", "#!/bin/sh\nprintf 'k-%s\\r\\n' \"$1\"\n", 0o755);
    let file = sandbox.file_with_mode("key.txt", "k-file\n", 0o600);
    for (source, key) in [
        ("{ command = [\"helper\", \"on path\"] }".to_owned(), None),
        ("{ command = [\"helper\", \"x\"] }".to_owned(), Some("k-x")),
        (format!("{{ command = [\"{}\", \"y\"] }}", script.display()), Some("k-y")),
        (format!("{{ file = \"{}\" }}", file.display()), Some("k-file")),
        ("{ env = \"MY_KEY\" }".to_owned(), Some("k-variable")),
        ("{ \"env\" = 'MY_KEY' } # a comment".to_owned(), Some("k-variable")),
        ("{ git-credential = true }".to_owned(), Some("k-git")),
    ] {
        sandbox.user("username = \"ann\"\n");
        sandbox.file_with_mode(STORE, format!("{ACCOUNT}{source}\n"), 0o600);
        sandbox.file("home/.gitconfig", "[credential]\nhelper = store\n");
        sandbox.file_with_mode("home/.git-credentials", "https://ann:k-git@ann.carto.com\n", 0o600);
        let ran = sandbox.carto("config get apikey").env("MY_KEY", "k-variable").run();
        match key {
            Some(key) => assert_eq!(ran.ok().stdout, format!("{key}\n"), "{source}"),
            None => _ = ran.fails(4).never_says("k-on"),
        }
    }
    let table = "[credential.apikey]\nfile = ";
    let text = format!("{}{table}\"{}\"\n", ACCOUNT.trim_end_matches("apikey = "), file.display());
    sandbox.file_with_mode(STORE, text, 0o600);
    assert_eq!(sandbox.carto("config get apikey").run().ok().stdout, "k-file\n");
}

#[test]
fn what_helpers_do_wrong_is_said_without_what_they_print() {
    let mut seen = String::new();
    for script in [
        "echo marker; echo 'no such entry' >&2; exit 3",
        "echo marker; kill -9 $$",
        "echo marker; echo marker",
        "printf 'mar\\033[31mker\\n'",
        "printf 'mar ker\\n'",
        "printf 'mar\\303\\251ker\\n'",
        "printf 'mar\\377ker\\n'",
        "printf 'marker\\n\\n'",
        "echo",
        ":",
        "set -x; echo marker; exit 1",
        "echo marker; echo 'you said marker' >&2; exit 1",
        "printf 'marker\\033]0;\\n'; printf '\\033]0;title\\007\\n' >&2",
        "yes marker",
        "yes marker >&2 & sleep 0.1; kill $!; exit 1",
    ] {
        let sandbox = with_helper(script);
        let ran = sandbox.carto("account").run().fails(4).not_started();
        let ran = if script.contains(">&2 &") { ran } else { ran.never_says("marker") };
        assert!(!ran.stderr.contains('\x1b'), "{ran}");
        let ran = ran.to_string();
        seen += &format!("{script}\n{ran}\n");
    }
    expect![[r#"
        echo marker; echo 'no such entry' >&2; exit 3
        ! error: no key from the command `helper show carto/prod`: it ended with status 3
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: it says: no such entry
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        echo marker; kill -9 $$
        ! error: no key from the command `helper show carto/prod`: it was ended by signal 9
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        echo marker; echo marker
        ! error: no key from the command `helper show carto/prod`: the key has more than one line
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        printf 'mar\033[31mker\n'
        ! error: no key from the command `helper show carto/prod`: the key has a character that is a space, or not printable ASCII (position 4)
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        printf 'mar ker\n'
        ! error: no key from the command `helper show carto/prod`: the key has a character that is a space, or not printable ASCII (position 4)
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        printf 'mar\303\251ker\n'
        ! error: no key from the command `helper show carto/prod`: the key has a character that is a space, or not printable ASCII (position 4)
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        printf 'mar\377ker\n'
        ! error: no key from the command `helper show carto/prod`: the key has a character that is a space, or not printable ASCII
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        printf 'marker\n\n'
        ! error: no key from the command `helper show carto/prod`: the key has more than one line
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        echo
        ! error: no key from the command `helper show carto/prod`: the key is empty
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        :
        ! error: no key from the command `helper show carto/prod`: the key is empty
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        set -x; echo marker; exit 1
        ! error: no key from the command `helper show carto/prod`: it ended with status 1
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: it says: + echo ********
        ! note: it says: + exit 1
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        echo marker; echo 'you said marker' >&2; exit 1
        ! error: no key from the command `helper show carto/prod`: it ended with status 1
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: it says: you said ********
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        printf 'marker\033]0;\n'; printf '\033]0;title\007\n' >&2
        ! error: no key from the command `helper show carto/prod`: the key has a character that is a space, or not printable ASCII (position 7)
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: it says: \x1b]0;title\x07
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        yes marker
        ! error: no key from the command `helper show carto/prod`: it prints more than 65536 bytes
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

        yes marker >&2 & sleep 0.1; kill $!; exit 1
        ! error: no key from the command `helper show carto/prod`: it ended with status 1
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: it says: marker
        ! note: it says: marker
        ! note: it says: marker
        ! note: it says: marker
        ! note: it says: marker
        ! note: and more
        ! help: see what it says: cd / && helper show carto/prod
        exit 4

    "#]].assert_eq(&seen);
}

#[test]
fn sources_that_are_not_there_are_named() {
    let mut seen = String::new();
    let sandbox = Sandbox::new();
    sandbox.file_with_mode("bin/dead", "#!/bin/sh\necho marker\n", 0o644);
    sandbox.file_with_mode("bin/no-interpreter", "#!/no/such/thing\n", 0o755);
    sandbox.file_with_mode("two", "marker\nmarker\n", 0o600);
    sandbox.file_with_mode("long", "marker".repeat(20_000), 0o600);
    let root = sandbox.root().display().to_string();
    for source in [
        "{ command = [\"missing\", \"a b\"] }",
        "{ command = [\"dead\"] }",
        "{ command = [\"ROOT/bin/dead\"] }",
        "{ command = [\"ROOT/bin/missing\"] }",
        "{ command = [\"ROOT/bin\"] }",
        "{ command = [\"no-interpreter\"] }",
        "{ file = \"ROOT/missing\" }",
        "{ file = \"ROOT/bin\" }",
        "{ file = \"ROOT/two\" }",
        "{ file = \"ROOT/long\" }",
        "{ env = \"NOT_SET\" }",
        "{ env = \"EMPTY\" }",
        "{ env = \"TWO_LINES\" }",
        "{ git-credential = true }",
    ] {
        let text = format!("{ACCOUNT}{}\n", source.replace("ROOT", &root));
        sandbox.user("username = \"ann\"\n");
        sandbox.file_with_mode(STORE, text, 0o600);
        let call = sandbox.carto("account").env("EMPTY", "").env("TWO_LINES", "marker\nmarker");
        let ran = call.run().fails(4).not_started().never_says("marker");
        seen += &format!("{source}\n{ran}\n");
    }
    expect![[r#"
        { command = ["missing", "a b"] }
        ! error: no key from the command `missing 'a b'`: no program `missing` that can run is on PATH
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        { command = ["dead"] }
        ! error: no key from the command `dead`: no program `dead` that can run is on PATH
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        { command = ["ROOT/bin/dead"] }
        ! error: no key from the command `[root]/bin/dead`: [root]/bin/dead is not executable
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        { command = ["ROOT/bin/missing"] }
        ! error: no key from the command `[root]/bin/missing`: there is no program `[root]/bin/missing`
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        { command = ["ROOT/bin"] }
        ! error: no key from the command `[root]/bin`: [root]/bin is a directory
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        { command = ["no-interpreter"] }
        ! error: no key from the command `no-interpreter`: it cannot run: no such file or directory
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        { file = "ROOT/missing" }
        ! error: no key from the file `[root]/missing`: there is no such file
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        { file = "ROOT/bin" }
        ! error: no key from the file `[root]/bin`: [root]/bin is a directory, not a file
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        { file = "ROOT/two" }
        ! error: no key from the file `[root]/two`: the key has more than one line
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: see what it holds: ls -l [root]/two
        exit 4

        { file = "ROOT/long" }
        ! error: no key from the file `[root]/long`: [root]/long is larger than 65536 bytes
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        { env = "NOT_SET" }
        ! error: no key from the variable `NOT_SET`: it is not set, or empty
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: export NOT_SET=...
        exit 4

        { env = "EMPTY" }
        ! error: no key from the variable `EMPTY`: it is not set, or empty
        !   --> ~/.config/carto/credentials.toml:1:1
        ! help: export EMPTY=...
        exit 4

        { env = "TWO_LINES" }
        ! error: no key from the variable `TWO_LINES`: the key has more than one line
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        { git-credential = true }
        ! error: no key from git's credential helpers: git says that they keep none (it ended with status 128)
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: it says: fatal: could not read Password for 'https://ann@ann.carto.com': terminal prompts disabled
        ! help: carto login https://ann.carto.com --store git
        exit 4

    "#]].assert_eq(&seen);
}

#[test]
fn a_helper_knows_nothing_of_the_directory_and_the_account() {
    let sandbox = with_helper("{ pwd; env; cat; } >\"${0%/*}/../marks/seen\"; echo k1");
    let marks = sandbox.path("marks/seen");
    let ran = sandbox
        .carto("account")
        .env("CARTO_USERNAME", "ann")
        .env("CARTO_API_TOKEN", "marker")
        .env("CARTO_PROFILE", "")
        .env("GIT_DIR", "/marker")
        .env("GIT_CONFIG_COUNT", "0")
        .env("PWD", sandbox.path("work"))
        .env("OTHER", "stays")
        .stdin("marker piped into carto\n")
        .run()
        .ok()
        .started();
    assert!(ran.stdout.contains("CARTO_API_KEY=k1"), "{ran}");
    let seen = fs::read_to_string(marks).unwrap();
    let mut lines: Vec<_> = seen.lines().filter(|line| !line.starts_with("_=")).collect();
    lines.sort_unstable();
    let seen = sandbox.shown(&lines.join("\n"));
    expect![[r#"
        /
        CARTO_CEILING_DIRECTORIES=[root]
        CARTO_NESTED={"set":[],"files":"no-project","aliases":[],"fetching":["~/.config/carto/credentials.toml:1:1"]}
        CARTO_SYSTEM_CONFIG_DIR=[root]/sys
        HOME=~
        LC_ALL=C.UTF-8
        OTHER=stays
        PATH=[root]/bin:/usr/bin:/bin
        PWD=/"#]].assert_eq(&seen);
}

#[test]
fn no_clone_brings_a_helper() {
    let sandbox = machine("{ command = [\"helper\"] }");
    let evil =
        format!("#!/bin/sh\ntouch '{}'\necho k-evil\n", sandbox.path("marks/evil").display());
    for place in ["work/helper", "work/bin/helper", "work/.carto/helper", "work/git"] {
        sandbox.file_with_mode(place, &evil, 0o755);
    }
    for path in ["", ".", ":/usr/bin:", "bin:./bin:/usr/bin"] {
        _ = sandbox.carto("config get apikey").env("PATH", path).run().fails(4);
    }
    // git, too, is taken from absolute entries, and asked where the clone has no word.
    fs::create_dir_all(sandbox.path("work/.git")).unwrap();
    sandbox.file("work/.git/HEAD", "ref: refs/heads/main\n");
    fs::create_dir_all(sandbox.path("work/.git/objects")).unwrap();
    fs::create_dir_all(sandbox.path("work/.git/refs")).unwrap();
    let own = format!(
        "[credential]\nhelper = \"!{}\"\n[core]\naskPass = {0}\nfsmonitor = {0}\n",
        sandbox.path("work/helper").display()
    );
    sandbox.file("work/.git/config", own);
    sandbox.file_with_mode(STORE, format!("{ACCOUNT}{{ git-credential = true }}\n"), 0o600);
    _ = sandbox.carto("account").run().fails(4).not_started();
    let path = std::env::join_paths([".".into(), sandbox.path("bin"), "/usr/bin".into()]).unwrap();
    _ = sandbox.carto("account").env("PATH", path).run().fails(4).not_started();
    let ran = sandbox.carto("account").env("GIT_ASKPASS", sandbox.path("work/helper"));
    _ = ran.env("SSH_ASKPASS", sandbox.path("work/helper")).run().fails(4).not_started();
    assert!(!sandbox.path("marks/evil").exists());
}

#[test]
fn a_project_names_no_source() {
    let sandbox = with_helper("echo k-fetched");
    let entry = format!("{ACCOUNT}{{ command = [\"helper\"] }}\n");
    sandbox.project("username = \"ann\"\n");
    sandbox.file_with_mode("work/.carto/credentials.toml", &entry, 0o600);
    let seen = sandbox.session(&[
        "carto trust --show",
        "carto config set --project apikey --from-command -- helper",
        "carto config set --project apikey k2",
    ]);
    expect![[r#"
        $ carto trust --show
        [work]/.carto/config.toml: not trusted
          username = "ann"
        sha256:0cd628d490ae5b6a8e74ba0e932c41ca2e1248f584471cea4f61e912ff58b4bf
        [work]/.carto/credentials.toml:
        ! error: `apikey`: a project cannot name a secret source
        !   --> [work]/.carto/credentials.toml:4:10
        ! help: name it in your own credentials: carto config set apikey --from-...
        exit 3
        $ carto config set --project apikey --from-command -- helper
        ! error: a project cannot name a secret source
        ! note: what runs, or is read, is for you to say; projects come with clones
        ! help: leave --project out: the key is then fetched for this account everywhere
        exit 2
        $ carto config set --project apikey k2
        ! error: this project is not trusted and names an account; no key is stored in it
        !   --> [work]/.carto/config.toml
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto config set apikey     # stores the key with your own settings
        exit 4
    "#]]
    .assert_eq(&seen);
    assert_eq!(runs(&sandbox), 0);
    // Not even bytes that were approved, as carto's own record says.
    sandbox.file_with_mode("work/.carto/credentials.toml", "", 0o600);
    sandbox.trust("work");
    _ = sandbox.carto("config set --project apikey k1").run();
    sandbox.file_with_mode("work/.carto/credentials.toml", &entry, 0o600);
    _ = sandbox.carto("trust").run_on_terminal(&[]).fails(3);
    let ran = sandbox.carto("--no-project config get apikey").run().ok();
    assert_eq!(ran.stdout, "k-fetched\n");
}

#[test]
fn sources_are_set_and_taken_away_and_the_rest_of_the_file_stays() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.b]\nusername = \"bob\"\n");
    let before = "# mine\r\n[[credential]]\r\nbase_url = \"https://bob.carto.com\" # b\r\n\
                  username = \"bob\"\r\n[credential.apikey] # where\r\ncommand = [\r\n  \"pass\", # x\r\n  \"b\"\r\n]\r\n";
    sandbox.file_with_mode(STORE, before, 0o600);
    let set = |words: &str| sandbox.carto(words).stdin("k-typed\n").run().ok();
    let tail = || sandbox.read(STORE).strip_prefix(before).map(str::to_owned).unwrap();
    _ = set("config set apikey --from-command -- pass show 'carto prod' --x -y");
    assert!(
        tail()
            .contains(r#"apikey = { command = ["pass", "show", "'carto", "prod'", "--x", "-y"] }"#),
        "{}",
        tail()
    );
    let text = sandbox.read(STORE);
    let again = set("config set apikey --from-command -- pass show 'carto prod' --x -y");
    assert!(again.stderr.contains("said so already"), "{again}");
    assert_eq!(sandbox.read(STORE), text);
    _ = set("config set apikey --from-file key.txt");
    let path = sandbox.path("work/key.txt");
    assert!(tail().contains(&format!("apikey = {{ file = \"{}\" }}", path.display())));
    _ = set("config set apikey --from-env MY_KEY");
    assert!(tail().contains("apikey = { env = \"MY_KEY\" }"));
    _ = set("config set apikey --from-git");
    assert!(tail().contains("apikey = { git-credential = true }"));
    _ = set("config set apikey");
    assert!(tail().contains("apikey = \"k-typed\""), "{}", tail());
    // A source with lines of its own goes with them.
    _ = set("--profile b config set apikey");
    assert!(!sandbox.read(STORE).contains("pass"), "{}", sandbox.read(STORE));
    _ = set("--profile b config set apikey --from-env MY_KEY");
    let keys = sandbox.carto("--profile b config get apikey").env("MY_KEY", "k-b").run().ok();
    assert_eq!(keys.stdout, "k-b\n");
    _ = set("--profile b logout");
    _ = set("logout");
    assert_eq!(sandbox.read(STORE), "# mine\r\n");
}

#[test]
fn flags_that_name_no_source_are_refused() {
    let sandbox = with_helper("echo k-fetched");
    let seen = sandbox.session(&[
        "carto config set apikey --from-command",
        "carto config set apikey --from-command --",
        "carto config set apikey --from-command -- ./helper",
        "carto config set apikey --from-env CARTO_API_KEY",
        "carto config set apikey --from-env APIKEY",
        "carto config set apikey --from-env 'A B'",
        "carto config set apikey marker --from-git",
        "carto config set apikey --from-git --from-env X",
        "carto config set username --from-env X",
        "carto config set --project apikey --from-env X",
        "carto config set --file x.toml apikey --from-env X",
        "carto -c username= -c base_url=https://maps.example.com config set --system apikey --from-git",
    ]);
    assert!(!seen.lines().any(|line| !line.starts_with('$') && line.contains("marker")), "{seen}");
    expect![[r#"
        $ carto config set apikey --from-command
        ! error: a value is required for `--from-command <CMD>...` but none was supplied
        exit 2
        $ carto config set apikey --from-command --
        ! error: no command is named
        !   --> --from-command
        ! help: carto config set apikey --from-command -- pass show carto/prod
        exit 2
        $ carto config set apikey --from-command -- ./helper
        ! error: the program of `command` is a name on PATH or an absolute path
        !   --> --from-command
        ! help: carto config set apikey --from-command -- pass show carto/prod
        exit 2
        $ carto config set apikey --from-env CARTO_API_KEY
        ! error: `env` cannot be a variable of carto's own: a key in CARTO_API_KEY needs no source
        !   --> --from-env
        exit 2
        $ carto config set apikey --from-env APIKEY
        ! error: `env` cannot be a variable that `carto env --as` writes: its key may be another account's
        !   --> --from-env
        exit 2
        $ carto config set apikey --from-env 'A B'
        ! error: `env` is the name of a variable: letters, digits and `_`
        !   --> --from-env
        exit 2
        $ carto config set apikey marker --from-git
        ! error: the argument `[VALUE]` cannot be used with `--from-git`
        ! note: usage: carto config set <SETTING> <VALUE>
        ! help: carto config set --help
        exit 2
        $ carto config set apikey --from-git --from-env X
        ! error: the argument `--from-git` cannot be used with `--from-env <NAME>`
        ! note: usage: carto config set --from-git <SETTING> [VALUE]
        ! help: carto config set --help
        exit 2
        $ carto config set username --from-env X
        ! error: only a key is fetched from somewhere else
        ! help: carto config set apikey --from-...
        exit 2
        $ carto config set --project apikey --from-env X
        ! error: there is no project here: no `.carto` directory
        ! help: carto init
        exit 1
        $ carto config set --file x.toml apikey --from-env X
        ! error: a key is never stored in a settings file
        !   --> --file
        ! help: carto config set apikey     # --system and --project store it for others, or here
        exit 2
        $ carto -c username= -c base_url=https://maps.example.com config set --system apikey --from-git
        ! error: `username`: a user name cannot be empty
        !   --> -c
        exit 2
    "#]].assert_eq(&seen);
}

/// A file that a variable names is not carto's to refuse either.
#[test]
fn a_file_of_a_key_that_others_can_read_is_told_by_all_that_use_it() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.file("work/key", "marker\n");
    let seen = sandbox.session(&[
        "CARTO_API_KEY_FILE=key carto account",
        "CARTO_API_KEY_FILE=key carto config get username",
        "CARTO_API_KEY_FILE=key carto -c username=bob config get apikey",
        "CARTO_API_KEY_FILE=$PWD/key carto doctor",
        "chmod 600 key; CARTO_API_KEY_FILE=key carto account",
    ]);
    expect![[r#"
        $ CARTO_API_KEY_FILE=key carto account
        CARTO_API_KEY=marker
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        ! warning: others can read key (mode 0644); to change that: chmod 600 key
        exit 0
        $ CARTO_API_KEY_FILE=key carto config get username
        ann
        ! warning: others can read key (mode 0644); to change that: chmod 600 key
        exit 0
        $ CARTO_API_KEY_FILE=key carto -c username=bob config get apikey
        ! error: there is no key for bob at https://bob.carto.com
        ! note: CARTO_API_KEY_FILE belongs to ann at https://ann.carto.com and is not used
        ! help: carto login https://bob.carto.com
        ! help: or say that the key in the environment is its: CARTO_USERNAME=bob
        ! help: or ask for public data only: CARTO_API_KEY=default_public
        exit 4
        $ CARTO_API_KEY_FILE=$PWD/key carto doctor
        problem [loose-key-file] others can read this file, which a key is taken from (mode 0644)
          --> [work]/key
          fix: chmod 600 [work]/key
        exit 1
        $ chmod 600 key; CARTO_API_KEY_FILE=key carto account
        CARTO_API_KEY=marker
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]
    .assert_eq(&seen);
}

#[test]
fn what_looks_missing_is_said_when_it_is_set() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    let seen = sandbox.session(&[
        "carto config set apikey --from-command -- missing",
        "carto config set apikey --from-file missing",
        "carto config set apikey --from-env MISSING",
        "carto config set apikey --from-git",
        "carto config set --system apikey --from-command -- true",
        "stat -c %a \"$CARTO_SYSTEM_CONFIG_DIR/credentials.toml\"",
    ]);
    expect![[r#"
        $ carto config set apikey --from-command -- missing
        ! note: the key of ann at https://ann.carto.com now comes from the command `missing`, as ~/.config/carto/credentials.toml says
        ! warning: the command `missing`: no program `missing` that can run is on PATH
        exit 0
        $ carto config set apikey --from-file missing
        ! note: the key of ann at https://ann.carto.com now comes from the file `[work]/missing`, as ~/.config/carto/credentials.toml says
        ! note: until now the key came from the command `missing`, where it stays
        ! warning: the file `[work]/missing`: there is no such file yet
        exit 0
        $ carto config set apikey --from-env MISSING
        ! note: the key of ann at https://ann.carto.com now comes from the variable `MISSING`, as ~/.config/carto/credentials.toml says
        ! note: until now the key came from the file `[work]/missing`, where it stays
        ! warning: the variable `MISSING`: it is not set here
        exit 0
        $ carto config set apikey --from-git
        ! note: the key of ann at https://ann.carto.com now comes from git's credential helpers, as ~/.config/carto/credentials.toml says
        ! note: until now the key came from the variable `MISSING`, where it stays
        ! warning: no key from git's credential helpers: git says that they keep none (it ended with status 128)
        exit 0
        $ carto config set --system apikey --from-command -- true
        ! note: the key from the command `true`, named in [root]/sys/credentials.toml, belongs to no account yet and is sent nowhere; next: carto config set username NAME
        ! note: it was not tried; to see the key: carto config get apikey
        exit 0
        $ stat -c %a "$CARTO_SYSTEM_CONFIG_DIR/credentials.toml"
        644
        exit 0
    "#]].assert_eq(&seen);
}

#[test]
fn a_file_without_a_key_of_its_own_may_be_read_by_others() {
    let sandbox = with_helper("echo k1");
    sandbox.file_with_mode(STORE, sandbox.read(STORE), 0o644);
    _ = sandbox.carto("account").run().ok().started();
    fs::create_dir(sandbox.path("home/.git")).unwrap();
    let doctor = sandbox.carto("doctor").run();
    assert!(!doctor.stdout.contains("credentials.toml"), "{doctor}");
    let with_key = format!("{}\n[[credential]]\napikey = \"k2\"\n", sandbox.read(STORE));
    sandbox.file_with_mode(STORE, with_key, 0o644);
    let ran = sandbox.carto("account").run().fails(3).not_started();
    assert!(ran.stderr.contains("others can read this credential file"), "{ran}");
    let doctor = sandbox.carto("doctor").run().fails(1);
    assert!(doctor.stdout.contains("loose-credentials"), "{doctor}");
}

#[test]
fn a_loose_file_that_is_named_is_only_reported() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("key.txt", "k1\n");
    sandbox.user("username = \"ann\"\n");
    sandbox.file_with_mode(STORE, format!("{ACCOUNT}{{ file = \"{}\" }}\n", file.display()), 0o600);
    let ran = sandbox.carto("account").run().ok().started();
    assert!(ran.stderr.contains("others can read [root]/key.txt (mode 0644)"), "{ran}");
}

#[test]
fn a_source_that_asks_carto_for_its_own_key_ends() {
    let sandbox = with_helper("exec \"$CARTO\" config get apikey");
    let ran = sandbox.carto("account").env("CARTO", env!("CARGO_BIN_EXE_carto")).run();
    let ran = ran.fails(4).not_started();
    assert!(ran.stderr.contains("asks carto for the same key"), "{ran}");
    assert_eq!(runs(&sandbox), 1);
    // For another account it may.
    let bob = "[[credential]]\nbase_url = \"https://bob.carto.com\"\napikey = \"k-bob\"\n";
    sandbox.file_with_mode(STORE, format!("{}{bob}", sandbox.read(STORE)), 0o600);
    helper(&sandbox, "CARTO_USERNAME=bob exec \"$CARTO\" config get apikey");
    let ran = sandbox.carto("config get apikey").env("CARTO", env!("CARGO_BIN_EXE_carto")).run();
    assert_eq!(ran.ok().stdout, "k-bob\n");
}

#[test]
fn an_agent_that_a_helper_leaves_behind_is_not_waited_for() {
    let sandbox = with_helper("echo k1; sleep 20 & exit 0");
    let begin = Instant::now();
    assert_eq!(sandbox.carto("config get apikey").run().ok().stdout, "k1\n");
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_large_key_and_a_flood_of_errors_do_not_block() {
    let sandbox = with_helper("head -c 300000 /dev/zero | tr '\\0' e >&2; echo k1");
    assert_eq!(sandbox.carto("config get apikey").run().ok().stdout, "k1\n");
}

/// Starts a call in a process group of its own, with its messages in a file.
fn start(sandbox: &Sandbox, flags: &str) -> std::process::Child {
    let messages = fs::File::create(sandbox.path("marks/messages")).unwrap();
    let mut command: Command = sandbox.carto(&format!("{flags} config get apikey")).command();
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(messages);
    command.spawn().unwrap()
}

#[track_caller]
fn until(what: impl Fn() -> bool) {
    let begin = Instant::now();
    while !what() {
        assert!(begin.elapsed() < Duration::from_secs(20), "waited in vain");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether the process whose id the helper wrote is gone.
fn helper_is_gone(sandbox: &Sandbox) -> bool {
    let id: i32 = sandbox.read("marks/id").trim().parse().unwrap();
    // One that has ended and that nobody has waited for yet is gone, too.
    let status = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    kill(Pid::from_raw(id), None).is_err() || status.contains(") Z ")
}

#[test]
fn ending_carto_ends_the_helper() {
    for (signal, to_group) in [(Signal::SIGINT, true), (Signal::SIGTERM, false)] {
        let sandbox = with_helper("echo $$ >\"${0%/*}/../marks/id\"; exec sleep 60");
        let mut child = start(&sandbox, "");
        until(|| fs::read_to_string(sandbox.path("marks/id")).is_ok_and(|id| id.ends_with('\n')));
        let id = Pid::from_raw(i32::try_from(child.id()).unwrap());
        // Until the program stands there in place of the shell.
        std::thread::sleep(Duration::from_millis(200));
        let sent = if to_group { killpg(id, signal) } else { kill(id, signal) };
        sent.unwrap();
        let begin = Instant::now();
        let status = child.wait().unwrap();
        assert!(begin.elapsed() < Duration::from_secs(3), "{signal}");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(signal as i32));
        until(|| helper_is_gone(&sandbox));
    }
}

#[test]
fn a_long_wait_is_told_once_and_not_with_quiet() {
    for (flags, told) in [("", 1), ("-q", 0)] {
        let sandbox = with_helper("sleep 4; echo k1");
        let status = start(&sandbox, flags).wait().unwrap();
        assert!(status.success());
        let messages = sandbox.read("marks/messages");
        let line = "waiting for the command `helper show carto/prod`";
        assert_eq!(messages.matches(line).count(), told, "{messages}");
    }
}

/// Password managers give a file that is a pipe, and ask their user when it is read.
#[test]
fn a_pipe_gives_its_key_when_somebody_writes_it() {
    let sandbox = machine("{ file = \"PIPE\" }");
    let pipe = sandbox.path("pipe");
    let text = sandbox.read(STORE).replace("PIPE", pipe.to_str().unwrap());
    sandbox.file_with_mode(STORE, text, 0o600);
    let line = "mkfifo ../pipe; (sleep $0; echo k1 >../pipe) & carto config get apikey";
    for (seconds, told) in [("0", false), ("3.5", true)] {
        let ran = sandbox.shell(line).arg(seconds).run().ok();
        assert_eq!(ran.stdout, "k1\n", "{ran}");
        assert_eq!(ran.stderr.contains("note: waiting for the file `[root]/pipe`"), told, "{ran}");
        fs::remove_file(&pipe).unwrap();
    }
}

#[test]
fn a_helper_can_ask_at_the_terminal() {
    let sandbox =
        with_helper("printf 'passphrase: ' >/dev/tty; read -r answer; echo \"k-$answer\"");
    // A terminal of its own, as the tests may have none.
    let mut call = sandbox.program("setsid").words("-c -w");
    call = call.arg(env!("CARGO_BIN_EXE_carto")).words("config get apikey");
    let ran: Ran = call.run_on_terminal(&[("passphrase: ", "open\n")]).ok();
    assert!(ran.stdout.ends_with("k-open\n"), "{ran}");
}
