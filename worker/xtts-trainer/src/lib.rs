//! Fine-tuning of XTTS-v2's GPT on recordings of a speaker, on CPUs and GPUs from one source.
//!
//! Clips become audio codes and text ids (`Preparer`), a run draws micro-batches of them and moves the parameters (`train`), and a checkpoint becomes
//! a model that `kiskadee_xtts` speaks with (`export`). Knows nothing of queues, HTTP or processes.

mod batch;
mod checkpoint;
mod data;
mod error;
mod estimate;
mod export;
mod gpt;
mod gradients;
mod kernels;
mod optimizer;
mod parameters;
mod recipe;
mod run;
mod schedule;

pub use batch::{Batch, CODE_SAMPLES, Item, Tokens};
pub use checkpoint::{Best, State, list_checkpoints, path_of, peek};
pub use data::{
    Dataset, Example, MaskConditioning, Preparer, Recordings, Rejection, Sampler, split,
};
pub use error::{Result, TrainError};
pub use estimate::{Estimate, check_memory, free_memory};
pub use export::{export, export_voice};
pub use gpt::{Compute, Dropout, Gpt, Losses, Precision, TEXT_WEIGHT};
pub use gradients::Gradients;
pub use optimizer::{AdamW, AdamWOptions};
pub use parameters::{PREFIX, Parameter, Parameters, shapes};
pub use recipe::Recipe;
pub use run::{Ended, Event, Outcome, Progress, RunOptions, measure, train};
pub use schedule::Schedule;
