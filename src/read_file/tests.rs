//! Tables of what may stand at a path, and what is read of it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use tempfile::TempDir;

use super::{FileBytes, FileReadError, PROJECT_FOLDER, ProjectDir, read_named, read_own};
use crate::error::{Error, Kind};

const LIMIT: u64 = 1000;

fn make(path: &Path, bytes: &[u8]) {
    File::create(path).unwrap().write_all(bytes).unwrap();
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

/// `FileBytes` has no `Debug`, so results are turned into what can be shown.
fn shown<E>(result: Result<Option<FileBytes>, E>) -> Result<Option<Vec<u8>>, E> {
    result.map(|file| file.map(|file| file.bytes))
}

fn assert_nothing(project: &ProjectDir) {
    assert_eq!(project.foreign(), None);
    assert_eq!(shown(project.read("config.toml", LIMIT)).unwrap(), None);
    assert_eq!(shown(project.read_anyway("config.toml", LIMIT)).unwrap(), None);
}

#[test]
fn files_are_read_whole_up_to_the_limit() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("config.toml");
    fs::create_dir(dir.path().join(PROJECT_FOLDER)).unwrap();
    let in_project = dir.path().join(PROJECT_FOLDER).join("config.toml");
    for size in [0, 1, 999, 1000, 1001, 100_000] {
        let content: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
        make(&path, &content);
        make(&in_project, &content);
        let project = ProjectDir::open(dir.path()).unwrap();
        let results = [
            shown(read_own(&path, LIMIT)).map_err(|e| e.to_string()),
            shown(read_named(&path, LIMIT, &|| {})).map_err(|e| e.to_string()),
            shown(project.read("config.toml", LIMIT)).map_err(|e| e.to_string()),
            shown(project.read_anyway("config.toml", LIMIT)).map_err(|e| e.to_string()),
        ];
        for result in results {
            if size > 1000 {
                let error = result.unwrap_err();
                assert!(error.ends_with("config.toml is larger than 1000 bytes"), "{error}");
            } else {
                assert_eq!(result.unwrap().unwrap(), content);
            }
        }
    }
}

#[test]
fn what_is_missing_is_no_error() {
    let dir = TempDir::new().unwrap();
    make(&dir.path().join("file"), b"x");
    for name in ["missing", "missing/sub", "file/sub"] {
        let path = dir.path().join(name);
        assert_eq!(shown(read_own(&path, LIMIT)).unwrap(), None, "{name}");
        assert_eq!(shown(read_named(&path, LIMIT, &|| {})).unwrap(), None, "{name}");
        assert_nothing(&ProjectDir::open(&path).unwrap());
    }
    assert_nothing(&ProjectDir::open(dir.path()).unwrap());
    fs::create_dir(dir.path().join(PROJECT_FOLDER)).unwrap();
    let project = ProjectDir::open(dir.path()).unwrap();
    assert_eq!(project.folder(), dir.path().join(PROJECT_FOLDER));
    assert_eq!(shown(project.read("config.toml", LIMIT)).unwrap(), None);
    assert_eq!(shown(project.read_anyway("config.toml", LIMIT)).unwrap(), None);
}

#[test]
fn a_directory_is_no_file() {
    let dir = TempDir::new().unwrap();
    for error in [
        shown(read_own(dir.path(), LIMIT)).unwrap_err(),
        shown(read_named(dir.path(), LIMIT, &|| {})).unwrap_err(),
    ] {
        assert!(matches!(error, FileReadError::Directory(_)), "{error}");
    }
    fs::create_dir_all(dir.path().join(PROJECT_FOLDER).join("config.toml")).unwrap();
    let project = ProjectDir::open(dir.path()).unwrap();
    let error = shown(project.read("config.toml", LIMIT)).unwrap_err();
    assert!(error.to_string().ends_with("config.toml is not a regular file"), "{error}");
    let error = shown(project.read_anyway("config.toml", LIMIT)).unwrap_err();
    assert!(matches!(error, FileReadError::Directory(_)), "{error}");
}

