//! `credentials.toml`: which key belongs to which account.
//!
//! Every entry carries its account and serves nothing else. An entry without an account is
//! unbound: it was stored before any account was named, and is sent nowhere.

use std::borrow::Cow;
use std::path::Path;
use std::rc::Rc;

use super::schema::{FIELDS, TABLE};
use super::source::{SecretSource, StoredKey};
use crate::account::Account;
use crate::base_url::BaseUrl;
use crate::config::setting::check_profile_name;
use crate::config::{Origin, Scope};
use crate::error::{Error, Kind};
use crate::line_index::LineIndex;
use crate::secret::Secret;
use crate::toml::{Document, Item, Value};
use crate::username::Username;

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
    let document = Document::read(file.body())
        .map_err(|error| file.error("invalid TOML in a credentials file", error.at))?;
    let mut fields = document.root().children();
    let credentials = fields.next().filter(|field| field.name() == TABLE);
    let other =
        if credentials.is_some() { fields.next() } else { document.root().children().next() };
    if let Some(other) = other {
        let what = "a credentials file has only `[[credential]]` entries";
        return Err(file.error(what, other.name_at()));
    }
    let Some(field) = credentials else { return Ok(Vec::new()) };
    let Some(tables) = field.tables() else {
        let what = "`credential` is not written as `[[credential]]`";
        return Err(file.error(what, field.span().start()));
    };
    let mut stored = Vec::with_capacity(tables.len());
    for (index, table) in tables.enumerate() {
        stored.push(entry(&file, scope, index, table)?);
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

fn entry(file: &File, scope: Scope, index: usize, table: Item<'_, '_>) -> Result<Stored, Error> {
    let start = table.span().start();
    let fields = EntryFields::of(file, table)?;
    let base_url = fields.text("base_url")?.map(|(text, at)| {
        BaseUrl::parse(&text).map_err(|error| file.error(format!("`base_url`: {error}"), at))
    });
    let username = fields.text("username")?.map(|(text, at)| {
        Username::parse(&text).map_err(|error| file.error(format!("`username`: {error}"), at))
    });
    let account = account(file, start, base_url.transpose()?, username.transpose()?)?;
    let key = key(&fields, scope)?;
    let profile = fields.text("profile")?;
    if let Some((name, at)) = &profile {
        check_profile_name(name).map_err(|reason| file.error(reason, *at))?;
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
        profile: profile.map(|(name, _)| name.into_owned()),
        allow_non_secure,
        scope,
        origin: file.origin(start),
        index,
    })
}

