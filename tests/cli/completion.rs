//! Completion: what a shell's script is told at each place of a line. `tests/interop` presses Tab in the
//! real shells.

use std::fs;

use crate::sandbox::{Call, Sandbox};

/// A sandbox with accounts, profiles, aliases, a project's file and plugins.
fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user(
        "username = \"ann\"\n[profiles.staging]\nbase_url = \"https://maps.example.com/user/ann\"\n\
         [profiles.\"my work\"]\nusername = \"bob\"\n[plugins.dump]\nlimit = 3\n\
         [alias]\nwho = \"config explain\"\nst = \"--profile staging config\"\n\
         dump = \"dump --fast\"\nsh = \"!echo\"\na = \"b\"\nb = \"a\"\n",
    );
    sandbox.keys(&["k1 https://ann.carto.com"]);
    sandbox.file(
        "bin/carto-dump.toml",
        "manifest = 1\ndescription = \"Shows it\"\n[completion]\nwords = [\"--all\", \"one\"]\n",
    );
    sandbox.plugin("broken", "");
    sandbox
}

/// Asks as fish does, which takes words and descriptions.
fn ask<'a>(sandbox: &'a Sandbox, line: &str) -> Call<'a> {
    let call = sandbox.carto("completions fish --ask --");
    line.split(' ').fold(call, |call, word| call.arg(word.replace('+', " ")))
}

/// The words that are offered, and what the shell is to complete.
fn offered(sandbox: &Sandbox, line: &str) -> (String, Vec<String>) {
    let ran = ask(sandbox, line).run().ok();
    assert_eq!(ran.stderr, "", "{line}");
    let mut lines = ran.stdout.lines().map(|line| line.split('\t').next().unwrap().to_owned());
    (lines.next().unwrap(), lines.collect())
}

