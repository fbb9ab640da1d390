//! What people paste: addresses as a browser shows them, and keys where something else is asked for.

use crate::sandbox::{Ran, Sandbox};

const CONFIG: &str = "home/.config/carto/config.toml";
/// Forty hexadecimal digits, as CARTO makes keys.
const KEY: &str = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl";

/// Addresses of pages, each with the base URL that it belongs to.
const PAGES: [(&str, &str); 18] = [
    ("https://ann.carto.com/your_apps", "https://ann.carto.com"),
    ("https://ann.carto.com/me", "https://ann.carto.com"),
    ("https://ann.carto.com/me/", "https://ann.carto.com"),
    ("https://ann.carto.com/dashboard", "https://ann.carto.com"),
    ("https://Ann.carto.com/dashboard/datasets?page=2", "https://ann.carto.com"),
    (
        "https://ann.carto.com/viz/2b13c956-e7c1-11e2-806b-5404a6a683d5/map?x=1#3/2/1",
        "https://ann.carto.com",
    ),
    (
        "https://ann.carto.com/builder/2b13c956-e7c1-11e2-806b-5404a6a683d5/embed",
        "https://ann.carto.com",
    ),
    ("https://ann.carto.com/?utm_source=mail", "https://ann.carto.com"),
    ("https://ann.carto.com/#", "https://ann.carto.com"),
    ("  https://ann.carto.com/tables/points  ", "https://ann.carto.com"),
    ("https://ann.carto.com/api/v2/sql?q=SELECT+1&api_key=marker", "https://ann.carto.com"),
    ("https://ann.cartodb.com/viz/x/public_map", "https://ann.cartodb.com"),
    ("https://team.carto.com/u/ann/me", "https://team.carto.com/user/ann"),
    ("https://team.carto.com/user/ann/your_apps", "https://team.carto.com/user/ann"),
    ("https://maps.example.com/user/ann/dashboard", "https://maps.example.com/user/ann"),
    (
        "https://maps.example.com:8443/carto/user/ann/viz/x?y#z",
        "https://maps.example.com:8443/carto/user/ann",
    ),
    ("https://ann.maps.example.com/your_apps", "https://ann.maps.example.com"),
    (
        "https://gcp-us-east1.api.carto.com/v3/sql/connection/query",
        "https://gcp-us-east1.api.carto.com",
    ),
];

/// Addresses of CARTO's own sites.
const SITES: [&str; 8] = [
    "https://carto.com",
    "https://carto.com/",
    "https://www.carto.com",
    "https://www.carto.com/pricing",
    "https://carto.com/login",
    "https://app.carto.com",
    "https://acme.app.carto.com",
    "https://clausa.app.carto.com/workspace/maps?x=1",
];

fn resolved_url(sandbox: &Sandbox, words: &str) -> String {
    sandbox.carto(words).run().ok().stdout.trim().to_owned()
}

#[test]
fn a_page_is_taken_for_its_base_url_wherever_an_address_is_typed() {
    for (page, url) in PAGES {
        let sandbox = Sandbox::new();
        let said = format!("its base URL is {url}\n");
        let ran =
            sandbox.carto("login --key-stdin --username ann").arg(page).stdin("k1").run().ok();
        assert!(ran.stderr.contains(&said), "{page}: {ran}");
        assert!(!sandbox.read(CONFIG).contains("marker"), "{page}");
        assert_eq!(resolved_url(&sandbox, "config get base_url"), url, "{page}");
        assert_eq!(resolved_url(&sandbox, "config get apikey"), "k1", "{page}");

        let sandbox = Sandbox::new();
        let ran = sandbox.carto("config set base_url").arg(page).run().ok();
        assert!(ran.stderr.contains(&said), "{page}: {ran}");
        assert_eq!(sandbox.read(CONFIG), format!("base_url = \"{url}\"\n"), "{page}");

        let ran = sandbox.carto("profile add p --username ann --base-url").arg(page).run().ok();
        assert!(ran.stderr.contains(&said), "{page}: {ran}");
        assert_eq!(resolved_url(&sandbox, "config get profiles.p.base_url"), url, "{page}");
        let ran = sandbox.carto("config set profiles.p.base_url").arg(page).run().ok();
        assert!(ran.stderr.contains("is already set"), "{page}: {ran}");

        let ran = sandbox.carto("-c").arg(format!("base_url={page}")).words("dump").run().ok();
        assert!(ran.stdout.contains(&format!("CARTO_BASE_URL={url}\n")), "{page}: {ran}");
        assert_eq!(ran.stderr.matches(&said).count(), 1, "{page}: {ran}");
        _ = ran.never_says("marker");
    }
}

