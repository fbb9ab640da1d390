//! The one way to change a file of a scope: read under the lock, edited, judged, replaced.

use std::path::{Path, PathBuf};

use crate::config::places::CREDENTIALS_FILE;
use crate::config::{Layer, Scope, Standing};
use crate::credential::store;
use crate::error::{Error, Kind};
use crate::foreign::git;
use crate::layer_file::approval::Approval;
use crate::layer_file::destination::Destination;
use crate::layer_file::length::{FORGET, UNSET, check_length};
use crate::replace_file::{Lock, Mode, Prepared, Target, clear_left_over, prepare};
use crate::resolve::context::Context;
use crate::toml::edit::{Change, EditError};

impl Destination {
    /// Changes the settings file: reads it under the lock, edits, judges the new text, replaces.
    /// Returns the file when something changed.
    pub fn edit_config(
        &self,
        context: &Context,
        change: impl Fn(&str, &Layer) -> Result<Change, EditError>,
        judge: impl Fn(&Layer) -> Result<(), Error>,
    ) -> Result<Option<PathBuf>, Error> {
        self.edit_config_under(&self.hold(context)?, context, change, judge)
    }

    /// Changes the settings file like [`Destination::edit_config`], under a lock that is held.
    pub fn edit_config_under(
        &self,
        lock: &Lock,
        context: &Context,
        change: impl Fn(&str, &Layer) -> Result<Change, EditError>,
        judge: impl Fn(&Layer) -> Result<(), Error>,
    ) -> Result<Option<PathBuf>, Error> {
        match self.ready_config(lock, context, change, judge)? {
            Some(ready) => ready.put(context).map(Some),
            None => Ok(None),
        }
    }

