//! `carto plugin remove`: takes an installed package away.

use clap::Args;

use super::install::store;
use crate::error::{Error, Kind};
use crate::escape;
use crate::resolve::context::Context;

/// Remove plugins that were installed
///
/// Every version goes, also those that a project locks. Plugins on PATH are not touched.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin remove hello     the package that brings `carto hello`
  carto plugin list             what is installed, and from where")]
pub(super) struct RemoveArgs {
    /// The packages, or plugins of them
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &RemoveArgs) -> Result<(), Error> {
    let store = store(context)?;
    let removed = store.commit(Vec::new(), &mut |text| context.output.note(text), |index| {
        let mut removed: Vec<(String, Vec<String>)> = Vec::new();
        for name in &args.names {
            let package = index.named(name).ok_or_else(|| not_installed(name))?.to_owned();
            let Some(held) = index.packages.remove(&package) else { continue };
            let mut programs: Vec<String> = held
                .versions
                .into_values()
                .flat_map(|version| version.programs.into_keys())
                .collect();
            programs.sort();
            programs.dedup();
            removed.push((package, programs));
        }
        Ok(removed)
    })?;
    for (package, programs) in removed {
        let names: Vec<_> = programs.iter().map(|name| format!("carto {name}")).collect();
        context.output.note(&format!("removed {package}: {}", names.join(", ")));
    }
    Ok(())
}

/// The error of a name that nothing installed has.
pub(super) fn not_installed(name: &str) -> Error {
    let what = format!("no plugin `{}` is installed", escape::line(name));
    Error::new(Kind::NotThere, what).help("carto plugin list     # says where each one comes from")
}
