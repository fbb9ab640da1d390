//! Every flag of `get`, `set`, `unset`, `list`, `path` and `schema`.

use expect_test::{expect, expect_file};

use crate::sandbox::Sandbox;

/// One key in every layer: the system's, the user's, the project's, the command line's.
fn layers() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("sys/config.toml", "[plugins.sql]\nlimit = 1\nfrom = \"sys\"\n");
    sandbox.user(
        "username = \"ann\"\n\n[plugins.sql]\nlimit = 2\nwide = [1, 2]\n\"odd key\" = 'it''s'\n\
         home = \"~/data\"\nyes = \"on\"\n"
            .replace("'it''s'", "\"it's\\ttabbed\"")
            .as_str(),
    );
    _ = sandbox.carto("init").run().ok();
    _ = sandbox.carto("config set --project plugins.sql.limit 3").run().ok();
    sandbox
}

/// Runs each command line and shows it with what came of it.
fn session(sandbox: &Sandbox, lines: &[&str]) -> String {
    let mut shown = String::new();
    for line in lines {
        let mut call = sandbox.carto("");
        for word in shlex::split(line).unwrap() {
            call = call.arg(word);
        }
        let ran = call.run().to_string().replace('\0', "[NUL]").replace('\t', "[TAB]");
        shown += &format!("$ carto {line}\n{ran}\n");
    }
    shown
}

