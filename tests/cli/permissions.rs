//! Owners, modes and links. As root the program runs as another user, by `setpriv`; as anybody
//! else it runs as oneself, and what only root can arrange is said to be left out.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;

use expect_test::{Expect, expect};

use crate::sandbox::Sandbox;

const CONFIG: &str = "home/.config/carto/config.toml";
const CREDENTIALS: &str = "home/.config/carto/credentials.toml";
const KEY: &str = "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"ann\"\napikey = \"marker\"\n";

/// Who runs the program, on a machine that is theirs.
struct Machine {
    sandbox: Sandbox,
    uid: u32,
    is_root: bool,
}

impl Machine {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let me = nix::unistd::geteuid();
        let is_root = me.is_root();
        let uid = if is_root { 65534 } else { me.as_raw() };
        let machine = Machine { sandbox, uid, is_root };
        machine.own("home");
        machine.own("work");
        machine
    }

    /// Returns a path and all below it to the one who runs the program.
    fn own(&self, name: &str) {
        self.give(&self.sandbox.path(name), self.uid);
    }

    fn give(&self, path: &Path, uid: u32) {
        if !self.is_root {
            return;
        }
        std::os::unix::fs::lchown(path, Some(uid), Some(uid)).unwrap();
        if path.is_dir() && !path.is_symlink() {
            for entry in fs::read_dir(path).unwrap() {
                self.give(&entry.unwrap().path(), uid);
            }
        }
    }

    /// Writes a file of the one who runs the program.
    fn file(&self, name: &str, text: &str, mode: u32) {
        self.sandbox.file_with_mode(name, text, mode);
        for top in ["home", "work"] {
            self.own(top);
        }
    }

    /// Whether files of other users can be arranged; only root can. Says so where it is not, past
    /// the capture of tests that pass.
    fn has_others(&self) -> bool {
        if !self.is_root {
            let note = "note: needs root: what is owned by other users was not tested\n";
            _ = std::io::stderr().write_all(note.as_bytes());
        }
        self.is_root
    }

    fn mode(&self, name: &str) -> String {
        let facts = fs::symlink_metadata(self.sandbox.path(name)).unwrap();
        format!("{:04o}", facts.permissions().mode() & 0o7777)
    }

    /// Runs lines of a shell as the user and fails when a key shows, which is called `marker`.
    #[track_caller]
    fn says(&self, lines: &[&str], expected: &Expect) {
        let mut seen = String::new();
        for line in lines {
            seen += &format!("$ {line}\n{}", self.run(line).never_says("marker"));
        }
        expected.assert_eq(&seen);
    }

    fn run(&self, line: &str) -> crate::sandbox::Ran {
        let uid = format!("--reuid={}", self.uid);
        let gid = format!("--regid={}", self.uid);
        if self.is_root {
            let program = ["setpriv", &uid, &gid, "--clear-groups", "sh", "-c"];
            self.sandbox.shell_of(&program, line).run()
        } else {
            self.sandbox.shell(line).run()
        }
    }
}

#[test]
fn the_program_runs_as_another_user() {
    let machine = Machine::new();
    let seen = machine.run("id -u").ok().stdout;
    assert_eq!(seen.trim(), machine.uid.to_string());
    assert_ne!(seen.trim(), "0");
}

