//! The known attacks on PATH, environment, files and records; the others stand in `known_attacks`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;

use nix::sys::stat::Mode;

use super::known_attacks::{
    KEY, PROJECT, STORE, hostile, is_ann, is_root, mode, refused, stays, stops,
};

#[test]
fn t36_a_directory_that_depends_on_where_i_am_is_not_searched() {
    let sandbox = hostile("");
    let spy = format!("#!/bin/sh\n: >{}\n", sandbox.path("marks/started").display());
    for dir in ["work", "work/bin", "work/tools"] {
        sandbox.file_with_mode(&format!("{dir}/carto-spy"), &spy, 0o755);
    }
    let rest = sandbox.search_path().into_string().unwrap();
    for path in [
        format!(".:{rest}"),
        format!(":{rest}"),
        format!("bin:{rest}"),
        format!("{rest}:"),
        format!("{rest}::tools"),
    ] {
        let ran = stops(sandbox.carto("spy").env("PATH", &path), 127, &[]);
        assert!(ran.stderr.contains("carto-spy"), "{path}\n{ran}");
    }
}

#[test]
fn t37_a_plugin_that_everyone_can_write_does_not_run() {
    for (name, bits) in [("bin/carto-account", 0o757), ("bin", 0o777), ("bin", 0o1777)] {
        let sandbox = hostile("");
        mode(&sandbox.path(name), bits);
        _ = stops(
            sandbox.carto("account"),
            126,
            &["[root]/bin/carto-account", "everyone can write"].map(|text| {
                if name == "bin" || text.starts_with('[') {
                    text
                } else {
                    "can be written by everyone"
                }
            }),
        );
    }
    if is_root() {
        let sandbox = hostile("");
        chown(sandbox.path("bin/carto-account"), Some(1), Some(1)).unwrap();
        let ran = sandbox.carto("doctor").run().fails(1);
        assert!(ran.stdout.contains("[foreign-plugin]"), "{ran}");
    }
}

#[test]
fn t38_a_near_name_is_never_run_and_the_first_hit_decides() {
    let sandbox = hostile("");
    let spy = format!("#!/bin/sh\n: >{}\n", sandbox.path("marks/started").display());
    for name in ["acount", "accounts", "login", "config", "acc"] {
        sandbox.plugin(name, &spy);
    }
    _ = stops(sandbox.carto("accoun"), 127, &["account"]);
    _ = stops(sandbox.carto("login --help").env("PAGER", "cat"), 0, &[]);
    sandbox.file_with_mode("more/carto-account", &spy, 0o755);
    let path =
        format!("{}:{}", sandbox.search_path().to_str().unwrap(), sandbox.path("more").display());
    _ = is_ann(sandbox.carto("account").env("PATH", &path));
    let ran = sandbox.carto("plugin list --json").env("PATH", &path).run().ok();
    assert!(ran.stdout.contains("[root]/more/carto-account"), "{ran}");
}

#[test]
fn t39_leftovers_of_another_account_do_not_reach_the_plugin() {
    let sandbox = hostile("");
    // What is in the environment belongs to my default account; this is another one.
    sandbox.user("username = \"zoe\"\n");
    let call = sandbox.carto("-c username=ann dump");
    let ran = call
        .env("CARTO_API_TOKEN", "leftover")
        .env("CARTO_ORG", "leftover")
        .env("CARTO_API_KEY", "leftover")
        .env("CARTO_PLUGIN_CONFIG", "leftover")
        .env("CARTO_PROJECT_DIR", "/leftover")
        .run()
        .ok();
    assert!(!ran.stdout.contains("leftover"), "{ran}");
    assert!(ran.stdout.contains(KEY), "{ran}");
}

#[test]
fn t40_a_second_copy_of_a_variable_does_not_survive() {
    let sandbox = hostile("");
    let mut block = Vec::new();
    for (name, value) in [
        ("HOME", sandbox.path("home").into_os_string()),
        ("PATH", sandbox.search_path()),
        ("CARTO_SYSTEM_CONFIG_DIR", sandbox.path("sys").into_os_string()),
        ("CARTO_USERNAME", "ann".into()),
        ("CARTO_USERNAME", "second".into()),
        ("CARTO_API_TOKEN", "second".into()),
        ("CARTO_API_TOKEN", "second".into()),
        ("CARTO_BASE_URL", "".into()),
        ("CARTO_BASE_URL", "https://second.example".into()),
    ] {
        block.extend([name.as_bytes(), b"=", value.as_encoded_bytes(), b"\0"].concat());
    }
    let carto = Path::new(env!("CARGO_BIN_EXE_carto"));
    let starter = crate::sandbox::fake("exec-with-environment");
    let ran = sandbox
        .program(starter)
        .arg(sandbox.file("block", block))
        .arg(carto)
        .arg("dump")
        .run()
        .ok();
    assert!(!ran.stdout.contains("second"), "{ran}");
    assert_eq!(ran.stdout.matches("CARTO_USERNAME=").count(), 1, "{ran}");
}

