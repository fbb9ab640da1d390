//! `TokenEnd`: when an API access token ends, as it says itself.
//!
//! # Why
//! The keys of CARTO's current platform are mostly JSON Web Tokens, which a server refuses from a moment
//! on that stands in them. What can be read off a key need not be found out by a failed request.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::secret::Secret;

/// The longest claims that are read, in bytes.
const LONGEST: usize = 16 * 1024;
/// The end of the year 9999: what is later has no form, and on some systems no time.
const LAST: Duration = Duration::from_secs(253_402_300_799);
/// How long before its end a token is worth a word.
const SOON: Duration = Duration::from_hours(14 * 24);

/// When a token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenEnd(SystemTime);

/// How near the end is, by the clock of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nearness {
    /// It is far.
    Far,
    /// It comes within two weeks.
    Soon,
    /// It has passed.
    Passed,
}

/// The claims that count.
/// Source: RFC 7519, 4.1.4: seconds since 1970, possibly with a fraction.
#[derive(Deserialize)]
struct Claims {
    exp: f64,
}

impl TokenEnd {
    /// Reads the end off a key; nothing where it is no token, or has no end.
    pub fn of(key: &Secret) -> Option<Self> {
        let mut parts = key.expose().split('.');
        let (header, claims) = (parts.next()?, parts.next()?);
        // The signature is the server's to judge.
        if !header.starts_with("eyJ") || parts.count() != 1 || claims.len() > LONGEST {
            return None;
        }
        let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
        let Claims { exp } = serde_json::from_slice(&claims).ok()?;
        let since = Duration::try_from_secs_f64(exp.floor()).ok()?.min(LAST);
        SystemTime::UNIX_EPOCH.checked_add(since).map(TokenEnd)
    }

    /// Says how near it is.
    pub fn nearness(self) -> Nearness {
        let now = SystemTime::now();
        match self.0.duration_since(now) {
            Err(_) => Nearness::Passed,
            Ok(left) if left <= SOON => Nearness::Soon,
            Ok(_) => Nearness::Far,
        }
    }

    /// Returns the moment as RFC 3339 has it.
    pub fn moment(self) -> String {
        humantime::format_rfc3339_seconds(self.0).to_string()
    }
}

/// `ended 2026-11-27T20:00:00Z`, or `ends ...`.
impl fmt::Display for TokenEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.nearness() == Nearness::Passed { "ended" } else { "ends" };
        write!(f, "{verb} {}", self.moment())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> Secret {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let header = part("{\"alg\":\"RS256\"}");
        Secret::new(&format!("{header}.{}.{}", part(claims), part("signature"))).unwrap()
    }

    #[test]
    fn a_token_says_when_it_ends() {
        for (claims, moment, nearness) in [
            ("{\"exp\":1700000000}", "2023-11-14T22:13:20Z", Nearness::Passed),
            ("{\"exp\":1700000000.9,\"sub\":\"ann\"}", "2023-11-14T22:13:20Z", Nearness::Passed),
            ("{\"exp\":4102444800}", "2100-01-01T00:00:00Z", Nearness::Far),
            ("{\"exp\":1e15}", "9999-12-31T23:59:59Z", Nearness::Far),
        ] {
            let end = TokenEnd::of(&token(claims)).unwrap();
            assert_eq!((end.moment().as_str(), end.nearness()), (moment, nearness), "{claims}");
        }
        let soon = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + 60;
        let end = TokenEnd::of(&token(&format!("{{\"exp\":{soon}}}"))).unwrap();
        assert_eq!(end.nearness(), Nearness::Soon);
        assert!(end.to_string().starts_with("ends 2"));
    }

    #[test]
    fn what_is_no_token_has_no_end() {
        for claims in ["{}", "{\"exp\":\"soon\"}", "{\"exp\":-1}", "{\"exp\":1e40}", "[", "\u{0}"] {
            assert_eq!(TokenEnd::of(&token(claims)), None, "{claims}");
        }
        for key in
            ["0123456789abcdef0123456789abcdef01234567", "eyJ.x", "eyJ.!.x", "eyJ.e30.x.y", "a.b.c"]
        {
            assert_eq!(TokenEnd::of(&Secret::new(key).unwrap()), None, "{key}");
        }
    }
}
