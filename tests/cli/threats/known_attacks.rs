//! One test for each known attack on programs of this kind, named after it; what is looked at in
//! depth elsewhere has its short test here all the same.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sandbox::{Call, Ran, Sandbox};

/// The key that must stay where it is.
pub const KEY: &str = "marker-key-1a2b3c";
pub const STORE: &str = "home/.config/carto/credentials.toml";
pub const CONFIG: &str = "home/.config/carto/config.toml";
pub const PROJECT: &str = "[work]/.carto/config.toml";

#[test]
fn every_row_has_its_test() {
    let files =
        [include_str!("known_attacks.rs"), include_str!("urls.rs"), include_str!("local.rs")];
    let text = files.concat();
    for row in 1..=56 {
        let tests = text.matches(&format!("\n#[test]\nfn t{row:02}_")).count();
        assert_eq!(tests, 1, "row {row}");
    }
}

/// My account is `ann`; the project says this.
pub fn hostile(settings: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&[&format!("{KEY} https://ann.carto.com ann")]);
    if !settings.is_empty() {
        sandbox.project(settings);
    }
    sandbox
}

/// The plugin does not start, the key shows nowhere, the message names these.
#[track_caller]
pub fn stops(call: Call<'_>, code: i32, says: &[&str]) -> Ran {
    let ran = call.run().fails(code).not_started().never_says(KEY);
    for text in says {
        assert!(ran.stderr.contains(text), "does not say {text:?}:\n{ran}");
    }
    ran
}

#[track_caller]
pub fn refused(sandbox: &Sandbox) {
    let says = [PROJECT, "help: carto trust", "help: carto --no-project"];
    _ = stops(sandbox.carto("account"), 4, &says);
    _ = stops(sandbox.carto("config get apikey"), 4, &says);
    _ = stops(sandbox.carto("env --format sh"), 4, &says);
    stays(sandbox, &[STORE]);
}

#[track_caller]
pub fn stays(sandbox: &Sandbox, held_by: &[&str]) {
    assert_eq!(sandbox.files_with(KEY), held_by);
}

/// I am myself, with my key.
#[track_caller]
pub fn is_ann(call: Call<'_>) -> Ran {
    let ran = call.run().ok().started();
    assert!(ran.stdout.contains("CARTO_BASE_URL=https://ann.carto.com\n"), "{ran}");
    assert!(ran.stdout.contains(&format!("CARTO_API_KEY={KEY}\n")), "{ran}");
    ran
}

pub fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Fails when anything was connected to meanwhile.
struct Ear(TcpListener);

impl Ear {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Ear(listener)
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    #[track_caller]
    fn heard_nothing(&self) {
        let heard = self.0.accept().map(|(_, peer)| peer).map_err(|error| error.kind());
        assert_eq!(heard, Err(ErrorKind::WouldBlock));
    }
}

#[test]
fn t01_a_repository_names_its_own_base_url() {
    refused(&hostile("base_url = \"https://evil.example\"\n"));
}

#[test]
fn t02_a_key_of_the_environment_does_not_follow_the_repository() {
    let sandbox = hostile("base_url = \"https://evil.example\"\n");
    for file in [STORE, CONFIG] {
        fs::remove_file(sandbox.path(file)).unwrap();
        let call = sandbox.carto("account").env("CARTO_API_KEY", KEY);
        _ = stops(call, 4, &[PROJECT, "help: carto trust"]);
        stays(&sandbox, &[]);
    }
}

#[test]
fn t03_another_user_of_the_same_host_is_another_account() {
    let sandbox = hostile("username = \"b\"\n");
    sandbox.user("base_url = \"https://maps.example/user/{username}\"\nusername = \"a\"\n");
    sandbox.keys(&[&format!("{KEY} https://maps.example/user/a a")]);
    refused(&sandbox);
}

#[test]
fn t04_a_key_does_not_follow_a_redefined_name() {
    let sandbox =
        hostile("profile = \"prod\"\n[profiles.prod]\nbase_url = \"https://evil.example\"\n");
    sandbox.user("username = \"bob\"\n[profiles.prod]\nusername = \"ann\"\n");
    let ran = is_ann(sandbox.carto("account"));
    assert!(ran.stderr.contains("ignored, as this project is not trusted"), "{ran}");
    assert!(!ran.stdout.contains("evil"), "{ran}");
}

