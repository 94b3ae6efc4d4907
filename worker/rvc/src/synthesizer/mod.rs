//! The networks of a voice: frames of features and the pitch to samples, as in VITS (Kim et al., 2021) with a source that follows the pitch.

mod attention;
mod decoder;
mod encoder;
mod flow;
mod source;
mod speech;

use std::sync::Arc;

use candle_core::Tensor;

pub(crate) use self::encoder::Encoded;
pub(crate) use self::speech::{Frames, SpeechStream};
use self::{decoder::Decoder, encoder::Encoder, flow::Flow};
use crate::error::{Result, RvcError};
use crate::trace::Trace;
use crate::voice::{VoiceConfig, VoiceFile};

/// A voice that is ready to convert to.
pub struct Voice {
    config: VoiceConfig,
    encoder: Encoder,
    flow: Arc<Flow>,
    decoder: Arc<Decoder>,
    /// `[speaker, width]`
    speakers: Tensor,
}

impl Voice {
    /// Reads all tensors of a file.
    pub fn load(file: &VoiceFile) -> Result<Self> {
        let (config, tensors) = (file.config().clone(), file.tensors());
        let speakers = tensors.get("emb_g.weight", &[config.speakers, config.speaker_width])?;
        Ok(Self {
            encoder: Encoder::load(&tensors.at("enc_p"), &config)?,
            flow: Arc::new(Flow::load(&tensors.at("flow"), &config)?),
            decoder: Arc::new(Decoder::load(&tensors.at("dec"), &config)?),
            speakers,
            config,
        })
    }

    pub fn config(&self) -> &VoiceConfig {
        &self.config
    }

    /// `[1, width]`
    fn speaker(&self, number: usize) -> Result<Tensor> {
        if number >= self.config.speakers {
            return Err(RvcError::Speaker {
                asked: number,
                count: self.config.speakers,
            });
        }
        Ok(self.speakers.narrow(0, number, 1)?)
    }

    /// Frames of features `[frame, feature]`, and the number of each frame's pitch where the voice follows one.
    pub(crate) fn encode(
        &self,
        features: &Tensor,
        pitch: &[u32],
        trace: &mut Trace<'_>,
    ) -> Result<Encoded> {
        self.encoder.forward(features, pitch, trace)
    }
}
