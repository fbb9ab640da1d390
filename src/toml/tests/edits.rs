//! Edits side by side: the text before, the operation, the text after.
//!
//! A row is one line, however long, so the functions are not formatted.

use super::super::edit::{EditError, append_table, set, unset};
use super::super::value::Value;
use super::operation::run;

/// Checks rows of before, operation and after; `=` is no change, `!` an error.
#[track_caller]
fn check(rows: &[(&str, &str, &str)]) {
    for (before, operation, after) in rows {
        assert_eq!(run(before, operation), *after, "{operation} on {before:?}");
    }
}

#[test]
#[rustfmt::skip]
fn values_are_replaced_in_place() {
    check(&[
        ("a = 1\n", "set a = 2", "a = 2\n"),
        ("  a\t=  'x'   # why\r\nb=1", "set a = \"y\"", "  a\t=  \"y\"   # why\r\nb=1"),
        ("\u{feff}a = 1", "set a = 2", "\u{feff}a = 2"),
        ("a = \"\"\"\nx\n y\"\"\" # c\n", "set a = 1", "a = 1 # c\n"),
        ("a = [\n  1, # one\n  2,\n]\nb = 1\n", "set a = [3]", "a = [3]\nb = 1\n"),
        ("a = '''\n'''\n", "set a = true", "a = true\n"),
        ("\"a b\".'c' = 1\n", "set \"a b\".c = 2", "\"a b\".'c' = 2\n"),
        ("a . b = 1\n", "set a.b = 2", "a . b = 2\n"),
        ("a = { b = 1 , c=2 }\n", "set a.c = 3", "a = { b = 1 , c=3 }\n"),
        ("a = { b.c = 1 }\n", "set a.b.c = 2", "a = { b.c = 2 }\n"),
        ("a = { b = { c = 1 } }\n", "set a.b.c = 2", "a = { b = { c = 2 } }\n"),
        ("[a]\nx = 1\n[b]\nx = 1\n", "set b.x = 2", "[a]\nx = 1\n[b]\nx = 2\n"),
        ("[a.b]\nx=1\n[a]\nb2=1\n", "set a.b.x = 2", "[a.b]\nx=2\n[a]\nb2=1\n"),
        ("a = { command = ['x'] }\n", "set a = \"k\"", "a = \"k\"\n"),
        ("a = \"k\"\n", "set a = { env = 'N' }", "a = { env = \"N\" }\n"),
        ("a = 1979-05-27\n", "set a = 1", "a = 1\n"),
        ("a = nan\nb = 1\n", "set b = 2", "a = nan\nb = 2\n"),
    ]);
}

#[test]
#[rustfmt::skip]
fn an_equal_value_writes_nothing() {
    check(&[
        ("a = 1\n", "set a = 1", "="),
        ("a = 'x'\n", "set a = \"x\"", "="),
        ("a = 0x1_0\n", "set a = 16", "="),
        ("a = +1\n", "set a = 1", "="),
        ("a = \"\\u0041\"\n", "set a = \"A\"", "="),
        ("a = \"\"\"\r\nx\"\"\"\n", "set a = \"x\"", "="),
        ("a = [ 1,\n 2, ]\n", "set a = [1, 2]", "="),
        ("a = {x=1,y='z'}\n", "set a = { y = \"z\", x = 1 }", "="),
        ("[a]\nx = 1\n", "set a = { x = 1 }", "="),
        ("a = 1.0\n", "set a = 1", "a = 1\n"),
        ("a = 'true'\n", "set a = true", "a = true\n"),
    ]);
}

