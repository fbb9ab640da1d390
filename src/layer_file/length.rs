//! The longest file that is written: no longer than one that is read again.

use std::path::Path;

use crate::error::{Error, Kind};

/// Refuses a text that the next run would refuse to read.
///
/// # Errors
/// The text is longer than `limit`, in bytes. Nothing was written.
pub(super) fn check_length(path: &Path, new: &[u8], limit: u64) -> Result<(), Error> {
    if u64::try_from(new.len()).is_ok_and(|length| length <= limit) {
        return Ok(());
    }
    let most = limit / 1024;
    let what = format!("the file would be longer than the {most} KiB that carto reads");
    Err(Error::new(Kind::Write, what)
        .at(path.display())
        .note("nothing was written")
        .help("carto config unset SETTING     # one that is not needed, in the same layer"))
}
