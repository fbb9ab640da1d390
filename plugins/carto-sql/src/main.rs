//! `carto sql`: runs SQL at CARTO and prints the rows; a plugin of carto.
//!
//! [`account`] is what carto hands over, [`args`] what the user types. [`lexer`] takes SQL apart,
//! [`params`] puts literals in, [`query`] asks so that nothing is lost, [`copy`] and [`job`] are the
//! other ways to ask. [`client`] talks to the server, whose addresses [`api`] knows; [`answer`] reads
//! what it says while it comes, [`refusal`] what it says instead; [`output`] makes the rows' text, and
//! [`target`] is where it goes. [`failure`] is everything that can go wrong.

#[allow(dead_code)]
mod account;
mod answer;
mod api;
mod args;
mod authorities;
mod cells;
mod check;
mod client;
mod copy;
mod extent;
mod failure;
mod job;
mod lexer;
#[cfg(not(target_vendor = "apple"))]
mod look;
mod output;
mod pager;
mod params;
mod patient;
mod progress;
mod query;
mod refusal;
mod target;
mod upload;
mod verbs;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;

use account::Account;
use api::Api;
use args::{Args, Settings};
use client::Client;
use failure::Failure;
use output::{Maker, RowFormat};
use params::Params;
use progress::Progress;
use target::Target;
use verbs::{JobAct, Verb};

