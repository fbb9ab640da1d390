//! Who owns a file on Windows, and what its access list lets others do, in the words of a mode.
//!
//! # Why
//! One rule judges a file on every system (`read_file`), so an access list is told as the mode that lets
//! the same people in. The owner, the system and administrators may always do everything; somebody else
//! who is named counts as the group; those of whom anybody may be one count as everyone.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::Path;

use windows_permissions::constants::{
    AccessRights, AceFlags, AceType, SeObjectType, SecurityInformation,
};
use windows_permissions::utilities::current_process_sid;
use windows_permissions::wrappers::{ConvertSidToStringSid, GetSecurityInfo, SetSecurityInfo};
use windows_permissions::{Ace, LocalBox, SecurityDescriptor, Sid};

/// Whose files are the system's own: the system, Administrators, and the service that owns what Windows
/// itself installs.
/// Source: <https://learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-identifiers>
const ADMINISTRATORS: [&str; 3] =
    ["S-1-5-18", "S-1-5-32-544", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"];
/// Who stands for the owner: "creator owner", which new files replace by their owner, and "owner rights".
const OWNERS: [&str; 2] = ["S-1-3-0", "S-1-3-4"];
/// Groups in which anybody may be: everyone, network, interactive, anonymous, authenticated users, this
/// organization, local accounts, users, guests.
const ANYBODY: [&str; 9] = [
    "S-1-1-0",
    "S-1-5-2",
    "S-1-5-4",
    "S-1-5-7",
    "S-1-5-11",
    "S-1-5-15",
    "S-1-5-113",
    "S-1-5-32-545",
    "S-1-5-32-546",
];
/// Domain users and domain guests: a domain's own number, then these.
const ANYBODY_OF_A_DOMAIN: [&str; 2] = ["-513", "-514"];
/// Packaged programs and what they may do: they need the right of the user who runs them besides.
const PACKAGES: [&str; 2] = ["S-1-15-2-", "S-1-15-3-"];

/// The right to read an access list.
const READ_CONTROL: u32 = 0x0002_0000;
/// The right to change an access list.
const WRITE_DAC: u32 = 0x0004_0000;
/// Without this flag no directory can be opened.
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;

/// Who owns a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOwner {
    /// The system or the administrators.
    Administrators,
    /// You.
    You,
    /// Somebody else.
    Another,
}

/// An owner and an access list, as a mode has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileAccess {
    /// Who owns it.
    pub owner: FileOwner,
    /// The permission bits: everything for the owner.
    pub mode: u32,
}

/// Whether administrators own a file or directory: anybody else can make one in `C:\ProgramData`.
pub fn is_of_administrators(path: &Path) -> bool {
    access(path).is_ok_and(|access| access.owner == FileOwner::Administrators)
}

/// Reads who owns a file or directory, links followed, and what others may do with it.
///
/// # Errors
/// What the system refuses.
pub fn access(path: &Path) -> io::Result<FileAccess> {
    let me = sid_text(&*current_process_sid()?)?;
    let asked = SecurityInformation::Owner | SecurityInformation::Dacl;
    let file = open(path, READ_CONTROL)?;
    judge(&*GetSecurityInfo(&file, SeObjectType::SE_FILE_OBJECT, asked)?, &me)
}

/// Takes from everybody but you, the system and the administrators what they may do with a new file,
/// where its directory lets them. A list that lets nobody else in stays the directory's.
///
/// # Errors
/// What the system refuses.
pub fn close_to_others(path: &Path) -> io::Result<()> {
    if access(path)?.mode & 0o077 == 0 {
        return Ok(());
    }
    let me = sid_text(&*current_process_sid()?)?;
    let list = format!("D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;{me})");
    let list: LocalBox<SecurityDescriptor> = list.parse()?;
    let set = SecurityInformation::Dacl | SecurityInformation::ProtectedDacl;
    let mut file = open(path, READ_CONTROL | WRITE_DAC)?;
    SetSecurityInfo(&mut file, SeObjectType::SE_FILE_OBJECT, set, None, None, list.dacl(), None)
}

/// Opens a file or directory for its access list alone, links followed. The names that the system takes
/// for a list are shorter than those of files may be.
fn open(path: &Path, rights: u32) -> io::Result<File> {
    OpenOptions::new().access_mode(rights).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path)
}

/// Judges a descriptor for the user `me`. What it denies is not counted: it can only be stricter then.
fn judge(descriptor: &SecurityDescriptor, me: &str) -> io::Result<FileAccess> {
    let owner = descriptor.owner().map(sid_text).transpose()?.unwrap_or_default();
    let is_administrators = ADMINISTRATORS.contains(&owner.as_str());
    let file_owner = match owner.as_str() {
        _ if is_administrators => FileOwner::Administrators,
        owner if owner == me => FileOwner::You,
        _ => FileOwner::Another,
    };
    // Without a list everyone may do everything.
    let Some(list) = descriptor.dacl() else {
        return Ok(FileAccess { owner: file_owner, mode: 0o777 });
    };
    let mut mode = 0o700;
    for entry in (0..list.len()).filter_map(|index| list.get_ace(index)) {
        let Some(who) = allows(entry).map(sid_text).transpose()? else { continue };
        let who = who.as_str();
        let has_it_anyway = who == owner || who == me || OWNERS.contains(&who);
        if has_it_anyway || ADMINISTRATORS.contains(&who) || is_package(who) {
            continue;
        }
        let bits = bits_of(entry.mask());
        mode |= if is_anybody(who) { bits } else { bits << 3 };
    }
    Ok(FileAccess { owner: file_owner, mode })
}