#[test]
#[rustfmt::skip]
fn strings_and_keys_are_written_plainly() {
    check(&[
        ("", "set a = \"x\"", "a = \"x\"\n"),
        ("", "set a = \"é ü\"", "a = \"é ü\"\n"),
        ("", "set a = 'say \"x\"'", "a = 'say \"x\"'\n"),
        ("", "set a = 'C:\\dir'", "a = 'C:\\dir'\n"),
        ("", "set a = \"it's\"", "a = \"it's\"\n"),
        ("", "set a = \"it's \\\"x\\\"\"", "a = \"it's \\\"x\\\"\"\n"),
        ("", "set a = \"\\\\ \\t\\n\\r\\b\\f\\u0000\\u007f\"", "a = \"\\\\ \\t\\n\\r\\b\\f\\u0000\\u007F\"\n"),
        ("", "set a = \"\"", "a = \"\"\n"),
        ("", "set a = []", "a = []\n"),
        ("", "set a = {}", "a = {}\n"),
        ("", "set a = -9223372036854775808", "a = -9223372036854775808\n"),
        ("", "set \"a b\" = 1", "\"a b\" = 1\n"),
        ("", "set \"\" = 1", "\"\" = 1\n"),
        ("", "set 'a\"b' = 1", "'a\"b' = 1\n"),
        ("", "set \"é\" = 1", "\"é\" = 1\n"),
        ("", "set \"a.b\".c-d_1 = 1", "[\"a.b\"]\nc-d_1 = 1\n"),
    ]);
}

#[test]
#[rustfmt::skip]
fn a_new_key_goes_behind_its_neighbours() {
    check(&[
        ("a = 1\n", "set b = 2", "a = 1\nb = 2\n"),
        ("a = 1", "set b = 2", "a = 1\nb = 2"),
        ("x = 1\r\na = 1", "set b = 2", "x = 1\r\na = 1\r\nb = 2"),
        ("a = 1\r\n", "set b = 2", "a = 1\r\nb = 2\r\n"),
        // The ending of the neighbour counts, not that of the file.
        ("a = 1\nb = 2\r\nc = 3\n", "set d = 4", "a = 1\nb = 2\r\nc = 3\nd = 4\n"),
        ("a = 1\nb = 2\r\n[t]\n", "set c = 3", "a = 1\nb = 2\r\nc = 3\r\n[t]\n"),
        ("\ta = 1 # x\n", "set b = 2", "\ta = 1 # x\n\tb = 2\n"),
        ("a = '''\n[t]\n'''\n[t]\n", "set b = 2", "a = '''\n[t]\n'''\nb = 2\n[t]\n"),
        ("[t]\n  a = 1\n\n[u]\n", "set t.b = 2", "[t]\n  a = 1\n  b = 2\n\n[u]\n"),
        ("[t]\na = 1\n# end\n\n[u]\n", "set t.b = 2", "[t]\na = 1\nb = 2\n# end\n\n[u]\n"),
        ("[t]\n[u]\n", "set t.b = 2", "[t]\nb = 2\n[u]\n"),
        ("  [t] # c\n# d\n", "set t.b = 2", "  [t] # c\n  b = 2\n# d\n"),
        ("[t]", "set t.b = 2", "[t]\nb = 2"),
        ("[t.u]\nx = 1\n[t]\na = 1\n", "set t.b = 2", "[t.u]\nx = 1\n[t]\na = 1\nb = 2\n"),
    ]);
}

#[test]
#[rustfmt::skip]
fn the_first_key_of_the_document_goes_to_the_top() {
    check(&[
        ("", "set a = 1", "a = 1\n"),
        ("\u{feff}", "set a = 1", "\u{feff}a = 1\n"),
        ("\u{feff}[t]\n", "set a = 1", "\u{feff}a = 1\n\n[t]\n"),
        ("[t]\nx = 1\n", "set a = 1", "a = 1\n\n[t]\nx = 1\n"),
        ("[t]\r\n", "set a = 1", "a = 1\r\n\r\n[t]\r\n"),
        ("# about t\n[t]\n", "set a = 1", "a = 1\n\n# about t\n[t]\n"),
        ("# file\n\n[t]\n", "set a = 1", "# file\n\na = 1\n\n[t]\n"),
        ("# file\n\n# about t\n[t]\n", "set a = 1", "# file\n\na = 1\n\n# about t\n[t]\n"),
        ("# file\n", "set a = 1", "# file\na = 1\n"),
        ("# file", "set a = 1", "# file\na = 1"),
        ("# file\n\n", "set a = 1", "# file\n\na = 1\n"),
        ("\n", "set a = 1", "a = 1\n\n\n"),
    ]);
}

