//! cartodb-tools' `.cartodbrc`: recognised so that it can be named, never read.

use crate::foreign::json::Object;

/// Whether this is the file of cartodb-tools: secrets of OAuth 1 beside the account they are for.
pub(super) fn recognises(object: &Object) -> bool {
    let has = |name| object.has(name);
    (has("oauth_key") || has("oauth_secret")) && (has("host") || has("username"))
        || has("host") && has("username") && has("password")
}

#[cfg(test)]
mod tests {
    use crate::foreign::{ReadError, read};

    #[test]
    fn the_file_is_told_from_other_yaml() {
        for (text, error) in [
            (
                "host: h\nusername: u\noauth_key: a\noauth_secret: b\npassword: p\n",
                ReadError::OAuth,
            ),
            ("username: u\noauth_secret: b\n", ReadError::OAuth),
            ("host: h\nusername: u\npassword: p\n", ReadError::OAuth),
            ("host: h\nusername: u\n", ReadError::NoKnownFormat),
            ("oauth_key: a\noauth_secret: b\n", ReadError::NoKnownFormat),
        ] {
            assert_eq!(read(text).err(), Some(error), "{text}");
        }
    }
}
