//! How keys come in: piped, typed without echo, by `login`; and that they are masked ever after.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use expect_test::{Expect, expect};

use crate::sandbox::Sandbox;

const CREDENTIALS: &str = "home/.config/carto/credentials.toml";

/// Runs lines and fails when a key shows, which is always called `marker`.
#[track_caller]
fn session(sandbox: &Sandbox, lines: &[&str], expected: &Expect) {
    let seen = sandbox.session(lines);
    let said: Vec<_> = seen.lines().filter(|line| !line.starts_with("$ ")).collect();
    assert!(!said.join("\n").contains("marker"), "{seen}");
    expected.assert_eq(&seen);
}

/// Runs a line on a terminal of its own, types the answers when asked, and gives what the terminal
/// showed.
fn on_terminal(sandbox: &Sandbox, line: &str, answers: &[(&str, &str)]) -> String {
    let pty = nix::pty::openpty(None, None).unwrap();
    let mut master = File::from(pty.master);
    let slave = || Stdio::from(pty.slave.try_clone().unwrap());
    let mut command = sandbox.shell_of(&["setsid", "--ctty", "--wait", "sh", "-c"], line).command();
    let mut child = command.stdin(slave()).stdout(slave()).stderr(slave()).spawn().unwrap();
    drop(command);
    drop(pty.slave);
    let mut shown = String::new();
    let mut chunk = [0; 4096];
    let mut answers = answers.iter().peekable();
    // The end of a terminal without writers is an error on Linux.
    while let Ok(count @ 1..) = master.read(&mut chunk) {
        shown += &String::from_utf8_lossy(&chunk[..count]);
        if let Some((prompt, answer)) = answers.peek()
            && shown.ends_with(prompt)
        {
            if prompt.starts_with("API key") {
                wait_until_nothing_is_echoed(&master);
            }
            master.write_all(answer.as_bytes()).unwrap();
            answers.next();
        }
    }
    let status = child.wait().unwrap();
    assert!(answers.peek().is_none(), "never asked: {shown}");
    let shown = sandbox.shown(&shown).replace("\r\n", "\n");
    format!("{shown}exit {}\n", status.code().unwrap())
}

