//! The layers that are no files: the environment and the command line.

use super::keys::{self, KEYS, KeyPath, ValueType};
use super::{Layer, Origin, Scope};
use crate::error::{Error, Kind};
use crate::escape;
use crate::invocation::Env;
use crate::secret::DEFAULT_PUBLIC;

/// Reads the settings that stand in `CARTO_*` variables. Keys (secrets) are not among them.
///
/// # Errors
/// A value that is not UTF-8 or cannot be used; two variables of one setting that disagree.
pub fn environment(env: &Env) -> Result<Layer, Error> {
    let mut layer = Layer::given(Scope::Env);
    for key in KEYS.iter().filter(|key| key.value != ValueType::Secret) {
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
            layer.give(KeyPath(vec![key.name.to_owned()]), value, Origin::Variable(name));
        }
    }
    Ok(layer)
}

/// One `KEY=VALUE` of the command line, read but not yet merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The key in canonical spelling.
    pub path: KeyPath,
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
        let path = KeyPath::parse(name.trim()).map_err(usage)?;
        let Some(key) = path.known() else { return Err(unknown_key(&path).at("-c")) };
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
pub fn unknown_key(path: &KeyPath) -> Error {
    let shown = path.to_string();
    let error = Error::new(Kind::Usage, format!("unknown key `{}`", escape::line(&shown)));
    match keys::nearest(path) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("carto config schema     # lists every key"),
    }
}
