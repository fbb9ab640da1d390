//! `carto plugin install`: shows what a source brings, asks, and installs it in one step.

use clap::Args;

use crate::dispatch::aliases_in_force::in_force;
use crate::error::{Error, Kind};
use crate::escape;
use crate::invocation::Invocation;
use crate::output::is_confirmed;
use crate::package::{
    AskedBy, Looked, PackageSource, PluginStore, Receipt, Tools, Wish, is_whole, record,
    short_release,
};
use crate::path_search::SearchPath;
use crate::plugin_name::PluginName;
use crate::resolve::context::Context;

const EXAMPLES: &str = "Sources:
  DIR                        a directory, copied as it is
  FILE.tar.gz, FILE.zip      an archive, unpacked
  git+URL[@REV]              a repository, at a branch, tag or commit
  pip:NAME[==VERSION]        a Python package, in an environment of its own
  cargo:NAME[@VERSION]       a crate, built with its own lock file

Examples:
  carto plugin install ./carto-hello -y          a directory
  carto plugin install --link ./carto-hello -y   where it is, for development";

/// Install plugins from a directory, an archive, git, pip or cargo
///
/// Every executable `carto-NAME` that the source brings becomes a plugin. What it is, its version and its
/// SHA-256 are shown first, and nothing of it runs before you agree. What is installed comes before PATH.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct InstallArgs {
    /// A directory, an archive, git+URL, pip:NAME or cargo:NAME
    source: String,
    /// The plugin's name here; for a source that brings one
    #[arg(long, value_name = "NAME")]
    as_name: Option<String>,
    /// Run the programs of a directory where they are, and copy nothing
    #[arg(long)]
    link: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &InstallArgs, builtins: &[String]) -> Result<(), Error> {
    let (store, tools) = (store(context)?, tools(context));
    let done = install(context, args, builtins, &store, &tools);
    tidy(&store, done)
}

fn install(
    context: &Context,
    args: &InstallArgs,
    builtins: &[String],
    store: &PluginStore,
    tools: &Tools<'_>,
) -> Result<(), Error> {
    let source = PackageSource::parse(&args.source, context.invocation.cwd()?)?;
    let source = match source {
        PackageSource::Directory(path) if args.link => PackageSource::Link(path),
        source if args.link => {
            let what = format!("`--link` is for a directory, not for {source}");
            return Err(Error::new(Kind::Usage, what));
        }
        source => source,
    };
    let name = args.as_name.as_ref().map(|name| PluginName::parse(name.as_ref())).transpose();
    let name = name.map_err(|reason| {
        Error::new(Kind::Usage, "`--as-name` takes the name of a plugin").note(reason.to_string())
    })?;
    if let Some(name) = name.as_ref().filter(|name| builtins.iter().any(|b| b == name.as_str())) {
        let what = format!("`{name}` is a built-in command, which comes before every plugin");
        return Err(Error::new(Kind::Usage, what).help("choose another name with --as-name"));
    }
    let looked = Wish::new(source, name).look(store, tools, None)?;
    if is_there(store, &looked)? {
        context.output.note(&format!(
            "{} {} is installed already",
            looked.package,
            short_release(&looked.release)
        ));
        return Ok(());
    }
    show(context, &looked, builtins)?;
    if !args.yes {
        agree(&format!("Install {}? [y/N] ", looked.package))?;
    }
    let made = looked.make(tools, builtins)?;
    for receipt in record(vec![made], AskedBy::User, store, tools)? {
        tell(context, &receipt);
    }
    Ok(())
}

/// Whether the same is installed, whole; then it is the current version from now on.
fn is_there(store: &PluginStore, looked: &Looked) -> Result<bool, Error> {
    let Some(fetched) = &looked.fetched else { return Ok(false) };
    if matches!(looked.source(), PackageSource::Link(_)) {
        return Ok(false);
    }
    let index = store.index()?;
    let Some((dir, _)) = index.find(&looked.package, &fetched.identity()) else { return Ok(false) };
    let receipt = Receipt::read(&store.version(dir))?;
    if receipt.source != looked.source().to_string() || !is_whole(&store.version(dir)) {
        return Ok(false);
    }
    store.commit(Vec::new(), &mut |_| {}, |index| {
        index.choose(&looked.package, dir);
        Ok(())
    })?;
    Ok(true)
}

