//! `Unfit`: what keeps a file from running, and what to do about it.

use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, shell_word};
use crate::escape;

/// What keeps a file from running. `plugin list`, `plugin which`, `doctor`, help and the start of a
/// plugin ask the same function, before anything is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is not what the project's lock names; with the reason.
    NotAsLocked(String),
    /// It has no permission to run.
    NotExecutable,
    /// It is a directory.
    Directory,
    /// It is a link to a file that is not there.
    Dangling,
    /// It is a device, a pipe or another thing that cannot run.
    NotAFile,
    /// Everyone can write the file.
    WritableFile,
    /// Everyone can write the directory that it lies in.
    WritableDirectory,
    /// The file belongs to neither you nor root.
    ForeignFile(u32),
    /// The directory that it lies in belongs to neither you nor root.
    ForeignDirectory(u32),
    /// It is a link into a directory that everyone can write.
    LeadsIntoWritable(PathBuf),
    /// It is a link into a directory that belongs to neither you nor root.
    LeadsIntoForeign(PathBuf, u32),
    /// There is nothing in it.
    Empty,
    /// It is text, and no first line names an interpreter.
    NoInterpreter,
    /// It is nothing that this system knows as a program.
    UnknownFormat,
    /// It is a program for another system or processor.
    Elsewhere(String),
    /// Its first line ends with a carriage return, which becomes part of the interpreter's name.
    CarriageReturn,
    /// The interpreter that its first line names is not there.
    MissingInterpreter(PathBuf),
    /// The interpreter that its first line names is no program.
    BadInterpreter(PathBuf),
    /// `env` of its first line finds no such program on PATH.
    NotOnPath(String),
    /// The loader of shared libraries that it was linked for is not there.
    MissingLoader(PathBuf),
}

impl Unfit {
    /// Returns the reason in words that follow the path.
    pub fn reason(&self) -> String {
        let shown = |path: &Path| escape::line(&path.display().to_string()).into_owned();
        match self {
            Unfit::NotAsLocked(why) => escape::line(why).into_owned(),
            Unfit::NotExecutable => "is not executable".to_owned(),
            Unfit::Directory => "is a directory".to_owned(),
            Unfit::Dangling => "is a link to a file that is not there".to_owned(),
            Unfit::NotAFile => "is not a regular file".to_owned(),
            Unfit::WritableFile => "can be written by everyone".to_owned(),
            Unfit::WritableDirectory => "lies in a directory that everyone can write".to_owned(),
            Unfit::ForeignFile(uid) => format!("belongs to uid {uid}, neither you nor root"),
            Unfit::ForeignDirectory(uid) => {
                format!("lies in a directory of uid {uid}, neither you nor root")
            }
            Unfit::LeadsIntoWritable(dir) => {
                format!("is a link into {}, which everyone can write", shown(dir))
            }
            Unfit::LeadsIntoForeign(dir, uid) => {
                format!("is a link into {} of uid {uid}, neither you nor root", shown(dir))
            }
            Unfit::Empty => "is an empty file".to_owned(),
            Unfit::NoInterpreter => "is text without a first line `#!INTERPRETER`".to_owned(),
            Unfit::UnknownFormat => "is no program that this system knows".to_owned(),
            Unfit::Elsewhere(what) => format!("is a program for {what}"),
            Unfit::CarriageReturn => {
                "has a first line that ends with a carriage return, as on Windows".to_owned()
            }
            Unfit::MissingInterpreter(path) => {
                format!("wants the interpreter {}, which is not there", shown(path))
            }
            Unfit::BadInterpreter(path) => {
                format!("wants the interpreter {}, which is no program", shown(path))
            }
            Unfit::NotOnPath(name) => {
                format!("wants the interpreter `{}`, which is not on PATH", escape::line(name))
            }
            Unfit::MissingLoader(path) => {
                format!("was linked for the loader {}, which is not there", shown(path))
            }
        }
    }

    /// Returns what to type or to do.
    pub fn help(&self, path: &Path) -> String {
        let file = shell_word(path);
        let dir = shell_word(path.parent().unwrap_or(path));
        match self {
            Unfit::NotAsLocked(_) => "carto plugin sync".to_owned(),
            Unfit::NotExecutable => format!("chmod +x {file}"),
            Unfit::WritableFile => format!("chmod o-w {file}"),
            Unfit::WritableDirectory => format!("chmod o-w {dir}"),
            Unfit::LeadsIntoWritable(dir) => format!("chmod o-w {}", shell_word(dir)),
            Unfit::LeadsIntoForeign(dir, _) => {
                format!("see whose it is: ls -ld {}", shell_word(dir))
            }
            Unfit::ForeignFile(_) => format!("see whose it is: ls -l {file}"),
            Unfit::ForeignDirectory(_) => format!("see whose it is: ls -ld {dir}"),
            Unfit::Directory | Unfit::Dangling | Unfit::NotAFile => {
                format!("see what it is: ls -ld {file}")
            }
            Unfit::CarriageReturn => format!("sed -i 's/\\r$//' {file}"),
            Unfit::NoInterpreter => "put a first line there, for example: #!/bin/sh".to_owned(),
            Unfit::MissingInterpreter(_) | Unfit::BadInterpreter(_) | Unfit::NotOnPath(_) => {
                format!("install the interpreter, or change the first line: head -n 1 {file}")
            }
            Unfit::Empty | Unfit::UnknownFormat | Unfit::Elsewhere(_) | Unfit::MissingLoader(_) => {
                format!("install the plugin again; see what it is: file {file}")
            }
        }
    }

    /// The error of a file that is not even started; `what` is what it was to be, `plugin` or `program`.
    pub fn into_error(self, what: &str, path: &Path) -> Error {
        Error::new(Kind::CannotRun, format!("the {what} {}", self.reason()))
            .at(path.display())
            .help(self.help(path))
    }

    /// Whether the search of PATH passes over such a file for one of the same name behind it, as a shell
    /// does.
    pub(super) fn is_passed_over(&self) -> bool {
        matches!(self, Unfit::NotExecutable | Unfit::Directory | Unfit::Dangling | Unfit::NotAFile)
    }
}