/// A line up to the cursor (`+` is a space within a word), what the shell completes, words that are
/// offered, and words that are not.
type Place = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const PLACES: &[Place] = &[
    (
        "carto ",
        "words 0",
        &["config", "login", "who", "dump", "broken", "st"],
        &["-v", "--profile"],
    ),
    ("carto con", "words 0", &["config"], &["login", "who"]),
    ("carto -", "words 0", &["-C", "-c", "-p", "-v", "-h", "-V"], &["config"]),
    ("carto --", "words 0", &["--profile", "--isolated", "--color", "--help"], &["-v"]),
    ("carto -v con", "words 0", &["config"], &["login"]),
    ("carto --color ", "words 0", &["auto", "always", "never"], &["config"]),
    ("carto --color=a", "words 0", &["--color=auto", "--color=always"], &["--color=never"]),
    ("carto --profile ", "words 0", &["staging", "my work"], &[]),
    ("carto --profile=", "words 0", &["--profile=staging"], &[]),
    ("carto -p st", "words 0", &["staging"], &["my work"]),
    ("carto -C ", "directories 0", &[], &["config"]),
    ("carto --credentials-file=x", "files 19", &[], &[]),
    ("carto -c ", "words 0", &["ui.color=", "username=", "plugins.", "profiles."], &["apikey="]),
    ("carto -c ui.color=", "words 0", &["ui.color=auto", "ui.color=never"], &[]),
    ("carto -c profile=st", "words 0", &["profile=staging"], &[]),
    ("carto -c plugins.dump.as=", "words 0", &["plugins.dump.as=gdal"], &[]),
    ("carto -c plugins.", "words 0", &["plugins.dump.as=", "plugins.broken.as="], &[]),
    ("carto config ", "words 0", &["get", "set", "explain", "schema"], &["--help"]),
    ("carto config -", "words 0", &["-h"], &["get"]),
    ("carto config get ", "words 0", &["username", "plugins.dump.limit", "apikey"], &["ui.color"]),
    ("carto config unset profiles.", "words 0", &["profiles.staging.base_url"], &["username"]),
    ("carto config explain use", "words 0", &["username"], &["apikey"]),
    ("carto config set ", "words 0", &["username", "apikey", "ui.color", "ui.editor"], &["get"]),
    ("carto config set --project ", "words 0", &["username", "profile"], &["ui.color"]),
    ("carto config set ui.color ", "words 0", &["auto", "always", "never"], &["username"]),
    ("carto config set --system ui.color n", "words 0", &["never"], &["auto"]),
    ("carto config set allow_non_secure ", "words 0", &["true", "false"], &[]),
    ("carto config set profile ", "words 0", &["staging"], &[]),
    ("carto config set base_url ", "words 0", &["https://ann.carto.com"], &[]),
    ("carto config set plugins.dump.as ", "words 0", &["gdal", "carto-python"], &[]),
    ("carto config set plugins.dump.file ", "files 0", &[], &[]),
    ("carto config set --", "words 0", &["--project", "--system", "--file", "--from-git"], &[]),
    ("carto config list --file ", "files 0", &[], &[]),
    ("carto config get --type ", "words 0", &["bool", "int"], &[]),
    ("carto profile use ", "words 0", &["staging", "my work"], &[]),
    ("carto profile rename st", "words 0", &["staging"], &[]),
    ("carto profile rename staging ", "words 0", &[], &["staging"]),
    ("carto profile add ", "words 0", &[], &["staging"]),
    ("carto profile add x --base-url ", "words 0", &["https://maps.example.com/user/ann"], &[]),
    ("carto login ", "words 0", &["https://ann.carto.com", "https://bob.carto.com"], &[]),
    ("carto login --username ", "words 0", &["ann", "bob"], &[]),
    ("carto credentials import ", "files 0", &[], &[]),
    ("carto credentials export --as ", "words 0", &["1.0"], &[]),
    ("carto env --format ", "words 0", &["sh", "fish", "github"], &[]),
    ("carto env --as ", "words 0", &["gdal"], &[]),
    ("carto exec ", "programs 0", &[], &["gdal"]),
    ("carto exec --", "words 0", &["--as"], &[]),
    ("carto exec --as ", "words 0", &["gdal"], &[]),
    ("carto exec --as gdal ", "programs 0", &[], &[]),
    ("carto exec --as gdal -- ogr", "programs 0", &[], &[]),
    ("carto exec -- python ", "files 0", &[], &[]),
    ("carto exec python -", "files 0", &[], &["--as"]),
    ("carto plugin ", "words 0", &["list", "info", "which", "run", "register"], &[]),
    ("carto plugin info ", "words 0", &["dump", "broken", "account"], &["config"]),
    ("carto plugin which d", "words 0", &["dump"], &["account"]),
    ("carto plugin run ", "words 0", &["dump"], &[]),
    ("carto plugin run dump ", "words 0", &["--all", "one"], &[]),
    ("carto dump ", "words 0", &["--all", "one"], &["--fast"]),
    ("carto dump --a", "words 0", &["--all"], &["one"]),
    ("carto -v --profile staging dump o", "words 0", &["one"], &[]),
    ("carto account ", "files 0", &[], &[]),
    ("carto nothing ", "files 0", &[], &[]),
    ("carto broken ", "files 0", &[], &[]),
    ("carto sh ", "files 0", &[], &[]),
    ("carto who ", "words 0", &["username"], &["get"]),
    ("carto st ge", "words 0", &["get"], &["set"]),
    ("carto st set ui.color n", "words 0", &["never"], &[]),
    ("carto a ", "words 0", &[], &[]),
    ("carto alias delete ", "words 0", &["who", "st"], &[]),
    ("carto alias set new ", "words 0", &["config", "dump"], &[]),
    ("carto alias set new config ", "words 0", &["get"], &[]),
    ("carto help ", "words 0", &["config", "plugins", "accounts", "dump"], &["who"]),
    ("carto help config ", "words 0", &["get", "set"], &["plugins"]),
    ("carto help config get ", "words 0", &[], &["get"]),
    ("carto help -", "words 0", &["-h"], &[]),
    ("carto completions ", "words 0", &["bash", "elvish", "fish", "powershell", "zsh"], &[]),
    ("carto completions -", "words 0", &["-h"], &["--ask"]),
    ("carto config get a b c d", "words 0", &[], &[]),
    ("carto", "words 0", &[], &[]),
];

#[test]
fn each_place_of_a_line_is_offered_what_can_stand_there() {
    let sandbox = furnished();
    for (line, by_shell, has, has_not) in PLACES {
        let (kind, words) = offered(&sandbox, line);
        assert_eq!(kind, *by_shell, "{line}: {words:?}");
        for word in *has {
            assert!(words.iter().any(|other| other == word), "{line}: {word} in {words:?}");
        }
        for word in *has_not {
            assert!(words.iter().all(|other| other != word), "{line}: {word} in {words:?}");
        }
        let mut once = words.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), words.len(), "{line}: {words:?}");
    }
}