#[test]
fn t05_a_complete_account_that_came_along_is_not_used() {
    let sandbox = hostile("base_url = \"https://evil.example\"\n");
    let bait = "[[credential]]\nbase_url = \"https://evil.example\"\napikey = \"bait\"\n";
    sandbox.file_with_mode("work/.carto/credentials.toml", bait, 0o600);
    refused(&sandbox);
}

#[test]
fn t06_an_unknown_url_stops_even_without_any_key() {
    let sandbox = Sandbox::new();
    sandbox.project("base_url = \"https://evil.example\"\n");
    _ = stops(sandbox.carto("account"), 4, &[PROJECT, "help: carto trust"]);
}

#[test]
fn t07_login_takes_no_target_from_the_repository() {
    let sandbox = Sandbox::new();
    sandbox.project("base_url = \"https://evil.example\"\n");
    let call = sandbox.carto("login --key-stdin").stdin(KEY);
    _ = stops(call, 2, &["help: carto login https://NAME.carto.com"]);
    let call = sandbox.carto("config set --project apikey").stdin(KEY);
    _ = stops(call, 4, &[PROJECT, "help: carto trust"]);
    stays(&sandbox, &[]);
}

#[test]
fn t08_nothing_is_expanded_and_no_source_is_run() {
    for settings in [
        "base_url = \"https://${MARKER}.evil.example\"\n",
        "base_url = \"https://$MARKER.evil.example\"\n",
        "username = \"${MARKER}\"\n",
    ] {
        let sandbox = hostile(settings);
        let call = sandbox.carto("account").env("MARKER", "other-secret");
        let ran = stops(call, 3, &[PROJECT]);
        _ = ran.never_says("other-secret");
    }
    let settings = "apikey = { command = [\"touch\", \"ran\"] }\napikey_command = \"touch ran\"\n\
                    apikey_file = \"/etc/passwd\"\n";
    let sandbox = hostile(settings);
    let entry = "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"ann\"\n\
                 apikey = { command = [\"touch\", \"ran\"] }\n";
    sandbox.file_with_mode("work/.carto/credentials.toml", entry, 0o600);
    _ = is_ann(sandbox.carto("account"));
    sandbox.trust("work");
    let ran = is_ann(sandbox.carto("account"));
    assert!(
        ran.stderr.contains(&format!("{PROJECT}:1:12: unknown setting `apikey.command`")),
        "{ran}"
    );
    assert!(!sandbox.path("work/ran").exists());
}

#[test]
fn t09_an_alias_of_the_repository_takes_nothing_over() {
    let settings =
        "[alias]\nlogin = \"!touch ran\"\naccount = \"!touch ran\"\nx = \"!touch ran\"\n";
    let sandbox = hostile(settings);
    _ = is_ann(sandbox.carto("account"));
    _ = stops(sandbox.carto("x"), 127, &[]);
    sandbox.trust("work");
    for command in ["account", "x", "login --help"] {
        _ = sandbox.carto(command).run();
    }
    assert!(!sandbox.path("work/ran").exists(), "shell aliases are never a project's");
}

#[test]
fn t10_no_other_file_name_is_read() {
    let sandbox = hostile("");
    let evil = "base_url = \"https://evil.example\"\nusername = \"evil\"\n";
    let json = r#"{"base_url": "https://evil.example", "username": "evil", "api_key": "bait"}"#;
    for name in [
        "carto.toml",
        ".carto.toml",
        ".cartorc",
        ".env",
        ".carto/Config.toml",
        ".carto/config",
        ".carto/CONFIG.TOML",
        ".carto/settings.toml",
        ".CARTO/config.toml",
        ".Carto/config.toml",
        ".carto/config.local.toml",
        ".carto/.env",
        ".config/carto/config.toml",
    ] {
        sandbox.file(&format!("work/{name}"), evil);
    }
    for name in [
        "cartocreds.json",
        "creds.json",
        ".carto_credentials.json",
        ".carto/credentials.json",
        ".carto/config.json",
        ".carto/cartocreds.json",
    ] {
        sandbox.file(&format!("work/{name}"), json);
    }
    let ran = is_ann(sandbox.carto("account"));
    assert_eq!(ran.stderr, "");
}

