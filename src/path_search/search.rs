//! The one search of PATH: running, listing, completion and suggestions use it.
//!
//! # Why
//! A program that lists with one search and runs with another shows files that do not run. And an
//! entry that depends on the current directory would let a cloned repository bring the plugin.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};
use std::ffi::{OsStr, OsString};
#[cfg(unix)]
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

#[cfg(unix)]
use rustix::fs::{CWD, Mode, OFlags, openat};

#[cfg(unix)]
use super::format::{HEAD, Interpreters};
use super::judge::{DirFacts, Judged, Runs, judge_in};
use super::unfit::Unfit;
use crate::plugin_name::PluginName;

/// Where plugins are looked for, in order: absolute directories only.
#[derive(Clone, Debug)]
pub struct SearchPath {
    /// PATH as it is, by which `env` finds an interpreter.
    path: Option<OsString>,
    /// What was installed, which comes before PATH.
    installed: Vec<InstalledPlugin>,
    /// The entries of PATH, once they are asked for: a start of a plugin need not take PATH apart.
    entries: OnceCell<PathEntries>,
}

/// The entries of PATH.
#[derive(Clone, Debug, Default)]
struct PathEntries {
    /// Those that are searched, in order.
    dirs: Vec<PathBuf>,
    /// Those that depend on the current directory.
    skipped: Vec<PathBuf>,
}

/// A plugin that carto has installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledPlugin {
    /// Its name.
    pub name: PluginName,
    /// The program.
    pub path: PathBuf,
    /// Why it is not run: it is not what the project locks.
    pub fault: Option<String>,
}

/// A plugin that was found, first hit first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The executable.
    pub path: PathBuf,
    /// Why it is not run.
    pub unfit: Option<Unfit>,
    /// Whether it is a symbolic link.
    pub is_link: bool,
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
    /// Takes what is installed, then the directories of `PATH`: what the user named to carto comes before
    /// what a directory happens to hold. Relative and empty entries are skipped.
    pub fn new(path: Option<&OsStr>, installed: Vec<InstalledPlugin>) -> Self {
        SearchPath { path: path.map(OsStr::to_owned), installed, entries: OnceCell::new() }
    }

    fn entries(&self) -> &PathEntries {
        self.entries.get_or_init(|| {
            let Some(path) = &self.path else { return PathEntries::default() };
            let (dirs, skipped): (Vec<_>, Vec<_>) =
                std::env::split_paths(path).partition(|dir| dir.is_absolute());
            PathEntries { dirs, skipped }
        })
    }

    /// Finds the plugin of a name: the first executable, else the first file of that name.
    pub fn find(&self, name: &PluginName) -> Option<Found> {
        if let Some(installed) = self.installed.iter().find(|installed| installed.name == *name) {
            let Judged { unfit, is_link } = judge_installed(installed);
            let path = installed.path.clone();
            let unfit = unfit.or_else(|| self.judge_content(&path));
            return Some(Found { unfit, is_link, shadowed: Vec::new(), path });
        }
        let file = name.executable();
        let executable = which::which_in(&file, self.joined(), "/").ok();
        let runs = if executable.is_some() { Runs::Known } else { Runs::Asked };
        let path = executable.or_else(|| {
            let all = self.entries().dirs.iter().map(|dir| dir.join(&file));
            all.into_iter().find(|path| path.symlink_metadata().is_ok())
        })?;
        let dir = DirFacts::of(path.parent().unwrap_or(&path));
        let judged = judge_in(&dir, path.as_os_str(), runs);
        let unfit = judged.unfit.or_else(|| self.judge_content(&path));
        Some(Found { unfit, is_link: judged.is_link, shadowed: Vec::new(), path })
    }

    /// Returns the copies of a plugin that never run: files of its name in later directories, or in all
    /// where it is an installed one.
    pub fn copies_behind(&self, name: &PluginName, path: &Path) -> Vec<PathBuf> {
        let Some(dir) = path.parent() else { return Vec::new() };
        let is_installed = self.installed.iter().any(|installed| installed.path == path);
        let own = name.executable();
        let file =
            if is_installed { OsStr::new(&own) } else { path.file_name().unwrap_or_default() };
        let mut behind: Vec<PathBuf> = Vec::new();
        for later in self.entries().dirs.iter().skip_while(|known| !is_installed && *known != dir) {
            let copy = later.join(file);
            if later != dir && !behind.contains(&copy) && copy.symlink_metadata().is_ok() {
                behind.push(copy);
            }
        }
        behind
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
        self.entries().skipped.iter().map(|dir| dir.join(&file)).find(|path| path.is_file())
    }

    /// Lists every plugin by name, with the copies that it hides.
    pub fn list(&self) -> BTreeMap<PluginName, Found> {
        #[cfg(unix)]
        let interpreters = Interpreters::new(self.path.as_deref());
        #[cfg(not(unix))]
        let interpreters = ();
        let mut hits: Vec<_> = self.installed.iter().map(|installed| self.hit(installed)).collect();
        let mut seen = HashSet::with_capacity(self.entries().dirs.len());
        for (at, dir) in self.entries().dirs.iter().enumerate() {
            if seen.insert(dir) {
                add_plugins_in(dir, at + 1, &interpreters, &mut hits);
            }
        }
        // One sort of all, and a map made of what is in order, cost half of finding each its place.
        hits.sort_unstable_by(|one, other| {
            (&one.name, one.dir, &one.path).cmp(&(&other.name, other.dir, &other.path))
        });
        let mut found: Vec<(PluginName, Found)> = Vec::with_capacity(hits.len());
        let mut firsts = 0;
        for Hit { name, dir, path, judged } in hits {
            let Judged { unfit, is_link } = judged;
            match found.last_mut().filter(|(last, _)| *last == name) {
                None => {
                    found.push((name, Found { path, unfit, is_link, shadowed: Vec::new() }));
                    firsts = dir;
                }
                // `find` passes over what cannot be run by its kind or mode, too.
                Some((_, first))
                    if firsts > 0
                        && first.unfit.as_ref().is_some_and(Unfit::is_passed_over)
                        && !unfit.as_ref().is_some_and(Unfit::is_passed_over) =>
                {
                    *first = Found {
                        path,
                        unfit,
                        is_link,
                        shadowed: std::mem::take(&mut first.shadowed),
                    };
                }
                Some((_, first)) => first.shadowed.push(path),
            }
        }
        found.into_iter().collect()
    }

    /// Returns an installed plugin as it is listed.
    fn hit(&self, installed: &InstalledPlugin) -> Hit {
        let mut judged = judge_installed(installed);
        judged.unfit = judged.unfit.or_else(|| self.judge_content(&installed.path));
        Hit { name: installed.name.clone(), dir: 0, path: installed.path.clone(), judged }
    }

    /// Returns the directories as `which` takes them: PATH itself, where nothing of it is skipped.
    fn joined(&self) -> Option<Cow<'_, OsStr>> {
        match &self.path {
            Some(path) if is_absolute_throughout(path) => Some(Cow::Borrowed(path)),
            _ => std::env::join_paths(&self.entries().dirs).ok().map(Cow::Owned),
        }
    }
}

