//! Takes a line that is being typed apart, as far as the cursor.

/// Returns the words of a line up to the cursor; the last one is the one that is being typed, and empty
/// behind a space. Quotes may be open.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = line.chars();
    let mut quote = None;
    // Whether the word at the end has begun: an empty one in quotes is one, too.
    let mut begun = false;
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => (quote, begun) = (Some(c), true),
            (None | Some('"'), '\\') => {
                words.last_mut().unwrap_or(&mut String::new()).extend(chars.next());
                begun = true;
            }
            (None, c) if c.is_whitespace() => {
                if begun {
                    words.push(String::new());
                    begun = false;
                }
            }
            _ => {
                words.last_mut().unwrap_or(&mut String::new()).push(c);
                begun = true;
            }
        }
    }
    words
}

/// Leaves out what shells take before a command: `NAME=VALUE`.
pub(super) fn command(words: Vec<String>) -> Vec<String> {
    let is_assignment = |word: &String| {
        let name = word.split_once('=').map(|(name, _)| name).unwrap_or_default();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !name.is_empty() && name.chars().all(is_part)
    };
    let last = words.len().saturating_sub(1);
    let before = words.iter().take(last).take_while(|word| is_assignment(word)).count();
    words.into_iter().skip(before).collect()
}

#[cfg(test)]
mod tests {
    use super::{command, words};

    #[test]
    fn variables_stand_before_a_command() {
        for (line, expected) in [
            ("A=1 B='x y' carto con", &["carto", "con"][..]),
            ("carto A=1 ", &["carto", "A=1", ""]),
            ("A=1", &["A=1"]),
            ("./a=b c", &["./a=b", "c"]),
        ] {
            assert_eq!(command(words(line)), expected, "{line}");
        }
    }

    #[test]
    fn a_line_is_taken_apart_as_far_as_it_goes() {
        for (line, expected) in [
            ("", &[""][..]),
            ("carto", &["carto"]),
            ("carto ", &["carto", ""]),
            ("carto  config\tget ui", &["carto", "config", "get", "ui"]),
            ("carto -c ui.color=al", &["carto", "-c", "ui.color=al"]),
            ("carto -p 'my wo", &["carto", "-p", "my wo"]),
            ("carto -p \"my wo", &["carto", "-p", "my wo"]),
            ("carto -p 'a'\"b\"c", &["carto", "-p", "abc"]),
            ("carto a\\ b c\\", &["carto", "a b", "c"]),
            ("carto \"a\\\"b\" '' x", &["carto", "a\"b", "", "x"]),
            ("carto 'a\\b'", &["carto", "a\\b"]),
        ] {
            assert_eq!(words(line), expected, "{line:?}");
        }
    }
}