/// The prompt is there a moment before the echo is off; nobody types that fast but a test.
fn wait_until_nothing_is_echoed(terminal: &File) {
    for _ in 0..1000 {
        let state = nix::sys::termios::tcgetattr(terminal).unwrap();
        if !state.local_flags.contains(nix::sys::termios::LocalFlags::ECHO) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("the key would be echoed");
}

#[test]
fn a_key_is_typed_without_echo() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    let prompt = "API key of ann at https://ann.carto.com (at https://ann.carto.com/your_apps): ";
    let shown =
        on_terminal(&sandbox, "NO_COLOR=1 carto config set apikey", &[(prompt, "marker-1\n")]);
    expect![[r#"
        API key of ann at https://ann.carto.com (at https://ann.carto.com/your_apps): 
        note: stored the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
        exit 0
    "#]]
    .assert_eq(&shown);
    assert!(sandbox.read(CREDENTIALS).contains("marker-1"));
    // Spaces around are a slip of the mouse; inside they are an error.
    let shown =
        on_terminal(&sandbox, "NO_COLOR=1 carto config set apikey", &[(prompt, "  marker-2 \n")]);
    assert!(shown.ends_with("exit 0\n") && !shown.contains("marker"), "{shown}");
    let shown =
        on_terminal(&sandbox, "NO_COLOR=1 carto config set apikey", &[(prompt, "mar ker\n")]);
    expect![[r#"
        API key of ann at https://ann.carto.com (at https://ann.carto.com/your_apps): 
        error: not an API key: the key has a character that is a space, or not printable ASCII (position 4)
        exit 2
    "#]]
    .assert_eq(&shown);
    let shown = on_terminal(&sandbox, "NO_COLOR=1 carto config set apikey", &[(prompt, "\n")]);
    expect![[r#"
        API key of ann at https://ann.carto.com (at https://ann.carto.com/your_apps): 
        error: not an API key: the key is empty
        exit 2
    "#]]
    .assert_eq(&shown);
    assert!(sandbox.read(CREDENTIALS).contains("\"marker-2\""));
}

#[test]
fn whoever_gives_up_at_the_prompt_has_a_terminal_as_before() {
    let sandbox = Sandbox::new();
    let state = "stty -a | tr -s ' ;' '\\n' | grep -xE -- '-?(echo|icanon|isig)'";
    // Ctrl-C reaches the shell, too.
    let lines = format!("trap : INT; NO_COLOR=1 carto login ann; echo \"status $?\"; {state}");
    let shown = on_terminal(
        &sandbox,
        &lines,
        &[("API key of ann at https://ann.carto.com: ", "marker\u{3}")],
    );
    expect![[r#"
        note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
        API key of ann at https://ann.carto.com: 
        status 130
        isig
        icanon
        echo
        exit 0
    "#]].assert_eq(&shown);
    assert!(sandbox.files_with("marker").is_empty());
}

/// Sends a signal to the program as soon as the terminal has no echo.
const SEND: &str = "send() { for i in $(seq 500); do stty -a </dev/tty | grep -q -- ' -echo ' && \
                    break; sleep 0.02; done; kill -s \"$1\" \"$(cat pid)\"; }";
const STATE: &str = "stty -a </dev/tty | tr -s ' ;' '\\n' | grep -xE -- '-?(echo|icanon|isig)'";
const ASKING: &str = "sh -c 'echo $$ >pid; NO_COLOR=1 exec carto login ann'";

#[test]
fn every_signal_at_the_prompt_leaves_a_terminal_as_before_and_takes_its_course() {
    for (signal, status) in [("TERM", 143), ("HUP", 129), ("QUIT", 131), ("INT", 130)] {
        let sandbox = Sandbox::new();
        let lines =
            format!("{SEND}; send {signal} & {ASKING}; echo \"status $?\"; {STATE}; rm pid");
        let shown = on_terminal(&sandbox, &lines, &[]);
        let said: Vec<_> = shown.lines().filter(|line| !line.contains("ann")).collect();
        let told = said.iter().filter(|line| !["Terminated", "Hangup"].contains(line));
        let told: Vec<_> = told.filter(|line| !line.starts_with("Quit")).collect();
        let status = format!("status {status}");
        assert_eq!(
            told,
            [&status, "isig", "icanon", "echo", "exit 0"]
                .iter()
                .map(|it| it as &&str)
                .collect::<Vec<_>>(),
            "{signal}: {shown}"
        );
    }
}

#[test]
fn a_signal_that_is_ignored_changes_nothing() {
    let sandbox = Sandbox::new();
    let lines = format!("trap '' HUP; {SEND}; send HUP & {ASKING}; echo \"status $?\"");
    let prompt = "API key of ann at https://ann.carto.com: ";
    let shown = on_terminal(&sandbox, &lines, &[(&format!("{prompt}\r\n{prompt}"), "marker\n")]);
    assert!(shown.contains("status 0\n") && !shown.contains("marker"), "{shown}");
}

#[test]
fn a_stop_at_the_prompt_gives_the_terminal_back_and_the_prompt_comes_again() {
    let sandbox = Sandbox::new();
    sandbox.file("work/script", format!("{SEND}\nsend TSTP &\n{ASKING}\necho stopped\n{STATE}\nfg\necho \"status $?\"\n{STATE}\n"));
    let prompt = "API key of ann at https://ann.carto.com: ";
    // The first prompt is stopped, the second one is answered.
    let shown = on_terminal(&sandbox, "sh -m script", &[(prompt, ""), (prompt, "marker\n")]);
    assert!(shown.contains("stopped\nisig\nicanon\necho\n"), "{shown}");
    assert_eq!(shown.matches(prompt).count(), 2, "{shown}");
    assert!(shown.ends_with("status 0\nisig\nicanon\necho\nexit 0\n"), "{shown}");
    assert!(!shown.contains("marker"), "{shown}");
    assert!(sandbox.read(CREDENTIALS).contains("marker"));
}

#[test]
fn login_asks_for_what_is_missing() {
    let sandbox = Sandbox::new();
    let target = "Base URL or user name (for example https://NAME.carto.com): ";
    let shown = on_terminal(
        &sandbox,
        "NO_COLOR=1 carto login",
        &[
            (target, "https://maps.example.com\n"),
            ("User name at https://maps.example.com (empty if there is none): ", "ann\n"),
            ("API key of ann at https://maps.example.com: ", "marker\n"),
        ],
    );
    expect![[r#"
        Base URL or user name (for example https://NAME.carto.com): https://maps.example.com
        User name at https://maps.example.com (empty if there is none): ann
        note: logging in to ann at https://maps.example.com; its key is shown at https://maps.example.com/your_apps
        API key of ann at https://maps.example.com: 
        note: stored the key in ~/.config/carto/credentials.toml
        note: ann at https://maps.example.com is now your default account, in ~/.config/carto/config.toml
        exit 0
    "#]].assert_eq(&shown);
    let shown = on_terminal(&sandbox, "NO_COLOR=1 carto login", &[(target, "\n")]);
    expect![[r#"
        Base URL or user name (for example https://NAME.carto.com): 
        error: login needs a base URL or a user name
        help: carto login https://NAME.carto.com
        exit 2
    "#]]
    .assert_eq(&shown);
    session(
        &sandbox,
        &["carto credentials show"],
        &expect![[r#"
        $ carto credentials show
        username      ann                                      user: ~/.config/carto/config.toml:2:12
        base_url      https://maps.example.com
        apikey        ********                                 user: ~/.config/carto/credentials.toml:1:1
        exit 0
    "#]],
    );
}

#[test]
fn a_key_is_piped_or_given_with_a_note() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    session(
        &sandbox,
        &[
            "echo marker1 | carto config set apikey",
            "printf marker1 | carto config set apikey",
            "printf 'marker1\\r\\n' | carto config set apikey",
            "carto config set apikey marker2",
            "carto config set api-key default_public",
            "carto config get apikey",
            "echo marker3 | carto config set apikey",
            "carto config list",
            "carto config list --json",
            "carto config list -z | tr '\\0' '\\n'",
            "carto config explain",
            "carto config explain --json | grep -c marker",
            "carto credentials show",
            "carto credentials show --json",
            "carto -v account >/dev/null",
            "carto trust --list",
        ],
        &expect![[r#"
            $ echo marker1 | carto config set apikey
            ! note: stored the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ printf marker1 | carto config set apikey
            ! note: already had the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ printf 'marker1\r\n' | carto config set apikey
            ! note: already had the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ carto config set apikey marker2
            ! note: a key on the command line stays in the shell's history; without VALUE carto asks
            ! note: replaced the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ carto config set api-key default_public
            ! note: a key on the command line stays in the shell's history; without VALUE carto asks
            ! note: default_public is CARTO's public key: it gives public data only
            ! note: replaced the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ carto config get apikey
            default_public
            exit 0
            $ echo marker3 | carto config set apikey
            ! note: replaced the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ carto config list
            * username=ann
            * apikey=********  (ann at https://ann.carto.com)
            exit 0
            $ carto config list --json
            [
              {
                "key": "username",
                "value": "ann",
                "account": null,
                "scope": "user",
                "origin": "~/.config/carto/config.toml:1:12",
                "wins": true
              },
              {
                "key": "apikey",
                "value": "********",
                "account": "ann at https://ann.carto.com",
                "scope": "user",
                "origin": "~/.config/carto/credentials.toml:1:1",
                "wins": true
              }
            ]
            exit 0
            $ carto config list -z | tr '\0' '\n'
            username=ann
            apikey=********
            exit 0
            $ carto config explain
            account  ann at https://ann.carto.com
            * user     user name `ann`: ann at https://ann.carto.com
                       at ~/.config/carto/config.toml:1:12
                       decides: the highest scope that names an account
            key      from ~/.config/carto/credentials.toml:1:1
            * user     key of ann at https://ann.carto.com
                       at ~/.config/carto/credentials.toml:1:1
                       is used
              default  default_public
                       beaten: a key of higher rank fits
            exit 0
            $ carto config explain --json | grep -c marker
            0
            exit 1
            $ carto credentials show
            username      ann                                      user: ~/.config/carto/config.toml:1:12
            base_url      https://ann.carto.com
            apikey        ********                                 user: ~/.config/carto/credentials.toml:1:1
            exit 0
            $ carto credentials show --json
            {
              "username": "ann",
              "base_url": "https://ann.carto.com",
              "organization": null,
              "allow_non_secure": false,
              "profile": null,
              "account_scope": "user",
              "account_origin": "~/.config/carto/config.toml:1:12",
              "apikey": "********",
              "key_scope": "user",
              "key_origin": "~/.config/carto/credentials.toml:1:1",
              "key_source": null
            }
            exit 0
            $ carto -v account >/dev/null
            ! read ~/.config/carto/config.toml
            ! read ~/.config/carto/credentials.toml
            ! run [root]/bin/carto-account
            exit 0
            $ carto trust --list
            exit 0
        "#]],
    );
    let seen = sandbox.session(&[
        "carto config get apikey",
        "carto config list --show-secrets",
        "carto credentials show --show-secrets",
    ]);
    assert_eq!(seen.matches("marker3").count(), 3, "{seen}");
    session(
        &sandbox,
        &["carto config unset apikey", "carto config unset apikey"],
        &expect![[r#"
        $ carto config unset apikey
        ! note: removed the key of ann at https://ann.carto.com from ~/.config/carto/credentials.toml
        exit 0
        $ carto config unset apikey
        ! error: no key of ann at https://ann.carto.com is stored there
        !   --> ~/.config/carto/credentials.toml
        exit 1
    "#]],
    );
    assert_eq!(sandbox.read(CREDENTIALS), "");
}

#[test]
fn login_keeps_accounts_apart() {
    let sandbox = Sandbox::new();
    session(
        &sandbox,
        &[
            "echo marker1 | carto login https://Ann.carto.com/ --key-stdin",
            "echo marker2 | carto login bob --key-stdin",
            "echo marker3 | carto login https://maps.example.com/user/ann --key-stdin",
            "echo marker4 | carto login https://maps.example.com/user/ann --key-stdin --profile maps",
            "echo marker5 | carto login https://ann.carto.com --key-stdin",
            "echo marker5 | carto login ann --key-stdin",
            "echo marker6 | carto login eve --key-stdin --default",
            "echo marker7 | carto login https://gis.example.com --username gis --key-stdin",
            "echo marker8 | carto login x --username y --key-stdin",
            "echo marker8 | carto login x.example.com --key-stdin",
            "echo marker9 | carto login http://h.example/user/h --key-stdin --allow-non-secure",
            "echo marker9 | carto login http://h.example/user/h --key-stdin",
            "echo marker | carto --profile lab login lab --key-stdin --organization geo",
            "carto profile list",
            "carto config get username",
            "cat ~/.config/carto/config.toml",
        ],
        &expect![[r#"
            $ echo marker1 | carto login https://Ann.carto.com/ --key-stdin
            ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: ann at https://ann.carto.com is now your default account, in ~/.config/carto/config.toml
            exit 0
            $ echo marker2 | carto login bob --key-stdin
            ! note: logging in to bob at https://bob.carto.com; its key is shown at https://bob.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: bob at https://bob.carto.com is profile bob in ~/.config/carto/config.toml: carto --profile bob ..., or carto profile use bob
            exit 0
            $ echo marker3 | carto login https://maps.example.com/user/ann --key-stdin
            ! note: logging in to ann at https://maps.example.com/user/ann; its key is shown at https://maps.example.com/user/ann/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: ann at https://maps.example.com/user/ann is profile ann in ~/.config/carto/config.toml: carto --profile ann ..., or carto profile use ann
            exit 0
            $ echo marker4 | carto login https://maps.example.com/user/ann --key-stdin --profile maps
            ! note: logging in to ann at https://maps.example.com/user/ann; its key is shown at https://maps.example.com/user/ann/your_apps
            ! note: replaced the key in ~/.config/carto/credentials.toml
            ! note: ann at https://maps.example.com/user/ann is profile maps in ~/.config/carto/config.toml: carto --profile maps ..., or carto profile use maps
            exit 0
            $ echo marker5 | carto login https://ann.carto.com --key-stdin
            ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
            ! note: replaced the key in ~/.config/carto/credentials.toml
            ! note: ann at https://ann.carto.com is your default account, as before
            exit 0
            $ echo marker5 | carto login ann --key-stdin
            ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: ann at https://ann.carto.com is your default account, as before
            exit 0
            $ echo marker6 | carto login eve --key-stdin --default
            ! note: logging in to eve at https://eve.carto.com; its key is shown at https://eve.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: eve at https://eve.carto.com is now your default account, as profile eve in ~/.config/carto/config.toml
            exit 0
            $ echo marker7 | carto login https://gis.example.com --username gis --key-stdin
            ! note: logging in to gis at https://gis.example.com; its key is shown at https://gis.example.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: gis at https://gis.example.com is profile gis in ~/.config/carto/config.toml: carto --profile gis ..., or carto profile use gis
            exit 0
            $ echo marker8 | carto login x --username y --key-stdin
            ! error: the account is no base URL, and `--username y` names the user already
            ! help: carto login https://NAME.carto.com
            exit 2
            $ echo marker8 | carto login x.example.com --key-stdin
            ! error: the user name `x.example.com` does not fit into `https://{username}.carto.com`: the user name `x.example.com` has a dot, so it cannot stand in a host
            ! help: carto login https://x.example.com
            exit 2
            $ echo marker9 | carto login http://h.example/user/h --key-stdin --allow-non-secure
            ! note: logging in to h at http://h.example/user/h; its key is shown at http://h.example/user/h/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: h at http://h.example/user/h is profile h in ~/.config/carto/config.toml: carto --profile h ..., or carto profile use h
            exit 0
            $ echo marker9 | carto login http://h.example/user/h --key-stdin
            ! error: h at http://h.example/user/h would send the key unencrypted
            ! help: use https
            ! help: or permit it: carto login http://h.example/user/h --allow-non-secure
            exit 4
            $ echo marker | carto --profile lab login lab --key-stdin --organization geo
            ! note: logging in to lab at https://lab.carto.com; its key is shown at https://lab.carto.com/your_apps
            ! note: stored the key in ~/.config/carto/credentials.toml
            ! note: lab at https://lab.carto.com is profile lab in ~/.config/carto/config.toml: carto --profile lab ..., or carto profile use lab
            exit 0
            $ carto profile list
              (default)  ann at https://ann.carto.com
              ann        ann at https://maps.example.com/user/ann
              bob        bob at https://bob.carto.com
            * eve        eve at https://eve.carto.com
              gis        gis at https://gis.example.com
              h          h at http://h.example/user/h
              lab        lab at https://lab.carto.com
              maps       ann at https://maps.example.com/user/ann
            exit 0
            $ carto config get username
            eve
            exit 0
            $ cat ~/.config/carto/config.toml
            username = "ann"
            profile = "eve"

            [profiles.bob]
            base_url = "https://bob.carto.com"
            username = "bob"

            [profiles.ann]
            base_url = "https://maps.example.com/user/ann"
            username = "ann"

            [profiles.maps]
            base_url = "https://maps.example.com/user/ann"
            username = "ann"

            [profiles.eve]
            base_url = "https://eve.carto.com"
            username = "eve"

            [profiles.gis]
            base_url = "https://gis.example.com"
            username = "gis"

            [profiles.h]
            allow_non_secure = true
            base_url = "http://h.example/user/h"
            username = "h"

            [profiles.lab]
            base_url = "https://lab.carto.com"
            username = "lab"
            organization = "geo"
            exit 0
        "#]],
    );
    let keys = |profile: &str, key: &str| {
        let ran = sandbox.shell(&format!("carto -p {profile} config get apikey")).run().ok();
        assert_eq!(ran.stdout.trim(), key, "{profile}");
    };
    keys("bob", "marker2");
    keys("maps", "marker4");
    keys("eve", "marker6");
    keys("gis", "marker7");
    keys("h", "marker9");
    keys("lab", "marker");
}

#[test]
fn logout_forgets_every_key_of_the_account_and_no_other_byte() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    let entry = |name: &str, more: &str| {
        format!(
            "[[credential]]\nbase_url = \"https://{name}.carto.com\"\nusername = \"{name}\"\n\
             apikey = \"marker\"\n{more}"
        )
    };
    let (own, marked) = (entry("ann", ""), entry("ann", "profile = \"ro\"\n"));
    let (bob, eve) = (entry("bob", "# kept\n"), entry("eve", ""));
    let path = "home/.config/carto/credentials.toml";
    let text = format!("# head\n\n{own}\n{bob}\n# gone\n{marked}\n{eve}");
    sandbox.file_with_mode(path, &text, 0o600);
    let _ = sandbox.carto("logout").run().ok();
    assert_eq!(sandbox.read(path), format!("# head\n\n{bob}\n{eve}"));
}

#[test]
fn logout_forgets_the_key_and_keeps_the_name() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.bob]\nusername = \"bob\"\n");
    sandbox.keys(&["marker1 https://ann.carto.com ann", "marker2 https://bob.carto.com bob"]);
    session(
        &sandbox,
        &[
            "carto --profile bob logout",
            "carto --profile bob logout",
            "carto profile list",
            "carto logout",
            "carto config get username",
            "carto logout",
            "cat ~/.config/carto/credentials.toml",
        ],
        &expect![[r#"
            $ carto --profile bob logout
            ! note: forgot the key of bob at https://bob.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ carto --profile bob logout
            ! error: no key of bob at https://bob.carto.com is stored
            exit 1
            $ carto profile list
            * (default)  ann at https://ann.carto.com
              bob        bob at https://bob.carto.com  no key
            exit 0
            $ carto logout
            ! note: forgot the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ carto config get username
            ann
            exit 0
            $ carto logout
            ! error: no key of ann at https://ann.carto.com is stored
            exit 1
            $ cat ~/.config/carto/credentials.toml
            exit 0
        "#]],
    );
    sandbox.file_with_mode(
        "sys/credentials.toml",
        "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"ann\"\napikey = \"marker\"\n",
        0o600,
    );
    session(
        &sandbox,
        &["carto logout", "CARTO_API_KEY=marker carto -c username=zoe logout"],
        &expect![[r#"
            $ carto logout
            ! note: the key in the system's files stays: it is not yours to forget
            ! error: no key of ann at https://ann.carto.com is stored
            exit 1
            $ CARTO_API_KEY=marker carto -c username=zoe logout
            ! error: no key of zoe at https://zoe.carto.com is stored
            exit 1
        "#]],
    );
}

#[test]
fn profiles_are_added_listed_and_selected() {
    let sandbox = Sandbox::new();
    sandbox.keys(&["marker https://acme.carto.com acme"]);
    session(
        &sandbox,
        &[
            "carto profile list",
            "carto config set username ann",
            "carto profile add acme --username acme --organization geo",
            "carto profile add 'my maps' --base-url https://maps.example.com/user/ann --protected",
            "carto profile add acme --username other",
            "carto profile add x --username a --base-url https://b.carto.com",
            "carto profile list",
            "carto profile use acme",
            "carto profile list",
            "carto profile list --json",
            "carto account | sed s/marker/KEY/",
            "carto profile use --none",
            "carto profile use --none",
            "carto config get username",
            "carto profile use",
            "carto profile use acme --none",
            "carto init",
            "carto profile use --project acme",
            "carto config get username",
            "carto profile use 'my maps'",
            "carto profile use --project --none",
            "carto config get username",
            "CARTO_PROFILE=acme carto profile list",
            "cat .carto/config.toml ~/.config/carto/config.toml",
        ],
        &expect![[r#"
            $ carto profile list
            ! note: there is no account: `carto login URL` adds one
            exit 0
            $ carto config set username ann
            ! note: set username in ~/.config/carto/config.toml
            ! note: there is no key for ann at https://ann.carto.com yet: carto config set apikey
            exit 0
            $ carto profile add acme --username acme --organization geo
            ! note: added profile acme in ~/.config/carto/config.toml
            ! note: its key: carto --profile acme config set apikey
            exit 0
            $ carto profile add 'my maps' --base-url https://maps.example.com/user/ann --protected
            ! note: added profile my maps in ~/.config/carto/config.toml
            ! note: its key: carto --profile 'my maps' config set apikey
            exit 0
            $ carto profile add acme --username other
            ! error: `profile acme` is there already
            !   --> ~/.config/carto/config.toml
            exit 2
            $ carto profile add x --username a --base-url https://b.carto.com
            ! error: the user name is `a`, its base URL names `b`
            !   --> ~/.config/carto/config.toml:12:12
            !   --> ~/.config/carto/config.toml:13:12
            ! note: nothing was written; the two places are those of the new text
            ! help: leave out --username, or give the base URL of that user
            exit 2
            $ carto profile list
            * (default)  ann at https://ann.carto.com  no key
              acme       acme at https://acme.carto.com
              my maps    ann at https://maps.example.com/user/ann  no key  protected
            exit 0
            $ carto profile use acme
            ! note: profile acme (acme at https://acme.carto.com) is selected in ~/.config/carto/config.toml
            exit 0
            $ carto profile list
              (default)  ann at https://ann.carto.com  no key
            * acme       acme at https://acme.carto.com
              my maps    ann at https://maps.example.com/user/ann  no key  protected
            exit 0
            $ carto profile list --json
            [
              {
                "name": null,
                "username": "ann",
                "base_url": "https://ann.carto.com",
                "scope": "user",
                "origin": "~/.config/carto/config.toml:1:12",
                "in_use": false,
                "has_key": false,
                "ends": null,
                "protected": false,
                "problem": null
              },
              {
                "name": "acme",
                "username": "acme",
                "base_url": "https://acme.carto.com",
                "scope": "user",
                "origin": "~/.config/carto/config.toml:5:12",
                "in_use": true,
                "has_key": true,
                "ends": null,
                "protected": false,
                "problem": null
              },
              {
                "name": "my maps",
                "username": "ann",
                "base_url": "https://maps.example.com/user/ann",
                "scope": "user",
                "origin": "~/.config/carto/config.toml:9:12",
                "in_use": false,
                "has_key": false,
                "ends": null,
                "protected": true,
                "problem": null
              }
            ]
            exit 0
            $ carto account | sed s/marker/KEY/
            CARTO_API_KEY=KEY
            CARTO_BASE_URL=https://acme.carto.com
            CARTO_ORG=geo
            CARTO_USER=acme
            CARTO_USERNAME=acme
            exit 0
            $ carto profile use --none
            ! note: no profile is selected in ~/.config/carto/config.toml
            exit 0
            $ carto profile use --none
            ! note: no profile was selected in ~/.config/carto/config.toml
            exit 0
            $ carto config get username
            ann
            exit 0
            $ carto profile use
            ! error: the following required arguments were not provided: <NAME>
            ! note: usage: carto profile use <NAME>
            ! help: carto profile use --help
            exit 2
            $ carto profile use acme --none
            ! error: the argument `[NAME]` cannot be used with `--none`
            ! note: usage: carto profile use <NAME>
            ! help: carto profile use --help
            exit 2
            $ carto init
            ! note: made [work]/.carto
            exit 0
            $ carto profile use --project acme
            ! note: profile acme (acme at https://acme.carto.com) is selected in [work]/.carto/config.toml
            exit 0
            $ carto config get username
            acme
            exit 0
            $ carto profile use 'my maps'
            ! note: profile my maps (ann at https://maps.example.com/user/ann) is selected in ~/.config/carto/config.toml
            ! note: it is hidden here by project ([work]/.carto/config.toml:4:11)
            exit 0
            $ carto profile use --project --none
            ! note: no profile is selected in [work]/.carto/config.toml
            exit 0
            $ carto config get username
            ann
            exit 0
            $ CARTO_PROFILE=acme carto profile list
              (default)  ann at https://ann.carto.com  no key
            * acme       acme at https://acme.carto.com
              my maps    ann at https://maps.example.com/user/ann  no key  protected
            exit 0
            $ cat .carto/config.toml ~/.config/carto/config.toml
            #:schema ./config.schema.json
            # Settings of this project; they may be committed. Keys never stand here:
            # `carto config set --project apikey` stores them in credentials.toml beside this file.
            username = "ann"
            profile = "my maps"

            [profiles.acme]
            username = "acme"
            organization = "geo"

            [profiles."my maps"]
            base_url = "https://maps.example.com/user/ann"
            protected = true
            exit 0
        "#]],
    );
}

/// A key belongs to the account that the scope names, not to the one in use.
/// `config set apikey` would store it for the profile's account.
#[test]
fn no_command_is_offered_that_stores_a_key_for_another_account() {
    let sandbox = Sandbox::new();
    sandbox.user("profile = 'acme'\n[profiles.acme]\nusername = 'acme'\n");
    sandbox.carto("config set username ann").run().shows(&expect![[r#"
        ! note: set username in ~/.config/carto/config.toml
        ! note: there is no key for ann at https://ann.carto.com yet
        ! note: another account is used here: profile `acme` names it (~/.config/carto/config.toml:1:11)
        exit 0
    "#]]);
}

#[test]
fn a_key_is_stored_for_the_account_of_its_scope() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.lab]\nusername = \"lab\"\n");
    session(
        &sandbox,
        &[
            "CARTO_USERNAME=bob sh -c 'echo marker1 | carto config set apikey'",
            "echo marker2 | carto -c username=bob config set apikey",
            "echo marker3 | carto --profile lab config set apikey",
            "carto init",
            "echo marker4 | carto config set --project apikey",
            "carto config set --project username acme",
            "carto config explain",
            "echo marker5 | carto config set --project apikey",
            "carto config list --show-scope",
            "echo marker6 | carto --profile nobody config set apikey",
            "cat .carto/.gitignore",
        ],
        &expect![[r#"
            $ CARTO_USERNAME=bob sh -c 'echo marker1 | carto config set apikey'
            ! note: stored the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ echo marker2 | carto -c username=bob config set apikey
            ! note: replaced the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ echo marker3 | carto --profile lab config set apikey
            ! note: stored the key of lab at https://lab.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ carto init
            ! note: made [work]/.carto
            exit 0
            $ echo marker4 | carto config set --project apikey
            ! note: stored the key of ann at https://ann.carto.com in [work]/.carto/credentials.toml
            exit 0
            $ carto config set --project username acme
            ! note: set username in [work]/.carto/config.toml
            ! note: there is no key for acme at https://acme.carto.com yet: carto config set --project apikey
            exit 0
            $ carto config explain
            account  acme at https://acme.carto.com
            * project  user name `acme`: acme at https://acme.carto.com
                       at [work]/.carto/config.toml:4:12
                       decides: the highest scope that names an account
              user     user name `ann`: ann at https://ann.carto.com
                       at ~/.config/carto/config.toml:1:12
                       beaten: the project scope is higher and decides the whole account
            key      default_public: CARTO's public key, public data only
              user     key of ann at https://ann.carto.com
                       at ~/.config/carto/credentials.toml:1:1
                       not used: it belongs to another account
              user     key of lab at https://lab.carto.com
                       at ~/.config/carto/credentials.toml:6:1
                       not used: it belongs to another account
              project  key of ann at https://ann.carto.com
                       at [work]/.carto/credentials.toml:1:1
                       not used: it belongs to another account
            * default  default_public
                       is used
            project  [work]/.carto: trusted
            note:    no key of acme at https://acme.carto.com is stored or given
            help:    carto login https://acme.carto.com   # stores its key
            help:    carto --no-project ...               # then ann at https://ann.carto.com is used
            exit 0
            $ echo marker5 | carto config set --project apikey
            ! note: stored the key of acme at https://acme.carto.com in [work]/.carto/credentials.toml
            exit 0
            $ carto config list --show-scope
              user	username=ann
            * user	profiles.lab.username=lab
              user	apikey=********  (ann at https://ann.carto.com)
            * user	apikey=********  (lab at https://lab.carto.com)
            * project	username=acme
            * project	apikey=********  (ann at https://ann.carto.com)
            * project	apikey=********  (acme at https://acme.carto.com)
            exit 0
            $ echo marker6 | carto --profile nobody config set apikey
            ! error: no profile is called `nobody`
            !   --> --profile nobody
            ! help: carto profile list
            ! help: carto login URL --profile nobody
            exit 4
            $ cat .carto/.gitignore
            credentials.toml
            .lock
            .*.tmp-*
            exit 0
        "#]],
    );
    assert!(sandbox.read("work/.carto/credentials.toml").contains("marker5"));
}

#[test]
fn an_account_of_the_current_platform_has_no_user_name_and_no_page_of_apps() {
    let sandbox = Sandbox::new();
    let asked = "API key of https://gcp-us-east1.api.carto.com";
    let line = "carto login https://gcp-us-east1.api.carto.com";
    let shown = on_terminal(&sandbox, line, &[(&format!("{asked}: "), "marker-one\n")]);
    assert!(shown.ends_with("exit 0\n"), "{shown}");
    let again = format!("{asked} (in CARTO's workspace, under Developers): ");
    let second = on_terminal(&sandbox, "carto config set apikey", &[(&again, "marker-two\n")]);
    assert!(second.ends_with("exit 0\n"), "{second}");
    for shown in [shown, second] {
        assert!(!shown.contains("your_apps") && !shown.contains("marker"), "{shown}");
    }
    let key = sandbox.carto("config get apikey").run().ok();
    assert_eq!(key.stdout, "marker-two\n");
}
