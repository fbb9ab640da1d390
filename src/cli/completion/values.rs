//! What can stand for an argument: from settings, accounts and PATH. A file that is broken offers
//! nothing, and says nothing.

use super::mark::Mark;
use super::offer::{ByShell, Offer, TabAnswer};
use crate::account::Account;
use crate::config::named_secret::shown;
use crate::config::setting::{Setting, ValueType};
use crate::config::{Located, Origin, SETTINGS, Scope, SettingPath};
use crate::dispatch::aliases_in_force::in_force;
use crate::manifest::Manifests;
use crate::resolve::context::Context;
use crate::resolve::facts::Facts;

/// Returns what can stand where a mark stands; `typed` is what stands there already, and `words` the
/// line before it.
pub(super) fn of_mark(context: &Context, mark: Mark, words: &[String], typed: &str) -> TabAnswer {
    match mark {
        Mark::Files => TabAnswer::by(ByShell::Files),
        Mark::Directories => TabAnswer::by(ByShell::Directories),
        Mark::Profiles => TabAnswer::of(profiles(context)),
        Mark::SetSettings => TabAnswer::of(set_settings(context)),
        Mark::AllSettings => TabAnswer::of(settings(context, scope_of(words), typed, "")),
        Mark::SettingValues => of_value(context, words),
        Mark::Assignments => assignments(context, typed),
        Mark::Plugins => TabAnswer::of(plugins(context)),
        Mark::Aliases => TabAnswer::of(aliases(context)),
        Mark::BaseUrls => TabAnswer::of(accounts(context, base_url)),
        Mark::Usernames => TabAnswer::of(accounts(context, username)),
    }
}

/// Returns the profiles with their accounts.
fn profiles(context: &Context) -> Vec<Offer> {
    let Ok(facts) = context.facts(None) else { return Vec::new() };
    let offer = |name: &str| {
        let account = account_of(&facts, name);
        Offer::new(name, account.map_or_else(|| "a profile".to_owned(), |it| it.to_string()))
    };
    facts.world.profile_names().into_iter().map(offer).collect()
}

fn account_of(facts: &Facts, profile: &str) -> Option<Account> {
    let selected = Located::new(profile.to_owned(), Scope::Command, Origin::BuiltIn);
    facts.world.account_of_profile(&selected).ok()
}

/// Returns one word of each account that has a profile or a key.
fn accounts(context: &Context, word: fn(&Account) -> String) -> Vec<Offer> {
    let Ok(facts) = context.facts(None) else { return Vec::new() };
    let names = facts.world.profile_names();
    let of_profiles = names.into_iter().filter_map(|name| account_of(&facts, name));
    let stored = facts.stored.iter().filter_map(|stored| stored.account.clone());
    let mut words: Vec<_> = of_profiles.chain(stored).map(|account| word(&account)).collect();
    words.retain(|word| !word.is_empty());
    words.sort();
    words.dedup();
    words.into_iter().map(|word| Offer::new(word, "an account of yours")).collect()
}

fn base_url(account: &Account) -> String {
    account.base_url().to_string()
}

fn username(account: &Account) -> String {
    account.username().map(ToString::to_string).unwrap_or_default()
}

/// Returns the aliases with what they stand for.
pub(super) fn aliases(context: &Context) -> Vec<Offer> {
    let about = |words: String| format!("stands for: {words}");
    in_force(context).into_iter().map(|(name, words)| Offer::new(name, about(words))).collect()
}

/// Returns the plugins with what their manifests say. Nothing is run.
pub(super) fn plugins(context: &Context) -> Vec<Offer> {
    let found = context.search_path().list();
    let Ok(manifests) = Manifests::for_many(context) else { return Vec::new() };
    found
        .iter()
        .map(|(name, program)| {
            let known = manifests.look(name, program);
            let about = match known.obstacle {
                Some(obstacle) => format!("cannot run: it {}", obstacle.reason()),
                None => known
                    .manifest
                    .and_then(|manifest| manifest.description)
                    .unwrap_or_else(|| "a plugin".to_owned()),
            };
            Offer::new(name.as_str(), about)
        })
        .collect()
}

/// Returns the names directly below a table of settings; none where a file is broken.
fn names_below(context: &Context, table: &str) -> Vec<String> {
    let Ok(loaded) = context.load() else { return Vec::new() };
    let below = loaded.config.below(&[table]).into_iter();
    below.filter_map(|(path, _)| path.0.get(1).cloned()).collect()
}

