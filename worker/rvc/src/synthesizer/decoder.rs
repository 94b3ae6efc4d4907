//! The decoder: latent frames to a waveform, a HiFi-GAN generator (Kong et al., 2020) that hears a source, on streams.

use std::sync::Arc;

use candle_core::{DType, Tensor};
use kiskadee_nn::{
    Convolution, Extras, Linear,
    stream::{Delay, ResidualBlock, ResidualStream, Upsampling, UpsamplingStream},
};

use super::source::{Source, SourceStream};
use crate::error::Result;
use crate::tensors::Tensors;
use crate::trace::Trace;
use crate::voice::VoiceConfig;

const KERNEL: usize = 7;
/// Slope of the leaky ReLUs but the last, and of the last, which the reference leaves at its library's default.
const SLOPE: f32 = 0.1;
const LAST_SLOPE: f32 = 0.01;

pub(super) struct Decoder {
    before: (Convolution, Tensor),
    condition: Linear,
    stages: Vec<Stage>,
    /// To a product for each tap, which are added up along the diagonals: kernels work on many outputs at a time, and there is one.
    after: (Convolution, Tensor),
    /// Of a voice that follows a pitch.
    pub(super) source: Option<Source>,
}

/// One up-sampling and the residual blocks behind it.
struct Stage {
    upsampling: Upsampling,
    blocks: Vec<ResidualBlock>,
}

impl Decoder {
    pub(super) fn load(tensors: &Tensors, config: &VoiceConfig) -> Result<Self> {
        let stages = (0..config.rates.len()).map(|number| stage(tensors, number, config));
        let last = config.channels >> config.rates.len();
        // `[1, in, tap]` is `[tap of one, in, product]`.
        let products = tensors.folded("conv_post", &[1, last, KERNEL], 0)?;
        let silence = Tensor::zeros(KERNEL, DType::F32, tensors.device())?;
        let source = || Source::load(tensors, config);
        Ok(Self {
            before: tensors.convolution("conv_pre", (config.latent, config.channels), KERNEL, 1)?,
            condition: tensors.pointwise("cond", (config.speaker_width, config.channels))?,
            stages: stages.collect::<Result<_>>()?,
            after: (Convolution::new(&products, 1, DType::F32)?, silence),
            source: config.has_pitch.then(source).transpose()?,
        })
    }
}

fn stage(tensors: &Tensors, number: usize, config: &VoiceConfig) -> Result<Stage> {
    let (input, output) = (config.channels >> number, config.channels >> (number + 1));
    let name = format!("ups.{number}");
    let weight = tensors.folded(&name, &[input, output, config.kernels[number]], 0)?;
    let bias = tensors.get(&format!("{name}.bias"), &[output])?;
    let first = number * config.block_kernels.len();
    let blocks = config.block_kernels.iter().zip(&config.block_dilations);
    let blocks = blocks.zip(first..).map(|((kernel, dilations), number)| {
        block(
            &tensors.at(format!("resblocks.{number}")),
            output,
            *kernel,
            dilations,
        )
    });
    Ok(Stage {
        upsampling: Upsampling::new(&weight, bias, config.rates[number], SLOPE, DType::F32)?,
        blocks: blocks.collect::<Result<_>>()?,
    })
}

fn block(
    tensors: &Tensors,
    channels: usize,
    kernel: usize,
    dilations: &[usize],
) -> Result<ResidualBlock> {
    let mut layers = Vec::with_capacity(2 * dilations.len());
    for (round, dilation) in dilations.iter().enumerate() {
        for (list, dilation) in [("convs1", *dilation), ("convs2", 1)] {
            let name = format!("{list}.{round}");
            layers.push(tensors.convolution(&name, (channels, channels), kernel, dilation)?);
        }
    }
    Ok(ResidualBlock::new(layers, 2, SLOPE))
}

/// The state of a stream. The samples do not depend on how the frames are cut.
pub(super) struct DecoderStream {
    decoder: Arc<Decoder>,
    /// Of the first convolution, with the speaker's part in it.
    bias: Tensor,
    before: Delay,
    stages: Vec<StageStream>,
    after: Delay,
    /// Rows have come to the last convolution.
    begun: bool,
}

struct StageStream {
    upsampling: UpsamplingStream,
    blocks: Vec<ResidualStream>,
    /// What blocks with a shorter reach have made before the others.
    made: Vec<Delay>,
}