#[test]
#[rustfmt::skip]
fn a_missing_table_goes_to_the_end() {
    check(&[
        ("", "set a.b = 1", "[a]\nb = 1\n"),
        ("x = 1\n", "set a.b = 1", "x = 1\n\n[a]\nb = 1\n"),
        ("x = 1", "set a.b = 1", "x = 1\n\n[a]\nb = 1"),
        ("x = 1\r\n", "set a.b.c = 1", "x = 1\r\n\r\n[a.b]\r\nc = 1\r\n"),
        ("# only", "set a.b = 1", "# only\n\n[a]\nb = 1"),
        ("[a.b]\nx = 1\n", "set a.y = 2", "[a.b]\nx = 1\n\n[a]\ny = 2\n"),
        ("[a]\nx = 1\n", "set a.b.c = 2", "[a]\nx = 1\n\n[a.b]\nc = 2\n"),
        ("[[a]]\nx = 1\n", "set b.c = 2", "[[a]]\nx = 1\n\n[b]\nc = 2\n"),
    ]);
}

#[test]
#[rustfmt::skip]
fn dotted_and_inline_tables_keep_their_form() {
    check(&[
        ("a.b = 1\nz = 1\n", "set a.c = 2", "a.b = 1\na.c = 2\nz = 1\n"),
        (" \"a\" . b.x = 1\n", "set a.b.y = 2", " \"a\" . b.x = 1\n \"a\" . b.y = 2\n"),
        ("a.b = 1\nz = 1\na.c = 2\n", "set a.d = 3", "a.b = 1\nz = 1\na.c = 2\na.d = 3\n"),
        ("a.b = 1\n", "set a.c.d = 2", "a.b = 1\na.c.d = 2\n"),
        ("[t]\na.b = 1\n[u]\n", "set t.a.c = 2", "[t]\na.b = 1\na.c = 2\n[u]\n"),
        ("a = {}\n", "set a.b = 1", "a = { b = 1 }\n"),
        ("a = { b = 1 }\n", "set a.c = 2", "a = { b = 1, c = 2 }\n"),
        ("a = {b=1,c=2} # x\n", "set a.d = 3", "a = {b=1,c=2,d = 3} # x\n"),
        ("a = { b = 1, }\n", "set a.c = 2", "a = { b = 1, c = 2, }\n"),
        ("a = { b = 1 }\n", "set a.c.d = 2", "a = { b = 1, c.d = 2 }\n"),
        ("a = { b.c = 1 }\n", "set a.b.d = 2", "a = { b.c = 1, b.d = 2 }\n"),
        ("a = {\n  b = 1, # x\n}\n", "set a.c = 2", "a = {\n  b = 1, # x\n  c = 2,\n}\n"),
        ("a = {\r\n\tb = 1 # x\r\n}", "set a.c = 2", "a = {\r\n\tb = 1, # x\r\n\tc = 2\r\n}"),
        ("a = {\n  # none\n}\n", "set a.b = 1", "a = {\n  # none\n  b = 1\n}\n"),
        ("a = [{ b = 1 }]\n", "set a[0] c = 2", "a = [{ b = 1, c = 2 }]\n"),
    ]);
}

