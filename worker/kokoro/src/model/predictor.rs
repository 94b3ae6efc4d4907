//! How long each token lasts, and the curves of pitch and loudness.

use candle_core::Tensor;
use kiskadee_nn::{BidirectionalLstm, Linear};

use super::block::Block;
use super::convolution::Same;
use super::normalization::AdaptiveNorm;
use super::parameters::Parameters;
use super::trace::Trace;
use crate::config::Config;
use crate::error::Result;

pub(crate) struct Predictor {
    encoder: Vec<(BidirectionalLstm, AdaptiveNorm)>,
    lstm: BidirectionalLstm,
    durations: Linear,
    shared: BidirectionalLstm,
    pitch: Curve,
    loudness: Curve,
}

struct Curve {
    name: &'static str,
    blocks: Vec<Block>,
    project: Same,
}

impl Predictor {
    pub(crate) fn new(parameters: Parameters<'_>, config: &Config) -> Result<Self> {
        let (hidden, style) = (config.hidden_dim, config.style_dim);
        let bilstm =
            |part: &str| parameters.bilstm(&format!("predictor.{part}"), hidden + style, hidden);
        let layer = |number: usize| -> Result<(BidirectionalLstm, AdaptiveNorm)> {
            let name = format!("predictor.text_encoder.lstms.{}", 2 * number + 1);
            let lstm = bilstm(&format!("text_encoder.lstms.{}", 2 * number))?;
            Ok((lstm, parameters.adaptive(&name, hidden, style)?))
        };
        Ok(Self {
            encoder: (0..config.n_layer).map(layer).collect::<Result<_>>()?,
            lstm: bilstm("lstm")?,
            durations: parameters.linear(
                "predictor.duration_proj.linear_layer",
                hidden,
                config.max_dur,
            )?,
            shared: bilstm("shared")?,
            pitch: Curve::new(parameters, "F0", config)?,
            loudness: Curve::new(parameters, "N", config)?,
        })
    }

    /// The projected phones `[id, hidden]` to `[id, hidden + style]`, for a style `[1, style]`.
    pub(crate) fn encode(
        &self,
        phones: &Tensor,
        style: &Tensor,
        trace: &mut Trace<'_>,
    ) -> Result<Tensor> {
        let ids = phones.dim(0)?;
        let beside = style.broadcast_as((ids, style.dim(1)?))?.contiguous()?;
        let mut encoded = Tensor::cat(&[phones, &beside], 1)?;
        for (number, (lstm, norm)) in self.encoder.iter().enumerate() {
            let read = lstm.forward(&encoded)?;
            let name = "predictor.text_encoder.lstms";
            trace.rows(format!("{name}.{}", 2 * number), &read);
            let normed = norm.over_channels(&read, style)?;
            trace.rows(format!("{name}.{}", 2 * number + 1), &normed);
            encoded = Tensor::cat(&[&normed, &beside], 1)?;
        }
        trace.rows("predictor.text_encoder", &encoded);
        Ok(encoded)
    }

    /// How many frames each id lasts at a speed of 1, before rounding.
    pub(crate) fn durations(&self, encoded: &Tensor, trace: &mut Trace<'_>) -> Result<Vec<f32>> {
        let read = self.lstm.forward(encoded)?;
        trace.rows("predictor.lstm", &read);
        let scores = self.durations.forward(&read)?;
        trace.rows("predictor.duration_proj", &scores);
        let shares = candle_nn::ops::sigmoid(&scores)?;
        Ok(shares.sum(1)?.to_vec1()?)
    }

    /// Pitch (F0 in Hz) and loudness, `[2 frames, 1]` each, for frames `[frame, hidden + style]`.
    pub(crate) fn curves(
        &self,
        frames: &Tensor,
        style: &Tensor,
        trace: &mut Trace<'_>,
    ) -> Result<(Tensor, Tensor)> {
        let shared = self.shared.forward(frames)?;
        trace.rows("predictor.shared", &shared);
        let pitch = self.pitch.forward(&shared, style, trace)?;
        let loudness = self.loudness.forward(&shared, style, trace)?;
        Ok((pitch, loudness))
    }
}

impl Curve {
    fn new(parameters: Parameters<'_>, name: &'static str, config: &Config) -> Result<Self> {
        let mut width = config.hidden_dim;
        let mut blocks = Vec::new();
        for number in 0..3 {
            let module = format!("predictor.{name}.{number}");
            let block = Block::new(parameters, &module, width, config.style_dim)?;
            width = block.output;
            blocks.push(block);
        }
        Ok(Self {
            name,
            blocks,
            project: parameters.convolution(&format!("predictor.{name}_proj"), width, 1)?,
        })
    }

    fn forward(&self, shared: &Tensor, style: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let mut hidden = shared.clone();
        for (number, block) in self.blocks.iter().enumerate() {
            hidden = block.forward(&hidden, style)?;
            trace.columns(format!("predictor.{}.{number}", self.name), &hidden)?;
        }
        let curve = self.project.forward(&hidden)?;
        trace.columns(format!("predictor.{}_proj", self.name), &curve)?;
        Ok(curve)
    }
}
