//! The files of `cartoframes`: all releases' names in one reader, and what each release writes.
//!
//! The names differ by release (`key` or `api_key`), the meanings do not, and each release passes
//! over the names it does not know. So one reader takes them all, mixed too, as long as they agree.

use super::imported::{ForeignFormat, Imported, ImportedAccount};
use super::read_error::ReadError;
use crate::foreign::fields::{Clean, Fields};
use crate::foreign::json::Object;
use crate::secret::Secret;

const USERNAME: [&str; 2] = ["username", "USERNAME"];
const KEY: [&str; 3] = ["key", "api_key", "APIKEY"];
const BASE_URL: [&str; 2] = ["base_url", "USERURL"];
const NON_SECURE: &str = "allow_non_secure";
const KNOWN: [&str; 8] =
    ["key", "api_key", "APIKEY", "username", "USERNAME", "base_url", "USERURL", NON_SECURE];

/// Whether any name of any release is there.
pub(super) fn recognises(object: &Object) -> bool {
    KNOWN.iter().any(|name| object.has(name))
}

/// Reads the one account of a file.
pub(super) fn read(object: &Object) -> Result<Imported, ReadError> {
    let format = format_of(object);
    let fields = Fields::root(object);
    // Only the alphas strip what they read; later releases take a stray space as part of the key.
    let (clean, clean_url): (Clean, Clean) = match format {
        ForeignFormat::CartoframesAlpha => (str::trim, |url| url.trim().trim_matches('/')),
        _ => (|text| text, |url| url.trim_matches('/')),
    };
    let account = ImportedAccount {
        name: None,
        username: fields.text(&USERNAME, clean)?,
        username_field: fields.named(&USERNAME),
        base_url: fields.text(&BASE_URL, clean_url)?,
        base_url_field: fields.named(&BASE_URL),
        apikey: fields.key(&KEY, clean)?,
        organization: None,
        allow_non_secure: fields.flag(NON_SECURE)?,
    };
    let unknown = fields.unknown(&KNOWN);
    Ok(Imported { accounts: vec![account], unknown, ..Imported::of(format) })
}

/// Tells the release by the names that only it writes.
fn format_of(object: &Object) -> ForeignFormat {
    let has = |name| object.has(name);
    if has("key") && has("api_key") {
        ForeignFormat::CartoframesUniversal
    } else if has("key") {
        ForeignFormat::Cartoframes0
    } else if has("username") || has(NON_SECURE) {
        ForeignFormat::Cartoframes1
    } else if has("api_key") {
        ForeignFormat::CartoframesAlpha
    } else if ["APIKEY", "USERNAME", "USERURL"].into_iter().any(has) {
        ForeignFormat::CartoframesDocumented
    } else {
        ForeignFormat::Cartoframes1
    }
}

/// Which release's file to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportAs {
    /// One file that every release reads: the names of all of them.
    Universal,
    /// Byte for byte what `save()` of 0.2.3 to 0.10.1 writes.
    Cartoframes0,
    /// Byte for byte what `save()` of 1.0b2 to 1.0.1 writes.
    Cartoframes1Early,
    /// Byte for byte what `save()` of 1.0.2 to 1.2.5 writes.
    Cartoframes1,
    /// The shape of the manual's sample.
    Documented,
}

/// Whether an account permits `http`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonSecure {
    /// Only `https`.
    Refused,
    /// `http` as well.
    Allowed,
}

/// A resolved account, checked by the caller, with the key to write.
pub struct ExportedAccount<'a> {
    /// The user name, when there is one.
    pub username: Option<&'a str>,
    /// The canonical base URL.
    pub base_url: &'a str,
    /// The key; [`Secret::default_public`] where there is no other.
    pub apikey: &'a Secret,
    /// Whether `http` is permitted.
    pub non_secure: NonSecure,
}

/// Why an account cannot be written in a form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// An `http` base URL for a release that has no way to permit it.
    #[error("CARTOframes {0} has no way to permit an `http` base URL")]
    HttpNotPermitted(&'static str),
}