#[test]
fn t11_a_repository_does_not_trust_itself() {
    let settings = "base_url = \"https://evil.example\"\ntrust = true\ntrusted = true\nyes = true\n\
                    ceiling = \"/\"\nallow_non_secure = true\n[untrusted]\nall = false\n";
    refused(&hostile(settings));
    // Nor does a record that came along.
    let sandbox = hostile("base_url = \"https://evil.example\"\n");
    sandbox.file("work/.local/state/carto/trust/x.json", "{}");
    refused(&sandbox);
}

#[test]
fn t12_nothing_is_connected_to_before_trust() {
    let ear = Ear::new();
    let sandbox = hostile(&format!("base_url = \"{}\"\n", ear.url()));
    for words in [
        "account",
        "config list",
        "config get base_url",
        "config explain",
        "credentials show",
        "profile list",
        "plugin list",
        "doctor",
        "trust --show",
        "completions bash",
        "help",
    ] {
        _ = sandbox.carto(words).run().not_started().never_says(KEY);
    }
    ear.heard_nothing();
}

#[test]
fn t13_what_was_hashed_is_what_is_trusted() {
    let sandbox = hostile("username = \"ann\"\n");
    let shown = sandbox.carto("trust --show --json").run().ok();
    let shown: serde_json::Value = serde_json::from_slice(&shown.raw).unwrap();
    let hash = shown["hash"].as_str().unwrap();
    let path = sandbox.path("work/.carto/config.toml");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for text in ["base_url = \"https://evil.example\"\n", "username = \"ann\"\n"] {
                    let new = path.with_extension("new");
                    fs::write(&new, text).unwrap();
                    fs::rename(&new, &path).unwrap();
                }
            }
        });
        for _ in 0..30 {
            _ = sandbox.carto("trust --expect").arg(hash).run();
        }
        stop.store(true, Ordering::Relaxed);
    });
    let listed = sandbox.carto("trust --list --json").run().ok().stdout;
    assert!(listed == "[]\n" || listed.contains(hash), "{listed}");
    sandbox.project("base_url = \"https://evil.example\"\n");
    refused(&sandbox);
}

#[test]
fn t14_trusted_settings_pull_in_no_other_file() {
    let sandbox = hostile("include = \"evil.toml\"\n[include]\n");
    sandbox.project("include = \"evil.toml\"\nimport = [\"evil.toml\"]\nextends = \"evil.toml\"\n");
    sandbox.file("work/.carto/evil.toml", "base_url = \"https://evil.example\"\n");
    sandbox.trust("work");
    let ran = is_ann(sandbox.carto("account"));
    assert!(ran.stderr.contains("unknown setting `include`"), "{ran}");
}

#[test]
fn t15_a_copy_of_a_trusted_tree_is_not_trusted() {
    let sandbox = hostile("username = \"acme\"\n");
    sandbox.trust("work");
    _ = sandbox.carto("account").run().ok().started();
    sandbox.file("copy/.carto/config.toml", sandbox.read("work/.carto/config.toml"));
    let says = ["[root]/copy/.carto/config.toml", "help: carto trust"];
    _ = stops(sandbox.carto("account").dir("copy"), 4, &says);
}

#[test]
fn t16_one_changed_byte_asks_again() {
    let sandbox = hostile("username = \"acme\"\n");
    sandbox.trust("work");
    _ = sandbox.carto("account").run().ok().started();
    sandbox.project("username = \"acmf\"\n");
    refused(&sandbox);
    let ran = sandbox.carto("trust --show").run().ok();
    assert!(ran.stdout.contains("- username = \"acme\"\n+ username = \"acmf\"\n"), "{ran}");
}

#[test]
fn t17_a_sibling_with_a_longer_name_is_not_trusted() {
    let sandbox = hostile("username = \"acme\"\n");
    sandbox.trust("work");
    for dir in ["work-evil", "work2", "work/below", "wor"] {
        sandbox.file(&format!("{dir}/.carto/config.toml"), "username = \"acme\"\n");
        _ = stops(sandbox.carto("account").dir(dir), 4, &["help: carto trust"]);
    }
}

