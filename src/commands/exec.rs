//! `carto exec -- CMD`: any program with the account in use in its environment.

use std::ffi::OsString;

use clap::Args;

use crate::dispatch::preset_args::PresetArgs;
use crate::dispatch::start;
use crate::error::{Error, Kind};
use crate::escape;
use crate::path_search::{Program, Unfit, is_path, judge};
use crate::resolve::context::Context;

/// Run any program with the account in use, as a plugin would get it
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto exec -- python notebook.py
  carto exec --as gdal -- ogrinfo -ro 'Carto:johnsmith'
  carto --profile staging exec -- sh -c 'echo \"$CARTO_BASE_URL\"'")]
pub struct ExecArgs {
    #[command(flatten)]
    names: PresetArgs,
    /// The program and its arguments
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        required = true,
        value_name = "CMD"
    )]
    words: Vec<OsString>,
}

/// Runs the program in place of this one.
pub fn run(context: &Context, args: &ExecArgs) -> Result<u8, Error> {
    let Some((name, rest)) = args.words.split_first() else {
        return Err(Error::new(Kind::Usage, "no program is named").help("carto exec -- CMD"));
    };
    let resolved = context.require()?;
    let path = match context.program_path().program(name) {
        Program::Found(path) => path,
        Program::NotFound => {
            let shown = escape::line(&name.to_string_lossy()).into_owned();
            let place = if is_path(name) { "" } else { " on PATH" };
            let what = format!("there is no program `{shown}`{place}");
            return Err(Error::new(Kind::NotFound, what));
        }
    };
    // Who may write a program is for plugins, which are found by a name; here it was named.
    if let Some(unfit @ (Unfit::NotExecutable | Unfit::NotAFile)) = judge(&path) {
        return Err(unfit.into_error("program", &path));
    }
    let mut handed = start::Handed::program(Some(resolved.granted(context)?));
    handed.preset = args.names.preset;
    start::start(context, &path, name, rest, &handed)
}
