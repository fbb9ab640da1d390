//! Every pair of scopes, with every way to name an account in each: the higher one decides alone.

use crate::outcome::outcome;

const SCOPES: [&str; 5] = ["system", "user", "project", "env", "command"];
const UNTRUSTED: &str = "project?";

/// The ways in which a scope can name an account; only what is given to the run names files.
fn ways(scope: &str) -> &'static [&'static str] {
    if matches!(scope, "env" | "command") {
        &["name", "url", "profile", "file"]
    } else {
        &["name", "url", "profile"]
    }
}

/// Writes that a scope names `NAME`, and what the outcome says of the way.
fn naming(scope: &str, way: &str, name: &str) -> (String, String) {
    match way {
        "name" => (format!("{scope}.username={name}"), String::new()),
        "url" => (format!("{scope}.base_url=https://{name}.carto.com"), String::new()),
        "file" => (format!("{scope}.file={name}=F"), ":file".to_owned()),
        _ => {
            let defined = format!("user.profiles.p-{name}.username={name}");
            (format!("{defined} | {scope}.profile=p-{name}"), format!(":p-{name}"))
        }
    }
}

fn key(way: &str, scope: &str) -> String {
    if way == "file" { format!("F of {scope}") } else { "public".to_owned() }
}

#[test]
fn the_higher_scope_decides_whichever_way_both_name() {
    let mut count = 0;
    for (at, high) in SCOPES.iter().enumerate() {
        for low in SCOPES.iter().take(at).chain([&UNTRUSTED].into_iter().filter(|_| at > 2)) {
            for high_way in ways(high) {
                // One run has one credentials file.
                for low_way in ways(low).iter().filter(|low| *low != high_way || **low != "file") {
                    let (above, said) = naming(high, high_way, "upper");
                    let (below, _) = naming(low, low_way, "lower");
                    let expected = format!("upper by {high}{said}, {}", key(high_way, high));
                    for line in [format!("{above} | {below}"), format!("{below} | {above}")] {
                        assert_eq!(outcome(&line), expected, "{line}");
                    }
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 120, "{count} pairs");
}

#[test]
fn an_untrusted_project_above_selects_what_a_lower_scope_names_and_nothing_else() {
    for low in ["system", "user"] {
        for low_way in ways(low) {
            for way in ["name", "url"] {
                let (below, _) = naming(low, low_way, "mine");
                let (same, _) = naming(UNTRUSTED, way, "mine");
                let (other, _) = naming(UNTRUSTED, way, "evil");
                let line = format!("{below} | {same}");
                assert_eq!(outcome(&line), "mine by project? default, public", "{line}");
                let line = format!("{below} | {other}");
                assert_eq!(outcome(&line), "refused: unknown evil, near mine but host", "{line}");
            }
        }
    }
}

#[test]
fn two_in_environment_or_command_line_agree_or_are_refused() {
    for scope in ["env", "command"] {
        for (one, other) in [
            ("file", "profile"),
            ("file", "name"),
            ("file", "url"),
            ("profile", "name"),
            ("profile", "url"),
        ] {
            let (first, said) = naming(scope, one, "john");
            let (same, _) = naming(scope, other, "john");
            // The same profile cannot be defined twice, so it is written once.
            let line = format!("{same} | {first}");
            let expected = format!("john by {scope}{said}, {}", key(one, scope));
            assert_eq!(outcome(&line), expected, "{line}");
            let (different, _) = naming(scope, other, "ann");
            let line = format!("{different} | {first}");
            assert_eq!(outcome(&line), format!("refused: {scope} names john and ann"), "{line}");
        }
    }
}

#[test]
fn in_a_file_the_profile_beats_the_bare_account() {
    for scope in ["system", "user", "project"] {
        for way in ["name", "url"] {
            let (profile, said) = naming(scope, "profile", "john");
            let (bare, _) = naming(scope, way, "ann");
            let line = format!("{bare} | {profile}");
            assert_eq!(outcome(&line), format!("john by {scope}{said}, public"), "{line}");
        }
    }
}