impl DecoderStream {
    /// For a speaker's embedding `[1, width]`.
    pub(super) fn new(decoder: &Arc<Decoder>, speaker: &Tensor) -> Result<Self> {
        let stages = decoder.stages.iter().map(|stage| StageStream {
            upsampling: UpsamplingStream::default(),
            blocks: stage.blocks.iter().map(ResidualStream::new).collect(),
            made: stage.blocks.iter().map(|_| Delay::default()).collect(),
        });
        let condition = decoder.condition.forward(speaker)?.squeeze(0)?;
        Ok(Self {
            bias: (&decoder.before.1 + condition)?,
            before: Delay::padded(decoder.before.0.reach() / 2),
            stages: stages.collect(),
            after: Delay::default(),
            begun: false,
            decoder: Arc::clone(decoder),
        })
    }

    /// The samples that are ready with the next frames `[frame, latent]`, of whose pitch the source already knows. `last` ends the stream.
    pub(super) fn push(
        &mut self,
        frames: &Tensor,
        source: &mut Option<SourceStream>,
        last: bool,
        trace: &mut Trace<'_>,
    ) -> Result<Vec<f32>> {
        let Self { decoder, bias, .. } = self;
        let (before, own_bias) = &decoder.before;
        let Some(input) = self.before.take_padded(frames, before, last)? else {
            return Ok(Vec::new());
        };
        let mut rows = before.forward(&input, bias, Extras::default())?;
        trace.show(
            || "conv_pre".to_owned(),
            || rows.broadcast_sub(&(&*bias - own_bias)?),
        )?;
        let stages = decoder.stages.iter().zip(&mut self.stages);
        for (number, (stage, stream)) in stages.enumerate() {
            let layer = &stage.upsampling;
            let raised = stream.upsampling.push(layer, &rows, layer.bias(), last)?;
            let Some(mut raised) = raised else {
                return Ok(Vec::new());
            };
            trace.show(|| format!("up{number}"), || Ok(raised.clone()))?;
            if let (Some(source), Some(samples)) = (&decoder.source, source.as_mut()) {
                let heard = samples.rows(source, number, raised.dim(0)?)?;
                trace.show(|| format!("noise_conv{number}"), || Ok(heard.clone()))?;
                raised = (raised + heard)?;
            }
            let first = number * stage.blocks.len();
            let Some(mean) = stream.blocks(stage, first, &raised, last, trace)? else {
                return Ok(Vec::new());
            };
            rows = mean;
        }
        self.finish(&rows, last)
    }

    /// The last convolution.
    fn finish(&mut self, rows: &Tensor, last: bool) -> Result<Vec<f32>> {
        let (after, silence) = &self.decoder.after;
        let reach = KERNEL - 1;
        if !std::mem::replace(&mut self.begun, true) {
            self.after.append_zeros(reach / 2, rows)?;
        }
        self.after.append(rows)?;
        if last {
            self.after.append_zeros(reach / 2, rows)?;
        }
        let Some(input) = self.after.take_reaching(reach)? else {
            return Ok(Vec::new());
        };
        let extras = Extras {
            slope: Some(LAST_SLOPE),
            residual: None,
        };
        let products = after.forward(&input, silence, extras)?;
        let products = products.flatten_all()?.to_vec1::<f32>()?;
        let count = (products.len() / KERNEL).saturating_sub(reach);
        let sample = |time: usize| {
            let diagonal = products[time * KERNEL..].iter().step_by(KERNEL + 1);
            diagonal.take(KERNEL).sum::<f32>().tanh()
        };
        Ok((0..count).map(sample).collect())
    }
}

impl StageStream {
    /// The mean of all blocks, as far as all have come.
    fn blocks(
        &mut self,
        stage: &Stage,
        first: usize,
        rows: &Tensor,
        last: bool,
        trace: &mut Trace<'_>,
    ) -> Result<Option<Tensor>> {
        let streams = self.blocks.iter_mut().zip(&mut self.made);
        for ((block, (stream, made)), number) in stage.blocks.iter().zip(streams).zip(first..) {
            if let Some(rows) = stream.push(block, rows, last)? {
                trace.show(|| format!("res{number}"), || Ok(rows.clone()))?;
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
