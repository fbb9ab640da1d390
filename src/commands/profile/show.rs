//! `carto profile show`: one named account, with everything that defines and selects it.

use clap::Args;
use serde_json::json;

use super::other_scopes::unknown;
use super::selectors::{Selector, SelectorPlace, selectors};
use crate::account::{Account, Chosen, Profile, Statement};
use crate::config::{Located, Origin, Scope};
use crate::credential::{Offered, Picked, choose_unlisted};
use crate::error::{Error, Kind};
use crate::escape;
use crate::resolve::context::Context;
use crate::resolve::facts::Facts;

/// Show a profile: its account and key, where it is defined, and what selects it
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  carto profile show              the one in use here
  carto profile show staging --json")]
pub(super) struct ShowArgs {
    /// The profile's name; without it the one in use
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Everything there is to say about a profile.
struct ProfileReport {
    name: String,
    chosen: Result<Chosen, Error>,
    key: Option<Result<Picked, Error>>,
    /// The definitions, the one that counts first.
    defined: Vec<Definition>,
    selectors: Vec<Selector>,
    in_use: bool,
    protected: bool,
}

/// One place that defines the profile.
struct Definition {
    at: Located<()>,
    account: Result<Account, Error>,
    protected: bool,
}

/// Runs the command.
pub(super) fn run(context: &Context, args: &ShowArgs) -> Result<(), Error> {
    let facts = context.facts(None)?;
    context.tell_remarks();
    let used = match (facts.world.resolve(), &args.name) {
        (crate::account::Decision::Chosen(chosen), _) => chosen.profile().map(str::to_owned),
        // The refusal says more than that none is in use.
        (_, None) => context.chosen(&facts)?.and(None),
        (_, Some(_)) => None,
    };
    let Some(name) = args.name.clone().or_else(|| used.clone()) else {
        return Err(Error::new(Kind::NotThere, "no profile is in use here")
            .help("carto profile list")
            .help("carto profile use NAME"));
    };
    if facts.world.profile(&name).is_none() {
        return Err(match facts.broken.first() {
            Some(error) => error.clone(),
            None => unknown(&name, &facts.world),
        });
    }
    let report = ProfileReport::gather(context, &facts, name, used.as_deref())?;
    if args.json {
        report.print_json(context);
    } else {
        report.print_text(context);
    }
    match facts.broken.first() {
        None => Ok(()),
        Some(error) => Err(error.clone()),
    }
}

impl ProfileReport {
    fn gather(
        context: &Context,
        facts: &Facts,
        name: String,
        used: Option<&str>,
    ) -> Result<Self, Error> {
        let selected = Located::new(name.clone(), Scope::Command, Origin::BuiltIn);
        let chosen = facts.world.choose_profile(&selected);
        // Keys that were given to this run alone are not the profile's.
        let key = chosen.as_ref().ok().map(|chosen| {
            choose_unlisted(chosen, &Offered::default(), &facts.stored)
                .picked()
                .map_err(Error::from)
        });
        let own = facts.world.statements.iter().rev().filter(|s| !s.untrusted());
        let definition = |statement: &Statement| {
            let profile = statement.profiles.find(&name)?;
            Some(Definition::of(facts, &selected, profile))
        };
        let defined: Vec<Definition> = own.filter_map(definition).collect();
        // The mark is the account's, whichever profile has it.
        let protected = match &chosen {
            Ok(chosen) => facts.world.protects(&chosen.account),
            Err(_) => defined.first().is_some_and(|definition| definition.protected),
        };
        Ok(ProfileReport {
            protected,
            chosen: chosen.map_err(Error::from),
            key,
            defined,
            selectors: selectors(context, &context.load()?.config, &name),
            in_use: used == Some(&name),
            name,
        })
    }

