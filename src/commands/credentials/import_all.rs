//! `carto credentials import --all`: one go over all known places, which replaces nothing.

use serde::Serialize;

use super::import_plan::{Checked, Existing, KeyStep, Plan, PlanStep, checked, remarks, store};
use crate::error::{Error, Kind, shell_word};
use crate::escape;
use crate::foreign::{self, Holds, Imported, KnownPlace};
use crate::layer_file::destination::Destination;
use crate::layer_file::new_account::ProfilePlace;
use crate::read_file::read_regular;
use crate::resolve::context::Context;
use crate::resolve::given_key::{KEY_FILE_LIMIT, recognise, warn_if_loose};

/// Whether anything is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Store it.
    Store,
    /// Only tell.
    Tell,
}

/// How the table is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableForm {
    /// For people.
    Table,
    /// As JSON.
    Json,
}

/// One line of the table: an account, or a file of which none was taken.
#[derive(Serialize)]
struct ImportRow {
    /// The file.
    place: String,
    /// The program that it belongs to.
    program: &'static str,
    account: Option<NamedPlace>,
    result: ImportOutcome,
    /// The profile that the account becomes.
    profile: Option<String>,
    /// Whether the account becomes the default.
    default: bool,
    /// What became of the key; none where nothing was taken.
    key: Option<Key>,
    /// Why, where that is not plain.
    reason: Option<String>,
    /// What to type.
    help: Option<String>,
}

/// The account of a row, as it is printed.
#[derive(Serialize)]
struct NamedPlace {
    base_url: String,
    username: Option<String>,
    #[serde(skip)]
    shown: String,
}

/// What came of a row.
#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum ImportOutcome {
    /// The account, its key or both are new.
    Stored,
    /// All of it was there.
    Known,
    /// The account has another key.
    Skipped,
    /// The file cannot be used.
    Refused,
    /// The file holds nothing that can be imported.
    Left,
}

/// What became of the key of a row.
#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Key {
    Stored,
    Known,
    None,
}

/// Imports from every known place that is there. A file that cannot be used does not keep the
/// others from being stored.
///
/// # Errors
/// None is there; after all is stored, the kind of the first file that cannot be used.
pub(super) fn run(
    context: &Context,
    destination: &Destination,
    action: Action,
    format: TableForm,
) -> Result<(), Error> {
    let all =
        foreign::known_places(&|name| context.env(name), context.invocation.home().as_deref());
    let places: Vec<_> = all.iter().filter(|place| place.path.is_file()).collect();
    if places.is_empty() {
        return Err(nothing_found(&all));
    }
    let files: Vec<_> = places.iter().map(|place| read(context, place)).collect();
    let (mut planned, mut failures) = plan(context, destination, &places, &files)?;
    let changes = |line: &Line| matches!(line, Line::Account(_, step) if step.changes());
    let mut lock = None;
    if action == Action::Store && planned.iter().any(changes) {
        // Where nothing is stored not even a lock is made; what is stored is planned under it.
        lock = Some(destination.hold(context)?);
        (planned, failures) = plan(context, destination, &places, &files)?;
    }
    if let Some(lock) = &lock {
        let steps = planned.iter().filter_map(|line| match line {
            Line::Account(_, step) if step.changes() => Some(step),
            Line::Account(..) | Line::File(_) => None,
        });
        store(steps, lock, context, destination)?;
    }
    let rows = planned.into_iter().map(|line| match line {
        Line::File(row) => row,
        Line::Account(place, step) => ImportRow::of_account(place, &step),
    });
    print(context, action, format, &rows.collect::<Vec<_>>());
    if failures.is_empty() { Ok(()) } else { Err(not_imported(&failures, places.len())) }
}

/// A row of the table: of a file that cannot be used, or of an account with its plan.
enum Line<'a> {
    File(ImportRow),
    Account(&'a KnownPlace, PlanStep<'a>),
}

/// The rows in order, and the files that cannot be used with the reason.
type Planned<'a> = (Vec<Line<'a>>, Vec<(&'a KnownPlace, Error)>);

/// Says what is to be stored by what stands there now, and which files cannot be used.
fn plan<'a>(
    context: &Context,
    destination: &Destination,
    places: &[&'a KnownPlace],
    files: &'a [Result<Imported, Error>],
) -> Result<Planned<'a>, Error> {
    let mut plan = Plan::of(context, destination, Existing::Kept)?;
    let mut failures = Vec::new();
    let mut planned = Vec::new();
    for (place, file) in places.iter().zip(files) {
        let taken: Result<Vec<Checked>, Error> = match file {
            Ok(imported) => checked(&place.path, imported),
            Err(error) => Err(error.clone()),
        };
        match taken {
            Ok(accounts) => {
                let steps = accounts.into_iter().map(|account| plan.add(account, None));
                planned.extend(steps.map(|step| Line::Account(place, step)));
            }
            Err(error) => {
                planned.push(Line::File(ImportRow::of_file(place, &error)));
                if place.holds == Holds::Accounts {
                    failures.push((*place, error));
                }
            }
        }
    }
    Ok((planned, failures))
}

fn read(context: &Context, place: &KnownPlace) -> Result<Imported, Error> {
    // Nobody named it: a pipe there is no file of another program.
    let file = read_regular(&place.path, KEY_FILE_LIMIT)?
        .ok_or_else(|| Error::new(Kind::NotThere, "there is no such file"))?;
    warn_if_loose(&place.path, &file, &context.output);
    let imported = recognise(&place.path, &file.bytes)?;
    for remark in remarks(&imported) {
        context.output.note(&format!("{}: {remark}", place.path.display()));
    }
    Ok(imported)
}

