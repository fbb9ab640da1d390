//! `Cells`: the values of one row, as PostgreSQL writes them.

use crate::extent::Extent;
use serde::de::{Deserializer as _, MapAccess, Visitor};

/// The values of one row; none is NULL. One is used for all rows, so that a row costs no memory.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    text: String,
    /// Where each value ends in `text`, and whether it is NULL.
    ends: Vec<(usize, bool)>,
}

impl Cells {
    /// Takes away all values.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Adds a value.
    pub fn push(&mut self, value: Option<&str>) {
        self.text.push_str(value.unwrap_or_default());
        self.ends.push((self.text.len(), value.is_none()));
    }

    /// Returns how many values there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns a value.
    pub fn get(&self, at: usize) -> Option<&str> {
        let (end, is_null) = *self.ends.get(at)?;
        let start = at
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .map_or(0, |(end, _)| *end);
        if is_null {
            None
        } else {
            self.text.get(start..end)
        }
    }

    /// Returns the values in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        (0..self.len()).map(|at| self.get(at))
    }

    /// Reads a row from the beginning of `bytes` if it is written as the server writes one: without
    /// white space, with the names that are asked for in their order. Returns its length; none where it
    /// is written otherwise or is not whole, which [`Cells::read`] finds out.
    pub fn read_ahead(&mut self, bytes: &[u8], names: &[String]) -> Option<usize> {
        self.clear();
        let mut rest = bytes.strip_prefix(b"{")?;
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                rest = rest.strip_prefix(b",")?;
            }
            rest = rest
                .strip_prefix(b"\"")?
                .strip_prefix(name.as_bytes())?
                .strip_prefix(b"\":")?;
            if let Some(after) = rest.strip_prefix(b"null") {
                self.push(None);
                rest = after;
                continue;
            }
            let text = rest.strip_prefix(b"\"")?;
            let end = memchr::memchr2(b'"', b'\\', text)?;
            if text[end] == b'"' {
                self.push(Some(std::str::from_utf8(&text[..end]).ok()?));
                rest = &text[end + 1..];
                continue;
            }
            let length = Extent::default().end(rest)?;
            let text: String = serde_json::from_slice(&rest[..length]).ok()?;
            self.push(Some(&text));
            rest = &rest[length..];
        }
        rest = rest.strip_prefix(b"}")?;
        Some(bytes.len() - rest.len())
    }

    /// Reads a row whose members are texts and nulls, with the names that are asked for, in their
    /// order; returns whether it is one.
    pub fn read(&mut self, row: &[u8], names: &[String]) -> bool {
        self.clear();
        let mut document = serde_json::Deserializer::from_slice(row);
        let members = Members { cells: self, names };
        document.deserialize_map(members).is_ok()
            && document.end().is_ok()
            && self.len() == names.len()
    }
}

/// The members of a row.
struct Members<'c> {
    cells: &'c mut Cells,
    names: &'c [String],
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the values that were asked for")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = self.names.iter();
        while let Some(name) = map.next_key::<&str>()? {
            if names.next().is_none_or(|asked| asked != name) {
                return Err(serde::de::Error::custom("another row"));
            }
            map.next_value_seed(Item(self.cells))?;
        }
        Ok(())
    }
}

/// One item: a text or null.
struct Item<'c>(&'c mut Cells);

impl<'de> serde::de::DeserializeSeed<'de> for Item<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, item: D) -> Result<(), D::Error> {
        item.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Item<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text or null")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        self.0.push(None);
        Ok(())
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, item: D) -> Result<(), D::Error> {
        item.deserialize_str(self)
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.push(Some(text));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Cells;

    #[test]
    fn a_row_has_the_texts_and_nulls_that_were_asked_for() {
        let names = ["c1".to_owned(), "c2".to_owned()];
        let mut cells = Cells::default();
        for (row, expected) in [
            (r#"{"c1":"1","c2":null}"#, Some([Some("1"), None])),
            (
                r#" { "c1" : "" , "c2" : "a\"b\n\u00e9" } "#,
                Some([Some(""), Some("a\"b\né")]),
            ),
            (r#"{"c1":null,"c2":"x"}"#, Some([None, Some("x")])),
            (r#"{"c1":1,"c2":null}"#, None),
            (r#"{"c2":null,"c1":"1"}"#, None),
            (r#"{"c1":"1"}"#, None),
            (r#"{"c1":"1","c2":"2","c3":"3"}"#, None),
            (r#"{"c1":["1"],"c2":null}"#, None),
            (r#"{"c1":"1","c2":null}x"#, None),
            (r"{}", None),
            (r"1", None),
        ] {
            let read = cells.read_ahead(row.as_bytes(), &names);
            assert!(
                read.is_none_or(|length| expected.is_some() || length < row.len()),
                "{row}"
            );
            if let (Some(_), Some(expected)) = (read, &expected) {
                assert_eq!(cells.iter().collect::<Vec<_>>(), expected, "{row}");
            }
            let read = cells.read(row.as_bytes(), &names);
            assert_eq!(read, expected.is_some(), "{row}");
            if let Some(expected) = expected {
                assert_eq!(cells.iter().collect::<Vec<_>>(), expected, "{row}");
            }
        }
    }

    /// What is not whole is no row, wherever it ends.
    #[test]
    fn a_row_that_is_cut_is_none() {
        let names = ["c1".to_owned(), "c2".to_owned()];
        let row = r#"{"c1":"a\\\"b","c2":"é"}"#;
        let mut cells = Cells::default();
        assert_eq!(cells.read_ahead(row.as_bytes(), &names), Some(row.len()));
        assert_eq!(
            cells.iter().collect::<Vec<_>>(),
            [Some("a\\\"b"), Some("é")]
        );
        for end in 0..row.len() {
            let cut = row.as_bytes().get(..end).unwrap();
            assert_eq!(cells.read_ahead(cut, &names), None, "{end}");
            assert!(!cells.read(cut, &names), "{end}");
        }
    }
}
