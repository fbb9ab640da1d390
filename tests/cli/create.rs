//! `carto plugin create`: a plugin whose test passes at once. `tests/interop` runs those of Python and
//! Rust, which need more than a shell.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use expect_test::expect;

use crate::sandbox::Sandbox;

fn with_account() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&["marker-key https://ann.carto.com"]);
    sandbox
}

#[test]
fn it_says_how_to_test_and_run_what_it_wrote() {
    let sandbox = with_account();
    sandbox.carto("plugin create tiles --lang sh").run().ok().shows(&expect![[r#"
        cd carto-tiles && sh test.sh
        cd carto-tiles && PATH="$PWD:$PATH" carto tiles
        ! note: wrote [work]/carto-tiles
        exit 0
    "#]]);
    sandbox.carto("plugin create tiles --lang python sub").run().shows(&expect![[r#"
        cd sub/carto-tiles && pytest
        cd sub/carto-tiles && PATH="$PWD:$PATH" carto tiles
        ! note: wrote [work]/sub/carto-tiles
        exit 0
    "#]]);
    fs::create_dir(sandbox.path("work/a b")).unwrap();
    let call = sandbox.carto("plugin create tiles --lang rust").arg("a b");
    call.run().ok().shows(&expect![[r#"
        cd 'a b/carto-tiles' && cargo test
        cd 'a b/carto-tiles' && cargo build && PATH="$PWD/target/debug:$PATH" carto tiles
        ! note: wrote [work]/a b/carto-tiles
        exit 0
    "#]]);
}

/// Both commands are run as they are printed.
#[test]
fn a_plugin_in_shell_passes_its_test_and_runs() {
    for name in ["tiles", "a-b_c", "7z"] {
        let sandbox = with_account();
        let words = format!("plugin create {name} --lang sh");
        let printed = sandbox.carto(&words).run().ok().stdout;
        let [test, run] = printed.lines().collect::<Vec<_>>()[..] else { panic!("{printed}") };
        let tested = sandbox.shell(test).run().ok();
        assert!(tested.stdout.ends_with(" passed, 0 failed\n"), "{tested}");
        let ran = sandbox.shell(run).run().ok().never_says("marker-key");
        assert_eq!(ran.stdout, "hello ann at https://ann.carto.com (key: yours)\n");
        _ = sandbox.carto(&format!("config set plugins.{name}.greeting hi")).run().ok();
        let ran = sandbox.shell(run).run().ok();
        assert_eq!(ran.stdout, "hi ann at https://ann.carto.com (key: yours)\n");
        let line = format!("cd carto-{name} && PATH=\"$PWD:$PATH\" carto plugin info {name}");
        let info = sandbox.shell(&line).run().ok();
        assert!(info.stdout.contains("description   Says which account carto hands over\n"));
        let line = format!("cd carto-{name} && PATH=\"$PWD:$PATH\" carto help {name}");
        let help = sandbox.shell(&line).run().ok();
        assert!(help.stdout.contains(&format!("Usage: carto {name} [-j]\n")), "{help}");
    }
}

#[test]
fn every_language_has_its_files() {
    let sandbox = with_account();
    for (lang, expected) in [
        ("sh", "README.md carto-x carto-x.toml plugin.schema.json test.sh"),
        (
            "python",
            "README.md carto-x carto-x.toml carto_x.py plugin.schema.json pyproject.toml \
             test_carto_x.py",
        ),
        (
            "rust",
            ".gitignore Cargo.toml README.md carto-x.toml plugin.schema.json src/account.rs \
             src/main.rs tests/plugin.rs",
        ),
    ] {
        fs::create_dir(sandbox.path(&format!("work/{lang}"))).unwrap();
        _ = sandbox.carto(&format!("plugin create x --lang {lang} {lang}")).run().ok();
        let dir = sandbox.path(&format!("work/{lang}/carto-x"));
        let list = sandbox.program("find").arg(&dir).words("-type f -printf %P\\n").run().ok();
        let mut files: Vec<_> = list.stdout.lines().collect();
        files.sort_unstable();
        assert_eq!(files.join(" "), expected);
        for file in files {
            let path = dir.join(file);
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("@NAME@") && !text.contains("@MODULE@"), "{lang} {file}");
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if file == "carto-x" { 0o755 } else { 0o644 }, "{lang} {file}");
        }
        let manifest = fs::read_to_string(dir.join("carto-x.toml")).unwrap();
        assert!(manifest.starts_with("#:schema ./plugin.schema.json\nmanifest = 1\n"));
        let readme = fs::read_to_string(dir.join("README.md")).unwrap();
        assert!(readme.contains("Licence: (fill in") && readme.lines().count() <= 24);
        // What it says of itself is a manifest.
        sandbox.plugin("x", "#!/bin/sh\n");
        sandbox.file("bin/carto-x.toml", manifest);
        _ = sandbox.carto("x").run().ok();
    }
}

#[test]
fn nothing_is_overwritten_and_nothing_is_left_behind() {
    let sandbox = with_account();
    sandbox.file("work/carto-x/mine", "mine");
    let ran = sandbox.carto("plugin create x --lang sh").run();
    ran.fails(5).shows(&expect![[r#"
        ! error: it is there already, and nothing is overwritten
        !   --> [work]/carto-x
        ! help: take another name, or another directory: carto plugin create --help
        exit 5
    "#]]);
    assert_eq!(fs::read_dir(sandbox.path("work/carto-x")).unwrap().count(), 1);
    std::os::unix::fs::symlink("/nowhere", sandbox.path("work/carto-y")).unwrap();
    _ = sandbox.carto("plugin create y --lang sh").run().fails(5);
    sandbox.file("work/file", "");
    let ran = sandbox.carto("plugin create z --lang sh file").run().fails(5);
    assert!(ran.stderr.contains("cannot write [work]/file: "), "{ran}");
    // A full disk, as a limit on files: what was begun is taken away.
    let line = "ulimit -f 1; trap '' XFSZ; carto plugin create w --lang rust";
    let ran = sandbox.shell(line).run().fails(5);
    assert!(ran.stderr.contains("nothing is left of the new plugin"), "{ran}");
    assert!(!sandbox.path("work/carto-w").exists());
}

#[test]
fn a_name_that_no_plugin_can_have_is_refused_with_the_rule() {
    let sandbox = with_account();
    for (name, says) in [
        ("config", "is a built-in command, which comes first"),
        ("Tiles", "only lower-case letters, digits, `-` and `_`"),
        ("../x", "only lower-case letters"),
        ("", "only lower-case letters"),
        ("carto-tiles", "carto plugin create tiles"),
    ] {
        let call = sandbox.carto("plugin create --lang sh").arg(name);
        let ran = call.run().fails(2);
        assert!(ran.stderr.contains(says), "{name}: {ran}");
    }
    let ran = sandbox.carto("plugin create x").run().fails(2);
    assert!(ran.stderr.contains("--lang"), "{ran}");
    let ran = sandbox.carto("plugin create x --lang go").run().fails(2);
    assert!(ran.stderr.contains("sh, python, rust"), "{ran}");
    assert_eq!(fs::read_dir(sandbox.path("work")).unwrap().count(), 0);
}
