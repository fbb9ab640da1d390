//! `carto logout`: forgets the key of the account in use; the account's name stays.

use clap::Args;

use crate::error::Error;
use crate::layer_file::forget_key::forget_key;
use crate::resolve::context::Context;

/// Forget the key of the account in use
///
/// The account itself stays: a profile goes with `carto profile remove NAME`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto logout                       the account in use here
  carto --profile staging logout     the account of a profile")]
pub struct LogoutArgs {}

/// Runs the command.
pub fn run(context: &Context, _args: &LogoutArgs) -> Result<(), Error> {
    forget_key(context)
}
