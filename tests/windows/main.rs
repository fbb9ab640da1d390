//! What differs on Windows, with the real program: plugins by their extensions, arguments of `.cmd` files,
//! exit status, line ends, paths. Elsewhere there is nothing to do.

#![cfg(windows)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A machine with a user's directory, a directory of programs, and one to work in.
struct Machine {
    root: TempDir,
}

impl Machine {
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        for dir in ["config", "system", "bin", "work"] {
            fs::create_dir(root.path().join(dir)).unwrap();
            set_access(&root.path().join(dir), Access::Closed);
        }
        let machine = Machine { root };
        let ran = machine.carto(&["-q", "config", "set", "username", "ann"]);
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carto"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().to_uppercase().starts_with("CARTO_") {
                command.env_remove(name);
            }
        }
        command
            .env("CARTO_CONFIG_DIR", self.path("config"))
            .env("CARTO_SYSTEM_CONFIG_DIR", self.path("system"))
            .env("CARTO_CEILING_DIRECTORIES", self.root.path())
            .env("PATH", self.path("bin"))
            .env("XDG_STATE_HOME", self.path("state"))
            .current_dir(self.path("work"));
        command
    }

    fn carto(&self, args: &[&str]) -> Output {
        self.command().args(args).output().unwrap()
    }

    fn login(&self, key: &str) {
        let file = self.path("key.txt");
        fs::write(&file, format!("{key}\r\n")).unwrap();
        let ran = self
            .command()
            .args(["-q", "login", "https://ann.carto.com", "--key-stdin"])
            .stdin(fs::File::open(&file).unwrap())
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
    }

    fn plugin(&self, place: &str, text: &str) {
        fs::write(self.path(place), text.replace('\n', "\r\n")).unwrap();
    }
}

/// Whom a file or directory lets in.
#[derive(Clone, Copy)]
enum Access {
    Closed,
    Everyone,
}

/// Sets an access list. Wine makes a mode of it, and adds what the directory above lets others do, also
/// where the list shall stand alone; so what others may not do is said in it.
fn set_access(path: &Path, access: Access) {
    use windows_permissions::constants::{SeObjectType, SecurityInformation};
    use windows_permissions::wrappers::{ConvertSidToStringSid, SetNamedSecurityInfo};
    use windows_permissions::{LocalBox, SecurityDescriptor};

    let me = windows_permissions::utilities::current_process_sid().unwrap();
    let me = ConvertSidToStringSid(&me).unwrap().into_string().unwrap();
    let others = match access {
        Access::Closed => "D",
        Access::Everyone => "A",
    };
    let list = format!("D:P(A;OICI;FA;;;{me})({others};OICI;FA;;;WD)");
    let list: LocalBox<SecurityDescriptor> = list.parse().unwrap();
    let set = SecurityInformation::Dacl | SecurityInformation::ProtectedDacl;
    let kind = SeObjectType::SE_FILE_OBJECT;
    SetNamedSecurityInfo(path, kind, set, None, None, list.dacl(), None).unwrap();
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

#[test]
fn a_cmd_file_is_a_plugin_with_the_account_and_its_own_exit_status() {
    let machine = Machine::new();
    machine
        .plugin("bin/carto-foo.cmd", "@echo %CARTO_USERNAME% at %CARTO_BASE_URL% %1\n@exit /b 7\n");
    let ran = machine.carto(&["foo", "x"]);
    assert_eq!(text(&ran.stdout).trim_end(), "ann at https://ann.carto.com x", "{ran:?}");
    assert_eq!(ran.status.code(), Some(7));
    let ran = machine.carto(&["plugin", "which", "foo"]);
    assert!(text(&ran.stdout).to_lowercase().contains("carto-foo.cmd"), "{ran:?}");
    let ran = machine.carto(&["plugin", "list", "--name-only"]);
    assert_eq!(text(&ran.stdout).trim_end(), "foo", "{ran:?}");
}

/// An exit status has 32 bits there.
#[test]
fn a_wide_exit_status_is_not_cut() {
    let machine = Machine::new();
    machine.plugin("bin/carto-wide.cmd", "@exit 3000\n");
    assert_eq!(machine.carto(&["wide"]).status.code(), Some(3000));
}

/// Windows itself looks into the current directory first.
#[test]
fn a_plugin_in_the_current_directory_is_none() {
    let machine = Machine::new();
    machine.plugin("work/carto-here.cmd", "@echo planted\n");
    let ran = machine.carto(&["here"]);
    assert_eq!(ran.status.code(), Some(127), "{ran:?}");
    assert!(!text(&ran.stdout).contains("planted"));
    for path in [".", "", ".;bin", "bin;."] {
        let ran = machine.command().env("PATH", path).arg("here").output().unwrap();
        assert_eq!(ran.status.code(), Some(127), "{path}: {ran:?}");
    }
}

#[test]
fn an_argument_that_a_cmd_file_cannot_take_is_refused() {
    let machine = Machine::new();
    machine.plugin("bin/carto-foo.cmd", "@echo ran\n");
    let ran = machine.carto(&["foo", "a\nb"]);
    assert_eq!(ran.status.code(), Some(126), "{ran:?}");
    assert!(!text(&ran.stdout).contains("ran"));
    assert!(
        text(&ran.stderr).contains("cannot be handed to a .cmd or .bat file unchanged"),
        "{ran:?}"
    );
}

#[test]
fn line_ends_of_a_settings_file_stay() {
    let machine = Machine::new();
    let file = machine.path("config").join("config.toml");
    fs::write(&file, "# mine\r\nusername = \"ann\"\r\n\r\n[ui]\r\ncolor = \"never\"\r\n").unwrap();
    let ran = machine.carto(&["-q", "config", "set", "ui.color", "always"]);
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "# mine\r\nusername = \"ann\"\r\n\r\n[ui]\r\ncolor = \"always\"\r\n"
    );
}

