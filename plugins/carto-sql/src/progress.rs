//! `Progress`: how far a long transfer is, in one line of the terminal.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::refusal::counted;

/// How often the line is drawn anew.
const REDRAW: Duration = Duration::from_millis(200);

/// Whether a line stands on the terminal: what is written next has to take it away.
static IS_DRAWN: AtomicBool = AtomicBool::new(false);

/// How far a transfer is. It is counted always, and shown where standard error is a terminal.
#[derive(Debug)]
pub struct Progress {
    what: String,
    bytes: AtomicU64,
    rows: AtomicU64,
    /// How many bytes there will be, where that is known.
    total: Option<u64>,
    began: Instant,
    /// When the line was drawn, in milliseconds behind `began`.
    drawn: AtomicU64,
    is_shown: bool,
}

impl Progress {
    /// Begins to count; `what` is what is written or sent.
    pub fn new(what: String, total: Option<u64>) -> Self {
        Progress {
            what,
            bytes: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            total,
            began: Instant::now(),
            drawn: AtomicU64::new(0),
            is_shown: std::io::stderr().is_terminal(),
        }
    }

    /// Whether anybody sees it.
    pub fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Returns how many bytes there were.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Counts rows.
    pub fn add_rows(&self, rows: u64) {
        // One thread counts.
        self.rows.store(self.rows.load(Relaxed) + rows, Relaxed);
    }

    /// Counts bytes, and draws the line from time to time.
    pub fn add_bytes(&self, bytes: u64) {
        self.bytes.store(self.bytes() + bytes, Relaxed);
        if !self.is_shown {
            return;
        }
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let due = Duration::from_millis(now.saturating_sub(self.drawn.load(Relaxed))) >= REDRAW;
        if due {
            self.drawn.store(now, Relaxed);
            IS_DRAWN.store(true, Relaxed);
            eprint!("\r\x1b[K{}: {}", self.what, self.line());
        }
    }

    /// Takes the line away and says how much it was.
    pub fn end(&self) {
        if self.is_shown {
            clear();
            eprintln!("{}: {}", self.what, self.line());
        }
    }

    /// Returns how far it is: bytes, rows and rate.
    pub fn line(&self) -> String {
        let bytes = self.bytes();
        let mut line = size(bytes);
        if let Some(total) = self.total {
            line += &format!(" of {}", size(total));
        }
        let rows = self.rows.load(Relaxed);
        if rows > 0 {
            line += &format!(", {}", counted(rows, "row"));
        }
        let millis = self.began.elapsed().as_millis().max(1);
        let rate = u64::try_from(u128::from(bytes) * 1000 / millis).unwrap_or(u64::MAX);
        line + &format!(", {}/s", size(rate))
    }
}

/// Takes the line of a transfer away, if there is one.
pub fn clear() {
    if IS_DRAWN.swap(false, Relaxed) {
        eprint!("\r\x1b[K");
    }
}

/// Writes a number of bytes for people: `512 B`, `1.5 MB`.
fn size(bytes: u64) -> String {
    let (mut whole, mut rest) = (bytes, 0);
    let mut units = ["B", "kB", "MB", "GB", "TB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    for next in units {
        if whole < 1000 {
            break;
        }
        (whole, rest, unit) = (whole / 1000, whole % 1000, next);
    }
    if unit == "B" || whole >= 100 {
        format!("{whole} {unit}")
    } else {
        format!("{whole}.{} {unit}", rest / 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1_550_000, "1.5 MB"),
            (250_400_000, "250 MB"),
            (2_147_483_648, "2.1 GB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn a_line_has_bytes_rows_and_rate() {
        let progress = Progress::new("x".to_owned(), Some(2_000_000));
        progress.add_bytes(1_000_000);
        progress.add_rows(2);
        let line = progress.line();
        assert!(line.starts_with("1.0 MB of 2.0 MB, 2 rows, "), "{line}");
        assert!(line.ends_with("/s"), "{line}");
    }
}
