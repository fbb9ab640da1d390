//! The directories of one's own files.

use std::path::Path;

use crate::config::Scope;
use crate::error::Error;
use crate::replace_file::create_private_dir;

/// Makes a directory of one's own: yours for you alone, the system's for everyone to read.
pub(super) fn create_own_dir(scope: Scope, dir: &Path) -> Result<(), Error> {
    let existed = dir.exists();
    create_private_dir(dir)?;
    if scope == Scope::System && !existed {
        open_to_readers(dir)?;
    }
    Ok(())
}

#[cfg(unix)]
fn open_to_readers(dir: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).map_err(|error| {
        Error::new(
            crate::error::Kind::Write,
            format!(
                "cannot open {} to readers: {}",
                dir.display(),
                crate::error::io_reason(&error)
            ),
        )
    })
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature on every platform")]
fn open_to_readers(_dir: &Path) -> Result<(), Error> {
    Ok(())
}
