//! One scope's files, to be written: the place, the lock, the approval, the edit.

mod approval;
pub mod destination;
pub mod edit_file;
pub mod forget_key;
mod length;
pub mod new_account;
mod own_dir;
pub mod scope_args;
