//! Who owns a file on Windows.

use std::path::Path;

use windows_permissions::constants::{SeObjectType, SecurityInformation};
use windows_permissions::wrappers::GetNamedSecurityInfo;
use windows_permissions::{LocalBox, Sid};

/// Whose files are the system's own, by Windows' numbers for them: the system, Administrators.
const ADMINISTRATORS: [u32; 2] = [22, 26];
/// The service that owns what Windows itself installs; it has no number.
const INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

/// Whether administrators own a file or directory: anybody else can make one in `C:\ProgramData`.
pub fn is_of_administrators(path: &Path) -> bool {
    let asked = SecurityInformation::Owner;
    GetNamedSecurityInfo(path, SeObjectType::SE_FILE_OBJECT, asked)
        .is_ok_and(|found| found.owner().is_some_and(is_administrators))
}

fn is_administrators(sid: &Sid) -> bool {
    let is = |number: &u32| Sid::well_known_sid(*number).is_ok_and(|known| *known == *sid);
    ADMINISTRATORS.iter().any(is)
        || INSTALLER.parse::<LocalBox<Sid>>().is_ok_and(|installer| *installer == *sid)
}
