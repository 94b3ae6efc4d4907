//! Reading what a caller sends member by member, so that one answer names everything that is wrong with it: JSON bodies,
//! forms, and the errors that the database adds.

pub mod checks;
pub mod faults;

mod body;
mod fields;
mod form;

pub use body::Body;
pub use fields::Fields;
pub use form::{File, Form};