#[test]
fn a_file_is_no_project() {
    let dir = TempDir::new().unwrap();
    make(&dir.path().join(PROJECT_FOLDER), b"x");
    let project = ProjectDir::open(dir.path()).unwrap();
    let foreign = project.foreign().unwrap().to_string();
    assert!(foreign.ends_with(".carto is not a directory"), "{foreign}");
    assert_eq!(shown(project.read("config.toml", LIMIT)).unwrap_err().to_string(), foreign);
    assert_eq!(shown(project.read_anyway("config.toml", LIMIT)).unwrap(), None);
}

/// Returns the words with the quotation marks of the system's shells.
fn quoted(help: &str) -> String {
    if cfg!(windows) { help.replace('\'', "\"") } else { help.to_owned() }
}

#[test]
fn errors_name_the_path_and_the_way_out() {
    let path = || Path::new("/x y/f").to_owned();
    for (error, help) in [
        #[cfg(unix)]
        (FileReadError::WritableByAll(path()), Some("chmod o-w '/x y/f'")),
        #[cfg(windows)]
        (
            FileReadError::WritableByAll(path()),
            Some("icacls '/x y/f' /inheritance:r /grant:r *S-1-3-4:F"),
        ),
        #[cfg(windows)]
        (
            FileReadError::ForeignOwner { path: path(), uid: 7 },
            Some("if you trust its content: takeown /f '/x y/f'"),
        ),
        #[cfg(unix)]
        (
            FileReadError::ForeignOwner { path: path(), uid: 7 },
            Some("if you trust its content: sudo chown $USER '/x y/f'"),
        ),
        #[cfg(unix)]
        (
            FileReadError::Io { path: path(), source: std::io::ErrorKind::PermissionDenied.into() },
            Some("see who may read it: ls -ld '/x y/f'"),
        ),
        (FileReadError::Io { path: path(), source: std::io::ErrorKind::NotFound.into() }, None),
        (FileReadError::Directory(path()), None),
        (FileReadError::NotRegular(path()), Some("see what it is: ls -l '/x y/f'")),
        (FileReadError::TooLarge { path: path(), limit: 1 }, None),
    ] {
        let text = error.to_string();
        assert!(text.contains("/x y/f"), "{text}");
        let error = Error::from(error);
        assert_eq!((error.kind, &error.what), (Kind::Invalid, &text));
        let help = help.map(quoted);
        assert_eq!(error.help.first(), help.as_ref(), "{text}");
    }
}

#[cfg(unix)]
mod unix {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{
        FileReadError, LIMIT, PROJECT_FOLDER, Path, ProjectDir, TempDir, assert_nothing, fs, make,
        read_named, read_own, shown,
    };
    use crate::read_file::{FileFacts, Foreign, ProjectReadError};

    const OTHER: u32 = 54_321;

    fn is_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn pipe(path: &Path) {
        nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    }

