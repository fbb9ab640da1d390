//! `carto-whoami` alone and behind `carto`.

use std::process::Command;

use expect_test::expect;

use crate::sandbox::Sandbox;

const SCRIPT: &str = include_str!("../../plugins/carto-whoami/carto-whoami");

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.plugin("whoami", SCRIPT);
    sandbox
}

/// The plugin's own test is the one that its authors would write.
#[test]
fn its_own_test_passes() {
    let test = concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/carto-whoami/test.sh");
    let output = Command::new("sh").arg(test).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.ends_with(" passed, 0 failed\n") && !said.contains("\n0 passed"), "{said}");
}

#[test]
fn it_shows_the_account_and_masks_the_key() {
    let sandbox = sandbox();
    sandbox.user("username = 'ann'\norganization = 'acme'\n");
    sandbox.keys(&["marker-key https://ann.carto.com ann"]);
    sandbox.carto("whoami").run().ok().never_says("marker-key").shows(&expect![[r#"
        username      ann
        base_url      https://ann.carto.com
        organization  acme
        apikey        ********
        exit 0
    "#]]);
    let other = sandbox.carto("-c username=other whoami").run().ok().never_says("marker-key");
    other.shows(&expect![[r#"
        username      other
        base_url      https://other.carto.com
        apikey        default_public (reads public data only)
        exit 0
    "#]]);
}

#[test]
fn without_an_account_it_says_what_to_type() {
    sandbox().carto("whoami").run().fails(4).shows(&expect![[r#"
        ! error: no account is named
        ! help: carto login URL
        ! help: carto config set username NAME
        exit 4
    "#]]);
}

#[test]
fn help_needs_no_account_and_survives_a_refused_one() {
    let sandbox = sandbox();
    sandbox.project("base_url = 'https://evil.example'\n");
    let refused = sandbox.carto("whoami").run().fails(4);
    assert_eq!(refused.stdout, "");
    let help = sandbox.carto("help whoami").run().ok();
    assert!(help.stdout.contains("Usage: carto whoami\n"), "{help}");
    let help = sandbox.carto("whoami --help").run().ok();
    assert!(help.stdout.contains("Usage: carto whoami\n"), "{help}");
}
