//! `ca_file`: the certificates of an account's server, where an installation has an authority of its own.

use std::fs;

use crate::sandbox::Sandbox;

/// Writes what a plugin learns of certificates.
const CERTIFICATES: &str = "#!/bin/sh\nfor name in CARTO_CA_FILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE; do\n\
    eval \"[ \\\"\\${$name+x}\\\" ]\" && eval \"echo $name=\\$$name\"\ndone\nexit 0\n";

/// Makes a machine with two accounts, of which one has certificates.
fn machine() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.plugin("certs", CERTIFICATES);
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_carto"), sandbox.path("bin/carto")).unwrap();
    let file = sandbox.file("home/acme.pem", "-----BEGIN CERTIFICATE-----\n").display().to_string();
    sandbox.user(
        "username = \"ann\"\n[profiles.acme]\nbase_url = \"https://maps.example.com/user/bob\"\n\
         ca_file = \"~/acme.pem\"\n",
    );
    sandbox.keys(&[
        "ann-key https://ann.carto.com ann",
        "bob-key https://maps.example.com/user/bob bob",
    ]);
    (sandbox, file)
}

#[test]
fn the_file_goes_with_its_account_alone() {
    let (sandbox, file) = machine();
    assert_eq!(sandbox.carto("certs").run().ok().stdout, "");
    let of_profile = sandbox.shown(&format!("CARTO_CA_FILE={file}\n"));
    assert_eq!(sandbox.carto("-p acme certs").run().ok().stdout, of_profile);
    // A file that another account left in the environment is not handed on.
    let ran = sandbox.carto("certs").env("CARTO_CA_FILE", &file).run().ok();
    assert_eq!(ran.stdout, of_profile, "the environment is the user's own word");
    let ran = sandbox.carto("-p acme exec -- carto certs").run().ok();
    assert_eq!(ran.stdout, of_profile);
    let ran =
        sandbox.carto("-p acme exec -- carto -c base_url=https://ann.carto.com certs").run().ok();
    assert!(!ran.stdout.contains("CURL_CA_BUNDLE"), "{ran}");
    assert_eq!(sandbox.carto("-p acme config get ca_file").run().ok().stdout, "~/acme.pem\n");
    let ran = sandbox.carto("-p acme config explain").run().ok();
    assert!(ran.stdout.contains("its certificates are in ~/acme.pem, named at ~/.config"), "{ran}");
    let ran = sandbox.carto("-p acme config explain --json").run().ok();
    assert!(ran.stdout.contains("\"ca_file\": \"~/acme.pem\""), "{ran}");
}

#[test]
fn each_preset_has_its_own_name_for_it() {
    let (sandbox, file) = machine();
    for (preset, name) in [
        ("gdal", "CURL_CA_BUNDLE"),
        ("carto-python", "REQUESTS_CA_BUNDLE"),
        ("cartoframes-tests", "REQUESTS_CA_BUNDLE"),
        ("carto-cli", "NODE_EXTRA_CA_CERTS"),
    ] {
        let line = sandbox.shown(&format!("\"{name}\": \"{file}\""));
        let words = format!("-p acme env --as {preset} --format json");
        let ran = sandbox.carto(&words).run().ok();
        assert!(ran.stdout.contains(&line), "{preset}: {ran}");
        // The user's own, for all servers, stays where the account has none.
        let words = format!("exec --as {preset} -- env");
        let ran = sandbox.carto(&words).env(name, "/etc/own.pem").run().ok();
        assert!(ran.stdout.contains(&format!("{name}=/etc/own.pem\n")), "{preset}: {ran}");
        // One that a carto above wrote for its account does not.
        let call = sandbox.carto(&words).env(name, &file).env("CARTO_CA_FILE", &file);
        let ran = call.env("CARTO_PROFILE", "").run().ok();
        assert!(
            ran.stdout.contains(&sandbox.shown(&format!("{name}={file}\n"))),
            "{preset}: {ran}"
        );
        let nested = format!(
            "-p acme exec --as {preset} -- carto -c base_url=https://ann.carto.com exec -- env"
        );
        let ran = sandbox.carto(&nested).run().ok();
        assert!(!ran.stdout.contains(&format!("{name}=")), "{preset}: {ran}");
    }
}

/// Whoever brings a certificate decides which server is believed.
#[test]
fn no_project_that_nobody_approved_brings_a_certificate() {
    let (sandbox, file) = machine();
    let evil = sandbox.file("work/evil.pem", "-----BEGIN CERTIFICATE-----\n").display().to_string();
    sandbox.project(&format!("profile = \"acme\"\nca_file = \"{evil}\"\n"));
    let mine = sandbox.shown(&format!("CARTO_CA_FILE={file}\n"));
    assert_eq!(sandbox.carto("certs").run().ok().stdout, mine);
    let ran = sandbox.carto("doctor").run();
    assert!(ran.stdout.contains("ca_file"), "{ran}");
    let profile = format!("[profiles.acme]\nca_file = \"{evil}\"\n");
    sandbox.project(&format!("profile = \"acme\"\n{profile}"));
    assert_eq!(sandbox.carto("certs").run().ok().stdout, mine);
    sandbox.project(&format!("username = \"ann\"\nca_file = \"{evil}\"\n"));
    assert_eq!(sandbox.carto("certs").run().ok().stdout, "");
    // One that was approved may.
    sandbox.trust("work");
    let theirs = sandbox.shown(&format!("CARTO_CA_FILE={evil}\n"));
    assert_eq!(sandbox.carto("certs").run().ok().stdout, theirs);
}

#[test]
fn a_file_that_cannot_be_used_stops_what_needs_it() {
    let (sandbox, file) = machine();
    let refused = |words: &str| {
        let ran = sandbox.carto("-p acme certs").run().fails(3).never_says("bob-key");
        assert!(ran.stderr.contains(words), "{ran}");
        assert!(ran.stderr.contains("it is the `ca_file` of the account"), "{ran}");
    };
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    fs::set_permissions(&file, open).unwrap();
    refused("can be written by everyone");
    fs::remove_file(&file).unwrap();
    refused("there is no ~/acme.pem");
    fs::create_dir(&file).unwrap();
    refused("is a directory, not a file");
    // A relative path would be another file in each directory.
    for words in ["config set ca_file acme.pem", "-c ca_file=acme.pem certs"] {
        let ran = sandbox.carto(words).run().fails(2);
        assert!(ran.stderr.contains("a file is named by its absolute path"), "{words}: {ran}");
    }
    let ran = sandbox.carto("certs").env("CARTO_CA_FILE", "acme.pem").run().fails(2);
    assert!(ran.stderr.contains("`CARTO_CA_FILE`: a file is named by its absolute path"), "{ran}");
    let ran = sandbox.carto("-p acme certs").env_remove("HOME").run();
    assert_ne!(ran.code(), 0);
}
