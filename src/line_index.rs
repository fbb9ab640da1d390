//! `LineIndex`: from a byte of a text to its line and column.

use std::cell::{Cell, OnceCell};

/// Finds lines and columns in one text, which the caller passes each time.
///
/// Most ask for a few places, or for many in the order of the text: from one place to the next one
/// behind it the lines are counted. All lines are listed once somebody asks for one before.
#[derive(Debug, Default)]
pub struct LineIndex {
    line_starts: OnceCell<Vec<usize>>,
    last: Cell<Counted>,
}

/// How far the lines are counted.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    /// The byte up to which they are.
    offset: usize,
    /// How many lines end before it.
    lines: usize,
    /// Where the line begins in which it stands.
    line_start: usize,
}

impl LineIndex {
    /// Returns the line and the column of a byte, both from 1; the column counts characters, and a
    /// leading byte order mark is none.
    pub fn position(&self, text: &str, offset: usize) -> (usize, usize) {
        let last = self.last.get();
        if offset < last.offset {
            return self.listed(text, offset);
        }
        let between = text.get(last.offset..offset).unwrap_or_default();
        let ended = between.bytes().filter(|byte| *byte == b'\n').count();
        let newline = between.rfind('\n');
        let line_start = newline.map_or(last.line_start, |at| last.offset + at + 1);
        let lines = last.lines + ended;
        self.last.set(Counted { offset, lines, line_start });
        (lines + 1, column(text.get(line_start..offset).unwrap_or_default()))
    }

    fn listed(&self, text: &str, offset: usize) -> (usize, usize) {
        let starts = self.line_starts.get_or_init(|| {
            let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
        });
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        (line, column(text.get(start..offset).unwrap_or_default()))
    }
}

fn column(before: &str) -> usize {
    before.trim_start_matches('\u{feff}').chars().count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_the_same_in_every_order() {
        let text = "\u{feff}a = 1\r\n\n\u{e9}\u{e9} = 2\n# end";
        let offsets: Vec<_> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        let expected = |offset: usize| {
            let before = text[..offset].trim_start_matches('\u{feff}');
            let line = before.rsplit('\n').next().unwrap();
            (before.matches('\n').count() + 1, line.chars().count() + 1)
        };
        let forwards = LineIndex::default();
        let mixed = LineIndex::default();
        for offset in &offsets {
            assert_eq!(forwards.position(text, *offset), expected(*offset), "{offset}");
            for other in [*offset, text.len(), 0, *offset] {
                assert_eq!(mixed.position(text, other), expected(other), "{other}");
            }
        }
        assert!(forwards.line_starts.get().is_none());
        assert!(mixed.line_starts.get().is_some());
    }
}
