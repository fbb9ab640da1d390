//! The only module that prints: data to standard output, everything else to standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::OnceLock;

use crate::error::{Error, Excerpt, Kind, io_reason};
use crate::escape;

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

/// Why something could not be printed. Each print would otherwise need an answer at its place;
/// so the run ends as it would, and then says that data is missing.
static LOST: OnceLock<String> = OnceLock::new();

/// Says that data did not reach standard output, if so: on a full disk, say.
///
/// # Errors
/// Names the reason.
pub fn complete() -> Result<(), Error> {
    match LOST.get() {
        None => Ok(()),
        Some(reason) => {
            Err(Error::new(Kind::Write, format!("cannot write standard output: {reason}")))
        }
    }
}

/// Standard output and standard error, with what was asked of them.
#[derive(Clone, Debug)]
pub struct Output {
    /// What is printed.
    pub verbosity: Verbosity,
    /// When to colour.
    pub color: Color,
}

impl Output {
    /// Prints data with a line end. A closed pipe ends the program quietly.
    pub fn line(&self, text: impl AsRef<str>) {
        self.raw(format!("{}\n", text.as_ref()).as_bytes());
    }

    /// Prints data byte for byte.
    pub fn raw(&self, bytes: &[u8]) {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Ok(()) => {}
            // A reader that went away has seen what it wanted; there is nobody to tell.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            // Only the first reason counts.
            Err(error) => _ = LOST.set(io_reason(&error)),
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
        if self.verbosity >= Verbosity::Normal {
            self.stderr(&format!("{} {}\n", self.paint("note:", Style::Note), escape::line(text)));
        }
    }

    /// Tells of something that is probably not meant.
    pub fn warning(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            let word = self.paint("warning:", Style::Warning);
            self.stderr(&format!("{word} {}\n", escape::line(text)));
        }
    }

    /// Tells what is looked at, where that was asked for.
    pub fn verbose(&self, text: impl FnOnce() -> String) {
        if self.verbosity >= Verbosity::Verbose {
            self.stderr(&format!("{}\n", escape::line(&text())));
        }
    }

    /// Prints an error as every error is printed.
    pub fn error(&self, error: &Error) {
        self.stderr(&self.rendered(error));
    }

    /// Prints an error that does not stop the run.
    pub fn error_as_warning(&self, error: &Error) {
        if self.verbosity >= Verbosity::Normal {
            let text = self.rendered(error);
            let word = self.paint("warning:", Style::Warning);
            let rest = text.split_once(':').map_or(text.as_str(), |(_, rest)| rest);
            self.stderr(&format!("{word}{rest}"));
        }
    }

    fn rendered(&self, error: &Error) -> String {
        let word = self.paint("error:", Style::Error);
        let mut text = format!("{word} {}\n", escape::line(&error.what));
        for place in &error.places {
            text += &format!("  --> {}\n", escape::line(&place.origin));
            if let Some(excerpt) = &place.excerpt {
                text += &self.excerpt(excerpt);
            }
        }
        for note in &error.notes {
            text += &format!("{} {}\n", self.paint("note:", Style::Note), escape::line(note));
        }
        for help in &error.help {
            text += &format!("{} {}\n", self.paint("help:", Style::Help), escape::line(help));
        }
        text
    }

    fn excerpt(&self, excerpt: &Excerpt) -> String {
        let number = excerpt.line.to_string();
        let gap = " ".repeat(number.len());
        // A tab or an escaped character is wider than one column; marks follow the shown width.
        let shown = |text: &str| escape::line(text).chars().count();
        let before: String = excerpt.text.chars().take(excerpt.before).collect();
        let marked: String =
            excerpt.text.chars().skip(excerpt.before).take(excerpt.marked).collect();
        let marks = "^".repeat(shown(&marked).max(1));
        format!(
            " {gap}|\n {number}| {}\n {gap}| {}{}\n",
            escape::line(&excerpt.text),
            " ".repeat(shown(&before)),
            self.paint(&marks, Style::Error),
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
        match self.color {
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

#[derive(Clone, Copy)]
enum Style {
    Error,
    Warning,
    Note,
    Help,
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