#[test]
#[rustfmt::skip]
fn a_key_goes_with_its_line() {
    check(&[
        ("a = 1\nb = 2\n", "unset a", "b = 2\n"),
        ("a = 1\nb = 2 # x\nc = 3\n", "unset b", "a = 1\nc = 3\n"),
        ("# about a\na = 1\nb = 2\n", "unset a", "# about a\nb = 2\n"),
        ("a = 1\nb = 2", "unset b", "a = 1"),
        ("a = 1\r\nb = 2", "unset b", "a = 1"),
        ("a = 1\nb = 2", "unset a", "b = 2"),
        ("a = 1", "unset a", ""),
        ("\u{feff}a = 1\r\n", "unset a", "\u{feff}"),
        ("a = [\n 1, # x\n] # y\nb = 2\n", "unset a", "b = 2\n"),
        ("a = \"\"\"\n\nx\"\"\"\nb = 2\n", "unset a", "b = 2\n"),
        ("a.b.c = 1\nx = 1\n", "unset a.b.c", "x = 1\n"),
        ("a = 1\n\n[t]\n", "unset a", "[t]\n"),
        // The comment would else be about the table.
        ("# about a\na = 1\n\n[t]\n", "unset a", "# about a\n\n[t]\n"),
        ("a = { b = 1, c = 2, d = 3 }\n", "unset a.b", "a = { c = 2, d = 3 }\n"),
        ("a = { b = 1, c = 2, d = 3 }\n", "unset a.c", "a = { b = 1, d = 3 }\n"),
        ("a = { b = 1, c = 2, d = 3 }\n", "unset a.d", "a = { b = 1, c = 2 }\n"),
        ("a = {b=1, c=2}\n", "unset a.b", "a = {c=2}\n"),
        ("a = { b = 1, c = 2, }\n", "unset a.c", "a = { b = 1, }\n"),
        ("a = {\n b = 1, # x\n c = 2 # y\n}\n", "unset a.c", "a = {\n b = 1 # x\n}\n"),
        ("a = {\n b = 1, # x\n c = 2 # y\n}\n", "unset a.b", "a = {\n c = 2 # y\n}\n"),
        ("a = { b = 1, # x\n c = 2 }\n", "unset a.c", "a = { b = 1 # x\n }\n"),
        ("a = { b = 1 }\nc = 1\n", "unset a.b", "c = 1\n"),
        ("a = { b = 1 } # note\n", "unset a.b", "a = {} # note\n"),
        ("# note\na = { b = 1 }\n", "unset a.b", "# note\na = {}\n"),
        ("a = {\n # note\n b = 1\n}\n", "unset a.b", "a = {\n # note\n}\n"),
        ("a = { b.c = 1 }\n", "unset a.b.c", "a = {}\n"),
        ("a = { b.c = 1}\n", "unset a.b.c", "a = { }\n"),
        ("a = { b = { c = 1 } }\nd = 1\n", "unset a.b.c", "d = 1\n"),
        ("a = { b.x = 1, c = 2, b.y = 3 }\n", "unset a.b", "a = { c = 2 }\n"),
    ]);
}

#[test]
#[rustfmt::skip]
fn a_table_goes_with_its_last_key() {
    check(&[
        ("[t]\na = 1\n", "unset t.a", ""),
        ("x = 1\n\n[t]\na = 1\n", "unset t.a", "x = 1\n"),
        ("x = 1\n\n[t]\na = 1", "unset t.a", "x = 1"),
        ("x = 1\n\n[t]\na = 1\n\n[u]\nb = 1\n", "unset t.a", "x = 1\n\n[u]\nb = 1\n"),
        ("[t]\na = 1\n\n[u]\nb = 1\n", "unset t.a", "[u]\nb = 1\n"),
        ("[t]\na = 1 # x\nb = 2\n", "unset t.a", "[t]\nb = 2\n"),
        ("# about t\n[t]\na = 1\n", "unset t.a", "# about t\n[t]\n"),
        ("[t] # about t\na = 1\n", "unset t.a", "[t] # about t\n"),
        ("[t]\n# about a\na = 1\n", "unset t.a", "[t]\n# about a\n"),
        ("[t]\na = 1\n\n# about u\n[u]\n", "unset t.a", "# about u\n[u]\n"),
        ("[t]\na = 1\n# whose\n[u]\n", "unset t.a", "[t]\n# whose\n[u]\n"),
        ("[t.u]\nb = 1\n\n[t]\na = 1\n", "unset t.a", "[t.u]\nb = 1\n"),
        ("[t]\na = 1\n[t.u]\nb = 1\n", "unset t.a", "[t]\n[t.u]\nb = 1\n"),
        ("[[t]]\na = 1\n", "unset t[0] a", "[[t]]\n"),
    ]);
}

