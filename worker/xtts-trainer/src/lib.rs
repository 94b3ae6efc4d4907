//! Fine-tuning of XTTS-v2's GPT on recordings of a speaker.
mod batch;
mod error;
mod gpt;
mod gradients;
mod kernels;
mod optimizer;
mod parameters;
mod schedule;

pub use batch::{Batch, CODE_SAMPLES, Item, Tokens};
pub use error::{Result, TrainError};
pub use gpt::{Compute, Dropout, Gpt, Losses, Precision, TEXT_WEIGHT};
pub use gradients::Gradients;
pub use optimizer::{AdamW, AdamWOptions};
pub use parameters::{PREFIX, Parameter, Parameters, shapes};
pub use schedule::Schedule;
