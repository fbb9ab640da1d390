//! `carto plugin sync`: installs what a project locks, exactly that or nothing.

use std::path::PathBuf;

use clap::Args;

use super::install::{store, tell, tidy, tools};
use crate::config::Scope;
use crate::config::places::PLUGIN_LOCK;
use crate::error::{Error, Kind};
use crate::layer_file::destination::Destination;
use crate::layer_file::scope_args::ScopeChoice;
use crate::package::Sync;
use crate::resolve::context::Context;

/// Install exactly the plugins that this project locks, or nothing
///
/// Every file is compared with the hash in .carto/plugins.lock before anything of it runs. The project
/// has to be trusted: that is the agreement, and nobody is asked.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin sync                            from the sources
  carto plugin sync --download wheels          only fill a directory
  carto plugin sync --offline --from wheels    from that directory")]
pub(super) struct SyncArgs {
    /// Download to a directory, and install nothing
    #[arg(long, value_name = "DIR", conflicts_with = "offline")]
    download: Option<PathBuf>,
    /// Ask no source
    #[arg(long, requires = "from")]
    offline: bool,
    /// The directory that `--download` filled
    #[arg(long, value_name = "DIR", requires = "offline")]
    from: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &SyncArgs, builtins: &[String]) -> Result<(), Error> {
    let (store, tools) = (store(context)?, tools(context));
    // Says what to do where there is no project, or one that is not read.
    Destination::find(context, Some(ScopeChoice::Scope(Scope::Project)))?;
    let Some((project, lock)) = context.plugin_lock()? else { return Err(no_lock(context)) };
    let sync = Sync { root: project.root(), store: &store, tools: &tools, builtins };
    if let Some(dir) = &args.download {
        let dir = context.invocation.cwd()?.join(dir);
        let count = tidy(&store, sync.download(&lock, &dir))?;
        let what = if count == 1 { "package" } else { "packages" };
        context.output.note(&format!("downloaded {count} {what} to {}", dir.display()));
        return Ok(());
    }
    let from = match &args.from {
        Some(from) => Some(context.invocation.cwd()?.join(from)),
        None => None,
    };
    let receipts = tidy(&store, sync.install(&lock, from.as_deref()))?;
    if receipts.is_empty() {
        context.output.note("everything that is locked is installed");
    }
    for receipt in &receipts {
        tell(context, receipt);
    }
    Ok(())
}

/// The error of a project in which nothing is locked, as far as it counts.
fn no_lock(context: &Context) -> Error {
    let project = context.load().ok().and_then(|loaded| loaded.project.as_ref());
    match project {
        Some(project) if project.file(PLUGIN_LOCK).exists() => {
            Error::new(Kind::Refused, format!("this project is {}", project.standing))
                .at(project.file(PLUGIN_LOCK).display())
                .note("nothing was installed")
                .help("carto trust     # shows it, and asks")
        }
        _ => Error::new(Kind::NotThere, "this project locks no plugins")
            .help("carto plugin lock     # locks what is installed"),
    }
}
