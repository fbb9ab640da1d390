//! `.cartorc.yaml` of carto_cli: accounts by alias.

use super::imported::{ForeignFormat, Imported, ImportedAccount};
use super::read_error::ReadError;
use crate::base_url::{BaseUrl, BaseUrlSetting, strip_api_suffix};
use crate::foreign::fields::{Fields, Rest};
use crate::foreign::imported::NamedField;
use crate::foreign::json::{JsonNode, Object};
use crate::foreign::yaml::Spots;
use crate::username::Username;

const KEY: &str = "api_key";
const USER: &str = "user";
const URL: &str = "url";
const ORGANIZATION: &str = "organization";
const CHECK_SSL: &str = "check_ssl";
const KNOWN: [&str; 5] = [KEY, USER, URL, ORGANIZATION, CHECK_SSL];

/// The longest unknown name that is shown.
const LONGEST_SHOWN: usize = 30;

/// Whether a map in the root has a key.
pub(super) fn recognises(root: &Object) -> bool {
    root.0.iter().any(|(_, node)| matches!(node, JsonNode::Object(alias) if alias.has(KEY)))
}

/// Whether a text that cannot be parsed was probably meant as this file.
pub(super) fn is_mentioned(text: &str) -> bool {
    text.contains(KEY)
}

/// Reads every alias that has a key. One without may be what others take over by a merge key.
pub(super) fn read(root: &Object, spots: &Spots) -> Result<Imported, ReadError> {
    let mut imported = Imported::of(ForeignFormat::CartoCli);
    let (aliases, rest) = Fields::root(root).maps()?;
    for Rest { name, node } in rest {
        imported.add_unknown(name, name, node, spots);
    }
    for (alias, object) in aliases {
        let fields = Fields::inside(object, &[alias]);
        let Some(account) = account(&fields, alias, spots)? else {
            let alias = alias.escape_debug();
            imported.left.push(format!("`{alias}` has no `{KEY}` and is left"));
            continue;
        };
        imported.accounts.push(account);
        if object
            .values(CHECK_SSL)
            .any(|node| !matches!(node, JsonNode::Bool(true) | JsonNode::Null))
        {
            let name = fields.shown(CHECK_SSL);
            imported.left.push(format!(
                "`{name}` is left: carto has no such switch, certificates are always checked"
            ));
        }
        for (name, node) in object.0.iter().filter(|(name, _)| !KNOWN.contains(&name.as_str())) {
            imported.add_unknown(name, &format!("{alias}.{name}"), node, spots);
        }
    }
    Ok(imported)
}

fn account(
    fields: &Fields<'_>,
    alias: &str,
    spots: &Spots,
) -> Result<Option<ImportedAccount>, ReadError> {
    let Some(apikey) = fields.key(&[KEY], |text| text)? else { return Ok(None) };
    let base_url = fields.text(&[URL], |url| strip_api_suffix(url.trim_matches('/')))?;
    let given = fields.text(&[USER], |text| text)?;
    let named = |name: String| {
        let place = spots.get(&name).map(|spot| spot.place);
        NamedField { name, place }
    };
    let username_field = match given {
        Some(_) => named(fields.shown(USER)),
        None => named(alias.escape_debug().to_string()),
    };
    Ok(Some(ImportedAccount {
        name: Some(alias.to_owned()),
        username: given.or_else(|| user_of_alias(alias, base_url.as_deref())),
        username_field,
        base_url,
        base_url_field: named(fields.shown(URL)),
        apikey: Some(apikey),
        organization: fields.text(&[ORGANIZATION], |text| text)?,
        allow_non_secure: None,
    }))
}

/// Returns the user where none is written: the alias, unless the URL says who it is. carto_cli puts
/// no user into an URL that is written, so there an alias may be any word.
fn user_of_alias(alias: &str, base_url: Option<&str>) -> Option<String> {
    let literal = base_url.and_then(|url| match BaseUrlSetting::parse(url) {
        Ok(BaseUrlSetting::Literal(url)) => Some(url),
        Ok(BaseUrlSetting::Pattern(_)) | Err(_) => None,
    });
    let fits = match literal.as_ref().map(BaseUrl::implied_username) {
        Some(Some(_)) => false,
        Some(None) => Username::parse(alias).is_ok(),
        None => true,
    };
    fits.then(|| alias.to_owned())
}

