//! Edits of generated documents, judged by `toml_edit` and by what bytes stay.

use std::collections::BTreeMap;

use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use toml_edit::{Document, Item, TableLike};

use super::super::edit::{
    Change, EditError, append_table, append_tables, remove_table, remove_tables, rename_table, set,
    set_all, set_in_table, unset, unset_in_table,
};
use super::super::value::Value;
use super::judge::restored;

const LINES: &[&str] = &[
    "",
    "",
    "  \t",
    "# comment",
    "\t# a = 1",
    "[a]",
    "[b] # beside",
    "  [ a . b ]",
    "[a.\"b c\"]",
    "[c.a]",
    "[[l]]",
    "[[l]] # beside",
    "[l.a]",
    "[[a.l]]",
    "[[c]]",
    "a = 1",
    "  b='x' # beside",
    "c = \"\"\"\n# no comment\n\n[a]\"\"\"",
    "a.b = 1.5",
    "a . c.'a'=[]",
    "b.a = true",
    "b.b.c = 1979-05-27T07:32:00Z",
    "c = {}",
    "a = { }",
    "b = { a = 1, b.c = 2 }",
    "d = {a={},c=[{b=1},{}],}",
    "a = {\n  # in\n  b = 1, # one\n  c = 2 # two\n} # end",
    "b = {\n}",
    "d = { a = '#', # x\n b = 1 }",
    "\"b c\" = [ 1, # one\n 2 ]",
    "l = [{ a = 1 }, { }]",
    "l = [\n\t{ a = 1 }, # one\n\t{ b = 2 } # two\n]",
    "'' = -0x7",
];

/// A valid document: lines that would make it invalid are left out.
fn document() -> impl Strategy<Value = String> {
    let ending = select(&["\n", "\n", "\r\n"][..]);
    let lines = proptest::collection::vec((select(LINES), ending), 0..14);
    (any::<bool>(), select(&["lf", "crlf", "mixed"][..]), lines, any::<bool>()).prop_map(
        |(has_mark, endings, lines, is_cut)| {
            let mut text = String::from(if has_mark { "\u{feff}" } else { "" });
            for (line, own) in lines {
                let ending = match endings {
                    "lf" => "\n",
                    "crlf" => "\r\n",
                    _ => own,
                };
                let longer = format!("{text}{}{ending}", line.replace('\n', ending));
                if Document::parse(longer.as_str()).is_ok() {
                    text = longer;
                }
            }
            let cut = text.strip_suffix('\n').filter(|_| is_cut);
            cut.map_or(text.as_str(), |cut| cut.strip_suffix('\r').unwrap_or(cut)).to_owned()
        },
    )
}

fn key() -> impl Strategy<Value = &'static str> {
    select(&["a", "b", "c", "d", "l", "b c", "", "new", "x\"y"][..])
}

fn path() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::collection::vec(key(), 1..4)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = proptest::prop_oneof![
        any::<String>().prop_map(Value::String),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Integer),
        Just(Value::Integer(1)),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        proptest::prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            proptest::collection::btree_map(any::<String>(), inner, 0..3)
                .prop_map(|pairs| Value::Table(pairs.into_iter().collect())),
        ]
    })
}

/// All values by their paths, as `toml_edit` reads them; empty tables do not count.
fn leaves(text: &str) -> BTreeMap<Vec<String>, String> {
    let document = Document::parse(text).unwrap();
    let mut found = BTreeMap::new();
    collect(&mut Vec::new(), document.as_table(), &mut found);
    found
}

fn collect(
    path: &mut Vec<String>,
    table: &dyn TableLike,
    found: &mut BTreeMap<Vec<String>, String>,
) {
    for (name, item) in table.iter() {
        path.push(name.to_owned());
        collect_item(path, item, found);
        path.pop();
    }
}

