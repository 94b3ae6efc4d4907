//! The family of archives: a job packs the audio of a finished batch into one ZIP.

pub mod args;
mod family;
mod manifest;
mod pack;
mod writer;

pub use self::{
    family::Archive,
    pack::{ArchiveError, ArchiveItem, CONTENT_TYPE, pack},
};
