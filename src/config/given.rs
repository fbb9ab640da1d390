//! The layers that are no files: the environment and the command line.

use std::ffi::OsStr;

use super::near_setting::nearest_setting;
use super::setting::ValueType;
use super::setting_path::SettingPath;
use super::settings::SETTINGS;
use super::{Layer, Origin, Scope};
use crate::error::{Error, Kind};
use crate::escape;
use crate::invocation::{Env, same_name};
use crate::secret::DEFAULT_PUBLIC;

/// Reads the settings that stand in `CARTO_*` variables. Keys (secrets) are not among them.
///
/// # Errors
/// A value that is not UTF-8 or cannot be used; two variables of one setting that disagree.
pub fn environment(env: &Env) -> Result<Layer, Error> {
    let mut layer = Layer::given(Scope::Env);
    for key in SETTINGS.iter().filter(|key| key.value != ValueType::Secret) {
        let mut first = None;
        for name in key.variables {
            let Some(text) = env.text(name)? else { continue };
            let value = key.parse_text(text).map_err(|reason| {
                Error::new(Kind::Usage, format!("`{name}`: {reason}"))
                    .at(name)
                    .help(format!("unset {name}, or correct it"))
            })?;
            match &first {
                None => first = Some((name, value)),
                Some((other, earlier)) if !key.same(earlier, &value) => {
                    return Err(Error::new(
                        Kind::Usage,
                        format!("`{other}` and `{name}` set `{}` and disagree", key.name),
                    )
                    .at(other)
                    .at(name)
                    .help(format!("unset {name}")));
                }
                Some(_) => {}
            }
        }
        if let Some((name, value)) = first {
            layer.give(SettingPath(vec![key.name.to_owned()]), value, Origin::Variable(name));
        }
    }
    Ok(layer)
}

/// The `CARTO_*` variables that stand in no row of the table: places, what plugins are handed, and
/// those of other programs.
pub const OTHER_VARIABLES: [&str; 13] = [
    "CARTO_CREDENTIALS_FILE",
    "CARTO_CONFIG_DIR",
    "CARTO_SYSTEM_CONFIG_DIR",
    "CARTO_CEILING_DIRECTORIES",
    "CARTO_EDITOR",
    "CARTO_PROJECT_DIR",
    "CARTO_BIN",
    "CARTO_PLUGIN_API",
    "CARTO_PLUGIN_CONFIG",
    "CARTO_NESTED",
    // CARTO's own command line tool and libraries read these.
    "CARTO_API_TOKEN",
    "CARTO_DB",
    "CARTO_CHECK_SSL",
];

/// Whether carto reads or writes a variable of this name itself.
pub fn is_own_variable(name: &str) -> bool {
    let is = |own: &&str| same_name(OsStr::new(name), own);
    OTHER_VARIABLES.iter().any(&is) || SETTINGS.iter().any(|key| key.variables.iter().any(&is))
}

/// Finds the `CARTO_*` variables that nobody knows and that look like a known one, each with that.
/// One that looks like none is somebody else's business.
pub fn mistyped_variables(env: &Env) -> Vec<(String, &'static str)> {
    let unknown = env.iter().filter_map(|(name, value)| {
        let name = name.to_str().filter(|name| name.starts_with("CARTO_"))?;
        (!is_own_variable(name) && !value.is_empty()).then_some(name)
    });
    unknown.filter_map(|name| Some((name.to_owned(), nearest_variable(name)?))).collect()
}

/// Returns the variable that was probably meant: by its spelling, or by another name of its key.
fn nearest_variable(name: &str) -> Option<&'static str> {
    let names = SETTINGS.iter().flat_map(|key| {
        let preferred = key.variables.first();
        let words = std::iter::once(&key.name).chain(key.aliases).filter_map(move |word| {
            Some((format!("CARTO_{}", word.to_ascii_uppercase()), *preferred?))
        });
        key.variables.iter().map(|variable| ((*variable).to_owned(), *variable)).chain(words)
    });
    let others = OTHER_VARIABLES.iter().map(|variable| ((*variable).to_owned(), *variable));
    let wanted = name.trim_start_matches("CARTO_");
    let (score, near) = names
        .chain(others)
        .map(|(spelled, near)| {
            let spelled = spelled.trim_start_matches("CARTO_").to_owned();
            (strsim::damerau_levenshtein(wanted, &spelled), near)
        })
        .min_by_key(|(score, _)| *score)?;
    (score <= wanted.len() / 4).then_some(near)
}

/// One `KEY=VALUE` of the command line, read but not yet merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The key in canonical spelling.
    pub path: SettingPath,
    /// The text behind the first `=`.
    pub text: String,
}

