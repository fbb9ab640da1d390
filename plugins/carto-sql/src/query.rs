//! Asks a statement so that every value comes back as PostgreSQL writes it.
//!
//! # Why
//! The server's JSON loses what a double cannot hold (`9007199254740993` becomes `...992`), and columns
//! of one name. Of the exact ways, `COPY ... TO STDOUT` is rationed to some six calls a minute. So what
//! can stand in a subquery is asked twice: once for its columns, without running it (a join on `false`
//! reads nothing), and once with each column cast to text by the server, in one array for each row. The
//! price is a second request on the same connection. What cannot stand in a subquery is sent as it is.

use serde_json::Value;

use crate::answer::{RawRow, read};
use crate::client::{Client, Effect};
use crate::failure::{Class, Failure};
use crate::lexer::{Part, first_word, parts};
use crate::output::{Cell, Column, Kind, ShapeForm, Sink};

/// Runs a statement and hands its rows to a sink; returns how many rows were changed where it has none.
pub fn run(
    client: &Client,
    sql: &str,
    form: ShapeForm,
    sink: &mut dyn Sink,
) -> Result<Option<u64>, Failure> {
    match first_word(sql).as_str() {
        "SELECT" | "VALUES" | "TABLE" => exact(client, sql, form, sink).map(|()| None),
        "WITH" if !may_write(sql) => exact(client, sql, form, sink).map(|()| None),
        "SHOW" | "EXPLAIN" => plain(client, sql, Effect::Read, sink),
        _ => plain(client, sql, Effect::Change, sink),
    }
}