fn collect_item(path: &mut Vec<String>, item: &Item, found: &mut BTreeMap<Vec<String>, String>) {
    if let Some(table) = item.as_table_like() {
        collect(path, table, found);
        return;
    }
    let items: Vec<Item> = match item {
        Item::ArrayOfTables(tables) => tables.iter().cloned().map(Item::Table).collect(),
        Item::Value(toml_edit::Value::Array(values)) => {
            values.iter().cloned().map(Item::Value).collect()
        }
        Item::Value(value) => {
            let plain = match value {
                toml_edit::Value::String(text) => format!("{:?}", text.value()),
                toml_edit::Value::Integer(number) => number.value().to_string(),
                other => other.to_string().trim().to_owned(),
            };
            found.insert(path.clone(), plain);
            return;
        }
        Item::None | Item::Table(_) => return,
    };
    found.insert(path.clone(), format!("array of {}", items.len()));
    for (at, item) in items.iter().enumerate() {
        path.push(format!("[{at}]"));
        collect_item(path, item, found);
        path.pop();
    }
}

fn without(leaves: &BTreeMap<Vec<String>, String>, path: &[&str]) -> BTreeMap<Vec<String>, String> {
    let inside =
        |leaf: &Vec<String>| leaf.len() >= path.len() && leaf.iter().zip(path).all(|(a, b)| a == b);
    leaves
        .iter()
        .filter(|(leaf, _)| !inside(leaf))
        .map(|(leaf, value)| (leaf.clone(), value.clone()))
        .collect()
}

fn has_mark(text: &str) -> bool {
    text.starts_with('\u{feff}')
}

/// Whether one text is another with some characters left out.
fn is_within(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().all(|c| rest.any(|other| other == c))
}

/// Only what an honest document can lead to; above all, never a mismatch.
fn is_refusal(error: &EditError) -> bool {
    !matches!(error, EditError::Mismatch | EditError::Syntax { .. })
}

fn is_there(text: &str, path: &[&str]) -> bool {
    item_at(text, path).is_some()
}

/// What stands at a path, written as debug text so that it can leave the document.
fn item_at(text: &str, path: &[&str]) -> Option<String> {
    let document = Document::parse(text).unwrap();
    let mut item = document.as_item();
    for name in path {
        item = item.as_table_like()?.get(name)?;
    }
    Some(format!("{item:?}"))
}

fn check_set(text: &str, path: &[&str], value: &Value) -> Result<(), TestCaseError> {
    match set(text, path, value) {
        Ok(Change::Unchanged) => prop_assert!(is_there(text, path)),
        Ok(Change::Changed(edited)) => {
            prop_assert_eq!(without(&leaves(text), path), without(&leaves(&edited), path));
            prop_assert_eq!(set(&edited, path, value), Ok(Change::Unchanged));
            prop_assert_eq!(has_mark(&edited), has_mark(text));
            if !is_there(text, path) {
                prop_assert!(is_within(text, &edited), "{:?}\n{:?}", text, edited);
                check_back(text, &edited, path)?;
            }
        }
        Err(error) => prop_assert!(is_refusal(&error), "{}", error),
    }
    Ok(())
}

/// Unsetting what was set gives the old bytes, unless its table was there without a key.
fn check_back(text: &str, edited: &str, path: &[&str]) -> Result<(), TestCaseError> {
    let table = &path[..path.len() - 1];
    let document = Document::parse(text).unwrap();
    let mut item = Some(document.as_item());
    for name in table {
        item = item.and_then(|item| item.as_table_like()).and_then(|table| table.get(name));
    }
    let has_no_key = |item: &Item| match item {
        Item::Table(table) => {
            let is_dotted = |item: &Item| item.as_table().is_some_and(toml_edit::Table::is_dotted);
            let is_headed = |item: &Item| item.is_table() || item.is_array_of_tables();
            !table.is_implicit()
                && !table.is_dotted()
                && table.iter().all(|(_, item)| is_headed(item) && !is_dotted(item))
        }
        item => item.as_table_like().is_some_and(TableLike::is_empty),
    };
    let was_empty = !table.is_empty() && item.is_some_and(has_no_key);
    if !was_empty {
        let back = unset(edited, path).map(|change| change.or(edited.to_owned()));
        let is_back = back == Ok(text.to_owned()) || back == Ok(restored(text).to_owned());
        prop_assert!(is_back, "{:?} {:?}", edited, back);
    }
    Ok(())
}

