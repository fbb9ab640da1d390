//! What people see of a bug in carto: that it is one, and where; never what it was working on.
//!
//! # Why
//! The words of a panic may quote the value that nobody expected, and that may be a key. The run
//! ends where the bug is: nothing is unwound, and no text that a panic left half done is used. A
//! temporary file that stays is removed by the next writer, as after a kill.

use std::panic::{Location, PanicHookInfo, set_hook};

use crate::error::{Error, Kind};
use crate::output::{Color, Output, Verbosity};

/// From here on a panic, in whatever thread, becomes one error line and the exit status of a bug.
#[expect(clippy::exit, reason = "there is nothing to go back to")]
pub fn guard() {
    set_hook(Box::new(|panic| {
        report(panic);
        std::process::exit(Kind::Internal.exit_code().into());
    }));
}

/// Tells of a panic by its place alone.
fn report(panic: &PanicHookInfo) {
    let output = Output::new(Verbosity::Normal, None, Color::Auto);
    output.error(&error(panic.location()));
}

fn error(place: Option<&Location>) -> Error {
    let error =
        Error::new(Kind::Internal, "BUG in carto: it reached a state that should be impossible");
    match place {
        None => error,
        Some(place) => error.at(place),
    }
    .help("please report this line and what you typed, without keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_shows_its_place_and_ends_with_its_own_status() {
        let here = Location::caller();
        let error = error(Some(here));
        assert_eq!(
            error.places[0].origin,
            format!("{}:{}:{}", file!(), here.line(), here.column())
        );
        assert!(error.what.starts_with("BUG in carto"));
        assert_eq!(error.kind.exit_code(), 70);
    }
}
