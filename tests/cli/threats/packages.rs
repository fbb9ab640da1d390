//! Packages whose author wants more than to be installed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::packages::{hello, installed, machine};
use crate::sandbox::Sandbox;

/// Writes an archive by Python's own library, which takes any name and any link.
fn archive(sandbox: &Sandbox, entries: &str) {
    let text = format!(
        "import tarfile, io, zipfile\n\
         t = tarfile.open('x.tar.gz', 'w:gz', errors='surrogateescape', format=tarfile.GNU_FORMAT)\n\
         def put(name, kind=tarfile.REGTYPE, target='', mode=0o755, text=b'#!/bin/sh\\necho ran\\n'):\n\
         \x20   i = tarfile.TarInfo(name)\n\
         \x20   i.type, i.linkname, i.mode, i.size = kind, target, mode, len(text)\n\
         \x20   t.addfile(i, io.BytesIO(text))\n\
         LINK, HARD = tarfile.SYMTYPE, tarfile.LNKTYPE\n\
         put('carto-x')\n{entries}\nt.close()\n"
    );
    sandbox.file("make.py", text);
    _ = sandbox.shell("python3 make.py").dir("").run().ok();
}

/// Lists every file of the machine but locks, which stay.
fn files(sandbox: &Sandbox) -> String {
    let line = "find . ! -name .lock ! -type d | sort";
    sandbox.shell(line).dir("").run().ok().stdout
}

/// Each is refused, nothing is left, and nothing outside has changed.
#[test]
fn a_hostile_archive_is_refused_whole() {
    for (entries, words) in [
        ("put('/etc/carto-evil')", "would lie outside"),
        ("put('../carto-evil')", "would lie outside"),
        ("put('a/../../carto-evil')", "would lie outside"),
        ("put('a\\\\b')", "it has a file with the name"),
        ("put('l', LINK, '/etc')", "its link `l` leads out of it, to `/etc`"),
        ("put('l', LINK, '../outside')", "its link `l` leads out of it"),
        ("put('a/l', LINK, 'b/../../../outside')", "its link `a/l` leads out of it"),
        ("put('l', LINK, 'nothing')", "its link `l` leads to nothing in it"),
        ("put('d/f')\nput('l', LINK, 'd')\nput('l/g')", "would be written through a link"),
        ("put('l', LINK, 'carto-x')\nput('l')", "would be written through a link"),
        ("put('h', HARD, '/etc/passwd')", "would lie outside"),
        ("put('h', HARD, 'nothing')", "is another name for no file in it"),
        ("put('d', tarfile.CHRTYPE)", "is neither file nor directory nor link"),
        ("put('d', tarfile.FIFOTYPE)", "is neither file nor directory nor link"),
        ("put('carto-\\x1b[2Jx')", "it has a file with the name `carto-\\x1b[2Jx`"),
        ("put('carto-\\u202ex')", "it has a file with the name"),
        ("put('carto-X')", "differ in case alone"),
        ("put('carto-x')", "it has `carto-x` twice"),
        ("put('carto-x/y')", "it has `carto-x` twice"),
        ("put('carto-x-\\udcff')", "it has a name that is not UTF-8"),
        ("put('carto-A b')", "it brings `carto-A b`, which cannot be a plugin"),
    ] {
        let sandbox = machine();
        sandbox.file("outside/kept", "kept");
        archive(&sandbox, entries);
        let before = files(&sandbox);
        let ran = sandbox.carto("plugin install ../x.tar.gz --yes").run().fails(4);
        assert!(ran.stderr.contains(words), "{entries}: {ran}");
        assert!(!ran.stderr.contains('\u{1b}') && !ran.stdout.contains('\u{1b}'), "{entries}");
        assert_eq!(installed(&sandbox), [""; 0], "{entries}");
        assert_eq!(files(&sandbox), before, "{entries}");
        assert_eq!(sandbox.read("outside/kept"), "kept");
    }
}

