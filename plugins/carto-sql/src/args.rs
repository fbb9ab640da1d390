//! The command line, and the settings below `plugins.sql`; a flag comes first.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, ValueEnum as _};
use serde_json::Value;

use crate::account::Account;
use crate::api::{Api, Version};
use crate::client::Patience;
use crate::failure::Failure;
use crate::output::{Format, RowFormat, ShapeForm};
use crate::params::Params;
use crate::verbs::Verb;

/// Run SQL and print the rows
///
/// The query is an argument, in a file, or on standard input. Several statements are separated by `;`;
/// they run in order, and the first error ends them.
#[derive(Debug, Parser)]
#[allow(clippy::struct_excessive_bools)] // clap's structs hold one a flag
#[command(
    name = "carto-sql",
    bin_name = "carto sql",
    version,
    max_term_width = 100
)]
#[command(after_help = "Examples:
  carto sql 'SELECT * FROM cities LIMIT 10'
  carto sql -f query.sql --format csv -o cities.csv
  carto sql --check                 does my key work here?
  carto sql tables; carto sql describe cities
  carto sql copy-from cities data.csv; carto sql copy-to cities -o cities.csv
  carto sql job 'CREATE TABLE big AS SELECT ...' --wait
  carto sql --param since=2024-01-01 --param-json n=10 \\
      'SELECT * FROM t WHERE d > :since LIMIT :n'

Settings: carto config set plugins.sql.format json
(also geometry, null, timeout, retries, connection, api, ca_file)
Exit status: 0; 1 the SQL is wrong; 2 wrong usage; 4 the key or the account is refused;
5 the result cannot be written; 6 network or server")]
pub struct Args {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// The query
    pub query: Option<String>,
    /// Read the query from a file
    #[arg(short, long, conflicts_with = "query")]
    pub file: Option<PathBuf>,
    /// The format; `table` on a terminal, else `csv`
    #[arg(long, value_enum, global = true)]
    format: Option<Format>,
    /// Write into a file, which gets its name when it is whole
    #[arg(short, long, value_name = "FILE", global = true)]
    pub output: Option<PathBuf>,
    /// Let `:NAME` in the query stand for a text
    #[arg(long, value_name = "NAME=TEXT")]
    pub param: Vec<String>,
    /// Let `:NAME` in the query stand for a value of JSON: a number, true, null, an array
    #[arg(long, value_name = "NAME=VALUE")]
    pub param_json: Vec<String>,
    /// How shapes are written: `wkt` in tables, `wkb` in CSV and JSON when left out
    #[arg(long, value_enum, value_name = "FORM", global = true)]
    geometry: Option<ShapeForm>,
    /// What is printed for NULL in tables and CSV
    #[arg(long, value_name = "TEXT", global = true)]
    null: Option<String>,
    /// How long the server may take to begin its answer, in seconds; 300 when left out
    #[arg(long, value_name = "SECONDS", global = true)]
    timeout: Option<u64>,
    /// How often a reading query is tried again that the server has refused for now; 3 when left out
    #[arg(long, value_name = "N", global = true)]
    retries: Option<u32>,
    /// A file of certificates (PEM): the authorities that the server's certificate may come from
    #[arg(long, value_name = "FILE", global = true)]
    ca_file: Option<PathBuf>,
    /// The API; by the account's host when left out
    #[arg(long, value_enum, global = true)]
    api: Option<Version>,
    /// The connection of the current platform that the query goes through
    #[arg(long, value_name = "NAME", global = true)]
    connection: Option<String>,
    /// On the current platform: take an answer that the server has kept, up to a year old
    #[arg(long, global = true)]
    cache: bool,
    /// Do not start a pager
    #[arg(long, global = true)]
    pub no_pager: bool,
    /// Say whether the key works for the account, and what is wrong if not
    #[arg(long, conflicts_with_all = ["query", "file", "output", "format", "param", "param_json"])]
    pub check: bool,
    /// Print the manifest, for `carto plugin register sql`
    #[arg(long, hide = true)]
    pub carto_manifest: bool,
}

/// The settings below `plugins.sql`.
pub struct Settings(Value);

impl Settings {
    /// Reads the JSON that carto hands over.
    pub fn read(text: &str) -> Self {
        Settings(serde_json::from_str(text).unwrap_or_default())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Failure> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| {
                Failure::usage(format!("the setting plugins.sql.{name} is no whole number"))
                    .help(format!("carto config unset plugins.sql.{name}"))
            }),
        }
    }
}

impl Args {
    /// Returns the query's text.
    pub fn sql(&self) -> Result<String, Failure> {
        if let Some(sql) = self.verb.as_ref().map(Verb::sql).transpose()?.flatten() {
            return Ok(sql);
        }
        text_of(self.query.as_deref(), self.file.as_deref())
    }

