//! Tables of honest and hostile URLs, and comparison with the parser of WHATWG's rules.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};

use super::{
    BaseUrl, BaseUrlError, BaseUrlSetting, ImpliedName, NameFrom, Pattern, Scheme, strip_api_suffix,
};
use crate::username::Username;

const HONEST: &str = include_str!("../../tests/data/honest-urls.tsv");
const HOSTILE: &str = include_str!("../../tests/data/hostile-urls.tsv");

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn url(text: &str) -> BaseUrl {
    BaseUrl::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn name(text: &str) -> Username {
    Username::parse(text).unwrap()
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.push_str(plain);
        let kind = escape.chars().next().expect("an escape has a letter");
        rest = &escape[1..];
        match kind {
            't' => out.push('\t'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            '\\' => out.push('\\'),
            'u' => {
                let (hex, after) = rest[1..].split_once('}').expect("\\u{HEX}");
                out.push(char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap());
                rest = after;
            }
            other => panic!("no escape: {other:?}"),
        }
    }
    out + rest
}

#[test]
fn honest_urls_have_one_canonical_form() {
    let mut count = 0;
    for row in rows(HONEST) {
        let [input, canonical, host, path] = row[..] else { panic!("{row:?}") };
        let parsed = url(input);
        assert_eq!(parsed.as_str(), canonical, "{input}");
        assert_eq!((parsed.host(), parsed.path()), (host, path), "{input}");
        assert_eq!(url(canonical), parsed);
        count += 1;
    }
    assert!(count >= 40, "{count} honest URLs");
}

#[test]
fn hostile_urls_are_refused_with_a_reason_that_is_safe_to_print() {
    let mut count = 0;
    for row in rows(HOSTILE) {
        let [input, message] = row[..] else { panic!("{row:?}") };
        let (input, message) = (unescape(input), unescape(message));
        let error = BaseUrl::parse(&input).expect_err(&input).to_string();
        assert!(error.contains(&message), "{input:?}: {error:?} has no {message:?}");
        assert!(!error.contains(char::is_control), "{input:?}: {error:?}");
        assert!(!error.contains("secret") && !error.contains("1a2b3c"), "{input:?}: {error:?}");
        count += 1;
    }
    assert!(count >= 60, "{count} hostile URLs");
}

#[test]
fn lengths_have_limits() {
    let label = "a".repeat(63);
    let host = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(host.len(), 253);
    assert_eq!(url(&format!("https://{host}")).host(), host);
    assert_eq!(BaseUrl::parse(&format!("https://{host}a")), Err(BaseUrlError::LongHost));
    assert_eq!(BaseUrl::parse(&format!("https://{label}a.com")), Err(BaseUrlError::LongLabel));

    let longest = format!("https://a.com/{}", "a".repeat(2034));
    assert_eq!(url(&longest).as_str().len(), 2048);
    assert_eq!(BaseUrl::parse(&format!("{longest}a")), Err(BaseUrlError::Long));
    // The canonical form of this address is one character longer.
    let address = format!("https://[1::3:4:5:6:7:8]/{}", "a".repeat(2023));
    assert_eq!(address.len(), 2048);
    assert_eq!(BaseUrl::parse(&address), Err(BaseUrlError::Long));
    assert_eq!(BaseUrl::parse(&"\u{1b}".repeat(2049)), Err(BaseUrlError::Long));
}

/// Compares with what WHATWG's rules see; a URL that they refuse cannot lead anywhere.
fn assert_seen_alike(parsed: &BaseUrl, seen: &url::Url) {
    assert_eq!(seen.scheme(), parsed.scheme().as_str(), "{parsed}");
    assert_eq!(seen.host_str(), Some(parsed.host()), "{parsed}");
    assert_eq!(seen.port(), parsed.port(), "{parsed}");
    let path = if parsed.path().is_empty() { "/" } else { parsed.path() };
    assert_eq!(seen.path(), path, "{parsed}");
    assert_eq!((seen.username(), seen.password()), ("", None), "{parsed}");
    assert_eq!((seen.query(), seen.fragment()), (None, None), "{parsed}");
}

#[test]
fn another_parser_sees_the_same_in_honest_urls() {
    for row in rows(HONEST) {
        for text in [row[0], row[1]] {
            let seen = url::Url::parse(text).unwrap();
            let seen_path = seen.path().replacen("/u/", "/user/", 1);
            let same_path = seen_path.trim_end_matches('/');
            let parsed = url(text);
            assert_eq!(seen.host_str(), Some(parsed.host()), "{text}");
            assert_eq!(same_path.to_ascii_lowercase(), parsed.path().to_ascii_lowercase());
        }
        assert_seen_alike(&url(row[1]), &url::Url::parse(row[1]).unwrap());
    }
}

#[test]
fn parts_are_told() {
    for (text, scheme, port, loopback, permission, punycode) in [
        ("https://a.example", Scheme::Https, None, false, false, false),
        ("http://a.example", Scheme::Http, None, false, true, false),
        ("http://a.example:8080", Scheme::Http, Some(8080), false, true, false),
        ("http://localhost", Scheme::Http, None, true, false, false),
        ("http://LocalHost:5000/x", Scheme::Http, Some(5000), true, false, false),
        ("http://127.0.0.1", Scheme::Http, None, true, false, false),
        ("http://127.255.255.254", Scheme::Http, None, true, false, false),
        ("http://[::1]", Scheme::Http, None, true, false, false),
        ("http://[0:0:0:0:0:0:0:1]", Scheme::Http, None, true, false, false),
        ("http://[::]", Scheme::Http, None, false, true, false),
        ("http://[::2]", Scheme::Http, None, false, true, false),
        ("http://0.0.0.0", Scheme::Http, None, false, true, false),
        ("http://128.0.0.1", Scheme::Http, None, false, true, false),
        ("http://127.0.0.1.evil.com", Scheme::Http, None, false, true, false),
        ("http://localhost.evil.com", Scheme::Http, None, false, true, false),
        ("http://a.localhost", Scheme::Http, None, false, true, false),
        ("http://evil.com/localhost", Scheme::Http, None, false, true, false),
        ("https://xn--mnchen-3ya.example", Scheme::Https, None, false, false, true),
        ("https://a.XN--P1AI", Scheme::Https, None, false, false, true),
        ("https://axn--b.example/xn--c", Scheme::Https, None, false, false, false),
    ] {
        let url = url(text);
        assert_eq!((url.scheme(), url.port()), (scheme, port), "{text}");
        assert_eq!(url.is_loopback(), loopback, "{text}");
        assert_eq!(url.needs_permission(), permission, "{text}");
        assert_eq!(url.has_punycode(), punycode, "{text}");
    }
}

#[test]
fn only_a_user_path_or_the_exact_cloud_host_implies_a_name() {
    for (text, implied, cloud) in [
        ("https://johnsmith.carto.com", Some(("johnsmith", NameFrom::Host)), true),
        ("https://JohnSmith.carto.com:443/", Some(("johnsmith", NameFrom::Host)), true),
        ("https://docs.carto.com", Some(("docs", NameFrom::Host)), true),
        ("http://johnsmith.carto.com", Some(("johnsmith", NameFrom::Host)), false),
        ("https://johnsmith.carto.com:80", Some(("johnsmith", NameFrom::Host)), false),
        ("https://johnsmith.carto.com/x", Some(("johnsmith", NameFrom::Host)), false),
        ("https://acme.carto.com/user/Bob", Some(("Bob", NameFrom::Path)), false),
        ("https://evilcarto.com", None, false),
        ("https://johnsmith.evilcarto.com", None, false),
        ("https://johnsmith-carto.com", None, false),
        ("https://johnsmith.carto.com.evil.com", None, false),
        ("https://johnsmith.carto.co", None, false),
        ("https://johnsmith.api.carto.com", None, false),
        ("https://evil.com/johnsmith.carto.com", None, false),
        ("https://evil/x.carto.com", None, false),
        ("https://evil.com/x/https/johnsmith.carto.com", None, false),
        ("https://h.example/user/a", Some(("a", NameFrom::Path)), false),
        ("https://h.example/user/ab/", Some(("ab", NameFrom::Path)), false),
        ("https://h.example/user/John.Smith", Some(("John.Smith", NameFrom::Path)), false),
        ("https://h.example/x/user/a/y", Some(("a", NameFrom::Path)), false),
        ("https://h.example/user/a/user/b", Some(("b", NameFrom::Path)), false),
        ("https://h.example/user/user", Some(("user", NameFrom::Path)), false),
        ("https://h.example/user/user/x", Some(("user", NameFrom::Path)), false),
        ("https://h.example/users/a", None, false),
        ("https://h.example/xuser/a", None, false),
        ("https://h.example/User/a", None, false),
        ("https://user/a", None, false),
    ] {
        let url = url(text);
        let expected = implied.map(|(text, from)| ImpliedName { name: name(text), from });
        assert_eq!(url.implied_username(), expected, "{text}");
        assert_eq!(url.is_carto_cloud(), cloud, "{text}");
    }
}

#[test]
fn alike_urls_are_different_accounts() {
    let texts = [
        "https://h.example/user/a",
        "https://h.example/user/ab",
        "https://h.example/user/A",
        "https://h.example/user/a/b",
        "https://h.example:8443/user/a",
        "http://h.example/user/a",
        "https://h.example",
        "https://www.h.example/user/a",
    ];
    for (at, left) in texts.iter().enumerate() {
        for right in &texts[at + 1..] {
            assert_ne!(url(left), url(right));
        }
    }
}

#[test]
fn names_in_the_host_are_lower_cased_and_others_are_not() {
    for (text, given, canonical) in [
        ("https://johnsmith.carto.com", "JohnSmith", "johnsmith"),
        ("https://johnsmith.gis.example", "JohnSmith", "johnsmith"),
        ("https://carto.johnsmith.example/x", "JohnSmith", "johnsmith"),
        ("https://johnsmith.carto.com/user/JohnSmith", "JohnSmith", "JohnSmith"),
        ("https://h.example/user/JohnSmith", "JohnSmith", "JohnSmith"),
        ("https://h.example", "JohnSmith", "JohnSmith"),
        ("https://johnsmith2.carto.com", "JohnSmith", "JohnSmith"),
        ("https://x-johnsmith.carto.com", "JohnSmith", "JohnSmith"),
        ("https://john.smith.example", "John.Smith", "John.Smith"),
    ] {
        assert_eq!(url(text).canonical_username(&name(given)).as_str(), canonical, "{text}");
    }
}

#[test]
fn patterns_are_filled_without_changing_the_host() {
    for (pattern, canonical, given, filled) in [
        (
            "https://{username}.carto.com/",
            "https://{username}.carto.com",
            "JohnSmith",
            "https://johnsmith.carto.com",
        ),
        (
            "HTTPS://{username}.CARTO.com:443",
            "https://{username}.carto.com",
            "a_b",
            "https://a_b.carto.com",
        ),
        (
            "https://h.example/user/{username}/",
            "https://h.example/user/{username}",
            "John.Smith",
            "https://h.example/user/John.Smith",
        ),
        (
            "https://{username}.h.example:8443/user/{username}/x",
            "https://{username}.h.example:8443/user/{username}/x",
            "JohnSmith",
            "https://johnsmith.h.example:8443/user/JohnSmith/x",
        ),
        (
            "http://USERNAME-{username}.usernamee.example/{username}username/%c3%a9",
            "http://username-{username}.usernamee.example/{username}username/%C3%A9",
            "X",
            "http://username-x.usernamee.example/Xusername/%C3%A9",
        ),
        (
            "https://USERNAME.example/{username}",
            "https://username.example/{username}",
            "x",
            "https://username.example/x",
        ),
    ] {
        let parsed = Pattern::parse(pattern).unwrap();
        assert_eq!(parsed.as_str(), canonical);
        assert_eq!(parsed.to_string(), canonical);
        assert_eq!(Pattern::parse(canonical).unwrap(), parsed);
        assert_eq!(parsed.fill(&name(given)).unwrap().as_str(), filled);
    }
    assert_eq!(Pattern::parse("https://{username}.carto.com").unwrap(), Pattern::built_in());
}

#[test]
fn patterns_that_let_the_name_choose_too_much_are_refused() {
    for (text, error) in [
        ("https://johnsmith.carto.com", BaseUrlError::NoPlaceholder),
        ("", BaseUrlError::NoPlaceholder),
        ("https://{user}.carto.com", BaseUrlError::Braces),
        ("https://{USERNAME}.carto.com", BaseUrlError::Braces),
        ("https://{username}.carto.com/{}", BaseUrlError::Braces),
        ("https://{{username}}.carto.com", BaseUrlError::Braces),
        ("{username}", BaseUrlError::Scheme),
        ("{username}://carto.com", BaseUrlError::Scheme),
        ("https{username}://carto.com", BaseUrlError::Scheme),
        ("https:{username}.carto.com", BaseUrlError::Slashes),
        ("https://{username}@carto.com", BaseUrlError::Userinfo),
        ("https://maps.example?user={username}", BaseUrlError::Query),
        ("https://maps.example#{username}", BaseUrlError::Fragment),
        ("https://maps.example:{username}", BaseUrlError::Port),
        ("https://maps.example:80{username}/", BaseUrlError::Port),
        ("https://[{username}]", BaseUrlError::Ipv6),
        ("https://{username}", BaseUrlError::PlaceholderLast),
        ("https://{username}:8080/x", BaseUrlError::PlaceholderLast),
        ("https://carto.{username}", BaseUrlError::PlaceholderLast),
        ("https://carto.co{username}/", BaseUrlError::PlaceholderLast),
        ("http://0x{username}", BaseUrlError::PlaceholderLast),
        ("http://{username}.0.0.1", BaseUrlError::Ipv4("username.0.0.1".to_owned())),
        ("https://-{username}.carto.com", BaseUrlError::Hyphen("-username".to_owned())),
        ("https://maps.example/%{username}", BaseUrlError::Percent),
        ("https://maps.example/%2{username}", BaseUrlError::Percent),
        ("https://maps.example/../{username}", BaseUrlError::DotSegment),
        ("https://maps.example/user/.{username}", {
            BaseUrlError::Name(crate::username::UsernameError::Start('.'))
        }),
        (" https://{username}.carto.com", BaseUrlError::White),
    ] {
        assert_eq!(Pattern::parse(text), Err(error), "{text}");
    }
    // As with base URLs, the canonical form of an address can be too long.
    let long = format!("https://[1::3:4:5:6:7:8]/{{username}}{}", "a".repeat(2013));
    assert_eq!(long.len(), 2048);
    assert_eq!(Pattern::parse(&long), Err(BaseUrlError::Long));
    let long = format!("https://h.example/{}{{username}}", "a".repeat(2048));
    assert_eq!(Pattern::parse(&long), Err(BaseUrlError::Long));
}

#[test]
fn names_that_do_not_fit_a_pattern_are_refused() {
    let in_host = Pattern::built_in();
    let dotted = name("evil.com");
    let error = in_host.fill(&dotted).unwrap_err();
    assert_eq!(error, BaseUrlError::DotInHost(dotted));
    assert_eq!(
        error.to_string(),
        "the user name `evil.com` has a dot, so it cannot stand in a host"
    );
    let both = Pattern::parse("https://{username}.h.example/{username}").unwrap();
    assert_eq!(both.fill(&name("a.b")), Err(BaseUrlError::DotInHost(name("a.b"))));
    assert_eq!(in_host.fill(&name("a-")), Err(BaseUrlError::Hyphen("a-".to_owned())));
    assert_eq!(in_host.fill(&name(&"a".repeat(64))), Err(BaseUrlError::LongLabel));
    // The parts around the placeholder cannot make a dangling `/user` unseen.
    let tricky = Pattern::parse("https://h.example/us{username}").unwrap();
    assert_eq!(tricky.fill(&name("er")), Err(BaseUrlError::NoName));
}

#[test]
fn patterns_and_settings_tell_what_they_are() {
    for (text, permission) in [
        ("https://{username}.carto.com", false),
        ("http://{username}.carto.com", true),
        ("http://localhost:8080/user/{username}", false),
        ("http://127.0.0.1/user/{username}", false),
        ("http://[::1]/user/{username}", false),
        ("http://{username}.localhost", true),
    ] {
        let pattern = Pattern::parse(text).unwrap();
        assert_eq!(pattern.needs_permission(), permission, "{text}");
        assert_eq!(pattern.fill(&name("a")).unwrap().needs_permission(), permission, "{text}");
        assert_eq!(BaseUrlSetting::parse(text), Ok(BaseUrlSetting::Pattern(pattern)));
    }
    let literal = BaseUrlSetting::parse("HTTPS://a.example/").unwrap();
    assert_eq!(literal, BaseUrlSetting::Literal(url("https://a.example")));
    assert_eq!((literal.as_str(), &*literal.to_string()), ("https://a.example", literal.as_str()));
    for text in ["https://{user}.carto.com", "https://username}.carto.com", "{"] {
        assert_eq!(BaseUrlSetting::parse(text), Err(BaseUrlError::Braces), "{text}");
    }
}

#[test]
fn the_end_of_an_api_url_is_removed() {
    for (text, root) in [
        ("https://a.carto.com/api", "https://a.carto.com"),
        ("https://a.carto.com/api/", "https://a.carto.com"),
        ("https://a.carto.com/api/v2", "https://a.carto.com"),
        ("https://a.carto.com/api/v12//", "https://a.carto.com"),
        ("https://a.carto.com/api/v2/sql", "https://a.carto.com"),
        ("https://a.carto.com/api/v1/sql/", "https://a.carto.com"),
        ("https://h.example:8443/user/a/api/v2/sql", "https://h.example:8443/user/a"),
        ("https://h.example/user/{username}/api", "https://h.example/user/{username}"),
        ("https://h.example/user/api/api", "https://h.example/user/api"),
        ("https://h.example/user/user/api", "https://h.example/user/user"),
        ("https://user/api", "https://user"),
        // What is no such end stays, to the last slash.
        ("https://a.carto.com/", "https://a.carto.com/"),
        ("https://a.carto.com", "https://a.carto.com"),
        ("https://a.carto.com/api/sql", "https://a.carto.com/api/sql"),
        ("https://a.carto.com/api/v/sql", "https://a.carto.com/api/v/sql"),
        ("https://a.carto.com/api/v2/sql/x", "https://a.carto.com/api/v2/sql/x"),
        ("https://a.carto.com/v2/sql", "https://a.carto.com/v2/sql"),
        ("https://a.carto.com/api2", "https://a.carto.com/api2"),
        ("https://a.carto.com/xapi", "https://a.carto.com/xapi"),
        ("https://a.carto.com//api", "https://a.carto.com//api"),
        ("https://a.carto.com/api//v2", "https://a.carto.com/api//v2"),
        ("https://api", "https://api"),
        ("https://api/v2/sql", "https://api/v2/sql"),
        ("https://h.example/user/api", "https://h.example/user/api"),
        ("https://h.example/user/api/v2", "https://h.example/user/api/v2"),
        ("/api", "/api"),
        ("api", "api"),
        ("", ""),
    ] {
        assert_eq!(strip_api_suffix(text), root, "{text}");
    }
}

/// Wherever a URL was written: in a file, where nothing else removes the end, as in a variable.
#[test]
fn no_canonical_url_has_an_end_that_its_readers_remove() {
    for (text, root) in [
        ("https://a.carto.com/api/v2/sql", "https://a.carto.com"),
        ("https://h.example/user/ann/api/", "https://h.example/user/ann"),
        ("https://h.example/api/api/v2", "https://h.example"),
        ("https://h.example/api/v2/sql/api", "https://h.example"),
        ("https://h.example/user/api", "https://h.example/user/api"),
        ("https://h.example/user/api/api/v1/sql", "https://h.example/user/api"),
        ("https://api", "https://api"),
    ] {
        assert_eq!(url(text).as_str(), root, "{text}");
        assert_eq!(strip_api_suffix(root), root, "{text}");
    }
    // The whole text is judged, its end too.
    for text in ["https://h.example//api", "https://h.example/./api", "https://h.example/api?x"] {
        assert!(BaseUrl::parse(text).is_err(), "{text}");
    }
    let pattern = BaseUrlSetting::parse("https://h.example/user/{username}/api/v2/sql").unwrap();
    assert_eq!(pattern.as_str(), "https://h.example/user/{username}");
}

/// Pieces of hosts and paths, parted by spaces.
const HOST_PIECES: &str = "a B xn-- xn--a ls8h - _ . . 0x7f 127 1 08 com carto {username} [::1] \
    [1::3:4:5:6:7:8] [64:ff9b::102:304] %41 \u{e9} \u{0} \u{3002}";
const PATH_PIECES: &str = "/ / / user /user/ a Z . .. ~ %C3%A9 %c3 %25 %20 %2e %2 2e \\ @ ? # : \
    api v2 {username} \u{202e} \u{1b}";

/// Makes texts near the border between what is taken and what is not.
fn nearly_urls() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![
        8 => Just("https://"), 3 => Just("http://"), 1 => Just("HTTP://"), 1 => Just("https:/")
    ];
    let port = prop_oneof![
        4 => Just(String::new()),
        2 => (0..70_000_u32).prop_map(|port| format!(":{port}")),
        1 => prop::sample::select(vec![":", ":443", ":80", ":080"]).prop_map(str::to_owned),
    ];
    let pieces = |text: &'static str, count| {
        let pieces: Vec<&str> = text.split(' ').collect();
        prop::collection::vec(prop::sample::select(pieces), count).prop_map(|some| some.concat())
    };
    (scheme, pieces(HOST_PIECES, 1..6), port, pieces(PATH_PIECES, 0..8))
        .prop_map(|(scheme, host, port, path)| format!("{scheme}{host}{port}{path}"))
}

