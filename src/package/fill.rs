//! `Fill`: writes the files of a package into a directory that nobody else has, and nothing outside.
//!
//! # Why
//! Whoever made an archive chose its names and its links. No path leaves the directory, no file is
//! written through a link, and a link may only climb before it names anything: behind a name that is a
//! link itself, `..` leads elsewhere than it reads.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Kind, io_reason};
use crate::escape;

/// How much a package may be, in bytes.
const LARGEST: u64 = 1024 * 1024 * 1024;
/// How many files and directories it may have.
const MOST: usize = 100_000;
/// The longest path and the longest target of a link, in bytes.
const LONGEST: usize = 4096;

/// What was put at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryKind {
    Directory,
    File,
    Link,
}

/// Whether a file may run. Of all that a mode says, nothing else is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// It may run.
    Run,
    /// It may be read.
    Read,
}

impl Right {
    /// Takes the right from a mode.
    pub(super) fn of_mode(mode: u32) -> Self {
        if mode & 0o111 == 0 { Right::Read } else { Right::Run }
    }
}

/// A directory that is filled.
#[derive(Debug)]
pub(super) struct Fill<'a> {
    root: &'a Path,
    /// What the files come from, for messages.
    from: &'a Path,
    /// How many bytes it may still take.
    left: u64,
    /// Every path in lower case, with its own spelling and what it is.
    names: HashMap<String, (String, EntryKind)>,
    links: Vec<PathBuf>,
}

impl<'a> Fill<'a> {
    /// Begins with an empty directory.
    pub(super) fn new(root: &'a Path, from: &'a Path) -> Self {
        Fill { root, from, left: LARGEST, names: HashMap::new(), links: Vec::new() }
    }

    /// Says why the package is not taken.
    pub(super) fn refused(&self, what: impl Into<String>) -> Error {
        Error::new(Kind::Refused, what)
            .at(escape::line(&self.from.display().to_string()))
            .note("nothing was installed")
    }

    fn cannot(&self, name: &str, error: &io::Error) -> Error {
        let what = format!("cannot unpack `{}`: {}", escape::line(name), io_reason(error));
        Error::new(Kind::Write, what).at(self.root.display()).note("nothing was installed")
    }

    /// Makes a directory; one may be named again and again.
    pub(super) fn directory(&mut self, name: &str) -> Result<(), Error> {
        let parts = self.parts(name)?;
        self.directories(&parts)
    }

    /// Writes a file.
    pub(super) fn file(
        &mut self,
        name: &str,
        right: Right,
        content: &mut dyn Read,
    ) -> Result<(), Error> {
        let path = self.place(name, EntryKind::File)?;
        let written = self.write(&path, right, content);
        let length = written.map_err(|error| self.cannot(name, &error))?;
        match self.left.checked_sub(length) {
            Some(left) => self.left = left,
            None => return Err(self.refused(format!("it is larger than {LARGEST} bytes unpacked"))),
        }
        Ok(())
    }

