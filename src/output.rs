//! The only module that prints: data to standard output, everything else to standard error.

use std::cell::{Cell, OnceCell};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::rc::Rc;

use unicode_width::UnicodeWidthStr as _;

use crate::error::{Error, Excerpt, Kind, io_reason};
use crate::escape;
use crate::secret::mask_keys;

/// Whether lines that only inform are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only (`-q`).
    Quiet,
    /// Errors, warnings and notes.
    Normal,
    /// Also what is looked at, step by step (`-v`).
    Verbose,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How many bytes of notes and warnings a run prints, unless it is asked for more (`-v`). A file can
/// give cause for as many as it has lines, and what matters would scroll away.
const MOST_TOLD: usize = 2400;
/// How many bytes an error has at most.
const LONGEST_ERROR: usize = 1500;
/// How long a line of a message may be, in bytes: the first of these with which an error is short
/// enough. A path alone can have 4,096.
const WIDTHS: [usize; 3] = [800, 240, 80];
/// How many places, notes and help lines an error shows.
const MOST_LINES: usize = 6;

/// How many characters of a line are shown before, as and behind its marked part.
const BEFORE: usize = 100;
const MARKED: usize = 60;
const BEHIND: usize = 60;

/// Standard output and standard error, with what was asked of them.
#[derive(Clone, Debug)]
pub struct Output {
    verbosity: Verbosity,
    /// What the command line asks for.
    asked: Option<Color>,
    /// What `auto` means in this environment.
    automatic: Color,
    /// What `ui.color` says, once the settings were read.
    setting: Rc<OnceCell<Color>>,
    /// Why data could not be written, if so.
    lost: Rc<OnceCell<String>>,
    /// How many bytes of notes and warnings were printed.
    told: Rc<Cell<usize>>,
}

impl Output {
    /// Takes what the command line asks for, and what `auto` means in this environment.
    pub fn new(verbosity: Verbosity, asked: Option<Color>, automatic: Color) -> Self {
        Output {
            verbosity,
            asked,
            automatic,
            setting: Rc::default(),
            lost: Rc::default(),
            told: Rc::default(),
        }
    }

    /// Takes `ui.color` when the settings are read; the first answer counts.
    pub fn take_setting(&self, color: Color) {
        _ = self.setting.set(color);
    }

    /// Whether `ui.color` would decide and nobody has read it yet.
    pub fn lacks_setting(&self) -> bool {
        self.asked.is_none() && self.setting.get().is_none()
    }

    /// Fails when data did not reach standard output.
    ///
    /// # Errors
    /// What the system said. A closed pipe is none: its reader has seen what it wanted.
    pub fn finish(&self) -> Result<(), Error> {
        match self.lost.get() {
            None => Ok(()),
            Some(reason) => {
                Err(Error::new(Kind::Write, format!("cannot write to standard output: {reason}")))
            }
        }
    }

    /// Prints data with a line end. A closed pipe ends the program quietly.
    pub fn line(&self, text: impl AsRef<str>) {
        self.raw(format!("{}\n", text.as_ref()).as_bytes());
    }

