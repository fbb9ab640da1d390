//! Asks a source for the newest version of what it has.

use super::pip::Pip;
use super::source::PackageSource;
use super::store::PluginStore;
use super::tools::Tools;
use super::{cargo, git};
use crate::error::Error;

/// Returns the newest version at a source; nothing where only its files tell. Runs nothing of it.
///
/// # Errors
/// The source does not answer.
pub fn newest(
    source: &PackageSource,
    store: &PluginStore,
    tools: &Tools<'_>,
) -> Result<Option<String>, Error> {
    let package = source.package();
    match source {
        PackageSource::Git(source) => git::newest(source, store.dir(), tools).map(Some),
        PackageSource::Pip(named) => {
            let stage = store.stage(&package, &mut |text| tools.output.note(text))?;
            let pip = Pip::of(&stage, tools);
            pip.make()?;
            pip.newest(named).map(Some)
        }
        PackageSource::Cargo(named) => {
            let stage = store.stage(&package, &mut |text| tools.output.note(text))?;
            cargo::newest(named, &stage, tools).map(Some)
        }
        PackageSource::Directory(_) | PackageSource::Archive(_) | PackageSource::Link(_) => {
            Ok(None)
        }
    }
}
