//! Compares what is installed with its receipt.

use std::path::Path;

use super::receipt::{Receipt, TREE};
use super::store::unwritten;
use super::tree::{TreeDifference, TreeList};
use crate::error::Error;

/// Whether everything of an installed version is as it was installed.
pub fn is_whole(dir: &Path) -> bool {
    differences(dir).is_ok_and(|found| found.is_empty())
}

/// Reads every installed file of a version and returns what differs from its receipt.
///
/// # Errors
/// The receipt or a file cannot be read.
pub fn differences(dir: &Path) -> Result<Vec<TreeDifference>, Error> {
    let receipt = Receipt::read(dir)?;
    let recorded = receipt.files(dir)?;
    let tree = dir.join(TREE);
    let now = TreeList::read(&tree).map_err(|error| unwritten(&tree, &error))?;
    Ok(now.differences(&recorded))
}