#[test]
fn keys_that_others_can_read_are_refused() {
    for (mode, expected) in [
        (
            0o644,
            expect![[r#"
                $ carto config get username
                ! error: others can read this credential file
                !   --> ~/.config/carto/credentials.toml
                ! note: what lets them: mode 0644
                ! help: chmod 600 ~/.config/carto/credentials.toml
                exit 3
            "#]],
        ),
        (
            0o640,
            expect![[r#"
                $ carto config get username
                ! error: others can read this credential file
                !   --> ~/.config/carto/credentials.toml
                ! note: what lets them: mode 0640
                ! help: chmod 600 ~/.config/carto/credentials.toml
                exit 3
            "#]],
        ),
        (
            0o604,
            expect![[r#"
                $ carto config get username
                ! error: others can read this credential file
                !   --> ~/.config/carto/credentials.toml
                ! note: what lets them: mode 0604
                ! help: chmod 600 ~/.config/carto/credentials.toml
                exit 3
            "#]],
        ),
        (
            0o610,
            expect![[r#"
                $ carto config get username
                ! error: others can read this credential file
                !   --> ~/.config/carto/credentials.toml
                ! note: what lets them: mode 0610
                ! help: chmod 600 ~/.config/carto/credentials.toml
                exit 3
            "#]],
        ),
        (
            0o400,
            expect![[r#"
            $ carto config get username
            ann
            exit 0
        "#]],
        ),
    ] {
        let machine = Machine::new();
        machine.file(CONFIG, "username = \"ann\"\n", 0o644);
        machine.file(CREDENTIALS, KEY, mode);
        machine.says(&["carto config get username"], &expected);
    }
}

#[test]
fn an_open_file_without_a_key_is_fine() {
    let machine = Machine::new();
    machine.file(CONFIG, "username = \"ann\"\n", 0o644);
    machine.file(CREDENTIALS, "# no key yet\n", 0o644);
    machine.says(
        &["carto config get username"],
        &expect![[r#"
        $ carto config get username
        ann
        exit 0
    "#]],
    );
    // What is written into it makes it a credential file.
    machine
        .says(&["echo marker | carto config set apikey", "carto account | wc -l"], &expect![[r#"
            $ echo marker | carto config set apikey
            ! note: stored the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ carto account | wc -l
            4
            exit 0
        "#]]);
    assert_eq!(machine.mode(CREDENTIALS), "0600");
}

/// Whatever the umask, nobody else reads what carto makes of keys, and no project of its making is
/// open to all.
#[test]
fn new_files_and_directories_are_private_under_any_umask() {
    for umask in ["000", "022", "077"] {
        let machine = Machine::new();
        for line in [
            "carto config set username ann",
            "echo marker | carto config set apikey",
            "carto credentials export out.json",
            "carto credentials export --default",
            "carto init",
            "echo marker | carto config set --project apikey",
            "carto account",
        ] {
            _ = machine.run(&format!("umask {umask}; {line}")).ok();
        }
        for (name, mode) in [
            ("home/.config", "0700"),
            ("home/.config/carto", "0700"),
            (CONFIG, "0600"),
            (CREDENTIALS, "0600"),
            ("home/.config/carto/.lock", "0600"),
            ("home/.local/state", "0700"),
            ("home/.local/state/carto", "0700"),
            ("work/out.json", "0600"),
            ("work/.carto", if umask == "077" { "0700" } else { "0755" }),
            ("work/.carto/config.toml", "0644"),
            ("work/.carto/.gitignore", "0644"),
            ("work/.carto/credentials.toml", "0600"),
            ("home/.config/cartoframes", "0700"),
            ("home/.config/cartoframes/creds.json", "0600"),
            ("home/.config/cartoframes/cartocreds.json", "0600"),
        ] {
            assert_eq!(machine.mode(name), mode, "{name} under umask {umask}");
        }
    }
}

/// What another program left open is closed when a key goes into it.
#[test]
fn an_open_file_is_closed_when_a_key_is_exported_into_it() {
    let machine = Machine::new();
    machine.file(CONFIG, "username = \"ann\"\n", 0o644);
    machine.file("work/creds.json", r#"{"username": "ann"}"#, 0o664);
    machine.says(
        &["carto credentials export creds.json"],
        &expect![[r#"
        $ carto credentials export creds.json
        ! note: wrote ann at https://ann.carto.com to creds.json
        exit 0
    "#]],
    );
    assert_eq!(machine.mode("work/creds.json"), "0600");
}

#[test]
fn the_administrators_files_are_read_as_far_as_they_can_be() {
    let machine = Machine::new();
    if !machine.has_others() {
        return;
    }
    machine.sandbox.file("sys/config.toml", "username = \"ann\"\n");
    machine.sandbox.file_with_mode("sys/credentials.toml", KEY, 0o600);
    machine.says(
        &["carto account", "carto config list", "echo marker | carto config set --system apikey"],
        &expect![[r#"
            $ carto account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://ann.carto.com
            CARTO_USER=ann
            CARTO_USERNAME=ann
            exit 0
            $ carto config list
            * username=ann
            exit 0
            $ echo marker | carto config set --system apikey
            ! error: cannot lock [root]/sys/.lock: permission denied
            ! note: what was there is unchanged
            ! help: see who may write there: ls -ld [root]/sys
            exit 5
        "#]],
    );
    machine.sandbox.file_with_mode("sys/config.toml", "username = \"ann\"\n", 0o600);
    machine.says(
        &[
            "carto account",
            "CARTO_USERNAME=bob carto config get username",
            "carto config path",
            "carto config set --system username bob",
        ],
        &expect![[r#"
            $ carto account
            ! error: cannot read [root]/sys/config.toml: permission denied
            ! help: see who may read it: ls -ld [root]/sys/config.toml
            exit 3
            $ CARTO_USERNAME=bob carto config get username
            bob
            ! warning: cannot read [root]/sys/config.toml: permission denied
            ! help: see who may read it: ls -ld [root]/sys/config.toml
            exit 0
            $ carto config path
            system   [root]/sys/config.toml
            system   [root]/sys/credentials.toml
            user     ~/.config/carto/config.toml  (missing)
            user     ~/.config/carto/credentials.toml  (missing)
            exit 0
            $ carto config set --system username bob
            ! error: cannot read [root]/sys/config.toml: permission denied
            ! help: see who may read it: ls -ld [root]/sys/config.toml
            exit 3
        "#]],
    );
    machine.sandbox.file_with_mode("sys/config.toml", "username = \"ann\"\n", 0o646);
    machine.says(
        &["carto account"],
        &expect![[r#"
        $ carto account
        ! error: [root]/sys/config.toml can be written by everyone
        ! help: chmod o-w [root]/sys/config.toml
        exit 3
    "#]],
    );
}

#[test]
fn files_of_ones_own_that_others_can_change_are_refused() {
    for name in [CONFIG, CREDENTIALS] {
        let machine = Machine::new();
        let (text, expected) = match name {
            CONFIG => (
                "username = \"ann\"\n",
                expect![[r#"
                $ carto config get base_url
                ! error: ~/.config/carto/config.toml can be written by everyone
                ! help: chmod o-w ~/.config/carto/config.toml
                exit 3
                $ carto config set username bob
                ! error: ~/.config/carto/config.toml can be written by everyone
                ! help: chmod o-w ~/.config/carto/config.toml
                exit 3
            "#]],
            ),
            _ => (
                KEY,
                expect![[r#"
                $ carto config get base_url
                ! error: ~/.config/carto/credentials.toml can be written by everyone
                ! help: chmod o-w ~/.config/carto/credentials.toml
                exit 3
                $ carto config set username bob
                ! error: ~/.config/carto/credentials.toml can be written by everyone
                ! help: chmod o-w ~/.config/carto/credentials.toml
                exit 3
            "#]],
            ),
        };
        machine.file(name, text, 0o602);
        machine.says(&["carto config get base_url", "carto config set username bob"], &expected);
        assert_eq!(machine.sandbox.read(name), text);
    }
}

#[test]
fn files_of_ones_own_that_belong_to_another_are_refused() {
    for name in [CONFIG, CREDENTIALS] {
        let machine = Machine::new();
        if !machine.has_others() {
            return;
        }
        let (text, expected) = match name {
            CONFIG => (
                "username = \"ann\"\n",
                expect![[r#"
                $ carto config get base_url
                ! error: ~/.config/carto/config.toml belongs to uid 1, neither you nor root
                ! help: if you trust its content: sudo chown $USER ~/.config/carto/config.toml
                exit 3
                $ carto config set username bob
                ! error: ~/.config/carto/config.toml belongs to uid 1, neither you nor root
                ! help: if you trust its content: sudo chown $USER ~/.config/carto/config.toml
                exit 3
            "#]],
            ),
            _ => (
                KEY,
                expect![[r#"
                $ carto config get base_url
                ! error: ~/.config/carto/credentials.toml belongs to uid 1, neither you nor root
                ! help: if you trust its content: sudo chown $USER ~/.config/carto/credentials.toml
                exit 3
                $ carto config set username bob
                ! error: ~/.config/carto/credentials.toml belongs to uid 1, neither you nor root
                ! help: if you trust its content: sudo chown $USER ~/.config/carto/credentials.toml
                exit 3
            "#]],
            ),
        };
        machine.file(name, text, 0o644);
        chown(machine.sandbox.path(name), Some(1), Some(1)).unwrap();
        machine.says(&["carto config get base_url", "carto config set username bob"], &expected);
    }
    // Root's are as good as one's own.
    let machine = Machine::new();
    machine.file(CONFIG, "username = \"ann\"\n", 0o644);
    chown(machine.sandbox.path(CONFIG), Some(0), Some(0)).unwrap();
    machine.says(
        &["carto config get username"],
        &expect![[r#"
        $ carto config get username
        ann
        exit 0
    "#]],
    );
}

#[test]
fn below_the_home_of_another_nothing_is_read_that_is_closed_and_nothing_is_written() {
    let machine = Machine::new();
    if !machine.has_others() {
        return;
    }
    machine.sandbox.file_with_mode("home/.config/carto/config.toml", "username = \"ann\"\n", 0o600);
    machine.sandbox.file_with_mode(CREDENTIALS, KEY, 0o600);
    machine.give(&machine.sandbox.path("home"), 0);
    let before = machine.sandbox.session(&["find ~ | sort"]);
    machine.says(
        &[
            "carto account",
            "carto config get username",
            "carto config list",
            "carto -c username=bob config get username",
            "carto config set username bob",
            "echo marker | carto config set apikey",
            "echo marker | carto login bob --key-stdin",
            "carto profile add p --username q",
            "carto init",
            "carto trust",
            "carto -c username=bob credentials export --default",
            "CARTO_CONFIG_DIR=$PWD/own carto config set username bob",
        ],
        &expect![[r#"
            $ carto account
            exit 0
            $ carto config get username
            ! error: `username` is not set
            exit 1
            $ carto config list
            exit 0
            $ carto -c username=bob config get username
            bob
            exit 0
            $ carto config set username bob
            ! error: HOME belongs to another user; nothing is written below it
            !   --> ~/.config/carto
            ! help: set HOME to your own (sudo -H does), or CARTO_CONFIG_DIR
            exit 5
            $ echo marker | carto config set apikey
            ! error: HOME belongs to another user; nothing is written below it
            !   --> ~/.config/carto
            ! help: set HOME to your own (sudo -H does), or CARTO_CONFIG_DIR
            exit 5
            $ echo marker | carto login bob --key-stdin
            ! error: HOME belongs to another user; nothing is written below it
            !   --> ~/.config/carto
            ! help: set HOME to your own (sudo -H does), or CARTO_CONFIG_DIR
            exit 5
            $ carto profile add p --username q
            ! error: HOME belongs to another user; nothing is written below it
            !   --> ~/.config/carto
            ! help: set HOME to your own (sudo -H does), or CARTO_CONFIG_DIR
            exit 5
            $ carto init
            ! note: made [work]/.carto
            ! note: it is not trusted yet: HOME belongs to another user; no trust is recorded below it
            exit 0
            $ carto trust
            [work]/.carto/config.toml: not trusted
              #:schema ./config.schema.json
              # Settings of this project; they may be committed. Keys never stand here:
              # `carto config set --project apikey` stores them in credentials.toml beside this file.
            sha256:82668d30bdfd1d7691866df6d2d17fe0c016ad781f9530dc7ba16ec9eff08fd0
            ! error: nobody can be asked here; nothing was approved
            ! help: carto trust --expect sha256:82668d30bdfd1d7691866df6d2d17fe0c016ad781f9530dc7ba16ec9eff08fd0
            exit 4
            $ carto -c username=bob credentials export --default
            ! error: HOME belongs to another user; nothing is written below it
            !   --> ~/.config/cartoframes
            ! help: set HOME to your own (sudo -H does), or CARTO_CONFIG_DIR
            exit 5
            $ CARTO_CONFIG_DIR=$PWD/own carto config set username bob
            ! note: set username in [work]/own/config.toml
            ! note: there is no key for bob at https://bob.carto.com yet: carto config set apikey
            exit 0
        "#]],
    );
    assert_eq!(machine.sandbox.session(&["find ~ | sort"]), before);
    // A directory that cannot be entered, as /root is for everybody else.
    let home = machine.sandbox.path("home");
    fs::set_permissions(&home, Permissions::from_mode(0o700)).unwrap();
    machine.says(
        &["carto account", "carto config set username bob"],
        &expect![[r#"
            $ carto account
            exit 0
            $ carto config set username bob
            ! error: HOME belongs to another user; nothing is written below it
            !   --> ~/.config/carto
            ! help: set HOME to your own (sudo -H does), or CARTO_CONFIG_DIR
            exit 5
        "#]],
    );
}

/// `/` belongs to root, whoever runs the tests.
#[test]
fn nothing_is_written_below_the_home_of_root() {
    let machine = Machine::new();
    machine.says(
        &[
            "HOME=/ carto account",
            "HOME=/ carto config set username bob",
            "HOME=/ carto trust --list",
        ],
        &expect![[r#"
            $ HOME=/ carto account
            exit 0
            $ HOME=/ carto config set username bob
            ! error: HOME belongs to another user; nothing is written below it
            !   --> /.config/carto
            ! help: set HOME to your own (sudo -H does), or CARTO_CONFIG_DIR
            exit 5
            $ HOME=/ carto trust --list
            exit 0
        "#]],
    );
}

/// Root that keeps the caller's HOME, as `sudo -E` does, may write there, and must not.
#[test]
fn root_writes_nothing_below_the_home_of_another() {
    let machine = Machine::new();
    if !machine.has_others() {
        return;
    }
    machine.give(&machine.sandbox.path("work"), 0);
    let before = machine.sandbox.session(&["find ~ | sort"]);
    let lines = [
        "carto config set username ann",
        "echo k | carto login ann --key-stdin",
        "carto init",
        "carto trust --expect $(carto trust --show | grep ^sha256)",
        "carto trust --deny",
        "carto config set --project username ann",
        "echo k | carto config set --project apikey",
        "carto -c username=ann credentials export --default",
        "carto -c username=ann account",
    ];
    let seen = machine.sandbox.session(&lines);
    expect![[r#"
        $ carto config set username ann
        ! error: HOME belongs to another user; nothing is written below it
        !   --> ~/.config/carto
        ! help: set HOME to your own (sudo -H does), or CARTO_CONFIG_DIR
        exit 5
        $ echo k | carto login ann --key-stdin
        ! error: HOME belongs to another user; nothing is written below it
        !   --> ~/.config/carto
        ! help: set HOME to your own (sudo -H does), or CARTO_CONFIG_DIR
        exit 5
        $ carto init
        ! note: made [work]/.carto
        ! note: it is not trusted yet: HOME belongs to another user; no trust is recorded below it
        exit 0
        $ carto trust --expect $(carto trust --show | grep ^sha256)
        ! error: HOME belongs to another user; no trust is recorded below it
        !   --> ~/.local/state/carto/trust
        ! help: set HOME to your own (sudo -H does), or XDG_STATE_HOME
        exit 5
        $ carto trust --deny
        ! error: HOME belongs to another user; no trust is recorded below it
        !   --> ~/.local/state/carto/trust
        ! help: set HOME to your own (sudo -H does), or XDG_STATE_HOME
        exit 5
        $ carto config set --project username ann
        ! note: set username in [work]/.carto/config.toml
        ! note: this project is not trusted: see carto trust
        exit 0
        $ echo k | carto config set --project apikey
        ! error: this project is not trusted and names an account; no key is stored in it
        !   --> [work]/.carto/config.toml
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto config set apikey     # stores the key with your own settings
        exit 4
        $ carto -c username=ann credentials export --default
        ! error: HOME belongs to another user; nothing is written below it
        !   --> ~/.config/cartoframes
        ! help: set HOME to your own (sudo -H does), or CARTO_CONFIG_DIR
        exit 5
        $ carto -c username=ann account
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]
    .assert_eq(&seen);
    assert_eq!(machine.sandbox.session(&["find ~ | sort"]), before);
}

/// What a foreign project is made of, and what its reason is called.
fn plant(machine: &Machine, kind: &str) {
    let sandbox = &machine.sandbox;
    let settings = "username = \"ann\"\n";
    machine.file("work/.carto/config.toml", settings, 0o644);
    let root = sandbox.path("work");
    let dir = sandbox.path("work/.carto");
    let file = sandbox.path("work/.carto/config.toml");
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    match kind {
        "root of another" => chown(root, Some(1), Some(1)).unwrap(),
        "directory of another" => chown(dir, Some(1), Some(1)).unwrap(),
        "file of another" => chown(file, Some(1), Some(1)).unwrap(),
        "file of root" => chown(file, Some(0), Some(0)).unwrap(),
        "root writable" => mode(&root, 0o777),
        "directory writable" => mode(&dir, 0o777),
        "file writable" => mode(&file, 0o666),
        "directory is a link" => {
            fs::rename(&dir, sandbox.path("work/elsewhere")).unwrap();
            symlink("elsewhere", dir).unwrap();
        }
        "file is a link" => {
            fs::rename(&file, sandbox.path("work/elsewhere")).unwrap();
            symlink("../elsewhere", file).unwrap();
        }
        "file is a pipe" => {
            fs::remove_file(&file).unwrap();
            nix::unistd::mkfifo(&file, nix::sys::stat::Mode::from_bits_truncate(0o644)).unwrap();
            machine.own("work");
        }
        "file is a directory" => {
            fs::remove_file(&file).unwrap();
            fs::create_dir(&file).unwrap();
            machine.own("work");
        }
        "directory is a file" => {
            fs::remove_dir_all(&dir).unwrap();
            machine.file("work/.carto", "", 0o644);
        }
        "file too large" => {
            let text = settings.to_owned() + &"# long\n".repeat(160_000);
            machine.file("work/.carto/config.toml", &text, 0o644);
        }
        _ => panic!("{kind}"),
    }
}

/// A foreign project never decides, and no lower scope decides in its place.
#[test]
fn a_foreign_project_stops_what_needs_an_account() {
    let of_others = ["root of another", "directory of another", "file of another", "file of root"];
    let kinds = [
        "root writable",
        "directory writable",
        "file writable",
        "directory is a link",
        "file is a link",
        "file is a pipe",
        "file is a directory",
        "directory is a file",
        "file too large",
    ];
    let others = Machine::new().has_others();
    let of_others = of_others.iter().filter(|_| others);
    let mut reasons = String::new();
    for kind in of_others.chain(&kinds) {
        let machine = Machine::new();
        machine.file(CONFIG, "username = \"ann\"\n", 0o644);
        machine.file(CREDENTIALS, KEY, 0o600);
        plant(&machine, kind);
        for line in
            ["carto account", "carto config get apikey", "carto credentials export", "carto logout"]
        {
            let ran = machine.run(line).never_says("marker").fails(4);
            assert!(ran.stdout.is_empty(), "{kind}: {line}: {ran}");
        }
        let ran = machine.run("carto account");
        reasons += &format!("{kind}\n{ran}\n");
        // What needs no account works.
        for line in ["carto help", "carto version", "carto config path", "carto plugin list"] {
            let ran = machine.run(line).ok();
            assert!(ran.stderr.is_empty(), "{kind}: {line}: {ran}");
        }
        _ = machine.run("carto config list").ok().never_says("marker");
        _ = machine.run("carto config get ui.color --default x").ok();
        // Where the environment or the command line names the account it is skipped, in one line.
        for line in ["CARTO_USERNAME=bob carto account", "carto -c username=bob account"] {
            let ran = machine.run(line).ok();
            assert!(ran.stdout.contains("CARTO_USERNAME=bob\n"), "{kind}: {ran}");
            assert_eq!(ran.stderr.lines().count(), 1, "{kind}: {ran}");
            assert!(ran.stderr.contains("the project is left out: "), "{kind}: {ran}");
        }
        let ran = machine.run("carto --no-project config get username").ok();
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("ann\n", ""), "{kind}");
        // Nothing of one's own is written into it.
        for line in
            ["carto config set --project username x", "echo k | carto config set --project apikey"]
        {
            _ = machine.run(line).fails(4);
        }
    }
    let expected = expect![[r#"
        root of another
        ! error: the project's settings are not safe to use
        ! note: [work] belongs to another user (uid 1)
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

        directory of another
        ! error: the project's settings are not safe to use
        ! note: [work]/.carto belongs to another user (uid 1)
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

        file of another
        ! error: the project's settings are not safe to use
        ! note: [work]/.carto/config.toml belongs to another user (uid 1)
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

        file of root
        ! error: the project's settings are not safe to use
        ! note: [work]/.carto/config.toml belongs to another user (uid 0)
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

        root writable
        ! error: the project's settings are not safe to use
        ! note: [work] can be written by everyone
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

        directory writable
        ! error: the project's settings are not safe to use
        ! note: [work]/.carto can be written by everyone
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

        file writable
        ! error: the project's settings are not safe to use
        ! note: [work]/.carto/config.toml can be written by everyone
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

        directory is a link
        ! error: the project's settings are not safe to use
        ! note: [work]/.carto is a symbolic link
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

        file is a link
        ! error: the project's settings are not safe to use
        ! note: [work]/.carto/config.toml is a symbolic link
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

        file is a pipe
        ! error: the project's settings are not safe to use
        ! note: [work]/.carto/config.toml is not a regular file
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

        file is a directory
        ! error: the project's settings are not safe to use
        ! note: [work]/.carto/config.toml is not a regular file
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

        directory is a file
        ! error: the project's settings are not safe to use
        ! note: [work]/.carto is not a directory
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

        file too large
        ! error: the project's settings are not safe to use
        ! note: [work]/.carto/config.toml is larger than 1048576 bytes
        ! note: project: [work]
        ! help: carto trust                 # shows the project's settings and asks
        ! help: carto --no-project ...      # leaves the project out
        ! help: carto --profile NAME ...    # says which account you mean
        exit 4

    "#]];
    if others {
        expected.assert_eq(&reasons);
    }
}

#[test]
fn exact_bytes_that_were_trusted_count_though_they_are_foreign() {
    let machine = Machine::new();
    machine.file("work/.carto/config.toml", "username = \"bob\"\n", 0o644);
    plant(&machine, "file is a link");
    machine.says(
        &[
            "carto trust --expect $(carto trust --show | grep ^sha256)",
            "carto account",
            "echo 'username = \"eve\"' >elsewhere; carto account",
        ],
        &expect![[r#"
            $ carto trust --expect $(carto trust --show | grep ^sha256)
            ! note: [work] is trusted until it changes
            exit 0
            $ carto account
            CARTO_API_KEY=default_public
            CARTO_BASE_URL=https://ann.carto.com
            CARTO_USER=ann
            CARTO_USERNAME=ann
            exit 0
            $ echo 'username = "eve"' >elsewhere; carto account
            ! error: the project's settings are not safe to use
            ! note: [work]/.carto/config.toml is a symbolic link
            ! note: project: [work]
            ! help: carto trust                 # shows the project's settings and asks
            ! help: carto --no-project ...      # leaves the project out
            ! help: carto --profile NAME ...    # says which account you mean
            exit 4
        "#]],
    );
}

#[test]
fn homes_and_directories_shared_by_all_are_never_projects() {
    let machine = Machine::new();
    machine.file("home/.carto/config.toml", "username = \"evil\"\n", 0o644);
    machine.file("home/deep/x", "", 0o644);
    machine.file("work/.carto/config.toml", "username = \"evil\"\n", 0o644);
    machine.file("work/deep/x", "", 0o644);
    fs::set_permissions(machine.sandbox.path("work"), Permissions::from_mode(0o1777)).unwrap();
    machine.says(
        &[
            "cd ~; carto -v account",
            "cd ~/deep; carto account",
            "carto account",
            "carto -C deep account",
            "cd ~; carto init",
            "carto init",
            "carto config set --project username x",
        ],
        &expect![[r#"
            $ cd ~; carto -v account
            ! run [root]/bin/carto-account
            exit 0
            $ cd ~/deep; carto account
            exit 0
            $ carto account
            exit 0
            $ carto -C deep account
            exit 0
            $ cd ~; carto init
            ! error: your home directory cannot be a project
            !   --> ~
            ! help: carto config set SETTING VALUE     # your own settings need no project
            exit 2
            $ carto init
            ! error: a directory that all users share cannot be a project
            !   --> [work]
            ! help: carto config set SETTING VALUE     # your own settings need no project
            exit 2
            $ carto config set --project username x
            ! error: there is no project here: no `.carto` directory
            ! help: carto init
            exit 1
        "#]],
    );
}

#[test]
fn the_walk_to_the_project_ends_at_repository_and_ceiling() {
    let machine = Machine::new();
    machine.file(
        CONFIG,
        "[profiles.o]\nusername = \"outer\"\n[profiles.i]\nusername = \"inner\"\n",
        0o644,
    );
    machine.file("work/.carto/config.toml", "username = \"outer\"\n", 0o644);
    machine.file("work/a/b/c/x", "", 0o644);
    machine.says(
        &[
            "carto -C a/b/c config get username",
            "CARTO_CEILING_DIRECTORIES=$PWD carto -C a/b/c config get --default none username",
            "CARTO_CEILING_DIRECTORIES=$PWD/a/b carto -C a/b config get username",
            "CARTO_CEILING_DIRECTORIES=/nowhere:$PWD/a carto -C a/b/c config get --default none username",
            "CARTO_CEILING_DIRECTORIES=a carto -C a/b/c config get username",
            "mkdir a/.git; carto -C a/b/c config get --default none username",
            "rmdir a/.git; echo gitdir: x >a/.git; carto -C a/b/c config get --default none username",
            "rm a/.git; mkdir .git; carto -C a/b/c config get username",
        ],
        &expect![[r#"
            $ carto -C a/b/c config get username
            outer
            ! note: this project selects outer at https://outer.carto.com ([work]/.carto/config.toml:1:12)
            exit 0
            $ CARTO_CEILING_DIRECTORIES=$PWD carto -C a/b/c config get --default none username
            none
            exit 0
            $ CARTO_CEILING_DIRECTORIES=$PWD/a/b carto -C a/b config get username
            outer
            ! note: this project selects outer at https://outer.carto.com ([work]/.carto/config.toml:1:12)
            exit 0
            $ CARTO_CEILING_DIRECTORIES=/nowhere:$PWD/a carto -C a/b/c config get --default none username
            none
            exit 0
            $ CARTO_CEILING_DIRECTORIES=a carto -C a/b/c config get username
            outer
            ! note: this project selects outer at https://outer.carto.com ([work]/.carto/config.toml:1:12)
            exit 0
            $ mkdir a/.git; carto -C a/b/c config get --default none username
            none
            exit 0
            $ rmdir a/.git; echo gitdir: x >a/.git; carto -C a/b/c config get --default none username
            none
            exit 0
            $ rm a/.git; mkdir .git; carto -C a/b/c config get username
            outer
            ! note: this project selects outer at https://outer.carto.com ([work]/.carto/config.toml:1:12)
            exit 0
        "#]],
    );
    machine.file("work/a/.carto/config.toml", "username = \"inner\"\n", 0o644);
    machine.says(
        &["carto -C a/b config get username", "carto -C a/b config explain", "carto -C a init"],
        &expect![[r#"
            $ carto -C a/b config get username
            inner
            ! note: the project [work]/a hides another one in [work]
            ! note: this project selects inner at https://inner.carto.com ([work]/a/.carto/config.toml:1:12)
            exit 0
            $ carto -C a/b config explain
            account  inner at https://inner.carto.com
            * project  user name `inner`: inner at https://inner.carto.com
                       at [work]/a/.carto/config.toml:1:12
                       decides: the highest scope that names an account
            key      default_public: CARTO's public key, public data only
            * default  default_public
                       is used
            project  [work]/a/.carto: not trusted
                       it may select an account that you have, and nothing else
                       the nearest project counts alone; it hides [work]
            note:    no key of inner at https://inner.carto.com is stored or given
            help:    carto login https://inner.carto.com  # stores its key
            exit 0
            $ carto -C a init
            ! note: [work]/a/.carto is there already; nothing was changed
            ! note: it hides the project in [work]
            exit 0
        "#]],
    );
}

#[test]
fn links_to_ones_own_files_stay_links() {
    let machine = Machine::new();
    machine.file("home/dotfiles/config.toml", "# mine\nusername = \"ann\"\n", 0o640);
    machine.file("home/dotfiles/credentials.toml", KEY, 0o600);
    machine.file("home/.config/carto/x", "", 0o600);
    for name in ["config.toml", "credentials.toml"] {
        let link = machine.sandbox.path(&format!("home/.config/carto/{name}"));
        symlink(format!("../../dotfiles/{name}"), link).unwrap();
    }
    machine.own("home");
    machine.says(
        &[
            "carto config set ui.color never",
            "echo k2 | carto config set apikey",
            "carto config get apikey",
            "carto config set username bob",
            "echo k3 | carto config set apikey",
            "readlink ~/.config/carto/*.toml; cat ~/dotfiles/config.toml; ls -A ~/dotfiles",
        ],
        &expect![[r#"
            $ carto config set ui.color never
            ! note: set ui.color in ~/.config/carto/config.toml
            exit 0
            $ echo k2 | carto config set apikey
            ! note: replaced the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ carto config get apikey
            k2
            exit 0
            $ carto config set username bob
            ! note: set username in ~/.config/carto/config.toml
            ! note: there is no key for bob at https://bob.carto.com yet: carto config set apikey
            exit 0
            $ echo k3 | carto config set apikey
            ! note: stored the key of bob at https://bob.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ readlink ~/.config/carto/*.toml; cat ~/dotfiles/config.toml; ls -A ~/dotfiles
            ../../dotfiles/config.toml
            ../../dotfiles/credentials.toml
            # mine
            username = "bob"

            [ui]
            color = "never"
            config.toml
            credentials.toml
            exit 0
        "#]],
    );
    assert_eq!(machine.mode("home/dotfiles/config.toml"), "0640");
    assert_eq!(machine.mode("home/dotfiles/credentials.toml"), "0600");
}

/// git is a program of its own: where it is missing, CI must not be the place.
fn has_git(machine: &Machine) -> bool {
    let found = machine.run("command -v git").status.success();
    assert!(found || std::env::var_os("CI").is_none(), "CI has to have git");
    found
}

const GIT: &str = "git -c user.name=n -c user.email=e@x.example -c safe.directory='*'";

#[test]
fn a_home_under_git_ignores_keys_before_one_is_written() {
    let machine = Machine::new();
    if !has_git(&machine) {
        return;
    }
    machine.says(
        &[
            "cd ~ && git init -q . && carto config set username ann && echo marker | carto config \
             set apikey",
            "cat ~/.config/carto/.gitignore",
            "cd ~ && git status --porcelain -uall --ignored",
            "cd ~ && git add -A && git ls-files",
            "carto credentials export ~/notes/x.json; mkdir ~/notes; carto credentials export \
             ~/notes/x.json; cat ~/notes/.gitignore",
            "cd ~ && git add -A && git ls-files",
        ],
        &expect![[r#"
            $ cd ~ && git init -q . && carto config set username ann && echo marker | carto config set apikey
            ! note: set username in ~/.config/carto/config.toml
            ! note: there is no key for ann at https://ann.carto.com yet: carto config set apikey
            ! note: stored the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
            $ cat ~/.config/carto/.gitignore
            credentials.toml
            .lock
            .*.tmp-*
            exit 0
            $ cd ~ && git status --porcelain -uall --ignored
            ?? .config/carto/.gitignore
            ?? .config/carto/config.toml
            !! .config/carto/.lock
            !! .config/carto/credentials.toml
            exit 0
            $ cd ~ && git add -A && git ls-files
            .config/carto/.gitignore
            .config/carto/config.toml
            exit 0
            $ carto credentials export ~/notes/x.json; mkdir ~/notes; carto credentials export ~/notes/x.json; cat ~/notes/.gitignore
            credentials.toml
            .lock
            .*.tmp-*
            /x.json
            ! error: cannot lock ~/notes/.x.json.lock: no such file or directory
            ! note: what was there is unchanged
            ! help: make the directory first: mkdir -p ~/notes
            ! note: wrote ann at https://ann.carto.com to ~/notes/x.json
            exit 0
            $ cd ~ && git add -A && git ls-files
            .config/carto/.gitignore
            .config/carto/config.toml
            notes/.gitignore
            exit 0
        "#]],
    );
}

/// `.gitignore` has a language of its own; a name must not speak it.
#[test]
fn exported_files_are_ignored_whatever_they_are_called() {
    let machine = Machine::new();
    if !has_git(&machine) {
        return;
    }
    _ = machine.run("git init -q .").ok();
    for name in ["!x.json", "#x.json", "a*b.json", "a?b", "[x]", "a\\\\b", "end ", "-x", "ü.json"]
    {
        let ran = machine.run(&format!("carto -c username=ann credentials export -- '{name}'"));
        assert!(ran.status.success(), "{name}: {ran}");
    }
    let ran = machine.run("carto -c username=ann credentials export -- \"$(printf 'a\\nb')\"");
    assert_eq!(ran.code(), 5, "{ran}");
    machine.says(
        &["cat .gitignore", "touch aXb.json a1b; git add -A; git -c core.quotePath=false ls-files"],
        &expect![[r#"
            $ cat .gitignore
            credentials.toml
            .lock
            .*.tmp-*
            /!x.json
            /#x.json
            /a\*b.json
            /a\?b
            /\[x]
            /a\\\\b
            /end\ 
            /-x
            /ü.json
            exit 0
            $ touch aXb.json a1b; git add -A; git -c core.quotePath=false ls-files
            .gitignore
            a1b
            aXb.json
            exit 0
        "#]],
    );
}

#[test]
fn keys_never_go_into_a_file_that_git_tracks() {
    let machine = Machine::new();
    if !has_git(&machine) {
        return;
    }
    machine.file(CONFIG, "username = \"ann\"\n", 0o644);
    machine.file(CREDENTIALS, KEY, 0o600);
    machine.says(
        &[
            &format!("cd ~ && git init -q . && {GIT} add -A -f && {GIT} commit -qm x"),
            "echo marker2 | carto config set apikey",
            "echo marker2 | carto login bob --key-stdin",
            "GIT_DIR=/nowhere GIT_WORK_TREE=/ echo marker2 | GIT_DIR=/nowhere carto config set apikey",
            "carto -c username=eve credentials export ~/.config/carto/credentials.toml --force",
            "carto config get username; carto logout",
        ],
        &expect![[r#"
            $ cd ~ && git init -q . && git -c user.name=n -c user.email=e@x.example -c safe.directory='*' add -A -f && git -c user.name=n -c user.email=e@x.example -c safe.directory='*' commit -qm x
            exit 0
            $ echo marker2 | carto config set apikey
            ! error: git tracks this file; no key is written into it
            !   --> ~/.config/carto/credentials.toml
            ! note: a key that was committed is known to everyone who has the repository: replace it
            ! help: git rm --cached '~/.config/carto/credentials.toml'
            exit 5
            $ echo marker2 | carto login bob --key-stdin
            ! note: logging in to bob at https://bob.carto.com; its key is shown at https://bob.carto.com/your_apps
            ! error: git tracks this file; no key is written into it
            !   --> ~/.config/carto/credentials.toml
            ! note: a key that was committed is known to everyone who has the repository: replace it
            ! help: git rm --cached '~/.config/carto/credentials.toml'
            exit 5
            $ GIT_DIR=/nowhere GIT_WORK_TREE=/ echo marker2 | GIT_DIR=/nowhere carto config set apikey
            ! error: git tracks this file; no key is written into it
            !   --> ~/.config/carto/credentials.toml
            ! note: a key that was committed is known to everyone who has the repository: replace it
            ! help: git rm --cached '~/.config/carto/credentials.toml'
            exit 5
            $ carto -c username=eve credentials export ~/.config/carto/credentials.toml --force
            ! error: git tracks this file; no key is written into it
            !   --> ~/.config/carto/credentials.toml
            ! note: a key that was committed is known to everyone who has the repository: replace it
            ! help: git rm --cached '~/.config/carto/credentials.toml'
            exit 5
            $ carto config get username; carto logout
            ann
            ! note: forgot the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
            exit 0
        "#]],
    );
    assert!(!machine.sandbox.read(CREDENTIALS).contains("marker"), "the key was forgotten");
    // The target of a link counts, not the link.
    let machine = Machine::new();
    machine.file("home/dotfiles/credentials.toml", KEY, 0o600);
    machine.file(CONFIG, "username = \"ann\"\n", 0o644);
    symlink("../../dotfiles/credentials.toml", machine.sandbox.path(CREDENTIALS)).unwrap();
    machine.own("home");
    machine.says(
        &[
            &format!("cd ~/dotfiles && git init -q . && {GIT} add -f . && {GIT} commit -qm x"),
            "echo marker2 | carto config set apikey",
        ],
        &expect![[r#"
            $ cd ~/dotfiles && git init -q . && git -c user.name=n -c user.email=e@x.example -c safe.directory='*' add -f . && git -c user.name=n -c user.email=e@x.example -c safe.directory='*' commit -qm x
            exit 0
            $ echo marker2 | carto config set apikey
            ! error: git tracks this file; no key is written into it
            !   --> ~/.config/carto/../../dotfiles/credentials.toml
            ! note: a key that was committed is known to everyone who has the repository: replace it
            ! help: git rm --cached '~/.config/carto/../../dotfiles/credentials.toml'
            exit 5
        "#]],
    );
    assert_eq!(machine.sandbox.read("home/dotfiles/credentials.toml"), KEY);
}

#[test]
fn owner_and_mode_of_a_file_that_is_there_stay() {
    let machine = Machine::new();
    machine.file(CONFIG, "username = \"ann\"\n", 0o644);
    let before = fs::metadata(machine.sandbox.path(CONFIG)).unwrap();
    _ = machine.run("umask 077; carto config set ui.color never").ok();
    let after = fs::metadata(machine.sandbox.path(CONFIG)).unwrap();
    assert_eq!(
        (before.mode(), before.uid(), before.gid()),
        (after.mode(), after.uid(), after.gid())
    );
    assert_ne!(before.ino(), after.ino(), "replaced whole");
}
