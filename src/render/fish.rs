//! fish: in single quotes only `\` and `'` are special.

/// Sets and exports a variable for the whole session.
pub(super) fn set(name: &str, value: &str) -> String {
    format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

/// Unsets a variable.
pub(super) fn unset(name: &str) -> String {
    format!("set -e {name}")
}
