//! Completion: what can stand at the cursor, asked at the moment of Tab.
//!
//! # Why
//! A start costs about a millisecond, so the script of a shell holds nothing that can go stale: it
//! hands the line over and shows what comes back. No program is run for it, but the one plugin whose
//! arguments are completed and whose manifest says that it answers.
//!
//! [`command`] is `carto completions`, [`line`] takes a line apart, [`answer`] finds what stands at the
//! cursor ([`mark`] is what it asks clap's engine by), [`values`] and [`of_plugin`] say what can stand
//! there, [`shell`] prints it as the shell reads it, and [`install`] puts the script where it looks.

mod answer;
mod command;
mod install;
mod line;
mod mark;
mod of_plugin;
mod offer;
mod shell;
mod values;

pub(super) use command::{CompletionsArgs, run};
pub(super) use offer::Commands;