    fn print_text(&self, context: &Context) {
        let row = |name: &str, value: &str| {
            let line = format!("{name:<13} {value}");
            context.output.line(escape::line(line.trim_end()));
        };
        row("profile", &format!("{}{}", self.name, if self.in_use { " (in use)" } else { "" }));
        match &self.chosen {
            Ok(chosen) => {
                row("account", &chosen.account.to_string());
                if let Some(organization) = &chosen.organization {
                    row("organization", &organization.value);
                }
                if chosen.non_secure {
                    row("http", "permitted by allow_non_secure");
                }
            }
            Err(error) => row("account", &format!("({})", error.what)),
        }
        match &self.key {
            Some(Ok(key)) if key.scope != Scope::Default => {
                row("key", &format!("{} at {}", key.key.masked(), key.origin));
            }
            Some(Err(error)) => row("key", &format!("({})", error.what)),
            Some(Ok(_)) | None => row("key", "none"),
        }
        row("protected", if self.protected { "yes" } else { "no" });
        for (at, definition) in self.defined.iter().enumerate() {
            let Located { scope, origin, .. } = &definition.at;
            let account = match &definition.account {
                Ok(account) => account.to_string(),
                Err(error) => format!("({})", error.what),
            };
            match at {
                0 => row("defined", &format!("{scope}: {origin}")),
                _ => row("hides", &format!("{scope}: {origin}, {account}")),
            }
        }
        for selector in &self.selectors {
            let place = match selector.place {
                SelectorPlace::Here => String::new(),
                place => format!(", {}", place.word()),
            };
            let Selector { key, scope, origin, .. } = selector;
            row("selected by", &format!("{key} ({scope}: {origin}{place})"));
        }
    }

    fn print_json(&self, context: &Context) {
        let chosen = self.chosen.as_ref().ok();
        let account = chosen.map(|chosen| &chosen.account);
        let key = self.key.as_ref().and_then(|key| key.as_ref().ok());
        let key = key.filter(|key| key.scope != Scope::Default);
        let defined: Vec<_> = self.defined.iter().map(Definition::json).collect();
        let selectors: Vec<_> = self.selectors.iter().map(selector_json).collect();
        let problem =
            [self.chosen.as_ref().err(), self.key.as_ref().and_then(|k| k.as_ref().err())];
        context.output.json(&json!({
            "name": self.name,
            "in_use": self.in_use,
            "username": account.and_then(Account::username).map(ToString::to_string),
            "base_url": account.map(|account| account.base_url().to_string()),
            "organization": chosen.and_then(|c| c.organization.as_ref()).map(|org| &org.value),
            "allow_non_secure": chosen.is_some_and(|chosen| chosen.non_secure),
            "protected": self.protected,
            "has_key": key.is_some(),
            "key_scope": key.map(|key| key.scope.name()),
            "key_origin": key.map(|key| key.origin.to_string()),
            "defined": defined,
            "selected_by": selectors,
            "problem": problem.into_iter().flatten().next().map(|error| &error.what),
        }));
    }
}

impl Definition {
    /// Reads what one scope defines, as if no higher one did.
    fn of(facts: &Facts, selected: &Located<String>, profile: &Profile) -> Self {
        let above = Scope::ALL.into_iter().filter(|scope| *scope > profile.at.scope);
        let world = above
            .fold(facts.world.clone(), |world, scope| world.without_profile(scope, &profile.name));
        Definition {
            at: profile.at.clone(),
            account: world.account_of_profile(selected).map_err(Error::from),
            protected: profile.protected,
        }
    }

    fn json(&self) -> serde_json::Value {
        let account = self.account.as_ref().ok();
        json!({
            "scope": self.at.scope.name(),
            "origin": self.at.origin.to_string(),
            "username": account.and_then(Account::username).map(ToString::to_string),
            "base_url": account.map(|account| account.base_url().to_string()),
            "protected": self.protected,
        })
    }
}

fn selector_json(selector: &Selector) -> serde_json::Value {
    json!({
        "key": selector.key.to_string(),
        "scope": selector.scope.name(),
        "origin": selector.origin.to_string(),
        "place": selector.place.word(),
    })
}