#[test]
fn t41_a_url_of_the_environment_gets_no_key_of_mine() {
    let sandbox = hostile("");
    let ran = sandbox.carto("account").env("CARTO_BASE_URL", "https://evil.example/user/ann").run();
    _ = ran.never_says(KEY);
    // A key that is set beside it is that account's by the environment's own word; mine stays.
    let ran = sandbox
        .carto("account")
        .env("CARTO_BASE_URL", "https://other.carto.com")
        .env("CARTO_API_KEY", "other-key")
        .run()
        .ok()
        .never_says(KEY);
    assert!(ran.stdout.contains("CARTO_API_KEY=other-key\n"), "{ran}");
    stays(&sandbox, &[STORE]);
}

#[test]
fn t42_keys_that_others_can_read_are_refused() {
    for bits in [0o644, 0o640, 0o604, 0o620] {
        let sandbox = hostile("");
        mode(&sandbox.path(STORE), bits);
        let says = ["~/.config/carto/credentials.toml", "help: chmod 600 "];
        _ = stops(sandbox.carto("account"), 3, &says);
    }
}

#[test]
fn t43_a_file_of_keys_is_private_from_the_first_byte_and_no_link_is_written_through() {
    let sandbox = hostile("");
    fs::remove_file(sandbox.path(STORE)).unwrap();
    let carto = env!("CARGO_BIN_EXE_carto");
    let line = format!("umask 000; echo {KEY} | {carto} config set apikey");
    _ = sandbox.shell(&line).run().ok();
    assert_eq!(fs::metadata(sandbox.path(STORE)).unwrap().permissions().mode() & 0o7777, 0o600);
    // A link in a project leads to a file of mine.
    let sandbox = hostile("");
    sandbox.file("home/precious", "precious\n");
    for name in ["credentials.toml", "config.toml", ".gitignore"] {
        _ = fs::remove_dir_all(sandbox.path("work/.carto"));
        fs::create_dir(sandbox.path("work/.carto")).unwrap();
        symlink(sandbox.path("home/precious"), sandbox.path("work/.carto").join(name)).unwrap();
        _ = sandbox.shell("git init -q .").run().ok();
        _ = sandbox.carto("config set --project apikey").stdin("other").run();
        _ = sandbox.carto("config set --project username x").run();
        assert_eq!(sandbox.read("home/precious"), "precious\n", "{name}");
    }
}

#[test]
fn t44_no_login_of_many_at_once_is_lost() {
    let sandbox = hostile("");
    std::thread::scope(|scope| {
        for n in 0..50 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let name = format!("user{n}");
                let call = sandbox.carto("login --key-stdin").arg(&name).stdin(format!("key-{n}-"));
                _ = call.run().ok();
            });
        }
    });
    let text = sandbox.read(STORE);
    for n in 0..50 {
        assert!(text.contains(&format!("\"key-{n}-\"")), "{n}");
    }
    assert!(text.contains(KEY));
}

#[test]
fn t45_a_key_is_not_taken_from_the_command_line() {
    let sandbox = hostile("");
    fs::remove_file(sandbox.path(STORE)).unwrap();
    let call = sandbox.carto("-c").arg(format!("apikey={KEY}")).arg("account");
    _ = stops(call, 2, &["can be read by every process", "help: carto config set apikey"]);
    let call = sandbox.carto("login ann").arg(format!("--key-stdin={KEY}"));
    _ = stops(call, 2, &["not repeated here, as it could be a key"]);
    for words in
        ["login ann --apikey", "login ann --key", "login ann", "config set apikey x", "config"]
    {
        let ran = sandbox.carto(words).arg(KEY).run().never_says(KEY);
        assert_eq!(ran.code(), 2, "{ran}");
    }
    // Where it is taken, it is said what is wrong with it.
    let ran = sandbox.carto("config set apikey").arg(KEY).run().ok().never_says(KEY);
    assert!(ran.stderr.contains("note: "), "{ran}");
    // The plugin's own command line does not have it.
    sandbox.plugin("argv", "#!/bin/sh\ntr '\\0' ' ' </proc/$$/cmdline\n");
    _ = sandbox.carto("argv").run().ok().never_says(KEY);
}

