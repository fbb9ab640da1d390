//! `.env` files: single quotes stop the readers from expanding `$`; there is no way to unset, so
//! the value is empty, which carto takes for unset.

use super::Inexpressible;

/// Sets a variable.
///
/// # Errors
/// A value with a line end: the readers disagree on what it means.
pub(super) fn set(name: &str, value: Option<&str>) -> Result<String, Inexpressible> {
    let Some(value) = value else { return Ok(format!("{name}=")) };
    if value.contains(['\n', '\r']) {
        return Err(Inexpressible { name: name.to_owned(), reason: "it has a line end" });
    }
    Ok(format!("{name}='{}'", value.replace('\\', r"\\").replace('\'', r"\'")))
}
