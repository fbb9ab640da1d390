//! The commands beside a query: tables, their columns, PostgreSQL's COPY, and batch jobs.

use std::io::{Read, Write};
use std::thread::sleep;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::client::{Client, server_error};
use crate::failure::{Class, Failure, plain};
use crate::params::Params;
use crate::target::write_failure;

/// A command beside a query.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    /// List the tables that the key may read
    Tables,
    /// List the columns of a table
    Describe {
        /// The table, or SCHEMA.TABLE
        table: String,
    },
    /// Copy a table, or the rows of a query, as CSV: as PostgreSQL's COPY writes it
    CopyTo {
        /// The table, or a query in parentheses
        source: String,
    },
    /// Run a statement in the background
    Job {
        #[command(subcommand)]
        act: JobAct,
    },
}

/// What is done with a job.
#[derive(Clone, Debug, Subcommand)]
pub enum JobAct {
    /// Start a job and print its number
    Run {
        /// The statement
        query: String,
        /// Wait for its end
        #[arg(long)]
        wait: bool,
    },
    /// Print what has become of a job
    Status {
        /// Its number
        id: String,
        /// Wait for its end
        #[arg(long)]
        wait: bool,
    },
    /// Cancel a job
    Cancel {
        /// Its number
        id: String,
    },
}

impl Verb {
    /// Returns the query that a command stands for, if it stands for one.
    pub fn sql(&self) -> Result<Option<String>, Failure> {
        match self {
            Verb::Tables => Ok(Some(TABLES.to_owned())),
            Verb::Describe { table } => {
                let name = format!("name={table}");
                Params::read(&[name], &[])?.fill(COLUMNS).map(Some)
            }
            Verb::CopyTo { .. } | Verb::Job { .. } => Ok(None),
        }
    }
}

const TABLES: &str = "SELECT n.nspname AS schema, c.relname AS name, \
    CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END AS kind, \
    CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8 END AS about_rows \
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND has_table_privilege(c.oid, 'SELECT') \
    AND has_schema_privilege(n.oid, 'USAGE') \
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cartodb', 'cdb_dataservices_client', \
    'topology', 'tiger', 'tiger_data') AND c.relname NOT IN ('geometry_columns', \
    'geography_columns', 'spatial_ref_sys', 'raster_columns', 'raster_overviews') \
    AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1, 2";

const COLUMNS: &str = "SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, \
    NOT a.attnotnull AS may_be_null, pg_get_expr(d.adbin, d.adrelid) AS value_if_left_out \
    FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d \
    ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    WHERE a.attrelid = :name::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

/// Copies a table or the rows of a query; returns how many bytes there were.
///
/// # Errors
/// As a query. An error that the server sends behind the rows is one, too.
pub fn copy_to(client: &Client, source: &str, out: &mut dyn Write) -> Result<u64, Failure> {
    let sql = format!("COPY {source} TO STDOUT WITH (FORMAT csv, HEADER true)");
    pass_on(client.copy_to(&sql)?, source, out)
}

/// Hands on the bytes of an answer; returns how many there were.
///
/// # Errors
/// The answer is cut, ends with an error of the server, or cannot be written.
pub fn pass_on(mut body: impl Read, shown: &str, out: &mut dyn Write) -> Result<u64, Failure> {
    let mut last = LastLine::default();
    let mut buffer = vec![0; 64 * 1024];
    let mut count = 0;
    loop {
        let length = body.read(&mut buffer).map_err(|error| {
            Failure::new(
                Class::Network,
                format!("the answer is cut after {count} bytes"),
            )
            .note(plain(&error.to_string()))
        })?;
        if length == 0 {
            break;
        }
        let piece = &buffer[..length];
        last.take(piece);
        out.write_all(piece)
            .map_err(|error| write_failure(&error))?;
        count += length as u64;
    }
    match last.error() {
        Some(answer) => Err(server_error(Some(&answer), shown)),
        None => Ok(count),
    }
}

/// The last line of what came, where the server writes an error that came too late for the status. No
/// row looks like it: CSV doubles each quote within a field.
#[derive(Default)]
struct LastLine(Vec<u8>);

impl LastLine {
    /// The longest error that is looked for.
    const LONGEST: usize = 64 * 1024;

    fn take(&mut self, piece: &[u8]) {
        // The error may stand behind a row without a line end.
        self.0.extend_from_slice(piece);
        let surplus = self.0.len().saturating_sub(Self::LONGEST);
        self.0.drain(..surplus);
    }

    fn error(&self) -> Option<Value> {
        let text = String::from_utf8_lossy(&self.0);
        let at = text.rfind("{\"error\":")?;
        serde_json::from_str(&text[at..]).ok()
    }
}

/// Runs a command about a job and returns what is printed.
pub fn job(client: &Client, act: &JobAct) -> Result<String, Failure> {
    match act {
        JobAct::Run { query, wait } => {
            let started = client.job("POST", None, Some(&json!({ "query": query })), query)?;
            let id = started.get("job_id").and_then(Value::as_str).map(plain);
            let id = id.ok_or_else(|| Failure::new(Class::Network, "the job has no number"))?;
            if *wait { ended(client, &id) } else { Ok(id) }
        }
        JobAct::Status { id, wait: true } => ended(client, id),
        JobAct::Status { id, wait: false } => client
            .job("GET", Some(id), None, "")
            .map(|job| described(&job)),
        JobAct::Cancel { id } => client
            .job("DELETE", Some(id), None, "")
            .map(|job| described(&job)),
    }
}

/// Waits for the end of a job.
fn ended(client: &Client, id: &str) -> Result<String, Failure> {
    let mut pause = Duration::from_millis(250);
    loop {
        let job = client.job("GET", Some(id), None, "")?;
        let status = job
            .get("status")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match status {
            "done" => return Ok(described(&job)),
            "failed" | "canceled" | "cancelled" | "unknown" => {
                let why = job
                    .get("failed_reason")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let what = format!("the job {} is {}", plain(id), plain(status));
                let failure = Failure::new(Class::Sql, what);
                return Err(if why.is_empty() {
                    failure
                } else {
                    failure.note(plain(why))
                });
            }
            _ => sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}

fn described(job: &Value) -> String {
    let text = |name: &str| job.get(name).and_then(Value::as_str).map(plain);
    let mut line = text("job_id").unwrap_or_default();
    line += &format!("  {}", text("status").unwrap_or_default());
    for name in ["failed_reason", "updated_at"] {
        if let Some(more) = text(name).filter(|more| !more.is_empty()) {
            line += &format!("  {more}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::LastLine;

    #[test]
    fn an_error_behind_the_rows_is_found_and_a_row_is_none() {
        for (text, is_error) in [
            ("a\n1\n", false),
            ("", false),
            ("a\n\"{\"\"error\"\":[\"\"x\"\"]}\"\n", false),
            ("a\n1\n{\"error\":[\"division by zero\"]}", true),
            ("a\n1{\"error\":[\"division by zero\"]}", true),
            ("a\n{\"error\":[\"cut", false),
        ] {
            let mut last = LastLine::default();
            for piece in text.as_bytes().chunks(3) {
                last.take(piece);
            }
            assert_eq!(last.error().is_some(), is_error, "{text}");
        }
    }
}