#[test]
#[rustfmt::skip]
fn a_whole_table_goes_wherever_it_stands() {
    check(&[
        ("[p.a]\nx = 1\n\n[p.b]\nx = 1\n", "unset p.a", "[p.b]\nx = 1\n"),
        ("[p.a]\nx = 1\n\n[p.b]\nx = 1\n", "unset p.b", "[p.a]\nx = 1\n"),
        ("[p.a]\nx = 1\n[q]\n[p.a.s]\n[[p.a.l]]\ny = 1\n", "unset p.a", "[q]\n"),
        ("p.a.x = 1\nz = 1\np.a.y = 2\n", "unset p.a", "z = 1\n"),
        ("p.a.x = 1\nz = 1\n\n[p.a.s]\ny = 2\n", "unset p.a", "z = 1\n"),
        ("[p]\na.x = 1\nb.x = 1\n", "unset p.a", "[p]\nb.x = 1\n"),
        ("p = { a = { x = 1 }, b = {} }\n", "unset p.a", "p = { b = {} }\n"),
        ("# a\n[p.a]\n# in\nx = 1\n\n# b\n[p.b]\n", "unset p.a", "# a\n\n# b\n[p.b]\n"),
        ("[p.a]\nx = 1\n# b\n[p.b]\n", "unset p.a", "# b\n[p.b]\n"),
        ("[p.a]\nx = 1\n# in\n\n[p.b]\n", "unset p.a", "[p.b]\n"),
        ("[[l]]\nx = 1\n\n[[l]]\n\n[z]\n", "unset l", "[z]\n"),
        ("[p.a]\r\nx = 1\r\n\r\n[z]", "unset p", "[z]"),
        ("z = 1\r\n\r\n[p.a]\r\nx = 1", "unset p", "z = 1"),
    ]);
}

#[test]
#[rustfmt::skip]
fn tables_of_an_array_come_and_go() {
    const TWO: &str = "[[c]]\nu = 'a'\nk = 1\n\n# second\n[[c]]\nu = 'b'\n# off\n";
    check(&[
        ("", "append c { u = \"a\", k = 1 }", "[[c]]\nu = \"a\"\nk = 1\n"),
        ("x = 1", "append c { u = \"a\" }", "x = 1\n\n[[c]]\nu = \"a\""),
        ("[[c]]\r\n", "append c { u = 1 }", "[[c]]\r\n\r\n[[c]]\r\nu = 1\r\n"),
        ("[[c]]\n[c.d]\n", "append c { u = 1 }", "[[c]]\n[c.d]\n\n[[c]]\nu = 1\n"),
        ("", "append \"c d\" {}", "[[\"c d\"]]\n"),
        ("c = []\n", "append c { u = 1 }", "c = [{ u = 1 }]\n"),
        ("c = [\n  {u=1},\n]\n", "append c { u = 2 }", "c = [\n  {u=1},\n  { u = 2 },\n]\n"),
        (TWO, "set c[0] k = 2", "[[c]]\nu = 'a'\nk = 2\n\n# second\n[[c]]\nu = 'b'\n# off\n"),
        (TWO, "set c[1] k = 2", "[[c]]\nu = 'a'\nk = 1\n\n# second\n[[c]]\nu = 'b'\nk = 2\n# off\n"),
        (TWO, "set c[1] u = \"b\"", "="),
        (TWO, "unset c[0] k", "[[c]]\nu = 'a'\n\n# second\n[[c]]\nu = 'b'\n# off\n"),
        (TWO, "remove c[0]", "# second\n[[c]]\nu = 'b'\n# off\n"),
        (TWO, "remove c[1]", "[[c]]\nu = 'a'\nk = 1\n"),
        ("# file\n[[c]]\nu = 1\n", "remove c[0]", "# file\n"),
        ("x = 1\n# whose\n[[c]]\nu = 1\n", "remove c[0]", "x = 1\n# whose\n"),
        ("# file\n\n[[c]]\nu = 1\n\n[[c]]\nu = 2\n", "remove c[0]", "# file\n\n[[c]]\nu = 2\n"),
        ("[[c]]\nu = 1\n[c.d]\nx = 1\n[[c]]\n", "remove c[0]", "[[c]]\n"),
        ("[[c]]\nu = 1\n[[c]]\n[c.d]\nx = 1\n", "remove c[1]", "[[c]]\nu = 1\n"),
        ("c = [{ u = 1 }, { u = 2 }]\n", "remove c[0]", "c = [{ u = 2 }]\n"),
        ("c = [{ u = 1 }, { u = 2 }]\n", "remove c[1]", "c = [{ u = 1 }]\n"),
        ("c = [{ u = 1 }]\n", "remove c[0]", "c = []\n"),
    ]);
}

