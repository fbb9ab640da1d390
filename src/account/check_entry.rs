//! Refuses to write an entry that could only fail later.

use crate::account::{Account, Refusal, Statement, Tuple};
use crate::base_url::BaseUrlSetting;
use crate::config::Layer;
use crate::config::SettingPath;
use crate::error::{Error, Kind};

/// What writes the entry, and so what to type instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// `config set`, which changes one field of it.
    Set,
    /// `profile add`, which brings all of it.
    Add,
}

/// Refuses an entry that names two users, or `http://` without permission.
///
/// # Errors
/// Names both places of the new text.
pub fn judge_entry(layer: &Layer, path: &SettingPath, writer: Writer) -> Result<(), Error> {
    let statement = Statement::of(layer, None);
    let (tuple, prefix) = match path.0.as_slice() {
        [_] => (Some(&statement.bare), String::new()),
        [table, name, _] if table == "profiles" => (
            statement.profiles.find(name).map(|p| &p.tuple),
            path.to_string()
                .rsplit_once('.')
                .map_or_else(String::new, |(all, _)| format!("{all}.")),
        ),
        _ => (None, String::new()),
    };
    tuple.map_or(Ok(()), |tuple| judge_tuple(tuple, &prefix, writer))
}

fn judge_tuple(tuple: &Tuple, prefix: &str, writer: Writer) -> Result<(), Error> {
    let Some(url) = &tuple.base_url else { return Ok(()) };
    let needs_permission = match &url.value {
        BaseUrlSetting::Literal(url) => url.needs_permission(),
        BaseUrlSetting::Pattern(pattern) => pattern.needs_permission(),
    };
    if needs_permission && !tuple.allows_non_secure() {
        let permit = match writer {
            Writer::Set => format!("first: carto config set {prefix}allow_non_secure true"),
            Writer::Add => "with --allow-non-secure".to_owned(),
        };
        return Err(Error::new(Kind::Usage, "a key would be sent unencrypted to `http://`")
            .help("use https")
            .help(format!("or permit it {permit}")));
    }
    let (BaseUrlSetting::Literal(literal), Some(name)) = (&url.value, &tuple.username) else {
        return Ok(());
    };
    match Account::new(literal.clone(), Some(name.value.clone())) {
        Ok(_) => Ok(()),
        Err(mismatch) => {
            let error = Error::from(Refusal::Mismatch {
                given: Box::new((mismatch.given, name.origin.clone())),
                in_url: Box::new((mismatch.in_url, url.origin.clone())),
            });
            let error = Error { kind: Kind::Usage, help: Vec::new(), ..error }
                .note("nothing was written; the two places are those of the new text");
            Err(match writer {
                Writer::Set => error
                    .help(format!(
                        "carto config unset {prefix}base_url     # then set the user name"
                    ))
                    .help("carto login URL      # adds the other account as a profile"),
                Writer::Add => {
                    error.help("leave out --username, or give the base URL of that user")
                }
            })
        }
    }
}
