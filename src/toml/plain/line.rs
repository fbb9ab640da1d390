//! One line of plain TOML: its bare key, its single value and where both stand.

use std::ops::Range;

/// A key and its value, as places in the line.
pub(super) struct Assigned {
    /// The bare key.
    pub(super) key: Range<usize>,
    /// The value, with its quotes.
    pub(super) value: Range<usize>,
}

/// Reads `key = value` and what may stand behind it; nothing where the line is anything else.
pub(super) fn assigned(line: &str) -> Option<Assigned> {
    let rest = unspaced(line);
    let (name, behind) = bare(rest)?;
    let told = unspaced(unspaced(behind).strip_prefix('=')?);
    let (value, behind) = value(told)?;
    let place = |part: &str, behind: &str| {
        let end = line.len() - behind.len();
        end - part.len()..end
    };
    is_end(behind).then(|| Assigned {
        key: place(name, rest.get(name.len()..).unwrap_or_default()),
        value: place(value, behind),
    })
}

/// Cuts white space off the start.
pub(super) fn unspaced(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// Whether nothing but a comment is left of a line.
pub(super) fn is_end(rest: &str) -> bool {
    let rest = unspaced(rest);
    rest.is_empty() || rest.starts_with('#') && is_all_text(rest)
}

/// Whether only characters stand in a comment or string that may stand there as they are.
fn is_all_text(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) || text.chars().all(is_text)
}

/// Whether a character may stand in comments and strings. TOML allows a few more.
fn is_text(c: char) -> bool {
    matches!(c, '\t' | ' '..='~') || c >= '\u{a0}'
}

/// Cuts a bare key off the start.
pub(super) fn bare(text: &str) -> Option<(&str, &str)> {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let end = text.bytes().position(|byte| !is_bare(byte)).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(name, _)| !name.is_empty())
}

/// Cuts a string in which nothing has to be decoded off the start, with its quotes.
pub(super) fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = *text.as_bytes().first().filter(|byte| matches!(byte, b'"' | b'\''))?;
    let rest = text.get(1..)?;
    let end = rest.find(char::from(quote))?;
    let (inside, behind) = (rest.get(..end)?, rest.get(end + 1..)?);
    let several_lines = inside.is_empty() && behind.as_bytes().first() == Some(&quote);
    let as_it_stands = is_all_text(inside) && (quote == b'\'' || !inside.contains('\\'));
    (as_it_stands && !several_lines).then(|| text.split_at_checked(end + 2)).flatten()
}

/// Whether a word is a whole number of so few digits that it needs no check when it is decoded.
pub(in crate::toml) fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && (1..=18).contains(&digits.len())
        && (digits == "0" || !digits.starts_with('0'))
}

/// Cuts a plain value off the start.
fn value(text: &str) -> Option<(&str, &str)> {
    if text.starts_with(['"', '\'']) {
        return quoted(text);
    }
    let (word, rest) = bare(text)?;
    (is_number(word) || matches!(word, "true" | "false")).then_some((word, rest))
}
