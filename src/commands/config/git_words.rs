//! What users of `git config` type, and how it is said here.
//!
//! Looked at only when a command line cannot be read, for the error's help. Git's words are no
//! second set of commands: one thing has one name.

use std::ffi::OsString;

use crate::config::SettingPath;
use crate::config::nearest_setting;
use crate::config::setting::ValueType;
use crate::error::{Error, Kind};
use crate::escape;

/// What one of git's words is here.
#[derive(Clone, Copy)]
enum Means {
    /// One of our verbs.
    Verb(&'static str),
    /// A verb with a flag of its own.
    VerbWith(&'static str, &'static str),
    /// A verb that does it otherwise, with the difference.
    VerbThough(&'static str, &'static str),
    /// Other flags.
    Flags(&'static str),
    /// Nothing is needed in its place.
    Nothing,
    /// A search by a pattern.
    Search,
    /// Nothing does the same: the reason, and the nearest command.
    Instead(&'static str, &'static str),
}

use Means::{Flags, Instead, Nothing, Search, Verb, VerbThough, VerbWith};

const ONE_VALUE: &str = "a setting has one value in a layer; `set` replaces it";
const BY_ACCOUNT: &str = "settings are not chosen by a URL, but a key (apikey) by its account";

/// Git's words that carto does not have, with what they mean here.
static WORDS: &[(&str, Means)] = &[
    ("--get", Verb("get")),
    ("--get-all", VerbWith("get", "--all")),
    ("--get-regexp", Search),
    ("--regexp", Search),
    ("--get-urlmatch", Instead(BY_ACCOUNT, "carto config explain")),
    ("--url", Instead(BY_ACCOUNT, "carto config explain")),
    ("--get-color", Instead("no setting holds a colour", "carto config get ui.color")),
    ("--get-colorbool", Instead("no setting holds a colour", "carto config get ui.color")),
    ("--add", VerbThough("set", ONE_VALUE)),
    ("--append", VerbThough("set", ONE_VALUE)),
    ("--replace-all", VerbThough("set", ONE_VALUE)),
    ("--unset", Verb("unset")),
    ("--unset-all", Verb("unset")),
    ("--list", Verb("list")),
    ("-l", Verb("list")),
    ("--edit", Verb("edit")),
    ("-e", Verb("edit")),
    ("--remove-section", Verb("unset")),
    ("remove-section", Verb("unset")),
    ("--rename-section", Instead("no command renames a table", "carto config edit")),
    ("rename-section", Instead("no command renames a table", "carto config edit")),
    ("--worktree", Flags("--project")),
    ("--blob", Instead("settings are read from files only", "carto config list --file FILE")),
    ("--bool", Flags("--type bool")),
    ("--int", Flags("--type int")),
    ("--path", Flags("--type path")),
    ("--bool-or-int", Nothing),
    ("--bool-or-str", Nothing),
    ("--expiry-date", Nothing),
    ("--no-type", Nothing),
    ("--includes", Nothing),
    ("--no-includes", Nothing),
    ("--fixed-value", Nothing),
    ("--show-names", Nothing),
    ("--no-show-names", Nothing),
    ("--value", Nothing),
    ("--comment", Nothing),
];

/// Flags whose value may stand in the next word: git's, then ours.
const WITH_VALUE: [&str; 9] =
    ["--value", "--comment", "--url", "--blob", "--file", "-f", "--default", "--type", "--color"];

const SCOPES: [&str; 7] =
    ["--system", "--user", "--global", "--project", "--local", "--file", "-f"];
const GET: &[&str] =
    &["--all", "--default", "--type", "--show-scope", "--show-origin", "--json", "-z", "--null"];
const LIST: &[&str] =
    &["--name-only", "--show-scope", "--show-origin", "--show-secrets", "--json", "-z", "--null"];

/// The verbs that git has too, with their flags besides those of the scope.
static VERBS: &[(&str, &[&str])] =
    &[("get", GET), ("set", &["--force"]), ("unset", &[]), ("list", LIST), ("edit", &[])];

/// Says in our words what a user of git has typed behind `config`; `None` where it is not git's.
pub fn our_way(words: &[OsString]) -> Option<Error> {
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    let words = words.filter(|words| !words.is_empty())?;
    let typed = Typed::read(&words)?;
    let wanted = typed.surprise.as_ref()?;
    let error = Error::new(Kind::Usage, escape::line(wanted));
    let error = match typed.note {
        Some(note) => error.note(note),
        None => error,
    };
    Some(error.help(escape::line(&typed.command())))
}

/// A command line for `config`, sorted.
#[derive(Default)]
struct Typed {
    verb: Option<&'static str>,
    /// A whole command that is nearest to a thing carto does not do.
    instead: Option<&'static str>,
    searches: bool,
    flags: Vec<(String, Option<String>)>,
    words: Vec<String>,
    /// What carto cannot read, in a sentence.
    surprise: Option<String>,
    note: Option<&'static str>,
}

impl Typed {
    /// Sorts the words; `None` where one of them is neither git's nor ours.
    fn read(words: &[&str]) -> Option<Self> {
        let mut typed = Typed::default();
        let mut rest = words.iter().copied();
        while let Some(word) = rest.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if word.starts_with("--") => (name, Some(value)),
                _ => (word, None),
            };
            let is_flag = word.len() > 1 && word.starts_with('-');
            let own_verb = typed.verb.is_none() && typed.words.is_empty();
            if word == "--" {
                typed.words.extend(rest.by_ref().map(str::to_owned));
            } else if let Some((_, means)) = WORDS
                .iter()
                .find(|(git, _)| *git == name)
                .filter(|_| is_flag || typed.words.is_empty())
            {
                let value = value.or_else(|| WITH_VALUE.contains(&name).then(|| rest.next())?);
                typed.take(name, *means, value);
            } else if is_flag {
                let value = value.or_else(|| WITH_VALUE.contains(&name).then(|| rest.next())?);
                typed.flag(name, value)?;
            } else if let Some((verb, _)) = VERBS.iter().find(|(verb, _)| own_verb && *verb == word)
            {
                if !typed.flags.is_empty() {
                    typed.surprised(format!("flags stand behind the verb `{verb}`"));
                }
                typed.verb = Some(verb);
            } else {
                typed.words.push(word.to_owned());
            }
        }
        typed.settle()?;
        Some(typed)
    }

