//! carto-auth's machine-to-machine file: recognised so that it can be named, never read.

use crate::foreign::json::Object;

/// Whether this is carto-auth's file. `client_id` and `client_secret` alone are any OAuth client's;
/// only carto-auth puts `api_base_url` beside them.
pub(super) fn recognises(object: &Object) -> bool {
    object.has("api_base_url") && (object.has("client_id") || object.has("client_secret"))
}
