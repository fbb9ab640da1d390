//! `carto trust`: shows a project's settings and approves exactly these bytes.

use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::config::places::{self, CONFIG_FILE, CREDENTIALS_FILE, PLUGIN_LOCK};
use crate::config::suspect::may_hold_secret;
use crate::config::{Layer, Scope, Standing};
use crate::credential::store;
use crate::error::{Error, Kind};
use crate::escape;
use crate::invocation::Invocation;
use crate::output::is_confirmed;
use crate::package::PluginLock;
use crate::project::nearest::Project;
use crate::project::trust::{Hash, Record};
use crate::resolve::context::Context;

/// Approve this project's settings, exactly as they are now
///
/// A project that came with a clone can select one of your accounts, and nothing else, until you
/// approve it. Any change asks again. What the approved settings make plugins do is not looked at.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto trust                            shows the settings and asks
  carto trust --expect sha256:HEX        for CI: only these bytes, unasked")]
pub struct TrustArgs {
    /// Only show what would be approved, with its hash
    #[arg(long, group = "act")]
    show: bool,
    /// Approve without asking if the settings have this hash
    #[arg(long, group = "act", value_name = "sha256:HEX")]
    expect: Option<String>,
    /// List every project that was approved or denied
    #[arg(long, group = "act")]
    list: bool,
    /// Take the approval, or the denial, back
    #[arg(long, group = "act")]
    revoke: bool,
    /// Leave this project out from now on, as with `--no-project`
    #[arg(long, group = "act")]
    deny: bool,
    /// Print JSON (with --list and --show)
    #[arg(long)]
    json: bool,
}

/// What there is to approve: read once, shown, hashed and recorded from the same buffer.
struct Review {
    project: Project,
    config: Option<Vec<u8>>,
    credentials: Option<Vec<u8>>,
    plugins: Option<Vec<u8>>,
}

/// Runs the command.
pub fn run(context: &Context, args: &TrustArgs) -> Result<(), Error> {
    if args.list {
        return list(context, args);
    }
    let place =
        places::places(&context.invocation, places::Files::All)?.project.ok_or_else(|| {
            Error::new(Kind::NotThere, "there is no project here: no `.carto` directory")
        })?;
    let root = place.root.clone();
    if args.revoke {
        return revoke(context, &root);
    }
    if args.deny {
        context.update_trust(&root, |record| record.denied = true)?;
        context.output.note(&format!("{} is left out from now on", root.display()));
        return Ok(());
    }
    let project = Project::open(&place, &context.trust())?;
    let review = Review {
        config: project.raw(CONFIG_FILE)?,
        credentials: project.raw(CREDENTIALS_FILE)?,
        plugins: project.raw(PLUGIN_LOCK)?,
        project,
    };
    if let Some(expected) = &args.expect {
        return expect(context, &review, expected);
    }
    show(context, &review, args)?;
    if args.show {
        return Ok(());
    }
    if review.is_empty() {
        context.output.note("there is nothing to approve");
        return approve(context, &review);
    }
    if review.is_approved() {
        context.output.note("it is trusted already");
        return Ok(());
    }
    if !Invocation::can_ask() {
        return Err(Error::new(Kind::Refused, "nobody can be asked here; nothing was approved")
            .help(format!("carto trust --expect {}", review.hash())));
    }
    // Nobody can approve what was not shown whole.
    review.judged()?;
    review.lock()?;
    if !is_confirmed("Trust exactly these settings? [y/N] ")? {
        return Err(Error::new(Kind::Refused, "nothing was approved"));
    }
    approve(context, &review)
}

/// What stands for a line of broken settings that may hold a key.
const HIDDEN: &str = "# (not shown: the settings are broken, and this line may hold a key)";

