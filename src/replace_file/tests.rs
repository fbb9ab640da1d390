//! What other programs and other moments may find: tables of states, races, kills.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{
    Act, Links, Lock, Mode, Replaced, Stands, Target, WriteError, WriteReason, create_private_dir,
    remove, replace,
};
use crate::error::{Error, Kind};

fn follow(path: &Path) -> Target {
    Target::resolve(path, Links::Follow).unwrap()
}

fn lock(dir: &Path) -> Lock {
    Lock::directory(dir).unwrap()
}

fn put(path: &Path, bytes: &[u8]) -> Result<Replaced, WriteError> {
    let lock = Lock::file(path, Links::Follow)?;
    replace(path, bytes, Mode::Private, Links::Follow, &lock)
}

fn names_in(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn make(path: &Path, bytes: &[u8]) {
    File::create(path).unwrap().write_all(bytes).unwrap();
}

fn nothing_else() -> Replaced {
    Replaced { broke_hard_link: false, left_over: Vec::new() }
}

#[test]
fn a_file_is_made_and_replaced() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("config.toml");
    for content in [&b""[..], b"one", b"a longer second\n", b"3"] {
        assert_eq!(put(&path, content).unwrap(), nothing_else());
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    if cfg!(unix) {
        assert_eq!(names_in(dir.path()), ["config.toml"]);
    }
}

#[test]
fn names_as_long_as_the_system_takes_are_written() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("n".repeat(255));
    put(&path, b"x").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"x");
}

#[test]
fn links_are_refused_where_they_must_not_be_followed() {
    let dir = TempDir::new().unwrap();
    let plain = dir.path().join("plain");
    make(&plain, b"old");
    assert_eq!(Target::resolve(&plain, Links::Refuse).unwrap().path(), plain);
    #[cfg(unix)]
    for leads_to in ["plain", "missing", "link"] {
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(leads_to, &link).unwrap();
        let error = Target::resolve(&link, Links::Refuse).unwrap_err();
        assert!(matches!(error.reason, WriteReason::Link), "{leads_to}: {error}");
        fs::remove_file(&link).unwrap();
    }
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("sub")).unwrap();
    for (name, expected) in [
        ("sub", Some("it is a directory")),
        ("sub/..", Some("it is a directory")),
        ("..", Some("it is a directory")),
        // Windows has words of its own, in the user's language.
        ("missing/config.toml", cfg!(unix).then_some("no such file or directory")),
    ] {
        let error = put(&dir.path().join(name), b"new").unwrap_err();
        let reason = error.reason.to_string();
        assert!(expected.is_none_or(|expected| reason.starts_with(expected)), "{name}: {error}");
        assert!(!reason.ends_with('.'), "{name}: {error}");
        assert_eq!(error.stands, Stands::Unchanged);
    }
    if cfg!(unix) {
        assert_eq!(names_in(dir.path()), ["sub"]);
    }
}

#[test]
fn parallel_writers_lose_nothing_and_none_fails() {
    let dir = TempDir::new().unwrap();
    for by_directory in [true, false] {
        let path = dir.path().join("counter");
        make(&path, b"0");
        thread::scope(|scope| {
            for _ in 0..50 {
                scope.spawn(|| {
                    for _ in 0..4 {
                        let lock = if by_directory {
                            lock(dir.path())
                        } else {
                            Lock::file(&path, Links::Follow).unwrap()
                        };
                        let count: u32 = fs::read_to_string(&path).unwrap().parse().unwrap();
                        let new = (count + 1).to_string();
                        replace(&path, new.as_bytes(), Mode::Private, Links::Follow, &lock)
                            .unwrap();
                    }
                });
            }
        });
        assert_eq!(fs::read_to_string(&path).unwrap(), "200");
    }
    if cfg!(unix) {
        assert_eq!(names_in(dir.path()), [".lock", "counter"]);
    }
}

