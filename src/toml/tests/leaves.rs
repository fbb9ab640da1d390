//! The values of a document are those that `toml_edit` finds, at the places where it finds them.

use proptest::prelude::{ProptestConfig, proptest};

use super::super::document::Document;
use super::super::item::decoded;
use super::super::value::Value;
use super::{judge, lines};

/// A value with its key and both places.
type Shown = (Vec<String>, String, usize, (usize, usize));

fn typed(value: &Value) -> String {
    format!("{} {value}", value.type_name())
}

fn by_document(text: &str) -> Option<Vec<Shown>> {
    let document = Document::read(text).ok()?;
    let mut leaves = document.leaves();
    let mut shown = Vec::new();
    while let Some((table, item)) = leaves.advance() {
        let above = leaves.tables.path(table, text).map(str::to_owned);
        let path: Vec<String> = above.chain([item.name().to_owned()]).collect();
        if let Some(name) = item.written_name() {
            assert_eq!(text[name.range()], *item.name(), "{text:?}");
        }
        let (value, span) = (typed(&item.value()), item.span());
        if item.is_written_whole() {
            assert_eq!(typed(&decoded(&text[span.range()])), value, "{text:?}");
        }
        shown.push((path, value, item.name_at(), (span.start(), span.end())));
    }
    shown.sort();
    Some(shown)
}

fn by_judge(text: &str) -> Option<Vec<Shown>> {
    let shown = |judge::Leaf { path, value, key_at, span }| {
        (path, typed(&value), key_at, (span.start, span.end))
    };
    let mut shown: Vec<Shown> = judge::leaves(text).ok()?.into_iter().map(shown).collect();
    // `toml_edit` moves a table that gets its header late to the end; here all stays in the order
    // in which it was named first.
    shown.sort();
    Some(shown)
}

/// Whether a dotted key goes through an array of tables that headers have made. TOML forbids it
/// and so do we; `toml_edit` 0.25 puts the value into the last of the tables.
fn only_the_judge_extends(text: &str) -> bool {
    let refused = Document::read(text).err().is_some_and(|error| error.message == "duplicate key");
    let dotted = |line: &str| line.split('=').next().is_some_and(|key| key.contains('.'));
    let has_dotted = text.lines().any(|line| !line.starts_with('[') && dotted(line));
    refused && by_judge(text).is_some() && text.contains("[[") && has_dotted
}

#[test]
fn a_dotted_key_does_not_extend_an_array_of_tables() {
    let text = "[[a.b]]\n[\"a\"]\nb.c.a = 1\n";
    assert_eq!(by_document(text), None);
    assert!(only_the_judge_extends(text));
    assert!(!only_the_judge_extends("[[a.b]]\n[a]\nb = 1\n"));
    assert!(!only_the_judge_extends("[[a.b]]\nc.d = 1\n"));
}

#[track_caller]
fn agrees(text: &str) {
    if !only_the_judge_extends(text) {
        assert_eq!(by_document(text), by_judge(text), "{text}");
    }
}

#[test]
fn every_document_of_the_corpus_has_the_values_that_toml_edit_finds() {
    let mut count = 0;
    for text in lines::corpus() {
        agrees(text.strip_prefix('\u{feff}').unwrap_or(&text));
        count += 1;
    }
    assert!(count > 500, "{count}");
}

#[test]
fn values_come_in_the_order_in_which_their_tables_are_named() {
    let text = "b = 1\n[t.\"\\u0075\"]\nz = 1\na = 2\n[c]\n[t]\ny = 3\n";
    let document = Document::read(text).unwrap();
    let mut leaves = document.leaves();
    let mut names = Vec::new();
    while let Some((table, item)) = leaves.advance() {
        let above: Vec<&str> = leaves.tables.path(table, text).collect();
        assert_eq!(leaves.tables.depth(table), above.len());
        names.push(format!("{}/{}", above.join("."), item.name()));
    }
    assert_eq!(names, ["/b", "t.u/z", "t.u/a", "t/y"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8192))]

    #[test]
    fn generated_texts_have_the_values_that_toml_edit_finds(text in lines::text()) {
        agrees(&text);
    }
}
