//! The reader agrees with `toml_edit` on what is TOML and what it means.

use toml_edit::{Document, Item};

use super::super::document::Document as Read;
use super::super::edit::parse;
use super::super::edit::{EditError, set};
use super::super::node::{NodeId, ROOT, Step};
use super::super::scalar::Scalar;
use super::super::value::Value;

/// Whether a read holds what `toml_edit` read.
pub(super) fn agrees(read: &Read<'_>, document: &Document<&str>) -> bool {
    table_agrees(read, ROOT, document.as_table())
}

fn table_agrees(read: &Read<'_>, node: NodeId, table: &dyn toml_edit::TableLike) -> bool {
    read.is_table(node)
        && read.count(node) == table.len()
        && table.iter().all(|(name, item)| {
            read.key(node, name).is_some_and(|child| item_agrees(read, child, item))
        })
}

fn item_agrees(read: &Read<'_>, node: NodeId, item: &Item) -> bool {
    if let Some(table) = item.as_table_like() {
        return table_agrees(read, node, table);
    }
    match item {
        Item::ArrayOfTables(tables) => {
            let items: Vec<Item> = tables.iter().map(|table| Item::Table(table.clone())).collect();
            items_agree(read, node, &items)
        }
        Item::Value(toml_edit::Value::Array(values)) => {
            let items: Vec<Item> = values.iter().map(|value| Item::Value(value.clone())).collect();
            items_agree(read, node, &items)
        }
        Item::Value(value) => scalar_agrees(read.scalar(node), value),
        _ => false,
    }
}

fn items_agree(read: &Read<'_>, node: NodeId, items: &[Item]) -> bool {
    read.is_array(node)
        && read.count(node) == items.len()
        && items.iter().enumerate().all(|(at, item)| {
            read.child(node, Step::Index(at)).is_some_and(|child| item_agrees(read, child, item))
        })
}

fn scalar_agrees(scalar: Option<Scalar<'_>>, value: &toml_edit::Value) -> bool {
    let Some(scalar) = scalar else {
        return false;
    };
    match (&scalar, value) {
        (Scalar::String(a), toml_edit::Value::String(b)) => a == b.value(),
        (Scalar::Bool(a), toml_edit::Value::Boolean(b)) => a == b.value(),
        (Scalar::Integer(a), toml_edit::Value::Integer(b)) => a == b.value(),
        (Scalar::Float(a), toml_edit::Value::Float(b)) => *a == b.value().to_bits(),
        (Scalar::Datetime(a), toml_edit::Value::Datetime(b)) => a == b.value(),
        _ => false,
    }
}

#[test]
fn statements_tile_the_text() {
    for text in
        ["", "\n", "a = 1", "# c\r\n\r\n[t] # x\r\nb = '''\r\n'''\r\n  ", "\u{feff}a=[\n]\n#"]
    {
        let read = parse(text).unwrap();
        let joined: String = read.lines.statements.iter().map(|s| &text[s.span.range()]).collect();
        assert_eq!(joined, text.trim_start_matches('\u{feff}'));
    }
}

#[test]
fn what_may_be_defined_twice_follows_toml() {
    for (text, is_valid) in [
        ("[a.b]\n[a]\n", true),
        ("[a]\n[a.b]\n", true),
        ("[a]\n[a]\n", false),
        ("[a]\nb.c = 1\n[a.b]\n", false),
        ("[a]\nb.c = 1\n[a.b.d]\n", true),
        ("[a.b]\n[a]\nb.c = 1\n", false),
        ("[a.b.c]\n[a]\nb.d = 1\n", true),
        ("[a.b.c]\n[a]\nb.d = 1\n[a.b]\n", false),
        ("[[a]]\n[a]\n", false),
        ("[a]\n[[a]]\n", false),
        ("[a.b]\n[[a]]\n", false),
        ("a = []\n[[a]]\n", false),
        ("a = {}\n[a.b]\n", false),
        ("a = { b.c = 1, b.d = 2 }\n", true),
        ("a = { b = {}, b.d = 2 }\n", false),
        ("a.b = 1\na.b.c = 1\n", false),
        ("a = 1\n\"a\" = 2\n", false),
        ("[[a]]\nx = 1\n[[a]]\nx = 1\n[a.b]\n[[a]]\n[a.b]\n", true),
    ] {
        assert_eq!(parse(text).is_ok(), is_valid, "{text:?}");
        assert_eq!(Document::parse(text).is_ok(), is_valid, "{text:?}");
    }
}

#[test]
fn errors_tell_the_place_and_none_of_the_text() {
    for (text, line, column) in [
        ("apikey = marker-key\n", 1, 10),
        ("\u{feff}a = 1\napikey = \"marker-key\n", 2, 21),
        ("é = 1\na = 'marker-key' 'marker-key'\n", 2, 18),
        ("marker-key = 1\r\nmarker-key = 2\r\n", 2, 1),
        ("[c]\n  [c] # marker-key\n", 2, 4),
        ("a = \"marker-key\\q\"\n", 1, 17),
        ("a = 99999999999999999999 # marker-key\n", 1, 5),
        ("a = 1e999\n", 1, 5),
        ("a = 2024-02-31\n", 1, 5),
        ("a = 1\rb = 2\n", 1, 7),
        ("# marker-key \u{1}\n", 1, 14),
    ] {
        let error = set(text, &["x"], &Value::Bool(true)).unwrap_err();
        let EditError::Syntax { line: l, column: c, message } = &error else {
            panic!("{text:?}: {error:?}")
        };
        assert_eq!((*l, *c), (line, column), "{text:?}: {error}");
        assert!(!error.to_string().contains("marker"), "{message}");
    }
}

#[test]
fn debug_forms_tell_no_value() {
    let secret = Value::String("marker-key".to_owned());
    let table = Value::Table(vec![("a".to_owned(), secret.clone())]);
    let change = set("", &["a"], &secret).unwrap();
    for shown in [format!("{secret:?}"), format!("{table:?}"), format!("{change:?}")] {
        assert!(!shown.contains("marker"), "{shown}");
    }
}

#[test]
fn depth_is_bounded_and_does_not_overflow_the_stack() {
    let brackets = format!("a = {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let braces = format!("a = {}", "{a=".repeat(100_000));
    let parts = format!("a{} = 1\n", ".a".repeat(100_000));
    let header = format!("[a{}]\n", ".a".repeat(80));
    for text in [brackets, braces, parts, header] {
        assert!(matches!(parse(&text), Err(EditError::Syntax { .. })));
    }
    let key = format!("a{}", ".a".repeat(79));
    let deep = format!("x = {}1{}\n", format!("{{ {key} = ").repeat(79), " }".repeat(79));
    let edited = set(&deep, &["y"], &Value::Bool(true));
    assert!(edited.is_ok(), "{edited:?}");
}
