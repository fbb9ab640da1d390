//! `Scalar`: a value that holds no other.

use std::borrow::Cow;

use toml_edit::Datetime;
use toml_parser::ParseError;
use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::{Raw, Span as RawSpan};

use super::event::Form;
use super::fault::Fault;
use super::value::Value;

/// A value that holds no other, decoded. It may be a secret, so it has no `Debug`.
#[derive(PartialEq)]
pub(super) enum Scalar<'t> {
    String(Cow<'t, str>),
    Bool(bool),
    Integer(i64),
    /// The bits, so that a NaN equals itself.
    Float(u64),
    Datetime(Datetime),
}

impl<'t> Scalar<'t> {
    /// Returns the value of a text that was checked before, by the form that was found.
    pub(super) fn of(text: &'t str, form: Form) -> Option<Self> {
        match form {
            Form::Quoted => {
                let inside = text.get(1..text.len().saturating_sub(1))?;
                Some(Scalar::String(Cow::Borrowed(inside)))
            }
            Form::Word => match text {
                "true" => Some(Scalar::Bool(true)),
                "false" => Some(Scalar::Bool(false)),
                _ => text.parse().ok().map(Scalar::Integer),
            },
            Form::Coded | Form::Unchecked => Scalar::decode(text, 0).ok(),
        }
    }

    /// Decodes a text that stands behind a number of bytes.
    ///
    /// # Errors
    /// It is no value.
    pub(super) fn decode(text: &'t str, before: usize) -> Result<Self, Fault> {
        let fault = |message| Fault::At(before, message);
        let mut decoded = Cow::Borrowed("");
        let mut error: Option<ParseError> = None;
        let kind = raw(text).decode_scalar(&mut decoded, &mut error);
        if let Some(error) = error {
            return Err(Fault::decode(error, before));
        }
        match kind {
            ScalarKind::String => Ok(Scalar::String(decoded)),
            ScalarKind::Boolean(value) => Ok(Scalar::Bool(value)),
            ScalarKind::DateTime => {
                let value = decoded.parse().map_err(|_| fault("invalid date-time"))?;
                Ok(Scalar::Datetime(value))
            }
            ScalarKind::Integer(radix) => {
                let value = i64::from_str_radix(&decoded, radix.value());
                value.map(Scalar::Integer).map_err(|_| fault("integer overflow"))
            }
            ScalarKind::Float => float(&decoded).map(Scalar::Float).map_err(fault),
        }
    }

    /// Whether it is a value.
    pub(super) fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Scalar::String(found), Value::String(wanted)) => found == wanted,
            (Scalar::Bool(found), Value::Bool(wanted)) => found == wanted,
            (Scalar::Integer(found), Value::Integer(wanted)) => found == wanted,
            (Scalar::Float(found), Value::Float(wanted)) => *found == wanted.to_bits(),
            (Scalar::Datetime(found), Value::Datetime(wanted)) => found.to_string() == *wanted,
            _ => false,
        }
    }
}

impl From<Scalar<'_>> for Value {
    fn from(scalar: Scalar<'_>) -> Self {
        match scalar {
            Scalar::String(text) => Value::String(text.into_owned()),
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Integer(value) => Value::Integer(value),
            Scalar::Float(bits) => Value::Float(f64::from_bits(bits)),
            Scalar::Datetime(time) => Value::Datetime(time.to_string()),
        }
    }
}

/// Decodes one part of a key that stands behind a number of bytes.
///
/// # Errors
/// It is no part of a key.
pub(super) fn key(text: &str, before: usize) -> Result<Cow<'_, str>, Fault> {
    let mut name = Cow::Borrowed("");
    let mut error: Option<ParseError> = None;
    raw(text).decode_key(&mut name, &mut error);
    error.map_or(Ok(name), |error| Err(Fault::decode(error, before)))
}

fn raw(text: &str) -> Raw<'_> {
    let encoding = match text.as_bytes() {
        [b'"', b'"', b'"', ..] => Some(Encoding::MlBasicString),
        [b'"', ..] => Some(Encoding::BasicString),
        [b'\'', b'\'', b'\'', ..] => Some(Encoding::MlLiteralString),
        [b'\'', ..] => Some(Encoding::LiteralString),
        _ => None,
    };
    Raw::new_unchecked(text, encoding, RawSpan::new_unchecked(0, text.len()))
}

fn float(text: &str) -> Result<u64, &'static str> {
    match text.parse::<f64>() {
        // A number too large for the type, as against the word `inf`.
        Ok(value) if value.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) => {
            Err("float overflow")
        }
        Ok(value) => Ok(value.to_bits()),
        Err(_) => Err("invalid float"),
    }
}
