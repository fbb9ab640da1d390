//! The nearest project: its bytes, read once, and how far they are trusted.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::account::ProjectFacts;
use crate::config::places::{CONFIG_FILE, CREDENTIALS_FILE, PLUGIN_LOCK, ProjectPlace};
use crate::error::{Error, Kind};
use crate::project::trust::{Record, Trust};
use crate::read_file::{FileBytes, ProjectDir};

/// The longest project file that is read, in bytes.
pub const PROJECT_LIMIT: u64 = 1024 * 1024;

/// How far a project is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectStanding {
    /// Its exact bytes were approved, or it has no settings.
    Trusted,
    /// Nobody approved it.
    Untrusted,
    /// Another version of it was approved.
    Changed,
    /// The user wants it left out.
    Denied,
    /// Others can change it, or it is not what it seems; with the reason.
    Foreign(String),
}

impl fmt::Display for ProjectStanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProjectStanding::Trusted => f.write_str("trusted"),
            ProjectStanding::Untrusted => f.write_str("not trusted"),
            ProjectStanding::Changed => f.write_str("changed since it was trusted"),
            ProjectStanding::Denied => f.write_str("left out (carto trust --deny)"),
            ProjectStanding::Foreign(reason) => write!(f, "not read: {reason}"),
        }
    }
}

/// The nearest project.
#[derive(Debug)]
pub struct Project {
    /// Where it is.
    pub place: ProjectPlace,
    /// How far it is trusted.
    pub standing: ProjectStanding,
    /// What was said about it before.
    pub record: Option<Record>,
    /// The bytes of its settings; the hash was taken from these very bytes.
    pub config: Option<Vec<u8>>,
    /// The bytes of its lock of plugins, judged with the settings.
    pub plugins: Option<Vec<u8>>,
    dir: Option<ProjectDir>,
}

impl Project {
    /// Opens a project and judges it.
    ///
    /// # Errors
    /// A trust record that cannot be read; a file of the project that cannot be read.
    pub fn open(place: &ProjectPlace, trust: &Trust) -> Result<Self, Error> {
        let mut project = Project::open_once(place, trust)?;
        // carto may be writing it: then the record that was read first is older than the file.
        while project.standing == ProjectStanding::Changed {
            let now = Project::open_once(place, trust)?;
            let same = (&now.config, &now.plugins) == (&project.config, &project.plugins);
            if same && now.record == project.record {
                break;
            }
            project = now;
        }
        Ok(project)
    }

    fn open_once(place: &ProjectPlace, trust: &Trust) -> Result<Self, Error> {
        let record = trust.record(&place.root)?;
        let mut project = Project {
            place: place.clone(),
            standing: ProjectStanding::Untrusted,
            record,
            config: None,
            plugins: None,
            dir: None,
        };
        if project.record.as_ref().is_some_and(|record| record.denied) {
            project.standing = ProjectStanding::Denied;
            return Ok(project);
        }
        let dir = match ProjectDir::open(&place.root) {
            Ok(dir) => dir,
            Err(error) => {
                project.standing = ProjectStanding::Foreign(error.to_string());
                return Ok(project);
            }
        };
        let read = dir.read(CONFIG_FILE, PROJECT_LIMIT);
        let plugins = dir.read(PLUGIN_LOCK, PROJECT_LIMIT);
        let foreign = match (&read, &plugins) {
            (Err(error), _) | (_, Err(error)) => Some(error.to_string()),
            _ => dir.foreign().map(ToString::to_string),
        };
        if let Some(reason) = foreign {
            project.judge_foreign(&dir, reason);
        } else {
            project.config = read.ok().flatten().map(|file| file.bytes);
            project.plugins = plugins.ok().flatten().map(|file| file.bytes);
            project.standing = project.judged();
        }
        project.dir = Some(dir);
        Ok(project)
    }

    /// A foreign project counts only when its exact bytes were approved.
    fn judge_foreign(&mut self, dir: &ProjectDir, reason: String) {
        self.standing = ProjectStanding::Foreign(reason);
        let Some(record) = &self.record else { return };
        let Ok(Some(file)) = dir.read_anyway(CONFIG_FILE, PROJECT_LIMIT) else { return };
        let Ok(plugins) = dir.read_anyway(PLUGIN_LOCK, PROJECT_LIMIT) else { return };
        let plugins = plugins.map(|file| file.bytes);
        if record.trusts_config(&file.bytes) && record.trusts_plugins(plugins.as_deref()) {
            self.standing = ProjectStanding::Trusted;
            self.config = Some(file.bytes);
            self.plugins = plugins;
        }
    }

