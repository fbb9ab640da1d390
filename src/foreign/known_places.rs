//! Where other programs keep their credentials.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A file that another program may have written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPlace {
    /// The program's name.
    pub program: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub holds: Holds,
}

/// What a program keeps in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Accounts with their keys.
    Accounts,
    /// Secrets of OAuth 1, of which no key can be made.
    OAuth,
}

/// Lists the places in a fixed order, the newest file of each program first, whether or not the
/// files exist. A place whose base directory is not known is left out.
pub fn known_places(
    variable: &dyn Fn(&str) -> Option<OsString>,
    home: Option<&Path>,
) -> Vec<KnownPlace> {
    places_on(Platform::of_this_build(), variable, home)
}

/// The systems whose programs keep files in other places.
#[derive(Clone, Copy)]
enum Platform {
    Windows,
    MacOs,
    Unix,
}

impl Platform {
    fn of_this_build() -> Self {
        if cfg!(windows) {
            Platform::Windows
        } else if cfg!(target_os = "macos") {
            Platform::MacOs
        } else {
            Platform::Unix
        }
    }
}

fn places_on(
    platform: Platform,
    variable: &dyn Fn(&str) -> Option<OsString>,
    home: Option<&Path>,
) -> Vec<KnownPlace> {
    let mut places = Vec::new();
    let mut add = |program, path, holds| {
        let place = KnownPlace { program, path, holds };
        if !places.contains(&place) {
            places.push(place);
        }
    };
    if let Some(directory) = cartoframes_directory(platform, variable, home) {
        for file in ["creds.json", "cartocreds.json"] {
            add("CARTOframes", directory.join(file), Holds::Accounts);
        }
    }
    let below_home = |file| home.map(|home| home.join(file));
    if let Some(path) = below_home(".carto_credentials.json") {
        add("CARTO's official command line", path, Holds::Accounts);
    }
    for path in [absolute(variable, "CARTO_DB"), below_home(".cartorc.yaml")].into_iter().flatten()
    {
        add("carto_cli", path, Holds::Accounts);
    }
    if let Some(path) = below_home(".cartodbrc") {
        add("cartodb-tools", path, Holds::OAuth);
    }
    places
}

/// Returns the path in a variable. A relative one would be read below whatever the current directory
/// is.
fn absolute(variable: &dyn Fn(&str) -> Option<OsString>, name: &str) -> Option<PathBuf> {
    variable(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Returns the user configuration directory that Python's `appdirs` finds for `cartoframes`. It
/// also takes a relative `XDG_CONFIG_HOME`: only an absolute one counts here.
fn cartoframes_directory(
    platform: Platform,
    variable: &dyn Fn(&str) -> Option<OsString>,
    home: Option<&Path>,
) -> Option<PathBuf> {
    let set = |name| absolute(variable, name);
    match platform {
        Platform::Windows => {
            let local = set("LOCALAPPDATA").or_else(|| Some(home?.join("AppData").join("Local")));
            Some(local?.join("cartoframes").join("cartoframes"))
        }
        Platform::MacOs => {
            Some(home?.join("Library").join("Application Support").join("cartoframes"))
        }
        Platform::Unix => {
            let base = set("XDG_CONFIG_HOME").or_else(|| Some(home?.join(".config")));
            Some(base?.join("cartoframes"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Absolute on the platform that runs the tests, whichever platform is asked about.
    const ROOT: &str = if cfg!(windows) { "C:\\" } else { "/" };

    fn paths(platform: Platform, set: &[(&str, &str)], home: Option<&str>) -> Vec<String> {
        let root = Path::new(ROOT);
        let variable = |name: &str| {
            let value = set.iter().find(|(n, _)| *n == name)?.1;
            Some(value.strip_prefix('/').map_or(value.into(), |rest| root.join(rest).into()))
        };
        let home = home.map(|home| root.join(home));
        let shown = |place: KnownPlace| {
            let path = place.path.strip_prefix(root).expect("an absolute path");
            path.display().to_string().replace('\\', "/")
        };
        places_on(platform, &variable, home.as_deref()).into_iter().map(shown).collect()
    }

    #[test]
    fn places_follow_the_platform_and_the_environment() {
        let other = &[("XDG_CONFIG_HOME", "/x"), ("LOCALAPPDATA", "/l")][..];
        for (platform, set, directory) in [
            (Platform::Unix, &[][..], "h/.config/cartoframes"),
            (Platform::Unix, other, "x/cartoframes"),
            (Platform::Unix, &[("XDG_CONFIG_HOME", "")], "h/.config/cartoframes"),
            (Platform::Unix, &[("XDG_CONFIG_HOME", "rel")], "h/.config/cartoframes"),
            (Platform::MacOs, other, "h/Library/Application Support/cartoframes"),
            (Platform::Windows, other, "l/cartoframes/cartoframes"),
            (Platform::Windows, &[], "h/AppData/Local/cartoframes/cartoframes"),
        ] {
            let expected = [
                format!("{directory}/creds.json"),
                format!("{directory}/cartocreds.json"),
                "h/.carto_credentials.json".to_owned(),
                "h/.cartorc.yaml".to_owned(),
                "h/.cartodbrc".to_owned(),
            ];
            assert_eq!(paths(platform, set, Some("h")), expected, "{set:?}");
        }
        assert_eq!(paths(Platform::Unix, other, None).len(), 2);
        for (value, carto_cli) in [
            ("/db/c.yaml", &["db/c.yaml", "h/.cartorc.yaml"][..]),
            ("/h/.cartorc.yaml", &["h/.cartorc.yaml"]),
            ("c.yaml", &["h/.cartorc.yaml"]),
            ("", &["h/.cartorc.yaml"]),
        ] {
            let all = paths(Platform::Unix, &[("CARTO_DB", value)], Some("h"));
            assert_eq!(all[3..all.len() - 1], *carto_cli, "{value:?}");
        }
        for platform in [Platform::Unix, Platform::MacOs, Platform::Windows] {
            assert!(paths(platform, &[], None).is_empty());
        }
    }
}
