//! What of a file and its directory keeps it from running, without a look into it.

use std::ffi::OsStr;
#[cfg(unix)]
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

#[cfg(unix)]
use rustix::fs::{Access, AtFlags, CWD, FileType, Mode, OFlags, accessat, openat, statat};

use super::unfit::Unfit;

/// What is seen of a file without a look into it.
pub(super) struct Judged {
    pub(super) unfit: Option<Unfit>,
    pub(super) is_link: bool,
}

/// Whether it is known that a file may be run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Runs {
    /// It was asked for.
    Known,
    /// It is asked for.
    Asked,
}

/// Says why a file is not run as a plugin.
pub fn judge(path: &Path) -> Option<Unfit> {
    judge_in(&DirFacts::of(path.parent().unwrap_or(path)), path.as_os_str(), Runs::Asked).unfit
}

/// What of a directory counts for the files in it. Asked for once, when the first of them needs it.
pub(super) struct DirFacts<'a> {
    pub(super) dir: &'a Path,
    /// The open directory, where many of its files are asked for: finding each by its path would
    /// cost twice as much.
    #[cfg(unix)]
    pub(super) handle: Option<OwnedFd>,
    #[cfg(unix)]
    mode: std::cell::OnceCell<DirMode>,
}

/// What the system says of a directory.
#[cfg(unix)]
#[derive(Clone, Copy)]
struct DirMode {
    writable_by_all: bool,
    owner: u32,
    /// The file system on which every file may run whose mode says so; none where it may not, or
    /// where this was not asked for.
    runs_on: Option<rustix::fs::Dev>,
}

impl<'a> DirFacts<'a> {
    pub(super) fn of(dir: &'a Path) -> Self {
        DirFacts {
            dir,
            #[cfg(unix)]
            handle: None,
            #[cfg(unix)]
            mode: std::cell::OnceCell::new(),
        }
    }

    /// Opens the directory; nothing where it cannot be listed.
    pub(super) fn open(dir: &'a Path) -> Option<Self> {
        let facts = DirFacts::of(dir);
        #[cfg(unix)]
        let facts = {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let handle = Some(openat(CWD, dir, flags, Mode::empty()).ok()?);
            DirFacts { handle, ..facts }
        };
        Some(facts)
    }

    /// Returns where names are looked up from.
    #[cfg(unix)]
    pub(super) fn at(&self) -> BorrowedFd<'_> {
        self.handle.as_ref().map_or(CWD, |handle| handle.as_fd())
    }

    #[cfg(unix)]
    fn mode(&self) -> DirMode {
        *self.mode.get_or_init(|| {
            let Ok(facts) = rustix::fs::stat(self.dir) else {
                return DirMode { writable_by_all: false, owner: 0, runs_on: None };
            };
            let runs = self.handle.as_ref().is_some_and(mode_decides);
            DirMode {
                owner: facts.st_uid,
                writable_by_all: Mode::from_raw_mode(facts.st_mode).contains(Mode::WOTH),
                runs_on: runs.then_some(facts.st_dev),
            }
        })
    }

    /// Whether a file may be run. Where many are asked for, the mode answers for those that
    /// everyone may run, instead of one more question to the system for each.
    #[cfg(unix)]
    fn runs(&self, at: BorrowedFd<'_>, name: &OsStr, facts: &rustix::fs::Stat) -> bool {
        let everyone = Mode::XUSR | Mode::XGRP | Mode::XOTH;
        Mode::from_raw_mode(facts.st_mode).contains(everyone)
            && self.mode().runs_on == Some(facts.st_dev)
            || accessat(at, name, Access::EXEC_OK, AtFlags::empty()).is_ok()
    }
}

/// Whether every file on the file system may run whose mode says so.
#[cfg(target_os = "linux")]
fn mode_decides(handle: &OwnedFd) -> bool {
    use rustix::fs::StatVfsMountFlags;
    rustix::fs::fstatvfs(handle).is_ok_and(|fs| !fs.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

/// Here the system has no portable word for file systems without programs.
#[cfg(all(unix, not(target_os = "linux")))]
fn mode_decides(_: &OwnedFd) -> bool {
    false
}

#[cfg(unix)]
pub(super) fn judge_in(dir: &DirFacts<'_>, name: &OsStr, runs: Runs) -> Judged {
    let stat = |flags| statat(dir.at(), name, flags).ok();
    let named = stat(AtFlags::SYMLINK_NOFOLLOW);
    let is_link =
        named.is_some_and(|facts| FileType::from_raw_mode(facts.st_mode) == FileType::Symlink);
    // Of what is no link the system has said everything already.
    let facts = if is_link { stat(AtFlags::empty()) } else { named };
    let unfit = judge_facts(dir, name, facts.as_ref(), runs);
    let unfit = unfit.or_else(|| is_link.then(|| judge_target(&dir.dir.join(name))).flatten());
    Judged { unfit, is_link }
}

/// Says why a link is not run as a plugin: whoever can write the directory that it leads to can put
/// another program there.
#[cfg(unix)]
fn judge_target(link: &Path) -> Option<Unfit> {
    let real = link.canonicalize().ok()?;
    let dir = real.parent()?;
    let mode = DirFacts::of(dir).mode();
    if mode.writable_by_all {
        return Some(Unfit::LeadsIntoWritable(dir.to_owned()));
    }
    is_foreign(mode.owner).then(|| Unfit::LeadsIntoForeign(dir.to_owned(), mode.owner))
}

/// Says by what the system tells of a file why it is not run as a plugin.
#[cfg(unix)]
fn judge_facts(
    dir: &DirFacts<'_>,
    name: &OsStr,
    facts: Option<&rustix::fs::Stat>,
    runs: Runs,
) -> Option<Unfit> {
    let Some(facts) = facts else { return Some(Unfit::Dangling) };
    match FileType::from_raw_mode(facts.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Some(Unfit::Directory),
        _ => return Some(Unfit::NotAFile),
    }
    if Mode::from_raw_mode(facts.st_mode).contains(Mode::WOTH) {
        return Some(Unfit::WritableFile);
    }
    if dir.mode().writable_by_all {
        return Some(Unfit::WritableDirectory);
    }
    if runs == Runs::Asked && !dir.runs(dir.at(), name, facts) {
        return Some(Unfit::NotExecutable);
    }
    // Whoever owns the file or its directory can put another program there, which gets the key.
    if is_foreign(facts.st_uid) {
        return Some(Unfit::ForeignFile(facts.st_uid));
    }
    let owner = dir.mode().owner;
    is_foreign(owner).then_some(Unfit::ForeignDirectory(owner))
}

/// Whether a user is neither you nor root.
#[cfg(unix)]
fn is_foreign(uid: u32) -> bool {
    uid != 0 && uid != rustix::process::geteuid().as_raw()
}

/// Says why a file is not run as a plugin.
#[cfg(not(unix))]
pub(super) fn judge_in(dir: &DirFacts<'_>, name: &OsStr, _: Runs) -> Judged {
    // A whole path stays what it is.
    let path = dir.dir.join(name);
    Judged { unfit: (!path.is_file()).then_some(Unfit::NotAFile), is_link: path.is_symlink() }
}
