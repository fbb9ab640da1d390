//! What the path of a base URL says: a user's name, or the end of an API's address.

use super::refused::BaseUrlError;
use crate::username::Username;

/// Returns NAME of the last `/user/NAME` in a path; a NAME that is itself `user` begins no new pair.
/// A name that cannot be one is an error, whichever it is, and so is a `user` without a name.
pub(super) fn name_in_path(path: &str) -> Result<Option<Username>, BaseUrlError> {
    let mut segments = path.split('/');
    let mut last = None;
    while segments.any(|segment| segment == "user") {
        let name = segments.next().ok_or(BaseUrlError::NoName)?;
        last = Some(Username::parse(name).map_err(BaseUrlError::Name)?);
    }
    Ok(last)
}

/// Removes the end that other programs want in `CARTO_API_URL` and its like: `/api`, `/api/vN` or
/// `/api/vN/sql`, with any slashes behind it. Text without such an end stays as it is, and so does
/// a host called `api` and a user called `api` (`/user/api`).
pub fn strip_api_suffix(text: &str) -> &str {
    let end = text.trim_end_matches('/');
    let versioned = end.strip_suffix("/sql").filter(|rest| strip_version(rest).is_some());
    let rest = versioned.unwrap_or(end);
    let Some(root) = strip_version(rest).unwrap_or(rest).strip_suffix("/api") else {
        return text;
    };
    let path = root.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let needed_as_name =
        path.is_some_and(|(_, path)| matches!(name_in_path(path), Err(BaseUrlError::NoName)));
    // A slash in front would mean that `api` is the host, or an empty segment to be reported.
    if root.is_empty() || root.ends_with('/') || needed_as_name { text } else { root }
}

/// Whether a segment is the version of an API, as `v2`.
pub(super) fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix('v').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// Removes `/vN` from the end.
fn strip_version(text: &str) -> Option<&str> {
    let rest = text.trim_end_matches(|c: char| c.is_ascii_digit());
    if rest.len() == text.len() { None } else { rest.strip_suffix("/v") }
}