    /// Makes a change of the settings file ready; nothing where it changes nothing.
    pub fn ready_config(
        &self,
        lock: &Lock,
        context: &Context,
        change: impl Fn(&str, &Layer) -> Result<Change, EditError>,
        judge: impl Fn(&Layer) -> Result<(), Error>,
    ) -> Result<Option<ReadyFile<'_>>, Error> {
        let path = self.config_path();
        let old = self.read(&path)?.unwrap_or_default();
        let trusted = self.trusts_config(context, &old)?;
        // The text must be sound before it is edited: an edit must not hide what is wrong.
        let parsed;
        let layer = if let Some(layer) = context.layer_of(self.scope(), &path, &old) {
            layer
        } else {
            parsed = Layer::parse(self.scope(), Standing::Own, &path, old.clone())?;
            &parsed
        };
        let text = String::from_utf8_lossy(&old);
        let new = match change(&text, layer) {
            Ok(Change::Changed(new)) => new,
            Ok(Change::Unchanged) => {
                clear_left_over(&path, self.links(), lock)?;
                if trusted == Approval::Stays {
                    self.settle(context, |record| record.approve_config(&old))?;
                }
                return Ok(None);
            }
            Err(error) => return Err(edit_error(&path, &error)),
        };
        let layer = Layer::parse(self.scope(), Standing::Own, &path, new.clone().into_bytes())?;
        if let Some(problem) = layer.problems.first() {
            return Err(problem.clone());
        }
        judge(&layer)?;
        self.prepare_config(path, new.into_bytes(), lock, trusted).map(Some)
    }

    /// Reads the settings file as it is, sound or not, and makes its directory.
    ///
    /// # Errors
    /// It cannot be read, or the directory cannot be made.
    pub fn current(&self, context: &Context) -> Result<Option<Vec<u8>>, Error> {
        let path = self.config_path();
        let _lock = self.lock(context, &path)?;
        self.read(&path)
    }

    /// Puts a new text in the place of the settings file, if that is still what it was.
    ///
    /// # Errors
    /// Somebody else changed it meanwhile; it cannot be written.
    pub fn replace_config(
        &self,
        context: &Context,
        old: Option<&[u8]>,
        new: &[u8],
    ) -> Result<(), Error> {
        let path = self.config_path();
        let lock = self.lock(context, &path)?;
        let now = self.read(&path)?;
        if now.as_deref() != old {
            return Err(Error::new(
                Kind::Write,
                "the file was changed by another program meanwhile",
            )
            .at(path.display()));
        }
        let trusted = self.trusts_config(context, &now.unwrap_or_default())?;
        self.prepare_config(path, new.to_vec(), &lock, trusted)?.put(context).map(drop)
    }

    fn prepare_config(
        &self,
        path: PathBuf,
        new: Vec<u8>,
        lock: &Lock,
        approval: Approval,
    ) -> Result<ReadyFile<'_>, Error> {
        check_length(&path, &new, self.limit(), UNSET)?;
        let mode = if self.scope() == Scope::User { Mode::Private } else { Mode::Shared };
        let prepared = self.prepared(&path, &new, mode, lock)?;
        let record = if approval == Approval::Stays { Some(RecordOf::Config) } else { None };
        Ok(ReadyFile { destination: self, path, new, prepared, record })
    }

    /// Makes the new file; where a link leads to one that cannot be written, that is said, not how to
    /// change its mode.
    fn prepared(
        &self,
        path: &Path,
        new: &[u8],
        mode: Mode,
        lock: &Lock,
    ) -> Result<Prepared, Error> {
        prepare(path, new, mode, self.links(), lock).map_err(|error| {
            let is_linked = error.path != path;
            let target = error.path.display().to_string();
            let error = Error::from(error);
            if !is_linked {
                return error;
            }
            Error { help: Vec::new(), ..error }
                .note(format!("{} is a link to {target}", path.display()))
        })
    }

    /// Changes the credentials file in the same way, and keeps it out of git.
    pub fn edit_credentials<T>(
        &self,
        context: &Context,
        change: impl FnOnce(&Path, &str) -> Result<(Change, T), Error>,
    ) -> Result<(PathBuf, T), Error> {
        self.directory()?;
        self.edit_credentials_under(&self.hold(context)?, context, change)
    }

    /// Changes the credentials file like [`Destination::edit_credentials`], under a lock that is
    /// held.
    pub fn edit_credentials_under<T>(
        &self,
        lock: &Lock,
        context: &Context,
        change: impl FnOnce(&Path, &str) -> Result<(Change, T), Error>,
    ) -> Result<(PathBuf, T), Error> {
        let (ready, told) = self.ready_credentials(lock, context, change)?;
        let path = match ready {
            Some(ready) => ready.put(context)?,
            None => self.directory()?.join(CREDENTIALS_FILE),
        };
        Ok((path, told))
    }

    /// Makes a change of the credentials file ready, and keeps the file out of git; nothing where it
    /// changes nothing.
    pub fn ready_credentials<T>(
        &self,
        lock: &Lock,
        context: &Context,
        change: impl FnOnce(&Path, &str) -> Result<(Change, T), Error>,
    ) -> Result<(Option<ReadyFile<'_>>, T), Error> {
        let path = self.directory()?.join(CREDENTIALS_FILE);
        let old = self.read(&path)?;
        self.only_approved(context, &path, old.as_deref())?;
        let old = old.unwrap_or_default();
        let text = store::text_of(&path, &old)?;
        let (change, told) = change(&path, text)?;
        let Change::Changed(new) = change else {
            clear_left_over(&path, self.links(), lock)?;
            self.settle(context, |record| record.approve_credentials(&old))?;
            return Ok((None, told));
        };
        check_length(&path, new.as_bytes(), self.limit(), FORGET)?;
        if brings_key(&path, text, &new)? {
            let target = Target::resolve(&path, self.links())?;
            git::keep_out(&context.invocation.env, target.path(), &mut |text| {
                context.output.note(text);
            })?;
        }
        // Sources of the system are for everybody to read; without a key there is nothing to hide.
        let open = self.scope() == Scope::System && !holds_key(&path, &new)?;
        let mode = if open { Mode::Shared } else { Mode::Keys };
        let prepared = self.prepared(&path, new.as_bytes(), mode, lock)?;
        let record = Some(RecordOf::Credentials);
        let new = new.into_bytes();
        Ok((Some(ReadyFile { destination: self, path, new, prepared, record }), told))
    }
}

