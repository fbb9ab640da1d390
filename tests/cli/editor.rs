//! `carto config edit`, with editors that are scripts of one behaviour each.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use expect_test::expect;

use crate::sandbox::{Ran, Sandbox};

const BEFORE: &str = "# mine\nusername = \"ann\"\n";

fn machine() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user(BEFORE);
    sandbox
}

/// Plants an editor that is a script; `$f` is the file that it gets.
fn editor(sandbox: &Sandbox, name: &str, script: &str) -> String {
    let script = format!("#!/bin/sh\nfor f; do :; done\n{script}\n");
    sandbox.file_with_mode(name, script, 0o755).display().to_string()
}

fn edit(sandbox: &Sandbox, script: &str) -> Ran {
    let editor = editor(sandbox, "editor", script);
    sandbox.carto("config edit").env("CARTO_EDITOR", editor).run()
}

fn settings(sandbox: &Sandbox) -> String {
    sandbox.read("home/.config/carto/config.toml")
}

/// The names in the user's directory, besides the settings and the lock.
fn left_over(sandbox: &Sandbox) -> Vec<String> {
    let names = std::fs::read_dir(sandbox.path("home/.config/carto")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> =
        names.filter(|name| name != "config.toml" && !name.contains("lock")).collect();
    names.sort();
    names
}

/// Puts one name in place of the random name of the copy.
fn without_random(ran: &Ran) -> String {
    let shown = ran.to_string();
    let Some(at) = shown.find(".config.tmp-") else { return shown };
    let end = at + shown[at..].find(".toml").unwrap();
    shown.replace(&shown[at..end], ".config.tmp-RANDOM")
}

#[test]
fn a_valid_change_takes_the_files_place() {
    let sandbox = machine();
    edit(&sandbox, "echo 'ui.color = \"never\"' >>\"$f\"").ok().shows(&expect![[r#"
        ! note: changed ~/.config/carto/config.toml
        exit 0
    "#]]);
    assert_eq!(settings(&sandbox), format!("{BEFORE}ui.color = \"never\"\n"));
    assert_eq!(left_over(&sandbox), [""; 0]);
}

#[test]
fn editors_that_replace_the_file_are_understood() {
    let sandbox = machine();
    _ = edit(&sandbox, "echo 'username = \"bob\"' >\"$f.new\"; mv \"$f.new\" \"$f\"").ok();
    assert_eq!(settings(&sandbox), "username = \"bob\"\n");
}

#[test]
fn a_file_that_is_not_there_yet_is_made() {
    let sandbox = Sandbox::new();
    edit(&sandbox, "test ! -s \"$f\"; echo 'username = \"bob\"' >\"$f\"").ok().shows(&expect![[
        r#"
            ! note: changed ~/.config/carto/config.toml
            exit 0
        "#
    ]]);
    assert_eq!(settings(&sandbox), "username = \"bob\"\n");
    let sandbox = Sandbox::new();
    edit(&sandbox, ":").ok().shows(&expect![[r#"
        ! note: nothing was changed
        exit 0
    "#]]);
    assert!(!sandbox.path("home/.config/carto/config.toml").exists());
}

#[test]
fn without_a_change_nothing_is_written() {
    let sandbox = machine();
    let path = sandbox.path("home/.config/carto/config.toml");
    let before = std::fs::metadata(&path).unwrap().modified().unwrap();
    edit(&sandbox, "touch \"$f\"").ok().shows(&expect![[r#"
        ! note: nothing was changed
        exit 0
    "#]]);
    assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), before);
    assert_eq!(left_over(&sandbox), [""; 0]);
}

#[test]
fn an_invalid_change_is_kept_apart_where_nobody_can_be_asked() {
    let sandbox = machine();
    let ran = edit(&sandbox, "echo 'ui.color = \"sometimes\"' >>\"$f\"").fails(3);
    expect![[r#"
        ! error: `ui.color`: expected one of auto, always, never, not `sometimes`
        !   --> ~/.config/carto/config.toml:3:12
        !   |
        !  3| ui.color = "sometimes"
        !   |            ^^^^^^^^^^^
        ! note: nothing was changed; your text is kept in ~/.config/carto/.config.tmp-RANDOM.toml
        exit 3
    "#]]
    .assert_eq(&without_random(&ran));
    assert_eq!(settings(&sandbox), BEFORE);
    let left = left_over(&sandbox);
    let kept = sandbox.read(&format!("home/.config/carto/{}", left[0]));
    assert_eq!(kept, format!("{BEFORE}ui.color = \"sometimes\"\n"));
    let sandbox = machine();
    let ran = edit(&sandbox, "echo 'x = ' >>\"$f\"").fails(3);
    expect![[r#"
        ! error: invalid TOML: string values must be quoted, expected literal string
        !   --> ~/.config/carto/config.toml:3:5
        !   |
        !  3| x = 
        !   |     ^
        ! note: nothing was changed; your text is kept in ~/.config/carto/.config.tmp-RANDOM.toml
        exit 3
    "#]]
    .assert_eq(&without_random(&ran));
    let sandbox = machine();
    let ran = edit(&sandbox, "echo 'apikey = \"s3cret-marker\"' >>\"$f\"").fails(3);
    let ran = ran.never_says("s3cret-marker");
    expect![[r#"
        ! error: a settings file never holds an API key
        !   --> ~/.config/carto/config.toml:3:1
        ! note: `config.toml` may be committed; keys live in `credentials.toml` beside it
        ! note: nothing was changed; your text is kept in ~/.config/carto/.config.tmp-RANDOM.toml
        ! help: remove the line, then type: carto config set apikey
        exit 3
    "#]]
    .assert_eq(&without_random(&ran));
    let sandbox = machine();
    let ran = edit(&sandbox, "printf '\\377' >>\"$f\"").fails(3);
    expect![[r#"
        ! error: the file is not UTF-8
        !   --> ~/.config/carto/config.toml:3:1
        ! note: nothing was changed; your text is kept in ~/.config/carto/.config.tmp-RANDOM.toml
        exit 3
    "#]]
    .assert_eq(&without_random(&ran));
}

#[test]
fn the_first_named_editor_is_taken_with_its_arguments() {
    let sandbox = machine();
    let say = |name: &str| editor(&sandbox, name, &format!("echo \"{name}: $# $1\" >&2; exit 0"));
    let (own, set, visual, plain) = (say("own"), say("set by name"), say("visual"), say("plain"));
    let call = |own_env: &str, visual_env: &str, plain_env: &str| {
        let mut call = sandbox.carto("config edit");
        for (name, value) in
            [("CARTO_EDITOR", own_env), ("VISUAL", visual_env), ("EDITOR", plain_env)]
        {
            if !value.is_empty() {
                call = call.env(name, value);
            }
        }
        call.run().ok().stderr.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(call(&format!("{own} --wait"), &visual, &plain), "own: 2 --wait");
    assert_eq!(call("", &format!("{visual} 'a b'"), &plain), "visual: 2 a b");
    assert!(call("", "", &plain).starts_with("plain: 1 "));
    // Quotes are the shell's to read, as for git.
    _ = sandbox.carto("config set ui.editor").arg(format!("'{set}' -n")).run().ok();
    assert_eq!(call("", &visual, &plain), "set by name: 2 -n");
    assert_eq!(call(&own, &visual, &plain).split(' ').next(), Some("own:"));
    // A project names no program.
    sandbox.project("ui.editor = \"touch owned\"\n");
    assert_eq!(call("", &visual, &plain), "set by name: 2 -n");
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    let sandbox = machine();
    let ran = edit(&sandbox, "echo 'x = 1' >>\"$f\"; exit 3").fails(5);
    ran.shows(&expect![[r#"
        ! error: the editor `[root]/editor` failed: it ended with status 3; nothing was changed
        ! help: carto config set ui.editor EDITOR
        exit 5
    "#]]);
    // What the shell itself says about it differs from shell to shell.
    let ours = |ran: &Ran| ran.stderr[ran.stderr.find("error:").unwrap()..].to_owned();
    let ran = edit(&sandbox, "kill -9 $$").fails(5);
    expect![[r#"
        error: the editor `[root]/editor` failed: it was ended by a signal; nothing was changed
        help: carto config set ui.editor EDITOR
    "#]]
    .assert_eq(&ours(&ran));
    let ran = sandbox.carto("config edit").env("EDITOR", "no-such-editor").run().fails(5);
    expect![[r#"
        error: the editor `no-such-editor` failed: it was not found; nothing was changed
        help: carto config set ui.editor EDITOR
    "#]]
    .assert_eq(&ours(&ran));
    let ran = sandbox.carto("config edit").env("EDITOR", "/etc/passwd").run().fails(5);
    expect![[r#"
        error: the editor `/etc/passwd` failed: it cannot be run; nothing was changed
        help: carto config set ui.editor EDITOR
    "#]]
    .assert_eq(&ours(&ran));
    let ran = edit(&sandbox, "rm \"$f\"").fails(3);
    expect![[r#"
        ! error: cannot read what the editor left: no such file or directory
        !   --> ~/.config/carto/.config.tmp-RANDOM.toml
        ! help: look for it: ls -la ~/.config/carto
        exit 3
    "#]]
    .assert_eq(&without_random(&ran));
    sandbox.carto("config edit").run().fails(2).shows(&expect![[r#"
        ! error: no editor is named, and nobody is at a terminal
        ! help: set CARTO_EDITOR, VISUAL or EDITOR
        ! help: carto config set ui.editor EDITOR
        exit 2
    "#]]);
    assert_eq!(settings(&sandbox), BEFORE);
    assert_eq!(left_over(&sandbox), [""; 0]);
}

#[test]
fn a_file_that_was_broken_can_be_mended() {
    let sandbox = machine();
    sandbox.user("username = \n");
    edit(&sandbox, "echo 'username = \"ann\"' >\"$f\"").ok().shows(&expect![[r#"
        ! note: changed ~/.config/carto/config.toml
        exit 0
    "#]]);
    assert_eq!(settings(&sandbox), "username = \"ann\"\n");
    // The editor's own setting counts although another layer is broken.
    sandbox.file("sys/config.toml", "broken\n");
    let mend = editor(&sandbox, "mend", "echo 'ui.color = \"auto\"' >>\"$f\"");
    sandbox.user(&format!("ui.editor = \"{mend}\"\n"));
    _ = sandbox.carto("config edit").run().ok();
    assert!(settings(&sandbox).ends_with("ui.color = \"auto\"\n"));
    let ran = sandbox.carto("config edit --system").run().fails(3);
    expect![[r#"
        ! error: invalid TOML: key with no value, expected `=`
        !   --> [root]/sys/config.toml:1:7
        !   |
        !  1| broken
        !   |       ^
        ! note: nothing was changed; your text is kept in [root]/sys/.config.tmp-RANDOM.toml
        exit 3
    "#]]
    .assert_eq(&without_random(&ran));
}

#[test]
fn a_change_by_another_carto_is_not_lost() {
    let sandbox = machine();
    let script = format!(
        "'{}' -q config set organization acme; echo 'ui.color = \"never\"' >>\"$f\"",
        env!("CARGO_BIN_EXE_carto")
    );
    let ran = edit(&sandbox, &script).fails(5);
    expect![[r#"
        ! error: the file was changed by another program meanwhile
        !   --> ~/.config/carto/config.toml
        ! note: your text is kept in ~/.config/carto/.config.tmp-RANDOM.toml
        exit 5
    "#]]
    .assert_eq(&without_random(&ran));
    assert!(settings(&sandbox).contains("organization = \"acme\""));
    let kept = sandbox.read(&format!("home/.config/carto/{}", left_over(&sandbox)[0]));
    assert!(kept.contains("ui.color"), "{kept}");
}

#[test]
fn a_trusted_project_stays_trusted_and_another_stays_untrusted() {
    let sandbox = machine();
    let add = editor(&sandbox, "add", "echo 'organization = \"acme\"' >>\"$f\"");
    _ = sandbox.carto("init").run().ok();
    _ = sandbox.carto("config set --project username acme").run().ok();
    let ran = sandbox.carto("config edit --project").env("EDITOR", &add).run().ok();
    ran.shows(&expect![[r#"
        ! note: changed [work]/.carto/config.toml
        exit 0
    "#]]);
    assert!(sandbox.carto("config explain").run().stdout.contains("[work]/.carto: trusted"));
    sandbox.project("username = \"mallory\"\n");
    _ = sandbox.carto("config edit --project").env("EDITOR", &add).run().ok();
    assert!(!sandbox.carto("config explain").run().stdout.contains("[work]/.carto: trusted"));
}

#[test]
fn credentials_are_never_opened() {
    let sandbox = machine();
    sandbox.keys(&["s3cret-marker https://ann.carto.com ann"]);
    let look = "dir=$(dirname \"$f\"); basename \"$f\" >&2; cat \"$f\" >&2; test \"$#\" = 1";
    let ran = edit(&sandbox, look).ok().never_says("s3cret-marker");
    assert!(ran.stderr.starts_with(".config.tmp-"), "{ran}");
}

#[test]
fn line_ends_and_modes_stay() {
    let sandbox = machine();
    let path = sandbox.file_with_mode(
        "home/.config/carto/config.toml",
        "\u{feff}# a\r\nusername = \"ann\"\r\n",
        0o640,
    );
    _ = edit(&sandbox, "printf 'ui.color = \"never\"\\r\\n' >>\"$f\"").ok();
    let text = std::fs::read(&path).unwrap();
    let wanted = "\u{feff}# a\r\nusername = \"ann\"\r\nui.color = \"never\"\r\n";
    assert_eq!(String::from_utf8_lossy(&text), wanted);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o640);
}

/// Runs `carto config edit` at a terminal; answers each question with the next line.
fn at_a_terminal(sandbox: &Sandbox, script: &str, answers: &[&str]) -> (String, Option<i32>) {
    let editor = editor(sandbox, "editor", script);
    let pty = nix::pty::openpty(None, None).unwrap();
    let slave = |fd: &OwnedFd| Stdio::from(fd.try_clone().unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_carto"))
        .args(["config", "edit"])
        .env_clear()
        .env("HOME", sandbox.path("home"))
        .env("PATH", sandbox.search_path())
        .env("CARTO_SYSTEM_CONFIG_DIR", sandbox.path("sys"))
        .env("CARTO_CEILING_DIRECTORIES", sandbox.root())
        .env("CARTO_EDITOR", editor)
        .env("NO_COLOR", "1")
        .current_dir(sandbox.path("work"))
        .stdin(slave(&pty.slave))
        .stdout(slave(&pty.slave))
        .stderr(slave(&pty.slave))
        .spawn()
        .unwrap();
    drop(pty.slave);
    let mut terminal = File::from(pty.master);
    let mut shown = String::new();
    let mut answers = answers.iter();
    let start = Instant::now();
    let mut block = [0; 4096];
    // The read ends with an error when the last one at the terminal is gone.
    while let Ok(count) = terminal.read(&mut block) {
        if count == 0 || start.elapsed() > Duration::from_secs(20) {
            break;
        }
        shown += &String::from_utf8_lossy(&block[..count]);
        if shown.ends_with("[E/r] ") {
            match answers.next() {
                Some(answer) => writeln!(terminal, "{answer}").unwrap(),
                None => terminal.write_all(b"\x04").unwrap(),
            }
        }
    }
    let code = child.wait().unwrap().code();
    let root = sandbox.root().to_str().unwrap();
    let shown =
        shown.replace('\r', "").replace(&format!("{root}/home"), "~").replace(root, "[root]");
    (shown, code)
}

/// Breaks the file the first time it is called and mends it the second time.
const SECOND_TIME: &str = "if test -e \"$HOME/again\"; then echo 'username = \"bob\"' >\"$f\"; \
                           else touch \"$HOME/again\"; echo 'username = ' >\"$f\"; fi";

#[test]
fn at_a_terminal_one_may_edit_again() {
    let sandbox = machine();
    let (shown, code) = at_a_terminal(&sandbox, SECOND_TIME, &["what?", ""]);
    assert_eq!(code, Some(0), "{shown}");
    expect![[r#"
        error: invalid TOML: string values must be quoted, expected literal string
          --> ~/.config/carto/config.toml:1:12
          |
         1| username = 
          |            ^
        Edit again, or restore what was there? [E/r] what?
        Edit again, or restore what was there? [E/r] 
        note: changed ~/.config/carto/config.toml
    "#]]
    .assert_eq(&shown);
    assert_eq!(settings(&sandbox), "username = \"bob\"\n");
    assert_eq!(left_over(&sandbox), [""; 0]);
}

#[test]
fn at_a_terminal_one_may_restore() {
    let sandbox = machine();
    let (shown, code) = at_a_terminal(&sandbox, SECOND_TIME, &["r"]);
    assert_eq!(code, Some(0), "{shown}");
    expect![[r#"
        error: invalid TOML: string values must be quoted, expected literal string
          --> ~/.config/carto/config.toml:1:12
          |
         1| username = 
          |            ^
        Edit again, or restore what was there? [E/r] r
        note: ~/.config/carto/config.toml is as it was
    "#]]
    .assert_eq(&shown);
    assert_eq!(settings(&sandbox), BEFORE);
    assert_eq!(left_over(&sandbox), [""; 0]);
}

#[test]
fn at_a_terminal_the_end_of_input_keeps_the_text() {
    let sandbox = machine();
    let (shown, code) = at_a_terminal(&sandbox, SECOND_TIME, &[]);
    assert_eq!(code, Some(3), "{shown}");
    assert_eq!(settings(&sandbox), BEFORE);
    assert_eq!(left_over(&sandbox).len(), 1, "{shown}");
    assert!(shown.contains("your text is kept in ~/.config/carto/.config.tmp-"), "{shown}");
}

/// It is sound, and has no effect.
#[test]
fn a_typo_is_told_when_it_is_saved() {
    let sandbox = machine();
    edit(&sandbox, "echo 'ui.colour = \"never\"' >>\"$f\"").ok().shows(&expect![[r#"
        ! note: changed ~/.config/carto/config.toml
        ! warning: ~/.config/carto/config.toml:3:4: unknown setting `ui.colour`; did you mean `ui.color`?
        exit 0
    "#]]);
}