#[test]
fn t18_links_are_not_followed_into_a_project() {
    for (link, target) in [(".carto", "real"), (".carto/config.toml", "../real/config.toml")] {
        let sandbox = hostile("");
        sandbox.file("work/real/config.toml", "username = \"ann\"\n");
        if link != ".carto" {
            fs::create_dir(sandbox.path("work/.carto")).unwrap();
        }
        symlink(target, sandbox.path("work").join(link)).unwrap();
        let says = ["is a symbolic link", "[work]/.carto", "help: carto --no-project"];
        _ = stops(sandbox.carto("account"), 4, &says);
    }
    // Exchanged for a link to my own keys after it was trusted.
    let sandbox = hostile("username = \"ann\"\n");
    sandbox.trust("work");
    fs::remove_file(sandbox.path("work/.carto/config.toml")).unwrap();
    symlink(sandbox.path(STORE), sandbox.path("work/.carto/config.toml")).unwrap();
    _ = stops(sandbox.carto("account"), 4, &["is a symbolic link"]);
    _ = sandbox.carto("config list").run().never_says(KEY);
}

#[test]
fn t19_a_shared_directory_above_is_no_project() {
    let sandbox = hostile("base_url = \"https://evil.example\"\n");
    fs::create_dir_all(sandbox.path("work/mine")).unwrap();
    mode(&sandbox.path("work"), 0o1777);
    _ = is_ann(sandbox.carto("account").dir("work/mine"));
    // One that everyone can write and that is not marked is none of mine either.
    mode(&sandbox.path("work"), 0o777);
    _ = stops(sandbox.carto("account").dir("work/mine"), 4, &["can be written by everyone"]);
}

#[test]
fn t20_what_others_own_or_write_does_not_count() {
    for name in ["work", "work/.carto", "work/.carto/config.toml"] {
        let sandbox = hostile("username = \"ann\"\n");
        let path = sandbox.path(name);
        mode(&path, if path.is_dir() { 0o777 } else { 0o666 });
        let shown = name.replacen("work", "[work]", 1);
        let place = format!("{shown} can be written by everyone");
        _ = stops(sandbox.carto("account"), 4, &[&place, "help: carto --no-project"]);
        if is_root() {
            let sandbox = hostile("username = \"ann\"\n");
            chown(sandbox.path(name), Some(1), Some(1)).unwrap();
            let place = format!("{shown} belongs to another user (uid 1)");
            _ = stops(sandbox.carto("account"), 4, &[&place, "help: carto --no-project"]);
        }
        stays(&sandbox, &[STORE]);
    }
}

#[test]
fn t21_root_writes_nothing_into_the_home_of_another() {
    if !is_root() {
        return; // Only root can be root in another's home.
    }
    let sandbox = hostile("username = \"ann\"\n");
    chown(sandbox.path("home"), Some(65534), Some(65534)).unwrap();
    chown(sandbox.path("work/.carto/config.toml"), Some(65534), Some(65534)).unwrap();
    let before = fs::read(sandbox.path(CONFIG)).unwrap();
    for words in ["config set username eve", "login eve --key-stdin", "trust --deny"] {
        let call = sandbox.carto(words).stdin("other").env("SUDO_UID", "65534");
        _ = stops(call, 5, &["HOME belongs to another user", "help: set HOME"]);
    }
    assert_eq!(fs::read(sandbox.path(CONFIG)).unwrap(), before);
    let call = sandbox.carto("account").env("SUDO_UID", "65534");
    _ = stops(call, 4, &["belongs to another user (uid 65534)"]);
}

#[test]
fn t22_control_characters_are_in_no_field() {
    for c in ["\\n", "\\r", "\\t", "\\u0000", "\\u001b", "\\u007f", "\\u0085", "\\u009b"] {
        for field in ["username", "base_url"] {
            let start = if field == "base_url" { "https://ann.carto.com" } else { "ann" };
            let sandbox = hostile(&format!("{field} = \"{start}{c}\"\n"));
            _ = stops(sandbox.carto("account"), 3, &[PROJECT]);
        }
        let sandbox = hostile("");
        let text = sandbox.read(STORE).replace(KEY, &format!("{KEY}{c}x"));
        sandbox.file_with_mode(STORE, text, 0o600);
        let ran = stops(sandbox.carto("account"), 3, &["~/.config/carto/credentials.toml:"]);
        assert!(ran.stderr.contains("`apikey`"), "{ran}");
    }
    let sandbox = hostile("");
    for key in ["a\nb", "a\tb", "a\u{1b}b", "a b", "ä"] {
        let call = sandbox.carto("account").env("CARTO_API_KEY", key);
        let ran = call.run().not_started().never_says(KEY);
        assert_ne!(ran.code(), 0, "{ran}");
    }
}

