//! What must hold for any bytes, tried on the corpora of the fuzz targets and on changed copies of them:
//! the same functions that `tests/fuzz/run` fuzzes for longer.

#![allow(clippy::unwrap_used)] // as in every test

#[path = "src/lib.rs"]
#[allow(clippy::expect_used, unreachable_pub)] // what does not hold is a panic
mod invariants;

use std::fs;
use std::path::Path;

/// How many changed copies of each text of a corpus are tried.
const COPIES: usize = 300;

/// Numbers that come in the same order each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }
}

/// Changes a text in a place or two: takes away, doubles, inserts, puts in a piece of another one.
fn changed(text: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    const PIECES: [&str; 16] =
        ["\n", "\"", "'", "\\", "[", "]", "{", "}", "=", ".", "#", "\u{e9}", "\r", "\0", " ", "-"];
    let mut text = text.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(text.len() + 1);
        let end = (at + numbers.below(8)).min(text.len());
        match numbers.below(4) {
            0 => drop(text.drain(at..end)),
            1 => {
                let piece = text[at..end].to_vec();
                text.splice(at..at, piece);
            }
            2 => {
                let piece = PIECES[numbers.below(PIECES.len())].bytes();
                text.splice(at..at, piece);
            }
            _ => {
                let from = numbers.below(other.len() + 1);
                let to = (from + numbers.below(24)).min(other.len());
                text.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
    text
}

fn replay(target: &str, holds: fn(&[u8])) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(&dir).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let texts: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(texts.len() >= 5, "{target} has a corpus");
    let mut numbers = Numbers(1);
    for text in &texts {
        holds(text);
        for _ in 0..COPIES {
            let other = &texts[numbers.below(texts.len())];
            holds(&changed(text, other, &mut numbers));
        }
    }
}

macro_rules! targets {
    ($($target:ident)*) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target), invariants::$target);
            }
        )*

        /// Each function is a target, with a corpus and a program of its own.
        #[test]
        fn every_target_is_fuzzed() {
            let manifest = include_str!("Cargo.toml");
            let known = [$(stringify!($target)),*];
            for target in known {
                assert!(manifest.contains(&format!("name = \"{target}\"")), "{target}");
            }
            assert_eq!(include_str!("src/lib.rs").matches("(bytes: &[u8]) {").count(), known.len());
        }
    };
}

targets! { toml_read toml_edit base_url importers manifest render command_line credentials }