fn check_unset(text: &str, path: &[&str]) -> Result<(), TestCaseError> {
    match unset(text, path) {
        Ok(Change::Changed(edited)) => {
            prop_assert!(is_there(text, path) && !is_there(&edited, path));
            prop_assert_eq!(without(&leaves(text), path), leaves(&edited));
            prop_assert!(is_within(&edited, text), "{:?}\n{:?}", text, edited);
            prop_assert_eq!(has_mark(&edited), has_mark(text));
        }
        Ok(Change::Unchanged) => prop_assert!(false),
        Err(error) => {
            prop_assert_eq!(error, EditError::NotThere);
            prop_assert!(!is_there(text, path));
        }
    }
    Ok(())
}

fn check_rename(text: &str, path: &[&str], name: &'static str) -> Result<(), TestCaseError> {
    let mut to = path.to_vec();
    to.pop();
    to.push(name);
    match rename_table(text, path, &to) {
        Ok(Change::Changed(edited)) => {
            prop_assert_eq!(without(&leaves(text), path), without(&leaves(&edited), &to));
            prop_assert_eq!(leaves(text).len(), leaves(&edited).len());
            let back = rename_table(&edited, &to, path);
            prop_assert!(
                matches!(back, Ok(Change::Changed(back)) if leaves(&back) == leaves(text))
            );
        }
        Ok(Change::Unchanged) => prop_assert!(path == to && is_there(text, path)),
        Err(error) => prop_assert!(is_refusal(&error), "{}", error),
    }
    Ok(())
}

fn check_tables(text: &str, index: usize, key: &str, value: &Value) -> Result<(), TestCaseError> {
    match append_table(text, "l", &[("a", value.clone())]) {
        Ok(edited) => {
            prop_assert!(is_within(text, &edited));
            let count = item_count(&edited);
            let back = remove_table(&edited, "l", count - 1);
            let is_back = back == Ok(text.to_owned()) || back == Ok(restored(text).to_owned());
            prop_assert!(is_back, "{:?} {:?}", edited, back);
        }
        Err(error) => prop_assert!(is_refusal(&error), "{}", error),
    }
    match set_in_table(text, "l", index, key, value) {
        Ok(Change::Changed(edited)) => {
            prop_assert_eq!(set_in_table(&edited, "l", index, key, value), Ok(Change::Unchanged));
            let at = format!("[{index}]");
            let path = ["l", &at, key];
            prop_assert_eq!(without(&leaves(text), &path), without(&leaves(&edited), &path));
            if unset_in_table(text, "l", index, key) == Err(EditError::NotThere)
                && !text.contains("{ }")
            {
                let back = unset_in_table(&edited, "l", index, key);
                prop_assert_eq!(back, Ok(Change::Changed(text.to_owned())), "{:?}", edited);
            }
        }
        Ok(Change::Unchanged) => {}
        Err(error) => prop_assert!(is_refusal(&error), "{}", error),
    }
    match remove_table(text, "l", index) {
        Ok(edited) => {
            prop_assert!(is_within(&edited, text));
            prop_assert_eq!(item_count(&edited) + 1, item_count(text));
        }
        Err(error) => prop_assert!(is_refusal(&error), "{}", error),
    }
    Ok(())
}

fn item_count(text: &str) -> usize {
    let document = Document::parse(text).unwrap();
    match document.get("l") {
        Some(Item::ArrayOfTables(tables)) => tables.len(),
        Some(Item::Value(toml_edit::Value::Array(values))) => values.len(),
        _ => 0,
    }
}