#[test]
fn a_key_is_stored_and_reaches_its_own_account_alone() {
    let machine = Machine::new();
    machine.login("secret-1");
    machine.plugin("bin/carto-key.cmd", "@echo %CARTO_API_KEY%\n");
    let ran = machine.carto(&["key"]);
    assert_eq!(text(&ran.stdout).trim_end(), "secret-1", "{ran:?}");
    let ran = machine.carto(&["-c", "username=bob", "key"]);
    assert_eq!(text(&ran.stdout).trim_end(), "default_public", "{ran:?}");
}

/// One key for each kind of file that may hold one, and a settings file besides.
#[test]
fn a_file_that_others_may_read_or_write_is_judged_by_its_access_list() {
    let machine = Machine::new();
    machine.login("secret-1");
    let key = machine.path("config").join("credentials.toml");
    // It was closed when it was written, and is read.
    let ran = machine.carto(&["config", "explain"]);
    assert!(ran.status.success() && !text(&ran.stderr).contains("others"), "{ran:?}");
    set_access(&key, Access::Everyone);
    let ran = machine.carto(&["env", "--format", "powershell"]);
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
    let told = text(&ran.stderr);
    for words in [
        "can be written by everyone",
        "credentials.toml",
        "icacls",
        "/inheritance:r /grant:r *S-1-3-4:F",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("secret-1") && !text(&ran.stdout).contains("secret-1"), "{ran:?}");
    set_access(&key, Access::Closed);
    assert!(machine.carto(&["env", "--format", "powershell"]).status.success());
    let settings = machine.path("config").join("config.toml");
    set_access(&settings, Access::Everyone);
    let ran = machine.carto(&["config", "list"]);
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
    assert!(text(&ran.stderr).contains("can be written by everyone"), "{ran:?}");
}

#[test]
fn a_plugin_is_installed_locked_and_refused_when_it_is_another_one() {
    let machine = Machine::new();
    let data = machine.path("data");
    let carto = |args: &[&str]| {
        let mut command = machine.command();
        command.env("XDG_DATA_HOME", &data).args(args).output().unwrap()
    };
    fs::create_dir(machine.path("work/tools")).unwrap();
    machine.plugin("work/tools/carto-made.cmd", "@echo made for %CARTO_USERNAME%\n");
    assert!(carto(&["-q", "init"]).status.success());
    let ran = carto(&["plugin", "install", "tools", "--yes"]);
    assert!(ran.status.success(), "{ran:?}");
    let ran = carto(&["made"]);
    assert_eq!(text(&ran.stdout).trim_end(), "made for ann", "{ran:?}");
    let ran = carto(&["plugin", "lock"]);
    assert!(ran.status.success(), "{ran:?}");
    let path = text(&carto(&["plugin", "which", "made"]).stdout);
    fs::write(path.trim_end(), "@echo planted\r\n").unwrap();
    let ran = carto(&["made"]);
    assert_eq!(ran.status.code(), Some(126), "{ran:?}");
    assert!(text(&ran.stderr).contains("has changed since it was installed"), "{ran:?}");
    let ran = carto(&["plugin", "sync"]);
    assert!(ran.status.success(), "{ran:?}");
    let ran = carto(&["made"]);
    assert_eq!(text(&ran.stdout).trim_end(), "made for ann", "{ran:?}");
    let ran = carto(&["plugin", "remove", "tools"]);
    assert!(ran.status.success(), "{ran:?}");
}