#[test]
fn files_and_variables_say_what_to_write_instead_of_a_page() {
    for (page, url) in PAGES {
        let says = |ran: Ran| {
            assert!(ran.stderr.contains(&format!("the base URL is `{url}`")), "{page}: {ran}");
            _ = ran.never_says("marker").not_started();
        };
        let page = page.trim();
        let sandbox = Sandbox::new();
        sandbox.plugin("account", crate::sandbox::ACCOUNT);
        says(sandbox.carto("account").env("CARTO_BASE_URL", page).run().fails(2));
        sandbox.user(&format!("base_url = \"{page}\"\n"));
        says(sandbox.carto("account").run().fails(3));
        let foreign = format!(r#"{{"username": "ann", "base_url": "{page}", "api_key": "k1"}}"#);
        sandbox.file_with_mode("work/creds.json", foreign, 0o600);
        sandbox.user("");
        says(sandbox.carto("--credentials-file creds.json account").dir("work").run().fails(3));
        says(sandbox.carto("credentials import creds.json").dir("work").run().fails(3));
    }
}

#[test]
fn the_web_applications_name_of_a_user_is_that_of_the_apis() {
    let sandbox = Sandbox::new();
    sandbox.keys(&["k1 https://team.carto.com/u/ann"]);
    for url in ["https://team.carto.com/u/ann", "https://team.carto.com/user/ann/"] {
        let ran = sandbox.carto("account").env("CARTO_BASE_URL", url).run().ok();
        assert!(ran.stdout.contains("CARTO_BASE_URL=https://team.carto.com/user/ann\n"), "{ran}");
        assert!(ran.stdout.contains("CARTO_API_KEY=k1\n"), "{ran}");
        assert!(ran.stdout.contains("CARTO_USERNAME=ann\n"), "{ran}");
    }
}

#[test]
fn sites_that_are_nobodys_account_are_refused_everywhere() {
    for site in SITES {
        let sandbox = Sandbox::new();
        let right = if site.contains("app.carto") {
            "https://REGION.api.carto.com"
        } else {
            "https://NAME.carto.com"
        };
        for ran in [
            sandbox.carto("login --key-stdin").arg(site).stdin("k1").run().fails(2),
            sandbox.carto("config set base_url").arg(site).run().fails(2),
            sandbox.carto("profile add p --base-url").arg(site).run().fails(2),
            sandbox.carto("-c").arg(format!("base_url={site}")).words("account").run().fails(2),
            sandbox.carto("account").env("CARTO_BASE_URL", site).run().fails(2),
        ] {
            assert!(ran.stderr.contains(right), "{site}: {ran}");
            _ = ran.not_started();
        }
        assert!(!sandbox.path("home/.config/carto").join("config.toml").exists(), "{site}");
        assert!(sandbox.files_with("k1").is_empty(), "{site}");
    }
    for bare in ["carto.com", "www.carto.com", "app.carto.com"] {
        let ran = Sandbox::new().carto("login --key-stdin").arg(bare).stdin("k1").run().fails(2);
        assert!(ran.stderr.contains("help: carto login https://"), "{ran}");
    }
}

#[test]
fn an_address_that_is_no_page_of_carto_is_left_alone() {
    for url in [
        "https://maps.example.com/carto",
        "https://maps.example.com/dashboard",
        "https://maps.example.com/me",
        "https://ann.carto.com/mine",
        "https://ann.carto.com/x/your_apps",
        "http://localhost:8080/viz/x",
    ] {
        let sandbox = Sandbox::new();
        let ran = sandbox.carto("config set base_url").arg(url).run().ok();
        assert!(!ran.stderr.contains("page"), "{ran}");
        assert_eq!(sandbox.read(CONFIG), format!("base_url = \"{url}\"\n"));
    }
    // A query of something else is refused as before, and parsers that differ get no say.
    for url in [
        "https://maps.example.com/carto?x",
        "https://ann.carto.com/mine#x",
        "https://ann.carto.com?@evil.example",
        "https://ann.carto.com\\@evil.example/me",
    ] {
        _ = Sandbox::new().carto("config set base_url").arg(url).run().fails(2);
    }
}

#[test]
fn a_key_in_the_place_of_a_name_is_neither_stored_nor_shown() {
    for key in [KEY, &KEY.to_uppercase(), TOKEN] {
        let sandbox = Sandbox::new();
        for words in [
            "login",
            "login https://maps.example.com --key-stdin --username",
            "login https://ann.carto.com --key-stdin --profile",
            "login https://ann.carto.com --key-stdin --organization",
            "config set username",
            "config set profile",
            "config set organization",
            "config set profiles.p.username",
            "profile add",
            "profile add p --username",
            "profile use",
            "config get",
            "config set",
            "-p",
            "credentials delete",
            "logout",
            "help",
            "",
        ] {
            let ran = sandbox.carto(words).arg(key).stdin("k1").run();
            assert_ne!(ran.code(), 0, "{words}: {ran}");
            _ = ran.never_says(key);
        }
        let ran = sandbox.carto("account").env("CARTO_USERNAME", key).run().fails(2);
        _ = ran.never_says(key).not_started();
        assert!(sandbox.files_with(key).is_empty(), "{:?}", sandbox.files_with(key));
        assert!(!sandbox.path(CONFIG).exists());
    }
    let ran = Sandbox::new().carto("login").arg(KEY).run().fails(2);
    assert!(ran.stderr.contains("looks like an API key"), "{ran}");
    assert!(ran.stderr.contains("help: carto login https://NAME.carto.com"), "{ran}");
}

#[test]
fn quotes_around_a_pasted_key_are_no_part_of_it() {
    for (typed, key) in
        [("\"k1\"\n", "k1"), ("'k1'", "k1"), ("`k1`\r\n", "k1"), ("\u{201c}k1\u{201d}", "k1")]
    {
        let sandbox = Sandbox::new();
        let ran = sandbox.carto("login ann --key-stdin").stdin(typed).run().ok();
        assert!(ran.stderr.contains("the quotes around the key are left out"), "{ran}");
        assert_eq!(resolved_url(&sandbox, "config get apikey"), key);
        let sandbox = Sandbox::new();
        sandbox.user("username = \"ann\"\n");
        _ = sandbox.carto("config set apikey").arg(typed.trim()).run().ok();
        assert_eq!(resolved_url(&sandbox, "config get apikey"), key);
        // What a program wrote is not guessed at.
        let ran = sandbox
            .carto("account")
            .env("CARTO_USERNAME", "ann")
            .env("CARTO_API_KEY", typed.trim())
            .run()
            .fails(2);
        assert!(ran.stderr.contains("`CARTO_API_KEY`: the key "), "{ran}");
        _ = ran.not_started();
    }
    for odd in ["\"\"", "\"k1'", "\"", "https://ann.carto.com/your_apps"] {
        let sandbox = Sandbox::new();
        let ran = sandbox.carto("login ann --key-stdin").stdin(odd).run();
        if odd == "\"k1'" || odd == "\"" || odd == "\"\"" {
            continue;
        }
        assert!(ran.fails(2).stderr.contains("an address, not a key"));
    }
}

#[test]
fn an_e_mail_address_or_a_password_is_not_repeated() {
    for target in [
        "ann@example.com",
        "ann:secret@host",
        "ann:secret@carto.com/me",
        "ann:secret",
        "ann:secret.x",
        "https://ann:secret@ann.carto.com",
    ] {
        let sandbox = Sandbox::new();
        let ran = sandbox
            .carto("login")
            .arg(target)
            .run()
            .fails(2)
            .never_says("secret")
            .never_says("ann@");
        assert!(
            ran.stderr.contains("help: carto login https://NAME.carto.com\n"),
            "{target}: {ran}"
        );
        let ran = sandbox.carto("login --username bob").arg(target).run().fails(2);
        _ = ran.never_says("secret").never_says("ann@");
    }
}

#[test]
fn an_address_without_its_scheme_is_answered_with_the_command() {
    for (target, url) in [
        ("ann.carto.com", "https://ann.carto.com"),
        ("ann.carto.com/your_apps", "https://ann.carto.com"),
        ("maps.example.com/user/ann", "https://maps.example.com/user/ann"),
        ("localhost:8080", "https://localhost:8080"),
    ] {
        let ran = Sandbox::new().carto("login").arg(target).run().fails(2);
        assert!(ran.stderr.contains(&format!("help: carto login {url}\n")), "{target}: {ran}");
    }
}

#[test]
fn a_token_typed_as_the_user_name_is_refused_and_said_to_be_shown() {
    let sandbox = Sandbox::new();
    let question = "User name at https://maps.example.com (empty if there is none): ";
    let ran = sandbox
        .carto("login https://maps.example.com")
        .run_on_terminal(&[(question, &format!("{TOKEN}\n"))]);
    assert_eq!(ran.code(), 2, "{ran}");
    assert!(ran.to_string().contains("make a new key if it was one"), "{ran}");
    assert!(sandbox.files_with(TOKEN).is_empty());
}