    fn surprised(&mut self, what: String) {
        self.surprise.get_or_insert(what);
    }

    fn take(&mut self, name: &str, means: Means, value: Option<&str>) {
        self.surprised(format!("`carto config` has no `{name}`, which is git's"));
        match means {
            Verb(verb) => self.verb = Some(verb),
            VerbWith(verb, flag) => {
                self.verb = Some(verb);
                self.flags.push((flag.to_owned(), None));
            }
            VerbThough(verb, note) => {
                self.verb = Some(verb);
                self.note = Some(note);
            }
            Flags(flags) => {
                let (flag, value) = flags
                    .split_once(' ')
                    .map_or((flags, None), |(flag, value)| (flag, Some(value.to_owned())));
                self.flags.push((flag.to_owned(), value));
            }
            Nothing => {}
            Search => {
                self.searches = true;
                self.words.extend(value.map(str::to_owned));
                self.note = Some("settings are looked up by name, not by a pattern");
            }
            Instead(note, command) => {
                self.note = Some(note);
                self.instead = Some(command);
            }
        }
    }

    /// Keeps a flag of ours; `None` for one that nobody knows.
    fn flag(&mut self, name: &str, value: Option<&str>) -> Option<()> {
        if name == "--type" && !matches!(value, Some("bool" | "int" | "string" | "path")) {
            self.surprised("`--type` takes bool, int, string or path".to_owned());
            return Some(());
        }
        let known = SCOPES.contains(&name) || VERBS.iter().any(|(_, flags)| flags.contains(&name));
        known.then(|| self.flags.push((name.to_owned(), value.map(str::to_owned))))
    }

    /// Finds the verb that git would have guessed, and leaves out the flags that it does not take.
    fn settle(&mut self) -> Option<()> {
        let verb = self.verb.unwrap_or(match self.words.len() {
            0 => "list",
            1 => "get",
            _ => "set",
        });
        if self.verb.is_none() {
            let first = self.words.first().map(String::as_str);
            if self.surprise.is_none() && !first.is_none_or(looks_like_a_key) {
                return None;
            }
            self.surprised("`carto config` needs a verb: get, set, unset, list, edit".to_owned());
            self.verb = Some(verb);
        }
        let (_, own) = VERBS.iter().find(|(name, _)| *name == verb)?;
        let fits = |name: &str| SCOPES.contains(&name) || own.contains(&name);
        if let Some((odd, _)) = self.flags.iter().find(|(name, _)| !fits(name)) {
            let what = format!("`carto config {verb}` has no `{odd}`");
            self.surprised(what);
            self.flags.retain(|(name, _)| fits(name));
        }
        Some(())
    }

    /// Writes the command as it is said here.
    fn command(&self) -> String {
        if let Some(command) = self.instead {
            return command.to_owned();
        }
        if self.searches {
            let pattern = self.words.first().map_or("PATTERN".to_owned(), |word| quoted(word));
            return format!("carto config list | grep -e {pattern}");
        }
        let verb = self.verb.unwrap_or("list");
        let mut words = vec![format!("carto config {verb}")];
        for (name, value) in &self.flags {
            words.push(name.clone());
            words.extend(value.as_deref().map(quoted));
        }
        if !matches!(verb, "list" | "edit") {
            words.extend(self.key_and_value(verb));
        }
        words.join(" ")
    }

    /// Returns the key in our spelling and, for `set`, the value: never one that may be a secret.
    fn key_and_value(&self, verb: &str) -> Vec<String> {
        let Some(first) = self.words.first() else {
            return vec![if verb == "set" { "SETTING VALUE" } else { "SETTING" }.to_owned()];
        };
        // What stands behind `=` may be a secret as well.
        let first = first.split('=').next().unwrap_or_default();
        let path = SettingPath::parse(first).ok();
        let near = path.as_ref().filter(|path| path.known().is_none()).and_then(nearest_setting);
        let path = near.and_then(|near| SettingPath::parse(&near).ok()).or(path);
        let known = path.as_ref().and_then(SettingPath::known);
        let mut words =
            vec![quoted(&path.map_or_else(|| first.to_owned(), |path| path.to_string()))];
        match (known, self.words.get(1)) {
            _ if verb != "set" => {}
            (Some(key), _) if key.value == ValueType::Secret => {}
            (Some(_), Some(value)) => words.push(quoted(value)),
            _ => words.push("VALUE".to_owned()),
        }
        words
    }
}

/// Whether git would have taken the word for a key, and not for a verb that is mistyped.
fn looks_like_a_key(word: &str) -> bool {
    let path = SettingPath::parse(word).ok();
    word.contains('.') || path.is_some_and(|path| path.known().is_some())
}

/// Writes a word for a shell, to be copied.
pub fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| "VALUE".to_owned(), std::borrow::Cow::into_owned)
}
