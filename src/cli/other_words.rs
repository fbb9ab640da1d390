//! What people type first: words of git, gh, aws, kubectl, CARTO's own program and CARTOframes, with
//! the command that does it here.
//!
//! Looked at only when a command line cannot be read, and by `carto help WORD`. They are no second set
//! of commands: one thing has one name.

use std::ffi::OsString;

use clap::Command as Clap;

use super::mistake::looks_like_a_key;
use crate::commands::config::git_words::quoted;
use crate::config::SettingPath;
use crate::config::setting::ValueType;
use crate::error::{Error, Kind};
use crate::near::near;

/// Words of other programs, and the command that does it here. What stands in braces is taken from
/// the command line, or stays as the name of what belongs there; in brackets it may be left out.
///
/// # Why
/// One text, read when it is needed: in a table of texts each has an address, which every start of the
/// program would pay for.
const WORDS: &str = "\
account: carto config explain
accounts: carto profile list
activate: carto profile use {NAME}
add: carto profile add {NAME} --username NAME
aliases: carto alias list
allow: carto trust
apikey: carto config set apikey
auth list: carto profile list
auth login: carto login {URL}
auth logout: carto logout
auth status: carto config explain
auth switch: carto profile use {NAME}
auth token: carto config get apikey
auth use: carto profile use {NAME}
auth whoami: carto config explain
auth: carto login URL
check: carto doctor
checkout: carto profile use {NAME}
completion: carto completions {SHELL}
config add: carto config set {SETTING} VALUE
config current-context: carto config explain
config delete: carto config unset {SETTING}
config delete-context: carto profile remove {NAME}
config get-contexts: carto profile list
config ls: carto config list
config remove: carto config unset {SETTING}
config rename-context: carto profile rename {OLD} NEW
config rm: carto config unset {SETTING}
config set-context: carto profile add {NAME} --username NAME
config set-credentials: carto config set apikey
config show: carto config list
config use: carto profile use {NAME}
config use-context: carto profile use {NAME}
config view: carto config list
configure export-credentials: carto env
configure get: carto config get {SETTING}
configure import: carto credentials import [FILE]
configure list: carto config explain
configure list-profiles: carto profile list
configure set: carto config set {SETTING VALUE}
configure: carto login URL
context: carto profile list
contexts: carto profile list
credential: carto credentials show
credentials add: carto login {URL}
credentials get: carto credentials show
credentials ls: carto credentials list
credentials remove: carto credentials delete [FILE]
credentials rm: carto credentials delete [FILE]
credentials save: carto login {URL}
credentials set: carto login {URL}
ctx: carto profile list
current: carto config explain
current-context: carto config explain
default: carto profile use {NAME}
delete: carto profile remove {NAME}
deny: carto trust --deny
edit: carto config edit
explain: carto config explain
export: carto credentials export [FILE]
extension: carto plugin list
get: carto config get {SETTING}
get-contexts: carto profile list
import: carto credentials import [FILE]
key: carto config set apikey
keys: carto credentials list
list: carto config list
log-in: carto login {URL}
log-out: carto logout
ls: carto config list
man: carto help --man
mv: carto profile rename {OLD} NEW
path: carto config path
plugin add: carto plugin list
plugin ls: carto plugin list
plugins: carto plugin list
profile current: carto config explain
profile delete: carto profile remove {NAME}
profile ls: carto profile list
profile new: carto profile add {NAME} --username NAME
profile rm: carto profile remove {NAME}
profile select: carto profile use {NAME}
profile set: carto profile use {NAME}
profile switch: carto profile use {NAME}
profiles: carto profile list
query: carto sql {QUERY}
remove: carto profile remove {NAME}
rename: carto profile rename {OLD} NEW
revoke: carto trust --revoke
rm: carto profile remove {NAME}
run: carto exec -- {CMD}
schema: carto config schema
secret: carto config set apikey
set: carto config set {SETTING VALUE}
set-context: carto profile use {NAME}
set_default_credentials: carto login URL
settings: carto config list
setup: carto login URL
show: carto credentials show
sign-in: carto login {URL}
signin: carto login {URL}
signout: carto logout
status: carto config explain
switch: carto profile use {NAME}
token: carto config get apikey
unset: carto config unset {SETTING}
untrust: carto trust --revoke
use: carto profile use {NAME}
use-context: carto profile use {NAME}
user: carto config get username
users: carto profile list
verify: carto doctor
view: carto config list
which: carto plugin which {NAME}
whoami: carto config explain
why: carto config explain
";

/// Lists the words with the command that does it.
fn known_words() -> impl Iterator<Item = (&'static str, &'static str)> {
    WORDS.lines().filter_map(|line| line.split_once(": "))
}

/// Returns the command that does here what a command line of other words wants, ready to be typed.
pub(super) fn our_command(words: &[OsString]) -> Option<String> {
    let words: Vec<&str> = words.iter().map_while(|word| word.to_str()).collect();
    // Of two words that are known together the second decides.
    [2, 1].into_iter().filter(|count| *count <= words.len()).find_map(|count| {
        let typed = words[..count].join(" ").to_lowercase();
        let (_, command) = known_words().find(|(theirs, _)| *theirs == typed)?;
        Some(filled(command, &words[count..]))
    })
}

