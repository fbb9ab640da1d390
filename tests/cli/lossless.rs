//! Edits through the program keep every other byte, and equal values write nothing.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use expect_test::expect;

use crate::sandbox::Sandbox;

const CONFIG: &str = "home/.config/carto/config.toml";
const CREDENTIALS: &str = "home/.config/carto/credentials.toml";

/// What a person with an editor of Windows leaves behind.
const MINE: &str = "\u{feff}# my accounts\r\n\r\nUser   = 'ann' # me\r\n\torg = \"maps\"\r\n\
    alias = { q = [ \"sql\" , # sql\r\n \"-x\" ] }\r\n\r\n\r\n[ profiles . \"my maps\" ]  # work\r\n\
    base-url = \"https://maps.example.com/user/ann\"\r\n# the end\r\n\r\n[ui]\r\ncolor = \"auto\"";

#[test]
fn every_other_byte_stays() {
    for (line, from, to) in [
        ("carto config set username bob", "'ann'", "\"bob\""),
        ("carto config set org gis", "\"maps\"\r", "\"gis\"\r"),
        ("carto config set ui.color never", "\"auto\"", "\"never\""),
        (
            "carto config set 'profiles.\"my maps\".base_url' https://m.example/user/ann",
            "https://maps.example.com/user/ann",
            "https://m.example/user/ann",
        ),
        (
            "carto config set profile 'my maps'",
            " \"-x\" ] }\r\n",
            " \"-x\" ] }\r\nprofile = \"my maps\"\r\n",
        ),
        (
            "carto config set ui.editor vi",
            "color = \"auto\"",
            "color = \"auto\"\r\neditor = \"vi\"",
        ),
        ("carto config unset organization", "\torg = \"maps\"\r\n", ""),
        ("carto config unset ui.color", "[ui]\r\ncolor = \"auto\"", ""),
        ("carto config unset ui", "[ui]\r\ncolor = \"auto\"", ""),
    ] {
        let sandbox = Sandbox::new();
        sandbox.user(MINE);
        let ran = sandbox.shell(line).run().ok();
        let now = sandbox.read(CONFIG);
        assert_eq!(MINE.matches(from).count(), 1, "{line}: {from:?}");
        let wanted = MINE.replace(from, to);
        assert_eq!(now.trim_end_matches("\r\n"), wanted.trim_end_matches("\r\n"), "{line}\n{ran}");
    }
}

#[test]
fn setting_and_unsetting_gives_the_first_bytes_back() {
    for text in ["", "# mine\n", "a = 1", "\u{feff}x = 1\r\n", "[ui]\ncolor = \"auto\"\n# end\n"] {
        let sandbox = Sandbox::new();
        sandbox.user(text);
        _ = sandbox.session(&[
            "carto config set alias.q 'sql -x'",
            "carto config set ui.editor vi",
            "carto config set username ann",
            "carto config unset username",
            "carto config unset ui.editor",
            "carto config unset alias.q",
        ]);
        let now = sandbox.read(CONFIG);
        let no_end = |text: &str| text.trim_end_matches(['\r', '\n']).to_owned();
        assert_eq!(no_end(&now), no_end(text));
    }
}

#[test]
fn an_equal_value_writes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.user(MINE);
    sandbox.keys(&["k1 https://ann.carto.com ann"]);
    let facts = |name: &str| {
        let facts = fs::metadata(sandbox.path(name)).unwrap();
        (facts.ino(), facts.mtime(), facts.mtime_nsec(), facts.ctime(), facts.ctime_nsec())
    };
    let before = (facts(CONFIG), facts(CREDENTIALS));
    let seen = sandbox.session(&[
        "carto config set username ann",
        "carto config set USER ann",
        "carto config set organization maps",
        "carto config set ui.color auto",
        "carto config set 'profiles.\"my maps\".base_url' https://MAPS.example.com:443/user/ann/",
        "echo k1 | carto config set apikey",
        "echo k1 | carto login ann --key-stdin",
        "carto config unset plugins.x.y",
    ]);
    assert_eq!((facts(CONFIG), facts(CREDENTIALS)), before);
    expect![[r#"
        $ carto config set username ann
        ! note: username is already set to this value in ~/.config/carto/config.toml
        exit 0
        $ carto config set USER ann
        ! note: username is already set to this value in ~/.config/carto/config.toml
        exit 0
        $ carto config set organization maps
        ! note: organization is already set to this value in ~/.config/carto/config.toml
        exit 0
        $ carto config set ui.color auto
        ! note: ui.color is already set to this value in ~/.config/carto/config.toml
        exit 0
        $ carto config set 'profiles."my maps".base_url' https://MAPS.example.com:443/user/ann/
        ! note: profiles."my maps".base_url is already set to this value in ~/.config/carto/config.toml
        exit 0
        $ echo k1 | carto config set apikey
        ! note: already had the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
        exit 0
        $ echo k1 | carto login ann --key-stdin
        ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
        ! note: stored the key in ~/.config/carto/credentials.toml
        ! note: ann at https://ann.carto.com is your default account, as before
        exit 0
        $ carto config unset plugins.x.y
        ! error: `plugins.x.y` is not set there
        !   --> ~/.config/carto/config.toml
        exit 1
    "#]].assert_eq(&seen);
}

#[test]
fn keys_come_and_go_without_a_trace_in_the_rest() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[profiles.bob]\nusername = \"bob\"\n");
    let mine = "\u{feff}# keys\r\n[[credential]] # ann's\r\nusername = 'ann'\r\nbase_url='https://ann.carto.com/'\r\napikey = 'k1' # old\r\n\r\n# the end";
    sandbox.file_with_mode(CREDENTIALS, mine, 0o600);
    _ = sandbox.session(&["echo k2 | carto config set apikey"]);
    assert_eq!(sandbox.read(CREDENTIALS), mine.replace("'k1'", "\"k2\""));
    _ = sandbox.session(&["echo k3 | carto -p bob config set apikey"]);
    let both = sandbox.read(CREDENTIALS);
    assert!(both.starts_with(&mine.replace("'k1'", "\"k2\"")), "{both:?}");
    assert!(!both.replace("\r\n", "").contains('\n'), "{both:?}");
    _ = sandbox.session(&["carto -p bob logout"]);
    let now = sandbox.read(CREDENTIALS);
    assert_eq!(now.trim_end(), mine.replace("'k1'", "\"k2\""));
}