#[test]
fn t23_a_blank_part_matches_nothing() {
    for settings in [
        "username = \"\"\n",
        "base_url = \"\"\n",
        "base_url = \"https://\"\n",
        "base_url = \"://ann.carto.com\"\n",
        "base_url = \"https:///user/ann\"\n",
        "base_url = \"https://.carto.com\"\n",
    ] {
        let sandbox = hostile(settings);
        let ran =
            sandbox.carto("account").run().never_says(if settings.len() > 15 { KEY } else { "\0" });
        assert!(
            ran.code() == 3 || ran.code() == 0 && settings.contains("= \"\""),
            "{settings}\n{ran}"
        );
    }
    let sandbox = hostile("");
    for text in [
        sandbox.read(STORE).replace("https://ann.carto.com", ""),
        sandbox.read(STORE).replace("\"ann\"", "\"\""),
    ] {
        sandbox.file_with_mode(STORE, text, 0o600);
        _ = stops(sandbox.carto("account"), 3, &["credentials.toml:"]);
    }
}

#[test]
fn t24_no_value_breaks_the_writer() {
    let sandbox = hostile("");
    for value in [
        "]\n[alias]\nx = \"!id\"",
        "a\r",
        "\"",
        "\\",
        "'''",
        "\"\"\"",
        "#",
        " = ",
        "\u{7f}",
        "é\u{202e}",
    ] {
        _ = sandbox.carto("config set organization").arg("--").arg(value).run();
        let got = sandbox.carto("config get -z --user organization").run();
        if got.status.success() {
            assert_eq!(got.raw, [value.as_bytes(), b"\0"].concat(), "{value:?}");
        }
        _ = sandbox.carto("config unset organization").run();
        assert!(!sandbox.read(CONFIG).contains("\n[alias]"), "{value:?}");
        _ = is_ann(sandbox.carto("account"));
    }
}

#[test]
fn t25_nothing_draws_on_the_terminal() {
    let draws = |c: char| {
        c.is_control() && c != '\n' && c != '\t'
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    let sandbox =
        hostile("# \u{1b}]0;x\u{7}\n\"\\u001b[2J\\u202e\" = \"\\u001b]52;c;eA==\\u0007\\u009b\"\n");
    sandbox.user("username = \"ann\"\norganization = \"\\u001b[2J\\u2066\"\n");
    sandbox
        .file("work/\u{1b}[2J\u{202e}/.carto/config.toml", "base_url = \"https://evil.example\"\n");
    for (dir, words) in [
        ("work", "account"),
        ("work", "trust --show"),
        ("work", "config list --show-origin"),
        ("work", "config explain"),
        ("work", "config get organization"),
        ("work", "doctor"),
        ("work", "credentials show"),
        ("work/\u{1b}[2J\u{202e}", "account"),
        ("work/\u{1b}[2J\u{202e}", "doctor"),
        ("work/\u{1b}[2J\u{202e}", "config explain"),
    ] {
        let ran = sandbox.carto(words).dir(dir).run();
        // What a plugin prints is its own.
        let shown = if words == "account" { "" } else { &ran.stdout };
        assert!(
            !shown.contains(draws) && !ran.stderr.contains(draws),
            "{words}: {ran:?}",
            ran = ran.raw
        );
    }
    let ran = sandbox.carto("\u{1b}[2J").run().never_says("\u{1b}");
    assert_ne!(ran.code(), 0);
}

#[test]
fn t34_login_sends_the_key_nowhere() {
    let ear = Ear::new();
    let sandbox = Sandbox::new();
    let url = ear.url() + "/user/ann";
    _ = sandbox.carto("login").arg(&url).arg("--key-stdin").stdin(KEY).run().never_says(KEY);
    _ = sandbox.carto("logout").run().never_says(KEY);
    ear.heard_nothing();
}

#[test]
fn t35_no_key_is_part_of_a_url() {
    let ear = Ear::new();
    let sandbox = hostile("");
    let url = ear.url() + "/user/ann";
    sandbox.user(&format!("base_url = \"{url}\"\nallow_non_secure = true\n"));
    sandbox.keys(&[&format!("{KEY} {url} ann")]);
    let ran = sandbox.carto("account").run().ok().started();
    assert!(ran.stdout.contains(&format!("CARTO_BASE_URL={url}\n")), "{ran}");
    for words in ["-v account", "config explain", "credentials show", "whoami"] {
        let ran = sandbox.carto(words).run();
        assert!(!format!("{ran}").contains("api_key="), "{ran}");
    }
    ear.heard_nothing();
}