/// Puts the rest of what was typed where it belongs.
fn filled(command: &str, rest: &[&str]) -> String {
    let rest: Vec<&str> = rest.iter().copied().take_while(|word| !word.starts_with('-')).collect();
    let rest = if rest.iter().any(|word| looks_like_a_key(word)) { Vec::new() } else { rest };
    let Some(at) = command.find(['{', '[']) else { return command.to_owned() };
    let (before, slot) = command.split_at(at);
    let (name, behind) = slot[1..].split_once(['}', ']']).unwrap_or((slot, ""));
    let is_setting = name.starts_with("SETTING");
    if let Some(first) = rest.first().filter(|_| is_setting)
        && SettingPath::parse(first).is_ok_and(|path| is_secret(&path))
    {
        // A secret is asked for; it never stands on a command line.
        return format!("{before}{}{behind}", quoted(first)).replace(" VALUE", "");
    }
    if rest.is_empty() {
        let left_out = slot.starts_with('[');
        let name = if left_out { "" } else { name };
        return format!("{before}{name}{behind}").trim_end().to_owned();
    }
    let wanted = name.split(' ').count();
    let words: Vec<_> = rest.iter().map(|word| quoted(word)).collect();
    let missing = name.split(' ').skip(words.len()).map(str::to_owned);
    let words: Vec<_> = match wanted {
        1 if !matches!(name, "CMD" | "QUERY") => words.into_iter().take(1).collect(),
        2 => words.into_iter().take(2).chain(missing).collect(),
        _ => words,
    };
    format!("{before}{}{behind}", words.join(" "))
}

fn is_secret(path: &SettingPath) -> bool {
    path.known().is_some_and(|known| known.value == ValueType::Secret) || path.names_a_secret()
}

/// Says what is done by which command, where a word behind a command is none of its own.
pub(super) fn of_subcommand(command: &Clap, name: &str, words: &[OsString]) -> Option<Error> {
    let command = command.find_subcommand(name).filter(|command| command.has_subcommands())?;
    let (first, rest) = words.split_first()?;
    let first = first.to_str().filter(|word| !word.starts_with('-'))?;
    if command.find_subcommand(first).is_some() {
        return None;
    }
    let all: Vec<OsString> = std::iter::once(name.into()).chain(words.iter().cloned()).collect();
    let typed = all.iter().take(2).map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let known = known_words().any(|(theirs, _)| theirs == typed.to_lowercase());
    let ours = if known {
        our_command(&all)?
    } else {
        let names = command.get_subcommands().map(Clap::get_name);
        let nearest = *near(&first.to_lowercase(), names).first()?;
        with_rest(&format!("carto {name} {nearest}"), rest)
    };
    let what = format!("`carto {name}` has no command `{}`", crate::escape::line(first));
    Some(Error::new(Kind::Usage, what).help(ours).help(format!("carto {name} --help")))
}

/// Puts the rest of the words behind a command, where none may be a secret.
fn with_rest(command: &str, rest: &[OsString]) -> String {
    let rest: Vec<&str> = rest.iter().map_while(|word| word.to_str()).collect();
    let is_secret = |word: &&str| SettingPath::parse(word).is_ok_and(|path| is_secret(&path));
    let secret = rest.iter().position(is_secret).map_or(rest.len(), |at| at + 1);
    let safe = rest.iter().take(secret).take_while(|word| !looks_like_a_key(word));
    safe.fold(command.to_owned(), |text, word| format!("{text} {}", quoted(word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::definition::command;

    fn ours(line: &str) -> Option<String> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        our_command(&words)
    }

    #[test]
    fn the_rest_of_the_line_goes_where_it_belongs() {
        for (typed, command) in [
            ("import", Some("carto credentials import")),
            ("import creds.json", Some("carto credentials import creds.json")),
            ("use staging", Some("carto profile use staging")),
            ("use", Some("carto profile use NAME")),
            ("Set username ann", Some("carto config set username ann")),
            ("set username", Some("carto config set username VALUE")),
            ("set apikey secret", Some("carto config set apikey")),
            ("set plugins.sql.token secret", Some("carto config set plugins.sql.token")),
            ("set x 1a2b3c4d5e6f7a8b", Some("carto config set SETTING VALUE")),
            ("config rm ui.color", Some("carto config unset ui.color")),
            ("auth login https://ann.carto.com", Some("carto login https://ann.carto.com")),
            ("run python x.py", Some("carto exec -- python x.py")),
            ("mv a b", Some("carto profile rename a NEW")),
            ("frobnicate", None),
        ] {
            assert_eq!(ours(typed).as_deref(), command, "{typed}");
        }
    }

    #[test]
    fn no_word_is_a_command_and_every_answer_is_one() {
        let whole = command();
        let known = |words: &[&str]| {
            words.iter().try_fold(&whole, |command, word| command.find_subcommand(word)).is_some()
        };
        for (theirs, ours) in known_words() {
            let words: Vec<&str> = theirs.split(' ').collect();
            assert!(!known(&words), "{theirs}");
            let mut words = ours.split(' ').skip(1);
            let first = words.next().unwrap();
            assert!(first == "sql" || whole.find_subcommand(first).is_some(), "{ours}");
        }
        let mut sorted: Vec<_> = known_words().map(|(theirs, _)| theirs).collect();
        let count = sorted.len();
        sorted.sort_unstable();
        sorted.dedup();
        assert!(sorted.len() == count && count == WORDS.lines().count());
    }
}
