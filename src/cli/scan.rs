//! Reads the flags before a command's name without a parser, where they are written plainly.
//!
//! # Why
//! Building clap's parser costs more than finding the account does, and nearly every start of a
//! plugin has no flag or one. What is written in any other way than the few here, and every
//! mistake, is clap's to read. Tests hold the table to the definition, and both readers to each
//! other.
//!
//! Without it a start of a plugin takes 65,000 instructions more, a quarter of what carto itself needs
//! (`tests/bench/count` counts them and holds the sum below git's), and a hundredth more time.

use std::ffi::OsString;

use crate::resolve::options::{Globals, When};

/// What stands before the command's name, and where the name stands.
#[derive(Debug)]
pub(super) struct Scanned {
    /// The flags.
    pub(super) globals: Globals,
    /// The place of the name among the arguments.
    pub(super) name_at: usize,
}

/// Takes a flag's value, or refuses it.
type Take = fn(&mut Globals, &str) -> Option<()>;
/// Notes that a flag was given, or refuses it.
type Note = fn(&mut Globals) -> Option<()>;

/// The flags with a value, by each of their names.
const VALUED: [(&str, Take); 6] = [
    ("-C", |globals, dir| {
        globals.directory.push(dir.into());
        Some(())
    }),
    ("-c", |globals, text| {
        globals.set.push(text.into());
        Some(())
    }),
    ("-p", |globals, name| once(&mut globals.profile, name.into())),
    ("--profile", |globals, name| once(&mut globals.profile, name.into())),
    ("--credentials-file", |globals, file| once(&mut globals.credentials_file, file.into())),
    ("--color", |globals, when| once(&mut globals.color, colour(when)?)),
];

/// The flags without a value, by each of their names.
const PLAIN: [(&str, Note); 6] = [
    ("--no-project", |globals| first(&mut globals.no_project)),
    ("--isolated", |globals| first(&mut globals.isolated)),
    ("-v", |globals| first(&mut globals.verbose)),
    ("--verbose", |globals| first(&mut globals.verbose)),
    ("-q", |globals| first(&mut globals.quiet)),
    ("--quiet", |globals| first(&mut globals.quiet)),
];

/// Reads the flags up to the command's name; nothing where the parser has to.
pub(super) fn scan(args: &[OsString]) -> Option<Scanned> {
    let mut globals = Globals::default();
    let mut at = 0;
    loop {
        let word = args.get(at)?.to_str().filter(|word| !word.is_empty())?;
        if !word.starts_with('-') {
            let contradicts = globals.quiet && globals.verbose;
            return (!contradicts).then_some(Scanned { globals, name_at: at });
        }
        let (name, joined) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (word, None),
        };
        if let Some((_, take)) = VALUED.iter().find(|(known, _)| *known == name) {
            let next = args.get(at + 1).and_then(|next| next.to_str());
            let separate = || next.filter(|value| !value.starts_with('-'));
            let value = joined.or_else(separate).filter(|value| !value.is_empty())?;
            take(&mut globals, value)?;
            at += if joined.is_some() { 1 } else { 2 };
        } else {
            let (_, note) = PLAIN.iter().find(|(known, _)| *known == word)?;
            note(&mut globals)?;
            at += 1;
        }
    }
}

/// Returns the place of the command's name among arguments that are being typed; nothing where there
/// is none, as at the end stands a flag or its value.
pub(super) fn command_at(args: &[OsString]) -> Option<usize> {
    let mut at = 0;
    loop {
        let word = args.get(at)?.to_string_lossy();
        if !word.starts_with('-') {
            return Some(at);
        }
        at += if VALUED.iter().any(|(name, _)| *name == word) { 2 } else { 1 };
    }
}

/// Fills what may be given once.
fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

/// Sets what may be given once.
fn first(slot: &mut bool) -> Option<()> {
    (!std::mem::replace(slot, true)).then_some(())
}

