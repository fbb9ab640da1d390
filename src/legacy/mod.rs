//! Foreign credential files: text to credentials, credentials to text.
//!
//! One file per format. Formats are told apart by the names in the text, never by a file name,
//! and no file is opened here: the caller brings the text and keeps what is read.
//!
//! # Why
//! User names and base URLs stay plain text as the file has them: the caller checks them where it
//! can name the file, and some formats hold a pattern such as `https://{username}.carto.com/`.
//! Reading and writing have an error type each, since no caller meets both.

mod carto_auth;
mod cartoframes;
mod fields;
mod imported;
mod json;
mod known_places;
mod official_cli;

pub use cartoframes::{ExportAs, ExportedAccount, NonSecure, WriteError, write};
pub use imported::{Format, Imported, ImportedAccount};
pub use known_places::{KnownPlace, known_places};

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
    /// Neither the shape nor the names of any format that carto reads.
    #[error("no known format of credentials")]
    NoKnownFormat,
    /// A machine-to-machine file of carto-auth, which holds no key.
    #[error("a machine-to-machine file of carto-auth holds no API key, so there is none to import")]
    MachineToMachine,
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

/// Reads credentials from a text of any known format; a byte order mark in front is passed over.
///
/// # Errors
/// Texts of no known format, invalid JSON, values that disagree or have the wrong type.
pub fn read(text: &str) -> Result<Imported, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Every known format is one JSON object. What does not begin like one is a foreign file (YAML,
    // say) and no broken JSON, so the user is not sent to look for a missing brace.
    if !text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') {
        return Err(ReadError::NoKnownFormat);
    }
    let object = json::parse_object(text)?;
    if official_cli::recognises(&object) {
        official_cli::read(&object)
    } else if carto_auth::recognises(&object) {
        Err(ReadError::MachineToMachine)
    } else if cartoframes::recognises(&object) {
        cartoframes::read(&object)
    } else {
        Err(ReadError::NoKnownFormat)
    }
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
            "john:\n  api_key: k1\n  user: john\n",
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

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), tail in "[{}\\[\\]\":,a-z_0-9 \\\\]{0,60}") {
            let _ = read(&text);
            let _ = read(&format!("{{{tail}"));
            let _ = read(&format!("{{\"username\":{tail}"));
        }
    }
}