/// Makes texts of which most are taken.
const MOSTLY_TAKEN: &str = "(https?|HTTPS)://[a-zA-Z0-9_]([a-z0-9_.-]{0,12}[a-z])?\
    (:[1-9][0-9]{0,4})?(/[a-zA-Z0-9~_][a-z0-9.-]{0,4}(%20|%c3%a9)?){0,4}/{0,2}";

fn check_any_text(text: &str) {
    let _ = BaseUrlSetting::parse(strip_api_suffix(text));
    if let Ok(pattern) = Pattern::parse(text) {
        assert_eq!(Pattern::parse(pattern.as_str()).as_ref(), Ok(&pattern));
        if let Ok(filled) = pattern.fill(&Username::parse("x").unwrap()) {
            assert_eq!(filled.needs_permission(), pattern.needs_permission());
        }
    }
    let Ok(parsed) = BaseUrl::parse(text) else {
        return;
    };
    assert_eq!(BaseUrl::parse(parsed.as_str()).as_ref(), Ok(&parsed));
    match url::Url::parse(parsed.as_str()) {
        Ok(seen) => assert_seen_alike(&parsed, &seen),
        Err(error) => assert!(parsed.has_punycode(), "{parsed}: {error}"),
    }
    let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
    let joined = format!("{}://{}{port}{}", parsed.scheme().as_str(), parsed.host(), parsed.path());
    assert_eq!(joined, parsed.as_str());
}

