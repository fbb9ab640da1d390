//! `carto env`: the plugin contract as text, for shells and files.

use std::io::Write as _;
use std::path::Path;

use clap::{Args, ValueEnum};

use crate::dispatch::environment::Contract;
use crate::dispatch::preset_args::PresetArgs;
use crate::error::{Error, Kind, io_reason};
use crate::invocation::Invocation;
use crate::project::nearest::ProjectStanding;
use crate::render::{self, Format, Variable};
use crate::resolve::context::{Context, Resolved};
use crate::variables::{self, Role, VERSION};

/// Print the account in use as variables, with its key
///
/// Everything that a plugin gets is printed, and what could name another account is unset.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  eval \"$(carto env)\"                         this shell uses the account
  carto --profile ci env --format github      a step of GitHub Actions
  carto env --format docker > account.env     for docker run --env-file
  eval \"$(carto env --as gdal)\"               the names of ogr2ogr, too")]
pub struct EnvArgs {
    /// The form
    #[arg(long, value_enum, value_name = "FORM", default_value = "sh")]
    format: EnvForm,
    #[command(flatten)]
    names: PresetArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EnvForm {
    /// POSIX shells, for eval
    Sh,
    /// fish, for source
    Fish,
    /// PowerShell, for Invoke-Expression
    Powershell,
    /// A .env file: the account alone
    Dotenv,
    /// Raw lines for `docker run --env-file` and GitLab's dotenv reports: the account alone
    Docker,
    /// One object; null unsets
    Json,
    /// Appends to the file named by `GITHUB_ENV`; the key is masked first
    Github,
}

/// Runs the command.
pub fn run(context: &Context, args: &EnvArgs) -> Result<(), Error> {
    let resolved = context.require()?;
    let mut variables = variables(context, &resolved, args.names)?;
    if matches!(args.format, EnvForm::Dotenv | EnvForm::Docker) {
        // Whoever reads the file is no child of this process, and may be on another machine.
        variables.retain(|(name, _)| !variables::with(Role::Process).any(|own| own == name));
    }
    let format = match args.format {
        EnvForm::Sh => Format::Sh,
        EnvForm::Fish => Format::Fish,
        EnvForm::Powershell => Format::Powershell,
        EnvForm::Dotenv => Format::Dotenv,
        EnvForm::Docker => Format::Docker,
        EnvForm::Json => Format::Json,
        EnvForm::Github => return github(context, &resolved, &variables),
    };
    let text = rendered(format, &variables)?;
    context.output.raw(text.as_bytes());
    Ok(())
}

fn rendered(format: Format, variables: &[Variable]) -> Result<String, Error> {
    render::render(format, variables, &mut delimiter)
        .map_err(|error| Error::new(Kind::Usage, error.to_string()))
}

/// Returns the whole contract; what has no value is unset, in the order in which it is removed.
fn variables(
    context: &Context,
    resolved: &Resolved,
    names: PresetArgs,
) -> Result<Vec<Variable>, Error> {
    let granted = resolved.granted(context)?;
    let mut variables: Vec<Variable> = Contract::account_variables(Some(&granted), names.preset)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let project = context.load()?.project.as_ref();
    let project = project.filter(|project| project.standing == ProjectStanding::Trusted);
    let program = Invocation::program();
    for (name, path) in [
        ("CARTO_PROJECT_DIR", project.map(crate::project::nearest::Project::root)),
        ("CARTO_BIN", program.as_deref()),
    ] {
        variables.push((name.to_owned(), path.map(|path| text(name, path)).transpose()?));
    }
    variables.push(("CARTO_PLUGIN_API".to_owned(), Some(VERSION.to_owned())));
    for name in variables::with(Role::Written) {
        if !variables.iter().any(|(known, _)| known == name) {
            variables.push((name.to_owned(), None));
        }
    }
    Ok(variables)
}

fn text(name: &str, path: &Path) -> Result<String, Error> {
    render::text(name, path.as_os_str()).map_err(|error| Error::new(Kind::Usage, error.to_string()))
}

/// Masks the key in the log before anything else can print it, then appends to the file that the
/// runner reads.
fn github(context: &Context, resolved: &Resolved, variables: &[Variable]) -> Result<(), Error> {
    let Some(path) = context.invocation.env.get("GITHUB_ENV").map(Path::new) else {
        return Err(Error::new(
            Kind::Usage,
            "GITHUB_ENV names no file: this is no step of GitHub Actions",
        )
        .at("GITHUB_ENV")
        .help("carto env --format sh     # for a shell"));
    };
    let text = rendered(Format::Github, variables)?;
    let key = resolved.secret(context)?;
    if !key.is_default_public() {
        context.output.raw(render::masks(&[key.expose()]).as_bytes());
        // A key that the log does not hide goes nowhere.
        context.output.finish()?;
    }
    let failed = |error: std::io::Error| {
        Error::new(Kind::Write, format!("cannot append to the file: {}", io_reason(&error)))
            .at(path.display())
    };
    append(path, &text).map_err(failed)
}

/// Appends on a line of its own, whatever a step before has left there.
fn append(path: &Path, text: &str) -> std::io::Result<()> {
    // A pipe would let the step wait for a reader, and the runner reads a file.
    if path.metadata().is_ok_and(|facts| is_pipe(&facts)) {
        return Err(std::io::Error::other("it is a pipe, and a file belongs there"));
    }
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    let lead = if ends_within_a_line(path)? { "\n" } else { "" };
    file.write_all(format!("{lead}{text}").as_bytes())?;
    // A pipe cannot be synced and needs not be.
    if file.metadata()?.is_file() { file.sync_all() } else { Ok(()) }
}

#[cfg(unix)]
fn is_pipe(facts: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&facts.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &std::fs::Metadata) -> bool {
    false
}

fn ends_within_a_line(path: &Path) -> std::io::Result<bool> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let facts = std::fs::metadata(path)?;
    if !facts.is_file() || facts.len() == 0 {
        return Ok(false);
    }
    let mut file = std::fs::File::open(path)?;
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Makes a delimiter that nobody can foresee: sixteen random bytes of the system.
fn delimiter() -> String {
    let mut bytes = [0; 16];
    // Without randomness the delimiter is fixed; `render` still sees to it that no line equals it.
    _ = getrandom::fill(&mut bytes);
    let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("carto_{}", hex.concat())
}
