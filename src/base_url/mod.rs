//! `BaseUrl`: the strict grammar, the canonical form, and `{username}` patterns.

mod grammar;
mod page;
mod path;
mod pattern;
mod refused;
#[cfg(test)]
mod tests;
mod url;

pub use page::PastedAddress;
pub use path::strip_api_suffix;
pub use pattern::{BaseUrlSetting, Pattern};
pub use refused::BaseUrlError;
pub use url::{BaseUrl, ImpliedName, NameFrom, Scheme};
