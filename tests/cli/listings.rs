//! Listings as `while read` sees them: one thing is one line, and a name is printed as it is taken.

use std::collections::BTreeSet;

use crate::sandbox::Sandbox;

/// A machine where every list has something that could break it.
fn machine() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.system("username = \"root\"\nui.color = \"never\"\n");
    sandbox.user(
        r#"username = "ann"
[profiles."two\nlines"]
username = "acme"
[profiles.work]
username = "acme"
[plugins.x]
"a\nb" = "c\nd"
"e\"f" = 1
"g'h" = 2
"bidi\u202emark" = 3
"tab\there" = 4
"" = 5
"#,
    );
    sandbox.keys(&[
        "k1 https://ann.carto.com ann",
        "k2 https://ann.carto.com ann profile=work",
        "k3 https://bob.carto.com bob",
    ]);
    sandbox.plugin("sql", "#!/bin/sh\n");
    sandbox
}

#[test]
fn every_name_in_config_list_is_one_that_get_takes() {
    let sandbox = machine();
    for words in ["config list --name-only", "-c ui.color=always config list --name-only"] {
        let names = sandbox.carto(words).run().ok().stdout;
        let mut seen = BTreeSet::new();
        for name in names.lines() {
            assert!(!name.starts_with([' ', '*']), "{name:?}");
            assert!(seen.insert(name), "twice: {name}");
            if name != "apikey" {
                _ = sandbox.carto("config get").arg(name).run().ok();
            }
        }
        assert!(
            seen.len() >= 10 && seen.contains("username") && seen.contains("apikey"),
            "{names}"
        );
    }
    let raw = sandbox.carto("config list --name-only -z").run().ok().stdout;
    let raw: Vec<_> = raw.trim_end_matches('\0').split('\0').collect();
    assert_eq!(raw.len(), raw.iter().collect::<BTreeSet<_>>().len(), "{raw:?}");
    let json = sandbox.carto("config list --name-only --json").run().ok().stdout;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(rows.len(), raw.len());
    // Of a name that several scopes have, the row is that of the highest.
    let username = rows.iter().find(|row| row["key"] == "username").unwrap();
    assert_eq!((&username["scope"], &username["wins"]), (&"user".into(), &true.into()));
}

#[test]
fn one_thing_is_one_line_in_every_list() {
    let sandbox = machine();
    sandbox.file_with_mode("second/carto-sql", "#!/bin/sh\n", 0o755);
    sandbox.user(&format!(
        "{}\n[alias]\nq = \"sql\"\nlong = [\"sql\", \"a\\nb\"]\n",
        sandbox.read("home/.config/carto/config.toml")
    ));
    let path = format!("{}:{}", sandbox.path("second").display(), sandbox.path("bin").display());
    for (words, count) in [
        ("profile list", 3),
        ("profile list --name-only", 2),
        ("plugin list", 3),
        ("plugin list --name-only", 3),
        ("alias list", 2),
        ("alias list --name-only", 2),
        ("credentials list", 3),
        ("credentials list --name-only", 2),
    ] {
        let ran = sandbox.carto(words).env("PATH", &path).run().ok();
        assert_eq!(ran.stdout.lines().count(), count, "{words}: {ran}");
        let lines: BTreeSet<_> = ran.stdout.lines().collect();
        assert_eq!(lines.len(), count, "{words}: {ran}");
        if let Some(list) = words.strip_suffix(" --name-only") {
            let json = sandbox.carto(list).arg("--json").env("PATH", &path).run().ok().stdout;
            let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
            assert!(rows.len() >= count, "{list}: {json}");
        }
    }
}

#[test]
fn the_account_without_a_profile_is_a_row() {
    let sandbox = machine();
    let listed = sandbox.carto("profile list").run().ok().stdout;
    assert!(listed.starts_with("* (default)"), "{listed}");
    let json = sandbox.carto("-p work profile list --json").run().ok().stdout;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(rows[0]["name"], serde_json::Value::Null);
    assert_eq!((&rows[0]["username"], &rows[0]["in_use"]), (&"ann".into(), &false.into()));
    assert_eq!(rows.iter().filter(|row| row["in_use"] == true).count(), 1);
    // One that this run alone names is a row, too.
    let listed = sandbox.carto("profile list").env("CARTO_USERNAME", "eve").run().ok().stdout;
    assert!(listed.starts_with("* (env)"), "{listed}");
    assert!(listed.contains("\n  (default)"), "{listed}");
    // And there may be none.
    let none = Sandbox::new().carto("profile list").run().ok();
    assert_eq!(none.stdout, "");
}

#[test]
fn stored_keys_are_listed_masked_and_none_is_fetched() {
    let sandbox = machine();
    let text = sandbox.read("home/.config/carto/credentials.toml");
    let source = "[[credential]]\nbase_url = \"https://eve.carto.com\"\nusername = \"eve\"\napikey = { command = [\"touch\", \"/nowhere/x\"] }\n[[credential]]\napikey = \"k5\"\n";
    sandbox.file_with_mode("home/.config/carto/credentials.toml", text + source, 0o600);
    let listed = sandbox.carto("credentials list").run().ok();
    for key in ["k1", "k2", "k3", "k5"] {
        assert!(!listed.stdout.contains(&format!(" {key} ")), "{listed}");
    }
    assert!(
        listed.stdout.contains("ann at https://ann.carto.com  ********  user: ~/")
            || listed.stdout.contains("********  user: "),
        "{listed}"
    );
    assert!(listed.stdout.contains("(profile work)"), "{listed}");
    assert!(listed.stdout.contains("(no account)"), "{listed}");
    assert!(listed.stdout.contains("eve at https://eve.carto.com"), "{listed}");
}
