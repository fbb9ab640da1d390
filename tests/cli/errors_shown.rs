//! What errors look like: the marked place, what is never shown, and colours.

use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};

use expect_test::{Expect, expect};

use crate::sandbox::Sandbox;

/// What a broken file of settings makes of `carto config get ui.color`.
fn broken(text: &str) -> String {
    let sandbox = Sandbox::new();
    sandbox.user(text);
    sandbox.carto("config get ui.color").run().fails(3).stderr
}

#[test]
#[expect(clippy::unicode_not_nfc, reason = "an accent of its own is what is tested")]
fn the_caret_stands_under_the_mistake() {
    let check = |text: &str, expected: Expect| expected.assert_eq(&broken(text));
    check(
        "[ui]\ncolor = 'blue'\n",
        expect![[r#"
            error: `ui.color`: expected one of auto, always, never, not `blue`
              --> ~/.config/carto/config.toml:2:9
              |
             2| color = 'blue'
              |         ^^^^^^
        "#]],
    );
    // A tab is shown as two characters, and the caret counts both.
    check(
        "[ui]\n\tcolor\t=\t'blue'\n",
        expect![[r#"
            error: `ui.color`: expected one of auto, always, never, not `blue`
              --> ~/.config/carto/config.toml:2:10
              |
             2| \tcolor\t=\t'blue'
              |             ^^^^^^
        "#]],
    );
    // Two columns each on the screen, one character each in the place.
    check(
        "ui = { editor = '編集者', color = 'blue' }\n",
        expect![[r#"
            error: `ui.color`: expected one of auto, always, never, not `blue`
              --> ~/.config/carto/config.toml:1:32
              |
             1| ui = { editor = '編集者', color = 'blue' }
              |                                   ^^^^^^
        "#]],
    );
    // A letter with an accent of its own: two characters, one column.
    check(
        "ui = { editor = 'e\u{301}', color = 'blue' }\n",
        expect![[r#"
            error: `ui.color`: expected one of auto, always, never, not `blue`
              --> ~/.config/carto/config.toml:1:31
              |
             1| ui = { editor = 'é', color = 'blue' }
              |                              ^^^^^^
        "#]],
    );
    check(
        "[ui]\r\ncolor = 'blue'\r\n",
        expect![[r#"
            error: `ui.color`: expected one of auto, always, never, not `blue`
              --> ~/.config/carto/config.toml:2:9
              |
             2| color = 'blue'
              |         ^^^^^^
        "#]],
    );
    check(
        "\u{feff}ui.color = 'blue'\n",
        expect![[r#"
            error: `ui.color`: expected one of auto, always, never, not `blue`
              --> ~/.config/carto/config.toml:1:12
              |
             1| ui.color = 'blue'
              |            ^^^^^^
        "#]],
    );
    check(
        "[ui]\ncolor = 'blue'",
        expect![[r#"
            error: `ui.color`: expected one of auto, always, never, not `blue`
              --> ~/.config/carto/config.toml:2:9
              |
             2| color = 'blue'
              |         ^^^^^^
        "#]],
    );
    // The first line of a text of several is marked.
    check(
        "[ui]\ncolor = '''\nblue\nred'''\n",
        expect![[r#"
            error: `ui.color`: expected one of auto, always, never, not `blue\nred`
              --> ~/.config/carto/config.toml:2:9
              |
             2| color = '''
              |         ^^^
        "#]],
    );
}

/// What `init` writes speaks of keys, and hid every mistake below it.
#[test]
fn a_mistake_in_a_project_that_init_made_is_shown() {
    let sandbox = Sandbox::new();
    _ = sandbox.carto("init").run().ok();
    let made = sandbox.read("work/.carto/config.toml");
    sandbox.project(&format!("{made}username = 'ann'\nusername = 'bob'\n"));
    sandbox.carto("config list").run().shows(&expect![[r#"
        ! error: invalid TOML: duplicate key
        !   --> [work]/.carto/config.toml:5:1
        !   |
        !  5| username = 'bob'
        !   | ^
        exit 3
    "#]]);
    sandbox.carto("trust --show").run().shows(&expect![[r#"
        [work]/.carto/config.toml: changed since it was trusted
          #:schema ./config.schema.json
          # Settings of this project; they may be committed. Keys never stand here:
          # `carto config set --project apikey` stores them in credentials.toml beside this file.
        + username = 'ann'
        + username = 'bob'
        sha256:b90017747a70b10263ad7d6f4fb402c6a5f979bdcba6e614ddc94fa107f169e2
        exit 0
    "#]]);
    let ran = {
        sandbox
            .project(&format!("{made}# key: s3cret-marker\nusername = 'ann'\nusername = 'bob'\n"));
        sandbox.carto("config list").run()
    };
    ran.never_says("s3cret-marker").shows(&expect![[r#"
        ! error: invalid TOML
        !   --> [work]/.carto/config.toml:6:1
        exit 3
    "#]]);
}

#[test]
fn the_caret_stands_under_a_mistake_of_syntax() {
    let check = |text: &str, expected: Expect| expected.assert_eq(&broken(text));
    check(
        "[ui]\ncolor = \n",
        expect![[r#"
            error: invalid TOML: string values must be quoted, expected literal string
              --> ~/.config/carto/config.toml:2:9
              |
             2| color = 
              |         ^
        "#]],
    );
    check(
        "[ui\ncolor = 'never'\n",
        expect![[r#"
        error: invalid TOML: unclosed table, expected `]`
          --> ~/.config/carto/config.toml:1:4
          |
         1| [ui
          |    ^
    "#]],
    );
    check(
        "username = 'a\n",
        expect![[r#"
        error: invalid TOML: invalid literal string, expected `'`
          --> ~/.config/carto/config.toml:1:14
          |
         1| username = 'a
          |              ^
    "#]],
    );
    check(
        "\u{feff}= 1\r\n",
        expect![[r#"
        error: invalid TOML: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`
          --> ~/.config/carto/config.toml:1:1
          |
         1| = 1
          | ^
    "#]],
    );
    check(
        "a = 1\nb = \u{7}\n",
        expect![[r#"
        error: invalid TOML: string values must be quoted, expected literal string
          --> ~/.config/carto/config.toml:2:5
          |
         2| b = \x07
          |     ^^^^
    "#]],
    );
}

#[test]
fn a_file_that_is_not_utf8_is_placed_without_the_mark_of_order() {
    let sandbox = Sandbox::new();
    sandbox.file("home/.config/carto/config.toml", b"\xef\xbb\xbfa = '\xff'\n");
    let shown = sandbox.carto("config get ui.color").run().fails(3).stderr;
    assert!(shown.contains("config.toml:1:6\n"), "{shown}");
}

/// Nothing that a terminal obeys reaches it, wherever it stands.
#[test]
fn control_characters_are_escaped() {
    for (bad, shown) in [
        ("\u{1b}[2J", "\\x1b[2J"),
        ("\u{202e}", "\\u{202e}"),
        ("\u{200b}", "\\u{200b}"),
        ("\u{9b}31m", "\\u{9b}31m"),
    ] {
        let text = format!("ui.editor = '{bad}'\nui.color = '{bad}' # {bad}\n");
        let said = broken(&text);
        assert!(said.contains(shown), "{said}");
        let obeyed = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{200b}".contains(c);
        assert!(!said.contains(obeyed), "{said:?}");
        // The same from the command line.
        let sandbox = Sandbox::new();
        let call = sandbox.carto("").arg("config").arg("get").arg(format!("x{bad}"));
        let ran = call.run();
        assert!(!ran.status.success() && !ran.stderr.contains(obeyed), "{ran}");
        let ran = sandbox.carto("").arg(format!("--x{bad}")).run();
        assert!(ran.code() == 2 && !ran.stderr.contains(obeyed), "{ran}");
        let ran = sandbox.carto("").arg(format!("x{bad}")).run();
        assert!(ran.code() == 127 && !ran.stderr.contains(obeyed), "{ran}");
    }
}

/// People put secrets where they do not belong: no line of such a file is repeated.
#[test]
fn no_line_is_shown_of_a_file_that_can_hold_a_secret() {
    for text in [
        "apikey = 'MARKER'\n",
        "ui = { editor = 'MARKER', color = 'x' } # the key\n",
        "my_token = 'x\nMARKER'\n",
        "password = MARKER\n",
        "PASSWD = MARKER\n",
        "pwd = MARKER\n",
        "oauth = MARKER\n",
        "base_url = 'https://ann:MARKER@ann.carto.com'\n",
        "base_url = 'https://ann.carto.com/?x=MARKER'\n",
        "username = 'MARKER 1a2b3c4d5e6f7a8b9c0d'\n",
        "x = 1a2b3c4d5e6f7a8b9c0dMARKER\n",
        "[[credential]]\napikey = 'MARKER\n",
        "[[credential]\nbase_url = 'MARKER'\n",
    ] {
        let said = broken(text);
        assert!(!said.contains("MARKER") && !said.contains("1a2b3c4d"), "{text}:\n{said}");
        assert!(said.contains("  --> ~/.config/carto/config.toml:"), "{said}");
        assert!(!said.contains('|'), "{said}");
    }
    // The credential file itself, whatever it holds.
    for text in [
        "[[credential]]\nbase_url = 'MARKER'\n",
        "[[credential]]\nbase_url = MARKER\n",
        "x = 'MARKER\n",
        "[[credential]]\nbase_url = 'https://a.carto.com'\nusername = 'a'\napikey = ['MARKER']\n",
        "[[credential]]\nbase_url = 'https://a.carto.com'\nMARKER = 'MARKER'\napikey = 1\n",
    ] {
        let sandbox = Sandbox::new();
        sandbox.user("username = 'a'\n");
        sandbox.file_with_mode("home/.config/carto/credentials.toml", text, 0o600);
        let ran = sandbox.carto("account").run();
        assert!(!ran.stderr.contains('|') && !ran.stderr.contains("'MARKER"), "{text}:\n{ran}");
        assert_eq!(ran.code(), 3, "{text}:\n{ran}");
    }
}

/// A line can be as long as a file; the part around the mistake is enough.
#[test]
fn a_long_line_is_cut_around_the_mistake() {
    let text =
        format!("ui = {{ editor = '{0}', color = 'blue', x = '{0}' }}\n", "é ".repeat(50_000));
    let said = broken(&text);
    let lines: Vec<_> = said.lines().collect();
    let [_, _, _, line, marks] = lines[..] else { panic!("{said}") };
    assert!(line.chars().count() < 300, "{line}");
    let at = marks.chars().position(|c| c == '^').unwrap();
    let under: String = line.chars().skip(at).take(6).collect();
    assert_eq!(under, "'blue'", "{said}");
    assert!(line.starts_with(" 1| ...") && line.ends_with("..."), "{line}");
}

/// A file by its path is judged like one's own.
#[test]
fn a_bad_value_in_a_named_file_is_no_missing_one() {
    let sandbox = Sandbox::new();
    sandbox.file("work/f.toml", "username = 'ann'\n[ui]\ncolor = 'blue'\n");
    for (words, shown) in [
        ("config get --file f.toml ui.color", ""),
        ("config list --file f.toml", "* username=ann\n"),
    ] {
        let ran = sandbox.carto(words).run().fails(3);
        assert_eq!(ran.stdout, shown, "{words}");
        assert!(ran.stderr.contains("  --> f.toml:3:9\n"), "{ran}");
    }
}

/// Runs carto with standard error on a terminal and gives what the terminal gets.
fn on_a_terminal(sandbox: &Sandbox, words: &str, variables: &[(&str, &str)]) -> String {
    let pty = nix::pty::openpty(None, None).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_carto"))
        .args(words.split_whitespace())
        .env_clear()
        .env("HOME", sandbox.path("home"))
        .env("PATH", sandbox.search_path())
        .env("CARTO_SYSTEM_CONFIG_DIR", sandbox.path("sys"))
        .env("CARTO_CEILING_DIRECTORIES", sandbox.root())
        .envs(variables.iter().copied())
        .current_dir(sandbox.path("work"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(pty.slave)
        .spawn()
        .unwrap();
    let mut master = File::from(pty.master);
    let mut shown = Vec::new();
    let mut buffer = [0; 4096];
    // The last reader of a terminal gets an error instead of an end.
    while let Ok(length) = master.read(&mut buffer) {
        if length == 0 {
            break;
        }
        shown.extend_from_slice(&buffer[..length]);
    }
    child.wait().unwrap();
    String::from_utf8(shown).unwrap()
}

#[test]
fn colours_follow_flag_setting_environment_and_terminal() {
    const NO: (&str, &str) = ("NO_COLOR", "1");
    const DUMB: (&str, &str) = ("TERM", "dumb");
    for (setting, flags, variables, terminal, elsewhere) in [
        (None, "", &[][..], true, false),
        (None, "", &[NO], false, false),
        (None, "", &[("NO_COLOR", "")], true, false),
        (None, "", &[DUMB], false, false),
        (None, "--color=always", &[NO], true, true),
        (None, "--color=never", &[], false, false),
        (None, "--color=auto", &[], true, false),
        // It turns `auto` off, whoever says `auto`.
        (None, "--color=auto", &[NO], false, false),
        (Some("always"), "", &[], true, true),
        (Some("always"), "", &[NO], true, true),
        (Some("never"), "", &[], false, false),
        (Some("auto"), "", &[NO], false, false),
        (Some("never"), "--color=always", &[], true, true),
        (Some("always"), "--color=never", &[], false, false),
        (Some("always"), "--color=auto", &[], true, false),
        (Some("never"), "-c ui.color=always", &[NO], true, true),
        (Some("always"), "-c ui.color=never", &[], false, false),
        // Settings are left out, and with them this one.
        (Some("always"), "--isolated", &[], true, false),
    ] {
        let sandbox = Sandbox::new();
        if let Some(setting) = setting {
            sandbox.user(&format!("ui.color = '{setting}'\n"));
        }
        // One command that reads settings for its work, and one that does not.
        for command in ["config get ui.editor", "help config nothing"] {
            let words = format!("{flags} {command}");
            let case = format!("{setting:?} {words} {variables:?}");
            let shown = on_a_terminal(&sandbox, &words, variables);
            assert!(shown.contains("error:"), "{case}: {shown}");
            assert_eq!(shown.contains('\u{1b}'), terminal, "{case}: {shown:?}");
            let mut call = sandbox.carto(&words);
            for (name, value) in variables {
                call = call.env(name, value);
            }
            let ran = call.run();
            assert_eq!(ran.stderr.contains('\u{1b}'), elsewhere, "{case}: {ran}");
            assert!(!ran.stdout.contains('\u{1b}'), "{case}: {ran}");
        }
    }
}

/// A project cannot colour what people read.
#[test]
fn the_colours_of_a_project_do_not_count() {
    let sandbox = Sandbox::new();
    sandbox.project("ui.color = 'always'\n");
    let ran = sandbox.carto("config get ui.editor").run();
    assert!(ran.code() == 1 && !ran.stderr.contains('\u{1b}'), "{ran}");
}

/// Colours never need a file: what needs none works however broken the settings are.
#[test]
fn a_broken_file_is_not_read_for_colours() {
    let sandbox = Sandbox::new();
    sandbox.user("ui.color = \n");
    for words in ["version", "help config", "completions bash", "config path"] {
        let ran = sandbox.carto(words).run().ok();
        assert_eq!(ran.stderr, "", "{words}");
        assert_eq!(on_a_terminal(&sandbox, words, &[]), "", "{words}");
    }
    let shown = on_a_terminal(&sandbox, "help config nothing", &[]);
    assert!(shown.contains("nothing") && !shown.contains("TOML"), "{shown}");
}

/// What reached nobody is no success.
#[cfg(target_os = "linux")]
#[test]
fn data_that_could_not_be_written_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.user("username = 'ann'\n");
    for words in ["config get username", "env", "config list --json", "help", "version", "--help"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_carto"))
            .args(words.split_whitespace())
            .env_clear()
            .env("HOME", sandbox.path("home"))
            .env("CARTO_SYSTEM_CONFIG_DIR", sandbox.path("sys"))
            .current_dir(sandbox.path("work"))
            .stdout(full)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(5), "{words}: {said}");
        assert_eq!(said, "error: cannot write to standard output: no space left on device\n");
    }
}
