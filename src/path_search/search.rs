//! The one search of PATH: running, listing, completion and suggestions use it.
//!
//! # Why
//! A program that lists with one search and runs with another shows files that do not run. And an
//! entry that depends on the current directory would let a cloned repository bring the plugin.

use std::collections::{BTreeMap, HashSet};
use std::ffi::{OsStr, OsString};
#[cfg(unix)]
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

#[cfg(unix)]
use rustix::fs::{Access, AtFlags, CWD, FileType, Mode, OFlags, accessat, openat, statat};

#[cfg(unix)]
use super::format::{HEAD, Interpreters};
use super::unfit::Unfit;
use crate::plugin_name::PluginName;

/// Where plugins are looked for, in order: absolute directories only.
#[derive(Clone, Debug)]
pub struct SearchPath {
    dirs: Vec<PathBuf>,
    skipped: Vec<PathBuf>,
    /// PATH as it is, by which `env` finds an interpreter.
    path: Option<OsString>,
}

/// A plugin that was found, first hit first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The executable.
    pub path: PathBuf,
    /// Why it is not run.
    pub unfit: Option<Unfit>,
    /// Further copies, which never run.
    pub shadowed: Vec<PathBuf>,
}

/// What came of looking for a program by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// This file.
    Found(PathBuf),
    /// No absolute entry of PATH has one.
    NotFound,
}

impl SearchPath {
    /// Takes the directories of `PATH`, then that of installed plugins. Relative and empty entries
    /// are skipped.
    pub fn new(path: Option<&OsStr>, installed: Option<PathBuf>) -> Self {
        let all = path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
        let (mut dirs, skipped): (Vec<_>, Vec<_>) =
            Vec::<PathBuf>::into_iter(all).partition(|dir| dir.is_absolute());
        dirs.extend(installed);
        SearchPath { dirs, skipped, path: path.map(OsStr::to_owned) }
    }

    /// Finds the plugin of a name: the first executable, else the first file of that name.
    pub fn find(&self, name: &PluginName) -> Option<Found> {
        let file = name.executable();
        let executable = which::which_in(&file, self.joined(), "/").ok();
        let path = executable.or_else(|| {
            let all = self.dirs.iter().map(|dir| dir.join(&file));
            all.into_iter().find(|path| path.symlink_metadata().is_ok())
        })?;
        let unfit = judge(&path).or_else(|| self.judge_content(&path));
        Some(Found { unfit, shadowed: Vec::new(), path })
    }

    /// Says what in a file that may be run keeps it from running.
    #[cfg(unix)]
    fn judge_content(&self, path: &Path) -> Option<Unfit> {
        content_fault(CWD, path.as_os_str(), &Interpreters::new(self.path.as_deref()))
    }

    #[cfg(not(unix))]
    fn judge_content(&self, _path: &Path) -> Option<Unfit> {
        None
    }

    /// Finds any program: a name on PATH, or the file that a path names.
    pub fn program(&self, name: &OsStr) -> Program {
        if is_path(name) {
            let path = PathBuf::from(name);
            return if path.exists() { Program::Found(path) } else { Program::NotFound };
        }
        match which::which_in(name, self.joined(), "/") {
            Ok(path) => Program::Found(path),
            Err(_) => Program::NotFound,
        }
    }

    /// Finds the plugin in the entries that are skipped, to say why it does not run.
    pub fn find_skipped(&self, name: &PluginName) -> Option<PathBuf> {
        let file = name.executable();
        self.skipped.iter().map(|dir| dir.join(&file)).find(|path| path.is_file())
    }

