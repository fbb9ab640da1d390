//! fish: in single quotes only `\` and `'` are special.

/// Sets and exports a variable for the whole session.
pub(super) fn set(name: &str, value: &str) -> String {
    format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

/// Unsets a variable. A universal one of that name would show again and is hidden from programs;
/// the status is success, so that `carto env | source; and ...` goes on.
pub(super) fn unset(name: &str) -> String {
    format!("set -eg {name}; set -q {name}; and set -gu {name}; or true")
}