#[test]
fn a_reader_never_sees_half_a_file() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("config.toml");
    let contents = [vec![b'a'; 100_000], vec![b'b'; 7]];
    put(&path, &contents[0]).unwrap();
    let done = AtomicBool::new(false);
    // A scope waits for its threads also when it fails: then the reader must not go on for ever.
    let failed = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = [0; 2];
            while !failed.load(Ordering::Relaxed)
                && (!done.load(Ordering::Relaxed) || seen.contains(&0))
            {
                let now = fs::read(&path).unwrap();
                let which = contents.iter().position(|c| *c == now);
                seen[which.expect("a whole file")] += 1;
            }
        });
        let begin = Instant::now();
        // The reader ends when it was asked to and has seen both.
        for round in 1.. {
            let written = put(&path, &contents[round % 2]);
            // There a file that is open cannot always be replaced, however often it is tried; wine
            // never does it. That is told, and the reader still sees whole files alone.
            let is_busy = |error: &WriteError| {
                matches!(&error.reason, WriteReason::Io(error)
                    if error.kind() == std::io::ErrorKind::PermissionDenied)
            };
            if cfg!(windows) && written.as_ref().is_err_and(is_busy) {
                done.store(begin.elapsed() > Duration::from_secs(20), Ordering::Relaxed);
                continue;
            }
            failed.store(written.is_err(), Ordering::Relaxed);
            written.unwrap();
            done.store(begin.elapsed() > Duration::from_millis(300), Ordering::Relaxed);
            if reader.is_finished() {
                break;
            }
        }
    });
}

#[test]
fn what_dead_writers_left_is_cleared_and_nothing_else() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a");
    let at = |name: &str| dir.path().join(name);
    for name in [
        ".a.tmp-0123456789ab",
        ".a.tmp-held56789abc",
        ".b.tmp-0123456789ab",
        ".a.tmp-mine",
        "a.tmp-0123456789ab",
    ] {
        make(&at(name), b"left");
    }
    fs::create_dir(at(".a.tmp-directory012")).unwrap();
    let held = File::open(at(".a.tmp-held56789abc")).unwrap();
    held.lock().unwrap();

    let lock = lock(dir.path());
    assert_eq!(
        replace(&path, b"new", Mode::Private, Links::Follow, &lock).unwrap(),
        nothing_else()
    );
    let kept = [
        ".a.tmp-directory012",
        ".a.tmp-held56789abc",
        ".a.tmp-mine",
        ".b.tmp-0123456789ab",
        ".lock",
        "a",
        "a.tmp-0123456789ab",
    ];
    assert_eq!(names_in(dir.path()), kept);

    drop(held);
    remove(&path, Links::Follow, &lock).unwrap();
    let kept: Vec<_> = kept.into_iter().filter(|n| *n != "a" && !n.contains("held")).collect();
    assert_eq!(names_in(dir.path()), kept);
}

#[test]
fn a_file_is_removed_once() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("credentials.toml");
    make(&path, b"key");
    let lock = lock(dir.path());
    assert!(remove(&path, Links::Follow, &lock).unwrap().was_there);
    assert!(!path.exists());
    assert!(!remove(&path, Links::Follow, &lock).unwrap().was_there);
    let error = remove(dir.path(), Links::Follow, &lock).unwrap_err();
    assert_eq!((error.act, error.stands), (Act::Remove, Stands::Unchanged));
    assert!(matches!(error.reason, WriteReason::Directory));
}

#[test]
fn directories_are_made_by_many_at_once() {
    let dir = TempDir::new().unwrap();
    let deep = dir.path().join("a/b/c");
    thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| create_private_dir(&deep).unwrap());
        }
    });
    assert!(deep.is_dir());
    make(&dir.path().join("file"), b"");
    for name in ["file", "file/sub", "file/sub/deeper"] {
        let error = create_private_dir(&dir.path().join(name)).unwrap_err();
        assert_eq!(error.act, Act::MakeDirectory);
    }
}

