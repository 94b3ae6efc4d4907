//! From scores to the probabilities of codes.

use super::{Comparisons, Golden};
use crate::{
    error::Result,
    sampling::{Sampling, penalized},
};

const THRESHOLD: f64 = 1e-6;

pub(super) fn compare(golden: &Golden, comparisons: &mut Comparisons<'_>) -> Result<()> {
    if !golden.has("samp.logits") {
        return Ok(());
    }
    let logits = golden.floats("samp.logits")?;
    let mut seen = vec![false; logits.len()];
    for id in golden.ids("samp.input_ids")? {
        if let Some(seen) = seen.get_mut(id as usize) {
            *seen = true;
        }
    }
    let scores = penalized(&logits, &seen, 5.0);
    comparisons.values("samp.after_repetition_5", &scores, THRESHOLD)?;
    let sampling = Sampling {
        temperature: 0.75,
        top_k: 10,
        top_p: 0.85,
        ..Sampling::of(golden.model.config())
    };
    let mut shares = vec![0.0; logits.len()];
    for (code, share) in sampling.kept(scores) {
        if let Some(place) = shares.get_mut(code as usize) {
            *place = share;
        }
    }
    Ok(comparisons.values("samp.probs", &shares, THRESHOLD)?)
}