#[test]
#[rustfmt::skip]
fn a_rename_reaches_every_mention() {
    check(&[
        ("[p.a]\nx = 1\n", "rename p.a -> p.b", "[p.b]\nx = 1\n"),
        ("p.'a'.x = 1 # a\n[ p . \"a\" . s ]\n[[p.a.l]]\n[p.a.l.m]\n", "rename p.a -> p.b", "p.b.x = 1 # a\n[ p . b . s ]\n[[p.b.l]]\n[p.b.l.m]\n"),
        ("p = { a = { a = 1 } }\n", "rename p.a -> p.b", "p = { b = { a = 1 } }\n"),
        ("a = 'a'\n", "rename a -> \"b c\"", "\"b c\" = 'a'\n"),
        ("[[a]]\n[a.b]\n[[a]]\n", "rename a -> c", "[[c]]\n[c.b]\n[[c]]\n"),
        ("[p.a]\n[p.b]\n", "rename p.a -> p.b", "!`p.b` is there already"),
        ("[p.a]\n", "rename p.a -> p.a", "="),
        ("[p.a]\n", "rename p.c -> p.b", "!there is no such key"),
        ("[p.a]\n", "rename p.a -> q.a", "!a key cannot be renamed into another table"),
    ]);
}

#[test]
#[rustfmt::skip]
fn refusals_name_the_part_of_the_path() {
    check(&[
        ("a = 1\n", "set a.b = 1", "!`a` is not a table"),
        ("a.b = 1\n", "set a.b.c.d = 1", "!`a.b` is not a table"),
        ("a = [1]\n", "set a.b = 1", "!`a` is not a table"),
        ("[[a]]\n", "set a.b = 1", "!`a` is not a table"),
        ("[a]\nb = 1\n", "set a = 1", "!`a` is a table"),
        ("a.b.c = 1\n", "set a.b = 1", "!`a.b` is a table"),
        ("[[a]]\n", "set a = 1", "!`a` is a table"),
        ("a = 1\n", "unset b", "!there is no such key"),
        ("a = 1\n", "unset a.b", "!there is no such key"),
        ("[[a]]\n", "set a[1] k = 1", "!there is no such key"),
        ("", "set a[0] k = 1", "!there is no such key"),
        ("[a]\n", "set a[0] k = 1", "!`a` is not an array of tables"),
        ("a = [1]\n", "set a[0] k = 1", "!`a[0]` is not a table"),
        ("[[a]]\n", "unset a[0] k", "!there is no such key"),
        ("[[a]]\n", "remove a[1]", "!there is no such key"),
        ("a = 1\n", "remove a[0]", "!`a` is not an array of tables"),
        ("a = 1\n", "append a { b = 1 }", "!`a` is not an array of tables"),
        ("a = [1]\n", "append a { b = 1 }", "!`a` is not an array of tables"),
        ("[a]\n", "append a { b = 1 }", "!`a` is not an array of tables"),
    ]);
    let twice = [("b", Value::Bool(true)), ("b", Value::Bool(false))];
    assert_eq!(append_table("", "a", &twice), Err(EditError::Mismatch));
    assert_eq!(set("a = 1", &[], &Value::Bool(true)), Err(EditError::IsTable { path: String::new() }));
    assert_eq!(unset("a = 1", &[]), Err(EditError::NotThere));
}
