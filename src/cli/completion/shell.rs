//! `AskingShell`: each shell's script, and the answer as that script reads it.

use clap::ValueEnum;

use super::line;
use super::offer::{ByShell, Offer, TabAnswer};

/// A shell with a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum AskingShell {
    /// Bash 3.2 or newer
    Bash,
    /// Elvish
    Elvish,
    /// Fish
    Fish,
    /// `PowerShell`
    #[value(name = "powershell")]
    PowerShell,
    /// Zsh
    Zsh,
}

impl AskingShell {
    /// Returns the script.
    pub(super) fn script(self) -> &'static str {
        match self {
            AskingShell::Bash => include_str!("scripts/carto.bash"),
            AskingShell::Elvish => include_str!("scripts/carto.elv"),
            AskingShell::Fish => include_str!("scripts/carto.fish"),
            AskingShell::PowerShell => include_str!("scripts/carto.ps1"),
            AskingShell::Zsh => include_str!("scripts/_carto"),
        }
    }

    /// Returns the words that the script hands over: the words themselves, or the line.
    pub(super) fn words(self, given: &[String]) -> Vec<String> {
        let words = match self {
            AskingShell::Bash | AskingShell::PowerShell => {
                line::words(given.first().map(String::as_str).unwrap_or_default())
            }
            _ => given.to_vec(),
        };
        line::command(words)
    }

    /// Writes an answer: what the shell itself completes, then a word a line. `typed` is the word that
    /// is being typed, and `piece` the part of it that the shell puts another one in place of.
    pub(super) fn text(self, answer: &TabAnswer, typed: &str, piece: &str) -> String {
        let kind = match answer.by_shell {
            ByShell::Nothing => "words",
            ByShell::Files => "files",
            ByShell::Directories => "directories",
            ByShell::Programs => "programs",
        };
        let mut text = format!("{kind} {}\n", answer.before);
        for offer in &answer.offers {
            // A word that cannot be typed is none.
            if !crate::escape::has_control(&offer.word) {
                text += &self.line(offer, typed, piece);
                text.push('\n');
            }
        }
        text
    }

    fn line(self, offer: &Offer, typed: &str, piece: &str) -> String {
        let about = crate::escape::line(offer.about.lines().next().unwrap_or_default());
        match self {
            AskingShell::Bash => {
                // Bash breaks words at `=` and `:`, and replaces the last part alone.
                let kept = typed.strip_suffix(piece).unwrap_or_default();
                let word = offer.word.strip_prefix(kept).unwrap_or(&offer.word);
                let end = if is_open(&offer.word) { "" } else { " " };
                format!("{}{end}", quoted(word))
            }
            AskingShell::PowerShell => format!("{}\t{about}", in_powershell(&offer.word)),
            _ => format!("{}\t{about}", offer.word),
        }
    }
}

/// Whether more of the word follows.
fn is_open(word: &str) -> bool {
    word.ends_with(['=', '.'])
}

/// Writes a word so that a POSIX shell reads it as it is.
fn quoted(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for c in word.chars() {
        let is_plain = c.is_alphanumeric() || "_-./:=@%+,".contains(c);
        if !is_plain {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

fn in_powershell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=%+\\".contains(c);
    if word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "''"))
    }
}
