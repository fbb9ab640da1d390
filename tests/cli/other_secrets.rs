//! Secrets of plugins, in settings that are called `token`, `password` and the like: carto refuses to
//! write them, masks them, and hands them to the plugin alone.

use crate::sandbox::Sandbox;

const CONFIG: &str = "home/.config/carto/config.toml";
const NAMES: [&str; 8] = [
    "plugins.dump.token",
    "plugins.dump.password",
    "plugins.dump.secret_key",
    "plugins.dump.client_secret",
    "plugins.dump.clientSecret",
    "plugins.dump.aws_secret_access_key",
    "plugins.dump.db.passwd",
    "plugins.dump.auth.refresh-token",
];

/// A machine whose settings hold secrets of every form, each called `marker`.
fn with_secrets() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user(
        "username = \"ann\"\n\
         [plugins.dump]\n\
         token = \"marker\"\n\
         \"client-secret\" = 'marker'\n\
         url = \"https://example.com\"\n\
         max_tokens = 5\n\
         db = { host = \"h\", password = \"marker\" }\n\
         servers = [{ name = \"one\", api_key = \"marker\" }]\n\
         secrets = [\"marker\", \"marker\"]\n\
         [other]\n\
         password = \"marker\"\n",
    );
    sandbox
}

#[test]
fn set_refuses_a_secret_and_force_writes_it() {
    for name in NAMES {
        let sandbox = Sandbox::new();
        let ran =
            sandbox.carto("config set").arg(name).arg("marker").run().fails(2).never_says("marker");
        assert!(ran.stderr.contains("would put a secret into a settings file"), "{ran}");
        assert!(ran.stderr.contains("a variable of its own"), "{ran}");
        assert!(ran.stderr.ends_with("help: --force writes it all the same\n"), "{ran}");
        assert!(!sandbox.path(CONFIG).exists());
        let ran = sandbox.carto("config set --force").arg(name).arg("marker").run().ok();
        _ = ran.never_says("marker");
        assert!(sandbox.read(CONFIG).contains("marker"));
    }
    for name in
        ["plugins.dump.sort_key", "plugins.dump.token_url", "plugins.token.rows", "alias.token"]
    {
        _ = Sandbox::new().carto("config set").arg(name).arg("x").run().ok();
    }
}

#[test]
fn every_listing_masks_them() {
    let sandbox = with_secrets();
    for words in [
        "config list",
        "config list --user",
        "config list --json",
        "config list -z",
        "config list --show-origin --show-scope",
        "config list --file ../home/.config/carto/config.toml",
        "config explain",
        "config explain plugins.dump.token",
        "config explain plugins.dump.token --json",
        "config explain plugins.dump.servers",
        "config explain other.password",
        "config get plugins",
        "config get plugins.dump",
        "config get plugins.dump --json",
        "config get plugins.dump.servers",
        "config get plugins.dump --all --show-origin",
        "config unset plugins.dump.nothing",
        "-v config get username",
        "profile list",
        "doctor",
        "doctor --json",
        "-v env",
        "credentials show",
        "plugin list",
    ] {
        let ran = sandbox.carto(words).run().never_says("marker");
        if words.contains("list --") {
            assert!(ran.stdout.contains("********"), "{words}: {ran}");
        }
    }
    let listed = sandbox.carto("config list").run().ok().stdout;
    assert!(listed.contains("* plugins.dump.token=********\n"), "{listed}");
    assert!(listed.contains("* plugins.dump.url=https://example.com\n"), "{listed}");
    assert!(listed.contains("* plugins.dump.max_tokens=5\n"), "{listed}");
    assert!(
        listed.contains(r#"* plugins.dump.servers=[{"name":"one","api_key":"********"}]"#),
        "{listed}"
    );
}

#[test]
fn whoever_asks_by_name_and_the_plugin_get_the_true_value() {
    let sandbox = with_secrets();
    for name in ["plugins.dump.token", "plugins.dump.db.password", "other.password"] {
        assert_eq!(sandbox.carto("config get").arg(name).run().ok().stdout, "marker\n", "{name}");
    }
    let all = sandbox.carto("config list --show-secrets").run().ok().stdout;
    assert!(all.contains("* plugins.dump.token=marker\n"), "{all}");
    let ran = sandbox.carto("dump").run().ok();
    let line = ran.stdout.lines().find_map(|line| line.strip_prefix("CARTO_PLUGIN_CONFIG="));
    let config: serde_json::Value = serde_json::from_str(line.unwrap()).unwrap();
    assert_eq!(config["token"], "marker");
    assert_eq!(config["db"]["password"], "marker");
    assert_eq!(config["servers"][0]["api_key"], "marker");
}

#[test]
fn doctor_names_each_with_its_place() {
    let sandbox = with_secrets();
    let ran = sandbox.carto("doctor").run().fails(1).never_says("marker");
    assert_eq!(ran.stdout.matches("[secret-in-settings]").count(), 6, "{ran}");
    assert!(ran.stdout.contains("`plugins.dump.token` holds a secret"), "{ran}");
    assert!(ran.stdout.contains("/.config/carto/config.toml:3:9\n"), "{ran}");
    // Neither a variable nor what is no secret.
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n[plugins.dump]\nmax_tokens = 5\nsort_key = \"x\"\n");
    assert!(!sandbox.carto("doctor").run().stdout.contains("secret-in-settings"));
}