#[test]
fn origins_are_where_an_editor_finds_them() {
    let sandbox = Sandbox::new();
    sandbox.user(MINE);
    sandbox.keys(&["k1 https://ann.carto.com ann", "k2 https://maps.example.com/user/ann"]);
    sandbox.file(
        "sys/config.toml",
        "profiles.\"ü\".username = 'x'; ".replace("; ", "\n") + "plugins.a.\"b c\" = 1\n",
    );
    let seen = sandbox.session(&[
        "carto config list --show-origin",
        "CARTO_ORG=env carto -c ui.color=never config list --show-origin --show-scope | tail -3",
        "carto config get --show-origin username",
        "carto config get --show-origin --show-scope apikey",
        "carto config get --all --show-origin organization",
        "CARTO_ORG=env carto config get --all --show-scope organization",
        "carto -p 'my maps' config get --show-origin apikey",
        "carto config get --show-origin plugins.a",
    ]);
    expect![[r#"
        $ carto config list --show-origin
        * [root]/sys/config.toml:1:25	profiles."ü".username=x
        * [root]/sys/config.toml:2:19	plugins.a."b c"=1
        * ~/.config/carto/config.toml:3:10	username=ann
        * ~/.config/carto/config.toml:4:8	organization=maps
        * ~/.config/carto/config.toml:5:15	alias.q=["sql","-x"]
        * ~/.config/carto/config.toml:10:12	profiles."my maps".base_url=https://maps.example.com/user/ann
        * ~/.config/carto/config.toml:14:9	ui.color=auto
        * ~/.config/carto/credentials.toml:1:1	apikey=********  (ann at https://ann.carto.com)
        * ~/.config/carto/credentials.toml:6:1	apikey=********  (ann at https://maps.example.com/user/ann)
        exit 0
        $ CARTO_ORG=env carto -c ui.color=never config list --show-origin --show-scope | tail -3
        * user	~/.config/carto/credentials.toml:6:1	apikey=********  (ann at https://maps.example.com/user/ann)
        * env	CARTO_ORG	organization=env
        * command	-c ui.color	ui.color=never
        exit 0
        $ carto config get --show-origin username
        ~/.config/carto/config.toml:3:10	ann
        exit 0
        $ carto config get --show-origin --show-scope apikey
        user	~/.config/carto/credentials.toml:1:1	k1
        exit 0
        $ carto config get --all --show-origin organization
        ~/.config/carto/config.toml:4:8	maps
        exit 0
        $ CARTO_ORG=env carto config get --all --show-scope organization
        user	maps
        env	env
        exit 0
        $ carto -p 'my maps' config get --show-origin apikey
        ~/.config/carto/credentials.toml:6:1	k2
        exit 0
        $ carto config get --show-origin plugins.a
        [root]/sys/config.toml:2:19	{"b c":1}
        exit 0
    "#]].assert_eq(&seen);
    // Every place is believed, and looked at.
    for line in seen.lines().filter_map(|line| line.split_once(".toml:")) {
        let file = if line.0.contains("/sys/") { "sys/config.toml" } else { CONFIG };
        if line.0.ends_with("credentials") {
            continue;
        }
        let mut words = line.1.split(['\t', ':', ' ']);
        let (row, column): (usize, usize) =
            (words.next().unwrap().parse().unwrap(), words.next().unwrap().parse().unwrap());
        let text = sandbox.read(file);
        let row = text.lines().nth(row - 1).unwrap().trim_start_matches('\u{feff}');
        let at: String = row.chars().skip(column - 1).collect();
        assert!(at.starts_with(['\'', '"', '[', '1']), "{line:?} is at {at:?}");
    }
}

#[test]
fn a_new_entry_has_one_blank_line_before_it() {
    for end in ["", "\n", "\n\n", "\r\n\r\n"] {
        let sandbox = Sandbox::new();
        sandbox.keys(&["k1 https://ann.carto.com ann"]);
        let text = sandbox.read(CREDENTIALS);
        sandbox.file_with_mode(CREDENTIALS, format!("{}{end}", text.trim_end()), 0o600);
        _ = sandbox.carto("login bob --key-stdin").stdin("k2").run().ok();
        let text = sandbox.read(CREDENTIALS).replace("\r\n", "\n");
        assert_eq!(text.matches("\n\n[[credential]]").count(), 1, "{end:?}: {text}");
        assert!(!text.contains("\n\n\n"), "{end:?}: {text}");
    }
    // In settings, too.
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n\n");
    _ = sandbox.carto("alias set q sql").run().ok();
    assert!(!sandbox.read(CONFIG).contains("\n\n\n"));
}