/// Says where was looked, when nothing is there.
pub(super) fn nothing_found(places: &[KnownPlace]) -> Error {
    let error = Error::new(Kind::NotThere, "no credentials file of another program was found");
    places
        .iter()
        .fold(error, |error, place| error.at(place.path.display()))
        .help("carto credentials import FILE")
}

/// Names every file that was not imported; the first decides the exit status.
fn not_imported(failures: &[(&KnownPlace, Error)], found: usize) -> Error {
    let kind = failures.first().map_or(Kind::Invalid, |(_, error)| error.kind);
    let mut error = Error::new(kind, format!("not imported: {} of {found} files", failures.len()));
    for (place, failure) in failures {
        // What cannot be read at all says which file it is in words.
        let shown = place.path.display().to_string();
        let origin = failure.places.first().map_or(&shown, |place| &place.origin);
        let word = shell_word(&place.path);
        error = error
            .at(origin)
            .note(format!("{origin}: {}", failure.what))
            .help(format!("carto credentials import {word}     # says what to do"));
    }
    error
}

impl ImportRow {
    fn of_file(place: &KnownPlace, error: &Error) -> Self {
        let result = if place.holds == Holds::Accounts {
            ImportOutcome::Refused
        } else {
            ImportOutcome::Left
        };
        let shown = place.path.display().to_string();
        // The line and the column, where they are known.
        let within = error.places.first().and_then(|at| at.origin.strip_prefix(&shown));
        let reason = match within.and_then(|within| within.strip_prefix(':')) {
            Some(within) => format!("{within}: {}", error.what),
            None => error.what.clone(),
        };
        ImportRow {
            place: shown,
            program: place.program,
            account: None,
            result,
            profile: None,
            default: false,
            key: None,
            reason: Some(reason),
            help: error.help.first().cloned(),
        }
    }

    fn of_account(place: &KnownPlace, step: &PlanStep) -> Self {
        let account = &step.checked.account;
        let mut row = ImportRow {
            place: place.path.display().to_string(),
            program: place.program,
            account: Some(NamedPlace {
                base_url: account.base_url().to_string(),
                username: account.username().map(ToString::to_string),
                shown: account.to_string(),
            }),
            result: ImportOutcome::Stored,
            profile: None,
            default: false,
            key: None,
            reason: None,
            help: None,
        };
        let other = match &step.key {
            KeyStep::OtherCameFirst(path) => {
                Some(format!("{} has another key for it", path.display()))
            }
            KeyStep::OtherIsStored => Some("it has another key already".to_owned()),
            _ => None,
        };
        if let Some(reason) = other {
            row.result = ImportOutcome::Skipped;
            row.reason = Some(reason);
            row.help = Some(format!("carto credentials import {}", shell_word(&place.path)));
            return row;
        }
        row.key = Some(match step.key {
            KeyStep::None => Key::None,
            KeyStep::Same => Key::Known,
            _ => Key::Stored,
        });
        match &step.place {
            ProfilePlace::Known if row.key != Some(Key::Stored) => {
                row.result = ImportOutcome::Known;
            }
            ProfilePlace::Known => {}
            ProfilePlace::Default => row.default = true,
            ProfilePlace::Profile { name, selects } => {
                row.profile = Some(name.clone());
                row.default = *selects;
            }
        }
        row.reason = step.taken_name().map(|name| format!("profile {name} is another account's"));
        row
    }

    /// Says what happened, or would happen.
    fn words(&self, action: Action) -> String {
        let would = if action == Action::Tell { "would be " } else { "" };
        let reason = self.reason.as_deref().unwrap_or_default();
        match self.result {
            ImportOutcome::Refused => format!("refused: {reason}"),
            ImportOutcome::Left => format!("left: {reason}"),
            ImportOutcome::Known => "already there".to_owned(),
            ImportOutcome::Skipped => {
                let help = self.help.as_deref().unwrap_or_default();
                format!("{would}skipped: {reason}; to replace it: {help}")
            }
            ImportOutcome::Stored => {
                let place = match (&self.profile, self.default) {
                    (Some(name), true) => format!("as profile {name}, the default"),
                    (Some(name), false) => format!("as profile {name}"),
                    (None, true) => "as the default account".to_owned(),
                    (None, false) => "the key; the account was there".to_owned(),
                };
                let key = match self.key {
                    Some(Key::None) => "without a key ",
                    _ => "",
                };
                let known = match self.key {
                    Some(Key::Known) => "; its key was there",
                    _ => "",
                };
                let taken = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
                format!("{would}stored {key}{place}{known}{taken}")
            }
        }
    }
}

fn print(context: &Context, action: Action, format: TableForm, rows: &[ImportRow]) {
    if format == TableForm::Json {
        context.output.json(&rows);
        return;
    }
    let cells: Vec<[String; 4]> = rows
        .iter()
        .map(|row| {
            let account = row.account.as_ref().map_or("-", |account| &account.shown);
            let words = row.words(action);
            [row.place.as_str(), row.program, account, &words]
                .map(|cell| escape::line(cell).into_owned())
        })
        .collect();
    let width =
        |column: usize| cells.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    for [place, program, account, words] in &cells {
        let [first, second, third] = widths;
        context
            .output
            .line(format!("{place:first$}  {program:second$}  {account:third$}  {words}"));
    }
}
