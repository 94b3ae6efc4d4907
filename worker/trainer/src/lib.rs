//! Makes the data for the embedded voice, trains it and measures it.

pub mod alignment;
pub mod corpus;
pub mod corpus_file;
mod error;
pub mod evaluation;
pub mod export;
mod pitch;
pub mod plot;
pub mod pronunciation;
pub mod teacher;
pub mod texts;
pub mod training;
pub mod tuning;
pub mod voice;

pub use error::TrainError;
