//! The formats, told apart by the names in the text.

use super::imported::Imported;
use super::read_error::ReadError;
use super::{carto_auth, carto_cli, cartodb_tools, cartoframes, json, official_cli, yaml};

/// Reads credentials from a text of any known format; a byte order mark in front is passed over.
///
/// # Errors
/// Texts of no known format, invalid JSON or YAML, values that disagree or have the wrong type.
pub fn read(text: &str) -> Result<Imported, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // What does not begin like an object is no broken JSON, so the user is not sent to look for a
    // missing brace.
    if !text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') {
        return read_yaml(text);
    }
    let object = match json::parse_object(text) {
        Ok(object) => object,
        // A map of YAML may begin with a brace, too.
        Err(error) => {
            return read_yaml(text).map_err(|in_yaml| match in_yaml {
                ReadError::Yaml { .. } | ReadError::NoKnownFormat => error,
                known => known,
            });
        }
    };
    if official_cli::recognises(&object) {
        official_cli::read(&object)
    } else if carto_auth::recognises(&object) {
        Err(ReadError::MachineToMachine)
    } else if cartoframes::recognises(&object) {
        cartoframes::read(&object)
    } else if carto_cli::recognises(&object) {
        carto_cli::read(&object, &yaml::Spots::new())
    } else {
        Err(ReadError::NoKnownFormat)
    }
}

fn read_yaml(text: &str) -> Result<Imported, ReadError> {
    let parsed = yaml::parse(text).map_err(|error| {
        // Any text is nearly YAML: only one that has the word is a broken file of this format.
        if carto_cli::is_mentioned(text) { error } else { ReadError::NoKnownFormat }
    })?;
    let Some((root, spots)) = parsed else { return Err(ReadError::NoKnownFormat) };
    if carto_cli::recognises(&root) {
        carto_cli::read(&root, &spots).map_err(|error| placed(error, &spots))
    } else if cartodb_tools::recognises(&root) {
        Err(ReadError::OAuth)
    } else {
        Err(ReadError::NoKnownFormat)
    }
}

