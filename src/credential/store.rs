//! `credentials.toml`: which key belongs to which account.
//!
//! Every entry carries its account and serves nothing else. An entry without an account is
//! unbound: it was stored before any account was named, and is sent nowhere.

use std::path::Path;
use std::rc::Rc;

use super::entry::{Entry, Held};
use super::schema::FIELDS;
use super::source::{SecretSource, StoredKey};
use crate::account::Account;
use crate::base_url::BaseUrl;
use crate::config::setting::check_profile_name;
use crate::config::{Origin, Scope};
use crate::error::{Error, Kind};
use crate::line_index::LineIndex;
use crate::secret::Secret;
use crate::toml::{self, plain};
use crate::username::Username;

/// The name of the array of tables.
pub const TABLE: &str = "credential";

/// One entry of a `credentials.toml`.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The account the key belongs to; none while it is unbound.
    pub account: Option<Account>,
    /// The key, or where it is fetched from.
    pub key: StoredKey,
    /// The profile that a second key of the same account is for.
    pub profile: Option<String>,
    /// Whether the entry permits `http://`.
    pub allow_non_secure: bool,
    /// The rank of the file.
    pub scope: Scope,
    /// The place of the entry.
    pub origin: Origin,
    /// The number of the entry in its file, from 0.
    pub index: usize,
}

/// Reads the bytes of a `credentials.toml`.
///
/// # Errors
/// Everything that is not exactly an entry, with line and column and without a word of the file:
/// what looks like a wrong field can be a key.
pub fn parse(scope: Scope, path: &Path, bytes: &[u8]) -> Result<Vec<Stored>, Error> {
    let file = File::new(path, text_of(path, bytes)?);
    if let Some(tables) = plain::entries(file.body(), TABLE) {
        let entries = tables.into_iter().map(Entry::from_plain);
        return stored(&file, scope, entries);
    }
    parse_any(&file, scope)
}

/// Reads what is written in any way that TOML has.
fn parse_any(file: &File, scope: Scope) -> Result<Vec<Stored>, Error> {
    let fields = toml::fields(file.body())
        .map_err(|error| file.error("invalid TOML in a credentials file", error.at))?;
    if let Some(other) = fields.iter().find(|field| field.name != TABLE) {
        let what = "a credentials file has only `[[credential]]` entries";
        return Err(file.error(what, other.name_at));
    }
    let Some(field) = fields.first() else { return Ok(Vec::new()) };
    let Some(tables) = &field.tables else {
        return Err(file.error("`credential` is not written as `[[credential]]`", field.at));
    };
    stored(file, scope, tables.iter().map(Entry::from_table))
}

fn stored<'a>(
    file: &File,
    scope: Scope,
    entries: impl Iterator<Item = Entry<'a>>,
) -> Result<Vec<Stored>, Error> {
    // An iterator of results promises no number of them, and there may be thousands.
    let mut stored = Vec::with_capacity(entries.size_hint().0);
    for (index, found) in entries.enumerate() {
        stored.push(entry(file, scope, index, &found)?);
    }
    Ok(stored)
}

/// The text of one `credentials.toml`.
struct File<'a> {
    path: Rc<Path>,
    text: &'a str,
    lines: LineIndex,
}

impl<'a> File<'a> {
    fn new(path: &Path, text: &'a str) -> Self {
        File { path: Rc::from(path), text, lines: LineIndex::default() }
    }

    fn body(&self) -> &'a str {
        self.text.strip_prefix('\u{feff}').unwrap_or(self.text)
    }

    fn origin(&self, at: usize) -> Origin {
        let (line, column) = self.lines.position(self.body(), at);
        Origin::File { path: Rc::clone(&self.path), line, column }
    }

    fn error(&self, what: impl Into<String>, at: usize) -> Error {
        Error::new(Kind::Invalid, what).at(self.origin(at))
    }
}

/// Takes the bytes as text.
///
/// # Errors
/// Bytes that are not UTF-8, with line and column.
pub fn text_of<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, Error> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let file = File::new(path, std::str::from_utf8(good).unwrap_or_default());
        file.error("the credentials file is not UTF-8", file.body().len())
    })
}

