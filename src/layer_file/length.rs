//! The longest file that is written: no longer than one that is read again.

use std::path::Path;

use crate::error::{Error, Kind};

/// What makes a settings file shorter.
pub(super) const UNSET: &str = "carto config unset SETTING     # one that this layer does not need";
/// What makes a credential file shorter.
pub(super) const FORGET: &str = "carto --profile NAME logout    # an account that you do not need";

/// Refuses a text that the next run would refuse to read.
///
/// # Errors
/// The text is longer than `limit`, in bytes; the file is as it was, and `remedy` is what to type.
pub(super) fn check_length(path: &Path, new: &[u8], limit: u64, remedy: &str) -> Result<(), Error> {
    if u64::try_from(new.len()).is_ok_and(|length| length <= limit) {
        return Ok(());
    }
    let most = limit / 1024;
    let what = format!("the file would be longer than the {most} KiB that carto reads");
    Err(Error::new(Kind::Write, what)
        .at(path.display())
        .note("this file is as it was")
        .help(remedy))
}
