//! What must hold for any bytes: one function for each way in, which panics where it does not.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use carto::base_url::{BaseUrl, BaseUrlSetting, Pattern, strip_api_suffix};
use carto::config::Scope;
use carto::manifest::ManifestPlace;
use carto::render::{self, Format};
use carto::toml::{Document, Value, edit};
use carto::username::Username;

/// The values of a document by the names that lead to them, each with its type.
type Values = BTreeMap<Vec<String>, String>;

/// A text that has to show in no error: seeds have it where a key is.
const SECRET: &str = "SeCrEt";

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

// ---- TOML

fn typed(value: &Value) -> String {
    format!("{} {value}", value.type_name())
}

fn ours(text: &str) -> Option<Values> {
    let document = Document::read(text).ok()?;
    let mut leaves = document.leaves();
    let mut values = Values::new();
    while let Some((table, item)) = leaves.advance() {
        let above = leaves.tables.path(table, text).map(str::to_owned);
        let path = above.chain([item.name().to_owned()]).collect();
        assert_eq!(values.insert(path, typed(&item.value())), None, "{text:?}: twice");
    }
    Some(values)
}

fn theirs(text: &str) -> Option<Values> {
    judged::values(text)
}

mod judged;

/// Where that code looks for it.
mod value {
    pub(super) use carto::toml::Value;
}

/// Whether `toml_edit` takes what TOML forbids: a dotted key that goes on in an array of tables which
/// headers have made. The unit tests of the reader have the case by its name.
fn only_theirs_extends(text: &str) -> bool {
    Document::read(text).err().is_some_and(|error| error.message == "duplicate key")
        && text.contains("[[")
        && text.contains('.')
}

/// The reader finds the values that `toml_edit` finds, and refuses what it refuses.
pub fn toml_read(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !only_theirs_extends(text) {
        assert_eq!(ours(text), theirs(text), "{text:?}");
    }
}

/// An edit does what is asked, keeps every other value and every line that is a comment, and the
/// result is TOML for `toml_edit`, too.
pub fn toml_edit(bytes: &[u8]) {
    const NAMES: [&[&str]; 8] = [
        &["a"],
        &["a", "b"],
        &["c"],
        &["a", "b", "c"],
        &["plugins", "sql", "x y"],
        &["l"],
        &[""],
        &["b"],
    ];
    let Some((which, rest)) = bytes.split_first() else { return };
    let Some(text) = text(rest) else { return };
    let Some(before) = ours(text.strip_prefix('\u{feff}').unwrap_or(text)) else { return };
    if theirs(text.strip_prefix('\u{feff}').unwrap_or(text)).is_none() {
        return;
    }
    let names = NAMES[usize::from(which % 8)];
    let path: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let value = Value::String("new\n'\"\u{e9}".to_owned());
    // What stood there goes, with all that was in it.
    let mut expected = before;
    expected.retain(|other, _| !other.starts_with(&path));
    let edited = if which & 8 == 0 {
        expected.insert(path.clone(), typed(&value));
        edit::set(text, names, &value)
    } else {
        edit::unset(text, names)
    };
    let Ok(change) = edited else { return };
    let after = change.or(text.to_owned());
    let bare = after.strip_prefix('\u{feff}').unwrap_or(&after);
    assert_eq!(after.starts_with('\u{feff}'), text.starts_with('\u{feff}'));
    let mut found = ours(bare).expect("what was edited is TOML");
    assert_eq!(theirs(bare).as_ref(), Some(&found), "{text:?} -> {after:?}");
    // An inline table that is empty now is a value of its own, as is one that was and has a value now.
    let is_above = |other: &Vec<String>| other.len() < path.len() && path.starts_with(other);
    found.retain(|other, _| !is_above(other));
    expected.retain(|other, _| !is_above(other));
    assert_eq!(found, expected, "{text:?} -> {after:?}");
}

// ---- URLs