impl Assignment {
    /// Reads `KEY=VALUE` and judges key and value.
    ///
    /// # Errors
    /// Says what is wrong, without the value when the key could be a secret.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let usage = |what: String| Error::new(Kind::Usage, what).at("-c");
        let Some((name, value)) = text.split_once('=') else {
            return Err(usage(format!("`-c {}` has no value", escape::line(text)))
                .help(format!("carto -c {}=VALUE ...", escape::line(text))));
        };
        let path = SettingPath::parse(name.trim()).map_err(usage)?;
        let Some(key) = path.known() else { return Err(unknown_setting(&path).at("-c")) };
        if key.value == ValueType::Secret {
            if value == DEFAULT_PUBLIC {
                return Ok(Assignment { path, text: value.to_owned() });
            }
            return Err(usage("a key on the command line can be read by every process".to_owned())
                .help("carto config set apikey          # asks, or reads standard input")
                .help("carto login URL --key-stdin < FILE")
                .help("CARTO_API_KEY or CARTO_API_KEY_FILE in the environment"));
        }
        if !key.allowed_in(Scope::Command) {
            return Err(usage(format!("`{path}` cannot be set with `-c`")));
        }
        key.parse_text(value).map_err(|reason| usage(format!("`{path}`: {reason}")))?;
        Ok(Assignment { path, text: value.to_owned() })
    }

    /// Puts the value into the layer of the command line.
    pub fn give_to(&self, layer: &mut Layer) {
        let Some(key) = self.path.known() else { return };
        if key.value == ValueType::Secret {
            return; // only `default_public`, which `explicit_public` reports
        }
        if let Ok(value) = key.parse_text(&self.text) {
            layer.give(self.path.clone(), value, Origin::Flag(format!("-c {}", self.path)));
        }
    }

    /// Whether this asks for CARTO's public key.
    pub fn explicit_public(&self) -> bool {
        self.path.is("apikey")
    }
}

/// Says that a key is unknown, with the nearest known one.
pub fn unknown_setting(path: &SettingPath) -> Error {
    let shown = path.to_string();
    let error = Error::new(Kind::Usage, format!("unknown key `{}`", escape::line(&shown)));
    match nearest_setting(path) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("carto config schema     # lists every key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_variables_are_found_and_others_left_alone() {
        for (name, near) in [
            ("CARTO_USERNAM", Some("CARTO_USERNAME")),
            ("CARTO_USRE", Some("CARTO_USER")),
            ("CARTO_USER_NAME", Some("CARTO_USERNAME")),
            ("CARTO_APIKEY", Some("CARTO_API_KEY")),
            ("CARTO_KEY", Some("CARTO_API_KEY")),
            ("CARTO_APIKEY_FILE", Some("CARTO_API_KEY_FILE")),
            ("CARTO_BASEURL", Some("CARTO_BASE_URL")),
            ("CARTO_USERURL", Some("CARTO_BASE_URL")),
            ("CARTO_ORGANIZATION", Some("CARTO_ORG")),
            ("CARTO_ORGANISATION", Some("CARTO_ORG")),
            ("CARTO_PROFILES", Some("CARTO_PROFILE")),
            ("CARTO_CREDENTIAL_FILE", Some("CARTO_CREDENTIALS_FILE")),
            ("CARTO_ALLOW_NONSECURE", Some("CARTO_ALLOW_NON_SECURE")),
            ("CARTO_CONFIGDIR", Some("CARTO_CONFIG_DIR")),
            ("CARTO_SQL_TIMEOUT", None),
            ("CARTO_X", None),
            ("CARTO_", None),
            ("CARTO_URL", None),
            ("carto_username", None),
            ("XCARTO_USERNAM", None),
        ] {
            let env = Env::new(vec![(name.into(), "x".into())]);
            let found = mistyped_variables(&env);
            let shown: Vec<_> = found.iter().map(|(name, near)| (name.as_str(), *near)).collect();
            assert_eq!(shown, near.map(|near| (name, near)).into_iter().collect::<Vec<_>>());
        }
        let empty = Env::new(vec![("CARTO_USERNAM".into(), "".into())]);
        assert_eq!(mistyped_variables(&empty), []);
    }

    #[test]
    fn known_variables_are_known() {
        let table = SETTINGS.iter().flat_map(|key| key.variables);
        for name in table.chain(&OTHER_VARIABLES) {
            let env = Env::new(vec![((*name).into(), "x".into())]);
            assert_eq!(mistyped_variables(&env), [], "{name}");
        }
    }
}
