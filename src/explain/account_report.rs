//! `carto config explain` without a key: the account and its API key.
//!
//! A report is gathered once; what people and what programs read are both made from it.

use serde_json::json;

use crate::account::{Candidate, Decision, Outcome, Refusal};
use crate::config::{Layer, Located, Origin, RemarkKind, Scope};
use crate::credential::source::StoredKey;
use crate::credential::{Choice, KeyCandidate, Picked, TokenEnd, Verdict, choose};
use crate::error::Error;
use crate::escape;
use crate::project::nearest::{Project, ProjectStanding};
use crate::resolve::context::Context;
use crate::resolve::facts::Facts;
use crate::variables::NESTED;

/// How many keys are listed that are not used.
const MOST_KEYS: usize = 8;

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportForm {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Prints the report and returns the files that could not be read.
pub fn run(context: &Context, plugin: Option<&str>, form: ReportForm) -> Result<Vec<Error>, Error> {
    let facts = context.facts(plugin)?;
    context.tell_typos();
    let report = Report::gather(context, &facts)?;
    if form == ReportForm::Json {
        report.print_json(context);
    } else {
        report.print_text(context);
    }
    Ok(facts.broken)
}

/// Everything there is to say about the account and its key.
struct Report {
    decision: Decision,
    candidates: Vec<Candidate>,
    key: Option<Choice>,
    project: Option<ProjectRow>,
    notes: Vec<String>,
    help: Vec<String>,
}

/// What there is to say about the project.
struct ProjectRow {
    path: String,
    standing: ProjectStanding,
    /// The pattern that an untrusted project sets in vain.
    pattern: Option<String>,
    ignored: Vec<String>,
    hides: Option<String>,
}

impl Report {
    fn gather(context: &Context, facts: &Facts) -> Result<Self, Error> {
        let decision = facts.world.resolve();
        let key = match &decision {
            Decision::Chosen(chosen) => Some(choose(chosen, &facts.offered, &facts.stored)),
            Decision::Refused(_) | Decision::None => None,
        };
        let mut report = Report {
            candidates: facts.world.candidates(),
            decision,
            key,
            project: project(context)?,
            notes: Vec::new(),
            help: Vec::new(),
        };
        report.say_what_refuses();
        report.say_what_waits(facts);
        report.say_about_key();
        if context.invocation.env.get(NESTED).is_some() {
            report.notes.push(
                "a carto above this one decided and handed the account down in CARTO_* variables; \
                 its own command line and project count, not those seen from here"
                    .to_owned(),
            );
        } else {
            report.help.extend(report.way_to_the_next());
        }
        Ok(report)
    }

    fn say_what_refuses(&mut self) {
        let pattern = match &self.decision {
            Decision::Refused(refusal) => match &**refusal {
                Refusal::Unknown { pattern, .. } | Refusal::NonSecure { pattern, .. } => {
                    pattern.clone()
                }
                _ => None,
            },
            Decision::Chosen(_) | Decision::None => None,
        };
        let error = match &self.decision {
            Decision::Refused(refusal) => Error::from((**refusal).clone()),
            Decision::None => Refusal::NoAccount.into(),
            Decision::Chosen(_) => return,
        };
        if let Some(pattern) = pattern {
            // It stops the run, so it is not ignored.
            if let Some(project) = &mut self.project {
                project.pattern = None;
            }
            self.notes.push(format!("the name goes into the pattern at {pattern}"));
        }
        self.notes.extend(error.notes);
        self.help.extend(error.help);
    }

    /// Names the keys that wait for an account, where none is named.
    fn say_what_waits(&mut self, facts: &Facts) {
        if !matches!(self.decision, Decision::None) {
            return;
        }
        let given = facts.offered.environment.as_ref().filter(|key| !key.value.is_default_public());
        if let Some(key) = given.filter(|_| facts.offered.owner.is_none()) {
            self.notes.push(format!("{} waits: nothing says whose key it is", key.origin));
            self.help.push("add CARTO_USERNAME or CARTO_BASE_URL beside it".to_owned());
        }
        let unbound: Vec<_> = facts.stored.iter().filter(|entry| entry.account.is_none()).collect();
        for entry in unbound.iter().take(MOST_KEYS) {
            let place = &entry.origin;
            self.notes.push(format!("the key at {place} waits: it was stored for no account"));
        }
        if let Some(more) = unbound.len().checked_sub(MOST_KEYS).filter(|more| *more > 0) {
            self.notes.push(format!("and {more} more keys that wait"));
        }
        if !unbound.is_empty() {
            let command = "carto config set username NAME       # gives it to that account";
            self.help.push(command.to_owned());
        }
    }

    fn say_about_key(&mut self) {
        let Some(choice) = &self.key else { return };
        match choice.picked() {
            Err(refusal) => {
                let error = Error::from(refusal);
                self.notes.extend(error.notes);
                if choice.candidates.iter().any(|key| key.verdict == Verdict::Unbound) {
                    self.help.push(
                        "carto config set username NAME       # gives the stored key to that account"
                            .to_owned(),
                    );
                }
                self.help.extend(error.help);
            }
            Ok(picked) if picked.scope == Scope::Default => {
                if let Decision::Chosen(chosen) = &self.decision {
                    let account = &chosen.account;
                    self.notes.push(format!("no key of {account} is stored or given"));
                    self.help.push(format!(
                        "carto login {:<24} # stores its key",
                        account.base_url().as_str()
                    ));
                }
            }
            Ok(_) => {}
        }
    }

    /// Returns the command that lets the next candidate decide, where there is another account.
    fn way_to_the_next(&self) -> Option<String> {
        let Decision::Chosen(chosen) = &self.decision else { return None };
        let mut above = self.candidates.iter();
        let next = above.by_ref().find(|candidate| {
            candidate.outcome != Outcome::Wins && candidate.account.as_ref() != Ok(&chosen.account)
        })?;
        let account = next.account.as_ref().ok()?;
        let command = match (chosen.scope, &next.outcome) {
            (Scope::Env, _) => {
                let names: Vec<_> =
                    self.candidates.iter().filter(|c| c.scope == Scope::Env).collect();
                let names: Vec<_> = names.iter().map(|c| c.origin.to_string()).collect();
                format!("unset {}", names.join(" "))
            }
            (Scope::Project, _) if next.scope < Scope::Project => "carto --no-project ...".into(),
            (Scope::User, Outcome::ProfileInSameFile) => "carto profile use --none".into(),
            _ => return None,
        };
        Some(format!("{command:<36} # then {account} is used"))
    }

    fn keys(&self) -> &[KeyCandidate] {
        self.key.as_ref().map(|choice| choice.candidates.as_slice()).unwrap_or_default()
    }

    fn print_json(&self, context: &Context) {
        let refused = match &self.decision {
            Decision::Refused(refusal) => Some(Error::from((**refusal).clone()).what),
            Decision::Chosen(_) | Decision::None => None,
        };
        let account = match &self.decision {
            Decision::Chosen(chosen) => Some(json!({
                "username": chosen.account.username().map(ToString::to_string),
                "base_url": chosen.account.base_url().to_string(),
                "scope": chosen.scope.name(),
                "origin": chosen.origin.to_string(),
                "ca_file": chosen.ca_file.as_ref().map(|file| &file.value),
                "pattern": chosen.pattern.as_ref().map(|pattern| pattern.origin.to_string()),
            })),
            Decision::Refused(_) | Decision::None => None,
        };
        let project = self.project.as_ref().map(|project| {
            json!({
                "path": project.path,
                "standing": project.standing.to_string(),
                "ignored": project.ignored(),
                "hides": project.hides,
            })
        });
        let accounts: Vec<_> = self.candidates.iter().map(account_json).collect();
        let keys: Vec<_> = self.keys().iter().map(key_json).collect();
        let key = self.key.as_ref().map(Choice::picked);
        let key_refused = match &key {
            Some(Err(refusal)) => Some(Error::from(refusal.clone()).what),
            Some(Ok(_)) | None => None,
        };
        let key = key.and_then(Result::ok);
        context.output.json(&json!({
            "account": account,
            "refused": refused,
            "key": key.map(|key| json!({
                "scope": key.scope.name(),
                "origin": key.origin.to_string(),
                "source": key.key.source().map(ToString::to_string),
            })),
            "key_refused": key_refused,
            "project": project,
            "notes": self.notes,
            "help": self.help,
            "account_candidates": accounts,
            "key_candidates": keys,
        }));
    }

    fn print_text(&self, context: &Context) {
        let say = |text: String| context.output.line(escape::line(&text));
        match &self.decision {
            Decision::None => say("account  none is named anywhere".to_owned()),
            Decision::Chosen(chosen) => say(format!("account  {}", chosen.account)),
            Decision::Refused(refusal) => {
                say(format!("account  refused: {}", Error::from((**refusal).clone()).what));
            }
        }
        for candidate in &self.candidates {
            account_lines(&say, candidate);
            if candidate.outcome == Outcome::Wins {
                self.detail_lines(&say);
            }
        }
        let most = if context.output.tells_all() { usize::MAX } else { MOST_KEYS };
        self.key_lines(&say, most);
        if let Some(project) = &self.project {
            project.lines(&say);
        }
        self.notes.iter().for_each(|note| say(format!("note:    {note}")));
        self.help.iter().for_each(|help| say(format!("help:    {help}")));
    }

    /// Names the pattern that made a URL of the name, unless it is the built-in one, and the certificates.
    fn detail_lines(&self, say: &dyn Fn(String)) {
        let Decision::Chosen(chosen) = &self.decision else { return };
        for at in chosen.pattern.iter().filter(|at| at.origin != Origin::BuiltIn) {
            say(format!("           the name goes into the pattern at {}", at.origin));
        }
        if let Some(Located { value, origin, .. }) = &chosen.ca_file {
            say(format!("           its certificates are in {value}, named at {origin}"));
        }
    }

    fn key_lines(&self, say: &dyn Fn(String), most: usize) {
        let Some(choice) = &self.key else { return };
        say(match choice.picked() {
            Ok(key) if key.key.is_default_public() => {
                "key      default_public: CARTO's public key, public data only".to_owned()
            }
            Ok(Picked { key: StoredKey::Source(source), origin, .. }) => {
                format!("key      from {source}, named at {origin}")
            }
            Ok(key) => format!("key      from {}", key.origin),
            Err(refusal) => format!("key      refused: {}", Error::from(refusal).what),
        });
        let mut losers = 0;
        for key in &choice.candidates {
            let is_loser = key.verdict != Verdict::Wins && key.scope != Scope::Default;
            losers += usize::from(is_loser);
            if !is_loser || losers <= most {
                key_lines(say, key);
            }
        }
        if losers > most {
            say(format!("  ... and {} more keys, which -v shows", losers - most));
        }
    }
}

fn project(context: &Context) -> Result<Option<ProjectRow>, Error> {
    let loaded = context.load()?;
    let layers = loaded.config.layers();
    let pattern = layers.iter().find_map(Layer::untrusted_pattern);
    let remarks = layers.iter().flat_map(|layer| &layer.remarks);
    let ignored = remarks.filter(|remark| remark.kind == RemarkKind::Untrusted);
    let row = |project: &Project| ProjectRow {
        path: project.place.dir().display().to_string(),
        standing: project.standing.clone(),
        pattern: pattern.map(|pattern| pattern.value().to_string()),
        ignored: ignored.map(|remark| remark.key.clone()).collect(),
        hides: project.place.outer.as_ref().map(|outer| outer.display().to_string()),
    };
    Ok(loaded.project.as_ref().map(row))
}

impl ProjectRow {
    /// Names everything that the project says in vain.
    fn ignored(&self) -> Vec<String> {
        let pattern = self.pattern.iter().map(|url| format!("base_url (a pattern: {url})"));
        pattern.chain(self.ignored.iter().cloned()).collect()
    }

    fn lines(&self, say: &dyn Fn(String)) {
        say(format!("project  {}: {}", self.path, self.standing));
        if matches!(self.standing, ProjectStanding::Untrusted | ProjectStanding::Changed) {
            say("           it may select an account that you have, and nothing else".to_owned());
        }
        let ignored = self.ignored();
        if self.standing != ProjectStanding::Trusted && !ignored.is_empty() {
            let ignored = escape::few(ignored.iter().map(String::as_str));
            say(format!("           ignored: {ignored}"));
        }
        if let Some(outer) = &self.hides {
            say(format!("           the nearest project counts alone; it hides {outer}"));
        }
    }
}

fn account_json(candidate: &Candidate) -> serde_json::Value {
    json!({
        "scope": candidate.scope.name(),
        "origin": candidate.origin.to_string(),
        "says": candidate.says.to_string(),
        "account": candidate.account.as_ref().ok().map(ToString::to_string),
        "wins": candidate.outcome == Outcome::Wins,
        "rule": candidate.outcome.rule(),
    })
}

fn key_json(key: &KeyCandidate) -> serde_json::Value {
    json!({
        "scope": key.scope.name(),
        "origin": key.origin.to_string(),
        "source": key.source().map(ToString::to_string),
        "belongs_to": key.owner.as_ref().map(ToString::to_string),
        "profile": key.profile,
        "ends": key.end().map(TokenEnd::moment),
        "wins": key.verdict == Verdict::Wins,
        "rule": key.verdict.rule(),
    })
}

fn account_lines(say: &dyn Fn(String), candidate: &Candidate) {
    let mark = if candidate.outcome == Outcome::Wins { '*' } else { ' ' };
    let account = match &candidate.account {
        Ok(account) => account.to_string(),
        Err(refusal) => Error::from(refusal.clone()).what,
    };
    say(format!("{mark} {:<8} {}: {account}", candidate.scope.name(), candidate.says));
    say(format!("           at {}", candidate.origin));
    say(format!("           {}", candidate.outcome.rule()));
}

fn key_lines(say: &dyn Fn(String), key: &KeyCandidate) {
    let mark = if key.verdict == Verdict::Wins { '*' } else { ' ' };
    let owner = match (&key.owner, key.scope) {
        (Some(owner), _) => format!("key of {owner}"),
        (None, Scope::Default) => "default_public".to_owned(),
        (None, _) => "key of no account".to_owned(),
    };
    let profile = key.profile.as_ref().map(|name| format!(", marked for profile {name}"));
    say(format!("{mark} {:<8} {owner}{}", key.scope.name(), profile.unwrap_or_default()));
    if key.scope != Scope::Default {
        say(format!("           at {}", key.origin));
    }
    if let Some(end) = key.end() {
        say(format!("           the token {end}"));
    }
    if let Some(source) = key.source() {
        say(format!("           fetched from {source} when it is used"));
    }
    say(format!("           {}", key.verdict.rule()));
}