    /// Lists every plugin by name, with the copies that it hides.
    pub fn list(&self) -> BTreeMap<PluginName, Found> {
        #[cfg(unix)]
        let interpreters = Interpreters::new(self.path.as_deref());
        #[cfg(not(unix))]
        let interpreters = ();
        let mut hits = Vec::new();
        let mut seen = HashSet::with_capacity(self.dirs.len());
        for (at, dir) in self.dirs.iter().enumerate() {
            if seen.insert(dir) {
                add_plugins_in(dir, at, &interpreters, &mut hits);
            }
        }
        // One sort of all, and a map made of what is in order, cost half of finding each its place.
        hits.sort_unstable_by(|one, other| {
            (&one.name, one.dir, &one.path).cmp(&(&other.name, other.dir, &other.path))
        });
        let mut found: Vec<(PluginName, Found)> = Vec::with_capacity(hits.len());
        for Hit { name, path, unfit, .. } in hits {
            match found.last_mut().filter(|(last, _)| *last == name) {
                None => found.push((name, Found { path, unfit, shadowed: Vec::new() })),
                // `find` passes over what cannot be run by its kind or mode, too.
                Some((_, first))
                    if first.unfit.as_ref().is_some_and(Unfit::is_passed_over)
                        && !unfit.as_ref().is_some_and(Unfit::is_passed_over) =>
                {
                    (first.path, first.unfit) = (path, unfit);
                }
                Some((_, first)) => first.shadowed.push(path),
            }
        }
        found.into_iter().collect()
    }

    fn joined(&self) -> Option<std::ffi::OsString> {
        std::env::join_paths(&self.dirs).ok()
    }
}

/// Whether a program's name is a path: it has a separator, as for a shell.
pub fn is_path(name: &OsStr) -> bool {
    name.as_encoded_bytes().iter().any(|byte| std::path::is_separator(char::from(*byte)))
}

/// A file with the name of a plugin.
struct Hit {
    name: PluginName,
    /// The place of its directory on the path.
    dir: usize,
    path: PathBuf,
    unfit: Option<Unfit>,
}

#[cfg(unix)]
type Known<'a> = Interpreters<'a>;
#[cfg(not(unix))]
type Known<'a> = ();

/// Adds the plugins of a directory, the one at this place of the path.
fn add_plugins_in(dir: &Path, at: usize, known: &Known<'_>, hits: &mut Vec<Hit>) {
    let Some(facts) = DirFacts::open(dir) else { return };
    each_file(&facts, &mut |file| {
        let Some(name) = plugin_of(file) else { return };
        let unfit = judge_in(&facts, file).or_else(|| content_of(&facts, file, known));
        hits.push(Hit { name, dir: at, path: dir.join(file), unfit });
    });
}

#[cfg(unix)]
fn content_of(dir: &DirFacts<'_>, file: &OsStr, known: &Known<'_>) -> Option<Unfit> {
    content_fault(dir.at(), file, known)
}

#[cfg(not(unix))]
fn content_of(_: &DirFacts<'_>, _: &OsStr, (): &Known<'_>) -> Option<Unfit> {
    None
}

/// Says what in a file keeps it from running. One that may be run and not read is left to the system.
#[cfg(unix)]
fn content_fault(at: BorrowedFd<'_>, name: &OsStr, known: &Interpreters<'_>) -> Option<Unfit> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = openat(at, name, flags, Mode::empty()).ok()?;
    let mut head = [0; HEAD];
    let count = rustix::io::read(&file, &mut head).ok()?;
    known.judge(head.get(..count)?)
}

/// Returns every name in a directory. A directory that cannot be read has none.
#[cfg(target_os = "linux")]
fn each_file(dir: &DirFacts<'_>, take: &mut dyn FnMut(&OsStr)) {
    use std::os::unix::ffi::OsStrExt as _;

    // Read in place and in large pieces: a PATH can have a hundred thousand names.
    const BUFFER: usize = 32 * 1024;
    let Some(handle) = &dir.handle else { return };
    let mut buffer = Vec::with_capacity(BUFFER);
    let mut entries = rustix::fs::RawDir::new(handle, buffer.spare_capacity_mut());
    while let Some(Ok(entry)) = entries.next() {
        take(OsStr::from_bytes(entry.file_name().to_bytes()));
    }
}

/// Returns every name in a directory. A directory that cannot be read has none.
#[cfg(not(target_os = "linux"))]
fn each_file(dir: &DirFacts<'_>, take: &mut dyn FnMut(&OsStr)) {
    let Ok(entries) = std::fs::read_dir(dir.dir) else { return };
    for entry in entries.flatten() {
        take(&entry.file_name());
    }
}

