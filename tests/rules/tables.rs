//! The tables of `tests/data/rules.txt`.

use crate::outcome::outcome;

const RULES: &str = include_str!("../data/rules.txt");

/// One row with the number of its line.
struct Row {
    line: usize,
    given: String,
    expected: String,
}

fn rows() -> Vec<Row> {
    let mut joined: Vec<(usize, String)> = Vec::new();
    for (at, line) in RULES.lines().enumerate() {
        match joined.last_mut() {
            Some((_, row)) if line.starts_with(' ') => row.push_str(line),
            _ if line.is_empty() || line.starts_with('#') => {}
            _ => joined.push((at + 1, line.to_owned())),
        }
    }
    let row = |(line, text): (usize, String)| {
        let (given, expected) = text.split_once("=> ").unwrap_or_else(|| panic!("{text}"));
        Row { line, given: given.trim().to_owned(), expected: expected.to_owned() }
    };
    joined.into_iter().map(row).collect()
}

#[test]
fn every_row_comes_out_as_written() {
    let mut wrong = Vec::new();
    for Row { line, given, expected } in rows() {
        let result = std::panic::catch_unwind(|| outcome(&given));
        let found = result.unwrap_or_else(|_| "a check failed, see above".to_owned());
        if found != expected {
            wrong.push(format!("{line}: {given}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_tables_are_long_and_no_row_stands_twice() {
    let rows = rows();
    assert!(rows.len() >= 300, "{} rows", rows.len());
    let mut seen = std::collections::HashMap::new();
    for row in rows {
        if let Some(other) = seen.insert(row.given.clone(), row.line) {
            panic!("lines {other} and {} are the same: {}", row.line, row.given);
        }
    }
}
