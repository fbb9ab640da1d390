//! How keys and values are written.

use std::fmt::Write as _;

use super::node::Step;
use super::value::Value;
use crate::escape;

/// Writes a key as one part: bare where TOML allows it, else quoted.
pub(super) fn key(name: &str) -> String {
    dotted([name])
}

/// Writes the parts of a key as TOML does: with dots, and quoted where they have to be. A key is
/// read again as it is written: never in quotes for several lines, which TOML refuses in keys.
pub fn dotted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut text = String::with_capacity(64);
    for (at, name) in names.into_iter().enumerate() {
        if at > 0 {
            text.push('.');
        }
        if !name.is_empty() && name.bytes().all(bare) {
            text.push_str(name);
        } else {
            text.push_str(&string(name));
        }
    }
    text
}

/// Writes a path for an error: `a.b`, `a[0].b`.
pub(super) fn path(steps: &[Step<'_>]) -> String {
    let mut text = String::new();
    for step in steps {
        // Writing into a `String` cannot fail.
        let _ = match step {
            Step::Key(name) if text.is_empty() => write!(text, "{}", key(name)),
            Step::Key(name) => write!(text, ".{}", key(name)),
            Step::Index(at) => write!(text, "[{at}]"),
        };
    }
    text
}

/// Writes a value on one line.
pub fn value(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        // Unlike `Display` this form keeps the point.
        Value::Float(value) => format!("{value:?}").replace("NaN", "nan"),
        Value::Datetime(time) => time.clone(),
        Value::Array(values) => {
            format!("[{}]", values.iter().map(self::value).collect::<Vec<_>>().join(", "))
        }
        Value::Table(pairs) if pairs.is_empty() => "{}".to_owned(),
        Value::Table(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(name, value)| pair(name, value)).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

/// Writes a key and its value.
pub(super) fn pair(name: &str, value: &Value) -> String {
    format!("{} = {}", key(name), self::value(value))
}

/// Writes a string: between single quotes when that saves escapes, else between double quotes.
fn string(text: &str) -> String {
    // Marks that hide or reorder text are no more to be seen in a file than on a terminal.
    let is_control = |c: char| c < ' ' || c > '~' && escape::is_control(c);
    if text.contains(['"', '\\']) && !text.contains('\'') && !text.contains(is_control) {
        return format!("'{text}'");
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\u{8}' => quoted.push_str("\\b"),
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\u{c}' => quoted.push_str("\\f"),
            '\r' => quoted.push_str("\\r"),
            c if is_control(c) => {
                let code = u32::from(c);
                let _ = if code > 0xFFFF {
                    write!(quoted, "\\U{code:08X}")
                } else {
                    write!(quoted, "\\u{code:04X}")
                };
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