#[test]
fn offers_say_what_they_mean() {
    let sandbox = furnished();
    for (line, says) in [
        ("carto con", "config\tRead and change settings, and see where they come from"),
        ("carto du", "dump\tstands for: dump --fast"),
        ("carto plugin info du", "dump\tShows it"),
        ("carto bro", "broken\tcannot run: it is an empty file"),
        ("carto wh", "who\tstands for: config explain"),
        ("carto -p st", "staging\tann at https://maps.example.com/user/ann"),
        ("carto config get use", "username\tuser: ann"),
        ("carto config set ui.e", "ui.editor\tThe editor of `carto config edit`"),
        ("carto env --format gi", "github\tAppends to the file named by `GITHUB_ENV`"),
    ] {
        let ran = ask(&sandbox, line).run().ok();
        assert!(ran.stdout.contains(&format!("\n{says}")), "{line}: {ran}");
    }
}

/// The project that `-C` names counts, and its settings only as far as they are trusted.
#[test]
fn the_line_decides_whose_settings_are_offered() {
    let sandbox = furnished();
    sandbox.file("work/other/.carto/config.toml", "[profiles.theirs]\nusername = \"eve\"\n");
    assert!(!offered(&sandbox, "carto -p ").1.contains(&"theirs".to_owned()));
    assert!(!offered(&sandbox, "carto -C other -p ").1.contains(&"theirs".to_owned()));
    sandbox.trust("work/other");
    assert!(offered(&sandbox, "carto -C other -p ").1.contains(&"theirs".to_owned()));
    assert!(!offered(&sandbox, "carto --no-project -C other -p ").1.contains(&"theirs".to_owned()));
    assert!(!offered(&sandbox, "carto --isolated -p ").1.contains(&"staging".to_owned()));
}

/// Whatever is broken, Tab says nothing and ends well.
#[test]
fn a_tab_is_silent_whatever_is_broken() {
    let lines = ["carto ", "carto config get ", "carto -p ", "carto dump ", "carto -C nowhere con"];
    let silent = |what: &str, call: &dyn Fn(&str) -> crate::sandbox::Ran| {
        for line in lines {
            let ran = call(line).ok();
            assert_eq!(ran.stderr, "", "{what}: {line}");
            assert!(ran.stdout.starts_with("words") || ran.stdout.starts_with("files"), "{line}");
        }
    };
    let sandbox = furnished();
    sandbox.user("broken\n");
    silent("settings", &|line| ask(&sandbox, line).run());
    let sandbox = furnished();
    sandbox.file_with_mode("home/.config/carto/credentials.toml", "broken\n", 0o600);
    silent("keys", &|line| ask(&sandbox, line).run());
    let sandbox = furnished();
    sandbox.project("username = \"eve\"\nbase_url = \"https://evil.example\"\n");
    silent("project", &|line| ask(&sandbox, line).run());
    silent("no home", &|line| ask(&sandbox, line).env_remove("HOME").run());
    silent("no PATH", &|line| ask(&sandbox, line).env_remove("PATH").run());
    silent("variables", &|line| {
        ask(&sandbox, line).env("CARTO_USERNAME", "a").env("CARTO_USER", "b").run()
    });
    silent("a variable", &|line| ask(&sandbox, line).env("CARTO_CONFIG_DIR", "relative").run());
    sandbox.file("bin/carto-dump.toml", "broken");
    silent("manifest", &|line| ask(&sandbox, line).run());
}

