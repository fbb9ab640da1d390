//! Marks: what clap's engine offers for an argument whose values are not clap's to know.
//!
//! # Why
//! The engine knows which argument stands at the cursor; what can stand there depends on settings,
//! PATH and the rest of the line. So it offers a mark, which is replaced by what there is, and nothing
//! is read for an argument that is not asked for.

use clap::{Arg, Command as Clap, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

/// The character by which a mark is known; no argument can have it.
const SIGN: char = '\u{1}';

/// What can stand for an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Files.
    Files,
    /// Directories.
    Directories,
    /// Profiles.
    Profiles,
    /// Settings that are set.
    SetSettings,
    /// Settings that may be set in the scope that the line names.
    AllSettings,
    /// Values of the setting that stands before.
    SettingValues,
    /// `SETTING=VALUE`.
    Assignments,
    /// Plugins.
    Plugins,
    /// Aliases.
    Aliases,
    /// Base URLs of the accounts that are known.
    BaseUrls,
    /// User names of the accounts that are known.
    Usernames,
}

impl Mark {
    const ALL: [Mark; 11] = [
        Mark::Files,
        Mark::Directories,
        Mark::Profiles,
        Mark::SetSettings,
        Mark::AllSettings,
        Mark::SettingValues,
        Mark::Assignments,
        Mark::Plugins,
        Mark::Aliases,
        Mark::BaseUrls,
        Mark::Usernames,
    ];

    /// Takes an offer of the engine apart that holds a mark: what stands before it, and the mark.
    pub(super) fn within(word: &str) -> Option<(&str, Mark)> {
        let (before, number) = word.split_once(SIGN)?;
        Some((before, *Mark::ALL.get(number.parse::<usize>().ok()?)?))
    }

    fn text(self) -> String {
        let number = Mark::ALL.iter().position(|mark| *mark == self).unwrap_or_default();
        format!("{SIGN}{number}")
    }

    /// Returns the mark of an argument, by the words of its command and its name.
    fn of(command: &str, arg: &Arg) -> Option<Mark> {
        if !arg.get_possible_values().is_empty() {
            return None;
        }
        match (command, arg.get_id().as_str()) {
            ("", "directory") | ("plugin create", "dir") => Some(Mark::Directories),
            ("", "set") => Some(Mark::Assignments),
            ("profile add", "name") | ("profile rename", "new") => None,
            ("" | "login" | "credentials import", "profile")
            | ("profile show" | "profile use" | "profile remove", "name")
            | ("profile rename", "old") => Some(Mark::Profiles),
            ("config get" | "config unset" | "config explain", "key") => Some(Mark::SetSettings),
            ("config set", "key") => Some(Mark::AllSettings),
            ("config set", "value") => Some(Mark::SettingValues),
            ("plugin info" | "plugin which" | "plugin register", "name")
            | ("config explain", "plugin") => Some(Mark::Plugins),
            ("alias set" | "alias delete", "name") => Some(Mark::Aliases),
            ("login", "target") | ("profile add", "base_url") => Some(Mark::BaseUrls),
            ("login" | "profile add", "username") => Some(Mark::Usernames),
            _ => (arg.get_value_hint() == ValueHint::AnyPath).then_some(Mark::Files),
        }
    }
}

/// Puts a mark on every argument of a command line that takes one.
pub(super) fn marked(command: Clap, words: &str) -> Clap {
    let command = command.mut_args(|arg| match Mark::of(words, &arg) {
        None => arg,
        Some(mark) => {
            let offered = mark.text();
            let offer = move |_: &std::ffi::OsStr| vec![CompletionCandidate::new(offered.clone())];
            arg.add(ArgValueCompleter::new(offer))
        }
    });
    command.mut_subcommands(|sub| {
        let name = sub.get_name();
        let below = if words.is_empty() { name.to_owned() } else { format!("{words} {name}") };
        marked(sub, &below)
    })
}
