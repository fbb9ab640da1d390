//! What a text names, for edits that first have to find their place.

use super::change::{EditError, parse};
use crate::toml::node::ROOT;
use crate::toml::scalar::Scalar;

/// A table or value with the keys that lead to it, as they are written.
#[derive(Clone, PartialEq, Eq)]
pub struct NamedItem {
    /// The keys.
    pub path: Vec<String>,
    /// The text where it is a string.
    pub text: Option<String>,
}

/// Lists every table and value of a text, also tables that hold nothing; arrays are not entered.
///
/// # Errors
/// The text is not TOML.
pub fn outline(text: &str) -> Result<Vec<NamedItem>, EditError> {
    let document = parse(text)?;
    let mut found = Vec::new();
    // A list in place of recursion: dotted keys nest deeper than the stack should.
    let mut open = vec![(ROOT, Vec::new())];
    while let Some((table, above)) = open.pop() {
        for child in document.children(table) {
            let Some(name) = document.name(child) else { continue };
            let path: Vec<String> = above.iter().cloned().chain([name.to_owned()]).collect();
            let text = match document.scalar(child) {
                Some(Scalar::String(text)) => Some(text.into_owned()),
                _ => None,
            };
            if document.is_table(child) {
                open.push((child, path.clone()));
            }
            found.push(NamedItem { path, text });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toml::Value;
    use crate::toml::edit::copy_table;

    #[test]
    fn every_form_of_a_table_is_named() {
        let text = "\u{feff}a.b = 'x'\r\nt = { u = { }, v.w = \"y\" }\r\n[Profiles.\"é.1\"]\r\n[[l]]\r\nz = 1\r\n";
        let mut seen: Vec<_> = outline(text)
            .unwrap()
            .into_iter()
            .map(|named| format!("{} {}", named.path.join("/"), named.text.unwrap_or_default()))
            .collect();
        seen.sort();
        let expected =
            ["Profiles ", "Profiles/é.1 ", "a ", "a/b x", "l ", "t ", "t/u ", "t/v ", "t/v/w y"];
        assert_eq!(seen, expected);
        assert!(outline("a = ").is_err());
    }

    #[test]
    fn a_table_is_copied_whole_and_the_rest_stays() {
        let text =
            "# c\r\n[[k]]\r\nu = \"x\" # d\r\nkey = { command = [\"a\", \"b\"] }\r\nm = \"o\"\r\n";
        let copied = copy_table(text, "k", 0, ("m", &Value::String("n".to_owned())));
        let added = "\r\n[[k]]\r\nu = \"x\"\r\nkey = { command = [\"a\", \"b\"] }\r\nm = \"n\"\r\n";
        assert!(copied == Ok(format!("{text}{added}")));
        for text in ["", "[[k]]\n", "[k]\nm = 1\n"] {
            let copied = copy_table(text, "k", 1, ("m", &Value::Bool(true)));
            assert!(copied == Err(EditError::NotThere), "{text:?}");
        }
    }
}