/// Returns the settings that are set anywhere, with their scope and value.
fn set_settings(context: &Context) -> Vec<Offer> {
    let Ok(loaded) = context.load() else { return Vec::new() };
    let mut offers: Vec<Offer> = Vec::new();
    for layer in loaded.config.layers() {
        for entry in layer.entries() {
            let value = shown(entry);
            offers.push(Offer::new(entry.name(), format!("{}: {value}", layer.scope)));
        }
    }
    offers.push(Offer::new("apikey", "the account's key"));
    offers
}

/// Returns the settings that may be set in a scope, each with an end: `=` where a value follows at
/// once. Tables are offered by their names until one is typed.
fn settings(context: &Context, scope: Scope, typed: &str, end: &str) -> Vec<Offer> {
    let mut offers = Vec::new();
    for setting in SETTINGS.iter().filter(|setting| setting.allowed_in(scope)) {
        let Some((table, field)) = setting.name.split_once(".NAME.") else {
            if !setting.name.contains("NAME") {
                offers.push(Offer::new(format!("{}{end}", setting.name), setting.doc));
            }
            continue;
        };
        if !typed.starts_with(&format!("{table}.")) {
            offers.push(Offer::new(format!("{table}."), about_table(table)));
        } else if field != "*" {
            for name in names_in(context, table) {
                let path = SettingPath(vec![table.to_owned(), name, field.to_owned()]);
                offers.push(Offer::new(format!("{path}{end}"), setting.doc));
            }
        }
    }
    offers
}

fn about_table(table: &str) -> &'static str {
    match table {
        "profiles" => "settings of one profile",
        "plugins" => "settings of one plugin",
        _ => "further settings",
    }
}

/// Returns the names that a table of settings can have: those it has, and of plugins those there are.
fn names_in(context: &Context, table: &str) -> Vec<String> {
    let mut names = names_below(context, table);
    if table == "plugins" {
        names.extend(context.search_path().list().keys().map(ToString::to_string));
    }
    names.sort();
    names.dedup();
    names
}

/// Returns the scope that a line writes to.
fn scope_of(words: &[String]) -> Scope {
    let has = |flag: &str| words.iter().any(|word| word == flag);
    if has("--project") {
        Scope::Project
    } else if has("--system") {
        Scope::System
    } else {
        Scope::User
    }
}

/// Returns the values of the setting that a line names: its first word that is no flag.
fn of_value(context: &Context, words: &[String]) -> TabAnswer {
    let mut line = words.iter().skip_while(|word| *word != "set").skip(1);
    let Some(name) = line.find(|word| !word.starts_with('-')) else { return TabAnswer::default() };
    values_of(context, name, "")
}

/// Returns `SETTING=`, or with a setting its values.
fn assignments(context: &Context, typed: &str) -> TabAnswer {
    match typed.split_once('=') {
        Some((name, _)) => values_of(context, name, &format!("{name}=")),
        None => TabAnswer::of(settings(context, Scope::Command, typed, "=")),
    }
}

/// Returns the values of a setting, each behind what stands before it.
fn values_of(context: &Context, name: &str, before: &str) -> TabAnswer {
    let Ok(path) = SettingPath::parse(name) else { return TabAnswer::default() };
    let Some(setting) = path.known() else { return TabAnswer::default() };
    let mut answer = match setting.value {
        ValueType::File => TabAnswer::by(ByShell::Files),
        ValueType::Any if setting.name.ends_with('*') => TabAnswer::by(ByShell::Files),
        _ => TabAnswer::of(words_of(context, setting)),
    };
    for offer in &mut answer.offers {
        offer.word.insert_str(0, before);
    }
    if answer.by_shell != ByShell::Nothing {
        answer.before = before.chars().count();
    }
    answer
}

fn words_of(context: &Context, setting: &Setting) -> Vec<Offer> {
    match setting.value {
        ValueType::Choice(words) => words.iter().map(|word| Offer::new(*word, "")).collect(),
        ValueType::Bool => ["true", "false"].map(|word| Offer::new(word, "")).to_vec(),
        ValueType::ProfileName => profiles(context),
        ValueType::BaseUrl => accounts(context, base_url),
        ValueType::Username => accounts(context, username),
        ValueType::Secret
        | ValueType::Text
        | ValueType::Alias
        | ValueType::File
        | ValueType::Any => Vec::new(),
    }
}