fn main() -> ExitCode {
    // Help, version and the manifest need no account.
    let args = Args::parse();
    if args.carto_manifest {
        print!(
            "{}",
            include_str!("../carto_sql.data/data/share/carto/plugins/carto-sql.toml")
        );
        return ExitCode::SUCCESS;
    }
    let account = match Account::from_env("sql") {
        Ok(account) => account,
        Err(error) => {
            eprintln!("error: {error}");
            error
                .help()
                .iter()
                .for_each(|help| eprintln!("help: {help}"));
            return ExitCode::from(error.exit_code());
        }
    };
    match run(&args, &account) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_silent() => ExitCode::from(failure.exit_code()),
        Err(failure) => {
            progress::clear();
            for (at, line) in failure.lines().enumerate() {
                eprintln!("{}{line}", if at == 0 { "error: " } else { "" });
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(args: &Args, account: &Account) -> Result<(), Failure> {
    let settings = Settings::read(&account.settings);
    let client = || {
        let api = args.api(&settings, account)?;
        Client::new(account, api, &args.patience(&settings)?)
    };
    if args.check {
        println!("{}", check::run(&client()?, account)?);
        return Ok(());
    }
    args.refuse_unused()?;
    match &args.verb {
        Some(Verb::Job { .. }) => {
            println!("{}", job(args, &client()?)?);
            Ok(())
        }
        Some(Verb::CopyTo { source }) => {
            let client = client()?;
            Destination::open(args)?
                .fill(|target, progress| copy::out(&client, source, target.writer(), progress))
        }
        Some(Verb::CopyFrom {
            table,
            file,
            no_header,
            delimiter,
        }) => {
            target::clear_when_stopped();
            let rows = copy::Rows {
                table,
                file,
                without_header: *no_header,
                delimiter: *delimiter,
                null: args.null(&settings),
            };
            eprintln!("note: {}", copy::into(&client()?, &rows)?);
            Ok(())
        }
        _ => query(args, &settings, &client()?),
    }
}

/// Runs a command about a job and returns what is printed.
fn job(args: &Args, client: &Client) -> Result<String, Failure> {
    match &args.verb {
        Some(Verb::Job {
            act: Some(JobAct::Status { id, wait }),
            ..
        }) => job::status(client, id, *wait),
        Some(Verb::Job {
            act: Some(JobAct::Cancel { id }),
            ..
        }) => job::cancel(client, id),
        Some(Verb::Job {
            act: None,
            query,
            file,
            wait,
        }) => {
            let sql = args::text_of(query.as_deref(), file.as_deref())?;
            let sql = match client.api {
                Api::V2 { .. } => Params::read(&args.param, &args.param_json)?.fill(&sql)?,
                Api::V3(_) => sql,
            };
            job::start(client, &statements(&sql)?, *wait)
        }
        _ => Err(Failure::usage("this is no command about a job")),
    }
}

/// Takes a text apart into its statements.
fn statements(sql: &str) -> Result<Vec<&str>, Failure> {
    let statements = lexer::statements(sql);
    if statements.is_empty() {
        return Err(empty());
    }
    Ok(statements)
}

fn empty() -> Failure {
    Failure::usage("the query is empty").help("carto sql 'SELECT 1', or carto sql -f FILE")
}

/// What the result is written to, and how far that is.
struct Destination {
    target: Target,
    /// That of a file.
    progress: Option<Arc<Progress>>,
}

impl Destination {
    /// Opens what the user names.
    fn open(args: &Args) -> Result<Self, Failure> {
        let Some(path) = &args.output else {
            let target = Target::standard(!args.no_pager);
            let progress = None;
            return Ok(Destination { target, progress });
        };
        let progress = Arc::new(Progress::new(path.display().to_string(), None));
        Ok(Destination {
            target: Target::file(path, Arc::clone(&progress))?,
            progress: Some(progress),
        })
    }

    /// Writes what is made, and says how far it came when it cannot be made whole.
    fn fill(
        mut self,
        make: impl FnOnce(&mut Target, Option<&Progress>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let ended = match make(&mut self.target, self.progress.as_deref()) {
            Ok(()) => self.target.finish(),
            Err(failure) => {
                self.target.give_up();
                Err(failure)
            }
        };
        match (ended, self.progress) {
            (Ok(()), Some(progress)) => {
                progress.end();
                Ok(())
            }
            (Err(failure), Some(progress)) if progress.bytes() > 0 => {
                let bytes = refusal::counted(progress.bytes(), "byte");
                Err(failure.note(format!("no file was written; {bytes} had come")))
            }
            (ended, _) => ended,
        }
    }
}

/// Runs the statements of a query.
fn query(args: &Args, settings: &Settings, client: &Client) -> Result<(), Failure> {
    let format = args.format(settings)?;
    let sql = args.sql()?;
    let (filled, is_whole);
    let statements = match (&client.api, &args.verb) {
        (Api::V3(_), Some(_)) => return Err(verbs::not_there()),
        // A warehouse has its own rules of what a statement is, and puts parameters in itself.
        (Api::V3(_), None) => {
            is_whole = sql.trim();
            if is_whole.is_empty() {
                Vec::new()
            } else {
                vec![is_whole]
            }
        }
        (Api::V2 { .. }, _) => {
            filled = Params::read(&args.param, &args.param_json)?.fill(&sql)?;
            lexer::statements(&filled)
        }
    };
    if statements.is_empty() {
        return Err(empty());
    }
    let format = match format.maker() {
        Maker::Here(format) => format,
        Maker::Server(word) => return made(args, client, &statements, word),
    };
    Destination::open(args)?.fill(|target, progress| {
        rows(
            args,
            settings,
            client,
            &statements,
            format,
            target,
            progress,
        )
    })
}

/// Runs the statements and writes their rows.
fn rows(
    args: &Args,
    settings: &Settings,
    client: &Client,
    statements: &[&str],
    format: RowFormat,
    target: &mut Target,
    progress: Option<&Progress>,
) -> Result<(), Failure> {
    let shapes = args.shapes(settings, format)?;
    let width = terminal_width(args);
    for sql in statements {
        let inner = output::sink(format, target.writer(), args.null(settings), width);
        let mut sink = output::Counting { inner, progress };
        if let Some(changed) = query::run(client, sql, shapes, &mut sink)? {
            let rows = refusal::counted(changed, "row");
            eprintln!("note: {}: {rows}", lexer::first_word(sql));
        }
    }
    Ok(())
}

/// Writes the rows of one query into a file, in a form that the server makes.
fn made(args: &Args, client: &Client, statements: &[&str], word: &str) -> Result<(), Failure> {
    let [sql] = statements else {
        return Err(Failure::usage(format!(
            "{word} holds the rows of one query"
        )));
    };
    if args.output.is_none() {
        return Err(Failure::usage(format!(
            "{word} is a file: --output FILE.{word}"
        )));
    }
    Destination::open(args)?
        .fill(|target, _| copy::pass_on(client.made(sql, word)?, sql, target.writer(), None))
}

/// Returns the width of the terminal that the result goes to.
fn terminal_width(args: &Args) -> Option<usize> {
    let to_terminal = args.output.is_none() && std::io::stdout().is_terminal();
    let told = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    // A user who says it means it.
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    to_terminal.then(|| columns.or_else(told).unwrap_or(80))
}
