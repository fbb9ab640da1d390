//! The named cases of accounts and keys: what the plugin got, and what was said.

use expect_test::expect;

use crate::sandbox::Sandbox;

/// A key that was stored before any account becomes that of the first one named, for good.
#[test]
fn a_key_stored_first_belongs_to_the_first_name_for_good() {
    let sandbox = Sandbox::new();
    sandbox.carto("config set apikey").stdin("marker-key\n").run().ok().shows(&expect![[r#"
        ! note: stored a key in ~/.config/carto/credentials.toml that belongs to no account yet and is sent nowhere; next: carto config set username NAME
        exit 0
    "#]]);
    sandbox.carto("config set username x").run().ok().shows(&expect![[r#"
        ! note: set username in ~/.config/carto/config.toml
        ! note: the key in ~/.config/carto/credentials.toml now belongs to x at https://x.carto.com
        exit 0
    "#]]);
    sandbox.carto("account").run().ok().shows(&expect![[r#"
        CARTO_API_KEY=marker-key
        CARTO_BASE_URL=https://x.carto.com
        CARTO_USER=x
        CARTO_USERNAME=x
        exit 0
    "#]]);
    sandbox.carto("config set username y").run().ok().shows(&expect![[r#"
        ! note: set username in ~/.config/carto/config.toml
        ! note: there is no key for y at https://y.carto.com yet: carto config set apikey
        exit 0
    "#]]);
    sandbox.carto("account").run().ok().never_says("marker-key").shows(&expect![[r#"
        CARTO_API_KEY=default_public
        CARTO_BASE_URL=https://y.carto.com
        CARTO_USER=y
        CARTO_USERNAME=y
        exit 0
    "#]]);
}
