//! The proof that closes every edit refuses a text that says anything else.

use super::super::edit::parse;
use super::super::edit::{Expected, is_expected};
use super::super::node::Step;
use super::super::value::Value;

fn steps<'a>(path: &'a [&'a str]) -> Vec<Step<'a>> {
    let step = |part: &&'a str| match part.parse() {
        Ok(index) => Step::Index(index),
        Err(_) => Step::Key(part),
    };
    path.iter().map(step).collect()
}

#[track_caller]
fn check(path: &[&str], expected: Expected<'_>, rows: &[(&str, &str, bool)]) {
    for (old, new, is_right) in rows {
        let (before, after) = (parse(old).unwrap(), parse(new).unwrap());
        let found = is_expected(&before, &after, &steps(path), expected);
        assert_eq!(found, *is_right, "{old:?} to {new:?}");
    }
}

#[test]
fn a_set_value_is_there_and_all_else_is_as_before() {
    let value = Value::Integer(2);
    let rows = [
        ("a.b = 1\nc = 1\n", "a.b = 2\nc = 1\n", true),
        ("c = 1\n", "c = 1\n[a]\nb = 2\n", true),
        ("c = 1\n", "a = { b = 2 }\nc = 1\n", true),
        ("a.b = 1\n", "a.b = 1\n", false),
        ("a.b = 1\n", "a.b = '2'\n", false),
        ("a.b = 1\nc = 1\n", "a.b = 2\n", false),
        ("a.b = 1\nc = 1\n", "a.b = 2\nc = 2\n", false),
        ("a.b = 1\n", "a.b = 2\nc = 1\n", false),
        ("a.b = 1\n", "a.b = 2\na.c = 1\n", false),
        ("a.b = 1\na.c = [1]\n", "a.b = 2\na.c = [2]\n", false),
        ("a.b = 1\na.c = [1]\n", "a.b = 2\na.c = [1, 1]\n", false),
        ("a.b = 1\na.c.d = 1\n", "a.b = 2\na.c.e = 1\n", false),
        ("a = 1\n", "a.b = 2\n", false),
        ("x = nan\n", "x = nan\na.b = 2\n", true),
    ];
    check(&["a", "b"], Expected::Put(&value), &rows);
    let rows = [
        ("[[a]]\nb = 1\n[[a]]\nc = 1\n", "[[a]]\nb = 2\n[[a]]\nc = 1\n", true),
        ("[[a]]\nb = 1\n[[a]]\nc = 1\n", "[[a]]\nb = 2\n[[a]]\nc = 2\n", false),
        ("[[a]]\nb = 1\n[[a]]\nc = 1\n", "[[a]]\nb = 2\n", false),
        ("[[a]]\nb = 1\n", "[[a]]\nb = 2\n[[a]]\n", false),
    ];
    check(&["a", "0", "b"], Expected::Put(&value), &rows);
}

#[test]
fn what_is_unset_is_gone_and_all_else_is_as_before() {
    let rows = [
        ("a.b = 1\nc = 1\n", "c = 1\n", true),
        ("[a]\nb = 1\n", "[a]\n", true),
        ("a.b = 1\n", "a.b = 1\n", false),
        ("a.b = 1\na.c = 1\n", "", false),
        ("a.b = 1\nc = 1\n", "", false),
        ("a.b = 1\n", "c = 1\n", false),
        ("a.b = 1\n", "a.c = 1\n", false),
    ];
    check(&["a", "b"], Expected::Gone, &rows);
    let rows = [
        ("a = [{x=1}, {x=2}, {x=3}]\n", "a = [{x=1}, {x=3}]\n", true),
        ("a = [{x=1}, {x=2}, {x=3}]\n", "a = [{x=1}, {x=2}]\n", false),
        ("a = [{x=1}, {x=2}]\n", "a = [{x=1}, {x=2}]\n", false),
        ("a = [{x=1}, {x=2}]\n", "", false),
        ("a = [{x=1}]\n", "", false),
    ];
    check(&["a"], Expected::Without(&[1]), &rows);
    let rows = [
        ("a = [{x=1}, {x=2}, {x=3}]\n", "a = [{x=2}]\n", true),
        ("a = [{x=1}, {x=2}, {x=3}]\n", "a = [{x=1}]\n", false),
        ("a = [{x=1}, {x=2}, {x=3}]\n", "a = [{x=2}, {x=3}]\n", false),
        ("a = [{x=1}, {x=2}]\n", "a = [{x=2}]\n", false),
    ];
    check(&["a"], Expected::Without(&[0, 2]), &rows);
}

#[test]
fn what_is_renamed_is_the_same_under_its_new_name() {
    let rows = [
        ("a.b = 1\na.c = 1\n", "a.d = 1\na.c = 1\n", true),
        ("a.b = 1\n", "a.d = 2\n", false),
        ("a.b = 1\n", "a.b = 1\na.d = 1\n", false),
        ("a.b = 1\na.c = 1\n", "a.d = 1\n", false),
        ("a.b = 1\n", "a.b = 1\n", false),
        ("a.b = 1\n", "", false),
    ];
    check(&["a", "b"], Expected::Renamed("d"), &rows);
}

#[test]
fn what_is_added_is_there_and_all_else_is_as_before() {
    let value = Value::Table(vec![("b".to_owned(), Value::Integer(1))]);
    let rows = [
        ("c = 1\n", "c = 1\n[[a]]\nb = 1\n[[a]]\nb = 1\n", true),
        ("c = 1\n", "c = 1\n[[a]]\nb = 1\n", false),
        ("c = 1\n", "c = 1\n[[a]]\nb = 1\n[[a]]\nb = 2\n", false),
        ("c = 1\n", "c = 1\n[[a]]\nb = 1\n[[a]]\nb = 1\n[[a]]\n", false),
        ("c = 1\n", "c = 2\n[[a]]\nb = 1\n[[a]]\nb = 1\n", false),
        ("c = 1\n", "[[a]]\nb = 1\n[[a]]\nb = 1\n", false),
    ];
    let added = [0, 1].map(|at| (Step::Index(at), value.clone()));
    check(&["a"], Expected::Added(&added), &rows);
    let rows = [
        ("[a.x]\nb = 2\n", "[a.x]\nb = 2\n[a.y]\nb = 1\n[a.z]\nb = 1\n", true),
        ("", "[a.y]\nb = 1\n[a.z]\nb = 1\n", true),
        ("[a.y]\nb = 1\n", "[a.y]\nb = 1\n[a.z]\nb = 1\n", false),
        ("[a.x]\nb = 2\n", "[a.x]\nb = 1\n[a.y]\nb = 1\n[a.z]\nb = 1\n", false),
        ("[a.x]\nb = 2\n", "[a.y]\nb = 1\n[a.z]\nb = 1\n", false),
    ];
    let added = ["y", "z"].map(|name| (Step::Key(name), value.clone()));
    check(&["a"], Expected::Added(&added), &rows);
}