/// Forgets what was said about the project; a record that cannot be read goes, too.
fn revoke(context: &Context, root: &Path) -> Result<(), Error> {
    let record = context.trust().record(root);
    if matches!(record, Ok(None)) {
        let what = "this project was neither approved nor denied";
        return Err(Error::new(Kind::NotThere, what).at(root.display()));
    }
    context.trust().forget(root, &mut |text| context.output.note(text))?;
    let denied = record.is_ok_and(|record| record.is_some_and(|record| record.denied));
    let was = if denied { "left out" } else { "trusted" };
    context.output.note(&format!("{} is no longer {was}", root.display()));
    Ok(())
}

impl Review {
    /// The hash of the settings, that of nothing where there are none; with a lock of plugins, the hash
    /// over both hashes.
    fn hash(&self) -> Hash {
        let config = Hash::of(self.config.as_deref().unwrap_or_default());
        match &self.plugins {
            None => config,
            Some(plugins) => Hash::of(format!("{config}\n{}\n", Hash::of(plugins)).as_bytes()),
        }
    }

    /// Returns the settings as they are shown. Of broken ones, lines that may hold a key are left out:
    /// what is wrong with them may be just that, and no approval makes them count.
    fn shown(&self) -> Option<String> {
        let bytes = self.config.as_deref()?;
        let text = String::from_utf8_lossy(bytes);
        if self.judged().is_ok() {
            return Some(text.into_owned());
        }
        let line = |line| if may_hold_secret(line) { HIDDEN } else { line };
        Some(text.lines().map(line).collect::<Vec<_>>().join("\n"))
    }

    /// Whether the settings can be used at all.
    fn judged(&self) -> Result<(), Error> {
        let Some(bytes) = &self.config else { return Ok(()) };
        let path = self.project.file(CONFIG_FILE);
        let layer = Layer::parse(Scope::Project, Standing::Own, &path, bytes.clone())?;
        layer.problems.into_iter().next().map_or(Ok(()), Err)
    }

    /// Reads the lock of plugins.
    fn lock(&self) -> Result<PluginLock, Error> {
        let path = self.project.file(PLUGIN_LOCK);
        self.plugins
            .as_ref()
            .map_or(Ok(PluginLock::default()), |bytes| PluginLock::parse(&path, bytes))
    }

    fn is_empty(&self) -> bool {
        self.config.is_none() && self.credentials.is_none() && self.plugins.is_none()
    }

    fn is_approved(&self) -> bool {
        let record = self.project.record.as_ref().filter(|record| !record.denied);
        record.is_some_and(|record| {
            record.trusts_plugins(self.plugins.as_deref())
                && self.config.as_deref().is_none_or(|bytes| record.trusts_config(bytes))
                && self.credentials.as_deref().is_none_or(|bytes| record.trusts_credentials(bytes))
        })
    }
}

fn approve(context: &Context, review: &Review) -> Result<(), Error> {
    context.update_trust(review.project.root(), |record| {
        record.denied = false;
        if let Some(bytes) = &review.config {
            record.approve_config(bytes);
        }
        if let Some(bytes) = &review.credentials {
            record.approve_credentials(bytes);
        }
        record.approve_plugins(review.plugins.as_deref());
    })?;
    context
        .output
        .note(&format!("{} is trusted until it changes", review.project.root().display()));
    Ok(())
}

/// Approves the settings if they are the expected ones. Credentials are not covered by the hash
/// and are not approved by it.
fn expect(context: &Context, review: &Review, expected: &str) -> Result<(), Error> {
    let hash = Hash::parse(expected).ok_or_else(|| {
        Error::new(Kind::Usage, "`--expect` takes sha256: and 64 hexadecimal digits")
            .help("carto trust --show     # prints it")
    })?;
    let path = review.project.file(CONFIG_FILE);
    if review.config.is_none() && review.plugins.is_none() {
        return Err(Error::new(Kind::NotThere, "the project has no settings").at(path.display()));
    }
    if review.hash() != hash {
        return Err(Error::new(Kind::Refused, "the settings are not the expected ones")
            .at(path.display())
            .note(format!("expected {hash}"))
            .note(format!("found    {}", review.hash()))
            .help("carto trust --show"));
    }
    context.update_trust(review.project.root(), |record| {
        record.denied = false;
        if let Some(bytes) = &review.config {
            record.approve_config(bytes);
        }
        record.approve_plugins(review.plugins.as_deref());
    })?;
    context
        .output
        .note(&format!("{} is trusted until it changes", review.project.root().display()));
    Ok(())
}

