//! Reads a manifest.
//!
//! # Why
//! Who lays a manifest beside a program decides what it says, and it may be a link to any file. So
//! no error repeats a word of the file, and no value reaches a terminal that could steer it.

use std::path::Path;

use unicode_width::UnicodeWidthStr as _;

use super::entry::{Completion, Manifest, ManifestPlace, NeedOfKey, Protocol, VERSION};
use crate::config::Origin;
use crate::error::{Error, Kind};
use crate::escape;
use crate::line_index::LineIndex;
use crate::resolve::preset::Preset;
use crate::secret::mask_keys;
use crate::toml::{Document, Item, Value};

/// The longest manifest, in bytes.
pub const LIMIT: u64 = 64 * 1024;
/// The longest description and version, in columns of a terminal.
pub(super) const WIDEST: usize = 80;

/// Reads the bytes of a manifest.
///
/// # Errors
/// Whatever is no manifest, with line and column and without a word of the file.
pub fn parse(place: ManifestPlace, path: &Path, bytes: &[u8]) -> Result<Manifest, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let good = std::str::from_utf8(good).unwrap_or_default();
        ManifestText::new(path, good).error("the manifest is not UTF-8", good.len())
    })?;
    let file = ManifestText::new(path, text.strip_prefix('\u{feff}').unwrap_or(text));
    let document = Document::read(file.text)
        .map_err(|error| file.error("the manifest is not TOML", error.at))?;
    let mut manifest = Manifest {
        place,
        path: path.to_owned(),
        description: None,
        version: None,
        contract: 1,
        credentials: NeedOfKey::default(),
        preset: None,
        completion: None,
        unknown: Vec::new(),
    };
    let mut of_form = false;
    for field in document.root().children() {
        of_form |= field.name() == "manifest";
        take(&file, field, &mut manifest)?;
    }
    // The user's own word about a plugin needs no more than what it says.
    if !of_form && place != ManifestPlace::User {
        return Err(file
            .error("this is no manifest of a plugin: it has no `manifest = 1`", 0)
            .help("carto help plugins     # says what one holds"));
    }
    Ok(manifest)
}

/// The text of one manifest.
struct ManifestText<'a> {
    path: &'a Path,
    text: &'a str,
    lines: LineIndex,
}

impl<'a> ManifestText<'a> {
    fn new(path: &'a Path, text: &'a str) -> Self {
        ManifestText { path, text, lines: LineIndex::default() }
    }

    fn error(&self, what: impl Into<String>, at: usize) -> Error {
        let (line, column) = self.lines.position(self.text, at);
        Error::new(Kind::Invalid, what).at(Origin::File { path: self.path.into(), line, column })
    }

    /// Says what a field must be.
    fn wrong(&self, field: Item<'_, '_>, expected: &str) -> Error {
        let name = field.name();
        self.error(format!("`{name}` in a manifest must be {expected}"), field.span().start())
    }

    fn line(&self, field: Item<'_, '_>) -> usize {
        self.lines.position(self.text, field.name_at()).0
    }
}

/// Takes one field into the manifest.
fn take(
    file: &ManifestText<'_>,
    field: Item<'_, '_>,
    manifest: &mut Manifest,
) -> Result<(), Error> {
    match field.name() {
        "manifest" => form(file, field)?,
        "description" => manifest.description = Some(one_line(file, field)?),
        "version" => manifest.version = Some(one_line(file, field)?),
        "contract" => manifest.contract = contract(file, field)?,
        "credentials" => {
            manifest.credentials = word(file, field, &NeedOfKey::ALL, NeedOfKey::name)?;
        }
        "as" => manifest.preset = Some(word(file, field, &Preset::ALL, Preset::name)?),
        "completion" => manifest.completion = completion(file, field, &mut manifest.unknown)?,
        _ => manifest.unknown.push(unknown(file, field)),
    }
    Ok(())
}

/// Returns a name that is not known; what looks like a key is one, whatever file this is.
fn unknown(file: &ManifestText<'_>, field: Item<'_, '_>) -> (String, usize) {
    (mask_keys(field.name()).into_owned(), file.line(field))
}

fn form(file: &ManifestText<'_>, field: Item<'_, '_>) -> Result<(), Error> {
    match field.value() {
        Value::Integer(VERSION) => Ok(()),
        Value::Integer(other) if other > VERSION => Err(file.error(
            format!("the manifest has form {other}; this carto reads form {VERSION}"),
            field.span().start(),
        )),
        _ => Err(file.wrong(field, "1")),
    }
}