/// A pipe with a key in it is left for the command that is being typed.
#[test]
fn a_tab_reads_no_pipe() {
    let sandbox = furnished();
    let pipe = sandbox.path("work/pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let begin = std::time::Instant::now();
    for line in ["carto -p ", "carto --credentials-file pipe -p ", "carto login "] {
        for name in ["CARTO_API_KEY_FILE", "CARTO_CREDENTIALS_FILE"] {
            let ran = ask(&sandbox, line).env(name, &pipe).run().ok();
            assert_eq!(ran.stderr, "", "{line}");
            assert!(ran.stdout.lines().count() > 1, "{line} {name}: {ran}");
        }
    }
    assert!(begin.elapsed().as_secs() < 3, "{:?}", begin.elapsed());
}

/// A script with a program behind it that notes that it ran, and with what.
const SPY: &str = "#!/bin/sh\n: >>\"${0%/*}/../marks/ran\"\n\
    echo \"$0 $*\" >>\"${0%/*}/../marks/ran\"\n\
    tr '\\0' '\\n' </proc/$$/environ >>\"${0%/*}/../marks/ran\"\n";

#[test]
fn no_plugin_runs_but_the_one_whose_manifest_answers() {
    let sandbox = furnished();
    for name in ["dump", "account", "spy"] {
        sandbox.plugin(name, &format!("{SPY}printf 'answer\\tabout\\n'\n"));
    }
    sandbox.file("bin/carto-spy.toml", "manifest = 1\n[completion]\nprotocol = \"clap\"\n");
    for (line, ..) in PLACES {
        drop(ask(&sandbox, line).run().ok());
    }
    assert!(!sandbox.path("marks/ran").exists());
    let call = ask(&sandbox, "carto -p staging spy --a+b ");
    let ran = call.env("CARTO_API_KEY", "k2").env("CARTO_USERNAME", "ann").run().ok();
    assert_eq!(ran.stdout, "words 0\nanswer\tabout\n");
    let (_, words) = offered(&sandbox, "carto spy a");
    assert_eq!(words, ["answer"]);
    let seen = sandbox.read("marks/ran");
    assert!(seen.contains("bin/carto-spy -- carto-spy --a b \n"), "{seen}");
    assert!(seen.contains("\nCOMPLETE=fish\n"), "{seen}");
    for name in ["CARTO_API_KEY", "CARTO_USERNAME", "CARTO_BASE_URL"] {
        assert!(!seen.contains(name), "{seen}");
    }
}

/// What a plugin prints, by which protocol, and what is offered.
const ANSWERS: &[(&str, &str, &str, &[&str])] = &[
    ("clap", "printf 'one\\tfirst\\ntwo\\n'", "words 0", &["one", "two"]),
    ("cobra", "printf 'one\\tfirst\\ntwo\\n:4\\n'", "words 0", &["one", "two"]),
    ("cobra", "printf ':4\\n'", "words 0", &[]),
    ("cobra", "printf ':0\\n'", "files 0", &[]),
    ("cobra", "printf 'json\\n:8\\n'", "files 0", &[]),
    ("cobra", "printf ':16\\n'", "directories 0", &[]),
    ("cobra", "printf 'one\\n:1\\n'", "files 0", &[]),
    ("cobra", "printf 'no number\\n'", "files 0", &[]),
    ("click", "printf 'plain\\none\\nfirst\\nplain\\ntwo\\n_\\n'", "words 0", &["one", "two"]),
    ("click", "printf 'file\\n\\n_\\n'", "files 0", &[]),
    ("click", "printf 'dir\\n\\n_\\n'", "directories 0", &[]),
    ("argcomplete", "printf 'one\\tfirst\\013two'", "words 0", &["one", "two"]),
    // Whatever goes wrong, files are offered.
    ("clap", "exit 1", "files 0", &[]),
    ("clap", "true", "files 0", &[]),
    ("clap", "kill -9 $$", "files 0", &[]),
    ("clap", "sleep 30", "files 0", &[]),
    ("clap", "sleep 30 & sleep 30", "files 0", &[]),
    ("clap", "head -c 100000 /dev/zero | tr '\\0' x", "files 0", &[]),
    ("clap", "printf '\\377\\n'", "files 0", &[]),
    // What it prints is text.
    ("clap", "printf 'o\\033[31mne\\ntwo\\tA\\033]0;x\\007B\\n'", "words 0", &["two"]),
];

#[test]
fn a_plugin_answers_by_its_protocol_and_in_time() {
    let sandbox = furnished();
    for (protocol, script, kind, words) in ANSWERS {
        sandbox.plugin("spy", &format!("#!/bin/sh\n{script}\n"));
        let manifest = format!("manifest = 1\n[completion]\nprotocol = \"{protocol}\"\n");
        sandbox.file("bin/carto-spy.toml", manifest);
        let begin = std::time::Instant::now();
        let ran = ask(&sandbox, "carto spy ").run().ok();
        assert!(begin.elapsed().as_secs() < 5, "{script}");
        let mut lines = ran.stdout.lines();
        assert_eq!(lines.next(), Some(*kind), "{protocol} {script}: {ran}");
        let got: Vec<_> = lines.map(|line| line.split('\t').next().unwrap()).collect();
        assert_eq!(got, *words, "{protocol} {script}");
        assert!(!ran.stdout.contains(['\u{1b}', '\u{7}']), "{ran}");
    }
}

/// Bash and PowerShell hand over the line, and bash replaces the last part of a word alone.
#[test]
fn a_line_is_taken_apart_as_its_shell_does() {
    let sandbox = furnished();
    for (shell, line, piece, expected) in [
        ("bash", "carto con", "con", "words 0\nconfig \n"),
        ("bash", "carto -c ui.color=al", "al", "words 0\nalways \n"),
        ("bash", "carto -c ui.co", "ui.co", "words 0\nui.color=\n"),
        ("bash", "carto --profile=my", "my", "words 0\nmy\\ work \n"),
        ("bash", "carto login https://ann", "//ann", "words 0\n//ann.carto.com \n"),
        ("bash", "carto --color 'al", "al", "words 0\nalways \n"),
        (
            "powershell",
            "carto con",
            "",
            "words 0\nconfig\tRead and change settings, and see where they come from\n",
        ),
        ("powershell", "carto -p m", "", "words 0\n'my work'\tbob at https://bob.carto.com\n"),
        ("powershell", "carto --color al", "", "words 0\nalways\tAlways\n"),
    ] {
        let call = sandbox.carto(&format!("completions {shell} --ask={piece} --")).arg(line);
        assert_eq!(call.run().ok().stdout, expected, "{shell}: {line}");
    }
}

/// Names that a shell would run, or that would draw on the terminal, stay names.
#[test]
fn a_name_is_offered_as_a_word_of_the_shell() {
    let sandbox = Sandbox::new();
    sandbox.user(
        "username = \"ann\"\n[profiles.\"x$(touch pwned)`id`;'\\\"\"]\nusername = \"bob\"\n\
         [profiles.\"y z\"]\nusername = \"bob\"\n",
    );
    let call = sandbox.carto("completions bash --ask= --").arg("carto -p ");
    let ran = call.run().ok();
    assert_eq!(ran.stdout, "words 0\nx\\$\\(touch\\ pwned\\)\\`id\\`\\;\\'\\\" \ny\\ z \n");
    let call = sandbox.carto("completions powershell --ask= --").arg("carto -p ");
    let ran = call.run().ok();
    assert!(ran.stdout.contains("\n'x$(touch pwned)`id`;''\"'\t"), "{ran}");
}

/// The scripts hold nothing of this machine, so that they never go stale.
#[test]
fn scripts_ask_and_hold_nothing() {
    let sandbox = furnished();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = sandbox.carto(&format!("completions {shell}")).run().ok().raw;
        let script = String::from_utf8(script).unwrap();
        assert!(script.contains(&format!("completions {shell}")), "{script}");
        let paths = [env!("CARGO_BIN_EXE_carto"), sandbox.root().to_str().unwrap()];
        for name in ["staging", "dump", "login", "ui.color"].into_iter().chain(paths) {
            assert!(!script.contains(name), "{shell}: {name}");
        }
        assert!(script.contains("short name of your own"), "{shell}");
    }
}