#[test]
fn verbose_names_every_file_that_is_read() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&["marker1 https://ann.carto.com"]);
    _ = sandbox.carto("init").run().ok();
    _ = sandbox.carto("config set --project apikey").stdin("marker2").run().ok();
    sandbox.carto("-v config get base_url").run().ok().never_says("marker").shows(&expect![[r#"
        https://ann.carto.com
        ! read ~/.config/carto/config.toml
        ! project [work]: trusted
        ! read ~/.config/carto/credentials.toml
        ! read [work]/.carto/credentials.toml
        exit 0
    "#]]);
}

#[test]
fn a_list_marks_one_key_of_an_account_and_knows_the_environments() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    sandbox.keys(&[
        "marker1 https://ann.carto.com",
        "marker2 https://ann.carto.com profile=ro",
        "marker3 https://bob.carto.com",
    ]);
    _ = sandbox.carto("init").run().ok();
    _ = sandbox.carto("config set --project apikey").stdin("marker4").run().ok();
    let seen = sandbox.session(&[
        "carto config list --show-scope",
        "CARTO_API_KEY=marker5 carto config list --show-scope",
        "CARTO_USERNAME=bob CARTO_API_KEY=marker5 carto config list --show-origin",
        "CARTO_API_KEY=default_public carto config list",
        "CARTO_API_KEY=marker5 carto config list --json | grep -A8 apikey",
        "CARTO_API_KEY=marker5 carto --isolated config list",
    ]);
    assert!(!seen.lines().any(|line| !line.starts_with('$') && line.contains("marker")), "{seen}");
    expect![[r#"
        $ carto config list --show-scope
        * user	username=ann
          user	apikey=********  (ann at https://ann.carto.com)
        * user	apikey=********  (ann at https://ann.carto.com, profile ro)
        * user	apikey=********  (bob at https://bob.carto.com)
        * project	apikey=********  (ann at https://ann.carto.com)
        exit 0
        $ CARTO_API_KEY=marker5 carto config list --show-scope
        * user	username=ann
          user	apikey=********  (ann at https://ann.carto.com)
          user	apikey=********  (ann at https://ann.carto.com, profile ro)
        * user	apikey=********  (bob at https://bob.carto.com)
          project	apikey=********  (ann at https://ann.carto.com)
        * env	apikey=********  (ann at https://ann.carto.com)
        exit 0
        $ CARTO_USERNAME=bob CARTO_API_KEY=marker5 carto config list --show-origin
          ~/.config/carto/config.toml:1:12	username=ann
          ~/.config/carto/credentials.toml:1:1	apikey=********  (ann at https://ann.carto.com)
        * ~/.config/carto/credentials.toml:5:1	apikey=********  (ann at https://ann.carto.com, profile ro)
          ~/.config/carto/credentials.toml:10:1	apikey=********  (bob at https://bob.carto.com)
        * [work]/.carto/credentials.toml:1:1	apikey=********  (ann at https://ann.carto.com)
        * CARTO_USERNAME	username=bob
        * CARTO_API_KEY	apikey=********  (bob at https://bob.carto.com)
        exit 0
        $ CARTO_API_KEY=default_public carto config list
        * username=ann
          apikey=********  (ann at https://ann.carto.com)
          apikey=********  (ann at https://ann.carto.com, profile ro)
          apikey=********  (bob at https://bob.carto.com)
          apikey=********  (ann at https://ann.carto.com)
        * apikey=default_public  (ann at https://ann.carto.com)
        exit 0
        $ CARTO_API_KEY=marker5 carto config list --json | grep -A8 apikey
            "key": "apikey",
            "value": "********",
            "account": "ann at https://ann.carto.com",
            "scope": "user",
            "origin": "~/.config/carto/credentials.toml:1:1",
            "wins": false
          },
          {
            "key": "apikey",
            "value": "********",
            "account": "ann at https://ann.carto.com, profile ro",
            "scope": "user",
            "origin": "~/.config/carto/credentials.toml:5:1",
            "wins": false
          },
          {
            "key": "apikey",
            "value": "********",
            "account": "bob at https://bob.carto.com",
            "scope": "user",
            "origin": "~/.config/carto/credentials.toml:10:1",
            "wins": true
          },
          {
            "key": "apikey",
            "value": "********",
            "account": "ann at https://ann.carto.com",
            "scope": "project",
            "origin": "[work]/.carto/credentials.toml:1:1",
            "wins": false
          },
          {
            "key": "apikey",
            "value": "********",
            "account": "ann at https://ann.carto.com",
            "scope": "env",
            "origin": "CARTO_API_KEY",
            "wins": true
          }
        ]
        exit 0
        $ CARTO_API_KEY=marker5 carto --isolated config list
          apikey=********  (no account)
        exit 0
    "#]].assert_eq(&seen);
}

#[test]
fn get() {
    let sandbox = layers();
    let shown = session(
        &sandbox,
        &[
            "config get plugins.sql.limit",
            "config get --show-scope plugins.sql.limit",
            "config get --show-origin plugins.sql.limit",
            "config get --show-scope --show-origin --all plugins.sql.limit",
            "-c plugins.sql.limit=9 config get --show-origin plugins.sql.limit",
            "config get --json plugins.sql.limit",
            "config get --json --all plugins.sql.limit",
            "config get -z --all --show-scope plugins.sql.limit",
            "config get --user plugins.sql.limit",
            "config get --global plugins.sql.limit",
            "config get --system plugins.sql.limit",
            "config get --project plugins.sql.limit",
            "config get --local plugins.sql.limit",
            "config get --user --system plugins.sql.limit",
            "config get --file ../sys/config.toml plugins.sql.limit",
            "config get --file missing.toml plugins.sql.limit",
            "config get --default 7 plugins.sql.none",
            "config get --default 7 --json plugins.sql.none",
            "config get --default no --type bool plugins.sql.none",
            "config get --default x --type int plugins.sql.none",
            "config get plugins.sql.none",
            "config get --type int plugins.sql.limit",
            "config get --type bool plugins.sql.limit",
            "config get --type bool plugins.sql.yes",
            "config get --type string plugins.sql.limit",
            "config get --type path plugins.sql.home",
            "config get --type path plugins.sql.limit",
            "config get plugins.sql.wide",
            "config get 'plugins.sql.\"odd key\"'",
            "config get -z 'plugins.sql.\"odd key\"'",
            "config get \"plugins.'sql'.limit\"",
            "config get plugins.sql",
            "config get --user --json plugins.sql",
            "config get --all username",
            "config get username",
            "config get base_url",
            "config get --user base_url",
            "config get allow_non_secure",
            "config get organization",
            "config get 'a b'",
            "config get ''",
        ],
    );
    expect_file!["snapshots/get.txt"].assert_eq(&shown);
    let path = sandbox.carto("config get --type path plugins.sql.home").run().ok();
    let wanted = format!("{}\n", sandbox.path("home/data").display());
    assert_eq!(String::from_utf8_lossy(&path.raw), wanted);
}

#[test]
fn a_script_that_combines_gets_never_mixes_accounts() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\norganization = \"anns\"\n");
    sandbox.keys(&["key-of-ann https://ann.carto.com ann", "key-of-bob https://bob.carto.com bob"]);
    let get = |key: &str| {
        let call = sandbox.carto("config get").arg(key).env("CARTO_USER", "bob");
        call.run().stdout.trim_end().to_owned()
    };
    let got = ["username", "base_url", "apikey", "organization"].map(get);
    assert_eq!(got, ["bob", "https://bob.carto.com", "key-of-bob", ""]);
    sandbox.project("username = \"mallory\"\n");
    for key in ["username", "base_url", "apikey", "organization", "allow_non_secure"] {
        let call = sandbox.carto("config get --default x").arg(key);
        assert_eq!(call.run().fails(4).stdout, "", "{key}");
    }
    let none = Sandbox::new();
    assert_eq!(none.carto("config get --default x username").run().ok().stdout, "x\n");
    _ = none.carto("config get username").run().fails(1);
}

#[test]
fn set_and_unset() {
    let sandbox = Sandbox::new();
    let shown = session(
        &sandbox,
        &[
            "config set ui.editor vi",
            "config set ui.editor vi",
            "config set UI.Editor 'code --wait'",
            "config set user ann",
            "config set 'profiles.\"my work\".user' acme",
            "config set profiles.work.base-url HTTPS://Acme.Carto.com:443/",
            "config set profiles.work.protected yes",
            "config set alias.q 'sql --limit 3'",
            "config set plugins.sql.limit 3",
            "config set plugins.sql.deep.er true",
            "config set plugins.sql.text 1.5",
            "config set --file other.toml username bob",
            "config set --system ui.color never",
            "config set ui.color never",
            "config set --system ui.color auto",
            "config set --project username acme",
            "init",
            "config set --project username acme",
            "config set username zoe",
            "config set --project ui.editor vi",
            "config set --project alias.q '!ls'",
            "config set username=zoe",
            "config set frob 1",
            "config set --force frob 1",
            "config set username",
            "config set --file other.toml apikey x",
            "config set ui.editor -- --odd",
            "config unset alias.q",
            "config unset alias.q",
            "config unset profiles.work",
            "config unset --file other.toml username",
            "config unset --project username",
            "config unset --system ui.color",
            "config unset frob",
            "config unset apikey",
            "config unset 'a b'",
        ],
    );
    expect_file!["snapshots/set.txt"].assert_eq(&shown);
    let file = sandbox.read("home/.config/carto/config.toml");
    expect_file!["snapshots/set.toml"].assert_eq(&file);
    assert_eq!(sandbox.read("work/other.toml"), "");
}

#[test]
fn set_says_what_hides_it() {
    let sandbox = Sandbox::new();
    sandbox.user("[profiles.work]\nusername = \"acme\"\n");
    let hidden = |words: &str, name: &str, value: &str| {
        sandbox.carto(words).env(name, value).run().ok().stderr
    };
    let by_env = hidden("config set organization x", "CARTO_ORG", "acme");
    expect![[r#"
        note: set organization in ~/.config/carto/config.toml
        note: organization is hidden here by env (CARTO_ORG)
    "#]]
    .assert_eq(&by_env);
    let by_env = hidden("config set username ann", "CARTO_BASE_URL", "https://bob.carto.com");
    expect![[r#"
        note: set username in ~/.config/carto/config.toml
        note: there is no key for ann at https://ann.carto.com yet: carto config set apikey
        note: another account is used here: base URL names it (CARTO_BASE_URL)
    "#]]
    .assert_eq(&by_env);
    _ = sandbox.carto("profile use work").run().ok();
    let by_profile = hidden("config set username zoe", "X", "x");
    expect![[r#"
        note: set username in ~/.config/carto/config.toml
        note: there is no key for zoe at https://zoe.carto.com yet
        note: another account is used here: profile `work` names it (~/.config/carto/config.toml:3:11)
    "#]].assert_eq(&by_profile);
}

#[test]
fn list() {
    let sandbox = layers();
    sandbox.keys(&[
        "s3cret-marker https://ann.carto.com ann",
        "s3cret-two https://acme.carto.com acme profile=w",
    ]);
    let shown = session(
        &sandbox,
        &[
            "config list",
            "config list --show-scope --show-origin",
            "config list --name-only",
            "config list --name-only --show-scope",
            "config list --user",
            "config list --system -z",
            "config list --project --json",
            "config list --name-only --json --system",
            "config list --file ../sys/config.toml",
            "config list --file missing.toml",
            "-c ui.color=never config list --show-origin",
            "--isolated config list",
            "--no-project config list --name-only",
        ],
    );
    assert!(!shown.contains("s3cret"), "{shown}");
    expect_file!["snapshots/list.txt"].assert_eq(&shown);
    let open = sandbox.carto("config list --show-secrets").run().ok();
    assert!(open.stdout.contains("s3cret-marker"), "{open}");
}

#[test]
fn path() {
    let sandbox = layers();
    let shown = session(
        &sandbox,
        &[
            "config path",
            "config path --json",
            "--no-project config path",
            "--isolated config path",
        ],
    );
    expect_file!["snapshots/path.txt"].assert_eq(&shown);
    // Without a home there are no settings of one's own; the others are still named.
    let homeless = sandbox.carto("config path").env_remove("HOME").run().ok();
    assert!(!homeless.stdout.contains("user "), "{homeless}");
    let moved = sandbox.carto("config path").env("CARTO_CONFIG_DIR", "/elsewhere");
    assert!(moved.run().ok().stdout.contains("user     /elsewhere/config.toml  (missing)"));
}

/// The printed schema is the one in `schema/`; `UPDATE_EXPECT=1` writes it.
#[test]
fn the_schema_is_the_one_that_is_published() {
    let sandbox = Sandbox::new();
    sandbox.user("broken\n");
    let printed = sandbox.carto("config schema").run().ok().stdout;
    expect_file!["../../schema/config.schema.json"].assert_eq(&printed);
}

/// Sample settings: whether carto takes them without a word, and so the schema.
const SAMPLES: &[(&str, bool)] = &[
    ("", true),
    ("username = 'ann'\n", true),
    ("user = 'ann'\n", true),
    ("userurl = 'https://ann.carto.com'\n", true),
    ("base_url = 'https://{username}.example.com'\n", true),
    ("organization = 'acme'\nallow_non_secure = false\n", true),
    ("profile = 'work'\n[profiles.work]\nusername = 'acme'\nprotected = true\norg = 'x'\n", true),
    ("[profiles.'my work']\nbase_url = 'https://acme.carto.com'\n", true),
    ("alias.q = 'sql x'\nalias.r = ['sql', 'x y']\n", true),
    (
        "[plugins.sql]\nlimit = 3\nprofile = 'work'\ncredentials = false\ndeep.er = [1, {a = 2}]\n",
        true,
    ),
    ("ui.color = 'never'\nui.editor = 'vi'\n", true),
    ("username = 3\n", false),
    ("username = ''\n", false),
    ("username = '.x'\n", false),
    ("username = 'a..b'\n", false),
    ("username = '-x'\n", false),
    ("username = 'a b'\n", false),
    ("base_url = 'ftp://x'\n", false),
    ("base_url = 'ann.carto.com'\n", false),
    ("base_url = true\n", false),
    ("organization = ''\n", false),
    ("organization = \"a\\u0007\"\n", false),
    ("organization = \"a\\nb\"\n", false),
    ("organization = 'é - 編'\n", true),
    ("profile = '-x'\n", false),
    ("profile = \"x\\u009f\"\n", false),
    ("allow_non_secure = 'yes'\n", false),
    ("profile = ['a']\n", false),
    ("alias.q = []\n", false),
    ("alias.q = ['a', 1]\n", false),
    ("alias.q = 3\n", false),
    ("ui.color = 'sometimes'\n", false),
    ("ui.colour = 'never'\n", false),
    ("apikey = 'x'\n", false),
    ("key = 'x'\n", false),
    ("frob = 1\n", false),
    ("profiles.work.usrname = 'x'\n", false),
    ("profiles.work.apikey = 'x'\n", false),
    ("profiles.work.protected = 1\n", false),
    ("profiles = 3\n", false),
    ("profiles.work = 'acme'\n", false),
    ("plugins.sql.credentials = 'no'\n", false),
    ("plugins.sql.profile = 3\n", false),
    ("plugins.sql.as = 'gdal'\n", true),
    ("plugins.sql.as = 'GDAL'\n", false),
    ("plugins.sql.as = ['gdal']\n", false),
    ("[username]\nx = 1\n", false),
];

#[test]
fn the_schema_judges_as_carto_does() {
    let sandbox = Sandbox::new();
    let schema = sandbox.carto("config schema").run().ok().stdout;
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    for (text, good) in SAMPLES {
        sandbox.user(text);
        let ran = sandbox.carto("config list").run();
        let takes = ran.code() == 0 && ran.stderr.is_empty();
        assert_eq!(takes, *good, "carto\n{text}{ran}");
        assert_eq!(schema.is_valid(&json(text)), *good, "schema\n{text}");
    }
}

/// Reads TOML as the JSON that an editor would hold against the schema.
pub fn json(text: &str) -> serde_json::Value {
    let document: toml_edit::DocumentMut = text.parse().unwrap();
    json_table(document.as_table())
}

fn json_table(table: &dyn toml_edit::TableLike) -> serde_json::Value {
    let item = |item: &toml_edit::Item| match (item.as_table_like(), item) {
        (Some(table), _) => json_table(table),
        (None, toml_edit::Item::ArrayOfTables(tables)) => {
            tables.iter().map(|table| json_table(table)).collect()
        }
        (None, item) => item.as_value().map_or(serde_json::Value::Null, json_value),
    };
    table.iter().map(|(key, value)| (key.to_owned(), item(value))).collect()
}

fn json_value(value: &toml_edit::Value) -> serde_json::Value {
    match value {
        toml_edit::Value::String(text) => text.value().as_str().into(),
        toml_edit::Value::Integer(number) => (*number.value()).into(),
        toml_edit::Value::Float(number) => (*number.value()).into(),
        toml_edit::Value::Boolean(value) => (*value.value()).into(),
        toml_edit::Value::Datetime(time) => time.value().to_string().into(),
        toml_edit::Value::Array(items) => items.iter().map(json_value).collect(),
        toml_edit::Value::InlineTable(table) => json_table(table),
    }
}

/// A key that waits for an account is given to the one that was just named, not to a profile that
/// happens to be selected.
#[test]
fn a_waiting_key_goes_to_the_account_that_is_set() {
    let sandbox = Sandbox::new();
    _ = sandbox.carto("config set apikey").stdin("waiting\n").run().ok();
    sandbox.user("profile = \"work\"\n[profiles.work]\nusername = \"acme\"\n");
    sandbox.carto("config set username zoe").run().ok().shows(&expect![[r#"
        ! note: set username in ~/.config/carto/config.toml
        ! note: the key in ~/.config/carto/credentials.toml now belongs to zoe at https://zoe.carto.com
        ! note: another account is used here: profile `work` names it (~/.config/carto/config.toml:1:11)
        exit 0
    "#]]);
    let stored = sandbox.read("home/.config/carto/credentials.toml");
    assert!(stored.contains("zoe") && !stored.contains("acme"), "{stored}");
}

/// What `list` prints is a name that `get` and `unset` take, and what `set` wrote.
#[test]
fn a_name_is_typed_as_it_is_listed() {
    for name in ["a'\"b", "a\"b", "a'b", "a b", "a\\b", "a\nb'", "é", ""] {
        let sandbox = Sandbox::new();
        let quoted = serde_json::to_string(name).unwrap();
        sandbox
            .user(&format!("[profiles.{quoted}]\nusername = \"ann\"\n[plugins.x]\n{quoted} = 1\n"));
        let listed = sandbox.carto("config list").run().ok().stdout.clone();
        let names: Vec<_> = listed
            .lines()
            .filter_map(|line| Some(line.get(2..)?.rsplit_once('=')?.0))
            .filter(|line| line.starts_with("profiles.") || line.starts_with("plugins."))
            .collect();
        assert_eq!(names.len(), 2, "{listed}");
        for typed in names {
            let got = sandbox.carto("config get").arg(typed).run().ok().stdout.clone();
            assert!(["ann\n", "1\n"].contains(&got.as_str()), "{typed}: {got}");
            _ = sandbox.carto("config set").arg(typed).arg("bob").run().ok();
            assert_eq!(sandbox.carto("config get").arg(typed).run().ok().stdout, "bob\n");
            _ = sandbox.carto("config unset").arg(typed).run().ok();
        }
    }
}