/// Whether every entry of PATH is absolute, as far as that is seen without taking it apart.
fn is_absolute_throughout(path: &OsStr) -> bool {
    let mut entries = path.as_encoded_bytes().split(|byte| *byte == b':');
    cfg!(unix) && entries.all(|entry| entry.first() == Some(&b'/'))
}

/// Says why an installed plugin is not run.
fn judge_installed(installed: &InstalledPlugin) -> Judged {
    if let Some(fault) = &installed.fault {
        return Judged { unfit: Some(Unfit::NotAsLocked(fault.clone())), is_link: false };
    }
    let dir = DirFacts::of(installed.path.parent().unwrap_or(&installed.path));
    judge_in(&dir, installed.path.as_os_str(), Runs::Asked)
}

/// Whether a program's name is a path: it has a separator, as for a shell.
pub fn is_path(name: &OsStr) -> bool {
    name.as_encoded_bytes().iter().any(|byte| std::path::is_separator(char::from(*byte)))
}

/// A file with the name of a plugin.
struct Hit {
    name: PluginName,
    /// The place of its directory on the path, from 1; 0 where it is installed.
    dir: usize,
    path: PathBuf,
    judged: Judged,
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
        let mut judged = judge_in(&facts, file, Runs::Asked);
        judged.unfit = judged.unfit.or_else(|| content_of(&facts, file, known));
        hits.push(Hit { name, dir: at, path: dir.join(file), judged });
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

/// Returns every name in a directory. One that cannot be read has none.
pub fn each_name(dir: &Path, take: &mut dyn FnMut(&OsStr)) {
    if let Some(facts) = DirFacts::open(dir) {
        each_file(&facts, take);
    }
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

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::judge::judge;
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
        let path = SearchPath::new(Some(&joined), Vec::new());
        let list = path.list();
        let names: Vec<_> = list.keys().map(PluginName::as_str).collect();
        assert_eq!(names, ["dir", "x", "y", "z"]);
        for plugin in ["dir", "x", "y", "z"] {
            let found = path.find(&name(plugin)).unwrap();
            let listed = &list[&name(plugin)];
            assert_eq!((&found.path, &found.unfit), (&listed.path, &listed.unfit), "{plugin}");
            assert_eq!(path.copies_behind(&name(plugin), &found.path), listed.shadowed, "{plugin}");
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
