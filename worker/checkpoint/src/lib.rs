//! Files of neural speech models: what is published is read without running any of it, and kept as safetensors in folders of our own.
//!
//! Knows no architecture: which tensors a model needs, and how they are named, is told by the crates of the models.

mod checkpoint;
mod error;
pub mod folder;
mod imported;
pub mod onnx;
pub mod packed;
pub mod voices;
mod weights;
mod writer;

pub use checkpoint::{Checkpoint, Entry, Found, Number, Setting, Stored, check, metadata};
pub use error::{CheckpointError, Result};
pub use folder::ModelFolder;
pub use imported::{ImportedModel, ImportedTensor, TensorFile};
pub use weights::{Bytes, Weights};
pub use writer::{CopyNumbers, TensorToWrite, Written, write};