    #[test]
    fn own_files_must_be_guarded_and_named_ones_are_only_reported() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        make(&path, b"x");
        let uid = fs::metadata(&path).unwrap().uid();
        for (mode, refused) in [
            (0o600, false),
            (0o644, false),
            (0o664, false),
            (0o660, false),
            (0o602, true),
            (0o666, true),
            (0o777, true),
        ] {
            set_mode(&path, mode);
            let own = read_own(&path, LIMIT);
            assert_eq!(matches!(own, Err(FileReadError::WritableByAll(_))), refused, "{mode:o}");
            let facts = read_named(&path, LIMIT, &|| {}).unwrap().unwrap().facts;
            assert_eq!(facts, FileFacts { mode, uid, nlink: 1 });
            assert_eq!(own.ok().flatten().map(|own| own.facts), (!refused).then_some(facts));
        }
    }

    #[test]
    fn own_files_belong_to_you_or_root() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        make(&path, b"x");
        assert!(read_own(&path, LIMIT).unwrap().is_some());
        assert!(read_own(Path::new("/etc/passwd"), u64::MAX - 1).unwrap().is_some());
        if is_root() {
            chown(&path, Some(OTHER), None).unwrap();
            let error = shown(read_own(&path, LIMIT)).unwrap_err();
            assert!(matches!(error, FileReadError::ForeignOwner { uid: OTHER, .. }), "{error}");
            assert_eq!(read_named(&path, LIMIT, &|| {}).unwrap().unwrap().facts.uid, OTHER);
        }
    }

    #[test]
    fn own_and_named_files_may_be_links() {
        let dir = TempDir::new().unwrap();
        let at = |name: &str| dir.path().join(name);
        make(&at("f"), b"x");
        fs::hard_link(at("f"), at("second")).unwrap();
        symlink("f", at("one")).unwrap();
        symlink("one", at("two")).unwrap();
        symlink("missing", at("dangling")).unwrap();
        symlink("circle", at("circle")).unwrap();
        for name in ["one", "two"] {
            assert_eq!(read_own(&at(name), LIMIT).unwrap().unwrap().facts.nlink, 2);
            assert_eq!(shown(read_named(&at(name), LIMIT, &|| {})).unwrap().unwrap(), b"x");
        }
        assert_eq!(shown(read_own(&at("dangling"), LIMIT)).unwrap(), None);
        let error = shown(read_own(&at("circle"), LIMIT)).unwrap_err();
        assert!(matches!(error, FileReadError::Io { .. }), "{error}");
    }

    #[test]
    fn pipes_sockets_and_devices_do_not_block() {
        let dir = TempDir::new().unwrap();
        let at = |name: &str| dir.path().join(name);
        let folder = at(PROJECT_FOLDER);
        fs::create_dir(&folder).unwrap();
        pipe(&folder.join("pipe"));
        let _listener = UnixListener::bind(folder.join("socket")).unwrap();
        let project = ProjectDir::open(dir.path()).unwrap();
        let begin = Instant::now();
        for name in ["pipe", "socket"] {
            let error = shown(read_own(&folder.join(name), LIMIT)).unwrap_err();
            assert!(matches!(error, FileReadError::NotRegular(_)), "{name}: {error}");
            let error = shown(project.read_anyway(name, LIMIT)).unwrap_err();
            assert!(matches!(error, FileReadError::NotRegular(_)), "{name}: {error}");
            let expected = Foreign::NotRegular(folder.join(name));
            assert_eq!(foreign(&project, name).unwrap(), expected);
        }
        for path in ["/dev/zero", "/dev/null", "/dev/tty"] {
            let error = shown(read_own(Path::new(path), LIMIT)).unwrap_err();
            // A machine without a terminal cannot open `/dev/tty` at all.
            let expected = matches!(error, FileReadError::NotRegular(_));
            assert!(expected, "{path}: {error}");
        }
        let error = shown(read_named(Path::new("/dev/zero"), LIMIT, &|| {})).unwrap_err();
        assert!(matches!(error, FileReadError::NotRegular(_)), "{error}");
        let error = shown(read_named(&folder.join("socket"), LIMIT, &|| {})).unwrap_err();
        assert!(matches!(error, FileReadError::NotRegular(_)), "{error}");
        assert!(begin.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn a_named_pipe_is_read_to_its_end() {
        let dir = TempDir::new().unwrap();
        let fifo = dir.path().join("pipe");
        pipe(&fifo);
        for (size, fits) in [(0, true), (1, true), (1000, true), (1001, false), (20_000, false)] {
            let content = vec![b'x'; size];
            let named = thread::scope(|scope| {
                scope.spawn(|| {
                    use std::io::Write as _;
                    let mut writer = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
                    let (first, second) = content.split_at(size / 2);
                    writer.write_all(first).unwrap();
                    thread::sleep(Duration::from_millis(20));
                    // The reader may have left: it takes no more than the limit.
                    let _ = writer.write_all(second);
                });
                shown(read_named(&fifo, LIMIT, &|| {}))
            });
            match named {
                Ok(bytes) => assert!(fits && bytes.unwrap() == content, "{size}"),
                Err(error) => assert!(!fits && matches!(error, FileReadError::TooLarge { .. })),
            }
        }
        let (reader, mut writer) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut writer, b"key").unwrap();
        drop(writer);
        let path = PathBuf::from(format!("/dev/fd/{}", reader.as_raw_fd()));
        assert_eq!(shown(read_named(&path, LIMIT, &|| {})).unwrap().unwrap(), b"key");
    }

    fn foreign(project: &ProjectDir, name: &str) -> Option<Foreign> {
        match shown(project.read(name, LIMIT)) {
            Ok(_) => None,
            Err(ProjectReadError::Foreign(foreign)) => Some(foreign),
            Err(ProjectReadError::Read(error)) => panic!("{error}"),
        }
    }

    /// A project with one file; gives root, folder and file.
    fn project_in(dir: &TempDir) -> [PathBuf; 3] {
        let root = dir.path().join("root");
        let folder = root.join(PROJECT_FOLDER);
        let file = folder.join("config.toml");
        fs::create_dir_all(&folder).unwrap();
        set_mode(&root, 0o775);
        set_mode(&folder, 0o775);
        make(&file, b"x");
        set_mode(&file, 0o664);
        [root, folder, file]
    }

    /// What makes a project foreign is found at the directories when it is opened, at the file
    /// when it is read; its bytes can be had all the same.
    fn assert_foreign(root: &Path, at: usize, expected: &Foreign) {
        let project = ProjectDir::open(root).unwrap();
        let told = (at < 2).then_some(expected);
        assert_eq!(project.foreign(), told);
        assert_eq!(foreign(&project, "config.toml").as_ref(), Some(expected));
        assert_eq!(shown(project.read_anyway("config.toml", LIMIT)).unwrap().unwrap(), b"x");
    }

    #[test]
    fn a_project_of_yours_is_read() {
        let dir = TempDir::new().unwrap();
        let [root, ..] = project_in(&dir);
        let project = ProjectDir::open(&root).unwrap();
        assert_eq!(project.foreign(), None);
        assert_eq!(shown(project.read("config.toml", LIMIT)).unwrap().unwrap(), b"x");
        // The way to the root may be a link, as `cd` would take it.
        symlink("root", dir.path().join("way")).unwrap();
        let project = ProjectDir::open(&dir.path().join("way")).unwrap();
        assert_eq!(foreign(&project, "config.toml"), None);
    }

    #[test]
    fn what_everyone_can_write_is_foreign() {
        for at in 0..3 {
            let dir = TempDir::new().unwrap();
            let places = project_in(&dir);
            for mode in [0o777, 0o702, 0o1777] {
                set_mode(&places[at], mode);
                assert_foreign(&places[0], at, &Foreign::WritableByAll(places[at].clone()));
            }
        }
    }

    #[test]
    fn what_others_own_is_foreign() {
        for at in 0..3 {
            let dir = TempDir::new().unwrap();
            let places = project_in(&dir);
            if is_root() {
                chown(&places[at], Some(OTHER), None).unwrap();
                let expected = Foreign::OwnedBy { path: places[at].clone(), uid: OTHER };
                assert_foreign(&places[0], at, &expected);
            } else {
                // Root's file is foreign to everyone else.
                let linked = fs::hard_link("/etc/passwd", places[2].with_file_name("p"));
                let project = ProjectDir::open(&places[0]).unwrap();
                let told = foreign(&project, "p");
                assert_eq!(told.is_some(), linked.is_ok());
            }
        }
    }

    #[test]
    fn the_first_reason_is_kept() {
        let dir = TempDir::new().unwrap();
        let places = project_in(&dir);
        for at in (0..3).rev() {
            set_mode(&places[at], 0o777);
            assert_foreign(&places[0], at, &Foreign::WritableByAll(places[at].clone()));
        }
    }

    #[test]
    fn a_strange_root_without_a_project_is_nothing() {
        let dir = TempDir::new().unwrap();
        let [root, folder, _] = project_in(&dir);
        set_mode(&root, 0o777);
        fs::remove_dir_all(&folder).unwrap();
        assert_nothing(&ProjectDir::open(&root).unwrap());
    }

    #[test]
    fn links_in_a_project_are_foreign() {
        for (at, leads_to) in [(1, "../real"), (2, "../real.toml"), (2, "real.toml")] {
            let dir = TempDir::new().unwrap();
            let places = project_in(&dir);
            let real = places[at].parent().unwrap().join(leads_to);
            fs::rename(&places[at], &real).unwrap();
            symlink(leads_to, &places[at]).unwrap();
            assert_foreign(&places[0], at, &Foreign::Symlink(places[at].clone()));
            if is_root() {
                lchown(&places[at], Some(OTHER), None).unwrap();
                assert_foreign(&places[0], at, &Foreign::Symlink(places[at].clone()));
            }
        }
        let dir = TempDir::new().unwrap();
        let [root, folder, file] = project_in(&dir);
        fs::remove_file(&file).unwrap();
        symlink("missing", &file).unwrap();
        let project = ProjectDir::open(&root).unwrap();
        assert_eq!(foreign(&project, "config.toml"), Some(Foreign::Symlink(file)));
        assert_eq!(shown(project.read_anyway("config.toml", LIMIT)).unwrap(), None);
        fs::remove_dir_all(&folder).unwrap();
        symlink("missing", &folder).unwrap();
        let project = ProjectDir::open(&root).unwrap();
        assert_eq!(project.foreign(), Some(&Foreign::Symlink(folder)));
    }

    #[test]
    fn a_folder_swapped_after_opening_is_not_read() {
        let dir = TempDir::new().unwrap();
        let [root, folder, _] = project_in(&dir);
        let project = ProjectDir::open(&root).unwrap();
        fs::rename(&folder, root.join("away")).unwrap();
        fs::create_dir(&folder).unwrap();
        make(&folder.join("config.toml"), b"hostile");
        assert_eq!(shown(project.read("config.toml", LIMIT)).unwrap().unwrap(), b"x");
    }

    /// Runs something without root's power over files: only Linux knows that for one thread.
    #[cfg(target_os = "linux")]
    fn without_power(act: impl FnOnce() + Send) {
        thread::scope(|scope| {
            let thread = scope.spawn(|| {
                if is_root() {
                    nix::unistd::setfsuid(nix::unistd::Uid::from_raw(OTHER));
                }
                act();
            });
            thread.join().unwrap();
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_may_not_be_read_is_told_apart() {
        let dir = TempDir::new().unwrap();
        let [root, folder, file] = project_in(&dir);
        set_mode(dir.path(), 0o755);
        set_mode(&file, 0);
        let denied = |error: &FileReadError| error.is_permission();
        without_power(|| {
            assert!(denied(&shown(read_own(&file, LIMIT)).unwrap_err()));
            assert!(denied(&shown(read_named(&file, LIMIT, &|| {})).unwrap_err()));
            let project = ProjectDir::open(&root).unwrap();
            let error = shown(project.read("config.toml", LIMIT)).unwrap_err();
            assert!(matches!(&error, ProjectReadError::Read(error) if denied(error)));
            assert!(denied(&shown(project.read_anyway("config.toml", LIMIT)).unwrap_err()));
        });
        if is_root() {
            // Somebody else's file is foreign before it is unreadable.
            chown(&file, Some(OTHER + 1), None).unwrap();
            without_power(|| {
                let project = ProjectDir::open(&root).unwrap();
                let expected = Foreign::OwnedBy { path: file.clone(), uid: OTHER + 1 };
                assert_eq!(foreign(&project, "config.toml"), Some(expected));
            });
        }
        set_mode(&file, 0o644);
        // Directories that may be passed but not listed are no hindrance.
        set_mode(&root, 0o711);
        set_mode(&folder, 0o711);
        if is_root() {
            chown(&file, Some(0), None).unwrap();
        }
        without_power(|| {
            let project = ProjectDir::open(&root).unwrap();
            assert_eq!(shown(project.read("config.toml", LIMIT)).unwrap().unwrap(), b"x");
        });
        set_mode(&folder, 0o600);
        without_power(|| {
            let project = ProjectDir::open(&root).unwrap();
            let error = shown(project.read("config.toml", LIMIT)).unwrap_err();
            assert!(matches!(&error, ProjectReadError::Read(error) if denied(error)));
        });
        // Left like this, only root could clear it away.
        set_mode(&folder, 0o700);
    }
}
