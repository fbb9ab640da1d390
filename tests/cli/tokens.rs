//! Access tokens of CARTO's current platform: they say themselves when they end.

use crate::sandbox::{ACCOUNT, Sandbox};

/// Makes a token that ends at a moment, in seconds since 1970.
pub(crate) fn token(end: u64) -> String {
    let part = |text: &str| {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut out = String::new();
        for chunk in text.as_bytes().chunks(3) {
            let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
            let bits = bits << (8 * (3 - chunk.len()));
            for at in 0..=chunk.len() {
                out.push(DIGITS[(bits >> (18 - 6 * at) & 63) as usize].into());
            }
        }
        out
    };
    let claims = format!("{{\"sub\":\"ann\",\"exp\":{end}}}");
    format!("{}.{}.{}", part("{\"alg\":\"RS256\"}"), part(&claims), part("signature"))
}

/// The end of 14 November 2023, which is over.
const PAST: u64 = 1_700_000_000;
/// The beginning of the year 2100.
const FUTURE: u64 = 4_102_444_800;

/// Makes a machine whose default account has this token.
fn machine(token: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.plugin("account", ACCOUNT);
    let login = "-q login https://gcp-us-east1.api.carto.com --key-stdin";
    _ = sandbox.carto(login).stdin(format!("{token}\n")).run().ok();
    sandbox
}

#[test]
fn login_says_when_a_token_ends() {
    let said = |end: u64| {
        let sandbox = Sandbox::new();
        let call = sandbox.carto("login https://gcp-us-east1.api.carto.com --key-stdin");
        let token = token(end);
        let ran = call.stdin(format!("{token}\n")).run().ok().never_says(&token);
        ran.stderr.lines().find(|line| line.contains("the token")).unwrap().to_owned()
    };
    assert_eq!(said(FUTURE), "note: the token ends 2100-01-01T00:00:00Z");
    assert_eq!(said(PAST), "warning: the token ended 2023-11-14T22:13:20Z");
}

/// The server would refuse it; so nothing is asked.
#[test]
fn a_token_that_has_ended_stops_what_needs_it() {
    let sandbox = machine(&token(PAST));
    for words in ["account", "exec -- carto-account", "env", "env --format json"] {
        let ran = sandbox.carto(words).run().fails(4).never_says(&token(PAST));
        let words_of = "the token of https://gcp-us-east1.api.carto.com ended 2023-11-14T22:13:20Z";
        assert!(ran.stderr.contains(words_of), "{words}: {ran}");
        assert_eq!(ran.stdout, "", "{words}");
    }
    _ = sandbox.carto("account").run().not_started();
    // It can be looked at and replaced, and a plugin that gets no key runs.
    _ = sandbox.carto("config get apikey").run().ok();
    _ = sandbox.carto("-c plugins.account.credentials=false account").run().ok();
    let login = "-q login https://gcp-us-east1.api.carto.com --key-stdin";
    _ = sandbox.carto(login).stdin(format!("{}\n", token(FUTURE))).run().ok();
    _ = sandbox.carto("account").run().ok();
}

#[test]
fn what_shows_a_key_shows_its_end() {
    let sandbox = machine(&token(PAST));
    let ran = sandbox.carto("config explain").run().ok();
    assert!(ran.stdout.contains("\n           the token ended 2023-11-14T22:13:20Z\n"), "{ran}");
    let ran = sandbox.carto("config explain --json").run().ok();
    assert!(ran.stdout.contains("\"ends\": \"2023-11-14T22:13:20Z\""), "{ran}");
    let ran = sandbox.carto("profile list").run().ok();
    assert!(ran.stdout.contains("  ended 2023-11-14T22:13:20Z"), "{ran}");
    let ran = sandbox.carto("profile list --json").run().ok();
    assert!(ran.stdout.contains("\"ends\": \"2023-11-14T22:13:20Z\""), "{ran}");
    // A key that is no token has no end.
    let sandbox = machine("0123456789abcdef0123456789abcdef01234567");
    let ran = sandbox.carto("profile list --json").run().ok();
    assert!(ran.stdout.contains("\"ends\": null"), "{ran}");
    assert!(!sandbox.carto("config explain").run().ok().stdout.contains("the token"));
}

/// Several organisations share a host: there a second account needs a name of its own.
#[test]
fn a_second_account_at_one_host_needs_a_label() {
    let sandbox = machine(&token(FUTURE));
    let login = "login https://gcp-us-east1.api.carto.com --username acme --key-stdin";
    _ = sandbox.carto(login).stdin(format!("{}\n", token(FUTURE + 1))).run().ok();
    let ran = sandbox.carto("profile list").run().ok();
    assert!(ran.stdout.contains("acme at https://gcp-us-east1.api.carto.com"), "{ran}");
    let ran = sandbox.carto("config get apikey").run().ok();
    assert_eq!(ran.stdout.trim_end(), token(FUTURE));
    let ran = sandbox.carto("--profile acme config get apikey").run().ok();
    assert_eq!(ran.stdout.trim_end(), token(FUTURE + 1));
}