fn contract(file: &ManifestText<'_>, field: Item<'_, '_>) -> Result<u32, Error> {
    let number = match field.value() {
        Value::Integer(number) if number > 0 => u32::try_from(number).ok(),
        _ => None,
    };
    number.ok_or_else(|| file.wrong(field, "a whole number from 1"))
}

fn one_line(file: &ManifestText<'_>, field: Item<'_, '_>) -> Result<String, Error> {
    let fits = |text: &str| {
        !text.trim().is_empty() && !escape::has_control(text) && text.width() <= WIDEST
    };
    let text = field.text().map(std::borrow::Cow::into_owned).filter(|text| fits(text));
    text.ok_or_else(|| {
        let expected = format!("one line of at most {WIDEST} columns, without control characters");
        file.wrong(field, &expected)
    })
}

/// Reads one of some words.
fn word<T: Copy>(
    file: &ManifestText<'_>,
    field: Item<'_, '_>,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<T, Error> {
    let text = field.text();
    let known = text.and_then(|text| all.iter().find(|one| name(**one) == text));
    known.copied().ok_or_else(|| {
        let words: Vec<_> = all.iter().map(|one| format!("\"{}\"", name(*one))).collect();
        file.wrong(field, &format!("one of {}", words.join(", ")))
    })
}

fn completion(
    file: &ManifestText<'_>,
    table: Item<'_, '_>,
    unknowns: &mut Vec<(String, usize)>,
) -> Result<Option<Completion>, Error> {
    if !table.is_table() {
        return Err(file.wrong(table, "a table"));
    }
    let (mut protocol, mut words, mut files) = (None, None, None);
    for field in table.children() {
        match field.name() {
            "protocol" => protocol = Some(word(file, field, &Protocol::ALL, Protocol::name)?),
            "words" => words = Some(offered(file, field)?),
            "files" => match field.value() {
                Value::Bool(value) => files = Some(value),
                _ => return Err(file.wrong(field, "true or false")),
            },
            _ => unknowns.push(unknown(file, field)),
        }
    }
    match protocol {
        Some(_) if words.is_some() || files.is_some() => Err(file.error(
            "in `[completion]` stands either `protocol`, or `words` and `files`",
            table.span().start(),
        )),
        Some(protocol) => Ok(Some(Completion::Asked(protocol))),
        None if words.is_none() && files.is_none() => Ok(None),
        None => Ok(Some(Completion::Listed {
            words: words.unwrap_or_default(),
            files: files.unwrap_or_default(),
        })),
    }
}

fn offered(file: &ManifestText<'_>, field: Item<'_, '_>) -> Result<Vec<String>, Error> {
    let wrong = || file.wrong(field, "an array of words, without control characters");
    let Value::Array(items) = field.value() else { return Err(wrong()) };
    let usable = |word: &str| !word.is_empty() && !escape::has_control(word);
    let word = |item: &Value| item.as_str().filter(|word| usable(word)).map(str::to_owned);
    items.iter().map(|item| word(item).ok_or_else(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(place: ManifestPlace, text: &str) -> Result<Manifest, Error> {
        parse(place, Path::new("/x/carto-x.toml"), text.as_bytes())
    }

    /// Whatever the bytes are, an answer comes, and an error has a place and none of the text.
    #[test]
    fn no_text_breaks_the_reader() {
        use proptest::prelude::*;
        let parts = proptest::sample::select(vec![
            "manifest = 1\n",
            "manifest=2\n",
            "description = \"SeCrEt\"\n",
            "[completion]\n",
            "words = [\"SeCrEt\", 3]\n",
            "protocol = \"SeCrEt\"\n",
            "credentials = 'SeCrEt'\n",
            "contract = 9999999999\n",
            "as = SeCrEt\n",
            "[[completion]]\n",
            "\u{0}",
            "=",
            "'''",
            "\"",
            "SeCrEt",
        ]);
        proptest!(|(parts in proptest::collection::vec(parts, 0..8))| {
            let text = parts.concat();
            if let Err(error) = read(ManifestPlace::Beside, &text) {
                prop_assert_eq!(error.places.len(), 1);
                prop_assert!(!format!("{error:?}").contains("SeCrEt"), "{error:?}");
            }
        });
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        let manifest = read(ManifestPlace::Beside, "\u{feff}manifest = 1\nversion = '2'\n");
        assert_eq!(manifest.unwrap().version.as_deref(), Some("2"));
        let error = parse(ManifestPlace::Beside, Path::new("/x"), b"a = 1\n\xff").unwrap_err();
        assert_eq!(error.places[0].origin, "/x:2:1");
    }
}
