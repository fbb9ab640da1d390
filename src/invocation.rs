//! What this run was given: arguments, environment, directory, home, terminals. Read once, here.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, io_reason};

/// Everything the process was given. Nothing else in the program asks the system for it.
#[derive(Clone)]
pub struct Invocation {
    /// The arguments without the program's name.
    pub args: Vec<OsString>,
    /// The environment.
    pub env: Env,
    /// The current directory, or why there is none; `-C` changes it.
    cwd: Result<PathBuf, String>,
}

/// Arguments may hold a key that was typed in the wrong place.
impl std::fmt::Debug for Invocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invocation").field("cwd", &self.cwd).finish_non_exhaustive()
    }
}

impl Invocation {
    /// Reads arguments, environment and directory of this process.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads them")]
    pub fn from_process() -> Self {
        Invocation {
            args: std::env::args_os().skip(1).collect(),
            env: Env::new(std::env::vars_os().collect()),
            cwd: std::env::current_dir().map_err(|error| io_reason(&error)),
        }
    }

    /// Returns the current directory.
    pub fn cwd(&self) -> Result<&Path, Error> {
        match &self.cwd {
            Ok(path) => Ok(path),
            Err(reason) => {
                Err(Error::new(Kind::Usage, format!("cannot tell the current directory: {reason}"))
                    .help("change to a directory that exists, or name one with `-C DIR`"))
            }
        }
    }

    /// Changes the directory of the process, as `-C` asks.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads them")]
    pub fn enter(&mut self, dir: &Path) -> Result<(), Error> {
        std::env::set_current_dir(dir).map_err(|error| {
            Error::new(
                Kind::Usage,
                format!("cannot change to `{}`: {}", dir.display(), io_reason(&error)),
            )
            .at("-C")
        })?;
        self.cwd = std::env::current_dir().map_err(|error| io_reason(&error));
        Ok(())
    }

    /// Returns the user's home directory. An unset or relative `HOME` means that there is none: the
    /// password database is not asked, so that a scrubbed environment never reads the real user's
    /// keys.
    pub fn home(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            directories::BaseDirs::new().map(|bases| bases.home_dir().to_owned())
        } else {
            self.env.path("HOME")
        }
    }

    /// Returns the directory below which programs keep configuration.
    ///
    /// # Why
    /// On macOS `directories` gives `~/Library/Application Support`; command-line users look in
    /// `~/.config`, and programs that began with the former had to move their users.
    pub fn config_base(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            return directories::BaseDirs::new().map(|bases| bases.config_dir().to_owned());
        }
        self.env.path("XDG_CONFIG_HOME").or_else(|| Some(self.home()?.join(".config")))
    }

    /// Returns the directory of carto's own state: trust records. `XDG_STATE_HOME` counts on every system,
    /// where it is set.
    ///
    /// # Why
    /// On Linux `directories` finds a dozen places to give this one, at every start; the rule is
    /// two lines, and a test holds both to the same answer.
    pub fn state_dir(&self) -> Option<PathBuf> {
        let home = self.home()?;
        if let Some(base) = self.env.path("XDG_STATE_HOME") {
            return Some(base.join("carto"));
        }
        if cfg!(target_os = "linux") {
            return Some(home.join(".local/state/carto"));
        }
        let bases = directories::BaseDirs::new()?;
        Some(bases.state_dir().unwrap_or_else(|| bases.data_local_dir()).join("carto"))
    }

    /// Returns the directory of carto's own data: installed plugins. `XDG_DATA_HOME` counts on every
    /// system, where it is set.
    pub fn data_dir(&self) -> Option<PathBuf> {
        let mut home = self.home()?;
        if let Some(base) = self.env.path("XDG_DATA_HOME") {
            return Some(base.join("carto"));
        }
        if cfg!(target_os = "linux") {
            home.push(".local/share/carto");
            return Some(home);
        }
        Some(directories::BaseDirs::new()?.data_local_dir().join("carto"))
    }

    /// Returns the path of the running program, for plugins that call back.
    pub fn program() -> Option<PathBuf> {
        std::env::current_exe().ok()
    }

    /// Whether standard input is a terminal.
    pub fn stdin_is_terminal() -> bool {
        io::stdin().is_terminal()
    }

    /// Whether a person can be asked: standard input and standard error are terminals.
    pub fn can_ask() -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }
}

/// The environment as it was at the start.
#[derive(Clone)]
pub struct Env(Vec<(OsString, OsString)>);

impl Env {
    /// Takes variables in the order of the process's block; of duplicates the first counts, as for
    /// `getenv`.
    pub fn new(variables: Vec<(OsString, OsString)>) -> Self {
        Env(variables)
    }

    /// Returns a variable's value; an empty value counts as unset.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        let found = self.0.iter().find(|(key, _)| same_name(key, name))?;
        Some(found.1.as_os_str()).filter(|value| !value.is_empty())
    }

    /// Returns a variable's value as text.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.to_str().map(Some).ok_or_else(|| {
                Error::new(Kind::Usage, format!("the value of `{name}` is not UTF-8"))
                    .at(name)
                    .help(format!("unset {name}"))
            }),
        }
    }

    /// Returns a variable that holds an absolute path; a relative one counts as unset, as the XDG
    /// base directory specification asks.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// Leaves out every variable of a name, duplicates included.
    pub fn forget(&mut self, name: &str) {
        self.0.retain(|(key, _)| !same_name(key, name));
    }

    /// Returns every variable, duplicates included.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(key, value)| (key.as_os_str(), value.as_os_str()))
    }
}

impl std::fmt::Debug for Env {
    // The environment can hold keys: names only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(key, _)| key)).finish()
    }
}

/// Whether two names mean one variable on this platform.
pub fn same_name(key: &OsStr, name: &str) -> bool {
    if cfg!(windows) { key.eq_ignore_ascii_case(name) } else { key == name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Env {
        Env::new(pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect())
    }

    #[test]
    fn the_first_duplicate_counts_and_empty_is_unset() {
        let env = env(&[("A", "1"), ("A", "2"), ("B", ""), ("C", "rel/x"), ("D", "/abs")]);
        assert_eq!(env.get("A"), Some(OsStr::new("1")));
        assert_eq!(env.get("B"), None);
        assert_eq!(env.path("C"), None);
        #[cfg(unix)]
        assert_eq!(env.path("D"), Some(PathBuf::from("/abs")));
    }

    /// `directories` asks the environment of this process; what it says then, the rule says too.
    #[cfg(target_os = "linux")]
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the process's own home is what is compared")]
    fn the_places_are_those_of_the_platform() {
        let Some(bases) = directories::BaseDirs::new() else { return };
        let env = Env::new(std::env::vars_os().collect());
        let here = Invocation { args: Vec::new(), env, cwd: Ok(PathBuf::from("/")) };
        if here.home().is_none() {
            return;
        }
        assert_eq!(here.state_dir(), bases.state_dir().map(|dir| dir.join("carto")));
        assert_eq!(here.data_dir(), Some(bases.data_local_dir().join("carto")));
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", env(&[("CARTO_API_KEY", "marker")])), r#"["CARTO_API_KEY"]"#);
    }
}
