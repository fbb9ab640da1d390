//! What must hold in every world, tried on random ones.

use std::collections::HashSet;

use carto::account::{Account, Chosen, Decision, Refusal, Statement, Tuple, World};
use carto::config::{Located, Origin, Scope, Standing};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_oneof, proptest};

use crate::dsl::{Case, read};
use crate::outcome::check;

const NAMES: &[&str] = &["john", "ann", "Acme"];
const URLS: &[&str] = &[
    "https://john.carto.com",
    "https://acme.carto.com",
    "$corp",
    "$corp/user/john",
    "$corp/user/ann",
    "$http/user/john",
    "http://localhost:8080",
    "https://john.evil.com",
];
const PATTERNS: &[&str] = &[
    "https://$U.carto.com",
    "$corp/user/$U",
    "$http/user/$U",
    "https://$U.maps.corp",
    "https://$U.evil.com",
];
const ACCOUNTS: &[&str] =
    &["john", "ann", "acme", "$corp/user/john", "$corp/user/ann", "$http/user/john", "john@$corp"];
const PROFILES: &[&str] = &["p", "q"];
const BOOLS: &[&str] = &["true", "false"];

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(str::to_owned)
}

fn places(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(str::to_owned)
}

const ANY: &[&str] = &["system", "user", "project", "project", "env", "command"];
const DEFINING: &[&str] = &["system", "user", "user", "project", "command"];
const STORES: &[&str] = &["system", "user", "project"];

fn set(
    places_: &'static [&'static str],
    key: &'static str,
    values: impl Strategy<Value = String> + 'static,
) -> impl Strategy<Value = String> {
    (places(places_), values).prop_map(move |(place, value)| format!("{place}.{key}={value}"))
}

fn define(
    field: &'static str,
    values: impl Strategy<Value = String> + 'static,
) -> impl Strategy<Value = String> {
    (places(DEFINING), one_of(PROFILES), values)
        .prop_map(move |(place, name, value)| format!("{place}.profiles.{name}.{field}={value}"))
}

fn segment() -> impl Strategy<Value = String> {
    let url = || prop_oneof![one_of(URLS), one_of(PATTERNS)];
    let entry = (places(STORES), one_of(ACCOUNTS), one_of(&["", "", "#p", "#q"]), 0..100u8);
    prop_oneof![
        6 => set(ANY, "username", one_of(NAMES)),
        6 => set(ANY, "base_url", url()),
        4 => set(ANY, "profile", one_of(PROFILES)),
        1 => set(ANY, "organization", one_of(&["o", "r", "g"])),
        2 => set(ANY, "allow_non_secure", one_of(BOOLS)),
        4 => define("username", one_of(NAMES)),
        3 => define("base_url", url()),
        1 => define("organization", one_of(&["o", "r", "g"])),
        2 => define("allow_non_secure", one_of(BOOLS)),
        2 => define("protected", one_of(BOOLS)),
        5 => entry.prop_map(|(place, account, mark, key)| format!("key {place} {account}{mark}=K{key}")),
        1 => places(STORES).prop_map(|place| format!("key {place} =U")),
        3 => one_of(&["env.key=E", "env.key=default_public", "command.key=default_public"]),
        1 => one_of(&["env.file=john=F", "command.file=ann=F", "env.file=", "env.file=$corp=F"]),
    ]
}

/// Segments without a second value for one place; a TOML file could not hold it.
fn segments() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(segment(), 0..10).prop_map(|segments| {
        let mut seen = HashSet::new();
        let place = |segment: &String| match segment.split_once('=') {
            Some((place, _)) if segment.starts_with("key ") => (place.to_owned(), segment.len()),
            Some((place, _)) if place.strip_suffix(".file").is_some() => ("file".to_owned(), 0),
            Some((place, _)) => (place.to_owned(), 0),
            None => (segment.clone(), 0),
        };
        segments.into_iter().filter(|segment| seen.insert(place(segment))).collect()
    })
}

fn is_project(segment: &str) -> bool {
    segment.starts_with("project.")
}

fn case(segments: &[String]) -> Case {
    let line = segments.join(" | ");
    read(&line).unwrap_or_else(|error| panic!("{line}: {}", error.what))
}

/// The segments with the project's standing, or without the project.
fn standing(segments: &[String], place: Option<&str>) -> Vec<String> {
    let renamed = |segment: &String| match place {
        _ if !is_project(segment) => Some(segment.clone()),
        None => None,
        Some(place) => Some(segment.replacen("project", place, 1)),
    };
    segments.iter().filter_map(renamed).collect()
}

fn chosen(world: &World) -> Option<Chosen> {
    match world.resolve() {
        Decision::Chosen(chosen) => Some(*chosen),
        Decision::None | Decision::Refused(_) => None,
    }
}

/// The world as one scope sees it from above, with a change to what the scope itself says.
fn seen_from(world: &World, scope: Scope, change: impl Fn(&mut Statement)) -> World {
    let mut world = world.clone();
    world.statements.retain(|statement| statement.scope <= scope);
    world.statements.iter_mut().filter(|s| s.scope == scope).for_each(change);
    world
}