/// Writes an account as a release's file; the text holds the key.
///
/// # Errors
/// [`WriteError::HttpNotPermitted`] for an `http` account as [`ExportAs::Cartoframes0`] and as
/// [`ExportAs::Cartoframes1Early`].
pub fn write(form: ExportAs, account: &ExportedAccount<'_>) -> Result<String, ExportError> {
    let url = account.base_url.trim_end_matches('/');
    let is_http = url.starts_with("http:");
    let username = account.username.map_or_else(|| "null".to_owned(), quoted);
    let key = quoted(account.apikey.expose());
    let base_url = quoted(url);
    // 1.x takes no `http` URL without the permission, not even of this computer, which carto does:
    // an account that is there at all must come back when the file is read.
    let non_secure = match account.non_secure {
        NonSecure::Refused => is_http.to_string(),
        NonSecure::Allowed => true.to_string(),
    };
    match form {
        ExportAs::Cartoframes0 if is_http => Err(ExportError::HttpNotPermitted("0.x")),
        ExportAs::Cartoframes1Early if is_http => Err(ExportError::HttpNotPermitted("1.0")),
        ExportAs::Cartoframes0 => {
            Ok(one_line(&[("key", key), ("base_url", base_url), ("username", username)]))
        }
        ExportAs::Cartoframes1Early => {
            Ok(one_line(&[("username", username), ("api_key", key), ("base_url", base_url)]))
        }
        ExportAs::Cartoframes1 => Ok(one_line(&[
            ("username", username),
            ("api_key", key),
            ("base_url", base_url),
            (NON_SECURE, non_secure),
        ])),
        ExportAs::Universal => Ok(indented(&[
            ("username", username),
            ("key", key.clone()),
            ("api_key", key),
            ("base_url", base_url),
            (NON_SECURE, non_secure),
        ])),
        // The sample has empty text where nothing is given and a URL that ends in `/`.
        ExportAs::Documented => Ok(indented(&[
            ("APIKEY", key),
            ("USERNAME", quoted(account.username.unwrap_or_default())),
            ("USERURL", quoted(&format!("{url}/"))),
        ])),
    }
}

/// Joins fields as Python's `json.dump` does without options.
fn one_line(fields: &[(&str, String)]) -> String {
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    format!("{{{}}}", fields.join(", "))
}

/// Joins fields one a line, as people write such files.
fn indented(fields: &[(&str, String)]) -> String {
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| format!("    \"{name}\": {value}")).collect();
    format!("{{\n{}\n}}\n", fields.join(",\n"))
}