fn show(context: &Context, review: &Review, args: &TrustArgs) -> Result<(), Error> {
    let path = review.project.file(CONFIG_FILE).display().to_string();
    if args.json {
        context.output.json(&json!({
            "path": path,
            "settings": review.shown(),
            "hash": review.hash().to_string(),
            "standing": review.project.standing.to_string(),
            "plugins": review.plugins.as_deref().map(String::from_utf8_lossy),
            "credentials": review.credentials.is_some(),
        }));
        return Ok(());
    }
    context.output.line(format!("{}: {}", escape::line(&path), review.project.standing));
    let old = review.project.record.as_ref().and_then(|record| record.config_text.as_deref());
    if let Some(text) = review.shown() {
        let body = match old.filter(|old| *old != text) {
            Some(old) => difference(old, &text),
            None => text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"),
        };
        context.output.line(escape::lines(&body));
    }
    show_lock(context, review);
    context.output.line(format!("{}", review.hash()));
    if let Some(bytes) = &review.credentials {
        let path = review.project.file(CREDENTIALS_FILE);
        context.output.line(escape::line(&format!("{}:", path.display())));
        for entry in store::parse(Scope::Project, &path, bytes)? {
            let account = entry.account.map_or_else(|| "no account".to_owned(), |a| a.to_string());
            context
                .output
                .line(escape::line(&format!("  key {} of {account}", entry.key.masked())));
        }
    }
    Ok(())
}

/// Shows the lock of plugins: what each package is, and whether it was approved as it is.
fn show_lock(context: &Context, review: &Review) {
    let Some(bytes) = &review.plugins else { return };
    let record = review.project.record.as_ref();
    let changed = record.is_some_and(|record| {
        record.plugins.is_some() && !record.trusts_plugins(Some(bytes.as_slice()))
    });
    let path = review.project.file(PLUGIN_LOCK).display().to_string();
    let changed = if changed { " (changed since it was trusted)" } else { "" };
    context.output.line(format!("{}:{changed}", escape::line(&path)));
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<_> = text.lines().map(|line| format!("  {line}")).collect();
    context.output.line(escape::lines(&lines.join("\n")));
}

/// Shows what changed since the last approval, line by line.
fn difference(old: &str, new: &str) -> String {
    let changes = similar::TextDiff::from_lines(old, new);
    let lines: Vec<_> = changes
        .iter_all_changes()
        .map(|change| {
            let sign = match change.tag() {
                similar::ChangeTag::Delete => '-',
                similar::ChangeTag::Insert => '+',
                similar::ChangeTag::Equal => ' ',
            };
            format!("{sign} {}", change.value().trim_end_matches('\n'))
        })
        .collect();
    lines.join("\n")
}

fn list(context: &Context, args: &TrustArgs) -> Result<(), Error> {
    let records = context.trust().all()?;
    let approved = |record: &Record| record.config.is_some() || record.plugins.is_some();
    let state = |record: &Record| match (record.denied, approved(record)) {
        (true, _) => "denied",
        (false, true) => "trusted",
        (false, false) => "keys only",
    };
    if args.json {
        let rows: Vec<_> = records
            .iter()
            .map(|record| {
                json!({
                    "path": record.path,
                    "state": state(record),
                    "config": record.config.as_ref().map(ToString::to_string),
                    "credentials": record.credentials.as_ref().map(ToString::to_string),
                })
            })
            .collect();
        context.output.json(&rows);
        return Ok(());
    }
    for record in &records {
        context.output.line(format!("{:<9} {}", state(record), escape::line(&record.path)));
    }
    Ok(())
}
