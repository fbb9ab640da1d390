//! What of a project's bytes the user has approved.
//!
//! One record a project, found by its canonical path, in carto's own state directory. A record
//! holds the hash of the very bytes that were shown; any change asks again. `config.toml` and
//! `credentials.toml` are approved apart.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Kind};
use crate::read_file::{FileReadError, check_own_directory, read_own};
use crate::replace_file::{Links, Lock, Mode, create_private_dir, remove, replace};

/// The version of the record's form; another one is not read.
const VERSION: u32 = 1;
/// Settings that are longer are trusted without being kept for the next review's diff.
const KEPT_TEXT: usize = 64 * 1024;
const RECORD_LIMIT: u64 = 1024 * 1024;

/// The SHA-256 of some bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(String);

impl Hash {
    /// Hashes bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Hash::spelled(&Sha256::digest(bytes))
    }

    /// Hashes a file, of any length.
    pub fn of_file(path: &Path) -> std::io::Result<Self> {
        use std::io::Read as _;
        let mut file = std::fs::File::open(path)?;
        let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(Hash::spelled(&hasher.finalize())),
                length => hasher.update(buffer.get(..length).unwrap_or_default()),
            }
        }
    }

    fn spelled(digest: &[u8]) -> Self {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
        let mut hex = String::with_capacity(64);
        for byte in digest {
            hex.push(digit(byte >> 4));
            hex.push(digit(byte & 15));
        }
        Hash(hex)
    }

    /// Reads `sha256:HEX`.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?.to_ascii_lowercase();
        (hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(Hash(hex))
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}

/// What the user has said about one project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    version: u32,
    /// The project's root, canonical; escaped where it is not UTF-8.
    pub path: String,
    /// Whether the project is left out from now on.
    #[serde(default)]
    pub denied: bool,
    /// The approved settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Hash>,
    /// The approved credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Hash>,
    /// The approved lock of plugins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugins: Option<Hash>,
    /// The approved settings themselves, for the next review's diff. Never credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_text: Option<String>,
    /// What carto is about to write, so that no moment between file and record is untrusted.
    #[serde(default, skip_serializing_if = "Coming::is_none")]
    coming: Coming,
}

/// The files that carto is about to write into a trusted project. They are named before the file
/// changes and forgotten after it: a run that ends between leaves both versions trusted, which the
/// user had both approved or made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Coming {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    config: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    credentials: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plugins: Option<Hash>,
}

impl Coming {
    fn is_none(&self) -> bool {
        *self == Coming::default()
    }
}

impl Record {
    fn new(root: &Path) -> Self {
        Record {
            version: VERSION,
            path: spelled(root),
            denied: false,
            config: None,
            credentials: None,
            plugins: None,
            config_text: None,
            coming: Coming::default(),
        }
    }

    /// Whether these are the approved settings. A project without settings has nothing to approve.
    pub fn trusts_config(&self, bytes: &[u8]) -> bool {
        let hash = Some(Hash::of(bytes));
        self.config == hash || self.coming.config == hash
    }

    /// Whether these are the approved credentials.
    pub fn trusts_credentials(&self, bytes: &[u8]) -> bool {
        let hash = Some(Hash::of(bytes));
        self.credentials == hash || self.coming.credentials == hash
    }

    /// Whether this is the approved lock of plugins; that there is none is approved, too.
    pub fn trusts_plugins(&self, bytes: Option<&[u8]>) -> bool {
        let hash = bytes.map(Hash::of);
        self.plugins == hash || hash.is_some() && self.coming.plugins == hash
    }

    /// Whether any credentials were approved.
    pub fn names_credentials(&self) -> bool {
        self.credentials.is_some() || self.coming.credentials.is_some()
    }

    /// Whether a run ended between what it named and what it wrote.
    pub fn is_unsettled(&self) -> bool {
        !self.coming.is_none()
    }

    /// Names settings that are about to be written.
    pub fn expect_config(&mut self, bytes: &[u8]) {
        self.coming.config = Some(Hash::of(bytes));
    }

    /// Names credentials that are about to be written.
    pub fn expect_credentials(&mut self, bytes: &[u8]) {
        self.coming.credentials = Some(Hash::of(bytes));
    }

    /// Names a lock of plugins that is about to be written.
    pub fn expect_plugins(&mut self, bytes: &[u8]) {
        self.coming.plugins = Some(Hash::of(bytes));
    }

    /// Approves a lock of plugins, or that there is none.
    pub fn approve_plugins(&mut self, bytes: Option<&[u8]>) {
        self.coming.plugins = None;
        self.plugins = bytes.map(Hash::of);
    }

