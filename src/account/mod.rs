//! Which account this run is for, and why.
//!
//! An account is a base URL plus a user name and is compared exactly. The highest scope that names
//! an account decides the whole account ([`World::resolve`]); a project that nobody approved can
//! only select an account that the user has. Files and variables are read elsewhere: this module
//! sees values with their origins, so the reason for a choice is always an origin.

mod candidates;
pub mod check_entry;
mod decision;
mod identity;
mod named;
mod naming;
mod profiles;
mod project_facts;
mod refusal;
mod selection;
mod statement;
mod tuple;
mod world;

pub use candidates::{Candidate, Outcome, Says};
pub use decision::{Chosen, Decision};
pub use identity::{Account, NameMismatch};
pub use named::NamedBy;
pub use profiles::{Profile, Profiles};
pub use project_facts::ProjectFacts;
pub use refusal::{Difference, Refusal, no_such_profile};
pub use statement::{Statement, profile_tuple, statements};
pub use tuple::Tuple;
pub use world::World;