const INSTALLED: &[(&str, &str, &str)] = &[
    ("bash", "~/.local/share/bash-completion/completions/carto", "bash-completion loads it"),
    ("elvish", "~/.config/elvish/lib/carto-completions.elv", "put into rc.elv: use"),
    ("fish", "~/.config/fish/completions/carto.fish", "fish loads it by itself"),
    ("powershell", "~/.config/powershell/carto-completions.ps1", "put into $PROFILE: . ~/"),
    ("zsh", "~/.zfunc/_carto", "before compinit: fpath=(~/.zfunc $fpath)"),
];

#[test]
fn a_script_is_put_where_its_shell_looks() {
    let sandbox = Sandbox::new();
    for (shell, place, left) in INSTALLED {
        let words = format!("completions --install {shell}");
        for _ in 0..2 {
            let ran = sandbox.carto(&words).run().ok();
            assert!(ran.stderr.starts_with(&format!("note: wrote {place}\n")), "{ran}");
            assert!(ran.stderr.contains(left), "{ran}");
            assert_eq!(ran.stdout, "");
        }
        let file = sandbox.read(&place.replace('~', "home"));
        assert_eq!(file, sandbox.carto(&format!("completions {shell}")).run().ok().stdout);
    }
    let ran = sandbox.carto("completions --install zsh").env_remove("HOME").run().fails(5);
    assert!(ran.stderr.contains("HOME is not set"), "{ran}");
    fs::remove_dir_all(sandbox.path("home/.zfunc")).unwrap();
    sandbox.file("home/.zfunc", "in the way");
    let ran = sandbox.carto("completions --install zsh").run().fails(5);
    assert!(ran.stderr.contains("~/.zfunc"), "{ran}");
    assert_eq!(sandbox.read("home/.zfunc"), "in the way");
    let ran = sandbox.carto("completions tcsh").run().fails(2);
    assert!(ran.stderr.contains("bash, elvish, fish, powershell, zsh"), "{ran}");
}