/// Reads `apikey`: a key, or in files of one's own a source.
fn key(fields: &EntryFields, scope: Scope) -> Result<StoredKey, Error> {
    let wrong = |what: &dyn std::fmt::Display| {
        fields.file.error(format!("`apikey`: {what}"), fields.at("apikey"))
    };
    let Some(found) = fields.get("apikey") else {
        return Err(fields.file.error("a credential has no `apikey`", fields.table.span().start()));
    };
    if let Some(text) = found.text() {
        return Secret::new(&text).map(StoredKey::Literal).map_err(|error| wrong(&error));
    }
    match found.value() {
        Value::Table(_) if scope == Scope::Project => {
            Err(wrong(&"a project cannot name a secret source")
                .help("name it in your own credentials: carto config set apikey --from-..."))
        }
        Value::Table(table) => {
            SecretSource::parse(&table).map(StoredKey::Source).map_err(|error| wrong(&error))
        }
        _ => Err(fields
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

/// The fields of one entry. They can be secrets, so there is no `Debug`.
struct EntryFields<'a> {
    file: &'a File<'a>,
    table: Item<'a, 'a>,
    /// What stands in each of [`FIELDS`].
    found: [Option<Item<'a, 'a>>; FIELDS.len()],
}

impl<'a> EntryFields<'a> {
    /// Finds the fields of an entry, which has no others.
    fn of(file: &'a File<'a>, table: Item<'a, 'a>) -> Result<Self, Error> {
        let mut found = [None; FIELDS.len()];
        for field in table.children() {
            let at = FIELDS.iter().position(|known| known.name == field.name());
            let Some(place) = at.and_then(|at| found.get_mut(at)) else {
                let known = FIELDS.each_ref().map(|field| field.name);
                return Err(file
                    .error("an unknown field in a credential", field.name_at())
                    .help(format!("known are {}", known.join(", "))));
            };
            *place = Some(field);
        }
        Ok(EntryFields { file, table, found })
    }

    fn get(&self, name: &str) -> Option<Item<'a, 'a>> {
        let at = FIELDS.iter().position(|known| known.name == name)?;
        *self.found.get(at)?
    }

    /// Returns where the value of a field begins, or the entry that lacks it.
    fn at(&self, name: &str) -> usize {
        self.get(name).unwrap_or(self.table).span().start()
    }

    fn text(&self, name: &str) -> Result<Option<(Cow<'a, str>, usize)>, Error> {
        let Some(field) = self.get(name) else { return Ok(None) };
        let at = field.span().start();
        match field.text() {
            Some(text) => Ok(Some((text, at))),
            None => Err(self.file.error(format!("`{name}` is not a string"), at)),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, Error> {
        let Some(field) = self.get(name) else { return Ok(false) };
        match field.value() {
            Value::Bool(flag) => Ok(flag),
            _ => Err(self.file.error(format!("`{name}` is not `true` or `false`"), self.at(name))),
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

    /// What is read, keys included, without the places.
    fn told(text: &str) -> Result<Vec<String>, String> {
        let told = |stored: &Stored| {
            let key = stored.key.literal().map(Secret::expose);
            let account = stored.account.as_ref().map(Account::to_string);
            format!("{account:?} {key:?} {:?} {}", stored.profile, stored.allow_non_secure)
        };
        read(text).map(|all| all.iter().map(told).collect()).map_err(|error| error.what)
    }

    /// The same line with its key in quotes and the first character of its text as an escape.
    fn recoded(line: &str) -> String {
        let is_bare = |(name, _): &(&str, &str)| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        let Some((name, value)) = line.split_once(" = ").filter(is_bare) else {
            return line.to_owned();
        };
        let inside =
            value.strip_prefix(['\'', '"']).and_then(|rest| rest.strip_suffix(['\'', '"']));
        let first = inside.and_then(|inside| inside.chars().next()).filter(|first| *first != '\\');
        let value = match (inside, first) {
            (Some(inside), Some(first)) => {
                format!("\"\\u{:04X}{}\"", u32::from(first), &inside[first.len_utf8()..])
            }
            _ => value.to_owned(),
        };
        format!("\t'{name}'={value}")
    }

    #[test]
    fn a_key_is_recoded_as_the_test_says() {
        assert_eq!(recoded("apikey = 'k 1'"), "\t'apikey'=\"\\u006B 1\"");
        assert_eq!(recoded("apikey = 1"), "\t'apikey'=1");
        let plain = "[[credential]]\nbase_url = 'https://a.carto.com'\napikey = 'k1'\n";
        let coded = plain.lines().map(recoded).collect::<Vec<_>>().join("\n");
        assert_eq!(
            told(plain),
            Ok(vec!["Some(\"a at https://a.carto.com\") Some(\"k1\") None false".to_owned(),])
        );
        assert_eq!(told(&coded), told(plain));
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
        fn an_entry_means_the_same_however_it_is_written(
            lines in proptest::collection::vec(line(), 0..8),
            end in proptest::sample::select(vec!["\n", "\r\n", "\n\n\t"]),
        ) {
            let plain = format!("[[credential]]{end}{}", lines.join(end));
            let coded: Vec<String> = lines.iter().map(|line| recoded(line)).collect();
            let coded = format!("[[ \"credential\" ]] # c{end}{}", coded.join(end));
            prop_assert_eq!(told(&coded), told(&plain));
        }
    }
}
