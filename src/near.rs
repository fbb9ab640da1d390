//! The one rule of `did you mean`: which known name is near an unknown one.

use strsim::damerau_levenshtein;

/// The longest name that can be a typo of a known one.
const LONGEST: usize = 200;

/// Returns what stands for the known name nearest to an unknown one, when one is near: one slip, and
/// from five letters on one more for every four.
pub fn nearest<T>(unknown: &str, known: impl IntoIterator<Item = (String, T)>) -> Option<T> {
    let near = known.into_iter().filter_map(|(name, what)| Some((slips(unknown, &name)?, what)));
    near.min_by_key(|(slips, _)| *slips).map(|(_, what)| what)
}

/// Returns the known names that are near an unknown one, the nearest first, each once.
pub fn near<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let near = known.into_iter().filter_map(|name| Some((slips(unknown, name)?, name)));
    let mut near: Vec<(usize, &str)> = near.collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().map(|(_, name)| name).collect()
}

/// Returns the one whose text is nearest to another, however far that is.
pub fn closest<T: ToString>(text: &str, known: impl IntoIterator<Item = T>) -> Option<T> {
    known.into_iter().min_by_key(|known| damerau_levenshtein(&known.to_string(), text))
}

/// Counts the slips between two names; nothing where they are too many for a typo. A single letter is
/// no typo of anything.
pub fn slips(unknown: &str, known: &str) -> Option<usize> {
    let allowed = match unknown.len() {
        0 | 1 => return None,
        2..=4 => 1,
        length => 1 + length / 4,
    };
    // What is far longer is no typo, and comparing takes time by the product of both lengths.
    if unknown.len() > LONGEST || unknown.len().abs_diff(known.len()) > allowed {
        return None;
    }
    Some(damerau_levenshtein(unknown, known)).filter(|slips| *slips <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let known = ["username", "organization", "db", "copy"];
        for (unknown, expected) in [
            ("usrname", Some("username")),
            ("organisation", Some("organization")),
            ("suername", Some("username")),
            ("bd", Some("db")),
            ("nope", None),
            ("x", None),
            ("password", None),
            ("", None),
        ] {
            let pairs = known.map(|name| (name.to_owned(), name));
            assert_eq!(nearest(unknown, pairs), expected, "{unknown}");
        }
        assert_eq!(near("ab", ["abc", "a", "ab", "ab", "xyz"]), ["ab", "a", "abc"]);
        assert_eq!(closest("https://a", ["https://b", "zzz"]), Some("https://b"));
    }
}
