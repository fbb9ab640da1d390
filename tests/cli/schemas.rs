//! The schemas of the files that people edit, and how an editor finds them.

use expect_test::{expect, expect_file};

use crate::config_verbs::json;
use crate::sandbox::Sandbox;

/// The printed schema is the one in `schema/`; `UPDATE_EXPECT=1` writes it.
#[test]
fn the_schema_of_credentials_is_the_one_that_is_published() {
    let sandbox = Sandbox::new();
    sandbox.user("broken\n");
    let printed = sandbox.carto("config schema --credentials").run().ok().stdout;
    expect_file!["../../schema/credentials.schema.json"].assert_eq(&printed);
    assert!(jsonschema::meta::is_valid(&serde_json::from_str(&printed).unwrap()));
}

/// Whether carto takes a file of credentials, and so the schema.
const SAMPLES: &[(&str, bool)] = &[
    ("", true),
    ("# nothing\n", true),
    ("[[credential]]\napikey = 'k'\n", true),
    ("[[credential]]\nbase_url = 'https://ann.carto.com'\napikey = 'k'\n", true),
    ("[[credential]]\nbase_url = 'HTTPS://ann.carto.com/'\napikey = 'k'\n", true),
    ("[[credential]]\nbase_url = 'https://ann.carto.com'\nusername = 'ann'\napikey = 'k'\n", true),
    (
        "[[credential]]\nbase_url = 'https://x.example'\nusername = 'A.b-c_'\napikey = '!~'\n\
         profile = 'my work'\nallow_non_secure = false\n[[credential]]\napikey = 'k'\n",
        true,
    ),
    ("[[credential]]\napikey = \"k\\n\"\n", true),
    ("[[credential]]\napikey = \"k\\r\\n\"\n", true),
    (
        "[[credential]]\nbase_url = 'http://x.example'\nallow_non_secure = true\napikey = 'k'\n",
        true,
    ),
    ("[[credential]]\nbase_url = 'http://localhost'\napikey = 'k'\n", true),
    ("[[credential]]\nbase_url = 'http://LocalHost:8080/user/ann'\napikey = 'k'\n", true),
    ("[[credential]]\nbase_url = 'http://127.3.2.1/'\napikey = 'k'\n", true),
    ("[[credential]]\nbase_url = 'http://[::1]:80'\napikey = 'k'\n", true),
    ("[[credential]]\nbase_url = 'http://x.example'\napikey = 'k'\n", false),
    ("[[credential]]\nbase_url = 'HTTP://x.example'\napikey = 'k'\n", false),
    ("[[credential]]\nbase_url = 'http://localhost.example'\napikey = 'k'\n", false),
    ("[[credential]]\nbase_url = 'http://127.0.0.1.example'\napikey = 'k'\n", false),
    (
        "[[credential]]\nbase_url = 'http://x.example'\nallow_non_secure = false\napikey = 'k'\n",
        false,
    ),
    ("[[credential]]\nbase_url = 'https://{username}.carto.com'\napikey = 'k'\n", false),
    ("[[credential]]\nbase_url = 'ann.carto.com'\napikey = 'k'\n", false),
    ("[[credential]]\nbase_url = 'ftp://ann.carto.com'\napikey = 'k'\n", false),
    ("[[credential]]\nbase_url = ''\napikey = 'k'\n", false),
    ("[[credential]]\nbase_url = 3\napikey = 'k'\n", false),
    ("[[credential]]\nusername = 'ann'\napikey = 'k'\n", false),
    ("[[credential]]\nbase_url = 'https://x.example'\nusername = '.x'\napikey = 'k'\n", false),
    ("[[credential]]\nbase_url = 'https://x.example'\nusername = ''\napikey = 'k'\n", false),
    ("[[credential]]\nbase_url = 'https://x.example'\nusername = 3\napikey = 'k'\n", false),
    ("[[credential]]\n", false),
    ("[[credential]]\nbase_url = 'https://x.example'\n", false),
    ("[[credential]]\napikey = ''\n", false),
    ("[[credential]]\napikey = 'a b'\n", false),
    ("[[credential]]\napikey = 'é'\n", false),
    ("[[credential]]\napikey = \"a\\tb\"\n", false),
    ("[[credential]]\napikey = \"a\\nb\"\n", false),
    ("[[credential]]\napikey = \"a\\n\\n\"\n", false),
    ("[[credential]]\napikey = 3\n", false),
    ("[[credential]]\napikey = ['k']\n", false),
    ("[[credential]]\napikey = 'k'\nprofile = ''\n", false),
    ("[[credential]]\napikey = 'k'\nprofile = true\n", false),
    ("[[credential]]\napikey = 'k'\nprofile = '-x'\n", false),
    ("[[credential]]\napikey = 'k'\nallow_non_secure = 'yes'\n", false),
    ("[[credential]]\napikey = 'k'\norganization = 'x'\n", false),
    ("[[credential]]\napi_key = 'k'\n", false),
    ("[[credential]]\nApikey = 'k'\n", false),
    ("[credential]\napikey = 'k'\n", false),
    ("credential = 'k'\n", false),
    ("[[credentials]]\napikey = 'k'\n", false),
    ("apikey = 'k'\n", false),
    // Not more than one place to fetch a key, and a place that can be one.
    ("[[credential]]\napikey = {}\n", false),
    ("[[credential]]\napikey = { command = ['pass'], env = 'X' }\n", false),
    ("[[credential]]\napikey = { command = [] }\n", false),
    ("[[credential]]\napikey = { command = 'pass show x' }\n", false),
    ("[[credential]]\napikey = { command = [1] }\n", false),
    ("[[credential]]\napikey = { file = '' }\n", false),
    ("[[credential]]\napikey = { env = 3 }\n", false),
    ("[[credential]]\napikey = { git-credential = false }\n", false),
    ("[[credential]]\napikey = { keychain = true }\n", false),
];