/// Returns the plugin's name that a file stands for.
fn plugin_of(file: &OsStr) -> Option<PluginName> {
    let stem = std::str::from_utf8(file.as_encoded_bytes().strip_prefix(b"carto-")?).ok()?;
    let stem = if cfg!(windows) {
        let (stem, extension) = stem.rsplit_once('.')?;
        let runs = ["exe", "cmd", "bat", "com"].contains(&extension.to_ascii_lowercase().as_str());
        runs.then_some(stem)?
    } else {
        stem
    };
    PluginName::parse(OsStr::new(stem)).ok()
}

/// Says why a file is not run as a plugin.
pub fn judge(path: &Path) -> Option<Unfit> {
    judge_in(&DirFacts::of(path.parent().unwrap_or(path)), path.as_os_str())
}

/// What of a directory counts for the files in it. Asked for once, when the first of them needs it.
struct DirFacts<'a> {
    dir: &'a Path,
    /// The open directory, where many of its files are asked for: finding each by its path would
    /// cost twice as much.
    #[cfg(unix)]
    handle: Option<OwnedFd>,
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
    fn of(dir: &'a Path) -> Self {
        DirFacts {
            dir,
            #[cfg(unix)]
            handle: None,
            #[cfg(unix)]
            mode: std::cell::OnceCell::new(),
        }
    }

    /// Opens the directory; nothing where it cannot be listed.
    fn open(dir: &'a Path) -> Option<Self> {
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
    fn at(&self) -> BorrowedFd<'_> {
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
fn judge_in(dir: &DirFacts<'_>, name: &OsStr) -> Option<Unfit> {
    let at = dir.at();
    let Ok(facts) = statat(at, name, AtFlags::empty()) else { return Some(Unfit::Dangling) };
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
    if !dir.runs(at, name, &facts) {
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
fn judge_in(dir: &DirFacts<'_>, name: &OsStr) -> Option<Unfit> {
    // A whole path stays what it is.
    (!dir.dir.join(name).is_file()).then_some(Unfit::NotAFile)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test plants files")]
    fn plant(dir: &Path, name: &str, mode: u32) -> PathBuf {
        std::fs::create_dir_all(dir).unwrap();
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = dir.join(name);
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn name(text: &str) -> PluginName {
        PluginName::parse(OsStr::new(text)).unwrap()
    }

    #[test]
    fn running_and_listing_agree() {
        let temp = tempfile::tempdir().unwrap();
        let (a, b, c) = (temp.path().join("a"), temp.path().join("b"), temp.path().join("c"));
        let dead = plant(&a, "carto-x", 0o644);
        let first = plant(&b, "carto-x", 0o755);
        let second = plant(&c, "carto-x", 0o755);
        let only_dead = plant(&a, "carto-y", 0o644);
        let open = plant(&b, "carto-z", 0o777);
        plant(&c, "carto-z", 0o755);
        plant(&a, "carto-Upper", 0o755);
        plant(&a, "carto-w.toml", 0o644);
        std::fs::create_dir(a.join("carto-dir")).unwrap();
        let joined = std::env::join_paths([Path::new("rel"), Path::new(""), &a, &b, &c]).unwrap();
        let path = SearchPath::new(Some(&joined), None);
        let list = path.list();
        let names: Vec<_> = list.keys().map(PluginName::as_str).collect();
        assert_eq!(names, ["dir", "x", "y", "z"]);
        for plugin in ["dir", "x", "y", "z"] {
            let found = path.find(&name(plugin)).unwrap();
            let listed = &list[&name(plugin)];
            assert_eq!((&found.path, &found.unfit), (&listed.path, &listed.unfit), "{plugin}");
        }
        assert_eq!(list[&name("x")].path, first);
        assert_eq!(list[&name("x")].shadowed, [second]);
        assert!(dead.exists());
        assert_eq!(list[&name("y")].path, only_dead);
        assert_eq!(list[&name("y")].unfit, Some(Unfit::NotExecutable));
        // The first hit decides: a safe copy behind it does not make it safe.
        assert_eq!(
            (&list[&name("z")].path, &list[&name("z")].unfit),
            (&open, &Some(Unfit::WritableFile))
        );
        assert_eq!(path.find(&name("w")), None);
    }

    #[test]
    fn a_directory_that_everyone_can_write_is_no_place_for_plugins() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("open");
        let plugin = plant(&dir, "carto-x", 0o755);
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(judge(&plugin), Some(Unfit::WritableDirectory));
    }
}
