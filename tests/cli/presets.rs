//! `--as` and `plugins.NAME.as`: the names by which other programs know the account.

use expect_test::expect;

use crate::sandbox::{Call, Sandbox};

const PRESETS: [&str; 4] = ["gdal", "carto-python", "cartoframes-tests", "carto-cli"];

/// Prints what a program gets that has to do with accounts.
const SHOW: &str = "env | LC_ALL=C sort | grep -E '^(CARTO_(API|USER|ORG|BASE|ALLOW|PROF|CRED)|APIKEY|USER(NAME|URL)=)'";

fn ann() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.user("username = 'ann'\norganization = 'acme'\n");
    sandbox.keys(&["ann-key https://ann.carto.com"]);
    sandbox
}

fn exec<'a>(sandbox: &'a Sandbox, preset: &str, line: &str) -> Call<'a> {
    sandbox.shell("carto exec --as \"$1\" -- sh -c \"$2\"").arg("sh").arg(preset).arg(line)
}

#[test]
fn each_program_finds_its_names_and_those_of_the_contract() {
    let sandbox = ann();
    let mut seen = String::new();
    for preset in PRESETS {
        seen += &format!("{preset}\n{}", exec(&sandbox, preset, SHOW).run().ok());
    }
    expect![[r#"
        gdal
        CARTO_API_KEY=ann-key
        CARTO_API_URL=https://ann.carto.com/api/v2/sql
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_ORG=acme
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
        carto-python
        CARTO_API_KEY=ann-key
        CARTO_API_URL=https://ann.carto.com/
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_ORG=acme
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
        cartoframes-tests
        APIKEY=ann-key
        CARTO_API_KEY=ann-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_ORG=acme
        CARTO_USER=ann
        CARTO_USERNAME=ann
        USERNAME=ann
        USERURL=https://ann.carto.com/
        exit 0
        carto-cli
        CARTO_API_KEY=ann-key
        CARTO_API_TOKEN=ann-key
        CARTO_BASE_URL=https://ann.carto.com
        CARTO_ORG=acme
        CARTO_USER=ann
        CARTO_USERNAME=ann
        exit 0
    "#]]
    .assert_eq(&seen);
}
