//! `carto doctor`: every finding, with place, fix and exit status, and nothing changed.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;

use expect_test::expect;

use crate::sandbox::{Call, Ran, Sandbox};

const KEY: &str = "marker-key-1a2b3c";
const STORE: &str = "home/.config/carto/credentials.toml";

/// A machine on which nothing is wrong.
fn healthy() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&[&format!("{KEY} https://ann.carto.com ann")]);
    set_mode(&sandbox, "home/.config/carto", 0o700);
    sandbox
}

fn set_mode(sandbox: &Sandbox, name: &str, mode: u32) {
    fs::set_permissions(sandbox.path(name), Permissions::from_mode(mode)).unwrap();
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Every file and directory with owner, mode, time of change and content.
fn state(sandbox: &Sandbox) -> String {
    let line = "find \"$0\" -path \"$0/marks\" -prune -o -printf '%p %i %m %U %G %n %T@ %l\\n' | sort; \
                find \"$0\" -type f ! -path \"$0/block\" -exec sha256sum {} + | sort";
    let root = sandbox.root().to_str().unwrap();
    sandbox.program("sh").arg("-c").arg(line).arg(root).run().ok().stdout
}

/// Runs it, for people and for programs; fails when it changes anything, shows a key, runs a plugin
/// or contradicts itself.
#[track_caller]
fn examine<'a>(sandbox: &'a Sandbox, prepare: impl Fn(Call<'a>) -> Call<'a>) -> (Ran, Vec<Row>) {
    let spy = format!("#!/bin/sh\n: >{}\n", sandbox.path("marks/started").display());
    sandbox.plugin("spy", &spy);
    _ = sandbox.shell("true").run();
    let before = state(sandbox);
    let ran = prepare(sandbox.carto("doctor")).run().not_started().never_says(KEY);
    let json = prepare(sandbox.carto("doctor --json")).run().not_started().never_says(KEY);
    assert_eq!(state(sandbox), before, "it changed something");
    assert_eq!(ran.code(), json.code(), "{ran}\n{json}");
    let parsed: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let rows: Vec<Row> = parsed["findings"].as_array().unwrap().iter().map(Row::of).collect();
    let problems = rows.iter().filter(|row| row.severity == "problem").count();
    assert_eq!(parsed["healthy"].as_bool(), Some(problems == 0), "{json}");
    assert_eq!(ran.code(), i32::from(problems > 0), "{ran}");
    assert_eq!(parsed.as_object().unwrap().len(), 2, "{json}");
    for row in &rows {
        let shown = format!(
            "{} [{}] {}\n  --> {}\n  fix: {}\n",
            row.severity, row.id, row.what, row.place, row.fix
        );
        assert!(ran.stdout.contains(&shown), "{shown}{ran}");
    }
    assert_eq!(ran.stdout.lines().count(), 3 * rows.len(), "{ran}");
    (ran, rows)
}

#[derive(Debug)]
struct Row {
    id: String,
    severity: String,
    place: String,
    what: String,
    fix: String,
}

impl Row {
    fn of(value: &serde_json::Value) -> Self {
        assert_eq!(value.as_object().unwrap().len(), 5, "{value}");
        let field = |name: &str| value[name].as_str().unwrap().to_owned();
        Row {
            id: field("id"),
            severity: field("severity"),
            place: field("place"),
            what: field("what"),
            fix: field("fix"),
        }
    }
}

#[test]
fn on_a_healthy_machine_nothing_is_wrong() {
    let sandbox = healthy();
    let (ran, rows) = examine(&sandbox, |call| call);
    assert!(rows.is_empty());
    ran.ok().shows(&expect![[r#"
        ! note: nothing is wrong
        exit 0
    "#]]);
    // A project of one's own, with a key, in a repository.
    for line in ["git init -q .", "carto init", "carto config set --project username acme"] {
        _ = sandbox.shell(line).run().ok();
    }
    _ = sandbox.carto("config set --project apikey").stdin(KEY).run().ok();
    let (ran, _) = examine(&sandbox, |call| call);
    ran.ok().shows(&expect![[r#"
        ! note: nothing is wrong
        exit 0
    "#]]);
    // Nothing configured at all.
    let (ran, _) = examine(&Sandbox::new(), |call| call);
    assert_eq!(ran.code(), 0, "{ran}");
}

/// What brings a finding about.
type Cause = fn(&Sandbox);

/// Every finding: its identifier, how much it matters, its cause, and what its place, text and fix
/// say.
const FINDINGS: &[(&str, &str, Cause, &str, &str, &str)] = &[
    (
        "unknown-key",
        "problem",
        |s| _ = s.user("username = \"ann\"\nbase_ur = \"x\"\n"),
        "~/.config/carto/config.toml:2:1",
        "unknown setting `base_ur`",
        "rename it to `base_url`",
    ),
    (
        "wrong-scope",
        "problem",
        |s| {
            s.project("ui.editor = \"x\"\n");
            s.trust("work");
        },
        "[work]/.carto/config.toml:1:4",
        "`ui.editor` is not read from project settings",
        "move it to your own settings",
    ),
    (
        "untrusted-key",
        "hint",
        |s| _ = s.project("organization = \"o\"\n"),
        "[work]/.carto/config.toml:1:1",
        "`organization` is ignored, as the project is not trusted",
        "carto trust",
    ),
    (
        "key-in-settings",
        "problem",
        |s| _ = s.user("username = \"ann\"\napikey = \"marker-key-1a2b3c\"\n"),
        "~/.config/carto/config.toml:2:1",
        "a settings file never holds an API key",
        "carto config",
    ),
    (
        "key-in-settings",
        "problem",
        |s| _ = s.project("\"api-key\" = \"marker-key-1a2b3c\"\n"),
        "[work]/.carto/config.toml:1:1",
        "a settings file never holds an API key",
        "remove the line, and replace the key",
    ),
    (
        "secret-in-settings",
        "problem",
        |s| _ = s.user("username = \"ann\"\nplugins.sql.token = \"marker-key-1a2b3c\"\n"),
        "~/.config/carto/config.toml:2:21",
        "`plugins.sql.token` holds a secret",
        "a variable of the plugin's own",
    ),
    (
        "broken-file",
        "problem",
        |s| _ = s.user("username = \n"),
        "~/.config/carto/config.toml:1:12",
        "invalid TOML",
        "carto config edit",
    ),
    (
        "broken-file",
        "problem",
        |s| _ = s.file_with_mode(STORE, "apikey = marker-key-1a2b3c\n", 0o600),
        "~/.config/carto/credentials.toml:1:10",
        "invalid TOML in a credentials file",
        "correct the file",
    ),
    (
        "broken-file",
        "problem",
        |s| set_mode(s, "home/.config/carto/config.toml", 0o646),
        "",
        "can be written by everyone",
        "chmod o-w",
    ),
    (
        "refused-account",
        "problem",
        |s| _ = s.project("base_url = \"https://evil.example\"\n"),
        "[work]/.carto/config.toml:1:12",
        "this project names an account that you do not have: https://evil.example",
        "carto trust",
    ),
    (
        "unbound-key",
        "hint",
        |s| _ = s.file_with_mode(STORE, "[[credential]]\napikey = \"marker-key-1a2b3c\"\n", 0o600),
        "~/.config/carto/credentials.toml:1:1",
        "a key belongs to no account and is sent nowhere",
        "carto config set username NAME",
    ),
    (
        "unusable-settings",
        "problem",
        |s| {
            s.project("username = \"ann\"\n");
            s.trust("work");
            let records = s.path("home/.local/state/carto/trust");
            for record in fs::read_dir(records).unwrap() {
                let record = record.unwrap().path();
                if record.extension().is_some() {
                    fs::write(record, "{").unwrap();
                }
            }
        },
        "~/.local/state/carto/trust/",
        "the trust record cannot be read",
        "remove the file, then type `carto trust` in the project",
    ),
    (
        "foreign-project",
        "problem",
        |s| {
            s.project("username = \"ann\"\n");
            set_mode(s, "work/.carto", 0o777);
        },
        "[work]/.carto",
        "the project is not read: [work]/.carto can be written by everyone",
        "carto trust, or make it yours alone",
    ),
    (
        "changed-project",
        "hint",
        |s| {
            s.project("username = \"ann\"\n");
            s.trust("work");
            s.project("username = \"ann\"\n# pulled\n");
        },
        "[work]/.carto",
        "the project's settings changed since you trusted them",
        "carto trust",
    ),
    (
        "loose-credentials",
        "problem",
        |s| set_mode(s, STORE, 0o640),
        "~/.config/carto/credentials.toml",
        "others can read this credential file (mode 0640)",
        "chmod 600 ",
    ),
    (
        "tracked-credentials",
        "problem",
        |s| _ = s.shell("cd ~ && git init -q . && git add -f .config/carto").run().ok(),
        "~/.config/carto/credentials.toml",
        "git tracks this credential file",
        "git rm --cached ",
    ),
    (
        "committable-credentials",
        "problem",
        |s| _ = s.shell("cd ~ && git init -q .").run().ok(),
        "~/.config/carto/credentials.toml",
        "git would commit this credential file",
        "carto config set apikey, which writes the .gitignore",
    ),
    (
        "hard-link",
        "hint",
        |s| fs::hard_link(s.path(STORE), s.path("home/second")).unwrap(),
        "~/.config/carto/credentials.toml",
        "the file has a second name",
        "find the other name: find ~ -samefile ",
    ),
    (
        "writable-directory",
        "problem",
        |s| set_mode(s, "home/.config/carto", 0o770),
        "~/.config/carto",
        "others can write into this directory of yours (mode 0770)",
        "chmod 700 ",
    ),
    (
        "copy-of-credentials",
        "problem",
        |s| _ = s.file_with_mode("home/.config/carto/.credentials.toml.swp", KEY, 0o600),
        "~/.config/carto/.credentials.toml.swp",
        "a copy of a credential file",
        "rm ",
    ),
    (
        "unknown-variable",
        "hint",
        |_| {},
        "CARTO_USERNAM",
        "carto does not read this variable",
        "did you mean CARTO_USERNAME?",
    ),
    (
        "relative-path-entry",
        "hint",
        |_| {},
        "PATH: tools",
        "an entry that depends on the current directory",
        "remove it from PATH",
    ),
    (
        "writable-path-entry",
        "problem",
        |s| set_mode(s, "bin", 0o777),
        "PATH: [root]/bin",
        "everyone can put programs there",
        "chmod o-w ",
    ),
    (
        "broken-plugin",
        "problem",
        |s| _ = s.file_with_mode("bin/carto-dead", "#!/bin/sh\n", 0o644),
        "[root]/bin/carto-dead",
        "the plugin dead cannot run: it is not executable",
        "chmod +x ",
    ),
    (
        "broken-manifest",
        "problem",
        |s| _ = s.file("bin/carto-dump.toml", "manifest = 1\nversion = 3\n"),
        "[root]/bin/carto-dump",
        "the plugin dump cannot run: it has a manifest that cannot be used: `version` in a manifest \
         must be one line of at most 80 columns, without control characters \
         ([root]/bin/carto-dump.toml:2:11)",
        "correct the file, or write one of your own, which comes first: \
         ~/.config/carto/plugins/dump.toml",
    ),
    (
        "plugin-contract",
        "problem",
        |s| _ = s.file("bin/carto-dump.toml", "manifest = 1\ncontract = 9\n"),
        "[root]/bin/carto-dump",
        "the plugin dump cannot run: it needs contract 9; this carto has contract 1",
        "install a newer carto, or an older plugin",
    ),
    (
        "unknown-manifest-key",
        "hint",
        |s| _ = s.file("bin/carto-dump.toml", "manifest = 1\nlicense = 'MIT'\n"),
        "[root]/bin/carto-dump.toml:2",
        "a manifest has no `license`; carto ignores it",
        "correct the name, or remove the line: carto help plugins",
    ),
    (
        "stale-registration",
        "hint",
        |s| {
            s.plugin("dump", "#!/bin/sh\necho manifest = 1\n");
            _ = s.carto("plugin register dump").run().ok();
            s.plugin("dump", "#!/bin/sh\necho manifest = 1; :\n");
        },
        "[root]/bin/carto-dump",
        "the plugin dump was registered for another build of its program",
        "carto plugin register dump",
    ),
    (
        "ended-token",
        "problem",
        |s| {
            let token = crate::tokens::token(1_700_000_000);
            _ = s.keys(&[&format!("{token} https://old.api.carto.com")]);
        },
        "~/.config/carto/credentials.toml:1:1",
        "the token of https://old.api.carto.com ended 2023-11-14T22:13:20Z",
        "with a new one: carto login https://old.api.carto.com",
    ),
    (
        "token-ends-soon",
        "hint",
        |s| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
            let token = crate::tokens::token(now.as_secs() + 24 * 60 * 60);
            _ = s.keys(&[&format!("{token} https://old.api.carto.com")]);
        },
        "~/.config/carto/credentials.toml:1:1",
        "the token of https://old.api.carto.com ends within two weeks",
        "with a new one: carto login https://old.api.carto.com",
    ),
    (
        "installed-plugins",
        "problem",
        |s| {
            let dir = s.path("home/.local/share/carto/plugins");
            std::fs::create_dir_all(&dir).unwrap();
            _ = s.file_with_mode("home/.local/share/carto/plugins/installed.json", "{", 0o600);
        },
        "~/.local/share/carto/plugins/installed.json",
        "the index of installed plugins cannot be read",
        "remove the file, then install the plugins again",
    ),
    (
        "shadowed-plugin",
        "hint",
        |s| _ = s.file_with_mode("more/carto-dump", "#!/bin/sh\n", 0o755),
        "[root]/more/carto-dump",
        "never runs: [root]/bin/carto-dump comes first",
        "remove one of the two",
    ),
    (
        "other-carto",
        "hint",
        |s| _ = s.file_with_mode("more/carto", "#!/bin/sh\n", 0o755),
        "[root]/more/carto",
        "another program is called `carto`; this one is not it",
        "see which one your shell runs: command -v carto",
    ),
    (
        "legacy-file",
        "hint",
        |s| _ = s.file_with_mode("home/.config/cartoframes/creds.json", "{}", 0o600),
        "~/.config/cartoframes/creds.json",
        "credentials of CARTOframes are kept here, too",
        "carto credentials import ",
    ),
    (
        "loose-legacy-file",
        "problem",
        |s| _ = s.file_with_mode("home/.carto_credentials.json", "{}", 0o644),
        "~/.carto_credentials.json",
        "others can read the credentials of CARTO's official command line",
        "chmod 600 ",
    ),
    (
        "loose-key-file",
        "problem",
        |s| {
            let file = s.file_with_mode("home/key", KEY, 0o640);
            let source = format!("apikey = {{ file = {:?} }}", file.to_str().unwrap());
            let entry =
                "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"ann\"\n";
            _ = s.file_with_mode(STORE, format!("{entry}{source}\n"), 0o600);
        },
        "~/key",
        "others can read this file, which a key is taken from (mode 0640)",
        "chmod 600 ",
    ),
    (
        "unusable-project-keys",
        "problem",
        |s| {
            let entry =
                "[[credential]]\nusername = \"ann\"\nbase_url = \"https://ann.carto.com\"\n";
            let source = "apikey = { command = [\"carto-spy\"] }\n";
            _ = s.file_with_mode("work/.carto/credentials.toml", entry.to_owned() + source, 0o600);
        },
        "[work]/.carto/credentials.toml:4:10",
        "`apikey`: a project cannot name a secret source",
        "name it in your own credentials",
    ),
    (
        "unapproved-keys",
        "hint",
        |s| {
            let entry =
                "[[credential]]\nusername = \"ann\"\nbase_url = \"https://ann.carto.com\"\n";
            let key = format!("apikey = \"{KEY}\"\n");
            _ = s.file_with_mode("work/.carto/credentials.toml", entry.to_owned() + &key, 0o600);
        },
        "[work]/.carto/credentials.toml",
        "the project's keys are not used, as you have not approved them",
        "carto trust",
    ),
];

/// Those that only root can bring about.
const OF_OTHERS: &[(&str, &str, Cause, &str, &str, &str)] = &[
    (
        "foreign-directory",
        "problem",
        |s| chown(s.path("home/.config/carto"), Some(1), Some(1)).unwrap(),
        "~/.config/carto",
        "the directory belongs to uid 1, neither you nor root",
        "sudo chown -R $USER ",
    ),
    (
        "foreign-plugin",
        "problem",
        |s| chown(s.path("bin/carto-dump"), Some(1), Some(1)).unwrap(),
        "[root]/bin/carto-dump",
        "the plugin dump cannot run: it belongs to uid 1, neither you nor root",
        "see whose it is: ls -l ",
    ),
    (
        "foreign-plugin",
        "problem",
        |s| chown(s.path("bin"), Some(1), Some(1)).unwrap(),
        "[root]/bin/carto-dump",
        "the plugin dump cannot run: it lies in a directory of uid 1, neither you nor root",
        "see whose it is: ls -ld ",
    ),
    (
        "broken-file",
        "problem",
        |s| chown(s.path("home/.config/carto/config.toml"), Some(1), Some(1)).unwrap(),
        "",
        "~/.config/carto/config.toml belongs to uid 1, neither you nor root",
        "sudo chown $USER ",
    ),
    (
        "foreign-project",
        "problem",
        |s| {
            s.project("username = \"ann\"\n");
            chown(s.path("work/.carto/config.toml"), Some(1), Some(1)).unwrap();
        },
        "[work]/.carto",
        "belongs to another user (uid 1)",
        "carto trust, or make it yours alone",
    ),
];

#[test]
fn every_finding_has_its_place_and_its_fix() {
    let mut wrong = String::new();
    let of_others = OF_OTHERS.iter().filter(|_| is_root());
    for (id, severity, cause, place, what, fix) in FINDINGS.iter().chain(of_others) {
        let sandbox = healthy();
        fs::create_dir(sandbox.path("more")).unwrap();
        set_mode(&sandbox, "more", 0o755);
        cause(&sandbox);
        let mut path = sandbox.search_path().into_string().unwrap() + ":";
        path += sandbox.path("more").to_str().unwrap();
        if *id == "relative-path-entry" {
            path = format!("tools:{path}");
        }
        let variable = if *id == "unknown-variable" { "CARTO_USERNAM" } else { "UNRELATED" };
        let (ran, rows) = examine(&sandbox, |call| call.env("PATH", &path).env(variable, KEY));
        let found = rows.iter().find(|row| {
            row.id == *id
                && row.severity == *severity
                && row.what.contains(what)
                && row.place.starts_with(place)
                && row.fix.contains(fix)
        });
        if found.is_none() {
            wrong += &format!("missing {id}: {place}: {what}: {fix}\n{ran}");
        }
        // One cause is not told twice, nor found in what is right.
        let expected = match *id {
            "loose-legacy-file" => &["legacy-file"][..],
            "writable-path-entry" => &["broken-plugin"],
            _ => &[],
        };
        let others = rows.iter().filter(|row| row.id != *id);
        let others: Vec<_> = others.filter(|row| !expected.contains(&row.id.as_str())).collect();
        if !others.is_empty() {
            wrong += &format!("besides {id}: {others:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The identifiers are promised: scripts look for them.
#[test]
fn the_table_knows_every_finding_of_the_source() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands/doctor");
    let mut missing = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for word in text.split('"').skip(1).step_by(2) {
            let is_id =
                word.contains('-') && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if is_id {
                seen += 1;
                if !FINDINGS.iter().chain(OF_OTHERS).any(|row| row.0 == word) {
                    missing.push(word.to_owned());
                }
            }
        }
    }
    assert!(seen > 20 && missing.is_empty(), "{seen}: {missing:?}");
}

#[test]
fn it_works_whatever_is_broken() {
    let sandbox = healthy();
    sandbox.system("= broken\n");
    sandbox.user("username = \n");
    sandbox.file_with_mode(STORE, format!("apikey = {KEY}\n"), 0o644);
    sandbox.file("work/.carto/config.toml", b"\xff\xfe\x00");
    sandbox.file("home/.config/cartoframes/creds.json", "{");
    symlink("nowhere", sandbox.path("bin/carto-gone")).unwrap();
    let (ran, rows) = examine(&sandbox, |call| call.env("CARTO_EDITOR", "false"));
    _ = ran.fails(1);
    let ids: Vec<_> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.iter().filter(|id| **id == "broken-file").count(), 4, "{ids:?}");
    for id in ["loose-credentials", "legacy-file", "loose-legacy-file"] {
        assert!(ids.contains(&id), "{id}: {ids:?}");
    }
    // What makes every other command stop is one finding among others.
    for (name, value) in [
        ("CARTO_USERNAME", "a/b"),
        ("CARTO_USER", "bob"),
        ("CARTO_BASE_URL", "https://a@b.example"),
        ("CARTO_CREDENTIALS_FILE", "/nowhere.json"),
        ("CARTO_API_KEY_FILE", "/nowhere"),
        ("CARTO_CONFIG_DIR", "relative"),
    ] {
        let sandbox = healthy();
        sandbox.file("home/.config/cartoframes/creds.json", "{}");
        let conflict = if name == "CARTO_USER" { "CARTO_USERNAME" } else { "UNRELATED" };
        let (ran, rows) = examine(&sandbox, |call| call.env(name, value).env(conflict, "ann"));
        _ = ran.fails(1);
        let ids: Vec<_> = rows.iter().map(|row| row.id.as_str()).collect();
        assert!(ids.contains(&"unusable-settings"), "{name}: {ids:?}");
        assert!(ids.contains(&"loose-legacy-file"), "{name}: {ids:?}");
    }
}

#[test]
fn names_cannot_draw_on_the_terminal() {
    let sandbox = healthy();
    sandbox.user("username = \"ann\"\n\"\\u001b[2J\\u202e\" = 1\n");
    sandbox.file("home/.config/carto/credentials.toml.\u{1b}]0;x\u{7}\u{9b}", "");
    let ran = sandbox.carto("doctor").env("CARTO_\u{1b}[2J\u{202e}", "x").run().fails(1);
    let drawn = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!ran.stdout.contains(drawn) && !ran.stderr.contains(drawn), "{ran:?}", ran = ran.raw);
    assert!(ran.stdout.contains("\\x1b"), "{ran}");
}

/// Whatever the program reads itself, or knows that CARTO's own programs read, is no finding.
#[test]
fn variables_that_are_read_are_no_finding() {
    let sandbox = healthy();
    let (ran, rows) = examine(&sandbox, |call| {
        call.env("CARTO_EDITOR", "vi").env("CARTO_DB", "/nowhere").env("CARTO_CHECK_SSL", "1")
    });
    assert!(rows.iter().all(|row| row.id != "unknown-variable"), "{ran}");
    let (ran, rows) = examine(&sandbox, |call| call.env("CARTO_EDITORS", "vi"));
    let found = rows.iter().find(|row| row.id == "unknown-variable");
    assert_eq!(found.map(|row| row.fix.as_str()), Some("did you mean CARTO_EDITOR?"), "{ran}");
}
