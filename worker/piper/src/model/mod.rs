//! A loaded voice: from ids to samples.
//!
//! The architecture is VITS without its training parts. Text encoder and durations look at a whole sentence; flow and decoder are
//! streams over its frames.

mod attention;
mod decoder;
mod durations;
mod encoder;
mod flow;
mod layers;
mod noise;
mod speaker;
mod speech;

use std::{path::Path, sync::Arc};

use candle_core::{Device, Tensor};
use kiskadee_checkpoint::Weights;

pub(crate) use self::noise::Noise;
pub use self::speaker::Speaker;
pub(crate) use self::speech::frames as frames_of;
pub use self::speech::{Speech, Utterance};
use self::{
    decoder::Decoder, durations::Durations, encoder::TextEncoder, flow::Flow, layers::Loader,
    noise::FrameNoise,
};
use crate::{
    config::VoiceConfig,
    error::{PiperError, Result},
    trace::Trace,
};

/// Ids that one sentence may have: the memory for attention grows with their number, its time with their square.
pub const MOST_IDS: usize = 2048;
/// Frames that one sentence may have; about six minutes.
const MOST_FRAMES: usize = 1 << 15;

/// A voice in memory; all of it can be used by several threads. It computes on the rayon threads of whoever calls it.
pub struct Piper {
    config: VoiceConfig,
    encoder: TextEncoder,
    durations: Durations,
    flow: Arc<Flow>,
    decoder: Arc<Decoder>,
    /// The speaker's part of the durations, and the embedding `[speakers, width]`.
    speakers: Option<speaker::Speakers>,
    device: Device,
}

impl Piper {
    /// Loads the folder of an imported voice: `voice.json` and `model.safetensors`.
    pub fn load(folder: &Path, device: &Device) -> Result<Self> {
        let config = VoiceConfig::read(&folder.join("voice.json"))?;
        let weights = Weights::open(&folder.join("model.safetensors"), device)?;
        Self::assemble(&weights, config)
    }

    /// Puts a voice together from open files.
    pub(crate) fn assemble(weights: &Weights, config: VoiceConfig) -> Result<Self> {
        let (loader, sizes) = (Loader::new(weights), &config.sizes);
        let speakers = || speaker::Speakers::load(&loader, sizes);
        Ok(Self {
            encoder: TextEncoder::load(&loader, sizes)?,
            durations: Durations::load(&loader, sizes)?,
            flow: Arc::new(Flow::load(&loader, sizes)?),
            decoder: Arc::new(Decoder::load(&loader, sizes)?),
            speakers: (sizes.speakers > 0).then(speakers).transpose()?,
            device: weights.device().clone(),
            config,
        })
    }

    pub fn config(&self) -> &VoiceConfig {
        &self.config
    }

    /// The voice's own speaker.
    pub fn default_speaker(&self) -> Result<Speaker> {
        self.speaker(&[(self.config.default_speaker, 1.0)])
    }

    /// A speaker of the voice, or a mixture of some by weights, of which only the proportions count.
    pub fn speaker(&self, parts: &[(usize, f32)]) -> Result<Speaker> {
        let embedding = match &self.speakers {
            Some(speakers) => Some(speakers.mix(parts)?),
            None if parts.iter().all(|(number, _)| *number == 0) => None,
            None => {
                let reason =
                    "this voice has one speaker: voices of other models cannot be mixed with it";
                return Err(PiperError::Input(reason.to_owned()));
            }
        };
        let embedding = embedding.as_ref();
        let durations = self.speakers.as_ref().zip(embedding);
        Ok(Speaker {
            durations: durations
                .map(|(speakers, embedding)| speakers.durations(embedding))
                .transpose()?,
            flow: Arc::new(self.flow.biases(embedding)?),
            decoder: self.decoder.bias(embedding)?,
        })
    }

    /// Begins a sentence: encodes it and fixes how long each id lasts. The samples come of [`Speech`].
    pub fn speak(&self, utterance: &Utterance<'_>) -> Result<Speech> {
        let noise = Noise::seeded(utterance.seed);
        self.speak_traced(utterance, &noise, None, &mut Trace::none())
    }

    /// The same with noise and, where given, frames of each id from elsewhere.
    pub(crate) fn speak_traced(
        &self,
        utterance: &Utterance<'_>,
        noise: &Noise,
        frames: Option<Vec<u32>>,
        trace: &mut Trace<'_>,
    ) -> Result<Speech> {
        utterance.check(self.config.sizes.symbols)?;
        let scales = utterance.scales.unwrap_or(self.config.scales);
        scales.check().map_err(PiperError::Input)?;
        let (ids, speaker) = (utterance.ids, utterance.speaker);
        let encoded = self.encoder.forward(ids, trace)?;
        let logarithms = self.durations.forward(
            &encoded.hidden,
            speaker.durations.as_ref(),
            noise.durations(ids.len(), scales.noise_w)?,
            trace,
        )?;
        trace.show(
            || "logw".to_owned(),
            || Tensor::new(logarithms.as_slice(), &Device::Cpu)?.unsqueeze(1),
        )?;
        let spoken = speech::frames(&logarithms, utterance, scales.length_scale)?;
        trace.show(
            || "w_ceil".to_owned(),
            || {
                let frames: Vec<f32> = spoken.iter().map(|count| *count as f32).collect();
                Tensor::new(frames, &Device::Cpu)?.unsqueeze(1)
            },
        )?;
        let latents = speech::Latents {
            means: encoded.means.to_vec2()?,
            deviations: (encoded.log_deviations.exp()? * f64::from(scales.noise_scale))?
                .to_vec2()?,
            frames: frames.unwrap_or(spoken),
            noise: noise.frames()?,
            device: self.device.clone(),
        };
        Ok(Speech::new(self, speaker, latents))
    }
}
