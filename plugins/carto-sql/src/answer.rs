//! Reads an answer of the SQL API while it comes, row by row, and believes it only when it is whole.
//!
//! # Why
//! The server begins with the rows. An error that comes later keeps status 200: the rows end, and an
//! `error` follows. A connection that is cut leaves half a document. So the end of the document is what
//! makes an answer good, and the number of rows that the server says it sent.

use std::fmt;
use std::io::{BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::client::server_error;
use crate::failure::{Class, Failure, plain};

/// One row, as the server has it.
pub type RawRow = Map<String, Value>;

/// What an answer says besides its rows.
#[derive(Clone, Debug, Default)]
pub struct Rest {
    /// The columns with what the server knows of each, in their order.
    pub fields: Map<String, Value>,
    /// How many rows there were, or were changed.
    pub total_rows: Option<u64>,
    /// The error, with what belongs to it.
    error: Map<String, Value>,
}

/// Reads an answer to its end; each row is handed over as it comes.
///
/// # Errors
/// The answer is not whole, says that the query failed, or a row is not taken.
pub fn read(
    body: impl Read,
    sql: &str,
    take: &mut dyn FnMut(RawRow) -> Result<(), Failure>,
) -> Result<Rest, Failure> {
    let mut reading = Reading {
        take,
        count: 0,
        rest: Rest::default(),
        stopped: None,
    };
    let mut document =
        serde_json::Deserializer::from_reader(BufReader::with_capacity(64 * 1024, body));
    let read = document
        .deserialize_map(&mut reading)
        .and_then(|()| document.end());
    if let Some(stopped) = reading.stopped {
        return Err(stopped);
    }
    if reading.rest.error.contains_key("error") {
        return Err(server_error(Some(&Value::Object(reading.rest.error)), sql));
    }
    let rows = |count: u64| {
        if count == 1 {
            "1 row".to_owned()
        } else {
            format!("{count} rows")
        }
    };
    if let Err(error) = read {
        let what = format!("the answer is cut after {}", rows(reading.count));
        return Err(Failure::new(Class::Network, what).note(plain(&error.to_string())));
    }
    match reading.rest.total_rows {
        Some(total) if reading.count > 0 && total != reading.count => {
            let what = format!(
                "the server has sent {} of {}",
                rows(reading.count),
                rows(total)
            );
            Err(Failure::new(Class::Network, what))
        }
        _ => Ok(reading.rest),
    }
}

struct Reading<'a> {
    take: &'a mut dyn FnMut(RawRow) -> Result<(), Failure>,
    count: u64,
    rest: Rest,
    /// Why a row was not taken.
    stopped: Option<Failure>,
}

impl<'de> Visitor<'de> for &mut Reading<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer of the SQL API")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "rows" => map.next_value_seed(&mut *self)?,
                "fields" => self.rest.fields = map.next_value()?,
                "total_rows" => self.rest.total_rows = map.next_value::<Value>()?.as_u64(),
                "error" | "hint" | "detail" => {
                    let value = map.next_value()?;
                    self.rest.error.insert(name, value);
                }
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<RawRow>()? {
            self.count += 1;
            if let Err(failure) = (self.take)(row) {
                self.stopped = Some(failure);
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Reading<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, rows: D) -> Result<(), D::Error> {
        rows.deserialize_seq(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"rows":[{"a":1,"b":"x"},{"a":12345678901234567890,"b":null}],"time":0.01,"fields":{"a":{"type":"number","pgtype":"int8"},"b":{"type":"string","pgtype":"text"}},"total_rows":2}"#;

    fn read_text(text: &str) -> (Result<Rest, Failure>, Vec<RawRow>) {
        let mut rows = Vec::new();
        let rest = read(text.as_bytes(), "SELECT", &mut |row| {
            rows.push(row);
            Ok(())
        });
        (rest, rows)
    }

    #[test]
    fn a_whole_answer_is_read_with_its_numbers_as_they_are() {
        let (rest, rows) = read_text(WHOLE);
        let rest = rest.unwrap();
        assert_eq!(rest.total_rows, Some(2));
        assert_eq!(rest.fields.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(rows[1]["a"].to_string(), "12345678901234567890");
    }

    /// Wherever an answer ends too early, it is no success.
    #[test]
    fn an_answer_that_is_cut_at_any_byte_fails() {
        for end in 0..WHOLE.len() {
            let (rest, _) = read_text(&WHOLE[..end]);
            let failure = rest.unwrap_err();
            assert_eq!(failure.exit_code(), 6, "{end}: {failure}");
            assert!(
                failure.to_string().starts_with("the answer is cut after "),
                "{failure}"
            );
        }
        assert!(read_text(&format!("{WHOLE} ")).0.is_ok());
        assert!(read_text(&format!("{WHOLE}x")).0.is_err());
    }

    #[test]
    fn an_error_behind_the_rows_fails_though_the_status_was_good() {
        let text = r#"{"rows":[{"a":1}],"error":["division by zero"],"hint":"h"}"#;
        let (rest, rows) = read_text(text);
        let failure = rest.unwrap_err();
        assert_eq!((failure.exit_code(), rows.len()), (1, 1));
        assert_eq!(
            failure.lines().collect::<Vec<_>>(),
            ["division by zero", "note: hint: h"]
        );
        // Also where the document ends there.
        let (rest, _) = read_text(r#"{"rows":[{"a":1}],"error":["division by zero"]"#);
        assert_eq!(rest.unwrap_err().exit_code(), 1);
    }

    #[test]
    fn rows_that_are_missing_are_counted() {
        let (rest, _) = read_text(r#"{"rows":[{"a":1}],"total_rows":3}"#);
        assert_eq!(
            rest.unwrap_err().to_string(),
            "the server has sent 1 row of 3 rows"
        );
        // A statement that changes rows sends none.
        assert!(read_text(r#"{"rows":[],"total_rows":3}"#).0.is_ok());
    }
}