#[test]
fn t46_no_error_shows_the_key() {
    let sandbox = hostile("");
    let good = sandbox.read(STORE);
    for broken in [
        format!("apikey = {KEY}\n"),
        format!("{KEY}\n"),
        good.replace("\"marker", "marker"),
        good.replace("apikey", KEY),
        good.replace("[[credential]]", &format!("[[{KEY}]]")),
        good.replace("apikey =", "apikey"),
        format!("{good}{KEY} = \"\"\"\n"),
        good.replace(&format!("\"{KEY}\""), &format!("[\"{KEY}\"]")),
    ] {
        sandbox.file_with_mode(STORE, &broken, 0o600);
        for words in [
            "account",
            "-v account",
            "config list",
            "config explain",
            "credentials show",
            "doctor",
            "config set apikey",
        ] {
            let ran = sandbox.carto(words).stdin("other").run().not_started().never_says(KEY);
            assert!(
                ran.code() != 0 || ran.stderr.contains("nothing is wrong"),
                "{words}: {broken}\n{ran}"
            );
            assert!(format!("{ran}").contains("credentials.toml"), "{words}\n{ran}");
        }
    }
    sandbox.file_with_mode("work/creds.json", format!("{{\"api_key\": {KEY}}}"), 0o600);
    let ran = sandbox.carto("credentials import creds.json").run().never_says(KEY);
    assert_eq!(ran.code(), 3, "{ran}");
}

#[test]
fn t47_a_dump_of_memory_is_never_written() {
    // What is aborted while it holds a key is looked at in `secrets.rs`; a plugin has its own say.
    let sandbox = hostile("");
    sandbox.plugin("limit", "#!/bin/sh\nulimit -c\n");
    let ran = sandbox.shell("ulimit -S -c 64; ulimit -c; carto limit; exit 0").run().ok();
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines[0], lines[1], "the plugin has the limit of the shell: {ran}");
}

#[test]
fn t48_copies_of_keys_are_told_and_the_editor_sees_none() {
    let sandbox = hostile("");
    for name in [".credentials.toml.swp", "credentials.toml~", "credentials.toml.bak"] {
        sandbox.file_with_mode(&format!("home/.config/carto/{name}"), KEY, 0o600);
    }
    let ran = sandbox.carto("doctor").run().fails(1).never_says(KEY);
    assert_eq!(ran.stdout.matches("[copy-of-credentials]").count(), 3, "{ran}");
    assert!(ran.stdout.contains("fix: rm "), "{ran}");
    let editor = sandbox.file_with_mode("bin/editor", "#!/bin/sh\ncat \"$@\"\n", 0o755);
    _ = sandbox.carto("config edit").env("CARTO_EDITOR", editor).run().never_says(KEY);
}

#[test]
fn t49_git_never_gets_the_key() {
    for umask in ["022", "077"] {
        let sandbox = hostile("");
        let carto = env!("CARGO_BIN_EXE_carto");
        let line = format!(
            "umask {umask}; git init -q . && {carto} init && echo {KEY} | {carto} config set --project apikey && \
             git add -A && git ls-files"
        );
        let ran = sandbox.shell(&line).run().ok();
        assert!(!ran.stdout.contains("credentials.toml"), "{ran}");
    }
    let sandbox = hostile("apikey = \"marker-key-1a2b3c\"\n");
    sandbox.trust("work");
    _ = stops(sandbox.carto("account"), 3, &[&format!("{PROJECT}:1:1")]);
}

#[test]
fn t50_logs_and_files_of_ci_cannot_be_written_into() {
    let sandbox = hostile("");
    let file = sandbox.file("github", "");
    let ran = sandbox.carto("env --format github").env("GITHUB_ENV", &file).run().ok();
    assert_eq!(ran.stdout, format!("::add-mask::{KEY}\n"));
    let text = sandbox.read("github");
    let delimiter = text.lines().find(|line| line.starts_with("CARTO_API_KEY<<")).unwrap();
    assert!(delimiter.len() > "CARTO_API_KEY<<".len() + 16, "{delimiter}");
    let (out, code) = (sandbox.carto("env --format github").run(), 0);
    assert!(out.code() != code && !out.stdout.contains(&format!("CARTO_API_KEY={KEY}")), "{out}");
}

#[test]
fn t51_values_are_quoted_for_the_shell() {
    let sandbox = hostile("");
    let nasty = "$(touch ran)`touch ran`'\"\\!;touch ran #";
    sandbox.user("username = \"ann\"\n");
    let carto = env!("CARGO_BIN_EXE_carto");
    let line = format!("eval \"$({carto} env)\"; printf '%s' \"$CARTO_ORG\"");
    let ran = sandbox.shell(&line).env("CARTO_USERNAME", "ann").env("CARTO_ORG", nasty).run().ok();
    assert_eq!(ran.stdout, nasty, "{ran}");
    assert!(!sandbox.path("work/ran").exists());
}

