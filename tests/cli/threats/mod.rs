//! Attacks: each against the real program, with what it must not do.

mod cloned_projects;
mod git;
mod known_attacks;
mod local;
mod manifests;
mod no_key_is_shown;
mod packages;
mod urls;