proptest! {
    #[test]
    fn edits_change_only_what_they_must(
        text in document(),
        path in path(),
        value in value(),
        name in key(),
        index in 0_usize..3,
    ) {
        check_set(&text, &path, &value)?;
        check_unset(&text, &path)?;
        check_rename(&text, &path, name)?;
        check_tables(&text, index, name, &value)?;
    }

    #[test]
    fn several_tables_go_as_one_after_the_other(
        text in document(),
        more in proptest::collection::vec(
            select(&["[[l]]", "a = 1", "# c", "", "[l.a]", "[l.a.b] # d", "[z]", "l.a = 1"][..]),
            0..14,
        ),
        picked in any::<u16>(),
    ) {
        let longer = more.iter().fold(text.clone(), |text, line| {
            let longer = format!("{text}{line}\n");
            if Document::parse(longer.as_str()).is_ok() { longer } else { text }
        });
        for text in [text, longer] {
            let count = item_count(&text);
            let gone: Vec<usize> = (0..count).filter(|at| picked >> (at % 16) & 1 == 1).collect();
            let one = |text: String, at: &usize| remove_table(&text, "l", *at);
            let expected = gone.iter().rev().try_fold(text.clone(), one);
            if !gone.is_empty() {
                prop_assert_eq!(remove_tables(&text, "l", &gone), expected, "{:?} {:?}", text, gone);
                let too_many = [gone, vec![count]].concat();
                prop_assert_eq!(remove_tables(&text, "l", &too_many), Err(EditError::NotThere));
            }
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), piece in "[\\[\\]{}=.,#'\"\\\\ \n\ra1\u{feff}]{0,24}") {
        for text in [text, piece] {
            let is_valid = Document::parse(text.as_str()).is_ok();
            let edited = set(&text, &["new"], &Value::Bool(true));
            prop_assert_eq!(edited.is_ok(), is_valid, "{:?}", text);
        }
    }
}

/// Paths as an import writes them, and others between.
fn paths() -> impl Strategy<Value = Vec<Vec<&'static str>>> {
    let entry = proptest::prop_oneof![
        path().prop_map(|path| vec![path]),
        (select(&["a", "b", "c", "l", "new"][..]), key(), proptest::collection::vec(key(), 1..3))
            .prop_map(|(above, name, fields)| {
                fields.into_iter().map(|field| vec![above, name, field]).collect()
            }),
        (key(), proptest::collection::vec(key(), 1..3)).prop_map(|(name, fields)| {
            fields.into_iter().map(|field| vec![name, field]).collect()
        }),
    ];
    proptest::collection::vec(entry, 0..6).prop_map(|entries| entries.concat())
}

proptest! {
    #[test]
    fn many_keys_are_set_as_one_by_one(text in document(), paths in paths()) {
        let values: Vec<_> =
            paths.into_iter().zip(1..).map(|(path, at)| (path, Value::Integer(at))).collect();
        let one_by_one = values.iter().try_fold(text.clone(), |text, (path, value)| {
            Ok::<_, EditError>(set(&text, path, value)?.or(text))
        });
        prop_assert_eq!(set_all(&text, &values).map(|change| change.or(text)), one_by_one);
    }

    #[test]
    fn many_tables_are_appended_as_one_by_one(
        text in document(),
        name in key(),
        tables in proptest::collection::vec(
            proptest::collection::btree_map(key(), value(), 0..3),
            0..4,
        ),
    ) {
        let tables: Vec<Vec<_>> =
            tables.into_iter().map(|fields| fields.into_iter().collect()).collect();
        let one_by_one = tables
            .iter()
            .try_fold(text.clone(), |text, fields| append_table(&text, name, fields));
        prop_assert_eq!(append_tables(&text, name, &tables), one_by_one);
    }
}
