//! What in a settings file may be a secret: none belongs there, and people put them there.

use super::setting_path::SettingPath;

/// What `carto init` writes above a project's settings: it speaks of keys and holds none.
pub const PROJECT_HEADER: &str = "\
#:schema ./config.schema.json
# Settings of this project; they may be committed. Keys never stand here:
# `carto config set --project apikey` stores them in credentials.toml beside this file.
";

/// Whether a text mentions something that is usually followed by a secret. A settings file holds
/// none by right; people put them there all the same.
pub fn may_hold_secret(text: &str) -> bool {
    let own = |line: &str| PROJECT_HEADER.lines().any(|known| known == line);
    text.lines().any(|line| !own(line) && line_may_hold_secret(line))
}

fn line_may_hold_secret(line: &str) -> bool {
    let text = line.to_ascii_lowercase();
    // A password can stand before the `@` of a URL, and anything in its query.
    let words = ["key", "token", "secret", "pass", "pwd", "credential", "auth", "@", "?"];
    words.iter().any(|word| text.contains(word))
        || text.split(|c: char| !c.is_ascii_alphanumeric()).any(looks_random)
}

/// Whether an unknown key can only be meant as an account's key, in a place where none belongs.
/// It would be listed as it is.
pub(super) fn names_secret(path: &SettingPath) -> bool {
    match path.0.as_slice() {
        [table, _, field] if table == "profiles" => {
            SettingPath::canonical(std::slice::from_ref(field)).is("apikey")
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
