//! The flags by which `config set apikey` takes a secret source in place of a key.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::credential::source::{SecretSource, SourceError};
use crate::error::{Error, Kind};
use crate::resolve::context::Context;

/// The flags that name a secret source.
#[derive(Args, Clone)]
#[group(id = "source", multiple = false)]
pub(super) struct SourceArgs {
    /// Fetch the key (apikey) from what this command prints, when it is used; comes last
    #[arg(
        long = "from-command",
        num_args = 1..,
        allow_hyphen_values = true,
        value_name = "CMD",
        conflicts_with = "value"
    )]
    command: Vec<OsString>,
    /// Fetch the key from this file
    #[arg(long = "from-file", value_name = "FILE", conflicts_with = "value")]
    path: Option<PathBuf>,
    /// Fetch the key from this environment variable
    #[arg(long = "from-env", value_name = "NAME", conflicts_with = "value")]
    variable: Option<String>,
    /// Fetch the key from git's credential helpers
    #[arg(long = "from-git", conflicts_with = "value")]
    git: bool,
}

impl SourceArgs {
    /// Returns the source that is named; none where no flag is.
    ///
    /// # Errors
    /// A flag whose value can be no source; never says the value.
    pub(super) fn source(&self, context: &Context) -> Result<Option<SecretSource>, Error> {
        let SourceArgs { command, path, variable, git } = self;
        if !command.is_empty() {
            return of_words(command).map(Some);
        }
        let named = |flag: &'static str| move |error: SourceError| wrong(flag, error);
        match (path, variable, git) {
            (Some(path), _, _) => {
                let path = context.invocation.cwd()?.join(path);
                let path = std::path::absolute(&path).unwrap_or(path);
                let text = path.to_str().ok_or_else(|| {
                    Error::new(Kind::Usage, "the path of the file is not UTF-8").at("--from-file")
                })?;
                SecretSource::file(text).map(Some).map_err(named("--from-file"))
            }
            (_, Some(name), _) => SecretSource::env(name).map(Some).map_err(named("--from-env")),
            (_, _, true) => Ok(Some(SecretSource::GitCredential)),
            (None, None, false) => Ok(None),
        }
    }
}

fn of_words(words: &[OsString]) -> Result<SecretSource, Error> {
    const FLAG: &str = "--from-command";
    let words = match words.split_first() {
        Some((first, rest)) if first == "--" => rest,
        _ => words,
    };
    if words.is_empty() {
        return Err(Error::new(Kind::Usage, "no command is named")
            .at(FLAG)
            .help("carto config set apikey --from-command -- pass show carto/prod"));
    }
    let words = words.iter().map(|word| word.to_str().map(str::to_owned));
    let words: Vec<String> = words
        .collect::<Option<_>>()
        .ok_or_else(|| Error::new(Kind::Usage, "a word of the command is not UTF-8").at(FLAG))?;
    SecretSource::command(words).map_err(|error| {
        wrong(FLAG, error).help("carto config set apikey --from-command -- pass show carto/prod")
    })
}

fn wrong(flag: &str, error: SourceError) -> Error {
    Error::new(Kind::Usage, error.to_string()).at(flag)
}
