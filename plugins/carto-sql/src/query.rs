//! Asks a statement so that every value comes back as PostgreSQL writes it.
//!
//! # Why
//! The server's JSON loses what a double cannot hold (`9007199254740993` becomes `...992`), and columns
//! of one name. Of the exact ways, `COPY ... TO STDOUT` is rationed to some six calls a minute, and an
//! array of JSON within the JSON is escaped twice, which costs both sides more than the names of its
//! columns. So what can stand in a subquery is asked twice: once for its columns, without running it (a
//! join on `false` reads nothing), and once with each column cast to text by the server, under a name of
//! ours. The price is a second request on the same connection. What cannot stand in a subquery is sent
//! as it is.

use serde_json::Value;

use crate::answer::{Maps, RawRow, Take, read};
use crate::api::Api;
use crate::cells::Cells;
use crate::client::{Client, Effect};
use crate::failure::{Class, Failure};
use crate::lexer::{Part, first_word, parts};
use crate::output::{Column, Kind, ShapeForm, Sink};
use crate::refusal::foreign;

/// The most rows that the current platform gives at once.
const MOST_ROWS: u64 = 200_000;

/// Runs a statement and hands its rows to a sink; returns how many rows were changed where it has none.
pub fn run(
    client: &Client,
    sql: &str,
    form: ShapeForm,
    sink: &mut dyn Sink,
) -> Result<Option<u64>, Failure> {
    if let Api::V3(v3) = &client.api {
        let effect = if v3.may_be_kept {
            Effect::Read
        } else {
            Effect::Change
        };
        return plain(client, sql, effect, sink);
    }
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
    if columns.is_empty() {
        plain(client, sql, Effect::Change, sink)?;
        return Ok(());
    }
    let names: Vec<_> = (1..=columns.len()).map(|at| format!("c{at}")).collect();
    let texts: Vec<_> = columns
        .iter()
        .zip(&names)
        .map(|(column, name)| format!("{} AS {name}", column.as_text(name, form)))
        .collect();
    // A line break ends a comment that the statement may end with.
    let asked = format!(
        "SELECT {} FROM ({sql}\n) AS q({})",
        texts.join(", "),
        names.join(", ")
    );
    sink.begin(&columns)?;
    let body = client.query(&asked, sql, Effect::Read)?;
    let mut rows = ExactRows {
        columns: &columns,
        names: &names,
        cells: Cells::default(),
        sink,
    };
    read(body, sql, &mut rows)?;
    sink.end()
}

/// Takes rows whose values are texts.
struct ExactRows<'q> {
    columns: &'q [Column],
    /// The names that the values were asked for by.
    names: &'q [String],
    cells: Cells,
    sink: &'q mut dyn Sink,
}

impl Take for ExactRows<'_> {
    fn row(&mut self, text: &[u8]) -> Result<(), Failure> {
        if !self.cells.read(text, self.names) {
            return Err(foreign());
        }
        self.sink.row(self.columns, &self.cells)
    }

    fn row_ahead(&mut self, bytes: &[u8]) -> Result<Option<usize>, Failure> {
        let length = self.cells.read_ahead(bytes, self.names);
        if length.is_some() {
            self.sink.row(self.columns, &self.cells)?;
        }
        Ok(length)
    }

    fn pause(&mut self) -> Result<(), Failure> {
        self.sink.flush()
    }
}

/// Asks for the columns of a statement, without running it.
fn columns(client: &Client, sql: &str) -> Result<Vec<Column>, Failure> {
    let asked = format!(
        "SELECT row_to_json(ROW(q.*))::text AS carto_columns, q.* \
         FROM (SELECT 1) AS one LEFT JOIN ({sql}\n) AS q ON false"
    );
    let mut count = None;
    let body = client.query(&asked, sql, Effect::Read)?;
    let rest = read(
        body,
        sql,
        &mut Maps(|row: RawRow| {
            let all = row.get("carto_columns").and_then(Value::as_str);
            let all = all.and_then(|text| serde_json::from_str::<RawRow>(text).ok());
            count = all.map(|all| all.len());
            Ok(())
        }),
    )?;
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
    read(
        body,
        sql,
        &mut Maps(|row: RawRow| {
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
        }),
    )?;
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
    let body = client.query(sql, sql, effect)?;
    let mut rows = PlainRows {
        columns: Vec::new(),
        cells: Cells::default(),
        is_rounded: false,
        sink,
    };
    let rest = read(body, sql, &mut rows)?;
    let (mut columns, is_rounded) = (rows.columns, rows.is_rounded);
    if rest.count == 0 {
        let listed = rest
            .fields
            .iter()
            .map(|(name, field)| Column::new(name, &pgtype(field)));
        columns.extend(listed);
        let named = rest
            .schema
            .iter()
            .filter_map(|column| column.get("name")?.as_str());
        columns.extend(named.map(|name| Column::new(name, "text")));
        if columns.is_empty() {
            return Ok(rest.total_rows);
        }
        sink.begin(&columns)?;
    }
    if is_rounded {
        eprintln!("note: the server may have rounded numbers of more than 15 digits");
        match client.api {
            Api::V2 { .. } => eprintln!(
                "help: a query that can stand in a subquery is exact: SELECT, WITH, VALUES, TABLE"
            ),
            Api::V3(_) => eprintln!("help: as texts they are exact: CAST(column AS STRING)"),
        }
    }
    if matches!(client.api, Api::V3(_)) && rest.count >= MOST_ROWS {
        eprintln!(
            "note: {} rows came, the most at once: there may be more",
            rest.count
        );
        eprintln!("help: carto sql job 'CREATE TABLE ... AS ...' stores all of them");
    }
    sink.end()?;
    Ok(None)
}

/// Takes rows as the server's JSON has them.
struct PlainRows<'q> {
    columns: Vec<Column>,
    cells: Cells,
    /// Whether a number may have lost digits.
    is_rounded: bool,
    sink: &'q mut dyn Sink,
}

impl Take for PlainRows<'_> {
    fn row(&mut self, text: &[u8]) -> Result<(), Failure> {
        let row: RawRow = serde_json::from_slice(text).map_err(|_| foreign())?;
        if self.columns.is_empty() {
            let columns = row.iter().map(|(name, value)| Column {
                name: name.clone(),
                kind: Kind::of(value),
            });
            self.columns = columns.collect();
            self.sink.begin(&self.columns)?;
        }
        self.is_rounded |= row.values().any(may_be_rounded);
        self.cells.clear();
        for column in &self.columns {
            let value = row.get(&column.name).unwrap_or(&Value::Null);
            self.cells.push(text_of(value).as_deref());
        }
        self.sink.row(&self.columns, &self.cells)
    }

    fn pause(&mut self) -> Result<(), Failure> {
        self.sink.flush()
    }
}

/// Whether a number has more digits than the server's JSON keeps.
fn may_be_rounded(value: &Value) -> bool {
    const KEPT: usize = 15;
    matches!(value, Value::Number(number)
        if number.to_string().chars().filter(char::is_ascii_digit).count() > KEPT)
}

/// Writes a value of the server's JSON as PostgreSQL would.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(true) => Some("t".to_owned()),
        Value::Bool(false) => Some("f".to_owned()),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
