//! `{username}` and `{base_url}` in the words of an alias: for programs that take the account as
//! arguments. The key has no such word: every process can read the arguments of another.

use std::borrow::Cow;

/// A part of the account that a word can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// The user name.
    Username,
    /// The base URL.
    BaseUrl,
}

impl Placeholder {
    const ALL: [Placeholder; 2] = [Placeholder::Username, Placeholder::BaseUrl];

    /// Returns the word between the braces.
    pub fn name(self) -> &'static str {
        match self {
            Placeholder::Username => "username",
            Placeholder::BaseUrl => "base_url",
        }
    }
}

/// Puts values in place of the placeholders in a word: `{username}` is the value, `{{username}}` the
/// word `{username}` itself; all other braces stay as they are.
///
/// # Errors
/// What `value` has none for.
pub fn filled<E>(
    word: &str,
    mut value: impl FnMut(Placeholder) -> Result<String, E>,
) -> Result<Cow<'_, str>, E> {
    if !word.contains('{') {
        return Ok(word.into());
    }
    let mut text = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('{') {
        let (before, braces) = rest.split_at(at);
        text += before;
        let itself = |it: &Placeholder| Some((*it, within("{{", braces, *it, "}}")?));
        let plain = |it: &Placeholder| Some((*it, within("{", braces, *it, "}")?));
        rest = if let Some((it, after)) = Placeholder::ALL.iter().find_map(itself) {
            text += &format!("{{{}}}", it.name());
            after
        } else if let Some((it, after)) = Placeholder::ALL.iter().find_map(plain) {
            text += &value(it)?;
            after
        } else {
            text.push('{');
            braces.get(1..).unwrap_or_default()
        };
    }
    Ok(Cow::Owned(text + rest))
}

/// Returns what follows a placeholder that a text begins with.
fn within<'t>(open: &str, text: &'t str, placeholder: Placeholder, close: &str) -> Option<&'t str> {
    text.strip_prefix(open)?.strip_prefix(placeholder.name())?.strip_prefix(close)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_words_in_braces_mean_something() {
        for (word, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("{username}", "ann"),
            ("-u={username}@{base_url}/x", "-u=ann@https://ann.carto.com/x"),
            ("{{username}}", "{username}"),
            ("{{username}", "{ann"),
            ("{username}}", "ann}"),
            ("{{{username}}}", "{{username}}"),
            ("{{base_url}}{base_url}", "{base_url}https://ann.carto.com"),
            (
                "{Username} {user} {apikey} {} {{}} {{x}} {",
                "{Username} {user} {apikey} {} {{}} {{x}} {",
            ),
            ("é{username}é", "éanné"),
        ] {
            let value = |placeholder| -> Result<String, ()> {
                Ok(match placeholder {
                    Placeholder::Username => "ann".to_owned(),
                    Placeholder::BaseUrl => "https://ann.carto.com".to_owned(),
                })
            };
            assert_eq!(filled(word, value).unwrap(), expected, "{word}");
        }
        assert_eq!(filled("{username}", |_| Err(3)), Err(3));
        assert_eq!(filled("{{username}}", |_| Err(3)).unwrap(), "{username}");
    }
}
