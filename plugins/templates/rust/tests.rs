//! Tests of the program, with the variables that carto would set.

use std::process::{Command, Output};

const ANN: &[(&str, &str)] = &[
    ("CARTO_PLUGIN_API", "1"),
    ("CARTO_USERNAME", "ann"),
    ("CARTO_BASE_URL", "https://ann.carto.com"),
    ("CARTO_API_KEY", "secret"),
];

fn run(args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carto-@NAME@"));
    command
        .args(args)
        .env_clear()
        .envs(variables.iter().copied());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn it_says_which_account_it_gets() {
    let ran = run(&[], ANN);
    assert_eq!(
        text(&ran.stdout),
        "hello ann at https://ann.carto.com (key: yours)\n"
    );
    assert!(ran.status.success());
    let settings = [ANN, &[("CARTO_PLUGIN_CONFIG", r#"{"greeting": "hi"}"#)]].concat();
    assert!(text(&run(&[], &settings).stdout).starts_with("hi ann "));
    let json = text(&run(&["--json"], ANN).stdout);
    assert!(json.contains(r#""key":"yours""#), "{json}");
}

#[test]
fn the_key_is_never_printed() {
    for args in [&[][..], &["--json"]] {
        let ran = run(args, ANN);
        assert!(!text(&ran.stdout).contains("secret") && !text(&ran.stderr).contains("secret"));
    }
}

#[test]
fn errors_have_their_exit_status() {
    assert_eq!(
        run(&[], &[("CARTO_PLUGIN_API", "1")]).status.code(),
        Some(4)
    );
    assert_eq!(run(&[], &ANN[1..]).status.code(), Some(2));
    assert_eq!(run(&["--nothing"], ANN).status.code(), Some(2));
    assert_eq!(run(&["more"], ANN).status.code(), Some(2));
}

#[test]
fn help_version_and_manifest_need_no_account() {
    assert!(text(&run(&["--help"], &[]).stdout).contains("Usage: carto @NAME@"));
    assert_eq!(
        text(&run(&["--version"], &[]).stdout),
        "carto-@NAME@ 0.1.0\n"
    );
    let manifest = text(&run(&["--carto-manifest"], &[]).stdout);
    assert!(manifest.contains("\nmanifest = 1\n"), "{manifest}");
}
