//! `carto plugin upgrade` and `outdated`: what the sources have now.

use std::path::Path;

use clap::Args;
use serde_json::json;

use super::install::{agree, show, store, tell, tidy, tools};
use super::remove::not_installed;
use crate::error::{Error, Kind};
use crate::escape;
use crate::package::{
    AskedBy, Looked, PackageSource, PluginStore, Receipt, Wish, newest, record, short_release,
};
use crate::resolve::context::Context;

/// Install the newest versions of plugins
///
/// A plugin whose source names a version, by `@REV` or `==VERSION`, stays.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin upgrade --dry-run     what would change
  carto plugin upgrade               every plugin")]
pub(super) struct UpgradeArgs {
    /// The packages, or plugins of them; all when left out
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// List the installed plugins whose sources have another version
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto plugin outdated            what `carto plugin upgrade` would change
  carto plugin outdated --json     the same for programs")]
pub(super) struct OutdatedArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What its source says of an installed package.
enum UpgradeStanding {
    /// It is the newest.
    Newest,
    /// The source has this one.
    Outdated(String),
    /// Its source names a version.
    Pinned,
    /// It runs where it is.
    Linked,
}

/// Runs `upgrade`.
pub(super) fn run(context: &Context, args: &UpgradeArgs, builtins: &[String]) -> Result<(), Error> {
    let store = store(context)?;
    let mut failed = None;
    for receipt in installed(&store, &args.names)? {
        let done = upgrade(context, args, builtins, &store, &receipt);
        if let Err(error) = tidy(&store, done) {
            context.output.error_as_warning(&error);
            failed = failed.or(Some(receipt.package));
        }
    }
    match failed {
        None => Ok(()),
        Some(package) => {
            let what = format!("the source of {package} does not say; it stays as it is");
            Err(Error::new(Kind::NotThere, what))
        }
    }
}

fn upgrade(
    context: &Context,
    args: &UpgradeArgs,
    builtins: &[String],
    store: &PluginStore,
    receipt: &Receipt,
) -> Result<(), Error> {
    let (package, release) = (&receipt.package, short_release(&receipt.fetched.release));
    let (standing, looked) = standing(context, store, receipt)?;
    let note = |text: &str| context.output.note(&format!("{package} {text}"));
    match standing {
        UpgradeStanding::Newest => note(&format!("{release} is the newest")),
        UpgradeStanding::Linked => note("is linked, and runs where it is"),
        UpgradeStanding::Pinned => {
            note(&format!("{release} stays: its source names the version, {}", receipt.source));
        }
        UpgradeStanding::Outdated(newest) if args.dry_run => {
            context.output.line(format!("{package} {release} -> {}", short_release(&newest)));
        }
        UpgradeStanding::Outdated(_) => {
            let looked = match looked {
                Some(looked) => looked,
                None => wish(receipt)?.look(store, &tools(context), None)?,
            };
            show(context, &looked, builtins)?;
            if !args.yes {
                agree(&format!("Install it in the place of {release}? [y/N] "))?;
            }
            let made = looked.make(&tools(context), builtins)?;
            for receipt in record(vec![made], AskedBy::User, store, &tools(context))? {
                tell(context, &receipt);
            }
        }
    }
    Ok(())
}

/// Runs `outdated`.
pub(super) fn outdated(context: &Context, args: &OutdatedArgs) -> Result<(), Error> {
    let store = store(context)?;
    let (mut rows, mut failed) = (Vec::new(), None);
    for receipt in installed(&store, &[])? {
        let standing = standing(context, &store, &receipt).map(|(standing, _)| standing);
        match tidy(&store, standing) {
            Ok(UpgradeStanding::Outdated(newest)) => rows.push((receipt, newest)),
            Ok(_) => {}
            Err(error) => {
                context.output.error_as_warning(&error);
                failed = failed.or(Some(receipt.package));
            }
        }
    }
    if args.json {
        let row = |(receipt, newest): &(Receipt, String)| {
            json!({
                "package": receipt.package,
                "version": receipt.fetched.release,
                "newest": newest,
                "source": receipt.source,
            })
        };
        context.output.json(&rows.iter().map(row).collect::<Vec<_>>());
    } else {
        for (receipt, newest) in &rows {
            let (now, newest) = (short_release(&receipt.fetched.release), short_release(newest));
            let line = format!("{} {now} -> {newest}  {}", receipt.package, receipt.source);
            context.output.line(escape::line(&line));
        }
    }
    match failed {
        None => Ok(()),
        Some(package) => {
            Err(Error::new(Kind::NotThere, format!("the source of {package} does not say")))
        }
    }
}

/// Returns the receipts of the current versions of some packages, or of all.
pub(super) fn installed(store: &PluginStore, names: &[String]) -> Result<Vec<Receipt>, Error> {
    let index = store.index()?;
    let wanted = names.iter().map(|name| index.named(name).ok_or_else(|| not_installed(name)));
    let wanted = wanted.collect::<Result<Vec<_>, _>>()?;
    let current = index.current();
    current
        .filter(|(package, _, _)| wanted.is_empty() || wanted.contains(package))
        .map(|(_, dir, _)| Receipt::read(&store.version(dir)))
        .collect()
}

/// Wishes for a package as it was asked for.
fn wish(receipt: &Receipt) -> Result<Wish, Error> {
    let source = PackageSource::parse(&receipt.source, Path::new("/"))?;
    Wish::recorded(source, receipt.as_name.as_ref())
}

/// Asks the source of a package; where only its files tell, they were fetched.
fn standing(
    context: &Context,
    store: &PluginStore,
    receipt: &Receipt,
) -> Result<(UpgradeStanding, Option<Looked>), Error> {
    if receipt.pinned {
        return Ok((UpgradeStanding::Pinned, None));
    }
    if receipt.fetched.kind == "link" {
        return Ok((UpgradeStanding::Linked, None));
    }
    let wish = wish(receipt)?;
    let judged = |newest: String| {
        if newest == receipt.fetched.release {
            UpgradeStanding::Newest
        } else {
            UpgradeStanding::Outdated(newest)
        }
    };
    if let Some(newest) = newest(&wish.source, store, &tools(context))? {
        return Ok((judged(newest), None));
    }
    let looked = wish.look(store, &tools(context), None)?;
    Ok((judged(looked.release.clone()), Some(looked)))
}
