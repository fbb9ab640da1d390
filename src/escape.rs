//! What people are shown: control characters and marks that reorder or hide text are escaped.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character is a control character or a mark that reorders or hides text.
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Whether a text would change what a terminal shows.
pub fn has_control(text: &str) -> bool {
    text.chars().any(is_control)
}

/// Escapes every control character and bidi mark, line ends included.
pub fn line(text: &str) -> Cow<'_, str> {
    escape_unless(text, |_| false)
}

/// Escapes like [`line()`], but keeps the line ends, for a text of several lines.
pub fn lines(text: &str) -> Cow<'_, str> {
    escape_unless(text, |c| c == '\n')
}

/// How many names of a list a message has.
const FEW: usize = 5;

/// Lists the first few names, and how many more there are.
pub fn few<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<_> = names.by_ref().take(FEW).map(line).collect();
    match names.count() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn escape_unless(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Most texts are plain, and lists have many.
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let hidden = |c: char| is_control(c) && !keep(c);
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if !hidden(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii() => _ = write!(out, "\\x{:02x}", u32::from(c)),
            c => _ = write!(out, "\\u{{{:x}}}", u32::from(c)),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_passes() {
        for (text, shown) in [
            ("plain é ü", "plain é ü"),
            ("a\x1b[31mb", "a\\x1b[31mb"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("\u{7f}", "\\x7f"),
        ] {
            assert_eq!(line(text), shown);
        }
        assert_eq!(lines("a\n\x07b\n"), "a\n\\x07b\n");
    }
}