fn colour(word: &str) -> Option<When> {
    match word {
        "auto" => Some(When::Auto),
        "always" => Some(When::Always),
        "never" => Some(When::Never),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cli::definition::{Reading, both_readings, first_part};

    fn by_clap(args: &[OsString]) -> Option<Reading> {
        both_readings(args).1
    }

    fn by_scan(args: &[OsString]) -> Option<Reading> {
        both_readings(args).0
    }

    fn line(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn every_flag_of_the_definition_is_read() {
        let command = first_part();
        let mut names = Vec::new();
        for argument in command.get_arguments() {
            let valued = argument.get_action().takes_values();
            names.extend(argument.get_short().map(|short| (format!("-{short}"), valued)));
            names.extend(argument.get_long().map(|long| (format!("--{long}"), valued)));
            assert!(argument.get_visible_aliases().is_none(), "{}", argument.get_id());
        }
        let valued = VALUED.iter().map(|(name, _)| ((*name).to_owned(), true));
        let mut known: Vec<_> =
            valued.chain(PLAIN.iter().map(|(name, _)| ((*name).to_owned(), false))).collect();
        names.sort();
        known.sort();
        assert_eq!(known, names);
    }

    #[test]
    fn plain_lines_are_read_here_and_others_left_to_clap() {
        for words in [
            &["sql"][..],
            &["sql", "-C", "--help", "-x"],
            &["-p", "staging", "sql"],
            &["--profile=staging", "-C", "a", "-C", "b", "-c", "ui.color=never", "sql"],
            &["--no-project", "--isolated", "-v", "--color", "never", "sql"],
            &["--credentials-file", "creds.json", "-q", "sql", ""],
        ] {
            let scanned = by_scan(&line(words));
            assert!(scanned.is_some(), "{words:?}");
            assert_eq!(scanned, by_clap(&line(words)), "{words:?}");
        }
        for words in [
            &[][..],
            &[""],
            &["-h"],
            &["--"],
            &["-"],
            &["-pstaging", "sql"],
            &["-vq", "sql"],
            &["-q", "-v", "sql"],
            &["-v", "-v", "sql"],
            &["-p", "a", "-p", "b", "sql"],
            &["-p", "", "sql"],
            &["-p", "-x", "sql"],
            &["-p"],
            &["--color", "Never", "sql"],
            &["--prof", "a", "sql"],
            &["-v=true", "sql"],
            &["--verbose=1", "sql"],
            &["-C=a", "sql"],
        ] {
            assert_eq!(by_scan(&line(words)), None, "{words:?}");
        }
    }

    fn word() -> impl Strategy<Value = String> {
        let flag = || {
            let names = VALUED.iter().map(|(name, _)| *name).chain(PLAIN.iter().map(|(n, _)| *n));
            proptest::sample::select(names.collect::<Vec<_>>())
        };
        let value = || {
            proptest::sample::select(vec![
                "",
                "a",
                "-",
                "--",
                "-1",
                "-x",
                "auto",
                "never",
                "=",
                "a=b",
                "ui.color=never",
                "dir/x",
                " ",
                "\u{e9}",
                "sql",
                "config",
                "help",
                "-h",
                "--help",
                "-V",
            ])
        };
        prop_oneof![
            4 => flag().prop_map(str::to_owned),
            4 => value().prop_map(str::to_owned),
            2 => (flag(), value()).prop_map(|(flag, value)| format!("{flag}={value}")),
            1 => (flag(), value()).prop_map(|(flag, value)| format!("{flag}{value}")),
            1 => "[-a-zA-Z=]{0,6}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8192))]

        #[test]
        fn what_is_read_here_clap_reads_alike(words in proptest::collection::vec(word(), 0..7)) {
            let args: Vec<_> = words.iter().map(OsString::from).collect();
            if let Some(scanned) = by_scan(&args) {
                prop_assert_eq!(Some(scanned), by_clap(&args));
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_left_to_clap() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt as _;
        let odd = OsStr::from_bytes(b"\xff").to_owned();
        assert!(scan(std::slice::from_ref(&odd)).is_none());
        assert!(scan(&["-p".into(), odd.clone(), "sql".into()]).is_none());
        // Behind the name nothing is looked at.
        assert_eq!(scan(&["sql".into(), odd]).unwrap().name_at, 0);
    }
}
