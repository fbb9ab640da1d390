//! `CARTO_*` variables that nothing reads.

use super::finding::Finding;
use crate::config::SETTINGS;
use crate::resolve::context::Context;
use crate::variables::REMOVED;

/// Variables that are neither settings nor part of what plugins get; `CARTO_DB` is carto_cli's, and
/// names a place that `import` knows.
const OTHERS: [&str; 4] =
    ["CARTO_CONFIG_DIR", "CARTO_SYSTEM_CONFIG_DIR", "CARTO_CEILING_DIRECTORIES", "CARTO_DB"];

/// Looks at the names of the environment, never at the values.
pub(super) fn examine(context: &Context) -> Vec<Finding> {
    let known: Vec<&str> = SETTINGS
        .iter()
        .flat_map(|key| key.variables.iter().copied())
        .chain(REMOVED)
        .chain(OTHERS)
        .collect();
    let names = context.invocation.env.iter().filter_map(|(name, _)| name.to_str());
    names
        .filter(|name| name.starts_with("CARTO_") && !known.contains(name))
        .map(|name| {
            let near = known
                .iter()
                .filter(|known| known.starts_with("CARTO_"))
                .min_by_key(|known| strsim::damerau_levenshtein(known, name));
            let near = near.filter(|near| strsim::damerau_levenshtein(near, name) <= 2);
            Finding::hint(
                "unknown-variable",
                name,
                "carto does not read this variable",
                near.map_or_else(
                    || format!("unset {name}, unless a plugin reads it"),
                    |near| format!("did you mean {near}?"),
                ),
            )
        })
        .collect()
}
