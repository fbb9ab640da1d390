//! `.env` files: single quotes stop the readers from expanding `$`; there is no way to unset, so
//! the value is empty, which carto takes for unset.

use super::Inexpressible;

/// Sets a variable.
///
/// # Errors
/// A value with a line end, with `${`, which some readers expand between single quotes, too, or with
/// a backslash at its end, which some take for part of the quote: the readers disagree on what they
/// mean.
pub(super) fn set(name: &str, value: Option<&str>) -> Result<String, Inexpressible> {
    let Some(value) = value else { return Ok(format!("{name}=")) };
    if value.contains(['\n', '\r']) {
        return Err(Inexpressible { name: name.to_owned(), reason: "it has a line end" });
    }
    if value.contains("${") {
        let reason = "it has `${`, which some readers of such files expand";
        return Err(Inexpressible { name: name.to_owned(), reason });
    }
    if value.ends_with('\\') {
        let reason = "it ends with a backslash, which some readers take for part of the quote";
        return Err(Inexpressible { name: name.to_owned(), reason });
    }
    Ok(format!("{name}='{}'", value.replace('\\', r"\\").replace('\'', r"\'")))
}
