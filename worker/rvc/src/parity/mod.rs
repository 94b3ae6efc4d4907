//! Compares every stage with golden vectors of the reference.
//!
//! A golden folder is what `reference/golden.py` writes: small models of all kinds, and what the reference made of a recording with them,
//! stage by stage. Thresholds are relative to the largest value of a stage.

mod features;
mod golden;
mod retrieval;
mod voices;
mod whole;

use std::path::Path;

use candle_core::Device;
pub use kiskadee_nn::parity::{Comparison, Difference};

use self::golden::Golden;
use crate::error::Result;

/// Runs all stages, and shows each comparison as it is made. Fails only where the folder cannot be used.
pub fn compare(folder: &Path, device: &Device, show: &mut dyn FnMut(&Comparison)) -> Result<()> {
    let golden = Golden::open(folder, device)?;
    features::hubert(&golden, show)?;
    features::pitch(&golden, show)?;
    voices::compare(&golden, show)?;
    retrieval::compare(&golden, show)?;
    whole::compare(&golden, show)
}