impl Imported {
    /// Reports a name that is not known. One that may be a key itself, as in `{api_key:1a2b}` or
    /// `{api_key, 1a2b}`, is reported by its place.
    fn add_unknown(&mut self, name: &str, path: &str, node: &JsonNode, spots: &Spots) {
        let word = name.bytes().all(|b| b.is_ascii_alphabetic() || b"_-".contains(&b));
        if word && name.len() <= LONGEST_SHOWN && !matches!(node, JsonNode::Null) {
            self.unknown.push(path.to_owned());
            return;
        }
        let spot = spots.get(&path.escape_debug().to_string());
        let place = spot
            .map(|spot| spot.place)
            .map_or(String::new(), |(line, column)| format!(" at line {line}, column {column}"));
        self.left.push(format!("a field{place} is unknown and left"));
    }
}

#[cfg(test)]
mod tests {
    use crate::foreign::{ForeignFormat, ImportedAccount, read};
    use crate::secret::Secret;

    /// alias, user, base URL, key, organization
    type Row<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a str, Option<&'a str>);

    fn row(account: &ImportedAccount) -> Row<'_> {
        (
            account.name.as_deref().unwrap_or_default(),
            account.username.as_deref(),
            account.base_url.as_deref(),
            account.apikey.as_ref().map_or("", Secret::expose),
            account.organization.as_deref(),
        )
    }

    #[track_caller]
    fn case(text: &str, rows: &[Row<'_>], unknown: &[&str], left: &[&str]) {
        let imported = read(text).expect(text);
        assert_eq!(imported.format, ForeignFormat::CartoCli, "{text}");
        assert_eq!(imported.accounts.iter().map(row).collect::<Vec<_>>(), rows, "{text}");
        assert_eq!(imported.unknown, unknown, "{text}");
        assert_eq!(imported.left, left, "{text}");
    }

    /// What the one account of a text is.
    #[track_caller]
    fn one(text: &str, expected: Row<'_>) {
        case(text, &[expected], &[], &[]);
    }

    #[test]
    fn every_alias_with_a_key_is_an_account() {
        case(
            "# mine\n\
             ann:\n  api_key: k1\n\
             prod:\n  user: acme\n  api_key: 'k2'\n  organization: Acme & Co\n  url: https://maps.example.com/user/acme/\n  check_ssl: false\n\
             other: {api_key: \"k3\", url: https://bob.carto.com/api/, check_ssl: yes, region: eu}\n\
             version: 2\n",
            &[
                ("ann", Some("ann"), None, "k1", None),
                (
                    "prod",
                    Some("acme"),
                    Some("https://maps.example.com/user/acme"),
                    "k2",
                    Some("Acme & Co"),
                ),
                ("other", None, Some("https://bob.carto.com"), "k3", None),
            ],
            &["version", "other.region"],
            &[
                "`prod.check_ssl` is left: carto has no such switch, certificates are always checked",
            ],
        );
    }

    #[test]
    fn the_user_is_the_alias_unless_the_url_names_one() {
        for (text, user) in [
            ("a: {api_key: k}", Some("a")),
            ("a: {api_key: k, user: b}", Some("b")),
            ("a: {api_key: k, user: ''}", Some("a")),
            ("a: {api_key: k, user: }", Some("a")),
            ("a: {api_key: k, user: ~}", Some("a")),
            ("a b: {api_key: k}", Some("a b")),
            ("a b: {api_key: k, url: 'https://x.carto.com'}", None),
            ("a: {api_key: k, url: 'https://x.carto.com'}", None),
            ("a: {api_key: k, url: 'https://h.example/user/x'}", None),
            ("a: {api_key: k, url: 'https://h.example'}", Some("a")),
            ("a b: {api_key: k, url: 'https://h.example'}", None),
            ("a: {api_key: k, url: 'no url'}", Some("a")),
            ("a: {api_key: k, url: 'https://{username}.h.example'}", Some("a")),
        ] {
            assert_eq!(read(text).expect(text).accounts[0].username.as_deref(), user, "{text}");
        }
    }

    #[test]
    fn yaml_of_every_style_is_read() {
        let k = |key| ("a", Some("a"), None, key, None);
        one("a:\n  api_key: k1\n", k("k1"));
        one("---\na:\n  api_key: k1\n...\n", k("k1"));
        one("%YAML 1.1\n---\na: {api_key: k1}", k("k1"));
        one("\u{feff}a:\r\n  api_key: k1\r\n", k("k1"));
        one("a: {api_key: 0123abc} # note", k("0123abc"));
        one("a: {\"api_key\": \"0123\"}", k("0123"));
        one("a:\n  api_key: ?:k?1\n", k("?:k?1"));
        one("a: {api_key: '?k'}", k("?k"));
        one("{\"a\": {\"api_key\": \"0123\"}}", k("0123"));
        one("{a: {api_key: k1}}", k("k1"));
        one("a: {api_key: !!str 0123}", k("0123"));
        one("a: !!map {!!str api_key: !<tag:yaml.org,2002:str> 1e5}", k("1e5"));
        one("a:\n  api_key: 1e5\n", k("1e5"));
        one("a:\n  api_key: >-\n    k1\n", k("k1"));
        one("a:\n  api_key: |\n    0123\n", k("0123"));
        one("a:\n  api_key: \"\\x6b1\"\n", k("k1"));
        one("a:\n  api_key: k1\na:\n  api_key: k1\n", k("k1"));
        one("? a\n: ? api_key\n  : k1\n", k("k1"));
        one("\"a\": {'api_key': k#1}", k("k#1"));
    }

    #[test]
    fn anchors_and_merge_keys_are_followed() {
        let note = "`base` has no `api_key` and is left";
        let text = "base: &base\n  organization: acme\n  url: https://h.example\n\
                    a: {<<: *base, api_key: k1}\n\
                    b: {api_key: k2, url: 'https://b.carto.com', <<: *base}\n";
        let url = Some("https://h.example");
        case(
            text,
            &[
                ("a", Some("a"), url, "k1", Some("acme")),
                ("b", None, Some("https://b.carto.com"), "k2", Some("acme")),
            ],
            &[],
            &[note],
        );
        let both = "x: &x {user: u1, organization: o1}\ny: &y {user: u2, region: eu}\n";
        for (entry, user, org) in [
            ("a: {api_key: k, <<: [*x, *y], user: own}", "own", "o1"),
            ("a: {api_key: k, <<: *x, <<: *y, user: own}", "own", "o1"),
            ("a: {api_key: k, <<: [*x, *x]}", "u1", "o1"),
            ("a: {api_key: k, <<: [*x, {user: u1}]}", "u1", "o1"),
        ] {
            let imported = read(&format!("{both}{entry}\n")).expect(entry);
            let found = row(&imported.accounts[0]);
            assert_eq!((found.1, found.4), (Some(user), Some(org)), "{entry}");
        }
        for (entry, column) in [
            ("a: {api_key: k, <<: [*x, *y]}", 17),
            ("a: {api_key: k, <<: [*y, *x]}", 17),
            ("a: {api_key: k, <<: *x, <<: *y}", 25),
        ] {
            let error = read(&format!("{both}{entry}\n")).err().expect(entry).to_string();
            let expected = format!(
                "merged maps that give one name different values at line 3, column {column}"
            );
            assert_eq!(error, expected, "{entry}");
        }
        one(
            "a: {api_key: &k k1, user: &u ann, organization: *u}",
            ("a", Some("ann"), None, "k1", Some("ann")),
        );
    }

    /// A text, what is said, and the place.
    const NO_TEXT: [(&str, &str, (usize, usize)); 21] = [
        (
            "a:\n  api_key: 0123\n",
            "`a.api_key` must be a string, and YAML reads a number there",
            (2, 12),
        ),
        (
            "a: {api_key: 123456}",
            "`a.api_key` must be a string, and YAML reads a number there",
            (1, 14),
        ),
        (
            "a: {api_key: yes}",
            "`a.api_key` must be a string, and YAML reads a yes or no there",
            (1, 14),
        ),
        (
            "a: {api_key: 2001-01-01}",
            "`a.api_key` must be a string, and YAML reads a date there",
            (1, 14),
        ),
        (
            "a: {api_key: =}",
            "`a.api_key` must be a string, and YAML reads a special word there",
            (1, 14),
        ),
        ("a: {api_key: [k]}", "`a.api_key` must be a string, and YAML reads a list there", (1, 14)),
        (
            "a: {api_key: {k: 1}}",
            "`a.api_key` must be a string, and YAML reads a map there",
            (1, 14),
        ),
        (
            "a: {api_key: k, user: no}",
            "`a.user` must be a string, and YAML reads a yes or no there",
            (1, 23),
        ),
        (
            "a: {api_key: k, organization: 7}",
            "`a.organization` must be a string, and YAML reads a number there",
            (1, 31),
        ),
        (
            "a: {api_key: k, url: 1:30}",
            "`a.url` must be a string, and YAML reads a number there",
            (1, 22),
        ),
        ("7: {api_key: k}", "a name must be a string, and YAML reads a number there", (1, 1)),
        ("no: {api_key: k}", "a name must be a string, and YAML reads a yes or no there", (1, 1)),
        (
            "a: {api_key: k, on: 1}",
            "a name must be a string, and YAML reads a yes or no there",
            (1, 17),
        ),
        ("~: {api_key: k}", "a name must be a string, and YAML reads null there", (1, 1)),
        (
            "{a: {api_key: 0123}}",
            "`a.api_key` must be a string, and YAML reads a number there",
            (1, 15),
        ),
        (
            "a: {api_key: 'k 1'}",
            "`a.api_key` cannot be used: the key has a character that is a space, or not printable ASCII (position 2)",
            (1, 14),
        ),
        (
            "a: {api_key: k\u{e9}}",
            "`a.api_key` cannot be used: the key has a character that is a space, or not printable ASCII (position 2)",
            (1, 14),
        ),
        (
            "a: {api_key: k1, api_key: k2}",
            "`a.api_key` is given twice, with different values",
            (1, 27),
        ),
        (
            "a: {api_key: k1, api_key: }",
            "`a.api_key` is given twice, with different values",
            (1, 25),
        ),
        (
            "a: {api_key: k1}\na: {api_key: k2}\n",
            "`a` is given twice, with different values",
            (2, 4),
        ),
        (
            "a: {api_key: k1}\na: # {api_key: k2}\n",
            "`a` is given twice, with different values",
            (2, 2),
        ),
    ];

    #[test]
    fn what_yaml_reads_as_no_text_is_refused_with_its_place() {
        for (text, what, place) in NO_TEXT {
            let error = read(text).err().expect(text);
            assert_eq!((error.to_string().as_str(), error.place()), (what, Some(place)), "{text}");
        }
        let in_json = read("{\"a\": {\"api_key\": 7}}").err().expect("an error");
        assert_eq!(in_json.to_string(), "`a.api_key` must be a string");
    }

    /// A text, and what is said of it.
    const REFUSED: [(&str, &str); 25] = [
        ("a:\n\tapi_key: marker\n", "invalid YAML at line 2, column 2"),
        ("a:\n  api_key: marker: x\n", "invalid YAML at line 2, column 18"),
        ("a: {api_key: marker", "invalid YAML at line 1, column 4"),
        ("a: {api_key: \"marker}\n", "invalid YAML at line 1, column 14"),
        ("a: {api_key: *marker}", "invalid YAML at line 1, column 14"),
        ("a: {api_key: \u{1}marker}", "invalid YAML at line 1, column 14"),
        ("a: {api_key: @marker}", "invalid YAML at line 1, column 14"),
        ("a: {api_key: !marker x}", "a tag that carto does not read at line 1, column 22"),
        (
            "a: !!python/object:os.system {api_key: marker}",
            "a tag that carto does not read at line 1, column 30",
        ),
        (
            "a: !!python/object/apply:os.system [api_key]",
            "a tag that carto does not read at line 1, column 36",
        ),
        ("a: {api_key: !!binary bWFya2Vy}", "a tag that carto does not read at line 1, column 23"),
        ("a: {api_key: ! marker}", "a tag that carto does not read at line 1, column 16"),
        ("a: {api_key: !!int 7}", "a tag that carto does not read at line 1, column 20"),
        (
            "a: {api_key: marker}\n---\nb: {api_key: marker}\n",
            "a second document at line 2, column 1",
        ),
        ("a: &a {api_key: marker, x: *a}", "an alias for what it stands in at line 1, column 28"),
        ("a: {api_key: marker, <<: marker}", "a merge key without a map at line 1, column 26"),
        ("a: {api_key: marker, <<: [marker]}", "a merge key without a map at line 1, column 27"),
        ("? {api_key: marker}\n: x\n", "a map or list in the place of a name at line 1, column 3"),
        (
            "a:\n  api_key: marker\n  url: &ttps://marker/\n",
            "an anchor that only YAML 1.2 knows at line 3, column 8",
        ),
        (
            "a: {api_key: &k.1 marker}\nb: {api_key: *k.1}\n",
            "an anchor that only YAML 1.2 knows at line 1, column 14",
        ),
        (
            "\n\u{feff}a: {api_key: marker}\n",
            "a byte order mark that does not stand at the start at line 2, column 1",
        ),
        (
            "a: {?api_key: marker}\n",
            "a `?` or `:` that only YAML 1.2 reads as text at line 1, column 5",
        ),
        (
            "a: {api_key: marker?1}\n",
            "a `?` or `:` that only YAML 1.2 reads as text at line 1, column 14",
        ),
        (
            "a: {api_key: :marker}\n",
            "a `?` or `:` that only YAML 1.2 reads as text at line 1, column 14",
        ),
        (
            "a: {api_key: x} # c\u{2028}b: {api_key: marker}",
            "a line end that only YAML 1.1 knows at line 1, column 20",
        ),
    ];

    #[test]
    fn what_pyyaml_refuses_or_reads_otherwise_is_refused() {
        for (text, what) in REFUSED {
            let error = read(text).err().expect(text).to_string();
            assert_eq!(error, what, "{text:?}");
            assert!(!error.contains("marker"), "{text:?}");
        }
    }

    #[test]
    fn aliases_cannot_make_a_small_text_large() {
        use std::fmt::Write as _;
        let mut laughs = "l0: &l0 {api_key: k, b: c}\n".to_owned();
        let mut doubled = "m0: &m0 {api_key: k, b: c}\n".to_owned();
        for level in 1..100 {
            let below = level - 1;
            _ = writeln!(laughs, "l{level}: &l{level} [{}]", format!("*l{below},").repeat(9));
            let merges = format!("*m{below},").repeat(9);
            _ = writeln!(doubled, "m{level}: &m{level} {{x{level}: 1, <<: [{merges}]}}");
        }
        assert_eq!(read(&laughs).expect("read").accounts.len(), 1);
        assert_eq!(read(&doubled).expect("read").accounts.len(), 100);
        let many = |count: usize, entry: fn(usize) -> String| {
            (0..count).map(entry).collect::<Vec<_>>().join(", ")
        };
        let wide = many(2000, |at| format!("f{at}: 1"));
        let shared = many(2000, |at| format!("s{at}: *w"));
        let text = format!("{{w: &w {{api_key: k, {wide}}}, {shared}}}");
        let error = read(&text).err().expect("an error").to_string();
        assert!(error.contains("invalid JSON"), "{error}");
        let error = read(&format!("--- {text}")).err().expect("an error").to_string();
        assert!(error.starts_with("more entries than carto reads at line 1"), "{error}");
        let merged = many(2000, |at| format!("s{at}: {{<<: *w}}"));
        let text = format!("--- {{w: &w {{api_key: k, {wide}}}, {merged}}}");
        let error = read(&text).err().expect("an error").to_string();
        assert!(error.starts_with("more merged maps than carto reads at line 1"), "{error}");
    }

    #[test]
    fn deep_yaml_ends_in_an_answer() {
        let deep = 100_000;
        for text in [
            format!("a: {{api_key: k, x: {}", "[".repeat(deep)),
            format!("a: {{api_key: k, x: {}{}}}", "[".repeat(deep), "]".repeat(deep)),
            format!("a:\n  api_key: k\n  x:\n   {}", "- ".repeat(deep)),
            format!("api_key: {}", "{a: ".repeat(deep)),
        ] {
            let error = read(&text).err().expect("an error").to_string();
            assert!(error.starts_with("invalid YAML"), "{error}");
        }
        let some = 100;
        let text = format!("a: {{api_key: k, x: {}{}}}", "[".repeat(some), "]".repeat(some));
        assert_eq!(read(&text).expect("read").accounts.len(), 1);
    }

    #[test]
    fn a_name_that_may_be_a_key_is_not_shown() {
        for text in [
            "a: {api_key: k, marker}",
            "a: {api_key: k, api_key:marker1}",
            "a: {api_key: k, marker1: 7}",
            "a: {api_key: k, markermarkermarkermarkermarkers: 7}",
            "a: {api_key: k}\nmarker:\n",
        ] {
            let imported = read(text).expect(text);
            assert!(imported.unknown.is_empty(), "{text}: {:?}", imported.unknown);
            let [left] = &imported.left[..] else { panic!("{text}: {:?}", imported.left) };
            assert!(left.starts_with("a field at line "), "{text}: {left}");
        }
    }
}
