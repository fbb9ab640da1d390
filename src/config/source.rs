//! `Source`: the text of a settings file, with places in it and the errors that name them.

use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use super::setting_path::SettingPath;
use super::suspect::may_hold_secret;
use super::{Origin, Scope};
use crate::error::{Error, Excerpt, Kind, Place, shell_word};
use crate::escape;
use crate::line_index::LineIndex;

/// What is wrong with a key in a settings file; `doctor` tells it from other faults by this.
pub const KEY_IN_SETTINGS: &str = "a settings file never holds an API key";

/// The text of a settings file. It may hold a key, so its `Debug` tells only the path.
pub(super) struct Source {
    /// The file.
    pub(super) path: Rc<Path>,
    /// The whole text, with its byte order mark.
    pub(super) text: String,
    lines: LineIndex,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({})", self.path.display())
    }
}

impl Source {
    /// Takes the bytes of a file as text.
    ///
    /// # Errors
    /// Bytes that are not UTF-8, with line and column.
    pub(super) fn new(path: &Path, bytes: Vec<u8>) -> Result<Self, Error> {
        let text = utf8(path, bytes)?;
        Ok(Source { path: Rc::from(path), text, lines: LineIndex::default() })
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        self.lines.position(&self.text, offset)
    }

    /// Returns the place of a byte.
    pub(super) fn origin(&self, offset: usize) -> Origin {
        let (line, column) = self.position(offset);
        Origin::File { path: Rc::clone(&self.path), line, column }
    }

    /// Returns the place with its line, unless the file could hold a secret somewhere.
    fn place(&self, span: &Range<usize>) -> Place {
        let (line, column) = self.position(span.start);
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        let marked = self.text.get(span.clone()).unwrap_or_default();
        let marked = marked.lines().next().unwrap_or_default().chars().count().max(1);
        let excerpt = (!may_hold_secret(&self.text)).then(|| Excerpt {
            line,
            text: text.trim_start_matches('\u{feff}').to_owned(),
            before: column - 1,
            marked,
        });
        Place { origin: self.origin(span.start).to_string(), excerpt }
    }
}

fn utf8(path: &Path, bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let good = String::from_utf8_lossy(good);
        let line = 1 + good.matches('\n').count();
        let before = good.rsplit('\n').next().unwrap_or_default();
        let column = 1 + before.trim_start_matches('\u{feff}').chars().count();
        Error::new(Kind::Invalid, "the file is not UTF-8").at(Origin::File {
            path: Rc::from(path),
            line,
            column,
        })
    })
}

/// Returns the length of a leading byte order mark, and what follows it.
pub(super) fn split_bom(text: &str) -> (usize, &str) {
    text.strip_prefix('\u{feff}').map_or((0, text), |body| (text.len() - body.len(), body))
}

/// Says that a text is no TOML, in words that quote nothing which may be a secret.
pub(super) fn syntax_error(source: &Source, at: usize, message: &str) -> Error {
    let place = source.place(&(at..at + 1));
    let what = if may_hold_secret(&source.text) {
        // The parser's own words can quote the file.
        "invalid TOML".to_owned()
    } else {
        let words = message.lines().map(str::trim).collect::<Vec<_>>().join("; ");
        format!("invalid TOML: {}", escape::line(&words))
    };
    Error::new(Kind::Invalid, what).at_place(place)
}

/// Says what is wrong with a value.
pub(super) fn bad_value(source: &Source, key: &str, span: &Range<usize>, reason: &str) -> Error {
    Error::new(Kind::Invalid, format!("`{key}`: {reason}")).at_place(source.place(span))
}

/// Says that a key (secret) has no place in settings, and what to do.
pub(super) fn secret_in_config(
    scope: Scope,
    source: &Source,
    path: &SettingPath,
    at: usize,
) -> Error {
    let flag = match scope {
        Scope::Project => " --project",
        Scope::System => " --system",
        _ => "",
    };
    let profile = match path.0.as_slice() {
        [table, name, _] if table == "profiles" => {
            format!("--profile {} ", shell_word(Path::new(name)))
        }
        _ => String::new(),
    };
    Error::new(Kind::Invalid, KEY_IN_SETTINGS)
        .at(source.origin(at))
        .note("`config.toml` may be committed; keys live in `credentials.toml` beside it")
        .help(format!("remove the line, then type: carto {profile}config set{flag} apikey"))
}