/// The same by the other form of an archive.
#[test]
fn a_hostile_zip_is_refused_whole() {
    for (entries, words) in [
        ("put('/etc/carto-evil')", "would lie outside"),
        ("put('../carto-evil')", "would lie outside"),
        ("put('a\\\\b')", "it has a file with the name"),
        ("put('l', 0o120777, '/etc')", "its link `l` leads out of it, to `/etc`"),
        ("put('l', 0o120777, '..')", "its link `l` leads out of it"),
        ("put('d/f')\nput('l', 0o120777, 'd')\nput('l/g')", "would be written through a link"),
        ("put('d', 0o020666)", "is neither file nor directory nor link"),
        ("put('carto-X')", "differ in case alone"),
        ("put('x' * 5000)", "it has a file with the name"),
    ] {
        let sandbox = machine();
        let text = format!(
            "import zipfile\nz = zipfile.ZipFile('x.zip', 'w', zipfile.ZIP_DEFLATED)\n\
             def put(name, mode=0o100755, text='#!/bin/sh\\necho ran\\n'):\n\
             \x20   i = zipfile.ZipInfo(name)\n\
             \x20   i.filename, i.external_attr, i.create_system = name, mode << 16, 3\n\
             \x20   z.writestr(i, text)\n\
             put('carto-x')\n{entries}\nz.close()\n"
        );
        sandbox.file("make.py", text);
        _ = sandbox.shell("python3 make.py").dir("").run().ok();
        let before = files(&sandbox);
        let ran = sandbox.carto("plugin install ../x.zip --yes").run().fails(4);
        assert!(ran.stderr.contains(words), "{entries}: {ran}");
        assert_eq!(files(&sandbox), before, "{entries}");
    }
}

/// Set-user-id and everyone's right to write are not taken from an archive.
#[test]
fn modes_of_an_archive_say_what_may_run_and_nothing_else() {
    let sandbox = machine();
    archive(&sandbox, "put('bin/carto-y', mode=0o6777)\nput('data', mode=0o666)");
    _ = sandbox.carto("plugin install ../x.tar.gz --yes").run().ok();
    let tree = sandbox.installed("x").join("tree");
    let mode = |name: &str| fs::metadata(tree.join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("carto-x"), mode("bin/carto-y"), mode("data")), (0o755, 0o755, 0o644));
    assert_eq!(mode("bin") & 0o022, 0);
    _ = sandbox.carto("y").run().ok();
}

/// Ten gibibytes of zeros are ten mebibytes of archive.
#[test]
fn an_archive_that_never_ends_is_given_up() {
    let sandbox = machine();
    let text = "import gzip\n\
                def head(name, size):\n\
                \x20   b = bytearray(512)\n\
                \x20   b[:len(name)] = name\n\
                \x20   b[100:108], b[108:116], b[116:124] = b'0000755\\0', b'0000000\\0', b'0000000\\0'\n\
                \x20   b[124:136] = b'%011o\\0' % size if size < 8**11 else bytes([128]) + size.to_bytes(11, 'big')\n\
                \x20   b[136:148], b[148:156], b[156] = b'00000000000\\0', b' ' * 8, ord('0')\n\
                \x20   b[257:265] = b'ustar\\x0000'\n\
                \x20   b[148:156] = b'%06o\\0 ' % sum(b)\n\
                \x20   return bytes(b)\n\
                out = open('x.tar.gz', 'wb')\n\
                out.write(gzip.compress(head(b'carto-x', 10 << 30), 1))\n\
                block = gzip.compress(bytes(64 << 20), 1)\n\
                for _ in range(20): out.write(block)\n\
                out.close()\n";
    sandbox.file("make.py", text);
    _ = sandbox.shell("python3 make.py").dir("").run().ok();
    let ran = sandbox.carto("plugin install ../x.tar.gz --yes").run().fails(4);
    assert!(ran.stderr.contains("it is larger than 1073741824 bytes unpacked"), "{ran}");
    assert_eq!(installed(&sandbox), [""; 0]);
}

/// What stands behind the last file is read for its sum, and has an end, too.
#[test]
fn an_archive_that_goes_on_behind_its_end_is_refused() {
    let sandbox = machine();
    archive(&sandbox, "");
    let text = "import gzip\n\
                whole = gzip.decompress(open('x.tar.gz', 'rb').read())\n\
                open('x.tar.gz', 'wb').write(gzip.compress(whole + bytes(17 << 20), 1))\n";
    sandbox.file("grow.py", text);
    _ = sandbox.shell("python3 grow.py").dir("").run().ok();
    let ran = sandbox.carto("plugin install ../x.tar.gz --yes").run().fails(4);
    assert!(ran.stderr.contains("it goes on behind its end"), "{ran}");
}

/// A directory that is copied is judged as an archive is.
#[test]
fn a_directory_with_a_link_that_leads_out_is_refused() {
    let sandbox = machine();
    let link = sandbox.path("src/carto-hello/passwd");
    std::os::unix::fs::symlink("/etc/passwd", link).unwrap();
    let ran = sandbox.carto("plugin install ../src/carto-hello --yes").run().fails(4);
    assert!(ran.stderr.contains("its link `passwd` leads out of it"), "{ran}");
    assert_eq!(installed(&sandbox), [""; 0]);
}

