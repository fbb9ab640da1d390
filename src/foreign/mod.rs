//! Foreign credential files: text to credentials, credentials to text.
//!
//! One file per format. Formats are told apart by the names in the text, never by a file name,
//! and no file is opened here: the caller brings the text and keeps what is read.
//!
//! A text is JSON first, then YAML: all JSON is YAML, and only JSON's own formats are read from it
//! where both would do.
//!
//! # Why
//! User names and base URLs stay plain text as the file has them: the caller checks them where it
//! can name the file, and some formats hold a pattern such as `https://{username}.carto.com/`.
//! Reading and writing have an error type each, since no caller meets both.

mod carto_auth;
mod carto_cli;
mod cartodb_tools;
mod cartoframes;
mod fields;
mod formats;
pub mod git;
mod imported;
mod json;
mod known_places;
mod official_cli;
mod plain;
mod read_error;
mod yaml;

pub use cartoframes::{ExportAs, ExportError, ExportedAccount, NonSecure, write};
pub use formats::read;
pub use imported::{ForeignFormat, Imported, ImportedAccount, NamedField};
pub use known_places::{Holds, KnownPlace, known_places};
pub use read_error::ReadError;
