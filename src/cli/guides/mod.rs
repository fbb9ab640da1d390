//! The guides: what `carto help GUIDE` prints, as it stands in the Markdown files beside this one.

mod table;

pub use table::{GUIDES, Guide, find};