/// A change of a file that is ready: only a rename is left. Dropped, it leaves everything as it was.
///
/// Who changes two files makes both ready before the first is put, so that neither is written where the
/// other cannot be.
pub struct ReadyFile<'a> {
    destination: &'a Destination,
    path: PathBuf,
    new: Vec<u8>,
    prepared: Prepared,
    record: Option<RecordOf>,
}

/// Which part of a project's record says that a file is approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RecordOf {
    /// That of the settings.
    Config,
    /// That of the credentials.
    Credentials,
}

impl ReadyFile<'_> {
    /// Puts the file in its place; in a project it stays approved. Returns its path.
    pub fn put(self, context: &Context) -> Result<PathBuf, Error> {
        let ReadyFile { destination, path, new, prepared, record } = self;
        let recorded = match (destination, record) {
            (Destination::Project(project), Some(record)) => Some((project.root(), record)),
            _ => None,
        };
        // Both versions are trusted meanwhile: a run may end, and another read, between any two
        // steps.
        if let Some((root, of)) = recorded {
            context.update_trust(root, |record| match of {
                RecordOf::Config => record.expect_config(&new),
                RecordOf::Credentials => record.expect_credentials(&new),
            })?;
        }
        let replaced = prepared.commit()?;
        if replaced.broke_hard_link && record != Some(RecordOf::Credentials) {
            context.output.warning(&format!(
                "{} was a hard link; the other names keep the old text",
                path.display()
            ));
        }
        if let Some((root, of)) = recorded {
            context.update_trust(root, |record| match of {
                RecordOf::Config => record.approve_config(&new),
                RecordOf::Credentials => record.approve_credentials(&new),
            })?;
        }
        Ok(path)
    }
}

/// Puts several files that are ready, one after the other.
///
/// # Errors
/// A rename fails: which files were written before is said.
pub fn put_all<'a>(
    context: &Context,
    files: impl IntoIterator<Item = ReadyFile<'a>>,
) -> Result<(), Error> {
    let mut written: Vec<PathBuf> = Vec::new();
    for file in files {
        match file.put(context) {
            Ok(path) => written.push(path),
            Err(error) => return Err(after(error, &written)),
        }
    }
    Ok(())
}

/// Says what was written before something failed.
fn after(error: Error, written: &[PathBuf]) -> Error {
    written.iter().fold(error, |error, path| {
        error.note(format!("{} was written before this failed", path.display()))
    })
}

/// Whether a new text of a credentials file has a key that the old one has not. Forgetting one is
/// right wherever it stands.
fn brings_key(path: &Path, old: &str, new: &str) -> Result<bool, Error> {
    let keys = |text: &str| store::parse(Scope::User, path, text.as_bytes());
    let old = keys(old)?;
    let new = keys(new)?;
    let mut literals = new.iter().filter(|entry| entry.key.literal().is_some());
    Ok(literals.any(|entry| !old.iter().any(|known| known.key.same_as(&entry.key))))
}

fn holds_key(path: &Path, text: &str) -> Result<bool, Error> {
    let entries = store::parse(Scope::User, path, text.as_bytes())?;
    Ok(entries.iter().any(|entry| entry.key.literal().is_some()))
}

/// Puts an editing error into the words of the command.
pub fn edit_error(path: &Path, error: &EditError) -> Error {
    let kind = match error {
        EditError::Syntax { .. } => Kind::Invalid,
        EditError::NotThere => Kind::NotThere,
        EditError::Mismatch => Kind::Internal,
        _ => Kind::Usage,
    };
    let place = match error {
        EditError::Syntax { line, column, .. } => format!("{}:{line}:{column}", path.display()),
        _ => path.display().to_string(),
    };
    Error::new(kind, error.to_string()).at(place)
}
