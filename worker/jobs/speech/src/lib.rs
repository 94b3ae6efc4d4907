//! The family of speech: jobs that speak a text, jobs that speak to a listener, and jobs that take a voice from recordings.
//!
//! [`Speech`] is what a runner sees. The bodies, [`speak_jobs`] and [`clone_job`], know neither queue nor runner's tasks,
//! so they can be tested without a database.

mod announce;
pub mod args;
mod calibrate;
mod clone;
mod conditionings;
mod engine_counts;
mod engines;
mod error;
mod family;
mod first_audio;
mod metrics;
mod preview;
mod relay;
mod speak;
mod stream;
mod timestamps;
mod tools;

pub use self::{
    clone::{CloneTask, clone_job},
    conditionings::Conditionings,
    engines::{ENGINES, EngineOptions, StartError, XttsOptions, start_engine, start_engines},
    family::Speech,
    relay::{RelayClient, RelayError},
    speak::{SpeechTask, Spoken, SpokenAnswers, speak_jobs},
    tools::Tools,
};
