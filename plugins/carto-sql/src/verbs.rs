//! The commands beside a query.

use std::path::PathBuf;

use clap::Subcommand;

use crate::failure::Failure;
use crate::params::Params;

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
    /// Copy a CSV file into a table: all its rows, or none
    ///
    /// The first line names the columns, so their order in the table does not matter. A file may be
    /// compressed with gzip; it is compressed on the way in any case.
    CopyFrom {
        /// The table
        table: String,
        /// The file; `-` is standard input
        file: PathBuf,
        /// The first line is a row: all columns, in the order of the table
        #[arg(long)]
        no_header: bool,
        /// What separates the fields
        #[arg(long, value_name = "CHARACTER", default_value = ",", value_parser = delimiter)]
        delimiter: char,
    },
    /// Run statements in the background, for as long as they need
    #[command(args_conflicts_with_subcommands = true)]
    Job {
        #[command(subcommand)]
        act: Option<JobAct>,
        /// The statements
        query: Option<String>,
        /// Read the statements from a file
        #[arg(short, long, conflicts_with = "query")]
        file: Option<PathBuf>,
        /// Wait for the end
        #[arg(long)]
        wait: bool,
    },
}

/// What is done with a job.
#[derive(Clone, Debug, Subcommand)]
pub enum JobAct {
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
    ///
    /// # Errors
    /// The name of a table cannot be one.
    pub fn sql(&self) -> Result<Option<String>, Failure> {
        match self {
            Verb::Tables => Ok(Some(TABLES.to_owned())),
            Verb::Describe { table } => {
                let name = format!("name={table}");
                Params::read(&[name], &[])?.fill(COLUMNS).map(Some)
            }
            Verb::CopyTo { .. } | Verb::CopyFrom { .. } | Verb::Job { .. } => Ok(None),
        }
    }
}

/// Makes the failure of a command that the current platform does not have.
pub fn not_there() -> Failure {
    let what = "this command asks PostgreSQL: accounts of the current platform have another";
    Failure::usage(what).help(
        "carto sql 'SELECT table_name FROM DATASET.INFORMATION_SCHEMA.TABLES'      # BigQuery",
    )
}

/// Reads a delimiter: one byte that a CSV file may have between its fields; `\\t` is a tabulator.
fn delimiter(text: &str) -> Result<char, String> {
    match text.chars().collect::<Vec<_>>().as_slice() {
        ['\\', 't'] => Ok('\t'),
        [one] if one.is_ascii() && !matches!(one, '"' | '\n' | '\r') => Ok(*one),
        _ => Err("one character, for example ; or \\t".to_owned()),
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
