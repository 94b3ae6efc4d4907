//! Frames of one sentence on their way through the decoder.

use std::sync::Arc;

use candle_core::Tensor;
use kiskadee_nn::{
    Extras,
    stream::{Delay, ResidualStream, UpsamplingStream},
};

use super::{Decoder, LAST_SLOPE, Stage};
use crate::{error::Result, trace::Trace};

/// The state of a sentence. Give it all frames in pieces of any size; the samples do not depend on how they are cut.
pub(in crate::model) struct DecoderStream {
    decoder: Arc<Decoder>,
    /// Of the first convolution, with the speaker's part in it.
    bias: Tensor,
    before: Delay,
    stages: Vec<StageStream>,
    after: Delay,
}

struct StageStream {
    upsampling: UpsamplingStream,
    blocks: Vec<ResidualStream>,
    /// What blocks with a shorter reach have made before the others.
    made: Vec<Delay>,
}

impl DecoderStream {
    pub(in crate::model) fn new(decoder: &Arc<Decoder>, bias: Tensor) -> Self {
        let stages = decoder.stages.iter().map(|stage| StageStream {
            upsampling: UpsamplingStream::default(),
            blocks: stage.blocks.iter().map(ResidualStream::new).collect(),
            made: stage.blocks.iter().map(|_| Delay::default()).collect(),
        });
        Self {
            bias,
            before: Delay::padded(decoder.before.convolution.reach() / 2),
            stages: stages.collect(),
            after: Delay::padded(decoder.after.convolution.reach() / 2),
            decoder: Arc::clone(decoder),
        }
    }

    /// The samples that are ready with the next frames `[time, latent]`. `last` ends the sentence.
    pub(in crate::model) fn push(
        &mut self,
        frames: &Tensor,
        last: bool,
        trace: &mut Trace<'_>,
    ) -> Result<Vec<f32>> {
        let Self { decoder, bias, .. } = self;
        let before = &decoder.before;
        let Some(input) = self.before.take_padded(frames, &before.convolution, last)? else {
            return Ok(Vec::new());
        };
        let mut rows = before
            .convolution
            .forward(&input, bias, Extras::default())?;
        trace.show(
            || "dec.conv_pre".to_owned(),
            || rows.broadcast_sub(&(&*bias - &before.bias)?),
        )?;
        let mut first_block = 0;
        let stages = decoder.stages.iter().zip(&mut self.stages);
        for (number, (stage, stream)) in stages.enumerate() {
            let layer = &stage.upsampling;
            let raised = stream.upsampling.push(layer, &rows, layer.bias(), last)?;
            let Some(raised) = raised else {
                return Ok(Vec::new());
            };
            trace.show(|| format!("dec.ups.{number}"), || Ok(raised.clone()))?;
            let Some(mean) = stream.blocks(stage, first_block, &raised, last, trace)? else {
                return Ok(Vec::new());
            };
            rows = mean;
            first_block += stage.blocks.len();
        }
        trace.show(|| "dec.before_post".to_owned(), || Ok(rows.clone()))?;
        let after = &decoder.after;
        let Some(input) = self.after.take_padded(&rows, &after.convolution, last)? else {
            return Ok(Vec::new());
        };
        let extras = Extras {
            slope: Some(LAST_SLOPE),
            residual: None,
        };
        let samples = after.apply(&input, extras)?.tanh()?;
        Ok(samples.flatten_all()?.to_vec1()?)
    }
}

impl StageStream {
    /// The mean of all blocks, as far as all have come.
    fn blocks(
        &mut self,
        stage: &Stage,
        first_block: usize,
        rows: &Tensor,
        last: bool,
        trace: &mut Trace<'_>,
    ) -> Result<Option<Tensor>> {
        let streams = self.blocks.iter_mut().zip(&mut self.made);
        for (place, (block, (stream, made))) in stage.blocks.iter().zip(streams).enumerate() {
            if let Some(rows) = stream.push(block, rows, last)? {
                let number = first_block + place;
                trace.show(
                    || format!("dec.resblocks.{number}.out"),
                    || Ok(rows.clone()),
                )?;
                made.append(&rows)?;
            }
        }
        let ready = self.made.iter().map(Delay::len).min().unwrap_or(0);
        let mut sum: Option<Tensor> = None;
        for made in &mut self.made {
            let Some(rows) = made.take(ready)? else {
                return Ok(None);
            };
            sum = Some(match sum {
                Some(sum) => (sum + rows)?,
                None => rows,
            });
        }
        let count = stage.blocks.len() as f64;
        Ok(sum.map(|sum| sum / count).transpose()?)
    }
}
