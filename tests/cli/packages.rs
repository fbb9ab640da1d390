//! Plugins that are installed, locked, synced and verified: from directories, archives and git. What pip
//! and cargo bring is in `tests/interop/installed.py`.

use std::fs;
use std::path::PathBuf;

use expect_test::expect;

use crate::sandbox::{INSTALLED, Sandbox};

/// Says which plugin it is, and whose account it got.
pub(crate) fn hello(words: &str) -> String {
    format!("#!/bin/sh\necho {words} for $CARTO_USERNAME with ${{CARTO_API_KEY:-no key}}\n")
}

/// Makes a machine with an account, and the source of a plugin in `src/carto-hello`.
pub(crate) fn machine() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&["ann-key https://ann.carto.com ann"]);
    sandbox.file_with_mode("src/carto-hello/carto-hello", hello("one"), 0o755);
    sandbox
}

/// Returns the names of what lies where versions are installed.
pub(crate) fn installed(sandbox: &Sandbox) -> Vec<String> {
    let Ok(entries) = fs::read_dir(sandbox.path(INSTALLED)) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != ".lock").collect();
    names.sort();
    names
}

/// Makes an archive of `src/NAME` by the system's own tar.
fn tar(sandbox: &Sandbox, name: &str, archive: &str) -> PathBuf {
    let line = format!("tar -C src -czf {archive} {name}");
    _ = sandbox.shell(&line).dir("").run().ok();
    sandbox.path(archive)
}

