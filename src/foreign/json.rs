//! A JSON object as it is written, with names that are given twice.
//!
//! # Why
//! `serde_json::Value` keeps the last of two equal names and says nothing. Other readers keep the
//! first, so a file with two keys would mean different accounts to different programs.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::read_error::ReadError;

/// A JSON value. No known field is a number or an array, so their contents are dropped, and two
/// of them compare equal. It derives no `Debug`: any text may be a secret.
#[derive(PartialEq)]
pub(super) enum JsonNode {
    Null,
    Bool(bool),
    Text(String),
    Object(Object),
    Other,
}

/// The names and values of an object in the order of the text; a name may stand more than once.
#[derive(PartialEq)]
pub(super) struct Object(pub(super) Vec<(String, JsonNode)>);

impl Object {
    /// Whether a name is there, whatever its value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// Returns every value of a name.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a JsonNode> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, node)| node)
    }
}

/// Parses a text that must be one object; the error has the place and nothing of the text.
pub(super) fn parse_object(text: &str) -> Result<Object, ReadError> {
    match serde_json::from_str::<JsonNode>(text) {
        Ok(JsonNode::Object(object)) => Ok(object),
        Ok(JsonNode::Null | JsonNode::Bool(_) | JsonNode::Text(_) | JsonNode::Other) => {
            Err(ReadError::NoKnownFormat)
        }
        Err(error) => Err(place(text, &error)),
    }
}

/// Turns serde's place, which counts bytes and can be zero, into one that editors show. Its text
/// is dropped: it can quote the file.
fn place(text: &str, error: &serde_json::Error) -> ReadError {
    let line = error.line().max(1);
    let bytes = text.split('\n').nth(line - 1).unwrap_or_default();
    let before = error.column().saturating_sub(1);
    let column = 1 + bytes.char_indices().filter(|(at, c)| at + c.len_utf8() <= before).count();
    ReadError::Json { line, column }
}

impl<'de> Deserialize<'de> for JsonNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

/// Reads whatever value serde meets into a [`JsonNode`].
struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = JsonNode;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<JsonNode, E> {
        Ok(JsonNode::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<JsonNode, E> {
        Ok(JsonNode::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<JsonNode, E> {
        Ok(JsonNode::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<JsonNode, E> {
        Ok(JsonNode::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<JsonNode, E> {
        Ok(JsonNode::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<JsonNode, E> {
        Ok(JsonNode::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<JsonNode, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(JsonNode::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<JsonNode, A::Error> {
        let mut object = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            object.push(entry);
        }
        Ok(JsonNode::Object(Object(object)))
    }
}
