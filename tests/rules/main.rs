//! Which account and which key: the rules as tables, and what must hold in every world.
//!
//! The rules span settings, accounts and credentials, which do not know each other; so they are
//! tested here, from the text of files and variables to the account and the key.

#[cfg(test)]
mod dsl;
#[cfg(test)]
mod outcome;
#[cfg(test)]
mod precedence;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tables;