    /// Approves settings.
    pub fn approve_config(&mut self, bytes: &[u8]) {
        self.denied = false;
        self.coming.config = None;
        self.config = Some(Hash::of(bytes));
        self.config_text = std::str::from_utf8(bytes)
            .ok()
            .filter(|text| text.len() <= KEPT_TEXT)
            .map(str::to_owned);
    }

    /// Approves credentials.
    pub fn approve_credentials(&mut self, bytes: &[u8]) {
        self.coming.credentials = None;
        self.credentials = Some(Hash::of(bytes));
    }
}

/// The records of this user.
#[derive(Clone, Debug)]
pub struct Trust {
    dir: Option<PathBuf>,
    access: Access,
}

/// Whose the place of the records is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The user's own.
    Mine,
    /// It lies below a home of somebody else: what may not be read counts as missing, and nothing
    /// is written.
    HomeOfAnother,
}

impl Trust {
    /// Names the place of the records; without a home there are none.
    pub fn at(state_dir: Option<&Path>, access: Access) -> Self {
        Trust { dir: state_dir.map(|dir| dir.join("trust")), access }
    }

    /// Returns the place of the records when they may be written.
    ///
    /// # Errors
    /// There is no home, or it is somebody else's.
    pub fn writable(&self) -> Result<&Path, Error> {
        match (&self.dir, self.access) {
            (None, _) => Err(no_home()),
            (Some(dir), Access::Mine) => Ok(dir),
            (Some(dir), Access::HomeOfAnother) => Err(Error::new(
                Kind::Write,
                "HOME belongs to another user; no trust is recorded below it",
            )
            .at(dir.display())
            .help("set HOME to your own (sudo -H does), or XDG_STATE_HOME")),
        }
    }

    /// Returns what was said about a project.
    ///
    /// # Errors
    /// A record that is there and cannot be read, or that somebody else could have written.
    pub fn record(&self, root: &Path) -> Result<Option<Record>, Error> {
        let Some(dir) = &self.dir else { return Ok(None) };
        let path = dir.join(file_name(root));
        let record = match read_own(&path, RECORD_LIMIT) {
            Err(error) if error.is_permission() && self.access == Access::HomeOfAnother => None,
            Err(error) => return Err(error.into()),
            Ok(None) => None,
            Ok(Some(file)) => {
                // Who can write the directory can bring an old record back.
                check_own_directory(dir)?;
                Some(parse_record(&path, &file.bytes)?)
            }
        };
        Ok(record.filter(|record| record.path == spelled(root)))
    }

    /// Changes what is said about a project; a new record begins empty. `notice` is told who is
    /// waited for.
    ///
    /// # Errors
    /// The state directory or the record cannot be written.
    pub fn update(
        &self,
        root: &Path,
        notice: &mut dyn FnMut(&str),
        change: impl FnOnce(&mut Record),
    ) -> Result<(), Error> {
        let dir = self.writable()?;
        create_private_dir(dir)?;
        let lock = Lock::directory_telling(dir, notice)?;
        let path = dir.join(file_name(root));
        let record = match read_own(&path, RECORD_LIMIT) {
            // What cannot be read now may be read tomorrow.
            Err(error @ FileReadError::Io { .. }) => return Err(error.into()),
            // A damaged record is replaced: it says nothing any more.
            Err(_) | Ok(None) => None,
            Ok(Some(file)) => parse_record(&path, &file.bytes).ok(),
        };
        let mut record = record.unwrap_or_else(|| Record::new(root));
        if record.path != spelled(root) {
            record = Record::new(root);
        }
        change(&mut record);
        let mut text = serde_json::to_string_pretty(&record)
            .map_err(|error| Error::new(Kind::Internal, error.to_string()))?;
        text.push('\n');
        replace(&path, text.as_bytes(), Mode::Private, Links::Refuse, &lock)?;
        Ok(())
    }

    /// Forgets what was said about a project.
    pub fn forget(&self, root: &Path, notice: &mut dyn FnMut(&str)) -> Result<(), Error> {
        let dir = self.writable()?;
        let lock = Lock::directory_telling(dir, notice)?;
        remove(&dir.join(file_name(root)), Links::Refuse, &lock)?;
        Ok(())
    }

    /// Lists every record, by path. A record that cannot be read is an error of its own.
    pub fn all(&self) -> Result<Vec<Record>, Error> {
        let Some(dir) = &self.dir else { return Ok(Vec::new()) };
        let Ok(entries) = std::fs::read_dir(dir) else { return Ok(Vec::new()) };
        let mut records = Vec::new();
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension() == Some(OsStr::new("json")) {
                records.extend(read_record(&path)?);
            }
        }
        records.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(records)
    }
}

