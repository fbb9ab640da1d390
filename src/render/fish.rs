//! fish: in single quotes only `\` and `'` are special.

/// Sets and exports a variable for the whole session.
pub(super) fn set(name: &str, value: &str) -> String {
    format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

/// Unsets a variable. The status is success, so that `carto env | source; and ...` goes on.
///
/// # Why
/// A universal variable of that name would show again. It is the user's and stays; programs get an
/// empty value, which counts as unset, because fish exports it below every other kind of global.
pub(super) fn unset(name: &str) -> String {
    format!("set -eg {name}; set -q {name}; and set -gx {name}; or true")
}