#[test]
fn t52_nothing_hangs_or_eats_the_memory() {
    for kind in ["pipe", "large", "deep", "device"] {
        let sandbox = hostile("x = 1\n");
        let path = sandbox.path("work/.carto/config.toml");
        fs::remove_file(&path).unwrap();
        match kind {
            "pipe" => nix::unistd::mkfifo(&path, Mode::from_bits_truncate(0o644)).unwrap(),
            "large" => fs::File::create(&path).unwrap().set_len(100 << 20).unwrap(),
            "deep" => fs::write(&path, format!("x = {}", "[".repeat(200_000))).unwrap(),
            _ => symlink("/dev/zero", &path).unwrap(),
        }
        let begin = std::time::Instant::now();
        let ran = sandbox.carto("account").run().not_started().never_says(KEY);
        assert!(matches!(ran.code(), 3 | 4), "{kind}\n{ran}");
        assert!(ran.stderr.contains(PROJECT), "{kind}\n{ran}");
        assert!(begin.elapsed().as_secs() < 10, "{kind}");
    }
}

#[test]
fn t53_a_record_of_trust_cannot_be_planted() {
    let sandbox = hostile("base_url = \"https://evil.example\"\n");
    sandbox.trust("work");
    _ = sandbox.carto("account").run().ok().started().never_says(KEY);
    let dir = sandbox.path("home/.local/state/carto/trust");
    assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    let records = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let record = records.into_iter().find(|path| path.extension().is_some()).unwrap();
    mode(&record, 0o666);
    _ = stops(sandbox.carto("account"), 3, &["can be written by everyone", "help: chmod o-w"]);
    mode(&record, 0o600);
    mode(&dir, 0o777);
    _ = stops(sandbox.carto("account"), 3, &["can be written by everyone", "help: chmod"]);
    mode(&dir, 0o700);
    if is_root() {
        for path in [&record, &dir] {
            chown(path, Some(1), Some(1)).unwrap();
            _ = stops(sandbox.carto("account"), 3, &["belongs to uid 1", "help: "]);
            chown(path, Some(0), Some(0)).unwrap();
        }
    }
    _ = sandbox.carto("account").run().ok().started();
    _ = sandbox.carto("trust --revoke").run().ok();
    refused(&sandbox);
}

#[test]
fn t54_a_protected_account_is_not_selected_by_a_repository() {
    let sandbox = hostile("profile = \"prod\"\n");
    sandbox.user("username = \"dev\"\n[profiles.prod]\nusername = \"ann\"\nprotected = true\n");
    refused(&sandbox);
    // One that is not protected is said in one line.
    sandbox.user("username = \"dev\"\n[profiles.prod]\nusername = \"ann\"\n");
    let ran = is_ann(sandbox.carto("account"));
    assert_eq!(ran.stderr.lines().count(), 1, "{ran}");
    assert!(
        ran.stderr.contains(&format!("ann at https://ann.carto.com ({PROJECT}:1:11)")),
        "{ran}"
    );
}

#[test]
fn t55_continuous_integration_trusts_nothing_by_itself() {
    let sandbox = hostile("base_url = \"https://evil.example\"\n");
    for name in ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "CARTO_TRUST", "CARTO_YES"] {
        _ = stops(sandbox.carto("account").env(name, "true"), 4, &[PROJECT, "help: carto trust"]);
        _ = stops(
            sandbox.carto("trust").env(name, "true").stdin("y\n"),
            4,
            &["help: carto trust --expect sha256:"],
        );
    }
    let hash =
        Command::new("sha256sum").arg(sandbox.path("work/.carto/config.toml")).output().unwrap();
    let hash =
        format!("sha256:{}", String::from_utf8(hash.stdout).unwrap().split(' ').next().unwrap());
    sandbox.project("base_url = \"https://evil.example/x\"\n");
    _ = stops(
        sandbox.carto("trust --expect").arg(&hash),
        4,
        &[PROJECT, "help: carto trust --show"],
    );
    refused(&sandbox);
}

#[test]
fn t56_a_clone_runs_nothing_by_its_git_config() {
    let sandbox = hostile("");
    let mark = sandbox.path("marks/git-ran");
    let evil = sandbox.file_with_mode("evil", format!("#!/bin/sh\n: >{}\n", mark.display()), 0o755);
    let line = format!(
        "git init -q . && git config core.fsmonitor {0} && git config credential.helper {0}",
        evil.display()
    );
    _ = sandbox.shell(&line).run().ok();
    _ = sandbox.carto("init").run().ok();
    _ = sandbox.carto("config set --project apikey").stdin(KEY).run().ok().never_says(KEY);
    _ = sandbox.carto("doctor").run().never_says(KEY);
    assert!(!mark.exists());
    // It is as hostile as it means to be.
    _ = sandbox.shell("git ls-files").run();
    assert!(mark.exists());
}
