//! Keys and git: what git would commit, and what a hostile repository makes of being asked.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::stat::Mode;

use crate::sandbox::{Ran, Sandbox};

const KEY: &str = "marker-key-1a2b3c";
/// git as a user calls it, without the user's own settings.
const GIT: &str = "git -c user.name=n -c user.email=e@x.example -c core.autocrlf=false";
/// Left behind by whatever a repository had run.
const RAN: &str = "marks/git-ran";

fn with_account() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox
}

#[track_caller]
fn does(sandbox: &Sandbox, lines: &[&str]) {
    for line in lines {
        _ = sandbox.shell(line).run().ok();
    }
}

/// Stores the key with the project and gives what came of it.
fn store(sandbox: &Sandbox, dir: &str) -> Ran {
    sandbox.carto("config set --project apikey").dir(dir).stdin(KEY).run().never_says(KEY)
}

/// Whether anything that git has in its objects or its index, or would add, holds the key.
#[track_caller]
fn git_never_takes_the_key(sandbox: &Sandbox, dir: &str) {
    does(
        sandbox,
        &[&format!("cd '{dir}' && {GIT} add -A && {GIT} commit -q --allow-empty -m all")],
    );
    let found = sandbox.shell(&format!("cd '{dir}' && git grep -q {KEY} HEAD")).run();
    assert_eq!(found.code(), 1, "git has the key\n{found}");
    let names = sandbox.shell(&format!("cd '{dir}' && git ls-files")).run().ok().stdout;
    assert!(!names.contains("credentials.toml"), "git has the file:\n{names}");
}

#[test]
fn a_key_stays_out_of_every_kind_of_work_tree() {
    let base =
        format!("git init -q repo && cd repo && touch x && {GIT} add x && {GIT} commit -qm x");
    for (kind, dir, prepare) in [
        ("plain", "repo", String::new()),
        ("below the root", "repo/a/b", "mkdir -p repo/a/b".to_owned()),
        ("nested", "repo/inner", "git init -q repo/inner".to_owned()),
        ("worktree", "tree", "cd repo && git worktree add -q ../tree".to_owned()),
        (
            "submodule",
            "repo/sub",
            format!(
                "{GIT} clone -q repo other && cd repo && \
                 {GIT} -c protocol.file.allow=always submodule --quiet add ../other sub"
            ),
        ),
        (
            "excludes that take back",
            "repo",
            "printf '!credentials.toml\\n!.carto\\n' >excludes; cp excludes repo/.git/info/exclude; \
             git -C repo config core.excludesFile \"$PWD/excludes\""
                .to_owned(),
        ),
        (
            "ignore files that take back",
            "repo",
            "printf '!credentials.toml\\n' >repo/.gitignore".to_owned(),
        ),
    ] {
        let sandbox = with_account();
        does(&sandbox, &[&base]);
        if !prepare.is_empty() {
            does(&sandbox, &[&prepare]);
        }
        let dir = format!("work/{dir}");
        _ = sandbox.carto("init").dir(&dir).run().ok();
        _ = store(&sandbox, &dir).ok();
        assert_eq!(sandbox.files_with(KEY), [format!("{dir}/.carto/credentials.toml")], "{kind}");
        let below = dir.strip_prefix("work/").unwrap();
        git_never_takes_the_key(&sandbox, below);
        git_never_takes_the_key(&sandbox, "repo");
        // `doctor` sees it as git does.
        let ran = sandbox.carto("doctor").dir(&dir).run();
        assert!(!ran.stdout.contains("-credentials]"), "{kind}\n{ran}");
    }
}

#[test]
fn an_ignore_file_that_takes_the_line_back_is_overruled() {
    let sandbox = with_account();
    does(&sandbox, &["git init -q ."]);
    let taken_back = "credentials.toml\n.lock\n.*.tmp-*\n!credentials.toml\n";
    sandbox.file("work/.carto/.gitignore", taken_back);
    _ = store(&sandbox, "work").ok();
    git_never_takes_the_key(&sandbox, ".");
    assert!(sandbox.read("work/.carto/.gitignore").starts_with(taken_back));
}

