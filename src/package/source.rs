//! `PackageSource`: where plugins come from, as the user names it.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind};
use crate::escape;

/// The endings of archives that are unpacked.
const ARCHIVES: [&str; 3] = [".tar.gz", ".tgz", ".zip"];

/// Where plugins come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageSource {
    /// A directory, which is copied.
    Directory(PathBuf),
    /// An archive on this machine.
    Archive(PathBuf),
    /// A repository of git.
    Git(GitSource),
    /// A package of the Python index that pip is set up for.
    Pip(NamedPackage),
    /// A crate of the registry that cargo is set up for.
    Cargo(NamedPackage),
    /// A directory whose programs run where they are.
    Link(PathBuf),
}

/// A package by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPackage {
    /// The name at the index.
    pub name: String,
    /// The version that was asked for; the newest when left out.
    pub version: Option<String>,
}

/// A repository of git.
#[derive(Clone, PartialEq, Eq)]
pub struct GitSource {
    /// The URL, without a secret.
    pub url: String,
    /// A branch, tag or commit; the repository's own branch when left out.
    pub revision: Option<String>,
    /// User and password that stood in the URL. They are for this run alone.
    pub login: Option<(String, String)>,
}

/// The login is not shown.
impl fmt::Debug for GitSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitSource").field("url", &self.url).finish_non_exhaustive()
    }
}

impl PackageSource {
    /// Reads what the user typed; a relative path is one below `cwd`.
    ///
    /// # Errors
    /// It is none of the forms, or names nothing that is there.
    pub fn parse(text: &str, cwd: &Path) -> Result<Self, Error> {
        if let Some(rest) = text.strip_prefix("git+") {
            return GitSource::parse(rest).map(PackageSource::Git);
        }
        if let Some(rest) = text.strip_prefix("pip:") {
            return NamedPackage::parse(rest, "==").map(PackageSource::Pip);
        }
        if let Some(rest) = text.strip_prefix("cargo:") {
            return NamedPackage::parse(rest, "@").map(PackageSource::Cargo);
        }
        if let Some((scheme, _)) = text.split_once("://") {
            let error =
                Error::new(Kind::Usage, format!("`{}` is no source of plugins", shown(scheme)))
                    .note("carto itself downloads nothing");
            return Err(error
                .help("curl -LO URL, then carto plugin install FILE")
                .help("carto plugin install git+https://HOST/REPOSITORY"));
        }
        let path = cwd.join(text);
        match path.metadata() {
            Ok(facts) if facts.is_dir() => Ok(PackageSource::Directory(tidy(path))),
            Ok(_) if ARCHIVES.iter().any(|end| text.ends_with(end)) => {
                Ok(PackageSource::Archive(tidy(path)))
            }
            Ok(_) => Err(Error::new(Kind::Usage, "this file is no archive that carto unpacks")
                .at(escape::line(&path.display().to_string()))
                .note(format!("it unpacks {}", ARCHIVES.join(", ")))),
            Err(_) => Err(Error::new(Kind::NotThere, format!("there is no `{}`", shown(text)))
                .note("a source is a directory, an archive, git+URL, pip:NAME or cargo:NAME")
                .help("carto plugin install --help")),
        }
    }

    /// Returns the name that its package gets.
    pub fn package(&self) -> String {
        let raw = match self {
            PackageSource::Directory(path) | PackageSource::Link(path) => name_of(path),
            PackageSource::Archive(path) => {
                let name = name_of(path);
                let end = ARCHIVES.iter().find(|end| name.ends_with(*end));
                end.and_then(|end| name.strip_suffix(end)).unwrap_or(&name).to_owned()
            }
            PackageSource::Git(git) => {
                let last = git.url.trim_end_matches('/').rsplit(['/', ':']).next();
                let last = last.unwrap_or_default();
                last.strip_suffix(".git").unwrap_or(last).to_owned()
            }
            PackageSource::Pip(package) | PackageSource::Cargo(package) => package.name.clone(),
        };
        package_name(&raw)
    }

    /// Whether it names one version, which an upgrade leaves.
    pub fn is_pinned(&self) -> bool {
        match self {
            PackageSource::Git(git) => git.revision.is_some(),
            PackageSource::Pip(package) | PackageSource::Cargo(package) => {
                package.version.is_some()
            }
            PackageSource::Directory(_) | PackageSource::Archive(_) | PackageSource::Link(_) => {
                false
            }
        }
    }

    /// Returns the kind, which is part of what a lock names.
    pub fn kind(&self) -> &'static str {
        match self {
            PackageSource::Directory(_) => "directory",
            PackageSource::Archive(_) => "archive",
            PackageSource::Git(_) => "git",
            PackageSource::Pip(_) => "pip",
            PackageSource::Cargo(_) => "cargo",
            PackageSource::Link(_) => "link",
        }
    }
}

/// As it can be typed again, without a secret.
impl fmt::Display for PackageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = |version: &Option<String>, sign: &str| {
            version.as_ref().map(|version| format!("{sign}{version}")).unwrap_or_default()
        };
        match self {
            PackageSource::Directory(path) | PackageSource::Archive(path) => {
                write!(f, "{}", path.display())
            }
            PackageSource::Link(path) => write!(f, "--link {}", path.display()),
            PackageSource::Git(git) => write!(f, "git+{}{}", git.url, version(&git.revision, "@")),
            PackageSource::Pip(package) => {
                write!(f, "pip:{}{}", package.name, version(&package.version, "=="))
            }
            PackageSource::Cargo(package) => {
                write!(f, "cargo:{}{}", package.name, version(&package.version, "@"))
            }
        }
    }
}

