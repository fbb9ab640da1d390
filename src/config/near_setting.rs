//! Which known key was probably meant by an unknown one.

use crate::config::setting::{Setting, normal};
use crate::config::{SETTINGS, SettingPath};
use crate::near::slips;

/// What other programs call a setting that carto has too.
const ELSEWHERE: [(&str, &str); 6] = [
    ("user.name", "username"),
    ("core.editor", "ui.editor"),
    ("editor", "ui.editor"),
    ("color.ui", "ui.color"),
    ("color", "ui.color"),
    ("url", "base_url"),
];

/// Returns the known key nearest to an unknown one, when one is near.
pub fn nearest_setting(path: &SettingPath) -> Option<String> {
    let wanted = path.0.iter().map(|s| normal(s)).collect::<Vec<_>>().join(".");
    if let Some((_, ours)) = ELSEWHERE.iter().find(|(theirs, _)| *theirs == wanted) {
        return Some((*ours).to_owned());
    }
    let below = format!("{wanted}.");
    let names = SETTINGS.iter().flat_map(|key| {
        std::iter::once(None)
            .chain(key.aliases.iter().copied().map(Some))
            .filter_map(|alias| key.filled(path, alias))
    });
    let near = names
        // A table is no mistyped key of its own.
        .filter(|(spelled, _)| !spelled.starts_with(&below))
        .filter_map(|(spelled, canonical)| {
            let (wanted, spelled) = without_common_tables(&wanted, &spelled);
            Some((slips(wanted, spelled)?, canonical))
        });
    near.min_by_key(|(slips, _)| *slips).map(|(_, canonical)| canonical.to_string())
}

/// Cuts off what two dotted keys have in common at both ends, segment by segment: it says nothing
/// about a typo.
fn without_common_tables<'a>(one: &'a str, other: &'a str) -> (&'a str, &'a str) {
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let cut = one.get(..same).and_then(|same| same.rfind('.')).map_or(0, |dot| dot + 1);
    let (one, other) = (one.get(cut..).unwrap_or(one), other.get(cut..).unwrap_or(other));
    let same = one.bytes().rev().zip(other.bytes().rev()).take_while(|(a, b)| a == b).count();
    let tail = one.get(one.len() - same..).and_then(|tail| Some(tail.len() - tail.find('.')?));
    let without = |text: &'a str| text.get(..text.len() - tail.unwrap_or(0)).unwrap_or(text);
    (without(one), without(other))
}

impl Setting {
    /// Puts the user's own names of a path where the table says `NAME` or `*`: as it is compared,
    /// with the alias in the last place, and in canonical spelling.
    fn filled(&self, path: &SettingPath, alias: Option<&str>) -> Option<(String, SettingPath)> {
        let mut canonical = Vec::new();
        for (at, word) in self.name.split('.').enumerate() {
            match word {
                "NAME" => canonical.push(path.0.get(at).cloned().unwrap_or("NAME".to_owned())),
                "*" => canonical.extend(path.0.get(at..).filter(|rest| !rest.is_empty())?.to_vec()),
                word => canonical.push(word.to_owned()),
            }
        }
        let mut spelled: Vec<String> = canonical.iter().map(|word| normal(word)).collect();
        if let (Some(alias), Some(last)) = (alias, spelled.last_mut()) {
            alias.clone_into(last);
        }
        Some((spelled.join("."), SettingPath(canonical)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_known_key_is_named() {
        for (typed, near) in [
            ("usrname", Some("username")),
            ("usr", Some("username")),
            ("base_ulr", Some("base_url")),
            ("apikye", Some("apikey")),
            ("profiles.prod.usrname", Some("profiles.prod.username")),
            ("ui.colour", Some("ui.color")),
            ("profiles.work", None),
            ("profiles.work.deep.er", None),
            ("Profile.Work.User-Name", Some("profiles.Work.username")),
            ("plugin.sql.limit", Some("plugins.sql.limit")),
            ("plugins.sql", None),
            ("aliases.q", Some("alias.q")),
            ("user.name", Some("username")),
            ("core.editor", Some("ui.editor")),
            ("frobnicate", None),
        ] {
            assert_eq!(
                nearest_setting(&SettingPath::parse(typed).unwrap()).as_deref(),
                near,
                "{typed}"
            );
        }
    }
}