/// Adds to an error what YAML knows of the value: its place, and what it was read as.
fn placed(error: ReadError, spots: &yaml::Spots) -> ReadError {
    let Some(spot) = error.name().and_then(|name| spots.get(name)) else { return error };
    let (line, column) = spot.place;
    let error = match error {
        ReadError::WrongType { name, expected: "a string" } => {
            ReadError::NotText { name, what: spot.what }
        }
        other => other,
    };
    ReadError::At { line, column, error: Box::new(error) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{ReadError, read};

    fn error(text: &str) -> ReadError {
        read(text).err().expect("an error")
    }

    #[test]
    fn what_is_no_object_of_a_known_format_is_said_to_be_none() {
        for text in [
            "",
            " \n",
            "null",
            "7",
            "\"username\"",
            "[]",
            r#"[{"username": "john", "api_key": "k"}]"#,
            "{}",
            r#"{"name": "john", "url": "https://x"}"#,
            r#"{"Username": "john"}"#,
            r#"{"token": "t"}"#,
            r#"{"profiles": {}}"#,
            r#"{"profiles": {"a": {"region": "eu"}}}"#,
            r#"{"client_id": "a", "client_secret": "b", "type": "authorized_user"}"#,
            "john:\n  apikey: k1\n  user: john\n",
            "api: x\n  - y: [\n",
            "host: x\nusername: john\n",
            "- a\n",
            "\u{a0}{\"username\": \"x\"}",
        ] {
            assert_eq!(error(text), ReadError::NoKnownFormat, "{text:?}");
        }
    }

    #[test]
    fn a_machine_to_machine_file_is_named_as_such() {
        for text in [
            r#"{"api_base_url": "https://gcp.api.carto.com", "client_id": "a", "client_secret": "b"}"#,
            r#"{"client_secret": "", "api_base_url": null}"#,
        ] {
            assert_eq!(error(text), ReadError::MachineToMachine, "{text}");
        }
    }

    #[test]
    fn invalid_json_gives_a_place_and_no_text() {
        for (text, line, column) in [
            ("{", 1, 1),
            ("{\n  \"api_key\": marker\n}", 2, 14),
            ("{\"é\": x}", 1, 7),
            ("\u{feff}{\"é\": x}", 1, 7),
            ("{\"api_key\": \"marker", 1, 19),
            ("{\"api_key\": \"mar\nker\"}", 2, 1),
            ("{\"api_key\": \"\\ud800\"}", 1, 20),
            ("{\"api_key\": \"marker\"} x", 1, 23),
            ("{'api_key': 'marker'}", 1, 2),
            ("{\"api_key\": \"marker\",}", 1, 22),
            ("{api_key: marker}", 1, 2),
        ] {
            let error = error(text);
            assert_eq!(error, ReadError::Json { line, column }, "{text:?}");
            assert!(!error.to_string().contains("mar"), "{text:?}");
        }
    }

    #[test]
    fn deep_and_huge_texts_end_in_an_answer() {
        let deep = 200_000;
        for text in [
            r#"{"x":"#.repeat(deep),
            format!("{{\"x\":{}", "[".repeat(deep)),
            format!("{{\"username\":{}1{}", r#"{"a":"#.repeat(deep), "}".repeat(deep + 1)),
        ] {
            assert!(matches!(error(&text), ReadError::Json { .. }), "{}", text.len());
        }
        let nested =
            format!("{{\"username\":\"u\",\"x\":{}{}}}", "[".repeat(deep), "]".repeat(deep));
        assert_eq!(read(&nested).expect("read").unknown, ["x"]);
        let many = |field: fn(usize) -> String| (0..deep).map(field).collect::<Vec<_>>().join(",");
        let wide = format!("{{{},\"username\":\"u\"}}", many(|i| format!("\"f{i}\":0")));
        assert_eq!(read(&wide).expect("read").unknown.len(), deep);
        let twice = format!("{{{}}}", many(|i| format!("\"key\":\"{i}\"")));
        assert_eq!(error(&twice), ReadError::Conflict { names: vec!["key".to_owned()] });
        let profiles = many(|i| format!("\"p{i}\":{{\"token\":\"t\"}}"));
        let profiles = format!("{{\"profiles\":{{{profiles}}}}}");
        assert_eq!(read(&profiles).expect("read").accounts.len(), deep);
    }

    #[test]
    fn names_from_the_text_are_escaped_in_errors() {
        let text = "{\"profiles\": {\"a\\u001b[2J\\u202e\": {\"token\": 7}}}";
        assert_eq!(
            error(text).to_string(),
            "`profiles.a\\u{1b}[2J\\u{202e}.token` must be a string"
        );
    }

    #[test]
    fn no_changed_byte_lets_a_key_show() {
        let samples = [
            r#"{"api_key": "marker1", "base_url": "https://a.carto.com"}"#,
            r#"{"username": null, "key": "marker1", "allow_non_secure": false}"#,
            r#"{"current_profile": "a", "profiles": {"a": {"token": "marker1", "tenant_id": "x"}}}"#,
            "a:\n  api_key: marker1\n  organization: Geo # note\n",
            "b: &b {organization: Geo}\na: {<<: *b, api_key: 'marker1', url: https://a.carto.com}\n",
            "a: {\"api_key\": \"marker1\", user: a, check_ssl: no}\nc: {user: &m marker1, api_key: *m}\n",
            "host: h\nusername: u\noauth_key: marker1\n",
        ];
        for text in samples {
            for (at, change) in (0..text.len()).flat_map(|at| ('\t'..='~').map(move |c| (at, c))) {
                let mut changed = text.to_owned();
                changed.replace_range(at..=at, change.encode_utf8(&mut [0; 4]));
                let said = match read(&changed) {
                    Ok(imported) => [imported.unknown, imported.left].concat().join("; "),
                    Err(error) => error.to_string(),
                };
                assert!(!said.contains("arker") && !said.contains("rker1"), "{changed}: {said}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), tail in "[{}\\[\\]\":,a-z_0-9 \\\\]{0,60}") {
            let _ = read(&text);
            let _ = read(&format!("{{{tail}"));
            let _ = read(&format!("{{\"username\":{tail}"));
            let _ = read(&format!("a:\n  api_key: {tail}\n  {tail}: {tail}"));
            let _ = read(&format!("a: {{api_key: {tail}, <<: {tail}}}"));
        }
    }
}