    fn judged(&self) -> ProjectStanding {
        let (config, plugins) = (self.config.as_deref(), self.plugins.as_deref());
        if config.is_none() && plugins.is_none() {
            return ProjectStanding::Trusted;
        }
        let Some(record) = &self.record else { return ProjectStanding::Untrusted };
        let is_approved = config.is_none_or(|bytes| record.trusts_config(bytes));
        if is_approved && record.trusts_plugins(plugins) {
            return ProjectStanding::Trusted;
        }
        let was_approved = record.config.is_some() || record.plugins.is_some();
        if was_approved { ProjectStanding::Changed } else { ProjectStanding::Untrusted }
    }

    /// Whether what it says may be read at all.
    pub fn counts(&self) -> bool {
        !matches!(self.standing, ProjectStanding::Denied | ProjectStanding::Foreign(_))
    }

    /// Returns what the choice of the account has to know; nothing when the project is left out.
    pub fn facts(&self) -> Option<ProjectFacts> {
        if self.standing == ProjectStanding::Denied {
            return None;
        }
        Some(ProjectFacts {
            foreign: match &self.standing {
                ProjectStanding::Foreign(reason) => Some(reason.clone()),
                _ => None,
            },
            changed: self.standing == ProjectStanding::Changed,
            root: self.place.root.display().to_string(),
        })
    }

    /// Returns the path of one of its files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.place.dir().join(name)
    }

    /// Returns the root.
    pub fn root(&self) -> &Path {
        &self.place.root
    }

    /// Returns the bytes of its credentials file, approved or not.
    pub fn raw_credentials(&self) -> Result<Option<FileBytes>, Error> {
        let Some(dir) = &self.dir else { return Ok(None) };
        if dir.foreign().is_some() {
            return Ok(dir.read_anyway(CREDENTIALS_FILE, PROJECT_LIMIT)?);
        }
        match dir.read(CREDENTIALS_FILE, PROJECT_LIMIT) {
            Ok(file) => Ok(file),
            // Foreign in itself, as a link: approved bytes are still approved.
            Err(_) => Ok(dir.read_anyway(CREDENTIALS_FILE, PROJECT_LIMIT)?),
        }
    }

    /// Returns the bytes of one of its files for a review, foreign or not.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn raw(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        // The bytes that were judged are the ones that are shown.
        if name == CONFIG_FILE && self.config.is_some() {
            return Ok(self.config.clone());
        }
        if name == PLUGIN_LOCK && self.plugins.is_some() {
            return Ok(self.plugins.clone());
        }
        let file = match &self.dir {
            Some(dir) => dir.read_anyway(name, PROJECT_LIMIT)?,
            None => ProjectDir::open(&self.place.root)?.read_anyway(name, PROJECT_LIMIT)?,
        };
        Ok(file.map(|file| file.bytes))
    }

    /// Reads one of its files as it is now; a link is not followed.
    pub fn read_now(&self, path: &Path) -> Result<Option<FileBytes>, Error> {
        let (Some(dir), Some(name)) = (&self.dir, path.file_name().and_then(|name| name.to_str()))
        else {
            return Ok(None);
        };
        dir.read(name, PROJECT_LIMIT)
            .map_err(|error| Error::new(Kind::Refused, error.to_string()).at(path.display()))
    }

    /// Returns its credentials, when their exact bytes were approved.
    pub fn credentials(&self, trust: &Trust) -> Result<Option<(PathBuf, FileBytes)>, Error> {
        if !self.counts() {
            return Ok(None);
        }
        let mut record = self.record.clone();
        loop {
            let Some(known) = record.as_ref().filter(|record| record.names_credentials()) else {
                return Ok(None);
            };
            let Some(file) = self.raw_credentials()? else { return Ok(None) };
            if known.trusts_credentials(&file.bytes) {
                return Ok(Some((self.file(CREDENTIALS_FILE), file)));
            }
            // carto may be writing them: then the record that was read first is the older one.
            let now = trust.record(self.root())?;
            if now == record {
                return Ok(None);
            }
            record = now;
        }
    }
}
