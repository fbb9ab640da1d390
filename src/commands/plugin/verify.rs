//! `carto plugin verify`: reads every installed file, and compares.

use clap::Args;
use serde_json::json;

use super::install::store;
use super::remove::not_installed;
use crate::error::{Error, Kind};
use crate::escape;
use crate::package::{Index, LockedPackage, PluginStore, Receipt, differences, short_release};
use crate::resolve::context::Context;

/// Compare each installed file with what was installed, and with the lock
///
/// Exit status 1 with each difference. Starting a plugin looks at the program's own file alone.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin verify            every plugin
  carto plugin verify --json     the same for programs")]
pub(super) struct VerifyArgs {
    /// The packages, or plugins of them; all when left out
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A difference, with the package that has it.
struct VerifyRow {
    package: String,
    release: String,
    what: String,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &VerifyArgs) -> Result<(), Error> {
    let store = store(context)?;
    let index = store.index()?;
    let wanted = args.names.iter().map(|name| index.named(name).ok_or_else(|| not_installed(name)));
    let wanted = wanted.collect::<Result<Vec<_>, _>>()?;
    let is_wanted = |package: &str| wanted.is_empty() || wanted.contains(&package);
    let (mut findings, mut count) = (Vec::new(), 0);
    for (name, package) in index.packages.iter().filter(|(name, _)| is_wanted(name)) {
        for (dir, version) in &package.versions {
            count += 1;
            for what in of_version(&store, dir) {
                let (package, release) = (name.clone(), short_release(&version.release));
                findings.push(VerifyRow { package, release, what });
            }
        }
    }
    findings.extend(of_lock(context, &index, &is_wanted)?);
    if args.json {
        let row = |finding: &VerifyRow| {
            let VerifyRow { package, release, what } = finding;
            json!({ "package": package, "version": release, "difference": what })
        };
        context.output.json(&findings.iter().map(row).collect::<Vec<_>>());
    } else {
        for VerifyRow { package, release, what } in &findings {
            context.output.line(escape::line(&format!("{package} {release}: {what}")));
        }
    }
    let what = match (findings.len(), count) {
        (0, 1) => {
            context.output.note("1 version is as installed");
            return Ok(());
        }
        (0, count) => {
            context.output.note(&format!("{count} versions are as installed"));
            return Ok(());
        }
        (1, _) => "there is 1 difference".to_owned(),
        (found, _) => format!("there are {found} differences"),
    };
    Err(Error::new(Kind::NotThere, what)
        .help("carto plugin remove NAME, then carto plugin install or sync"))
}

/// Compares an installed version with its receipt.
fn of_version(store: &PluginStore, dir: &str) -> Vec<String> {
    let dir = store.version(dir);
    let receipt = match Receipt::read(&dir) {
        Ok(receipt) => receipt,
        Err(error) => return vec![error.what],
    };
    if receipt.fetched.kind == "link" {
        return Vec::new();
    }
    match differences(&dir) {
        Ok(found) => found.iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.what],
    }
}

/// Compares what is installed with the lock of the project around.
fn of_lock(
    context: &Context,
    index: &Index,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<VerifyRow>, Error> {
    let Some((_, lock)) = context.plugin_lock()? else { return Ok(Vec::new()) };
    let mut findings = Vec::new();
    for locked in lock.packages.iter().filter(|locked| is_wanted(&locked.package)) {
        let same = || lock.packages.iter().filter(|other| other.package == locked.package);
        let is_there =
            |other: &LockedPackage| index.find(&other.package, &other.fetched.identity()).is_some();
        // Of several platforms one is this machine's.
        if same().any(is_there) || findings.iter().any(|f: &VerifyRow| f.package == locked.package)
        {
            continue;
        }
        let release = short_release(&locked.fetched.release);
        let what = "it is locked, and not installed as it was locked".to_owned();
        findings.push(VerifyRow { package: locked.package.clone(), release, what });
    }
    Ok(findings)
}