    fn write(&self, path: &Path, right: Right, content: &mut dyn Read) -> io::Result<u64> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        let length = io::copy(&mut content.take(self.left + 1), &mut file)?;
        file.flush()?;
        #[cfg(unix)]
        {
            let mode = if right == Right::Run { 0o755 } else { 0o644 };
            file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))?;
        }
        _ = right;
        Ok(length)
    }

    /// Copies a file that was written before, for an archive that has one file under two names.
    pub(super) fn copy(&mut self, name: &str, of: &str) -> Result<(), Error> {
        let source = self.parts(of)?.join("/");
        if self.names.get(&source.to_lowercase()) != Some(&(source.clone(), EntryKind::File)) {
            let what = format!("`{}` is another name for no file in it", escape::line(name));
            return Err(self.refused(what));
        }
        let source = self.root.join(source);
        let opened = fs::File::open(&source).and_then(|file| Ok((file.metadata()?, file)));
        let (facts, mut file) = opened.map_err(|error| self.cannot(name, &error))?;
        let right = if super::tree::may_run(&facts) { Right::Run } else { Right::Read };
        self.file(name, right, &mut file)
    }

    /// Makes a symbolic link.
    pub(super) fn link(&mut self, name: &str, target: &Path) -> Result<(), Error> {
        let depth = self.parts(name)?.len() - 1;
        if !stays_inside(target, depth) {
            let target = target.display().to_string();
            let (name, target) = (escape::line(name), escape::line(&target));
            return Err(self.refused(format!("its link `{name}` leads out of it, to `{target}`")));
        }
        let path = self.place(name, EntryKind::Link)?;
        symlink(target, &path).map_err(|error| self.cannot(name, &error))?;
        self.links.push(path);
        Ok(())
    }

    /// Looks whether every link leads to something inside.
    pub(super) fn finish(self) -> Result<(), Error> {
        let root = self.root.canonicalize().map_err(|error| self.cannot("", &error))?;
        for link in &self.links {
            if !link.canonicalize().is_ok_and(|real| real.starts_with(&root)) {
                let name = link.strip_prefix(self.root).unwrap_or(link).display().to_string();
                let name = escape::line(&name).into_owned();
                return Err(self.refused(format!("its link `{name}` leads to nothing in it")));
            }
        }
        Ok(())
    }

    /// Returns the parts of a path that stays inside.
    fn parts<'n>(&self, name: &'n str) -> Result<Vec<&'n str>, Error> {
        let shown = || escape::line(name).into_owned();
        if escape::has_control(name) || name.contains('\\') || name.len() > LONGEST {
            return Err(self.refused(format!("it has a file with the name `{}`", shown())));
        }
        let mut parts = Vec::new();
        for part in Path::new(name).components() {
            match part {
                Component::Normal(part) => parts.extend(part.to_str()),
                Component::CurDir => {}
                _ => return Err(self.refused(format!("its file `{}` would lie outside", shown()))),
            }
        }
        if parts.is_empty() {
            return Err(self.refused(format!("it has a file with the name `{}`", shown())));
        }
        Ok(parts)
    }

    /// Makes what lies above a path, and takes the path itself.
    fn place(&mut self, name: &str, what: EntryKind) -> Result<PathBuf, Error> {
        let parts = self.parts(name)?;
        let (_, above) = parts.split_last().unwrap_or((&"", &[]));
        self.directories(above)?;
        let path = parts.join("/");
        self.take(&path, what)?;
        Ok(self.root.join(path))
    }

    fn directories(&mut self, parts: &[&str]) -> Result<(), Error> {
        for end in 1..=parts.len() {
            let path = parts.get(..end).unwrap_or_default().join("/");
            if self.names.get(&path.to_lowercase()) == Some(&(path.clone(), EntryKind::Directory)) {
                continue;
            }
            self.take(&path, EntryKind::Directory)?;
            let made = fs::create_dir(self.root.join(&path));
            made.map_err(|error| self.cannot(&path, &error))?;
        }
        Ok(())
    }

    /// Takes a path, which no other one may have, whatever the case of its letters.
    fn take(&mut self, path: &str, what: EntryKind) -> Result<(), Error> {
        if self.names.len() >= MOST {
            return Err(self.refused(format!("it has more than {MOST} files")));
        }
        let taken = self.names.insert(path.to_lowercase(), (path.to_owned(), what));
        let Some((other, put)) = taken else { return Ok(()) };
        let (path, other) = (escape::line(path), escape::line(&other).into_owned());
        Err(self.refused(match put {
            _ if *path != other => format!("`{path}` and `{other}` differ in case alone"),
            EntryKind::Link => format!("its file `{path}` would be written through a link"),
            EntryKind::File | EntryKind::Directory => format!("it has `{path}` twice"),
        }))
    }
}