/// Places to fetch a key. The schema knows them; the program's answer is tested with them.
const SOURCES: &[&str] = &[
    "apikey = { command = ['pass', 'show', 'carto/prod'] }\n",
    "apikey = { file = '/run/secrets/carto' }\n",
    "apikey = { env = 'NAME' }\n",
    "apikey = { git-credential = true }\n",
    "[credential.apikey]\nfile = '/run/secrets/carto'\n",
];

#[test]
fn the_schema_of_credentials_judges_as_carto_does() {
    let sandbox = Sandbox::new();
    let schema = sandbox.carto("config schema --credentials").run().ok().stdout;
    let schema = jsonschema::draft7::new(&serde_json::from_str(&schema).unwrap()).unwrap();
    for (text, good) in SAMPLES {
        sandbox.file_with_mode("home/.config/carto/credentials.toml", text, 0o600);
        let ran = sandbox.carto("config list").run();
        assert_eq!(ran.code(), if *good { 0 } else { 3 }, "carto\n{text}{ran}");
        assert_eq!(schema.is_valid(&json(text)), *good, "schema\n{text}");
    }
    for source in SOURCES {
        assert!(schema.is_valid(&json(&format!("[[credential]]\n{source}"))), "{source}");
    }
}

/// A project brings the schema with it, so that an editor needs no network, and names no home.
#[test]
fn a_new_project_tells_editors_where_its_schema_is() {
    let sandbox = Sandbox::new();
    _ = sandbox.carto("init").run().ok();
    let settings = sandbox.read("work/.carto/config.toml");
    let named = settings.lines().next().unwrap().strip_prefix("#:schema ./").unwrap();
    let printed = sandbox.carto("config schema").run().ok().stdout;
    assert_eq!(sandbox.read(&format!("work/.carto/{named}")), printed);
    for text in [settings, printed] {
        assert!(!text.contains(sandbox.root().to_str().unwrap()), "{text}");
    }

    // The line stays where editors look for it, and stays a comment.
    _ = sandbox.carto("config set --project username acme").run().ok();
    _ = sandbox.carto("config set --project plugins.sql.limit 3").run().ok();
    expect![[r#"
        #:schema ./config.schema.json
        # Settings of this project; they may be committed. Keys never stand here:
        # `carto config set --project apikey` stores them in credentials.toml beside this file.
        username = "acme"

        [plugins.sql]
        limit = 3
    "#]]
    .assert_eq(&sandbox.read("work/.carto/config.toml"));
    sandbox.carto("config get username").run().shows(&expect![[r#"
        acme
        exit 0
    "#]]);
    // Both may be committed; what git leaves out is what may hold a key.
    let ignored = sandbox.read("work/.carto/.gitignore");
    assert!(!ignored.contains("schema") && ignored.contains("credentials.toml"), "{ignored}");
}
