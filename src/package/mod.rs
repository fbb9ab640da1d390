//! Packages of plugins: fetched from their sources, installed in one step, locked by a project.

mod build;
mod cargo;
mod downloads;
mod fill;
mod git;
mod index;
mod install;
mod lock_file;
mod locked;
mod newest;
mod pack;
mod pip;
mod programs;
mod receipt;
mod source;
mod store;
mod sync;
mod tools;
mod tree;
mod unpack;
mod verify;

pub use build::{ProgramBuild, changed};
pub use index::{AskedBy, Index, InstalledPackage, InstalledVersion};
pub use install::{Looked, Made, Wish, record};
pub use lock_file::{LockedPackage, PluginLock};
pub use locked::{LockedProgram, short_release};
pub use newest::newest;
pub use receipt::{Artefact, Fetched, InstalledProgram, Receipt};
pub use source::{GitSource, NamedPackage, PackageSource};
pub use store::{PluginStore, Stage};
pub use sync::Sync;
pub use tools::Tools;
pub use tree::{TreeDifference, TreeList};
pub use verify::{differences, is_whole};
