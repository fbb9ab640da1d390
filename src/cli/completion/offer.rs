//! What is offered at the cursor.

use std::ffi::OsStr;

use clap::Command as Clap;

/// The built-in commands.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Commands {
    /// Their names, and what each does.
    pub(in crate::cli) about: &'static [(&'static str, &'static str)],
    /// Makes the parser of the global flags, and of one command if the word is one.
    pub(in crate::cli) parser: fn(Option<&OsStr>) -> Clap,
}

impl Commands {
    /// Returns each command with what it does.
    pub(super) fn offers(&self) -> Vec<Offer> {
        self.about.iter().map(|(name, about)| Offer::new(*name, *about)).collect()
    }
}

/// What is offered at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TabAnswer {
    /// The words.
    pub(super) offers: Vec<Offer>,
    /// What the shell completes by itself.
    pub(super) by_shell: ByShell,
    /// How many characters of the word stand before what the shell completes: `--file=` in
    /// `--file=na`.
    pub(super) before: usize,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// The word, whole.
    pub(super) word: String,
    /// What it means, in one line.
    pub(super) about: String,
}

/// What a shell completes better than anyone else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ByShell {
    /// Nothing.
    #[default]
    Nothing,
    /// Files.
    Files,
    /// Directories.
    Directories,
    /// Programs on PATH.
    Programs,
}

impl TabAnswer {
    /// An answer of words alone.
    pub(super) fn of(offers: Vec<Offer>) -> Self {
        TabAnswer { offers, ..TabAnswer::default() }
    }

    /// An answer that is the shell's to give.
    pub(super) fn by(by_shell: ByShell) -> Self {
        TabAnswer { by_shell, ..TabAnswer::default() }
    }

    /// Adds what another answer has.
    pub(super) fn add(&mut self, other: TabAnswer) {
        self.offers.extend(other.offers);
        if other.by_shell != ByShell::Nothing {
            (self.by_shell, self.before) = (other.by_shell, other.before);
        }
    }

    /// Keeps the words that begin like what was typed, each once.
    pub(super) fn beginning_with(mut self, typed: &str) -> Self {
        let mut seen = std::collections::HashSet::new();
        self.offers
            .retain(|offer| offer.word.starts_with(typed) && seen.insert(offer.word.clone()));
        self
    }
}

impl Offer {
    /// Makes an offer.
    pub(super) fn new(word: impl Into<String>, about: impl Into<String>) -> Self {
        Offer { word: word.into(), about: about.into() }
    }
}
