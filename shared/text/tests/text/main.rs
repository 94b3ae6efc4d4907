//! The crate through its public face.

mod cases;
mod dictionary;
mod marks;
mod properties;
mod sentences;
mod ssml;
mod tables;
mod transcript_properties;
mod transcripts;