/// Whether a statement has a word of one that writes: then it is asked once, as it is.
fn may_write(sql: &str) -> bool {
    let writes = ["INSERT", "UPDATE", "DELETE", "MERGE"];
    let mut words = parts(sql)
        .into_iter()
        .filter(|(part, _)| *part == Part::Word)
        .map(|(_, range)| &sql[range]);
    words.any(|word| writes.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// Runs a statement that can stand in a subquery; one that cannot is sent as it is, and what the server
/// says of it is about the user's own words.
fn exact(client: &Client, sql: &str, form: ShapeForm, sink: &mut dyn Sink) -> Result<(), Failure> {
    let columns = match columns(client, sql) {
        Ok(columns) => columns,
        Err(failure) if failure.exit_code() == Class::Sql as u8 => {
            plain(client, sql, Effect::Change, sink)?;
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    let names: Vec<_> = (1..=columns.len()).map(|at| format!("c{at}")).collect();
    let texts: Vec<_> = columns
        .iter()
        .zip(&names)
        .map(|(column, name)| column.as_text(name, form))
        .collect();
    // A line break ends a comment that the statement may end with.
    let asked = format!(
        "SELECT to_json(ARRAY[{}]::text[])::text AS r FROM ({sql}\n) AS q({})",
        texts.join(", "),
        names.join(", ")
    );
    sink.begin(&columns)?;
    let body = client.query(&asked, sql, Effect::Read)?;
    read(body, sql, &mut |row| {
        let cells = row.get("r").and_then(Value::as_str);
        let cells = cells.and_then(|text| serde_json::from_str::<Vec<Cell>>(text).ok());
        let cells = cells
            .filter(|cells| cells.len() == columns.len())
            .ok_or_else(foreign)?;
        sink.row(&columns, &cells)
    })?;
    sink.end()
}

fn foreign() -> Failure {
    Failure::new(
        Class::Network,
        "the server's answer is none of CARTO's SQL API",
    )
}

/// Asks for the columns of a statement, without running it.
fn columns(client: &Client, sql: &str) -> Result<Vec<Column>, Failure> {
    let asked = format!(
        "SELECT row_to_json(ROW(q.*))::text AS carto_columns, q.* \
         FROM (SELECT 1) AS one LEFT JOIN ({sql}\n) AS q ON false"
    );
    let mut count = None;
    let body = client.query(&asked, sql, Effect::Read)?;
    let rest = read(body, sql, &mut |row| {
        let all = row.get("carto_columns").and_then(Value::as_str);
        let all = all.and_then(|text| serde_json::from_str::<RawRow>(text).ok());
        count = all.map(|all| all.len());
        Ok(())
    })?;
    let fields = rest
        .fields
        .iter()
        .filter(|(name, _)| *name != "carto_columns");
    let known: Vec<_> = fields
        .map(|(name, field)| Column::new(name, &pgtype(field)))
        .collect();
    match count {
        Some(count) if count == known.len() => Ok(known),
        Some(count) => columns_of_one_name(client, sql, count),
        None => Err(foreign()),
    }
}

fn pgtype(field: &Value) -> String {
    let text = |name| field.get(name).and_then(Value::as_str);
    text("pgtype")
        .or_else(|| text("type"))
        .unwrap_or("text")
        .to_owned()
}

/// The server's list of fields has each name once. Where two columns have one name, their types are
/// asked for by their places, and their names are those that JSON has in a row.
fn columns_of_one_name(client: &Client, sql: &str, count: usize) -> Result<Vec<Column>, Failure> {
    let names: Vec<_> = (1..=count).map(|at| format!("c{at}")).collect();
    let types: Vec<_> = names
        .iter()
        .map(|name| format!("pg_typeof({name})::text"))
        .collect();
    let asked = format!(
        "SELECT to_json(ARRAY[{}])::text AS types, (SELECT row_to_json(n)::text FROM (SELECT p.* FROM \
         (SELECT 1) AS o LEFT JOIN ({sql}\n) AS p ON false) AS n) AS names \
         FROM (SELECT 1) AS one LEFT JOIN ({sql}\n) AS q({}) ON false",
        types.join(", "),
        names.join(", ")
    );
    let mut found = Vec::new();
    let body = client.query(&asked, sql, Effect::Read)?;
    read(body, sql, &mut |row| {
        let text = |name: &str| {
            row.get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let types: Vec<String> = serde_json::from_str(&text("types")).unwrap_or_default();
        let names = crate::output::names(&text("names"));
        found = names
            .iter()
            .zip(&types)
            .map(|(name, kind)| Column::new(name, kind))
            .collect();
        Ok(())
    })?;
    if found.len() == count {
        Ok(found)
    } else {
        Err(foreign())
    }
}

/// Runs any other statement; its values are those that the server's JSON has.
fn plain(
    client: &Client,
    sql: &str,
    effect: Effect,
    sink: &mut dyn Sink,
) -> Result<Option<u64>, Failure> {
    let mut columns: Option<Vec<Column>> = None;
    let mut is_rounded = false;
    let body = client.query(sql, sql, effect)?;
    let rest = read(body, sql, &mut |row| {
        if columns.is_none() {
            let made = row.iter().map(|(name, value)| Column {
                name: name.clone(),
                kind: Kind::of(value),
            });
            let made: Vec<_> = made.collect();
            sink.begin(&made)?;
            columns = Some(made);
        }
        is_rounded |= row.values().any(may_be_rounded);
        let cells: Vec<Cell> = row.values().map(text_of).collect();
        sink.row(columns.as_deref().unwrap_or_default(), &cells)
    })?;
    if columns.is_none() {
        let made = rest
            .fields
            .iter()
            .map(|(name, field)| Column::new(name, &pgtype(field)));
        let made: Vec<_> = made.collect();
        if made.is_empty() {
            return Ok(rest.total_rows);
        }
        sink.begin(&made)?;
    }
    if is_rounded {
        eprintln!("note: the server may have rounded numbers of more than 15 digits");
        eprintln!(
            "help: a query that can stand in a subquery is exact: SELECT, WITH, VALUES, TABLE"
        );
    }
    sink.end()?;
    Ok(None)
}

/// Whether a number has more digits than the server's JSON keeps.
fn may_be_rounded(value: &Value) -> bool {
    const KEPT: usize = 15;
    matches!(value, Value::Number(number)
        if number.to_string().chars().filter(char::is_ascii_digit).count() > KEPT)
}

/// Writes a value of the server's JSON as PostgreSQL would.
fn text_of(value: &Value) -> Cell {
    match value {
        Value::Null => None,
        Value::Bool(true) => Some("t".to_owned()),
        Value::Bool(false) => Some("f".to_owned()),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
