//! The HTTP contract, area by area, against one running system that all of these tests share.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod audio;
mod bad_input;
mod batches;
mod browser;
mod csv;
mod devices;
mod dictionary;
mod filters;
mod jobs;
mod live;
mod operations;
mod people;
mod recordings;
mod requests;
mod schema;
mod shared_system;
mod tokens;
mod training;
mod training_events;
mod training_runs;
mod uploads;
mod voices;
mod webhooks;
mod wording;