#[test]
fn a_waiting_writer_is_told_once_who_holds_the_lock() {
    let dir = TempDir::new().unwrap();
    let held = lock(dir.path());
    let mut told = Vec::new();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let begin = Instant::now();
            let lock = Lock::directory_telling(dir.path(), &mut |text| {
                told.push((begin.elapsed(), text.to_owned()));
            });
            (lock.is_ok(), begin.elapsed())
        });
        thread::sleep(Duration::from_millis(2500));
        drop(held);
        let (got, after) = waiting.join().unwrap();
        assert!(got && after >= Duration::from_millis(2400), "{after:?}");
    });
    let [(after, text)] = told.as_slice() else { panic!("{told:?}") };
    assert!(*after >= Duration::from_secs(2) && *after < Duration::from_millis(2450), "{after:?}");
    let path = dir.path().join(".lock");
    let notice = |who: &str| format!("waiting for {who}, which holds {}", path.display());
    let named = notice(&format!("process {}", std::process::id()));
    // Windows does not let a locked file be read; wine does.
    assert!(*text == named || (cfg!(windows) && *text == notice("another process")), "{text}");
}

#[test]
fn errors_name_the_path_the_reason_and_the_way_out() {
    let io = |kind: std::io::ErrorKind| WriteReason::Io(kind.into());
    for (reason, help) in [
        (io(std::io::ErrorKind::StorageFull), Some("free some space in /x y, then try again")),
        (io(std::io::ErrorKind::QuotaExceeded), Some("free some space in /x y, then try again")),
        (io(std::io::ErrorKind::ReadOnlyFilesystem), Some("/x y is on a read-only file system")),
        #[cfg(unix)]
        (io(std::io::ErrorKind::NotFound), Some("make the directory first: mkdir -p '/x y'")),
        #[cfg(windows)]
        (io(std::io::ErrorKind::NotFound), Some("make the directory first: mkdir \"/x y\"")),
        (io(std::io::ErrorKind::Interrupted), None),
        #[cfg(unix)]
        (io(std::io::ErrorKind::PermissionDenied), Some("see who may write there: ls -ld '/x y'")),
        #[cfg(unix)]
        (WriteReason::ReadOnly, Some("chmod u+w '/x y/f'")),
        (WriteReason::Owner { uid: 7 }, Some("do this as uid 7")),
        (WriteReason::LinkChain, None),
    ] {
        let said = reason.to_string();
        let error = WriteError::unchanged(Act::Write, Path::new("/x y/f"), reason);
        let text = error.to_string();
        assert_eq!(text, format!("cannot write /x y/f: {said}; what was there is unchanged"));
        let error = Error::from(error);
        assert_eq!(error.kind, Kind::Write);
        assert_eq!(error.what, format!("cannot write /x y/f: {said}"));
        assert_eq!(error.notes, ["what was there is unchanged"]);
        assert_eq!(error.help.first().map(String::as_str), help, "{said}");
    }
}

/// The other process of the test below: it works in the current directory, by relative paths.
fn write_until_killed() {
    let until = Instant::now() + Duration::from_secs(20);
    let mut content = b'a';
    while Instant::now() < until {
        let written = put(Path::new("victim"), &vec![content; 1000 + usize::from(content)]);
        // Who watches has the file open: then wine replaces it never, and Windows not always.
        if !cfg!(windows) {
            written.unwrap();
        }
        content = if content == b'z' { b'a' } else { content + 1 };
    }
}