/// A script of PowerShell, where the user counts it as a program; what plays PowerShell here says what it
/// was asked.
#[test]
fn a_ps1_file_is_run_by_powershell() {
    let machine = Machine::new();
    machine.plugin("bin/carto-foo.ps1", "Write-Output ran\n");
    let asked = |path: &str| {
        let extensions = format!("{};.PS1", std::env::var("PATHEXT").unwrap_or(".EXE;.CMD".into()));
        let mut command = machine.command();
        command.env("PATHEXT", extensions).env("PATH", path).args(["foo", "a b", "--x"]);
        command.output().unwrap()
    };
    let bin = machine.path("bin");
    let ran = asked(bin.to_str().unwrap());
    assert_eq!(ran.status.code(), Some(126), "{ran:?}");
    assert!(text(&ran.stderr).contains("its interpreter `pwsh` is missing"), "{ran:?}");
    machine.plugin("bin/pwsh.cmd", "@echo %* for %CARTO_USERNAME%\n@exit /b 5\n");
    let ran = asked(bin.to_str().unwrap());
    assert_eq!(ran.status.code(), Some(5), "{ran:?}");
    let said = text(&ran.stdout).to_lowercase();
    assert!(said.starts_with("-noprofile -file") || said.starts_with("\"-noprofile\""), "{said}");
    for words in ["carto-foo.ps1", "\"a b\"", "--x", "for ann"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

/// 300 characters, and the form that Windows uses beyond 260.
#[test]
fn long_paths_and_those_of_a_server_are_read_and_written() {
    let machine = Machine::new();
    let mut deep = machine.path("config");
    while deep.as_os_str().len() < 300 {
        deep.push("directory-with-a-long-name");
    }
    let verbatim = PathBuf::from(format!(r"\\?\{}", deep.display()));
    for dir in [&deep, &verbatim] {
        let run = |args: &[&str]| {
            let mut command = machine.command();
            command.env("CARTO_CONFIG_DIR", dir).args(args).output().unwrap()
        };
        let ran = run(&["-q", "config", "set", "ui.color", "never"]);
        assert!(ran.status.success(), "{dir:?}: {ran:?}");
        let ran = run(&["config", "get", "ui.color"]);
        assert_eq!(text(&ran.stdout).trim_end(), "never", "{dir:?}: {ran:?}");
    }
    // A share that is not there is an error with its name, or nothing to read; no other path is tried.
    let share = r"\\localhost\no-such-share\carto";
    let mut command = machine.command();
    let ran = command.env("CARTO_CONFIG_DIR", share).args(["config", "path"]).output().unwrap();
    assert!(text(&ran.stdout).contains(r"\\localhost\no-such-share\carto\config.toml"), "{ran:?}");
}

/// Paths of projects are shown as people write them, with a drive and without `\\?\`.
#[test]
fn a_project_is_found_below_a_drive_and_not_above_a_ceiling() {
    let machine = Machine::new();
    assert!(machine.carto(&["-q", "init"]).status.success());
    fs::create_dir(machine.path("work/deep")).unwrap();
    let shown = |ceiling: &PathBuf| {
        let ran = machine
            .command()
            .env("CARTO_CEILING_DIRECTORIES", ceiling)
            .current_dir(machine.path("work/deep"))
            .args(["config", "path"])
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        text(&ran.stdout)
    };
    let paths = shown(&machine.root.path().to_owned());
    assert!(paths.contains(r"work\.carto") && !paths.contains(r"\\?\"), "{paths}");
    let paths = shown(&machine.path("work"));
    assert!(!paths.contains(r"work\.carto"), "{paths}");
}

/// Everybody can make a directory in `C:\ProgramData`: it counts when administrators own it.
#[test]
fn the_systems_directory_counts_when_administrators_own_it() {
    let machine = Machine::new();
    let data = machine.path("data");
    fs::create_dir_all(data.join("carto")).unwrap();
    fs::write(data.join("carto/config.toml"), "organization = \"planted\"\r\n").unwrap();
    let asked = || {
        let mut command = machine.command();
        command.env_remove("CARTO_SYSTEM_CONFIG_DIR").env("PROGRAMDATA", &data);
        command.args(["config", "get", "organization"]).output().unwrap()
    };
    let owner = {
        use windows_permissions::constants::{SeObjectType, SecurityInformation};
        use windows_permissions::wrappers::GetNamedSecurityInfo;
        let kind = SeObjectType::SE_FILE_OBJECT;
        let found = GetNamedSecurityInfo(&data, kind, SecurityInformation::Owner).unwrap();
        found.as_sddl().unwrap().to_string_lossy().into_owned()
    };
    // Who runs the tests decides which of the two it is.
    let expected = if owner.starts_with("O:BA") || owner.starts_with("O:SY") { 0 } else { 1 };
    assert_eq!(asked().status.code(), Some(expected), "{owner}: {:?}", asked());
}