    /// Refuses what a command would take no notice of.
    ///
    /// # Errors
    /// A format or a file that the command does not write.
    pub fn refuse_unused(&self) -> Result<(), Failure> {
        let (name, takes_file) = match &self.verb {
            Some(Verb::CopyTo { .. }) => ("copy-to", true),
            Some(Verb::CopyFrom { .. }) => ("copy-from", false),
            Some(Verb::Job { .. }) => ("job", false),
            _ => return Ok(()),
        };
        if self.output.is_some() && !takes_file {
            return Err(Failure::usage(format!(
                "`{name}` writes no file: without --output"
            )));
        }
        if self
            .format
            .is_some_and(|format| format != Format::Csv || !takes_file)
        {
            let what = if takes_file { "CSV alone" } else { "no rows" };
            return Err(
                Failure::usage(format!("`{name}` writes {what}: without --format"))
                    .help("carto sql 'SELECT ...' --format json writes other formats"),
            );
        }
        Ok(())
    }

    /// Returns the API of an account, with the parameters that its server puts in itself.
    ///
    /// # Errors
    /// The account cannot be asked so, or a parameter is none.
    pub fn api(&self, settings: &Settings, account: &Account) -> Result<Api, Failure> {
        let named = match settings.text("api") {
            None => None,
            Some(word) => Some(Version::from_str(word, true).map_err(|_| {
                Failure::usage("the setting plugins.sql.api is no API")
                    .help("carto config set plugins.sql.api v2      # or v3")
            })?),
        };
        let version = self
            .api
            .or(named)
            .unwrap_or_else(|| Version::of(&account.base_url));
        if version == Version::V2 {
            return Api::v2(account);
        }
        let connection = self
            .connection
            .as_deref()
            .or_else(|| settings.text("connection"));
        let mut v3 = Api::v3(account, connection)?;
        v3.parameters = Params::read(&self.param, &self.param_json)?.values();
        v3.may_be_kept = self.cache;
        Ok(Api::V3(v3))
    }

    /// Returns the format.
    pub fn format(&self, settings: &Settings) -> Result<Format, Failure> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        if let Some(word) = settings.text("format") {
            return Format::from_str(word, false).map_err(|_| {
                Failure::usage("the setting plugins.sql.format is no format").help(
                    "carto config set plugins.sql.format csv      # or table, json, ndjson, ...",
                )
            });
        }
        let is_terminal = self.output.is_none() && std::io::stdout().is_terminal();
        Ok(if is_terminal {
            Format::Table
        } else {
            Format::Csv
        })
    }

    /// Returns the form of shapes.
    pub fn shapes(&self, settings: &Settings, format: RowFormat) -> Result<ShapeForm, Failure> {
        // GeoJSON has one form of its own.
        if format == RowFormat::Geojson {
            return Ok(format.shapes());
        }
        if let Some(form) = self.geometry {
            return Ok(form);
        }
        match settings.text("geometry") {
            None => Ok(format.shapes()),
            Some(word) => ShapeForm::from_str(word, false).map_err(|_| {
                Failure::usage("the setting plugins.sql.geometry is no form of shapes")
                    .help("carto config set plugins.sql.geometry wkt      # or wkb, geojson")
            }),
        }
    }

    /// Returns what stands for NULL.
    pub fn null<'a>(&'a self, settings: &'a Settings) -> Option<&'a str> {
        self.null.as_deref().or_else(|| settings.text("null"))
    }

    /// Returns how patient the client is.
    pub fn patience(&self, settings: &Settings) -> Result<Patience, Failure> {
        let timeout = self.timeout.or(settings.number("timeout")?).unwrap_or(300);
        let retries = match self.retries {
            Some(retries) => retries,
            None => settings
                .number("retries")?
                .map_or(3, |n| u32::try_from(n).unwrap_or(3)),
        };
        let ca_file = self
            .ca_file
            .clone()
            .or_else(|| settings.text("ca_file").map(PathBuf::from));
        Ok(Patience {
            timeout: Duration::from_secs(timeout.max(1)),
            retries,
            ca_file,
        })
    }
}

/// Returns the text of a query: the argument, what is in the file, or what comes on standard input.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn text_of(query: Option<&str>, file: Option<&Path>) -> Result<String, Failure> {
    if let Some(query) = query {
        return Ok(query.to_owned());
    }
    if let Some(path) = file.filter(|path| *path != Path::new("-")) {
        return std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())));
    }
    if std::io::stdin().is_terminal() {
        return Err(
            Failure::usage("there is no query").help("carto sql 'SELECT 1', or carto sql -f FILE")
        );
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| {
            Failure::usage(format!(
                "cannot read the query from standard input: {error}"
            ))
        })?;
    Ok(text)
}