/// What is stored has to be read again: found by fuzzing.
#[test]
fn what_is_left_without_the_end_of_an_api_is_no_page() {
    let text = "https://ann.carto.com/api/v2/x/api/v2/sql";
    let expected = Err(BaseUrlError::Page("https://ann.carto.com".to_owned()));
    assert_eq!(BaseUrl::parse(text), expected);
    assert_eq!(BaseUrl::parse("https://ann.carto.com/api/v2/x"), expected);
}

proptest! {
    #[test]
    fn any_text_is_judged_without_panic(text in any::<String>()) {
        check_any_text(&text);
    }

    #[test]
    fn what_is_taken_is_seen_alike_everywhere(text in prop_oneof![nearly_urls(), MOSTLY_TAKEN]) {
        check_any_text(&text);
    }

    #[test]
    fn a_name_changes_only_its_own_label(text in "[A-Za-z0-9_.-]{1,70}") {
        if let Ok(name) = Username::parse(&text)
            && let Ok(url) = Pattern::built_in().fill(&name)
        {
            assert!(url.is_carto_cloud());
            let implied = url.implied_username().map(|implied| implied.name);
            assert_eq!(implied, Some(name.lower_cased()));
            assert_eq!(url.canonical_username(&name), name.lower_cased());
        }
    }
}