/// Shows what is about to be installed.
pub(super) fn show(context: &Context, looked: &Looked, builtins: &[String]) -> Result<(), Error> {
    let say = |what: &str, text: &str| {
        context.output.line(format!("{what:<9} {}", escape::line(text)));
    };
    say("package", &looked.package);
    say("source", &looked.source().to_string());
    say("version", &looked.release);
    for artefact in looked.fetched.iter().flat_map(|fetched| &fetched.artefacts) {
        match artefact.file.as_str() {
            "tree" => say("files", &artefact.sha256.to_string()),
            file => say("file", &format!("{file} {}", artefact.sha256)),
        }
    }
    match looked.programs(builtins) {
        Some(programs) => {
            for program in programs? {
                say("plugin", &format!("carto {}", program.name));
                for line in hides(context, &program.name) {
                    say("hides", &line);
                }
            }
        }
        // It is known once it is built; mostly it is one plugin, called like the package.
        None => {
            for line in hides(context, &looked.package) {
                say("may hide", &line);
            }
        }
    }
    if let Some(runs) = looked.runs() {
        say("runs", runs);
    }
    Ok(())
}

/// Returns what an installed plugin hides, or is hidden by.
fn hides(context: &Context, name: &str) -> Vec<String> {
    let Ok(name) = PluginName::parse(name.as_ref()) else { return Vec::new() };
    let path = SearchPath::new(context.invocation.env.get("PATH"), Vec::new());
    let found = path.find(&name).map(|found| found.path.display().to_string());
    let alias = in_force(context).into_iter().find(|(alias, _)| alias == name.as_str());
    let alias = alias.map(|_| format!("nothing: the alias {name} comes first"));
    found.into_iter().chain(alias).collect()
}

/// Asks whether to go on.
///
/// # Errors
/// The answer is no, or nobody can be asked.
pub(super) fn agree(question: &str) -> Result<(), Error> {
    if !Invocation::can_ask() {
        return Err(Error::new(Kind::Refused, "nobody can be asked here; nothing was installed")
            .help("with --yes nothing is asked"));
    }
    if is_confirmed(question)? {
        return Ok(());
    }
    Err(Error::new(Kind::Refused, "nothing was installed"))
}

/// Says what was installed.
pub(super) fn tell(context: &Context, receipt: &Receipt) {
    let release = short_release(&receipt.fetched.release);
    let names: Vec<_> = receipt.programs.iter().map(|p| format!("carto {}", p.name)).collect();
    let names = names.join(", ");
    context.output.note(&format!("installed {} {release}: {names}", receipt.package));
    if receipt.fetched.artefacts.len() > 1 {
        context.output.verbose(|| format!("{} files went in", receipt.fetched.artefacts.len()));
    }
}

/// Returns the directory of installed plugins, if it may be written.
///
/// # Errors
/// There is no home, it is somebody else's, or carto's own files are left out.
pub(super) fn store(context: &Context) -> Result<PluginStore, Error> {
    if context.globals.isolated {
        return Err(Error::new(Kind::Usage, "`--isolated` leaves out every file of carto"));
    }
    let store = context.plugin_store().ok_or_else(|| {
        Error::new(Kind::Write, "there is no place for plugins: HOME is not set")
            .help("set HOME to an absolute path")
    })?;
    context.refuse_home_of_another(store.dir())?;
    Ok(store)
}

/// Returns the package managers.
pub(super) fn tools(context: &Context) -> Tools<'_> {
    Tools { path: context.program_path(), env: &context.invocation.env, output: &context.output }
}

/// Removes what was begun and is named by nothing, however it ended.
pub(super) fn tidy<T>(store: &PluginStore, done: Result<T, Error>) -> Result<T, Error> {
    let cleared = store.commit(Vec::new(), &mut |_| {}, |_| Ok(()));
    let done = done?;
    cleared.map(|()| done)
}
