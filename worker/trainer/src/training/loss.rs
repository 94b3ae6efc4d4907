//! What is minimised: absolute errors of parameters and of their slopes, of log durations, and of voicing.

use candle_core::{Result, Tensor};
use kiskadee_voice::acoustic::{FRAME_PARAMETERS, Network};

use super::batch::Batch;

/// Scalars.
pub struct Losses {
    pub total: Tensor,
    pub spectrum: Tensor,
    pub melody: Tensor,
    pub slope: Tensor,
    pub voicing: Tensor,
    pub duration: Tensor,
}

/// `weights` `[1, FRAME_PARAMETERS]` are those of the spectrum.
pub fn losses(network: &Network, batch: &Batch, weights: &Tensor) -> Result<Losses> {
    let speakers = network.encode_speakers(&batch.statistics)?;
    let phones = network.encode_phones(&batch.phones, &speakers, &batch.sentences)?;
    let duration = (network.log_durations(&phones)? - &batch.log_durations)?
        .abs()?
        .mean_all()?;
    let frames = network.frames(&phones, &batch.phone_of_row, &batch.places, &batch.rows)?;
    let frames = frames.reshape(((), FRAME_PARAMETERS))?;
    let voicing = cross_entropy(&frames.narrow(1, 1, 1)?, &batch.voiced)?;
    let error = (&frames - &batch.targets)?;
    let melody = masked_mean(&error.narrow(1, 0, 1)?.abs()?, &batch.voiced)?;
    let spectral = FRAME_PARAMETERS - 2;
    let error = error
        .narrow(1, 2, spectral)?
        .broadcast_mul(&weights.narrow(1, 2, spectral)?)?;
    let spectrum = error.abs()?.mean_all()?;
    let count = error.dim(0)? - 1;
    let slope = (error.narrow(0, 1, count)? - error.narrow(0, 0, count)?)?
        .abs()?
        .broadcast_mul(&batch.inner)?
        .mean_all()?;
    let total =
        ((&spectrum + &slope)? + ((&melody * 0.3)? + ((&voicing * 0.3)? + (&duration * 0.5)?)?)?)?;
    Ok(Losses {
        total,
        spectrum,
        melody,
        slope,
        voicing,
        duration,
    })
}

fn masked_mean(values: &Tensor, mask: &Tensor) -> Result<Tensor> {
    (values * mask)?.sum_all()? / (mask.sum_all()? + 1.0)?
}

/// Binary cross-entropy of logits, without overflow.
fn cross_entropy(logits: &Tensor, truth: &Tensor) -> Result<Tensor> {
    let log = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
    (logits.relu()? - (logits * truth)? + log)?.mean_all()
}
