//! Makes the data for the embedded voice, trains it and measures it.

mod error;
pub mod corpus;
pub mod texts;
pub mod training;

pub use error::TrainError;