fn no_home() -> Error {
    Error::new(Kind::Write, "there is no place for trust records: HOME is not set")
        .help("set HOME to an absolute path")
}

fn read_record(path: &Path) -> Result<Option<Record>, Error> {
    match read_own(path, RECORD_LIMIT)? {
        None => Ok(None),
        Some(file) => parse_record(path, &file.bytes).map(Some),
    }
}

fn parse_record(path: &Path, bytes: &[u8]) -> Result<Record, Error> {
    let invalid = |why: String| {
        Error::new(Kind::Invalid, format!("the trust record cannot be read: {why}"))
            .at(path.display())
            .help("remove the file, then type `carto trust` in the project")
    };
    let record: Record =
        serde_json::from_slice(bytes).map_err(|error| invalid(error.to_string()))?;
    if record.version != VERSION {
        return Err(invalid(format!("version {} of its form is unknown", record.version)));
    }
    Ok(record)
}

fn file_name(root: &Path) -> String {
    Hash::of(root.as_os_str().as_encoded_bytes()).0 + ".json"
}

/// Writes a path so that two different ones never look the same.
pub fn spelled(root: &Path) -> String {
    match root.to_str() {
        Some(text) if !text.contains('\u{0}') => text.to_owned(),
        _ => format!("\u{0}{}", root.as_os_str().as_encoded_bytes().escape_ascii()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_read_as_they_are_printed() {
        let hash = Hash::of(b"abc");
        assert_eq!(
            hash.to_string(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(Hash::parse(&hash.to_string()), Some(hash));
        for text in ["", "sha256:", "abc", "sha256:zz", "SHA256:00"] {
            assert_eq!(Hash::parse(text), None);
        }
    }

    #[test]
    fn a_record_is_for_one_path_and_one_text() {
        let state = tempfile::tempdir().unwrap();
        let trust = Trust::at(Some(state.path()), Access::Mine);
        let root = Path::new("/a/work");
        assert_eq!(trust.record(root).unwrap(), None);
        trust.update(root, &mut |_| {}, |record| record.approve_config(b"x = 1\n")).unwrap();
        let record = trust.record(root).unwrap().unwrap();
        assert!(record.trusts_config(b"x = 1\n"));
        assert!(!record.trusts_config(b"x = 1 \n"));
        assert!(!record.trusts_credentials(b"x = 1\n"));
        assert_eq!(trust.record(Path::new("/a/work-evil")).unwrap(), None);
        trust.forget(root, &mut |_| {}).unwrap();
        assert_eq!(trust.record(root).unwrap(), None);
    }

    #[test]
    fn what_carto_is_about_to_write_is_trusted_before_and_after() {
        let state = tempfile::tempdir().unwrap();
        let trust = Trust::at(Some(state.path()), Access::Mine);
        let root = Path::new("/a/work");
        let update = |change: fn(&mut Record)| trust.update(root, &mut |_| {}, change).unwrap();
        let trusts = |old, new| {
            let record = trust.record(root).unwrap().unwrap();
            assert_eq!((record.trusts_config(b"old"), record.trusts_config(b"new")), (old, new));
            assert_eq!(record.trusts_credentials(b"old"), old);
            assert_eq!(record.trusts_credentials(b"new"), new);
            assert_eq!(record.is_unsettled(), old && new);
        };
        update(|record| {
            record.approve_config(b"old");
            record.approve_credentials(b"old");
        });
        trusts(true, false);
        update(|record| {
            record.expect_config(b"new");
            record.expect_credentials(b"new");
        });
        trusts(true, true);
        update(|record| {
            record.approve_config(b"new");
            record.approve_credentials(b"new");
        });
        trusts(false, true);
    }

    #[test]
    fn a_record_of_another_path_or_form_counts_for_nothing() {
        let state = tempfile::tempdir().unwrap();
        let trust = Trust::at(Some(state.path()), Access::Mine);
        let (mine, other) = (Path::new("/a/mine"), Path::new("/a/other"));
        trust.update(mine, &mut |_| {}, |record| record.approve_config(b"")).unwrap();
        let dir = state.path().join("trust");
        std::fs::copy(dir.join(file_name(mine)), dir.join(file_name(other))).unwrap();
        assert_eq!(trust.record(other).unwrap(), None);
        let text = std::fs::read_to_string(dir.join(file_name(mine))).unwrap();
        let newer = text.replace("\"version\": 1", "\"version\": 2");
        tempfile_write(&dir.join(file_name(mine)), &newer);
        assert_eq!(trust.record(mine).unwrap_err().kind, Kind::Invalid);
    }

    #[expect(clippy::disallowed_methods, reason = "a test plants a file")]
    fn tempfile_write(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
    }
}