#[test]
fn a_tracked_file_takes_no_key_whichever_repository_has_it() {
    const PLACE: &str = "work/inner/carto";
    for (kind, after) in [
        ("the nearest", ""),
        // What an outer repository had before the inner one was made it goes on to commit.
        ("an outer one", "git init -q inner"),
        // It says that its files are elsewhere; whoever corrects that commits the key.
        (
            "one with another work tree",
            "mkdir /nowhere-$$ 2>/dev/null; git config core.worktree /tmp",
        ),
        ("one that calls itself bare", "git config core.bare true"),
        (
            "one whose index says skip",
            "git update-index --skip-worktree inner/carto/credentials.toml",
        ),
        ("one that deleted it", "rm inner/carto/credentials.toml"),
    ] {
        let sandbox = with_account();
        sandbox.file_with_mode("work/inner/carto/credentials.toml", "# none\n", 0o600);
        does(&sandbox, &[&format!("git init -q . && {GIT} add -f . && {GIT} commit -qm x")]);
        if !after.is_empty() {
            does(&sandbox, &[after]);
        }
        // As one's own place: a file that came with a clone is refused before git is asked.
        let own = |words| sandbox.carto(words).env("CARTO_CONFIG_DIR", sandbox.path(PLACE));
        let ran = own("config set apikey").stdin(KEY).run().fails(5).never_says(KEY);
        assert!(ran.stderr.contains("error: git tracks this file; no key is"), "{kind}\n{ran}");
        assert!(ran.stderr.contains("inner/carto/credentials.toml\n"), "{kind}\n{ran}");
        assert!(ran.stderr.contains("help: git rm --cached"), "{kind}\n{ran}");
        assert_eq!(sandbox.files_with(KEY), [""; 0], "{kind}");
        let doctor = own("doctor").run();
        assert_eq!(
            doctor.stdout.contains("[tracked-credentials]"),
            kind != "one that deleted it",
            "{kind}\n{doctor}"
        );
    }
}

#[test]
fn a_home_of_dotfiles_commits_no_key() {
    let sandbox = with_account();
    // The settings lie in a repository of their own, within that of the home.
    does(
        &sandbox,
        &[&format!(
            "cd ~ && git init -q . && {GIT} add -A && {GIT} commit -qm x && git init -q .config/carto"
        )],
    );
    _ = sandbox.carto("config set apikey").stdin(KEY).run().ok().never_says(KEY);
    git_never_takes_the_key(&sandbox, "../home/.config/carto");
    fs::remove_dir_all(sandbox.path("home/.config/carto/.git")).unwrap();
    git_never_takes_the_key(&sandbox, "../home");
    // Tracked by the outer one alone.
    let sandbox = with_account();
    sandbox.keys(&["old-key https://ann.carto.com ann"]);
    does(
        &sandbox,
        &[&format!(
            "cd ~ && git init -q . && {GIT} add -Af && {GIT} commit -qm x && git init -q .config/carto"
        )],
    );
    let ran = sandbox.carto("config set apikey").stdin(KEY).run().fails(5).never_says(KEY);
    assert!(ran.stderr.contains("git tracks this file"), "{ran}");
    assert_eq!(sandbox.files_with(KEY), [""; 0]);
}

/// Everything that makes `carto` ask git.
fn ask_in_every_way(sandbox: &Sandbox) {
    _ = sandbox.carto("doctor").run();
    _ = sandbox.carto("doctor --json").run();
    // A file that came with a clone is refused before git is asked.
    _ = fs::remove_file(sandbox.path("work/.carto/credentials.toml"));
    _ = store(sandbox, "work");
    _ = sandbox.carto("credentials export out.json").run();
    _ = sandbox.carto("login bob --key-stdin").stdin(KEY).run();
    _ = sandbox.carto("config get apikey").run();
    _ = sandbox.carto("account").run();
    _ = sandbox.carto("logout").run();
    _ = sandbox.carto("init").run();
}

#[test]
fn a_hostile_repository_runs_nothing() {
    let sandbox = with_account();
    let mark = sandbox.path(RAN);
    let mark = mark.to_str().unwrap();
    let script = format!("#!/bin/sh\n: >{mark}\n");
    let program = sandbox.file_with_mode("evil", &script, 0o755);
    let program = program.to_str().unwrap();
    does(&sandbox, &[&format!("git init -q . && touch x && {GIT} add x && {GIT} commit -qm x")]);
    for hook in ["post-index-change", "reference-transaction", "pre-commit", "fsmonitor-watchman"] {
        sandbox.file_with_mode(&format!("work/.git/hooks/{hook}"), &script, 0o755);
    }
    sandbox.file("work/.carto/config.toml", "");
    sandbox.file_with_mode("work/.carto/credentials.toml", "# none\n", 0o600);
    sandbox.file("work/.gitattributes", "* filter=evil diff=evil\n");
    let config = format!(
        "[core]\n\tfsmonitor = {program}\n\tpager = {program}\n\teditor = {program}\n\
         \tsshCommand = {program}\n\tgitProxy = {program}\n\taskPass = {program}\n\
         \thooksPath = hooks\n\tuntrackedCache = true\n\
         [alias]\n\tls-files = !{program}\n\tcheck-ignore = !{program}\n\tx = !{program}\n\
         [credential]\n\thelper = {program}\n\thelper = !{program}\n\
         [pager]\n\tls-files = {program}\n\tcheck-ignore = true\n\
         [filter \"evil\"]\n\tclean = {program}\n\tsmudge = {program}\n\tprocess = {program}\n\
         \trequired = true\n\
         [diff]\n\texternal = {program}\n[diff \"evil\"]\n\ttextconv = {program}\n\
         [gpg]\n\tprogram = {program}\n[trace2]\n\teventTarget = {mark}\n"
    );
    let path = sandbox.path("work/.git/config");
    fs::write(&path, fs::read_to_string(&path).unwrap() + &config).unwrap();
    // It is as hostile as it means to be.
    _ = sandbox.shell("git ls-files -z >/dev/null; git status >/dev/null").run();
    assert!(sandbox.path(RAN).exists(), "git itself runs it");
    fs::remove_file(sandbox.path(RAN)).unwrap();
    ask_in_every_way(&sandbox);
    assert!(!sandbox.path(RAN).exists(), "something ran");
    // Nor is another git taken than that of absolute entries of PATH.
    sandbox.file_with_mode("work/git", &script, 0o755);
    sandbox.file_with_mode("work/bin/git", &script, 0o755);
    for path in [".", "", "bin", "./bin"] {
        let rest = sandbox.search_path().into_string().unwrap();
        let path = format!("{path}:{rest}");
        _ = sandbox.carto("config set --project apikey").env("PATH", &path).stdin(KEY).run();
        _ = sandbox.carto("doctor").env("PATH", &path).run();
        assert!(!sandbox.path(RAN).exists(), "PATH={path}");
    }
}