fn entry(file: &File, scope: Scope, index: usize, entry: &Entry) -> Result<Stored, Error> {
    let start = entry.start;
    let fields = Fields { file, entry };
    fields.no_others(&FIELDS.each_ref().map(|field| field.name))?;
    let base_url = fields.text("base_url")?.map(|(text, at)| {
        BaseUrl::parse(text).map_err(|error| file.error(format!("`base_url`: {error}"), at))
    });
    let username = fields.text("username")?.map(|(text, at)| {
        Username::parse(text).map_err(|error| file.error(format!("`username`: {error}"), at))
    });
    let account = account(file, start, base_url.transpose()?, username.transpose()?)?;
    let key = key(&fields, scope)?;
    let profile = fields.text("profile")?;
    if let Some((name, at)) = profile {
        check_profile_name(name).map_err(|reason| file.error(reason, at))?;
    }
    let allow_non_secure = fields.flag("allow_non_secure")?;
    if account.as_ref().is_some_and(|account| account.base_url().needs_permission())
        && !allow_non_secure
    {
        return Err(file
            .error("a credential for `http://` needs `allow_non_secure = true` beside it", start));
    }
    Ok(Stored {
        account,
        key,
        profile: profile.map(|(name, _)| name.to_owned()),
        allow_non_secure,
        scope,
        origin: file.origin(start),
        index,
    })
}

/// Reads `apikey`: a key, or in files of one's own a source.
fn key(fields: &Fields, scope: Scope) -> Result<StoredKey, Error> {
    let wrong = |what: &dyn std::fmt::Display| {
        fields.file.error(format!("`apikey`: {what}"), fields.at("apikey"))
    };
    match fields.entry.get("apikey") {
        None => Err(fields.file.error("a credential has no `apikey`", fields.entry.start)),
        Some(Held::Text(text)) => Secret::new(text).map(StoredKey::Literal).map_err(|e| wrong(&e)),
        Some(Held::Table(_)) if scope == Scope::Project => {
            Err(wrong(&"a project cannot name a secret source")
                .help("name it in your own credentials: carto config set apikey --from-..."))
        }
        Some(Held::Table(table)) => {
            SecretSource::parse(table).map(StoredKey::Source).map_err(|e| wrong(&e))
        }
        Some(Held::Flag(_) | Held::Else) => Err(fields
            .file
            .error("`apikey` is neither a text nor a secret source", fields.at("apikey"))),
    }
}

fn account(
    file: &File,
    start: usize,
    base_url: Option<BaseUrl>,
    username: Option<Username>,
) -> Result<Option<Account>, Error> {
    match (base_url, username) {
        (None, None) => Ok(None),
        (None, Some(_)) => {
            Err(file.error("a credential with a `username` needs its `base_url` too", start))
        }
        (Some(base_url), username) => Account::new(base_url, username)
            .map(Some)
            .map_err(|mismatch| file.error(mismatch.to_string(), start)),
    }
}

struct Fields<'a> {
    file: &'a File<'a>,
    entry: &'a Entry<'a>,
}

impl<'a> Fields<'a> {
    fn at(&self, name: &str) -> usize {
        self.entry.place_of(name).unwrap_or(self.entry.start)
    }

