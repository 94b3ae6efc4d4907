//! The training loop: batches, loss, optimiser, checkpoints.

mod batch;
mod checkpoint;
mod loss;
mod memory;
mod normalization;
mod optimizer;
mod options;
mod parameters;
mod progress;
mod run;
mod sum;

pub use batch::{Batch, Part, Sampler};
pub use checkpoint::list_checkpoints;
pub use loss::{Losses, losses};
pub use memory::largest_step;
pub use normalization::Normalization;
pub use optimizer::AdamW;
pub use options::{Beginning, Recipe, RunOptions};
pub use parameters::Parameters;
pub use progress::{Progress, read_log};
pub use run::{Trained, load_trained, train};
