//! Foreign credential files: text to credentials, credentials to text.
//!
//! One file per format. Formats are told apart by the names in the text, never by a file name,
//! and no file is opened here: the caller brings the text and keeps what is read.
//!
//! A text is JSON first, then YAML: all JSON is YAML, and only JSON's own formats are read from it
//! where both would do.
//!
//! # Why
//! User names and base URLs stay plain text as the file has them: the caller checks them where it
//! can name the file, and some formats hold a pattern such as `https://{username}.carto.com/`.
//! Reading and writing have an error type each, since no caller meets both.

mod carto_auth;
mod carto_cli;
mod cartodb_tools;
mod cartoframes;
mod fields;
pub mod git;
mod imported;
mod json;
mod known_places;
mod official_cli;
mod plain;
mod yaml;

pub use cartoframes::{ExportAs, ExportedAccount, NonSecure, WriteError, write};
pub use imported::{Format, Imported, ImportedAccount, NamedField};
pub use known_places::{Holds, KnownPlace, known_places};

use crate::secret::SecretError;

/// Why a text gives no credentials. Never holds a value of the text, which may be a secret; names
/// from the text stand with control characters escaped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The text begins like a JSON object and is none.
    #[error("invalid JSON at line {line}, column {column}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
    },
    /// The text is no YAML, or has what PyYAML would refuse or read otherwise.
    #[error("{what} at line {line}, column {column}")]
    Yaml {
        /// What stands there.
        what: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
    },
    /// A name that YAML reads as something else than text; never shown.
    #[error("a name must be a string, and YAML reads {what} there")]
    Name {
        /// What YAML reads, with its article.
        what: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
    },
    /// What is wrong with a value whose place is known.
    #[error("{error}")]
    At {
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
        /// What is wrong.
        error: Box<ReadError>,
    },
    /// Neither the shape nor the names of any format that carto reads.
    #[error("no known format of credentials")]
    NoKnownFormat,
    /// A machine-to-machine file of carto-auth, which holds no key.
    #[error("a machine-to-machine file of carto-auth holds no API key, so there is none to import")]
    MachineToMachine,
    /// A file of cartodb-tools, which holds secrets of OAuth 1.
    #[error(
        "a file of cartodb-tools holds OAuth 1 secrets and no API key, so there is none to import"
    )]
    OAuth,
    /// One thing with two values, under several names or under one name given twice.
    #[error("{}", conflict(names))]
    Conflict {
        /// The names, in the order of the text; a single one was given twice.
        names: Vec<String>,
    },
    /// A known name with a value of the wrong kind.
    #[error("`{name}` must be {expected}")]
    WrongType {
        /// The name, with the path to it.
        name: String,
        /// What it must be, with its article.
        expected: &'static str,
    },
    /// A known name with a text that YAML does not read as text.
    #[error("`{name}` must be a string, and YAML reads {what} there")]
    NotText {
        /// The name, with the path to it.
        name: String,
        /// What YAML reads, with its article.
        what: &'static str,
    },
    /// A text that cannot be a key.
    #[error("`{name}` cannot be used: {reason}")]
    Key {
        /// The name, with the path to it.
        name: String,
        /// What is wrong with the text.
        reason: SecretError,
    },
    /// A tenant that would change the host it is put into.
    #[error("`{name}` must have only ASCII letters, digits, `-` and `_`")]
    Tenant {
        /// The name, with the path to it.
        name: String,
    },
}

impl ReadError {
    /// Returns the line and the column, both from 1, where they are known.
    pub fn place(&self) -> Option<(usize, usize)> {
        match self {
            ReadError::Json { line, column }
            | ReadError::Yaml { line, column, .. }
            | ReadError::Name { line, column, .. }
            | ReadError::At { line, column, .. } => Some((*line, *column)),
            _ => None,
        }
    }

    /// Returns the error itself, without its place.
    pub fn inner(&self) -> &ReadError {
        match self {
            ReadError::At { error, .. } => error,
            _ => self,
        }
    }

    /// Returns the name of the value that is wrong, as it is shown.
    fn name(&self) -> Option<&str> {
        match self {
            ReadError::Conflict { names } => names.last().map(String::as_str),
            ReadError::WrongType { name, .. }
            | ReadError::NotText { name, .. }
            | ReadError::Key { name, .. }
            | ReadError::Tenant { name } => Some(name),
            _ => None,
        }
    }
}

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

fn conflict(names: &[String]) -> String {
    match names {
        [name] => format!("`{name}` is given twice, with different values"),
        _ => format!("`{}` disagree", names.join("` and `")),
    }
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
