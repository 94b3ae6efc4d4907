//! Secrets of a native process: each is the value of a variable of the environment, `NAME`, or what a file holds that `NAME_FILE`
//! names. A file can change while the process runs; whoever uses the secret looks for that with [`Changes`].
//!
//! No value is ever part of an error, of a log or of what `Debug` shows.
#![warn(missing_docs)]

mod changes;
mod error;
mod source;

pub use changes::Changes;
pub use error::SecretError;
pub use source::SecretSource;
