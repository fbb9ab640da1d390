//! Manifests: what a plugin says of itself, so that nobody has to run it to know.
//!
//! [`Manifest`] is what one says, [`Manifests`] looks in four places for the one that counts, [`Obstacle`]
//! is what keeps a plugin from running,
//! [`registration`] keeps what a program printed that can lay no file beside itself, and [`schema`]
//! describes the file to editors.

mod entry;
mod find;
mod obstacle;
mod read;
pub mod registration;
pub mod schema;
mod shelf;

pub use entry::{Completion, Manifest, ManifestPlace, NeedOfKey, Protocol};
pub use find::Manifests;
pub use obstacle::{KnownPlugin, Obstacle};
pub use read::{LIMIT, parse};
