//! `carto plugin lock`: writes which plugins a project uses.

use std::path::Path;

use clap::Args;

use super::install::store;
use super::upgrade::installed;
use crate::config::Scope;
use crate::config::places::PLUGIN_LOCK;
use crate::error::{Error, Kind};
use crate::layer_file::destination::Destination;
use crate::layer_file::scope_args::ScopeChoice;
use crate::package::{LockedPackage, PluginLock, Receipt, short_release};
use crate::project::nearest::{Project, ProjectStanding};
use crate::replace_file::{Links, Mode, replace};
use crate::resolve::context::Context;

/// Write the plugins of this project, with their hashes, into a lock
///
/// The lock is .carto/plugins.lock. In this project, once it is trusted, a locked plugin runs as it was
/// locked or not at all. Without names, what is locked already is locked anew; in a project without a
/// lock, all that is installed.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin lock           lock what is installed
  carto plugin lock hello     add one plugin, or take its new version")]
pub(super) struct LockArgs {
    /// The packages, or plugins of them
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &LockArgs) -> Result<(), Error> {
    let store = store(context)?;
    let destination = Destination::find(context, Some(ScopeChoice::Scope(Scope::Project)))?;
    let Destination::Project(project) = &destination else {
        return Err(Error::new(Kind::Internal, "a project's destination is none"));
    };
    let held = destination.hold(context)?;
    let path = project.file(PLUGIN_LOCK);
    let old = project.raw(PLUGIN_LOCK)?;
    let mut lock = match &old {
        Some(bytes) => PluginLock::parse(&path, bytes)?,
        None => PluginLock::default(),
    };
    let names = wanted(&lock, &args.names);
    let receipts = installed(&store, &names)?;
    if receipts.is_empty() {
        return Err(Error::new(Kind::NotThere, "no plugin is installed that could be locked")
            .help("carto plugin install SOURCE"));
    }
    for receipt in &receipts {
        lock.put(locked(receipt, project.root())?);
    }
    store.commit(Vec::new(), &mut |text| context.output.note(text), |index| {
        for receipt in &receipts {
            index.lock(&receipt.package, &receipt.fetched.identity());
        }
        Ok(())
    })?;
    let text = lock.text();
    let trusted = project.standing == ProjectStanding::Trusted;
    if trusted {
        context.update_trust(project.root(), |record| record.expect_plugins(text.as_bytes()))?;
    }
    replace(&path, text.as_bytes(), Mode::Shared, Links::Refuse, &held)?;
    if trusted {
        let approve = |record: &mut crate::project::trust::Record| {
            record.approve_plugins(Some(text.as_bytes()));
        };
        context.update_trust(project.root(), approve)?;
    }
    tell(context, project, &receipts);
    destination.tell_standing(context);
    Ok(())
}

/// Returns the names that count: those that were typed, or those that are locked already.
fn wanted(lock: &PluginLock, typed: &[String]) -> Vec<String> {
    if !typed.is_empty() {
        return typed.to_vec();
    }
    lock.packages.iter().map(|package| package.package.clone()).collect()
}

/// Makes the entry of an installed package.
fn locked(receipt: &Receipt, root: &Path) -> Result<LockedPackage, Error> {
    if receipt.fetched.kind == "link" {
        let what =
            format!("{} is linked; what it is changes from moment to moment", receipt.package);
        return Err(Error::new(Kind::Refused, what)
            .note("nothing was locked")
            .help("carto plugin install DIR     # copies it"));
    }
    // What lies in the project is named from its root, so that it is found in every clone.
    let source = Path::new(&receipt.source).strip_prefix(root);
    let source = match source {
        Ok(below) => format!("./{}", below.display()),
        Err(_) => receipt.source.clone(),
    };
    Ok(LockedPackage {
        package: receipt.package.clone(),
        source,
        as_name: receipt.as_name.clone(),
        fetched: receipt.fetched.clone(),
        programs: receipt.programs.iter().map(|program| program.name.clone()).collect(),
    })
}

fn tell(context: &Context, project: &Project, receipts: &[Receipt]) {
    for receipt in receipts {
        let release = short_release(&receipt.fetched.release);
        context.output.note(&format!("locked {} {release}", receipt.package));
        let is_path = ["directory", "archive"].contains(&receipt.fetched.kind.as_str());
        if is_path && !Path::new(&receipt.source).starts_with(project.root()) {
            context.output.warning(&format!(
                "{} comes from {}, which another machine need not have",
                receipt.package, receipt.source
            ));
        }
    }
}