/// A base URL that is taken is one text, and the parser of WHATWG's rules sees the same in it.
pub fn base_url(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let _ = BaseUrlSetting::parse(strip_api_suffix(text));
    if let Ok(name) = Username::parse(text) {
        assert_eq!(Username::parse(name.as_str()).as_ref(), Ok(&name));
        assert_eq!(Username::parse(name.lower_cased().as_str()), Ok(name.lower_cased()));
    }
    if let Ok(pattern) = Pattern::parse(text) {
        assert_eq!(Pattern::parse(pattern.as_str()).as_ref(), Ok(&pattern), "{text:?}");
    }
    let Ok(parsed) = BaseUrl::parse(text) else { return };
    assert_eq!(BaseUrl::parse(parsed.as_str()).as_ref(), Ok(&parsed), "{text:?}");
    let Ok(seen) = url::Url::parse(parsed.as_str()) else {
        assert!(parsed.has_punycode(), "{text:?}");
        return;
    };
    let path = if parsed.path().is_empty() { "/" } else { parsed.path() };
    assert_eq!(seen.scheme(), parsed.scheme().as_str(), "{text:?}");
    assert_eq!(seen.host_str(), Some(parsed.host()), "{text:?}");
    assert_eq!((seen.port(), seen.path()), (parsed.port(), path), "{text:?}");
    assert_eq!((seen.username(), seen.password()), ("", None), "{text:?}");
    assert_eq!((seen.query(), seen.fragment()), (None, None), "{text:?}");
    assert!(parsed.as_str().bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
}

// ---- files of other programs, manifests, credentials

/// A file of another program is read or refused; an error names its place and none of its values.
pub fn importers(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    match carto::foreign::read(text) {
        Ok(imported) => {
            for account in &imported.accounts {
                // What is told of a field cannot steer a terminal.
                for field in [&account.username_field, &account.base_url_field] {
                    assert!(!field.name.chars().any(char::is_control), "{text:?}");
                }
            }
        }
        Err(error) => {
            let said = error.to_string();
            assert!(!said.chars().any(char::is_control), "{text:?}: {said:?}");
        }
    }
}

/// A manifest is read or refused; what is shown of it is one line of plain text, and an error quotes
/// none of it.
pub fn manifest(bytes: &[u8]) {
    match carto::manifest::parse(ManifestPlace::Beside, Path::new("/x"), bytes) {
        Ok(manifest) => {
            for shown in [&manifest.description, &manifest.version].into_iter().flatten() {
                assert!(shown.len() < 1000 && !shown.chars().any(char::is_control), "{shown:?}");
            }
        }
        Err(error) => assert!(!format!("{error:?}").contains(SECRET), "{error:?}"),
    }
}

/// A file of keys is read or refused; an error quotes none of it.
pub fn credentials(bytes: &[u8]) {
    match carto::credential::store::parse(Scope::User, Path::new("/x"), bytes) {
        Ok(stored) => {
            // What is taken is text that TOML takes.
            let text = text(bytes).expect("text");
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            assert!(only_theirs_extends(text) || theirs(text).is_some(), "{text:?}");
            drop(stored);
        }
        Err(error) => assert!(!format!("{error:?}").contains(SECRET), "{error:?}"),
    }
}

// ---- what others read

/// A value comes out of each form as it went in, read by the real reader where that is quick.
pub fn render(bytes: &[u8]) {
    let Some(value) = text(bytes).filter(|value| !value.contains('\0')) else { return };
    let variables = [("A".to_owned(), Some(value.to_owned())), ("B".to_owned(), None)];
    let mut count = 0;
    let mut random = || {
        count += 1;
        format!("{count:032}")
    };
    let mut rendered = |format| render::render(format, &variables, &mut random);

    let json = rendered(Format::Json).expect("JSON takes every text");
    let read: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(read, serde_json::json!({"A": value, "B": null}));

    if let Ok(docker) = rendered(Format::Docker) {
        let line = docker.lines().find_map(|line| line.strip_prefix("A="));
        assert_eq!(line, Some(value), "{docker:?}");
    }
    let github = rendered(Format::Github).expect("GitHub's file takes every text");
    assert_eq!(read_github(&github).get("A").map(String::as_str), Some(value), "{github:?}");
    #[cfg(unix)]
    if let Ok(sh) = rendered(Format::Sh) {
        assert_eq!(read_sh(&sh), value.as_bytes(), "{sh:?}");
    }
    // The other two quote by one rule each, which is held by its own words.
    if let Ok(fish) = rendered(Format::Fish) {
        assert_eq!(read_fish(fish.lines_of_value()), value, "{fish:?}");
    }
    let powershell = rendered(Format::Powershell).expect("PowerShell takes every text");
    assert!(powershell.matches('\'').count() % 2 == 0, "{powershell:?}");
}

/// The text between the first quote and the last.
trait LinesOfValue {
    fn lines_of_value(&self) -> &str;
}

impl LinesOfValue for String {
    fn lines_of_value(&self) -> &str {
        let start = self.find('\'').expect("a quote");
        // The other variable's line has none.
        let end = self.rfind('\'').expect("a quote");
        &self[start..=end]
    }
}

/// Reads quoted text as fish does: within single quotes a backslash stands before `'` and itself.
fn read_fish(quoted: &str) -> String {
    let mut value = String::new();
    let mut is_quoted = false;
    let mut rest = quoted.chars();
    while let Some(c) = rest.next() {
        match c {
            '\'' => is_quoted = !is_quoted,
            '\\' => {
                let next = rest.next().expect("something behind a backslash");
                if is_quoted && !matches!(next, '\'' | '\\') {
                    value.push('\\');
                }
                value.push(match next {
                    'n' if !is_quoted => '\n',
                    'r' if !is_quoted => '\r',
                    't' if !is_quoted => '\t',
                    other => other,
                });
            }
            other => value.push(other),
        }
    }
    assert!(!is_quoted, "{quoted:?}");
    value
}

/// Reads the file as GitHub's runner does: `NAME<<DELIMITER`, lines, `DELIMITER`; or `NAME=VALUE`.
fn read_github(file: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut lines = file.split('\n');
    while let Some(line) = lines.next() {
        if let Some((name, delimiter)) = line.split_once("<<") {
            let mut value = Vec::new();
            for line in lines.by_ref() {
                if line == delimiter {
                    break;
                }
                value.push(line);
            }
            found.insert(name.to_owned(), value.join("\n"));
        } else if let Some((name, value)) = line.split_once('=') {
            found.insert(name.to_owned(), value.to_owned());
        }
    }
    found
}

#[cfg(unix)]
fn read_sh(rendered: &str) -> Vec<u8> {
    let script = format!("{rendered}\nprintf '%s' \"$A\"");
    let ran = std::process::Command::new("/bin/sh").args(["-c", &script]).output();
    ran.expect("a shell").stdout
}

// ---- the command line

/// Where the quick reader of the flags before a command reads a line, clap reads it alike.
pub fn command_line(bytes: &[u8]) {
    let words: Option<Vec<OsString>> = bytes
        .split(|byte| *byte == b'\n')
        .map(|word| text(word).filter(|word| !word.contains('\0')).map(OsString::from))
        .collect();
    let Some(words) = words else { return };
    let (quick, clap) = carto::cli::both_readings(&words);
    if quick.is_some() {
        assert_eq!(quick, clap, "{words:?}");
    }
}
