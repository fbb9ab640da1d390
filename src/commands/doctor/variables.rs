//! `CARTO_*` variables that nothing reads.

use super::finding::Finding;
use crate::config::given::{is_own_variable, nearest_variable};
use crate::resolve::context::Context;

/// Looks at the names of the environment, never at the values.
pub(super) fn examine(context: &Context) -> Vec<Finding> {
    let names = context.invocation.env.iter().filter_map(|(name, _)| name.to_str());
    names
        .filter(|name| name.starts_with("CARTO_") && !is_own_variable(name))
        .map(|name| {
            Finding::hint(
                "unknown-variable",
                name,
                "carto does not read this variable",
                nearest_variable(name).map_or_else(
                    || format!("unset {name}, unless a plugin reads it"),
                    |near| format!("did you mean {near}?"),
                ),
            )
        })
        .collect()
}