/// Returns whom an entry allows something on the file itself.
fn allows(entry: &Ace) -> Option<&Sid> {
    let allows = matches!(
        entry.ace_type(),
        AceType::ACCESS_ALLOWED_ACE_TYPE | AceType::ACCESS_ALLOWED_CALLBACK_ACE_TYPE
    );
    // What is for new files in a directory alone says nothing of the directory.
    let counts = allows && !entry.flags().contains(AceFlags::InheritOnly);
    counts.then(|| entry.sid()).flatten()
}

fn is_anybody(sid: &str) -> bool {
    let of_a_domain = sid.starts_with("S-1-5-21-");
    ANYBODY.contains(&sid)
        || of_a_domain && ANYBODY_OF_A_DOMAIN.iter().any(|end| sid.ends_with(end))
}

fn is_package(sid: &str) -> bool {
    PACKAGES.iter().any(|start| sid.starts_with(start))
}

/// Returns the bits of a mode for rights on a file. Whoever may change the list may do everything.
/// Source: <https://learn.microsoft.com/windows/win32/fileio/file-access-rights-constants>
fn bits_of(rights: AccessRights) -> u32 {
    let reads = AccessRights::Bit0 | AccessRights::GenericRead | AccessRights::GenericAll;
    let writes = AccessRights::Bit1
        | AccessRights::Bit2
        | AccessRights::WriteDac
        | AccessRights::WriteOwner
        | AccessRights::GenericWrite
        | AccessRights::GenericAll;
    let rules = AccessRights::WriteDac | AccessRights::WriteOwner;
    let mut bits = 0;
    if rights.intersects(reads | rules) {
        bits |= 0o4;
    }
    if rights.intersects(writes) {
        bits |= 0o2;
    }
    bits
}

fn sid_text(sid: &Sid) -> io::Result<String> {
    Ok(ConvertSidToStringSid(sid)?.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: &str = "S-1-5-21-1-2-3-1001";

    fn judged(list: &str) -> (FileOwner, u32) {
        let list = list.replace("ME", ME);
        let descriptor: LocalBox<SecurityDescriptor> = list.parse().unwrap();
        let access = judge(&descriptor, ME).unwrap();
        (access.owner, access.mode)
    }

    /// The lists are those that Windows 10 makes: of a file in the user's profile, in a directory at the
    /// top of another disk, below `C:\ProgramData`, below `C:\Program Files`; a file without one comes from a
    /// disk that has none.
    #[test]
    fn an_access_list_is_told_as_a_mode() {
        for (list, expected) in [
            ("O:MED:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;ME)", (FileOwner::You, 0o700)),
            (
                "O:MED:AI(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;0x1301bf;;;AU)(A;ID;0x1200a9;;;BU)",
                (FileOwner::You, 0o706),
            ),
            (
                "O:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)",
                (FileOwner::Administrators, 0o704),
            ),
            (
                "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464\
                 D:(A;ID;FA;;;SY)(A;ID;0x1200a9;;;S-1-15-2-1)",
                (FileOwner::Administrators, 0o700),
            ),
            ("O:ME", (FileOwner::You, 0o777)),
        ] {
            assert_eq!(judged(list), expected, "{list}");
        }
    }

    #[test]
    fn each_entry_counts_for_whom_it_lets_in() {
        for (entries, mode) in [
            ("(A;;FA;;;ME)", 0o700),
            ("(A;;FR;;;WD)", 0o704),
            ("(A;;FW;;;WD)", 0o702),
            ("(A;;GR;;;AN)", 0o704),
            ("(A;;GA;;;IU)", 0o706),
            ("(A;;0x40000;;;NU)", 0o706),
            ("(A;;0x80000;;;BG)", 0o706),
            // To see a name, its attributes or its list is not to read the file.
            ("(A;;0x120080;;;WD)", 0o700),
            ("(A;;FR;;;S-1-5-21-1-2-3-513)", 0o704),
            ("(A;;FR;;;S-1-5-21-1-2-3-1002)", 0o740),
            ("(A;;FA;;;S-1-5-21-1-2-3-1002)", 0o760),
            ("(A;OICIIO;FA;;;WD)", 0o700),
            ("(A;OICIIO;FA;;;CO)(A;;FA;;;OW)", 0o700),
            // Denied to one who is allowed as well: open rather than closed.
            ("(D;;FA;;;WD)(A;;FR;;;WD)", 0o704),
            ("", 0o700),
        ] {
            assert_eq!(judged(&format!("O:MED:{entries}")).1, mode, "{entries}");
        }
    }

    #[test]
    fn an_owner_is_you_the_administrators_or_another() {
        for (owner, expected) in [
            ("ME", FileOwner::You),
            ("SY", FileOwner::Administrators),
            ("BA", FileOwner::Administrators),
            ("BU", FileOwner::Another),
            ("S-1-5-21-1-2-3-1002", FileOwner::Another),
        ] {
            assert_eq!(judged(&format!("O:{owner}D:(A;;FA;;;SY)")).0, expected, "{owner}");
        }
        // An owner of another file who may do everything with theirs is no third one.
        assert_eq!(judged("O:S-1-5-21-1-2-3-1002D:(A;;FA;;;S-1-5-21-1-2-3-1002)").1, 0o700);
    }
}
