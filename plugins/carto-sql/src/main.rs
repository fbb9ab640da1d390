//! `carto sql`: runs SQL at CARTO and prints the rows; a plugin of carto.
//!
//! [`lexer`] takes SQL apart, [`params`] puts literals in, [`query`] asks so that nothing is lost,
//! [`client`] talks to the server, [`answer`] reads what it says while it comes, [`output`] prints
//! it, and [`failure`] is everything that can go wrong.

#[allow(dead_code)]
mod account;
mod answer;
mod args;
mod check;
mod client;
mod failure;
mod lexer;
mod output;
mod params;
mod patient;
mod query;
mod target;
mod verbs;

use std::io::{BufWriter, stdout};
use std::process::ExitCode;

use clap::Parser as _;

use account::Account;
use args::{Args, Settings};
use client::Client;
use failure::Failure;
use output::Maker;
use params::Params;
use target::Target;
use verbs::Verb;

fn main() -> ExitCode {
    // Help, version and the manifest need no account.
    let args = Args::parse();
    if args.carto_manifest {
        print!("{}", include_str!("../carto-sql.toml"));
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
        Err(failure) => {
            for (at, line) in failure.lines().enumerate() {
                eprintln!("{}{line}", if at == 0 { "error: " } else { "" });
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(args: &Args, account: &Account) -> Result<(), Failure> {
    let settings = Settings::read(&account.settings);
    if args.check {
        let client = Client::new(account, args.patience(&settings)?)?;
        println!("{}", check::run(&client, account)?);
        return Ok(());
    }
    let client = || Client::new(account, args.patience(&settings)?);
    match &args.verb {
        Some(Verb::Job { act }) => {
            println!("{}", verbs::job(&client()?, act)?);
            Ok(())
        }
        Some(Verb::CopyTo { source }) => {
            let mut target = target(args)?;
            verbs::copy_to(&client()?, source, target.writer())?;
            target.finish()
        }
        _ => query(args, &settings, &client()?),
    }
}

/// Opens what the result is written to.
fn target(args: &Args) -> Result<Target, Failure> {
    match &args.output {
        Some(path) => Target::file(path),
        None => Ok(Target::Standard(BufWriter::new(stdout()))),
    }
}

/// Runs the statements of a query.
fn query(args: &Args, settings: &Settings, client: &Client) -> Result<(), Failure> {
    let format = args.format(settings)?;
    let sql = Params::read(&args.param, &args.param_json)?.fill(&args.sql()?)?;
    let statements = lexer::statements(&sql);
    if statements.is_empty() {
        return Err(Failure::usage("the query is empty"));
    }
    let format = match format.maker() {
        Maker::Here(format) => format,
        Maker::Server(word) => return made(args, client, &statements, word),
    };
    let shapes = args.shapes(settings, format)?;
    let mut target = target(args)?;
    let width = terminal_width(args);
    for sql in statements {
        let mut sink = output::sink(format, target.writer(), args.null(settings), width);
        let changed = query::run(client, sql, shapes, sink.as_mut())?;
        drop(sink);
        if let Some(rows) = changed {
            let rows = if rows == 1 {
                "1 row".to_owned()
            } else {
                format!("{rows} rows")
            };
            eprintln!("note: {}: {rows}", lexer::first_word(sql));
        }
    }
    target.finish()
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
    let mut target = target(args)?;
    verbs::pass_on(client.made(sql, word)?, sql, target.writer())?;
    target.finish()
}

/// Returns the width of the terminal that the result goes to.
fn terminal_width(args: &Args) -> Option<usize> {
    use std::io::IsTerminal as _;
    let to_terminal = args.output.is_none() && stdout().is_terminal();
    // A shell that knows it says it; else what every terminal has.
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    to_terminal.then(|| columns.unwrap_or(80))
}
