//! Linear interpolation over time by a given factor, on streams.
//!
//! Output `i` stands at `(i + 0.5) / scale - 0.5` among the inputs, counted from the first of the utterance, so that pieces do not
//! shift against each other; as torch's `interpolate(mode="linear", align_corners=False)` with a given scale, in f32.

use candle_core::Tensor;

use crate::error::Result;

/// The state of one interpolation.
pub(crate) struct Interpolation {
    scale: f64,
    /// Inputs from this one on are kept.
    first: usize,
    kept: Option<Tensor>,
    made: usize,
}

impl Interpolation {
    pub(crate) fn new(scale: f64) -> Self {
        Self {
            scale,
            first: 0,
            kept: None,
            made: 0,
        }
    }

    /// The outputs `[time, channel]` that are ready with the next inputs `[time, channel]`.
    pub(crate) fn push(&mut self, rows: &Tensor, last: bool) -> Result<Tensor> {
        let rows = match self.kept.take() {
            Some(kept) => Tensor::cat(&[&kept, rows], 0)?,
            None => rows.clone(),
        };
        let end = self.first + rows.dim(0)?;
        let (mut lower, mut upper, mut shares) = (Vec::new(), Vec::new(), Vec::new());
        let total = (end as f64 * self.scale).floor() as usize;
        while self.made < total {
            let place = self.place(self.made);
            let below = (place as usize).min(end.saturating_sub(1));
            if below + 1 >= end && !last {
                break;
            }
            lower.push((below - self.first) as u32);
            upper.push(((below + 1).min(end - 1) - self.first) as u32);
            shares.push(place - below as f32);
            self.made += 1;
        }
        let output = blend(&rows, lower, upper, shares)?;
        let keep_from = (self.place(self.made) as usize).clamp(self.first, end);
        self.kept = Some(rows.narrow(0, keep_from - self.first, end - keep_from)?);
        self.first = keep_from;
        Ok(output)
    }

    fn place(&self, output: usize) -> f32 {
        let step = (1.0 / self.scale) as f32;
        ((output as f32 + 0.5) * step - 0.5).max(0.0)
    }
}

fn blend(rows: &Tensor, lower: Vec<u32>, upper: Vec<u32>, shares: Vec<f32>) -> Result<Tensor> {
    let (device, count) = (rows.device(), shares.len());
    let pick = |indices: Vec<u32>| rows.index_select(&Tensor::from_vec(indices, count, device)?, 0);
    let shares = Tensor::from_vec(shares, (count, 1), device)?.to_dtype(rows.dtype())?;
    let rest = (1.0 - &shares)?;
    Ok((pick(lower)?.broadcast_mul(&rest)? + pick(upper)?.broadcast_mul(&shares)?)?)
}