#[test]
fn a_directory_is_shown_then_installed_and_comes_before_path() {
    let sandbox = machine();
    sandbox.plugin("hello", &hello("on path"));
    // Without a terminal nobody can agree.
    sandbox.carto("plugin install ../src/carto-hello").run().fails(4).shows(&expect![[r#"
        package   hello
        source    [root]/src/carto-hello
        version   048ea0d05ec0
        files     sha256:048ea0d05ec05dd5193c71f272384dcaf359bce5f8fc236c0b5b828a4e294bf8
        plugin    carto hello
        hides     [root]/bin/carto-hello
        ! error: nobody can be asked here; nothing was installed
        ! help: with --yes nothing is asked
        exit 4
    "#]]);
    assert_eq!(installed(&sandbox), [""; 0]);
    sandbox.carto("hello").run().ok().shows(&expect![[r#"
        on path for ann with ann-key
        exit 0
    "#]]);
    let ran = sandbox.carto("plugin install --yes ../src/carto-hello").run().ok();
    assert!(ran.stderr.contains("note: installed hello "), "{ran}");
    sandbox.carto("hello").run().ok().shows(&expect![[r#"
        one for ann with ann-key
        exit 0
    "#]]);
    let listed = sandbox.carto("plugin list").run().ok().stdout;
    assert!(
        listed.contains("/src/carto-hello)") && listed.contains("(hides [root]/bin/carto-hello)")
    );
    let info = sandbox.carto("plugin info hello").run().ok().stdout;
    assert!(info.contains("installed     from [root]/src/carto-hello"), "{info}");
    // The source is not needed any more; and it is not touched by removing.
    sandbox.carto("plugin remove hello").run().ok().shows(&expect![[r#"
        ! note: removed hello: carto hello
        exit 0
    "#]]);
    assert_eq!(installed(&sandbox), [""; 0]);
    assert!(sandbox.path("src/carto-hello/carto-hello").exists());
    sandbox.carto("hello").run().ok().shows(&expect![[r#"
        on path for ann with ann-key
        exit 0
    "#]]);
}

#[test]
fn who_agrees_on_a_terminal_gets_it_and_who_does_not_gets_nothing() {
    let sandbox = machine();
    let asked = |answer| {
        let call = sandbox.carto("plugin install ../src/carto-hello");
        call.run_on_terminal(&[("Install hello? [y/N] ", answer)])
    };
    assert_eq!(asked("n\n").code(), 4);
    assert_eq!(installed(&sandbox), [""; 0]);
    assert_eq!(asked("y\n").code(), 0);
    _ = sandbox.carto("hello").run().ok();
}

#[test]
fn programs_lie_at_the_top_in_bin_and_in_an_archive_below_its_one_folder() {
    let sandbox = machine();
    sandbox.file_with_mode("src/tools/bin/carto-a", hello("a"), 0o755);
    sandbox.file_with_mode("src/tools/carto-b", hello("b"), 0o755);
    sandbox.file_with_mode("src/tools/carto-data", "not a program", 0o644);
    sandbox.file(
        "src/tools/carto-b.toml",
        "manifest = 1\nversion = \"2.0\"\ncredentials = \"none\"\n",
    );
    tar(&sandbox, "tools", "tools.tar.gz");
    _ = sandbox.carto("plugin install ../tools.tar.gz --yes").run().ok();
    sandbox.carto("a").run().ok().shows(&expect![[r#"
        a for ann with ann-key
        exit 0
    "#]]);
    // The manifest beside it counts.
    sandbox.carto("b").run().ok().shows(&expect![[r#"
        b for with no key
        exit 0
    "#]]);
    let listed = sandbox.carto("plugin list --json").run().ok().stdout;
    assert!(listed.contains("\"version\": \"2.0\""), "{listed}");
    _ = sandbox.carto("data").run().fails(127);
    let ran = sandbox.carto("plugin remove b").run().ok();
    assert_eq!(ran.stderr, "note: removed tools: carto a, carto b\n");
    // The same as a zip.
    let zip = "import zipfile, os\nz = zipfile.ZipFile('tools.zip', 'w')\n\
               i = zipfile.ZipInfo('carto-z')\ni.external_attr = 0o100755 << 16\n\
               z.writestr(i, '#!/bin/sh\\necho z\\n')\nz.close()\n";
    sandbox.file("zip.py", zip);
    _ = sandbox.shell("python3 zip.py").dir("").run().ok();
    _ = sandbox.carto("plugin install ../tools.zip --yes").run().ok();
    assert_eq!(sandbox.carto("z").run().ok().stdout, "z\n");
}

#[test]
fn a_name_of_ones_own_is_for_a_source_with_one_plugin() {
    let sandbox = machine();
    _ = sandbox.carto("plugin install ../src/carto-hello --as-name hi --yes").run().ok();
    assert_eq!(sandbox.carto("hi").run().ok().stdout, "one for ann with ann-key\n");
    _ = sandbox.carto("hello").run().fails(127);
    for (name, words) in [
        ("config", "`config` is a built-in command"),
        ("Hi", "`--as-name` takes the name of a plugin"),
        ("../x", "`--as-name` takes the name of a plugin"),
    ] {
        let call = format!("plugin install ../src/carto-hello --as-name {name} --yes");
        let ran = sandbox.carto(&call).run().fails(2);
        assert!(ran.stderr.contains(words), "{ran}");
    }
    sandbox.file_with_mode("src/carto-hello/carto-two", hello("two"), 0o755);
    let ran = sandbox.carto("plugin install ../src/carto-hello --as-name x --yes").run().fails(2);
    assert!(ran.stderr.contains("it brings 2 plugins: hello, two"), "{ran}");
}

#[test]
fn a_linked_directory_runs_where_it_is() {
    let sandbox = machine();
    _ = sandbox.carto("plugin install --link ../src/carto-hello --yes").run().ok();
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "one for ann with ann-key\n");
    sandbox.file_with_mode("src/carto-hello/carto-hello", hello("two"), 0o755);
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "two for ann with ann-key\n");
    _ = sandbox.carto("plugin verify").run().ok();
    let ran = sandbox.carto("plugin upgrade").run().ok();
    assert_eq!(ran.stderr, "note: hello is linked, and runs where it is\n");
    sandbox.project("");
    sandbox.trust("work");
    let ran = sandbox.carto("plugin lock").run().fails(4);
    assert!(ran.stderr.contains("hello is linked"), "{ran}");
    tar(&sandbox, "carto-hello", "x.tar.gz");
    let ran = sandbox.carto("plugin install --link ../x.tar.gz --yes").run().fails(2);
    assert!(ran.stderr.contains("`--link` is for a directory"), "{ran}");
}

/// Makes a repository with a commit for each text of its plugin, which is a tag, too.
fn repository(sandbox: &Sandbox, texts: &[&str]) -> String {
    let git = "git -c user.name=x -c user.email=x@example.com";
    for text in texts {
        sandbox.file_with_mode("repo/carto-hello", hello(text), 0o755);
        let line = format!("git init -q . && git add . && {git} commit -qm x && git tag {text}");
        _ = sandbox.shell(&line).dir("repo").run().ok();
    }
    format!("git+file://{}", sandbox.path("repo").display())
}

#[test]
fn a_repository_is_taken_at_a_commit_and_upgraded_unless_it_is_pinned() {
    let sandbox = machine();
    let url = repository(&sandbox, &["first", "second"]);
    _ = sandbox.carto("plugin install").arg(format!("{url}@first")).arg("--yes").run().ok();
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "first for ann with ann-key\n");
    let ran = sandbox.carto("plugin upgrade").run().ok();
    assert!(ran.stderr.contains(" stays: its source names the version, git+file://"), "{ran}");
    sandbox.carto("plugin outdated").run().ok().shows(&expect![[r#"
        exit 0
    "#]]);
    // Without a revision it is upgraded, and the old version goes.
    _ = sandbox.carto("plugin install").arg(&url).arg("--yes").run().ok();
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "second for ann with ann-key\n");
    assert_eq!(sandbox.carto("plugin upgrade --yes").run().ok().stdout, "");
    repository(&sandbox, &["third"]);
    let ran = sandbox.carto("plugin upgrade --dry-run").run().ok();
    assert!(ran.stdout.starts_with("repo ") && ran.stdout.contains(" -> "), "{ran}");
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "second for ann with ann-key\n");
    assert!(sandbox.carto("plugin outdated").run().ok().stdout.contains(" -> "));
    _ = sandbox.carto("plugin upgrade hello --yes").run().ok();
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "third for ann with ann-key\n");
    for (revision, words) in [("v9", "the repository has no `v9`"), ("--x", "this is no URL")] {
        let call = sandbox.carto("plugin install").arg(format!("{url}@{revision}")).arg("--yes");
        let ran = call.run();
        assert!(ran.stderr.contains(words), "{ran}");
    }
    // A source that is gone: nothing changes.
    fs::rename(sandbox.path("repo"), sandbox.path("gone")).unwrap();
    for words in ["plugin outdated", "plugin upgrade --yes"] {
        let ran = sandbox.carto(words).run().fails(1);
        assert!(ran.stderr.contains("`git ls-remote` failed"), "{ran}");
        assert!(ran.stderr.contains("the source of repo does not say"), "{ran}");
    }
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "third for ann with ann-key\n");
}

/// A secret in a URL is neither shown nor stored, nor in the arguments of git.
#[test]
fn a_secret_in_a_url_is_for_git_alone() {
    let sandbox = machine();
    let git = "#!/bin/sh\nfor arg; do printf '[%s]' \"$arg\" >>\"${0%/*}/../marks/args\"; done\n\
               echo \"$CARTO_PLUGIN_GIT_PASSWORD\" >\"${0%/*}/../marks/password\"\necho no >&2\nexit 1\n";
    sandbox.file_with_mode("bin/git", git, 0o755);
    sandbox.file("marks/args", "");
    let ran = sandbox
        .carto("-v plugin install git+https://ann:s3cret-token@example.com/x.git --yes")
        .run()
        .fails(1)
        .never_says("s3cret-token");
    assert!(ran.stderr.contains("`git clone` failed"), "{ran}");
    assert_eq!(sandbox.read("marks/password"), "s3cret-token\n");
    assert!(!sandbox.read("marks/args").contains("s3cret-token"));
    assert_eq!(sandbox.files_with("s3cret-token"), ["marks/password"]);
}

#[test]
fn two_packages_with_one_command_are_refused() {
    let sandbox = machine();
    _ = sandbox.carto("plugin install ../src/carto-hello --yes").run().ok();
    sandbox.file_with_mode("src/other/carto-hello", hello("other"), 0o755);
    sandbox.carto("plugin install ../src/other --yes").run().fails(4).shows(&expect![[r#"
        package   other
        source    [root]/src/other
        version   b9a9ac7b0725
        files     sha256:b9a9ac7b072541359403dafb6640715da061aa1e3715592315ccb208d879203f
        plugin    carto hello
        ! error: the package hello brings `hello` already
        ! note: nothing was installed
        ! help: carto plugin remove hello
        ! help: --as-name NAME gives this one another name
        exit 4
    "#]]);
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "one for ann with ann-key\n");
    assert_eq!(installed(&sandbox).len(), 1);
}

#[test]
fn what_is_no_source_says_what_is_one() {
    let sandbox = machine();
    sandbox.file("x.txt", "");
    sandbox.file("broken.tar.gz", "no archive");
    sandbox.file("broken.zip", "no archive");
    for (source, code, words) in [
        ("missing", 1, "there is no `missing`"),
        ("../x.txt", 2, "this file is no archive that carto unpacks"),
        ("https://example.com/x.tar.gz", 2, "help: curl -LO URL"),
        ("git+ftp://example.com/x", 2, "this is no URL that git+ takes"),
        ("pip:-x", 2, "is no package"),
        ("../broken.tar.gz", 3, "the archive cannot be read"),
        ("../broken.zip", 3, "the archive cannot be read"),
        ("../marks", 4, "it brings no executable `carto-NAME`"),
    ] {
        let ran = sandbox.carto(&format!("plugin install {source} --yes")).run().fails(code);
        assert!(ran.stderr.contains(words), "{source}: {ran}");
        assert_eq!(installed(&sandbox), [""; 0], "{source}");
    }
    let ran = sandbox.carto("--isolated plugin install ../src/carto-hello --yes").run().fails(2);
    assert!(ran.stderr.contains("`--isolated` leaves out every file of carto"), "{ran}");
    for words in ["plugin remove nothing", "plugin verify nothing", "plugin upgrade nothing"] {
        let ran = sandbox.carto(words).run().fails(1);
        assert!(ran.stderr.contains("no plugin `nothing` is installed"), "{ran}");
    }
}

/// Makes a trusted project that locks the plugin of its own directory `tools`.
fn locked() -> Sandbox {
    let sandbox = machine();
    sandbox.project("");
    sandbox.trust("work");
    sandbox.file_with_mode("work/tools/carto-hello", hello("locked"), 0o755);
    _ = sandbox.carto("plugin install tools --yes").run().ok();
    _ = sandbox.carto("plugin lock").run().ok();
    sandbox
}

#[test]
fn a_lock_names_versions_and_hashes_and_stays_as_it_is() {
    let sandbox = locked();
    let text = sandbox.read("work/.carto/plugins.lock");
    assert!(text.contains("source = \"./tools\"\nkind = \"directory\"\n"), "{text}");
    _ = sandbox.carto("plugin lock").run().ok();
    assert_eq!(sandbox.read("work/.carto/plugins.lock"), text);
    // carto wrote it into a trusted project: it is trusted.
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "locked for ann with ann-key\n");
    let shown = sandbox.carto("trust --show").run().ok().stdout;
    assert!(shown.contains("plugins.lock:\n") && shown.contains("trusted\n"), "{shown}");
    sandbox.carto("plugin sync").run().ok().shows(&expect![[r#"
        ! note: everything that is locked is installed
        exit 0
    "#]]);
    sandbox.carto("plugin verify").run().ok().shows(&expect![[r#"
        ! note: 1 version is as installed
        exit 0
    "#]]);
}

/// Any change of the lock, and its removal, asks again; meanwhile it has no effect.
#[test]
fn trust_covers_the_lock() {
    let sandbox = locked();
    let text = sandbox.read("work/.carto/plugins.lock");
    for changed in [Some(format!("{text}\n")), None] {
        match &changed {
            Some(changed) => _ = sandbox.file("work/.carto/plugins.lock", changed),
            None => fs::remove_file(sandbox.path("work/.carto/plugins.lock")).unwrap(),
        }
        let ran = sandbox.carto("-v hello").run().ok();
        assert!(ran.stderr.contains("changed since it was trusted"), "{ran}");
        let ran = sandbox.carto("plugin sync").run().fails(if changed.is_some() { 4 } else { 1 });
        assert!(!ran.stderr.contains("installed hello"), "{ran}");
        sandbox.trust("work");
        let ran = sandbox.carto("-v hello").run().ok();
        assert!(!ran.stderr.contains("changed since it was trusted"), "{ran}");
    }
    // A lock that came with a clone is nothing until it is approved.
    _ = sandbox.carto("trust --revoke").run().ok();
    sandbox.file("work/.carto/plugins.lock", &text);
    let ran = sandbox.carto("plugin sync").run().fails(4);
    assert!(ran.stderr.contains("this project is not trusted"), "{ran}");
    assert!(ran.stderr.contains("help: carto trust"), "{ran}");
    // For CI there is one hash over both.
    let hash = sandbox.carto("trust --show").run().ok().stdout;
    let hash = hash.lines().last().unwrap().to_owned();
    _ = sandbox.carto("trust --expect").arg(&hash).run().ok();
    _ = sandbox.carto("plugin sync").run().ok();
    sandbox.file("work/.carto/plugins.lock", format!("{text}#"));
    _ = sandbox.carto("trust --expect").arg(&hash).run().fails(4);
}

/// What is locked runs as it was locked, or gets no key.
#[test]
fn a_locked_plugin_that_is_another_one_is_refused_before_it_gets_the_key() {
    let refused = |sandbox: &Sandbox, words: &str| {
        for call in ["hello", "hello --help", "help hello", "plugin run hello"] {
            let ran = sandbox.carto(call).run().fails(126).never_says("ann-key");
            assert!(ran.stderr.contains(words), "{call}: {ran}");
            assert!(ran.stderr.contains("help: carto plugin sync"), "{call}: {ran}");
            assert_eq!(ran.stdout, "", "{call}");
        }
        let listed = sandbox.carto("plugin list").run().ok().stdout;
        assert!(listed.contains(words), "{listed}");
        let info = sandbox.carto("plugin info hello").run().ok().stdout;
        assert!(info.contains(words), "{info}");
    };
    // One byte more.
    let sandbox = locked();
    let program = sandbox.installed("tools").join("tree/carto-hello");
    let whole = fs::read_to_string(&program).unwrap();
    fs::write(&program, format!("{whole}#")).unwrap();
    refused(&sandbox, "has changed since it was installed");
    // The same bytes again: it was only touched.
    fs::write(&program, &whole).unwrap();
    _ = sandbox.carto("hello").run().ok();
    // Swapped for a link to the same bytes elsewhere.
    let copy = sandbox.file_with_mode("elsewhere/carto-hello", &whole, 0o755);
    fs::remove_file(&program).unwrap();
    std::os::unix::fs::symlink(&copy, &program).unwrap();
    refused(&sandbox, "has changed since it was installed");
    // sync puts it right.
    let ran = sandbox.carto("plugin sync").run().ok();
    assert!(ran.stderr.contains("installed tools"), "{ran}");
    _ = sandbox.carto("hello").run().ok();
    // Another version, installed by hand: the locked one stays beside it, and runs.
    sandbox.file_with_mode("work/tools/carto-hello", hello("newer"), 0o755);
    _ = sandbox.carto("plugin install tools --yes").run().ok();
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "locked for ann with ann-key\n");
    let outside = sandbox.carto("hello").dir("").run().ok().stdout;
    assert_eq!(outside, "newer for ann with ann-key\n");
    // Not installed at all, while PATH has one.
    _ = sandbox.carto("plugin remove tools").run().ok();
    sandbox.plugin("hello", &hello("on path"));
    refused(&sandbox, "and not installed");
    // A source that has another one by now installs nothing.
    let ran = sandbox.carto("plugin sync").run().fails(4);
    assert!(ran.stderr.contains("this is not what was locked"), "{ran}");
    refused(&sandbox, "and not installed");
    // Only the newer one is there.
    _ = sandbox.carto("plugin install tools --yes").run().ok();
    refused(&sandbox, "is installed");
}

/// Tab asks a plugin by its manifest's protocol; not one that is another than was locked.
#[test]
fn tab_does_not_run_what_was_not_locked() {
    let sandbox = locked();
    sandbox.file("home/.config/carto/plugins/hello.toml", "[completion]\nprotocol = \"cobra\"\n");
    let asks = format!("#!/bin/sh\ntouch {}\n", sandbox.path("marks/asked").display());
    sandbox.file_with_mode("work/tools/carto-hello", &asks, 0o755);
    _ = sandbox.carto("plugin install tools --yes").run().ok();
    _ = sandbox.carto("plugin lock").run().ok();
    let tab = || _ = sandbox.carto("completions fish --ask -- carto hello").arg("").run();
    tab();
    fs::remove_file(sandbox.path("marks/asked")).unwrap();
    for entry in fs::read_dir(sandbox.path(INSTALLED)).unwrap() {
        let program = entry.unwrap().path().join("tree/carto-hello");
        if program.exists() {
            fs::write(&program, format!("{asks}#")).unwrap();
        }
    }
    tab();
    let index = "home/.local/share/carto/plugins/installed.json";
    _ = sandbox.file_with_mode(index, "{", 0o600);
    sandbox.plugin("hello", &asks);
    tab();
    let ran = sandbox.carto("completions fish --ask -- carto hello").arg("").dir("").run();
    assert!(!sandbox.path("marks/asked").exists(), "{ran}");
}

/// A plugin on PATH does not come before a locked one, whatever PATH says.
#[test]
fn a_locked_plugin_is_not_shadowed_by_path() {
    let sandbox = locked();
    sandbox.plugin("hello", &hello("planted"));
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "locked for ann with ann-key\n");
    _ = sandbox.shell("chmod 0666 \"$0\"").dir("").run();
    // The directory of installed plugins in somebody else's hands is no source of programs.
    let dir = sandbox.path("home/.local/share/carto/plugins");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    fs::set_permissions(&dir, open).unwrap();
    let ran = sandbox.carto("hello").run();
    assert_ne!(ran.code(), 0, "{ran}");
    assert!(!ran.stdout.contains("planted"), "{ran}");
}

#[test]
fn a_second_machine_gets_the_same_from_the_sources_or_from_a_directory() {
    let sandbox = locked();
    sandbox.carto("plugin sync --download ../kept").run().ok().shows(&expect![[r#"
        ! note: downloaded 1 package to [work]/../kept
        exit 0
    "#]]);
    let other = |name: &str, words: &str| {
        let sandbox = &sandbox;
        let call = sandbox.carto(words).env("HOME", sandbox.path(name));
        call.env("CARTO_CONFIG_DIR", sandbox.path("home/.config/carto"))
    };
    let trust = |name: &str| {
        let shown = other(name, "trust --show").run().ok().stdout;
        let hash = shown.lines().last().unwrap().to_owned();
        _ = other(name, "trust --expect").arg(hash).run().ok();
    };
    fs::create_dir(sandbox.path("second")).unwrap();
    trust("second");
    _ = other("second", "hello").run().fails(126);
    _ = other("second", "plugin sync").run().ok();
    assert_eq!(other("second", "hello").run().ok().stdout, "locked for ann with ann-key\n");
    // The source is gone; the directory has it.
    fs::create_dir(sandbox.path("third")).unwrap();
    fs::rename(sandbox.path("work/tools"), sandbox.path("work/gone")).unwrap();
    trust("third");
    let ran = other("third", "plugin sync").run().fails(1);
    assert!(ran.stderr.contains("there is no `./tools`"), "{ran}");
    // One byte changed in it: nothing is installed.
    let archive = sandbox.path("kept/tools/tree.tar.gz");
    let whole = fs::read(&archive).unwrap();
    for at in [12, whole.len() / 2, whole.len() - 6] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&archive, changed).unwrap();
        let ran = other("third", "plugin sync --offline --from ../kept").run();
        assert_ne!(ran.code(), 0, "{at}: {ran}");
        _ = other("third", "hello").run().fails(126);
    }
    fs::write(&archive, whole).unwrap();
    _ = other("third", "plugin sync --offline --from ../kept").run().ok();
    assert_eq!(other("third", "hello").run().ok().stdout, "locked for ann with ann-key\n");
    let ran = other("third", "plugin sync --offline").run().fails(2);
    assert!(ran.stderr.contains("--from"), "{ran}");
}

/// What another version took the place of may still be running: it goes a day later.
#[test]
fn a_version_that_was_replaced_stays_for_a_day() {
    let sandbox = machine();
    _ = sandbox.carto("plugin install ../src/carto-hello --yes").run().ok();
    let old = sandbox.installed("hello");
    sandbox.file_with_mode("src/carto-hello/carto-hello", hello("two"), 0o755);
    _ = sandbox.carto("plugin upgrade --yes").run().ok();
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "two for ann with ann-key\n");
    assert!(old.join("tree/carto-hello").exists());
    sandbox.carto("plugin verify").run().ok().shows(&expect![[r#"
        ! note: 1 version is as installed
        exit 0
    "#]]);
    let index = "home/.local/share/carto/plugins/installed.json";
    let mut json: serde_json::Value = serde_json::from_str(&sandbox.read(index)).unwrap();
    let retired = json["packages"]["hello"]["retired"].as_object_mut().unwrap();
    let since = retired.values_mut().next().unwrap();
    *since = (since.as_u64().unwrap() - 24 * 60 * 60 - 1).into();
    sandbox.file_with_mode(index, json.to_string(), 0o600);
    _ = sandbox.carto("plugin upgrade").run().ok();
    assert!(!old.exists());
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "two for ann with ann-key\n");
}

/// What was installed by hand and is locked by a project that came later stays, too.
#[test]
fn sync_keeps_what_was_there_already() {
    let sandbox = locked();
    _ = sandbox.carto("plugin remove tools").run().ok();
    _ = sandbox.carto("plugin install tools --yes").run().ok();
    _ = sandbox.carto("plugin sync").run().ok();
    sandbox.file_with_mode("work/tools/carto-hello", hello("newer"), 0o755);
    _ = sandbox.carto("plugin upgrade --yes").run().ok();
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "locked for ann with ann-key\n");
}

#[test]
fn all_that_is_locked_is_installed_or_nothing() {
    let sandbox = locked();
    sandbox.file_with_mode("work/more/carto-more", hello("more"), 0o755);
    _ = sandbox.carto("plugin install more --yes").run().ok();
    _ = sandbox.carto("plugin lock more").run().ok();
    let text = sandbox.read("work/.carto/plugins.lock");
    assert!(text.find("\"more\"") < text.find("\"tools\""), "{text}");
    _ = sandbox.carto("plugin remove more tools").run().ok();
    // The last one in order is not to be had.
    sandbox.file_with_mode("work/tools/carto-hello", hello("newer"), 0o755);
    _ = sandbox.carto("plugin sync").run().fails(4);
    _ = sandbox.carto("more").run().fails(126);
    assert_eq!(installed(&sandbox), [""; 0]);
}

#[test]
fn verify_names_each_difference() {
    let sandbox = locked();
    let tree = sandbox.installed("tools").join("tree");
    fs::write(tree.join("added"), "").unwrap();
    fs::write(tree.join("carto-hello"), "").unwrap();
    let ran = sandbox.carto("plugin verify").run().fails(1);
    assert!(
        ran.stdout.contains(": added added\n") && ran.stdout.contains(": changed carto-hello\n")
    );
    assert!(ran.stderr.contains("there are 2 differences"), "{ran}");
    fs::remove_file(tree.join("carto-hello")).unwrap();
    let ran = sandbox.carto("plugin verify hello").run().fails(1);
    assert!(ran.stdout.contains(": missing carto-hello\n"), "{ran}");
    // Who changes the list of files, too, has to change the receipt; and then the lock does not fit.
    fs::write(sandbox.installed("tools").join("files.json"), "[]").unwrap();
    let ran = sandbox.carto("plugin verify").run().fails(1);
    assert!(ran.stdout.contains("is not the one of its receipt"), "{ran}");
    _ = sandbox.carto("plugin remove tools").run().ok();
    let ran = sandbox.carto("plugin verify").run().fails(1);
    assert!(ran.stdout.contains("it is locked, and not installed as it was locked"), "{ran}");
}

/// A broken index or lock stops every plugin, rather than letting another one run.
#[test]
fn what_cannot_be_read_runs_nothing_in_its_place() {
    let sandbox = locked();
    sandbox.plugin("hello", &hello("on path"));
    let index = "home/.local/share/carto/plugins/installed.json";
    let whole = sandbox.read(index);
    sandbox.file_with_mode(index, "{", 0o600);
    let ran = sandbox.carto("hello").dir("").run().fails(3);
    assert!(ran.stderr.contains("the index of installed plugins cannot be read"), "{ran}");
    assert!(ran.stderr.contains("help: remove the file"), "{ran}");
    let ran = sandbox.carto("hello").run().fails(126);
    assert!(ran.stderr.contains("the index of installed plugins cannot be read"), "{ran}");
    sandbox.file_with_mode(index, whole, 0o600);
    sandbox.file("work/.carto/plugins.lock", "version = 1\n[[plugin]]\npackage = \"x\"\n");
    let ran = sandbox.carto("trust --show").run().ok();
    assert!(ran.stdout.contains("package = \"x\""), "{ran}");
    let hash = ran.stdout.lines().last().unwrap().to_owned();
    _ = sandbox.carto("trust --expect").arg(hash).run().ok();
    let ran = sandbox.carto("hello").run().fails(3);
    assert!(ran.stderr.contains("this entry of the lock is not whole"), "{ran}");
    assert!(ran.stderr.contains("plugins.lock:2:1"), "{ran}");
}

/// Writes the lock anew, and approves it.
fn rewrite_lock(sandbox: &Sandbox, from: &str, to: &str) {
    let text = sandbox.read("work/.carto/plugins.lock");
    assert!(text.contains(from), "{text}");
    sandbox.file("work/.carto/plugins.lock", text.replace(from, to));
    sandbox.trust("work");
}

/// What stands in lock, receipt and index is compared with each other.
#[test]
fn a_record_that_says_something_else_is_told() {
    let refused = |sandbox: &Sandbox, call: &str, words: &str| {
        let ran = sandbox.carto(call).run().fails(126).never_says("ann-key");
        assert!(ran.stderr.contains(words), "{ran}");
    };
    let sandbox = locked();
    let hash = sandbox.read("work/.carto/plugins.lock");
    let hash = hash.split("sha256:").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    rewrite_lock(&sandbox, &hash, &"0".repeat(64));
    refused(&sandbox, "hello", "and what is installed has other bytes");
    let sandbox = locked();
    rewrite_lock(&sandbox, "programs = [\"hello\"]", "programs = [\"hello\", \"extra\"]");
    refused(&sandbox, "extra", "is not in the locked version");
    let sandbox = locked();
    rewrite_lock(&sandbox, "package = \"tools\"", "package = \"other\"");
    refused(&sandbox, "hello", "and not installed");
    let ran = sandbox.carto("plugin sync").run().fails(3);
    assert!(ran.stderr.contains("the lock's package `other` is none of its source"), "{ran}");
    let sandbox = locked();
    let receipt = sandbox.installed("tools").join("receipt.json");
    let whole = fs::read_to_string(&receipt).unwrap();
    fs::write(&receipt, whole.replace("\"kind\": \"directory\"", "\"kind\": \"archive\"")).unwrap();
    refused(&sandbox, "hello", "has the receipt of another one than was locked");
    fs::write(&receipt, "{").unwrap();
    refused(&sandbox, "hello", "the record of an installed plugin cannot be read");
    let ran = sandbox.carto("plugin upgrade").run().fails(3);
    assert!(ran.stderr.contains("the record of an installed plugin cannot be read"), "{ran}");
    fs::remove_file(&receipt).unwrap();
    refused(&sandbox, "hello", "the record of an installed plugin is not there");
    _ = sandbox.carto("plugin sync").run().ok();
    _ = sandbox.carto("hello").run().ok();
}

#[test]
fn what_is_missing_for_it_is_named() {
    let sandbox = machine();
    let ran =
        sandbox.carto("plugin install ../src/carto-hello -y").env_remove("HOME").run().fails(5);
    assert!(ran.stderr.contains("there is no place for plugins: HOME is not set"), "{ran}");
    sandbox.project("");
    let ran = sandbox.carto("plugin lock").run().fails(1);
    assert!(ran.stderr.contains("no plugin is installed that could be locked"), "{ran}");
    let ran = sandbox.carto("plugin sync").run().fails(1);
    assert!(ran.stderr.contains("this project locks no plugins"), "{ran}");
    let url = "git+https://example.com/acme/tools";
    let install = || sandbox.carto("plugin install").arg(url).arg("--yes");
    let ran = install().env("PATH", sandbox.path("bin")).run().fails(1);
    assert!(ran.stderr.contains("`git` is needed for this, and is not on PATH"), "{ran}");
    sandbox.file_with_mode("bin/git", "#!/no/such/interpreter\n", 0o755);
    let ran = install().run().fails(126);
    assert!(ran.stderr.contains("cannot run it: "), "{ran}");
    assert_eq!(installed(&sandbox), [""; 0]);
    let sandbox = locked();
    fs::create_dir(sandbox.path("kept")).unwrap();
    _ = sandbox.carto("plugin remove tools").run().ok();
    let ran = sandbox.carto("plugin sync --offline --from ../kept").run().fails(1);
    assert!(ran.stderr.contains("it was not downloaded to there"), "{ran}");
    // A repository without a commit.
    let url = repository(&sandbox, &["first"]);
    _ = sandbox.carto("plugin install").arg(&url).arg("--yes").run().ok();
    sandbox.file_with_mode("bin/git", "#!/bin/sh\nexit 0\n", 0o755);
    let ran = sandbox.carto("plugin outdated").run().fails(1);
    assert!(ran.stderr.contains("the repository is empty"), "{ran}");
}

/// A lock in a project that nobody trusted does not become trusted by writing to it.
#[test]
fn locking_approves_nothing_that_was_not() {
    let sandbox = machine();
    sandbox.project("[alias]\nx = \"hello\"\n");
    _ = sandbox.carto("plugin install ../src/carto-hello --yes").run().ok();
    let ran = sandbox.carto("plugin lock").run().ok();
    assert!(ran.stderr.contains("this project is not trusted: see carto trust"), "{ran}");
    _ = sandbox.carto("x").run().fails(127);
    let ran = sandbox.carto("plugin lock").dir("").run().fails(1);
    assert!(ran.stderr.contains("there is no project here"), "{ran}");
}