#[test]
fn a_killed_writer_leaves_the_old_or_the_new_file() {
    // This test starts itself again, in a directory that holds the file.
    if Path::new("victim").exists() {
        return write_until_killed();
    }
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("victim");
    for round in 0..20 {
        make(&path, b"");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "replace_file::tests::a_killed_writer_leaves_the_old_or_the_new_file",
            ])
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        while fs::read(&path).unwrap().is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(15), "the writer wrote nothing");
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(300 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let content = fs::read(&path).unwrap();
        assert!(content.iter().all(|b| *b == content[0]), "two files mixed");
        assert_eq!(content.len(), 1000 + usize::from(content[0]), "half a file");
    }
    put(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    if cfg!(unix) {
        assert_eq!(names_in(dir.path()), ["victim"]);
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    use super::{
        Command, Duration, File, Instant, Links, Lock, Mode, Path, Replaced, Stands, Target,
        TempDir, TryLockError, WriteReason, create_private_dir, follow, fs, lock, make, names_in,
        nothing_else, put, remove, replace, thread,
    };

    const OTHER: u32 = 54_321;

    fn is_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    fn mode_of(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o7777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn modes_are_exact() {
        let dir = TempDir::new().unwrap();
        set_mode(dir.path(), 0o700);
        let at = |name: &str| dir.path().join(name);
        create_private_dir(&at("a/b")).unwrap();
        assert_eq!((mode_of(&at("a")), mode_of(&at("a/b"))), (0o700, 0o700));
        let lock = lock(dir.path());
        assert_eq!(mode_of(&at(".lock")), 0o600);
        for (mode, expected) in [(Mode::Private, 0o600), (Mode::Shared, 0o644)] {
            let path = at("new");
            replace(&path, b"x", mode, Links::Follow, &lock).unwrap();
            assert_eq!(mode_of(&path), expected, "{mode:?}");
            for kept in [0o600, 0o640, 0o644, 0o664, 0o666, 0o755, 0o200] {
                set_mode(&path, kept);
                replace(&path, b"y", mode, Links::Follow, &lock).unwrap();
                assert_eq!(mode_of(&path), kept);
            }
            remove(&path, Links::Follow, &lock).unwrap();
        }
        set_mode(&at("a"), 0o755);
        create_private_dir(&at("a/c")).unwrap();
        assert_eq!((mode_of(&at("a")), mode_of(&at("a/c"))), (0o755, 0o700));
    }

    #[test]
    fn the_umask_does_not_matter() {
        for umask in ["000", "077", "277"] {
            // The umask belongs to the whole process, so this is tried in another one.
            let output = Command::new("sh")
                .args([
                    "-c",
                    "umask $1 && exec \"$0\" --exact replace_file::tests::unix::modes_are_exact",
                ])
                .arg(std::env::current_exe().unwrap())
                .arg(umask)
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && text.contains("1 passed"), "{umask}: {text}");
        }
    }

    #[test]
    fn the_owner_stays() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        make(&path, b"old");
        let me = fs::metadata(&path).unwrap();
        let (uid, gid) = if is_root() { (OTHER, OTHER + 1) } else { (me.uid(), me.gid()) };
        chown(&path, Some(uid), Some(gid)).unwrap();
        set_mode(&path, 0o640);
        put(&path, b"new").unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!((after.uid(), after.gid(), after.mode() & 0o7777), (uid, gid, 0o640));
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn read_only_files_are_refused_also_for_root() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        for mode in [0o444, 0o400, 0o000, 0o466, 0o555] {
            make(&path, b"old");
            set_mode(&path, mode);
            let error = put(&path, b"new").unwrap_err();
            assert!(matches!(error.reason, WriteReason::ReadOnly), "{mode:o}: {error}");
            assert_eq!(mode_of(&path), mode);
            set_mode(&path, 0o600);
            assert_eq!(fs::read(&path).unwrap(), b"old");
            assert_eq!(names_in(dir.path()), ["f"]);
        }
        set_mode(&path, 0o400);
        assert!(remove(&path, Links::Follow, &lock(dir.path())).unwrap().was_there);
    }

    #[test]
    fn followed_links_stay_links() {
        let dir = TempDir::new().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("dotfiles")).unwrap();
        symlink("dotfiles", at("way")).unwrap();
        for (first, links, file) in [
            ("one", vec![("one", "dotfiles/f")], "dotfiles/f"),
            ("dotfiles/up", vec![("dotfiles/up", "../g")], "g"),
            (
                "c1",
                vec![("c1", "way/c2"), ("dotfiles/c2", "c3"), ("dotfiles/c3", "h")],
                "dotfiles/h",
            ),
        ] {
            for old in [None, Some(b"old")] {
                if let Some(old) = old {
                    make(&at(file), old);
                } else {
                    // Without it the link dangles.
                    assert!(!at(file).exists());
                }
                for (link, leads_to) in &links {
                    let _ = fs::remove_file(at(link));
                    symlink(leads_to, at(link)).unwrap();
                }
                put(&at(first), b"new").unwrap();
                for (link, leads_to) in &links {
                    assert_eq!(fs::read_link(at(link)).unwrap(), Path::new(leads_to));
                }
                assert!(fs::symlink_metadata(at(file)).unwrap().is_file());
                assert_eq!(fs::read(at(file)).unwrap(), b"new");
            }
        }
        let absolute = at("absolute");
        symlink(at("g"), &absolute).unwrap();
        assert_eq!(follow(&absolute).path(), at("g"));
        assert!(remove(&absolute, Links::Follow, &lock(dir.path())).unwrap().was_there);
        assert!(absolute.is_symlink() && !at("g").exists());
    }

    #[test]
    fn chains_end() {
        let dir = TempDir::new().unwrap();
        let link = |n: u32| dir.path().join(format!("l{n}"));
        for n in 0..41 {
            symlink(format!("l{}", n + 1), link(n)).unwrap();
        }
        // 40 links are followed, 41 are not, a circle neither.
        assert_eq!(follow(&link(1)).path(), link(41));
        for start in [link(0), dir.path().join("circle")] {
            let _ = symlink("circle", dir.path().join("circle"));
            let error = Target::resolve(&start, Links::Follow).unwrap_err();
            assert!(matches!(error.reason, WriteReason::LinkChain), "{error}");
        }
    }

    #[test]
    fn a_link_of_somebody_else_is_not_followed() {
        let dir = TempDir::new().unwrap();
        let (file, link) = (dir.path().join("mine"), dir.path().join("link"));
        make(&file, b"old");
        symlink("mine", &link).unwrap();
        assert_eq!(follow(&link).path(), file);
        if is_root() {
            lchown(&link, Some(OTHER), None).unwrap();
            let error = put(&link, b"new").unwrap_err();
            assert!(matches!(error.reason, WriteReason::LinkOwner { uid: OTHER, .. }), "{error}");
            assert_eq!(fs::read(&file).unwrap(), b"old");
        }
    }

    #[test]
    fn a_link_put_there_later_is_not_followed() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        let target = follow(&path);
        assert!(target.existing().unwrap().is_none());
        symlink("other", &path).unwrap();
        assert!(matches!(target.existing().unwrap_err(), WriteReason::Link));
    }

    #[test]
    fn a_hard_link_is_broken_and_told() {
        let dir = TempDir::new().unwrap();
        let (path, other) = (dir.path().join("f"), dir.path().join("other"));
        make(&path, b"old");
        fs::hard_link(&path, &other).unwrap();
        let told = Replaced { broke_hard_link: true, left_over: Vec::new() };
        assert_eq!(put(&path, b"new").unwrap(), told);
        assert_eq!(put(&path, b"newer").unwrap(), nothing_else());
        assert_eq!(fs::read(&other).unwrap(), b"old");
    }

    #[test]
    fn pipes_and_sockets_are_refused_without_waiting() {
        let dir = TempDir::new().unwrap();
        let (pipe, socket) = (dir.path().join("pipe"), dir.path().join("socket"));
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let _listener = UnixListener::bind(&socket).unwrap();
        for path in [pipe, socket] {
            let begin = Instant::now();
            let error = put(&path, b"new").unwrap_err();
            assert!(matches!(error.reason, WriteReason::NotRegular), "{error}");
            assert!(begin.elapsed() < Duration::from_secs(1));
        }
    }

    #[test]
    fn only_a_plain_lock_file_is_opened() {
        for (kind, expected) in [
            ("link", "Link"),
            ("dangling", "Link"),
            ("pipe", "NotRegular"),
            ("socket", "NotRegular"),
            ("directory", "Directory"),
        ] {
            let dir = TempDir::new().unwrap();
            let path = dir.path().join(".lock");
            make(&dir.path().join("other"), b"old");
            let mut listener = None;
            match kind {
                "link" => symlink("other", &path).unwrap(),
                "dangling" => symlink("missing", &path).unwrap(),
                "pipe" => nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap(),
                "socket" => listener = Some(UnixListener::bind(&path).unwrap()),
                _ => fs::create_dir(&path).unwrap(),
            }
            let error = Lock::directory(dir.path()).err().expect(kind);
            assert_eq!(format!("{:?}", error.reason), expected, "{kind}");
            assert_eq!(fs::read(dir.path().join("other")).unwrap(), b"old");
            assert!(!dir.path().join("missing").exists());
            drop(listener);
        }
    }

    #[test]
    fn lock_files_that_hold_something_are_locked_but_not_written() {
        let dir = TempDir::new().unwrap();
        let (path, other) = (dir.path().join(".lock"), dir.path().join("other"));
        drop(lock(dir.path()));
        let hint = format!("{:<10}\n", std::process::id());
        assert_eq!(fs::read_to_string(&path).unwrap(), hint);

        make(&path, b"x");
        set_mode(&path, 0o644);
        drop(lock(dir.path()));
        assert_eq!((fs::read_to_string(&path).unwrap(), mode_of(&path)), (hint, 0o600));

        for linked in [true, false] {
            fs::remove_file(&path).unwrap();
            make(&path, if linked { b"short" } else { b"longer than a hint" });
            let before = fs::read(&path).unwrap();
            if linked {
                fs::hard_link(&path, &other).unwrap();
            }
            drop(lock(dir.path()));
            assert_eq!(fs::read(&path).unwrap(), before);
        }
    }

    #[test]
    fn a_lock_file_taken_away_is_no_lock() {
        let dir = TempDir::new().unwrap();
        let (path, lock_path) = (dir.path().join("f"), dir.path().join(".f.lock"));
        let first = Lock::file(&path, Links::Follow).unwrap();
        thread::scope(|scope| {
            let second = scope.spawn(|| Lock::file(&path, Links::Follow).unwrap());
            thread::sleep(Duration::from_millis(50));
            assert!(!second.is_finished());
            drop(first);
            let second = second.join().unwrap();
            // It waited on the file that is gone, and holds the one that is there.
            let there = File::open(&lock_path).unwrap();
            assert!(matches!(there.try_lock(), Err(TryLockError::WouldBlock)));
            // Somebody removed it by hand, and somebody else has the new one: that one is kept.
            fs::remove_file(&lock_path).unwrap();
            let third = Lock::file(&path, Links::Follow).unwrap();
            drop(second);
            assert!(lock_path.exists());
            drop(third);
            assert!(!lock_path.exists());
        });
    }

    #[test]
    fn two_ways_to_one_file_fail_neither_writer() {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("shared");
        let ways: Vec<PathBuf> = ["a", "b"].iter().map(|n| dir.path().join(n)).collect();
        for way in &ways {
            fs::create_dir(way).unwrap();
            symlink("../shared", way.join("f")).unwrap();
        }
        thread::scope(|scope| {
            for way in ways.iter().cycle().take(8) {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let lock = lock(way);
                        let path = way.join("f");
                        let replaced =
                            replace(&path, b"whole", Mode::Private, Links::Follow, &lock).unwrap();
                        assert_eq!(replaced, nothing_else());
                    }
                });
            }
        });
        assert_eq!(fs::read(&file).unwrap(), b"whole");
        assert_eq!(names_in(dir.path()), ["a", "b", "shared"]);
    }

    #[test]
    fn a_dangling_link_is_no_place_for_a_directory() {
        let dir = TempDir::new().unwrap();
        symlink("missing", dir.path().join("link")).unwrap();
        let error = create_private_dir(&dir.path().join("link/sub")).unwrap_err();
        assert!(matches!(error.reason, WriteReason::NotADirectory), "{error}");
        fs::create_dir(dir.path().join("missing")).unwrap();
        create_private_dir(&dir.path().join("link/sub")).unwrap();
        assert_eq!(mode_of(&dir.path().join("missing/sub")), 0o700);
    }

    /// Runs something without root's power over files: only Linux knows that for one thread.
    #[cfg(target_os = "linux")]
    fn without_power(dir: &Path, act: impl FnOnce() + Send) {
        use nix::unistd::{Uid, setfsuid};

        if is_root() {
            chown(dir, Some(OTHER), None).unwrap();
        }
        thread::scope(|scope| {
            let thread = scope.spawn(|| {
                if is_root() {
                    setfsuid(Uid::from_raw(OTHER));
                }
                act();
            });
            thread.join().unwrap();
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_read_only_directory_keeps_its_file() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        without_power(dir.path(), || {
            make(&path, b"old");
            let held = lock(dir.path());
            set_mode(dir.path(), 0o500);
            for error in [
                put(&path, b"new").unwrap_err(),
                replace(&path, b"new", Mode::Private, Links::Follow, &held).unwrap_err(),
                remove(&path, Links::Follow, &held).unwrap_err(),
            ] {
                assert!(error.reason.to_string().starts_with("permission denied"), "{error}");
                assert!(!error.to_string().contains(".tmp-"), "{error}");
                assert_eq!(error.stands, Stands::Unchanged);
                assert!(!crate::error::Error::from(error).help.is_empty());
            }
            set_mode(dir.path(), 0o700);
            assert_eq!(fs::read(&path).unwrap(), b"old");
            assert_eq!(names_in(dir.path()), [".lock", "f"]);
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_directory_that_cannot_be_listed_is_written() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        without_power(dir.path(), || {
            set_mode(dir.path(), 0o300);
            put(&path, b"new").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            set_mode(dir.path(), 0o700);
            assert_eq!(names_in(dir.path()), ["f"]);
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_is_not_taken_from_its_owner() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("f");
        make(&path, b"old");
        set_mode(&path, 0o660);
        let (uid, gid) = if is_root() { (OTHER, OTHER) } else { (u32::MAX, u32::MAX) };
        for owner in [OTHER + 1, uid] {
            if is_root() {
                chown(&path, Some(owner), Some(gid)).unwrap();
            }
            without_power(dir.path(), || {
                let result = put(&path, b"new");
                if is_root() && owner != uid {
                    let error = result.unwrap_err();
                    let expected =
                        matches!(error.reason, WriteReason::Owner { uid } if uid == owner);
                    assert!(expected, "{error}");
                    assert_eq!(fs::metadata(&path).unwrap().uid(), owner);
                } else {
                    // The owner is right; a group that cannot be kept leaves no rights behind.
                    result.unwrap();
                    let expected = if is_root() { 0o600 } else { 0o660 };
                    assert_eq!(mode_of(&path), expected);
                }
            });
            assert_eq!(names_in(dir.path()), ["f"]);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_cannot_be_cleared_is_told() {
        let dir = TempDir::new().unwrap();
        let (path, left) = (dir.path().join("f"), dir.path().join(".f.tmp-0123456789ab"));
        make(&left, b"left");
        set_mode(&left, 0);
        without_power(dir.path(), || {
            let replaced = put(&path, b"new").unwrap();
            assert_eq!(replaced.left_over, std::slice::from_ref(&left));
        });
    }

    /// The other process of the test below, where files end at 1024 bytes at most.
    fn write_without_room(path: &Path) {
        let error = put(path, &vec![b'x'; 100_000]).unwrap_err();
        assert_eq!(error.reason.to_string(), "file too large");
        assert_eq!(error.stands, Stands::Unchanged);
    }

    #[test]
    fn a_write_that_fails_half_way_keeps_the_old_file() {
        // This test starts itself again, in a directory that holds the file.
        if Path::new("victim").exists() {
            return write_without_room(Path::new("victim"));
        }
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("victim");
        make(&path, b"old");
        let script = "trap '' XFSZ; ulimit -f 1 && exec \"$0\" --exact $1";
        let output = Command::new("sh")
            .args(["-c", script])
            .arg(std::env::current_exe().unwrap())
            .arg("replace_file::tests::unix::a_write_that_fails_half_way_keeps_the_old_file")
            .current_dir(dir.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names_in(dir.path()), ["victim"]);
    }
}
