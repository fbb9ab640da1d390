//! `LineIndex`: from a byte of a text to its line and column.

use std::cell::{Cell, OnceCell};

/// How many places are counted from the start of the text before all lines are listed: most runs
/// ask for a few.
const FEW: usize = 8;

/// Finds lines and columns in one text, which the caller passes each time.
#[derive(Debug, Default)]
pub struct LineIndex {
    line_starts: OnceCell<Vec<usize>>,
    /// How often a place was asked for.
    asked: Cell<usize>,
}

impl LineIndex {
    /// Returns the line and the column of a byte, both from 1; the column counts characters, and a
    /// leading byte order mark is none.
    pub fn position(&self, text: &str, offset: usize) -> (usize, usize) {
        let asked = self.asked.get();
        if asked < FEW {
            self.asked.set(asked + 1);
            return counted(text, offset);
        }
        let starts = self.line_starts.get_or_init(|| {
            let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
        });
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        (line, column(text.get(start..offset).unwrap_or_default()))
    }
}

/// Returns line and column as [`LineIndex::position`] does, by counting all lines before.
fn counted(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, column(before.rsplit('\n').next().unwrap_or_default()))
}

fn column(before: &str) -> usize {
    before.trim_start_matches('\u{feff}').chars().count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_lines_agrees_with_counting() {
        let text = "\u{feff}a = 1\r\n\n\u{e9}\u{e9} = 2\n# end";
        let index = LineIndex::default();
        let offsets = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
        for offset in offsets.clone().chain(offsets) {
            assert_eq!(index.position(text, offset), counted(text, offset), "{offset}");
        }
        assert!(index.line_starts.get().is_some());
    }
}
