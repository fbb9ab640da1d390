//! The project: the nearest one, its bytes, and how far they are trusted.

pub mod nearest;
pub mod trust;
