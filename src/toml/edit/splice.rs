//! `Splice`: one replacement of bytes.

use std::ops::Range;

/// Replaces the bytes of a span of the old text.
pub(in crate::toml) struct Splice {
    pub(in crate::toml) span: Range<usize>,
    pub(in crate::toml) text: String,
}

impl Splice {
    /// Puts text at an offset.
    pub(in crate::toml) fn insert(at: usize, text: String) -> Self {
        Splice { span: at..at, text }
    }

    /// Removes a span.
    pub(in crate::toml) fn remove(span: Range<usize>) -> Self {
        Splice { span, text: String::new() }
    }
}

/// Makes the new text. Spans that overlap give no text: they are a bug in carto.
pub(in crate::toml) fn apply(text: &str, mut splices: Vec<Splice>) -> Option<String> {
    splices.sort_by_key(|splice| splice.span.start);
    let mut edited = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for splice in splices {
        edited.push_str(text.get(done..splice.span.start)?);
        edited.push_str(&splice.text);
        done = splice.span.end;
    }
    edited.push_str(text.get(done..)?);
    Some(edited)
}