/// Quotes text as Python's `json.dump` does: all but printable ASCII is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                let mut units = [0; 2];
                let units = c.encode_utf16(&mut units).iter();
                out.extend(units.map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{ExportAs, ExportError, ExportedAccount, NonSecure, quoted, write};
    use crate::foreign::{ForeignFormat, ImportedAccount, read};
    use crate::secret::Secret;

    /// user name, base URL, key, `allow_non_secure`
    type Row<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<bool>);

    fn row(account: &ImportedAccount) -> Row<'_> {
        (
            account.username.as_deref(),
            account.base_url.as_deref(),
            account.apikey.as_ref().map(Secret::expose),
            account.allow_non_secure,
        )
    }

    #[track_caller]
    fn case(text: &str, format: ForeignFormat, expected: Row<'_>) {
        let imported = read(text).expect(text);
        assert_eq!(imported.format, format, "{text}");
        let [account] = &imported.accounts[..] else { panic!("one account: {text}") };
        assert_eq!(row(account), expected, "{text}");
        assert!(account.name.is_none() && account.organization.is_none(), "{text}");
        assert!(imported.unknown.is_empty(), "{text}: {:?}", imported.unknown);
    }

    #[test]
    fn every_release_is_read() {
        use ForeignFormat::{Cartoframes0, Cartoframes1, CartoframesAlpha, CartoframesUniversal};
        let url = Some("https://john.carto.com");
        let john = (Some("john"), url, Some("k"), None);
        let with = |allow| (Some("john"), url, Some("k"), Some(allow));
        for (text, format, expected) in [
            (
                r#"{"api_key": " k\n", "base_url": "\thttps://john.carto.com/ "}"#,
                CartoframesAlpha,
                (None, url, Some("k"), None),
            ),
            (
                r#"{"key": "k", "base_url": "https://john.carto.com", "username": "john"}"#,
                Cartoframes0,
                john,
            ),
            (
                r#"{"key": "k", "base_url": "https://john.carto.com", "username": null}"#,
                Cartoframes0,
                (None, url, Some("k"), None),
            ),
            (
                r#"{"username": "john", "api_key": "k", "base_url": "/https://john.carto.com//"}"#,
                Cartoframes1,
                john,
            ),
            (
                r#"{"username": "john", "api_key": "k", "base_url": "https://john.carto.com", "allow_non_secure": false}"#,
                Cartoframes1,
                with(false),
            ),
            (
                r#"{"username": "john", "key": "k", "api_key": "k", "base_url": "https://john.carto.com", "allow_non_secure": true}"#,
                CartoframesUniversal,
                with(true),
            ),
        ] {
            case(text, format, expected);
        }
    }

    #[test]
    fn the_documented_shape_is_read() {
        for (text, expected) in [
            (
                r#"{"APIKEY": "", "USERNAME": " ", "USERURL": "https://{username}.carto.com/"}"#,
                (None, Some("https://{username}.carto.com"), None, None),
            ),
            (
                "\u{feff}\r\n {\"APIKEY\": \"k\",\r\n \"USERNAME\": \"john\", \"USERURL\": null}\n",
                (Some("john"), None, Some("k"), None),
            ),
        ] {
            case(text, ForeignFormat::CartoframesDocumented, expected);
        }
    }

    #[test]
    fn what_is_missing_null_or_blank_is_not_given() {
        let none = (None, None, None, None);
        for (text, format, expected) in [
            (r#"{"api_key": "", "base_url": "  "}"#, ForeignFormat::CartoframesAlpha, none),
            (
                r#"{"username": null, "api_key": "", "base_url": "\t", "allow_non_secure": null}"#,
                ForeignFormat::Cartoframes1,
                none,
            ),
            (
                r#"{"username": null, "api_key": null, "base_url": "http://h/user/a", "allow_non_secure": true}"#,
                ForeignFormat::Cartoframes1,
                (None, Some("http://h/user/a"), None, Some(true)),
            ),
            (
                r#"{"username": "john"}"#,
                ForeignFormat::Cartoframes1,
                (Some("john"), None, None, None),
            ),
            (
                r#"{"base_url": "https://h"}"#,
                ForeignFormat::Cartoframes1,
                (None, Some("https://h"), None, None),
            ),
            (r#"{"key": "k"}"#, ForeignFormat::Cartoframes0, (None, None, Some("k"), None)),
        ] {
            case(text, format, expected);
        }
    }

    #[test]
    fn an_account_is_named_by_a_name_or_a_url_that_is_no_pattern() {
        for (text, named) in [
            (r#"{"username": "john"}"#, true),
            (r#"{"base_url": "https://h/user/a"}"#, true),
            (r#"{"base_url": "/"}"#, true),
            (r#"{"USERNAME": "a", "USERURL": "https://{username}.carto.com/"}"#, true),
            (r#"{"USERNAME": "", "USERURL": "https://{username}.carto.com/"}"#, false),
            (r#"{"key": "k"}"#, false),
            (r#"{"username": "", "base_url": null, "api_key": "k"}"#, false),
        ] {
            let imported = read(text).expect(text);
            assert_eq!(imported.accounts[0].names_account(), named, "{text}");
        }
    }

    #[test]
    fn unknown_names_are_reported_once_each() {
        let text =
            r#"{"b": 1, "username": "john", "a\u001b": {"username": "x"}, "b": [2], "Key": "k"}"#;
        let imported = read(text).expect("read");
        assert_eq!(imported.unknown, ["b", "a\u{1b}", "Key"]);
        assert_eq!(row(&imported.accounts[0]), (Some("john"), None, None, None));
    }

    #[test]
    fn values_of_one_meaning_agree_or_are_refused_by_name() {
        for text in [
            r#"{"username": "john", "key": "k", "api_key": "k", "APIKEY": "k"}"#,
            r#"{"username": "john", "key": "k", "api_key": null, "APIKEY": ""}"#,
            r#"{"username": "john", "USERNAME": "john", "key": "k", "key": "k"}"#,
        ] {
            let imported = read(text).expect(text);
            let expected = (Some("john"), None, Some("k"), None);
            assert_eq!(row(&imported.accounts[0]), expected, "{text}");
        }
        for (text, error) in [
            (r#"{"key": "mark1", "api_key": "mark2"}"#, "`key` and `api_key` disagree"),
            (
                r#"{"APIKEY": "mark", "key": "mark2", "api_key": "mark"}"#,
                "`APIKEY` and `key` and `api_key` disagree",
            ),
            (r#"{"username": "mark", "USERNAME": "Mark"}"#, "`username` and `USERNAME` disagree"),
            (
                r#"{"base_url": "https://mark", "USERURL": "https://mark/x/"}"#,
                "`base_url` and `USERURL` disagree",
            ),
            (
                r#"{"username": "a", "key": "mark1", "key": "mark2"}"#,
                "`key` is given twice, with different values",
            ),
            (
                r#"{"allow_non_secure": true, "allow_non_secure": false}"#,
                "`allow_non_secure` is given twice, with different values",
            ),
        ] {
            assert_eq!(read(text).err().expect(text).to_string(), error, "{text}");
        }
        let same = r#"{"base_url": "https://h/user/a/", "USERURL": "https://h/user/a"}"#;
        assert_eq!(
            read(same).expect("read").accounts[0].base_url.as_deref(),
            Some("https://h/user/a")
        );
    }

    #[test]
    fn a_bad_value_is_refused_by_name_and_never_shown() {
        let character = |name, at| {
            format!(
                "`{name}` cannot be used: the key has a character that is a space, or not printable ASCII (position {at})"
            )
        };
        for (text, error) in [
            (r#"{"key": 12345}"#, "`key` must be a string".to_owned()),
            (r#"{"api_key": ["mark"]}"#, "`api_key` must be a string".to_owned()),
            (r#"{"username": true}"#, "`username` must be a string".to_owned()),
            (r#"{"USERURL": {"a": "mark"}}"#, "`USERURL` must be a string".to_owned()),
            (
                r#"{"allow_non_secure": "true"}"#,
                "`allow_non_secure` must be true or false".to_owned(),
            ),
            (r#"{"allow_non_secure": 1}"#, "`allow_non_secure` must be true or false".to_owned()),
            (r#"{"username": "a", "api_key": "mark "}"#, character("api_key", 5)),
            (r#"{"api_key": "mark\u00e9"}"#, character("api_key", 5)),
            (r#"{"key": "ma\u0000rk"}"#, character("key", 3)),
            (
                r#"{"APIKEY": "mark\nmark"}"#,
                "`APIKEY` cannot be used: the key has more than one line".to_owned(),
            ),
        ] {
            assert_eq!(read(text).err().expect(text).to_string(), error, "{text}");
        }
    }

    fn written(
        form: ExportAs,
        username: Option<&str>,
        base_url: &str,
        allow: NonSecure,
    ) -> Result<String, ExportError> {
        let apikey = Secret::new("k\"\\/1").expect("a key");
        write(form, &ExportedAccount { username, base_url, apikey: &apikey, non_secure: allow })
    }

    #[test]
    fn each_release_is_written_byte_for_byte() {
        use NonSecure::{Allowed, Refused};
        let prem = "https://h.example/user/john";
        for (form, username, url, allow, text) in [
            (
                ExportAs::Cartoframes0,
                Some("john"),
                prem,
                Refused,
                r#"{"key": "k\"\\/1", "base_url": "https://h.example/user/john", "username": "john"}"#,
            ),
            (
                ExportAs::Cartoframes0,
                None,
                "https://h/",
                Allowed,
                r#"{"key": "k\"\\/1", "base_url": "https://h", "username": null}"#,
            ),
            (
                ExportAs::Cartoframes1,
                Some("john"),
                prem,
                Refused,
                r#"{"username": "john", "api_key": "k\"\\/1", "base_url": "https://h.example/user/john", "allow_non_secure": false}"#,
            ),
            (
                ExportAs::Cartoframes1,
                None,
                prem,
                Allowed,
                r#"{"username": null, "api_key": "k\"\\/1", "base_url": "https://h.example/user/john", "allow_non_secure": true}"#,
            ),
            (
                ExportAs::Cartoframes1,
                Some("j"),
                "http://127.0.0.1:8000",
                Refused,
                r#"{"username": "j", "api_key": "k\"\\/1", "base_url": "http://127.0.0.1:8000", "allow_non_secure": true}"#,
            ),
        ] {
            assert_eq!(written(form, username, url, allow).as_deref(), Ok(text), "{form:?}");
        }
    }

    #[test]
    fn the_forms_for_several_releases_are_written_byte_for_byte() {
        use NonSecure::{Allowed, Refused};
        let prem = "https://h.example/user/john";
        for (form, username, url, allow, text) in [
            (
                ExportAs::Universal,
                Some("john"),
                prem,
                Refused,
                "{\n    \"username\": \"john\",\n    \"key\": \"k\\\"\\\\/1\",\n    \"api_key\": \"k\\\"\\\\/1\",\n    \"base_url\": \"https://h.example/user/john\",\n    \"allow_non_secure\": false\n}\n",
            ),
            (
                ExportAs::Documented,
                None,
                prem,
                Allowed,
                "{\n    \"APIKEY\": \"k\\\"\\\\/1\",\n    \"USERNAME\": \"\",\n    \"USERURL\": \"https://h.example/user/john/\"\n}\n",
            ),
        ] {
            assert_eq!(written(form, username, url, allow).as_deref(), Ok(text), "{form:?}");
        }
    }

    #[test]
    fn the_first_of_1x_are_written_byte_for_byte() {
        for (username, url, text) in [
            (
                Some("john"),
                "https://h.example/user/john",
                r#"{"username": "john", "api_key": "k\"\\/1", "base_url": "https://h.example/user/john"}"#,
            ),
            (
                None,
                "https://h/",
                r#"{"username": null, "api_key": "k\"\\/1", "base_url": "https://h"}"#,
            ),
        ] {
            for allow in [NonSecure::Refused, NonSecure::Allowed] {
                let written = written(ExportAs::Cartoframes1Early, username, url, allow);
                assert_eq!(written.as_deref(), Ok(text));
            }
        }
    }

    #[test]
    fn no_release_before_the_permission_gets_an_http_account() {
        for allow in [NonSecure::Allowed, NonSecure::Refused] {
            for (form, release) in
                [(ExportAs::Cartoframes0, "0.x"), (ExportAs::Cartoframes1Early, "1.0")]
            {
                let refused = written(form, Some("j"), "http://h", allow);
                assert_eq!(refused, Err(ExportError::HttpNotPermitted(release)));
            }
            assert!(written(ExportAs::Universal, Some("j"), "http://h", allow).is_ok());
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for (form, format, allow) in [
            (ExportAs::Cartoframes0, ForeignFormat::Cartoframes0, None),
            (ExportAs::Cartoframes1Early, ForeignFormat::Cartoframes1, None),
            (ExportAs::Cartoframes1, ForeignFormat::Cartoframes1, Some(false)),
            (ExportAs::Universal, ForeignFormat::CartoframesUniversal, Some(false)),
            (ExportAs::Documented, ForeignFormat::CartoframesDocumented, None),
        ] {
            for username in [Some("john"), None] {
                let text = written(form, username, "https://h/user/john", NonSecure::Refused);
                let expected = (username, Some("https://h/user/john"), Some("k\"\\/1"), allow);
                case(&text.expect("written"), format, expected);
            }
        }
    }

    #[test]
    fn text_is_quoted_as_python_does() {
        for (text, expected) in [
            ("", r#""""#),
            ("a\"b\\c/<", r#""a\"b\\c/<""#),
            ("\u{8}\t\n\u{c}\r\0\u{1f}\u{7f}", r#""\b\t\n\f\r\u0000\u001f\u007f""#),
            ("j\u{f6}hn \u{20ac}", r#""j\u00f6hn \u20ac""#),
            ("\u{1f600}\u{10ffff}", r#""\ud83d\ude00\udbff\udfff""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    proptest! {
        #[test]
        fn quoted_text_is_ascii_and_means_the_text(text in any::<String>()) {
            let quoted = quoted(&text);
            assert!(quoted.bytes().all(|b| matches!(b, b' '..=b'~')), "{quoted}");
            assert_eq!(serde_json::from_str::<String>(&quoted).expect("JSON"), text);
        }
    }
}
