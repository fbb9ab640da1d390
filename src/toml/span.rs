//! `Span`: a piece of a text, in 8 bytes.

use std::ops::Range;

/// How many bytes a text may have: a [`Span`] counts with 32 bits.
pub(super) const LONGEST: usize = u32::MAX as usize;

/// A piece of a text, from its first byte up to the one behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Makes the span of a piece of a text that has at most [`LONGEST`] bytes.
    pub(super) fn new(start: usize, end: usize) -> Self {
        Span { start: narrow(start), end: narrow(end) }
    }

    /// Returns the place of the first byte.
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// Returns the place behind the last byte.
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// Returns the span as an index into the text.
    pub fn range(self) -> Range<usize> {
        self.start()..self.end()
    }

    /// Returns how many bytes it has.
    pub(super) fn len(self) -> usize {
        self.end() - self.start()
    }
}

/// Makes a number of 32 bits of a place, a count or an index, which never exceed [`LONGEST`].
pub(super) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
