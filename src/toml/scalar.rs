//! `Scalar`: a value that holds no other.

use std::borrow::Cow;

use toml_edit::Datetime;
use toml_parser::decoder::ScalarKind;
use toml_parser::parser::Event;
use toml_parser::{ParseError, Source};

use super::fault::Fault;

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
    /// Decodes what an event found.
    pub(super) fn decode(source: Source<'t>, event: Event) -> Result<Self, Fault> {
        let fault = |message| Fault::At(event.span().start(), message);
        let raw = source.get(event).ok_or_else(|| fault("invalid value"))?;
        let mut text = Cow::Borrowed("");
        let mut error: Option<ParseError> = None;
        let kind = raw.decode_scalar(&mut text, &mut error);
        if let Some(error) = error {
            return Err(Fault::Decode(error));
        }
        match kind {
            ScalarKind::String => Ok(Scalar::String(text)),
            ScalarKind::Boolean(value) => Ok(Scalar::Bool(value)),
            ScalarKind::DateTime => {
                let value = text.parse().map_err(|_| fault("invalid date-time"))?;
                Ok(Scalar::Datetime(value))
            }
            ScalarKind::Integer(radix) => {
                let value = i64::from_str_radix(&text, radix.value());
                value.map(Scalar::Integer).map_err(|_| fault("integer overflow"))
            }
            ScalarKind::Float => float(&text).map(Scalar::Float).map_err(fault),
        }
    }
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
