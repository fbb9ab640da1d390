//! POSIX shells: single quotes take everything literally but themselves.

/// Sets and exports a variable.
pub(super) fn set(name: &str, value: &str) -> String {
    format!("export {name}='{}'", value.replace('\'', r"'\''"))
}

/// Unsets a variable.
pub(super) fn unset(name: &str) -> String {
    format!("unset {name}")
}
