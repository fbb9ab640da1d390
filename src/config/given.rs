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
use crate::near::nearest;
use crate::secret::DEFAULT_PUBLIC;
use crate::variables::VARIABLES;

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

/// Whether carto reads or writes a variable of this name itself, or knows that CARTO's programs do.
pub fn is_own_variable(name: &str) -> bool {
    VARIABLES.iter().any(|(own, _)| same_name(OsStr::new(name), own))
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

/// Returns the variable that was probably meant: by its spelling, or by another name of its setting.
pub fn nearest_variable(name: &str) -> Option<&'static str> {
    let words = SETTINGS.iter().flat_map(|setting| {
        let words = std::iter::once(&setting.name).chain(setting.aliases);
        words.filter_map(|word| Some((word.to_ascii_uppercase(), *setting.variables.first()?)))
    });
    let bare = |name: &str| name.trim_start_matches("CARTO_").to_owned();
    let spelled = VARIABLES.iter().map(|(variable, _)| (bare(variable), *variable));
    nearest(&bare(name), spelled.chain(words))
}

/// One `SETTING=VALUE` of the command line, read but not yet merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The key in canonical spelling.
    pub path: SettingPath,
    /// The value behind the first `=`; of a page in a browser its base URL.
    pub text: String,
    /// What is to be said of the value.
    pub note: Option<String>,
}

impl Assignment {
    /// Reads `SETTING=VALUE` and judges both.
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
                return Ok(Assignment { path, text: value.to_owned(), note: None });
            }
            return Err(usage("a key on the command line can be read by every process".to_owned())
                .help("carto config set apikey          # asks, or reads standard input")
                .help("carto login URL --key-stdin < FILE")
                .help("CARTO_API_KEY or CARTO_API_KEY_FILE in the environment"));
        }
        if !key.allowed_in(Scope::Command) {
            return Err(usage(format!("`{path}` cannot be set with `-c`")));
        }
        let typed = key.typed(value);
        key.parse_text(&typed.text).map_err(|reason| usage(format!("`{path}`: {reason}")))?;
        let note = typed.note();
        Ok(Assignment { path, text: typed.text.into_owned(), note })
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
    let error = Error::new(Kind::Usage, format!("unknown setting `{}`", escape::line(&shown)));
    match nearest_setting(path) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("carto config schema     # lists every setting"),
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
        let of_settings = SETTINGS.iter().flat_map(|setting| setting.variables).copied();
        for name in of_settings.chain(VARIABLES.iter().map(|(name, _)| *name)) {
            let env = Env::new(vec![(name.into(), "x".into())]);
            assert_eq!(mistyped_variables(&env), [], "{name}");
        }
    }
}