    fn text(&self, name: &str) -> Result<Option<(&'a str, usize)>, Error> {
        match self.entry.get(name) {
            None => Ok(None),
            Some(Held::Text(text)) => Ok(Some((text, self.at(name)))),
            Some(_) => Err(self.file.error(format!("`{name}` is not a string"), self.at(name))),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, Error> {
        match self.entry.get(name) {
            None => Ok(false),
            Some(Held::Flag(flag)) => Ok(*flag),
            Some(_) => {
                Err(self.file.error(format!("`{name}` is not `true` or `false`"), self.at(name)))
            }
        }
    }

    fn no_others(&self, known: &[&str]) -> Result<(), Error> {
        match self.entry.fields.iter().find(|field| !known.contains(&field.name)) {
            None => Ok(()),
            Some(field) => Err(self
                .file
                .error("an unknown field in a credential", field.name_at)
                .help(format!("known are {}", known.join(", ")))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<Stored>, Error> {
        parse(Scope::User, Path::new("credentials.toml"), text.as_bytes())
    }

    #[test]
    fn entries_carry_their_account() {
        let stored = read(
            "# keys\n[[credential]]\nbase_url = \"https://John.carto.com/\"\napikey = \"k1\"\n\n\
             [[credential]]\nbase_url = 'http://maps.example/user/Ann'\nallow_non_secure = true\n\
             username = 'Ann'\napikey = 'k2'\nprofile = 'ro'\n[[credential]]\napikey = 'k3'\n",
        )
        .unwrap();
        let shown: Vec<_> = stored
            .iter()
            .map(|entry| {
                let account = entry.account.as_ref().map_or("-".into(), Account::to_string);
                format!(
                    "{} {} {:?} {}",
                    entry.key.literal().unwrap().expose(),
                    account,
                    entry.profile,
                    entry.origin
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "k1 john at https://john.carto.com None credentials.toml:2:1",
                "k2 Ann at http://maps.example/user/Ann Some(\"ro\") credentials.toml:6:1",
                "k3 - None credentials.toml:12:1",
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said_without_a_word_of_the_file() {
        for (text, what, line) in [
            ("apikey = 'marker'\n", "a credentials file has only", 1),
            ("[[credential]]\napikey = marker\n", "invalid TOML", 2),
            ("[[credential]]\nmarker = 'x'\n", "an unknown field", 2),
            ("[credential]\napikey = 'marker'\n", "`credential` is not written", 1),
            ("[[credential]]\nusername = 'x'\napikey = 'marker'\n", "a credential with", 1),
            ("[[credential]]\nbase_url = 'marker'\napikey = 'k'\n", "`base_url`: ", 2),
            ("[[credential]]\napikey = 'mar ker'\n", "`apikey`: the key has a character", 2),
            ("[[credential]]\napikey = ''\n", "`apikey`: the key is empty", 2),
            ("[[credential]]\napikey = 3\n", "`apikey` is neither a text", 2),
            ("[[credential]]\nbase_url = 'https://x.carto.com'\n", "a credential has no", 1),
            (
                "[[credential]]\nbase_url = 'http://x.example'\napikey = 'k'\n",
                "a credential for",
                1,
            ),
            (
                "[[credential]]\nbase_url = 'https://a.carto.com'\nusername = 'b'\napikey = 'k'\n",
                "the base URL names",
                1,
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.what.starts_with(what), "{text:?}: {}", error.what);
            assert!(!format!("{error:?}").contains("marker"), "{error:?}");
            let origin = &error.places[0].origin;
            assert!(origin.starts_with(&format!("credentials.toml:{line}:")), "{text:?} {origin}");
        }
    }
    /// Everything that both readers say, keys included.
    fn told(read: &Result<Vec<Stored>, Error>) -> String {
        let keys: Vec<_> = read.iter().flatten().map(|stored| stored.key.literal()).collect();
        let keys: Vec<_> = keys.into_iter().map(|key| key.map(Secret::expose)).collect();
        format!("{keys:?} {read:?}")
    }

    /// Whether the text is read plainly; then the whole parser says the same of it.
    fn is_plain(text: &str) -> bool {
        let path = Path::new("credentials.toml");
        let file = File::new(path, text);
        let plain = plain::entries(file.body(), TABLE).is_some();
        if plain {
            let whole = told(&parse_any(&file, Scope::User));
            assert_eq!(told(&read(text)), whole, "{text:?}");
        }
        plain
    }

    #[test]
    fn what_carto_writes_is_read_plainly() {
        for text in [
            "",
            "# keys\n",
            "\u{feff}[[credential]]\r\nbase_url = \"https://a.carto.com\"\r\napikey = 'k' # c\r\n",
            "[[credential]]\napikey = \"k\"\nallow_non_secure = true\n\n [[credential]] # two\n",
            "[[credential]]\napikey = true\nusername = false\nallow_non_secure = 'x'\nx = 'y'\n",
        ] {
            assert!(is_plain(text), "{text:?}");
        }
        for text in [
            "apikey = 'k'\n",
            "[credential]\napikey = 'k'\n",
            "[[credential]]\napikey = 'k'\napikey = 'k'\n",
            "[[credential]]\napikey = { env = \"X\" }\n",
            "[[credential]]\napikey.env = 'X'\n",
            "[[credential]]\napikey = \"\\u0041\"\n",
            "[[credential]]\napikey = 1\n",
            "[[other]]\napikey = 'k'\n",
            "[[credential.x]]\n",
            "[[ credential ]]\n",
            "\u{feff}\u{feff}[[credential]]\n",
            "credential = []\n",
        ] {
            assert!(!is_plain(text), "{text:?}");
        }
    }

    fn line() -> impl Strategy<Value = String> {
        let of = |all: &[&'static str]| proptest::sample::select(all.to_vec());
        let name = of(&["base_url", "username", "apikey", "profile", "allow_non_secure", "x", ""]);
        let value = of(&[
            "'https://a.carto.com'",
            "\"https://h.example/user/bob\"",
            "'http://h.example'",
            "'a'",
            "\"bob\"",
            "'k 1'",
            "''",
            "true",
            "false",
            "1",
            "{ env = 'X' }",
            "[]",
            "\"\\n\"",
        ]);
        let header =
            of(&["[[credential]]", " [[credential]]# c", "[credential]", "[[credential]] x"]);
        prop_oneof![
            8 => (name, value).prop_map(|(name, value)| format!("{name} = {value}")),
            3 => header.prop_map(str::to_owned),
            1 => "[ -~]{0,6}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8192))]

        #[test]
        fn both_readers_say_the_same(
            lines in proptest::collection::vec(line(), 0..8),
            end in proptest::sample::select(vec!["\n", "\r\n", "\n\n\t"]),
        ) {
            let text = format!("[[credential]]{end}{}", lines.join(end));
            is_plain(&text);
        }
    }
}
