//! Keys in git's credential helpers: kept, used, forgotten, and never given to another account.

use expect_test::expect;

use crate::sandbox::Sandbox;

const STORE: &str = "home/.config/carto/credentials.toml";
const KEPT: &str = "home/.git-credentials";

/// Takes the words and the environment of every git that is started.
const GIT: &str = r#"#!/bin/sh
tr '\0' '\n' </proc/$$/cmdline >>"${0%/*}/../marks/seen"
tr '\0' '\n' </proc/$$/environ >>"${0%/*}/../marks/seen"
exec /usr/bin/git "$@"
"#;

fn with_helper(helper: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("home/.gitconfig", format!("[credential]\nhelper = \"{helper}\"\n"));
    sandbox
}

#[test]
fn login_keeps_the_key_where_the_last_one_was_and_logout_forgets_it_there() {
    let sandbox = with_helper("store");
    sandbox.file_with_mode("bin/git", GIT, 0o755);
    let seen = sandbox.session(&[
        "echo marker-1 | carto login https://ann.carto.com --key-stdin --store git",
        "carto config get apikey",
        "echo marker-2 | carto login https://ann.carto.com --key-stdin",
        "carto account | grep KEY",
        "cat ~/.config/carto/credentials.toml ~/.git-credentials",
        "carto logout",
        "cat ~/.git-credentials",
        "carto config get apikey",
        "echo marker-3 | carto login https://ann.carto.com --key-stdin --store git",
        "echo marker-4 | carto login https://ann.carto.com --key-stdin --store file",
        "carto config get apikey",
        "carto config set apikey --from-git",
        "carto config get apikey",
        "carto config unset apikey",
        "cat ~/.git-credentials",
    ]);
    expect![[r#"
        $ echo marker-1 | carto login https://ann.carto.com --key-stdin --store git
        ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
        ! note: git's credential helpers keep the key; ~/.config/carto/credentials.toml says so
        ! note: ann at https://ann.carto.com is now your default account, in ~/.config/carto/config.toml
        exit 0
        $ carto config get apikey
        marker-1
        exit 0
        $ echo marker-2 | carto login https://ann.carto.com --key-stdin
        ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
        ! note: the key goes to git's credential helpers, as the one before it
        ! note: git's credential helpers keep the key; ~/.config/carto/credentials.toml says so
        ! note: ann at https://ann.carto.com is your default account, as before
        exit 0
        $ carto account | grep KEY
        CARTO_API_KEY=marker-2
        exit 0
        $ cat ~/.config/carto/credentials.toml ~/.git-credentials
        [[credential]]
        base_url = "https://ann.carto.com"
        username = "ann"
        apikey = { git-credential = true }
        https://ann:marker-2@ann.carto.com
        exit 0
        $ carto logout
        ! note: git's credential helpers forgot the key of ann at https://ann.carto.com
        ! note: forgot the key of ann at https://ann.carto.com in ~/.config/carto/credentials.toml
        exit 0
        $ cat ~/.git-credentials
        exit 0
        $ carto config get apikey
        default_public
        exit 0
        $ echo marker-3 | carto login https://ann.carto.com --key-stdin --store git
        ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
        ! note: git's credential helpers keep the key; ~/.config/carto/credentials.toml says so
        ! note: ann at https://ann.carto.com is your default account, as before
        exit 0
        $ echo marker-4 | carto login https://ann.carto.com --key-stdin --store file
        ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
        ! note: replaced the key in ~/.config/carto/credentials.toml
        ! note: until now the key came from git's credential helpers, where it stays
        ! note: ann at https://ann.carto.com is your default account, as before
        exit 0
        $ carto config get apikey
        marker-4
        exit 0
        $ carto config set apikey --from-git
        ! note: the key of ann at https://ann.carto.com now comes from git's credential helpers, as ~/.config/carto/credentials.toml says
        exit 0
        $ carto config get apikey
        marker-3
        exit 0
        $ carto config unset apikey
        ! note: git's credential helpers forgot the key of ann at https://ann.carto.com
        ! note: removed the key of ann at https://ann.carto.com from ~/.config/carto/credentials.toml
        exit 0
        $ cat ~/.git-credentials
        exit 0
    "#]].assert_eq(&seen);
    let told = sandbox.read("marks/seen");
    assert!(told.contains("approve") && !told.contains("marker"), "{told}");
    assert!(!sandbox.read(STORE).contains("marker"));
}

#[test]
fn without_a_helper_nothing_is_written() {
    let sandbox = Sandbox::new();
    let call = sandbox.carto("login https://ann.carto.com --key-stdin --store git");
    let ran = call.stdin("marker\n").run().fails(5).never_says("marker");
    assert_eq!(sandbox.files_with("ann"), Vec::<String>::new());
    ran.shows(&expect![[r#"
        ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
        ! error: git has no credential helper that kept the key
        ! note: it says: fatal: could not read Password for 'https://ann@ann.carto.com': terminal prompts disabled
        ! help: git config --global credential.helper libsecret     # or: cache, store
        ! help: or keep it in carto's own file: --store file
        exit 5
    "#]]);
    let ran = sandbox
        .carto("login https://maps.example.com --key-stdin --store git")
        .stdin("marker\n")
        .run()
        .fails(4);
    ran.shows(&expect![[r#"
        ! note: logging in to https://maps.example.com; its key is shown at https://maps.example.com/your_apps
        ! error: no key from git's credential helpers: they tell accounts by the user name, and this has none
        ! help: carto login URL --username NAME --store git
        exit 4
    "#]]);
    let call = sandbox.carto("login https://ann.carto.com --key-stdin --store git");
    let ran = call.env("PATH", sandbox.path("bin")).stdin("marker\n").run().fails(4);
    ran.shows(&expect![[r#"
        ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
        ! error: no key from git's credential helpers: there is no git on PATH
        exit 4
    "#]]);
    assert_eq!(sandbox.files_with("ann"), Vec::<String>::new());
}

#[test]
fn accounts_of_one_host_do_not_share_a_key() {
    let sandbox = with_helper("store");
    for (url, name, key) in [
        ("https://maps.example.com/user/ann", "ann", "k-path"),
        ("https://maps.example.com/other", "ann", "k-other"),
        ("https://maps.example.com/user/bob", "bob", "k-bob"),
        ("https://maps.example.com:8443/user/ann", "ann", "k-port"),
        ("http://localhost:8080/user/ann", "ann", "k-http"),
    ] {
        let login =
            format!("login {url} --username {name} --key-stdin --store git --profile {key}");
        _ = sandbox.carto(&login).stdin(key).run().ok();
    }
    for key in ["k-path", "k-other", "k-bob", "k-port", "k-http"] {
        let ran = sandbox.carto(&format!("-p {key} config get apikey")).run().ok();
        assert_eq!(ran.stdout, format!("{key}\n"));
    }
    _ = sandbox.carto("-p k-path logout").run().ok();
    let left = sandbox.read(KEPT);
    assert!(!left.contains("k-path"), "{left}");
    assert_eq!(left.lines().count(), 4, "{left}");
}

#[test]
fn an_answer_about_anything_else_is_refused() {
    let sandbox = Sandbox::new();
    let answer = sandbox.path("answer");
    let helper = format!("!f() {{ test $1 = get && cat '{}'; }}; f", answer.display());
    sandbox.file("home/.gitconfig", format!("[credential]\nhelper = \"{helper}\"\n"));
    sandbox.user("base_url = \"https://maps.example.com/user/ann\"\n");
    let entry = "[[credential]]\nbase_url = \"https://maps.example.com/user/ann\"\n\
                 apikey = { git-credential = true }\n";
    sandbox.file_with_mode(STORE, entry, 0o600);
    let mut seen = String::new();
    for text in [
        "password=marker\n",
        "username=bob\npassword=marker\n",
        "host=evil.example\npassword=marker\n",
        "protocol=http\npassword=marker\n",
        "path=user/bob\npassword=marker\n",
        "path=\npassword=marker\n",
        "username=ann\npassword=mar ker\n",
        "username=ann\npassword=mark\u{e9}r\n",
        "username=ann\npassword=\n",
        "username=ann\n",
        "quit=1\n",
        "marker\n",
        "",
    ] {
        sandbox.file("answer", text);
        let ran = sandbox.carto("account").run();
        let ran = if text == "password=marker\n" {
            ran.ok().started()
        } else {
            ran.fails(4).not_started().never_says("mark")
        };
        seen += &format!("{}\n{ran}\n", text.escape_debug());
    }
    expect![[r#"
        password=marker\n
        CARTO_API_KEY=marker
        CARTO_BASE_URL=https://maps.example.com/user/ann
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0

        username=bob\npassword=marker\n
        ! error: no key from git's credential helpers: they answer for another account (`username` differs)
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        host=evil.example\npassword=marker\n
        ! error: no key from git's credential helpers: they answer for another account (`host` differs)
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        protocol=http\npassword=marker\n
        ! error: no key from git's credential helpers: they answer for another account (`protocol` differs)
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        path=user/bob\npassword=marker\n
        ! error: no key from git's credential helpers: they answer for another account (`path` differs)
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        path=\npassword=marker\n
        ! error: no key from git's credential helpers: they answer for another account (`path` differs)
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        username=ann\npassword=mar ker\n
        ! error: no key from git's credential helpers: the key has a character that is a space, or not printable ASCII (position 4)
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        username=ann\npassword=markér\n
        ! error: no key from git's credential helpers: the key has a character that is a space, or not printable ASCII (position 5)
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        username=ann\npassword=\n
        ! error: no key from git's credential helpers: the key is empty
        !   --> ~/.config/carto/credentials.toml:1:1
        exit 4

        username=ann\n
        ! error: no key from git's credential helpers: git says that they keep none (it ended with status 128)
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: it says: fatal: could not read Password for 'https://ann@maps.example.com/user/ann': terminal prompts disabled
        ! help: carto login https://maps.example.com/user/ann --store git
        exit 4

        quit=1\n
        ! error: no key from git's credential helpers: git says that they keep none (it ended with status 128)
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: it says: fatal: credential helper '!f() { test $1 = get && cat '[root]/answer'; }; f' told us to quit
        ! help: carto login https://maps.example.com/user/ann --store git
        exit 4

        marker\n
        ! error: no key from git's credential helpers: git says that they keep none (it ended with status 128)
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: it says: warning: invalid credential line
        ! note: it says: fatal: could not read Password for 'https://ann@maps.example.com/user/ann': terminal prompts disabled
        ! help: carto login https://maps.example.com/user/ann --store git
        exit 4


        ! error: no key from git's credential helpers: git says that they keep none (it ended with status 128)
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: it says: fatal: could not read Password for 'https://ann@maps.example.com/user/ann': terminal prompts disabled
        ! help: carto login https://maps.example.com/user/ann --store git
        exit 4

    "#]].assert_eq(&seen);
}

#[test]
fn a_key_that_git_does_not_forget_is_not_forgotten_by_carto() {
    let sandbox = with_helper("!f() { test $1 = get && echo password=k1; }; f");
    sandbox.user("username = \"ann\"\n");
    let entry = "[[credential]]\nbase_url = \"https://ann.carto.com\"\nusername = \"ann\"\n\
                 apikey = { git-credential = true }\n";
    sandbox.file_with_mode(STORE, entry, 0o600);
    let seen = sandbox.session(&[
        "carto logout",
        "carto config unset apikey",
        "echo marker | carto login ann --key-stdin",
        "PATH=${PATH%%:*} carto logout",
    ]);
    expect![[r#"
        $ carto logout
        ! error: one of git's credential helpers did not forget the key
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: nothing was forgotten in carto's own files
        ! help: see which there are: git config --show-origin --get-all credential.helper
        ! help: if git cannot help any more: take the entry out of the file with an editor
        exit 5
        $ carto config unset apikey
        ! error: one of git's credential helpers did not forget the key
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: nothing was forgotten in carto's own files
        ! help: see which there are: git config --show-origin --get-all credential.helper
        ! help: if git cannot help any more: take the entry out of the file with an editor
        exit 5
        $ echo marker | carto login ann --key-stdin
        ! note: logging in to ann at https://ann.carto.com; its key is shown at https://ann.carto.com/your_apps
        ! note: the key goes to git's credential helpers, as the one before it
        ! error: git's credential helpers answer with another key than this one
        ! note: one of them keeps a key of the account and does not take another
        ! help: see which there are: git config --show-origin --get-all credential.helper
        exit 5
        $ PATH=${PATH%%:*} carto logout
        ! error: no key from git's credential helpers: there is no git on PATH
        !   --> ~/.config/carto/credentials.toml:1:1
        ! note: nothing was forgotten in carto's own files
        ! help: if git cannot help any more: take the entry out of the file with an editor
        exit 4
    "#]].assert_eq(&seen);
    assert_eq!(sandbox.read(STORE), entry);
}
