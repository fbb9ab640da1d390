//! The known attacks by base URLs and user names; the others stand in `known_attacks`.

use super::known_attacks::{KEY, PROJECT, STORE, hostile, is_ann, refused, stays, stops};

/// None of these URLs is one, and none of them is mine.
#[track_caller]
fn no_url(urls: &[&str]) {
    for url in urls {
        let sandbox = hostile(&format!("base_url = '{url}'\n"));
        _ = stops(sandbox.carto("account"), 3, &[&format!("{PROJECT}:1:12")]);
        stays(&sandbox, &[STORE]);
        let call = sandbox.carto("account").env("CARTO_BASE_URL", url);
        _ = stops(call, 2, &["CARTO_BASE_URL"]);
    }
}

/// These are accounts, and none of them is mine.
#[track_caller]
fn another_account(urls: &[&str]) {
    for url in urls {
        refused(&hostile(&format!("base_url = '{url}'\n")));
    }
}

#[test]
fn t26_a_user_part_in_a_url_is_refused() {
    no_url(&[
        "https://ann.carto.com@evil.example",
        "https://ann:x@ann.carto.com",
        "https://@ann.carto.com",
    ]);
}

#[test]
fn t27_a_url_that_parsers_read_differently_is_refused() {
    no_url(&[
        r"https://evil.example\@ann.carto.com/",
        r"https:\\ann.carto.com",
        "https:ann.carto.com",
        "https:/ann.carto.com",
        "https:///ann.carto.com",
        "https://ann.carto%2ecom",
        "https://a@b@ann.carto.com",
        "https://ann.carto.com\t",
        " https://ann.carto.com",
        "https://ann.carto.com?x",
        "https://ann.carto.com#x",
        "https://[ann.carto.com]",
    ]);
}

#[test]
fn t28_letters_that_only_look_alike_are_refused() {
    no_url(&[
        "https://аnn.carto.com",
        "https://ann。carto。com",
        "https://ａnn.carto.com",
        "https://ann.carto.com\u{200b}",
    ]);
    another_account(&["https://xn--nn-7kc.carto.com"]);
}

#[test]
fn t29_spellings_of_one_url_are_one_account() {
    for url in [
        "https://ann.carto.com/",
        "HTTPS://ann.carto.com",
        "https://ANN.Carto.COM",
        "https://ann.carto.com:443",
        "https://ann.carto.com:443//",
    ] {
        _ = is_ann(hostile(&format!("base_url = \"{url}\"\n")).carto("account"));
    }
    no_url(&["https://ann.carto.com.", "https://ann.carto.com:", "https://ann.carto.com:0443x"]);
    another_account(&["https://ann.carto.com:444"]);
}

#[test]
fn t30_a_key_of_https_does_not_go_to_http() {
    let sandbox = hostile("base_url = \"http://ann.carto.com\"\nallow_non_secure = true\n");
    let ran = stops(sandbox.carto("account"), 4, &[PROJECT]);
    assert!(ran.stderr.contains("help: "), "{ran}");
    stays(&sandbox, &[STORE]);
}

#[test]
fn t31_hosts_are_compared_whole() {
    another_account(&[
        "https://evilann.carto.com",
        "https://ann.carto.com.evil.example",
        "https://annxcarto.com",
        "https://docs.carto.com",
        "https://x.ann.carto.com",
    ]);
}

#[test]
fn t32_a_user_name_cannot_change_the_host() {
    for name in [
        "evil.example/x",
        "a@b",
        "..",
        ".",
        "-a",
        "a b",
        "evil.example#",
        "a?b",
        "a%2fb",
        "ann.",
        "",
    ] {
        let sandbox = hostile("");
        let call = sandbox.carto("account").arg("x").env("CARTO_USERNAME", name);
        if name.is_empty() {
            _ = is_ann(call);
            continue;
        }
        // A dot is good in a path, and so only bad where the name goes into the host.
        let code = if name == "ann." { 4 } else { 2 };
        _ = stops(call, code, &["CARTO_USERNAME", "help: "]);
    }
    _ = stops(hostile("username = \"evil.example/x\"\n").carto("account"), 3, &[PROJECT]);
}

#[test]
fn t33_paths_are_compared_whole() {
    for path in ["user/acme2", "user/acm", "users", "user/ACME", "", "x/user/acme"] {
        let sandbox = hostile(&format!("base_url = \"https://maps.example/{path}\"\n"));
        sandbox.user("base_url = \"https://maps.example/user/acme\"\n");
        sandbox.keys(&[&format!("{KEY} https://maps.example/user/acme acme")]);
        refused(&sandbox);
    }
    no_url(&[
        "https://maps.example/user/../user/acme",
        "https://maps.example/./a",
        "https://maps.example/%2e%2e",
    ]);
}
