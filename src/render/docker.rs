//! Files whose lines are taken as they are: quotes would become part of the value. There is no way to
//! unset, so the value is empty, which carto takes for unset.
//!
//! Source: Docker's documentation of `docker run --env-file`; GitLab's of `artifacts:reports:dotenv`.

use super::Inexpressible;

/// Sets a variable.
///
/// # Errors
/// A value with a line end, or with blanks at an end, which some readers cut off.
pub(super) fn set(name: &str, value: Option<&str>) -> Result<String, Inexpressible> {
    let value = value.unwrap_or_default();
    let refused = |reason| Err(Inexpressible { name: name.to_owned(), reason });
    if value.contains(['\n', '\r', '\0']) {
        return refused("it has a line end, and lines are taken as they are");
    }
    if value.trim() != value {
        return refused("it begins or ends with a blank, which some readers cut off");
    }
    Ok(format!("{name}={value}"))
}