impl NamedPackage {
    fn parse(text: &str, sign: &str) -> Result<Self, Error> {
        let (name, version) = match text.split_once(sign) {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        // Neither can be an option of the package manager, nor anything but one word to it.
        let plain = |text: &str, more: &str| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        if !plain(name, "-_.") || !version.is_none_or(|version| plain(version, "-_.+!")) {
            let what = format!("`{}` is no package, and no package with its version", shown(text));
            return Err(Error::new(Kind::Usage, what)
                .help("carto plugin install pip:NAME==VERSION")
                .help("carto plugin install cargo:NAME@VERSION"));
        }
        Ok(NamedPackage { name: name.to_owned(), version: version.map(str::to_owned) })
    }
}

impl GitSource {
    fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || {
            Error::new(Kind::Usage, "this is no URL that git+ takes")
                .note("it takes https, http, ssh, git and file")
                .help("carto plugin install git+https://HOST/REPOSITORY@TAG")
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let is_known = ["https", "http", "ssh", "git", "file"].contains(&scheme);
        if !is_known || rest.is_empty() || escape::has_control(text) || text.contains(' ') {
            return Err(wrong());
        }
        // An `@` in the last part of the path begins the revision; one before it ends the login.
        let (rest, revision) = match rest.rsplit_once('@') {
            Some((url, revision)) if url.contains('/') && !revision.contains('/') => {
                (url, Some(revision.to_owned()))
            }
            // A branch may have slashes; then the host comes before the sign.
            Some((url, revision))
                if url
                    .split_once('/')
                    .is_some_and(|(host, path)| !host.is_empty() && !path.is_empty()) =>
            {
                (url, Some(revision.to_owned()))
            }
            _ => (rest, None),
        };
        if revision.as_ref().is_some_and(|name| name.is_empty() || name.starts_with('-')) {
            return Err(wrong());
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, host) = match host.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, host),
        };
        let (user, password) = match login.map(|login| login.split_once(':').unwrap_or((login, "")))
        {
            Some((user, password)) => (Some(user), password),
            None => (None, ""),
        };
        // The user of ssh says which account of the machine; with https it may be a token.
        let (shown_user, login) = match (scheme, user) {
            ("ssh", Some(user)) => (format!("{user}@"), None),
            (_, Some(user)) => (String::new(), Some((user.to_owned(), password.to_owned()))),
            (_, None) => (String::new(), None),
        };
        if host.starts_with('-') || shown_user.starts_with('-') {
            return Err(wrong());
        }
        Ok(GitSource { url: format!("{scheme}://{shown_user}{host}/{path}"), revision, login })
    }
}

/// Makes a package's name of what something is called: `carto-sql`, `carto_sql` and `sql` are one.
fn package_name(raw: &str) -> String {
    let lower = raw.to_ascii_lowercase().replace('_', "-");
    let name = lower.strip_prefix("carto-").unwrap_or(&lower);
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() { "plugin".to_owned() } else { name.to_owned() }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Returns the path as it is read again from elsewhere, without `.` and `..`. Windows' own form of it is
/// for no reader.
fn tidy(path: PathBuf) -> PathBuf {
    let tidied = if cfg!(windows) { std::path::absolute(&path) } else { path.canonicalize() };
    tidied.unwrap_or(path)
}

fn shown(text: &str) -> String {
    escape::line(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PackageSource, Error> {
        PackageSource::parse(text, Path::new("/"))
    }

    #[test]
    fn a_source_is_typed_in_one_of_five_forms() {
        for (text, package, pinned) in [
            ("pip:carto-print", "print", false),
            ("pip:Carto_Print==0.0.8", "print", true),
            ("cargo:carto-tiles@1.2.0", "tiles", true),
            ("git+https://example.com/acme/carto-tools.git", "tools", false),
            ("git+https://example.com/acme/tools@v1.2", "tools", true),
            ("git+https://example.com/acme/tools@feature/x", "tools", true),
            ("git+ssh://git@example.com/acme/tools@v1.2", "tools", true),
        ] {
            let source = parse(text).unwrap();
            assert_eq!(
                (source.package().as_str(), source.is_pinned()),
                (package, pinned),
                "{text}"
            );
            assert_eq!(parse(&source.to_string()).unwrap(), source, "{text}");
        }
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("carto-x")).unwrap();
        let found = PackageSource::parse("carto-x", dir.path()).unwrap();
        assert!(matches!(found, PackageSource::Directory(_)));
        assert_eq!(found.package(), "x");
    }

    #[test]
    fn what_would_be_an_option_or_a_command_is_no_source() {
        for text in [
            "pip:",
            "pip:--index-url=x",
            "pip:a==-x",
            "pip:a b",
            "pip:a@https://x",
            "cargo:-x",
            "cargo:a@",
            "git+ext::sh -c x",
            "git+https://",
            "git+https://-x/y",
            "git+ftp://x/y",
            "git+https://x/y@",
            "git+https://x/y@--upload-pack=x",
            "https://x/y.tar.gz",
            "nothing-here",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_in_a_url_is_kept_apart() {
        for text in
            ["git+https://ann:s3cret@example.com/x@v1", "git+https://s3cret@example.com/x@v1"]
        {
            let source = parse(text).unwrap();
            assert_eq!(source.to_string(), "git+https://example.com/x@v1");
            assert!(!format!("{source:?}").contains("s3cret"));
            let PackageSource::Git(git) = source else { panic!("{text}") };
            let login = git.login.unwrap();
            assert!(login.0 == "s3cret" || login.1 == "s3cret");
        }
        let source = parse("git+ssh://git:s3cret@example.com/x").unwrap();
        assert_eq!(source.to_string(), "git+ssh://git@example.com/x");
    }
}