/// An object that is not there is fetched from a remote, and a remote can be a command.
#[test]
fn a_repository_of_missing_objects_runs_nothing() {
    let sandbox = with_account();
    let mark = sandbox.path(RAN);
    sandbox.file_with_mode("work/.carto/.gitignore", "# gone\n", 0o644);
    sandbox.file_with_mode("evil", format!("#!/bin/sh\n: >{}\n", mark.display()), 0o755);
    let evil = sandbox.path("evil");
    does(
        &sandbox,
        &[
            &format!("git init -q . && {GIT} add -A && {GIT} commit -qm x"),
            "git update-index --skip-worktree .carto/.gitignore",
            "object=$(git rev-parse :.carto/.gitignore); rm .carto/.gitignore; \
         rm -f .git/objects/$(echo $object | cut -c1-2)/$(echo $object | cut -c3-)",
            "git config core.repositoryFormatVersion 1; git config extensions.partialClone origin; \
         git config remote.origin.promisor true; git config protocol.ext.allow always",
            &format!("git config remote.origin.url 'ext::{}'", evil.display()),
        ],
    );
    sandbox.file_with_mode("work/.carto/credentials.toml", "# none\n", 0o600);
    _ = sandbox.shell("git check-ignore -q .carto/credentials.toml").run();
    assert!(mark.exists(), "git itself runs it");
    fs::remove_file(&mark).unwrap();
    // Before the file is there that `carto` writes: with it git needs no object.
    _ = sandbox.carto("doctor").run();
    assert!(!mark.exists(), "doctor");
    ask_in_every_way(&sandbox);
    assert!(!mark.exists(), "something ran");
}

#[test]
fn a_repository_that_hangs_is_not_waited_for() {
    let kinds = [
        ("include", "work/pipe", "include.path"),
        ("excludes", "work/pipe", "core.excludesFile"),
        ("attributes", "work/pipe", "core.attributesFile"),
        ("index", "work/.git/index", ""),
        ("head", "work/.git/HEAD", ""),
        ("ignore file above", "work/.gitignore", ""),
        ("ignore file", "work/.carto/.gitignore", ""),
    ];
    // Each takes the time that git is given; together they take it once.
    std::thread::scope(|scope| {
        for (kind, file, setting) in kinds {
            scope.spawn(move || ends_in_time(kind, file, setting));
        }
    });
}

fn ends_in_time(kind: &str, file: &str, setting: &str) {
    const CREDENTIALS: &str = "work/.carto/credentials.toml";
    let limit = Duration::from_secs(30);
    let sandbox = with_account();
    does(&sandbox, &["git init -q . && mkdir .carto"]);
    let file = sandbox.path(file);
    _ = fs::remove_file(&file);
    if !setting.is_empty() {
        does(&sandbox, &[&format!("git config {setting} '{}'", file.display())]);
    }
    nix::unistd::mkfifo(&file, Mode::from_bits_truncate(0o644)).unwrap();
    let begin = Instant::now();
    let ran = store(&sandbox, "work");
    assert!(begin.elapsed() < limit, "{kind}\n{ran}");
    let refused = match kind {
        "include" | "index" => Some("git does not say whether it tracks this file"),
        "ignore file" => Some("cannot add to .gitignore"),
        // It is no repository then.
        "head" => (ran.code() == 5).then_some("git does not say whether it tracks this file"),
        // git need not look there to say what it tracks.
        _ => None,
    };
    match refused {
        None => _ = ran.ok(),
        Some(says) => {
            assert_eq!((ran.code(), sandbox.files_with(KEY)), (5, Vec::new()), "{kind}\n{ran}");
            assert!(ran.stderr.contains(says), "{kind}\n{ran}");
            assert!(ran.stderr.contains("--> [work]/.carto/"), "{kind}\n{ran}");
            assert!(ran.stderr.contains("help: "), "{kind}\n{ran}");
            sandbox.file_with_mode(CREDENTIALS, "# none\n", 0o600);
        }
    }
    let begin = Instant::now();
    let ran = sandbox.carto("doctor").run();
    assert!(ran.code() < 2 && begin.elapsed() < limit, "{kind}\n{ran}");
}
