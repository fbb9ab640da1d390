//! What in a settings file may be a secret: none belongs there, and people put them there.

use super::keys::KeyPath;

/// Whether a text mentions something that is usually followed by a secret. A settings file holds
/// none by right; people put them there all the same.
pub fn may_hold_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    // A password can stand before the `@` of a URL, and anything in its query.
    let words = ["key", "token", "secret", "pass", "pwd", "credential", "auth", "@", "?"];
    words.iter().any(|word| text.contains(word))
        || text.split(|c: char| !c.is_ascii_alphanumeric()).any(looks_random)
}

/// Whether an unknown key can only be meant as an account's key, in a place where none belongs.
/// It would be listed as it is.
pub(super) fn names_secret(path: &KeyPath) -> bool {
    match path.0.as_slice() {
        [table, _, field] if table == "profiles" => {
            KeyPath::canonical(std::slice::from_ref(field)).is("apikey")
        }
        [table, ..] => table == "credential",
        [] => false,
    }
}

/// Whether a word is long and mixes letters and digits, as keys without a name beside them do.
fn looks_random(word: &str) -> bool {
    word.len() >= 16
        && word.contains(|c: char| c.is_ascii_digit())
        && word.contains(|c: char| c.is_ascii_alphabetic())
}