/// Every account that a world without untrusted project names in full, found one by one.
fn named_in_full(world: &World) -> Vec<Account> {
    let mut found: Vec<Account> = world.stored.iter().map(|(account, _)| account.clone()).collect();
    found.extend(chosen(world).map(|chosen| chosen.account));
    for statement in &world.statements {
        let scope = statement.scope;
        let bare = seen_from(world, scope, |s| (s.profile, s.file) = (None, None));
        let file = seen_from(world, scope, |s| (s.profile, s.bare) = (None, Tuple::default()));
        for alone in [bare, file] {
            found.extend(chosen(&alone).filter(|c| c.scope == scope).map(|c| c.account));
        }
        found.extend(profiles_of(world, statement).into_iter().map(|(_, account)| account));
    }
    found
}

/// The accounts of the profiles that one scope defines, and whether it marks them.
fn profiles_of(world: &World, statement: &Statement) -> Vec<(bool, Account)> {
    let below = seen_from(world, statement.scope, |_| {});
    let account = |profile: &carto::account::Profile| {
        let selected = Located::new(profile.name.clone(), statement.scope, Origin::BuiltIn);
        Some((profile.protected, below.account_of_profile(&selected).ok()?))
    };
    statement.profiles.iter().filter_map(account).collect()
}

/// Takes every word about an account from all scopes but one; patterns and profiles stay.
fn silence_others(world: &World, scope: Scope) -> World {
    let mut world = world.clone();
    for statement in world.statements.iter_mut().filter(|s| s.scope != scope) {
        statement.profile = None;
        statement.file = None;
        statement.bare.username = None;
        if statement.bare.literal().is_some() {
            statement.bare.base_url = None;
        }
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn keys_and_explanations_hold_in_every_world(
        segments in segments(),
        place in prop_oneof![Just(None), Just(Some("project")), Just(Some("project?"))],
    ) {
        check(&case(&standing(&segments, place)));
    }

    #[test]
    fn an_untrusted_project_reaches_only_what_the_user_has(segments in segments()) {
        let with = case(&standing(&segments, Some("project?"))).world;
        let without = case(&standing(&segments, None)).world;
        assert_eq!(with.owner_of_environment_key(), without.owner_of_environment_key());
        assert_eq!(with.default_account(), without.default_account());
        if let Some(chosen) = chosen(&with) {
            if chosen.by_untrusted {
                let known = named_in_full(&without);
                assert!(known.contains(&chosen.account), "{} is new", chosen.account);
                assert_protection_holds(&without, &chosen);
            } else {
                assert_eq!(without.resolve(), Decision::Chosen(Box::new(chosen)));
            }
        } else if with.resolve() == Decision::None {
            assert_eq!(without.resolve(), Decision::None);
        }
    }

    #[test]
    fn the_whole_account_comes_from_one_scope(
        segments in segments(),
        place in prop_oneof![Just("project"), Just("project?")],
    ) {
        let world = case(&standing(&segments, Some(place))).world;
        if let Some(chosen) = chosen(&world) {
            let alone = silence_others(&world, chosen.scope);
            let first = alone.candidates().into_iter().next().expect("it still names one");
            assert_eq!((first.scope, first.account), (chosen.scope, Ok(chosen.account.clone())));
            let highest = world.candidates().first().map(|first| first.scope);
            assert_eq!(highest, Some(chosen.scope));
            if let Some(organization) = &chosen.organization {
                assert_own_organization(&world, &chosen, organization);
            }
        }
    }

    #[test]
    fn a_key_of_the_environment_does_not_follow_project_or_command_line(segments in segments()) {
        let world = case(&standing(&segments, Some("project"))).world;
        let mut alone = world.clone();
        alone.statements.retain(|s| !matches!(s.scope, Scope::Project | Scope::Command));
        if let Some(owner) = alone.owner_of_environment_key() {
            assert_eq!(world.owner_of_environment_key(), Some(owner));
        }
    }

    #[test]
    fn a_foreign_project_never_lets_a_lower_scope_decide(segments in segments()) {
        let mut world = case(&standing(&segments, None)).world;
        let without = world.resolve();
        world.project = Some(carto::account::ProjectFacts {
            foreign: Some("not yours".to_owned()),
            ..carto::account::ProjectFacts::default()
        });
        match world.resolve() {
            Decision::Refused(refusal) if matches!(*refusal, Refusal::Foreign { .. }) => {
                let lower = world.candidates().into_iter().skip(1);
                assert!(lower.into_iter().all(|other| other.scope < Scope::Project));
            }
            decision => {
                assert_eq!(decision, without);
                assert_eq!(world.candidates().first().map(|c| c.scope >= Scope::Env), Some(true));
            }
        }
    }
}

fn assert_protection_holds(without: &World, chosen: &Chosen) {
    if without.default_account().as_ref() == Some(&chosen.account) {
        return;
    }
    for statement in &without.statements {
        for (protected, account) in profiles_of(without, statement) {
            assert!(!protected || account != chosen.account, "{account} is protected");
        }
    }
}

fn assert_own_organization(world: &World, chosen: &Chosen, organization: &Located<String>) {
    let from = world.statements.iter().find(|s| s.scope == organization.scope).expect("is there");
    assert_eq!(from.standing, Standing::Own);
    if !chosen.by_untrusted && chosen.profile().is_none() {
        assert!(organization.scope >= chosen.scope);
    }
}
