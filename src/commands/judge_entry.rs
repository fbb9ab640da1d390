//! Refuses to write an entry that could only fail later.

use crate::account::{Account, Refusal, Statement, Tuple};
use crate::base_url::BaseUrlSetting;
use crate::config::Layer;
use crate::config::keys::KeyPath;
use crate::error::{Error, Kind};

/// Refuses an entry that names two users, or `http://` without permission.
///
/// # Errors
/// Names both places of the new text.
pub fn judge_entry(layer: &Layer, path: &KeyPath) -> Result<(), Error> {
    let statement = Statement::of(layer, None);
    let (tuple, prefix) = match path.0.as_slice() {
        [_] => (Some(&statement.bare), String::new()),
        [table, name, _] if table == "profiles" => (
            statement.profiles.iter().find(|p| p.name == *name).map(|p| &p.tuple),
            path.to_string()
                .rsplit_once('.')
                .map_or_else(String::new, |(all, _)| format!("{all}.")),
        ),
        _ => (None, String::new()),
    };
    tuple.map_or(Ok(()), |tuple| judge_tuple(tuple, &prefix))
}

fn judge_tuple(tuple: &Tuple, prefix: &str) -> Result<(), Error> {
    let Some(url) = &tuple.base_url else { return Ok(()) };
    let needs_permission = match &url.value {
        BaseUrlSetting::Literal(url) => url.needs_permission(),
        BaseUrlSetting::Pattern(pattern) => pattern.needs_permission(),
    };
    if needs_permission && !tuple.allows_non_secure() {
        return Err(Error::new(Kind::Usage, "a key would be sent unencrypted to `http://`")
            .help("use https")
            .help(format!("or permit it first: carto config set {prefix}allow_non_secure true")));
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
            Err(Error { kind: Kind::Usage, help: Vec::new(), ..error }
                .note("nothing was written; the two places are those of the new text")
                .help(format!("carto config unset {prefix}base_url     # then set the user name"))
                .help("carto login URL      # adds the other account as a profile"))
        }
    }
}