/// A repository may hold links that leave it, hooks and filters: none counts.
#[test]
fn a_repository_runs_nothing_and_links_to_nothing_outside() {
    let sandbox = machine();
    sandbox.file_with_mode("repo/carto-hello", hello("git"), 0o755);
    sandbox.file("repo/.gitattributes", "* filter=evil\n");
    let line = "git init -q . && git add . && \
                git -c user.name=x -c user.email=x@example.com commit -qm x";
    _ = sandbox.shell(line).dir("repo").run().ok();
    // A filter that the user has set up for something else.
    let touch = format!("touch {}", sandbox.path("marks/filter").display());
    let config = format!("[filter \"evil\"]\n\tsmudge = {touch}\n\tclean = {touch}\n");
    sandbox.file("home/.gitconfig", config);
    sandbox.file_with_mode("home/.config/git/hooks/post-checkout", "#!/bin/sh\nfalse\n", 0o755);
    let url = format!("git+file://{}", sandbox.path("repo").display());
    _ = sandbox.carto("plugin install").arg(&url).arg("--yes").run().ok();
    assert!(!sandbox.path("marks/filter").exists());
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "git for ann with ann-key\n");
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path("repo/passwd")).unwrap();
    fs::remove_file(sandbox.path("home/.gitconfig")).unwrap();
    _ = sandbox.shell(line).dir("repo").run().ok();
    let ran = sandbox.carto("plugin upgrade --yes").run().fails(1);
    assert!(ran.stderr.contains("its link `passwd` leads out of it"), "{ran}");
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "git for ann with ann-key\n");
}

/// A hook of git that installs plugins stands in another repository, which stays as it is.
#[test]
fn a_repository_of_the_callers_environment_is_not_touched() {
    let sandbox = machine();
    sandbox.file_with_mode("repo/carto-hello", hello("git"), 0o755);
    sandbox.file("other/theirs", "theirs");
    let line = "git init -q . && git add . && \
                git -c user.name=x -c user.email=x@example.com commit -qm x";
    for dir in ["repo", "other"] {
        _ = sandbox.shell(line).dir(dir).run().ok();
    }
    let index = fs::read(sandbox.path("other/.git/index")).unwrap();
    let url = format!("git+file://{}", sandbox.path("repo").display());
    let call = sandbox.carto("plugin install").arg(&url).arg("--yes");
    let call = call.env("GIT_DIR", sandbox.path("other/.git"));
    let call = call.env("GIT_INDEX_FILE", sandbox.path("other/.git/index"));
    _ = call.env("GIT_WORK_TREE", sandbox.path("other")).run().ok();
    assert!(fs::read(sandbox.path("other/.git/index")).unwrap() == index);
    assert_eq!(sandbox.carto("hello").run().ok().stdout, "git for ann with ann-key\n");
}

/// What is called as a built-in command, or as carto itself, replaces neither.
#[test]
fn no_package_replaces_a_command() {
    let sandbox = machine();
    sandbox.file_with_mode("src/evil/carto-config", hello("evil"), 0o755);
    sandbox.file_with_mode("src/evil/bin/carto", hello("evil"), 0o755);
    let ran = sandbox.carto("plugin install ../src/evil --yes").run().fails(4);
    assert!(ran.stderr.contains("`carto config` is a built-in command"), "{ran}");
    sandbox.file_with_mode("src/evil/carto-extra", hello("extra"), 0o755);
    _ = sandbox.carto("plugin install ../src/evil --yes").run().ok();
    assert_eq!(sandbox.carto("config get username").run().ok().stdout, "ann\n");
    assert_eq!(sandbox.carto("extra").run().ok().stdout, "extra for ann with ann-key\n");
}

/// The managers get no account, and nothing that would send what they install elsewhere.
#[test]
fn package_managers_get_no_key() {
    let sandbox = machine();
    let spy = "#!/bin/sh\ntr '\\0' '\\n' </proc/$$/environ >>\"${0%/*}/../marks/env\"\nexit 1\n";
    for name in ["python3", "cargo", "git"] {
        sandbox.file_with_mode(&format!("bin/{name}"), spy, 0o755);
    }
    for source in ["pip:carto-x", "cargo:carto-x", "git+https://example.com/x"] {
        let call = sandbox.carto("plugin install").arg(source).arg("--yes");
        let ran = call
            .env("CARTO_API_KEY", "ann-key")
            .env("CARTO_BASE_URL", "https://ann.carto.com")
            .env("PYTHONPATH", "/evil")
            .env("CARGO_INSTALL_ROOT", "/evil")
            .run()
            .fails(1);
        assert!(ran.stderr.contains("` failed"), "{ran}");
    }
    let seen = sandbox.read("marks/env");
    assert!(seen.contains("PATH="), "{seen}");
    assert!(!seen.contains("ann-key") && !seen.contains("/evil"), "{seen}");
    assert!(!seen.contains("CARTO_"), "{seen}");
    assert_eq!(installed(&sandbox), [""; 0]);
}