    /// Prints data byte for byte. What could not be written is told by [`Output::finish`].
    pub fn raw(&self, bytes: &[u8]) {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                _ = self.lost.set(io_reason(&error));
            }
            _ => {}
        }
    }

    /// Prints a value as indented JSON.
    pub fn json(&self, value: &impl serde::Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.line(escape_json(&text)),
            Err(error) => self.warning(&format!("BUG: cannot print JSON: {error}")),
        }
    }

    /// Tells what was done or decided.
    pub fn note(&self, text: &str) {
        self.tell(&format!("{} {}\n", self.paint("note:", Style::Note), shown(text, WIDTHS[0])));
    }

    /// Tells of something that is probably not meant.
    pub fn warning(&self, text: &str) {
        let word = self.paint("warning:", Style::Warning);
        self.tell(&format!("{word} {}\n", shown(text, WIDTHS[0])));
    }

    /// Tells what is looked at, where that was asked for.
    pub fn verbose(&self, text: impl FnOnce() -> String) {
        if self.verbosity >= Verbosity::Verbose {
            self.stderr(&format!("{}\n", escape::line(&mask_keys(&text()))));
        }
    }

    /// Prints an error as every error is printed.
    pub fn error(&self, error: &Error) {
        self.stderr(&self.rendered(error));
    }

    /// Prints an error that does not stop the run.
    pub fn error_as_warning(&self, error: &Error) {
        let text = self.rendered(error);
        let word = self.paint("warning:", Style::Warning);
        let rest = text.split_once(':').map_or(text.as_str(), |(_, rest)| rest);
        self.tell(&format!("{word}{rest}"));
    }

    /// Prints a note or warning, as long as there are not too many.
    fn tell(&self, text: &str) {
        if self.verbosity < Verbosity::Normal {
            return;
        }
        let before = self.told.get();
        self.told.set(before + text.len());
        if self.verbosity == Verbosity::Verbose || before + text.len() <= MOST_TOLD {
            self.stderr(text);
        } else if before <= MOST_TOLD {
            self.told.set(usize::MAX / 2);
            self.stderr(&format!(
                "{} and more, which `carto -v` shows\n",
                self.paint("note:", Style::Note)
            ));
        }
    }

    /// Whether everything is told that there is to tell.
    pub fn tells_all(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    fn rendered(&self, error: &Error) -> String {
        let mut texts = WIDTHS.iter().map(|width| self.rendered_within(error, *width));
        let first = texts.next().unwrap_or_default();
        if first.len() <= LONGEST_ERROR || self.tells_all() {
            return first;
        }
        texts.fold(first, |text, narrow| if text.len() <= LONGEST_ERROR { text } else { narrow })
    }

    fn rendered_within(&self, error: &Error, width: usize) -> String {
        let word = self.paint("error:", Style::Error);
        let mut text = format!("{word} {}\n", shown(&error.what, width));
        let most = if self.tells_all() { usize::MAX } else { MOST_LINES };
        for place in error.places.iter().take(most) {
            text += &format!("  --> {}\n", shown(&place.origin, width));
            if let Some(excerpt) = &place.excerpt {
                text += &self.excerpt(excerpt);
            }
        }
        text += &rest_of(&error.places, most, "  --> ");
        for note in error.notes.iter().take(most) {
            text += &format!("{} {}\n", self.paint("note:", Style::Note), shown(note, width));
        }
        text += &rest_of(&error.notes, most, "note: ");
        for help in error.help.iter().take(most) {
            text += &format!("{} {}\n", self.paint("help:", Style::Help), shown(help, width));
        }
        text += &rest_of(&error.help, most, "help: ");
        text
    }

    fn excerpt(&self, excerpt: &Excerpt) -> String {
        let part = |from: usize, length: usize| {
            let text: String = excerpt.text.chars().skip(from).take(length).collect();
            escape::line(&text).into_owned()
        };
        // A line can be as long as a file: what is far from the marks is left out.
        let from = excerpt.before.saturating_sub(BEFORE);
        let marked = excerpt.marked.min(MARKED);
        let before = part(from, excerpt.before - from);
        let shown = part(excerpt.before, marked);
        let behind = part(excerpt.before + marked, BEHIND);
        let all = excerpt.text.chars().count();
        let cut = |cut| if cut { "..." } else { "" };
        let (head, tail) = (cut(from > 0), cut(all > excerpt.before + marked + BEHIND));
        let number = excerpt.line.to_string();
        let gap = " ".repeat(number.len());
        // Marks follow the width on the screen: of tabs and escapes as shown, of wide characters.
        let indent = " ".repeat(head.width() + before.width());
        let marks = self.paint(&"^".repeat(shown.width().max(1)), Style::Error);
        format!(
            " {gap}|\n {number}| {head}{before}{shown}{behind}{tail}\n {gap}| {indent}{marks}\n"
        )
    }

    fn paint(&self, text: &str, style: Style) -> String {
        if !self.coloured() {
            return text.to_owned();
        }
        let code = match style {
            Style::Error => "1;31",
            Style::Warning => "1;33",
            Style::Note => "1",
            Style::Help => "1;36",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    fn coloured(&self) -> bool {
        let asked = self.asked.or(self.setting.get().copied()).unwrap_or(Color::Auto);
        let color = if asked == Color::Auto { self.automatic } else { asked };
        match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => io::stderr().is_terminal(),
        }
    }

    #[expect(clippy::unused_self, reason = "printing goes through the one value that may print")]
    fn stderr(&self, text: &str) {
        _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Asks a person for something, or shows what is asked about; not silenced.
pub fn prompt(text: &str) {
    _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Asks a question, and returns whether the answer is yes.
///
/// # Errors
/// No answer can be read.
pub fn is_confirmed(question: &str) -> Result<bool, Error> {
    prompt(question);
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|error| {
        Error::new(Kind::Usage, format!("no answer was read: {}", io_reason(&error)))
    })?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// What a message is, which decides its colour.
#[derive(Clone, Copy)]
enum Style {
    Error,
    Warning,
    Note,
    Help,
}

/// Returns a message as people are shown it: in one line that is not too long, without what looks like
/// a key.
fn shown(text: &str, width: usize) -> String {
    let text = escape::line(&mask_keys(text)).into_owned();
    if text.len() <= width {
        return text;
    }
    // The end of a path tells more than its middle.
    let head = text.floor_char_boundary(width / 2);
    let tail = text.ceil_char_boundary(text.len() - width / 2);
    format!("{}...{}", &text[..head], &text[tail..])
}

fn rest_of<T>(lines: &[T], most: usize, lead: &str) -> String {
    match lines.len().saturating_sub(most) {
        0 => String::new(),
        more => format!("{lead}and {more} more, which `carto -v` shows\n"),
    }
}

/// Escapes what JSON itself lets pass: marks that reorder text, and DEL.
fn escape_json(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && escape::is_control(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}
