//! Where a settings text writes a profile and who selects it there, in every form of TOML.

use crate::config::SettingPath;
use crate::config::setting::ValueType;
use crate::toml;
use crate::toml::edit::{self, Change, EditError, NamedItem};

/// What a text says about one profile: the keys as they are written.
pub(super) struct Written {
    /// The tables, one for each spelling of `profiles`.
    pub(super) tables: Vec<Vec<String>>,
    /// The settings that select it: `profile`, and that of plugins.
    pub(super) selectors: Vec<Vec<String>>,
}

impl Written {
    /// Looks a profile up in a text.
    pub(super) fn find(text: &str, name: &str) -> Result<Self, EditError> {
        let (mut tables, mut selectors) = (Vec::new(), Vec::new());
        for NamedItem { path, text } in edit::outline(text)? {
            if is_profile(&path, name) {
                tables.push(path);
            } else if text.as_deref() == Some(name) && is_selector(&path) {
                selectors.push(path);
            }
        }
        Ok(Written { tables, selectors })
    }

    /// Returns the selecting settings as they are listed: `profile, plugins.sql.profile`.
    pub(super) fn selectors_shown(&self) -> String {
        let shown = self.selectors.iter().map(|path| SettingPath::canonical(path).to_string());
        shown.collect::<Vec<_>>().join(", ")
    }
}

/// Returns the text in which a profile and whatever selects it there has another name.
pub(super) fn renamed(text: &str, old: &str, new: &str) -> Result<Change, EditError> {
    let written = Written::find(text, old)?;
    if written.tables.is_empty() {
        return Err(EditError::NotThere);
    }
    if !Written::find(text, new)?.tables.is_empty() {
        return Err(EditError::AlreadyThere { path: format!("profile {new}") });
    }
    let mut text = text.to_owned();
    for table in &written.tables {
        let Some((_, above)) = table.split_last() else { continue };
        let to = [above, &[new.to_owned()]].concat();
        text = edit::rename_table(&text, &words(table), &words(&to))?.or(text);
    }
    let value = toml::Value::String(new.to_owned());
    for selector in &written.selectors {
        text = edit::set(&text, &words(selector), &value)?.or(text);
    }
    Ok(Change::Changed(text))
}

/// Returns the text without a profile and whatever selects it there.
pub(super) fn removed(text: &str, name: &str) -> Result<Change, EditError> {
    let written = Written::find(text, name)?;
    if written.tables.is_empty() {
        return Err(EditError::NotThere);
    }
    let mut text = text.to_owned();
    for path in written.tables.iter().chain(&written.selectors) {
        text = edit::unset(&text, &words(path))?.or(text);
    }
    Ok(Change::Changed(text))
}

fn is_profile(path: &[String], name: &str) -> bool {
    let [table, profile] = path else { return false };
    let field = SettingPath::canonical(&[table.clone(), profile.clone(), "username".to_owned()]);
    profile == name && field.0.first().is_some_and(|table| table == "profiles")
}

/// Whether a key is the selected profile, or that of a plugin.
pub(super) fn is_selector(path: &[String]) -> bool {
    let path = SettingPath::canonical(path);
    path.known().is_some_and(|key| key.value == ValueType::ProfileName)
}

fn words(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(change: Result<Change, EditError>) -> String {
        match change {
            Ok(Change::Changed(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    /// A text, the same with `old` renamed to `a.b`, the same without it.
    const FORMS: &[[&str; 3]] = &[
        ["[profiles.old]\nuser = 'x'\n", "[profiles.\"a.b\"]\nuser = 'x'\n", ""],
        [
            "[profiles]\nold.user = 'x'\no = 1\n",
            "[profiles]\n\"a.b\".user = 'x'\no = 1\n",
            "[profiles]\no = 1\n",
        ],
        [
            "profiles.old.user = 'x'\nprofiles.'old'.org = 'o' # c\n",
            "profiles.\"a.b\".user = 'x'\nprofiles.\"a.b\".org = 'o' # c\n",
            "",
        ],
        [
            "profiles = { old = { user = 'x' }, b.user = 'y' }\n",
            "profiles = { \"a.b\" = { user = 'x' }, b.user = 'y' }\n",
            "profiles = { b.user = 'y' }\n",
        ],
        [
            "[profiles]\nold = { user = 'x', org = 'o' }\n\n[ui]\ncolor = 'auto'\n",
            "[profiles]\n\"a.b\" = { user = 'x', org = 'o' }\n\n[ui]\ncolor = 'auto'\n",
            "[ui]\ncolor = 'auto'\n",
        ],
        [
            "\u{feff}profile = 'old' # mine\r\n\r\n# one\r\n[ profiles . \"old\" ]\r\nuser = 'x'\r\n\r\n[profiles.older]\r\nuser = 'y'",
            "\u{feff}profile = \"a.b\" # mine\r\n\r\n# one\r\n[ profiles . \"a.b\" ]\r\nuser = 'x'\r\n\r\n[profiles.older]\r\nuser = 'y'",
            "\u{feff}# one\r\n\r\n[profiles.older]\r\nuser = 'y'",
        ],
        [
            "[plugins]\nsql.profile = \"\"\"old\"\"\"\nsql.x = 'old'\n[plugins.dump]\nprofile = \"\\u006fld\"\n[Profiles.old]\nUser = 'x'\n[profiles.old]\norg = 'o'\n[profiles.b]\norg = 'old'\n",
            "[plugins]\nsql.profile = \"a.b\"\nsql.x = 'old'\n[plugins.dump]\nprofile = \"a.b\"\n[Profiles.\"a.b\"]\nUser = 'x'\n[profiles.\"a.b\"]\norg = 'o'\n[profiles.b]\norg = 'old'\n",
            "[plugins]\nsql.x = 'old'\n[profiles.b]\norg = 'old'\n",
        ],
        [
            "profile = 'Old'\n[profiles.old]\n[profiles.old.deep]\nx = 1\n",
            "profile = 'Old'\n[profiles.\"a.b\"]\n[profiles.\"a.b\".deep]\nx = 1\n",
            "profile = 'Old'\n",
        ],
    ];

    #[test]
    fn a_profile_is_renamed_and_removed_in_every_form() {
        for [old, new, without] in FORMS {
            assert_eq!(text(renamed(old, "old", "a.b")), *new, "{old}");
            assert_eq!(text(removed(old, "old")), *without, "{old}");
            // And back: nothing but the quotes of the name is another.
            let back = text(renamed(new, "a.b", "old"));
            let plain = |text: &str| text.replace(['"', '\''], "").replace("\\u006f", "o");
            assert_eq!(plain(&back), plain(old));
        }
    }

    #[test]
    fn what_is_not_there_or_there_already_is_refused() {
        for [old, ..] in FORMS {
            assert_eq!(renamed(old, "ol", "x"), Err(EditError::NotThere));
            assert_eq!(removed(old, "ol"), Err(EditError::NotThere));
            let both = format!("{old}\n[pRofiles.b]\n");
            let there = EditError::AlreadyThere { path: "profile b".to_owned() };
            assert_eq!(renamed(&both, "old", "b"), Err(there), "{both}");
        }
    }
}