/// Whether a link's target climbs no further than the directory, and only before it names anything.
fn stays_inside(target: &Path, depth: usize) -> bool {
    let mut up = 0;
    let mut named = false;
    for part in target.components() {
        match part {
            Component::ParentDir if !named => up += 1,
            Component::CurDir => {}
            Component::Normal(_) => named = true,
            _ => return false,
        }
    }
    let length = target.as_os_str().len();
    up <= depth
        && (1..=LONGEST).contains(&length)
        && !escape::has_control(&target.to_string_lossy())
}

#[cfg(unix)]
fn symlink(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no such links for everyone"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(act: impl FnOnce(&mut Fill<'_>) -> Result<(), Error>) -> Result<(), String> {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("tree");
        fs::create_dir(&root).unwrap();
        let mut fill = Fill::new(&root, Path::new("x.tar.gz"));
        act(&mut fill).and_then(|()| fill.finish()).map_err(|error| error.what)
    }

    fn put(fill: &mut Fill<'_>, name: &str) -> Result<(), Error> {
        fill.file(name, Right::Read, &mut &b"text"[..])
    }

    #[test]
    fn a_path_stays_inside() {
        for name in
            ["/etc/x", "../x", "a/../../x", "", ".", "a\n", "a\u{1b}[2J", "a\\b", "a\u{202e}b"]
        {
            assert!(filled(|fill| put(fill, name)).is_err(), "{name:?}");
            assert!(filled(|fill| fill.directory(name)).is_err(), "{name:?}");
        }
        filled(|fill| {
            fill.directory("./a/")?;
            put(fill, "a/b")?;
            fill.directory("a")?;
            put(fill, "c/d/e")?;
            fill.copy("c/f", "a/b")
        })
        .unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_inside_whatever_it_leads_through() {
        for target in ["/etc/passwd", "../x", "b/..", "b/../../x", "", "..", "nothing"] {
            let error = filled(|fill| {
                put(fill, "b")?;
                fill.link("l", Path::new(target))
            });
            assert!(error.is_err(), "{target:?}");
        }
        // Two steps up from a link that leads three down would end outside, were it taken word by word.
        let error = filled(|fill| {
            put(fill, "p/q/r/f")?;
            fill.link("p/s", Path::new("q/r"))?;
            fill.link("t", Path::new("p/s/../../../x"))
        });
        assert_eq!(error.unwrap_err(), "its link `t` leads out of it, to `p/s/../../../x`");
        filled(|fill| {
            put(fill, "lib/x")?;
            fill.link("bin/x", Path::new("../lib/x"))
        })
        .unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link_or_over_another_name() {
        let through = filled(|fill| {
            put(fill, "d/f")?;
            fill.link("l", Path::new("d"))?;
            put(fill, "l/g")
        });
        assert_eq!(through.unwrap_err(), "its file `l` would be written through a link");
        let over = filled(|fill| {
            put(fill, "f")?;
            fill.link("l", Path::new("f"))?;
            put(fill, "l")
        });
        assert_eq!(over.unwrap_err(), "its file `l` would be written through a link");
        for (one, other, words) in [
            ("a", "A", "`A` and `a` differ in case alone"),
            ("a/b", "A/c", "`A` and `a` differ in case alone"),
            ("a", "a", "it has `a` twice"),
            ("a", "a/b", "it has `a` twice"),
        ] {
            let error = filled(|fill| put(fill, one).and_then(|()| put(fill, other)));
            assert_eq!(error.unwrap_err(), words);
        }
        assert!(filled(|fill| fill.copy("a", "b")).is_err());
    }

    #[test]
    fn a_package_has_an_end() {
        let error = filled(|fill| {
            fill.left = 10;
            put(fill, "a")?;
            put(fill, "b")?;
            put(fill, "c")
        });
        assert_eq!(error.unwrap_err(), format!("it is larger than {LARGEST} bytes unpacked"));
        let error = filled(|fill| {
            (0..=MOST).try_for_each(|number| fill.take(&number.to_string(), EntryKind::File))
        });
        assert_eq!(error.unwrap_err(), format!("it has more than {MOST} files"));
    }
}
